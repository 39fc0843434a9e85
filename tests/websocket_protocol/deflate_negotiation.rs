//! The parameters of `permessage-deflate`, by the rows of RFC 7692 §7.1 and by Autobahn's cases 13.

use slotwire::websocket::protocol::{Compression, DeflateParameters, UnacceptableExtension};

/// Nothing asked for: 15 bits, and context takeover.
fn widest() -> Compression {
    Compression::new().with_server_max_window_bits(15).with_client_max_window_bits(15)
}

/// What a server that wants this answers.
fn answer(compression: &Compression, offers: &str) -> Option<String> {
    compression.accept(offers).map(|agreed| agreed.to_string())
}

fn accepted(offers: &str) -> Option<String> {
    answer(&widest(), offers)
}

fn read(
    compression: &Compression,
    response: &str,
) -> Result<Option<DeflateParameters>, UnacceptableExtension> {
    compression.read_response(response)
}

#[test]
fn each_parameter_of_an_offer_is_accepted_as_the_rfc_says() {
    for (offer, answer) in [
        ("", ""),
        ("; server_no_context_takeover", "; server_no_context_takeover"),
        ("; client_no_context_takeover", "; client_no_context_takeover"),
        ("; server_max_window_bits=8", "; server_max_window_bits=8"),
        ("; server_max_window_bits=15", "; server_max_window_bits=15"),
        ("; server_max_window_bits=\"10\"", "; server_max_window_bits=10"),
        ("; client_max_window_bits", ""),
        ("; client_max_window_bits=8", "; client_max_window_bits=8"),
        ("; client_max_window_bits=15", ""),
        (
            " ;\tclient_max_window_bits = 9;server_max_window_bits=10 ; server_no_context_takeover; client_no_context_takeover ",
            "; server_no_context_takeover; server_max_window_bits=10; client_no_context_takeover; client_max_window_bits=9",
        ),
    ] {
        let expected = format!("permessage-deflate{answer}");
        assert_eq!(accepted(&format!("permessage-deflate{offer}")), Some(expected), "{offer}");
    }
}

#[test]
fn an_offer_with_a_parameter_that_is_not_as_it_should_be_is_declined() {
    for parameters in [
        "server_max_window_bits",
        "server_max_window_bits=",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=08",
        "server_max_window_bits=+9",
        "server_max_window_bits=9.0",
        "server_max_window_bits=256",
        "server_max_window_bits=99999999999999999999",
        "server_max_window_bits=\"\"",
        "server_max_window_bits=9; server_max_window_bits=9",
        "server_max_window_bits=9; server_max_window_bits=10",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=",
        "client_max_window_bits; client_max_window_bits",
        "client_max_window_bits; client_max_window_bits=9",
        "server_no_context_takeover=1",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover=\"\"",
        "client_no_context_takeover; client_no_context_takeover",
        "Server_No_Context_Takeover",
        "unknown",
        "unknown=1",
        "",
        ";",
        "=9",
        "client_max_window_bits=9 9",
    ] {
        let offer = format!("permessage-deflate; {parameters}");
        assert_eq!(accepted(&offer), None, "{offer}");
        // The next one is looked at.
        let offers = format!("{offer}, permessage-deflate; server_max_window_bits=11");
        assert_eq!(accepted(&offers).as_deref(), Some("permessage-deflate; server_max_window_bits=11"));
    }
}

#[test]
fn a_quote_that_does_not_end_takes_the_rest_with_it() {
    assert_eq!(accepted("permessage-deflate; server_max_window_bits=\"9, permessage-deflate"), None);
}

#[test]
fn the_first_offer_that_can_be_accepted_is() {
    let offers = "x-other; a=\"1,2;3\", permessage-deflate; unknown, ,\
                  permessage-deflate; server_max_window_bits=9, permessage-deflate";
    assert_eq!(accepted(offers).as_deref(), Some("permessage-deflate; server_max_window_bits=9"));
    for others in
        ["", ",", "x-webkit-deflate-frame", "permessage-bzip2; permessage-deflate", "permessage-deflate2"]
    {
        assert_eq!(accepted(others), None, "{others:?}");
    }
}

