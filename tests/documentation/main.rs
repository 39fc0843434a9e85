//! The documentation is complete: every type shows how it is used, and every member of Qt's classes is found by its name.
//!
//! `members` holds the crate against the table of Qt's members, `tests/qt-api.tsv`, and makes the pages of the guide of it;
//! `sources` reads the sources. Here is what holds for every item and every page.
#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

mod members;
mod sources;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use sources::{Item, items, named, pages, sources};

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
                if let Some((_, name)) = sources::declared(line).filter(|_| !line.starts_with(' ')) {
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
fn every_class_of_qt_that_the_guide_speaks_of_is_found() {
    let found: HashSet<_> = named().into_iter().flat_map(|named| named.aliases).collect();
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
fn the_map_of_the_tests_names_each_of_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let map = fs::read_to_string(folder.join("README.md")).unwrap();
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let tests = names.filter(|name| name.ends_with(".rs") || folder.join(name).is_dir());
    assert_none(tests.filter(|name| !map.contains(&format!("`{name}`"))).collect());
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
