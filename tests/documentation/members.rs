//! Every public member of Qt's classes has something that stands for it, found by its name, or a reason why it has not.
//!
//! `tests/qt-api.tsv` says what stands for each. After a change to it, this writes the pages of the porting guide that are made
//! of it, `src/porting/members*.md`:
//!
//! ```text
//! SLOTWIRE_MEMBERS=write cargo test --test documentation pages_of_members
//! ```

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::assert_none;
use crate::sources::{Named, named};

/// A module of Qt, the page of the guide that has its members, and the number of members of each of its classes.
struct Module {
    name: &'static str,
    page: &'static str,
    classes: &'static [(&'static str, usize)],
}

const MODULES: &[Module] = &[
    Module {
        name: "QtWebSockets",
        page: "members_websockets",
        classes: &[
            ("QWebSocketProtocol", 24),
            ("QMaskGenerator", 4),
            ("QWebSocketCorsAuthenticator", 10),
            ("QWebSocketHandshakeOptions", 11),
            ("QWebSocket", 75),
            ("QWebSocketServer", 50),
            ("WebSocket (QML)", 19),
            ("WebSocketServer (QML)", 17),
        ],
    },
    Module {
        name: "QtCore",
        page: "members_core",
        classes: &[
            ("QObject", 50),
            ("QTimer", 24),
            ("QEventLoop", 19),
            ("QThread", 49),
            ("QCoreApplication", 55),
            ("QSocketNotifier", 14),
            ("QSignalSpy", 11),
            ("QSignalBlocker", 7),
        ],
    },
    Module {
        name: "QtNetwork",
        page: "members_network",
        classes: &[
            ("QIODeviceBase", 12),
            ("QIODevice", 54),
            ("QAbstractSocket", 119),
            ("QTcpSocket", 3),
            ("QTcpServer", 27),
            ("QHostAddress", 51),
            ("QHostInfo", 26),
            ("QNetworkProxy", 47),
            ("QNetworkRequest", 111),
            ("QHttpHeaders", 38),
            ("QNetworkCookie", 36),
            ("QAuthenticator", 18),
            ("QSslSocket", 86),
            ("QSsl", 98),
            ("QSslConfiguration", 72),
            ("QSslCertificate", 50),
            ("QSslKey", 16),
            ("QSslError", 49),
            ("QSslCipher", 16),
            ("QSslPreSharedKeyAuthenticator", 14),
        ],
    },
];

#[test]
fn every_member_of_qt_is_found_by_its_name_on_what_stands_for_it() {
    let named = named();
    let is_found_at = |member: &Member, path: &str| {
        let (owner, name) = match path.split_once("::") {
            Some((owner, name)) => (Some(owner), name),
            None => (None, path),
        };
        let mut items = named.iter().filter(|item| item.owner.as_deref() == owner && item.name == name);
        // A constructor is found where its class is.
        let by_class = name == member.name || member.kind.starts_with("constructor");
        items.any(|item| by_class || item.aliases.iter().any(|alias| alias == member.name))
    };
    let mut wrong = Vec::new();
    for member in members() {
        let missing = member.items().filter(|item| !is_found_at(&member, item));
        wrong.extend(
            missing.map(|item| format!("{}::{}: `{item}` has no such alias", member.class, member.name)),
        );
    }
    assert_none(wrong);
}

/// An overload may stand for all of its name.
#[test]
fn what_a_reason_names_is_there() {
    let named = named();
    let is_there = |path: &str| {
        let (owner, name) = path.split_once("::").unwrap_or_default();
        named.iter().any(|item| item.owner.as_deref() == Some(owner) && item.name == name)
    };
    let mut wrong = Vec::new();
    for member in members() {
        let paths = member.remark().split('`').skip(1).step_by(2).filter(|code| is_path(code));
        let missing = paths.filter(|path| !is_there(path));
        wrong.extend(missing.map(|path| format!("{}::{}: no `{path}`", member.class, member.name)));
    }
    assert_none(wrong);
}

#[test]
fn no_member_that_is_there_has_a_reason_not_to_be() {
    let (named, members) = (named(), members());
    let there: HashSet<_> = members
        .iter()
        .filter(|member| member.items().next().is_some())
        .map(|member| (member.class, member.name))
        .collect();
    let mut wrong = Vec::new();
    for Member { class, name, .. } in &members {
        let owner = Some(type_of(class)).filter(|_| !there.contains(&(*class, *name)));
        let is_it = |item: &&Named| {
            item.owner.as_deref() == owner
                && owner.is_some()
                && item.aliases.iter().any(|alias| alias == name)
        };
        wrong.extend(
            named.iter().find(is_it).map(|item| format!("{class}::{name} is there: `{}`", item.name)),
        );
    }
    assert_none(wrong);
}

