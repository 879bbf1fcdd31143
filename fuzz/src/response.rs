//! Responses: their heads beside httparse's, the whole beside a plain reader, and beside themselves,
//! however they are split.

use crate::head_oracle::{compare, split};
use crate::input::parts;
use crate::judge::{agree, judge};
use crate::outcome::{End, Outcome};
use crate::player::Player;
use safe_http_client::ProtocolError;
use safe_http_client::sans_io::ResponseTo;

/// More is slow, and finds nothing else.
const MOST: usize = 4096;

/// Any head fits it, and what follows.
const ROOM: usize = MOST + 64;

/// Control: what was asked for; whether the stream stays open; the sizes of the segments.
pub fn run(data: &[u8]) {
    let (mut control, bytes) = parts(data);
    if bytes.len() > MOST {
        return;
    }
    let response_to = [ResponseTo::Other, ResponseTo::Head, ResponseTo::Connect][control.pick(3)];
    let stream_ends = control.pick(2) == 0;
    let sizes = control.sizes();

    compare(bytes, &sizes).unwrap_or_else(|difference| panic!("heads differ: {difference}"));
    let whole = Player::run(response_to, ROOM, [bytes], stream_ends);
    let parts = Player::run(response_to, ROOM, split(bytes, &sizes), stream_ends);
    assert_eq!(whole, parts, "split, it comes to something else: {}", bytes.escape_ascii());
    beside_the_judge(response_to, bytes, stream_ends, &whole);
    nothing_behind_it_is_taken(response_to, bytes, &sizes);
}

/// What RFC 9112 makes of it.
fn beside_the_judge(response_to: ResponseTo, bytes: &[u8], stream_ends: bool, ours: &Outcome) {
    // The judge doesn't count interim responses.
    if ours.end == End::Malformed(ProtocolError::TooManyInterim) {
        return;
    }
    let judged = judge(bytes, response_to, stream_ends);
    assert!(
        agree(bytes, response_to, stream_ends, &judged, ours),
        "{}\n  ours: {ours:?}\n  judge: {judged:?}",
        bytes.escape_ascii()
    );
}

/// Behind a message that ends by itself, other bytes change nothing.
fn nothing_behind_it_is_taken(response_to: ResponseTo, bytes: &[u8], sizes: &[usize]) {
    let read = |bytes| {
        let mut player = Player::new(response_to, ROOM);
        split(bytes, sizes).into_iter().for_each(|segment| player.receive(segment));
        (player.is_over(), player.taken(), player.outcome())
    };
    let (is_over, taken, alone) = read(bytes);
    if !is_over || alone.end != End::Complete {
        return;
    }
    let behind = [&bytes[..taken], b"\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"].concat();
    assert_eq!(read(&behind), (true, taken, alone), "{}", bytes.escape_ascii());
}
