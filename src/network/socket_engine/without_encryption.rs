//! Without TLS no connection is encrypted: there is no [`Encryption`], and all that is done for one vanishes.

use std::io::IoSlice;
use std::rc::Rc;

use super::{ReadOutcome, SocketEngine};

/// Has no events.
pub(crate) trait TlsClient {}

pub(super) enum Encryption {}

impl SocketEngine {
    #[inline]
    pub(super) fn encryption(&self) -> Option<&Encryption> {
        self.rare.get()?.encryption.get()
    }

    pub(super) fn continue_handshake(self: &Rc<Self>, encryption: &Encryption) {
        match *encryption {}
    }

    pub(super) fn read_encrypted(self: &Rc<Self>, encryption: &Encryption, _: &mut [u8]) -> ReadOutcome {
        match *encryption {}
    }

    pub(super) fn write_encrypted(&self, encryption: &Encryption, _: usize) {
        match *encryption {}
    }

    pub(super) fn write_vectored_encrypted(self: &Rc<Self>, encryption: &Encryption, _: &mut [IoSlice<'_>]) {
        match *encryption {}
    }
}

impl Encryption {
    pub(super) fn is_handshaking(&self) -> bool {
        match *self {}
    }

    pub(super) fn bytes_to_write(&self) -> usize {
        match *self {}
    }

    pub(super) fn is_all_written(&self) -> bool {
        match *self {}
    }

    pub(super) fn end(&self) {
        match *self {}
    }
}
