use crate::network::ssl::oracle::case::{Cases, HOST, good, root};
use crate::network::ssl::oracle::certificate::{Recipe, bare, ca};
use crate::network::ssl::oracle::der;
use crate::network::ssl::oracle::extension::*;
use crate::network::ssl::oracle::key::Key;
use crate::network::ssl::oracle::name::*;

pub(super) fn add(c: &mut Cases) {
    c.topic("name constraints");
    hosts(c);
    addresses(c);
    directories(c);
    mailboxes(c);
    other_kinds(c);
    common_names(c);
    places(c);
    authorities_as_leaves(c);
    odd(c);
}

/// An intermediate with these constraints.
fn int(constraints: Extension) -> Recipe {
    ca("Int").with(constraints)
}

fn hosts(c: &mut Cases) {
    let constraints = [
        ("the host", permit([dns(HOST)])),
        ("its domain", permit([dns("example")])),
        ("its domain with a dot", permit([dns(".example")])),
        ("the host with a dot", permit([dns(".host.example")])),
        ("another host", permit([dns("other.example")])),
        ("the end of its name", permit([dns("ost.example")])),
        ("another case", permit([dns("EXAMPLE")])),
        ("everything", permit([dns("")])),
        ("a dot", permit([dns(".")])),
        ("a dot at the end", permit([dns("example.")])),
        ("a wildcard", permit([dns("*.example")])),
        ("another host, and the host", permit([dns("other.example"), dns(HOST)])),
        ("beyond ASCII", permit([dns("münz.example")])),
    ];
    for (name, constraints) in constraints {
        c.below(&format!("dns permitted: {name}"), good(), int(constraints));
    }
    let constraints = [
        ("the host", exclude([dns(HOST)])),
        ("its domain", exclude([dns("example")])),
        ("its domain with a dot", exclude([dns(".example")])),
        ("another host", exclude([dns("other.example")])),
        ("a host below", exclude([dns("a.host.example")])),
        ("another case", exclude([dns("HOST.EXAMPLE")])),
        ("everything", exclude([dns("")])),
    ];
    for (name, constraints) in constraints {
        c.below(&format!("dns excluded: {name}"), good(), int(constraints));
    }
    let both = |permitted: &str, excluded: &str| name_constraints(&[dns(permitted)], &[dns(excluded)]);
    c.below("dns permitted and excluded", good(), int(both("example", HOST)));
    c.below("dns permitted, another excluded", good(), int(both("example", "other.example")));
    let two = || good().with(names([dns(HOST), dns("other.test")]));
    c.below("dns: one of two names is outside", two(), int(permit([dns("example")])));
    c.below("dns: both names are inside", two(), int(permit([dns("example"), dns("test")])));
    c.below("dns: one of two names is excluded", two(), int(exclude([dns("test")])));
    let wildcard = |host: &str| good().with(names([dns(host)]));
    c.below("dns: a wildcard inside", wildcard("*.example"), int(permit([dns("example")])));
    c.below("dns: a wildcard outside", wildcard("*.example"), int(permit([dns("test")])));
    c.below("dns: a wildcard that reaches inside", wildcard("*.example"), int(permit([dns(HOST)])));
    c.below("dns: a wildcard and an excluded host", wildcard("*.example"), int(exclude([dns(HOST)])));
    c.below("dns: a wildcard and its excluded domain", wildcard("*.example"), int(exclude([dns("example")])));
    c.below("dns: a name with a dot at its end", wildcard("host.example."), int(permit([dns("example")])));
    c.below("dns: in another case", wildcard("HOST.Example"), int(permit([dns("example")])));
}

