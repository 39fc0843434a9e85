//! The modules of the crate, and what each file imports: by whichever name, the arrow ends at the file that defines it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use crate::code::{is_identifier, tokens};

pub(crate) struct Crate {
    pub(crate) files: Vec<File>,
    modules: HashMap<Module, Scope>,
    /// The macros that are known by their place in the text, and the file of each.
    macros: HashMap<String, usize>,
}

pub(crate) struct File {
    /// Its path below `src`, with slashes.
    pub(crate) name: String,
    pub(crate) text: String,
    /// Compiled for tests only.
    pub(crate) is_test: bool,
    module: Module,
    words: Vec<Word>,
}

/// The path of a module below the crate's root.
type Module = Vec<String>;

/// An arrow of the graph: a file, and the path by which it is imported.
pub(crate) struct Import {
    pub(crate) file: usize,
    pub(crate) path: String,
    pub(crate) purpose: Purpose,
}

/// What a file imports something for, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Its own code.
    Code,
    /// To hand the name on.
    ReExport,
    /// Its unit tests.
    Test,
}

/// A module, be it a file or a part of one.
#[derive(Default)]
struct Scope {
    file: usize,
    items: HashSet<String>,
    uses: HashMap<String, Use>,
    globs: Vec<Vec<String>>,
}

struct Use {
    path: Vec<String>,
    purpose: Purpose,
}

