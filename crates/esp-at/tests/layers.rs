//! A module imports only what stands above it in the table at the head of `src/lib.rs`.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn modules_import_what_stands_above_them_alone() {
    let order = order();
    assert!(order.len() > 8, "the table was found: {order:?}");
    let mut wrong = Vec::new();
    for path in sources(&root()) {
        let module = module_of(&path);
        if module == "lib" {
            continue;
        }
        let Some(place) = order.iter().position(|name| *name == module) else {
            wrong.push(format!("{module} stands in no row of the table"));
            continue;
        };
        for import in imports(&fs::read_to_string(&path).unwrap()) {
            let is_above = order[..place].contains(&import) || import == module;
            if !is_above {
                wrong.push(format!("{}: {module} imports {import}", path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn imports_are_found_in_code_and_not_in_comments() {
    let source = "//! [`EspAt`](crate::driver)\nuse crate::wire::{A, B};\nfn f() { crate::slot::g(); } // crate::x\n";
    assert_eq!(imports(source), ["wire", "slot"]);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The modules of the table, from above.
fn order() -> Vec<String> {
    let lib = fs::read_to_string(root().join("lib.rs")).unwrap();
    let rows = lib.lines().filter_map(|line| line.strip_prefix("// | `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.into_iter().chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

/// The module of the crate's root that a file belongs to.
fn module_of(path: &Path) -> String {
    let first = path.strip_prefix(root()).unwrap().iter().next().unwrap();
    Path::new(first).file_stem().unwrap().to_str().unwrap().to_owned()
}

/// The modules that the code names by their path from the root.
fn imports(source: &str) -> Vec<String> {
    let code = source.lines().map(|line| line.split("//").next().unwrap());
    let paths = code.flat_map(|line| line.split("crate::").skip(1));
    let name =
        |path: &str| path.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
    paths.map(name).collect()
}
