//! The WebSocket protocol without sockets (sans I/O): received bytes in, events and bytes to send out.
//!
//! Nothing here reads, writes, waits, emits or knows the time, so all of it can be used alone, with any
//! transport, and is tested without one. Within the crate the sockets use it; nothing here knows of them.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::time::SystemTime;
//! use slotwire::websocket::protocol::{
//!     BufferPool, DataProcessor, Event, FrameHeader, HandshakeResponse, OpCode, Role,
//!     ServerHandshake, ServerHandshakeProgress, write_close_frame, write_frame,
//! };
//!
//! /// A server for one client, which gets its text messages back.
//! fn echo(mut client: impl Read + Write) -> Result<(), Box<dyn std::error::Error>> {
//!     let (mut buffer, mut out) = (vec![0; 64 * 1024], Vec::new());
//!     let mut handshake = ServerHandshake::new(false);
//!     let mut received = loop {
//!         let count = client.read(&mut buffer)?;
//!         if count == 0 {
//!             return Err("no request".into());
//!         }
//!         match handshake.receive(&buffer[..count]) {
//!             (_, ServerHandshakeProgress::Waiting) => {}
//!             (taken, ServerHandshakeProgress::Requested(request)) => {
//!                 let response = HandshakeResponse::new(&request, &["chat"])?;
//!                 handshake.accept(&response, "", SystemTime::now(), &mut out)?;
//!                 break taken..count; // what follows the request is frames
//!             }
//!             (_, ServerHandshakeProgress::Refused(refusal)) => {
//!                 handshake.refuse(refusal, &mut out);
//!                 client.write_all(&out)?;
//!                 return Err(refusal.into());
//!             }
//!         }
//!     };
//!
//!     let mut pool = BufferPool::new();
//!     let mut processor = DataProcessor::new(Role::Server);
//!     loop {
//!         let mut input = &mut buffer[received];
//!         while let Some(event) = processor.process(&mut input, &mut pool) {
//!             match &event {
//!                 Event::TextMessage { payload, .. } => {
//!                     let header = FrameHeader::whole(OpCode::Text);
//!                     write_frame(&mut out, header, None, payload.as_bytes());
//!                 }
//!                 Event::Ping(payload) => {
//!                     let header = FrameHeader::whole(OpCode::Pong);
//!                     write_frame(&mut out, header, None, payload.as_bytes());
//!                 }
//!                 Event::Close { code, reason } => {
//!                     write_close_frame(&mut out, None, *code, reason);
//!                 }
//!                 Event::Error(error) => {
//!                     let (code, reason) = (error.close_code(), error.to_string());
//!                     write_close_frame(&mut out, None, code, &reason);
//!                 }
//!                 _ => {}
//!             }
//!             event.recycle(&mut pool);
//!         }
//!         client.write_all(&out)?;
//!         out.clear();
//!         match client.read(&mut buffer) {
//!             _ if processor.is_finished() => return Ok(()),
//!             Ok(0) => return Ok(()),
//!             Ok(count) => received = 0..count,
//!             Err(error) => return Err(error.into()),
//!         }
//!     }
//! }
//! # use slotwire::prelude::*;
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let url = format!("ws://{}", listener.local_addr()?);
//! # let server = std::thread::spawn(move || echo(listener.accept().unwrap().0).unwrap());
//! # let socket = WebSocket::new();
//! # let answers = SignalSpy::new(socket.text_message_received());
//! # socket.connected().connect(move |()| { socket.send_text_message("Hello"); });
//! # socket.text_message_received().connect(move |_| socket.close());
//! # socket.disconnected().connect(|()| Application::quit());
//! # socket.open(url);
//! # Application::exec();
//! # server.join().unwrap();
//! # assert_eq!(answers.take(), ["Hello"]);
//! # assert_eq!(socket.close_code(), CloseCode::Normal);
//! # socket.delete();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What lives here
//! | names | for |
//! |---|---|
//! | [`HandshakeRequestBuilder`], [`handshake_key`] | the opening request, as a client writes it |
//! | [`find_header_end`], [`HandshakeRequest`], [`CompactHead`] | the opening request, as a server reads and keeps it |
//! | [`HandshakeResponse`], [`HandshakeRefusal`], [`accept_key`] | the answer, as a server writes it |
//! | [`ServerHandshake`], [`ServerHandshakeProgress`] | both of them, as a server's conversation from the first byte of a connection on |
//! | [`ClientHandshake`], [`ClientHandshakeProgress`], [`HttpResponse`] | both of them, as a client's conversation up to the open connection |
//! | [`read_handshake_response`], [`HandshakeOutcome`], [`BodyFraming`] | the answer alone, as a client reads it |
//! | [`DataProcessor`], [`Event`], [`Text`], [`Payload`], [`ProtocolError`] | received frames, put together to messages |
//! | [`Compression`], [`DeflateParameters`], [`DeflateContext`], [`DeflatePool`] | messages compressed, by `permessage-deflate` |
//! | [`write_frame`], [`write_close_frame`], [`fragments`], [`FrameHeader`] | frames to send |
//! | [`apply_mask`], [`Utf8Validator`], [`BufferPool`] | what these are made of |
//! | [`CloseCode`], [`OpCode`], [`Version`], [`Role`] | the terms of the protocol |
//!
//! # The two phases of a connection
//! The first bytes that a connection receives go through [`ServerHandshake::receive`] or [`ClientHandshake::receive`], until that
//! returns that the connection is open, or that it will not be. All bytes behind the handshake go through
//! [`DataProcessor::process`], whose events borrow from the input.

