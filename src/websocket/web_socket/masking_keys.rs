//! The keys with which a client masks its frames (private).

use std::rc::Rc;

use smallvec::SmallVec;

use super::private::Socket;
use crate::websocket::mask_generator::{MaskGenerator, random_mask};
use crate::websocket::protocol::{Role, max_compressed_size};

/// The masking keys of the frames of one message (RFC 6455 §5.3).
pub(super) enum MaskingKeys {
    /// A server's frames have none.
    Unmasked,
    Random,
    /// Keys of the program's own generator.
    Made(smallvec::IntoIter<[[u8; 4]; 4]>),
}

impl MaskingKeys {
    /// The key of the next frame: a client has one for each, however many there are.
    #[inline]
    pub(super) fn next(&mut self) -> Option<[u8; 4]> {
        let made = match self {
            Self::Unmasked => return None,
            Self::Random => None,
            Self::Made(keys) => keys.next(),
        };
        Some(made.unwrap_or_else(|| random_mask().to_be_bytes()))
    }
}

impl Socket {
    /// The keys for a message of that size, of a connection on which messages are exchanged.
    ///
    /// A generator of the program's own may do anything with the socket. So it is asked for all of them before the connection is
    /// looked at, and before the first frame is written, between which and the last nothing else may come.
    #[inline]
    pub(super) fn masking_keys(&self, size: usize) -> MaskingKeys {
        match (self.role.get(), self.mask_generator()) {
            (Role::Server, _) => MaskingKeys::Unmasked,
            (Role::Client, None) => MaskingKeys::Random,
            (Role::Client, Some(generator)) => self.make_keys(&*generator, size),
        }
    }

    #[cold]
    fn make_keys(&self, generator: &dyn MaskGenerator, size: usize) -> MaskingKeys {
        if !self.is_exchanging() {
            return MaskingKeys::Random;
        }
        let most = if self.compresses(size) { max_compressed_size(size as u64) as usize } else { size };
        let frame_size = self.outgoing_frame_size.get() as usize;
        let frames = most.div_ceil(frame_size.max(1)).max(1);
        let keys: SmallVec<[[u8; 4]; 4]> = (0..frames).map(|_| generator.next_mask().to_be_bytes()).collect();
        MaskingKeys::Made(keys.into_iter())
    }

    /// The key of a control frame, if this side masks. As the generator may do anything with the socket, it is asked before the
    /// connection is looked at.
    pub(super) fn mask(&self) -> Option<[u8; 4]> {
        (self.role.get() == Role::Client).then(|| self.next_mask().to_be_bytes())
    }

    pub(super) fn next_mask(&self) -> u32 {
        self.mask_generator().map_or_else(random_mask, |generator| generator.next_mask())
    }

    fn mask_generator(&self) -> Option<Rc<dyn MaskGenerator>> {
        self.rare().and_then(|rare| rare.mask_generator.borrow().clone())
    }
}