#[test]
fn a_server_has_its_own_wishes_as_far_as_the_offer_lets_it() {
    let own = Compression::new().with_server_max_window_bits(10).with_client_max_window_bits(9);
    for (offer, expected) in [
        ("permessage-deflate", "permessage-deflate; server_max_window_bits=10"),
        (
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
        ),
        (
            "permessage-deflate; client_max_window_bits=8; server_max_window_bits=15",
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=8",
        ),
        ("permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=8"),
    ] {
        assert_eq!(answer(&own, offer).as_deref(), Some(expected));
    }
    let alone = widest().with_server_context_takeover(false).with_client_context_takeover(false);
    assert_eq!(
        answer(&alone, "permessage-deflate").as_deref(),
        Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    );
}

#[test]
fn an_offer_of_any_number_of_parameters_is_declined_or_accepted_without_more() {
    let many = "; unknown".repeat(10_000);
    assert_eq!(accepted(&format!("permessage-deflate{many}")), None);
    let doubled = "; server_no_context_takeover".repeat(10_000);
    assert_eq!(accepted(&format!("permessage-deflate{doubled}")), None);
    let offers = vec!["permessage-deflate; server_max_window_bits=0"; 10_000].join(",");
    assert_eq!(accepted(&offers), None);
    assert_eq!(accepted(&format!("{offers}, permessage-deflate")).as_deref(), Some("permessage-deflate"));
}

#[test]
fn a_client_offers_what_it_wants_and_that_it_can_be_asked_for_a_smaller_window() {
    assert_eq!(widest().offer(), "permessage-deflate; client_max_window_bits");
    assert_eq!(
        Compression::new().with_server_context_takeover(false).with_client_context_takeover(false).offer(),
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
         server_max_window_bits=12; client_max_window_bits=12"
    );
}

#[test]
fn a_client_takes_what_it_has_offered() {
    let agreed = |own: &Compression, response| read(own, response).unwrap().unwrap();
    let plain = agreed(&widest(), "permessage-deflate");
    assert_eq!((plain.server_max_window_bits(), plain.client_max_window_bits()), (15, 15));
    assert!(plain.server_context_takeover() && plain.client_context_takeover());

    let all = agreed(
        &widest(),
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
         server_max_window_bits=8; client_max_window_bits=\"9\"",
    );
    assert_eq!((all.server_max_window_bits(), all.client_max_window_bits()), (8, 9));
    assert!(!all.server_context_takeover() && !all.client_context_takeover());

    // What concerns the client alone it does whatever the server says.
    let own = widest().with_client_max_window_bits(10).with_client_context_takeover(false);
    let agreed = agreed(&own, "permessage-deflate");
    assert_eq!(agreed.client_max_window_bits(), 10);
    assert!(!agreed.client_context_takeover());
    assert_eq!(read(&widest(), ""), Ok(None));
}

#[test]
fn a_client_refuses_what_it_has_not_offered() {
    let narrow = Compression::new().with_server_context_takeover(false);
    for response in [
        "permessage-deflate",
        "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=12",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=13",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=12; client_max_window_bits=13",
    ] {
        assert_eq!(read(&narrow, response), Err(UnacceptableExtension), "{response}");
    }
    for response in [
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=08",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; unknown",
        "permessage-deflate;",
        "permessage-deflate, permessage-deflate",
        "permessage-deflate, x-other",
        "x-other",
        "=",
    ] {
        assert_eq!(read(&widest(), response), Err(UnacceptableExtension), "{response}");
    }
}

#[test]
fn whatever_a_server_accepts_its_client_takes_for_the_same() {
    let flags = [true, false];
    let bits = [8, 9, 12, 15];
    let all = || {
        flags.into_iter().flat_map(move |server| {
            flags.into_iter().flat_map(move |client| {
                bits.into_iter().flat_map(move |server_bits| {
                    bits.into_iter().map(move |client_bits| {
                        Compression::new()
                            .with_server_context_takeover(server)
                            .with_client_context_takeover(client)
                            .with_server_max_window_bits(server_bits)
                            .with_client_max_window_bits(client_bits)
                    })
                })
            })
        })
    };
    for client in all() {
        for server in all() {
            let accepted = server.accept(&client.offer()).unwrap();
            let read = client.read_response(&accepted.to_string()).unwrap().unwrap();
            let facts = |agreed: DeflateParameters| {
                (
                    (agreed.server_max_window_bits(), agreed.server_context_takeover()),
                    (agreed.client_max_window_bits(), agreed.client_context_takeover()),
                )
            };
            assert_eq!(facts(read), facts(accepted));
        }
    }
}
