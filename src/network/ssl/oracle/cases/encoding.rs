use crate::network::ssl::der as read;
use crate::network::ssl::oracle::case::{Cases, good, int, root};
use crate::network::ssl::oracle::certificate::{Certificate, Damage, Recipe, ca};
use crate::network::ssl::oracle::der;
use crate::network::ssl::oracle::extension::*;
use crate::network::ssl::oracle::name::{IA5, dns, uri};

pub(super) fn add(c: &mut Cases) {
    extensions(c);
    c.topic("encoding");
    serials(c);
    lengths(c);
}

fn extensions(c: &mut Cases) {
    c.topic("extension");
    let unknown = || extension(UNKNOWN, [5, 0]);
    c.leaf("unknown", good().with(unknown()));
    c.leaf("unknown and critical", good().with(unknown().critical()));
    c.below("unknown and critical in the intermediate", good(), ca("Int").with(unknown().critical()));
    c.below("unknown in the intermediate", good(), ca("Int").with(unknown()));
    for (name, extension) in
        [("unknown in the root", unknown()), ("unknown and critical in the root", unknown().critical())]
    {
        let own = ca("Root").with(extension).self_signed();
        c.server(name, [good().by(&own)], [own]);
    }
    c.leaf("unknown, twice", good().with(unknown()).twice(unknown()));
    c.leaf("unknown, of no bytes", good().with(extension(UNKNOWN, [])));
    let known = [
        ("must staple", "1.3.6.1.5.5.7.1.24", der::sequence([der::integer(5)])),
        ("signed certificate timestamps", "1.3.6.1.4.1.11129.2.4.2", der::value(der::OCTET_STRING, [0, 0])),
        ("precertificate", "1.3.6.1.4.1.11129.2.4.3", der::value(der::NULL, [])),
        (
            "authority information",
            "1.3.6.1.5.5.7.1.1",
            der::sequence([der::sequence([der::oid("1.3.6.1.5.5.7.48.1"), uri("http://ocsp.example")])]),
        ),
        ("CRL distribution points", "2.5.29.31", distribution_points()),
        ("freshest CRL", "2.5.29.46", distribution_points()),
        ("issuer's alternative names", "2.5.29.18", der::sequence([dns("a.test")])),
        (
            "subject's directory attributes",
            "2.5.29.9",
            der::sequence([der::sequence([der::oid("2.5.4.6"), der::set([der::integer(1)])])]),
        ),
        ("Netscape's type: server", "2.16.840.1.113730.1.1", der::named_bits(&[1])),
        ("Netscape's type: client", "2.16.840.1.113730.1.1", der::named_bits(&[0])),
        ("Netscape's comment", "2.16.840.1.113730.1.13", der::value(IA5, "text")),
        (
            "proxy certificate",
            "1.3.6.1.5.5.7.1.14",
            der::sequence([der::sequence([der::oid("1.3.6.1.5.5.7.21.1")])]),
        ),
        (
            "addresses of a provider",
            "1.3.6.1.5.5.7.1.7",
            der::sequence([der::sequence([
                der::value(der::OCTET_STRING, [0, 1]),
                der::value(der::NULL, []),
            ])]),
        ),
        (
            "numbers of a provider",
            "1.3.6.1.5.5.7.1.8",
            der::sequence([der::tagged(0, &der::value(der::NULL, []))]),
        ),
        ("OCSP no check", "1.3.6.1.5.5.7.48.1.5", der::value(der::NULL, [])),
        ("period of the private key", "2.5.29.16", der::sequence([der::value(0x81, "20490101000000Z")])),
    ];
    for (name, id, content) in known {
        c.leaf(name, good().with(extension(id, content.clone())));
        c.leaf(&format!("{name}, critical"), good().with(extension(id, content).critical()));
    }
    c.below(
        "Netscape's type in the intermediate: client",
        good(),
        ca("Int").with(extension("2.16.840.1.113730.1.1", der::named_bits(&[0]))),
    );
    c.below(
        "Netscape's type in the intermediate: authority",
        good(),
        ca("Int").with(extension("2.16.840.1.113730.1.1", der::named_bits(&[5]))),
    );
    c.below(
        "proxy certificate as intermediate",
        good(),
        ca("Int").with(
            extension("1.3.6.1.5.5.7.1.14", der::sequence([der::sequence([der::oid("1.3.6.1.5.5.7.21.1")])]))
                .critical(),
        ),
    );
    let broken = [
        ("CRL distribution points", "2.5.29.31"),
        ("authority information", "1.3.6.1.5.5.7.1.1"),
        ("key identifier", KEY_ID),
        ("authority key identifier", AUTHORITY_KEY_ID),
        ("issuer's alternative names", "2.5.29.18"),
        ("freshest CRL", "2.5.29.46"),
        ("Netscape's type", "2.16.840.1.113730.1.1"),
    ];
    for (name, id) in broken {
        c.leaf(&format!("broken: {name}"), good().with(extension(id, [0x30, 9, 1])));
        c.below(
            &format!("broken in the intermediate: {name}"),
            good(),
            ca("Int").with(extension(id, [0x30, 9, 1])),
        );
    }
    c.leaf("an empty list of them", good().damaged_inside(with_empty_extensions));
}

