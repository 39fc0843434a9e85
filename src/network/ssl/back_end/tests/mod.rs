//! Sessions against each other, in memory, of the TLS library that is the default of this build.

mod alerts;
mod configuration;
mod data;
mod garbage;
mod handshake;
mod identity;
mod memory;
mod pair;
mod pieces;
#[cfg(feature = "_rustls")]
mod resumption;
mod verification;

pub(crate) use identity::Identity;
pub(crate) use pair::{Pair, Side};

use crate::network::ssl::back_end;
use crate::network::ssl::session::{self, TlsProgress};
use crate::network::ssl::{PeerVerifyMode, SslCipher, SslConfiguration, SslProtocol};

pub(crate) const VERSIONS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

/// A client that trusts the test authority, at that version.
pub(crate) fn client(version: SslProtocol) -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_protocol(version);
    configuration.set_ca_certificates([Identity::authority().certificate.clone()]);
    configuration
}

/// A server for `localhost`, of all versions.
pub(crate) fn server() -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    Identity::good().install(&mut configuration);
    configuration.set_ca_certificates([Identity::authority().certificate.clone()]);
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    configuration
}

/// One that wants to know of its clients as that mode says.
fn verifying(mode: PeerVerifyMode) -> SslConfiguration {
    let mut configuration = server();
    configuration.set_peer_verify_mode(mode);
    configuration
}

/// A client with a certificate.
fn client_with(version: SslProtocol, identity: &Identity) -> SslConfiguration {
    let mut configuration = client(version);
    identity.install(&mut configuration);
    configuration
}

/// The events of a side.
fn log(side: &Side) -> Vec<String> {
    side.log.borrow().clone()
}
