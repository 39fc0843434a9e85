//! `wss` in one program: an echo server with a certificate of its own making, and a client that accepts just that.
//!
//! ```text
//! cargo run --example ssl_echo      ends by itself
//! ```
//!
//! Nobody vouches for the certificate, so the client is told that it is signed by itself. It knows that certificate, accepts
//! it, and says hello; what was negotiated is shown.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod self_signed;

use std::process::ExitCode;

use slotwire::prelude::*;

/// The server: sends back what it receives.
fn serve(certificate: &SslCertificate, key: SslKey) -> Result<WebSocketServer, Error> {
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate(certificate.clone());
    configuration.set_private_key(key);

    let server = WebSocketServer::new("SSL Echo Server", SslMode::Secure);
    server.set_limits(Limits::internet());
    server.set_ssl_configuration(configuration);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            println!("server: {} has come", socket.peer_address());
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
            });
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    server.listen(HostAddress::LocalHost, 0)?;
    Ok(server)
}

/// The client, which accepts that certificate and is content with no other.
fn talk(server: WebSocketServer, certificate: SslCertificate) {
    let expected = [SslError::with_certificate(SslErrorKind::SelfSignedCertificate, certificate)];
    let socket = WebSocket::new();
    socket.ssl_errors().connect(move |errors| {
        for error in errors {
            println!("client: {error}");
        }
        if errors == expected {
            println!("client: that is the certificate I know");
            socket.ignore_ssl_errors();
        }
    });
    socket.connected().connect(move |()| {
        let configuration = socket.ssl_configuration();
        if let (Some(protocol), Some(cipher)) =
            (configuration.session_protocol(), configuration.session_cipher())
        {
            println!("client: connected, {protocol:?}, {}", cipher.name());
        }
        socket.send_text_message("Hello, world!");
    });
    socket.text_message_received().connect(move |text| {
        println!("client: received {text:?}");
        socket.close();
    });
    socket.error_occurred().connect(move |_| {
        eprintln!("client: {}", socket.error_string());
        Application::exit(1);
    });
    socket.disconnected().connect(|()| Application::quit());
    socket.open(server.server_url());
}

fn run() -> Result<i32, Box<dyn std::error::Error>> {
    let (certificate, key) = self_signed::certificate()?;
    let server = serve(&certificate, key)?;
    println!("server: listening on {}", server.server_url());
    talk(server, certificate);
    Ok(Application::exec())
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("ssl_echo: {error}");
            ExitCode::FAILURE
        }
    }
}
