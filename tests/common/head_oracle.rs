//! Heads of responses, judged by our parser and by `httparse`, and where the two differ rightly.
#![allow(dead_code)]

use super::outcome::{Fields, fields};
use safe_http_client::sans_io::HeadParser;
use safe_http_client::{ProtocolError, ResponseHead};

/// Bytes in segments of these sizes, used in turn.
pub fn split<'b>(mut bytes: &'b [u8], sizes: &[usize]) -> Vec<&'b [u8]> {
    let mut segments = Vec::new();
    for &size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (segment, rest) = bytes.split_at(size.min(bytes.len()));
        segments.push(segment);
        bytes = rest;
    }
    segments
}

/// What a parser says of the bytes so far.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// The head is complete, and that long.
    Complete {
        length: usize,
        status: u16,
        reason: Vec<u8>,
        headers: Fields,
    },
    /// More is needed.
    Partial,
    Refused,
}

/// Judged by ours, from bytes that arrive in these segments; and the error of a refusal.
pub fn ours(head: &[u8], sizes: &[usize]) -> (Judgement, Option<ProtocolError>) {
    let mut parser = HeadParser::new();
    // Lines are joined in place.
    let mut kept = head.to_vec();
    let mut arrived = 0;
    for segment in split(head, sizes) {
        arrived += segment.len();
        match parser.parse(&mut kept[..arrived]) {
            Ok(None) => {}
            Ok(Some(length)) => {
                let read = ResponseHead::new(&parser, &kept[..length]);
                let judgement = Judgement::Complete {
                    length,
                    status: read.status(),
                    reason: read.reason().to_vec(),
                    headers: fields(read.headers()),
                };
                return (judgement, None);
            }
            Err(error) => return (Judgement::Refused, Some(error)),
        }
    }
    (Judgement::Partial, None)
}

/// The head with each folded line joined to the one before it (RFC 9112 section 5.2): what httparse reads
/// in our stead, which refuses them or keeps their line ends.
fn unfolded(head: &[u8]) -> Vec<u8> {
    let mut joined = head.to_vec();
    let (mut start, mut from, mut fields) = (0, 0, 0);
    while let Some(end) = joined[from..].iter().position(|byte| *byte == b'\n') {
        let end = from + end;
        from = end + 1;
        if fields > 0 && matches!(joined[start..end], [] | [b'\r']) {
            break;
        }
        if fields > 0 && matches!(joined.get(from), Some(b' ' | b'\t')) {
            joined[end] = b' ';
            if joined[end - 1] == b'\r' {
                joined[end - 1] = b' ';
            }
        } else {
            start = from;
            fields += 1;
            if fields == 1 && matches!(joined.get(from), Some(b' ' | b'\t')) {
                break;
            }
        }
    }
    joined
}

/// Judged by httparse.
pub fn httparse(head: &[u8]) -> Judgement {
    let head = &unfolded(head)[..];
    // No more fields than lines, so there is always room.
    let lines = head.iter().filter(|&&byte| byte == b'\n').count();
    let mut headers = vec![httparse::EMPTY_HEADER; lines + 1];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(head) {
        Ok(httparse::Status::Complete(length)) => Judgement::Complete {
            length,
            status: response.code.unwrap(),
            reason: response.reason.unwrap().into(),
            headers: response
                .headers
                .iter()
                .map(|header| (header.name.to_string(), header.value.to_vec()))
                .collect(),
        },
        Ok(httparse::Status::Partial) => Judgement::Partial,
        Err(_) => Judgement::Refused,
    }
}

/// A difference that is right: which, by which rule, and how it is told.
pub struct Difference {
    pub rule: &'static str,
    pub is: fn(&[u8], &Judgement, &Judgement, Option<ProtocolError>) -> bool,
}

/// All differences from httparse.
pub const DIFFERENCES: [Difference; 6] = [
    Difference {
        rule: "RFC 9112 section 2.2: empty lines are skipped in front of a request, not a response",
        is: |head, _, _, error| {
            (head.starts_with(b"\r") || head.starts_with(b"\n")) && not_http(error)
        },
    },
    Difference {
        rule: "RFC 9110 section 2.5: HTTP/1.2 to HTTP/1.9 are read as HTTP/1.1",
        is: |head, _, theirs, _| {
            *theirs == Judgement::Refused
                && head.starts_with(b"HTTP/1.")
                && matches!(head.get(7), Some(b'2'..=b'9'))
        },
    },
    Difference {
        rule: "RFC 9110 section 15: there is no class of statuses below 100",
        is: |head, _, _, error| head.get(9) == Some(&b'0') && error == Some(ProtocolError::Status),
    },
    Difference {
        rule: "RFC 9112 section 6.3: a Content-Length that is none, or two that differ, are refused \
               as soon as they are read",
        is: |_, _, _, error| {
            matches!(
                error,
                Some(ProtocolError::ContentLength | ProtocolError::ContentLengthConflict)
            )
        },
    },
    Difference {
        rule: "RFC 9112 section 5.1: what follows white space behind a name tells which rule is broken",
        is: |head, ours, theirs, _| {
            (ours, theirs) == (&Judgement::Partial, &Judgement::Refused)
                && matches!(head, [.., b' ' | b'\t'])
                && head.iter().rposition(|byte| *byte == b'\n').is_some_and(|end| {
                    let line = head[end + 1..].trim_ascii_end();
                    !line.is_empty() && !line.iter().any(|byte| b" \t:".contains(byte))
                })
        },
    },
    Difference {
        rule: "RFC 9112 section 4: obs-text in a reason is kept; httparse reports no reason",
        is: |_, ours, theirs, _| match (ours, theirs) {
            (
                Judgement::Complete { reason, length, status, headers },
                Judgement::Complete { length: l, status: s, reason: r, headers: h },
            ) => !reason.is_ascii() && r.is_empty() && (length, status, headers) == (l, s, h),
            _ => false,
        },
    },
];

fn not_http(error: Option<ProtocolError>) -> bool {
    matches!(error, Some(ProtocolError::NotHttp(_)))
}

/// Whether both say the same, or differ rightly; otherwise what each says.
pub fn compare(head: &[u8], sizes: &[usize]) -> Result<(), String> {
    let theirs = httparse(head);
    let (ours, error) = ours(head, sizes);
    let known = ours == theirs
        || DIFFERENCES.iter().any(|difference| (difference.is)(head, &ours, &theirs, error));
    if known {
        return Ok(());
    }
    Err(format!("{}\n  ours: {ours:?} {error:?}\n  httparse: {theirs:?}", head.escape_ascii()))
}
