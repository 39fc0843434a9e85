//! Qt's `tst_QDefaultMaskGenerator`, function by function, and the masks on the wire.
//!
//! The default generator has no name here, and nothing to seed: its keys are those with which a client masks.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

use slotwire::prelude::*;

use crate::peer::Peer;
use crate::support::{accepted_socket, listening_server, settle, wait_until};

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

// ---- generators that do something else

/// Does something with the socket when it is asked for one of the keys.
struct Meddling {
    socket: WebSocket,
    keys_before: Cell<Option<usize>>,
    deed: Deed,
}

impl MaskGenerator for Meddling {
    fn next_mask(&self) -> u32 {
        match self.keys_before.get() {
            Some(0) => {
                self.keys_before.set(None);
                (self.deed)(self.socket);
            }
            Some(keys) => self.keys_before.set(Some(keys - 1)),
            None => {}
        }
        0x0102_0304
    }
}

type Deed = fn(WebSocket);

const DEEDS: [(&str, Deed); 8] = [
    ("send", |socket| {
        socket.send_text_message("in between, and long enough to be compressed, as the other");
    }),
    ("ping", |socket| socket.ping()),
    ("close", |socket| socket.close()),
    ("abort", |socket| socket.abort()),
    ("delete", |socket| socket.delete()),
    ("open", |socket| socket.open(socket.request())),
    ("enter the event loop", |_| settle()),
    ("replace the generator", |socket| socket.set_mask_generator(None)),
];

const SENDINGS: [(&str, Deed); 6] = [
    ("a message", |socket| {
        socket.send_text_message("word ".repeat(20));
    }),
    ("a large message", |socket| {
        socket.send_text_message("word ".repeat(40_000));
    }),
    ("a message as it is", |socket| {
        socket.send_text_message_uncompressed("word ".repeat(20));
    }),
    ("a prepared message", |socket| {
        socket.send_prepared_message(&PreparedMessage::text("word ".repeat(20)));
    }),
    ("a ping", |socket| socket.ping()),
    ("a close frame", |socket| socket.close()),
];

#[test]
fn a_generator_may_do_anything_with_its_socket() {
    for compression in [None, Some(Compression::new())] {
        for (deed, do_it) in DEEDS {
            for (sending, send) in SENDINGS {
                for keys_before in [0, 1, 3] {
                    let server = listening_server();
                    #[cfg(feature = "deflate")]
                    server.set_compression(compression.clone());
                    let client = WebSocket::new();
                    let options = HandshakeOptions::new();
                    #[cfg(feature = "deflate")]
                    let options = options.with_compression(compression.clone());
                    client.open_with(server.server_url(), options);
                    let accepted = accepted_socket(server);
                    wait_until("the client is connected", || client.is_valid());
                    let texts = SignalSpy::new(accepted.text_message_received());
                    client.set_outgoing_frame_size(10);
                    let keys_before = Cell::new(Some(keys_before));
                    client.set_mask_generator(Some(Rc::new(Meddling {
                        socket: client,
                        keys_before,
                        deed: do_it,
                    })));
                    send(client);
                    settle();
                    let what = format!("{deed} for {sending}, {compression:?}");
                    for text in texts.take() {
                        assert!(
                            text.starts_with("word ") || text.starts_with("in between"),
                            "{what}: {text}"
                        );
                    }
                    // What the peer has got is no error of the protocol.
                    let code = accepted.close_code();
                    assert_ne!(code, CloseCode::ProtocolError, "{what}");
                    assert_ne!(code, CloseCode::DatatypeNotSupported, "{what}");
                    client.delete();
                    server.delete();
                    settle();
                }
            }
        }
    }
}
