//! All responses that a small grammar makes, right and wrong, at every place where they can be cut,
//! judged by a second reader (`common/judge.rs`). They are read by the protocol alone and, every seventh,
//! by the client over a scripted stack.
//!
//! ```text
//! cargo test --release --test exhaustive -- --nocapture
//! ```
//!
//! reads all of them. A debug build takes every 23rd, unless `EXHAUSTIVE=1` is set. The printed count
//! says which.

mod common;
#[path = "common/judge.rs"]
mod judge;
#[path = "common/outcome.rs"]
mod outcome;
#[path = "common/player.rs"]
mod player;

use common::script::{Connection, ScriptStack, Step};
use common::{TestClock, cx};
use judge::{Verdict, agree, judge};
use outcome::{Outcome, fetch};
use player::Player;
use safe_http_client::sans_io::ResponseTo;
use safe_http_client::{Config, LoopContext, Method, SafeHttpClient, StackQuirks};
use std::time::{Duration, Instant};

// --- The grammar ---

const INTERIM: [&str; 3] =
    ["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 \r\nContent-Length: 9\r\nA: b\n\n"];

const STATUS_LINES: [&[u8]; 20] = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200 \r\n",
    b"HTTP/1.1 200\r\n",
    b"HTTP/1.1 200 OK\n",
    b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.7 200 OK\r\n",
    b"HTTP/1.1 204 No Content\r\n",
    b"HTTP/1.1 304 Not Modified\r\n",
    b"HTTP/1.1 101 Switching\r\n",
    b"HTTP/1.1 404 Non trouv\xe9\r\n",
    b"HTTP/1.1 999 ?\r\n",
    b"HTTP/1.1 099 Low\r\n",
    b"HTTP/1.1 20 OK\r\n",
    b"HTTP/1.1 2000 OK\r\n",
    b"HTTP/1.1  200 OK\r\n",
    b"HTTP/2.0 200 OK\r\n",
    b"http/1.1 200 OK\r\n",
    b"HTTP/1.1 200 O\0K\r\n",
    b"HTTP/1.1 200 OK\r\r\n",
    b"\r\nHTTP/1.1 200 OK\r\n",
];

const FIELDS: [&[u8]; 44] = [
    b"",
    b"Content-Length: 5\r\n",
    b"content-length:5\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 4\r\n",
    b"Content-Length: 6\r\n",
    b"Content-Length:\t05 \r\n",
    b"Content-Length: 5, 5\r\n",
    b"Content-Length: 5\r\nContent-Length: 5\r\n",
    b"Content-Length: 5\r\nContent-Length: 6\r\n",
    b"Content-Length: 5,6\r\n",
    b"Content-Length: 5,\r\n",
    b"Content-Length: +5\r\n",
    b"Content-Length: -5\r\n",
    b"Content-Length: 5x\r\n",
    b"Content-Length: 0x5\r\n",
    b"Content-Length:\r\n",
    b"Content-Length: 5 5\r\n",
    b"Content-Length: 18446744073709551616\r\n",
    b"Content-Length : 5\r\n",
    b"Content-Length 5\r\n",
    b" Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding:CHUNKED\n",
    b"Transfer-Encoding: , chunked,\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"Transfer-Encoding: chunked, gzip\r\n",
    b"Transfer-Encoding: chunked;x\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding: \"chunked\"\r\n",
    b"Transfer-Encoding:\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding\x0b: chunked\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n",
    b"A: b\r\n c\r\nContent-Length: 5\r\n",
    b"A: b\0\r\nContent-Length: 5\r\n",
    b"A: b\rContent-Length: 5\r\n",
    b": x\r\nContent-Length: 5\r\n",
    b"A:\r\nB: \xff \r\nContent-Length: 5\r\n",
    b"Connection: close\r\nContent-Length: 5\r\n",
];

const HEAD_ENDS: [&str; 3] = ["\r\n", "\n", "\r"];

