//! The repository's files; the sources without comments and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// The library crates, by the directory of their sources.
pub const CRATES: [&str; 8] = [
    "src",
    "crates/nal-link/src",
    "crates/esp-at/src",
    "crates/embassy/src",
    "crates/smoltcp/src",
    "crates/tls/src",
    "crates/lwip/src",
    "crates/c-abi/src",
];

/// A file, by its path below the crate's sources, and its code.
pub struct Source {
    pub name: String,
    pub code: String,
}

impl Source {
    /// All of a crate's, files of tests alone left out.
    pub fn all(sources: &str) -> Vec<Self> {
        let root = root().join(sources);
        let mut paths = Vec::new();
        collect(&root, &mut paths);
        paths.sort();
        assert!(!paths.is_empty(), "no sources in {}", root.display());
        let named = |path: &PathBuf| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            Self { name, code: code_of(&fs::read_to_string(path).unwrap()) }
        };
        paths.iter().filter(|path| !path.ends_with("tests.rs")).map(named).collect()
    }

    /// The room that the file is in: `http` for `http/url.rs`, and `lib` for the crate's root.
    pub fn room(&self) -> &str {
        let first = self.name.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

/// Without comments, empty lines, and the tests that end a file.
pub fn code_of(source: &str) -> String {
    let before_tests = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//") && !line.trim().is_empty();
    before_tests.lines().filter(is_code).fold(String::new(), |code, line| code + line + "\n")
}

/// A file of the repository, by its path there.
pub fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

pub fn root() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).to_owned()
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
