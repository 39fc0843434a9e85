//! The `openssl` command, both ways: what it says of a connection, and what no well-behaved peer does, renegotiation.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use slotwire::prelude::*;
use slotwire::websocket::protocol::accept_key;

use crate::certificates::{self, files};
use crate::command_server;
use crate::run_until;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

#[test]
fn s_client_trusts_our_server_in_every_version() {
    run(|| {
        for (option, protocol) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
            let (server, _closes) = command_server::listen(true);
            let mut client = client_of(*server, &[option]);
            client.write(REQUEST);
            client.wait_for("HTTP/1.1 101 Switching Protocols");
            let said = client.said();
            assert!(said.contains(&format!("New, {protocol}, Cipher is ")), "{said}");
            assert!(said.contains("Verification: OK"), "{said}");
        }
    });
}

#[test]
fn s_client_agrees_on_a_protocol_with_our_server() {
    run(|| {
        let (server, _closes) = command_server::listen(true);
        let mut configuration = certificates::serving();
        configuration.set_allowed_next_protocols(["http/1.1"]);
        server.set_ssl_configuration(configuration);
        let client = client_of(*server, &["-alpn", "h2,http/1.1"]);
        client.wait_for("ALPN protocol: http/1.1");
    });
}

#[test]
fn s_client_is_told_that_old_versions_are_not_spoken() {
    run(|| {
        let (server, _closes) = command_server::listen(true);
        let alerts = SignalSpy::new(server.alert_sent());
        // OpenSSL itself has to be talked into it.
        let client = client_of(*server, &["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"]);
        let refusal = AlertType::PROTOCOL_VERSION;
        client.wait_for(&format!("alert {refusal}"));
        let refusal = (AlertLevel::Fatal, refusal, refusal.to_string());
        assert_eq!(alerts.take(), [refusal]);
    });
}

#[cfg(feature = "_rustls")]
#[test]
fn s_client_goes_on_with_a_session_of_our_server() {
    run(|| {
        for (option, protocol) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
            let (server, _closes) = command_server::listen(true);
            let file = files().root.with_file_name(format!("session{option}.pem"));
            let path = file.to_str().expect("it is made of ASCII");
            let sockets = SignalSpy::new(server.new_connection());
            let mut first = client_of(*server, &[option, "-sess_out", path]);
            first.write(REQUEST);
            first.wait_for("HTTP/1.1 101 Switching Protocols");
            // It writes the file as soon as it has the ticket, which came before the answer.
            assert!(first.said().contains(&format!("New, {protocol}, Cipher is ")));
            drop(first);
            let mut second = client_of(*server, &[option, "-sess_in", path]);
            second.write(REQUEST);
            second.wait_for("HTTP/1.1 101 Switching Protocols");
            let said = second.said();
            assert!(said.contains(&format!("Reused, {protocol}, Cipher is ")), "{said}");
            assert_eq!(sockets.len(), 2);

            // With other keys the ticket is worth nothing, and does no harm.
            server.set_ssl_configuration(certificates::serving());
            let mut third = client_of(*server, &[option, "-sess_in", path]);
            third.write(REQUEST);
            third.wait_for("HTTP/1.1 101 Switching Protocols");
            assert!(third.said().contains(&format!("New, {protocol}, Cipher is ")));
            let _ = std::fs::remove_file(file);
        }
    });
}

#[test]
fn a_client_that_wants_to_renegotiate_is_told_no_and_the_others_go_on() {
    run(|| {
        let (server, _closes) = command_server::listen(true);
        let other = WebSocket::new().scoped();
        other.set_ssl_configuration(certificates::trusting());
        other.open(server.server_url());
        run_until("the other client is connected", || other.is_valid());
        let sockets = SignalSpy::new(server.new_connection());

        let mut client = client_of(*server, &["-tls1_2"]);
        client.write(REQUEST);
        client.wait_for("HTTP/1.1 101 Switching Protocols");
        assert_eq!(sockets.len(), 1);
        client.write("R\n");
        client.wait_for("RENEGOTIATING");
        client.wait_for("no renegotiation");

        let echo = SignalSpy::new(other.text_message_received());
        other.send_text_message("still there?");
        run_until("the other has its echo", || !echo.is_empty());
    });
}

#[test]
fn our_client_talks_to_s_server_in_every_version() {
    run(|| {
        for (option, protocol) in [("-tls1_2", SslProtocol::TlsV1_2), ("-tls1_3", SslProtocol::TlsV1_3)] {
            let (client, mut server) = connected_to_server(option);
            assert_eq!(client.ssl_configuration().session_protocol(), Some(protocol));
            let messages = SignalSpy::new(client.text_message_received());
            server.write(b"\x81\x05hello");
            run_until("the message is there", || !messages.is_empty());
            assert_eq!(messages.take(), ["hello"]);
        }
    });
}

#[cfg(feature = "_rustls")]
#[test]
fn our_client_goes_on_with_a_session_of_s_server() {
    run(|| {
        for options in
            [&["-tls1_2"][..], &["-tls1_2", "-no_ticket"], &["-tls1_3"], &["-tls1_3", "-no_ticket"]]
        {
            let (mut server, port) = server_of_openssl(2, options);
            let configuration = certificates::trusting();
            for round in 0..2 {
                let client = connected_to(&mut server, port, &configuration);
                // The tickets come with it, if not before.
                let messages = SignalSpy::new(client.text_message_received());
                server.write(b"\x81\x05hello");
                run_until("the message is there", || !messages.is_empty());
                let negotiated = client.ssl_configuration();
                assert_eq!(negotiated.is_session_resumed(), round > 0, "{options:?}");
                // A session that is not ended well it would forget.
                server.write("q\n");
                run_until("the connection has ended", || client.state() == SocketState::Unconnected);
            }
        }
    });
}