const BODIES: [&[u8]; 40] = [
    b"",
    b"hell",
    b"hello",
    b"hello!",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    b"05\r\nhello\r\n00\r\n\r\n",
    b"5;a=b\r\nhello\r\n0;c\r\n\r\n",
    b"5 ; a=\"b;c\" \r\nhello\r\n0 \r\n\r\n",
    b"5\t\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nA: b\r\n\r\n",
    b"5\r\nhello\r\n0\r\nA: b\nC:d\n\n",
    b"5\r\nhello\r\n0\r\nContent-Length: 7\r\nContent-Length: x\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n",
    b"0\r\n\r\n",
    b"a\r\n0123456789\r\n0\r\n\r\n",
    b"A\r\n0123456789\r\n0\r\n\r\n",
    b"0000000000000000005\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n",
    b"5\r\nhello",
    b"5\r\nhel",
    b"5\r\nhello\r\n0\r\n",
    b"5\r\nhello\r\n0\r\nA: b\r\n",
    b"5\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    b"5\r\nhello0\r\n\r\n",
    b"5\r\nhello\rx0\r\n\r\n",
    b"5\r\nhellox\n0\r\n\r\n",
    b"5\rxhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\rx\r\n",
    b"5\r\nhello\r\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\n\r\n",
    b"5\r\nhello\r\n0\r\nA b\r\n\r\n",
    b"5 5\r\nhello\r\n0\r\n\r\n",
    b"5\x0b\r\nhello\r\n0\r\n\r\n",
    b"5;a\0\r\nhello\r\n0\r\n\r\n",
    b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    b"x\r\nhello\r\n0\r\n\r\n",
    b"-5\r\nhello\r\n0\r\n\r\n",
    b"10000000000000000\r\nhello\r\n0\r\n\r\n",
];

const METHODS: [ResponseTo; 2] = [ResponseTo::Other, ResponseTo::Head];

/// Calls for each response of the grammar: its number, its bytes, the method, and whether the stream
/// ends behind it.
fn each_response(mut call: impl FnMut(usize, &[u8], ResponseTo, bool)) {
    let mut number = 0;
    for interim in INTERIM {
        for status_line in STATUS_LINES {
            for fields in FIELDS {
                for head_end in HEAD_ENDS {
                    for body in BODIES {
                        let bytes =
                            [interim.as_bytes(), status_line, fields, head_end.as_bytes(), body];
                        let bytes = bytes.concat();
                        for response_to in METHODS {
                            for stream_ends in [false, true] {
                                call(number, &bytes, response_to, stream_ends);
                                number += 1;
                            }
                        }
                    }
                }
            }
        }
    }
}

// --- The comparison ---

/// The same response by the client, over a stack that delivers these segments.
fn by_client(
    cx: &mut LoopContext,
    segments: &[&[u8]],
    response_to: ResponseTo,
    stream_ends: bool,
) -> Outcome {
    let mut steps = vec![Step::AwaitRequest];
    steps.extend(segments.iter().map(|segment| Step::Data(segment.to_vec())));
    steps.extend(stream_ends.then_some(Step::Zero));
    let network = ScriptStack::new([Connection::new(steps)]).attached(StackQuirks::STD);
    let config = Config::new()
        .response_timeout(Duration::from_millis(400))
        .idle_timeout(Duration::from_millis(400));
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(1), config);
    let method = if response_to == ResponseTo::Head { Method::Head } else { Method::Get };
    fetch(&mut client, cx, method, "http://192.168.1.20/", &mut [0; ROOM], 7)
}

/// The buffer: each head of the grammar fits it.
const ROOM: usize = 512;

/// Responses this short are cut everywhere; longer ones at every third byte.
const SHORT: usize = 64;

/// What came of some of the responses.
#[derive(Default)]
struct Tally {
    total: usize,
    responses: usize,
    readings: usize,
    by_clients: usize,
    complete: usize,
    malformed: usize,
    incomplete: usize,
    wrong: Vec<String>,
}

/// The processor's cores share the responses.
const THREADS: usize = 2;

