//! All responses that a small grammar makes, right and wrong, at every place where they can be cut,
//! judged by a second reader: one that has the whole response before it, and does what RFC 9112
//! says, in the order in which it says it.
//!
//! ```text
//! cargo test --release --test exhaustive -- --nocapture
//! ```
//!
//! reads all of them. A debug build takes every 23rd, unless `EXHAUSTIVE=1` is set. The printed count
//! says which.

mod common;
#[path = "common/outcome.rs"]
mod outcome;

use common::script::{Connection, ScriptStack, Step};
use common::{TestClock, cx};
use outcome::{CoreReader, End, Fields, Outcome, fetch};
use safe_http_client::sans_io::Asked;
use safe_http_client::{Behaviour, Config, LoopContext, Method, SafeHttpClient};
use std::time::{Duration, Instant};

// --- The judge ---

/// What a response comes to.
#[derive(Debug, Clone, PartialEq)]
enum Verdict {
    /// It is whole, and takes so many bytes.
    Complete {
        length: usize,
    },
    Malformed,
    /// More has to come.
    Incomplete,
}

/// What can be read of it.
#[derive(Debug, Clone, PartialEq)]
struct Reading {
    verdict: Verdict,
    /// Status, reason and fields of the final response.
    head: Option<(u16, Vec<u8>, Fields)>,
    body: Vec<u8>,
    trailers: Fields,
}

/// Why reading stopped before the end.
enum Stop {
    Malformed,
    Incomplete,
}

struct Judge<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Judge<'_> {
    /// RFC 9112 section 2.2: a line ends with CRLF, and a recipient MAY take a lone LF for it. A CR
    /// that no LF follows is invalid.
    fn line(&mut self) -> Result<Vec<u8>, Stop> {
        let rest = &self.bytes[self.at..];
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return Err(Stop::Incomplete);
        };
        self.at += end + 1;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        if line.contains(&b'\r') {
            return Err(Stop::Malformed);
        }
        Ok(line.to_vec())
    }

    /// The same where a lone LF isn't allowed: section 2.2 speaks of the start-line and the fields,
    /// not of the chunks of section 7.1.
    fn strict_line(&mut self) -> Result<Vec<u8>, Stop> {
        let begin = self.at;
        let line = self.line()?;
        match self.at - begin == line.len() + 2 {
            true => Ok(line),
            false => Err(Stop::Malformed),
        }
    }

    /// Section 5: `field-name ":" OWS field-value OWS`, up to the empty line.
    fn fields(&mut self) -> Result<Fields, Stop> {
        let mut fields = Fields::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(fields);
            }
            // Section 5.1: no white space in front of the colon. Section 5.2: a folded line starts
            // with white space; a user agent would have to join it, this one refuses it.
            let colon = line.iter().position(|byte| *byte == b':').ok_or(Stop::Malformed)?;
            let name = &line[..colon];
            if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
                return Err(Stop::Malformed);
            }
            let value = &line[colon + 1..];
            if !value.iter().all(|byte| is_text(*byte)) {
                return Err(Stop::Malformed);
            }
            let name = String::from_utf8(name.to_vec()).unwrap();
            fields.push((name, trim(value).to_vec()));
        }
    }

    fn exactly(&mut self, count: usize, body: &mut Vec<u8>) -> Result<(), Stop> {
        let rest = &self.bytes[self.at..];
        let taken = count.min(rest.len());
        body.extend_from_slice(&rest[..taken]);
        self.at += taken;
        if taken < count { Err(Stop::Incomplete) } else { Ok(()) }
    }

    /// Section 7.1.
    fn chunks(&mut self, body: &mut Vec<u8>) -> Result<Fields, Stop> {
        loop {
            let line = self.strict_line()?;
            let text: Vec<char> = line.iter().map(|byte| *byte as char).collect();
            let digits: String = text.iter().take_while(|it| it.is_ascii_hexdigit()).collect();
            let rest = &line[digits.len()..];
            // `chunk-ext = *( BWS ";" BWS chunk-ext-name …)`: text of any kind behind a `;`, which
            // a recipient MUST ignore where it doesn't know it.
            let is_extension = matches!(trim(rest), [] | [b';', ..]);
            if !is_extension || !rest.iter().all(|byte| is_text(*byte)) {
                return Err(Stop::Malformed);
            }
            // "recipients MUST anticipate potentially large hexadecimal numerals": 64 bits here.
            let size = u64::from_str_radix(&digits, 16).map_err(|_| Stop::Malformed)?;
            if size == 0 {
                return self.fields();
            }
            self.exactly(usize::try_from(size).unwrap(), body)?;
            let mut end = Vec::new();
            let cut = self.exactly(2, &mut end);
            if !b"\r\n".starts_with(&end) {
                return Err(Stop::Malformed);
            }
            cut?;
        }
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 9110 section 5.5: VCHAR, obs-text, SP, HTAB.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (b' '..=b'~').contains(&byte) || byte >= 0x80
}