#[test]
fn a_server_that_wants_to_renegotiate_is_told_no() {
    run(|| {
        let (client, mut server) = connected_to_server("-tls1_2");
        let alerts = SignalSpy::new(client.alert_sent());
        server.write("R\n");
        run_until("the client has said no", || !alerts.is_empty());
        let no = (AlertLevel::Warning, AlertType::NO_RENEGOTIATION, "no renegotiation".to_owned());
        assert_eq!(alerts.take_first(), Some(no));
        // OpenSSL does not go on.
        run_until("the connection has ended", || client.state() == SocketState::Unconnected);
        assert_ne!(client.error_string(), "");
    });
}

/// Runs the test if there is an `openssl`.
///
/// # Panics
///
/// If there is none and `SLOTWIRE_INTEROP` says `required`.
fn run(test: fn()) {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let installed = *INSTALLED.get_or_init(|| {
        let found = Command::new("openssl").arg("version").stdout(Stdio::null()).status();
        let installed = found.is_ok_and(|status| status.success());
        if !installed {
            // eprintln! would be captured with the output of the test, which passes
            let _ = writeln!(io::stderr(), "left out: openssl (not installed; run tests/interop/setup.sh)");
        }
        installed
    });
    if installed {
        test();
    } else if env::var_os("SLOTWIRE_INTEROP").is_some_and(|value| value == "required") {
        panic!("openssl is not installed; tests/interop/setup.sh installs it");
    }
}

/// A client of OpenSSL's, at that server.
fn client_of(server: WebSocketServer, options: &[&str]) -> Tool {
    let mut command = Command::new("openssl");
    command.args([
        "s_client",
        "-verify_return_error",
        "-verify_hostname",
        "localhost",
        "-servername",
        "localhost",
    ]);
    command.arg("-CAfile").arg(&files().root).args(options);
    command.args(["-connect", &format!("127.0.0.1:{}", server.server_port())]);
    Tool::start(command)
}

/// A server of OpenSSL's, and a client of ours that is connected to it.
fn connected_to_server(option: &str) -> (Scoped<WebSocket>, Tool) {
    let (mut server, port) = server_of_openssl(1, &[option]);
    let client = connected_to(&mut server, port, &certificates::trusting());
    (client, server)
}

/// A server of OpenSSL's for so many connections, one after the other, and its port.
fn server_of_openssl(connections: usize, options: &[&str]) -> (Tool, u16) {
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", "127.0.0.1:0", "-naccept", &connections.to_string()]).args(options);
    command.arg("-cert").arg(&files().certificate).arg("-key").arg(&files().key);
    let server = Tool::start(command);
    let port = server.wait_for_line("ACCEPT 127.0.0.1:").parse().expect("it is a port");
    (server, port)
}

/// A client of ours at that server.
fn connected_to(server: &mut Tool, port: u16, configuration: &SslConfiguration) -> Scoped<WebSocket> {
    let client = WebSocket::new().scoped();
    client.set_ssl_configuration(configuration.clone());
    server.forget();
    client.open(format!("wss://localhost:{port}/"));
    let key = server.wait_for_line("Sec-WebSocket-Key: ");
    let accept = String::from_utf8(accept_key(&key).to_vec()).unwrap();
    server.write(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ));
    run_until("our client is connected", || client.is_valid());
    client
}

/// A running `openssl`, until this is dropped.
struct Tool {
    process: Child,
    said: Arc<Mutex<Vec<u8>>>,
}

impl Tool {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it has run before");
        let said = Arc::<Mutex<Vec<u8>>>::default();
        let listen = |mut stream: Box<dyn Read + Send>| {
            let said = Arc::clone(&said);
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    said.lock().unwrap().extend_from_slice(&buffer[..count]);
                }
            });
        };
        listen(Box::new(process.stdout.take().expect("it is piped")));
        listen(Box::new(process.stderr.take().expect("it is piped")));
        Self { process, said }
    }

    fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let input = self.process.stdin.as_mut().expect("it is piped");
        input.write_all(bytes.as_ref()).expect("it is read");
        input.flush().expect("it is read");
    }

    /// What it has written up to now.
    fn said(&self) -> String {
        String::from_utf8_lossy(&self.said.lock().unwrap()).into_owned()
    }

    /// What it has written up to now is not looked at again.
    fn forget(&self) {
        self.said.lock().unwrap().clear();
    }

    /// Runs the event loop until it has written that.
    #[track_caller]
    fn wait_for(&self, text: &str) {
        run_until(text, || self.said().contains(text));
    }

    /// The rest of the line that begins so.
    #[track_caller]
    fn wait_for_line(&self, begin: &str) -> String {
        let mut rest = None;
        run_until(begin, || {
            let said = self.said();
            let lines = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            rest =
                lines.filter_map(|line| line.strip_prefix(begin)).map(|rest| rest.trim().to_owned()).next();
            rest.is_some()
        });
        rest.expect("it was waited for")
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = writeln!(io::stderr(), "openssl said: {}", self.said());
        }
        // it may have ended by itself
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
