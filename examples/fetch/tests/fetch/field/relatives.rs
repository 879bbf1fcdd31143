//! Relatives of what people have reported, through `fetch`: what comes of each, and what is said of it.

use super::{check, stall};
use crate::run::fetch;
use crate::server::{Play, Server, answer, refusing_port};
use crate::tools::says;

#[test]
fn beginnings_by_what_they_are() {
    let rows = [
        ("Redis", "-ERR unknown command 'GET'\r\n", "database or cache"),
        ("IRC", ":irc.example NOTICE AUTH :hello\r\n", "chat server"),
        ("NNTP", "200 news.example ready\r\n", "news server"),
        ("NTRIP", "SOURCETABLE 200 OK\r\n\r\n", "NTRIP caster"),
        ("ICY in lower case", "icy 200 ok\r\n\r\n", "SHOUTcast"),
        ("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"),
        ("a status alone", "200 OK\r\nContent-Length: 0\r\n\r\n", "its status line isn't"),
        ("CGI", "Content-Type: text/html\r\n\r\nhello", "without a status line in front"),
        ("a start that is missing", "TP/1.1 200 OK\r\n\r\n", "start of its status line is missing"),
        ("a bare value", "21.5\n", "sends a body without a head"),
    ];
    for (what, bytes, said) in rows {
        let wanted = [said, "it began with"];
        check(&[(what, answer(bytes), 8, "", &wanted, &["serial", "certain: not_http"])]);
    }
}

#[test]
fn versions_that_are_others() {
    for line in ["HTTP/2 200", "HTTP/1.1200 OK", "HTTP/1 200 OK"] {
        let play = answer(format!("{line}\r\nX: y\r\n\r\n"));
        let wanted = ["HTTP/1.0 or HTTP/1.1 and a space", line, "nearly_http"];
        check(&[(line, play, 8, "", &wanted, &["bad_response"])]);
    }
}

#[test]
fn framing_is_shown_by_its_line() {
    check(&[
        (
            "a coding that nobody can undo",
            answer("HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: gzip, chunked\r\nA: b\r\n\r\n"),
            8,
            "",
            &["line 3: \"Transfer-Encoding: gzip, chunked\""],
            &["line 5"],
        ),
        (
            "chunks that are none",
            answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{\"a\":1}"),
            8,
            "",
            &["a chunk's size isn't hex digits", "it is at \"{\"a\":1}\""],
            &["line 1"],
        ),
        (
            "a CR in a header",
            answer("HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n"),
            8,
            "",
            &["line 2: \"X: a\\rb\""],
            &[],
        ),
    ]);
}

