//! Connections through a proxy, and servers that listen at one (private). `tunnel` and `listener` drive what `handshake` says, in
//! the words of `http_connect` or `socks5`, which do no I/O.

mod handshake;
mod http_connect;
mod listener;
mod socks5;
mod tunnel;

pub(crate) use handshake::{Command, Target};
pub(super) use listener::ProxyListener;
pub(crate) use tunnel::{ProxyTunnel, ProxyTunnelClient};