/// The type that has the methods of a class of Qt's.
fn type_of(class: &str) -> &str {
    match class {
        "QCoreApplication" => "Application",
        "QAbstractSocket" | "QIODevice" => "TcpSocket",
        "QWebSocketCorsAuthenticator" | "QWebSocketHandshakeOptions" => &class["QWebSocket".len()..],
        _ => class.strip_prefix('Q').unwrap_or("none, it is of QML"),
    }
}

#[test]
fn no_name_of_qt_is_misspelt() {
    let members = members();
    // What is under `protocol` has names of Qt's that are not public as well.
    let is_of_members = |item: &&Named| {
        let is_of_websocket =
            item.file.starts_with("websocket/") && !item.file.starts_with("websocket/protocol/");
        is_of_websocket || item.file.starts_with("network/")
    };
    let is_known = |alias: &String| {
        // `QCryptographicHash::Algorithm`
        alias == "Algorithm" || members.iter().any(|member| member.name == alias || member.class == alias)
    };
    let mut wrong = Vec::new();
    for item in named().iter().filter(is_of_members) {
        let unknown = item.aliases.iter().filter(|alias| !is_known(alias));
        wrong.extend(unknown.map(|alias| format!("{}: `{alias}`", item.file)));
    }
    assert_none(wrong);
}

/// The search of the documentation takes `Class::name` for a path, and does not find an alias of that form at all.
#[test]
fn no_alias_is_a_path() {
    let is_path = |item: &Named| item.aliases.iter().any(|alias| alias.contains("::"));
    let paths = named().into_iter().filter(is_path);
    assert_none(paths.map(|item| format!("{}: {:?}", item.file, item.aliases)).collect());
}

#[test]
fn the_table_of_members_is_whole() {
    let members = members();
    let mut expected = Vec::new();
    for module in MODULES {
        expected.extend(module.classes);
    }
    let of_classes = members.chunk_by(|a, b| a.class == b.class);
    let counts: Vec<_> = of_classes.map(|of_class| (of_class[0].class, of_class.len())).collect();
    assert_eq!(counts, expected, "the classes, and how many members each has, in their order");
}

#[test]
fn each_member_has_an_item_or_a_reason() {
    let has_neither = |member: &Member| member.items().next().is_none() && member.remark().is_empty();
    let without = members().into_iter().filter(has_neither);
    assert_none(without.map(|member| format!("{}::{}", member.class, member.name)).collect());
}

#[test]
fn the_table_names_no_member_twice() {
    let mut seen = HashSet::new();
    let twice = members().into_iter().filter(|member| !seen.insert((member.class, member.name, member.kind)));
    assert_none(twice.map(|member| format!("{}::{}, {}", member.class, member.name, member.kind)).collect());
}

#[test]
fn the_pages_of_members_are_made_of_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/porting");
    let is_to_be_written = std::env::var_os("SLOTWIRE_MEMBERS").is_some_and(|value| value == "write");
    for module in MODULES {
        let (file, made) = (folder.join(module.page).with_extension("md"), page_of_members(module));
        if is_to_be_written {
            fs::write(&file, &made).unwrap();
        }
        assert!(
            fs::read_to_string(&file).unwrap().replace('\r', "") == made,
            "{} is not what tests/qt-api.tsv says; this writes it anew:\n\n    \
             SLOTWIRE_MEMBERS=write cargo test --test documentation pages_of_members\n",
            file.display(),
        );
    }
}

/// A public member of one of Qt's classes.
struct Member {
    class: &'static str,
    name: &'static str,
    kind: &'static str,
    here: Here,
}

/// What stands for a member of Qt's here.
enum Here {
    /// Paths, separated by commas, and what is to be said about them.
    Items(&'static str, Option<&'static str>),
    /// Nothing, for that reason.
    Nothing(&'static str),
}

impl Member {
    /// The paths of what stands for it.
    fn items(&self) -> impl Iterator<Item = &'static str> + use<> {
        let items = match self.here {
            Here::Items(items, _) => items,
            Here::Nothing(_) => "",
        };
        items.split(", ").filter(|item| !item.is_empty())
    }

