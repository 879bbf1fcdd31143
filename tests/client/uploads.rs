//! Bodies of requests: given whole, in pieces or by a reader, awaited, refused and cut short.

use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::scenario::{Act, say};
use crate::server::Server;
use crate::support::{
    HELLO, URL, answers_after_body, drive, get, host, long_body, ms, ready, scripted,
};
use embedded_io::Read;
use safe_http_client::{
    BodyLength, CloseReason, Config, ErrorKind, LoopContext, Phase, RequestError, nb,
};
use std::time::Duration;

/// An upload that the server refuses while it goes on: what is left isn't sent, and the answer is
/// read.
#[test]
fn an_upload_that_a_real_server_refuses_stops() {
    let mut cx = cx();
    let server = Server::new(vec![vec![
        Act::Request,
        say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 6\r\n\r\nenough"),
    ]]);
    let mut client = host(Config::new());
    let mut reader = Endless { given: 0 };
    let mut online = client.online(&mut cx).unwrap();
    let post = online.post(&server.url(), [0; 1024]);
    let mut response = post.send_from(&mut reader, BodyLength::Chunked).unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(response.read_to_str().unwrap(), "enough");
    drop(response);
    assert_eq!(client.close_reason(), Some(CloseReason::RequestNotSent));
}

/// A reader that has more, whatever was read, at the pace of a sensor.
struct Endless {
    given: usize,
}

impl embedded_io::ErrorType for Endless {
    type Error = embedded_io::ErrorKind;
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        assert!(self.given < 50_000_000, "the answer was never looked for");
        std::thread::sleep(Duration::from_micros(200));
        out.fill(b'x');
        self.given += out.len();
        Ok(out.len())
    }
}

#[test]
fn a_request_that_fits_its_buffer_leaves_in_one_send() {
    let mut cx = cx();
    let clock = TestClock::ticking(1);
    let connections = [HELLO; 5].map(Connection::answer);
    let config = Config::new().keep_alive(Duration::ZERO);
    let (mut client, log) = scripted(&clock, config, connections);
    let mut online = client.online(&mut cx).unwrap();

    assert!(online.get(URL, [0; 512]).send().is_ok());
    assert!(online.post(URL, [0; 512]).body(b"the body").send().is_ok());
    assert!(online.post(URL, [0; 512]).copy_body(b"the body").send().is_ok());
    for length in [BodyLength::Known(8), BodyLength::Chunked] {
        let post = online.post(URL, [0; 512]);
        assert!(post.send_from(&mut b"the body".as_slice(), length).is_ok());
    }

    let log = log.borrow();
    assert_eq!(log.sends.len(), 5, "one `send` each");
    for (index, end) in [
        (0, "\r\n\r\n"),
        (1, "\r\n\r\nthe body"),
        (2, "\r\n\r\nthe body"),
        (3, "\r\n\r\nthe body"),
        (4, "\r\nthe body\r\n0\r\n\r\n"),
    ] {
        let text = log.text(index);
        assert!(text.ends_with(end), "{text}");
    }
    assert!((1..=3).all(|index| log.text(index).contains("Content-Length: 8\r\n")));
    assert!(log.text(4).contains("Transfer-Encoding: chunked\r\n"));
}

/// A reader that gives its bytes in pieces, and then its end or an error.
struct Pieces {
    bytes: Vec<u8>,
    piece: usize,
    fails: bool,
}

impl embedded_io::ErrorType for Pieces {
    type Error = embedded_io::ErrorKind;
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        if self.bytes.is_empty() && self.fails {
            return Err(embedded_io::ErrorKind::TimedOut);
        }
        let count = self.piece.min(out.len()).min(self.bytes.len());
        out[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes.drain(..count);
        Ok(count)
    }
}

