use crate::network::ssl::oracle::case::{Cases, good, other_root, root};
use crate::network::ssl::oracle::certificate::{Certificate, Recipe, bare, ca};
use crate::network::ssl::oracle::der;
use crate::network::ssl::oracle::extension::*;
use crate::network::ssl::oracle::key::Key;
use crate::network::ssl::oracle::name::{cn, dns};

pub(super) fn add(c: &mut Cases) {
    basic_constraints(c);
    path_lengths(c);
    key_usages(c);
    old_versions(c);
    as_leaves(c);
}

fn basic_constraints(c: &mut Cases) {
    c.topic("basic constraints");
    let raw = |content: Vec<u8>| extension(BASIC_CONSTRAINTS, content);
    let intermediates = [
        ("CA:TRUE", ca("Int")),
        ("not critical", ca("Int").with(authority(None).not_critical())),
        ("CA:FALSE", ca("Int").with(no_authority())),
        ("CA:FALSE, written", ca("Int").with(raw(der::sequence([der::boolean(false)])))),
        ("missing", ca("Int").without(BASIC_CONSTRAINTS)),
        ("missing, and no key usage", ca("Int").without(BASIC_CONSTRAINTS).without(KEY_USAGE)),
        (
            "an intermediate without any extension",
            ca("Int").without(BASIC_CONSTRAINTS).without(KEY_USAGE).without(KEY_ID),
        ),
        ("twice", ca("Int").twice(authority(None))),
        ("twice, TRUE and FALSE", ca("Int").twice(no_authority())),
        ("true is 1", ca("Int").with(raw(der::sequence([der::value(der::BOOLEAN, [1])])))),
        ("broken", ca("Int").with(raw(vec![0x30, 5, 1]).critical())),
        ("broken, not critical", ca("Int").with(raw(vec![0x30, 5, 1]))),
        ("empty", ca("Int").with(raw(Vec::new()).critical())),
        (
            "with something behind",
            ca("Int").with(raw([der::sequence([der::boolean(true)]), vec![5, 0]].concat())),
        ),
        (
            "with something inside",
            ca("Int").with(raw(der::sequence([der::boolean(true), der::integer(1), der::integer(2)]))),
        ),
    ];
    for (name, intermediate) in intermediates {
        c.below(name, good(), intermediate);
    }
    let roots = [
        ("of the root: CA:FALSE", ca("Root").with(no_authority())),
        ("of the root: missing", ca("Root").without(BASIC_CONSTRAINTS)),
        ("of the root: missing, and no key usage", ca("Root").without(BASIC_CONSTRAINTS).without(KEY_USAGE)),
        ("of the root: not critical", ca("Root").with(authority(None).not_critical())),
        ("of the root: broken", ca("Root").with(raw(vec![0x30, 5, 1]))),
    ];
    for (name, root) in roots {
        let own = root.self_signed();
        c.server(name, [good().by(&own)], [own]);
    }
    c.leaf("of the leaf: CA:FALSE", good().with(no_authority()));
    c.leaf("of the leaf: CA:FALSE and a path length", good().with(raw(der::sequence([der::integer(0)]))));
    c.leaf("of the leaf: broken", good().with(raw(vec![0x30, 5, 1])));
    c.leaf("of the leaf: broken, critical", good().with(raw(vec![0x30, 5, 1]).critical()));
    c.leaf("of the leaf: twice", good().with(no_authority()).twice(no_authority()));
}

