use crate::network::ssl::oracle::case::{Cases, HOST, good, root};
use crate::network::ssl::oracle::certificate::{Recipe, bare};
use crate::network::ssl::oracle::der;
use crate::network::ssl::oracle::extension::{ALTERNATIVE_NAME, extension, names};
use crate::network::ssl::oracle::key::Key;
use crate::network::ssl::oracle::name::*;

pub(super) fn add(c: &mut Cases) {
    alternatives(c);
    wildcards(c);
    addresses(c);
    common_names(c);
    odd(c);
}

/// A server of the name that the certificate has, looked for by a host.
fn named(c: &mut Cases, name: &str, host: &str, recipe: Recipe) {
    c.host(name, host, [recipe.by(&root())]);
}

fn alternatives(c: &mut Cases) {
    c.topic("host");
    let rows: [(&str, &str, &str); 24] = [
        ("the same", HOST, HOST),
        ("another", HOST, "other.example"),
        ("a part", HOST, "example"),
        ("more", HOST, "a.host.example"),
        ("in another case", "HOST.Example", HOST),
        ("looked for in another case", HOST, "HOST.EXAMPLE"),
        ("a dot at the end of the name", "host.example.", HOST),
        ("a dot at the end of the host", HOST, "host.example."),
        ("dots at both ends", "host.example.", "host.example."),
        ("a dot at the begin of the name", ".host.example", HOST),
        ("a domain with a dot", ".example", HOST),
        ("one label", "localhost", "localhost"),
        ("an underscore", "my_host.example", "my_host.example"),
        ("IDNA", "xn--mnz-hoa.example", "xn--mnz-hoa.example"),
        ("beyond ASCII, looked for in IDNA", "münz.example", "xn--mnz-hoa.example"),
        ("IDNA, looked for beyond ASCII", "xn--mnz-hoa.example", "münz.example"),
        ("a space around", " host.example", HOST),
        ("a space behind", "host.example ", HOST),
        ("a NUL inside", "host.example\0.test", HOST),
        ("a NUL behind", "host.example\0", HOST),
        ("empty", "", HOST),
        ("digits", "1.example", "1.example"),
        ("a URL", "https://host.example", HOST),
        ("a port", "host.example:443", HOST),
    ];
    for (name, own, host) in rows {
        named(c, name, host, good().with(names([dns(own)])));
    }
    let two = || good().with(names([dns("other.example"), dns(HOST)]));
    named(c, "the second of two", HOST, two());
    named(c, "none of two", "third.example", two());
    named(c, "in a mailbox", HOST, good().with(names([email(HOST)])));
    named(c, "in a URI", HOST, good().with(names([uri("https://host.example/")])));
    named(c, "in a URI alone", HOST, good().with(names([uri(HOST)])));
    named(c, "in another name", HOST, good().with(names([other("1.3.6.1.5.5.7.8.7", HOST)])));
    named(c, "in a directory name", HOST, good().with(names([directory(&cn(HOST))])));
    named(c, "critical", HOST, good().with(names([dns(HOST)]).critical()));
    named(c, "critical, and no subject", HOST, good().subject(no_name()).with(names([dns(HOST)]).critical()));
    named(c, "no subject", HOST, good().subject(no_name()));
    named(c, "no name at all", HOST, good().subject(no_name()).without(ALTERNATIVE_NAME));
}

fn wildcards(c: &mut Cases) {
    c.topic("wildcard");
    let rows: [(&str, &str, &str); 24] = [
        ("a label", "*.example.com", "a.example.com"),
        ("two labels", "*.example.com", "a.b.example.com"),
        ("no label", "*.example.com", "example.com"),
        ("an empty label", "*.example.com", ".example.com"),
        ("of a top-level domain", "*.example", "host.example"),
        ("of everything", "*", "localhost"),
        ("of everything below nothing", "*.", "localhost."),
        ("the begin of a label", "a*.example.com", "abc.example.com"),
        ("the begin of a label, nothing more", "a*.example.com", "a.example.com"),
        ("the end of a label", "*c.example.com", "abc.example.com"),
        ("the middle of a label", "a*c.example.com", "abc.example.com"),
        ("in the second label", "a.*.example.com", "a.b.example.com"),
        ("twice in a label", "**.example.com", "a.example.com"),
        ("in two labels", "*.*.example.com", "a.b.example.com"),
        ("in another case", "*.EXAMPLE.com", "A.example.COM"),
        ("an IDNA label", "*.example.com", "xn--mnz-hoa.example.com"),
        ("inside of an IDNA label", "xn--m*.example.com", "xn--mnz-hoa.example.com"),
        ("looked for", "a.example.com", "*.example.com"),
        ("the same, looked for", "*.example.com", "*.example.com"),
        ("an underscore", "*.example.com", "my_host.example.com"),
        ("of an address", "*.0.2.1", "192.0.2.1"),
        ("at the end", "host.*", "host.example"),
        ("a dot at the end of the host", "*.example.com", "a.example.com."),
        ("a dot at the end of the name", "*.example.com.", "a.example.com"),
    ];
    for (name, own, host) in rows {
        named(c, name, host, good().with(names([dns(own)])));
    }
}

