//! Construction, listening, and the facts about it.

use std::rc::{Rc, Weak};

use super::TcpServer;
use super::private::TcpServerPrivate;
use crate::network::listener::{self, ListenOptions};
use crate::network::listening::{ListenerClient, Listening};
use crate::{Error, ErrorKind, Handle, HostAddress, NetworkProxy, SocketError};

impl TcpServer {
    /// A server that does not listen.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// assert!(!server.is_listening());
    /// server.delete(); // nothing else ends it
    /// ```
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self(Handle::new_class(TcpServerPrivate::new()))
    }

    /// Listens at that address and port; port 0 lets the system choose one. [`HostAddress::Any`] is IPv4 and IPv6, or IPv4
    /// alone where there is no IPv6.
    ///
    /// # Errors
    /// The address is in use or not one of this host, the program may not use the port, or the address is
    /// [`HostAddress::Null`]; [`error`](Self::error) and [`error_string`](Self::error_string) then have the reason as well. Or
    /// the server listens already ([`ErrorKind::AlreadyListening`]), and goes on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert!(server.is_listening() && server.server_port() != 0);
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn listen(self, address: impl Into<HostAddress>, port: u16) -> Result<(), Error> {
        let address = address.into();
        self.start(|server, client| {
            let proxy = server.proxy.borrow().clone();
            listener::listen(address, port, server.options.get(), &proxy, client)
        })
    }

    /// The proxy that was set; by default one of [`ProxyType::Default`](crate::ProxyType::Default), which stands for the
    /// application's.
    ///
    /// ```
    /// use slotwire::{ProxyType, TcpServer};
    /// let server = TcpServer::new();
    /// assert_eq!(server.proxy().proxy_type(), ProxyType::Default);
    /// # server.delete();
    /// ```
    pub fn proxy(self) -> NetworkProxy {
        self.0.with(|server| server.proxy.borrow().clone()).unwrap_or_default()
    }

    /// Sets the proxy through which the server listens, from the next [`listen`](Self::listen) on: see
    /// [Listening at a proxy](Self#listening-at-a-proxy).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// // An HTTP proxy cannot listen.
    /// server.set_proxy(NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128));
    /// assert!(server.listen(HostAddress::Any, 0).is_err());
    /// assert_eq!(server.error(), SocketError::UnsupportedSocketOperation);
    /// # server.delete();
    /// ```
    #[doc(alias = "setProxy")]
    pub fn set_proxy(self, proxy: impl Into<NetworkProxy>) {
        self.0.with(|server| server.proxy.replace(proxy.into()));
    }

    /// Sets whether the port is shared with other servers, in other threads or processes: the system spreads the connections
    /// over all that listen there (`SO_REUSEPORT`).
    ///
    /// Each of them has to set it before [`listen`](Self::listen), which fails where the system has no such option. It is off by
    /// default.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use slotwire::prelude::*;
    /// let (first, second) = (TcpServer::new(), TcpServer::new());
    /// first.set_reuse_port(true);
    /// second.set_reuse_port(true);
    /// first.listen(HostAddress::LocalHost, 0)?;
    /// second.listen(HostAddress::LocalHost, first.server_port())?;
    /// # first.delete(); second.delete();
    /// # }
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn set_reuse_port(self, reuse_port: bool) {
        self.0.with(|server| server.options.update(|options| ListenOptions { reuse_port, ..options }));
    }

    /// The number of connections that may wait in the system until they are accepted, as it was set; 4096 by default.
    ///
    /// ```
    /// use slotwire::TcpServer;
    /// let server = TcpServer::new();
    /// assert_eq!(server.listen_backlog_size(), 4096);
    /// # server.delete();
    /// ```
    #[doc(alias = "listenBacklogSize")]
    pub fn listen_backlog_size(self) -> usize {
        self.0.with(|server| server.options.get().backlog.unsigned_abs() as usize).unwrap_or(0)
    }

    /// Sets how many connections may wait in the system until they are accepted, from the next [`listen`](Self::listen) on.
    ///
    /// The system has a limit of its own, and takes the smaller of both. Those that come beyond are refused or have to try again,
    /// as the system does it. Connections that were accepted wait [here](Self::set_max_pending_connections), and do not count.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.set_listen_backlog_size(50); // Qt's default
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert_eq!(server.listen_backlog_size(), 50);
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setListenBacklogSize")]
    pub fn set_listen_backlog_size(self, size: usize) {
        let backlog = i32::try_from(size).unwrap_or(i32::MAX);
        self.0.with(|server| server.options.update(|options| ListenOptions { backlog, ..options }));
    }

    /// Stops listening, and deletes the connections that nobody has taken. Those that were taken stay as they are.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// server.close();
    /// assert!(!server.is_listening());
    /// server.listen(HostAddress::LocalHost, 0)?; // it can listen again
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn close(self) {
        self.0.with(TcpServerPrivate::close);
    }

    /// Returns whether the server listens, also while accepting is [paused](Self::pause_accepting).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// if !server.is_listening() {
    ///     server.listen(HostAddress::LocalHost, 0)?;
    /// }
    /// assert!(server.is_listening());
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "isListening")]
    pub fn is_listening(self) -> bool {
        self.0.with(|server| server.listener.borrow().is_some()).unwrap_or(false)
    }

    /// The address the server listens at, [`HostAddress::Null`] if it does not.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// assert!(server.server_address().is_null());
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert_eq!(server.server_address(), HostAddress::LocalHost);
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serverAddress")]
    pub fn server_address(self) -> HostAddress {
        self.0.with(|server| server.of_listener(|listener| listener.address())).flatten().unwrap_or_default()
    }

    /// The port the server listens at, 0 if it does not.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// // The one that the system has chosen:
    /// println!("connect to port {}", server.server_port());
    /// assert_ne!(server.server_port(), 0);
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serverPort")]
    pub fn server_port(self) -> u16 {
        self.0.with(|server| server.of_listener(|listener| listener.port())).flatten().unwrap_or(0)
    }

    /// The number of the listening descriptor, `None` if the server does not listen, or listens at a proxy. Unix only.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// assert_eq!(server.socket_descriptor(), None);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert!(server.socket_descriptor().is_some());
    /// # server.delete();
    /// # }
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[cfg(unix)]
    #[doc(alias = "socketDescriptor")]
    pub fn socket_descriptor(self) -> Option<std::os::fd::RawFd> {
        self.0.with(|server| server.of_listener(|listener| listener.raw_fd())).flatten().flatten()
    }

    /// Accepts connections from a socket that listens already: one that was inherited, for example. Unix only.
    ///
    /// # Errors
    /// The descriptor is not that of a listening TCP socket, or the server listens already
    /// ([`ErrorKind::AlreadyListening`]).
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use slotwire::TcpServer;
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?; // or an inherited one
    /// let port = listener.local_addr()?.port();
    /// let server = TcpServer::new();
    /// server.set_socket_descriptor(listener.into())?;
    /// assert_eq!(server.server_port(), port);
    /// # server.delete();
    /// # }
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[cfg(unix)]
    #[doc(alias = "setSocketDescriptor")]
    pub fn set_socket_descriptor(self, descriptor: std::os::fd::OwnedFd) -> Result<(), Error> {
        self.start(|_, client| Ok(listener::Listener::from_fd(descriptor, client)?))
    }

    /// The last error, [`SocketError::Unknown`] if there was none.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let (first, second) = (TcpServer::new(), TcpServer::new());
    /// first.listen(HostAddress::LocalHost, 0)?;
    /// if second.listen(HostAddress::LocalHost, first.server_port()).is_err() {
    ///     assert_eq!(second.error(), SocketError::AddressInUse);
    /// }
    /// # first.delete(); second.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serverError")]
    pub fn error(self) -> SocketError {
        self.0.with(|server| server.error.get()).unwrap_or_default()
    }

    /// The text of the last error, empty if there was none.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.accept_error().connect(move |_| println!("cannot accept: {}", server.error_string()));
    /// assert_eq!(server.error_string(), "");
    /// # server.delete();
    /// ```
    #[doc(alias = "errorString")]
    pub fn error_string(self) -> String {
        self.0.with(|server| server.error_string.borrow().clone()).unwrap_or_default()
    }

    fn start(
        self,
        open: impl FnOnce(&TcpServerPrivate, Weak<dyn ListenerClient>) -> Result<Rc<dyn Listening>, Error>,
    ) -> Result<(), Error> {
        let Some(server) = self.0.get_box() else {
            return Err(Error::new(ErrorKind::ObjectDeleted, "The server is deleted"));
        };
        if server.listener.borrow().is_some() {
            log::warn!("listen() of a server that is listening");
            return Err(Error::new(ErrorKind::AlreadyListening, "The server is listening already"));
        }
        match open(&server, Rc::downgrade(&server) as Weak<dyn ListenerClient>) {
            // Listening at a proxy waits in an event loop, whose slots may have done anything.
            Ok(listener) if !server.is_alive() || server.listener.borrow().is_some() => {
                listener.close();
                Err(Error::new(ErrorKind::AlreadyListening, "The server is listening already"))
            }
            Ok(listener) => {
                server.listener.replace(Some(listener));
                server.set_paused(false);
                Ok(())
            }
            Err(error) => {
                server.fail(error.socket_error().unwrap_or_default(), error.text());
                Err(error)
            }
        }
    }
}
