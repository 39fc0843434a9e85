//! Every entry that a fuzzer can feed, with a bounded number of inputs: what is in the corpus, what is near to it, and
//! noise. The same inputs each time.

use std::fs;
use std::path::Path;

use crate::fuzz_entries::{ENTRIES, Entry};

/// How many inputs are made up for an entry.
const MADE_UP: usize = 20_000;

/// As xorshift64: no randomness, but far enough from order.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// An input near to one that is known.
fn vary(known: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = known[random.below(known.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.byte()),
            2 if at < bytes.len() => bytes[at] = random.byte(),
            3 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            4 if at < bytes.len() => drop(bytes.remove(at)),
            _ => {
                let other = &known[random.below(known.len())];
                let tail = other[random.below(other.len() + 1)..].to_vec();
                bytes.truncate(at);
                bytes.extend(tail);
            }
        }
    }
    bytes
}

fn run(name: &str, entry: Entry) {
    let known = corpus(name);
    assert!(!known.is_empty(), "{name} has a corpus");
    known.iter().for_each(|input| entry(input));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    // An input of these is many messages.
    let made_up = if name.starts_with("deflate") { MADE_UP / 20 } else { MADE_UP };
    for _ in 0..made_up {
        entry(&vary(&known, &mut random));
        let noise: Vec<_> = (0..random.below(100)).map(|_| random.byte()).collect();
        entry(&noise);
    }
}

#[test]
fn no_entry_breaks_a_promise() {
    for (name, entry) in ENTRIES.iter() {
        run(name, *entry);
    }
}

#[test]
fn every_entry_is_a_target_of_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in ENTRIES.iter() {
        assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name}");
        let target = fs::read_to_string(folder.join(format!("targets/{name}.rs"))).unwrap();
        assert!(target.contains(&format!("run(\"{name}\", data)")), "{name}");
    }
}
