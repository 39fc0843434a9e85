//! The proxy of the whole process, in a process of its own.
#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test says what it needed")]

use std::io::Read;
use std::net::TcpListener;
use std::thread;

use slotwire::{
    Application, HostAddress, NetworkProxy, ProxyType, SignalSpy, SocketError, TcpServer, TcpSocket,
};

#[test]
fn the_applications_proxy_is_that_of_all_who_have_none_of_their_own() {
    assert_eq!(NetworkProxy::application_proxy(), NetworkProxy::new(ProxyType::No));
    NetworkProxy::set_application_proxy(ProxyType::Default);
    assert_eq!(NetworkProxy::application_proxy(), NetworkProxy::new(ProxyType::No));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", listener.local_addr().unwrap().port());
    NetworkProxy::set_application_proxy(&proxy);
    assert_eq!(thread::spawn(NetworkProxy::application_proxy).join().unwrap(), proxy);

    // Each of these is asked of the proxy ...
    let heard = thread::spawn(move || {
        let hear = || {
            let mut heard = [0; 64];
            let count = listener.accept().unwrap().0.read(&mut heard).unwrap();
            let text = String::from_utf8_lossy(&heard[..count]).into_owned();
            text.split_whitespace().nth(1).unwrap_or_default().to_owned()
        };
        [hear(), hear(), hear()]
    });
    for host in ["target.test", "192.0.2.7", "localhosts.test"] {
        assert_eq!(error_of(host, None), SocketError::ProxyConnectionClosed, "{host}");
    }
    assert_eq!(heard.join().unwrap(), ["target.test:1", "192.0.2.7:1", "localhosts.test:1"]);

    // ... which is gone now, so that none of these is.
    for host in ["localhost", "LOCALHOST", "localhost.localdomain", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]
    {
        let error = error_of(host, None);
        assert!(!matches!(error, SocketError::ProxyConnectionRefused), "{host}: {error:?}");
    }
    let own = NetworkProxy::new(ProxyType::No);
    assert_eq!(error_of("127.0.0.1", Some(own)), SocketError::ConnectionRefused);

    // A server cannot listen at an HTTP proxy.
    let server = TcpServer::new();
    assert!(server.listen(HostAddress::Any, 0).is_err());
    server.set_proxy(ProxyType::No);
    server.listen(HostAddress::Any, 0).unwrap();
}

/// Why a socket cannot connect to port 1 of that host.
fn error_of(host: &str, proxy: Option<NetworkProxy>) -> SocketError {
    let socket = TcpSocket::new().scoped();
    if let Some(proxy) = proxy {
        socket.set_proxy(proxy);
    }
    let errors = SignalSpy::new(socket.error_occurred());
    socket.connect_to_host(host, 1);
    while errors.is_empty() {
        Application::process_events();
        thread::yield_now();
    }
    errors.take_first().unwrap()
}