fn addresses(c: &mut Cases) {
    let server = || good().with(names([dns(HOST), ip(&[192, 0, 2, 1])]));
    let net = |bytes: &[u8]| ip(bytes);
    let constraints = [
        ("inside", permit([net(&[192, 0, 2, 0, 255, 255, 255, 0])])),
        ("outside", permit([net(&[198, 51, 100, 0, 255, 255, 255, 0])])),
        ("everything", permit([net(&[0; 8])])),
        ("nothing but one", permit([net(&[192, 0, 2, 2, 255, 255, 255, 255])])),
        ("of IPv6", permit([net(&[0; 32])])),
        ("excluded", exclude([net(&[192, 0, 2, 0, 255, 255, 255, 0])])),
        ("excluded elsewhere", exclude([net(&[198, 51, 100, 0, 255, 255, 255, 0])])),
        ("all excluded", exclude([net(&[0; 8])])),
        ("all of IPv6 excluded", exclude([net(&[0; 32])])),
        ("mask with holes, inside", permit([net(&[192, 0, 0, 1, 255, 0, 0, 255])])),
        ("mask with holes, outside", permit([net(&[192, 0, 0, 2, 255, 0, 0, 255])])),
        ("bits beyond the mask", permit([net(&[192, 0, 2, 77, 255, 255, 255, 0])])),
        ("of five bytes", permit([net(&[192, 0, 2, 0, 255])])),
        ("of four bytes", permit([net(&[192, 0, 2, 0])])),
        ("of no bytes", permit([net(&[])])),
        ("excluded, of five bytes", exclude([net(&[192, 0, 2, 0, 255])])),
    ];
    for (name, constraints) in constraints {
        c.below(&format!("ip: {name}"), server(), int(constraints));
    }
    c.below("ip: none in the leaf", good(), int(permit([net(&[198, 51, 100, 0, 255, 255, 255, 0])])));
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let server = || good().with(names([dns(HOST), ip(&v6)]));
    let net = |mask: &[u8]| ip(&[&v6[..], mask].concat());
    c.below("ip: IPv6 inside", server(), int(permit([net(&[&[0xff; 4], &[0; 12][..]].concat())])));
    c.below("ip: IPv6 excluded", server(), int(exclude([net(&[&[0xff; 4], &[0; 12][..]].concat())])));
    c.below("ip: IPv6 outside", server(), int(permit([ip(&[&[0xfd; 16], &[0xff; 16][..]].concat())])));
    c.below("ip: IPv6, only IPv4 permitted", server(), int(permit([ip(&[0; 8])])));
    let odd = || good().with(names([dns(HOST), ip(&[1, 2, 3])]));
    c.below("ip: an address of three bytes", odd(), int(permit([ip(&[0; 8])])));
    c.below("ip: an address of three bytes, excluded", odd(), int(exclude([ip(&[0; 8])])));
}

fn directories(c: &mut Cases) {
    let server = || good().subject(o_cn("Company", "leaf"));
    let dir = |name: Vec<u8>| directory(&name);
    let constraints = [
        ("inside", permit([dir(o("Company"))])),
        ("the whole", permit([dir(o_cn("Company", "leaf"))])),
        (
            "longer",
            permit([dir(rdns([
                attribute(ORGANIZATION, UTF8, "Company"),
                attribute(COMMON_NAME, UTF8, "leaf"),
                attribute(UNIT, UTF8, "x"),
            ]))]),
        ),
        ("outside", permit([dir(o("Other"))])),
        ("not at the begin", permit([dir(cn("leaf"))])),
        ("another string type", permit([dir(rdns([attribute(ORGANIZATION, PRINTABLE, "Company")]))])),
        ("another case and more spaces", permit([dir(o(" COMPANY "))])),
        ("the begin of the text", permit([dir(o("Comp"))])),
        ("everything", permit([dir(no_name())])),
        ("excluded", exclude([dir(o("Company"))])),
        (
            "excluded in another string type",
            exclude([dir(rdns([attribute(ORGANIZATION, PRINTABLE, "Company")]))]),
        ),
        ("excluded in another case", exclude([dir(o("COMPANY"))])),
        ("excluded elsewhere", exclude([dir(o("Other"))])),
        ("excluded, longer", exclude([dir(o_cn("Company", "leaf2"))])),
        ("all excluded", exclude([dir(no_name())])),
        ("one of two", permit([dir(o("Other")), dir(o("Company"))])),
    ];
    for (name, constraints) in constraints {
        c.below(&format!("directory: {name}"), server(), int(constraints));
    }
    let no_subject = || good().subject(no_name());
    c.below("directory: no subject, permitted elsewhere", no_subject(), int(permit([dir(o("Other"))])));
    c.below("directory: no subject, all excluded", no_subject(), int(exclude([dir(no_name())])));
    let with_name = |org: &str| server().with(names([dns(HOST), dir(o(org))]));
    c.below("directory: alternative inside", with_name("Company"), int(permit([dir(o("Company"))])));
    c.below("directory: alternative outside", with_name("Other"), int(permit([dir(o("Company"))])));
    c.below("directory: alternative excluded", with_name("Other"), int(exclude([dir(o("Other"))])));
    let below = |sub: Recipe, own: Recipe| {
        let own = own.by(&root());
        let sub = sub.by(&own);
        [server().by(&sub), sub, own]
    };
    let permitting = || int(permit([dir(o("Company"))]));
    c.server("directory: an intermediate outside", below(ca("Sub"), permitting()), [root()]);
    let inside = ca("Sub").subject(o_cn("Company", "Sub"));
    c.server("directory: an intermediate inside", below(inside, permitting()), [root()]);
}