/// OWS at both ends (RFC 9110 section 5.6.3).
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The elements of all lists of this name (RFC 9110 section 5.3).
fn elements(fields: &Fields, name: &str) -> Vec<String> {
    let values = fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
    values
        .flat_map(|(_, value)| value.split(|byte| *byte == b','))
        .map(|element| String::from_utf8_lossy(trim(element)).to_ascii_lowercase())
        .collect()
}

fn status_line(line: &[u8]) -> Result<(char, u16, Vec<u8>), Stop> {
    // Section 4: `HTTP-version SP status-code SP [ reason-phrase ]`. Section 2.3: the version is
    // case-sensitive, and a higher minor version is understood (RFC 9110 section 2.5).
    let rest = line.strip_prefix(b"HTTP/1.").ok_or(Stop::Malformed)?;
    let [minor @ b'0'..=b'9', b' ', a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', reason @ ..] =
        rest
    else {
        return Err(Stop::Malformed);
    };
    let status =
        [a, b, c].into_iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'));
    // The space behind the status is forgotten by many servers that give no reason.
    let reason = match reason {
        [] => &[],
        [b' ', reason @ ..] => reason,
        _ => return Err(Stop::Malformed),
    };
    if !reason.iter().all(|byte| is_text(*byte)) {
        return Err(Stop::Malformed);
    }
    Ok((*minor as char, status, reason.to_vec()))
}

/// Reads a response to the end, or as far as it goes.
fn judge(bytes: &[u8], asked: Asked, stream_ends: bool) -> Reading {
    let mut judge = Judge { bytes, at: 0 };
    let mut reading = Reading {
        verdict: Verdict::Incomplete,
        head: None,
        body: Vec::new(),
        trailers: Fields::new(),
    };
    reading.verdict = match read(&mut judge, asked, stream_ends, &mut reading) {
        Ok(()) => Verdict::Complete { length: judge.at },
        Err(Stop::Malformed) => Verdict::Malformed,
        Err(Stop::Incomplete) => Verdict::Incomplete,
    };
    reading
}

fn read(
    judge: &mut Judge<'_>,
    asked: Asked,
    stream_ends: bool,
    reading: &mut Reading,
) -> Result<(), Stop> {
    let (minor, status, fields) = loop {
        let (minor, status, reason) = status_line(&judge.line()?)?;
        let fields = judge.fields()?;
        // Section 6.3 rule 5, and wherever it stands: one that is none tells nothing good of its
        // sender.
        let lengths = elements(&fields, "content-length");
        let is_number = |text: &String| {
            text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_ok()
        };
        let same = lengths.windows(2).all(|pair| pair[0].parse::<u64>() == pair[1].parse::<u64>());
        if !lengths.iter().all(is_number) || !same {
            return Err(Stop::Malformed);
        }
        // RFC 9110 section 15.2: interim responses come first. 101 is the last of HTTP.
        if !(100..=199).contains(&status) || status == 101 {
            reading.head = Some((status, reason, fields.clone()));
            break (minor, status, fields);
        }
    };
    // Section 6.3, in its order. Rule 1.
    if asked == Asked::Head || matches!(status, 100..=199 | 204 | 304) {
        return Ok(());
    }
    // Rule 2.
    if asked == Asked::Connect && (200..=299).contains(&status) {
        return Ok(());
    }
    let mut codings = elements(&fields, "transfer-encoding");
    codings.retain(|coding| !coding.is_empty());
    let length = elements(&fields, "content-length").first().cloned();
    if !codings.is_empty() {
        // Rule 3: both "ought to be handled as an error". Section 6.1: in HTTP/1.0 the framing is
        // faulty; `chunked` comes last, and once; a coding that isn't understood can't be read.
        if length.is_some() || minor == '0' || codings != ["chunked"] {
            reading.head = None;
            return Err(Stop::Malformed);
        }
        // Rule 4.
        reading.trailers = judge.chunks(&mut reading.body)?;
        return Ok(());
    }
    if let Some(length) = length {
        // Rule 6.
        let length = usize::try_from(length.parse::<u64>().unwrap()).unwrap();
        return judge.exactly(length, &mut reading.body);
    }
    // Rule 8.
    let rest = judge.bytes.len() - judge.at;
    judge.exactly(rest, &mut reading.body)?;
    if stream_ends { Ok(()) } else { Err(Stop::Incomplete) }
}

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

const ASKED: [Asked; 2] = [Asked::Other, Asked::Head];

/// Calls for each response of the grammar: its number, its bytes, the method, and whether the stream
/// ends behind it.
fn each_response(mut call: impl FnMut(usize, &[u8], Asked, bool)) {
    let mut number = 0;
    for interim in INTERIM {
        for status_line in STATUS_LINES {
            for fields in FIELDS {
                for head_end in HEAD_ENDS {
                    for body in BODIES {
                        let bytes =
                            [interim.as_bytes(), status_line, fields, head_end.as_bytes(), body];
                        let bytes = bytes.concat();
                        for asked in ASKED {
                            for stream_ends in [false, true] {
                                call(number, &bytes, asked, stream_ends);
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

/// What may come behind a response that isn't whole: where it is refused already, none of these may
/// make it one.
const REST: [&[u8]; 16] = [
    b"\r\n\r\n",
    b"\n\r\n",
    b"\n\n",
    b":\r\n\r\n",
    b"A:\r\n\r\n",
    b"A: b\r\n\r\n",
    b"1.1 200 OK\r\n\r\n",
    b" 200 OK\r\n\r\n",
    b"\r\nhello\r\n0\r\n\r\n",
    b"\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"lo\r\n0\r\n\r\n",
    b"\r\n0\r\n\r\n",
    b"\n0\r\n\r\n",
    b"0\r\n\r\n",
    b"01234567890123456789",
];

/// Whether what the crate made of it is what the judge makes of it.
fn agree(bytes: &[u8], asked: Asked, stream_ends: bool, judged: &Reading, ours: &Outcome) -> bool {
    let head = ours.head.clone().map(|head| (head.status, head.reason, head.headers));
    let same = |ours: &Outcome| {
        head == judged.head && ours.body == judged.body && ours.trailers == judged.trailers
    };
    match (&judged.verdict, &ours.end) {
        (Verdict::Complete { .. }, End::Complete) => same(ours),
        (Verdict::Malformed, End::Malformed(_)) => same(ours),
        (Verdict::Incomplete, End::Truncated) => stream_ends && same(ours),
        (Verdict::Incomplete, End::Waits) => !stream_ends && same(ours),
        // Refused before the line is whole, since nothing could make it right.
        (Verdict::Incomplete, End::Malformed(_)) => {
            same(ours)
                && REST.iter().all(|rest| {
                    let longer = judge(&[bytes, rest].concat(), asked, true);
                    !matches!(longer.verdict, Verdict::Complete { .. })
                })
        }
        _ => false,
    }
}

/// The same response by the client, over a stack that delivers these segments.
fn by_client(cx: &mut LoopContext, segments: &[&[u8]], asked: Asked, stream_ends: bool) -> Outcome {
    let mut steps = vec![Step::AwaitRequest];
    steps.extend(segments.iter().map(|segment| Step::Data(segment.to_vec())));
    steps.extend(stream_ends.then_some(Step::Zero));
    let network = ScriptStack::new([Connection::new(steps)]).attached(Behaviour::STD);
    let config = Config::new()
        .response_timeout(Duration::from_millis(400))
        .idle_timeout(Duration::from_millis(400));
    let client = SafeHttpClient::with_config(network, TestClock::ticking(1), config);
    let mut client = client.wait_online(cx).unwrap();
    let method = if asked == Asked::Head { Method::Head } else { Method::Get };
    fetch(&mut client, cx, method, "http://192.168.1.20/", &mut [0; 512], 7)
}

/// Responses this short are cut everywhere; longer ones at every third byte.
const SHORT: usize = 64;

#[test]
fn every_response_of_the_grammar_is_what_rfc_9112_makes_of_it() {
    let all = !cfg!(debug_assertions) || std::env::var_os("EXHAUSTIVE").is_some();
    // No step of a loop of the grammar, so that each of its parts is met with each other.
    let stride = if all { 1 } else { 23 };
    let begin = Instant::now();
    let mut cx = cx();
    let (mut total, mut responses, mut readings, mut by_clients) = (0, 0usize, 0usize, 0usize);
    let mut verdicts = [0usize; 3];
    let (mut wrong, mut last_wrong) = (Vec::new(), 0);
    each_response(|number, bytes, asked, stream_ends| {
        total += 1;
        if number % stride != 0 {
            return;
        }
        responses += 1;
        let judged = judge(bytes, asked, stream_ends);
        verdicts[match judged.verdict {
            Verdict::Complete { .. } => 0,
            Verdict::Malformed => 1,
            Verdict::Incomplete => 2,
        }] += 1;
        let mut check = |how: &str, ours: &Outcome| {
            readings += 1;
            // Once for each response.
            if !agree(bytes, asked, stream_ends, &judged, ours) && last_wrong != number + 1 {
                last_wrong = number + 1;
                wrong.push(format!(
                    "{} ({asked:?}, stream ends: {stream_ends}), {how}\n  judge: {judged:?}\n  \
                     ours:  {ours:?}",
                    bytes.escape_ascii()
                ));
            }
        };
        let mut reader = CoreReader::new(asked);
        reader.receive(bytes);
        if let Verdict::Complete { length } = judged.verdict
            && reader.is_over()
        {
            assert_eq!(reader.taken, length, "{}", bytes.escape_ascii());
        }
        check("whole", &CoreReader::run(asked, [bytes], stream_ends));
        check("byte by byte", &CoreReader::run(asked, bytes.chunks(1), stream_ends));
        let step = if bytes.len() <= SHORT { 1 } else { 3 };
        for cut in (1..bytes.len()).step_by(step) {
            let (first, rest) = bytes.split_at(cut);
            check("cut", &CoreReader::run(asked, [first, rest], stream_ends));
        }
        // The whole client, for every so many of them.
        if number % (stride * 7) == 0 {
            by_clients += 1;
            check("by the client", &by_client(&mut cx, &[bytes], asked, stream_ends));
            let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
            check("by the client, in bytes", &by_client(&mut cx, &pieces, asked, stream_ends));
        }
    });
    let [complete, malformed, incomplete] = verdicts;
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
        let reading = judge(response.as_bytes(), Asked::Other, stream_ends);
        assert_eq!(reading.verdict, verdict, "{response}");
        assert_eq!(reading.body, body.as_bytes(), "{response}");
    }
}
