//! The server of the guide for people who port Qt code, as it is written there, in a browser.

use std::path::Path;

use serde_json::json;
use slotwire::prelude::*;

use crate::browser::Browser;
use crate::certificates;

#[expect(unused_qualifications, reason = "as in the guide")]
fn serve(certificate: &Path, key: &Path, port: u16) -> Result<WebSocketServer, slotwire::Error> {
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate_chain(SslCertificate::from_path(certificate)?);
    configuration.set_private_key(SslKey::from_path(key)?);
    configuration.set_peer_verify_mode(PeerVerifyMode::None);

    let server = WebSocketServer::new("Bank", SslMode::Secure);
    server.set_limits(Limits::internet());
    server.set_ssl_configuration(configuration);
    server.listen(HostAddress::Any, port)?;
    Ok(server)
}

/// The text of that function, without spaces: the guide's lines are shorter.
fn function(text: &str) -> String {
    let start = text.find("fn serve(").unwrap();
    let end = text[start..].find("\n}\n").unwrap();
    let code: String =
        text[start..start + end].chars().filter(|character| !character.is_whitespace()).collect();
    code.replace(",)", ")")
}

#[test]
fn the_server_of_the_guide_is_the_one_that_is_tried_here() {
    assert_eq!(function(include_str!("guide.rs")), function(include_str!("../../src/porting/tls.md")));
}

#[test]
fn a_browser_connects_to_the_server_of_the_guide() {
    Browser::run_strictly(|browser| {
        let files = certificates::files();
        let server = serve(&files.certificate, &files.key, 0).unwrap();
        server.new_connection().connect(move |()| {
            while let Some(socket) = server.next_pending_connection() {
                socket.text_message_received().connect(move |text| {
                    socket.send_text_message(text);
                });
            }
        });
        let echo = format!(
            "new Promise((resolve, reject) => {{
                const socket = new WebSocket('wss://localhost:{}/');
                socket.onopen = () => socket.send('Grüße');
                socket.onmessage = (message) => resolve(message.data);
                socket.onclose = (event) => reject(event.code);
            }})",
            server.server_port()
        );
        assert_eq!(browser.open("about:blank").evaluate(&echo), json!("Grüße"));
    });
}
