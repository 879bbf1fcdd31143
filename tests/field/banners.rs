//! What isn't HTTP, or nearly is.

use crate::answers::refused;
use crate::common::script::Step;
use safe_http_client::{Diagnosis, ErrorKind, Peer, ProtocolError};

/// What isn't HTTP is told from its first bytes, which are shown.
#[track_caller]
fn is_no_http(answer: &[u8], peer: Peer, shown: &str) {
    for end in [None, Some(Step::Zero), Some(Step::PipeClosed)] {
        for (error, evidence) in refused(answer, end.clone()) {
            let context = format!("{} {end:?}: {error}", answer.escape_ascii());
            let is_tls = peer == Peer::Tls;
            assert_eq!(error.code(), if is_tls { "tls_port" } else { "not_http" }, "{context}");
            assert_eq!(evidence.answer.line(), 1, "{context}");
            assert_eq!(evidence.answer.peer(), peer, "{context} {}", evidence.answer);
            let start = shown.trim_end_matches('"');
            let text = evidence.answer.to_string();
            assert!(
                text.starts_with(start) || start.starts_with(text.trim_end_matches('"')),
                "{context} {text}"
            );
        }
    }
    assert_eq!(refused(answer, None)[0].1.answer.to_string(), shown);
}

#[test]
fn icy_200_ok() {
    is_no_http(
        b"ICY 200 OK\r\nicy-name:x\r\n\r\n",
        Peer::Icy,
        r#""ICY 200 OK\r\nicy-name:x\r\n\r\n""#,
    );
    assert!(Peer::Icy.text().contains("SHOUTcast") && Peer::Icy.text().contains("not HTTP/1.x"));
}

#[test]
fn blank_lines_in_front_of_the_status_line() {
    let rest = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for blanks in ["\r\n\r\n", "\r\n", "\n", "\n\n\n", " ", "  \r\n", "\t"] {
        let answer = format!("{blanks}{rest}");
        let shown = answer[..32].escape_default().to_string();
        is_no_http(answer.as_bytes(), Peer::BlankLines, &format!("\"{shown}\""));
    }
    assert!(Peer::BlankLines.text().starts_with("blank lines came first"));
}

