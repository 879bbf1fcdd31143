//! What becomes of a response.

use super::{
    Act, Ask, Case, Expect, HELLO, Needs, Reading, URL, case, hello, hello_or_error, send,
};

const S_INTERIM: &str = "9110 15.2";
const S_LENGTH: &str = "9112 6.3";
const S_CODING: &str = "9112 6.1";
const S_CHUNK: &str = "9112 7.1";
const S_TRUNCATED: &str = "9112 8";
const S_FIELD: &str = "9112 5";
const S_STATUS: &str = "9112 4";

/// A response to a GET whose stream stays open: neither an answer nor an error may wait for more.
fn open(name: &str, section: &'static str, bytes: impl AsRef<[u8]>, expect: Expect) -> Case {
    case("responses", name, section)
        .ask(Ask::get(URL), expect)
        .connection([Act::Request, send(bytes)])
}

/// A response to a GET whose stream ends behind these bytes.
fn ended(name: &str, section: &'static str, bytes: impl AsRef<[u8]>, expect: Expect) -> Case {
    case("responses", name, section).ask(Ask::get(URL), expect).connection([
        Act::Request,
        send(bytes),
        Act::Fin,
    ])
}

/// A response with these lines in its head, and `hello` behind it.
fn lines(lines: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nhello").into_bytes()
}

fn chunks(chunks: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}").into_bytes()
}

/// A response with these codings, in chunks as far as they say so.
fn codings(codings: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{codings}\r\n\r\n5\r\nhello\r\n0\r\n\r\n").into_bytes()
}

pub fn cases() -> Vec<Case> {
    [interim(), lengths(), transfer_codings(), chunked(), truncated(), fields(), status_lines()]
        .into_iter()
        .flatten()
        .collect()
}

