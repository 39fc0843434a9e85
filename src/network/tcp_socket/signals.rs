//! The signals.

use super::TcpSocket;
use crate::core::object_class::signals;
use crate::{Authenticator, ByRef, NetworkProxy, Pair, SocketError, SocketState};

signals! { |socket|
impl TcpSocket {
    /// Emitted when the host's name was found, before the connection is attempted. Not emitted if a proxy looks the name up.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.host_found().connect(move |()| println!("{} was found", socket.peer_name()));
    /// # socket.delete();
    /// ```
    #[doc(alias = "hostFound")]
    pub fn host_found(self) -> Signal<()> = socket.host_found;

    /// Emitted when the connection is established.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| {
    ///     println!("connected to {} port {}", socket.peer_address(), socket.peer_port());
    /// });
    /// # socket.delete();
    /// ```
    pub fn connected(self) -> Signal<()> = socket.connected;

    /// Emitted when an established connection has ended, whichever side ended it; the last of its signals.
    ///
    /// Data that has arrived can still be read, unless this side has closed or aborted. If the peer has ended its side only, this
    /// signal comes when the earlier output is sent, or when the peer has stopped taking it.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.disconnected().connect(move |()| {
    ///     println!("the rest: {:?}", socket.read_all());
    ///     socket.delete_later();
    /// });
    /// # socket.delete();
    /// ```
    pub fn disconnected(self) -> Signal<()> = socket.disconnected;

    /// Emitted when [`state`](Self::state) has changed, with the new one.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// let states = SignalSpy::new(socket.state_changed());
    /// socket.connect_to_host("localhost", 1234);
    /// socket.abort();
    /// assert_eq!(states.take(), [SocketState::HostLookup, SocketState::Unconnected]);
    /// # socket.delete();
    /// ```
    #[doc(alias = "stateChanged")]
    pub fn state_changed(self) -> Signal<SocketState> = socket.state_changed;

    /// Emitted when something went wrong, with the error, which [`error`](Self::error) and [`error_string`](Self::error_string)
    /// also return. That the peer closes the connection is one: [`RemoteHostClosed`](SocketError::RemoteHostClosed).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.error_occurred().connect(move |error| match error {
    ///     SocketError::RemoteHostClosed => println!("the other side has closed"),
    ///     _ => println!("{}", socket.error_string()),
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "errorOccurred")]
    pub fn error_occurred(self) -> Signal<SocketError> = socket.error_occurred;

    /// Emitted when new bytes have arrived. If a slot leaves some unread, it is emitted again when more arrive, not before.
    ///
    /// While a slot of this signal runs an event loop, it is not emitted again: the slot has to read what arrives meanwhile.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// let mut received = Vec::new();
    /// socket.ready_read().connect_mut(move |()| {
    ///     received.extend(socket.read_all());
    ///     println!("{} bytes so far", received.len());
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "readyRead")]
    pub fn ready_read(self) -> Signal<()> = socket.ready_read;

    /// Emitted when the system has taken bytes to send, with their number; not inside its own slots: what they write and
    /// [`flush`](Self::flush) is reported once they have returned, from the event loop.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.bytes_written().connect(move |count| {
    ///     println!("{count} bytes are sent, {} wait", socket.bytes_to_write());
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "bytesWritten")]
    pub fn bytes_written(self) -> Signal<usize> = socket.bytes_written;

    /// Emitted by [`close`](TcpSocket::close) and [`abort`](TcpSocket::abort) before they do anything: what has arrived can be
    /// read for the last time.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.about_to_close().connect(move |()| {
    ///     println!("{} bytes were not read", socket.read_all().len());
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "aboutToClose")]
    pub fn about_to_close(self) -> Signal<()> = socket.about_to_close;

    /// Emitted when nothing will arrive any more because the connection has ended; just before
    /// [`disconnected`](Self::disconnected).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.new_connection().connect(move |()| {
    /// #     let Some(peer) = server.next_pending_connection() else { return };
    /// #     peer.write(b"the whole answer");
    /// #     peer.disconnect_from_host();
    /// # });
    /// let socket = TcpSocket::new();
    /// socket.read_channel_finished().connect(move |()| {
    ///     assert_eq!(socket.read_all(), b"the whole answer");
    ///     Application::quit();
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "readChannelFinished")]
    pub fn read_channel_finished(self) -> Signal<()> = socket.read_channel_finished;

    /// Emitted when the proxy wants user and password, or refuses the ones that it was sent: a slot fills in the
    /// [`Authenticator`] before it returns. If no slot changes user or password, the connection fails with
    /// [`SocketError::ProxyAuthenticationRequired`].
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.proxy_authentication_required().connect(|(proxy, authenticator)| {
    ///     println!("{} wants a password", proxy.host_name());
    ///     if authenticator.user().is_empty() {
    ///         authenticator.set_user("ada");
    ///         authenticator.set_password("lovelace");
    ///     } // else the proxy has refused these: give up
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "proxyAuthenticationRequired")]
    pub fn proxy_authentication_required(self) -> Signal<Pair<ByRef<NetworkProxy>, ByRef<Authenticator>>>
        = socket.proxy_authentication_required;
}
}