fn mailboxes(c: &mut Cases) {
    let server = |address: &str| good().with(names([dns(HOST), email(address)]));
    let constraints = [
        ("the mailbox", permit([email("me@host.example")])),
        ("its host", permit([email("host.example")])),
        ("its domain", permit([email(".example")])),
        ("its domain without a dot", permit([email("example")])),
        ("another mailbox", permit([email("you@host.example")])),
        ("another host", permit([email("other.example")])),
        ("its host in another case", permit([email("HOST.example")])),
        ("the mailbox in another case", permit([email("ME@host.example")])),
        ("excluded host", exclude([email("host.example")])),
        ("excluded mailbox", exclude([email("me@host.example")])),
        ("excluded domain", exclude([email(".example")])),
        ("excluded elsewhere", exclude([email("other.example")])),
        ("everything", permit([email("")])),
    ];
    for (name, constraints) in constraints {
        c.below(&format!("e-mail: {name}"), server("me@host.example"), int(constraints));
    }
    c.below("e-mail: no mailbox", server("host.example"), int(permit([email("host.example")])));
    c.below("e-mail: two signs", server("a@b@host.example"), int(permit([email("host.example")])));
    let subject = |address: &str, kind| good().subject(rdns([attribute(EMAIL, kind, address)]));
    c.below(
        "e-mail: in the subject, inside",
        subject("me@host.example", IA5),
        int(permit([email("host.example")])),
    );
    c.below("e-mail: in the subject, outside", subject("me@test", IA5), int(permit([email("host.example")])));
    c.below("e-mail: in the subject, excluded", subject("me@test", IA5), int(exclude([email("test")])));
    c.below(
        "e-mail: in the subject, UTF8String, outside",
        subject("me@test", UTF8),
        int(permit([email("a.test")])),
    );
    let smtp = |text: &str| good().with(names([dns(HOST), other("1.3.6.1.5.5.7.8.9", text)]));
    c.below("e-mail: beyond ASCII, inside", smtp("mé@host.example"), int(permit([email("host.example")])));
    c.below("e-mail: beyond ASCII, outside", smtp("mé@host.example"), int(permit([email("other.example")])));
}

fn other_kinds(c: &mut Cases) {
    let server = |other: Vec<u8>| good().with(names([dns(HOST), other]));
    let at = |host: &str| server(uri(&format!("https://{host}/x")));
    c.below("uri: the host", at(HOST), int(permit([uri(HOST)])));
    c.below("uri: its domain", at(HOST), int(permit([uri(".example")])));
    c.below("uri: another host", at("other.example"), int(permit([uri(HOST)])));
    c.below("uri: excluded", at(HOST), int(exclude([uri(HOST)])));
    c.below("uri: excluded elsewhere", at(HOST), int(exclude([uri("other.example")])));
    c.below("uri: with a port", server(uri("https://host.example:443/")), int(permit([uri(HOST)])));
    c.below("uri: with a user", server(uri("https://me@host.example/")), int(permit([uri(HOST)])));
    c.below("uri: without a host", server(uri("urn:isbn:0")), int(permit([uri(HOST)])));
    c.below("uri: an address", at("192.0.2.1"), int(permit([uri(HOST)])));
    c.below("uri: none in the leaf", good(), int(permit([uri(HOST)])));
    c.below(
        "registered id: permitted",
        server(registered_id("1.2.3")),
        int(permit([registered_id("1.2.3")])),
    );
    c.below(
        "registered id: excluded",
        server(registered_id("1.2.3")),
        int(exclude([registered_id("1.2.3")])),
    );
    c.below("registered id: none in the leaf", good(), int(permit([registered_id("1.2.3")])));
    c.below("registered id: none in the leaf, excluded", good(), int(exclude([registered_id("1.2.3")])));
    c.below("other name: permitted", server(other("1.2.3", "x")), int(permit([other("1.2.3", "x")])));
    c.below("other name: excluded", server(other("1.2.3", "x")), int(exclude([other("1.2.3", "y")])));
    c.below(
        "other name: another kind excluded",
        server(other("1.2.4", "x")),
        int(exclude([other("1.2.3", "y")])),
    );
    c.below("other name: none in the leaf", good(), int(exclude([other("1.2.3", "x")])));
    c.below(
        "a kind of name that does not exist",
        server(der::value(0x8e, "x")),
        int(permit([dns("example")])),
    );
    c.below("a constraint of a kind that does not exist", good(), int(permit([der::value(0x8e, "x")])));
    c.below("X.400: permitted", good(), int(permit([der::value(0xa3, [])])));
}

