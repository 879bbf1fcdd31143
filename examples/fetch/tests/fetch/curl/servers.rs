//! The servers that `fetch` and curl are compared on, and what they were asked.

use crate::server::{Play, answer, perform, read_request};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use test_server::{Request, is_chunked, unchunk};

/// What the server does with a request, which has a connection of its own.
pub(crate) type Script = fn(&Request) -> Play;

/// What of a request is promised to be the same: method, target, body, and the fields that the options set.
pub(crate) fn promised(asked: &Request, names: &[&str], port: u16) -> String {
    let mut text = asked.head.lines().next().unwrap_or_default().to_owned();
    for name in names {
        let value = asked.header(name).map(comparable);
        let value = value.map(|value| value.replace(&format!(":{port}"), ":PORT"));
        text.push_str(&format!("\n{name}: {}", value.as_deref().unwrap_or("(none)")));
    }
    let body = if is_chunked(&asked.head) { unchunk(&asked.body) } else { asked.body.clone() };
    let text = format!("{text}\n\n{}", String::from_utf8_lossy(&body));
    match asked.header("content-type").and_then(|value| value.split_once("boundary=")) {
        Some((_, boundary)) => text.replace(boundary, "BOUNDARY"),
        None => text,
    }
}

/// Of an answer to a Digest challenge what isn't chance.
fn comparable(value: &str) -> String {
    let Some(parameters) = value.strip_prefix("Digest ") else { return value.to_owned() };
    let mut kept: Vec<_> = parameters
        .split(',')
        .map(|parameter| parameter.trim().replace('"', ""))
        .map(|parameter| match parameter.split_once('=') {
            Some((name @ ("cnonce" | "response"), _)) => name.to_owned(),
            _ => parameter,
        })
        .collect();
    kept.sort();
    kept.join(", ")
}

/// A server for one command: a connection for each request.
pub(crate) struct Site {
    pub(crate) port: u16,
    pub(crate) asked: Arc<Mutex<Vec<Request>>>,
}

impl Site {
    pub(crate) fn new(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for (connection, mut stream) in listener.incoming().flatten().enumerate() {
                let request = Request { connection, ..read_request(&mut stream) };
                log.lock().unwrap().push(request.clone());
                let play = script(&request);
                // The next connection doesn't wait for the end of this.
                thread::spawn(move || perform(&mut stream, &play));
            }
        });
        Self { port, asked }
    }
}

// ---- What the servers do ----

/// By its name.
pub(crate) fn script(name: &str) -> Script {
    match name {
        "hello" => hello,
        "moved" => moved,
        "to_other_host" => to_other_host,
        "found" => found,
        "see_other" => see_other,
        "temporary" => temporary,
        "onward" => onward,
        "circle" => circle,
        "to_ftp" => to_ftp,
        "not_found" => not_found,
        "busy_twice" => busy_twice,
        "busy_for_a_second" => busy_for_a_second,
        "cut" => cut,
        "without_ranges" => without_ranges,
        "part" => part,
        "wants_digest" => wants_digest,
        "to_digest" => to_digest,
        "wants_basic" => wants_basic,
        "empty" => empty,
        "short" => short,
        "reset" => reset,
        "silent" => silent,
        "ssh" => ssh,
        "binary" => binary,
        _ => panic!("no script {name}"),
    }
}

fn ok(body: &str) -> Play {
    let length = body.len();
    answer(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    ))
}

fn status(line: &str, fields: &str) -> Play {
    answer(format!("HTTP/1.1 {line}\r\n{fields}Content-Length: 4\r\nConnection: close\r\n\r\nnope"))
}

fn hello(asked: &Request) -> Play {
    if asked.method() == "HEAD" {
        return answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
    }
    ok("hello")
}

fn to(line: &str, location: &str) -> Play {
    status(line, &format!("Location: {location}\r\n"))
}

/// Relative, absolute, and with a fragment.
fn moved(asked: &Request) -> Play {
    let host = asked.header("host").unwrap_or_default();
    match asked.target() {
        "/gate" => to("301 Moved", "a/b?c=1"),
        "/a/b?c=1" => to("302 Found", &format!("http://{host}/d#part")),
        "/d" => to("308 Moved", "../e"),
        _ => ok("there"),
    }
}

fn to_other_host(asked: &Request) -> Play {
    let port = asked.header("host").and_then(|host| host.split(':').nth(1)).unwrap_or_default();
    match asked.target() {
        "/gate" => to("302 Found", &format!("http://localhost:{port}/there")),
        _ => ok("there"),
    }
}

fn found(asked: &Request) -> Play {
    if asked.target() == "/gate" { to("302 Found", "/there") } else { ok("there") }
}

fn see_other(asked: &Request) -> Play {
    if asked.target() == "/gate" { to("303 See Other", "/there") } else { ok("there") }
}

fn temporary(asked: &Request) -> Play {
    if asked.target() == "/gate" { to("307 Temporary", "/there") } else { ok("there") }
}

fn onward(asked: &Request) -> Play {
    to("302 Found", &format!("/{}", asked.connection))
}

fn circle(_: &Request) -> Play {
    to("302 Found", "/gate")
}

fn to_ftp(_: &Request) -> Play {
    to("302 Found", "gopher://127.0.0.1/")
}

fn not_found(_: &Request) -> Play {
    status("404 Not Found", "")
}

fn busy_twice(asked: &Request) -> Play {
    if asked.connection < 2 { status("503 Busy", "") } else { ok("there") }
}

fn busy_for_a_second(asked: &Request) -> Play {
    if asked.connection == 0 { status("429 Later", "Retry-After: 1\r\n") } else { ok("there") }
}

/// The second half only for whoever asks for it.
fn cut(asked: &Request) -> Play {
    match asked.header("range") {
        Some("bytes=5-") => answer(
            "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes 5-9/10\r\n\
             Content-Length: 5\r\nConnection: close\r\n\r\n56789",
        ),
        _ => answer("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n01234"),
    }
}

fn without_ranges(asked: &Request) -> Play {
    let body = if asked.connection == 0 { "01234" } else { "0123456789" };
    answer(format!("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n{body}"))
}

fn part(asked: &Request) -> Play {
    assert!(asked.header("range").is_some());
    answer(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/10\r\nContent-Length: 3\r\n\
         Connection: close\r\n\r\n234",
    )
}

fn wants_digest(asked: &Request) -> Play {
    match asked.header("authorization") {
        Some(value) if value.starts_with("Digest ") => ok("there"),
        _ => status(
            "401 Unauthorized",
            "WWW-Authenticate: Digest realm=\"gate\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\r\n",
        ),
    }
}

/// It leads to a place on itself that wants Digest.
fn to_digest(asked: &Request) -> Play {
    match asked.target() {
        "/" => status("302 Found", "Location: /there\r\n"),
        _ => wants_digest(asked),
    }
}

fn wants_basic(asked: &Request) -> Play {
    match asked.header("authorization") {
        Some("Basic YWRtaW46czpjcmV0") => ok("there"),
        _ => status("401 Unauthorized", "WWW-Authenticate: Basic realm=\"gate\"\r\n"),
    }
}

fn empty(_: &Request) -> Play {
    answer("")
}

fn short(_: &Request) -> Play {
    answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
}

fn reset(_: &Request) -> Play {
    Play::Reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec())
}

fn silent(_: &Request) -> Play {
    Play::Stall(Vec::new())
}

fn ssh(_: &Request) -> Play {
    answer("SSH-2.0-OpenSSH_9.2\r\n")
}

fn binary(_: &Request) -> Play {
    answer(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\x89PNG\0\0\0\x01")
}
