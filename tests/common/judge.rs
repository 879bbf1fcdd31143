//! A reader of responses that has the whole of one before it, and does what RFC 9112 says, in the order in
//! which it says it.
#![allow(dead_code)]

use super::outcome::{End, Fields, Outcome};
use safe_http_client::sans_io::ResponseTo;

/// What a response comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
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
pub struct Reading {
    pub verdict: Verdict,
    /// Status, reason and fields of the final response.
    pub head: Option<(u16, Vec<u8>, Fields)>,
    pub body: Vec<u8>,
    pub trailers: Fields,
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
            let begin = self.at;
            let mut line = self.line()?;
            if line.is_empty() {
                return Ok(fields);
            }
            // Section 5.2: a line that starts with white space goes on with the one before, and what is
            // between them becomes spaces. Section 2.2: there is none in front of the first.
            while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
                let end = self.at - begin;
                line.resize(end, b' ');
                line.extend(self.line()?);
            }
            // Section 5.1: no white space in front of the colon.
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
pub fn judge(bytes: &[u8], response_to: ResponseTo, stream_ends: bool) -> Reading {
    let mut judge = Judge { bytes, at: 0 };
    let mut reading = Reading {
        verdict: Verdict::Incomplete,
        head: None,
        body: Vec::new(),
        trailers: Fields::new(),
    };
    reading.verdict = match read(&mut judge, response_to, stream_ends, &mut reading) {
        Ok(()) => Verdict::Complete { length: judge.at },
        Err(Stop::Malformed) => Verdict::Malformed,
        Err(Stop::Incomplete) => Verdict::Incomplete,
    };
    reading
}

fn read(
    judge: &mut Judge<'_>,
    response_to: ResponseTo,
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
    if response_to == ResponseTo::Head || matches!(status, 100..=199 | 204 | 304) {
        return Ok(());
    }
    // Rule 2.
    if response_to == ResponseTo::Connect && (200..=299).contains(&status) {
        return Ok(());
    }
    let mut codings = elements(&fields, "transfer-encoding");
    codings.retain(|coding| !coding.is_empty());
    // `identity` is no coding (RFC 2616 section 3.6); behind `chunked` that isn't last any more.
    let mut is_chunked = false;
    codings.retain(|coding| {
        is_chunked |= coding == "chunked";
        coding != "identity" || is_chunked
    });
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
pub fn agree(
    bytes: &[u8],
    response_to: ResponseTo,
    stream_ends: bool,
    judged: &Reading,
    ours: &Outcome,
) -> bool {
    let head = ours.head.clone().map(|head| (head.status, head.reason, head.headers));
    let same = |ours: &Outcome| {
        head == judged.head && ours.body == judged.body && ours.trailers == judged.trailers
    };
    match (&judged.verdict, &ours.end) {
        (Verdict::Complete { .. }, End::Complete) => same(ours),
        (Verdict::Malformed, End::Malformed(_)) => same(ours),
        (Verdict::Incomplete, End::Truncated) => stream_ends && same(ours),
        (Verdict::Incomplete, End::Waits) => !stream_ends && same(ours),
        // What isn't HTTP is waited for a little, to tell what it is.
        (Verdict::Malformed, End::Waits) => {
            let start = bytes.trim_ascii_start();
            !stream_ends && bytes.len() < 32 && !start.contains(&b'\n') && same(ours)
        }
        // Refused before the line is whole, since nothing could make it right.
        (Verdict::Incomplete, End::Malformed(_)) => {
            same(ours)
                && REST.iter().all(|rest| {
                    let longer = judge(&[bytes, rest].concat(), response_to, true);
                    !matches!(longer.verdict, Verdict::Complete { .. })
                })
        }
        _ => false,
    }
}
