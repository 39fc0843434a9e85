//! The stand-in of `ssl` in a build without TLS (private): a secure server cannot listen, and all others need nothing of it.

use std::rc::Rc;

use super::SslMode;
use super::accepting::IncomingConnection;
use super::private::Server;
use crate::SocketError;
use crate::network::abstract_socket::SocketFailure;
use crate::network::socket_engine::TlsClient;

#[derive(Default)]
pub(super) struct Ssl {}

impl TlsClient for IncomingConnection {}

impl Ssl {
    fn check(&self, mode: SslMode) -> Result<(), SocketFailure> {
        match mode {
            SslMode::NonSecure => Ok(()),
            SslMode::Secure => Err(SocketFailure::new(
                SocketError::UnsupportedSocketOperation,
                "SSL Sockets are not supported on this platform.",
            )),
        }
    }
}

impl Server {
    pub(super) fn check_encryption(&self) -> Result<(), SocketFailure> {
        self.ssl.check(self.secure_mode)
    }

    pub(super) fn warn_of_dates(&self) {}
}

impl IncomingConnection {
    pub(super) fn start_encryption(&self, _: &Server) {
        debug_assert!(false, "a secure server does not listen");
    }

    pub(super) fn tell_tls_events(self: &Rc<Self>) {}
}
