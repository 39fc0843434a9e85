//! The replacement of `ssl` in a build without TLS (private): nothing.

use std::rc::Rc;

use super::private::Socket;
use crate::network::socket_engine::{SocketEngine, TlsClient};

pub(super) const IS_SUPPORTED: bool = false;

pub(super) type SslData = ();

pub(super) type OpeningSsl = ();

impl TlsClient for Socket {}

impl Socket {
    pub(super) fn start_encryption(self: &Rc<Self>, _: &Rc<SocketEngine>) {
        debug_assert!(false, "wss is refused before");
    }

    pub(super) fn encryption_failed(self: &Rc<Self>, _: &Rc<SocketEngine>) {}

    pub(super) fn resume(&self) {}
}

impl Socket {
    pub(super) fn opening_ssl(&self) -> OpeningSsl {}

    pub(super) fn tell_tls_events(&self, _: &SocketEngine) {}

    pub(super) fn tell_last_alert(&self, _: &SocketEngine) {}
}
