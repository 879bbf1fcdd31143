//! The house rules that a compiler doesn't check: dependencies point one way, files stay small,
//! nothing panics, features exist. Read from the sources, comments and tests left out.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Every module that the crate's root has or may get: what it may import of the others, and which crates besides
/// `core` (and `defmt`, which any public type may derive) it may name.
const LAYERS: &[(&str, &[&str], &[&str])] = &[
    // (`std`: what an operating system's errors stand for.)
    ("error", &[], &["embedded_io", "std"]),
    ("clock", &[], &["std"]),
    ("context", &[], &["critical_section", "cortex_m"]),
    // Bytes and values: no socket, no clock.
    ("http", &["error"], &[]),
    ("link", &["error", "context", "clock"], &[]),
    ("network", &["error", "link"], &["embedded_nal"]),
    // A modem is a stack, not HTTP: it may be a `Network`, and knows no request.
    (
        "esp_at",
        &["error", "clock", "context", "link", "network"],
        &["embedded_nal", "embedded_io", "embedded_hal_nb", "heapless"],
    ),
    // Facts in, causes and advice out.
    ("diagnosis", &["error", "link"], &["heapless"]),
    // Documentation alone.
    ("causes", &[], &[]),
    (
        "exchange",
        &["error", "clock", "context", "http", "link", "network", "diagnosis"],
        &["embedded_nal", "embedded_io", "heapless"],
    ),
    (
        "client",
        &["error", "clock", "context", "http", "link", "network", "diagnosis", "exchange"],
        &["embedded_nal", "embedded_io"],
    ),
];

const MAX_LINES: usize = 400;

#[test]
fn dependencies_point_one_way() {
    let tree = Tree::read();
    assert_none(&import_violations(&tree));
}

#[test]
fn top_level_modules_form_no_cycle() {
    let graph = graph(&Tree::read());
    assert!(graph.len() > 3, "the sources were found");
    assert_eq!(cycle(&graph), None);
}

#[test]
fn a_file_holds_at_most_400_lines_of_code() {
    let mut long = Vec::new();
    for file in &Tree::read().files {
        let lines = lines_of_code(file);
        if lines > MAX_LINES {
            long.push(format!("{}: {lines} lines of code", file.name));
        }
    }
    assert_none(&long);
}

#[test]
fn nothing_panics_and_nothing_is_unsafe() {
    let found: Vec<_> = Tree::read().files.iter().flat_map(forbidden).collect();
    assert_none(&found);
}

#[test]
fn features_that_are_asked_for_exist() {
    let manifest = manifest();
    let known = section(&manifest, |header| header == "[features]");
    let mut unknown = Vec::new();
    for file in &Tree::read().files {
        for feature in features(file.tokens.clone()) {
            if !known.contains(&feature) {
                unknown.push(format!("{}: feature {feature:?}", file.name));
            }
        }
    }
    assert_none(&unknown);
}

/// What is logged by `defmt` has no name, password, header or body in it, because it has no text.
#[test]
fn what_defmt_formats_holds_no_text() {
    let found: Vec<_> = Tree::read().files.iter().flat_map(texts_for_defmt).collect();
    // Names that are called out to everybody nearby: an access point's, and the chip's own for DHCP.
    let public = [
        "esp_at/station/scan.rs: AccessPoint has a [u8 ; 32]",
        "esp_at/station/settings.rs: Setting has a & 'a str",
    ];
    assert_eq!(found, public);
}

/// A check that can't fail checks nothing: each rule against a source that breaks it.
mod the_checks_can_fail {
    use super::*;

