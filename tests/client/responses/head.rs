//! The status line and the field lines of a head, and the head as a caller asks for it.

use super::row::{bad_head, client_over, ok};
use super::{check_all, with_line};
use crate::common::cx;
use crate::common::script::Connection;
use crate::support::URL;
use safe_http_client::{CloseReason, Method, Peer, ProtocolError, ResponseHead, StackQuirks};

// --- Lines of a head (RFC 9112 sections 2.2 and 5, RFC 9110 section 5) ---

#[test]
fn a_field_line_is_a_token_a_colon_and_a_value() {
    use ProtocolError::*;
    let refused = [
        // RFC 9112 section 2.2: it could hide a field from who skips the line.
        ("white space before the first field", " A: b", ObsFold),
        ("a line of white space before the first field", " \t \r\nA: b", ObsFold),
        ("a fold in the name", "A\r\n B: c", HeaderName),
        ("a fold before the colon", "A\r\n : c", HeaderName),
        ("a fold behind white space that isn't in the value", "A \r\n : c", HeaderName),
        ("a length that folds into two numbers", "Content-Length: 5\r\n 0", ContentLength),
        ("a length and a folded line", "Content-Length: 0\r\n A: b", ContentLength),
        ("space before the colon", "A : b", SpaceBeforeColon),
        ("HTAB before the colon", "A\t: b", SpaceBeforeColon),
        ("space in the name", "A B: c", HeaderName),
        ("space before the length's colon", "Content-Length : 5", SpaceBeforeColon),
        ("no name", ": b", HeaderName),
        ("no colon", "A", HeaderName),
        ("no colon, but words", "This is odd", HeaderName),
        ("a language in front of the name", "en-US Content-Type: text/xml", HeaderName),
        ("= for the colon", "X-XSS-Protection=1;", HeaderName),
        ("no colon, and a line behind", "A\r\nB: c", HeaderName),
        ("no name, no colon", "@", HeaderName),
        ("CR in the name", "A\rB: c", HeaderName),
        ("NUL in the name", "A\0: b", HeaderName),
        ("Latin-1 in the name", "Caf\u{e9}: b", HeaderName),
        ("NUL in the value", "A: b\0c", HeaderValue),
        ("NUL as the value", "A: \0", HeaderValue),
        ("bare CR in the value", "A: b\rc", HeaderValue),
        ("bare CR that hides a field", "A: b\rContent-Length: 5", HeaderValue),
        ("bare CR at the value's start", "A:\rb", HeaderValue),
        ("two CR", "A: b\r", HeaderValue),
        ("DEL", "A: b\u{7f}", HeaderValue),
        ("BS", "A: b\u{8}", HeaderValue),
        ("ESC", "A: \u{1b}[2J", HeaderValue),
    ];
    check_all(refused.map(|(name, line, error)| bad_head(name, with_line(line), error)));
    // RFC 9110 section 5.6.2: none of these is in a token.
    check_all("\"(),/;<=>?@[\\]{}\u{1}\u{7f}".chars().map(|delimiter| {
        bad_head(
            format!("{delimiter:?} in a name"),
            with_line(format!("A{delimiter}B: c")),
            HeaderName,
        )
    }));
    check_all([bad_head("a CR behind the head", "HTTP/1.1 200 OK\r\n\rX", HeaderName)]);

    let length = ("Content-Length", "5");
    let accepted = |name: &str, line: &str, field: (&str, &str)| {
        ok(name, with_line(format!("{line}\r\nContent-Length: 5")), 200, "hello")
            .headers(&[field, length])
    };
    check_all([
        accepted("no space", "A:b", ("A", "b")),
        accepted("white space around", "A: \t b \t", ("A", "b")),
        accepted("white space within", "A: b \t c", ("A", "b \t c")),
        accepted("an empty value", "A:", ("A", "")),
        accepted("a value of white space", "A: \t ", ("A", "")),
        accepted("a colon as value", "A::", ("A", ":")),
        accepted(
            "every punctuation mark of a token",
            "!#$%&'*+-.^_`|~: x",
            ("!#$%&'*+-.^_`|~", "x"),
        ),
        accepted(
            "every visible character",
            "A: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            ("A", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        ),
    ]);
}

#[test]
fn bytes_above_ascii_are_kept_in_values_and_reasons() {
    check_all([
        ok(
            "Latin-1 in a value",
            with_line(b"A: caf\xe9 \xa0\xff\r\nContent-Length: 5"),
            200,
            "hello",
        )
        .headers(&[("A", &b"caf\xe9 \xa0\xff"[..]), ("Content-Length", b"5")]),
        ok("UTF-8 in a value", with_line("A: caf\u{e9}\r\nContent-Length: 5"), 200, "hello")
            .headers(&[("A", "caf\u{e9}"), ("Content-Length", "5")]),
        ok("in a reason", b"HTTP/1.1 404 Non trouv\xe9\r\nContent-Length: 0\r\n\r\n", 404, "")
            .reason(b"Non trouv\xe9"),
    ]);
}

#[test]
fn a_bare_lf_ends_a_line_of_a_head() {
    let fields = [("A", "b"), ("Content-Length", "5")];
    check_all([
        ok("all lines", "HTTP/1.1 200 OK\nA: b\nContent-Length: 5\n\nhello", 200, "hello")
            .headers(&fields)
            .reason("OK"),
        ok(
            "the status line",
            "HTTP/1.1 200 OK\nA: b\r\nContent-Length: 5\r\n\r\nhello",
            200,
            "hello",
        )
        .headers(&fields),
        ok("a field", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 5\r\n\r\nhello", 200, "hello")
            .headers(&fields),
        ok(
            "the last line",
            "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\nhello",
            200,
            "hello",
        )
        .headers(&fields),
        ok("all but the last", "HTTP/1.1 200 OK\nA: b\nContent-Length: 5\n\r\nhello", 200, "hello")
            .headers(&fields),
        ok("no reason", "HTTP/1.1 204\n\n", 204, "").reason(""),
    ]);
}

#[test]
fn the_status_line_is_a_version_a_status_and_perhaps_a_reason() {
    let empty = "\r\nContent-Length: 0\r\n\r\n";
    let accepted = |line: &str, status, reason: &str| {
        ok(line, format!("{line}{empty}"), status, "").reason(reason)
    };
    check_all([
        accepted("HTTP/1.1 200 OK", 200, "OK"),
        accepted("HTTP/1.1 200 ", 200, ""),
        // Not in the grammar of RFC 9112 section 4, and sent nevertheless.
        accepted("HTTP/1.1 200", 200, ""),
        accepted("HTTP/1.1 404 Not  Found\t(here)", 404, "Not  Found\t(here)"),
        accepted("HTTP/1.1 200  OK", 200, " OK"),
        accepted("HTTP/1.1 299 Odd", 299, "Odd"),
        // RFC 9110 section 15: clients treat an unknown one as the x00 of its class.
        accepted("HTTP/1.1 599 Odd", 599, "Odd"),
        accepted("HTTP/1.1 999 Odd", 999, "Odd"),
        accepted("HTTP/1.0 200 OK", 200, "OK").closed(CloseReason::Http10),
        // RFC 9110 section 2.5: a higher minor version is read as the highest one known.
        accepted("HTTP/1.2 200 OK", 200, "OK"),
        accepted("HTTP/1.9 200 OK", 200, "OK"),
    ]);
    use ProtocolError::{Status, StatusLine, Version};
    let text = ProtocolError::NotHttp(Peer::Text);
    let refused = [
        ("HTTP/1.1 2000", Status),
        ("HTTP/1.1 2000 OK", Status),
        ("HTTP/1.1 20 OK", Status),
        ("HTTP/1.1 2 OK", Status),
        ("HTTP/1.1 000 None", Status),
        ("HTTP/1.1 099 Low", Status),
        ("HTTP/1.1 -20 Minus", Status),
        ("HTTP/1.1 +20 Plus", Status),
        ("HTTP/1.1 2x0 OK", Status),
        ("HTTP/1.1 200OK", Status),
        ("HTTP/1.1  200 OK", Status),
        ("HTTP/1.1 \t200 OK", Status),
        ("HTTP/1.1 OK", Status),
        ("HTTP/1.1 ", Status),
        ("HTTP/1.1", Version),
        ("HTTP/1.1\t200 OK", Version),
        ("HTTP/2.0 200 OK", Version),
        ("HTTP/2 200", Version),
        ("HTTP/0.9 200 OK", Version),
        ("HTTP/1 200 OK", Version),
        ("HTTP/1.10 200 OK", Version),
        ("HTTP/1.x 200 OK", Version),
        ("HTTP/01.1 200 OK", Version),
        ("HTTP/ 1.1 200 OK", Version),
        ("HTTP/1,1 200 OK", Version),
        ("LOL 200", text),
        ("http/1.1 200 OK", text),
        ("HTTP 200 OK", text),
        ("ICY 200 OK", text),
        (" HTTP/1.1 200 OK", text),
        ("\r\nHTTP/1.1 200 OK", text),
        ("HTTP/1.1 200 O\0K", StatusLine),
        ("HTTP/1.1 200 O\u{7f}K", StatusLine),
        ("HTTP/1.1 200 OK\rA: b", StatusLine),
        ("HTTP/1.1 500 a\r0)", StatusLine),
    ];
    check_all(
        refused.map(|(line, error)| bad_head(format!("{line:?}"), format!("{line}{empty}"), error)),
    );
}

#[test]
fn a_higher_minor_version_is_reported_as_the_highest_known() {
    let mut cx = cx();
    for (version, minor) in [("1.0", 0), ("1.1", 1), ("1.2", 1), ("1.9", 1)] {
        for segment in [1, usize::MAX] {
            let response = format!("HTTP/{version} 204 No Content\r\n\r\n");
            let connection = Connection::answer_split(response, segment, None);
            let (mut client, _) = client_over(StackQuirks::STD, [connection]);
            let mut buffer = [0; 512];
            let mut online = client.online(&mut cx).unwrap();
            let response = online.get(URL, &mut buffer).send().unwrap();
            assert_eq!(response.head().minor_version(), minor, "HTTP/{version}");
        }
    }
}

#[test]
fn a_peer_that_speaks_no_http_is_told_by_its_first_bytes() {
    use ProtocolError::NotHttp;
    let rows: [(&str, &[u8], Peer); 10] = [
        ("a TLS alert", b"\x15\x03\x03\x00\x02\x02\x16", Peer::Tls),
        ("a TLS handshake", b"\x16\x03\x01\x00\x05", Peer::Tls),
        ("SSH", b"SSH-2.0-OpenSSH_9.6\r\n", Peer::Text),
        ("FTP or SMTP", b"220 mail.example ESMTP\r\n", Peer::Text),
        ("a page without a head", b"<html><p>hello", Peer::Text),
        ("text that starts like it", b"HTTPS is better\r\n", Peer::Text),
        ("zeros", b"\0\0\0\0", Peer::Binary),
        ("an HTTP/2 SETTINGS frame", b"\x00\x00\x12\x04\x00", Peer::Binary),
        ("Latin-1", b"\xa1Hola!\r\n", Peer::Binary),
        ("a TLS byte that isn't the first", b"HTTP\x16\x03\x01", Peer::Binary),
    ];
    // Some end neither a line nor the stream: they are waited for a little, to show more of them.
    check_all(rows.map(|(name, bytes, peer)| bad_head(name, bytes, NotHttp(peer))));

    let mut cx = cx();
    let (mut client, _) = client_over(StackQuirks::STD, [Connection::answer(b"\x15\x03\x03")]);
    let error = client.online(&mut cx).unwrap().get(URL, &mut [0; 512]).send().unwrap_err();
    assert!(error.to_string().contains("TLS"), "{error}");
}

#[test]
fn every_field_is_read_for_framing_however_late_it_comes() {
    for count in [16, 17, 64, 65, 200] {
        let fill: String = (0..count).map(|index| format!("X-{index}: {index}\r\n")).collect();
        let with_last =
            |last: &str, body: &str| format!("HTTP/1.1 200 OK\r\n{fill}{last}\r\n\r\n{body}");
        let late = |last: &str| format!("{last} behind {count} others");
        let mut rows = vec![
            ok(
                late("close"),
                with_last("Content-Length: 5\r\nConnection: close", "hello"),
                200,
                "hello",
            )
            .closed(CloseReason::ServerAsked),
            ok(late("length"), with_last("Content-Length: 5", "hello"), 200, "hello"),
            ok(late("chunked"), with_last("Transfer-Encoding: chunked", "0\r\n\r\n"), 200, ""),
            bad_head(
                late("another length"),
                with_last("Content-Length: 5\r\nContent-Length: 6", "hello"),
                ProtocolError::ContentLengthConflict,
            ),
        ];
        let last = format!("X-{}", count - 1);
        rows[1].headers = Some(
            (0..count)
                .map(|index| (format!("X-{index}"), index.to_string().into_bytes()))
                .chain([("Content-Length".to_string(), b"5".to_vec())])
                .collect(),
        );
        assert_eq!(rows[1].headers.as_ref().unwrap()[count - 1].0, last);
        check_all(rows.into_iter().map(|row| row.buffer(8192)));
    }
}

// --- The head as a caller asks for it ---

/// Shows `check` the head of this response, which has no body.
fn with_head(head: impl AsRef<[u8]>, check: impl FnOnce(ResponseHead<'_>)) {
    let mut cx = cx();
    let (mut client, _) = client_over(StackQuirks::STD, [Connection::answer(head)]);
    let mut buffer = [0; 512];
    let mut online = client.online(&mut cx).unwrap();
    let response = online.request(Method::Head, URL, &mut buffer).send().unwrap();
    check(response.head());
}

/// RFC 9110 section 15: the first digit is the class.
#[test]
fn success_is_the_class_2xx_alone() {
    for (status, success) in [
        (101, false),
        (200, true),
        (204, true),
        (206, true),
        (299, true),
        (300, false),
        (304, false),
        (404, false),
        (500, false),
        (999, false),
    ] {
        with_head(format!("HTTP/1.1 {status} \r\n\r\n"), |head| {
            assert_eq!((head.status(), head.is_success()), (status, success));
        });
    }
}

#[test]
fn a_field_is_found_by_its_whole_name_in_any_case_and_the_first_of_several_counts() {
    let response = b"HTTP/1.1 200 OK\r\nX-Keys: 16\r\nX-Key: 17\r\nx-key: 18\r\nEmpty:\r\n\
                     Server: gate/\xB5\r\nName: \xC3\xA4\r\n\r\n";
    type Field = (&'static str, Option<&'static [u8]>, Option<&'static str>);
    let rows: [Field; 9] = [
        ("X-Key", Some(b"17"), Some("17")),
        ("x-kEY", Some(b"17"), Some("17")),
        ("X-Keys", Some(b"16"), Some("16")),
        ("X-Ke", None, None),
        ("Key", None, None),
        ("", None, None),
        ("Empty", Some(b""), Some("")),
        ("Name", Some("\u{e4}".as_bytes()), Some("\u{e4}")),
        // There, but in Latin-1.
        ("Server", Some(b"gate/\xB5"), None),
    ];
    with_head(response, |head| {
        for (name, value, text) in rows {
            assert_eq!(head.header(name), value, "{name}");
            assert_eq!(head.header_str(name), text, "{name}");
            let listed = head.headers().find(|header| header.is(name));
            assert_eq!(listed.map(|header| header.value()), value, "{name}");
            assert_eq!(listed.and_then(|header| header.value_str()), text, "{name}");
        }
    });
}

/// RFC 9110 section 8.6: to HEAD it is what GET would have had.
#[test]
fn a_content_length_is_reported_where_one_was_sent() {
    for (line, length) in [
        ("Content-Length: 0", Some(0)),
        ("Content-Length: 1", Some(1)),
        ("Content-Length: 18446744073709551615", Some(u64::MAX)),
        ("Transfer-Encoding: chunked", None),
        ("X: Content-Length: 5", None),
    ] {
        with_head(format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n"), |head| {
            assert_eq!(head.content_length(), length, "{line}");
        });
    }
}
