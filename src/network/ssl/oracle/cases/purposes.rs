use crate::network::ssl::oracle::case::{Cases, good, root};
use crate::network::ssl::oracle::certificate::ca;
use crate::network::ssl::oracle::der;
use crate::network::ssl::oracle::extension::*;

pub(super) fn add(c: &mut Cases) {
    extended_key_usages(c);
    key_usages(c);
}

fn extended_key_usages(c: &mut Cases) {
    c.topic("extended key usage");
    let raw = |content: &[u8]| extension(EXTENDED_KEY_USAGE, content);
    let usages = [
        ("server", extended_key_usage(&[SERVER])),
        ("server, critical", extended_key_usage(&[SERVER]).critical()),
        ("client", extended_key_usage(&[CLIENT])),
        ("server and client", extended_key_usage(&[CLIENT, SERVER])),
        ("any", extended_key_usage(&[ANY_PURPOSE])),
        ("any, critical", extended_key_usage(&[ANY_PURPOSE]).critical()),
        ("any and client", extended_key_usage(&[ANY_PURPOSE, CLIENT])),
        ("code signing", extended_key_usage(&[CODE_SIGNING])),
        ("e-mail", extended_key_usage(&[EMAIL_PROTECTION])),
        ("OCSP signing", extended_key_usage(&[OCSP_SIGNING])),
        ("server gated crypto", extended_key_usage(&[SERVER_GATED_CRYPTO])),
        ("Microsoft's server gated crypto", extended_key_usage(&["1.3.6.1.4.1.311.10.3.3"])),
        ("one that nobody knows", extended_key_usage(&[UNKNOWN])),
        ("one that nobody knows, and server", extended_key_usage(&[UNKNOWN, SERVER])),
        ("none", extended_key_usage(&[])),
        ("broken", raw(&[0x30, 9, 1])),
        ("broken, critical", raw(&[0x30, 9, 1]).critical()),
        ("empty", raw(&[])),
        ("no object identifiers", raw(&der::sequence([der::integer(1)]))),
    ];
    for (name, usage) in usages {
        c.leaf(name, good().with(usage.clone()));
        c.below(&format!("of the intermediate: {name}"), good(), ca("Int").with(usage));
    }
    c.leaf("twice", good().with(extended_key_usage(&[SERVER])).twice(extended_key_usage(&[SERVER])));
    for (name, usage) in [
        ("of the root: client", extended_key_usage(&[CLIENT])),
        ("of the root: server", extended_key_usage(&[SERVER])),
        ("of the root: e-mail", extended_key_usage(&[EMAIL_PROTECTION])),
    ] {
        let own = ca("Root").with(usage).self_signed();
        c.server(name, [good().by(&own)], [own]);
    }
    let (client, server) = (extended_key_usage(&[CLIENT]), extended_key_usage(&[SERVER]));
    c.below("leaf server, intermediate client", good().with(server.clone()), ca("Int").with(client.clone()));
    c.below("leaf client, intermediate server", good().with(client), ca("Int").with(server));
    c.leaf(
        "client, and the key usage of an authority",
        good().with(extended_key_usage(&[CLIENT])).with(key_usage(&[CERT_SIGN])),
    );
}

fn key_usages(c: &mut Cases) {
    c.topic("key usage of a leaf");
    let raw = |content: &[u8]| extension(KEY_USAGE, content);
    let usages = [
        ("digitalSignature", key_usage(&[SIGNATURE])),
        ("digitalSignature, not critical", key_usage(&[SIGNATURE]).not_critical()),
        ("keyEncipherment", key_usage(&[KEY_ENCIPHERMENT])),
        ("keyAgreement", key_usage(&[KEY_AGREEMENT])),
        ("nonRepudiation", key_usage(&[NON_REPUDIATION])),
        ("dataEncipherment", key_usage(&[DATA_ENCIPHERMENT])),
        ("keyCertSign", key_usage(&[CERT_SIGN])),
        ("cRLSign", key_usage(&[CRL_SIGN])),
        ("nothing", key_usage(&[])),
        ("encipherOnly", key_usage(&[7])),
        ("decipherOnly", key_usage(&[8])),
        ("all", key_usage(&[0, 1, 2, 3, 4, 5, 6, 7, 8])),
        ("broken", raw(&[3, 9, 1])),
        ("broken, critical", raw(&[3, 9, 1]).critical()),
        ("of another type", raw(&[4, 1, 0x80])),
        ("empty", raw(&[])),
        ("with unused bits set", raw(&[3, 2, 7, 0xff])),
        ("too many unused bits", raw(&[3, 2, 9, 0x80])),
        ("with something behind", raw(&[3, 2, 7, 0x80, 5, 0])),
    ];
    for (name, usage) in usages {
        c.leaf(name, good().with(usage));
    }
    c.leaf("twice", good().with(key_usage(&[SIGNATURE])).twice(key_usage(&[SIGNATURE])));
    c.leaf("twice, bad and good", good().with(key_usage(&[CRL_SIGN])).twice(key_usage(&[SIGNATURE])));
    c.below("broken, below an intermediate", good().with(raw(&[3, 9, 1])), ca("Int"));
    c.server(
        "of a trusted leaf: cRLSign",
        [good().with(key_usage(&[CRL_SIGN])).self_signed()],
        [good().with(key_usage(&[CRL_SIGN])).self_signed(), root()],
    );
}
