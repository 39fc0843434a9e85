//! Calls that block until the connection has gone on.

use std::time::Duration;

use super::TcpSocket;
use crate::network::waiting::WaitLimit;

impl TcpSocket {
    /// Waits until the connection is established; returns whether it is, at once if it was before.
    ///
    /// This and the other `wait_for` calls are for programs without an event loop, and for threads that do one thing after the
    /// other. They block the thread, and drive this connection only: its signals are emitted inside the call, and nothing else is
    /// delivered meanwhile, no timer, posted event or call, nor another socket's signals. `None` waits without limit. They return
    /// `false` at once more than 4 deep in slots of one connection.
    ///
    /// In a slot of the beginning, such as of `state_changed(Connecting)`, it connects as well; [`host_found`](Self::host_found) is
    /// not emitted behind that slot.
    ///
    /// A name is looked up inside this call, however long that takes. If the time passes, the attempt is given up: the socket is
    /// [`Unconnected`](crate::SocketState::Unconnected) again, and [`error`](Self::error) is
    /// [`SocketTimeout`](crate::SocketError::SocketTimeout), which is not emitted.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// use std::time::Duration;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = listener.local_addr()?.port();
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host(HostAddress::LocalHost, port);
    /// assert!(socket.wait_for_connected(Duration::from_secs(30)));
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "waitForConnected")]
    pub fn wait_for_connected(self, timeout: impl Into<Option<Duration>>) -> bool {
        let limit = WaitLimit::after(timeout.into());
        self.0.get_box().is_some_and(|socket| socket.wait_for_connected(limit))
    }

    /// Waits until something has arrived that was not there before; returns whether something has. Inside the call,
    /// [`ready_read`](Self::ready_read) is emitted; also in a slot of it this waits for more, without a further emission.
    ///
    /// A socket that connects is [waited for](Self::wait_for_connected) first. If the time passes,
    /// [`error_occurred`](Self::error_occurred)`(SocketTimeout)` is emitted, and the connection stays as it is. It returns `false`
    /// without a wait if the socket is not connected, and as soon as the connection has ended.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// use std::io::Write;
    /// use std::time::Duration;
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host(HostAddress::LocalHost, listener.local_addr()?.port());
    /// assert!(socket.wait_for_connected(Duration::from_secs(30)));
    /// listener.accept()?.0.write_all(b"220 ready\r\n")?;
    /// while !socket.can_read_line() {
    ///     assert!(socket.wait_for_ready_read(Duration::from_secs(30)));
    /// }
    /// assert_eq!(socket.read_line(), b"220 ready\r\n");
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "waitForReadyRead")]
    pub fn wait_for_ready_read(self, timeout: impl Into<Option<Duration>>) -> bool {
        let limit = WaitLimit::after(timeout.into());
        self.0.get_box().is_some_and(|socket| socket.wait_for_ready_read(limit))
    }

    /// Waits until the system has taken some of what was written; returns whether it has.
    /// [`bytes_written`](Self::bytes_written) is emitted inside the call. What arrives meanwhile is read, and told.
    ///
    /// It returns `false` without a wait if nothing is to be written. All else is as with
    /// [`wait_for_ready_read`](Self::wait_for_ready_read).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// use std::time::Duration;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = listener.local_addr()?.port();
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host(HostAddress::LocalHost, port);
    /// socket.write(b"hello");
    /// while socket.bytes_to_write() > 0 {
    ///     assert!(socket.wait_for_bytes_written(Duration::from_secs(30)));
    /// }
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "waitForBytesWritten")]
    pub fn wait_for_bytes_written(self, timeout: impl Into<Option<Duration>>) -> bool {
        let limit = WaitLimit::after(timeout.into());
        self.0.get_box().is_some_and(|socket| socket.wait_for_bytes_written(limit))
    }

    /// Waits until the connection has ended; returns whether it has. It writes what is to be written, and reads what arrives.
    ///
    /// It returns `false` without a wait if the socket is not connected. All else is as with
    /// [`wait_for_ready_read`](Self::wait_for_ready_read).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// use std::time::Duration;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = listener.local_addr()?.port();
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host(HostAddress::LocalHost, port);
    /// assert!(socket.wait_for_connected(Duration::from_secs(30)));
    /// socket.write(b"QUIT\r\n");
    /// socket.disconnect_from_host();
    /// assert!(socket.wait_for_disconnected(Duration::from_secs(30)));
    /// assert_eq!(socket.state(), SocketState::Unconnected);
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "waitForDisconnected")]
    pub fn wait_for_disconnected(self, timeout: impl Into<Option<Duration>>) -> bool {
        let limit = WaitLimit::after(timeout.into());
        self.0.get_box().is_some_and(|socket| socket.wait_for_disconnected(limit))
    }
}