/// RFC 5280 §4.2.1.9: how many intermediates may follow.
fn path_lengths(c: &mut Cases) {
    c.topic("path length");
    for (allowed, below) in [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 1), (0, 2)] {
        let own = ca("Root").with(authority(Some(allowed))).self_signed();
        let name = format!("root {allowed}, {below} intermediates");
        add_chain(c, &name, &own, vec![None; below]);
    }
    let lists: [(&str, &[Option<i64>]); 9] = [
        ("intermediate 0", &[Some(0)]),
        ("intermediate 0 and one below", &[Some(0), None]),
        ("intermediate 1 and one below", &[Some(1), None]),
        ("intermediate 1 and two below", &[Some(1), None, None]),
        ("intermediates 1, 0", &[Some(1), Some(0)]),
        ("intermediates 0, 1", &[Some(0), Some(1)]),
        ("the last of three is 0", &[None, None, Some(0)]),
        ("the first of three is 2", &[Some(2), None, None]),
        ("intermediates 0, 5", &[Some(0), Some(5), None]),
    ];
    for (name, lengths) in lists {
        add_chain(c, name, &root(), lengths.to_vec());
    }
    self_issued(c);
    for (name, content) in [
        ("negative", der::integer(-1)),
        ("enormous", der::value(der::INTEGER, [0x7f; 9])),
        ("of no bytes", der::value(der::INTEGER, [])),
        ("with a leading zero", der::value(der::INTEGER, [0, 5])),
    ] {
        let constraints = extension(BASIC_CONSTRAINTS, der::sequence([der::boolean(true), content]));
        c.below(name, good(), ca("Int").with(constraints.critical()));
    }
    let no_ca = extension(BASIC_CONSTRAINTS, der::sequence([der::boolean(false), der::integer(0)]));
    c.below("without CA", good(), ca("Int").with(no_ca));
    for count in [5, 6, 7, 8, 10, 20] {
        add_chain(c, &format!("{count} intermediates"), &root(), vec![None; count]);
    }
    let own = ca("Root").with(authority(Some(0))).self_signed();
    c.server(
        "root 0, the leaf is an authority",
        [ca("leaf").with(names([dns("host.example")])).by(&own)],
        [own],
    );
}

/// Certificates that an authority made for itself, for a new key, do not count.
fn self_issued(c: &mut Cases) {
    let own = ca("Root").with(authority(Some(0))).self_signed();
    let renewed = ca("Root").key(Key::of("new key")).by(&own);
    c.server("root 0, self-issued below", [good().by(&renewed), renewed.clone()], [own.clone()]);
    let int = ca("Int").by(&renewed);
    c.server("root 0, self-issued and one more", [good().by(&int), int, renewed], [own]);
    let int = ca("Int").with(authority(Some(0))).by(&root());
    let renewed = ca("Int").key(Key::of("new key")).by(&int);
    c.server(
        "intermediate 0, self-issued below",
        [good().by(&renewed), renewed.clone(), int.clone()],
        [root()],
    );
    let again = ca("Int").key(Key::of("newer key")).by(&renewed);
    c.server(
        "intermediate 0, twice self-issued",
        [good().by(&again), again, renewed.clone(), int.clone()],
        [root()],
    );
    let below = ca("Below").by(&renewed);
    c.server(
        "intermediate 0, self-issued and one more",
        [good().by(&below), below, renewed.clone(), int.clone()],
        [root()],
    );
    let leaf = good().subject(cn("Int")).by(&renewed);
    c.server("intermediate 0, self-issued and a self-issued leaf", [leaf, renewed, int], [root()]);
}

/// Intermediates with these path lengths, the one next to the root first.
fn add_chain(c: &mut Cases, name: &str, root: &Certificate, lengths: Vec<Option<i64>>) {
    let mut chain = vec![root.clone()];
    for (number, length) in lengths.into_iter().enumerate() {
        let intermediate = ca(&format!("Int {number}")).with(authority(length));
        chain.push(intermediate.by(chain.last().expect("the root")));
    }
    chain.push(good().by(chain.last().expect("the root")));
    chain.reverse();
    chain.pop();
    c.server(name, [], [root.clone()]).sent = chain;
}

