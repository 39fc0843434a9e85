//! Compression of messages, `permessage-deflate` (RFC 7692), without I/O.
//!
//! | file | is |
//! |---|---|
//! | `compression` | what one side wants: [`Compression`] |
//! | `parameters` | what both have agreed on: [`DeflateParameters`] |
//! | `negotiation` | how they come to it, on either side |
//! | `extension_list` | the header field in which they do |
//! | `context` | what a connection owns: the last of the text that it has sent and received, [`DeflateContext`] |
//! | `history` | that text |
//! | `pool` | what the thread owns: the encoders and a decoder, [`DeflatePool`] |
//! | `deflater` | an encoder: where a message is compressed |
//! | `encoders` | the encoders of a thread, and which of them a message gets |
//! | `inflater` | the decoder, and what bounds it |
//! | `inflation` | a message while it is decompressed, in one go or in steps |
//!
//! Without the cargo feature `deflate`, only the agreement of the two sides is compiled; they do not agree, then.
//!
//! # Full context at the price of a window
//!
//! An encoder takes 175 KiB, a decoder 47 KiB. What makes the messages of a connection small is not these
//! but its *context*: the last 2<sup>bits</sup> bytes of text that went before. So a connection owns that text and nothing else,
//! and from its first compressed message on only. The encoders and the decoder belong to the thread. A decoder is reset for each
//! message and given the text as its dictionary, and so is an encoder, unless it is the one that has compressed the last
//! message of this connection. On the wire that is one stream with context takeover like any other.

mod compression;
#[cfg(feature = "deflate")]
mod context;
#[cfg(feature = "deflate")]
mod deflater;
#[cfg(feature = "deflate")]
mod encoders;
mod extension_list;
#[cfg(feature = "deflate")]
mod history;
#[cfg(feature = "deflate")]
mod inflater;
#[cfg(feature = "deflate")]
mod inflation;
mod negotiation;
mod parameters;
#[cfg(feature = "deflate")]
mod pool;

pub use compression::Compression;
#[cfg(feature = "deflate")]
pub use context::DeflateContext;
#[cfg(feature = "deflate")]
pub(crate) use inflation::Inflation;
pub use negotiation::UnacceptableExtension;
pub use parameters::DeflateParameters;
#[cfg(feature = "deflate")]
pub use pool::DeflatePool;
