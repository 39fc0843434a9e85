//! Reading the sources: the public items, the names of Qt's on them, and the pages of the guide.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, mem};

/// A public item with what is written above it.
pub(crate) struct Item {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) doc: Vec<String>,
}

impl Item {
    pub(crate) fn place(&self) -> String {
        format!("{}:{}: {} {}", self.file, self.line, self.kind, self.name)
    }
}

/// All items that are declared `pub`, but for what is in a module of its own within a file; and those of traits.
pub(crate) fn items() -> Vec<Item> {
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
                let doc = mem::take(&mut doc);
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
pub(crate) fn declared(line: &str) -> Option<(String, String)> {
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
    // The functions that a macro makes are declared where it is called.
    let is_pattern = kind == "fn" && name.starts_with('$');
    (kinds.contains(&kind) && !is_pattern).then(|| (kind.to_owned(), name.to_owned()))
}

/// An item that has a name of its own or of Qt's: of a module, of a type or trait, or of a macro's making.
pub(crate) struct Named {
    pub(crate) file: String,
    /// The type that it belongs to; `None` for what stands by itself.
    pub(crate) owner: Option<String>,
    pub(crate) name: String,
    /// The search aliases that stand on it.
    pub(crate) aliases: Vec<String>,
}

/// The top-level block that a line is in, as far as it says who owns what is in it.
enum Block {
    /// An inherent `impl` or a `struct`: what is public says so.
    OfType(String),
    /// An `enum`, a `trait`, or the `impl` of one, where all is public; or what a macro makes for a type.
    Open(Option<String>),
    /// A `macro_rules!` of that name.
    Macro(String),
    Other,
}

/// The public items with their owners, and all that have aliases.
pub(crate) fn named() -> Vec<Named> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let (mut block, mut aliases, mut made_by) = (Block::Other, Vec::new(), HashMap::new());
        for line in text.lines() {
            let code = line.trim();
            if let Some(names) = code.strip_prefix("#[doc(alias") {
                // One, `alias = "…"`, or several, `alias("…", "…")`.
                aliases.extend(names.split('"').skip(1).step_by(2).map(str::to_owned));
                continue;
            }
            if code.is_empty() || code.starts_with(['#', '/', '}']) || matches!(line, "where" | "{") {
                continue;
            }
            let aliases = mem::take(&mut aliases);
            let is_nested = line.starts_with(' ');
            if !is_nested {
                block = self::block(line, &made_by);
            } else if let Block::Macro(made_in) = &block
                && let Some(made) = owner_in_macro(code)
            {
                made_by.entry(made_in.clone()).or_insert(made);
            }
            let indent = line.len() - code.len();
            let owner = match &block {
                _ if !is_nested => None,
                Block::OfType(owner) if indent == 4 && code.starts_with("pub ") => Some(owner.clone()),
                Block::Open(owner) if indent == 4 => owner.clone(),
                _ if aliases.is_empty() => continue,
                Block::OfType(owner) => Some(owner.clone()),
                _ => None,
            };
            let name = match code.strip_prefix("pub use ") {
                Some(path) => name_of(path.rsplit("::").next().unwrap_or_default()),
                None => name_of(code),
            };
            let aliases = if aliases.is_empty() { alias_in_macro(code) } else { aliases };
            found.push(Named { file: file.clone(), owner, name, aliases });
        }
    }
    found
}

/// The block that begins on this line of the top level.
fn block(line: &str, made_by: &HashMap<String, String>) -> Block {
    let word = |text: &str| name_of(text);
    if let Some(of) = line.strip_prefix("impl") {
        // After the parameters and the trait's name.
        let of = of.strip_prefix('<').map_or(of, |of| of.split_once("> ").map_or(of, |(_, of)| of));
        return match of.split_once(" for ") {
            Some((_, of)) => Block::Open(Some(word(of))),
            None => Block::OfType(word(of)),
        };
    }
    if let Some(name) = line.strip_prefix("macro_rules! ") {
        return Block::Macro(word(name));
    }
    if let Some((name, "{")) = line.split_once("! ") {
        return Block::Open(made_by.get(name).cloned());
    }
    match line.strip_prefix("pub ").map(|item| item.split_once(' ').unwrap_or((item, ""))) {
        Some(("enum" | "trait", name)) => Block::Open(Some(word(name))),
        Some(("struct", name)) => Block::OfType(word(name)),
        _ => Block::Other,
    }
}

/// The type whose items a macro makes, if this line of it begins them.
fn owner_in_macro(code: &str) -> Option<String> {
    let owner = code.strip_prefix("pub enum ").or_else(|| code.strip_prefix("impl "))?;
    Some(name_of(owner)).filter(|name| !name.is_empty())
}

/// The alias in a line of a macro's call, `0 CLOSE_NOTIFY "CloseNotify" …`.
fn alias_in_macro(code: &str) -> Vec<String> {
    let is_call = code.starts_with(|c: char| c.is_ascii_digit());
    let alias = code.split('"').nth(1).filter(|_| is_call);
    alias.map(str::to_owned).into_iter().collect()
}

/// The name in a declaration: the first word that is no keyword, and no number.
fn name_of(declaration: &str) -> String {
    let keywords =
        ["pub", "use", "const", "fn", "enum", "struct", "trait", "type", "mod", "static", "unsafe"];
    let words = declaration.split(|c: char| !c.is_alphanumeric() && c != '_');
    let names = words.filter(|word| !word.is_empty() && !keywords.contains(word));
    names
        .into_iter()
        .find(|word| !word.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or_default()
        .to_owned()
}

/// The pages of the guide: their names and texts.
pub(crate) fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/porting");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

/// The paths below `src`, with slashes, and the texts.
pub(crate) fn sources() -> Vec<(String, String)> {
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
