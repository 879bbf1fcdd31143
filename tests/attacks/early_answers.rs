//! An answer that begins before the request's body has ended.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, cx};
use safe_http_client::{BodyLength, SafeHttpClient, StackQuirks, nb};

/// A part of an answer that leaves less room in the buffer than the last chunk takes: it is sent all the same.
#[test]
fn the_last_chunk_is_sent_however_much_of_an_answer_is_in_the_way() {
    let mut cx = cx();
    for room in [200usize, 256] {
        for left in 0..40usize {
            for pieces in [&["ab", "cd"][..], &["a", "b", "c", "d"], &["abcd"]] {
                // Interim, so that the body is still wanted; it ends once the body has.
                let fill = room.saturating_sub(left + "HTTP/1.1 103 E\r\nA: \r\n\r\n".len());
                let interim = format!("HTTP/1.1 103 E\r\nA: {}\r\n\r\n", "x".repeat(fill));
                let (front, back) = interim.split_at(interim.len() - 2);
                let connection = Connection::new([
                    Step::AwaitRequest,
                    Step::Data(front.into()),
                    // The end of the body is an empty line, too.
                    Step::AwaitRequest,
                    Step::Data(back.into()),
                    Step::Data(b"HTTP/1.1 204 \r\n\r\n".to_vec()),
                ]);
                let stack = ScriptStack::new([connection]);
                let log = stack.log.clone();
                let mut client =
                    SafeHttpClient::new(stack.attached(StackQuirks::STD), TestClock::ticking(1));
                let mut online = client.online(&mut cx).unwrap();
                let request = online.put("http://192.168.1.20/", vec![0; room]);
                let Ok(mut upload) = request.start_upload(BodyLength::Chunked) else { continue };
                let context = format!("{room} bytes, {left} left, {pieces:?}");
                let mut outcome = Ok(());
                'pieces: for piece in pieces {
                    let mut rest = piece.as_bytes();
                    let mut polls = 0..100_000;
                    while !rest.is_empty() {
                        polls.next().expect(&context);
                        match upload.poll_write(&mut client, &mut cx, rest) {
                            Ok(0) => break 'pieces,
                            Ok(count) => rest = &rest[count..],
                            Err(nb::Error::WouldBlock) => {}
                            Err(nb::Error::Other(error)) => {
                                outcome = Err(error.code());
                                break 'pieces;
                            }
                        }
                    }
                }
                // Where the answer's part and a chunk don't fit together it says so, in time.
                if let Err(code) = outcome {
                    assert!(
                        matches!(code, "idle_timeout" | "buffer_too_small"),
                        "{context}: {code}"
                    );
                    continue;
                }
                let mut call = upload.finish(&mut client).expect(&context);
                let mut polls = 0..100_000;
                let status = loop {
                    polls.next().expect(&context);
                    match call.poll(&mut client, &mut cx) {
                        Ok(()) => break call.status(),
                        Err(nb::Error::WouldBlock) => {}
                        Err(nb::Error::Other(error)) => panic!("{context}: {error}"),
                    }
                };
                assert_eq!(status, Some(204), "{context}");
                let sent = log.borrow().text(0);
                assert!(sent.ends_with("\r\n0\r\n\r\n"), "{context}: {sent:?}");
            }
        }
    }
}

/// What is given anew after `WouldBlock` is what is counted, also where it is something else.
#[test]
fn other_bytes_after_would_block_are_the_ones_that_count() {
    let mut cx = cx();
    let connection = Connection {
        send_limit: 3,
        send_pends: 2,
        ..Connection::new([Step::AwaitRequest, Step::Data(b"HTTP/1.1 101 \r\n\r\n".to_vec())])
    };
    let stack = ScriptStack::new([connection]);
    let log = stack.log.clone();
    let mut client = SafeHttpClient::new(stack.attached(StackQuirks::STD), TestClock::ticking(1));
    let mut call =
        client.online(&mut cx).unwrap().get("http://192.168.1.20/", [0; 256]).start().unwrap();
    while call.poll(&mut client, &mut cx).is_err() {}
    let before = log.borrow().sent(0).len();
    let mut stream = call.into_upgraded().unwrap();
    let mut counted = Vec::new();
    for round in 0..200u8 {
        let bytes = [b'a' + round % 26; 5];
        match stream.poll_write(&mut client, &mut cx, &bytes) {
            Ok(count) => counted.extend_from_slice(&bytes[..count]),
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => panic!("{error}"),
        }
    }
    assert!(!counted.is_empty());
    assert_eq!(log.borrow().sent(0)[before..], counted);
}
