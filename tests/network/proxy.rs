//! Connections through a proxy: whether there is one, how they begin and end, and what they are told.

use std::time::Duration;

use slotwire::{
    HostAddress, HostInfo, NetworkProxy, ProxyCapability, ProxyType, SignalSpy, SocketError, SocketState,
    TcpSocket, VirtualClock,
};

use super::proxy_conversation::{Cut, Proxy};
use super::support::{Log, run_until, run_until_emitted, settle};

#[test]
fn a_proxy_that_cannot_be_reached_fails_with_qts_errors() {
    let refused_port = Proxy::new().port();
    let _pinned = HostInfo::pin("nowhere.test", &[]);
    let rows = [
        (ProxyType::Socks5, "127.0.0.1", SocketError::ProxyConnectionRefused, "Connection to proxy refused"),
        (ProxyType::Http, "127.0.0.1", SocketError::ProxyConnectionRefused, "Proxy connection refused"),
        (ProxyType::Socks5, "nowhere.test", SocketError::ProxyNotFound, "Proxy host not found"),
        (ProxyType::Http, "nowhere.test", SocketError::ProxyNotFound, "Proxy server not found"),
        (ProxyType::Http, "", SocketError::ProxyNotFound, "Proxy server not found"),
    ];
    for (proxy_type, host, error, text) in rows {
        let socket = TcpSocket::new();
        socket.set_proxy(NetworkProxy::with_host(proxy_type, host, refused_port));
        let log = Log::of(socket);
        socket.connect_to_host("target.test", 81);
        assert_eq!(log.take(), ["HostLookup", "Connecting"]);
        run_until_emitted(socket.error_occurred());
        assert_eq!(log.take(), ["Unconnected".to_owned(), format!("error {error:?}")]);
        assert_eq!((socket.error(), &*socket.error_string()), (error, text));
    }
}

#[test]
fn a_proxy_that_does_not_answer_is_waited_for_for_thirty_seconds() {
    let rows = [
        (ProxyType::Socks5, "Connection to proxy timed out"),
        (ProxyType::Http, "Proxy server connection timed out"),
    ];
    for (proxy_type, text) in rows {
        let clock = VirtualClock::install();
        let mut proxy = Proxy::new();
        let socket = TcpSocket::new();
        socket.set_proxy(NetworkProxy::with_host(proxy_type, "127.0.0.1", proxy.port()));
        socket.connect_to_host("target.test", 81);
        let failed = SignalSpy::new(socket.error_occurred());
        proxy.stream();
        assert!(failed.wait(Duration::from_secs(100)));
        assert_eq!(failed.take(), [SocketError::ProxyConnectionTimeout]);
        assert_eq!(socket.error_string(), text);
        let waited = clock.elapsed();
        assert!((Duration::from_secs(28)..Duration::from_secs(32)).contains(&waited), "{waited:?}");
    }
}

#[test]
fn a_proxy_that_is_not_to_look_names_up_is_told_addresses_until_it_reaches_one() {
    let _pinned = HostInfo::pin("target.test", &["192.0.2.7".parse().unwrap(), "192.0.2.8".parse().unwrap()]);
    let mut proxy = Proxy::new();
    let mut settings = NetworkProxy::with_host(ProxyType::Socks5, "127.0.0.1", proxy.port());
    settings.set_capability(ProxyCapability::HostNameLookup, false);
    let socket = TcpSocket::new();
    socket.set_proxy(settings);
    let log = Log::of(socket);
    socket.connect_to_host("target.test", 81);
    assert_eq!(log.take(), ["HostLookup"]);
    proxy.hear(3);
    assert_eq!(log.take(), ["Connecting", "host_found"]);
    proxy.say(b"\x05\x00", Cut::No);
    assert_eq!(proxy.hear(10), b"\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x51");
    proxy.say(b"\x05\x05\x00\x01\0\0\0\0\0\0", Cut::No);
    proxy.hear_end();
    proxy.hear(3);
    proxy.say(b"\x05\x00", Cut::No);
    assert_eq!(proxy.hear(10), b"\x05\x01\x00\x01\xc0\x00\x02\x08\x00\x51");
    proxy.say(b"\x05\x00\x00\x01\xc6\x33\x64\x01\x1f\x90", Cut::No);
    run_until(move || socket.state() == SocketState::Connected);
    assert_eq!(log.take(), ["Connected", "connected"]);
    assert_eq!((socket.peer_address(), socket.peer_port()), ("192.0.2.8".parse().unwrap(), 81));
    // As in Qt, this end is where the proxy says that it is.
    assert_eq!((socket.local_address(), socket.local_port()), ("198.51.100.1".parse().unwrap(), 8080));
}

#[test]
fn the_address_of_a_peer_whose_name_the_proxy_has_looked_up_is_not_known() {
    let mut proxy = Proxy::new();
    let socket = TcpSocket::new();
    socket.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", proxy.port()));
    socket.connect_to_host("target.test", 81);
    proxy.hear_request();
    proxy.say(b"HTTP/1.1 200 OK\r\n\r\n", Cut::No);
    run_until(move || socket.state() == SocketState::Connected);
    assert_eq!((socket.peer_address(), socket.peer_port()), (HostAddress::Null, 81));
    assert_eq!(socket.peer_name(), "target.test");
    assert_eq!(socket.local_address(), HostAddress::LocalHost);
}

