//! Chunked bodies: what is encoded in any way comes back however it is split, and any bytes are
//! decoded as a plain reader decodes them, never past the message's end.

use crate::head_oracle::split;
use crate::input::{Control, parts};
use crate::judge::{agree, judge};
use crate::outcome::{End, Fields, Head, Outcome, fields};
use safe_http_client::sans_io::{ChunkedDecoder, HeadParser, Piece, ResponseTo};
use safe_http_client::{Headers, ProtocolError};

/// More is slow, and finds nothing else.
const MOST: usize = 4096;

/// Control: `0` encodes the rest, anything else decodes it; how it is encoded; segments.
pub fn run(data: &[u8]) {
    let (mut control, bytes) = parts(data);
    if bytes.len() > MOST {
        return;
    }
    if control.pick(2) == 0 {
        let mut shape = control.clone();
        let sent = encode(&mut shape, bytes);
        round_trip(&sent, &control.sizes());
    } else {
        any_bytes(bytes, &control.sizes());
    }
}

/// A body as it was meant, and as it was sent.
struct Sent {
    wire: Vec<u8>,
    body: Vec<u8>,
    trailers: Fields,
}

/// In chunks, each of a shape that the control bytes choose.
fn encode(shape: &mut Control<'_>, body: &[u8]) -> Sent {
    const EXTENSIONS: [&str; 10] =
        ["", ";a", ";a=b", " ;a=\"b;c\"", "; x = \"\\\"\"", "  ", "\t", ";", ";\u{e9}", ";;=,;"];
    let mut sent = Sent { wire: Vec::new(), body: body.to_vec(), trailers: Fields::new() };
    let mut line = |wire: &mut Vec<u8>, size: usize| {
        let zeros = "0".repeat(shape.pick(30));
        let size = if shape.pick(2) == 0 { format!("{size:x}") } else { format!("{size:X}") };
        let extension = EXTENSIONS[shape.pick(EXTENSIONS.len())];
        wire.extend(format!("{zeros}{size}{extension}\r\n").bytes());
        (1 + shape.pick(64), shape.pick(8))
    };
    let mut rest = body;
    let mut length = 5;
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at(length.min(rest.len()));
        length = line(&mut sent.wire, chunk.len()).0;
        sent.wire.extend_from_slice(chunk);
        sent.wire.extend_from_slice(b"\r\n");
        rest = tail;
    }
    let (_, trailers) = line(&mut sent.wire, 0);
    for index in 0..trailers {
        let (name, value) = (format!("X-{index}"), format!("value {index}").into_bytes());
        sent.wire.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        sent.trailers.push((name, value));
    }
    sent.wire.extend_from_slice(b"\r\n");
    sent
}

/// What decoding came to.
#[derive(Debug, PartialEq)]
struct Decoded {
    body: Vec<u8>,
    trailers: Option<Fields>,
    /// Bytes up to the message's end; all, where it has none.
    taken: usize,
    error: Option<ProtocolError>,
}

/// As an exchange does it: framing is asked for until it says data, and data are taken.
fn decode(bytes: &[u8], sizes: &[usize]) -> Decoded {
    // Folded trailer lines are joined in place.
    let mut kept = bytes.to_vec();
    let mut decoder = ChunkedDecoder::new();
    let mut trailers: Option<(HeadParser, usize)> = None;
    let mut decoded = Decoded { body: Vec::new(), trailers: None, taken: 0, error: None };
    let mut arrived = 0;
    for segment in split(bytes, sizes) {
        arrived += segment.len();
        loop {
            if let Some((parser, start)) = &mut trailers {
                match parser.parse(&mut kept[*start..arrived]) {
                    Ok(None) => break,
                    Ok(Some(length)) => {
                        decoded.taken = *start + length;
                        let lines = Headers::new(&kept[*start..decoded.taken]);
                        decoded.trailers = Some(fields(lines));
                        return decoded;
                    }
                    Err(error) => return Decoded { error: Some(error), ..decoded },
                }
            }
            let input = &bytes[decoded.taken..arrived];
            let (count, piece) = match decoder.next(input) {
                Ok(step) => step,
                Err(error) => return Decoded { error: Some(error), ..decoded },
            };
            assert!(count <= input.len(), "took more than there is");
            decoded.taken += count;
            match piece {
                Piece::Incomplete => {
                    assert_eq!(decoded.taken, arrived, "left something, and wants more");
                    break;
                }
                Piece::Data => {
                    let length = decoder.data_remaining();
                    assert!(length > 0, "a chunk of no data");
                    let most = usize::try_from(length).unwrap_or(usize::MAX);
                    let data = &input[count..][..most.min(input.len() - count)];
                    if data.is_empty() {
                        break;
                    }
                    decoded.body.extend_from_slice(data);
                    decoded.taken += data.len();
                    decoder.take_data(data.len() as u64);
                }
                Piece::Trailers => {
                    let mut parser = HeadParser::new();
                    parser.start_trailers();
                    trailers = Some((parser, decoded.taken));
                }
            }
        }
    }
    decoded
}

fn round_trip(sent: &Sent, sizes: &[usize]) {
    let behind = [&sent.wire[..], b"HTTP/1.1 200 OK\r\n\r\n"].concat();
    let decoded = decode(&behind, sizes);
    let right = Decoded {
        body: sent.body.clone(),
        trailers: Some(sent.trailers.clone()),
        taken: sent.wire.len(),
        error: None,
    };
    assert_eq!(decoded, right, "{}", sent.wire.escape_ascii());
}

fn any_bytes(bytes: &[u8], sizes: &[usize]) {
    let whole = decode(bytes, &[usize::MAX]);
    let parts = decode(bytes, sizes);
    // Of what is refused, how much was taken before depends on how much had come.
    assert_eq!(whole.error, parts.error, "{}", bytes.escape_ascii());
    assert_eq!(whole.trailers, parts.trailers, "{}", bytes.escape_ascii());
    assert_eq!(whole.body, parts.body, "{}", bytes.escape_ascii());
    if whole.error.is_none() {
        assert_eq!(whole.taken, parts.taken, "{}", bytes.escape_ascii());
    }

    let field = ("Transfer-Encoding".to_string(), b"chunked".to_vec());
    let ours = Outcome {
        head: Some(Head { status: 200, reason: Vec::new(), headers: vec![field] }),
        body: whole.body,
        end: match (whole.error, &whole.trailers) {
            (Some(error), _) => End::Malformed(error),
            (None, Some(_)) => End::Complete,
            (None, None) => End::Waits,
        },
        trailers: whole.trailers.unwrap_or_default(),
    };
    let response = [b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n", bytes].concat();
    let judged = judge(&response, ResponseTo::Other, false);
    assert!(
        agree(&response, ResponseTo::Other, false, &judged, &ours),
        "{}\n  ours: {ours:?}\n  judge: {judged:?}",
        bytes.escape_ascii()
    );
}
