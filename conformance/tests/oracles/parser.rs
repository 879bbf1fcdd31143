//! Properties of the parsers that hold for any bytes, however they arrive: compared with `httparse`,
//! with the bytes that were encoded, and with themselves.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, cx};
use crate::head_oracle::{self, DIFFERENCES, Judgement, httparse, ours, split};
use crate::judge::{agree, judge};
use crate::outcome::{End, Fields, Outcome, fetch};
use crate::player::Player;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config as Runs, TestRunner};
use safe_http_client::sans_io::{FramingFields, ResponseTo};
use safe_http_client::{Config, LoopContext, Method, ProtocolError, SafeHttpClient, StackQuirks};
use std::cell::RefCell;
use std::time::Duration;

/// So many runs of a property; `ATTACKS=full` asks for the long form.
pub fn runs(cases: u32) -> Runs {
    let is_long = std::env::var_os("ATTACKS").is_some_and(|form| form == "full");
    let cases = if is_long { cases.saturating_mul(20) } else { cases };
    Runs { cases, failure_persistence: None, ..Runs::default() }
}

/// Sizes of the segments in which bytes arrive, used in turn.
pub fn splits() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![1]),
        Just(vec![usize::MAX]),
        prop::collection::vec(1..40usize, 1..6),
        prop::collection::vec(1..400usize, 1..4),
    ]
}

// --- Heads, with httparse as the oracle ---

fn agrees_with_httparse(head: &[u8], sizes: &[usize]) -> Result<(), TestCaseError> {
    head_oracle::compare(head, sizes).map_err(TestCaseError::fail)
}

#[test]
fn each_difference_from_httparse_is_one() {
    let examples: [&[u8]; 6] = [
        b"\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.2 200 OK\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA ",
        b"HTTP/1.1 404 Non trouv\xe9\r\n\r\n",
    ];
    for (difference, head) in DIFFERENCES.iter().zip(examples) {
        let theirs = httparse(head);
        let (ours, error) = ours(head, &[1]);
        let example = head.escape_ascii();
        assert_ne!(ours, theirs, "{}: {example}", difference.rule);
        assert!((difference.is)(head, &ours, &theirs, error), "{}: {example}", difference.rule);
    }
}

/// Something that may stand in a head, right or wrong.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let fixed = |pieces: &'static [&'static [u8]]| select(pieces).prop_map(<[u8]>::to_vec);
    prop_oneof![
        8 => fixed(&[b"\r\n", b": ", b"A", b"Content-Type", b"text/html"]),
        3 => fixed(&[b"\n", b"\r", b":", b" ", b"\t", b"\0", b"\x7f", b"\r\n\r\n", b"\n\n"]),
        2 => fixed(&[b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 404 \r\n", b"HTTP/1.1 200\r\n", b"HTTP/"]),
        1 => fixed(&[b"Content-Length: 5\r\n", b"Connection: close\r\n"]),
        4 => prop::collection::vec(0x20..0x7fu8, 1..30),
        2 => prop::collection::vec(any::<u8>(), 1..10),
    ]
}

prop_compose! {
    /// A field line that is right, long enough for every way through a word-wise scan.
    fn field_line()(
        name in "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}",
        before in "[ \t]{0,3}",
        value in prop::collection::vec(prop_oneof![
            20 => 0x21..0x7fu8, 2 => Just(b' '), 1 => Just(b'\t'), 2 => 0x80..=0xffu8,
        ], 0..60),
        after in "[ \t]{0,3}",
        end in select(&["\r\n", "\n"][..]),
    ) -> Vec<u8> {
        [name.as_bytes(), b":", before.as_bytes(), &value, after.as_bytes(), end.as_bytes()].concat()
    }
}

prop_compose! {
    /// A head that is right, except that a Content-Length may be none.
    fn valid_head()(
        minor in 0..2u8,
        status in 100..1000u16,
        reason in prop_oneof![
            Just(String::new()), Just(" ".to_string()), " [ -~]{0,30}", " [a-z\t]{0,8}",
        ],
        lines in prop::collection::vec(field_line(), 0..12),
        ends in select(&["\r\n", "\n"][..]),
    ) -> Vec<u8> {
        let status_line = format!("HTTP/1.{minor} {status}{reason}{ends}");
        [status_line.as_bytes(), &lines.concat(), ends.as_bytes()].concat()
    }
}

proptest! {
    #![proptest_config(runs(1000))]

    #[test]
    fn valid_heads_are_read_as_httparse_reads_them(head in valid_head(), sizes in splits()) {
        agrees_with_httparse(&head, &sizes)?;
    }

    #[test]
    fn heads_with_one_byte_changed_are_judged_as_httparse_judges_them(
        mut head in valid_head(),
        at in any::<prop::sample::Index>(),
        byte in prop_oneof![any::<u8>(), select(&b"\r\n\0 \t:\x7f"[..])],
        sizes in splits(),
    ) {
        let at = at.index(head.len());
        head[at] = byte;
        agrees_with_httparse(&head, &sizes)?;
    }

    #[test]
    fn cut_heads_are_judged_as_httparse_judges_them(
        head in valid_head(),
        cut in any::<prop::sample::Index>(),
        sizes in splits(),
    ) {
        agrees_with_httparse(&head[..cut.index(head.len())], &sizes)?;
    }

    #[test]
    fn heads_of_any_pieces_are_judged_as_httparse_judges_them(
        start in select(&["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200", "HTTP/1.", ""][..]),
        pieces in prop::collection::vec(piece(), 0..20),
        sizes in splits(),
    ) {
        let head = [start.as_bytes(), &pieces.concat()].concat();
        agrees_with_httparse(&head, &sizes)?;
    }

    /// RFC 9110 section 8.6.
    #[test]
    fn a_content_length_is_what_its_digits_say(value in "[0-9]{0,21}([ \t]?[,+x.][ \t]?[0-9]{0,3})?") {
        let number = |text: &str| {
            let digits = text.trim_matches([' ', '\t']);
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse::<u64>().ok()).flatten()
        };
        let numbers: Option<Vec<u64>> = value.split(',').map(number).collect();
        let expected = match numbers.as_deref() {
            None => Err(ProtocolError::ContentLength),
            Some([first, rest @ ..]) if rest.iter().all(|other| other == first) => Ok(Some(*first)),
            Some(_) => Err(ProtocolError::ContentLengthConflict),
        };
        let mut framing = FramingFields::new();
        let result = framing.field(b"Content-Length", value.as_bytes());
        match (result.map(|()| framing.content_length()), expected) {
            // Which of two errors comes first is free.
            (Err(_), Err(_)) => {}
            (result, expected) => prop_assert_eq!(result, expected),
        }
    }
}

