//! The rules of the house that the compiler does not know: imports go one way, and what is kept in one place stays there.
#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

mod circles;
mod code;
mod modules;

use circles::{Graph, Knot};
use code::tokens;
use modules::{Crate, File, Purpose, folders, root};

/// A part of the crate: the files whose path begins so, and the layers that they may import besides their own.
struct Layer {
    path: &'static str,
    below: &'static [&'static str],
}

/// The layers, the lowest first. A file belongs to the layer of the longest path that its own begins with.
const LAYERS: [Layer; 7] = [
    Layer { path: "http/", below: &[] },
    Layer { path: "error/", below: &[] },
    Layer { path: "core/", below: &["error/"] },
    Layer { path: "network/", below: &["http/", "error/", "core/"] },
    Layer { path: "websocket/protocol/", below: &["http/"] },
    Layer { path: "websocket/", below: &["http/", "error/", "core/", "network/", "websocket/protocol/"] },
    Layer {
        path: "lib.rs",
        below: &["http/", "error/", "core/", "network/", "websocket/protocol/", "websocket/"],
    },
];

/// Pages of the documentation: prose, which imports nothing and which nothing imports.
const PAGES: [&str; 3] = ["architecture.rs", "differences.rs", "porting/"];

/// Files that may import each other in a circle, and why.
struct Group {
    files: &'static [&'static str],
    reason: &'static str,
}

const GROUPS: [Group; 6] = [
    Group {
        files: &[
            "core/handle.rs",
            "core/object_table.rs",
            "core/object_data.rs",
            "core/signal.rs",
            "core/slot_list.rs",
            "core/connection.rs",
        ],
        reason: "the object model: an object holds signals, and a connection of a signal holds objects",
    },
    Group { files: &["network/socket_engine.rs", "network/socket_engine/"], reason: A_CLASS },
    Group { files: &["network/host_info.rs", "network/host_info/"], reason: A_CLASS },
    Group { files: &["network/ssl/x509.rs", "network/ssl/x509/"], reason: A_CLASS },
    Group { files: &["websocket/web_socket/"], reason: A_CLASS },
    Group { files: &["websocket/web_socket_server/"], reason: A_CLASS },
];

const A_CLASS: &str = "a class and its own files";

#[test]
fn every_file_of_the_crate_belongs_to_a_layer_or_is_a_page() {
    let has_place = |file: &File| layer_of(file).is_some() != is_page(file);
    let all = Crate::read();
    assert_none(all.files.iter().filter(|file| !has_place(file)).map(|file| file.name.clone()).collect());
    for layer in &LAYERS {
        assert!(all.files.iter().any(|file| file.name.starts_with(layer.path)), "{}", layer.path);
    }
}

#[test]
fn a_page_of_the_documentation_imports_nothing_and_is_not_imported() {
    let all = Crate::read();
    let wrong = imports(all).filter(|(from, _, to)| is_page(from) || is_page(to));
    assert_none(wrong.map(|(from, path, _)| format!("{}: {path}", from.name)).collect());
}

#[test]
fn a_file_imports_its_own_layer_and_those_below() {
    let all = Crate::read();
    let is_wrong = |from: &File, to: &File| match (layer_of(from), layer_of(to)) {
        (Some(own), Some(other)) => own.path != other.path && !own.below.contains(&other.path),
        _ => false,
    };
    let wrong = imports(all).filter(|(from, _, to)| is_wrong(from, to));
    assert_none(
        wrong.map(|(from, path, to)| format!("{}: {path}, which is in {}", from.name, to.name)).collect(),
    );
}

#[test]
fn the_files_of_a_layer_form_no_circle() {
    let all = Crate::read();
    let knots = Graph::of(all).knots(group_of);
    assert_none(knots.iter().map(describe).collect());
}

#[test]
fn each_group_that_may_form_a_circle_does() {
    let all = Crate::read();
    let graph = Graph::of(all);
    for (index, group) in GROUPS.iter().enumerate() {
        assert!(!group.reason.is_empty());
        for path in group.files {
            assert!(all.files.iter().any(|file| file.name.starts_with(path)), "{path} is no file");
        }
        // Each file outside of the group stands alone.
        let knots = graph.knots(|file| group_of(file).filter(|group| *group != index));
        let circles = |knot: &Knot| knot.files.iter().any(|file| group_of(file) == Some(index));
        assert!(knots.iter().any(circles), "{:?} are free of circles: strike them from GROUPS", group.files);
    }
}

fn describe(knot: &Knot) -> String {
    format!(
        "{} files import each other: {}\n  the shortest circle:\n{}",
        knot.files.len(),
        knot.files.join(" "),
        knot.shortest
    )
}

fn layer_of(file: &File) -> Option<&'static Layer> {
    let layers = LAYERS.iter().filter(|layer| file.name.starts_with(layer.path));
    layers.max_by_key(|layer| layer.path.len())
}

fn is_page(file: &File) -> bool {
    PAGES.iter().any(|page| file.name.starts_with(page))
}

