use super::*;

#[test]
fn a_client_and_a_server_open_a_connection() {
    for version in VERSIONS {
        let pair = Pair::opened(&client(version), &server());
        assert!(pair.client.log.borrow().is_empty() && pair.server.log.borrow().is_empty());
        for side in [&pair.client, &pair.server] {
            let facts = side.session.facts();
            assert_eq!(facts.protocol, Some(version));
            assert_eq!(facts.cipher.unwrap().protocol(), Some(version));
            assert!(!facts.is_resumed);
        }
        let chain = pair.client.session.facts().peer_certificate_chain;
        assert_eq!(chain[0], Identity::good().certificate);
        assert_eq!(chain.len(), 2);
        assert!(pair.server.session.facts().peer_certificate_chain.is_empty());
    }
}