/// The bytes that names, values and reasons may have, one at a time, at every place that a scan by
/// words could miss (RFC 9110 sections 5.5 and 5.6.2, RFC 9112 section 4).
#[test]
fn every_byte_is_judged_at_every_place() {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_value = |byte: u8| matches!(byte, b'\t' | 0x20..=0x7e | 0x80..=0xff);
    for byte in 0..=255u8 {
        for length in [1, 7, 8, 9, 16, 17, 24] {
            for place in 0..length {
                let mut text = vec![b'x'; length];
                text[place] = byte;
                let accepts = |before: &[u8], after: &[u8]| {
                    let head = [before, &text, after].concat();
                    let whole = ours(&head, &[usize::MAX]);
                    assert_eq!(whole, ours(&head, &[1]), "{}", head.escape_ascii());
                    match whole.0 {
                        Judgement::Complete { headers, reason, .. } => Some((headers, reason)),
                        _ => None,
                    }
                };
                let context = format!("{byte:#04x} at {place} of {length}");

                let name = accepts(b"HTTP/1.1 200 OK\r\n", b": v\r\n\r\n");
                // A colon ends the name, and an LF in its place would be the empty line.
                let ends = byte == b':' && place > 0 || byte == b'\n' && place == 0;
                assert_eq!(name.is_some(), is_token(byte) || ends, "{context} of a name");
                if let (Some((headers, _)), true) = (name, is_token(byte)) {
                    assert_eq!(headers[0].0.as_bytes(), text, "{context} of a name");
                }

                // An LF ends a value or a reason, and what follows is another line.
                let value = accepts(b"HTTP/1.1 200 OK\r\nN:", b"\r\n\r\n");
                if byte != b'\n' {
                    assert_eq!(value.is_some(), is_value(byte), "{context} of a value");
                }
                if let (Some((headers, _)), true) = (value, is_value(byte)) {
                    let trimmed = headers[0].1.len();
                    assert!(trimmed >= length - 1, "{context} of a value: {headers:?}");
                }

                let reason = accepts(b"HTTP/1.1 200 ", b"\r\n\r\n");
                if byte != b'\n' {
                    assert_eq!(reason.is_some(), is_value(byte), "{context} of a reason");
                }
                if let (Some((_, reason)), true) = (reason, is_value(byte)) {
                    assert_eq!(reason, text, "{context} of a reason");
                }
            }
        }
    }
}