fn group_of(file: &str) -> Option<usize> {
    GROUPS.iter().position(|group| group.files.iter().any(|path| file.starts_with(path)))
}

/// The imports of one file from another, but for those of the root's declarations and of tests.
fn imports(all: &Crate) -> impl Iterator<Item = (&File, String, &File)> {
    all.files.iter().enumerate().flat_map(move |(index, file)| {
        let imports = all.imports(index).into_iter().filter(|import| import.purpose != Purpose::Test);
        imports.map(move |import| (file, import.path, &all.files[import.file]))
    })
}

/// What is handed in to who knows no system: the time, and chance.
#[test]
fn http_and_the_protocol_engine_do_no_io_and_read_neither_clock_nor_chance() {
    let all = Crate::read();
    let is_pure =
        |file: &File| ["http/", "websocket/protocol/"].iter().any(|path| file.name.starts_with(path));
    let mut wrong = Vec::new();
    for (index, file) in all.files.iter().enumerate().filter(|(_, file)| is_pure(file)) {
        let paths = all.paths(index).into_iter().filter(|(_, purpose)| *purpose != Purpose::Test);
        let outside: HashSet<_> = paths.map(|(path, _)| path).filter(|path| is_impure(path)).collect();
        wrong.extend(outside.into_iter().map(|path| format!("{}: {}", file.name, path.join("::"))));
    }
    assert_none(wrong);
}

fn is_impure(path: &[String]) -> bool {
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["mio" | "socket2" | "slotwire" | "getrandom" | "parking_lot", ..] => true,
        // An address is a value; it is written in a Host header.
        ["std", "net", "IpAddr" | "Ipv4Addr" | "Ipv6Addr", ..] => false,
        ["std", "net" | "os" | "thread" | "fs" | "process" | "env", ..] => true,
        ["std", "time", "Instant" | "SystemTime", "now"] => true,
        ["std", "io", "stdin" | "stdout" | "stderr", ..] => true,
        _ => false,
    }
}

