//! QtWebSockets: the socket, the server and the protocol engine under them.
pub mod protocol;
