//! What a configuration switches off.

use slotwire::prelude::*;

use crate::identity::{Authority, secure_server};
use crate::peer::PeerListener;
use crate::support::{wait_for_end, wait_until};

#[test]
fn the_name_of_the_host_stands_in_the_hello_unless_that_is_switched_off() {
    for is_off in [false, true] {
        let listener = PeerListener::new();
        let client = WebSocket::new();
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([]);
        configuration.set_ssl_option(SslOption::DisableServerNameIndication, is_off);
        client.set_ssl_configuration(configuration);
        client.open(format!("wss://localhost:{}/", listener.port()));
        let mut peer = listener.accept();
        let mut hello = Vec::new();
        wait_until("the hello has come", || {
            hello.extend(peer.take_received());
            // A record says how long it is.
            hello.len() > 5 && hello.len() >= 5 + usize::from(u16::from_be_bytes([hello[3], hello[4]]))
        });
        let has_name = hello.windows(9).any(|part| part == b"localhost");
        assert_eq!(has_name, !is_off);
        drop(peer);
        wait_for_end(client);
    }
}

/// What the hello of a client that opens that URL says of the server's name.
fn name_in_hello(host: &str) -> Option<String> {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", listener.port()));
    client.open(format!("wss://{host}/"));
    let mut peer = listener.accept();
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    let mut hello = Vec::new();
    wait_until("the hello has come", || {
        hello.extend(peer.take_received());
        hello.len() > 5 && hello.len() >= 5 + usize::from(u16::from_be_bytes([hello[3], hello[4]]))
    });
    client.delete();
    server_name(&hello)
}

/// The `host_name` of the extension `server_name` (RFC 6066 §3) in a record with a client's hello (RFC 8446 §4.1.2).
fn server_name(record: &[u8]) -> Option<String> {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
    // The heads of the record and of the message, the version and the random.
    let mut rest = &record[5 + 4 + 2 + 32..];
    let mut take = |size_of_size: usize| {
        let size = number(&rest[..size_of_size]);
        let (content, after) = rest[size_of_size..].split_at(size);
        rest = after;
        content
    };
    let (_session, _ciphers, _compressions, mut extensions) = (take(1), take(2), take(1), take(2));
    while let [high, low, size_high, size_low, after @ ..] = extensions {
        let (content, next) = after.split_at(number(&[*size_high, *size_low]));
        if [*high, *low] == [0, 0] {
            // The list has a name of the kind `host_name` in it.
            return Some(String::from_utf8(content[5..].to_vec()).unwrap());
        }
        extensions = next;
    }
    None
}

#[test]
fn a_name_is_asked_for_without_the_dot_at_its_end_and_an_address_is_not() {
    for (host, expected) in [
        ("server.example", Some("server.example")),
        ("server.example.", Some("server.example")),
        ("localhost.", Some("localhost")),
        ("b\u{fc}cher.example", Some("xn--bcher-kva.example")),
        ("127.0.0.1", None),
        ("127.0.0.1.", None),
        ("[::1]", None),
        ("[::ffff:127.0.0.1]", None),
    ] {
        assert_eq!(name_in_hello(host).as_deref(), expected, "{host}");
    }
}

#[test]
fn a_server_prefers_its_own_ciphers_unless_that_is_switched_off() {
    let authority = Authority::new();
    let (small, large) =
        (SslCipher::from_name("TLS_AES_128_GCM_SHA256"), SslCipher::from_name("TLS_AES_256_GCM_SHA384"));
    for is_off in [false, true] {
        let mut configuration = authority.issue().configuration();
        configuration.set_ciphers(large.iter().chain(&small).cloned());
        configuration.set_ssl_option(SslOption::DisableServerCipherPreference, is_off);
        let server = secure_server(configuration);
        let client = authority.client();
        let mut configuration = client.ssl_configuration();
        configuration.set_ciphers(small.iter().chain(&large).cloned());
        client.set_ssl_configuration(configuration);
        client.open(server.server_url());
        wait_until("the client is connected", || client.state() == SocketState::Connected);
        let expected = if is_off { &small } else { &large };
        assert_eq!(client.ssl_configuration().session_cipher(), expected.as_ref());
        client.delete();
    }
}
