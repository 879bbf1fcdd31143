//! The corpus of responses over TLS, with the same outcomes: whole, and in records and segments of a byte.

use crate::chains::{HOST, served};
use crate::client::{now, with_tls};
use crate::corpus::{Case, File, Verdict};
use crate::memory::Memory;
use crate::outcome::{Outcome, fetch};
use crate::programs::say;
use crate::rustls_peer::Rustls;
use conformance::common::{TestClock, cx};
use safe_http_client::{Config, LoopContext, SafeHttpClient};
use safe_http_client_tls::{Authority, FULL_RECORD, WallTime, anchor};
use std::cell::RefCell;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

thread_local! {
    /// What the server answers with, in records of so many bytes, and whether it ends the stream then.
    static ANSWER: RefCell<(Vec<u8>, usize, bool)> = const { RefCell::new((Vec::new(), 1, false)) };
}

fn answer(tls: &mut rustls::ServerConnection) {
    ANSWER.with_borrow(|(bytes, record, ends)| {
        tls.set_buffer_limit(None);
        for piece in bytes.chunks(*record) {
            tls.writer().write_all(piece).unwrap();
        }
        if *ends {
            tls.send_close_notify();
        }
    });
}

fn outcome(
    cx: &mut LoopContext,
    case: &Case,
    record: usize,
    ends: bool,
    make: impl Fn() -> Memory<Rustls>,
    anchors: &[safe_http_client_tls::Anchor<'_>],
) -> Outcome {
    ANSWER.set((case.raw.clone(), record, ends));
    let verify = Authority::new(anchors, WallTime::Utc(now()));
    with_tls(make(), FULL_RECORD, verify, |tls| {
        let patience = Duration::from_millis(200_000 + 10 * case.raw.len() as u64);
        let config = Config::new()
            .connect_timeout(patience)
            .response_timeout(patience)
            .idle_timeout(patience);
        let mut client = SafeHttpClient::with_config(&mut *tls, TestClock::ticking(1), config);
        let mut buffer = vec![0; case.head_bytes + 1024];
        fetch(&mut client, cx, case.method(), &format!("https://{HOST}/"), &mut buffer, 512)
    })
}

#[test]
fn every_response_of_the_corpus_over_tls() {
    let Some(folder) = std::env::var_os("HTTP_CORPUS") else {
        return say("tls: corpus skipped: the environment variable HTTP_CORPUS names no folder");
    };
    let served = served();
    let anchors = [anchor(&served.root).unwrap()];
    let mut cx = cx();
    let (mut runs, mut cases, mut wrong) = (0, 0, Vec::new());
    for file in File::all_in(Path::new(&folder)) {
        for case in &file.cases {
            cases += 1;
            for (way, record, segment, ends) in [
                ("whole", usize::MAX, usize::MAX, true),
                ("records of 7 bytes", 7, usize::MAX, true),
                ("byte by byte", usize::MAX, 1, true),
                ("held open", usize::MAX, usize::MAX, false),
            ] {
                if !ends && !case.runs_held_open() {
                    continue;
                }
                let make = || {
                    let mut network = Memory::new(Rustls::new(&served, answer));
                    network.segment = segment;
                    network
                };
                let outcome = outcome(&mut cx, case, record, ends, make, &anchors);
                runs += 1;
                match case.judge(&outcome) {
                    Ok(Verdict::Expected | Verdict::Alternative) => {}
                    Err(why) => wrong.push(format!("{}, {way}: {why}", case.name)),
                }
            }
        }
    }
    say(&format!("tls: corpus: {cases} cases, {runs} runs, {} wrong", wrong.len()));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
