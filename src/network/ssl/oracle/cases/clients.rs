use crate::network::ssl::oracle::case::{Cases, good, int, other_root, root};
use crate::network::ssl::oracle::certificate::{Recipe, bare, ca};
use crate::network::ssl::oracle::extension::*;
use crate::network::ssl::oracle::key::Key;
use crate::network::ssl::oracle::name::*;

pub(super) fn add(c: &mut Cases) {
    c.topic("client");
    chains(c);
    usages(c);
    constraints(c);
    subjects(c);
}

fn below(c: &mut Cases, name: &str, leaf: Recipe, intermediate: Recipe) {
    let intermediate = intermediate.by(&root());
    c.client(name, [leaf.by(&intermediate), intermediate], [root()]);
}

fn chains(c: &mut Cases) {
    c.client_leaf("good", good());
    c.client("good, below an intermediate", [good().by(&int()), int()], [root()]);
    c.client("the intermediate is missing", [good().by(&int())], [root()]);
    c.client("of another root", [good().by(&other_root())], [root()]);
    c.client("of another root, which is sent", [good().by(&other_root()), other_root()], [root()]);
    let itself = good().self_signed();
    c.client("self-signed", [itself.clone()], [root()]);
    c.client("self-signed and trusted", [itself.clone()], [itself.clone()]);
    c.client("nobody is trusted", [itself], []);
    c.client("the leaf is trusted", [good().by(&root())], [good().by(&root())]);
    c.client("the intermediate is trusted", [good().by(&int())], [int()]);
    c.client_leaf("expired", good().expired());
    c.client_leaf("not yet valid", good().not_yet_valid());
    below(c, "the intermediate has expired", good(), ca("Int").expired());
    c.client_leaf("tampered", good().tampered());
    below(c, "the intermediate is no authority", good(), ca("Int").with(no_authority()));
    below(c, "the intermediate may not sign", good(), ca("Int").with(key_usage(&[CRL_SIGN])));
    let own = ca("Root").with(authority(Some(0))).self_signed();
    let sub = ca("Int").by(&own);
    c.client("path length", [good().by(&sub), sub], [own]);
    c.client_leaf("an authority", good().with(authority(None)));
    c.client_leaf("of v1", bare("me").v1());
    c.client_leaf("RSA", good().key(Key::rsa()));
    c.client_leaf("P-256", good().key(Key::p256()));
    c.client_leaf("RSA-PSS", good().key(Key::rsa_pss()));
    c.client_leaf("unknown and critical", good().with(extension(UNKNOWN, [5, 0]).critical()));
    c.client("then another chain", [good().self_signed(), good().by(&root())], [root()]);
}

fn usages(c: &mut Cases) {
    for (name, usage) in [
        ("for clients", extended_key_usage(&[CLIENT])),
        ("for servers", extended_key_usage(&[SERVER])),
        ("for both", extended_key_usage(&[SERVER, CLIENT])),
        ("for any purpose", extended_key_usage(&[ANY_PURPOSE])),
        ("for e-mail", extended_key_usage(&[EMAIL_PROTECTION])),
        ("for server gated crypto", extended_key_usage(&[SERVER_GATED_CRYPTO])),
        ("for nothing", extended_key_usage(&[])),
        ("broken purposes", extension(EXTENDED_KEY_USAGE, [0x30, 9, 1])),
        ("digitalSignature", key_usage(&[SIGNATURE])),
        ("keyEncipherment", key_usage(&[KEY_ENCIPHERMENT])),
        ("keyAgreement", key_usage(&[KEY_AGREEMENT])),
        ("keyCertSign", key_usage(&[CERT_SIGN])),
        ("no usage", key_usage(&[])),
        ("broken key usage", extension(KEY_USAGE, [3, 9, 1])),
    ] {
        c.client_leaf(name, good().with(usage));
    }
    below(c, "below an intermediate for servers", good(), ca("Int").with(extended_key_usage(&[SERVER])));
    below(c, "below an intermediate for clients", good(), ca("Int").with(extended_key_usage(&[CLIENT])));
}

fn constraints(c: &mut Cases) {
    let int = |constraints| ca("Int").with(constraints);
    let with = |name: Vec<u8>| good().with(names([name]));
    below(c, "dns inside", with(dns("a.example")), int(permit([dns("example")])));
    below(c, "dns outside", with(dns("a.test")), int(permit([dns("example")])));
    below(c, "dns excluded", with(dns("a.test")), int(exclude([dns("test")])));
    below(c, "e-mail inside", with(email("me@a.example")), int(permit([email("a.example")])));
    below(c, "e-mail outside", with(email("me@a.test")), int(permit([email("a.example")])));
    below(c, "ip outside", with(ip(&[192, 0, 2, 1])), int(permit([ip(&[10, 0, 0, 0, 255, 0, 0, 0])])));
    let subject = |address: &str| bare("me").subject(rdns([attribute(EMAIL, IA5, address)]));
    below(c, "e-mail of the subject inside", subject("me@a.example"), int(permit([email("a.example")])));
    below(c, "e-mail of the subject outside", subject("me@a.test"), int(permit([email("a.example")])));
    below(c, "e-mail of the subject excluded", subject("me@a.test"), int(exclude([email("a.test")])));
    below(c, "e-mail of the subject, all excluded", subject("me@a.test"), int(exclude([email("")])));
    let named = || good().subject(o_cn("Company", "me"));
    below(c, "directory inside", named(), int(permit([directory(&o("Company"))])));
    below(c, "directory outside", named(), int(permit([directory(&o("Other"))])));
    below(c, "directory excluded", named(), int(exclude([directory(&o("Company"))])));
    let authority = |recipe: Recipe| recipe.with(authority(None));
    below(c, "an authority: directory outside", authority(named()), int(permit([directory(&o("Other"))])));
    below(c, "an authority: dns outside", authority(with(dns("a.test"))), int(permit([dns("example")])));
    below(
        c,
        "an authority: e-mail outside",
        authority(with(email("me@a.test"))),
        int(permit([email("a.example")])),
    );
    below(
        c,
        "an authority: ip outside",
        authority(with(ip(&[192, 0, 2, 1]))),
        int(permit([ip(&[10, 0, 0, 0, 255, 0, 0, 0])])),
    );
    below(c, "a common name that is a host, outside", bare("a.test"), int(permit([dns("example")])));
    below(c, "a common name that is a host, inside", bare("a.example"), int(permit([dns("example")])));
    below(c, "a common name that is none", bare("Some One"), int(permit([dns("example")])));
}

fn subjects(c: &mut Cases) {
    c.client_leaf("no subject", good().subject(no_name()));
    c.client_leaf("no name at all", bare("x").subject(no_name()));
    c.client_leaf("BMPString", good().subject(cn_as(BMP, "Jürgen")));
    c.client_leaf("T61String", good().subject(cn_as(T61, "Jürgen")));
    c.client_leaf("issuer's name in another case", good().issuer(cn("ROOT")));
    let twin = ca("Int").key(Key::of("twin")).by(&root());
    c.client("two intermediates of one name", [good().by(&int()), twin, int()], [root()]);
}