/// Undoes chunked coding, strictly.
fn dechunk(mut coded: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = coded.windows(2).position(|w| w == b"\r\n").unwrap();
        let size = std::str::from_utf8(&coded[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        coded = &coded[line + 2..];
        body.extend_from_slice(&coded[..size]);
        assert_eq!(&coded[size..size + 2], b"\r\n");
        coded = &coded[size + 2..];
        if size == 0 {
            assert!(coded.is_empty(), "nothing behind the last chunk");
            return body;
        }
    }
}

#[test]
fn bodies_come_from_readers_and_in_pieces() {
    let mut cx = cx();
    let body = long_body();
    let known = BodyLength::Known(body.len() as u64);
    for length in [known, BodyLength::Chunked] {
        // A piece of 1, an odd one, and more than the buffer holds.
        for piece in [1, 77, 4096] {
            for interim in [0, 1, 19, 1000] {
                for blocking in [true, false] {
                    eprintln!("{length:?}, pieces of {piece}, interim of {interim}, {blocking}");
                    upload(&mut cx, &body, length, piece, answers_after_body(interim), blocking);
                }
            }
        }
    }
}

fn upload(
    cx: &mut LoopContext,
    body: &[u8],
    length: BodyLength,
    piece: usize,
    connection: Connection,
    blocking: bool,
) {
    let clock = TestClock::ticking(1);
    let (mut client, log) = scripted(&clock, Config::new(), [connection]);
    let mut pieces = Pieces { bytes: body.to_vec(), piece, fails: false };
    let mut online = client.online(cx).unwrap();
    let post = online.post(URL, [0; 256]).without_header("Accept-Encoding");
    if blocking {
        let response = post.send_from(&mut pieces, length);
        assert_eq!(response.unwrap().status(), 200);
    } else {
        let mut upload = post.start_upload(length).unwrap();
        let mut rest = body;
        while !rest.is_empty() {
            match upload.poll_write(&mut client, cx, &rest[..piece.min(rest.len())]) {
                Ok(count) => rest = &rest[count..],
                Err(error) => assert_eq!(error, nb::Error::WouldBlock),
            }
        }
        let mut call = upload.finish(&mut client).unwrap();
        let response = drive(&mut call, &mut client, cx, || ()).unwrap();
        assert_eq!(response, (200, "hello".into()));
    }
    assert!(client.is_connected(), "kept");
    let sent = log.borrow().sent(0);
    let head = sent.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let coded = &sent[head..];
    match length {
        BodyLength::Chunked => assert_eq!(dechunk(coded), body),
        BodyLength::Known(_) => assert_eq!(coded, body),
    }
}

#[test]
fn a_body_that_breaks_its_word_is_the_callers_mistake_and_closes_the_connection() {
    let mut cx = cx();
    let wrong = |declared, given| RequestError::BodyLength { declared, given };
    let failed = RequestError::BodyReader(embedded_io::ErrorKind::TimedOut);
    for (case, given, declared, fails, expected) in [
        ("too short", 10, BodyLength::Known(11), false, wrong(11, 10)),
        ("too long", 12, BodyLength::Known(11), false, wrong(11, 12)),
        ("empty", 0, BodyLength::Known(1), false, wrong(1, 0)),
        ("too long by all of it", 4, BodyLength::Known(0), false, wrong(0, 1)),
        ("much too short", 2000, BodyLength::Known(3000), false, wrong(3000, 2000)),
        ("fails at once", 0, BodyLength::Chunked, true, failed),
        ("fails, chunked", 2000, BodyLength::Chunked, true, failed),
        ("fails, known", 2000, BodyLength::Known(3000), true, failed),
    ] {
        let clock = TestClock::ticking(1);
        let connections = [Connection::new([Step::Silence]), Connection::answer(HELLO)];
        let (mut client, log) = scripted(&clock, Config::new(), connections);
        let mut pieces = Pieces { bytes: vec![b'x'; given], piece: 50, fails };
        let mut online = client.online(&mut cx).unwrap();
        let error = online.post(URL, [0; 256]).send_from(&mut pieces, declared).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Request(expected), "{case}");
        // Also where it showed before there was a connection.
        assert_eq!(error.phase, Phase::Send, "{case}");
        assert!(!client.is_connected(), "{case}");
        let opened = log.borrow().opened;
        assert_eq!(log.borrow().closed, opened, "{case}");
        if opened == 0 {
            // What never left can't have confused the server: the next takes its place.
            client.network_mut().stack_mut().connections.pop_front();
        }
        assert_eq!(get(&mut client, &mut cx, URL).unwrap(), "hello", "{case}");
    }
}

/// Also where the pieces are given without waiting.
#[test]
fn a_call_that_was_given_too_much_or_too_little_has_failed() {
    let mut cx = cx();
    for given in [10, 12] {
        let clock = TestClock::ticking(1);
        let connections = [Connection::new([Step::Silence]), Connection::answer(HELLO)];
        let (mut client, log) = scripted(&clock, Config::new(), connections);
        let mut online = client.online(&mut cx).unwrap();
        let mut upload = online.post(URL, [0; 256]).start_upload(BodyLength::Known(11)).unwrap();
        let body = vec![b'x'; given];
        let mut rest = body.as_slice();
        let error = loop {
            match upload.poll_write(&mut client, &mut cx, rest) {
                Ok(0) => break upload.finish(&mut client).unwrap_err(),
                Ok(count) => rest = &rest[count..],
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => break error,
            }
        };
        let wrong = RequestError::BodyLength { declared: 11, given: given as u64 };
        assert_eq!((error.kind, error.phase), (ErrorKind::Request(wrong), Phase::Send));
        assert_eq!(log.borrow().opened, log.borrow().closed, "{given} of 11 bytes");
    }
}

// --- Expect: 100-continue (RFC 9110 section 10.1.1) ---