    #[test]
    fn an_import_against_the_direction() {
        for (path, source, expected) in [
            ("http/url.rs", "use crate::clock::Clock;", "http/url.rs:1: http imports clock"),
            ("http/url.rs", "use crate::{error::Error, link};", "http/url.rs:1: http imports link"),
            (
                "http/url.rs",
                "\nfn f() { let x = crate::client::Request::new(); }",
                "http/url.rs:2: http imports client",
            ),
            (
                "http/url.rs",
                "fn f() { m!(a, crate::exchange::X) }",
                "http/url.rs:1: http imports exchange",
            ),
            (
                "http/url.rs",
                "fn f(x: super::super::link::X) {}",
                "http/url.rs:1: http imports link",
            ),
            (
                "http/mod.rs",
                "mod inner { use super::super::network::X; }",
                "http/mod.rs:1: http imports network",
            ),
            // Through the root's re-exports, too.
            ("error/mod.rs", "use crate::Request;", "error/mod.rs:1: error imports client"),
            (
                "exchange/send.rs",
                "use crate::client;",
                "exchange/send.rs:1: exchange imports client",
            ),
            ("clock.rs", "use super::context::X;", "clock.rs:1: clock imports context"),
            (
                "http/url.rs",
                "impl embedded_nal::Dns for X {}",
                "http/url.rs:1: http names the crate embedded_nal",
            ),
            (
                "link/mod.rs",
                "use embedded_nal::nb;",
                "link/mod.rs:1: link names the crate embedded_nal",
            ),
            ("network.rs", "extern crate std;", "network.rs:1: network names the crate std"),
            ("error/mod.rs", "use crate::Nothing;", "error/mod.rs:1: crate::Nothing is unknown"),
            ("modem.rs", "struct X;", "modem.rs: modem has no row in LAYERS"),
        ] {
            assert_eq!(violations_of(path, source), [expected], "{source}");
        }
    }

    #[test]
    fn and_what_is_allowed_passes() {
        for (path, source) in [
            ("http/url.rs", "use crate::error::UrlError; use super::address::classify;"),
            ("exchange/send.rs", "use super::{ErrorOf, wire::Wire}; use crate::clock::Clock;"),
            ("client/mod.rs", "use embedded_nal::nb; fn f(x: crate::exchange::Core) {}"),
            ("http/url.rs", "#[cfg(test)] mod tests { use crate::client::Request; }"),
            ("http/url.rs", "/// See [`Request`](crate::client::Request).\nstruct X;"),
            ("http/url.rs", "// crate::client::Request\nstruct X;"),
        ] {
            assert_eq!(violations_of(path, source), [""; 0], "{source}");
        }
    }

    fn violations_of(path: &str, source: &str) -> Vec<String> {
        let lib = "mod client; mod link; pub use client::{Request, other as Renamed};";
        let mut files = vec![File::parse("lib.rs", lib), File::parse(path, source)];
        for (name, ..) in LAYERS {
            files.push(File::parse(&format!("{name}/made_up.rs"), ""));
        }
        import_violations(&Tree { files })
    }

    #[test]
    fn a_cycle() {
        let tree = Tree {
            files: vec![
                File::parse("lib.rs", ""),
                File::parse("clock.rs", "use crate::link::X;"),
                File::parse("link.rs", "use crate::error::X;"),
                File::parse("error.rs", "use crate::clock::X;"),
            ],
        };
        let cycle = cycle(&graph(&tree)).unwrap();
        assert_eq!(cycle, ["clock", "link", "error", "clock"]);
    }

