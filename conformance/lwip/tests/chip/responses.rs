//! The responses of other projects' tests, on the chip.

use crate::corpus::{Case, File};
use crate::outcome::{End, Head, Outcome};
use crate::player::Player;
use crate::rig::Chip;
use conformance::scenario::{Act, Peer};
use std::path::Path;

const ROOM: usize = 1024;

#[test]
fn the_firm_responses_of_the_corpus() {
    let Some(folder) = std::env::var_os("HTTP_CORPUS") else {
        eprintln!("lwIP on the LX106: corpus: SKIPPED: HTTP_CORPUS names no folder");
        return;
    };
    let Some(mut chip) = Chip::boot() else { return };
    let (mut cases, mut runs, mut wrong) = (0, 0, Vec::new());
    for file in File::all_in(Path::new(&folder)) {
        for case in file.cases.iter().filter(|case| !case.contested && case.raw.len() <= 8192) {
            cases += 1;
            for ends in [true, false] {
                if !ends && !case.runs_held_open() {
                    continue;
                }
                runs += 1;
                let outcome = on_chip(&mut chip, case, ends);
                if let Err(why) = case.judge(&outcome) {
                    wrong.push(format!("{}: {why}", case.name));
                }
            }
        }
    }
    eprintln!("lwIP on the LX106: corpus: {cases} firm cases, {runs} runs, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn on_chip(chip: &mut Chip, case: &Case, ends: bool) -> Outcome {
    let mut script = vec![Act::Request, Act::Send(case.raw.clone())];
    if ends {
        script.push(Act::Fin);
    }
    let url = chip.peer.play(vec![script]);
    let method = match case.method() {
        safe_http_client::Method::Head => "HEAD",
        safe_http_client::Method::Connect => "CONNECT",
        _ => "GET",
    };
    let report = chip.run(&format!("fetch {method} {} {url}/", case.head_bytes + ROOM), b"");
    chip.run("close", b"");
    Outcome {
        head: report.status.map(|(status, reason)| Head { status, reason, headers: report.fields }),
        body: report.body,
        trailers: report.trailers,
        end: end(&report.end, &on_host(case, ends)),
    }
}

/// The same by the protocol alone.
fn on_host(case: &Case, ends: bool) -> End {
    let room = case.head_bytes + ROOM;
    Player::run(case.response_to(), room, [case.raw.as_slice()], ends).end
}

/// The chip's words for it: where it names the host's own error, that.
fn end(text: &str, host: &End) -> End {
    match text.split(' ').next().unwrap_or("") {
        "Complete" => End::Complete,
        "truncated" | "empty_reply" | "stale_connection" => End::Truncated,
        "response_timeout" | "idle_timeout" | "total_timeout" => End::Waits,
        _ => match host {
            End::Malformed(error) if text.ends_with(&format!(" Protocol({error:?})")) => {
                host.clone()
            }
            _ => End::Other(text.into()),
        },
    }
}
