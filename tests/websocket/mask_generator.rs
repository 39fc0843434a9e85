//! Qt's `tst_QDefaultMaskGenerator`, function by function, and the masks on the wire.
//!
//! The default generator has no name here, and nothing to seed: its keys are those with which a client masks.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

use slotwire::prelude::*;

use crate::peer::Peer;
use crate::support::settle;

/// The keys of a client's next frames.
fn keys(client: WebSocket, peer: &mut Peer) -> Vec<[u8; 4]> {
    const FRAMES: usize = 100;
    for _ in 0..FRAMES {
        client.send_text_message("");
    }
    settle();
    let frames = peer.read_exactly(FRAMES * 6);
    frames.chunks_exact(6).map(|frame| frame[2..].try_into().unwrap()).collect()
}

/// `tst_QDefaultMaskGenerator::tst_randomnessWithoutSeed`
/// `tst_QDefaultMaskGenerator::tst_randomnessWithSeed`
#[test]
fn no_two_series_of_keys_are_alike() {
    let clients = [WebSocket::new(), WebSocket::new()];
    let mut peers = clients.map(Peer::server_of);
    // One generator twice, and two of them.
    let mut series = Vec::new();
    for _ in 0..2 {
        series.extend(clients.iter().zip(&mut peers).map(|(client, peer)| keys(*client, peer)));
    }
    let all: HashSet<_> = series.iter().flatten().collect();
    // Two of 400 keys of 32 bits may be alike by chance, once in fifty thousand runs; several are not.
    assert!(all.len() >= 398, "{} different keys", all.len());
    assert!(!all.contains(&[0; 4]), "0 would not mask");
}

struct Counting(Cell<u32>);

impl MaskGenerator for Counting {
    fn next_mask(&self) -> u32 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

#[test]
fn a_generator_of_ones_own_makes_the_keys() {
    let client = WebSocket::new();
    let generator: Rc<dyn MaskGenerator> = Rc::new(Counting(Cell::new(0x0102_0300)));
    client.set_mask_generator(Some(generator.clone()));
    assert!(Rc::ptr_eq(&client.mask_generator().unwrap(), &generator));
    let mut peer = Peer::server_of(client);
    // Four were for the handshake; then there is one for each frame, its most significant byte first.
    let made = keys(client, &mut peer);
    assert_eq!(made[..3], [[1, 2, 3, 5], [1, 2, 3, 6], [1, 2, 3, 7]]);
    client.set_mask_generator(None);
    assert!(client.mask_generator().is_none());
    assert_ne!(keys(client, &mut peer)[0], [1, 2, 3, 105]);
}