    #[test]
    fn a_long_file() {
        let code = "fn f() {\n}\n";
        let long = code.repeat(201);
        assert_eq!(lines_of_code(&File::parse("x.rs", &long)), 402);
        // Comments, blank lines and tests are no production code.
        let with_tests = format!("/// Doc.\n//\n\n{code}#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert_eq!(lines_of_code(&File::parse("x.rs", &with_tests)), 2);
    }

    #[test]
    fn a_panic() {
        for (source, expected) in [
            ("fn f() { x.unwrap(); }", "x.rs:1: unwrap("),
            ("fn f() {\n x.expect(\"y\") }", "x.rs:2: expect("),
            ("fn f() { g(|| panic!()) }", "x.rs:1: panic!"),
            ("fn f() { todo!() }", "x.rs:1: todo!"),
            ("fn f() { unimplemented!() }", "x.rs:1: unimplemented!"),
            ("fn f() { unsafe { g() } }", "x.rs:1: unsafe"),
            ("macro_rules! m { () => { x.unwrap() } }", "x.rs:1: unwrap("),
        ] {
            assert_eq!(forbidden(&File::parse("x.rs", source)), [expected], "{source}");
        }
        for source in [
            "/// `x.unwrap()` panics.\nfn f() { x.unwrap_or(1); \"panic!\"; }",
            "#[cfg(test)] mod tests { fn f() { x.unwrap(); panic!() } }",
            "#[cfg(test)] fn f() { x.unwrap() }",
            "#[expect(dead_code)] fn f() {}",
        ] {
            assert_eq!(forbidden(&File::parse("x.rs", source)), [""; 0], "{source}");
        }
    }

    #[test]
    fn a_text_for_defmt() {
        for (fields, expected) in [
            ("struct A<'a>(&'a str);", "x.rs: A has a & 'a str"),
            ("struct A<'a> { x: Option<&'a [u8]> }", "x.rs: A has a Option < & 'a [u8] >"),
            (
                "enum A { B, C { x: heapless::String<8> } }",
                "x.rs: A has a heapless :: String < 8 >",
            ),
        ] {
            let source =
                format!("#[cfg_attr(feature = \"defmt\", derive(defmt::Format))]\n{fields}");
            assert_eq!(texts_for_defmt(&File::parse("x.rs", &source)), [expected]);
            assert_eq!(texts_for_defmt(&File::parse("x.rs", fields)), [""; 0], "not for defmt");
        }
        let source =
            "#[derive(defmt::Format)] struct A { count: u8, address: [u8; 6], name: &'static str }";
        assert_eq!(texts_for_defmt(&File::parse("x.rs", source)), [""; 0]);
    }

    #[test]
    fn a_feature_that_does_not_exist() {
        let file = File::parse(
            "x.rs",
            "#[cfg(feature = \"a\")] struct A;
             #[cfg_attr(all(x, feature = \"b\"), derive(C))] struct B;
             fn f() { if cfg!(not(feature = \"c\")) {} }",
        );
        assert_eq!(features(file.tokens), ["a", "b", "c"]);
    }
}

/// The fields that can hold a text which isn't a constant, of types that `defmt` derives a format for.
fn texts_for_defmt(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    for item in &file.syntax.items {
        let (attributes, name, fields): (_, _, Vec<_>) = match item {
            syn::Item::Struct(item) => (&item.attrs, &item.ident, item.fields.iter().collect()),
            syn::Item::Enum(item) => (
                &item.attrs,
                &item.ident,
                item.variants.iter().flat_map(|variant| variant.fields.iter()).collect(),
            ),
            _ => continue,
        };
        let derives = |text: &str| text.contains("derive") && text.contains("defmt :: Format");
        if !attributes.iter().any(|attribute| derives(&attribute.to_token_stream().to_string())) {
            continue;
        }
        for field in fields {
            let field = field.ty.to_token_stream().to_string();
            let words: Vec<_> = field.split(|c: char| !c.is_alphanumeric()).collect();
            let is_text = words.contains(&"str") && !words.contains(&"static")
                || words.contains(&"String")
                || words.contains(&"Vec")
                // A hardware address has six.
                || (field.contains("[u8") && field != "[u8 ; 6]");
            if is_text {
                found.push(format!("{}: {name} has a {field}", file.name));
            }
        }
    }
    found
}

/// The sources without the files that hold tests alone.
struct Tree {
    files: Vec<File>,
}

struct File {
    /// Below `src`.
    name: String,
    /// `["http", "url"]` for `http/url.rs`; empty for `lib.rs`.
    module: Vec<String>,
    source: String,
    syntax: syn::File,
    tokens: TokenStream,
    /// The lines of items under `#[cfg(test)]`.
    tests: Vec<RangeInclusive<usize>>,
    /// Modules of tests that have a file of their own.
    test_files: Vec<Vec<String>>,
}

impl Tree {
    fn read() -> Self {
        let src = root().join("src");
        let mut paths = Vec::new();
        collect(&src, &mut paths);
        paths.sort();
        let mut files: Vec<_> = paths
            .iter()
            .map(|path| {
                let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
                File::parse(&name, &fs::read_to_string(path).unwrap())
            })
            .collect();
        let tests: BTreeSet<_> = files.iter().flat_map(|file| file.test_files.clone()).collect();
        files.retain(|file| !tests.contains(&file.module));
        Self { files }
    }

    fn modules(&self) -> BTreeSet<&str> {
        self.files.iter().filter_map(File::top).collect()
    }

    /// What `crate::Name` stands for, by the root's `pub use`.
    fn re_exports(&self) -> BTreeMap<String, String> {
        let root = self.files.iter().find(|file| file.module.is_empty()).expect("lib.rs");
        let mut found = BTreeMap::new();
        for item in &root.syntax.items {
            let syn::Item::Use(item) = item else { continue };
            for (path, name) in flatten(&item.tree) {
                if let [module, .., _] = path.as_slice() {
                    found.insert(name, module.clone());
                }
            }
        }
        for file in &self.files {
            for item in &file.syntax.items {
                // `#[macro_export]` puts a macro into the root, wherever it was written.
                if let (syn::Item::Macro(item), Some(top)) = (item, file.top())
                    && let Some(name) = &item.ident
                {
                    found.insert(name.to_string(), top.to_string());
                }
            }
        }
        found
    }
}

impl File {
    fn parse(name: &str, source: &str) -> Self {
        let module: Vec<_> = name
            .trim_end_matches(".rs")
            .split('/')
            .filter(|part| !matches!(*part, "lib" | "mod"))
            .map(str::to_string)
            .collect();
        let syntax =
            syn::parse_file(source).unwrap_or_else(|error| panic!("{name} can't be read: {error}"));
        let mut tests = Tests { module: module.clone(), lines: Vec::new(), files: Vec::new() };
        tests.visit_file(&syntax);
        Self {
            name: name.to_string(),
            module,
            source: source.to_string(),
            tokens: source.parse().unwrap(),
            syntax,
            tests: tests.lines,
            test_files: tests.files,
        }
    }

    fn top(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|lines| lines.contains(&line))
    }
}

/// Finds the items under `#[cfg(test)]`.
struct Tests {
    module: Vec<String>,
    lines: Vec<RangeInclusive<usize>>,
    files: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for Tests {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::ExternCrate(item) => &item.attrs,
            syn::Item::Const(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        let of_tests = attributes.iter().any(|attribute| {
            let syn::Meta::List(list) = &attribute.meta else { return false };
            list.path.is_ident("cfg") && list.tokens.to_string() == "test"
        });
        if !of_tests {
            return visit::visit_item(self, item);
        }
        let span = item.span();
        self.lines.push(span.start().line..=span.end().line);
        if let syn::Item::Mod(item) = item
            && item.content.is_none()
        {
            let mut module = self.module.clone();
            module.push(item.ident.to_string());
            self.files.push(module);
        }
    }
}

/// Every path in a file: in `use`, in types and expressions, in macros and attributes.
struct Paths {
    module: Vec<String>,
    /// Line, module that it stands in, and segments.
    found: Vec<(usize, Vec<String>, Vec<String>)>,
}

impl Paths {
    fn of(file: &File) -> Self {
        let mut paths = Self { module: file.module.clone(), found: Vec::new() };
        paths.visit_file(&file.syntax);
        paths.found.retain(|(line, ..)| !file.is_test(*line));
        paths
    }

    fn add(&mut self, line: usize, segments: Vec<String>) {
        self.found.push((line, self.module.clone(), segments));
    }

    /// Paths in tokens that have no syntax yet: a macro's input, or an attribute's.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut start, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add(start, std::mem::take(&mut path));
                    }
                    if path.is_empty() {
                        start = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1
                }
                other => {
                    self.add(start, std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.scan(group.stream());
                    }
                }
            }
        }
        self.add(start, path);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for (path, _) in flatten(&item.tree) {
            self.add(item.span().start().line, path);
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        // As a path of two segments, which can't be a local name.
        self.add(item.span().start().line, vec![item.ident.to_string(), "*".to_string()]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(path.span().start().line, segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, macro_call: &'ast syn::Macro) {
        self.visit_path(&macro_call.path);
        self.scan(macro_call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.scan(list.tokens.clone());
        }
    }
}

/// The paths of a `use`, and the names that they get.
fn flatten(tree: &syn::UseTree) -> Vec<(Vec<String>, String)> {
    match tree {
        syn::UseTree::Path(path) => {
            let mut paths = flatten(&path.tree);
            paths.iter_mut().for_each(|(path_, _)| path_.insert(0, path.ident.to_string()));
            paths
        }
        syn::UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        syn::UseTree::Rename(name) => vec![(vec![name.ident.to_string()], name.rename.to_string())],
        syn::UseTree::Glob(_) => vec![(vec!["*".to_string()], "*".to_string())],
        syn::UseTree::Group(group) => group.items.iter().flat_map(flatten).collect(),
    }
}

/// What a path leads to, as far as layers care.
enum Target {
    /// A module of the root.
    Module(String),
    Crate(String),
    /// `crate::` and a name that nothing in the root has.
    Unknown(String),
    Within,
}

fn resolve(
    module: &[String],
    path: &[String],
    modules: &BTreeSet<&str>,
    re_exports: &BTreeMap<String, String>,
    crates: &BTreeSet<String>,
) -> Target {
    let ups = path.iter().take_while(|segment| *segment == "super").count();
    let (base, rest): (&[String], &[String]) = match path {
        [first, rest @ ..] if first == "crate" => (&[], rest),
        [first, ..] if first == "super" => (&module[..module.len() - ups], &path[ups..]),
        [first, _, ..] if crates.contains(first) => return Target::Crate(first.clone()),
        _ => return Target::Within,
    };
    let Some(top) = base.first().or(rest.first()) else { return Target::Within };
    if modules.contains(top.as_str()) {
        return Target::Module(top.clone());
    }
    match re_exports.get(top) {
        Some(to) if crates.contains(to) => Target::Crate(to.clone()),
        Some(module) => Target::Module(module.clone()),
        None => Target::Unknown(top.clone()),
    }
}

fn import_violations(tree: &Tree) -> Vec<String> {
    let (modules, re_exports, crates) = (tree.modules(), tree.re_exports(), crates());
    let mut violations = Vec::new();
    for file in &tree.files {
        // The root names everything, to re-export it.
        let Some(top) = file.top() else { continue };
        let Some((_, may_import, may_name)) = LAYERS.iter().find(|(name, ..)| *name == top) else {
            violations.push(format!("{}: {top} has no row in LAYERS", file.name));
            continue;
        };
        for (line, module, path) in Paths::of(file).found {
            let at = format!("{}:{line}", file.name);
            match resolve(&module, &path, &modules, &re_exports, &crates) {
                Target::Module(to) if to != top && !may_import.contains(&to.as_str()) => {
                    violations.push(format!("{at}: {top} imports {to}"));
                }
                Target::Crate(name) if name != "defmt" && !may_name.contains(&name.as_str()) => {
                    violations.push(format!("{at}: {top} names the crate {name}"));
                }
                Target::Unknown(name) => violations.push(format!("{at}: crate::{name} is unknown")),
                _ => {}
            }
        }
    }
    violations
}

/// Which module of the root imports which.
fn graph(tree: &Tree) -> BTreeMap<String, BTreeSet<String>> {
    let (modules, re_exports, crates) = (tree.modules(), tree.re_exports(), crates());
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in &tree.files {
        let Some(top) = file.top() else { continue };
        let imports = graph.entry(top.to_string()).or_default();
        for (_, module, path) in Paths::of(file).found {
            if let Target::Module(to) = resolve(&module, &path, &modules, &re_exports, &crates)
                && to != top
            {
                imports.insert(to);
            }
        }
    }
    graph
}

/// A cycle, as the names on it with the first one again at the end.
fn cycle(graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn from(
        graph: &BTreeMap<String, BTreeSet<String>>,
        node: &str,
        way: &mut Vec<String>,
    ) -> Option<Vec<String>> {
        if let Some(at) = way.iter().position(|name| name == node) {
            let mut cycle = way.split_off(at);
            cycle.push(node.to_string());
            return Some(cycle);
        }
        way.push(node.to_string());
        for next in graph.get(node).into_iter().flatten() {
            if let Some(cycle) = from(graph, next, way) {
                return Some(cycle);
            }
        }
        way.pop();
        None
    }
    graph.keys().find_map(|node| from(graph, node, &mut Vec::new()))
}

/// Lines that hold code: no comments, no tests.
fn lines_of_code(file: &File) -> usize {
    (1..)
        .zip(file.source.lines())
        .filter(|(number, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with("//") && !file.is_test(*number)
        })
        .count()
}

/// Calls that panic, and `unsafe`, outside tests. Comments are no tokens, and documentation is an
/// attribute.
fn forbidden(file: &File) -> Vec<String> {
    fn scan(tokens: TokenStream, found: &mut Vec<(usize, &'static str)>) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            let follows = |character| {
                matches!(tokens.get(index + 1),
                    Some(TokenTree::Punct(punct)) if punct.as_char() == character)
            };
            match token {
                TokenTree::Group(group) => {
                    let before = index.checked_sub(1).and_then(|before| tokens.get(before));
                    let is_attribute = group.delimiter() == Delimiter::Bracket
                        && matches!(before,
                            Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), '#' | '!'));
                    if !is_attribute {
                        scan(group.stream(), found);
                    }
                }
                TokenTree::Ident(ident) => {
                    let is_called = matches!(tokens.get(index + 1),
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
                    let what = match ident.to_string().as_str() {
                        "unwrap" if is_called => "unwrap(",
                        "expect" if is_called => "expect(",
                        "panic" if follows('!') => "panic!",
                        "todo" if follows('!') => "todo!",
                        "unimplemented" if follows('!') => "unimplemented!",
                        "unreachable" if follows('!') => "unreachable!",
                        "unsafe" => "unsafe",
                        _ => continue,
                    };
                    found.push((ident.span().start().line, what));
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    scan(file.tokens.clone(), &mut found);
    found.retain(|(line, _)| !file.is_test(*line));
    found.into_iter().map(|(line, what)| format!("{}:{line}: {what}", file.name)).collect()
}

/// Each `feature = "…"`, wherever it stands.
fn features(tokens: TokenStream) -> Vec<String> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match (token, tokens.get(index + 1), tokens.get(index + 2)) {
            (
                TokenTree::Ident(ident),
                Some(TokenTree::Punct(equals)),
                Some(TokenTree::Literal(name)),
            ) if ident == "feature" && equals.as_char() == '=' => {
                found.push(name.to_string().trim_matches('"').to_string());
            }
            (TokenTree::Group(group), ..) => found.extend(features(group.stream())),
            _ => {}
        }
    }
    found
}

/// The crates that the sources could name.
fn crates() -> BTreeSet<String> {
    let manifest = manifest();
    let dependencies = section(&manifest, |header| {
        header.ends_with("dependencies]") && !header.contains("dev-dependencies")
    });
    let hosted = ["std", "alloc"].map(str::to_string);
    dependencies.iter().map(|name| name.replace('-', "_")).chain(hosted).collect()
}

/// The keys in the sections of Cargo.toml that `wanted` picks.
fn section(manifest: &str, wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = wanted(line);
        } else if inside
            && !line.starts_with('#')
            && let Some((key, _)) = line.split_once('=')
        {
            keys.insert(key.trim().to_string());
        }
    }
    assert!(!keys.is_empty(), "the section is there");
    keys
}

fn manifest() -> String {
    fs::read_to_string(root().join("Cargo.toml")).unwrap()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn assert_none(violations: &[String]) {
    let list = violations.iter().fold(String::new(), |mut list, violation| {
        let _ = writeln!(list, "  {violation}");
        list
    });
    assert!(violations.is_empty(), "\n{list}");
}
