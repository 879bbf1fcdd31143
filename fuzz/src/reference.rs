//! A reader of responses that is as plain as can be: heads by httparse, bodies after the rules of h11,
//! all bytes at once.

use crate::head_oracle::{Judgement, httparse, ours};
use crate::outcome::Fields;
use safe_http_client::sans_io::Asked;

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Ended {
    Complete,
    Refused,
    Truncated,
    #[default]
    Waits,
}

/// What was read, and what of it other readers may judge otherwise.
#[derive(Debug, Default)]
pub struct Read {
    pub body: Vec<u8>,
    pub trailers: Fields,
    pub ended: Ended,
    /// A number doesn't fit 64 bits.
    pub huge: bool,
    /// Transfer-Encoding is more than one word.
    pub coding_list: bool,
    /// White space stands behind a chunk's size, and something behind that.
    pub padded: bool,
    pub control_in_extension: bool,
}

/// A whole response. `None` where the heads are judged otherwise, which is looked at elsewhere.
pub fn response(asked: Asked, bytes: &[u8], stream_ends: bool) -> Option<Read> {
    let mut read = Read::default();
    let too_early = if stream_ends { Ended::Truncated } else { Ended::Waits };
    let mut rest = bytes;
    let (status, headers) = loop {
        let judgement = httparse(rest);
        if judgement != ours(rest, &[usize::MAX]).0 {
            return None;
        }
        match judgement {
            Judgement::Partial => return Some(Read { ended: too_early, ..read }),
            Judgement::Refused => return Some(Read { ended: Ended::Refused, ..read }),
            Judgement::Complete { length, status, headers, .. } => {
                rest = &rest[length..];
                if status == 101 || status >= 200 {
                    break (status, headers);
                }
            }
        }
    };
    let values = |name: &str| -> Vec<Vec<u8>> {
        let is = |field: &&(String, Vec<u8>)| field.0.eq_ignore_ascii_case(name);
        headers.iter().filter(is).map(|(_, value)| value.to_ascii_lowercase()).collect()
    };
    let no_body = matches!(status, 101 | 204 | 304)
        || asked == Asked::Head
        || asked == Asked::Connect && status < 300;
    let codings = values("transfer-encoding");
    let lengths = values("content-length");
    read.ended = if no_body {
        Ended::Complete
    } else if codings.iter().any(|coding| !coding.is_empty()) {
        read.coding_list = codings.len() > 1 || codings[0].contains(&b',');
        if codings[..] == [b"chunked"] { chunked(&mut read, rest) } else { Ended::Refused }
    } else if let Some(length) = lengths.first() {
        // They are one number: others were refused with the head.
        let first = length.split(|&byte| byte == b',').next().unwrap_or_default();
        sized(&mut read, rest, std::str::from_utf8(first.trim_ascii()).unwrap().parse().unwrap())
    } else {
        read.body = rest.to_vec();
        if stream_ends { Ended::Complete } else { Ended::Waits }
    };
    if read.ended == Ended::Waits {
        read.ended = too_early;
    }
    Some(read)
}

fn sized(read: &mut Read, rest: &[u8], length: u64) -> Ended {
    let most = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
    read.body = rest[..most].to_vec();
    if read.body.len() as u64 == length { Ended::Complete } else { Ended::Waits }
}

/// A chunked body and its trailers.
pub fn chunked(read: &mut Read, mut rest: &[u8]) -> Ended {
    loop {
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
            // What can't become a size line is refused early, or not.
            return if could_be_size_line(read, rest) { Ended::Waits } else { Ended::Refused };
        };
        let Some(line) = rest[..end].strip_suffix(b"\r") else { return Ended::Refused };
        let Some(size) = size_line(read, line) else { return Ended::Refused };
        rest = &rest[end + 1..];
        if size == 0 {
            return trailers(read, rest);
        }
        let Some(size) = usize::try_from(size).ok().filter(|&size| size <= rest.len()) else {
            read.body.extend_from_slice(rest);
            return Ended::Waits;
        };
        read.body.extend_from_slice(&rest[..size]);
        rest = &rest[size..];
        match rest {
            [b'\r', b'\n', tail @ ..] => rest = tail,
            [] | [b'\r'] => return Ended::Waits,
            _ => return Ended::Refused,
        }
    }
}

/// `[0-9A-Fa-f]{1,20}(;.*)?[ \t]*`
fn size_line(read: &mut Read, line: &[u8]) -> Option<u128> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (digits, behind) = line.split_at(digits);
    let significant = digits.iter().skip_while(|&&digit| digit == b'0').count();
    read.huge |= significant > 16;
    let blank = behind.trim_ascii_start();
    read.padded |= blank.len() < behind.len() && blank.starts_with(b";");
    read.control_in_extension |=
        blank.iter().any(|&byte| byte < b' ' && byte != b'\t' || byte == 127);
    let is_end =
        behind.starts_with(b";") || behind.iter().all(|&byte| matches!(byte, b' ' | b'\t'));
    if digits.is_empty() || significant > 20 || !is_end {
        return None;
    }
    digits.iter().try_fold(0u128, |size, &digit| {
        Some(size * 16 + u128::from(char::from(digit).to_digit(16)?))
    })
}

fn could_be_size_line(read: &mut Read, text: &[u8]) -> bool {
    text.is_empty() || size_line(read, text.strip_suffix(b"\r").unwrap_or(text)).is_some()
}

fn trailers(read: &mut Read, rest: &[u8]) -> Ended {
    let lines = rest.iter().filter(|&&byte| byte == b'\n').count();
    let mut headers = vec![httparse::EMPTY_HEADER; lines + 1];
    match httparse::parse_headers(rest, &mut headers) {
        Ok(httparse::Status::Complete((_, fields))) => {
            let field = |field: &httparse::Header<'_>| (field.name.into(), field.value.to_vec());
            read.trailers = fields.iter().map(field).collect();
            Ended::Complete
        }
        Ok(httparse::Status::Partial) => Ended::Waits,
        Err(_) => Ended::Refused,
    }
}
