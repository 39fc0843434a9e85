//! The head of an opening handshake while it arrives (private), in either role.

use std::borrow::Cow;
use std::mem;

use super::protocol::find_header_end;

/// How much memory grows at a time, so that the old and the new together are not more than twice what has arrived and a little.
const STEP: usize = 2048;

/// The part of a head that has arrived. A head that comes in one piece takes no memory.
#[derive(Default)]
pub(crate) struct IncomingHead(Vec<u8>);

/// What has become of a head with one more part of it.
pub(crate) enum HeadProgress<'p> {
    Incomplete,
    Complete {
        head: Cow<'p, [u8]>,
        /// What has come behind it.
        rest: &'p [u8],
    },
    /// It does not end within the limit.
    TooLarge,
}

impl IncomingHead {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the next part of a head which may have `max` bytes.
    pub(crate) fn take<'p>(&mut self, part: &'p [u8], max: usize) -> HeadProgress<'p> {
        let had = self.0.len();
        let within = &part[..part.len().min(max.saturating_sub(had))];
        let end = if had == 0 {
            find_header_end(within, 0)
        } else {
            self.append(within);
            find_header_end(&self.0, had)
        };
        match end {
            Some(end) => {
                let (last, rest) = part.split_at(end - had);
                let head = if had == 0 { Cow::Borrowed(last) } else { Cow::Owned(self.up_to(end)) };
                HeadProgress::Complete { head, rest }
            }
            None if had + part.len() >= max => HeadProgress::TooLarge,
            None => {
                if had == 0 {
                    self.append(within);
                }
                HeadProgress::Incomplete
            }
        }
    }

    fn append(&mut self, part: &[u8]) {
        let missing = (self.0.len() + part.len()).saturating_sub(self.0.capacity());
        if missing > 0 {
            self.0.reserve_exact(part.len().max(STEP).max(self.0.len() / 32));
        }
        self.0.extend_from_slice(part);
    }

    fn up_to(&mut self, end: usize) -> Vec<u8> {
        let mut head = mem::take(&mut self.0);
        head.truncate(end);
        head
    }
}
