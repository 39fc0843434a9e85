//! Reading that can be taken back: the transactions of `QIODevice`.

use super::TcpSocket;

impl TcpSocket {
    /// Begins a transaction: bytes that are taken from here on can be put back, if a message has not arrived whole.
    ///
    /// [`bytes_available`](Self::bytes_available), [`can_read_line`](Self::can_read_line) and [`at_end`](Self::at_end) are about
    /// the bytes that were not taken yet. Those that were still count for
    /// [`set_read_buffer_size`](Self::set_read_buffer_size): a message that is as long as the buffer does not arrive whole. In a
    /// transaction [`unget_char`](Self::unget_char) does nothing, and nor does a second `start_transaction`.
    ///
    /// A transaction lasts until [`commit_transaction`](Self::commit_transaction) or
    /// [`rollback_transaction`](Self::rollback_transaction), also beyond the end of the connection: the next connection begins in
    /// it, with nothing taken. [`close`](Self::close) and [`abort`](Self::abort) end it, with all that was not taken.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.new_connection().connect(move |()| {
    /// #     let Some(peer) = server.next_pending_connection() else { return };
    /// #     peer.write(b"\x00\x05he");
    /// #     let once = ConnectionType::AUTO.single_shot();
    /// #     peer.bytes_written().connect_with(once, move |_| _ = peer.write(b"llo"));
    /// # });
    /// /// A message is its length in two bytes, and so many bytes.
    /// fn read_message(socket: TcpSocket) -> Option<Vec<u8>> {
    ///     socket.start_transaction();
    ///     let length = u16::from_be_bytes([socket.get_char()?, socket.get_char()?]);
    ///     let message = socket.read(length.into());
    ///     (message.len() == usize::from(length)).then_some(message)
    /// }
    ///
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     while let Some(message) = read_message(socket) {
    ///         socket.commit_transaction();
    ///         assert_eq!(message, b"hello");
    ///         Application::quit();
    ///     }
    ///     socket.rollback_transaction();
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "startTransaction")]
    pub fn start_transaction(self) {
        if self.0.with(|socket| socket.input.borrow_mut().start_transaction()) == Some(false) {
            log::warn!("start_transaction() while a transaction is in progress");
        }
    }

    /// Ends a transaction: what it has taken is gone. Nothing happens if none was started.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     socket.start_transaction();
    ///     match socket.read_line() {
    ///         line if line.ends_with(b"\n") => socket.commit_transaction(),
    ///         _ => socket.rollback_transaction(),
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "commitTransaction")]
    pub fn commit_transaction(self) {
        if self.take(|input| Some(input.commit_transaction())) == Some(false) {
            log::warn!("commit_transaction() while no transaction is in progress");
        }
    }

    /// Ends a transaction: what it has taken can be read again, in front of the rest. Nothing happens if none was started.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.new_connection().connect(move |()| {
    /// #     server.next_pending_connection().map(|peer| peer.write(b"hello"));
    /// # });
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     socket.start_transaction();
    ///     let taken = socket.read(2);
    ///     socket.rollback_transaction();
    ///     assert!(socket.read_all().starts_with(&taken));
    ///     Application::quit();
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "rollbackTransaction")]
    pub fn rollback_transaction(self) {
        if self.0.with(|socket| socket.input.borrow_mut().rollback_transaction()) == Some(false) {
            log::warn!("rollback_transaction() while no transaction is in progress");
        }
    }

    /// Returns whether a transaction was started and has not ended.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.start_transaction();
    /// assert!(socket.is_transaction_started());
    /// socket.commit_transaction();
    /// assert!(!socket.is_transaction_started());
    /// # socket.delete();
    /// ```
    #[doc(alias = "isTransactionStarted")]
    pub fn is_transaction_started(self) -> bool {
        self.0.with(|socket| socket.input.borrow().is_transaction_started()).unwrap_or(false)
    }
}
