use crate::network::ssl::oracle::case::{Cases, good, int, other_root, root};
use crate::network::ssl::oracle::certificate::{Certificate, ca};
use crate::network::ssl::oracle::der;
use crate::network::ssl::oracle::key::{Algorithm, Key};
use crate::network::ssl::oracle::name;

pub(super) fn add(c: &mut Cases) {
    algorithms(c);
    keys(c);
    wrong_signatures(c);
    wrong_identifiers(c);
}

/// The algorithms of a root's signature and of those that it makes.
fn algorithms(c: &mut Cases) {
    c.topic("signature");
    let each = [
        ("Ed25519", Key::of("signer"), Algorithm::Ed25519),
        ("ECDSA P-256 SHA-256", Key::p256(), Algorithm::EcdsaSha256),
        ("ECDSA P-384 SHA-384", Key::p384(), Algorithm::EcdsaSha384),
        ("ECDSA P-521 SHA-512", Key::p521(), Algorithm::EcdsaSha512),
        ("RSA SHA-256", Key::rsa(), Algorithm::RsaSha256),
        ("RSA SHA-384", Key::rsa(), Algorithm::RsaSha384),
        ("RSA SHA-512", Key::rsa(), Algorithm::RsaSha512),
        ("RSA-PSS SHA-256", Key::rsa(), Algorithm::PssSha256),
        ("RSA-PSS SHA-384", Key::rsa(), Algorithm::PssSha384),
        ("RSA-PSS SHA-512", Key::rsa(), Algorithm::PssSha512),
        ("RSA-PSS key, SHA-256", Key::rsa_pss(), Algorithm::PssSha256),
        ("RSA-PSS key, SHA-384", Key::rsa_pss(), Algorithm::PssSha384),
        ("RSA-PSS key, PKCS #1 signature", Key::rsa_pss(), Algorithm::RsaSha256),
    ];
    for (name, key, algorithm) in each {
        let signer = ca("Signer").key(key).signed_as(algorithm).self_signed();
        c.server(name, [good().signed_as(algorithm).by(&signer)], [signer]);
    }
}

/// The keys of the leaf.
fn keys(c: &mut Cases) {
    c.topic("key of the leaf");
    for (name, key) in [
        ("P-256", Key::p256()),
        ("P-384", Key::p384()),
        ("P-521", Key::p521()),
        ("RSA 2048", Key::rsa()),
        ("RSA-PSS", Key::rsa_pss()),
    ] {
        c.leaf(name, good().key(key));
    }
    let ec = |curve: &str, point: &[u8]| {
        let algorithm = der::sequence([der::oid("1.2.840.10045.2.1"), der::oid(curve)]);
        Key::public_only(der::sequence([algorithm, der::bits(point)]))
    };
    c.leaf("a point that is not on P-256", good().key(ec("1.2.840.10045.3.1.7", &[4; 65])));
    c.leaf("a curve that nobody has", good().key(ec("1.3.6.1.4.1.55555.2", &[4; 65])));
    let unknown = der::sequence([der::sequence([der::oid("1.3.6.1.4.1.55555.3")]), der::bits(&[1; 32])]);
    c.leaf("an algorithm that nobody has", good().key(Key::public_only(unknown)));
    let rsa = |modulus: &[u8]| {
        let key = der::sequence([der::value(der::INTEGER, modulus), der::integer(65_537)]);
        let algorithm = der::sequence([der::oid("1.2.840.113549.1.1.1"), der::value(der::NULL, [])]);
        Key::public_only(der::sequence([algorithm, der::bits(&key)]))
    };
    c.leaf("RSA 1024", good().key(rsa(&[&[0], &[0xc1; 128][..]].concat())));
    c.leaf("RSA 512", good().key(rsa(&[&[0], &[0xc1; 64][..]].concat())));
    let broken = der::sequence([
        der::sequence([der::oid("1.2.840.113549.1.1.1"), der::value(der::NULL, [])]),
        der::bits(&[1, 2, 3]),
    ]);
    c.leaf("an RSA key that is none", good().key(Key::public_only(broken)));
}

