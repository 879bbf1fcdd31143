//! What people have reported, as a person meets it through `fetch`: servers on the loopback interface
//! that send exactly these bytes, and what is said of them. Words count.

mod check;
mod options;
mod relatives;
mod urls;

use crate::run::fetch;
use crate::server::{Play, Server, answer};
use crate::tools::{plain, says};

/// A report, what the server does, the exit status, what comes of the body, what is said and what isn't.
pub(crate) type Row<'a> = (&'a str, Play, i32, &'a str, &'a [&'a str], &'a [&'a str]);

/// Deadlines short enough for a test.
const SHORT: [&str; 4] = ["--response-timeout", "0.6", "--idle-timeout", "0.4"];

pub(crate) fn check(rows: &[Row<'_>]) {
    for (what, play, status, body, wanted, unwanted) in rows {
        let url = || Server::new(play.clone()).url();
        let run = fetch(&[&SHORT[..], &[&url()]].concat());
        assert_eq!((run.status, run.text().as_str()), (*status, *body), "{what}: {run:?}");
        says(what, &run.stderr, wanted, unwanted);
        // What came is shown with -v, also where it fails.
        let run = fetch(&[&SHORT[..], &["-v", &url()]].concat());
        assert_eq!(run.status, *status, "{what}: {run:?}");
        let came = match play {
            Play::Answer(bytes) | Play::Stall(bytes) | Play::Reset(bytes) => bytes,
            Play::Drip(..) => panic!("no row drips"),
        };
        let first = came.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let first = plain(first.trim_ascii_end().escape_ascii());
        if !matches!(play, Play::Reset(_)) {
            says(what, &run.stderr, &[&format!("< {first}")], &[]);
        }
    }
}

pub(crate) fn stall(bytes: &str) -> Play {
    Play::Stall(bytes.as_bytes().to_vec())
}

/// 27 bytes of gzip: `hello` and a line end.
const GZIP: [u8; 27] = [
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 2, 0, 0x20, 0x30, 0x3a,
    0x36, 6, 0, 0, 0, 0,
];

#[test]
fn answers_that_are_nearly_http() {
    check(&[
        (
            "a body behind 100 Continue",
            answer("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello"),
            8,
            "",
            &["behind an interim one (1xx)", "; there is \"hello\"", "likely: nearly_http"],
            &["another service", "status line"],
        ),
        (
            "ICY 200 OK",
            answer("ICY 200 OK\r\nicy-name:x\r\n\r\n"),
            8,
            "",
            &["ICY 200 OK", "SHOUTcast"],
            &["another service listens"],
        ),
        (
            "blank lines in front",
            answer("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
            8,
            "",
            &["lank lines", "\\r\\n\\r\\nHTTP/1.1 200 OK"],
            &["another service listens"],
        ),
        (
            "an SSH server",
            answer("SSH-2.0-OpenSSH_9.2\r\n"),
            8,
            "",
            &["SSH-2.0-OpenSSH_9.2"],
            &["serial"],
        ),
    ]);
}

#[test]
fn heads_of_which_a_line_is_odd() {
    let head =
        |line: &str| answer(format!("HTTP/1.1 200 OK\r\n{line}\r\nContent-Length: 5\r\n\r\nhello"));
    check(&[
        (
            "Content-Type: multipart/mixed; folded over two lines",
            head("Content-Type: multipart/mixed;\r\n boundary=x"),
            0,
            "hello",
            &[],
            &["fetch:"],
        ),
        ("This is odd", head("This is odd"), 8, "", &["This is odd"], &["white space"]),
        (
            "en-US Content-Type: text/xml",
            head("en-US Content-Type: text/xml"),
            8,
            "",
            &["en-US Content-Type: text/xml"],
            &["white space before its colon"],
        ),
        (
            "X-XSS-Protection=1;",
            head("X-XSS-Protection=1;"),
            8,
            "",
            &["X-XSS-Protection=1;"],
            &["white space"],
        ),
        (
            "a white space in front of the colon",
            head("X-Odd : 1"),
            8,
            "",
            &["X-Odd : 1", "white space"],
            &[],
        ),
        (
            "HTTP/1.1 500 a\\r0)",
            answer("HTTP/1.1 500 a\r0)\r\nContent-Length: 0\r\n\r\n"),
            8,
            "",
            &["status line"],
            &["a header of the response"],
        ),
        (
            "Transfer-Encoding: identity, alone",
            answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nhello"),
            0,
            "hello",
            &[],
            &["raw body"],
        ),
        (
            "Transfer-Encoding: identity with Content-Length: 5",
            head("Transfer-Encoding: identity"),
            0,
            "hello",
            &[],
            &["smuggling"],
        ),
    ]);
}

#[test]
fn bodies_that_do_not_end() {
    check(&[
        (
            "Content-Length: 6, and 5 bytes; open",
            stall("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"),
            28,
            "hello",
            &["5 of 6 bytes", "body_too_short"],
            &["likely: slow_server"],
        ),
        (
            "neither a length nor chunks; open",
            stall("HTTP/1.1 200 OK\r\n\r\nhello"),
            28,
            "hello",
            &["neither a length nor chunks", "body_without_end"],
            &["likely: slow_server"],
        ),
        (
            "a body of which most is missing; open",
            stall("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhello"),
            28,
            "hello",
            &["5 of 5000 bytes", "slow_server"],
            &[],
        ),
        (
            "a chunk without an end; open",
            stall("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            28,
            "hello",
            &["no last chunk"],
            &["neither a length"],
        ),
    ]);
}

#[test]
fn answers_that_want_something() {
    check(&[
        (
            "401 that wants Digest",
            answer(
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n\
                 Content-Length: 0\r\n\r\n",
            ),
            0,
            "",
            &["401", "wants Digest", "--digest -u USER:PASSWORD", "Basic"],
            &[],
        ),
        (
            "401 that wants Basic",
            answer(
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a, b\"\r\n\
                 Content-Length: 2\r\n\r\nno",
            ),
            0,
            "no",
            &["401", "wants Basic:", "-u USER:PASSWORD"],
            &[],
        ),
        (
            "401 with a quotation in its realm",
            answer(
                "HTTP/1.1 401 Unauthorized\r\n\
                 WWW-Authenticate: Digest realm=\"say \\\"yes, sir\\\"\", Basic realm=\"c\"\r\n\
                 Content-Length: 0\r\n\r\n",
            ),
            0,
            "",
            &["401", "wants Digest, Basic"],
            &["sir"],
        ),
        (
            "407 of a proxy",
            answer(
                "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
            ),
            0,
            "",
            &["407", "a proxy on the way wants Basic", "-H 'Proxy-Authorization: ...'"],
            &["with -u USER"],
        ),
        (
            "407 that doesn't say what",
            answer("HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n"),
            0,
            "",
            &["407", "wants credentials", "Proxy-Authorization"],
            &[],
        ),
        (
            "302 to another host",
            answer(
                "HTTP/1.1 302 Found\r\nLocation: https://u:p@script.googleusercontent.com/x?key=1\r\n\
                 Content-Length: 0\r\n\r\n",
            ),
            0,
            "",
            &["302", "redirects to https://script.googleusercontent.com/x"],
            &["key=1,", "u:p@script.googleusercontent.com/x,"],
        ),
    ]);
    let url = Server::new(answer(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
    ))
    .url();
    let run = fetch(&["--fail", &url]);
    assert_eq!(run.status, 22, "{run:?}");
    says("401 with --fail", &run.stderr, &["status 401", "wants Digest"], &[]);
}

/// On a PC there is no serial line, and the evidence is the exchange's.
#[test]
fn a_body_of_gzip_is_passed_on_and_said_to_be_one_in_text() {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        GZIP.len()
    );
    let server = Server::new(answer([head.as_bytes(), &GZIP].concat()));
    let url = server.url();
    let run = fetch(&[&url]);
    assert_eq!((run.status, run.stdout.as_slice()), (0, &GZIP[..]), "{run:?}");
    assert!(server.request().head.contains("\r\nAccept-Encoding: identity\r\n"), "unasked for");
}

#[test]
fn a_reset_before_the_first_byte_may_be_tls() {
    let url = Server::new(Play::Reset(vec![])).url();
    let run = fetch(&["--report", "json", &url]);
    let json = run.json();
    assert_eq!(run.status, 56, "{run:?}");
    let causes: Vec<_> =
        json["causes"].as_array().unwrap().iter().map(|cause| cause[0].as_str().unwrap()).collect();
    assert!(causes.contains(&"tls_mismatch"), "{run:?}");
    assert!(!causes.contains(&"serial_line") && !causes.contains(&"modem_sleep"), "{run:?}");
    let tls = Server::new(answer([0x15, 3, 1, 0, 2, 2, 0x46]));
    let run = fetch(&[&tls.url()]);
    says("an alert", &run.stderr, &["the peer speaks TLS", "https port"], &[]);
}
