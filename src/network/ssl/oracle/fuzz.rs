//! Random chains, none of which may be let in unless OpenSSL does. With rustls: a handshake for each takes too long. From a seed,
//! so that they are the same again.
//!
//! ```text
//! SLOTWIRE_CHAINS=100000 cargo test --lib oracle::fuzz -- --nocapture
//! SLOTWIRE_CHAINS=1000 SLOTWIRE_SEED=77 cargo test --lib oracle::fuzz -- --nocapture
//! ```

mod mutation;
mod random;

use self::mutation::{mutate_authority, mutate_leaf};
use self::random::Random;
use super::case::{Case, HOST};
use super::certificate::{Certificate, Recipe, ca, leaf};
use super::key::Key;
use super::name::cn;
use super::ours::{along_our_path, rustls};
use super::{openssl, say};
use crate::network::ssl::certificate_chain::Purpose;

/// The number of chains with the same authorities.
const LEAVES: u64 = 20;

#[test]
fn nobody_is_let_in_at_random_whom_openssl_refuses() {
    if !openssl::is_there() {
        return say("skipped: there is no openssl 3.0 here");
    }
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (count, seed) = (number("SLOTWIRE_CHAINS").unwrap_or(1000), number("SLOTWIRE_SEED").unwrap_or(1));
    let mut told = Told::default();
    let mut let_in = Vec::new();
    let worlds: Vec<u64> = (seed..seed + count.div_ceil(LEAVES)).collect();
    for worlds in worlds.chunks(100) {
        let cases: Vec<_> = worlds.iter().flat_map(|seed| world(*seed)).collect();
        let verdicts = openssl::judge(&cases);
        for (case, openssl) in cases.into_iter().zip(verdicts) {
            let ours = rustls(&case).expect("a verdict");
            told.all += 1;
            told.good += usize::from(openssl.is_good());
            match (ours.is_good(), openssl.is_good()) {
                (true, false) => let_in.push((case, openssl)),
                (false, true) => told.stricter.push(format!("{ours}: {}", case.name)),
                _ => {}
            }
        }
    }
    let by_paths: Vec<_> = let_in.iter().map(|(case, _)| along_our_path(case)).collect();
    for ((case, openssl), along_path) in let_in.into_iter().zip(openssl::judge(&by_paths)) {
        let list = if along_path.is_good() { &mut told.other_path } else { &mut told.laxer };
        list.push(format!("OpenSSL says {openssl}, and of our path {along_path}: {}", case.name));
    }
    say(&format!(
        "{} chains, {} of them good; {} are kept out here alone; {} are let in by another path",
        told.all,
        told.good,
        told.stricter.len(),
        told.other_path.len()
    ));
    if count > 1000 {
        told.stricter.iter().take(200).chain(&told.other_path).for_each(|line| say(line));
    }
    assert!(told.laxer.is_empty(), "{} are let in:\n{}", told.laxer.len(), told.laxer.join("\n"));
    assert!(
        told.good * 10 > told.all,
        "only {} of {} chains are good: that shows little",
        told.good,
        told.all
    );
}

#[derive(Default)]
struct Told {
    all: usize,
    good: usize,
    laxer: Vec<String>,
    /// OpenSSL prefers a certificate that cannot be read here, say of X.509 v4, and finds it no good; or it goes round between
    /// authorities that made each other. The path that is taken here instead is good to OpenSSL as well, if it has no other.
    other_path: Vec<String>,
    stricter: Vec<String>,
}

/// Trusted certificates, those that are sent beside the leaf, and leaves.
fn world(seed: u64) -> Vec<Case> {
    let mut random = Random::new(seed);
    let mut authorities = Authorities::default();
    for _ in 0..random.between(2, 7) {
        authorities.add(&mut random);
    }
    let (trusted, sent) = authorities.share_out(&mut random);
    let purpose = random.of(&[Purpose::Server, Purpose::Server, Purpose::Client]);
    let host =
        (purpose == Purpose::Server).then(|| (random.of(&[HOST, HOST, HOST, HOST, "192.0.2.1"])).to_owned());
    let case = |at| {
        let own = authorities.leaf(&mut random);
        let names =
            |made: &[Made]| made.iter().map(|made| made.words.as_str()).collect::<Vec<_>>().join("; ");
        let certificates =
            |made: &[Made]| made.iter().map(|made| made.certificate.clone()).collect::<Vec<_>>();
        Case {
            name: format!(
                "seed {seed}, {at}: {purpose:?} {host:?} [{}] sent with [{}], trusting [{}]",
                own.words,
                names(&sent),
                names(&trusted)
            ),
            purpose,
            host: host.clone(),
            sent: [vec![own.certificate.clone()], certificates(&sent)].concat(),
            trusted: certificates(&trusted),
            is_for_qt: false,
        }
    };
    (0..LEAVES).map(case).collect()
}

/// A certificate, in words.
#[derive(Clone)]
struct Made {
    certificate: Certificate,
    words: String,
}

/// Roots and intermediates of a few names, some with certificates of several issuers.
#[derive(Default)]
struct Authorities(Vec<(Made, IsRoot)>);

type IsRoot = bool;

/// Subject and issuer.
const PAIRS: &[(&str, &str)] = &[
    ("R", "R"),
    ("R", "R"),
    ("S", "S"),
    ("I", "R"),
    ("I", "R"),
    ("I", "S"),
    ("J", "I"),
    ("J", "R"),
    ("J", "J"),
    ("R", "S"),
    ("S", "R"),
    ("K", "J"),
    ("I", "I"),
];

impl Authorities {
    fn add(&mut self, random: &mut Random) {
        // The first is a root, and most of them are of use.
        let (subject, issuer) = if self.0.is_empty() { PAIRS[0] } else { random.of(PAIRS) };
        let mut words = format!("{subject} by {issuer}");
        let mut recipe = ca(subject);
        if subject == issuer && subject != "R" && subject != "S" {
            // Self-issued, for another key.
            recipe = recipe.key(Key::of(&format!("{subject}'s new key")));
        }
        let recipe = mutate_authority(recipe, random, &mut words);
        let is_root = subject == issuer;
        let certificate = recipe.by(&ca(issuer).self_signed());
        self.0.push((Made { certificate, words }, is_root));
    }

    /// The trusted ones, roots rather than others, and those that are sent, in some order.
    fn share_out(&self, random: &mut Random) -> (Vec<Made>, Vec<Made>) {
        let (mut trusted, mut sent) = (Vec::new(), Vec::new());
        for (made, is_root) in &self.0 {
            let is_trusted = random.one_in(if *is_root { 2 } else { 8 }) || (*is_root && trusted.is_empty());
            if is_trusted {
                trusted.push(made.clone());
            }
            if !random.one_in(if is_trusted { 2 } else { 12 }) {
                sent.push(made.clone());
            }
        }
        random.shuffle(&mut sent);
        random.shuffle(&mut trusted);
        (trusted, sent)
    }

    fn leaf(&self, random: &mut Random) -> Made {
        let (issuer, _) = random.of(&self.0);
        let mut words = format!("leaf by {}", issuer.words.split(' ').next().unwrap_or_default());
        let recipe: Recipe = leaf(HOST).subject(cn("leaf"));
        let recipe = mutate_leaf(recipe, random, &mut words);
        Made { certificate: recipe.by(&issuer.certificate), words }
    }
}