fn distribution_points() -> Vec<u8> {
    let name = der::tagged(0, &uri("http://crl.example/x.crl"));
    der::sequence([der::sequence([der::tagged(0, &name)])])
}

fn serials(c: &mut Cases) {
    for (name, bytes) in [
        ("serial number 0", &[0][..]),
        ("serial number negative", &[0x80]),
        ("serial number of 20 bytes", &[0x7f; 20]),
        ("serial number of 21 bytes", &[0x7f; 21]),
        ("serial number of 40 bytes", &[0x7f; 40]),
        ("serial number with leading zeros", &[0, 0, 5]),
        ("serial number of no bytes", &[]),
    ] {
        c.leaf(name, good().raw_serial(bytes));
    }
}

/// BER that is not DER, and what is neither.
fn lengths(c: &mut Cases) {
    let inside: [(&str, Damage); 5] = [
        ("a long length inside", |signed| der::with_long_length(&signed)),
        ("a long length of the name", long_subject),
        ("an indefinite length inside", |signed| indefinite(&signed)),
        ("something behind what is signed", |signed| append_inside(&signed, &[5, 0])),
        ("the key is missing", without_key),
    ];
    for (name, damage) in inside {
        c.leaf(name, good().damaged_inside(damage));
        let damaged = ca("Int").damaged_inside(damage).by(&root());
        c.server(&format!("{name}, in the intermediate"), [good().by(&int()), damaged], [root()]);
    }
    let outside: [(&str, Damage); 5] = [
        ("a long length outside", |all| der::with_long_length(&all)),
        ("an indefinite length outside", |all| indefinite(&all)),
        ("something behind the signature", |all| append_inside(&all, &[5, 0])),
        ("something behind the certificate", |all| [&all[..], &[5, 0]].concat()),
        ("cut off", |all| all[..all.len() - 1].to_vec()),
    ];
    for (name, damage) in outside {
        c.leaf(name, good().damaged_outside(damage));
    }
    c.server("BER in the leaf, then a good leaf", [ber(good()), good().by(&root())], [root()]);
    c.server("BER in an intermediate that is not needed", [good().by(&root()), ber(ca("Int"))], [root()]);
    c.leaf(
        "a boolean that is 1",
        good().with(extension(BASIC_CONSTRAINTS, der::sequence([der::value(der::BOOLEAN, [1])]))),
    );
}

fn ber(recipe: Recipe) -> Certificate {
    recipe.damaged_inside(|signed| der::with_long_length(&signed)).by(&root())
}

fn content(value: &[u8]) -> &[u8] {
    read::value(value).expect("a value").1
}

fn append_inside(value: &[u8], more: &[u8]) -> Vec<u8> {
    der::sequence([content(value), more])
}

fn indefinite(value: &[u8]) -> Vec<u8> {
    [&[value[0], 0x80], content(value), &[0, 0]].concat()
}

/// The values in a sequence, each with its header.
fn parts(sequence: &[u8]) -> Vec<&[u8]> {
    let mut rest = content(sequence);
    let mut parts = Vec::new();
    while let Some((_, _, after)) = read::value(rest) {
        parts.push(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    parts
}

const SUBJECT: usize = 5;
const KEY: usize = 6;

fn long_subject(signed: Vec<u8>) -> Vec<u8> {
    let parts = parts(&signed);
    let subject = der::with_long_length(parts[SUBJECT]);
    der::sequence([&parts[..SUBJECT], &[&subject[..]], &parts[SUBJECT + 1..]].concat())
}

fn without_key(signed: Vec<u8>) -> Vec<u8> {
    let parts = parts(&signed);
    der::sequence([&parts[..KEY], &parts[KEY + 1..]].concat())
}

fn with_empty_extensions(signed: Vec<u8>) -> Vec<u8> {
    let parts = parts(&signed);
    let none = der::tagged(3, &der::value(der::SEQUENCE, []));
    der::sequence([&parts[..=KEY], &[&none[..]]].concat())
}
