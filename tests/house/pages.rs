//! Programs that a page shows are those that the gate compiles, and files that it names are there.

use crate::sources::{read, root};
use std::fs;

#[test]
fn the_programs_beside_one_another_are_those_that_compile() {
    let page = read("docs/peers.md");
    let mut compared = 0;
    for entry in fs::read_dir(root().join("benches/peers/examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let file = fs::read_to_string(&path).unwrap();
        // Without its first comment, and its `main`.
        let (_, program) = file.split_once("\n\n").unwrap();
        let program = program.replace("\nfn main() {}\n", "");
        let block = format!("<!-- {name} -->\n```rust,ignore\n{program}```\n");
        assert!(page.contains(&block), "docs/peers.md shows another program than {name}.rs");
        compared += 1;
    }
    assert!(compared >= 3, "only {compared}");
}

/// What a path in a page begins with.
const FOLDERS: [&str; 12] = [
    ".ci/",
    ".github/",
    "arduino/",
    "benches/",
    "ci/",
    "conformance/",
    "crates/",
    "docs/",
    "examples/",
    "firmware/",
    "src/",
    "tests/",
];

#[test]
fn each_file_that_a_page_names_is_there() {
    let fixed =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md", "tests/README.md"];
    let mut pages = fixed.map(str::to_owned).to_vec();
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        pages.extend(name.ends_with(".md").then(|| format!("docs/{name}")));
    }
    for page in &pages {
        let text = read(page);
        let missing: Vec<_> =
            paths(&text).into_iter().filter(|path| !root().join(path).exists()).collect();
        assert!(missing.is_empty(), "{page} names what isn't there: {missing:?}");
    }
}

/// A check that can't fail checks nothing.
#[test]
fn paths_are_found() {
    let page = "See `src/x.rs`, `src/y/**`, ci/z.sh. Not a/src/w or https://docs.rs/x.";
    assert_eq!(paths(page), ["src/x.rs", "src/y/", "ci/z.sh"]);
}

fn paths(page: &str) -> Vec<&str> {
    let words = page.split(|it: char| !(it.is_ascii_alphanumeric() || "/._-".contains(it)));
    let words = words.map(|word| word.trim_end_matches('.'));
    words.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder))).collect()
}
