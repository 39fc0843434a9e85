//! HTTP/1.1 without I/O (private): heads, header fields, bodies and challenges. The opening handshakes and the proxies are made of it.

mod body;
mod challenge;
mod date;
mod fields;
mod head;

pub(crate) use body::{EndNotFound, UnwantedBody};
pub(crate) use challenge::Challenge;
pub(crate) use date::append_http_date;
pub(crate) use fields::HttpHeaders;
pub(crate) use head::{HandshakeHead, decode, list_contains, list_entries};
pub use head::{MAX_HANDSHAKE_SIZE, MAX_HEADER_FIELDS, MAX_REQUEST_LINE_SIZE, find_header_end};
