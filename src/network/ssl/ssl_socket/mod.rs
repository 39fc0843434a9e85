//! [`SslSocket`]. Its methods stand beside this file: the connection and its encryption (`methods`), the settings (`settings`), and
//! `signals`.

// The public methods, in the order in which the documentation shows them: that is the order of the modules.
mod methods;
mod settings;
mod signals;

use std::rc::Rc;

use super::back_end;
use super::ssl_error::SslError;
use crate::core::object_class::object_class;
use crate::network::socket_engine::SocketEngine;
use crate::network::tcp_socket::TcpSocket;

/// A [`TcpSocket`] that can be encrypted: from the beginning, by [`connect_to_host_encrypted`](Self::connect_to_host_encrypted),
/// or later, by [`start_client_encryption`](Self::start_client_encryption) (`STARTTLS`) and
/// [`start_server_encryption`](Self::start_server_encryption).
///
/// It dereferences to `TcpSocket`: data is read and written as there, decrypted and not encrypted yet. What is written before the
/// connection is encrypted, and after encryption was asked for, waits for it. A peer whose certificate is not good enough ends
/// the connection, unless a slot of [`ssl_errors`](Self::ssl_errors) ignores that.
///
/// Only with a TLS back end: one of the cargo features `aws-lc-rs` (on by default), `ring` and `openssl`.
///
/// ```
/// use slotwire::prelude::*;
/// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
/// # let certificate = SslCertificate::from_der(made.cert.der())?;
/// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
///
/// // A server, whose `certificate` is for "localhost".
/// let mut identity = SslConfiguration::new();
/// identity.set_local_certificate(certificate.clone());
/// identity.set_private_key(key);
/// identity.set_peer_verify_mode(PeerVerifyMode::None); // Clients need no certificate.
/// let server = TcpServer::new();
/// server.new_connection().connect(move |()| {
///     let accepted = server.next_pending_connection().and_then(SslSocket::from_tcp_socket);
///     let Some(socket) = accepted else { return };
///     socket.set_ssl_configuration(identity.clone());
///     socket.start_server_encryption();
///     socket.ready_read().connect(move |()| {
///         socket.write(&socket.read_all());
///     });
///     socket.disconnected().connect(move |()| socket.delete_later());
/// });
/// server.listen(HostAddress::LocalHost, 0)?;
///
/// // A client that trusts this certificate.
/// let mut configuration = SslConfiguration::new();
/// configuration.add_ca_certificate(certificate);
/// let socket = SslSocket::new();
/// socket.set_ssl_configuration(configuration);
/// socket.encrypted().connect(move |()| {
///     socket.write(b"secret");
/// });
/// socket.ready_read().connect(move |()| {
///     assert_eq!(socket.read_all(), b"secret");
///     socket.disconnect_from_host();
/// });
/// socket.disconnected().connect(|()| Application::quit());
/// socket.error_occurred().connect(move |_| println!("{}", socket.error_string()));
/// socket.connect_to_host_encrypted("localhost", server.server_port());
/// Application::exec();
/// # socket.delete(); server.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
///
/// # Order of signals
///
/// It is Qt's order. Beside those of [`TcpSocket`](TcpSocket#order-of-signals):
///
/// | what happens | emitted |
/// |---|---|
/// | the connection of [`connect_to_host_encrypted`](Self::connect_to_host_encrypted) is established | `state_changed(Connected)`, `mode_changed(Client)`, `connected` |
/// | the handshake is done | `encrypted` |
/// | something is wrong with the peer's certificate | `peer_verify_error` for each error, `ssl_errors` |
/// | that is not ignored | `error_occurred(SslHandshakeFailed)`, `state_changed(Closing)`, `state_changed(Unconnected)`, `read_channel_finished`, `disconnected` |
/// | the handshake fails otherwise | `alert_sent`, if the peer is told, `error_occurred(SslHandshakeFailed)`, then as [`abort`](TcpSocket::abort) |
/// | output is encrypted, and written | `bytes_written` with the bytes of the program, `encrypted_bytes_written` |
/// | [`disconnect_from_host`](TcpSocket::disconnect_from_host) | `state_changed(Closing)`; when everything is written `alert_sent(CLOSE_NOTIFY)`; when that is written, from the event loop, `state_changed(Unconnected)`, `read_channel_finished`, `disconnected` |
/// | [`close`](TcpSocket::close) | as with `disconnect_from_host`, and inside the call `about_to_close` |
/// | [`abort`](TcpSocket::abort) | `state_changed(Unconnected)`, `read_channel_finished`, `disconnected`, `about_to_close` |
/// | the peer says `close_notify`, or closes the connection | as with `TcpSocket`, and `alert_sent(CLOSE_NOTIFY)` before `disconnected` |
///
/// The state is [`Connected`](crate::SocketState::Connected) during the handshake.
#[doc(alias = "QSslSocket")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SslSocket(TcpSocket);

object_class!(SslSocket: TcpSocket, TcpSocket::can_be_encrypted, "SslSocket::new()");

impl SslSocket {
    /// A socket for the slots that judge the peer of a connection which `engine`'s client drives. It is
    /// [given back](Self::give_back) when they have returned.
    pub(crate) fn lent(engine: &Rc<SocketEngine>, errors: &[SslError]) -> Self {
        Self(TcpSocket::lent(engine, errors))
    }

    /// Ends the socket, and leaves the connection as it is. Returns whether the errors were ignored.
    pub(crate) fn give_back(self, errors: &[SslError]) -> bool {
        let are_ignored = self.with_ssl(|_, ssl| ssl.ignored.cover(errors)).unwrap_or(false);
        drop(self.take_engine());
        self.delete();
        are_ignored
    }
}

/// # Back ends
impl SslSocket {
    /// The TLS libraries that are compiled in, the default first: `rustls` (cargo features `aws-lc-rs`, on by default, or
    /// `ring`) and `openssl` (the cargo feature of that name), which alone has pre-shared keys.
    ///
    /// ```
    /// use slotwire::SslSocket;
    /// if SslSocket::available_backends().contains(&"openssl") {
    ///     println!("pre-shared keys are supported");
    /// }
    /// # assert!(!SslSocket::available_backends().is_empty());
    /// ```
    #[doc(alias = "availableBackends")]
    pub fn available_backends() -> &'static [&'static str] {
        back_end::NAMES
    }

    /// The TLS library that encrypts new connections.
    ///
    /// ```
    /// use slotwire::SslSocket;
    /// assert_eq!(SslSocket::active_backend(), SslSocket::available_backends()[0]);
    /// ```
    #[doc(alias = "activeBackend")]
    pub fn active_backend() -> &'static str {
        back_end::active()
    }

    /// Sets the TLS library that encrypts new connections of this process; existing ones keep theirs. Returns `false`, and
    /// changes nothing, if there is no library of that name.
    ///
    /// ```
    /// use slotwire::SslSocket;
    ///
    /// if !SslSocket::set_active_backend("openssl") {
    ///     println!("no pre-shared keys: the cargo feature `openssl` is off");
    /// }
    /// assert!(SslSocket::available_backends().contains(&SslSocket::active_backend()));
    /// # SslSocket::set_active_backend(SslSocket::available_backends()[0]);
    /// ```
    ///
    /// # Qt
    ///
    /// Qt has one back end for the life of a process: whatever was used first.
    #[doc(alias = "setActiveBackend")]
    pub fn set_active_backend(name: &str) -> bool {
        back_end::set_active(name)
    }
}