// --- Whole responses ---

/// A response as it was meant, and as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub bytes: Vec<u8>,
    body: Vec<u8>,
    trailers: Fields,
    stream_ends: bool,
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..600)
}

prop_compose! {
    /// How a chunk's size is written: leading zeros, case, extensions.
    fn size_line()(
        zeros in 0..5usize,
        upper in any::<bool>(),
        extension in select(&[
            "", "", "", ";a", ";a=b", " ;a=\"b;c\"", "; x = \"\\\"\"", "  ", "\t", ";",
        ][..]),
    ) -> (usize, bool, &'static str) {
        (zeros, upper, extension)
    }
}

prop_compose! {
    fn chunked_response()(
        chunks in prop::collection::vec((prop::collection::vec(any::<u8>(), 1..200), size_line()), 0..8),
        last in size_line(),
        trailers in prop::collection::vec(("[A-Za-z-]{1,20}", "[!-~]{0,20}"), 0..4),
    ) -> Sent {
        let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let mut body = Vec::new();
        let line = |bytes: &mut Vec<u8>, size: usize, (zeros, upper, extension)| {
            let zeros = "0".repeat(zeros);
            let size = if upper { format!("{size:X}") } else { format!("{size:x}") };
            bytes.extend_from_slice(format!("{zeros}{size}{extension}\r\n").as_bytes());
        };
        for (data, format) in chunks {
            line(&mut bytes, data.len(), format);
            bytes.extend_from_slice(&data);
            bytes.extend_from_slice(b"\r\n");
            body.extend(data);
        }
        line(&mut bytes, 0, last);
        for (name, value) in &trailers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        let trailers =
            trailers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        Sent { bytes, body, trailers, stream_ends: false }
    }
}

pub fn response() -> impl Strategy<Value = Sent> {
    let sent = |head: String, body: Vec<u8>, stream_ends| Sent {
        bytes: [head.as_bytes(), &body].concat(),
        body,
        trailers: Vec::new(),
        stream_ends,
    };
    let interim = select(
        &[
            "",
            "",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 103 \r\nLink: <a>\r\nLink: <b>\r\n\r\n",
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\n\n",
        ][..],
    );
    let final_one = prop_oneof![
        body().prop_map(move |body| {
            let length = body.len();
            sent(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"), body, false)
        }),
        body().prop_map(move |body| sent("HTTP/1.1 200 OK\r\nA: b\r\n\r\n".into(), body, true)),
        Just(sent("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n".into(), vec![], false)),
        chunked_response(),
    ];
    (interim, final_one).prop_map(|(interim, mut sent)| {
        sent.bytes.splice(0..0, interim.bytes());
        sent
    })
}

/// The bytes of a response, some of which were lost, added or exchanged.
pub fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let damage = prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            0..3usize,
            prop_oneof![
                Just(Vec::new()),
                prop::collection::vec(select(&b"\r\n\0 \t:;0159aFxg,+-"[..]), 1..3),
                piece(),
            ],
        ),
        1..4,
    );
    (response(), damage).prop_map(|(sent, damage)| {
        let mut bytes = sent.bytes;
        for (at, remove, insert) in damage {
            let at = at.index(bytes.len() + 1);
            let end = (at + remove).min(bytes.len());
            bytes.splice(at..end, insert);
        }
        bytes
    })
}

/// A response that ends by itself.
fn delimited_response() -> impl Strategy<Value = Sent> {
    response().prop_filter("ends with the stream", |sent| !sent.stream_ends)
}

/// The buffer: each head fits it.
const ROOM: usize = 4096;

/// Read by the protocol alone.
fn by_protocol<'b>(segments: impl IntoIterator<Item = &'b [u8]>, stream_ends: bool) -> Outcome {
    Player::run(ResponseTo::Other, ROOM, segments, stream_ends)
}

