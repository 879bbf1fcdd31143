//! The README shows what works and was run: each of its commands is one of the gate's.

use crate::sources::read;

#[test]
fn the_gate_runs_each_command_of_the_readme() {
    let readme = read("README.md");
    let commands = commands(&readme);
    assert!(commands.len() > 2, "the README's commands were found: {commands:?}");
    let gate = read(".ci/run");
    let missing: Vec<_> = commands.iter().filter(|command| !runs(&gate, command)).collect();
    assert!(missing.is_empty(), "not in .ci/run: {missing:?}");
}

/// A check that can't fail checks nothing.
#[test]
fn a_command_that_the_gate_does_not_run_is_found() {
    let readme =
        "```sh\ncargo test --workspace\ncargo run --example a\n```\n```text\ncargo add b\n```\n";
    assert_eq!(commands(readme), ["cargo test --workspace", "cargo run --example a"]);
    let gate = "    cargo test --quiet --workspace --all-features\n    cargo run --example ab\n    # cargo run --example a\n";
    assert!(runs(gate, "cargo test --workspace"));
    assert!(!runs(gate, "cargo run --example a"));
}

/// The lines of the blocks of `sh`.
fn commands(readme: &str) -> Vec<&str> {
    let blocks = readme.split("```sh\n").skip(1);
    blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines()).collect()
}

/// A line of the gate has all of the command's words, in their order; it may have options besides.
fn runs(gate: &str, command: &str) -> bool {
    gate.lines().map(str::trim).any(|line| {
        let mut words = line.split_whitespace();
        command.split_whitespace().all(|word| words.any(|found| found == word))
            && !line.starts_with('#')
    })
}
