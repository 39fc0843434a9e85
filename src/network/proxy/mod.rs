//! Connections through a proxy, and servers that listen at one (private). `tunnel` and `listener` drive what `handshake` says, in
//! the words of `http_connect` or `socks5`, which do no I/O; all of them know a `request`.

mod handshake;
mod http_connect;
mod listener;
mod request;
mod socks5;
mod tunnel;

pub(super) use listener::ProxyListener;
pub(crate) use request::{Command, Target};
pub(crate) use tunnel::{ProxyTunnel, ProxyTunnelClient};
