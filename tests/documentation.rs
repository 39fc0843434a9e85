//! The documentation is complete: every type shows how it is used, and every member of Qt's classes is found by its name.
//!
//! `tests/qt-api.tsv` says what stands for each member of Qt's. After a change to it, this writes the page of the porting
//! guide that is made of it, `src/porting/members.md`:
//!
//! ```text
//! SLOTWIRE_MEMBERS=write cargo test --test documentation page_of_members
//! ```
#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Types, functions, constants, macros, and what a trait asks for. Variants and fields are shown by the example of their type.
#[test]
fn every_public_item_has_an_example() {
    let without = |item: &&Item| !item.doc.iter().any(|line| line.starts_with("```"));
    assert_none(items().iter().filter(without).map(Item::place).collect());
}

#[test]
fn the_reader_of_the_sources_finds_every_kind_of_item() {
    let items = items();
    for expected in [
        "struct WebSocket",
        "enum SslMode",
        "trait Args",
        "fn send_text_message",
        "fn sender",
        // Of a trait.
        "type Ref",
        "fn next_mask",
        // Of a module, of a type, and of a macro's making.
        "const MAX_CONTROL_PAYLOAD_SIZE",
        "const LocalHost",
        "const $name",
    ] {
        let is_it = |item: &Item| format!("{} {}", item.kind, item.name) == expected;
        assert!(items.iter().any(is_it), "{expected}");
    }
}

/// See the comment on the re-exports.
#[test]
fn the_aliases_of_what_is_re_exported_stand_on_the_re_export_too() {
    let (mut declared, mut re_exported) = (Vec::new(), Vec::new());
    for (_, text) in sources() {
        let mut aliases = Vec::new();
        for line in text.lines() {
            if let Some(alias) = line.strip_prefix("#[doc(alias = \"") {
                aliases.push(alias.trim_end_matches("\")]").to_owned());
            } else if let Some(path) = line.strip_prefix("pub use ") {
                let name = path.trim_end_matches(';').rsplit("::").next().unwrap_or_default();
                re_exported.extend(aliases.drain(..).map(|alias| format!("{name}: {alias}")));
            } else if !line.starts_with('#') {
                let aliases = std::mem::take(&mut aliases);
                if let Some((_, name)) = self::declared(line).filter(|_| !line.starts_with(' ')) {
                    declared.extend(aliases.into_iter().map(|alias| format!("{name}: {alias}")));
                }
            }
        }
    }
    assert_none(declared.into_iter().filter(|alias| !re_exported.contains(alias)).collect());
}

#[test]
fn every_function_says_in_a_sentence_what_it_does() {
    let is_sentence = |item: &Item| {
        let summary: Vec<_> = item.doc.iter().take_while(|line| !line.is_empty()).collect();
        summary.last().is_some_and(|end| end.ends_with(['.', ':', '`']))
    };
    let wrong = |item: &Item| item.kind == "fn" && !is_sentence(item);
    assert_none(items().iter().filter(|item| wrong(item)).map(Item::place).collect());
}

#[test]
fn every_example_runs() {
    let mut wrong = Vec::new();
    for item in items() {
        let fences = item.doc.iter().filter(|line| line.starts_with("```"));
        for opened in fences.step_by(2).filter(|fence| **fence != "```" && **fence != "```text") {
            wrong.push(format!("{}: {opened}", item.place()));
        }
    }
    assert_none(wrong);
}