#[test]
fn every_response_of_the_grammar_is_what_rfc_9112_makes_of_it() {
    let all = !cfg!(debug_assertions) || std::env::var_os("EXHAUSTIVE").is_some();
    // No step of a loop of the grammar, so that each of its parts is met with each other.
    let stride = if all { 1 } else { 23 };
    let begin = Instant::now();
    let mut sum = Tally::default();
    std::thread::scope(|scope| {
        let threads: [_; THREADS] =
            std::array::from_fn(|share| scope.spawn(move || read(stride, share)));
        for thread in threads {
            let tally = thread.join().unwrap();
            sum.total = tally.total;
            sum.responses += tally.responses;
            sum.readings += tally.readings;
            sum.by_clients += tally.by_clients;
            sum.complete += tally.complete;
            sum.malformed += tally.malformed;
            sum.incomplete += tally.incomplete;
            sum.wrong.extend(tally.wrong);
        }
    });
    let Tally { total, responses, readings, by_clients, complete, malformed, incomplete, wrong } =
        sum;
    eprintln!(
        "{responses} of {total} responses ({complete} complete, {malformed} malformed, {incomplete} \
         incomplete; {by_clients} by the client as well) in {readings} readings, {:.0} s",
        begin.elapsed().as_secs_f32()
    );
    assert!(
        wrong.is_empty(),
        "{} disagreements:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    assert!(complete * 20 > responses && malformed * 20 > responses && incomplete * 50 > responses);
    assert!(total > 1_000_000 && (!all || responses == total));
}

/// Reads every `stride`-th response, and of those the ones that are this thread's.
fn read(stride: usize, share: usize) -> Tally {
    let mut tally = Tally::default();
    let mut cx = cx();
    let mut last_wrong = 0;
    each_response(|number, bytes, response_to, stream_ends| {
        tally.total += 1;
        if number % stride != 0 || number / stride % THREADS != share {
            return;
        }
        tally.responses += 1;
        let judged = judge(bytes, response_to, stream_ends);
        *match judged.verdict {
            Verdict::Complete { .. } => &mut tally.complete,
            Verdict::Malformed => &mut tally.malformed,
            Verdict::Incomplete => &mut tally.incomplete,
        } += 1;
        let mut check = |how: &str, ours: &Outcome| {
            tally.readings += 1;
            // Once for each response.
            if !agree(bytes, response_to, stream_ends, &judged, ours) && last_wrong != number + 1 {
                last_wrong = number + 1;
                tally.wrong.push(format!(
                    "{} ({response_to:?}, stream ends: {stream_ends}), {how}\n  judge: {judged:?}\n  \
                     ours:  {ours:?}",
                    bytes.escape_ascii()
                ));
            }
        };
        let mut player = Player::new(response_to, ROOM);
        player.receive(bytes);
        if let Verdict::Complete { length } = judged.verdict
            && player.is_over()
        {
            assert_eq!(player.taken(), length, "{}", bytes.escape_ascii());
        }
        check("whole", &Player::run(response_to, ROOM, [bytes], stream_ends));
        check("byte by byte", &Player::run(response_to, ROOM, bytes.chunks(1), stream_ends));
        let step = if bytes.len() <= SHORT { 1 } else { 3 };
        for cut in (1..bytes.len()).step_by(step) {
            let (first, rest) = bytes.split_at(cut);
            check("cut", &Player::run(response_to, ROOM, [first, rest], stream_ends));
        }
        // The whole client, for every so many of them.
        if number % (stride * 7) == 0 {
            tally.by_clients += 1;
            check("by the client", &by_client(&mut cx, &[bytes], response_to, stream_ends));
            let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
            check(
                "by the client, in bytes",
                &by_client(&mut cx, &pieces, response_to, stream_ends),
            );
        }
    });
    tally
}

/// The judge itself, on what RFC 9112 has as examples and says in as many words.
#[test]
fn the_judge_is_right_where_the_answer_is_known() {
    let rows: [(&str, bool, Verdict, &str); 9] = [
        // Section 6.3.
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            false,
            Verdict::Complete { length: 43 },
            "hello",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", true, Verdict::Incomplete, "hello"),
        ("HTTP/1.1 200 OK\r\n\r\nhello", true, Verdict::Complete { length: 24 }, "hello"),
        ("HTTP/1.1 200 OK\r\n\r\nhello", false, Verdict::Incomplete, "hello"),
        (
            "HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\nhello",
            false,
            Verdict::Complete { length: 36 },
            "",
        ),
        // Section 7.1.
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nA: b\r\n\r\n",
            false,
            Verdict::Complete { length: 70 },
            "hello",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\r\n0\r\n\r\n",
            false,
            Verdict::Malformed,
            "hello\r",
        ),
        // Sections 2.2, 5.1.
        ("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", false, Verdict::Malformed, ""),
        ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", false, Verdict::Malformed, ""),
    ];
    for (response, stream_ends, verdict, body) in rows {
        let reading = judge(response.as_bytes(), ResponseTo::Other, stream_ends);
        assert_eq!(reading.verdict, verdict, "{response}");
        assert_eq!(reading.body, body.as_bytes(), "{response}");
    }
}
