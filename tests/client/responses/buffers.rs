//! Buffers that are too small, or hardly large enough.

use super::reader::{Reader, exchange};
use super::row::{client_over, ok};
use super::{chunked, read_to};
use crate::common::cx;
use crate::common::script::{Connection, Step};
use crate::support::{Client, HELLO, TestError, URL};
use embedded_io::{BufRead, Read};
use safe_http_client::{BufferUse, CloseReason, ErrorKind, LoopContext, Phase, StackQuirks};

/// One GET through a buffer of this size.
fn get_through<'a>(
    client: &'a mut Client,
    cx: &'a mut LoopContext,
    buffer: &'a mut [u8],
) -> Result<u16, TestError> {
    client.online(cx).unwrap().get(URL, buffer).send().map(|response| response.status())
}

#[test]
fn a_head_larger_than_the_buffer_is_an_error_that_says_how_much_it_needs() {
    let mut cx = cx();
    let head = format!(
        "HTTP/1.1 200 OK\r\nA: {}\r\nContent-Length: 0\r\nB: {}\r\n\r\n",
        "a".repeat(200),
        "b".repeat(1000)
    );
    let bare_lf = head.replace("\r\n", "\n");
    let rows = [
        ("alone", head.clone(), head.len()),
        ("with a body behind it", head.replace("th: 0", "th: 9") + "\r\n\r\n:-)\r\n", head.len()),
        ("with bare LF", bare_lf.clone(), bare_lf.len()),
        // Each head needs the buffer for itself.
        ("behind an interim one", format!("HTTP/1.1 103 \r\nX: y\r\n\r\n{head}"), head.len()),
        ("an interim one", head.replace("200 OK", "103 OK") + HELLO, head.len()),
    ];
    for (name, response, needed) in rows {
        for segment in [1, 50, usize::MAX] {
            for available in [256, 1000, needed - 1] {
                let context = format!("{name}, segments of {segment}, buffer of {available}");
                let answer = || Connection::answer_split(&response, segment, None);
                let (mut client, log) = client_over(StackQuirks::STD, [answer(), answer()]);
                let error = get_through(&mut client, &mut cx, &mut vec![0; available]).unwrap_err();
                let buffer = ErrorKind::Buffer {
                    what: BufferUse::ResponseHead,
                    needed,
                    available,
                    exact: true,
                };
                assert_eq!(error.kind, buffer, "{context}");
                assert_eq!(error.phase, Phase::Head, "{context}");
                assert_eq!(client.close_reason(), Some(CloseReason::Error), "{context}");
                // That much is enough.
                let result = get_through(&mut client, &mut cx, &mut vec![0; needed]);
                assert_eq!(result, Ok(200), "{context}");
                drop(client);
                assert_eq!(log.borrow().opened, log.borrow().closed, "{context}");
            }
        }
    }
}

#[test]
fn a_head_that_never_ends_is_counted_to_a_limit() {
    let mut cx = cx();
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "A: b\r\n".repeat(20_000));
    let unfinished = format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(1000));
    let rows = [
        ("endless", endless, None),
        ("cut", unfinished.clone(), Some(Step::Zero)),
        ("silent", unfinished, Some(Step::Silence)),
    ];
    for (name, response, end) in rows {
        let connection = Connection::answer_split(response, usize::MAX, end);
        let (mut client, _) = client_over(StackQuirks::STD, [connection]);
        let error = get_through(&mut client, &mut cx, &mut [0; 256]).unwrap_err();
        match error.kind {
            ErrorKind::Buffer { what: BufferUse::ResponseHead, needed, available: 256, exact } => {
                assert!(!exact && needed > 1000, "{name}: {needed}");
            }
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(client.close_reason(), Some(CloseReason::Error), "{name}");
    }
}

#[test]
fn a_head_that_fills_the_buffer_leaves_the_body_to_the_callers_own() {
    let mut cx = cx();
    let head = format!("HTTP/1.1 200 OK\r\nA: {}\r\nContent-Length: 5\r\n\r\n", "a".repeat(200));
    for segment in [1, usize::MAX] {
        let answer = Connection::answer_split(format!("{head}hello"), segment, None);
        let (mut client, _) = client_over(StackQuirks::STD, [answer]);
        let mut buffer = vec![0; head.len()];
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(URL, &mut buffer).send().unwrap();
        let mut out = [0; 5];
        assert_eq!(read_to(&mut response, &mut out), Ok(5));
        assert_eq!(&out, b"hello");
        assert_eq!(response.read(&mut out), Ok(0));
        drop(response);
        assert_eq!(client.close_reason(), None);
    }
}