mod close_code;
mod deflate;
mod frames;
mod handshake;
mod limits;
mod settings;
mod version;

// The aliases stand here as well because rustdoc 1.95 forgets those of what is re-exported (rust-lang/rust#153136).
#[doc(alias = "MAX_HEADERLINES")]
pub use crate::http::MAX_HEADER_FIELDS;
#[doc(alias = "MAX_HEADERLINE_LENGTH")]
pub use crate::http::MAX_REQUEST_LINE_SIZE;
pub use crate::http::{BodyFraming, HttpResponse};
pub use crate::http::{MAX_HANDSHAKE_SIZE, MAX_RESPONSE_LINE_SIZE, MAX_RESPONSE_SIZE, find_header_end};
pub use close_code::CloseCode;
#[cfg(feature = "deflate")]
pub(crate) use deflate::Inflation;
pub use deflate::{Compression, DeflateParameters, UnacceptableExtension};
#[cfg(feature = "deflate")]
pub use deflate::{DeflateContext, DeflatePool};
#[doc(alias = "QWebSocketDataProcessor")]
pub use frames::DataProcessor;
#[doc(alias = "QWebSocketFrame")]
#[doc(alias = "getFrameHeader")]
pub use frames::FrameHeader;
pub use frames::OpCode;
pub use frames::ProtocolError;
pub use frames::WholeMessage;
pub use frames::append_masked;
#[doc(alias = "mask")]
pub use frames::apply_mask;
pub use frames::{BufferPool, PayloadBuffer};
pub use frames::{EncodedHeader, MAX_FRAME_HEADER_SIZE, fragments, write_frame};
pub use frames::{Event, Payload, Text};
pub use frames::{InvalidUtf8, Utf8Validator};
pub use frames::{truncate_reason, write_close_frame};
#[doc(alias = "processHandshake")]
pub use handshake::ClientHandshake;
pub use handshake::CompactHead;
pub use handshake::HandshakeRefusal;
#[doc(alias = "QWebSocketHandshakeRequest")]
pub use handshake::HandshakeRequest;
#[doc(alias = "createHandShakeRequest")]
pub use handshake::HandshakeRequestBuilder;
pub use handshake::HandshakeRequestError;
#[doc(alias = "QWebSocketHandshakeResponse")]
pub use handshake::HandshakeResponse;
pub use handshake::InvalidHandshakeRequest;
#[doc(alias = "calculateAcceptKey")]
pub use handshake::accept_key;
#[doc(alias = "generateKey")]
pub use handshake::handshake_key;
#[doc(alias = "processHandshake")]
pub use handshake::read_handshake_response;
pub use handshake::{ClientHandshakeProgress, HandshakeOutcome};
pub use handshake::{ServerHandshake, ServerHandshakeProgress};
#[doc(alias = "maxIncomingFrameSize")]
pub use limits::MAX_INCOMING_FRAME_SIZE;
#[doc(alias = "maxIncomingMessageSize")]
pub use limits::MAX_INCOMING_MESSAGE_SIZE;
#[doc(alias = "maxOutgoingFrameSize")]
pub use limits::MAX_OUTGOING_FRAME_SIZE;
pub(crate) use limits::max_compressed_size;
pub use limits::{DEFAULT_OUTGOING_FRAME_SIZE, MAX_CLOSE_REASON_SIZE, MAX_CONTROL_PAYLOAD_SIZE};
pub(crate) use settings::settings;
pub use version::Version;

/// An end of a connection: the client, which masks its frames, or the server, which does not (RFC 6455 §5.1).
///
/// ```
/// use slotwire::websocket::protocol::{DataProcessor, Role};
///
/// assert_eq!(DataProcessor::new(Role::Server).role(), Role::Server);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that opened the connection.
    Client,
    /// The end that accepted it.
    Server,
}
