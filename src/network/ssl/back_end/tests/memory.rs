//! Tests how much memory an open session takes while nothing happens: its part of an idle connection.

use super::*;

/// The limit of Rust's memory. The keys of the two directions take a kibibyte, which counts with ring; that of C code does not.
const LIMIT: i64 = 6000;

#[test]
fn an_idle_session_is_small() {
    for version in VERSIONS {
        // Their configurations are shared, and stay.
        let (of_client, of_server) = (client(version), server());
        let mut pair = Pair::opened(&of_client, &of_server);
        let bytes = pair.client.send(&[7; 100_000]);
        pair.server.take(&bytes);
        let bytes = pair.server.send(&[7; 100_000]);
        pair.client.take(&bytes);
        for (name, side) in [("client", pair.client), ("server", pair.server)] {
            let session = side.session;
            let held = allocation_counter::measure(|| drop(session));
            assert!(-held.bytes_current < LIMIT, "{version:?} {name}: {} bytes", -held.bytes_current);
        }
    }
}
