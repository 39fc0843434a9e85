use std::fmt;
use std::io;

use mio::net::TcpStream;
use socket2::SockRef;

#[cfg(any(
    target_os = "android",
    target_os = "freebsd",
    target_os = "ios",
    target_os = "linux",
    target_os = "macos",
    target_os = "netbsd",
))]
mod keep_alive;

/// An option of a TCP connection, for [`TcpSocket::set_socket_option`](crate::TcpSocket::set_socket_option), with the type of its
/// value.
///
/// ```
/// use slotwire::{SocketOption, TcpSocket};
/// let socket = TcpSocket::new();
/// socket.connected().connect(move |()| socket.set_socket_option(SocketOption::KeepAlive, true));
/// # socket.delete();
/// ```
pub struct SocketOption<T> {
    name: &'static str,
    set: fn(SockRef<'_>, T) -> io::Result<()>,
    get: fn(SockRef<'_>) -> io::Result<T>,
}

impl<T> SocketOption<T> {
    pub(in crate::network) fn set(self, stream: &TcpStream, value: T) -> io::Result<()> {
        (self.set)(SockRef::from(stream), value)
    }

    pub(in crate::network) fn get(self, stream: &TcpStream) -> io::Result<T> {
        (self.get)(SockRef::from(stream))
    }
}

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl SocketOption<bool> {
    /// Small pieces are sent at once rather than collected (`TCP_NODELAY`). By default it is set in
    /// sockets that a server has accepted, and in those that go through a proxy.
    ///
    /// ```
    /// use slotwire::{SocketOption, TcpSocket};
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| socket.set_socket_option(SocketOption::LowDelay, true));
    /// # socket.delete();
    /// ```
    #[doc(alias = "LowDelayOption")]
    pub const LowDelay: Self = Self {
        name: "LowDelay",
        set: |socket, is_set| socket.set_tcp_nodelay(is_set),
        get: |socket| socket.tcp_nodelay(),
    };
    /// The system checks a connection that has long been silent (`SO_KEEPALIVE`). It is not set by default.
    ///
    /// ```
    /// use slotwire::{SocketOption, TcpSocket};
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| socket.set_socket_option(SocketOption::KeepAlive, true));
    /// # socket.delete();
    /// ```
    #[doc(alias = "KeepAliveOption")]
    pub const KeepAlive: Self = Self {
        name: "KeepAlive",
        set: |socket, is_set| socket.set_keepalive(is_set),
        get: |socket| socket.keepalive(),
    };
}

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl SocketOption<usize> {
    /// The bytes that the system keeps until the peer has received them (`SO_SNDBUF`). The system may take more or less; Linux
    /// reports twice of what was set.
    ///
    /// ```
    /// use slotwire::{SocketOption, TcpSocket};
    /// let socket = TcpSocket::new();
    /// let set = move |()| socket.set_socket_option(SocketOption::SendBufferSize, 1 << 20);
    /// socket.connected().connect(set);
    /// # socket.delete();
    /// ```
    #[doc(alias = "SendBufferSizeSocketOption")]
    pub const SendBufferSize: Self = Self {
        name: "SendBufferSize",
        set: |socket, size| socket.set_send_buffer_size(size),
        get: |socket| socket.send_buffer_size(),
    };
    /// The bytes that the system keeps until they are read (`SO_RCVBUF`), as
    /// [`SendBufferSize`](Self::SendBufferSize) of the other direction.
    ///
    /// ```
    /// use slotwire::{SocketOption, TcpSocket};
    /// let socket = TcpSocket::new();
    /// let set = move |()| socket.set_socket_option(SocketOption::ReceiveBufferSize, 1 << 20);
    /// socket.connected().connect(set);
    /// # socket.delete();
    /// ```
    #[doc(alias = "ReceiveBufferSizeSocketOption")]
    pub const ReceiveBufferSize: Self = Self {
        name: "ReceiveBufferSize",
        set: |socket, size| socket.set_recv_buffer_size(size),
        get: |socket| socket.recv_buffer_size(),
    };
}

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl SocketOption<u32> {
    /// The byte that routers may look at to see what a packet is for (`IP_TOS`, of IPv4 only).
    ///
    /// ```
    /// use slotwire::{SocketOption, TcpSocket};
    /// let socket = TcpSocket::new();
    /// // Expedited forwarding (RFC 3246).
    /// let set = move |()| socket.set_socket_option(SocketOption::TypeOfService, 46 << 2);
    /// socket.connected().connect(set);
    /// # socket.delete();
    /// ```
    #[doc(alias = "TypeOfServiceOption")]
    pub const TypeOfService: Self = Self {
        name: "TypeOfService",
        set: |socket, byte| socket.set_tos_v4(byte),
        get: |socket| socket.tos_v4(),
    };
}

impl<T> Clone for SocketOption<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SocketOption<T> {}

impl<T> fmt::Debug for SocketOption<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