#[test]
fn a_body_larger_than_the_buffer_can_still_be_read_piece_by_piece() {
    let mut cx = cx();
    let body = "0123456789".repeat(100);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    for segment in [1, 64, usize::MAX] {
        let answer = || Connection::answer_split(format!("{head}{body}"), segment, None);
        let (mut client, _) = client_over(StackQuirks::STD, [answer()]);
        let mut buffer = [0; 256];
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(URL, &mut buffer).send().unwrap();
        let needed = head.len() + body.len();
        let expected =
            ErrorKind::Buffer { what: BufferUse::Body, needed, available: 256, exact: true };
        assert_eq!(response.read_to_end().unwrap_err().kind, expected);
        let mut read = Vec::new();
        loop {
            let data = response.fill_buf().unwrap();
            if data.is_empty() {
                break;
            }
            read.extend_from_slice(data);
            let count = data.len();
            response.consume(count);
        }
        assert_eq!(read, body.as_bytes());
        drop(response);
        assert_eq!(client.close_reason(), None);
        // That much is enough.
        let (mut client, _) = client_over(StackQuirks::STD, [answer()]);
        let mut buffer = vec![0; needed];
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(URL, &mut buffer).send().unwrap();
        assert_eq!(response.read_to_str(), Ok(&*body));
    }
}

#[test]
fn a_chunked_body_larger_than_the_buffer_is_an_error_with_a_lower_bound() {
    let mut cx = cx();
    for segment in [1, 64, usize::MAX] {
        let chunk = format!("64\r\n{}\r\n", "x".repeat(100));
        let response = chunked(format!("{}0\r\n\r\n", chunk.repeat(10)));
        let answer = Connection::answer_split(response, segment, None);
        let (mut client, _) = client_over(StackQuirks::STD, [answer]);
        let mut buffer = [0; 512];
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(URL, &mut buffer).send().unwrap();
        // A byte more is what is known to be needed.
        let expected =
            ErrorKind::Buffer { what: BufferUse::Body, needed: 513, available: 512, exact: false };
        assert_eq!(response.read_to_end().unwrap_err().kind, expected);
        drop(response);
        assert_eq!(client.close_reason(), Some(CloseReason::Error));
        assert!(client.evidence().answer.is_empty(), "nothing of a body is quoted");
    }
}

/// The head alone fits: what tells where chunks end has no place.
#[test]
fn a_chunked_body_without_room_behind_the_head_asks_for_some() {
    let mut cx = cx();
    let pad = "0".repeat(100);
    let head = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Pad: {pad}\r\n\r\n");
    let answer =
        Connection::answer_split(format!("{head}5\r\nhello\r\n0\r\n\r\n"), head.len(), None);
    let (mut client, _) = client_over(StackQuirks::STD, [answer]);
    let mut buffer = vec![0; head.len()];
    let mut online = client.online(&mut cx).unwrap();
    let mut response = online.get(URL, &mut buffer).send().unwrap();
    let (available, what) = (head.len(), BufferUse::Body);
    let expected = ErrorKind::Buffer { what, needed: available + 32, available, exact: false };
    assert_eq!(response.fill_buf().unwrap_err().kind, expected);
}

/// Framing, trailers and what was read share the room behind the head, and are moved about in it.
#[test]
fn a_body_is_never_damaged_by_a_buffer_that_is_hardly_large_enough() {
    let mut cx = cx();
    let head =
        format!("HTTP/1.1 200 OK\r\nA: {}\r\nTransfer-Encoding: chunked\r\n\r\n", "a".repeat(100));
    let chunks = "4;a=b\r\n0123\r\n10\r\n456789abcdefghij\r\n1\r\nk\r\n00f\r\nlmnopqrstuvwxyz\r\n0\r\nT: u\r\n\r\n";
    let body = "0123456789abcdefghijklmnopqrstuvwxyz";
    let trailers = [("T".to_string(), b"u".to_vec())];
    let whole = head.len() + chunks.len();
    let row = ok("", format!("{head}{chunks}"), 200, body);
    for room in 0..=chunks.len() {
        for segment in [1, 3, 50, usize::MAX] {
            for reader in Reader::ALL {
                let context = format!("room for {room}, segments of {segment}, {reader:?}");
                let answer = Connection::answer_split(&row.response, segment, None);
                let (mut client, log) = client_over(StackQuirks::STD, [answer]);
                let mut buffer = vec![0; head.len() + room];
                let report = exchange(&mut client, &mut cx, &row, reader, &mut buffer);
                match report.error.map(|error| error.kind) {
                    None => {
                        assert_eq!(report.body, body.as_bytes(), "{context}");
                        assert_eq!(report.trailers, trailers, "{context}");
                    }
                    Some(ErrorKind::Buffer { needed, available, .. }) => {
                        assert!(body.as_bytes().starts_with(&report.body), "{context}");
                        assert_eq!(available, buffer.len(), "{context}");
                        assert!(available < needed && available < whole, "{context}");
                        // Piece by piece, little is enough.
                        let in_pieces = !matches!(
                            reader,
                            Reader::ReadToEnd | Reader::ReadToStr | Reader::PollReadToEnd
                        );
                        assert!(!in_pieces || room < 32, "{context}");
                    }
                    Some(error) => panic!("{context}: {error:?}"),
                }
                drop(client);
                assert_eq!(log.borrow().opened, log.borrow().closed, "{context}");
            }
        }
    }
}
