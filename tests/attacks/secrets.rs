//! Programs that print what they have: nothing that can be printed shows a secret.

use std::fmt::Debug;

use slotwire::prelude::*;
use slotwire::websocket::protocol::{
    BufferPool, CompactHead, DataProcessor, HandshakeRequest, HandshakeRequestBuilder, HandshakeResponse,
    Role, handshake_key,
};
use slotwire::{Authenticator, NetworkRequest};

use crate::peer::PeerListener;
use crate::support::{wait_for_end, wait_until};

const SECRET: &str = "lovelace";

/// Every way to print it: as text, and as the numbers or digits of its bytes.
#[track_caller]
fn is_silent(what: &str, value: &dyn Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        says_nothing(what, &text);
    }
}

#[track_caller]
fn says_nothing(what: &str, text: &str) {
    let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let numbers: Vec<_> = SECRET.bytes().map(|byte| byte.to_string()).collect();
    let digits: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in [SECRET, "bG92ZWxhY2", "xvdmVsYWNl", "sb3ZlbGFjZ", &numbers.join(","), &digits] {
        assert!(!compact.contains(form), "{what} shows {form}: {text}");
    }
}

fn request() -> NetworkRequest {
    let mut request = NetworkRequest::new("ws://ada:lovelace@localhost:1/chat?token=lovelace#lovelace");
    for name in ["Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key"] {
        request.set_raw_header(name, "Bearer lovelace");
    }
    request
}

#[test]
fn requests_show_no_password_and_no_value_of_a_header() {
    let request = request();
    is_silent("a request", &request);
    let shown = format!("{request:?}");
    assert!(shown.contains("ws://localhost:1/chat") && shown.contains("authorization"), "{shown}");
    is_silent("a request that is none", &NetworkRequest::new("ws://ada:lovelace@local host/"));

    let url = request.url().unwrap();
    let mut builder = HandshakeRequestBuilder::new(url, &handshake_key([7; 16]));
    builder.set_authorization("Basic YWRhOmxvdmVsYWNl");
    for (name, value) in request.raw_headers() {
        builder.add_header(name, value);
    }
    is_silent("a request that is written", &builder);
    let head = builder.build().unwrap();
    is_silent("a head that is kept", &CompactHead::new(&head));
    let received = HandshakeRequest::parse(&head, false).unwrap();
    is_silent("a request that was received", &received);
    is_silent("its response", &HandshakeResponse::new(&received, &["chat"]).unwrap());
    let shown = format!("{received:?}");
    assert!(shown.contains("localhost:1") && shown.contains("cookie"), "{shown}");
    let absolute = String::from_utf8(head).unwrap().replace("GET /", "GET ws://ada:lovelace@localhost/");
    is_silent("one with a whole URL", &HandshakeRequest::parse(absolute.as_bytes(), false).unwrap());
}

#[test]
fn those_who_know_a_password_do_not_show_it() {
    let authenticator = Authenticator::new();
    authenticator.set_user("ada");
    authenticator.set_password(SECRET);
    is_silent("an authenticator", &authenticator);
    let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    proxy.set_user("ada");
    proxy.set_password(SECRET);
    proxy.set_raw_header("Proxy-Authorization", "Bearer lovelace");
    is_silent("a proxy", &proxy);
}

#[test]
fn what_was_received_is_not_shown_by_who_keeps_it() {
    let mut pool = BufferPool::new();
    let mut processor = DataProcessor::new(Role::Client);
    // The beginning of a message, and then its end.
    let mut beginning = *b"\x01\x08lovelace";
    assert!(processor.process(&mut &mut beginning[..], &mut pool).is_none());
    is_silent("a processor", &processor);
    let mut end = *b"\x80\x00";
    let event = processor.process(&mut &mut end[..], &mut pool).unwrap();
    event.recycle(&mut pool);
    is_silent("a pool of buffers", &pool);
}

#[test]
fn sockets_and_servers_show_who_they_are_only() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let spy = SignalSpy::new(client.text_message_received());
    client.open(request());
    wait_for_end(client);
    says_nothing("an error", &client.error_string());
    let mut request = request();
    request.set_url(listener.url().replace("://", "://ada:lovelace@").parse().unwrap());
    client.open(request);
    let mut peer = listener.accept();
    peer.accept_handshake();
    wait_until("connected", || client.is_valid());
    peer.send_frame(0x81, SECRET);
    wait_until("received", || !spy.is_empty());
    is_silent("a socket", &client);
    is_silent("a spy", &spy);
    is_silent("a signal", &client.text_message_received());
    says_nothing("a dump", &Application::dump_objects());
    for bad in
        ["wss://ada:lovelace@", "foo://ada:lovelace@localhost", "ws://ada:lovelace@local host/", "lovelace"]
    {
        client.open(bad);
        says_nothing(bad, &client.error_string());
    }
}

#[cfg(feature = "_tls")]
mod tls {
    use super::*;
    use crate::identity::Identity;

    /// Some bytes from within a key.
    #[track_caller]
    fn hides(what: &str, key: &SslKey, text: &str) {
        let der = key.to_der();
        let part = &der[der.len() - 12..];
        let numbers: Vec<_> = part.iter().map(u8::to_string).collect();
        let digits: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let hides = !compact.contains(&numbers.join(",")) && !compact.to_lowercase().contains(&digits);
        assert!(hides && !text.contains("PRIVATE"), "{what}: {text}");
    }

    #[test]
    fn keys_are_not_shown() {
        let identity = Identity::self_signed(&["localhost"], |_| {});
        hides("a key", &identity.key, &format!("{:?}", identity.key));
        let mut configuration = identity.configuration();
        configuration.set_pre_shared_key_identity_hint("hint");
        hides("a configuration", &identity.key, &format!("{configuration:#?}"));
        // What cannot be read is not quoted.
        let pem = identity.key.to_pem();
        let broken = pem.replace("-----END", "!-----END");
        for error in [SslKey::from_pem(&broken), SslKey::from_der(&pem), SslKey::from_der(SECRET)] {
            let error = error.unwrap_err();
            hides("an error", &identity.key, &format!("{error} {error:?}"));
            says_nothing("an error", &format!("{error} {error:?}"));
        }
    }
}

/// Errors of certificates are what programs print first, and the name in one is the peer's choice.
#[cfg(feature = "_tls")]
#[test]
fn the_name_in_a_certificate_begins_no_line_and_colours_none() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, "a\r\nb\u{1b}[31m\u{202e}");
    let der = params.self_signed(&key).unwrap().der().to_vec();
    let certificate = SslCertificate::from_der(der).unwrap();
    let errors = SslCertificate::verify(std::slice::from_ref(&certificate), Some("c"));
    assert_eq!(errors.len(), 2);
    for text in [format!("{errors:?}"), format!("{certificate:?}")] {
        assert!(text.contains(r"a\r\nb\u{1b}[31m\u{202e}"), "{text:?}");
    }
}
