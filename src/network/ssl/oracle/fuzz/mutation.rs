//! Random changes of certificates.

use super::Random;
use crate::network::ssl::oracle::certificate::Recipe;
use crate::network::ssl::oracle::der;
use crate::network::ssl::oracle::extension::*;
use crate::network::ssl::oracle::key::Key;
use crate::network::ssl::oracle::name::*;

/// Changes a certificate, and says how.
type Mutation = (&'static str, fn(Recipe, &mut Random) -> Recipe);

pub(super) fn mutate_authority(recipe: Recipe, random: &mut Random, words: &mut String) -> Recipe {
    mutate(recipe, random, words, &[AUTHORITIES, BOTH])
}

pub(super) fn mutate_leaf(recipe: Recipe, random: &mut Random, words: &mut String) -> Recipe {
    mutate(recipe, random, words, &[LEAVES, LEAVES, BOTH])
}

/// Applies no mutation, one, or a few.
fn mutate(mut recipe: Recipe, random: &mut Random, words: &mut String, lists: &[&[Mutation]]) -> Recipe {
    let count = random.of(&[0, 0, 0, 1, 1, 1, 2, 3]);
    for _ in 0..count {
        let list = random.of(lists);
        let (name, change) = random.of(list);
        words.push_str(", ");
        words.push_str(name);
        recipe = change(recipe, random);
    }
    recipe
}

const BOTH: &[Mutation] = &[
    ("expired", |recipe, _| recipe.expired()),
    ("not yet valid", |recipe, _| recipe.not_yet_valid()),
    ("of some years", |recipe, random| {
        let ends = random.of(&["270101000000Z", "300101000000Z", "250101000000Z", "480101000000Z"]);
        recipe.valid(random.of(&["200101000000Z", "260101000000Z", "270101000000Z"]), ends)
    }),
    ("tampered", |recipe, _| recipe.tampered()),
    ("v1", |recipe, _| recipe.v1()),
    ("version", |recipe, random| recipe.version(random.between(0, 3) as i64)),
    ("unknown extension", |recipe, random| {
        let unknown = extension(UNKNOWN, [5, 0]);
        recipe.with(if random.one_in(2) { unknown.critical() } else { unknown })
    }),
    ("key usage", |recipe, random| {
        let bits: Vec<u8> = (0..9).filter(|_| random.one_in(2)).collect();
        recipe.with(key_usage(&bits))
    }),
    ("broken extension", |recipe, random| {
        let known =
            [KEY_USAGE, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, NAME_CONSTRAINTS, ALTERNATIVE_NAME, POLICIES];
        let id = random.of(&[
            &known[..],
            &[KEY_ID, AUTHORITY_KEY_ID, "2.5.29.31", "2.5.29.36", "1.3.6.1.5.5.7.1.1"],
        ]
        .concat());
        let content = random.of(&[&[0x30, 9, 1][..], &[], &[3, 9, 1], &[5, 0], &[0x30, 0], &[4, 2, 1, 1]]);
        let broken = extension(id, content);
        recipe.with(if random.one_in(3) { broken.critical() } else { broken })
    }),
    ("extended key usage", |recipe, random| {
        let known = [SERVER, CLIENT, ANY_PURPOSE, EMAIL_PROTECTION, CODE_SIGNING, OCSP_SIGNING, UNKNOWN];
        let purposes: Vec<_> = known.into_iter().filter(|_| random.one_in(3)).collect();
        let usage = extended_key_usage(&purposes);
        recipe.with(if random.one_in(4) { usage.critical() } else { usage })
    }),
    ("without", |recipe, random| {
        recipe.without(random.of(&[KEY_ID, AUTHORITY_KEY_ID, KEY_USAGE, BASIC_CONSTRAINTS, ALTERNATIVE_NAME]))
    }),
    ("issuer's key", |recipe, random| {
        let ids = [Key::of("R").id(), Key::of("S").id(), Key::of("I").id(), vec![1; 20]];
        recipe.with(authority_key_id(&random.of(&ids)))
    }),
    ("issuer's serial", |recipe, random| {
        let name = cn(random.of(&["R", "S", "I", "J"]));
        recipe.with(authority_serial(&name, random.between(1000, 1001) as i64))
    }),
    ("serial", |recipe, random| recipe.serial(random.between(0, 1001) as i64)),
    ("issuer's name", |recipe, random| {
        let kind = random.of(&[UTF8, PRINTABLE, IA5, T61, BMP, UNIVERSAL]);
        recipe.issuer(cn_as(kind, random.of(&["R", "S", "I", "J", "K", "r", " R", "i ", "X"])))
    }),
    ("twice", |recipe, random| match random.between(0, 3) {
        0 => recipe.twice(no_authority()),
        1 => recipe.twice(key_usage(&[CERT_SIGN])),
        2 => recipe.twice(extended_key_usage(&[SERVER])),
        _ => recipe.twice(extension(UNKNOWN, [5, 0])),
    }),
    ("policies", |recipe, random| {
        let id = random.of(&[ANY_POLICY, "1.2.3.4", "1.2.3.5"]);
        recipe.with(if random.one_in(2) { policies(&[id]).critical() } else { policies(&[id]) })
    }),
    ("policy constraints", |recipe, random| match random.between(0, 2) {
        0 => recipe.with(policy_constraints(Some(random.between(0, 3) as u8), None)),
        1 => recipe.with(inhibit_any_policy(random.between(0, 3) as i64)),
        _ => recipe.with(policy_mappings(&[("1.2.3.4", "1.2.3.5")])),
    }),
    ("Netscape's type", |recipe, random| {
        recipe.with(extension("2.16.840.1.113730.1.1", der::named_bits(&[random.between(0, 7) as u8])))
    }),
];

const AUTHORITIES: &[Mutation] = &[
    ("path length", |recipe, random| recipe.with(authority(Some(random.between(0, 2) as i64)))),
    ("path length", |recipe, random| recipe.with(authority(Some(random.between(0, 2) as i64)))),
    ("no authority", |recipe, _| recipe.with(no_authority())),
    ("not critical", |recipe, _| recipe.with(authority(None).not_critical())),
    ("another key", |recipe, random| recipe.key(Key::of(random.of(&["R", "S", "I", "J", "evil"])))),
    ("permitted", |recipe, random| recipe.with(permit(subtrees(random)))),
    ("permitted", |recipe, random| recipe.with(permit(subtrees(random)))),
    ("excluded", |recipe, random| recipe.with(exclude(subtrees(random)))),
    ("permitted and excluded", |recipe, random| {
        recipe.with(name_constraints(&subtrees(random), &subtrees(random)))
    }),
    ("constraints that are not critical", |recipe, random| {
        recipe.with(name_constraints(&subtrees(random), &[]).not_critical())
    }),
    ("a subject with more", |recipe, random| {
        recipe.subject(o_cn(random.of(&["Company", "Other"]), random.of(&["R", "I", "J"])))
    }),
    ("a subject in another form", |recipe, random| {
        recipe.subject(cn_as(random.of(&[PRINTABLE, T61, BMP, IA5]), random.of(&["R", "I", "J", "S"])))
    }),
    ("names", |recipe, random| recipe.with(names(general_names(random)))),
];

const LEAVES: &[Mutation] = &[
    ("names", |recipe, random| recipe.with(names(general_names(random)))),
    ("names and the host", |recipe, random| {
        let more = general_names(random);
        recipe.with(names([vec![dns("host.example")], more].concat()))
    }),
    ("a subject", |recipe, random| recipe.subject(subject(random))),
    ("a subject and no names", |recipe, random| recipe.subject(subject(random)).without(ALTERNATIVE_NAME)),
    ("an authority", |recipe, _| recipe.with(authority(None))),
    ("an authority and a subject", |recipe, random| recipe.with(authority(None)).subject(subject(random))),
    ("an authority with names", |recipe, random| {
        recipe.with(authority(None)).with(names(general_names(random)))
    }),
    ("no authority", |recipe, _| recipe.with(no_authority())),
    ("a subject of v1", |recipe, random| recipe.subject(subject(random)).v1()),
    ("another key", |recipe, random| recipe.key(random.of(&[Key::p256(), Key::rsa(), Key::p384()]))),
    ("constraints", |recipe, random| recipe.with(permit(subtrees(random)))),
    // Encodings that the peer could not send are not asked for often.
    ("BER", |recipe, _| recipe.damaged_inside(|signed| der::with_long_length(&signed))),
];

fn few<T>(random: &mut Random, make: fn(&mut Random) -> T) -> Vec<T> {
    (0..random.between(1, 3)).map(|_| make(random)).collect()
}

const HOSTS: &[&str] = &[
    "host.example",
    "example",
    ".example",
    "test",
    "a.test",
    "HOST.example",
    "other.example",
    "",
    "*.example",
    "host.example.",
    "*.host.example",
    "a.host.example",
    "x*.example",
    "a_b.example",
    "192.0.2.1",
];

const MAILBOXES: &[&str] = &[
    "me@host.example",
    "host.example",
    ".example",
    "you@test",
    "test",
    "ME@HOST.example",
    "a.test",
    "",
    "a@b@c",
];

fn organization(random: &mut Random) -> Vec<u8> {
    let kind = random.of(&[UTF8, UTF8, PRINTABLE, BMP]);
    rdns([attribute(ORGANIZATION, kind, random.of(&["Company", "Other", "COMPANY", " Company", "Com"]))])
}

fn subtrees(random: &mut Random) -> Vec<Vec<u8>> {
    few(random, |random| match random.between(0, 11) {
        0..=4 => dns(random.of(HOSTS)),
        5 | 6 => email(random.of(MAILBOXES)),
        7 => ip(random.of(&[
            &[192, 0, 2, 0, 255, 255, 255, 0][..],
            &[0; 8],
            &[10, 0, 0, 0, 255, 0, 0, 0],
            &[0; 32],
            &[192, 0, 2, 1, 255, 255, 0, 255],
            &[1, 2, 3],
        ])),
        8 | 9 => directory(&match random.between(0, 4) {
            0 => no_name(),
            1 => cn(random.of(&["leaf", "I", "host.example"])),
            _ => organization(random),
        }),
        10 => uri(random.of(&["host.example", ".example", "test", ""])),
        _ => registered_id(random.of(&["1.2.3", "1.2.4"])),
    })
}

fn general_names(random: &mut Random) -> Vec<Vec<u8>> {
    few(random, |random| match random.between(0, 13) {
        0..=5 => dns(random.of(HOSTS)),
        6 | 7 => email(random.of(MAILBOXES)),
        8 => ip(random.of(&[
            &[192, 0, 2, 1][..],
            &[10, 0, 0, 1],
            &[0; 16],
            &[1, 2, 3],
            &[192, 0, 2, 0, 255, 255, 255, 0],
        ])),
        9 | 10 => directory(&organization(random)),
        11 => {
            uri(random.of(&["https://host.example/", "https://a.test:1/", "urn:x", "http://192.0.2.1/", ""]))
        }
        12 => registered_id("1.2.3"),
        _ => other(random.of(&["1.2.3", "1.3.6.1.5.5.7.8.9"]), random.of(&["mé@test", "x"])),
    })
}

fn subject(random: &mut Random) -> Vec<u8> {
    let kinds = [UTF8, UTF8, UTF8, PRINTABLE, T61, BMP, IA5];
    let attributes = few(random, |random| match random.between(0, 4) {
        0..=2 => (COMMON_NAME, random.of(HOSTS)),
        3 => (EMAIL, random.of(MAILBOXES)),
        _ => (ORGANIZATION, random.of(&["Company", "Other"])),
    });
    rdns(attributes.into_iter().map(|(id, text)| attribute(id, random.of(&kinds), text)))
}
