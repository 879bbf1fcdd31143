//! Every kind of exchange over TLS, by a server of rustls's that keeps a script.

use crate::chains::served;
use crate::client::{clock, config, now, std_network, with_tls};
use crate::rustls_server::{self, Stream, start};
use conformance::common::cx;
use embedded_io::{Read as _, Write as _};
use rustls::version::TLS13;
use safe_http_client::{BodyLength, CloseReason, ErrorKind, Method, SafeHttpClient};
use safe_http_client_tls::{Authority, FULL_RECORD, WallTime, anchor};
use std::io::{Read, Result, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::sleep;
use std::time::{Duration, Instant};
use test_server::read_head;

/// A client that a server of this script answers, and the URL.
macro_rules! with_server {
    ($script:expr, |$online:ident, $at:ident| $work:expr) => {{
        let served = served();
        let port = start(rustls_server::config(&served, &[&TLS13]), $script);
        let $at: SocketAddr = ([127, 0, 0, 1], port).into();
        let anchors = [anchor(&served.root).unwrap()];
        let verify = Authority::new(&anchors, WallTime::Utc(now()));
        with_tls(std_network(), FULL_RECORD, verify, |tls| {
            let mut cx = cx();
            let mut client = SafeHttpClient::with_config(&mut *tls, clock(), config());
            #[allow(unused_mut)]
            let mut $online = client.online(&mut cx).unwrap();
            $work
        })
    }};
}

const URL: &str = "https://gate.test/";

fn say(stream: &mut Stream, text: &[u8]) -> Result<()> {
    stream.write_all(text)?;
    stream.flush()
}

/// Reads so many bytes; as text.
fn hear(stream: &mut Stream, count: usize) -> Result<String> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes)?;
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn many_requests_go_over_one_handshake() {
    fn script(stream: &mut Stream) -> Result<()> {
        for number in 0..20 {
            read_head(stream)?;
            let body = format!("{number:02}");
            say(stream, format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{body}").as_bytes())?;
        }
        Ok(())
    }
    with_server!(script, |online, at| for number in 0..20 {
        let mut buffer = [0; 256];
        let mut response = online.get(URL, &mut buffer).connect_to(at).send().unwrap();
        assert_eq!(response.read_to_str().unwrap(), format!("{number:02}"));
        drop(response);
        assert!(online.client().is_connected(), "request {number}");
    });
}

/// The server has said that it sends no more, while nobody was asking.
#[test]
fn a_kept_connection_that_was_closed_is_replaced() {
    fn script(stream: &mut Stream) -> Result<()> {
        read_head(stream)?;
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
        stream.conn.send_close_notify();
        stream.flush()
    }
    with_server!(script, |online, at| for _ in 0..3 {
        let mut buffer = [0; 256];
        let mut response = online.get(URL, &mut buffer).connect_to(at).send().unwrap();
        assert_eq!(response.read_to_str().unwrap(), "ok");
        drop(response);
        sleep(Duration::from_millis(20));
    });
}

#[test]
fn a_kept_connection_with_bytes_that_nobody_asked_for_is_closed() {
    // Responses that were read, and those that nobody asked for. The next request waits for the latter: what comes
    // behind a request can't be told from its answer. On loopback what was written has arrived.
    static READ: AtomicUsize = AtomicUsize::new(0);
    static UNASKED: AtomicUsize = AtomicUsize::new(0);
    fn wait_for(counter: &AtomicUsize, count: usize) {
        let begin = Instant::now();
        while counter.load(SeqCst) < count {
            assert!(begin.elapsed() < Duration::from_secs(10), "the other side does nothing");
            sleep(Duration::from_millis(1));
        }
    }
    fn script(stream: &mut Stream) -> Result<()> {
        read_head(stream)?;
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
        wait_for(&READ, UNASKED.load(SeqCst) + 1);
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")?;
        UNASKED.fetch_add(1, SeqCst);
        read_head(stream).map(drop)
    }
    with_server!(script, |online, at| for number in 1..=3 {
        let mut buffer = [0; 256];
        let mut response = online.get(URL, &mut buffer).connect_to(at).send().unwrap();
        assert_eq!(response.read_to_str().unwrap(), "ok");
        drop(response);
        assert!(online.client().is_connected(), "request {number}");
        READ.store(number, SeqCst);
        wait_for(&UNASKED, number);
    });
}

#[test]
fn chunks_and_trailers_in_records_of_their_own() {
    fn script(stream: &mut Stream) -> Result<()> {
        read_head(stream)?;
        let whole: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            5\r\nhello\r\n8;x=y\r\n, world!\r\n0\r\nSum: 13\r\n\r\n";
        for byte in whole {
            say(stream, &[*byte])?;
        }
        read_head(stream).map(drop)
    }
    with_server!(script, |online, at| {
        let mut buffer = [0; 512];
        let mut response = online.get(URL, &mut buffer).connect_to(at).send().unwrap();
        assert_eq!(response.read_to_str().unwrap(), "hello, world!");
        let trailer = response.trailers().next().unwrap();
        assert_eq!((trailer.name(), trailer.value()), ("Sum", &b"13"[..]));
    });
}

#[test]
fn a_body_that_is_announced_waits_for_100() {
    fn script(stream: &mut Stream) -> Result<()> {
        let request = read_head(stream)?;
        assert!(request.contains("Expect: 100-continue\r\n"), "{request}");
        // Nothing of the body may have come.
        stream.sock.set_read_timeout(Some(Duration::from_millis(50)))?;
        assert!(stream.read(&mut [0; 1]).is_err());
        stream.sock.set_read_timeout(None)?;
        say(stream, b"HTTP/1.1 100 Continue\r\n\r\n")?;
        assert_eq!(hear(stream, 5)?, "opens");
        say(stream, b"HTTP/1.1 204 No Content\r\n\r\n")
    }
    with_server!(script, |online, at| {
        let mut buffer = [0; 256];
        let request = online.post(URL, &mut buffer).connect_to(at).body("opens");
        assert_eq!(request.expect_continue().send().unwrap().status(), 204);
    });
}

#[test]
fn a_body_that_is_refused_before_it_is_sent() {
    fn script(stream: &mut Stream) -> Result<()> {
        read_head(stream)?;
        say(stream, b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")?;
        read_head(stream).map(drop)
    }
    with_server!(script, |online, at| {
        let mut buffer = [0; 256];
        let request = online.post(URL, &mut buffer).connect_to(at).body("opens");
        assert_eq!(request.expect_continue().send().unwrap().status(), 417);
    });
}

/// Twenty times as large as what a record holds, in chunks; and with a length.
#[test]
fn uploads_in_many_records() {
    const LENGTH: usize = 20_000;
    fn script(stream: &mut Stream) -> Result<()> {
        let request = read_head(stream)?;
        if request.contains("Content-Length: 20000\r\n") {
            assert_eq!(hear(stream, LENGTH)?, "x".repeat(LENGTH));
        } else {
            assert!(request.contains("Transfer-Encoding: chunked\r\n"), "{request}");
            let mut whole = Vec::new();
            while !whole.ends_with(b"0\r\n\r\n") {
                whole.push(hear(stream, 1)?.as_bytes()[0]);
            }
            assert_eq!(whole.iter().filter(|&&byte| byte == b'x').count(), LENGTH);
        }
        say(stream, b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")?;
        script(stream)
    }
    with_server!(script, |online, at| {
        for length in [BodyLength::Known(LENGTH as u64), BodyLength::Chunked] {
            let mut buffer = [0; 256];
            let body = [b'x'; LENGTH];
            let request = online.put(URL, &mut buffer).connect_to(at);
            assert_eq!(request.send_from(&mut &body[..], length).unwrap().status(), 201);
        }
    });
}

#[test]
fn an_upload_that_is_answered_early_ends_early() {
    fn script(stream: &mut Stream) -> Result<()> {
        read_head(stream)?;
        hear(stream, 1000)?;
        say(stream, b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nless")?;
        // It takes no more, and keeps the connection.
        sleep(Duration::from_secs(5));
        Ok(())
    }
    with_server!(script, |online, at| {
        let mut buffer = [0; 256];
        let request = online.put(URL, &mut buffer).connect_to(at);
        let body = vec![b'x'; 20_000_000];
        let length = BodyLength::Known(body.len() as u64);
        let mut response = request.send_from(&mut &body[..], length).unwrap();
        assert_eq!(response.status(), 413);
        assert_eq!(response.read_to_str().unwrap(), "less");
    });
}

/// What follows isn't HTTP any more: an echo, with its first bytes behind the head.
fn tunnel(stream: &mut Stream) -> Result<()> {
    let request = read_head(stream)?;
    let answer: &[u8] = if request.starts_with("CONNECT ") {
        b"HTTP/1.1 200 OK\r\n\r\nhi"
    } else {
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nhi"
    };
    say(stream, answer)?;
    for _ in 0..3 {
        let heard = hear(stream, 4)?;
        say(stream, heard.as_bytes())?;
    }
    stream.conn.send_close_notify();
    stream.flush()
}

#[test]
fn upgraded_connections_and_tunnels_stay_sealed() {
    for method in [Method::Get, Method::Connect] {
        with_server!(tunnel, |online, at| {
            let mut buffer = [0; 256];
            // A tunnel leads to the URL's host and port.
            let url = if method == Method::Connect { "https://gate.test:22" } else { URL };
            let request = online.request(method, url, &mut buffer).connect_to(at);
            let request = match method {
                Method::Get => request.header("connection", "upgrade").header("upgrade", "echo"),
                _ => request,
            };
            let Ok(mut stream) = request.send().unwrap().into_stream() else { panic!("no stream") };
            let mut bytes = [0; 4];
            stream.read_exact(&mut bytes[..2]).unwrap();
            assert_eq!(&bytes[..2], b"hi");
            for word in [b"ping", b"pong", b"pang"] {
                stream.write_all(word).unwrap();
                stream.read_exact(&mut bytes).unwrap();
                assert_eq!(&bytes, word);
            }
            assert_eq!(stream.read(&mut bytes).unwrap(), 0, "the end that the server has told");
            drop(stream);
            assert_eq!(online.client().close_reason(), Some(CloseReason::Upgraded));
        });
    }
}

/// The same without the server's word that it is the end.
#[test]
fn a_tunnel_that_is_cut_is_no_end() {
    fn script(stream: &mut Stream) -> Result<()> {
        read_head(stream)?;
        say(stream, b"HTTP/1.1 101 Switching Protocols\r\n\r\nhi")
    }
    with_server!(script, |online, at| {
        let mut buffer = [0; 256];
        let request = online.get(URL, &mut buffer).connect_to(at);
        let request = request.header("connection", "upgrade").header("upgrade", "echo");
        let Ok(mut stream) = request.send().unwrap().into_stream() else { panic!("no stream") };
        let mut bytes = [0; 2];
        stream.read_exact(&mut bytes).unwrap();
        let error = stream.read(&mut bytes).unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Truncated { received: 2, announced: None }),
            "{error:?}"
        );
    });
}