#[test]
fn the_poller_of_mio_is_named_in_one_file() {
    let all = Crate::read();
    let names_poll = |index: &usize| {
        let mut paths = all.paths(*index).into_iter();
        paths.any(|(path, _)| path.starts_with(&["mio", "Poll"].map(str::to_owned)))
    };
    let files: Vec<_> = (0..all.files.len()).filter(names_poll).map(|index| &all.files[index].name).collect();
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

/// Comments say what a thing is or does: "The number of living objects", "Returns whether it is open", not "How many objects
/// are alive", "Whether it is open".
#[test]
fn no_comment_begins_with_a_question_word() {
    let words =
        ["How", "What", "Whatever", "Where", "Whether", "Which", "Who", "Whoever", "Whom", "Whose", "Why"];
    let mut wrong = Vec::new();
    for file in &Crate::read().files {
        let mut is_first = true;
        for (number, line) in (1..).zip(file.text.lines()) {
            let comment =
                line.trim().strip_prefix("//").map(|comment| comment.trim_start_matches(['/', '!']).trim());
            let first_word = comment.and_then(|comment| comment.split(' ').next()).unwrap_or_default();
            if is_first && words.contains(&first_word) {
                wrong.push(format!("{}:{number}: {}", file.name, line.trim()));
            }
            is_first = comment.is_none_or(str::is_empty);
        }
    }
    assert_none(wrong);
}

#[test]
fn a_path_goes_up_one_folder_at_most() {
    let goes_up_twice =
        |file: &&File| tokens(&file.text).windows(3).any(|path| path == ["super", "::", "super"]);
    assert_none(Crate::read().files.iter().filter(goes_up_twice).map(|file| file.name.clone()).collect());
}

#[test]
fn no_file_is_longer_than_700_lines() {
    let long = |file: &&File| file.text.lines().count() > 700;
    assert_none(Crate::read().files.iter().filter(long).map(|file| file.name.clone()).collect());
}

#[test]
fn every_folder_says_what_lives_there() {
    let mut wrong = Vec::new();
    for folder in folders(&root()) {
        let is_layer = LAYERS.iter().any(|layer| folder == root().join(layer.path));
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

/// Files and folders in backticks, from the root of the repository or from `src`; and the tree of the layers.
#[test]
fn every_path_that_the_architecture_and_the_guide_to_contributing_name_is_there() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_there = |path: &str| repository.join(path).exists() || root().join(path).exists();
    let is_path = |word: &&str| {
        let is_of_path = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
        let is_one = word.contains('/') || word.ends_with(".rs") && *word != "mod.rs";
        is_one && word.bytes().all(is_of_path)
    };
    let mut missing = Vec::new();
    for page in ["src/architecture.rs", "CONTRIBUTING.md", "src/core/mod.rs"] {
        let text = fs::read_to_string(repository.join(page)).unwrap();
        let paths: Vec<_> = text.split('`').filter(is_path).collect();
        assert!(!paths.is_empty() || page == "src/core/mod.rs", "{page}");
        let gone = paths.into_iter().filter(|path| !is_there(path));
        missing.extend(gone.map(|path| format!("{page}: {path}")));
    }
    let page = fs::read_to_string(root().join("architecture.rs")).unwrap();
    let tree = page.split("//! ```").nth(1).unwrap();
    let mut folders: Vec<&str> = Vec::new();
    for line in tree.lines().skip(1).filter_map(|line| line.strip_prefix("//! ")) {
        let names = line.trim_start();
        folders.truncate((line.len() - names.len()) / 2);
        let parent = folders.iter().fold(root(), |path, folder| path.join(folder));
        for name in names.split("  ").next().unwrap_or_default().split(", ") {
            if !parent.join(name).exists() && !parent.join(format!("{name}.rs")).exists() {
                missing.push(format!("the tree of the layers: {}", parent.join(name).display()));
            }
            folders.push(name);
        }
    }
    assert!(tree.lines().count() > 10, "{tree}");
    assert_none(missing);
}

fn is_lower_case(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'_'
}

#[test]
fn the_reader_of_sources_sees_code_only() {
    let code = r###"a /* b /* c */ */ "d \" e" r#"f "g"#  'h' '\'' 'i // j"###;
    assert_eq!(tokens(code), ["a", "'", "i"]);
}

#[test]
fn an_import_leads_to_the_file_that_defines_the_name() {
    let all = crate_of(&[
        ("lib.rs", "mod low; mod high; pub use high::*; pub use low::{one::One, Two as Zwei};"),
        ("low/mod.rs", "mod one; mod two; pub use two::Two;"),
        ("low/one.rs", "pub struct One; impl One { fn three() {} }"),
        ("low/two.rs", "pub struct Two; macro_rules! textual { () => { $crate::high::deep::Deep } }"),
        ("high.rs", "mod deep; pub use deep::Deep; pub fn three() {}"),
        ("high/deep.rs", "pub struct Deep;"),
        ("user.rs", USER),
    ]);
    let user = all.files.iter().position(|file| file.name == "user.rs").unwrap();
    let import = |path: &str| {
        let path: Vec<_> = path.split("::").map(str::to_owned).collect();
        all.file_of(&path).map_or("", |file| all.files[file].name.as_str())
    };
    assert_eq!(import("crate::One::three"), "low/one.rs");
    assert_eq!(import("crate::Zwei"), "low/two.rs");
    assert_eq!(import("crate::low::Two"), "low/two.rs");
    assert_eq!(import("crate::Deep"), "high/deep.rs");
    assert_eq!(import("crate::three"), "high.rs");
    let mut found: Vec<_> = all
        .imports(user)
        .into_iter()
        .map(|import| (all.files[import.file].name.clone(), import.purpose as u8))
        .collect();
    found.sort();
    let expected = [("high.rs", 2), ("high/deep.rs", 1), ("low/one.rs", 0), ("low/two.rs", 0)];
    assert_eq!(found, expected.map(|(name, purpose)| (name.to_owned(), purpose)));
}

const USER: &str = "
    use crate::One as First;
    pub use crate::Deep;
    #[cfg(test)]
    mod tests { use super::*; use super::super::three; }
    fn f() -> First { textual!() }
";

#[test]
fn the_shortest_circle_is_found_by_whatever_name_it_imports() {
    let sources = [
        ("lib.rs", "mod a; pub use a::*;"),
        ("a/mod.rs", "mod x; mod y; mod z; pub use {x::X, y::Y, z::Z}; "),
        ("a/x.rs", "use super::Y; pub struct X(Y);"),
        ("a/y.rs", "pub struct Y; fn f() { crate::Z::new() }"),
        ("a/z.rs", "use super::*; pub struct Z; fn f(_: X) {}"),
    ];
    let all = crate_of(&sources);
    let [knot] = &Graph::of(&all).knots(|_| None)[..] else { panic!("one knot") };
    assert_eq!(knot.files, ["a/x.rs", "a/y.rs", "a/z.rs"]);
    let circle = "    a/x.rs -> a/y.rs: crate::a::Y\n    a/y.rs -> a/z.rs: crate::Z::new\n    a/z.rs -> a/x.rs: crate::a::X";
    assert_eq!(knot.shortest, circle);
    assert!(Graph::of(&all).knots(|file| file.starts_with("a/").then_some(0)).is_empty());
    let without = sources.map(|(name, text)| (name, text.replace("_: X", "_: u8")));
    let without: Vec<_> = without.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert!(Graph::of(&crate_of(&without)).knots(|_| None).is_empty());
}

fn crate_of(sources: &[(&str, &str)]) -> Crate {
    Crate::of(sources.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect())
}

fn lib_doc_is_included() -> bool {
    fs::read_to_string(root().join("lib.rs")).unwrap().contains("#![doc = include_str!")
}

fn files_with(condition: impl Fn(&str) -> bool) -> Vec<String> {
    let has = |file: &File| tokens(&file.text).iter().any(|token| condition(token));
    Crate::read().files.iter().filter(|file| has(file)).map(|file| file.name.clone()).collect()
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
