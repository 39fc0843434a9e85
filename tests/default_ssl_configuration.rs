//! The default configuration is the whole process's, so this test has one of its own.

#![cfg(feature = "_tls")]
#![allow(clippy::unwrap_used, reason = "a failed expectation is how a test says what it needed")]

use slotwire::prelude::*;

#[test]
fn sockets_and_servers_that_are_given_no_configuration_use_the_default_one() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = SslCertificate::from_der(cert.der()).unwrap();
    let mut default = SslConfiguration::new();
    default.set_local_certificate(certificate.clone());
    default.set_private_key(SslKey::from_der(signing_key.serialize_der()).unwrap());
    default.set_ca_certificates([certificate]);

    let server = WebSocketServer::new("", SslMode::Secure);
    let socket = WebSocket::new();
    // Made before: what counts is what it is when it is needed.
    SslConfiguration::set_default_configuration(&default);
    assert_eq!(server.ssl_configuration(), default);
    assert_eq!(socket.ssl_configuration(), default);
    server.listen(HostAddress::LocalHost, 0).unwrap();
    socket.connected().connect(|()| Application::quit());
    socket.error_occurred().connect(|error| panic!("{error}"));
    socket.open(format!("wss://localhost:{}/", server.server_port()));
    Application::exec();
    assert!(socket.is_valid());
}
