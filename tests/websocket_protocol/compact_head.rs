use proptest::prelude::*;
use slotwire::websocket::protocol::CompactHead;

const FIREFOX: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nhost: localhost:1234\r\n\
    user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
    accept: */*\r\naccept-language: en-US,en;q=0.5\r\norigin: http://localhost:8000\r\n\
    connection: keep-alive, Upgrade\r\npragma: no-cache\r\ncache-control: no-cache\r\n\
    upgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[test]
fn a_browsers_head_takes_less_than_half_of_its_size() {
    assert!(CompactHead::new(FIREFOX).size() < FIREFOX.len() / 2);
}

#[test]
fn a_head_comes_out_as_it_went_in() {
    assert_eq!(CompactHead::new(FIREFOX).to_bytes(), FIREFOX);
    assert_eq!(CompactHead::new(b"").to_bytes(), b"");
}

#[test]
fn a_phrase_in_another_case_is_kept_in_that_case() {
    let head =
        b"GET / HTTP/1.1\r\nupgrade: WebSocket\r\nconnection: upgrade\r\nuser-agent: mozilla/5.0 (\r\n\r\n";
    assert_eq!(CompactHead::new(head).to_bytes(), head);
}

proptest! {
    #[test]
    fn any_bytes_come_out_as_they_went_in(head: Vec<u8>) {
        prop_assert_eq!(CompactHead::new(&head).to_bytes(), head);
    }

    #[test]
    fn any_cut_of_a_head_comes_out_as_it_went_in(start in 0..FIREFOX.len(), size in 0..FIREFOX.len()) {
        let cut = &FIREFOX[start..FIREFOX.len().min(start + size)];
        prop_assert_eq!(CompactHead::new(cut).to_bytes(), cut);
    }
}
