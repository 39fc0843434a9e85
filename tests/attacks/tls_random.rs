//! Programs that do anything but let a bad peer in, at any time: it does not get in. And what they do keeps no good one out.

use std::cell::Cell;
use std::rc::Rc;

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, secure_server};
use crate::scale::times;
use crate::support::{settle, wait_until};

/// Numbers that look random, the same each time (xorshift).
#[derive(Clone)]
struct Numbers(Rc<Cell<u64>>);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(Rc::new(Cell::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)))
    }

    fn below(&self, end: u64) -> u64 {
        let mut number = self.0.get();
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        self.0.set(number);
        (number >> 16) % end
    }

    fn pick<T: Copy>(&self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

fn with_mode(configuration: &SslConfiguration, mode: PeerVerifyMode) -> SslConfiguration {
    let mut changed = configuration.clone();
    changed.set_peer_verify_mode(mode);
    changed
}

/// A loop of its own, but not in one that a slot runs already.
fn run_loop(depth: &Cell<u32>) {
    if depth.get() < 2 {
        depth.set(depth.get() + 1);
        settle();
        depth.set(depth.get() - 1);
    }
}

/// Something that a program may do to a socket, and that lets nobody in.
fn do_anything(client: WebSocket, numbers: &Numbers, others: &[SslError], depth: &Cell<u32>) {
    match numbers.below(9) {
        0 => client.set_ssl_configuration(with_mode(&client.ssl_configuration(), PeerVerifyMode::None)),
        1 => client.set_ssl_configuration(with_mode(&client.ssl_configuration(), PeerVerifyMode::QueryPeer)),
        2 => run_loop(depth),
        3 => client.resume(),
        4 => client.continue_interrupted_handshake(),
        5 => client.ignore_ssl_errors_for(others),
        6 => client.set_pause_mode(PauseMode::OnSslErrors),
        7 => client.set_proxy(ProxyType::No),
        _ => client.set_pause_mode(PauseMode::Never),
    }
}

#[test]
fn a_client_that_does_anything_but_ignore_errors_lets_no_bad_server_in_and_keeps_no_good_one_out() {
    let authority = Authority::new();
    let (good, bad) = (authority.issue(), Identity::self_signed(&["127.0.0.1"], |_| {}));
    let of_others: Vec<_> = [SslErrorKind::SelfSignedCertificate, SslErrorKind::HostNameMismatch]
        .map(|kind| SslError::with_certificate(kind, good.certificate.clone()))
        .into();
    let servers = [secure_server(good.configuration()), secure_server(bad.configuration())];
    for round in 0..times(150) as u64 {
        let numbers = Numbers::new(round);
        let is_good = numbers.below(2) == 0;
        let server = servers[usize::from(!is_good)];
        let accepted = SignalSpy::new(server.new_connection());
        let mut strict = authority.configuration();
        strict.set_peer_verify_mode(numbers.pick(&[PeerVerifyMode::Auto, PeerVerifyMode::VerifyPeer]));
        strict.set_protocol(numbers.pick(&[SslProtocol::TlsV1_2, SslProtocol::TlsV1_3]));
        strict.set_handshake_must_interrupt_on_error(numbers.below(2) == 0);
        let client = WebSocket::new();
        client.set_ssl_configuration(strict);
        let deed: Rc<dyn Fn()> = {
            let (numbers, others, depth) = (numbers.clone(), of_others.clone(), Cell::new(0));
            Rc::new(move || {
                (0..numbers.below(4)).for_each(|_| do_anything(client, &numbers, &others, &depth));
            })
        };
        let each = || {
            let deed = deed.clone();
            move || deed()
        };
        let in_slot = each();
        client.state_changed().connect(move |_| in_slot());
        let in_slot = each();
        client.peer_verify_error().connect(move |_| in_slot());
        let in_slot = each();
        client.ssl_errors().connect(move |_| in_slot());
        let in_slot = each();
        client.handshake_interrupted_on_error().connect(move |_| in_slot());
        let in_slot = each();
        client.alert_sent().connect(move |_| in_slot());
        client.open(server.server_url());
        let mut turns = 0;
        wait_until("it is decided", || {
            turns += 1;
            if turns % 5 == 0 {
                deed();
            }
            // A socket that pauses waits for as long as it takes.
            if turns % 50 == 0 {
                client.resume();
            }
            client.is_valid() || client.state() == SocketState::Unconnected
        });
        settle();
        assert_eq!(client.is_valid(), is_good, "round {round}: {}", client.error_string());
        assert_eq!(accepted.len(), usize::from(is_good), "round {round}");
        client.delete();
        settle();
        while let Some(left) = server.next_pending_connection() {
            left.delete();
        }
    }
}

#[test]
fn a_server_that_does_anything_but_ignore_errors_lets_no_bad_client_in_and_keeps_no_good_one_out() {
    let authority = Authority::new();
    let identity = authority.issue();
    let (good, bad) =
        (authority.issue_for(&["client"], |_| {}), Authority::new().issue_for(&["client"], |_| {}));
    for round in 0..times(100) as u64 {
        let numbers = Numbers::new(round);
        let who = numbers.below(3);
        let mut strict = with_mode(&identity.configuration(), PeerVerifyMode::VerifyPeer);
        strict.set_ca_certificates([authority.certificate.clone()]);
        strict.set_protocol(numbers.pick(&[SslProtocol::TlsV1_2, SslProtocol::TlsV1_3]));
        strict.set_handshake_must_interrupt_on_error(numbers.below(3) == 0);
        strict.set_missing_certificate_is_fatal(numbers.below(3) == 0);
        let server = secure_server(strict);
        let accepted = SignalSpy::new(server.new_connection());
        let deed: Rc<dyn Fn()> = {
            let (numbers, depth) = (numbers.clone(), Cell::new(0));
            Rc::new(move || {
                for _ in 0..numbers.below(4) {
                    let own = server.ssl_configuration();
                    match numbers.below(4) {
                        0 => server.set_ssl_configuration(with_mode(&own, PeerVerifyMode::None)),
                        1 => server.set_ssl_configuration(with_mode(&own, PeerVerifyMode::QueryPeer)),
                        2 => run_loop(&depth),
                        _ => server.set_max_pending_connections(30),
                    }
                }
            })
        };
        let in_slot = deed.clone();
        server.peer_verify_error().connect(move |_| in_slot());
        let in_slot = deed.clone();
        server.ssl_errors().connect(move |_| in_slot());
        let in_slot = deed.clone();
        server.ssl_errors_occurred().connect(move |_| in_slot());
        let in_slot = deed.clone();
        server.handshake_interrupted_on_error().connect(move |_| in_slot());
        let in_slot = deed.clone();
        server.alert_sent().connect(move |_| in_slot());

        let client = WebSocket::new();
        let mut own = match who {
            0 => good.configuration(),
            1 => bad.configuration(),
            _ => SslConfiguration::new(),
        };
        own.set_ca_certificates([authority.certificate.clone()]);
        client.set_ssl_configuration(own);
        client.open(server.server_url());
        wait_until("it is decided", || {
            let is_in = client.is_valid() && !accepted.is_empty();
            is_in || client.state() == SocketState::Unconnected
        });
        settle();
        assert_eq!(accepted.len(), usize::from(who == 0), "round {round}");
        assert_eq!(server.has_pending_connections(), who == 0, "round {round}");
        client.delete();
        server.delete();
        settle();
    }
}
