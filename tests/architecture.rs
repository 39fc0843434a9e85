//! The rules of the house that the compiler does not know: imports go one way, and what is kept in one place stays there.
#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, the lowest first. A file uses its own layer and those below.
const LAYERS: [&str; 4] = ["http", "core", "network", "websocket"];

#[test]
fn imports_go_from_websocket_to_network_to_core_to_http_only() {
    let files = sources();
    let layer_of_name = exported_names(&files);
    let mut wrong = Vec::new();
    for file in &files {
        let Some(own) = layer(&file.module) else { continue };
        for path in file.paths() {
            let target = match path.as_slice() {
                [root, name, ..] if root == "crate" => {
                    layer(&path[1..]).or_else(|| layer_of_name.get(name).copied())
                }
                _ => None,
            };
            if target.is_some_and(|target| target > own) {
                wrong.push(format!("{}: {}", file.name, path.join("::")));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn the_protocol_engine_names_no_io_and_nothing_outside_of_itself_and_http() {
    let engine = ["websocket", "protocol"];
    let forbidden = |path: &[String]| match path.first().map(String::as_str) {
        Some("crate") => {
            !path[1..].starts_with(&engine.map(str::to_owned))
                && path.get(1).is_none_or(|name| name != "http")
        }
        Some("mio" | "socket2" | "slotwire") => true,
        // An address is a value; it is written in a Host header.
        Some("std") if path.get(2).is_some_and(|name| name.ends_with("Addr") && name.starts_with("Ip")) => {
            false
        }
        Some("std") => {
            matches!(path.get(1).map(String::as_str), Some("net" | "os" | "thread" | "fs" | "process"))
        }
        _ => false,
    };
    let files = sources();
    let mut seen = 0;
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| file.module.starts_with(&engine.map(str::to_owned))) {
        seen += 1;
        let outside = file.paths().into_iter().filter(|path| forbidden(path));
        wrong.extend(outside.map(|path| format!("{}: {}", file.name, path.join("::"))));
    }
    assert!(seen > 0);
    assert_none(wrong);
}

#[test]
fn the_poller_of_mio_is_named_in_one_file() {
    let names_poll =
        |file: &Source| file.paths().iter().any(|path| path.starts_with(&["mio", "Poll"].map(str::to_owned)));
    let files: Vec<_> = sources().into_iter().filter(names_poll).map(|file| file.name).collect();
    assert_eq!(files, ["core/poller.rs"]);
}

#[test]
fn there_is_no_unsafe_code() {
    assert_none(files_with(|token| token == "unsafe"));
}

#[test]
fn nothing_is_printed() {
    assert_none(files_with(|token| matches!(token, "println" | "eprintln" | "print" | "eprint" | "dbg")));
}

#[test]
fn no_file_is_longer_than_700_lines() {
    let long = |file: &Source| file.text.lines().count() > 700;
    assert_none(sources().iter().filter(|file| long(file)).map(|file| file.name.clone()).collect());
}

#[test]
fn every_folder_says_what_lives_there() {
    let mut wrong = Vec::new();
    for folder in folders(&root()) {
        let is_layer = LAYERS.iter().any(|layer| folder == root().join(layer));
        // A class that needs several files has them in a folder beside its own.
        let beside = folder.with_extension("rs");
        let map = if !is_layer && beside.exists() { beside } else { folder.join("mod.rs") };
        let text = fs::read_to_string(&map).unwrap_or_default();
        let says = if map.ends_with("mod.rs") { text.starts_with("//!") } else { text.contains("//") };
        if !says {
            wrong.push(folder.display().to_string());
        }
    }
    assert!(fs::read_to_string(root().join("lib.rs")).unwrap().starts_with("//!") || lib_doc_is_included());
    assert_none(wrong);
}

#[test]
fn every_test_that_the_page_of_the_architecture_names_is_there() {
    let page = fs::read_to_string(root().join("architecture.rs")).unwrap();
    let is_test = |name: &&str| name.matches('_').count() > 2 && name.bytes().all(is_lower_case);
    let mut tests = String::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for folder in folders(&folder).into_iter().chain([folder]) {
        for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "rs") {
                tests.push_str(&fs::read_to_string(file).unwrap());
            }
        }
    }
    let named: Vec<_> = page.split('`').filter(is_test).collect();
    assert!(named.len() > 10, "{named:?}");
    assert_none(
        named
            .into_iter()
            .filter(|name| !tests.contains(&format!("fn {name}()")))
            .map(str::to_owned)
            .collect(),
    );
}

fn is_lower_case(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'_'
}

#[test]
fn the_reader_of_sources_sees_code_only() {
    let code = code_of(r##"a /* b /* c */ */ "d \" e" r#"f "g"#  'h' '\'' 'i // j"##);
    assert_eq!(tokens(&code), ["a", "'", "i"]);
    let file = Source {
        name: String::new(),
        module: ["x", "y", "z"].map(str::to_owned).into(),
        text: "use super::super::{a, b::{c, self}}; use crate::d; let e = mio::Poll::new();".into(),
    };
    let paths: Vec<_> = file.paths().iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["crate::x::a", "crate::x::b::c", "crate::x::b::self", "crate::d", "mio::Poll::new"]);
}

// ---- reading the sources

struct Source {
    /// Its path below `src`, with slashes.
    name: String,
    /// The module it is.
    module: Vec<String>,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn lib_doc_is_included() -> bool {
    fs::read_to_string(root().join("lib.rs")).unwrap().contains("#![doc = include_str!")
}

fn folders(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(folders(&path));
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let mut all = folders(&root());
    all.push(root());
    let mut found = Vec::new();
    for folder in all {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(Source::read(&path));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn files_with(condition: impl Fn(&str) -> bool) -> Vec<String> {
    let has = |file: &Source| tokens(&code_of(&file.text)).iter().any(|token| condition(token));
    sources().iter().filter(|file| has(file)).map(|file| file.name.clone()).collect()
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn layer(module: &[String]) -> Option<usize> {
    LAYERS.iter().position(|layer| module.first().is_some_and(|first| first == layer))
}

/// The layers of the items that the crate's root may export.
fn exported_names(files: &[Source]) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for file in files {
        let Some(layer) = layer(&file.module) else { continue };
        for window in tokens(&code_of(&file.text)).windows(3) {
            let [visibility, kind, name] = window else { continue };
            let is_item =
                matches!(kind.as_str(), "struct" | "enum" | "trait" | "type" | "fn" | "const" | "static");
            if visibility == "pub" && is_item {
                names.entry(name.clone()).or_insert(layer);
            }
        }
    }
    names
}

impl Source {
    fn read(path: &Path) -> Self {
        let below = path.strip_prefix(root()).unwrap().with_extension("");
        let mut module: Vec<String> =
            below.components().map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        Self { name, module, text: fs::read_to_string(path).unwrap() }
    }

    /// All paths of more than one part in its code, those of `use` trees written out, and `super` resolved.
    fn paths(&self) -> Vec<Vec<String>> {
        let tokens = tokens(&code_of(&self.text));
        let (mut found, mut index) = (Vec::new(), 0);
        while index < tokens.len() {
            let begins =
                is_identifier(&tokens[index]) && tokens.get(index + 1).is_some_and(|next| next == "::");
            if begins {
                index = expand(&tokens, index, &[], &mut found);
            } else {
                index += 1;
            }
        }
        found.into_iter().map(|path| self.resolve(path)).collect()
    }

    fn resolve(&self, path: Vec<String>) -> Vec<String> {
        let ups = path.iter().take_while(|part| *part == "super").count();
        if ups == 0 {
            return path;
        }
        let kept = self.module.len().saturating_sub(ups);
        let above = self.module[..kept].iter().cloned();
        std::iter::once("crate".to_owned()).chain(above).chain(path.into_iter().skip(ups)).collect()
    }
}

/// Writes out the path, or the tree of paths, that begins there; returns where it ends.
fn expand(tokens: &[String], mut index: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.get(index) {
        if token == "{" && path.len() >= prefix.len() {
            index += 1;
            while tokens.get(index).is_some_and(|token| token != "}") {
                let next = expand(tokens, index, &path, found);
                index = next.max(index + 1);
            }
            return index + 1;
        }
        if !is_identifier(token) {
            return index;
        }
        path.push(token.clone());
        index += 1;
        if tokens.get(index).is_none_or(|next| next != "::") {
            found.push(path);
            return index;
        }
        index += 1;
    }
    index
}

fn is_identifier(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Identifiers, `::`, and everything else by the character.
fn tokens(code: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), code);
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            found.push(rest[..length].to_owned());
        }
        rest = &rest[length..];
    }
    found
}

/// The text without comments, strings and characters.
fn code_of(text: &str) -> String {
    let (mut code, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(hashes) = raw_string(rest, &code) {
            let end = format!("\"{}", "#".repeat(hashes));
            let begin = hashes + 2;
            rest[begin..].find(&end).map_or(rest.len(), |index| begin + index + end.len())
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut index) = (0, 0);
    loop {
        let Some(step) = text[index..].find(['/', '*']) else { return text.len() };
        index += step;
        if text[index..].starts_with("/*") {
            depth += 1;
            index += 2;
        } else if text[index..].starts_with("*/") {
            depth -= 1;
            index += 2;
            if depth == 0 {
                return index;
            }
        } else {
            index += 1;
        }
    }
}

/// How many hashes a raw string that begins here has.
fn raw_string(text: &str, before: &str) -> Option<usize> {
    let in_word = before.ends_with(|last: char| (last.is_alphanumeric() || last == '_') && last != 'b');
    let after = text.strip_prefix('r').filter(|_| !in_word)?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// The length of a literal with its quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether a quote begins a character, not a lifetime.
fn is_character(text: &str) -> bool {
    let mut characters = text.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some('\\'), _) => true,
        (Some(_), Some(second)) => second == '\'',
        _ => false,
    }
}