#[test]
fn expect_continue() {
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let no = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
    let interim = Step::Data(go_on.into());
    let answer = || Step::Data(HELLO.into());
    // The script's steps behind the head; whether the body is sent; status; why it closed, if so.
    type Row = (&'static str, Vec<Step>, bool, u16, Option<CloseReason>);
    let rows: [Row; 6] = [
        ("accepted", vec![interim.clone(), Step::AwaitRequest, answer()], true, 200, None),
        (
            "accepted after a while, with another interim response",
            vec![
                Step::Pend(5),
                Step::Data("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".into()),
                interim.clone(),
                Step::AwaitRequest,
                answer(),
            ],
            true,
            200,
            None,
        ),
        ("refused", vec![Step::Data(no.into())], false, 417, Some(CloseReason::RequestNotSent)),
        (
            "answered without the body",
            vec![Step::Data([go_on, HELLO].concat().into())],
            false,
            200,
            Some(CloseReason::RequestNotSent),
        ),
        // A server of HTTP/1.0 knows nothing of it: the client goes on by itself.
        ("ignored", vec![Step::AwaitRequest, answer()], true, 200, None),
        ("refused late", vec![Step::Pend(200), Step::Data(no.into())], true, 417, None),
    ];
    let mut cx = cx();
    let body = long_body();
    for (case, steps, body_sent, status, closed) in rows {
        for by_reader in [false, true] {
            let clock = TestClock::ticking(1);
            let connection = Connection::new([Step::AwaitRequest].into_iter().chain(steps.clone()));
            let config = Config::new().continue_timeout(ms(50));
            let (mut client, log) = scripted(&clock, config, [connection]);
            let mut online = client.online(&mut cx).unwrap();
            let put = online.put(URL, [0; 256]).expect_continue();
            let response = if by_reader {
                let length = BodyLength::Known(body.len() as u64);
                put.send_from(&mut body.as_slice(), length)
            } else {
                put.body(&body).send()
            };
            let mut response = response.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(response.status(), status, "{case}");
            response.read_to_end().unwrap();
            drop(response);
            assert_eq!(client.close_reason(), closed, "{case}, by reader: {by_reader}");
            let text = log.borrow().text(0);
            assert!(text.contains("Expect: 100-continue\r\n"), "{text}");
            let end = std::str::from_utf8(&body).unwrap();
            assert_eq!(text.ends_with(end), body_sent, "{case}");
            if !body_sent {
                assert!(text.ends_with("\r\n\r\n") && text.len() < 256, "{case}");
            }
        }
        eprintln!("Expect: 100-continue: {case} ok");
    }
}

// --- Answers that come while the request is still being sent ---

/// A server may answer before it has read the body, and take no more of it (RFC 9112 section 9.3):
/// its answer is read, and the connection isn't used again.
#[test]
fn an_early_413_is_read_however_the_body_comes() {
    let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nbig!";
    let answer = || [Step::AwaitRequest, Step::Data(refusal.into())];
    let rows = [
        ("the server takes no more", Connection { send_window: 1000, ..Connection::new(answer()) }),
        (
            "its answer comes in pieces",
            Connection { send_window: 1000, ..Connection::answer_split(refusal, 5, None) },
        ),
        (
            "it closes the connection",
            Connection { send_breaks_at: 1000, ..Connection::new(answer()) },
        ),
        (
            "it takes no more than a part of what was staged",
            Connection { send_window: 200, ..Connection::new(answer()) },
        ),
    ];
    let mut cx = cx();
    for (case, connection) in rows {
        for way in ["slice", "reader", "reader, chunked", "pieces"] {
            let clock = TestClock::ticking(1);
            let connections = [connection.clone(), Connection::answer(HELLO)];
            let (mut client, log) = scripted(&clock, Config::new(), connections);
            let body = [b'x'; 5000];
            let known = BodyLength::Known(body.len() as u64);
            let mut online = client.online(&mut cx).unwrap();
            let post = online.post(URL, [0; 256]);
            let response = match way {
                "slice" => post
                    .body(&body)
                    .start()
                    .and_then(|mut call| drive(&mut call, &mut client, &mut cx, || ())),
                "pieces" => post.start_upload(known).and_then(|mut upload| {
                    let mut rest = body.as_slice();
                    while !rest.is_empty() {
                        match ready(|| upload.poll_write(&mut client, &mut cx, rest))? {
                            0 => break,
                            count => rest = &rest[count..],
                        }
                    }
                    let mut call = upload.finish(&mut client)?;
                    drive(&mut call, &mut client, &mut cx, || ())
                }),
                _ => {
                    let length = if way == "reader" { known } else { BodyLength::Chunked };
                    post.send_from(&mut body.as_slice(), length).and_then(|mut response| {
                        let status = response.status();
                        Ok((status, response.read_to_str()?.to_owned()))
                    })
                }
            };
            let response = response.unwrap_or_else(|error| panic!("{case}, {way}: {error}"));
            assert_eq!(response, (413, "big!".into()), "{case}, {way}");
            assert_eq!(client.close_reason(), Some(CloseReason::RequestNotSent), "{case}, {way}");
            assert_eq!(log.borrow().closed, 1);
            assert_eq!(get(&mut client, &mut cx, URL).unwrap(), "hello", "{case}, {way}");
            eprintln!("early 413: {case}, {way} ok");
        }
    }
}
