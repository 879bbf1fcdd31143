//! What people have reported, as a person meets it through `fetch`: servers on the loopback interface
//! that send exactly these bytes, and what is said of them. Words count.

use crate::fetch::{Play, Run, Server, answer, fetch, refusing_port};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener};
use std::time::{Duration, Instant};

/// With one space between words, as they are read.
pub(crate) fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
pub(crate) fn says(what: &str, text: &str, wanted: &[&str], unwanted: &[&str]) {
    let text = plain(text);
    for words in wanted {
        assert!(text.contains(words), "{what}: doesn't say {words:?}:\n{text}");
    }
    for words in unwanted {
        assert!(!text.contains(words), "{what}: says {words:?}:\n{text}");
    }
}

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
        let first = plain(&first.trim_ascii_end().escape_ascii().to_string());
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
    assert!(server.request().contains("\r\nAccept-Encoding: identity\r\n"), "unasked for");
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

// ---- URLs ----

#[test]
fn urls_with_a_mistake_name_it() {
    let port = refusing_port();
    // A line end of a console or a file is none of the URL's.
    for end in ["\r", "\n", "\r\n"] {
        let run = fetch(&[&format!("http://127.0.0.1:1/x{end}")]);
        assert_eq!(run.status, 3, "{end:?}: {run:?}");
        says("a line end", &run.stderr, &["a line end", "trim it"], &["write %0"]);
    }
    for (url, wanted, unwanted) in [
        (" http://h/", &["0x20", "in front of"][..], &["no scheme: start"][..]),
        ("http://admin:pa#ss@h/", &["%23"], &["the port is no number", "admin:pa"]),
        ("http://admin:12#34@h/", &["%23"], &["didn't resolve", "12#34"]),
        ("http://127.0.0.1/front door", &["%20"], &[]),
    ] {
        let run = fetch(&[url]);
        assert_eq!(run.status, 3, "{url:?}: {run:?}");
        says(url, &run.stderr, wanted, unwanted);
        // In the report, too.
        let run = fetch(&["--diagnose", url]);
        assert_eq!(run.status, 3, "{url:?}: {run:?}");
        says(url, &run.text(), &["url no", "error:"], &["all of it works"]);
        says(url, &run.text(), wanted, unwanted);
    }
    // Its secrets aren't repeated.
    let url = format!("http://admin:hunter2@127.0.0.1:{port}/?token=t0ken");
    for args in
        [&[url.as_str()][..], &["-v", &url], &["--report", "json", &url], &["--diagnose", &url]]
    {
        let run = fetch(args);
        let all = run.text() + &run.stderr;
        says(&format!("{args:?}"), &all, &[], &["hunter2", "t0ken", "YWRtaW4"]);
    }
}

#[test]
fn a_url_that_begins_with_its_host_is_http() {
    for path in ["/a.json", "?u=http://x", "/a?u=http://x", ""] {
        let server = Server::new(answer("HTTP/1.1 204 x\r\n\r\n"));
        let run = fetch(&[&format!("127.0.0.1:{}{path}", server.port)]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{path}: {run:?}");
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let line = format!("GET {path} HTTP/1.1\r\n");
        assert!(server.request().starts_with(&line), "{path}");
    }
}

// ---- diagnose ----

fn diagnose(args: &[&str], bytes: &str) -> Run {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let bytes = bytes.as_bytes().to_vec();
    // The check may ask twice.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten().take(2) {
            let _ = stream.read(&mut [0; 2048]);
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read(&mut [0; 2048]);
        }
    });
    fetch(&[args, &["--diagnose", &format!("http://127.0.0.1:{port}/state")]].concat())
}

