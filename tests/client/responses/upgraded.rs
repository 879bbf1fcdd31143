//! Connections that leave HTTP: 101 and CONNECT (RFC 9110 sections 7.8 and 9.3.6).

use super::row::{STACKS, client_over};
use crate::common::cx;
use crate::common::script::{Connection, Step};
use crate::support::{HELLO, URL, drive, get, ready};
use embedded_io::{Read, Write};
use safe_http_client::{Cause, CloseReason, ErrorKind, Method, StackQuirks};

#[test]
fn a_connection_that_leaves_http_is_handed_over_with_the_bytes_that_came_early() {
    let rows = [
        ("101", Method::Get, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 101),
        ("101 with a length", Method::Get, "HTTP/1.1 101 \r\nContent-Length: 2\r\n\r\n", 101),
        ("CONNECT 200", Method::Connect, "HTTP/1.1 200 OK\r\n\r\n", 200),
        ("CONNECT 299", Method::Connect, "HTTP/1.1 299 OK\r\nContent-Length: 2\r\n\r\n", 299),
        (
            "CONNECT 200 chunked",
            Method::Connect,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            200,
        ),
        (
            "CONNECT behind 103",
            Method::Connect,
            "HTTP/1.1 103 \r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            200,
        ),
    ];
    let mut cx = cx();
    for (name, method, head, status) in rows {
        for (stack, quirks, end) in STACKS {
            for segment in [1, usize::MAX] {
                let context = format!("{name}, {stack}, segments of {segment}");
                let early = [head.as_bytes(), b"0\r\nearly"].concat();
                let mut connection = Connection::answer_split(early, segment, None);
                connection.steps.extend([
                    Step::AwaitRequest,
                    Step::Data(b" and late".to_vec()),
                    Step::Pend(2),
                    end.clone(),
                ]);
                let (mut client, log) = client_over(quirks, [connection]);
                let mut buffer = [0; 256];
                let mut online = client.online(&mut cx).unwrap();
                let mut response = online.request(method, URL, &mut buffer).send().unwrap();
                assert_eq!(response.status(), status, "{context}");
                // There is no body to read by mistake.
                assert_eq!(response.read(&mut [0; 9]), Ok(0), "{context}");
                assert_eq!(response.read_to_end(), Ok(&b""[..]), "{context}");
                let mut stream = response.into_stream().unwrap_or_else(|_| panic!("{context}"));
                let mut early = [0; 8];
                stream.read_exact(&mut early).unwrap();
                assert_eq!(&early, b"0\r\nearly", "{context}");
                stream.write_all(b"ping\r\n\r\n").unwrap();
                let mut late = Vec::new();
                loop {
                    let mut byte = [0; 3];
                    match stream.read(&mut byte).unwrap() {
                        0 => break,
                        count => late.extend_from_slice(&byte[..count]),
                    }
                    assert!(late.len() < 100, "{context}: {}", late.escape_ascii());
                }
                assert_eq!(late, b" and late", "{context}");
                drop(stream);
                assert_eq!(client.close_reason(), Some(CloseReason::Upgraded), "{context}");
                drop(client);
                let log = log.borrow();
                assert!(log.text(0).ends_with("\r\n\r\nping\r\n\r\n"), "{context}");
                assert_eq!(log.opened, log.closed, "{context}");
            }
        }
    }
}

