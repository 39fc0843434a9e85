//! Local addresses of sockets (private): how a listening socket gets one, and one that is to connect.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use super::abstract_socket::{BindMode, SocketFailure};
use super::socket_engine::Endpoint;
use super::{HostAddress, SocketError};
use crate::Error;

/// A local end that the program has chosen for a connection, and holds until the connection has it.
pub(crate) struct Binding {
    /// `None` once a connection was tried with it.
    socket: Cell<Option<Socket>>,
    local: Endpoint,
    mode: BindMode,
}

impl Binding {
    pub(crate) fn new(address: HostAddress, port: u16, mode: BindMode) -> Result<Self, Error> {
        let socket = bind(address, port, |socket| mode.prepare(socket)).map_err(bind_error)?;
        let local = local_address(&socket).map_err(bind_error)?;
        Ok(Self { socket: Cell::new(Some(socket)), local, mode })
    }

    pub(crate) fn local(&self) -> Endpoint {
        self.local
    }

    /// The socket for an attempt at a connection. Not every system lets a socket whose attempt has failed try another.
    pub(crate) fn take_socket(&self) -> io::Result<Socket> {
        match self.socket.take() {
            Some(socket) => Ok(socket),
            None => {
                let (address, port) = self.local;
                bind(address, port, |socket| self.mode.prepare(socket))
            }
        }
    }

    #[cfg(unix)]
    pub(crate) fn raw_descriptor(&self) -> Option<std::os::fd::RawFd> {
        let socket = self.socket.take()?;
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&socket);
        self.socket.set(Some(socket));
        Some(descriptor)
    }
}

impl BindMode {
    /// Sets up a socket that is not bound yet: `QAbstractSocketPrivate::bind`.
    fn prepare(self, socket: &Socket) -> io::Result<()> {
        match self {
            Self::DefaultForPlatform => Ok(()),
            Self::ShareAddress => socket.set_reuse_address(true),
            // On Windows this would share the address.
            Self::ReuseAddressHint => socket.set_reuse_address(cfg!(not(windows))),
            Self::DontShareAddress => socket.set_reuse_address(false),
        }
    }
}

/// A socket that is bound to that address, after `prepare` has set its options.
pub(super) fn bind(
    address: HostAddress,
    port: u16,
    prepare: impl Fn(&Socket) -> io::Result<()>,
) -> io::Result<Socket> {
    match address {
        HostAddress::Null => Err(ErrorKind::Unsupported.into()),
        HostAddress::V4(_) | HostAddress::V6(_) | HostAddress::ScopedV6(..) => {
            let address = address.to_socket_address(port).ok_or(ErrorKind::Unsupported)?;
            bind_to(address, true, &prepare)
        }
        HostAddress::Any => {
            bind_to((Ipv6Addr::UNSPECIFIED, port).into(), false, &prepare).or_else(|error| {
                if error.kind() == ErrorKind::AddrInUse || error.kind() == ErrorKind::PermissionDenied {
                    return Err(error);
                }
                // This host has no IPv6.
                bind_to((Ipv4Addr::UNSPECIFIED, port).into(), true, &prepare)
            })
        }
    }
}

fn bind_to(
    address: SocketAddr,
    one_family: bool,
    prepare: impl Fn(&Socket) -> io::Result<()>,
) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(one_family)?;
    }
    prepare(&socket)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// The address to which the socket is bound; [`HostAddress::Any`] if that is of both families.
pub(super) fn local_address(socket: &Socket) -> io::Result<(HostAddress, u16)> {
    let address = socket.local_addr()?.as_socket().ok_or(ErrorKind::InvalidInput)?;
    let is_dual_stack = address.is_ipv6() && address.ip().is_unspecified() && !socket.only_v6()?;
    let host = if is_dual_stack { HostAddress::Any } else { HostAddress::of_socket(address) };
    Ok((host, address.port()))
}

pub(super) fn bind_error(error: io::Error) -> Error {
    let failure = SocketFailure::from_io(&error);
    let (kind, text) = match (error.kind(), failure.error) {
        // An address of another family, or none.
        (ErrorKind::InvalidInput | ErrorKind::Unsupported, _) => {
            (SocketError::UnsupportedSocketOperation, "Unsupported socket operation".into())
        }
        (_, SocketError::SocketAccess) => (SocketError::SocketAccess, "The address is protected".into()),
        _ => (failure.error, failure.text),
    };
    Error::socket(kind, text, error)
}

#[cfg(test)]
mod tests {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn a_host_without_ipv6_has_no_such_protocol() {
        let error = super::bind_error(std::io::Error::from_raw_os_error(97));
        assert_eq!(error.socket_error(), Some(crate::SocketError::UnsupportedSocketOperation));
        assert_eq!(error.text(), "Protocol type not supported");
    }
}