/// A page has room for 94 columns of code; what is wider has to be scrolled.
#[test]
fn no_example_is_wider_than_its_page() {
    let mut wrong = Vec::new();
    let mut look_at = |file: &str, lines: &mut dyn Iterator<Item = (usize, &str)>| {
        let mut in_example = false;
        for (number, line) in lines {
            in_example ^= line.starts_with("```");
            let is_hidden = line == "#" || line.starts_with("# ");
            if in_example && !is_hidden && line.chars().count() > 94 {
                wrong.push(format!("{file}:{number}: {line}"));
            }
        }
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_dir(root.join("src/porting")).unwrap().map(|entry| entry.unwrap().path());
    for page in guide
        .chain([root.join("README.md")])
        .filter(|page| page.extension().is_some_and(|extension| extension == "md"))
    {
        let text = fs::read_to_string(&page).unwrap();
        look_at(&page.display().to_string(), &mut (1..).zip(text.lines()));
    }
    for (file, text) in sources() {
        let comments = (1..).zip(text.lines()).filter_map(|(number, line)| {
            let line = line.trim_start();
            let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
            Some((number, comment.strip_prefix(' ').unwrap_or(comment)))
        });
        look_at(&file, &mut comments.into_iter());
    }
    assert_none(wrong);
}

#[test]
fn every_snippet_of_the_guide_runs() {
    let (mut snippets, mut wrong) = (0, Vec::new());
    for (page, text) in pages() {
        for fence in text.lines().filter(|line| line.starts_with("```")).step_by(2) {
            match fence {
                "```" => snippets += 1,
                "```text" | "```cpp" => {}
                other => wrong.push(format!("{page}: {other}")),
            }
        }
    }
    assert!(snippets > 40, "the reader of the pages finds the snippets");
    assert_none(wrong);
}

#[test]
fn every_member_of_qt_is_found_by_its_name_on_what_stands_for_it() {
    let (aliases, sources) = (aliases(), sources());
    let members = members();
    // An overload may stand for all of its name.
    let stands = |nothing: &Member| {
        let is_same = |other: &&Member| other.class == nothing.class && other.name == nothing.name;
        members.iter().filter(is_same).any(|other| matches!(other.here, Here::Items(_)))
    };
    let mut wrong = Vec::new();
    for member in &members {
        let Member { class, name, .. } = member;
        let has_alias = |file: &str, item: &str| {
            let is_here = |alias: &&Alias| alias.file.starts_with(file) && alias.item == item;
            aliases.iter().filter(is_here).any(|alias| alias.name == *name)
        };
        let is_found_at = |item: &str| {
            let (file, item) = place(item);
            // A constructor is found where its class is.
            let is_called_so = item == *name || member.kind.starts_with("constructor");
            has_alias(file, item) || is_called_so && is_declared(&sources, file, item)
        };
        match member.here {
            Here::Items(items) => {
                let missing = items.split(", ").filter(|item| !is_found_at(item));
                wrong.extend(missing.map(|item| format!("{class}::{name}: `{item}` has no such alias")));
            }
            Here::Nothing(_) if stands(member) => {}
            Here::Nothing(_) => {
                let Some(class @ ("WebSocket" | "WebSocketServer")) = class.strip_prefix('Q') else {
                    continue;
                };
                let (file, _) = place(class);
                let found = aliases.iter().find(|alias| alias.file.starts_with(file) && alias.name == *name);
                wrong.extend(found.map(|alias| format!("{class}::{name} is there: `{}`", alias.item)));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn no_name_of_qt_is_misspelt() {
    let members = members();
    // What is under `protocol` has names of Qt's that are not public as well.
    let is_of_members = |alias: &&Alias| {
        alias.file.starts_with("websocket/") && !alias.file.starts_with("websocket/protocol/")
    };
    let is_known =
        |alias: &&Alias| members.iter().any(|member| member.name == alias.name || member.class == alias.name);
    let aliases = aliases();
    let unknown = aliases.iter().filter(is_of_members).filter(|alias| !is_known(alias));
    assert_none(unknown.map(|alias| format!("{}: `{}`", alias.file, alias.name)).collect());
}

/// The search of the documentation takes `Class::name` for a path, and does not find an alias of that form at all.
#[test]
fn no_alias_is_a_path() {
    let paths = aliases().into_iter().filter(|alias| alias.name.contains("::"));
    assert_none(paths.map(|alias| format!("{}: `{}`", alias.file, alias.name)).collect());
}

#[test]
fn every_class_of_qt_that_the_guide_speaks_of_is_found() {
    let found: HashSet<_> = aliases().into_iter().map(|alias| alias.name).collect();
    let mut names = 0;
    let mut missing = Vec::new();
    for (page, text) in pages() {
        // The first column of the tables: what somebody knows who looks for the second one.
        let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split("` |").next());
        for name in cells.flat_map(|cell| cell.split(|c: char| !c.is_alphanumeric() && c != '_')) {
            if is_of_qt(name) {
                names += 1;
                if !found.contains(name) {
                    missing.push(format!("{page}: `{name}`"));
                }
            }
        }
    }
    assert!(names > 100, "the reader of the pages finds the names");
    assert_none(missing);
}

/// `QFile`, `Q_ENUM`, `qDebug`; and not `Qt` or `QtSql`.
fn is_of_qt(name: &str) -> bool {
    let mut letters = name.chars();
    let is_upper = |letter: Option<char>| letter.is_some_and(|letter| letter.is_uppercase() || letter == '_');
    matches!(letters.next(), Some('Q' | 'q')) && is_upper(letters.next())
}

#[test]
fn the_table_of_members_is_whole() {
    let count = |class: &str| members().iter().filter(|member| member.class == class).count();
    let counts = [
        ("QWebSocket", 75),
        ("QWebSocketServer", 50),
        ("QWebSocketProtocol", 24),
        ("QWebSocketHandshakeOptions", 11),
        ("QWebSocketCorsAuthenticator", 10),
        ("QMaskGenerator", 4),
        ("WebSocket (QML)", 19),
        ("WebSocketServer (QML)", 17),
    ];
    for (class, expected) in counts {
        assert_eq!(count(class), expected, "{class}");
    }
    assert_eq!(members().len(), 210);
}

#[test]
fn the_page_of_members_is_made_of_the_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/porting/members.md");
    let made = page_of_members();
    if std::env::var_os("SLOTWIRE_MEMBERS").is_some_and(|value| value == "write") {
        fs::write(&file, &made).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap().replace('\r', "") == made,
        "src/porting/members.md is not what tests/qt-api.tsv says; this writes it anew:\n\n    \
         SLOTWIRE_MEMBERS=write cargo test --test documentation page_of_members\n"
    );
}

/// A public member of QtWebSockets.
struct Member {
    class: &'static str,
    name: &'static str,
    kind: &'static str,
    here: Here,
}

/// What stands for a member of Qt's here.
enum Here {
    /// Paths, separated by commas.
    Items(&'static str),
    /// Nothing, for that reason.
    Nothing(&'static str),
}

fn members() -> Vec<Member> {
    let lines = include_str!("qt-api.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [class, name, kind, here] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let here = match here.split_once(": ") {
                Some(("absent", reason)) if !reason.is_empty() => Here::Nothing(reason),
                Some(("waits", reason)) if !reason.is_empty() => Here::Nothing(here),
                _ => Here::Items(here),
            };
            Member { class, name, kind, here }
        })
        .collect()
}

/// The text of `src/porting/members.md`.
fn page_of_members() -> String {
    let members = members();
    let link = |item: &str| format!("[`{item}`](crate::{item})");
    let here = |member: &Member| match member.here {
        Here::Items(items) => items.split(", ").map(link).collect::<Vec<_>>().join(", "),
        Here::Nothing(reason) => reason.to_owned(),
    };
    let with_items = members.iter().filter(|member| matches!(member.here, Here::Items(_))).count();
    let waiting = members
        .iter()
        .filter(|member| matches!(member.here, Here::Nothing(r) if r.starts_with("waits")))
        .count();
    let mut page = format!(
        "Every public member of the module `QtWebSockets` of Qt 6.12, and what stands for it here.\n\n\
         Of {} members, {with_items} have a counterpart{}, and the others are what Rust has anyway or belong to QML.\n\
         The search of this documentation finds each by its name in Qt.\n\n\
         This page is made by a test, from the table by which it also checks the crate.\n",
        members.len(),
        match waiting {
            0 => String::new(),
            some => format!(", {some} wait"),
        },
    );
    for of_class in members.chunk_by(|a, b| a.class == b.class) {
        let _ = write!(page, "\n# `{}`\n\n", of_class[0].class);
        let first = here(&of_class[0]);
        if of_class.iter().all(|member| here(member) == first) {
            let names: Vec<_> = of_class.iter().map(|member| format!("`{}`", member.name)).collect();
            let _ = writeln!(page, "Nothing stands for these ({first}): {}.", names.join(", "));
            continue;
        }
        page.push_str("| Qt | | here |\n|---|---|---|\n");
        for member in of_class {
            let _ = writeln!(page, "| `{}` | {} | {} |", member.name, member.kind, here(member));
        }
    }
    page.push_str(
        "\nThe examples `qml_websocket_client` and `qml_websocket_server` are Qt's examples of these two, without QML.\n",
    );
    page
}

/// Where an item is, below `src`, and its own name.
fn place(item: &str) -> (&'static str, &str) {
    let (class, name) = item.split_once("::").unwrap_or((item, item));
    let file = match class {
        "WebSocket" => "websocket/web_socket/",
        "WebSocketServer" | "SslMode" => "websocket/web_socket_server/",
        "Version" => "websocket/protocol/version.rs",
        "CloseCode" => "websocket/protocol/close_code.rs",
        "HandshakeOptions" => "websocket/handshake_options.rs",
        "CorsAuthenticator" => "websocket/cors_authenticator.rs",
        "MaskGenerator" => "websocket/mask_generator.rs",
        other => panic!("nobody knows where `{other}` is"),
    };
    (file, name)
}

/// Whether a function or a type of that name is declared in that file, or below that folder.
fn is_declared(sources: &[(String, String)], place: &str, name: &str) -> bool {
    let is_declaration = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("pub ").unwrap_or(line);
        let line = line.strip_prefix("const ").unwrap_or(line);
        let declared = ["fn ", "struct ", "enum ", "trait "].iter().find_map(|kind| line.strip_prefix(kind));
        let rest = declared.and_then(|declared| declared.strip_prefix(name));
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let here = sources.iter().filter(|(file, _)| file.starts_with(place));
    here.flat_map(|(_, text)| text.lines()).any(is_declaration)
}

// ---- reading the sources

/// A public item with what is written above it.
struct Item {
    file: String,
    line: usize,
    kind: String,
    name: String,
    doc: Vec<String>,
}

impl Item {
    fn place(&self) -> String {
        format!("{}:{}: {} {}", self.file, self.line, self.kind, self.name)
    }
}

/// All items that are declared `pub`, but for what is in a module of its own within a file; and those of traits.
fn items() -> Vec<Item> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let (mut doc, mut in_attribute, mut in_trait, mut is_exported) = (Vec::new(), false, false, false);
        for (index, line) in text.lines().enumerate() {
            let code = line.trim();
            if let Some(comment) = code.strip_prefix("///") {
                doc.push(comment.strip_prefix(' ').unwrap_or(comment).to_owned());
            } else if in_attribute || code.starts_with("#[") {
                in_attribute = !code.ends_with(']');
                is_exported |= code == "#[macro_export]";
            } else {
                let doc = std::mem::take(&mut doc);
                let of_trait = || in_trait.then(|| of_trait(line)).flatten();
                let exported = || is_exported.then(|| macro_name(line)).flatten();
                if let Some((kind, name)) = declared(line).or_else(of_trait).or_else(exported) {
                    in_trait |= kind == "trait";
                    found.push(Item { file: file.clone(), line: index + 1, kind, name, doc });
                }
                in_trait &= line != "}";
                is_exported = false;
            }
        }
    }
    assert!(found.len() > 300, "the reader of the sources finds the items");
    found
}

/// The kind and the name of the public item that is declared on this line.
fn declared(line: &str) -> Option<(String, String)> {
    let (kind, name) = kind_and_name(line.trim().strip_prefix("pub ")?)?;
    // A nested type is one of a private module.
    let is_item = matches!(kind.as_str(), "fn" | "const") || !line.starts_with(' ');
    is_item.then_some((kind, name))
}

/// The kind and the name of the item that a trait declares on this line.
fn of_trait(line: &str) -> Option<(String, String)> {
    kind_and_name(line.strip_prefix("    ").filter(|line| !line.starts_with(' '))?)
}

fn macro_name(line: &str) -> Option<(String, String)> {
    let name = line.trim().strip_prefix("macro_rules! ")?.split(' ').next()?;
    Some(("macro".to_owned(), name.to_owned()))
}

fn kind_and_name(declaration: &str) -> Option<(String, String)> {
    let mut words = declaration.split([' ', '(', '<', ':', ';', '{']);
    let (mut kind, mut name) = (words.next()?, words.next()?);
    if kind == "const" && name == "fn" {
        (kind, name) = (name, words.next()?);
    }
    let kinds = ["fn", "const", "static", "struct", "enum", "trait", "union", "type"];
    kinds.contains(&kind).then(|| (kind.to_owned(), name.to_owned()))
}

/// A search alias, and the item or variant that it stands on.
struct Alias {
    file: String,
    item: String,
    name: String,
}

fn aliases() -> Vec<Alias> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (index, line) in lines.iter().enumerate() {
            // One, `alias = "…"`, or several, `alias("…", "…")`.
            let Some(names) = line.strip_prefix("#[doc(alias") else { continue };
            let code = lines[index..].iter().find(|line| !line.starts_with(['#', '/'])).unwrap();
            let words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
            let keywords = ["pub", "const", "fn", "enum", "struct", "trait"];
            let item = words.into_iter().find(|word| !keywords.contains(word)).unwrap().to_owned();
            for name in names.split('"').skip(1).step_by(2).map(str::to_owned) {
                found.push(Alias { file: file.clone(), item: item.clone(), name });
            }
        }
    }
    found
}

#[test]
fn the_map_of_the_tests_names_each_of_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let map = fs::read_to_string(folder.join("README.md")).unwrap();
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let tests = names.filter(|name| name.ends_with(".rs") || folder.join(name).is_dir());
    assert_none(tests.filter(|name| !map.contains(&format!("`{name}`"))).collect());
}

/// The pages of the guide: their names and texts.
fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/porting");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

/// The paths below `src`, with slashes, and the texts.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
