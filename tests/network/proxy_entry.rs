//! The place where an HTTP proxy's bytes come in, as a function of arbitrary bytes that fails if a promise is broken. It has no public
//! path, so that those who include this file include `src/http` as well.

use crate::http::{Credentials, Exchange, Peer, Progress};

/// What a proxy says that is asked to connect, responses one after the other: however that is cut into reads, the same becomes of it,
/// and not a byte of the tunnel is taken. The first byte cuts.
pub(crate) fn proxy_conversation(data: &[u8]) {
    let Some((&cut, stream)) = data.split_first() else { return };
    let whole = converse(std::iter::once(stream));
    let pieces = converse(stream.chunks(usize::from(cut) + 1));
    // What comes behind the body of a challenge in one read answers nothing; in another, it is the next response.
    if !stream.windows(3).any(|window| window == b"407") {
        assert_eq!(whole, pieces);
    }
}

/// What becomes of a conversation in which the proxy says that, and how much of it was taken; a new connection begins where the old
/// one was left.
fn converse<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> (String, usize) {
    const MAX_HEAD_SIZE: usize = 1000;
    let mut exchange = Exchange::new(Peer::Proxy, [1; 16]);
    exchange.set_max_head_size(MAX_HEAD_SIZE);
    exchange.set_credentials(Credentials::new("ada", "one"));
    exchange.begin_request("CONNECT", "target.test:81");
    let (mut requests, mut all_taken) = (1, 0);
    for mut piece in pieces {
        while !piece.is_empty() {
            let (taken, mut progress) = exchange.receive(piece);
            piece = &piece[taken..];
            all_taken += taken;
            if matches!(progress, Progress::Asking) {
                progress = exchange.authenticate(Credentials::new("ada", "two"));
            }
            match progress {
                Progress::Waiting => assert!(piece.is_empty(), "{taken}"),
                Progress::Asking => panic!("nobody is asked twice for one challenge"),
                Progress::SendAgain | Progress::Reconnect => {
                    let answer = exchange.begin_request("CONNECT", "target.test:81").unwrap_or_default();
                    assert!(!answer.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
                    requests += 1;
                    // Two pairs of credentials, and each once more for a nonce that was stale.
                    assert!(requests <= 5);
                }
                Progress::Response(response) => {
                    assert!(requests > 1 || all_taken <= MAX_HEAD_SIZE);
                    assert!(exchange.connection_lost().is_none(), "it is over");
                    return (format!("{response:?}"), all_taken);
                }
                Progress::Failed(failure) => {
                    assert!(exchange.connection_lost().is_none(), "it is over");
                    // What is no HTTP is quoted as far as it has come.
                    let text = format!("{failure:?}");
                    return (text.split('"').next().unwrap_or_default().to_owned(), 0);
                }
            }
        }
    }
    ("waiting".to_owned(), all_taken)
}
