//! The opening handshake of a client as a value. What servers say and what becomes of it stands in `tests/websocket`.

use slotwire::websocket::protocol::{ClientHandshake, ClientHandshakeProgress, HandshakeRequestBuilder};
use url::Url;

fn handshake() -> ClientHandshake {
    let url = Url::parse("ws://localhost/").unwrap();
    let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    handshake.send_request(*b"the sample nonce", &mut Vec::new()).unwrap();
    handshake
}

#[test]
fn only_what_is_behind_an_open_connection_is_left() {
    let basic = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n";
    for (said, is_open) in [
        (
            "HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            true,
        ),
        (
            "HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
            false,
        ),
        ("HTTP/1.1 404 No\r\n\r\n", false),
        ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", false),
        ("SSH-2.0-OpenSSH\r\n", false),
        (&format!("HTTP/1.1 404 No\r\n{}\r\n", "A: b\r\n".repeat(101)), false),
        (&format!("{basic}\r\n"), false),
        (&format!("{basic}Content-Length: 0\r\n\r\n"), false),
        (&format!("{basic}Connection: close\r\n\r\n"), false),
    ] {
        let all = format!("{said}behind").into_bytes();
        for split in 0..=all.len() {
            let mut handshake = handshake();
            let (mut taken, mut rest) = (0, &all[split..]);
            for piece in [&all[..split], &all[split..]] {
                let (count, progress) = handshake.receive(piece);
                taken += count;
                let is_over = !matches!(progress, ClientHandshakeProgress::Waiting);
                assert!(
                    is_over || count == piece.len() || taken == said.len(),
                    "{said:?} {split} {progress:?}"
                );
                rest = &piece[count..];
            }
            assert_eq!(taken, if is_open { said.len() } else { all.len() }, "{said:?} {split}");
            // Whoever gives it the rest once more waits for nothing.
            assert_eq!(handshake.receive(rest).0, 0);
        }
    }
}
