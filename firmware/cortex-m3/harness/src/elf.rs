//! The firmware's ELF files, built once for all tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The directory that they are in.
pub(crate) fn build() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| run(None, &[]))
}

/// The same without the feature that asks the processor whether it is in a handler, elsewhere.
pub(crate) fn build_without_handler_check() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| package().join("target")).join("unchecked");
    run(Some(&target), &["--no-default-features", "--bin", "token_in_handler"])
}

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run(target: Option<&Path>, arguments: &[&str]) -> PathBuf {
    let script = package().join("build.sh");
    let mut command = Command::new(&script);
    command.args(arguments).stderr(Stdio::inherit());
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    assert!(output.status.success(), "build.sh failed; what it said is above");
    let text = String::from_utf8(output.stdout).unwrap();
    PathBuf::from(text.lines().last().unwrap())
}
