//! Programs that a page shows are those that the gate compiles.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_programs_beside_one_another_are_those_that_compile() {
    let page = fs::read_to_string(root().join("docs/peers.md")).unwrap();
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

fn root() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).to_owned()
}