/// Read by the client, over a stack that delivers these segments.
fn by_client(cx: &mut LoopContext, segments: &[&[u8]], stream_ends: bool, piece: usize) -> Outcome {
    let mut steps = vec![Step::AwaitRequest];
    for segment in segments {
        steps.extend([Step::Data(segment.to_vec()), Step::Pend(1)]);
    }
    if stream_ends {
        steps.push(Step::Zero);
    }
    let stack = ScriptStack::new([Connection::new(steps)]);
    let log = stack.log.clone();
    let config = Config::new()
        .response_timeout(Duration::from_secs(20))
        .idle_timeout(Duration::from_secs(20));
    let network = stack.attached(StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(1), config);
    let mut buffer = [0; ROOM];
    let url = "http://192.168.1.20/";
    let outcome = fetch(&mut client, cx, Method::Get, url, &mut buffer, piece);
    drop(client);
    assert_eq!(log.borrow().opened, log.borrow().closed);
    outcome
}

#[test]
fn a_valid_response_is_read_as_it_was_meant_however_it_is_split() {
    let cx = RefCell::new(cx());
    let strategy = (response(), splits(), splits(), 1..700usize);
    let result = TestRunner::new(runs(800)).run(&strategy, |(sent, sizes, other_sizes, piece)| {
        let segments = split(&sent.bytes, &sizes);
        let outcome = by_protocol(segments, sent.stream_ends);
        prop_assert_eq!(&outcome.end, &End::Complete);
        prop_assert_eq!(&outcome.body, &sent.body);
        prop_assert_eq!(&outcome.trailers, &sent.trailers);
        let segments = split(&sent.bytes, &other_sizes);
        let client = by_client(&mut cx.borrow_mut(), &segments, sent.stream_ends, piece);
        prop_assert_eq!(outcome, client);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_damaged_response_comes_to_the_same_outcome_however_it_is_split() {
    let cx = RefCell::new(cx());
    let strategy = (damaged(), splits(), splits(), any::<bool>());
    let result =
        TestRunner::new(runs(1500)).run(&strategy, |(bytes, sizes, other_sizes, stream_ends)| {
            let whole = by_protocol([&bytes[..]], stream_ends);
            let parts = by_protocol(split(&bytes, &sizes), stream_ends);
            prop_assert_eq!(&whole, &parts, "{}", bytes.escape_ascii());
            let judged = judge(&bytes, ResponseTo::Other, stream_ends);
            let agrees = agree(&bytes, ResponseTo::Other, stream_ends, &judged, &whole);
            prop_assert!(agrees, "{}\n{judged:?}\n{whole:?}", bytes.escape_ascii());
            let segments = split(&bytes, &other_sizes);
            let client = by_client(&mut cx.borrow_mut(), &segments, stream_ends, 64);
            prop_assert_eq!(whole, client, "{}", bytes.escape_ascii());
            Ok(())
        });
    result.unwrap_or_else(|error| panic!("{error}"));
}

proptest! {
    #![proptest_config(runs(1000))]

    #[test]
    fn nothing_behind_a_message_is_taken(
        sent in delimited_response(),
        behind in prop::collection::vec(any::<u8>(), 0..50),
        sizes in splits(),
    ) {
        let mut reader = Player::new(ResponseTo::Other, ROOM);
        for segment in split(&[&sent.bytes[..], &behind].concat(), &sizes) {
            reader.receive(segment);
        }
        prop_assert!(reader.is_over());
        prop_assert_eq!(reader.taken(), sent.bytes.len());
        prop_assert_eq!(reader.outcome().body, sent.body);
    }

    #[test]
    fn a_heads_length_ends_with_its_empty_line(
        head in valid_head(),
        behind in prop::collection::vec(any::<u8>(), 0..50),
        sizes in splits(),
    ) {
        let bytes = [&head[..], &behind].concat();
        if let (Judgement::Complete { length, .. }, _) = ours(&bytes, &sizes) {
            prop_assert_eq!(length, head.len());
        }
    }

    #[test]
    fn a_response_cut_before_its_end_is_never_complete(
        sent in delimited_response(),
        cut in any::<prop::sample::Index>(),
        sizes in splits(),
    ) {
        let cut = &sent.bytes[..cut.index(sent.bytes.len())];
        let outcome = by_protocol(split(cut, &sizes), true);
        prop_assert_eq!(outcome.end, End::Truncated);
    }

    #[test]
    fn any_bytes_come_to_an_outcome(bytes in prop::collection::vec(any::<u8>(), 0..300), sizes in splits()) {
        let whole = by_protocol([&bytes[..]], true);
        prop_assert_ne!(&whole.end, &End::Waits);
        let judged = judge(&bytes, ResponseTo::Other, true);
        prop_assert!(agree(&bytes, ResponseTo::Other, true, &judged, &whole), "{judged:?}\n{whole:?}");
        prop_assert_eq!(whole, by_protocol(split(&bytes, &sizes), true));
    }
}
