//! HTTP/1.1 without I/O (private), for the opening handshakes and the proxies. It knows nothing of the rest of the
//! crate, reads no clock and has no randomness: these are parameters.
//!
//! | file | what |
//! |---|---|
//! | `token`, `fields` | the rules for names and values of header fields, and how these are read and written |
//! | `http_headers` | the fields that a program sets |
//! | `head`, `incoming_head` | the head of a message: its end, its lines, and while it arrives |
//! | `request_line` | the first line of a request |
//! | `response`, `not_http` | the head of a response, and bytes that cannot become one |
//! | `body` | the end of a body, and whether the connection goes on behind it |
//! | `challenge`, `basic`, `digest`, `credentials`, `authentication` | the challenge of a 401 or 407, and the credentials that answer it |
//! | `exchange` | one conversation of a client, up to its answer; what a 401 or 407 leads to: `exchange/unauthorized` |
//! | `date` | the date of a response |
//! | `authority` | the rules for hosts and ports |
//! | `url_text` | a URL that is given as text: its host, and the target of its request |

mod authentication;
mod authority;
mod basic;
mod body;
mod challenge;
mod credentials;
mod date;
mod digest;
mod exchange;
mod fields;
mod head;
mod http_headers;
mod incoming_head;
mod not_http;
mod request_line;
mod response;
mod token;
mod url_text;

pub(crate) use authority::{ipv4_address, is_authority, written};
pub use body::BodyFraming;
pub(crate) use body::keeps_connection;
pub(crate) use credentials::Credentials;
pub(crate) use date::append_http_date;
pub(crate) use exchange::{Exchange, Failure, Peer, Progress};
pub(crate) use fields::{decode, list_contains, list_entries, push_field};
pub(crate) use head::Head;
pub use head::{MAX_HANDSHAKE_SIZE, MAX_HEADER_FIELDS, MAX_REQUEST_LINE_SIZE, find_header_end};
pub use http_headers::HttpHeaders;
pub(crate) use incoming_head::{HeadProgress, IncomingHead};
pub(crate) use not_http::NotHttp;
pub(crate) use request_line::RequestLine;
pub use response::{HttpResponse, MAX_RESPONSE_LINE_SIZE, MAX_RESPONSE_SIZE};
pub(crate) use response::{ResponseHead, StatusLine};
pub(crate) use token::{is_field_value, is_token};
pub(crate) use url_text::{NotAUrl, UrlText, escaped, without_secrets};