fn interim() -> Vec<Case> {
    let upgrade =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nping";
    vec![
        open(
            "100, then the response",
            S_INTERIM,
            format!("HTTP/1.1 100 Continue\r\n\r\n{HELLO}"),
            hello(),
        ),
        open(
            "102 and 103 with fields, then the response",
            S_INTERIM,
            format!(
                "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\
                 Content-Length: 9\r\n\r\n{HELLO}"
            ),
            hello(),
        ),
        case("responses", "103, and the response a while later", S_INTERIM)
            .ask(Ask::get(URL), hello())
            .connection([
                Act::Request,
                send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
                Act::Pause(100),
                send(HELLO),
            ]),
        case("responses", "interim responses without end", S_INTERIM)
            .ask(Ask::get(URL), Expect::Error)
            .connection([Act::Request, Act::Forever(b"HTTP/1.1 102 Processing\r\n\r\n")]),
        case("responses", "101 hands the stream over", "9110 15.2.2")
            .ask(
                Ask::get(URL)
                    .header("Connection", "upgrade")
                    .header("Upgrade", "echo")
                    .read(Reading::Tunnel(4)),
                Expect::Body(101, b"ping".to_vec()),
            )
            .connection([Act::Request, send(upgrade)])
            .needs(Needs::Tunnel),
        case("responses", "CONNECT 2xx hands the stream over", "9110 9.3.6")
            .ask(
                Ask::get(URL).method("CONNECT").read(Reading::Tunnel(4)),
                Expect::Body(200, b"ping".to_vec()),
            )
            .connection([Act::Request, send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nping")])
            .needs(Needs::Tunnel),
    ]
}

fn lengths() -> Vec<Case> {
    // The next answer shows whether something was taken for a body.
    let bodiless = |name: &str, method: &'static str, head: &str, status: u16| {
        case("responses", name, S_LENGTH)
            .ask(Ask::get(URL).method(method), Expect::Body(status, Vec::new()))
            .ask(Ask::get(URL), hello())
            .connection([Act::Request, send(head), Act::Request, send(HELLO)])
            .connection([Act::Request, send(HELLO)])
    };
    let mut cases = vec![
        bodiless(
            "HEAD with Content-Length",
            "HEAD",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            200,
        ),
        bodiless(
            "HEAD with chunked",
            "HEAD",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            200,
        ),
        bodiless("204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204),
        bodiless(
            "304 with Content-Length",
            "GET",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
            304,
        ),
        bodiless("Content-Length: 0", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
        open("Content-Length", S_LENGTH, HELLO, hello()),
        // The coding counts, and such a response "ought to be handled as an error".
        open(
            "Content-Length, then chunked",
            S_LENGTH,
            codings("Content-Length: 5\r\nTransfer-Encoding: chunked"),
            hello_or_error(),
        ),
        open(
            "chunked, then Content-Length",
            S_LENGTH,
            codings("Transfer-Encoding: chunked\r\nContent-Length: 5"),
            hello_or_error(),
        ),
        open(
            "two lengths that differ",
            S_LENGTH,
            lines("Content-Length: 5\r\nContent-Length: 3"),
            Expect::Error,
        ),
        open("two lengths in one line", S_LENGTH, lines("Content-Length: 5, 3"), Expect::Error),
        open(
            "the same length twice",
            S_LENGTH,
            lines("Content-Length: 5\r\nContent-Length: 5"),
            hello_or_error(),
        ),
        open(
            "the same length twice in a line",
            S_LENGTH,
            lines("Content-Length: 5, 5"),
            hello_or_error(),
        ),
        ended("a body until the stream ends", S_LENGTH, "HTTP/1.1 200 OK\r\n\r\nhello", hello()),
    ];
    for value in ["abc", "+5", "-1", "5 5", "", "0x5", "18446744073709551621"] {
        let line = format!("Content-Length: {value}");
        cases.push(open(&line, "9110 8.6", lines(&line), Expect::Error));
    }
    cases
}

fn transfer_codings() -> Vec<Case> {
    vec![
        open("chunked", S_CODING, codings("Transfer-Encoding: chunked"), hello()),
        open("chunked in another case", S_CODING, codings("Transfer-Encoding: cHUNKED"), hello()),
        open(
            "an empty element beside chunked",
            S_CODING,
            codings("Transfer-Encoding: , chunked"),
            hello(),
        ),
        open(
            "a coding that isn't undone",
            S_CODING,
            codings("Transfer-Encoding: gzip, chunked"),
            Expect::Error,
        ),
        open(
            "the same in two lines",
            S_CODING,
            codings("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
            Expect::Error,
        ),
        ended(
            "chunked isn't the last coding",
            S_LENGTH,
            codings("Transfer-Encoding: chunked, gzip"),
            Expect::Error,
        ),
        open(
            "chunked twice",
            S_CODING,
            codings("Transfer-Encoding: chunked, chunked"),
            Expect::Error,
        ),
    ]
}

fn chunked() -> Vec<Case> {
    let mut cases = Vec::new();
    for size in ["+5", "0x5", "-1", " 5", "", "5g", "10000000000000005"] {
        let coded = chunks(&format!("{size}\r\nhello\r\n0\r\n\r\n"));
        cases.push(open(&format!("chunk size \"{size}\""), S_CHUNK, coded, Expect::Error));
    }
    let trailers = chunks("5\r\nhello\r\n0\r\nX-Sum: 42\r\nX-End: 1\r\n\r\n");
    cases.extend([
        open("a chunk extension", "9112 7.1.1", chunks("5;a=b\r\nhello\r\n0\r\n\r\n"), hello()),
        open(
            "a quoted chunk extension",
            "9112 7.1.1",
            chunks("5;a=\"x;\\\" y\"\r\nhello\r\n0;z\r\n\r\n"),
            hello(),
        ),
        open(
            "a chunk extension of 60 characters",
            "9112 7.1.1",
            chunks(&format!("5;signature={}\r\nhello\r\n0\r\n\r\n", "a".repeat(50))),
            hello(),
        ),
        case("responses", "a chunk extension without end", "9112 7.1.1")
            .ask(Ask::get(URL), Expect::Error)
            .connection([Act::Request, send(chunks("5;a=")), Act::Forever(&[b'x'; 1024])]),
        open("trailers don't disturb the body", "9112 7.1.2", &trailers, hello()),
        open(
            "trailers can be read",
            "9112 7.1.2",
            &trailers,
            Expect::Field("X-Sum", b"42".to_vec()),
        )
        .needs(Needs::Trailers),
        case("responses", "trailers without end", "9112 7.1.2")
            .ask(Ask::get(URL), Expect::Error)
            .connection([
                Act::Request,
                send(chunks("5\r\nhello\r\n0\r\n")),
                Act::Forever(b"X-Sum: 42\r\n"),
            ]),
        open("no line end behind a chunk", S_CHUNK, chunks("5\r\nhelloXX0\r\n\r\n"), Expect::Error),
        open(
            "a bare CR in a size line",
            S_CHUNK,
            chunks("5\rX\r\nhello\r\n0\r\n\r\n"),
            Expect::Error,
        ),
        open("bare LF in chunk lines", S_CHUNK, chunks("5\nhello\n0\n\n"), Expect::Error),
    ]);
    cases
}

fn truncated() -> Vec<Case> {
    vec![
        ended("the stream ends before the response", S_TRUNCATED, "", Expect::Error),
        ended(
            "the stream ends in the head",
            S_TRUNCATED,
            "HTTP/1.1 200 OK\r\nContent-Le",
            Expect::Error,
        ),
        ended(
            "the stream ends behind a 100",
            S_TRUNCATED,
            "HTTP/1.1 100 Continue\r\n\r\n",
            Expect::Error,
        ),
        ended(
            "the stream ends in a body with a length",
            S_TRUNCATED,
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
            Expect::Error,
        ),
        ended("the stream ends in a chunk", S_TRUNCATED, chunks("9\r\nhello"), Expect::Error),
        ended(
            "the stream ends behind a chunk",
            S_TRUNCATED,
            chunks("5\r\nhello\r\n"),
            Expect::Error,
        ),
        ended(
            "the stream ends before the last CRLF",
            S_TRUNCATED,
            chunks("5\r\nhello\r\n0\r\n"),
            Expect::Error,
        ),
    ]
}

fn fields() -> Vec<Case> {
    let many = |count: usize| format!("{}Content-Length: 5", "X-Field: value\r\n".repeat(count));
    let bad = |name: &str, line: &[u8]| {
        let bytes = [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", line, b"\r\n\r\nhello"].concat();
        open(name, S_FIELD, bytes, Expect::Error)
    };
    vec![
        // It may be replaced by a space; what it holds is no field of its own.
        open(
            "a folded line",
            "9112 5.2",
            lines("X-A: b\r\n Content-Length: 3\r\nContent-Length: 5"),
            hello_or_error(),
        ),
        open("a folded length", "9112 5.2", lines("Content-Length: 5\r\n 5"), Expect::Error),
        bad("white space before the colon", b"X-A : b"),
        bad("an empty field name", b": b"),
        bad("a field name with a space", b"X A: b"),
        bad("a line without a colon", b"X-A"),
        bad("NUL in a value", b"X-A: b\0c"),
        bad("a bare CR in a value", b"X-A: b\rc"),
        // RFC 9112 section 2.2 lets a recipient accept it.
        open(
            "bare LF in the head",
            "9112 2.2",
            "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
            hello_or_error(),
        ),
        open(
            "Latin-1 in a value",
            "9110 5.5",
            b"HTTP/1.1 200 OK\r\nX-Room: K\xfcche\r\nContent-Length: 5\r\n\r\nhello",
            Expect::Field("X-Room", b"K\xfcche".to_vec()),
        ),
        open("a length behind 16 other fields", "9110 5.4", lines(&many(16)), hello()),
        open("a length behind 65 other fields", "9110 5.4", lines(&many(65)), hello()),
        open("a length behind 130 other fields", "9110 5.4", lines(&many(130)), hello_or_error()),
        open(
            "a head of 20,000 bytes",
            "9110 5.4",
            lines(&format!("X-Field: {}\r\nContent-Length: 5", "x".repeat(20_000))),
            hello_or_error(),
        ),
    ]
}

fn status_lines() -> Vec<Case> {
    let with = |name: &str, line: &str, expect: Expect| {
        open(name, S_STATUS, format!("{line}\r\nContent-Length: 5\r\n\r\nhello"), expect)
    };
    let bad = |line: &str| with(&format!("status line \"{line}\""), line, Expect::Error);
    vec![
        with("no reason", "HTTP/1.1 200 ", hello()),
        with("neither a reason nor a space", "HTTP/1.1 200", hello_or_error()),
        with("HTTP/1.0", "HTTP/1.0 200 OK", hello()),
        with(
            "a status that nobody knows",
            "HTTP/1.1 299 Odd",
            Expect::Body(299, b"hello".to_vec()),
        ),
        bad("HTTP/1.1 2000 OK"),
        bad("LOL 200 OK"),
        bad("HTTP/2.0 200 OK"),
        bad("HTTP/1.1 000 OK"),
        bad("HTTP/1.1 099 OK"),
        open("a TLS alert", S_STATUS, b"\x15\x03\x01\x00\x02\x02\x0a\r\n\r\n", Expect::Error),
        open("another protocol's greeting", S_STATUS, "SSH-2.0-OpenSSH_9.6\r\n\r\n", Expect::Error),
    ]
}
