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
