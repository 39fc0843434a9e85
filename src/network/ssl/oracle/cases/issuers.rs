use crate::network::ssl::oracle::case::{Cases, good, root};
use crate::network::ssl::oracle::certificate::{Recipe, ca};
use crate::network::ssl::oracle::der;
use crate::network::ssl::oracle::extension::{self, authority_key_id, authority_serial};
use crate::network::ssl::oracle::key::Key;
use crate::network::ssl::oracle::name::*;

pub(super) fn add(c: &mut Cases) {
    string_types(c);
    other_names(c);
    key_ids(c);
}

/// Issuers whose name in their own certificate and in the leaf is of another string type (RFC 5280 §7.1).
fn string_types(c: &mut Cases) {
    c.topic("issuer's name");
    let named = |kind, text: &str| rdns([attribute(COMMON_NAME, kind, text)]);
    let pairs = [
        ("the same", named(UTF8, "My Root"), named(UTF8, "My Root")),
        ("PrintableString", named(PRINTABLE, "My Root"), named(PRINTABLE, "My Root")),
        ("UTF8String, PrintableString", named(UTF8, "My Root"), named(PRINTABLE, "My Root")),
        ("PrintableString, UTF8String", named(PRINTABLE, "My Root"), named(UTF8, "My Root")),
        ("UTF8String, IA5String", named(UTF8, "My Root"), named(IA5, "My Root")),
        ("UTF8String, BMPString", named(UTF8, "My Root"), named(BMP, "My Root")),
        ("BMPString", named(BMP, "My Root"), named(BMP, "My Root")),
        ("UTF8String, T61String", named(UTF8, "My Root"), named(T61, "My Root")),
        ("T61String", named(T61, "My Root"), named(T61, "My Root")),
        ("T61String beyond ASCII", named(T61, "Münz"), named(T61, "Münz")),
        ("T61String, UTF8String, beyond ASCII", named(T61, "Münz"), named(UTF8, "Münz")),
        ("UTF8String, UniversalString", named(UTF8, "My Root"), named(UNIVERSAL, "My Root")),
        ("UniversalString", named(UNIVERSAL, "My Root"), named(UNIVERSAL, "My Root")),
        ("VisibleString", named(VISIBLE, "My Root"), named(VISIBLE, "My Root")),
        ("UTF8String, VisibleString", named(UTF8, "My Root"), named(VISIBLE, "My Root")),
        ("NumericString, PrintableString", named(NUMERIC, "123"), named(PRINTABLE, "123")),
        ("another case", named(UTF8, "My Root"), named(UTF8, "mY rOOT")),
        ("another case beyond ASCII", named(UTF8, "Éva"), named(UTF8, "éva")),
        ("another case in BMPString", named(BMP, "My Root"), named(BMP, "MY ROOT")),
        ("more spaces inside", named(UTF8, "My Root"), named(UTF8, "My   Root")),
        ("spaces around", named(UTF8, "My Root"), named(UTF8, "  My Root ")),
        ("a tab for a space", named(UTF8, "My Root"), named(UTF8, "My\tRoot")),
        ("a line feed inside", named(UTF8, "My Root"), named(UTF8, "My\nRoot")),
        ("no space inside", named(UTF8, "My Root"), named(UTF8, "MyRoot")),
        ("a space that does not break", named(UTF8, "My Root"), named(UTF8, "My\u{a0}Root")),
        ("composed and decomposed", named(UTF8, "é"), named(UTF8, "e\u{301}")),
        ("full width", named(UTF8, "Root"), named(UTF8, "Root")),
        ("a NUL behind", named(UTF8, "My Root"), named(UTF8, "My Root\0")),
        ("UTF-8 that is none", raw(b"My \xff"), raw(b"My \xff")),
        ("long", named(UTF8, &"x".repeat(300)), named(UTF8, &"x".repeat(300))),
        ("of no characters", named(UTF8, ""), named(UTF8, "")),
        ("of spaces only", named(UTF8, " "), named(UTF8, "  ")),
    ];
    for (name, own, by_leaf) in pairs {
        named_by(c, name, own, by_leaf);
    }
}

