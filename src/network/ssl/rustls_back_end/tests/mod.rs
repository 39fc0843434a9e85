//! Sessions against each other, in memory.

mod alerts;
mod configuration;
mod data;
mod garbage;
mod handshake;
mod identity;
mod keys;
mod memory;
mod pair;
mod pieces;
mod verification;

use identity::Identity;
use pair::{Pair, Side};

use super::super::session::{self, TlsProgress};
use super::super::{PeerVerifyMode, SslCipher, SslConfiguration, SslProtocol};

const VERSIONS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

/// A client that trusts the test authority, at that version.
fn client(version: SslProtocol) -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_protocol(version);
    configuration.set_ca_certificates([Identity::authority().certificate.clone()]);
    configuration
}

/// A server for `localhost`, of all versions.
fn server() -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    Identity::good().install(&mut configuration);
    configuration.set_ca_certificates([Identity::authority().certificate.clone()]);
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    configuration
}
