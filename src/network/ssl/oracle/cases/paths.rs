use crate::network::ssl::oracle::case::{Cases, good, int, other_root, root};
use crate::network::ssl::oracle::certificate::{Certificate, Recipe, ca, leaf};
use crate::network::ssl::oracle::extension::*;
use crate::network::ssl::oracle::key::Key;
use crate::network::ssl::oracle::name::{cn, dns};

pub(super) fn add(c: &mut Cases) {
    c.topic("path");
    order(c);
    anchors(c);
    cross_signed(c);
    loops(c);
    of_several(c);
}

fn order(c: &mut Cases) {
    let (a, b) = (int(), ca("Sub").by(&int()));
    let own = || good().by(&ca("Sub").by(&int()));
    c.server("two intermediates", [own(), b.clone(), a.clone()], [root()]);
    c.server("two intermediates, out of order", [own(), a.clone(), b.clone()], [root()]);
    c.server("with the root", [own(), b.clone(), a.clone(), root()], [root()]);
    c.server("with the root first", [own(), root(), a.clone(), b.clone()], [root()]);
    c.server("with strangers", [own(), other_root(), b.clone(), other_root(), a.clone()], [root()]);
    c.server("twice the same", [own(), b.clone(), b.clone(), a.clone(), a.clone()], [root()]);
    c.server("the leaf again", [own(), own(), b.clone(), a.clone()], [root()]);
    c.server("the upper intermediate is missing", [own(), b.clone()], [root()]);
    c.server("the lower intermediate is missing", [own(), a.clone()], [root()]);
    c.server("both are missing", [own()], [root()]);
    c.server("the intermediates alone", [b.clone(), a.clone()], [root()]);
    c.server("the leaf comes last", [b, a, own()], [root()]);
    let evil = good().by(&other_root());
    c.server(
        "a stranger's leaf, then a good chain",
        [evil.clone(), own(), ca("Sub").by(&int()), int()],
        [root()],
    );
    c.server("a stranger's leaf and the root", [evil, root()], [root()]);
    let evil_root = ca("Evil Root").self_signed();
    c.server(
        "a stranger's leaf, the root, the stranger",
        [good().by(&evil_root), root(), evil_root],
        [root()],
    );
}

fn anchors(c: &mut Cases) {
    let own = || good().by(&int());
    c.server("the root only", [own(), int()], [root()]);
    c.server("nobody is trusted", [own(), int(), root()], []);
    c.server("another root is trusted", [own(), int(), root()], [other_root()]);
    c.server("another root is trusted, the root is missing", [own(), int()], [other_root()]);
    c.server("the intermediate is trusted, and sent", [own(), int()], [int()]);
    c.server("the intermediate is trusted, not sent", [own()], [int()]);
    c.server("the intermediate is trusted, its root sent", [own(), int(), root()], [int()]);
    c.server("the intermediate and the root are trusted", [own()], [int(), root()]);
    c.server("the leaf is trusted", [own()], [own()]);
    c.server("the leaf is trusted, and its intermediate sent", [own(), int()], [own()]);
    c.server("the leaf is trusted, and all of its issuers sent", [own(), int(), root()], [own()]);
    c.server("the leaf and the root are trusted", [own(), int()], [own(), root()]);
    c.server("the leaf and its intermediate are trusted", [own()], [own(), int()]);
    let itself = good().self_signed();
    c.server("self-signed", [itself.clone()], [root()]);
    c.server("self-signed and trusted", [itself.clone()], [itself.clone()]);
    c.server("self-signed, trusted, and twice sent", [itself.clone(), itself.clone()], [itself.clone()]);
    c.server(
        "self-signed, another of its name is trusted",
        [itself.clone()],
        [leaf("host.example").key(Key::of("else")).self_signed()],
    );
    c.server(
        "self-signed, another of its key is trusted",
        [itself.clone()],
        [good().serial(7).self_signed()],
    );
    let no_ca = good().with(no_authority()).self_signed();
    c.server("self-signed, CA:FALSE, trusted", [no_ca.clone()], [no_ca.clone()]);
    c.server("below a self-signed leaf that is trusted", [good().subject(cn("x")).by(&no_ca)], [no_ca]);
    let usage = good().with(key_usage(&[SIGNATURE])).self_signed();
    c.server("self-signed for digitalSignature, trusted", [usage.clone()], [usage]);
    let tampered = good().tampered().self_signed();
    c.server("self-signed and tampered, trusted", [tampered.clone()], [tampered]);
    let nosign = ca("Int").with(key_usage(&[CRL_SIGN])).by(&root());
    c.server("an intermediate without keyCertSign is trusted", [good().by(&nosign)], [nosign.clone()]);
    c.server(
        "an intermediate without keyCertSign and the root are trusted",
        [good().by(&nosign)],
        [nosign, root()],
    );
    let no_ca = ca("Int").with(no_authority()).by(&root());
    c.server("an intermediate that is no authority is trusted", [good().by(&no_ca)], [no_ca, root()]);
    let constrained = ca("Int").with(permit([dns("test")])).by(&root());
    c.server("a trusted intermediate that constrains", [good().by(&constrained)], [constrained.clone()]);
    c.server(
        "a trusted intermediate that constrains, and the root",
        [good().by(&constrained)],
        [constrained, root()],
    );
    let expired = ca("Int").expired().by(&root());
    c.server(
        "an expired intermediate and the root are trusted",
        [good().by(&expired)],
        [expired.clone(), root()],
    );
    c.server(
        "an expired intermediate is trusted and sent",
        [good().by(&expired), expired.clone()],
        [expired, root()],
    );
    let early = ca("Int").not_yet_valid().by(&root());
    c.server("an intermediate is trusted too early", [good().by(&early)], [early, root()]);
}