#[test]
fn other_banners_and_beginnings() {
    let rows: &[(&str, &[u8], Peer, &str)] = &[
        ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n", Peer::Ssh, r#""SSH-2.0-OpenSSH_9.2p1\r\n""#),
        ("FTP", b"220 ProFTPD ready\r\n", Peer::Greeting, r#""220 ProFTPD ready\r\n""#),
        (
            "FTP, of several lines",
            b"220-Welcome\r\n220 ok\r\n",
            Peer::Greeting,
            r#""220-Welcome\r\n220 ok\r\n""#,
        ),
        ("SMTP", b"220 mail.example ESMTP\r\n", Peer::Greeting, r#""220 mail.example ESMTP\r\n""#),
        (
            "SMTP that is full",
            b"421 too many connections\r\n",
            Peer::Greeting,
            r#""421 too many connections\r\n""#,
        ),
        ("POP3", b"+OK POP3 ready\r\n", Peer::Mail, r#""+OK POP3 ready\r\n""#),
        ("IMAP", b"* OK IMAP4rev1\r\n", Peer::Mail, r#""* OK IMAP4rev1\r\n""#),
        (
            "RTSP",
            b"RTSP/1.0 400 Bad Request\r\n\r\n",
            Peer::Rtsp,
            r#""RTSP/1.0 400 Bad Request\r\n\r\n""#,
        ),
        (
            "SIP",
            b"SIP/2.0 400 Bad Request\r\n\r\n",
            Peer::Sip,
            r#""SIP/2.0 400 Bad Request\r\n\r\n""#,
        ),
        ("VNC", b"RFB 003.008\n", Peer::Vnc, r#""RFB 003.008\n""#),
        (
            "Telnet",
            b"\xFF\xFB\x01\xFF\xFB\x03login: ",
            Peer::Telnet,
            r#""\xff\xfb\x01\xff\xfb\x03login: ""#,
        ),
        (
            "Redis",
            b"-ERR wrong number of arguments\r\n",
            Peer::Database,
            r#""-ERR wrong number of arguments\r\n""#,
        ),
        (
            "a TLS alert",
            b"\x15\x03\x01\x00\x02\x02\x46",
            Peer::Tls,
            r#""\x15\x03\x01\x00\x02\x02F""#,
        ),
        ("a TLS handshake", b"\x16\x03\x03\x00\x31\x02", Peer::Tls, r#""\x16\x03\x03\x001\x02""#),
        (
            "HTTP/2",
            b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80",
            Peer::Http2,
            r#""\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80""#,
        ),
        (
            "HTML without a head",
            b"<html><body>hello</body>\n",
            Peer::Body,
            r#""<html><body>hello</body>\n""#,
        ),
        ("JSON without a head", b"{\"celsius\":17}\n", Peer::Body, r#""{"celsius":17}\n""#),
        (
            "JSON behind a byte order mark",
            b"\xEF\xBB\xBF{\"a\":1}\n",
            Peer::Body,
            r#""\xef\xbb\xbf{"a":1}\n""#,
        ),
        (
            "a byte order mark",
            b"\xEF\xBB\xBFHTTP/1.1 200 OK\r\n\r\n",
            Peer::InFront,
            r#""\xef\xbb\xbfHTTP/1.1 200 OK\r\n\r\n""#,
        ),
        (
            "quotation marks",
            b"\"\"HTTP/1.1 200 OK\r\n\r\n",
            Peer::InFront,
            r#""""HTTP/1.1 200 OK\r\n\r\n""#,
        ),
        ("a NUL", b"\0HTTP/1.1 200 OK\r\n\r\n", Peer::InFront, r#""\x00HTTP/1.1 200 OK\r\n\r\n""#),
        (
            "lower case",
            b"http/1.1 200 OK\r\n\r\n",
            Peer::StatusLine,
            r#""http/1.1 200 OK\r\n\r\n""#,
        ),
        ("no version", b"HTTP 200 OK\r\n\r\n", Peer::StatusLine, r#""HTTP 200 OK\r\n\r\n""#),
        ("the request", b"GET / HTTP/1.1\r\nHost: 192.168.1.", Peer::Echo, r#""GET..."#),
        ("words", b"hello world\r\n", Peer::Text, r#""hello world\r\n""#),
        ("zeros", b"\0\0\0\0", Peer::Binary, r#""\x00\x00\x00\x00""#),
    ];
    for (name, answer, peer, shown) in rows {
        // What a byte or two can't tell yet isn't compared in that split.
        let all = refused(answer, None);
        let (error, evidence) = &all[0];
        assert_eq!(evidence.answer.peer(), *peer, "{name}: {error}");
        assert_eq!(evidence.answer.to_string(), *shown, "{name}");
        for (error, _) in all {
            assert_eq!(
                error.code(),
                if *peer == Peer::Tls { "tls_port" } else { "not_http" },
                "{name}"
            );
        }
    }
}

/// In pieces as well, where their first line's end comes early.
#[test]
fn binary_greetings_are_told_in_pieces_too() {
    for (answer, peer) in [
        (&b"J\0\0\0\n8.0.33\0"[..], Peer::Database),
        (b"\xFF\xFC\x01\r\nlogin: ", Peer::Telnet),
        (b"ERROR\r\nERROR\r\n", Peer::Database),
    ] {
        for (error, evidence) in refused(answer, Some(Step::Zero)) {
            assert_eq!(evidence.answer.peer(), peer, "{error} {}", evidence.answer);
        }
    }
}

/// An SSH server may wait for its turn behind half a line, and a server of five bytes close.
#[test]
fn a_banner_that_is_short_or_cut_is_shown_as_far_as_it_came() {
    for (answer, end, shown) in [
        (&b"hello"[..], None, r#""hello""#),
        (b"hello", Some(Step::Zero), r#""hello""#),
        (b"h", Some(Step::PipeClosed), r#""h""#),
        (b"\x16", None, r#""\x16""#),
        (b"\r\n", None, r#""\r\n""#),
    ] {
        for (error, evidence) in refused(answer, end) {
            assert!(
                matches!(error.kind, ErrorKind::Protocol(ProtocolError::NotHttp(_))),
                "{error}"
            );
            assert_eq!(evidence.answer.to_string(), shown);
        }
    }
    // What may still become HTTP is what it was: too little of it.
    for (answer, end, code) in [
        (&b"HTT"[..], None, "idle_timeout"),
        (b"HTT", Some(Step::Zero), "truncated"),
        (b"HTTP/1.1 2", Some(Step::Zero), "truncated"),
    ] {
        for (error, _) in refused(answer, end.clone()) {
            assert_eq!(error.code(), code, "{}", answer.escape_ascii());
        }
    }
}

/// The relatives of those: what they are is told by a line's start, in upper and lower case.
#[test]
fn more_beginnings_by_what_they_are() {
    let rows: &[(Peer, &[&[u8]])] = &[
        (
            Peer::Icy,
            &[
                b"icy 200 ok\r\n",
                b"ICY 401 Service Unavailable\r\n",
                b"ICY 404 Resource Not Found\r\n",
            ],
        ),
        (Peer::Ntrip, &[b"SOURCETABLE 200 OK\r\nServer: NTRIP\r\n"]),
        (
            Peer::Http2,
            &[
                b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01",
                b"\0\0\0\x04\0\0\0\0\0",
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            ],
        ),
        (
            Peer::Greeting,
            &[
                b"200 news.example ready\r\n",
                b"554 no SMTP service here\r\n",
                b"500 Syntax error, command unrecognized\r\n",
                b"220-a\r\n220-b: c\r\n",
            ],
        ),
        (
            Peer::Mail,
            &[b"* BYE too many connections\r\n", b"* PREAUTH IMAP4rev1 logged in\r\n", b"+OK\r\n"],
        ),
        (
            Peer::Telnet,
            &[b"\xFF\xFC\x01", b"\xFF\xFA\x18\x01\xFF\xF0", b"\xFF\xFD\x18\xFF\xFD\x20\r\n"],
        ),
        (
            Peer::Chat,
            &[
                b":irc.example NOTICE * :*** Looking up\r\n",
                b"NOTICE AUTH :*** Looking up your hostname\r\n",
                b"<stream:stream xmlns='jabber:client'>\n",
            ],
        ),
        (
            Peer::Database,
            &[
                b"-DENIED Redis is running in protected mode\r\n",
                b"-NOAUTH Authentication required.\r\n",
                b"-MISCONF Redis is configured to save RDB snapshots\r\n",
                b"-LOADING Redis is loading the dataset in memory\r\n",
                b"ERROR\r\nERROR\r\n",
                b"ERROR\r\n",
                b"J\0\0\0\n8.0.33\0",
                b"\x45\0\0\0\xFFj\x04Host is not allowed",
                b"E\0\0\0\x85SFATAL\0",
            ],
        ),
        (Peer::Broker, &[b"\x20\x02\0\x01", b"\x20\x02\0\x05", b"AMQP\0\0\t\x01"]),
        (
            Peer::StatusLine,
            &[
                b"200 OK\r\nContent-Length: 5\r\n\r\nhello",
                b"200 OK\r\n\r\nhello",
                b"404 Not Found\r\nServer: x\r\n\r\n",
                b"HTTPS/1.1 200 OK\r\n\r\n",
                b"HTTP:/1.1 200 OK\r\n\r\n",
                b"HTTP\\1.1 200 OK\r\n\r\n",
            ],
        ),
        (
            Peer::CutStatusLine,
            &[
                b"TTP/1.1 200 OK\r\n\r\n",
                b"TP/1.1 200 OK\r\n\r\n",
                b"P/1.0 200 OK\r\n\r\n",
                b"/1.1 200 OK\r\n\r\n",
                b"HTP/1.1 200 OK\r\n\r\n",
            ],
        ),
        (
            Peer::NoStatusLine,
            &[
                b"Content-Type: text/html\r\n\r\nhello",
                b"Status: 200 OK\r\nContent-Type: text/html\r\n\r\n",
            ],
        ),
        (
            Peer::InFront,
            &[b"0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", b"Server: x\r\nHTTP/1.1 200 OK\r\n"],
        ),
        (Peer::Echo, &[b"CONNECT h:80 HTTP/1.1\r\n", b"TRACE / HTTP/1.1\r\n"]),
        (
            Peer::Body,
            &[
                b"<p>HTTP/1.1 is spoken</p>\n",
                b"\n\n<html>\n",
                b"[1,2,3]\n",
                b"<?xml version='1.0'?>\n",
            ],
        ),
        (
            Peer::Text,
            &[
                b"21.5\n",
                b":hello\r\n",
                b": x\r\n",
                b"\r\nServer: x\r\n",
                b"login: \n",
                b"59 bad request\r\n",
                b"No such user\r\n",
                b"3'GET / HTTP/1.1' does not exist\r\n",
                b"unknown command GET / HTTP/1.1\r\n",
                b"NOTIFY * HTTP/1.1\r\n\r\n",
                b"PURGE /a HTTP/1.0\r\n",
                b"a:b\r\n",
                b"- an item of a list\r\n",
                b"-5.5 degrees\r\n",
                b"-OK \r\n",
                b"ERROR 5\r\n",
            ],
        ),
        (
            Peer::Binary,
            &[
                b"\0\x01\0\0\0\x03\x01\x83\x02",
                b"\x81\x05\0hello",
                b"\xFF\xD8\xFF\xE0\0\x10JFIF",
                b"\x1F\x8B\x08\0\0\0\0\0",
                b"\x03\0\0\x13",
                b"\x20\x03\0\0\0",
                b"J\0\0\0\nx\0",
                b"\xFF\xFEh\0i\0\n\0",
            ],
        ),
    ];
    for (peer, answers) in rows {
        for answer in *answers {
            let (error, evidence) = &refused(answer, None)[0];
            let what = answer.escape_ascii();
            assert_eq!(evidence.answer.peer(), *peer, "{what}");
            // The report says the same.
            let report = Diagnosis::new(error, *evidence).to_string();
            let report = report.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(report.contains(peer.text()), "{what}: {report}");
        }
    }
}
