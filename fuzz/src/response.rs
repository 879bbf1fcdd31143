//! Responses: their heads beside httparse's, the whole beside a reader after h11's rules, and beside
//! themselves, however they are split.

use crate::head_oracle::{compare, split};
use crate::input::parts;
use crate::outcome::{CoreReader, End, Outcome};
use crate::reference::{self, Ended};
use safe_http_client::ProtocolError as Refused;
use safe_http_client::sans_io::Asked;

/// More is slow, and finds nothing else.
const MOST: usize = 4096;

/// Control: what was asked for; whether the stream stays open; the sizes of the segments.
pub fn run(data: &[u8]) {
    let (mut control, bytes) = parts(data);
    if bytes.len() > MOST {
        return;
    }
    let asked = [Asked::Other, Asked::Head, Asked::Connect][control.pick(3)];
    let stream_ends = control.pick(2) == 0;
    let sizes = control.sizes();

    compare(bytes, &sizes).unwrap_or_else(|difference| panic!("heads differ: {difference}"));
    let whole = CoreReader::run(asked, [bytes], stream_ends);
    let parts = CoreReader::run(asked, split(bytes, &sizes), stream_ends);
    assert_eq!(whole, parts, "split, it comes to something else: {}", bytes.escape_ascii());
    beside_the_reference(asked, bytes, stream_ends, &whole);
    nothing_behind_it_is_taken(asked, bytes, &sizes);
}

fn beside_the_reference(asked: Asked, bytes: &[u8], stream_ends: bool, ours: &Outcome) {
    let Some(theirs) = reference::response(asked, bytes, stream_ends) else {
        return;
    };
    let ended = match ours.end {
        End::Complete => Ended::Complete,
        End::Malformed(_) => Ended::Refused,
        End::Truncated => Ended::Truncated,
        _ => Ended::Waits,
    };
    let same =
        ended == theirs.ended && ours.body == theirs.body && ours.trailers == theirs.trailers;
    // How much is delivered of a body that is then refused is the reader's affair.
    let refused = ended == Ended::Refused && theirs.ended == Ended::Refused;
    let known = DIFFERENCES.iter().any(|(_, is)| is(ours, &theirs));
    assert!(
        same || refused || known,
        "{}\n  ours: {ours:?}\n  reference: {theirs:?}",
        bytes.escape_ascii()
    );
}

/// A difference from the reference that is right, and the reason.
type Difference = (&'static str, fn(&Outcome, &reference::Read) -> bool);

const DIFFERENCES: [Difference; 7] = [
    (
        "RFC 9112 section 6.3.3: both framings are an error; h11 goes by Transfer-Encoding",
        |ours, _| ours.end == End::Malformed(Refused::LengthWithTransferEncoding),
    ),
    ("RFC 9112 section 6.1: Transfer-Encoding in HTTP/1.0 is faulty framing", |ours, _| {
        ours.end == End::Malformed(Refused::TransferEncodingInHttp10)
    }),
    ("a length that 64 bits don't hold is refused; h11's numbers have no limit", |ours, theirs| {
        ours.end == End::Malformed(Refused::ContentLength) && theirs.huge
    }),
    ("a chunk that 64 bits don't hold is refused; h11 takes 20 digits", |ours, theirs| {
        ours.end == End::Malformed(Refused::ChunkSize) && theirs.huge
    }),
    (
        "RFC 9110 section 5.6.1.2: empty elements of a list don't count; several lines are one list",
        { |ours, theirs| theirs.coding_list && !matches!(ours.end, End::Malformed(_)) },
    ),
    ("RFC 9112 section 7.1.1: white space may stand in front of an extension (BWS)", {
        |ours, theirs| theirs.padded && !matches!(ours.end, End::Malformed(_))
    }),
    (
        "RFC 9112 section 7.1.1: an extension has no control characters; h11 skips any",
        |ours, theirs| {
            ours.end == End::Malformed(Refused::ChunkLine) && theirs.control_in_extension
        },
    ),
];

/// Behind a message that ends by itself, other bytes change nothing.
fn nothing_behind_it_is_taken(asked: Asked, bytes: &[u8], sizes: &[usize]) {
    let read = |bytes| {
        let mut reader = CoreReader::new(asked);
        split(bytes, sizes).into_iter().for_each(|segment| reader.receive(segment));
        (reader.is_over(), reader.taken, reader.outcome())
    };
    let (is_over, taken, alone) = read(bytes);
    if !is_over || alone.end != End::Complete {
        return;
    }
    let behind = [&bytes[..taken], b"\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"].concat();
    assert_eq!(read(&behind), (true, taken, alone), "{}", bytes.escape_ascii());
}