#[test]
fn an_upgraded_connection_is_polled_without_waiting() {
    let mut cx = cx();
    for segment in [1, usize::MAX] {
        let early = b"HTTP/1.1 101 \r\n\r\nearly";
        let mut connection = Connection::answer_split(early, segment, None);
        connection.steps.extend([Step::AwaitRequest, Step::Data(b" and late".to_vec())]);
        connection.steps.push_back(Step::Zero);
        let (mut client, log) =
            client_over(StackQuirks::STD, [connection, Connection::answer(HELLO)]);
        let mut buffer = [0; 256];
        let mut call = client.online(&mut cx).unwrap().get(URL, &mut buffer).start().unwrap();
        ready(|| call.poll(&mut client, &mut cx)).unwrap();
        assert!(call.is_upgraded());
        let mut stream = call.into_upgraded().expect("handed over");
        assert_eq!(stream.call().status(), Some(101));
        assert_eq!(stream.poll_write(&mut client, &mut cx, b"ping\r\n\r\n"), Ok(8));
        let mut read = Vec::new();
        loop {
            let mut piece = [0; 3];
            match ready(|| stream.poll_read(&mut client, &mut cx, &mut piece)).unwrap() {
                0 => break,
                count => read.extend_from_slice(&piece[..count]),
            }
        }
        assert_eq!(read, b"early and late");
        drop(stream);
        // It is the client's to close, with its next call.
        assert_eq!(get(&mut client, &mut cx, URL), Ok("hello".into()));
        assert_eq!(client.close_reason(), Some(CloseReason::Upgraded));
        drop(client);
        assert_eq!((log.borrow().opened, log.borrow().closed), (2, 2));
    }
}

/// What came of it is what was read of it, whatever the head announces; and it's no response that was cut.
#[test]
fn a_stream_that_breaks_counts_its_own_bytes() {
    let mut cx = cx();
    for (length, early) in [("", ""), ("", "early"), ("Content-Length: 30\r\n", "early")] {
        let answer = format!("HTTP/1.1 101 \r\n{length}\r\n{early}");
        let steps = [Step::AwaitRequest, Step::Data(answer.into()), Step::Data(b"late".into())];
        let connection = Connection::new(steps.into_iter().chain([Step::PipeClosed]));
        let (mut client, _) = client_over(StackQuirks::STD, [connection]);
        let mut online = client.online(&mut cx).unwrap();
        let mut stream = online.get(URL, [0; 256]).send().unwrap().into_stream().unwrap();
        let error = loop {
            match stream.read(&mut [0; 3]) {
                Ok(count) => assert_ne!(count, 0),
                Err(error) => break error,
            }
        };
        drop(stream);
        let received = early.len() as u64 + 4;
        assert_eq!(error.kind, ErrorKind::Truncated { received, announced: None }, "{length}");
        assert_eq!(client.cause(&error), Cause::ConnectionLost, "{length}");
    }
}

#[test]
fn any_other_call_is_given_back_and_read_on() {
    let mut cx = cx();
    for (method, status) in [(Method::Get, 200), (Method::Connect, 407), (Method::Get, 426)] {
        let response = HELLO.replace("200", &status.to_string());
        let (mut client, _) = client_over(StackQuirks::STD, [Connection::answer(response)]);
        let mut online = client.online(&mut cx).unwrap();
        let call = online.request(method, URL, [0; 256]).start().unwrap();
        // Nor does one that has no response yet.
        let mut call = call.into_upgraded().expect_err("given back");
        ready(|| call.poll(&mut client, &mut cx)).unwrap();
        assert!(!call.is_upgraded());
        let mut call = call.into_upgraded().expect_err("given back");
        assert_eq!(drive(&mut call, &mut client, &mut cx, || ()), Ok((status, "hello".into())));
    }
}

#[test]
fn any_other_response_keeps_its_connection_to_itself() {
    let mut cx = cx();
    for (method, status) in [(Method::Get, 200), (Method::Connect, 407), (Method::Get, 426)] {
        let response = HELLO.replace("200", &status.to_string());
        let (mut client, _) = client_over(StackQuirks::STD, [Connection::answer(response)]);
        let mut buffer = [0; 512];
        let mut online = client.online(&mut cx).unwrap();
        let response = online.request(method, URL, &mut buffer).send().unwrap();
        let mut response = response.into_stream().expect_err("given back");
        assert_eq!(response.status(), status);
        assert_eq!(response.read_to_str(), Ok("hello"));
    }
}
