//! The crate's public API, as in `examples/echo.rs`.

use slotwire::prelude::*;
use slotwire::{PeerVerifyMode, SslCertificate, SslConfiguration, SslKey};

use super::identity::Identity;

pub fn serve() {
    echo(WebSocketServer::new("Echo Server", SslMode::NonSecure));
}

/// The same by tasks and streams: each message is copied into the stream and out of it.
pub fn serve_in_tasks() {
    let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    server.set_max_pending_connections(1000);
    server.spawn(async move {
        let mut incoming = server.incoming();
        while let Some(socket) = incoming.next().await {
            socket.spawn(async move {
                let mut messages = socket.messages();
                while let Some(message) = messages.next().await {
                    if socket.send(message).await.is_err() {
                        break;
                    }
                }
                socket.delete_later();
            });
        }
    });
    listen(server);
}

pub fn serve_secure() {
    let server = WebSocketServer::new("Echo Server", SslMode::Secure);
    let Identity { certificate, key } = Identity::new();
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate(SslCertificate::from_der(certificate).expect("a certificate"));
    configuration.set_private_key(SslKey::from_der(key).expect("a key"));
    // The one that it is compared with does not ask its clients for certificates either.
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    server.set_ssl_configuration(configuration);
    echo(server);
}

fn echo(server: WebSocketServer) {
    server.set_max_pending_connections(1000);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
            });
            socket.binary_message_received().connect(move |bytes| {
                socket.send_binary_message(bytes);
            });
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    listen(server);
}

fn listen(server: WebSocketServer) {
    server.listen(HostAddress::LocalHost, 0).expect("a free port");
    super::announce(server.server_port());
    std::process::exit(Application::exec());
}
