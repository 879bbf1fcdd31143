//! The gate has no stage that no machine runs.

use crate::sources::read;

#[test]
fn the_workflow_runs_each_stage_of_the_gate() {
    let (gate, workflow) = (read(".ci/run"), read(".github/workflows/gate.yml"));
    let left_out = left_out(&gate, &workflow);
    assert!(left_out.is_empty(), "in no group of .github/workflows/gate.yml: {left_out:?}");
}

/// A check that can't fail checks nothing.
#[test]
fn a_stage_that_no_group_names_is_found() {
    let gate = "stage \"clippy\" clippy\n    stage \"real boards\" ci/boards.sh\n";
    assert_eq!(left_out(gate, "stages:\n  - format clippy\nsteps:\n  - boards\n"), ["real boards"]);
    assert_eq!(left_out(gate, "stages:\n  - clippy\n  - boards\nsteps:\n"), [""; 0]);
}

/// The stages whose names have no word of the workflow's list.
fn left_out<'a>(gate: &'a str, workflow: &str) -> Vec<&'a str> {
    let (_, list) = workflow.split_once("stages:\n").expect("a list of stages");
    let list = list.split("steps:").next().unwrap_or_default();
    let words: Vec<_> = list.split_whitespace().filter(|word| *word != "-").collect();
    let stages = gate
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("stage \"")?.split('"').next());
    // Each group begins with the packages that the others need.
    let stages = stages.filter(|stage| !stage.starts_with("packages of Debian"));
    stages.filter(|stage| !words.iter().any(|word| stage.contains(word))).collect()
}
