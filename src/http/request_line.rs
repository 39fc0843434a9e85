//! The first line of a request (RFC 9112 §3).

/// `GET /chat HTTP/1.1`
pub(crate) struct RequestLine<'h> {
    pub(crate) method: &'h [u8],
    pub(crate) target: &'h [u8],
    protocol: &'h [u8],
}

impl<'h> RequestLine<'h> {
    pub(crate) fn parse(line: &'h [u8]) -> Option<Self> {
        let mut parts = line.split(|&byte| byte == b' ').filter(|part| !part.is_empty());
        Some(Self { method: parts.next()?, target: parts.next()?, protocol: parts.next()? })
    }

    /// RFC 6455 §4.1 wants "at least 1.1".
    pub(crate) fn is_http_1_1_or_later(&self) -> bool {
        match *self.protocol {
            [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => {
                (major, minor) >= (b'1', b'1')
            }
            _ => false,
        }
    }
}
