//! The sessions that can be resumed: a client keeps them in memory, a server gives them away, encrypted, as tickets. Neither
//! matters to the acceptance of a peer: [`Session`](super::session::Session) looks at the certificate of a session that is
//! resumed as at any other.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use rustls::server::ProducesTickets;

use crate::network::ssl::settings::{Settings, SslOption};

/// The number of servers that a client remembers: the first is forgotten first.
const SERVERS: usize = 32;
/// The number of tickets of each server that rustls keeps.
const TICKETS_OF_ONE: usize = 8;

/// The greatest size of a ticket: more than any that is made of a reasonable chain of certificates, which a ticket of a server
/// contains; rustls checks not all lengths.
const MAX_TICKET: usize = 16 << 10;

/// Returns whether connections resume the sessions of others. Not where the handshake is to stand still for each error of a
/// certificate: a resumed one brings no certificate of the peer's, and once it is done no alert says why it failed.
pub(super) fn are_resumed(settings: &Settings) -> bool {
    !settings.handshake_must_interrupt_on_error && !settings.has_option(SslOption::DisableSessionSharing)
}

/// Returns whether sessions are carried by tickets as well.
pub(super) fn have_tickets(settings: &Settings) -> bool {
    are_resumed(settings) && !settings.has_option(SslOption::DisableSessionTickets)
}

/// A client's, of one configuration.
#[derive(Debug)]
pub(super) struct Sessions {
    /// `None`: none are kept.
    kept: Option<ClientSessionMemoryCache>,
    takes_tickets: bool,
}

impl Sessions {
    pub(super) fn new(settings: &Settings) -> Self {
        let cache = || ClientSessionMemoryCache::new(SERVERS * TICKETS_OF_ONE);
        Self { kept: are_resumed(settings).then(cache), takes_tickets: have_tickets(settings) }
    }

    /// The sessions of a server, if it can be told from others.
    fn of(&self, server: &ServerName<'_>) -> Option<&ClientSessionMemoryCache> {
        self.kept.as_ref().filter(|_| *server != unnamed())
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        if let Some(kept) = self.of(&server) {
            kept.set_kx_hint(server, group);
        }
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.of(server)?.kx_hint(server)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, session: Tls12ClientSessionValue) {
        if let Some(kept) = self.of(&server) {
            kept.set_tls12_session(server, session);
        }
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.of(server)?.tls12_session(server)
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        if let Some(kept) = self.of(server) {
            kept.remove_tls12_session(server);
        }
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, session: Tls13ClientSessionValue) {
        if let Some(kept) = self.of(&server).filter(|_| self.takes_tickets) {
            kept.insert_tls13_ticket(server, session);
        }
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.of(server)?.take_tls13_ticket(server)
    }
}

/// The address that stands for a server without a name: no server has it.
pub(super) fn unnamed() -> ServerName<'static> {
    ServerName::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// A server's: what encrypts them.
#[derive(Debug)]
pub(super) struct Tickets(pub(super) Arc<dyn ProducesTickets>);

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        self.0.enabled()
    }

    fn lifetime(&self) -> u32 {
        self.0.lifetime()
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        if plain.len() > MAX_TICKET {
            return None;
        }
        self.0.encrypt(plain)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(ticket)
    }
}
