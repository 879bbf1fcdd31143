//! The corpus of responses, parsed on the chip, and judged as the crate's own test judges the host.
//! `HTTP_CORPUS` names the folder, as there.
//!
//! Each firm case goes whole; split after every byte; and, where it delimits itself, with the
//! connection held open behind it. The chip's outcome has to be right, and the host's word for word.

#[path = "../../../../tests/common/mod.rs"]
mod common;
#[allow(dead_code, reason = "the host's test uses more of it")]
#[path = "../../../../tests/common/corpus.rs"]
mod corpus;
#[path = "../../../../tests/common/outcome.rs"]
mod outcome;

use common::script::{Connection, ScriptStack, Step};
use common::{TestClock, cx};
use corpus::{Case, File};
use lx106_harness::{Chip, Report, report};
use outcome::{End, Head, Outcome, fetch};
use safe_http_client::{Config, LoopContext, SafeHttpClient, StackQuirks};
use std::path::Path;
use std::time::{Duration, Instant};

/// Behind the head: trailers and chunk framing have to fit. The request's head has to fit in all.
const ROOM: usize = 1024;

/// How a response arrives: the firmware's word for it, and a person's.
const WAYS: [(&str, &str); 3] =
    [("whole", "whole"), ("bytes", "byte by byte"), ("held", "held open")];

#[test]
fn every_firm_response_of_the_corpus_comes_to_its_outcome_on_the_chip() {
    let Some(folder) = std::env::var_os("HTTP_CORPUS") else {
        report("lx106: corpus: skipped: the environment variable HTTP_CORPUS names no folder");
        return;
    };
    let mut cx = cx();
    let mut chip = Chip::boot();
    let (mut cases, mut runs, mut wrong) = (0, 0, Vec::new());
    for file in File::all_in(Path::new(&folder)) {
        let started = Instant::now();
        let (cases_before, runs_before) = (cases, runs);
        for case in file.cases.iter().filter(|case| !case.contested) {
            cases += 1;
            for (way, name) in WAYS {
                if way == "held" && !case.runs_held_open() {
                    continue;
                }
                runs += 1;
                if let Err(why) = run(&mut cx, &mut chip, case, way) {
                    wrong.push(format!("{}, {name}: {why}", case.name));
                }
            }
        }
        report(&format!(
            "lx106: corpus: {}: {} firm cases, {} runs, {} ms",
            file.name,
            cases - cases_before,
            runs - runs_before,
            started.elapsed().as_millis()
        ));
    }
    report(&format!("lx106: corpus: {cases} cases, {runs} runs, {} wrong", wrong.len()));
    assert!(cases > 0, "no firm case");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn run(cx: &mut LoopContext, chip: &mut Chip, case: &Case, way: &str) -> Result<(), String> {
    let buffer = case.head_bytes + ROOM;
    let line = format!("corpus {} {way} {buffer}", case.method().name());
    let told = chip.run(&line, &case.raw);
    if told.exit_code.is_some() {
        // The chip has ended, and the cases behind this one have no chip to go to.
        panic!("{}: the chip ended: {told:?}", case.name);
    }
    if told.results != ["0 sockets open"] {
        return Err(format!("{:?}", told.results));
    }
    let host = on_host(cx, case, way);
    let chip = outcome_of(told, &host.end);
    case.judge(&chip)?;
    if chip != host {
        return Err(format!("the chip: {chip:?}, the host: {host:?}"));
    }
    Ok(())
}

/// What the chip told, as the judge takes it.
fn outcome_of(told: Report, host_end: &End) -> Outcome {
    let end = told.end.unwrap_or_default();
    Outcome {
        head: told.head.map(|(status, reason)| Head { status, reason, headers: told.fields }),
        body: told.body,
        trailers: told.trailers,
        // The chip's word for it, which is the host's where they agree.
        end: if end == format!("{host_end:?}") { host_end.clone() } else { End::Other(end) },
    }
}

/// The same on the host.
fn on_host(cx: &mut LoopContext, case: &Case, way: &str) -> Outcome {
    let segment = if way == "bytes" { 1 } else { usize::MAX };
    let end = (way != "held").then_some(Step::Zero);
    let stack = ScriptStack::new([Connection::answer_split(&case.raw, segment, end)]);
    let patience = Duration::from_millis(10_000 + 10 * case.raw.len() as u64);
    let config = Config::new().response_timeout(patience).idle_timeout(patience);
    let network = stack.attached(StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(1), config);
    let mut buffer = vec![0; case.head_bytes + ROOM];
    fetch(&mut client, cx, case.method(), "http://192.168.1.20/", &mut buffer, 512)
}
