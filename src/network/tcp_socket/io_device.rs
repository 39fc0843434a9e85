//! Reading and writing: what `QIODevice` does.

use super::TcpSocket;
use super::input::Input;
use super::private::TcpSocketPrivate;

impl TcpSocket {
    // ---- reading

    /// The number of bytes that have arrived and can be read.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.new_connection().connect(move |()| {
    /// #     server.next_pending_connection().map(|peer| peer.write(b"0123456789"));
    /// # });
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     if socket.bytes_available() >= 10 {
    ///         println!("the header of ten bytes is complete");
    ///         Application::quit();
    ///     }
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "bytesAvailable")]
    pub fn bytes_available(self) -> usize {
        self.0.with(|socket| socket.input.borrow().len()).unwrap_or(0)
    }

    /// Takes at most `max` bytes; none if nothing has arrived.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.new_connection().connect(move |()| {
    /// #     server.next_pending_connection().map(|peer| peer.write(b"\x05hello world"));
    /// # });
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     let Some(&length) = socket.peek(1).first() else { return };
    ///     if socket.bytes_available() > length.into() {
    ///         assert_eq!(socket.read(1 + usize::from(length)), b"\x05hello");
    ///         Application::quit();
    ///     }
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn read(self, max: usize) -> Vec<u8> {
        self.take(|input| input.take(max))
    }

    /// Takes as many bytes as there are and fit into `buffer`, and returns how many.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.new_connection().connect(move |()| {
    /// #     server.next_pending_connection().map(|peer| peer.write(b"hello"));
    /// # });
    /// let socket = TcpSocket::new();
    /// let mut buffer = [0; 4096];
    /// socket.ready_read().connect_mut(move |()| {
    ///     let count = socket.read_into(&mut buffer);
    ///     println!("{:?}", &buffer[..count]);
    ///     Application::quit();
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "read")]
    pub fn read_into(self, buffer: &mut [u8]) -> usize {
        self.take(|input| input.take_into(buffer))
    }

    /// Takes everything that has arrived.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     let bytes = socket.read_all();
    ///     socket.write(&bytes);
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "readAll")]
    pub fn read_all(self) -> Vec<u8> {
        self.take(|input| input.take(usize::MAX))
    }

    /// Takes a line, with its `\n`. If no whole line has arrived ([`can_read_line`](Self::can_read_line)), takes everything that
    /// has.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     while socket.can_read_line() {
    ///         println!("{}", String::from_utf8_lossy(&socket.read_line()));
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "readLine")]
    pub fn read_line(self) -> Vec<u8> {
        self.read_line_up_to(usize::MAX)
    }

    /// As [`read_line`](Self::read_line), but at most `max` bytes: a part of a line that is longer.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     let line = socket.read_line_up_to(1024);
    ///     if !line.ends_with(b"\n") {
    ///         socket.abort(); // it is too long, or has not arrived whole
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "readLine")]
    pub fn read_line_up_to(self, max: usize) -> Vec<u8> {
        self.take(|input| {
            let length = input.line().unwrap_or(usize::MAX);
            input.take(length.min(max))
        })
    }

    /// As [`read_line`](Self::read_line), into a vector whose memory is used again; what was in it is gone. Returns whether there
    /// was something to take.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// let mut line = Vec::new();
    /// socket.ready_read().connect_mut(move |()| {
    ///     while socket.can_read_line() && socket.read_line_into(&mut line) {
    ///         println!("{}", String::from_utf8_lossy(&line));
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "readLineInto")]
    pub fn read_line_into(self, line: &mut Vec<u8>) -> bool {
        line.clear();
        self.take(|input| {
            let length = input.line().unwrap_or(input.len());
            line.resize(length, 0);
            input.take_into(line) > 0
        })
    }

    /// Takes a byte; `None` if nothing has arrived.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     while let Some(byte) = socket.get_char() {
    ///         println!("{byte:#x}");
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "getChar")]
    pub fn get_char(self) -> Option<u8> {
        self.take(Input::take_byte)
    }

    /// Puts a byte in front of what can be read; nothing happens if the socket is not open, or in a
    /// [transaction](Self::start_transaction).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| match socket.get_char() {
    ///     Some(b'#') => println!("a command"),
    ///     Some(other) => socket.unget_char(other),
    ///     None => {}
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "ungetChar")]
    pub fn unget_char(self, byte: u8) {
        self.0.with(|socket| socket.unget(byte));
    }

    /// Returns whether a whole line has arrived.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.new_connection().connect(move |()| {
    /// #     server.next_pending_connection().map(|peer| peer.write(b"220 ready\r\n"));
    /// # });
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     if socket.can_read_line() {
    ///         assert_eq!(socket.read_line(), b"220 ready\r\n");
    ///         Application::quit();
    ///     }
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "canReadLine")]
    pub fn can_read_line(self) -> bool {
        self.0.with(|socket| socket.input.borrow_mut().line()).flatten().is_some()
    }

    /// Returns a copy of the first bytes, at most `max`, which stay there to be read.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     if socket.peek(3) == b"GET" {
    ///         println!("a request: {} bytes so far", socket.bytes_available());
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    pub fn peek(self, max: usize) -> Vec<u8> {
        self.0.with(|socket| socket.input.borrow().peek(max)).unwrap_or_default()
    }

    /// Throws away at most `max` bytes, and returns how many.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.new_connection().connect(move |()| {
    /// #     server.next_pending_connection().map(|peer| peer.write(b"noise\nsignal\n"));
    /// # });
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     if socket.bytes_available() == 13 {
    ///         assert_eq!(socket.skip(6), 6);
    ///         assert_eq!(socket.read_line(), b"signal\n");
    ///         Application::quit();
    ///     }
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn skip(self, max: usize) -> usize {
        self.take(|input| input.skip(max))
    }

    /// Returns whether there is nothing to be read at this moment; more may come.
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
    ///     while !socket.at_end() {
    ///         println!("{:?}", socket.read(2));
    ///     }
    ///     Application::quit();
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "atEnd")]
    pub fn at_end(self) -> bool {
        self.bytes_available() == 0
    }

    /// The number of bytes that may wait to be read; 0, the default, for any number.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// assert_eq!(socket.read_buffer_size(), 0);
    /// # socket.delete();
    /// ```
    #[doc(alias = "readBufferSize")]
    pub fn read_buffer_size(self) -> usize {
        self.0.with(|socket| socket.read_buffer_size.get()).unwrap_or(0)
    }

    /// Sets how many bytes may wait to be read; 0 for any number.
    ///
    /// While that many wait, the socket takes no more from the system, so that the peer has to wait, and an end of the connection
    /// is not noticed. Without a limit, a peer that sends faster than the program reads makes the buffer grow.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     if let Some(socket) = server.next_pending_connection() {
    ///         socket.set_read_buffer_size(64 * 1024);
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "setReadBufferSize")]
    pub fn set_read_buffer_size(self, size: usize) {
        self.0.with(|socket| {
            socket.read_buffer_size.set(size);
            socket.read_on();
        });
    }

    // ---- writing

    /// Sends bytes: copies them into the buffer that the event loop writes. Returns how many were accepted: all, or 0.
    ///
    /// It is 0 if the socket is neither connected nor connecting nor closing: in one that was open, and whose connection is over
    /// or was never made, [`error_string`](Self::error_string) then says "Socket is not connected". What is written while the
    /// connection closes is sent as well. The buffer has no limit: look at [`bytes_to_write`](Self::bytes_to_write).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = listener.local_addr()?.port();
    /// let socket = TcpSocket::new();
    /// assert_eq!(socket.write(b"hello"), 0);
    /// socket.connect_to_host(HostAddress::LocalHost, port);
    /// assert_eq!(socket.write(b"hello"), 5, "it is sent when the connection is established");
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write(self, bytes: &[u8]) -> usize {
        self.0.with(|socket| socket.write(bytes)).unwrap_or(0)
    }

    /// Sends a byte, as [`write`](Self::write); returns whether it was accepted.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// assert!(!socket.put_char(b'!'), "it is not connected");
    /// socket.connected().connect(move |()| assert!(socket.put_char(b'!')));
    /// # socket.delete();
    /// ```
    #[doc(alias = "putChar")]
    pub fn put_char(self, byte: u8) -> bool {
        self.write(&[byte]) == 1
    }

    /// The number of bytes that were written and not yet reported by [`bytes_written`](Self::bytes_written).
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.bytes_written().connect(move |_| {
    ///     if socket.bytes_to_write() < 64 * 1024 {
    ///         socket.write(&[0; 4096]); // the next piece
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "bytesToWrite")]
    pub fn bytes_to_write(self) -> usize {
        self.0.with(TcpSocketPrivate::bytes_to_write).unwrap_or(0)
    }

    /// Hands the system what it takes now, without waiting for the event loop; returns whether it took anything. If it did,
    /// [`bytes_written`](Self::bytes_written) is emitted inside the call.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = listener.local_addr()?.port();
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.write(b"now");
    ///     assert!(socket.flush());
    ///     assert_eq!(socket.bytes_to_write(), 0);
    ///     Application::quit();
    /// });
    /// socket.connect_to_host(HostAddress::LocalHost, port);
    /// Application::exec();
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn flush(self) -> bool {
        self.0.with(TcpSocketPrivate::flush).unwrap_or(false)
    }

    /// Takes bytes that were read ahead, and reads on if that had stopped.
    pub(super) fn take<R: Default>(self, take: impl FnOnce(&mut Input) -> R) -> R {
        let taken = self.0.with(|socket| {
            let taken = take(&mut socket.input.borrow_mut());
            socket.read_on();
            taken
        });
        taken.unwrap_or_default()
    }
}