/// A host in the common name only, or beside the alternative names.
fn common_names(c: &mut Cases) {
    let server = |name: &str| bare(name).key(Key::of("leaf"));
    c.below("cn: inside", server(HOST), int(permit([dns("example")])));
    c.below("cn: outside", server(HOST), int(permit([dns("test")])));
    c.below("cn: excluded", server(HOST), int(exclude([dns("example")])));
    c.below("cn: excluded elsewhere", server(HOST), int(exclude([dns("test")])));
    c.below("cn: inside in another case", server("HOST.example"), int(permit([dns("example")])));
    let beside = |name: &str, alternative: &str| server(name).with(names([dns(alternative)]));
    c.below("cn: outside, beside a name inside", beside(HOST, "a.test"), int(permit([dns("test")])));
    c.below("cn: outside, another host's", beside("a.test", HOST), int(permit([dns("example")])));
    c.below(
        "cn: excluded, beside a name that is not",
        beside(HOST, "a.test"),
        int(exclude([dns("example")])),
    );
    let address = |name: &str| server(name).with(names([ip(&[192, 0, 2, 1])]));
    c.below("cn: outside, beside an address", address(HOST), int(permit([dns("test")])));
    c.below(
        "cn: outside, beside a mailbox",
        server(HOST).with(names([email("a@b.test")])),
        int(permit([dns("test")])),
    );
    let two = |a: &str, b: &str| {
        let both = rdns([attribute(COMMON_NAME, UTF8, a), attribute(COMMON_NAME, UTF8, b)]);
        good().without(ALTERNATIVE_NAME).subject(both)
    };
    c.below("cn: two, the first outside", two("a.test", HOST), int(permit([dns("example")])));
    c.below("cn: two, the second outside", two(HOST, "a.test"), int(permit([dns("example")])));
    let kind = |kind, text: &str| server(HOST).subject(cn_as(kind, text));
    c.below("cn: BMPString, outside", kind(BMP, HOST), int(permit([dns("test")])));
    c.below("cn: BMPString, inside", kind(BMP, HOST), int(permit([dns("example")])));
    c.below("cn: T61String, outside", kind(T61, HOST), int(permit([dns("test")])));
    c.below("cn: no host", server("A Company").with(names([dns(HOST)])), int(permit([dns("example")])));
    c.below("cn: no host, nor anything else", server("A Company"), int(permit([dns("example")])));
    c.below("cn: with an underscore, outside", server("my_host.example"), int(permit([dns("test")])));
    c.below("cn: a wildcard, outside", server("*.example"), int(permit([dns("test")])));
    c.below("cn: a wildcard, inside", server("*.example"), int(permit([dns("example")])));
    c.below("cn: with a dot at its end", server("host.example."), int(permit([dns("test")])));
    c.below("cn: with a NUL", server("host.example\0.test"), int(permit([dns("test")])));
}

/// The place of the certificate that constrains.
fn places(c: &mut Cases) {
    for (name, constraints) in [("outside", permit([dns("test")])), ("inside", permit([dns("example")]))] {
        let own = ca("Root").with(constraints.clone()).self_signed();
        c.server(&format!("of the root: {name}"), [good().by(&own)], [own.clone()]);
        let sub = ca("Sub").by(&own);
        c.server(&format!("of the root above an intermediate: {name}"), [good().by(&sub), sub], [own]);
        c.leaf(&format!("of the leaf itself: {name}"), good().with(constraints.clone()));
        let (own, sub) = {
            let own = int(constraints.clone()).by(&root());
            (own.clone(), ca("Sub").by(&own))
        };
        c.server(&format!("of the upper of two: {name}"), [good().by(&sub), sub, own], [root()]);
        let own = ca("Int").by(&root());
        let sub = ca("Sub").with(constraints).by(&own);
        c.server(&format!("of the lower of two: {name}"), [good().by(&sub), sub, own], [root()]);
    }
    let own = int(permit([dns("test")])).by(&root());
    let sub = ca("Sub").with(permit([dns("example")])).by(&own);
    c.server("an intermediate cannot widen them", [good().by(&sub), sub, own], [root()]);
    let own = int(permit([dns("example")])).by(&root());
    let sub = ca("Sub").with(permit([dns(HOST)])).by(&own);
    c.server("an intermediate narrows them", [good().by(&sub), sub, own.clone()], [root()]);
    let renewed = ca("Int").key(Key::of("new key")).with(names([dns("a.test")])).by(&own);
    c.server("a self-issued intermediate outside", [good().by(&renewed), renewed, own.clone()], [root()]);
    let sub = ca("Sub").with(names([dns("a.test")])).by(&own);
    c.server("an intermediate whose own name is outside", [good().by(&sub), sub, own], [root()]);
    let own = good().with(permit([dns("test")])).self_signed();
    c.server("of a self-signed leaf that is trusted", [own.clone()], [own]);
    let tight = int(permit([dns("test")])).by(&root());
    let loose = ca("Int").by(&root());
    c.server(
        "two intermediates, the constrained one first",
        [good().by(&loose), tight.clone(), loose.clone()],
        [root()],
    );
    c.server(
        "two intermediates, the constrained one last",
        [good().by(&loose), loose.clone(), tight.clone()],
        [root()],
    );
    c.server(
        "two intermediates, the constrained one is trusted",
        [good().by(&loose), loose.clone()],
        [root(), tight.clone()],
    );
    c.server(
        "the constrained one is sent, the other is trusted",
        [good().by(&loose), tight],
        [root(), loose],
    );
    let expired = int(permit([dns("test")])).expired();
    c.below("of an expired intermediate", good(), expired);
}