fn wrong_signatures(c: &mut Cases) {
    c.topic("wrong signature");
    c.leaf("of the leaf", good().tampered());
    c.below("of the intermediate", good(), ca("Int").tampered());
    c.below("of the leaf below an intermediate", good().tampered(), ca("Int"));
    let tampered = ca("Root").tampered().self_signed();
    c.server("of the trusted root by itself", [good().by(&tampered)], [tampered.clone()]);
    c.server("of the root that was sent", [good().by(&tampered), tampered], [root()]);
    let imposter = ca("Root").key(Key::of("imposter")).self_signed();
    c.server("by another root of the same name", [good().by(&imposter)], [root()]);
    let nameless = ca("Root").key(Key::of("imposter")).without("2.5.29.14").self_signed();
    c.server("by another root of the same name, no identifiers", [good().by(&nameless)], [root_without_id()]);
    c.server(
        "by the leaf itself, in the root's name",
        [good().issuer(name::cn("Root")).self_signed()],
        [root()],
    );
    c.leaf("nothing is signed", good().damaged_outside(without_signature));
    c.leaf("with bits that are unused", good().damaged_outside(with_unused_bits));
    let wrong_key = ca("Int").key(Key::of("another")).by(&root());
    c.server("by another key of the intermediate", [good().by(&int()), wrong_key], [root()]);
    c.server(
        "of a leaf that is trusted itself",
        [good().tampered().by(&other_root())],
        [good().tampered().by(&other_root())],
    );
}

fn wrong_identifiers(c: &mut Cases) {
    c.topic("signature algorithm");
    let ecdsa = Algorithm::EcdsaSha256.identifier();
    c.leaf("another outside than inside", good().outer_algorithm(ecdsa.clone()));
    c.leaf("another inside than outside", good().inner_algorithm(ecdsa.clone()));
    c.leaf("another one", good().inner_algorithm(ecdsa.clone()).outer_algorithm(ecdsa));
    let with_null = || der::sequence([der::oid("1.3.101.112"), der::value(der::NULL, [])]);
    c.leaf("Ed25519 with parameters", good().inner_algorithm(with_null()).outer_algorithm(with_null()));
    c.leaf("Ed25519 with parameters outside", good().outer_algorithm(with_null()));
    let without_null = || der::sequence([der::oid("1.2.840.113549.1.1.11")]);
    let signer = ca("Signer").key(Key::rsa()).self_signed();
    c.server(
        "RSA without parameters",
        [good().inner_algorithm(without_null()).outer_algorithm(without_null()).by(&signer)],
        [signer.clone()],
    );
    let sha384 = Algorithm::RsaSha384.identifier();
    c.server(
        "RSA SHA-256 that says SHA-384",
        [good().inner_algorithm(sha384.clone()).outer_algorithm(sha384).by(&signer)],
        [signer],
    );
    let unknown = || der::sequence([der::oid("1.3.6.1.4.1.55555.4")]);
    c.leaf("one that nobody has", good().inner_algorithm(unknown()).outer_algorithm(unknown()));
}

fn root_without_id() -> Certificate {
    ca("Root").without("2.5.29.14").self_signed()
}

/// The end of the certificate is the content of the signature: 64 bytes after their header and the count of unused bits.
fn without_signature(der: Vec<u8>) -> Vec<u8> {
    let parts = inside(&der);
    der::sequence([&parts[..parts.len() - 67], &der::bits(&[])])
}

fn with_unused_bits(der: Vec<u8>) -> Vec<u8> {
    let mut damaged = der;
    let at = damaged.len() - 65;
    damaged[at] = 3;
    damaged
}

/// The content of a value.
fn inside(der: &[u8]) -> &[u8] {
    crate::network::ssl::der::value(der).expect("a value").1
}