/// A token with the module that it stands in.
struct Word {
    text: String,
    module: Arc<Module>,
    is_test: bool,
    is_in_use: bool,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

pub(crate) fn folders(below: &Path) -> Vec<PathBuf> {
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

impl Crate {
    pub(crate) fn read() -> &'static Self {
        static CRATE: LazyLock<Crate> = LazyLock::new(Crate::read_files);
        &CRATE
    }

    fn read_files() -> Self {
        let mut sources = Vec::new();
        for folder in folders(&root()).into_iter().chain([root()]) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
                    sources.push((name, fs::read_to_string(&path).unwrap()));
                }
            }
        }
        sources.sort();
        Self::of(sources)
    }

    pub(crate) fn of(sources: Vec<(String, String)>) -> Self {
        let mut all = Self { files: Vec::new(), modules: HashMap::new(), macros: HashMap::new() };
        let mut test_modules = HashSet::new();
        for (name, text) in sources {
            let (index, module) = (all.files.len(), module_of(&name));
            let mut reader = Reader {
                file: index,
                modules: &mut all.modules,
                test_modules: &mut test_modules,
                macros: Vec::new(),
                words: Vec::new(),
            };
            reader.read(&tokens(&text), module.clone());
            let Reader { macros, words, .. } = reader;
            all.macros.extend(macros.into_iter().map(|name| (name, index)));
            all.files.push(File { name, text, is_test: false, module, words });
        }
        for file in &mut all.files {
            file.is_test =
                (1..=file.module.len()).any(|length| test_modules.contains(&file.module[..length]));
        }
        all.anchor_uses();
        all
    }

    /// Lets the paths of all imports of this crate begin at its root.
    fn anchor_uses(&mut self) {
        let mut anchored = HashMap::new();
        for (module, scope) in &self.modules {
            let uses = scope.uses.iter().map(|(name, known)| {
                let path = self.anchor(module, known.path.clone());
                (name.clone(), Use { path, purpose: known.purpose })
            });
            let globs = scope.globs.iter().map(|path| self.anchor(module, path.clone()));
            anchored
                .insert(module.clone(), (uses.collect(), globs.filter(|path| path[0] == "crate").collect()));
        }
        for (module, (uses, globs)) in anchored {
            let scope = self.modules.get_mut(&module).unwrap();
            (scope.uses, scope.globs) = (uses, globs);
        }
    }

    /// The other files that the file imports, each once.
    pub(crate) fn imports(&self, index: usize) -> Vec<Import> {
        let mut found = BTreeMap::<usize, Import>::new();
        for (path, purpose) in self.paths(index) {
            let target = match path.as_slice() {
                [name] if name.ends_with('!') => self.macros.get(name.trim_end_matches('!')).copied(),
                _ => self.file_of(&path),
            };
            let Some(file) = target.filter(|target| *target != index) else { continue };
            let known = found.entry(file).or_insert_with(|| Import { file, path: path.join("::"), purpose });
            if purpose < known.purpose {
                *known = Import { file, path: path.join("::"), purpose };
            }
        }
        found.into_values().collect()
    }

    /// The paths in the file, of which those of its own crate begin with `crate`: of imports, of names that came by one, in
    /// expressions, and of macros that are known by their place in the text alone, as `name!`.
    pub(crate) fn paths(&self, index: usize) -> Vec<(Vec<String>, Purpose)> {
        let file = &self.files[index];
        let purpose_of =
            |is_test: bool, purpose| if is_test || file.is_test { Purpose::Test } else { purpose };
        let mut found = Vec::new();
        for (at, word) in file.words.iter().enumerate() {
            let text = |offset: usize| file.words.get(at + offset).map_or("", |word| word.text.as_str());
            let is_inside = at > 0 && file.words[at - 1].text == "::";
            let is_visibility = at > 1 && file.words[at - 1].text == "in" && file.words[at - 2].text == "(";
            if word.is_in_use || is_inside || is_visibility || !is_identifier(text(0)) {
                continue;
            }
            let purpose = purpose_of(word.is_test, Purpose::Code);
            let parts = (0..).step_by(2).take_while(|offset| {
                is_identifier(text(*offset)) && (*offset == 0 || text(offset - 1) == "::")
            });
            let path: Vec<_> = parts.map(|offset| text(offset).to_owned()).collect();
            if path.len() > 1 {
                found.push((self.anchor(&word.module, path), purpose));
                continue;
            }
            let scope = &self.modules[&*word.module];
            if let Some(known) = scope.uses.get(text(0)) {
                found.push((known.path.clone(), purpose));
            } else if !scope.items.contains(text(0)) {
                found.extend(self.by_glob(scope, text(0)).map(|path| (path, purpose)));
                if text(1) == "!" {
                    found.push((vec![format!("{}!", text(0))], purpose));
                }
            }
        }
        for scope in self.modules.values().filter(|scope| scope.file == index) {
            let uses = scope.uses.values();
            found.extend(uses.map(|known| (known.path.clone(), purpose_of(false, known.purpose))));
        }
        found
    }

    /// The path of a name that came by a `*`.
    fn by_glob(&self, scope: &Scope, name: &str) -> Option<Vec<String>> {
        let paths = scope.globs.iter().map(|glob| child(glob, name));
        paths
            .into_iter()
            .find(|path| self.find(&path[1..], &mut HashSet::new()).is_some_and(|found| found.is_exact))
    }

    /// The path from the crate's root, if it begins with a name of this crate.
    fn anchor(&self, module: &[String], path: Vec<String>) -> Vec<String> {
        let first = path[0].as_str();
        let base: &[String] = match first {
            "crate" => return path,
            "self" => module,
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                let kept = module.len().saturating_sub(ups);
                let above = module[..kept].iter().cloned();
                return root_of(above.chain(path.into_iter().skip(ups)));
            }
            _ if self.modules.contains_key(&child(module, first)) => {
                return root_of(module.iter().cloned().chain(path));
            }
            _ => match self.modules.get(module).and_then(|scope| scope.uses.get(first)) {
                Some(known) if known.path[0] != first => {
                    return known.path.iter().cloned().chain(path.into_iter().skip(1)).collect();
                }
                _ => return path,
            },
        };
        root_of(base.iter().cloned().chain(path.into_iter().skip(1)))
    }

    /// The file that defines the item.
    pub(crate) fn file_of(&self, path: &[String]) -> Option<usize> {
        match path.split_first() {
            Some((first, rest)) if first == "crate" => {
                self.find(rest, &mut HashSet::new()).map(|found| found.file)
            }
            _ => None,
        }
    }

    fn find(&self, path: &[String], seen: &mut HashSet<Vec<String>>) -> Option<Found> {
        if !seen.insert(path.to_vec()) {
            return None;
        }
        let mut depth = 0;
        while depth < path.len() && self.modules.contains_key(&path[..=depth]) {
            depth += 1;
        }
        let scope = self.modules.get(&path[..depth])?;
        let Some(name) = path.get(depth).filter(|name| *name != "self") else {
            return Some(Found { file: scope.file, is_exact: true });
        };
        if scope.items.contains(name) {
            return Some(Found { file: scope.file, is_exact: true });
        }
        if let Some(known) = scope.uses.get(name) {
            // A name of another crate's is nobody's here.
            let (first, rest) = known.path.split_first()?;
            return (first == "crate").then(|| self.find(rest, seen)).flatten();
        }
        for glob in &scope.globs {
            let below: Vec<_> = glob[1..].iter().chain([name]).cloned().collect();
            if let Some(found) = self.find(&below, seen).filter(|found| found.is_exact) {
                return Some(found);
            }
        }
        // A macro may have written the item.
        Some(Found { file: scope.file, is_exact: false })
    }
}

/// A file that defines a name, or whose macros may define it.
struct Found {
    file: usize,
    is_exact: bool,
}

fn root_of(path: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once("crate".to_owned()).chain(path).collect()
}

fn child(module: &[String], name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

fn module_of(file: &str) -> Module {
    let mut module: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    module
}

/// Reads the tokens of one file into the modules that it consists of.
struct Reader<'c> {
    file: usize,
    modules: &'c mut HashMap<Module, Scope>,
    /// Modules that are compiled for tests only.
    test_modules: &'c mut HashSet<Module>,
    macros: Vec<String>,
    words: Vec<Word>,
}

/// A module whose end has not been read yet.
struct Open {
    module: Arc<Module>,
    /// The braces around its items.
    depth: usize,
    is_test: bool,
}