fn other_names(c: &mut Cases) {
    let (a, b) = (attribute(ORGANIZATION, UTF8, "A"), attribute(COMMON_NAME, UTF8, "B"));
    let in_one = |parts: &[&[u8]]| der::sequence([der::set(parts)]);
    let pairs = [
        ("two attributes", rdns([a.clone(), b.clone()]), rdns([a.clone(), b.clone()])),
        ("in another order", rdns([a.clone(), b.clone()]), rdns([b.clone(), a.clone()])),
        ("one more", rdns([a.clone()]), rdns([a.clone(), b.clone()])),
        ("one less", rdns([a.clone(), b.clone()]), rdns([a.clone()])),
        ("twice the same", rdns([a.clone(), a.clone()]), rdns([a.clone()])),
        ("several in one set", in_one(&[&b, &a]), in_one(&[&b, &a])),
        ("several in one set, in another order", in_one(&[&b, &a]), in_one(&[&a, &b])),
        ("one set and two", in_one(&[&b, &a]), rdns([b.clone(), a.clone()])),
        ("another attribute", rdns([attribute(ORGANIZATION, UTF8, "B")]), rdns([b.clone()])),
        (
            "an attribute that nobody knows",
            rdns([attribute("1.3.6.1.4.1.55555.5", UTF8, "B")]),
            rdns([attribute("1.3.6.1.4.1.55555.5", UTF8, "B")]),
        ),
        (
            "an attribute that nobody knows, in another case",
            rdns([attribute("1.3.6.1.4.1.55555.5", UTF8, "B")]),
            rdns([attribute("1.3.6.1.4.1.55555.5", UTF8, "b")]),
        ),
        (
            "domain components in another case",
            rdns([attribute(DOMAIN_COMPONENT, IA5, "example")]),
            rdns([attribute(DOMAIN_COMPONENT, IA5, "EXAMPLE")]),
        ),
        (
            "an e-mail address in another case",
            rdns([attribute(EMAIL, IA5, "ca@host.example")]),
            rdns([attribute(EMAIL, IA5, "CA@HOST.example")]),
        ),
        (
            "an attribute that is no string",
            rdns([raw_attribute(COMMON_NAME, der::INTEGER, &[7])]),
            rdns([raw_attribute(COMMON_NAME, der::INTEGER, &[7])]),
        ),
        ("none", no_name(), no_name()),
        (
            "a set of nothing",
            der::sequence([der::set::<Vec<u8>>([])]),
            der::sequence([der::set::<Vec<u8>>([])]),
        ),
    ];
    for (name, own, by_leaf) in pairs {
        named_by(c, name, own, by_leaf);
    }
    let intermediate = |subject| ca("Int").subject(subject);
    c.below("an intermediate without a name", good(), intermediate(no_name()));
    c.below("a leaf and its intermediate have one name", good().subject(cn("Int")), intermediate(cn("Int")));
}

/// Key identifiers, and serial numbers (RFC 5280 §4.2.1.1).
fn key_ids(c: &mut Cases) {
    c.topic("key identifier");
    c.leaf("none", good().without(extension::AUTHORITY_KEY_ID));
    c.leaf("of the leaf is missing", good().without(extension::KEY_ID));
    c.leaf("of another authority", good().with(authority_key_id(&[1; 20])));
    c.leaf("of another length", good().with(authority_key_id(&[1; 3])));
    c.leaf("of no bytes", good().with(authority_key_id(&[])));
    c.leaf("critical", good().with(authority_key_id(&Key::of("Root").id()).critical()));
    c.leaf("critical, of the leaf", good().with(extension::key_id(&[7; 20]).critical()));
    c.leaf("of the leaf in another form", good().with(extension::key_id(&[7; 40])));
    c.leaf("by serial number", good().with(authority_serial(&cn("Root"), 1000)));
    c.leaf("by another serial number", good().with(authority_serial(&cn("Root"), 1001)));
    c.leaf("by serial number and another name", good().with(authority_serial(&cn("Other"), 1000)));
    c.leaf("by serial number, name in another case", good().with(authority_serial(&cn("ROOT"), 1000)));
    let odd = |key: &str| ca("Root").key(Key::of(key)).with(extension::key_id(&[9; 20])).self_signed();
    c.server(
        "two roots, the same identifier",
        [good().with(authority_key_id(&[9; 20])).by(&odd("Root"))],
        [odd("else"), odd("Root")],
    );
    let twin = ca("Root").key(Key::of("twin")).self_signed();
    c.server("two roots of one name, told apart", [good().by(&root())], [twin.clone(), root()]);
    c.server(
        "two roots of one name, none in the leaf",
        [good().without(extension::AUTHORITY_KEY_ID).by(&root())],
        [twin.clone(), root()],
    );
    c.server(
        "two roots of one name, none in the leaf, the right one first",
        [good().without(extension::AUTHORITY_KEY_ID).by(&root())],
        [root(), twin.clone()],
    );
    let nameless = |recipe: Recipe| recipe.without(extension::AUTHORITY_KEY_ID).without(extension::KEY_ID);
    let wrong = nameless(ca("Int").key(Key::of("else"))).by(&root());
    let right = nameless(ca("Int")).by(&root());
    let below = nameless(good()).by(&right);
    c.server(
        "two intermediates of one name, the wrong one first",
        [below.clone(), wrong.clone(), right.clone()],
        [root()],
    );
    c.server("two intermediates of one name, the right one first", [below, right, wrong], [root()]);
    let own = ca("Root").with(authority_key_id(&[1; 20])).self_signed();
    c.server("the root names another key than its own", [good().by(&own)], [own.clone()]);
    c.server("the root names another key than its own, and is sent", [good().by(&own), own], [root()]);
}

fn named_by(c: &mut Cases, name: &str, own: Vec<u8>, by_leaf: Vec<u8>) {
    let root = ca("Root").subject(own).self_signed();
    c.server(name, [good().issuer(by_leaf).by(&root)], [root]);
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    rdns([raw_attribute(COMMON_NAME, UTF8, bytes)])
}
