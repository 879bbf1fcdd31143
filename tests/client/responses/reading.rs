//! The calls that read a body.

use super::chunked;
use super::row::client_over;
use crate::common::cx;
use crate::common::script::{Connection, Step};
use crate::support::{HELLO, URL, ready};
use embedded_io::{BufRead, Read};
use safe_http_client::{CloseReason, ErrorKind, RequestError, StackQuirks, nb};

#[test]
fn text_that_is_no_utf8_can_still_be_had_as_bytes() {
    let mut cx = cx();
    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ncaf\xe9!";
    let (mut client, _) = client_over(StackQuirks::STD, [Connection::answer(response)]);
    let mut buffer = [0; 512];
    let mut online = client.online(&mut cx).unwrap();
    let mut response = online.get(URL, &mut buffer).send().unwrap();
    let error = response.read_to_str().unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotUtf8 { valid_up_to: 3 });
    assert_eq!(response.read_to_end(), Ok(&b"caf\xe9!"[..]));
    drop(response);
    assert_eq!(client.close_reason(), None);
}

#[test]
fn ways_of_reading_can_be_mixed() {
    let mut cx = cx();
    for response in [
        HELLO.replace("5\r", "11\r") + " world",
        String::from_utf8(chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")).unwrap(),
    ] {
        for segment in [1, usize::MAX] {
            let answer = Connection::answer_split(&response, segment, None);
            let (mut client, _) = client_over(StackQuirks::STD, [answer]);
            let mut buffer = [0; 512];
            let mut online = client.online(&mut cx).unwrap();
            let mut response = online.get(URL, &mut buffer).send().unwrap();
            let mut first = [0; 2];
            response.read_exact(&mut first).unwrap();
            assert_eq!(&first, b"he");
            let next = response.fill_buf().unwrap()[0];
            assert_eq!(next, b'l');
            response.consume(1);
            assert_eq!(response.read_to_str(), Ok("lo world"));
            // What was read whole stays readable.
            assert_eq!(response.read_to_end(), Ok(&b"lo world"[..]));
            assert_eq!(response.read(&mut first), Ok(0));
            assert_eq!(response.fill_buf(), Ok(&b""[..]));
            assert_eq!(response.status(), 200);
        }
    }
}

#[test]
fn consuming_more_than_was_shown_takes_no_more_than_was_shown() {
    let mut cx = cx();
    let response = chunked("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
    let (mut client, _) = client_over(StackQuirks::STD, [Connection::answer(response)]);
    let mut buffer = [0; 512];
    let mut online = client.online(&mut cx).unwrap();
    let mut response = online.get(URL, &mut buffer).send().unwrap();
    assert_eq!(response.fill_buf(), Ok(&b"hel"[..]));
    response.consume(usize::MAX);
    assert_eq!(response.fill_buf(), Ok(&b"lo"[..]));
    response.consume(0);
    assert_eq!(response.fill_buf(), Ok(&b"lo"[..]));
}

#[test]
fn the_non_blocking_calls_never_report_an_end_that_has_not_come() {
    let mut cx = cx();
    let mut connection = Connection::answer_split(HELLO, 1, None);
    connection.connect_pends = 2;
    connection.send_pends = 2;
    let (mut client, _) = client_over(StackQuirks::STD, [connection]);
    let mut buffer = [0; 512];
    let mut call = client.online(&mut cx).unwrap().get(URL, &mut buffer).start().unwrap();
    // Before the head has come there is no body, and no end of one: these calls wait for it.
    let mut out = [0; 10];
    let mut waited = 0;
    while call.head().is_none() {
        let result = match waited % 3 {
            0 => call.poll_read(&mut client, &mut cx, &mut []).map(|_| ()),
            1 => call.poll_fill_buf(&mut client, &mut cx).map(|_| ()),
            _ => call.poll_read_to_end(&mut client, &mut cx),
        };
        if call.head().is_none() {
            assert_eq!(result, Err(nb::Error::WouldBlock), "call {waited}");
        }
        waited += 1;
    }
    assert!(waited > HELLO.len() / 2, "{waited}");
    let mut body = Vec::new();
    loop {
        match ready(|| call.poll_read(&mut client, &mut cx, &mut out)).unwrap() {
            0 => break,
            count => body.extend_from_slice(&out[..count]),
        }
    }
    assert_eq!(body, b"hello");
}

/// From the request's first byte to the body's last by this one call, whatever arrives together.
#[test]
fn reading_to_the_end_alone_reads_all_of_it_however_it_arrives() {
    let mut cx = cx();
    for response in
        [HELLO.into(), String::from_utf8(chunked("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")).unwrap()]
    {
        for segment in 1..=response.len() {
            let answer = Connection::answer_split(&response, segment, None);
            let (mut client, _) = client_over(StackQuirks::UNKNOWN, [answer]);
            let mut call = client.online(&mut cx).unwrap().get(URL, [0; 256]).start().unwrap();
            ready(|| call.poll_read_to_end(&mut client, &mut cx)).unwrap();
            assert_eq!(call.body(), b"hello", "{response:?} by {segment}");
            assert!(client.is_connected(), "{response:?} by {segment}: the connection is kept");
        }
    }
}

#[test]
fn after_an_error_every_call_says_that_the_exchange_is_over() {
    let mut cx = cx();
    let rows = [
        ("a cut length", HELLO.replace("llo", "")),
        ("a cut chunk", String::from_utf8(chunked("5\r\nhe")).unwrap()),
    ];
    for (name, response) in rows {
        let connection = Connection::answer_split(response, usize::MAX, Some(Step::Zero));
        let (mut client, _) = client_over(StackQuirks::STD, [connection]);
        let mut buffer = [0; 512];
        let mut call = client.online(&mut cx).unwrap().get(URL, &mut buffer).start().unwrap();
        ready(|| call.poll(&mut client, &mut cx)).unwrap();
        let error = ready(|| call.poll_read_to_end(&mut client, &mut cx)).unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Truncated { received: 2, .. }),
            "{name}: {error:?}"
        );
        let over = ErrorKind::Request(RequestError::CallOver);
        let mut out = [0; 1000];
        let calls = [
            ready(|| call.poll(&mut client, &mut cx)).unwrap_err(),
            ready(|| call.poll_read(&mut client, &mut cx, &mut out[..1])).unwrap_err(),
            // Larger than the buffer's rest.
            ready(|| call.poll_read(&mut client, &mut cx, &mut out)).unwrap_err(),
            ready(|| call.poll_fill_buf(&mut client, &mut cx).map(|_| ())).unwrap_err(),
            ready(|| call.poll_read_to_end(&mut client, &mut cx)).unwrap_err(),
        ];
        for error in calls {
            assert_eq!(error.kind, over, "{name}");
        }
        assert!(call.head().is_none() || call.trailers().next().is_none());
        drop(call);
        assert_eq!(client.close_reason(), Some(CloseReason::Error), "{name}");
    }
    // The blocking ones too.
    let connection =
        Connection::answer_split(HELLO.replace("llo", ""), usize::MAX, Some(Step::Zero));
    let (mut client, _) = client_over(StackQuirks::STD, [connection]);
    let mut buffer = [0; 512];
    let mut online = client.online(&mut cx).unwrap();
    let mut response = online.get(URL, &mut buffer).send().unwrap();
    response.read_to_end().unwrap_err();
    let mut out = [0; 1000];
    let over = ErrorKind::Request(RequestError::CallOver);
    assert_eq!(response.read(&mut out).unwrap_err().kind, over);
    assert_eq!(response.read_to_end().unwrap_err().kind, over);
}