    /// The reason why there is nothing, or what is to be said about what is there.
    fn remark(&self) -> &'static str {
        match self.here {
            Here::Items(_, remark) => remark.unwrap_or_default(),
            Here::Nothing(reason) => reason,
        }
    }
}

/// Whether this is `Timer::start`, and not `std::env::args` or `Box::new(…)`.
fn is_path(code: &str) -> bool {
    let is_name = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_path = |(owner, name): (&str, &str)| {
        owner.starts_with(|c: char| c.is_uppercase()) && is_name(owner) && is_name(name)
    };
    code.split_once("::").is_some_and(is_path)
}

fn members() -> Vec<Member> {
    let lines = include_str!("../qt-api.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [class, name, kind, here] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let here = match here.split_once(": ") {
                Some(("absent", reason)) if !reason.is_empty() => Here::Nothing(reason),
                _ => match here.split_once("; ") {
                    Some((items, remark)) => Here::Items(items, Some(remark)),
                    None => Here::Items(here, None),
                },
            };
            Member { class, name, kind, here }
        })
        .collect()
}

// ---- the pages

/// The text of a module's page: a section for each class, with a table of what is there, and one of what is not.
fn page_of_members(module: &Module) -> String {
    let members = members();
    let is_of_module = |member: &&Member| module.classes.iter().any(|(class, _)| *class == member.class);
    let of_module: Vec<_> = members.iter().filter(is_of_module).collect();
    let with_items = of_module.iter().filter(|member| member.items().next().is_some()).count();
    let mut page = format!(
        "Every public member of the classes of `{}` in Qt 6.12, and what stands for it here.\n\n\
         Of {} members, {with_items} have a counterpart; for each of the others there is the reason.\n\
         The search of this documentation finds each by its name in Qt.\n\n\
         This page is made by a test, from the table by which it also checks the crate.\n",
        module.name,
        of_module.len(),
    );
    for of_class in of_module.chunk_by(|a, b| a.class == b.class) {
        let _ = write!(page, "\n# `{}`\n", of_class[0].class);
        write_items(&mut page, of_class);
        write_reasons(&mut page, of_class);
    }
    page
}

fn write_items(page: &mut String, of_class: &[&Member]) {
    let mut title = "\n| Qt | | here |\n|---|---|---|\n";
    for member in of_class {
        if let Here::Items(_, remark) = member.here {
            let items = member.items().map(link).collect::<Vec<_>>().join(", ");
            let remark = remark.map(|remark| format!("; {}", linked(remark))).unwrap_or_default();
            let _ = writeln!(page, "{title}| `{}` | {} | {items}{remark} |", member.name, member.kind);
            title = "";
        }
    }
}

/// A line for each reason, with all that it is given for.
fn write_reasons(page: &mut String, of_class: &[&Member]) {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for member in of_class {
        if let Here::Nothing(reason) = member.here {
            let name = format!("`{}`", member.name);
            match reasons.iter_mut().find(|(of, _)| *of == reason) {
                Some((_, names)) if names.contains(&name) => {}
                Some((_, names)) => names.push(name),
                None => reasons.push((reason, vec![name])),
            }
        }
    }
    let mut title = "\n| not here | instead, or why |\n|---|---|\n";
    for (reason, names) in reasons {
        let _ = writeln!(page, "{title}| {} | {} |", names.join(", "), linked(reason));
        title = "";
    }
}

/// The text with links from the paths in it.
fn linked(text: &str) -> String {
    let mut linked = String::new();
    for (index, part) in text.split('`').enumerate() {
        let _ = match index % 2 {
            0 => write!(linked, "{part}"),
            _ if is_path(part) => write!(linked, "{}", link(part)),
            _ if part.starts_with("std::") && is_name_of_std(part) => write!(linked, "[`{part}`]"),
            _ => write!(linked, "`{part}`"),
        };
    }
    linked
}

fn is_name_of_std(code: &str) -> bool {
    code.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':')
}

fn link(item: &str) -> String {
    let (class, name) = item.split_once("::").unwrap_or((item, ""));
    // Not on each system, so the compiler of the documentation does not know them everywhere.
    let part = match (class, name) {
        ("SocketNotifier", "") => String::new(),
        ("SocketNotifier", _) => format!("#method.{name}"),
        ("SocketOption", "KeepAliveIdle" | "KeepAliveInterval" | "KeepAliveCount") => {
            format!("#associatedconstant.{name}")
        }
        _ => return format!("[`{item}`](crate::{item})"),
    };
    format!("[`{item}`](../../struct.{class}.html{part})")
}
