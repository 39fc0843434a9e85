//! The replacement of `encryption` in a build without TLS (private): no socket can be encrypted.

use std::rc::Rc;

use super::TcpSocketPrivate;
use crate::core::object_table::ObjectBox;
use crate::network::socket_engine::{SocketEngine, TlsClient};

impl TlsClient for ObjectBox<TcpSocketPrivate> {}

impl TcpSocketPrivate {
    pub(super) fn prepare_encryption(&self, _: bool) {}

    pub(super) fn waits_for_encryption(&self) -> bool {
        false
    }

    pub(super) fn begin_encryption(&self) {}

    pub(super) fn note_output(&self, _: usize) {}

    pub(super) fn own_bytes_of(&self, _: &SocketEngine, count: usize) -> usize {
        count
    }

    pub(super) fn tell_encrypted_bytes_written(&self, _: usize) {}

    pub(super) fn bytes_to_encrypt(&self) -> Option<usize> {
        None
    }

    pub(super) fn tell_tls_events(&self, _: &Rc<SocketEngine>) {}

    pub(super) fn is_ssl_socket(&self) -> bool {
        self.ssl.is_some()
    }

    pub(super) fn is_agreeing_on_encryption(&self) -> bool {
        false
    }

    pub(super) fn refuses_peer(&self) -> bool {
        false
    }

    pub(super) fn says_goodbye(&self, _: &Rc<SocketEngine>) -> bool {
        true
    }

    pub(super) fn end_encryption(&self, _: &Rc<SocketEngine>) {}
}