fn addresses(c: &mut Cases) {
    c.topic("address");
    let v4 = || good().with(names([ip(&[192, 0, 2, 1])]));
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&[0x20, 1, 0xd, 0xb8]);
    bytes[15] = 1;
    let v6 = || good().with(names([ip(&bytes)]));
    named(c, "IPv4", "192.0.2.1", v4());
    named(c, "another", "192.0.2.2", v4());
    named(c, "IPv6", "2001:db8::1", v6());
    named(c, "IPv6, another", "2001:db8::2", v6());
    named(c, "IPv6 in full", "2001:0DB8:0:0:0:0:0:1", v6());
    named(c, "as a host's name", "192.0.2.1", good().with(names([dns("192.0.2.1")])));
    named(c, "as a common name", "192.0.2.1", bare("192.0.2.1"));
    named(c, "as a common name, beside a host", "192.0.2.1", bare("192.0.2.1").with(names([dns(HOST)])));
    named(c, "as a mailbox", "192.0.2.1", good().with(names([email("192.0.2.1")])));
    named(c, "of three bytes", "192.0.2.1", good().with(names([ip(&[192, 0, 2])])));
    named(c, "with a mask", "192.0.2.1", good().with(names([ip(&[192, 0, 2, 1, 255, 255, 255, 255])])));
    let mut mapped = [0; 16];
    mapped[10..].copy_from_slice(&[0xff, 0xff, 192, 0, 2, 1]);
    named(c, "IPv4 in IPv6", "192.0.2.1", good().with(names([ip(&mapped)])));
    named(c, "IPv4, looked for in IPv6", "::ffff:192.0.2.1", v4());
    named(c, "its bytes as a host's name", "49.50.51.52", good().with(names([dns("1234")])));
    named(c, "a host, whose bytes are the address", "1234", good().with(names([ip(b"1234")])));
    named(c, "a host and an address", HOST, good().with(names([dns(HOST), ip(&[192, 0, 2, 1])])));
}

/// RFC 9525 does not look at common names; Qt and OpenSSL do, each in its way.
fn common_names(c: &mut Cases) {
    c.topic("common name");
    let only = |name: &str| bare(name).key(Key::of("leaf"));
    named(c, "alone", HOST, only(HOST));
    named(c, "alone, another's", HOST, only("other.example"));
    named(c, "alone, in another case", HOST, only("HOST.Example"));
    named(c, "alone, with a wildcard", "a.example.com", only("*.example.com"));
    named(c, "beside another host", HOST, only(HOST).with(names([dns("other.example")])));
    named(c, "another's, beside the host", HOST, only("other.example").with(names([dns(HOST)])));
    named(c, "beside an address", HOST, only(HOST).with(names([ip(&[192, 0, 2, 1])])));
    named(c, "beside a mailbox", HOST, only(HOST).with(names([email("me@other.example")])));
    named(c, "beside a URI", HOST, only(HOST).with(names([uri("https://other.example/")])));
    named(c, "beside no names", HOST, only(HOST).with(names([])));
    named(c, "beside broken names", HOST, only(HOST).with(extension(ALTERNATIVE_NAME, [0x30, 9, 1])));
    let of = |parts: &[(u8, &str)]| {
        let attributes = parts.iter().map(|(kind, text)| attribute(COMMON_NAME, *kind, text));
        bare("leaf").subject(rdns(attributes))
    };
    named(c, "the first of two", HOST, of(&[(UTF8, HOST), (UTF8, "other.example")]));
    named(c, "the last of two", HOST, of(&[(UTF8, "other.example"), (UTF8, HOST)]));
    named(c, "PrintableString", HOST, of(&[(PRINTABLE, HOST)]));
    named(c, "BMPString", HOST, of(&[(BMP, HOST)]));
    named(c, "T61String", HOST, of(&[(T61, HOST)]));
    named(c, "UniversalString", HOST, of(&[(UNIVERSAL, HOST)]));
    named(c, "a NUL inside", HOST, only("host.example\0.test"));
    named(c, "a NUL behind", HOST, only("host.example\0"));
    named(c, "a dot at its end", HOST, only("host.example."));
    named(c, "an underscore", "my_host.example", only("my_host.example"));
    let organization = bare("leaf").subject(rdns([attribute(ORGANIZATION, UTF8, HOST)]));
    named(c, "an organization instead", HOST, organization);
    let in_set = der::set([attribute(COMMON_NAME, UTF8, HOST), attribute(ORGANIZATION, UTF8, "Company")]);
    named(c, "in a set of two", HOST, bare("leaf").subject(der::sequence([in_set])));
}

fn odd(c: &mut Cases) {
    c.topic("alternative names");
    let raw = |content: &[u8]| extension(ALTERNATIVE_NAME, content);
    named(c, "broken", HOST, good().with(raw(&[0x30, 9, 1])));
    named(c, "broken, critical", HOST, good().with(raw(&[0x30, 9, 1]).critical()));
    named(c, "of no bytes", HOST, good().with(raw(&[])));
    named(c, "none", HOST, good().with(names([])));
    named(c, "twice", HOST, good().with(names([dns(HOST)])).twice(names([dns("other.example")])));
    named(
        c,
        "twice, the host in the second",
        HOST,
        good().with(names([dns("other.example")])).twice(names([dns(HOST)])),
    );
    let behind = [&der::sequence([dns(HOST)])[..], &[5, 0]].concat();
    named(c, "with something behind", HOST, good().with(raw(&behind)));
    let kind = der::value(0x8e, "x");
    named(c, "of a kind that does not exist", HOST, good().with(names([dns(HOST), kind])));
    named(c, "bytes beyond ASCII", HOST, good().with(names([der::value(0x82, [0xff, 0xfe]), dns(HOST)])));
    named(c, "a mailbox beyond ASCII", HOST, good().with(names([dns(HOST), der::value(0x81, [0xff])])));
    named(c, "a broken directory name", HOST, good().with(names([dns(HOST), der::value(0xa4, [1, 2])])));
    named(c, "an address of three bytes beside", HOST, good().with(names([dns(HOST), ip(&[1, 2, 3])])));
}
