//! The replacement of `ssl` in a build without TLS (private).

/// No socket has it.
pub(in crate::network) enum Ssl {}
