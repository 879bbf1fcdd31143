//! Bodies of several parts.

use super::answers;
use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::{HELLO, scripted};
use embedded_io::Read as _;
use safe_http_client::{Config, ErrorKind, Multipart, Part, RequestError};

fn whole(parts: &[Part<'_>], step: usize) -> String {
    let mut body = Multipart::new(parts);
    let (length, mut bytes, mut piece) = (body.length(), Vec::new(), vec![0; step]);
    loop {
        match body.read(&mut piece).unwrap() {
            0 => break,
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
    assert_eq!(bytes.len() as u64, length);
    assert_eq!(body.length(), length, "whatever was read of it");
    String::from_utf8(bytes).unwrap()
}

#[test]
fn as_a_browser_sends_it() {
    let parts = [
        Part::text("place", "front door"),
        Part::typed("settings", "application/json", b"{}"),
        Part::file("photo", "a.txt", "text/plain", b"x\r\n"),
    ];
    let expected = "------part00000000\r\nContent-Disposition: form-data; name=\"place\"\r\n\r\nfront door\r\n\
                    ------part00000000\r\nContent-Disposition: form-data; name=\"settings\"\r\n\
                    Content-Type: application/json\r\n\r\n{}\r\n\
                    ------part00000000\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.txt\"\r\n\
                    Content-Type: text/plain\r\n\r\nx\r\n\r\n------part00000000--\r\n";
    for step in [1, 2, 7, 4096] {
        assert_eq!(whole(&parts, step), expected, "{step}");
    }
    // Elsewhere it is sent as it is.
    assert!(
        whole(&[Part::file("a\\b", "C:\\c", "d/e", b"")], 9)
            .contains(r#"name="a\b"; filename="C:\c""#)
    );
    assert_eq!(whole(&[], 7), "------part00000000--\r\n");
}

/// A part that has the boundary in it gets another.
#[test]
fn the_boundary() {
    let parts = [Part::text("a", "----part00000000"), Part::text("b", "----part00000001")];
    assert!(whole(&parts, 9).starts_with("------part00000002\r\n"));
}

#[test]
fn sent() {
    for size in [300, 4096] {
        let connections = [Connection::new([Step::Serve(1000)])];
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let content = vec![b'z'; 2000];
        let parts = [Part::file("f", "f.bin", "application/octet-stream", &content)];
        let request = online.post("http://192.168.1.20/a", vec![0; size]);
        let response = request.send_parts(&mut Multipart::new(&parts)).unwrap();
        assert_eq!(response.status(), 200);
        drop(response);
        let body = whole(&parts, 100);
        let text = log.borrow().text(0);
        assert!(text.contains("Content-Type: multipart/form-data; boundary=----part00000000\r\n"));
        assert!(text.contains(&format!("Content-Length: {}\r\n", body.len())), "{text}");
        let sent = text.split_once("\r\n\r\n").unwrap().1;
        assert_eq!(sent.len(), body.len(), "{size}");
        assert_eq!(sent, body);
    }
}

#[test]
fn names_that_would_end_their_line() {
    for part in [
        Part::text("a\"b", ""),
        Part::text("a\r\nb", ""),
        Part::typed("a", "c/d\r\nX: y", b""),
        Part::file("a", "b\"", "c/d", b""),
        Part::file("a", "b", "c/d\r\nX: y", b""),
        // A quotation mark behind a backslash ends no name for most servers: Flask reads the name `a"; filename=`.
        Part::text("a\\", ""),
        Part::file("a", "b\\", "c/d", b""),
    ] {
        let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [answers([HELLO])]);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.post("http://192.168.1.20/a", [0; 512]);
        let parts = [part];
        let error = request.start_parts(&Multipart::new(&parts)).unwrap_err();
        assert_eq!(
            error.kind,
            ErrorKind::Request(RequestError::UnfitHeader("Content-Disposition"))
        );
    }
}