/// One key with certificates of several issuers.
fn cross_signed(c: &mut Cases) {
    let cross = || ca("Root").by(&other_root());
    let own = || good().by(&int());
    c.server("cross-signed root is sent, the root is trusted", [own(), int(), cross()], [root()]);
    c.server("cross-signed root is sent, the other is trusted", [own(), int(), cross()], [other_root()]);
    c.server("cross-signed root is sent, both are trusted", [own(), int(), cross()], [root(), other_root()]);
    c.server(
        "cross-signed root and both roots are sent",
        [own(), int(), cross(), root(), other_root()],
        [root()],
    );
    c.server(
        "root before its cross-signed one, the other is trusted",
        [own(), int(), root(), cross()],
        [other_root()],
    );
    c.server(
        "root after its cross-signed one, the other is trusted",
        [own(), int(), cross(), root()],
        [other_root()],
    );
    let expired = ca("Other Root").expired().self_signed();
    c.server("cross-signed by an expired root", [own(), int(), cross()], [root(), expired.clone()]);
    c.server("cross-signed by an expired root, alone", [own(), int(), cross()], [expired]);
    let late = ca("Root").expired().by(&other_root());
    c.server("cross-signed, but expired, the root is trusted", [own(), int(), late.clone()], [root()]);
    c.server("cross-signed, but expired, the other is trusted", [own(), int(), late], [other_root()]);
    let two = |a: Certificate, b: Certificate| [own(), a, b];
    let by_other = || ca("Int").by(&other_root());
    c.server("an intermediate of two roots, the first is trusted", two(int(), by_other()), [root()]);
    c.server("an intermediate of two roots, the second is trusted", two(int(), by_other()), [other_root()]);
    c.server("an intermediate of two roots, the other way round", two(by_other(), int()), [root()]);
    let bad = |recipe: Recipe| recipe.by(&root());
    c.server("of two, the first has expired", two(bad(ca("Int").expired()), int()), [root()]);
    c.server("of two, the first is not yet valid", two(bad(ca("Int").not_yet_valid()), int()), [root()]);
    c.server("of two, the first is tampered", two(bad(ca("Int").tampered()), int()), [root()]);
    c.server("of two, the first is no authority", two(bad(ca("Int").with(no_authority())), int()), [root()]);
    c.server(
        "of two, the first may not sign",
        two(bad(ca("Int").with(key_usage(&[CRL_SIGN]))), int()),
        [root()],
    );
    c.server(
        "of two, the first is for clients",
        two(bad(ca("Int").with(extended_key_usage(&[CLIENT]))), int()),
        [root()],
    );
    c.server(
        "of two, the first is critical in an unknown way",
        two(bad(ca("Int").with(extension(UNKNOWN, [5, 0]).critical())), int()),
        [root()],
    );
    c.server("of two, the second has expired", two(int(), bad(ca("Int").expired())), [root()]);
    let (short, long) = (
        ca("Int").valid("200101000000Z", "270101000000Z"),
        ca("Int").valid("240101000000Z", "480101000000Z"),
    );
    c.server("of two valid ones, the shorter first", two(bad(short.clone()), bad(long.clone())), [root()]);
    c.server("of two valid ones, the longer first", two(bad(long), bad(short)), [root()]);
    c.server(
        "of two expired ones, none",
        two(bad(ca("Int").expired()), bad(ca("Int").expired().serial(2))),
        [root()],
    );
    let early = bad(ca("Int").valid("200101000000Z", "220101000000Z"));
    c.server(
        "of two expired ones, the later last",
        two(early, bad(ca("Int").valid("200101000000Z", "230101000000Z"))),
        [root()],
    );
    let trusted = bad(ca("Int").expired());
    c.server("expired among the trusted, valid among the sent", [own(), int()], [trusted.clone(), root()]);
    c.server("valid among the trusted, expired among the sent", [own(), trusted], [int(), root()]);
    let tampered = bad(ca("Int").tampered());
    c.server("tampered among the trusted, good among the sent", [own(), int()], [tampered, root()]);
    let roots = |a: Recipe, b: Recipe| [a.self_signed(), b.self_signed()];
    c.server(
        "of two roots of one key, the constrained first",
        [good().by(&root())],
        roots(ca("Root").serial(3).with(permit([dns("test")])), ca("Root")),
    );
    c.server(
        "of two roots of one key, the constrained last",
        [good().by(&root())],
        roots(ca("Root"), ca("Root").serial(3).with(permit([dns("test")]))),
    );
}