#[test]
fn a_socket_with_a_proxy_that_cannot_connect_anybody_does_not_connect() {
    let mut not_tunneling = NetworkProxy::with_host(ProxyType::Socks5, "127.0.0.1", 1);
    not_tunneling.set_capability(ProxyCapability::Tunneling, false);
    let proxies = [
        NetworkProxy::with_host(ProxyType::HttpCaching, "127.0.0.1", 1),
        NetworkProxy::with_host(ProxyType::FtpCaching, "127.0.0.1", 1),
        not_tunneling,
    ];
    for proxy in proxies {
        let socket = TcpSocket::new();
        socket.set_proxy(proxy);
        let log = Log::of(socket);
        socket.connect_to_host("127.0.0.1", 81);
        assert_eq!(log.take(), ["error UnsupportedSocketOperation"]);
        assert_eq!(socket.error_string(), "Operation on socket is not supported");
        assert_eq!(socket.state(), SocketState::Unconnected);
    }
}

#[test]
fn an_own_proxy_is_used_for_this_host_too() {
    let mut proxy = Proxy::new();
    let socket = TcpSocket::new();
    socket.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", proxy.port()));
    socket.connect_to_host("localhost", 81);
    assert!(proxy.hear_request().starts_with("CONNECT localhost:81 "));
}

#[test]
fn a_socket_can_do_anything_in_the_slot_that_is_asked_for_credentials() {
    type Act = fn(TcpSocket);
    let acts: [Act; 4] =
        [TcpSocket::abort, |socket| socket.delete(), |socket| socket.delete_later(), |_| settle()];
    for proxy_type in [ProxyType::Http, ProxyType::Socks5] {
        for act in acts {
            let mut proxy = Proxy::new();
            let socket = TcpSocket::new();
            socket.set_proxy(NetworkProxy::with_host(proxy_type, "127.0.0.1", proxy.port()));
            socket.connect_to_host("target.test", 81);
            let asked = SignalSpy::new(socket.proxy_authentication_required());
            socket.proxy_authentication_required().connect(move |_| act(socket));
            if proxy_type == ProxyType::Http {
                proxy.hear_request();
                proxy.say(
                    b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
                    Cut::No,
                );
            } else {
                proxy.hear(3);
                proxy.say(b"\x05\xff", Cut::No);
            }
            proxy.hear_end();
            assert_eq!(asked.len(), 1);
            settle();
            assert_eq!(socket.state(), SocketState::Unconnected);
        }
    }
}

#[test]
fn an_attempt_through_a_proxy_can_be_ended_at_any_time() {
    for turns in 0..4 {
        let mut proxy = Proxy::new();
        let socket = TcpSocket::new();
        socket.set_proxy(NetworkProxy::with_host(ProxyType::Socks5, "127.0.0.1", proxy.port()));
        socket.connect_to_host("target.test", 81);
        let steps: [fn(&mut Proxy); 4] = [
            |proxy| {
                proxy.stream();
            },
            |proxy| drop(proxy.hear(3)),
            |proxy| proxy.say(b"\x05\x00", Cut::No),
            |proxy| proxy.say(b"\x05\x00\x00\x01", Cut::No),
        ];
        steps[..=turns].iter().for_each(|step| step(&mut proxy));
        let log = Log::of(socket);
        socket.abort();
        assert_eq!(log.take(), ["about_to_close", "Unconnected", "read_channel_finished"]);
        proxy.hear_end();
        settle();
        assert_eq!(log.take(), [""; 0]);
    }
}

#[test]
fn what_was_written_before_goes_out_behind_the_handshake() {
    let mut proxy = Proxy::new();
    let socket = TcpSocket::new();
    socket.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", proxy.port()));
    socket.connect_to_host("target.test", 81);
    socket.write(b"early");
    assert!(proxy.hear_request().ends_with("\r\n\r\n"));
    proxy.say(b"HTTP/1.1 200 OK\r\n\r\n", Cut::No);
    assert_eq!(proxy.hear(5), b"early");
}

// ---- any bytes

/// As xorshift64: the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// Whatever a proxy says, a socket is connected or has failed, or waits for more; and hears nothing twice.
#[test]
fn no_proxy_can_do_harm() {
    let known: [&[u8]; 6] = [
        b"\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x51rest",
        b"\x05\x02\x01\x00\x05\x00\x00\x03\x05abcde\x00\x51rest",
        b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\nrest",
        b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"a\"\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=\"a\", nonce=\"b\", stale=true\r\n\
          Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.1 407 Who\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Later\r\n\r\n",
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..1500 {
        let mut bytes = known[random.below(known.len())].to_vec();
        for _ in 0..random.below(4) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = random.below(256) as u8,
                1 => bytes.truncate(at + 1),
                _ => bytes.insert(at, random.below(256) as u8),
            }
        }
        let mut proxy = Proxy::new();
        let proxy_type = if random.below(2) == 0 { ProxyType::Socks5 } else { ProxyType::Http };
        let mut settings = NetworkProxy::with_host(proxy_type, "127.0.0.1", proxy.port());
        settings.set_user("joe");
        let socket = TcpSocket::new();
        socket.set_proxy(settings);
        let (connected, failed) =
            (SignalSpy::new(socket.connected()), SignalSpy::new(socket.error_occurred()));
        socket.connect_to_host("target.test", 81);
        proxy.stream();
        let cut =
            if random.below(2) == 0 { Cut::EachByte } else { Cut::Before(random.below(bytes.len() + 1)) };
        proxy.say(&bytes, cut);
        assert!(socket.bytes_available() <= bytes.len());
        assert!(connected.len() + failed.len() <= 1);
        socket.abort();
        settle();
        assert_eq!(socket.state(), SocketState::Unconnected);
        socket.delete();
    }
}
