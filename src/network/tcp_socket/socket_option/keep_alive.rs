//! The options of [`KeepAlive`](SocketOption::KeepAlive), where the system can be told and asked for them.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use super::SocketOption;

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl SocketOption<Duration> {
    /// The time of silence after which the system checks a connection with [`KeepAlive`](SocketOption::KeepAlive)
    /// (`TCP_KEEPIDLE`), in whole seconds. On Linux, Android, Apple's systems, FreeBSD and NetBSD.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{SocketOption, TcpSocket};
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.set_socket_option(SocketOption::KeepAlive, true);
    ///     socket.set_socket_option(SocketOption::KeepAliveIdle, Duration::from_secs(60));
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "KeepAliveIdleOption")]
    pub const KeepAliveIdle: Self = Self {
        name: "KeepAliveIdle",
        set: |socket, time| set(socket, &TcpKeepalive::new().with_time(time)),
        get: |socket| socket.tcp_keepalive_time(),
    };
    /// The time between two such checks of a connection that does not answer (`TCP_KEEPINTVL`), in whole seconds. On the systems
    /// that have [`KeepAliveIdle`](Self::KeepAliveIdle).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{SocketOption, TcpSocket};
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.set_socket_option(SocketOption::KeepAliveInterval, Duration::from_secs(5));
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "KeepAliveIntervalOption")]
    pub const KeepAliveInterval: Self = Self {
        name: "KeepAliveInterval",
        set: |socket, time| set(socket, &TcpKeepalive::new().with_interval(time)),
        get: |socket| socket.tcp_keepalive_interval(),
    };
}

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl SocketOption<u32> {
    /// The number of checks without an answer after which the connection is lost (`TCP_KEEPCNT`). On the systems that have
    /// [`KeepAliveIdle`](SocketOption::KeepAliveIdle).
    ///
    /// ```
    /// use slotwire::{SocketOption, TcpSocket};
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.set_socket_option(SocketOption::KeepAliveCount, 3);
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "KeepAliveCountOption")]
    pub const KeepAliveCount: Self = Self {
        name: "KeepAliveCount",
        set: |socket, count| set(socket, &TcpKeepalive::new().with_retries(count)),
        get: |socket| socket.tcp_keepalive_retries(),
    };
}

/// Sets what is given and nothing else: `socket2` switches the checks themselves on as well.
fn set(socket: SockRef<'_>, parameters: &TcpKeepalive) -> io::Result<()> {
    let is_on = socket.keepalive()?;
    let result = socket.set_tcp_keepalive(parameters);
    socket.set_keepalive(is_on)?;
    result
}
