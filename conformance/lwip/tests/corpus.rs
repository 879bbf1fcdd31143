//! The responses of other projects' tests, over the real lwIP. They aren't part of this repository: the
//! environment variable `HTTP_CORPUS` names the folder that has them.
#![cfg(lwip)]

#[path = "../../../tests/common/corpus.rs"]
#[allow(dead_code, reason = "others use more of it")]
mod corpus;
#[path = "../../../tests/common/outcome.rs"]
mod outcome;

use conformance::common::cx;
use conformance::scenario::{Act, Peer};
use conformance_lwip::{Rig, c, clock, name};
use corpus::{Case, File, Verdict};
use outcome::{Outcome, fetch};
use safe_http_client::{Config, LoopContext, SafeHttpClient};
use std::path::Path;
use std::time::{Duration, Instant};

/// Behind the head: trailers and chunk framing have to fit.
const ROOM: usize = 1024;

#[test]
fn every_firm_response_of_the_corpus_comes_to_its_outcome() {
    let Some(folder) = std::env::var_os("HTTP_CORPUS") else {
        eprintln!("lwIP: corpus: SKIPPED: the environment variable HTTP_CORPUS names no folder");
        return;
    };
    let mut rig = Rig::start();
    let mut cx = cx();
    let mut wrong = Vec::new();
    let started = Instant::now();
    let (mut cases, mut runs) = (0, 0);
    for file in File::all_in(Path::new(&folder)) {
        for case in file.cases.iter().filter(|case| !case.contested) {
            cases += 1;
            for (way, segment, ends) in [
                ("whole", usize::MAX, true),
                ("byte by byte", 1, true),
                ("held open", usize::MAX, false),
            ] {
                if !ends && !case.runs_held_open() {
                    continue;
                }
                runs += 1;
                let outcome = over_lwip(&mut rig, &mut cx, case, segment, ends);
                match case.judge(&outcome) {
                    Ok(Verdict::Expected | Verdict::Alternative) => {}
                    Err(why) => wrong.push(format!("{}, {way}: {why}", case.name)),
                }
            }
        }
    }
    eprintln!(
        "{}: corpus: {cases} firm cases, {runs} runs, {} wrong, {} ms",
        name(),
        wrong.len(),
        started.elapsed().as_millis()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn over_lwip(
    rig: &mut Rig,
    cx: &mut LoopContext,
    case: &Case,
    segment: usize,
    ends: bool,
) -> Outcome {
    let mut script = vec![Act::Request];
    for piece in case.raw.chunks(segment) {
        script.extend([Act::Send(piece.to_vec()), Act::Wait(1)]);
    }
    if ends {
        script.push(Act::Fin);
    }
    let url = format!("{}/", rig.peer.play(vec![script]));
    let patience = Duration::from_millis(10_000 + 3 * case.raw.len() as u64);
    let config = Config::new().response_timeout(patience).idle_timeout(patience);
    let mut client = SafeHttpClient::with_config(rig.lwip(), clock(), config);
    let mut buffer = vec![0; case.head_bytes + ROOM];
    let outcome = fetch(&mut client, cx, case.method(), &url, &mut buffer, 512);
    drop(client);
    c::harness_abort_all();
    outcome
}
