//! Bytes that a client has read and not used yet: they stay with the connection, and end with it.

use super::SocketEngine;

/// Bytes that wait for the client's next turn. They come before anything that can be read; after them, the client reads until
/// there is nothing, because the system may have reported more meanwhile.
pub(crate) struct Unread {
    pub(crate) bytes: Box<[u8]>,
    /// The beginning of the bytes that are not used yet.
    pub(crate) start: usize,
}

impl SocketEngine {
    /// Keeps bytes for the client's next turn. It takes them, with [`take_unread`](Self::take_unread), before it reads.
    pub(crate) fn put_back(&self, unread: Unread) {
        if self.is_open() {
            self.rare().unread.set(Some(Box::new(unread)));
        }
    }

    /// Lets the client take nothing before it reads, if there is nothing to take: what it has used already may be more than it
    /// has reported.
    pub(crate) fn put_back_nothing(&self) {
        let unread = &self.rare().unread;
        let kept = unread.take().unwrap_or_else(|| Box::new(Unread { bytes: Box::default(), start: 0 }));
        unread.set(Some(kept));
    }

    #[inline]
    pub(crate) fn take_unread(&self) -> Option<Unread> {
        self.rare.get()?.unread.take().map(|unread| *unread)
    }
}