fn loops(c: &mut Cases) {
    let (key_a, key_b) = (ca("A").self_signed(), ca("B").self_signed());
    let (a, b) = (ca("A").by(&key_b), ca("B").by(&key_a));
    c.server("two authorities that made each other", [good().by(&a), a.clone(), b.clone()], [root()]);
    c.server(
        "two authorities that made each other, one is trusted",
        [good().by(&a), a.clone(), b.clone()],
        [b.clone()],
    );
    c.server("two authorities that made each other, and a root", [good().by(&a), a, b], [key_a]);
    let itself = ca("Self").key(Key::of("other")).issuer(cn("Self")).by(&ca("Self").self_signed());
    c.server("an intermediate in its own name, by another key", [good().by(&itself), itself], [root()]);
    let own = good().subject(cn("Root")).by(&root());
    c.server("a leaf that is called like the root", [own], [root()]);
    let own = good().subject(cn("Root")).self_signed();
    c.server("a self-signed leaf that is called like the root", [own], [root()]);
    let own = good().subject(cn("Root")).without(KEY_ID).self_signed();
    c.server("the same without an identifier", [own], [ca("Root").without(KEY_ID).self_signed()]);
}

/// Many roots, and many that could be issuers.
fn of_several(c: &mut Cases) {
    let case = c.server("the last of many roots", [good().by(&int()), int()], []);
    case.trusted =
        (0..40).map(|number| ca(&format!("Root {number}")).self_signed()).chain([root()]).collect();
    let case = c.server("many of the root's name", [good().by(&int()), int()], []);
    let twin = |number| ca("Root").key(Key::of(&format!("twin {number}"))).self_signed();
    case.trusted = (0..20).map(twin).chain([root()]).collect();
    let case = c.server("many of the intermediate's name", [], [root()]);
    let twin = |number| ca("Int").key(Key::of(&format!("twin {number}"))).by(&root());
    case.sent = std::iter::once(good().by(&int())).chain((0..20).map(twin)).chain([int()]).collect();
    let nameless = |recipe: Recipe| recipe.without(KEY_ID).without(AUTHORITY_KEY_ID);
    let case = c.server("many of the intermediate's name, not told apart", [], [root()]);
    let twin = |number| nameless(ca("Int").key(Key::of(&format!("twin {number}")))).by(&root());
    let own = nameless(good()).by(&int());
    case.sent =
        std::iter::once(own).chain((0..20).map(twin)).chain([nameless(ca("Int")).by(&root())]).collect();
}