fn key_usages(c: &mut Cases) {
    c.topic("key usage of an authority");
    let raw = |content: &[u8]| extension(KEY_USAGE, content);
    let usages = [
        ("keyCertSign", key_usage(&[CERT_SIGN])),
        ("not critical", key_usage(&[CERT_SIGN]).not_critical()),
        ("cRLSign only", key_usage(&[CRL_SIGN])),
        ("digitalSignature only", key_usage(&[SIGNATURE])),
        ("all but keyCertSign", key_usage(&[SIGNATURE, NON_REPUDIATION, KEY_ENCIPHERMENT, CRL_SIGN])),
        ("nothing", key_usage(&[])),
        ("broken", raw(&[3, 9, 1]).critical()),
        ("broken, not critical", raw(&[3, 9, 1])),
        ("of another type", raw(&[4, 1, 4])),
        ("empty", raw(&[])),
        ("with unused bits set", raw(&[3, 2, 2, 7])),
        ("in nine bits", raw(&[3, 3, 7, 4, 0x80])),
        ("with something behind", raw(&[3, 2, 2, 4, 5, 0])),
        ("too many unused bits", raw(&[3, 2, 9, 4])),
        ("a long bit string", raw(&[3, 5, 0, 4, 0, 0, 0])),
    ];
    for (name, usage) in usages {
        c.below(name, good(), ca("Int").with(usage));
    }
    c.below("missing", good(), ca("Int").without(KEY_USAGE));
    c.below("twice", good(), ca("Int").twice(key_usage(&[CERT_SIGN])));
    let of_root = [
        ("of the root: cRLSign only", key_usage(&[CRL_SIGN])),
        ("of the root: nothing", key_usage(&[])),
        ("of the root: broken", raw(&[3, 9, 1])),
    ];
    for (name, usage) in of_root {
        let own = ca("Root").with(usage).self_signed();
        c.server(name, [good().by(&own)], [own]);
    }
    let own = ca("Root").without(KEY_USAGE).self_signed();
    c.server("of the root: missing", [good().by(&own)], [own]);
    let sent = ca("Other Root").with(key_usage(&[CRL_SIGN])).self_signed();
    c.server("of an unknown root: cRLSign only", [good().by(&sent), sent], [root()]);
}

fn old_versions(c: &mut Cases) {
    c.topic("version");
    let own = ca("Root").v1().self_signed();
    c.server("root of v1", [good().by(&own)], [own.clone()]);
    c.server("root of v1 that was sent", [good().by(&own), own.clone()], [other_root()]);
    c.server("leaf of v1", [bare("host.example").v1().by(&root())], [root()]);
    c.server("leaf of v1 below a root of v1", [bare("host.example").v1().by(&own)], [own.clone()]);
    c.below("intermediate of v1", good(), ca("Int").v1());
    c.below("leaf of v1 below an intermediate", bare("host.example").v1(), ca("Int"));
    let itself = bare("host.example").v1().self_signed();
    c.server("self-signed of v1, trusted", [itself.clone()], [itself.clone()]);
    c.server("self-signed of v1", [itself], [root()]);
    let root_v2 = ca("Root").v1().version(1).self_signed();
    c.server("root of v2", [good().by(&root_v2)], [root_v2]);
    c.leaf("v1 with extensions", good().version(0));
    c.leaf("v2 with extensions", good().version(1));
    c.leaf("v4", good().version(3));
    c.leaf("v1 written though it is the default", bare("host.example").v1().version(0));
    c.leaf("v2 without extensions", bare("host.example").v1().version(1));
    c.leaf("v3 without extensions", bare("host.example").v1().version(2));
    c.leaf("a negative version", good().version(-1));
    c.below("intermediate of v1 with extensions", good(), ca("Int").version(0));
    let own = ca("Root").version(0).self_signed();
    c.server("root of v1 with extensions", [good().by(&own)], [own]);
}

/// Authorities that serve.
fn as_leaves(c: &mut Cases) {
    c.topic("authority as a leaf");
    let serving = |recipe: Recipe| recipe.with(names([dns("host.example")]));
    c.leaf("CA:TRUE", good().with(authority(None)));
    c.leaf("CA:TRUE and keyCertSign only", serving(ca("leaf")));
    c.leaf("CA:TRUE, all usages", serving(ca("leaf")).with(key_usage(&[SIGNATURE, CERT_SIGN, CRL_SIGN])));
    c.below("CA:TRUE below an intermediate", good().with(authority(None)), ca("Int"));
    c.below(
        "CA:TRUE below an intermediate 0",
        good().with(authority(None)),
        ca("Int").with(authority(Some(0))),
    );
    c.leaf("CA:TRUE, expired", good().with(authority(None)).expired());
    c.leaf("CA:TRUE, tampered", good().with(authority(None)).tampered());
    c.leaf("CA:TRUE, for clients", good().with(authority(None)).with(extended_key_usage(&[CLIENT])));
    let itself = serving(ca("Root")).with(key_usage(&[SIGNATURE, CERT_SIGN])).self_signed();
    c.server("a root serves", [itself.clone()], [itself.clone()]);
    c.server("a root serves, unknown", [itself.clone()], [root()]);
    let itself = serving(ca("Root")).self_signed();
    c.server("a root with keyCertSign only serves", [itself.clone()], [itself]);
}