/// Leaves that are authorities are constrained as others are.
fn authorities_as_leaves(c: &mut Cases) {
    let authority = |recipe: Recipe| recipe.with(authority(None));
    c.below("CA:TRUE: dns outside", authority(good()), int(permit([dns("test")])));
    c.below("CA:TRUE: dns inside", authority(good()), int(permit([dns("example")])));
    c.below("CA:TRUE: dns excluded", authority(good()), int(exclude([dns(HOST)])));
    let with = |name: Vec<u8>| authority(good().with(names([dns(HOST), name])));
    c.below(
        "CA:TRUE: ip outside",
        with(ip(&[192, 0, 2, 1])),
        int(permit([ip(&[198, 51, 100, 0, 255, 255, 255, 0])])),
    );
    c.below("CA:TRUE: e-mail outside", with(email("me@host.example")), int(permit([email("a.test")])));
    c.below(
        "CA:TRUE: directory outside",
        authority(good().subject(o("Company"))),
        int(permit([directory(&o("Other"))])),
    );
    c.below("CA:TRUE: uri outside", with(uri("https://host.example/")), int(permit([uri("a.test")])));
    c.below("CA:TRUE: cn outside", authority(bare(HOST)), int(permit([dns("test")])));
    c.below("v1: cn outside", bare(HOST).v1(), int(permit([dns("test")])));
    c.below("v1: directory outside", bare(HOST).v1(), int(permit([directory(&o("Other"))])));
}

fn odd(c: &mut Cases) {
    let raw = |content: Vec<u8>| extension(NAME_CONSTRAINTS, content).critical();
    let subtree = |more: &[Vec<u8>]| {
        let parts = std::iter::once(dns("example")).chain(more.iter().cloned());
        raw(der::sequence([der::tagged(0, &der::sequence(parts))]))
    };
    let constraints = [
        ("empty", raw(der::value(der::SEQUENCE, []))),
        ("nothing permitted", raw(der::sequence([der::tagged(0, &[])]))),
        ("nothing excluded", raw(der::sequence([der::tagged(1, &[])]))),
        ("broken", raw(vec![0x30, 9, 1])),
        ("broken, not critical", raw(vec![0x30, 9, 1]).not_critical()),
        ("with something behind", raw([der::value(der::SEQUENCE, []), vec![5, 0]].concat())),
        ("a minimum of 0", subtree(&[der::value(0x80, [0])])),
        ("a minimum of 1", subtree(&[der::value(0x80, [1])])),
        ("a maximum", subtree(&[der::value(0x81, [1])])),
        ("of no bytes", raw(Vec::new())),
    ];
    for (name, constraints) in constraints {
        c.below(name, good(), int(constraints));
    }
    c.below("not critical: outside", good(), int(permit([dns("test")]).not_critical()));
    c.below("not critical: inside", good(), int(permit([dns("example")]).not_critical()));
    c.below("twice", good(), int(permit([dns("example")])).twice(permit([dns("test")])));
    let many = (0..300).map(|number| dns(&format!("h{number}.example")));
    c.below(
        "many names and constraints",
        good().with(names(many.chain([dns(HOST)]))),
        int(permit([dns("example")])),
    );
    let own = o("Company");
    c.below(
        "dns and directory, one outside",
        good().subject(own.clone()),
        int(permit([dns("example"), directory(&o("Other"))])),
    );
    c.below(
        "dns and directory, both inside",
        good().subject(own.clone()),
        int(permit([dns("example"), directory(&own)])),
    );
}