impl Reader<'_> {
    fn read(&mut self, tokens: &[String], module: Module) {
        self.scope(&module);
        let mut open = vec![Open { module: Arc::new(module), depth: 0, is_test: false }];
        let (mut at, mut depth) = (0, 0);
        // Where `cfg(test)` stands, until the item that it is of has ended.
        let mut test_item = None;
        while at < tokens.len() {
            let Open { module, depth: items, is_test } = open.last().unwrap();
            let (module, items) = (Arc::clone(module), *items);
            if test_item.is_none() && is_cfg_test(&tokens[at..]) {
                test_item = Some(depth);
            }
            let is_test = *is_test || test_item.is_some();
            let text = |offset: usize| tokens.get(at + offset).map_or("", String::as_str);
            let mut length = 1;
            match text(0) {
                // Not `use<'_>`, which is part of a type.
                "use" if text(1) != "<" => {
                    let purpose = if is_test {
                        Purpose::Test
                    } else if is_public(&tokens[..at]) {
                        Purpose::ReExport
                    } else {
                        Purpose::Code
                    };
                    length += self.read_use(&tokens[at + 1..], &module, purpose);
                }
                "mod" if is_identifier(text(1)) => {
                    let name = child(&module, text(1));
                    self.scope(&module).items.insert(text(1).to_owned());
                    if is_test {
                        self.test_modules.insert(name.clone());
                    }
                    if text(2) == "{" {
                        self.scope(&name);
                        depth += 1;
                        open.push(Open { module: Arc::new(name), depth, is_test });
                        length = 3;
                    }
                }
                "macro_rules" => {
                    self.macros.push(text(2).to_owned());
                    self.scope(&module).items.insert(text(2).to_owned());
                }
                "struct" | "enum" | "union" | "trait" | "type" | "fn" | "const" | "static" => {
                    let is_lifetime = at > 0 && tokens[at - 1] == "'";
                    if depth == items && !is_lifetime && is_identifier(text(1)) {
                        self.scope(&module).items.insert(text(1).to_owned());
                    }
                }
                "{" => depth += 1,
                "}" => {
                    if depth == items {
                        open.pop();
                    }
                    depth -= 1;
                }
                _ => {}
            }
            let is_in_use = text(0) == "use" && length > 1;
            for text in &tokens[at..at + length] {
                let (text, module) = (text.clone(), Arc::clone(&module));
                self.words.push(Word { text, module, is_test, is_in_use });
            }
            at += length;
            if test_item == Some(depth) && matches!(tokens[at - 1].as_str(), ";" | "}") {
                test_item = None;
            }
        }
    }

    fn scope(&mut self, module: &Module) -> &mut Scope {
        self.modules.entry(module.clone()).or_insert_with(|| Scope { file: self.file, ..Scope::default() })
    }

    /// Reads a tree of imports up to its semicolon; returns how many tokens it has.
    fn read_use(&mut self, tokens: &[String], module: &Module, purpose: Purpose) -> usize {
        let end = tokens.iter().position(|token| token == ";").unwrap_or(tokens.len() - 1);
        let mut leaves = Vec::new();
        read_tree(&tokens[..end], &[], &mut leaves);
        let scope = self.scope(module);
        for Leaf { path, mut name } in leaves {
            if name == "*" {
                scope.globs.push(path);
                continue;
            }
            // A trait without a name, or a name of one function only.
            while name == "_" || scope.uses.contains_key(&name) {
                name.push_str(" again");
            }
            scope.uses.insert(name, Use { path, purpose });
        }
        end + 1
    }
}

struct Leaf {
    path: Vec<String>,
    /// The name that it is given, or `*`.
    name: String,
}

/// Reads the tree that begins there; returns how many tokens it has.
fn read_tree(tokens: &[String], above: &[String], found: &mut Vec<Leaf>) -> usize {
    let (mut path, mut at) = (above.to_vec(), 0);
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.as_str() {
            "::" => {}
            "*" => {
                found.push(Leaf { path, name: "*".to_owned() });
                return at;
            }
            "{" => {
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at += read_tree(&tokens[at..], &path, found);
                }
                return at + 1;
            }
            // The end of this branch.
            "," => return at,
            "}" => return at - 1,
            part => {
                path.extend((part != "self" || path.is_empty()).then(|| part.to_owned()));
                let rest = &tokens[at..];
                if rest.first().is_none_or(|next| next != "::") {
                    let alias = rest.get(1).filter(|_| rest[0] == "as");
                    let name = alias.or_else(|| path.last()).cloned().unwrap_or_default();
                    found.push(Leaf { path, name });
                    return at + if alias.is_some() { 2 } else { 0 };
                }
            }
        }
    }
    at
}

/// An attribute that keeps an item from the crate but for its tests.
fn is_cfg_test(tokens: &[String]) -> bool {
    let begins = tokens.iter().take(4).eq(["#", "[", "cfg", "("]);
    let condition = || tokens.iter().take_while(|token| *token != "]");
    begins
        && condition().any(|token| token == "test")
        && !condition().any(|token| token == "not" || token == "any")
}

fn is_public(before: &[String]) -> bool {
    match before.last().map(String::as_str) {
        Some("pub") => true,
        Some(")") => {
            let open = before.iter().rposition(|token| token == "(").unwrap_or(0);
            open > 0 && before[open - 1] == "pub"
        }
        _ => false,
    }
}