#[test]
fn diagnose_says_what_the_status_means_and_what_to_do() {
    const FINE: &str = "all of it works";
    for (what, head, wanted, unwanted) in [
        (
            "302 to another host",
            "302 Found\r\nLocation: https://script.googleusercontent.com/x",
            &["status 302", "redirects to https://script.googleusercontent.com/x"][..],
            &["portal", FINE][..],
        ),
        (
            "301 to https of the same host",
            "301 Moved\r\nLocation: https://127.0.0.1/state",
            &["status 301", "redirects to https://127.0.0.1/state", "the same host by https"],
            &["portal", FINE],
        ),
        (
            "401",
            "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"",
            &["status 401", "wants Digest"],
            &[FINE],
        ),
        ("403", "403 Forbidden", &["status 403", "forbidden"], &[FINE]),
        ("404", "404 Not Found", &["status 404", "path"], &[FINE]),
        ("500", "500 Internal Server Error", &["status 500", "server's own error"], &[FINE]),
        ("204", "204 No Content", &["status 204", FINE], &["cause:"]),
    ] {
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n");
        let run = diagnose(&[], &answer);
        says(what, &run.text(), wanted, unwanted);
        // It is this machine that is asked.
        says(what, &run.text(), &["target ok this machine", "port ok"], &["another host --"]);
        // A request would have had its response, which is an error to --fail; of the path nothing is known.
        assert_eq!(run.status, 0, "{run:?}");
        let fails = head.starts_with('5') || head.starts_with("401") || head.starts_with("403");
        let run = diagnose(&["--fail"], &answer);
        assert_eq!(run.status, if fails { 22 } else { 0 }, "{run:?}");
    }
    let run = diagnose(&[], "HTTP/1.1 200 OK\r\nThis is odd\r\n\r\n");
    assert_eq!(run.status, 8, "{run:?}");
    says("malformed", &run.text(), &["http no", "error:", "This is odd"], &[FINE, "serial"]);
    let run = diagnose(&[], "ICY 200 OK\r\nicy-name:x\r\n\r\n");
    says("SHOUTcast", &run.text(), &["http no", "ICY 200 OK", "SHOUTcast"], &[FINE, "serial"]);
}

#[test]
fn diagnose_of_a_loopback_target_knows_that_it_is_this_machine() {
    for host in ["127.0.0.1", "localhost"] {
        let run = fetch(&["--diagnose", &format!("http://{host}:{}/", refusing_port())]);
        assert_eq!(run.status, 7, "{run:?}");
        says(
            host,
            &run.text(),
            &["target ok this machine", "port no", "nothing listens on port"],
            &["another host", "127.0.0.1 only", "event handler", "gateway --", "firewall"],
        );
    }
}

// ---- Times, and what may be seen ----

/// As curl's: seconds, and fractions of them.
#[test]
fn times_are_seconds() {
    let silent = || Server::new(Play::Stall(vec![])).url();
    for (args, least, most) in [
        (["--response-timeout", "1"], 1000, 2500),
        (["--response-timeout", "0.3"], 300, 1200),
        (["-m", "1"], 1000, 2500),
        (["--max-time", "0.25"], 250, 1200),
        (["--max-time", ".5"], 500, 1500),
    ] {
        let started = Instant::now();
        let run = fetch(&[args[0], args[1], &silent()]);
        let took = started.elapsed();
        assert_eq!(run.status, 28, "{args:?} {run:?}");
        let (least, most) = (Duration::from_millis(least), Duration::from_millis(most));
        assert!(took >= least && took < most, "{args:?}: {took:?}");
    }
    // Five seconds are enough for any answer here, and 0 is no limit.
    for args in [["--connect-timeout", "5"], ["--connect-timeout", "0"], ["--max-time", "0"]] {
        let server = Server::new(answer("HTTP/1.1 204 x\r\n\r\n"));
        let run = fetch(&[args[0], args[1], &server.url()]);
        assert_eq!(run.status, 0, "{args:?} {run:?}");
    }
}

#[test]
fn what_is_shown_with_v_has_no_secrets() {
    let server = Server::new(answer(
        "HTTP/1.1 200 OK\r\nSet-Cookie: session=s3cret; Path=/\r\nX-Plain: seen\r\n\
         Content-Length: 2\r\n\r\nok",
    ));
    let url = server.url().replace("http://", "http://admin:hunter2@");
    let run =
        fetch(&["-v", "-H", "Cookie: id=c00kie", "-H", "Proxy-Authorization: Bearer t0ken", &url]);
    assert_eq!((run.status, run.text().as_str()), (0, "ok"), "{run:?}");
    says(
        "-v",
        &run.stderr,
        &[
            "> Authorization: Basic [hidden]",
            "> Cookie: id=[hidden]",
            "> Proxy-Authorization: Bearer [hidden]",
            "< Set-Cookie: session=[hidden]",
            "< X-Plain: seen",
        ],
        &["hunter2", "s3cret", "c00kie", "t0ken", "YWRtaW4"],
    );
    // They were sent.
    assert!(server.request().contains("Cookie: id=c00kie\r\n"));
    // Nor where it fails.
    let server =
        Server::new(answer("HTTP/1.1 200 OK\r\nSet-Cookie: session=s3cret\r\nodd line\r\n\r\n"));
    let run = fetch(&["-v", &server.url()]);
    assert_eq!(run.status, 8, "{run:?}");
    says("-v", &run.stderr, &["< HTTP/1.1 200 OK", "< Set-Cookie: session=[hidden]"], &["s3cret"]);
}