#[test]
fn responses_that_end_too_early() {
    check(&[
        (
            "100 Continue alone, and closed",
            answer("HTTP/1.1 100 Continue\r\n\r\n"),
            52,
            "",
            &["no more than an interim one (1xx)", "connection_lost"],
            &["0 bytes came"],
        ),
        (
            "a length that is one too many, and closed",
            answer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"),
            18,
            "hello",
            &["5 of 6 bytes", "likely: body_too_short"],
            &[],
        ),
        (
            "a length of which much is missing, and closed",
            answer("HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\nhello"),
            18,
            "hello",
            &["5 of 600 bytes", "bad_response"],
            &["body_too_short"],
        ),
        (
            "chunks without the last one, open",
            stall("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            28,
            "hello",
            &["5 bytes of the body came in chunks, and no last chunk, then silence"],
            &[],
        ),
    ]);
    // What still came when the time for all of it was up hasn't fallen silent.
    let server = Server::new(Play::Drip(
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n".to_vec(),
        b'x',
        50,
    ));
    let run = fetch(&["-m", "1", &server.url()]);
    assert_eq!(run.status, 28, "{run:?}");
    says(
        "dripping",
        &run.stderr,
        &[" of 900 bytes of the body came", "total deadline"],
        &["silence"],
    );
}

/// An empty page says nothing by itself.
#[test]
fn answers_without_a_page_are_said_in_words() {
    let head = |head: &str| answer(format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n"));
    check(&[
        ("404", head("404 Not Found"), 0, "", &["status 404 Not Found, with an empty body"], &[]),
        ("500", head("500 x"), 0, "", &["status 500 x, with an empty body"], &[]),
        ("204", answer("HTTP/1.1 204 x\r\n\r\n"), 0, "", &[], &["fetch:"]),
        ("200", answer("HTTP/1.1 200 x\r\n\r\n"), 0, "", &[], &["fetch:"]),
        // That it is empty turns out at its end.
        (
            "404, to its close",
            answer("HTTP/1.1 404 x\r\n\r\n"),
            0,
            "",
            &["status 404 x, with an empty body"],
            &[],
        ),
        ("404, with a page", answer("HTTP/1.1 404 x\r\n\r\nno"), 0, "no", &[], &["fetch:"]),
        (
            "302 to an app",
            answer("HTTP/1.1 302 x\r\nLocation: myapp://u:p@open/x?t=1\r\n\r\n"),
            0,
            "",
            &["status 302 names myapp://open/x", "with -L neither"],
            &["to follow it", "u:p"],
        ),
        (
            "302 to a mailbox",
            answer("HTTP/1.1 302 x\r\nLocation: mailto:a@b\r\n\r\n"),
            0,
            "",
            &["status 302 names", "with -L neither"],
            &["to follow it"],
        ),
        (
            "302 to a path whose front is no scheme",
            answer("HTTP/1.1 302 x\r\nLocation: 12:30.jpg\r\n\r\n"),
            0,
            "",
            &["redirects to 12:30.jpg", "-L"],
            &["neither"],
        ),
        (
            "302 to a path with a colon",
            answer("HTTP/1.1 302 x\r\nLocation: /a:b\r\n\r\n"),
            0,
            "",
            &["redirects to /a:b", "-L"],
            &["neither"],
        ),
        (
            "302 in chunks",
            answer("HTTP/1.1 302 x\r\nLocation: /x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            0,
            "",
            &["status 302 redirects to /x", "-L"],
            &[],
        ),
        (
            "302 to nowhere",
            head("302 Found"),
            0,
            "",
            &["status 302 is a redirect that doesn't say where to"],
            &["redirects to ,"],
        ),
        (
            "302 to a fragment",
            head("302 Found\r\nLocation: #top"),
            0,
            "",
            &["doesn't say where to"],
            &[],
        ),
        (
            "101 unasked",
            answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
            0,
            "",
            &["switches to another protocol (h2c)"],
            &[],
        ),
        (
            "101 to nothing",
            answer("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
            0,
            "",
            &["another protocol (without a name)"],
            &["()"],
        ),
        (
            "300 with a place",
            head("300 Multiple Choices\r\nLocation: /a"),
            0,
            "",
            &["status 300 names /a", "give that URL"],
            &["the same with -L"],
        ),
        (
            "a compressed body",
            answer("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxy"),
            0,
            "xy",
            &["the body is compressed (br)"],
            &[],
        ),
    ]);
}

/// On a PC, loopback is a host like others.
#[test]
fn a_refusal_is_said_in_the_systems_words_and_by_what_can_be() {
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.8.8.8"] {
        let run = fetch(&[&format!("http://{host}:{}/", refusing_port())]);
        assert_eq!(run.status, 7, "{run:?}");
        says(
            host,
            &run.stderr,
            &["Connection refused", "check the port, and that the server runs", "nothing_listens"],
            &["127.0.0.1 only", "Os {", "Stack(", "TcpError"],
        );
    }
    let run = fetch(&["http://no-such-host.invalid/"]);
    assert_eq!(run.status, 6, "{run:?}");
    says("no such host", &run.stderr, &["didn't resolve: "], &["Custom {", "Stack("]);
    let run = fetch(&["http://http://127.0.0.1/"]);
    assert_eq!(run.status, 3, "{run:?}");
    says("two schemes", &run.stderr, &["write http:// once"], &["the chip itself"]);
    let server = Server::new(Play::Reset(b"HTTP/1.1 200 OK\r\n".to_vec()));
    let run = fetch(&[&server.url()]);
    assert_eq!(run.status, 56, "{run:?}");
    says("a reset", &run.stderr, &["reset by peer"], &["Os {", "Stack("]);
}
