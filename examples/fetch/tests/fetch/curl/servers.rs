//! The servers that `fetch` and curl are compared on, and what they were asked.

use crate::server::{Play, answer, perform, read_request};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does with a request, of which it is the so-manieth.
pub(crate) type Script = fn(&Asked, usize) -> Play;

/// A request as the server read it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) line: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Asked {
    fn of(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default().to_owned();
        let fields: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut asked =
            Self { line, fields, body: bytes.get(end + 4..).unwrap_or_default().to_vec() };
        if asked.field("transfer-encoding").is_some() {
            asked.body = unchunk(&asked.body);
        }
        asked
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// What of it is promised to be the same: method, target, body, and the fields that the options set.
    pub(crate) fn promised(&self, names: &[&str], port: u16) -> String {
        let mut text = self.line.clone();
        for name in names {
            let value = self.field(&name.to_ascii_lowercase()).map(comparable);
            let value = value.map(|value| value.replace(&format!(":{port}"), ":PORT"));
            text.push_str(&format!("\n{name}: {}", value.as_deref().unwrap_or("(none)")));
        }
        let text = format!("{text}\n\n{}", String::from_utf8_lossy(&self.body));
        match self.field("content-type").and_then(|value| value.split_once("boundary=")) {
            Some((_, boundary)) => text.replace(boundary, "BOUNDARY"),
            None => text,
        }
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

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}

/// A server for one command: a connection for each request.
pub(crate) struct Site {
    pub(crate) port: u16,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
}

impl Site {
    pub(crate) fn new(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let request = Asked::of(&read_request(&mut stream));
                let count = {
                    let mut log = log.lock().unwrap();
                    log.push(request.clone());
                    log.len()
                };
                let play = script(&request, count);
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

fn hello(asked: &Asked, _: usize) -> Play {
    if asked.line.starts_with("HEAD ") {
        return answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
    }
    ok("hello")
}

fn to(line: &str, location: &str) -> Play {
    status(line, &format!("Location: {location}\r\n"))
}

/// Relative, absolute, and with a fragment.
fn moved(asked: &Asked, _: usize) -> Play {
    let host = asked.field("host").unwrap_or_default();
    match asked.target() {
        "/gate" => to("301 Moved", "a/b?c=1"),
        "/a/b?c=1" => to("302 Found", &format!("http://{host}/d#part")),
        "/d" => to("308 Moved", "../e"),
        _ => ok("there"),
    }
}

fn to_other_host(asked: &Asked, _: usize) -> Play {
    let port = asked.field("host").and_then(|host| host.split(':').nth(1)).unwrap_or_default();
    match asked.target() {
        "/gate" => to("302 Found", &format!("http://localhost:{port}/there")),
        _ => ok("there"),
    }
}

fn found(asked: &Asked, _: usize) -> Play {
    if asked.target() == "/gate" { to("302 Found", "/there") } else { ok("there") }
}

fn see_other(asked: &Asked, _: usize) -> Play {
    if asked.target() == "/gate" { to("303 See Other", "/there") } else { ok("there") }
}

fn temporary(asked: &Asked, _: usize) -> Play {
    if asked.target() == "/gate" { to("307 Temporary", "/there") } else { ok("there") }
}

fn onward(_: &Asked, count: usize) -> Play {
    to("302 Found", &format!("/{count}"))
}

fn circle(_: &Asked, _: usize) -> Play {
    to("302 Found", "/gate")
}

fn to_ftp(_: &Asked, _: usize) -> Play {
    to("302 Found", "gopher://127.0.0.1/")
}

fn not_found(_: &Asked, _: usize) -> Play {
    status("404 Not Found", "")
}

fn busy_twice(_: &Asked, count: usize) -> Play {
    if count < 3 { status("503 Busy", "") } else { ok("there") }
}

fn busy_for_a_second(_: &Asked, count: usize) -> Play {
    if count < 2 { status("429 Later", "Retry-After: 1\r\n") } else { ok("there") }
}

/// The second half only for whoever asks for it.
fn cut(asked: &Asked, _: usize) -> Play {
    match asked.field("range") {
        Some("bytes=5-") => answer(
            "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes 5-9/10\r\n\
             Content-Length: 5\r\nConnection: close\r\n\r\n56789",
        ),
        _ => answer("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n01234"),
    }
}

fn without_ranges(_: &Asked, count: usize) -> Play {
    let body = if count == 1 { "01234" } else { "0123456789" };
    answer(format!("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n{body}"))
}

fn part(asked: &Asked, _: usize) -> Play {
    assert!(asked.field("range").is_some());
    answer(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/10\r\nContent-Length: 3\r\n\
         Connection: close\r\n\r\n234",
    )
}

fn wants_digest(asked: &Asked, _: usize) -> Play {
    match asked.field("authorization") {
        Some(value) if value.starts_with("Digest ") => ok("there"),
        _ => status(
            "401 Unauthorized",
            "WWW-Authenticate: Digest realm=\"gate\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\r\n",
        ),
    }
}

/// It leads to a place on itself that wants Digest.
fn to_digest(asked: &Asked, count: usize) -> Play {
    match asked.target() {
        "/" => status("302 Found", "Location: /there\r\n"),
        _ => wants_digest(asked, count),
    }
}

fn wants_basic(asked: &Asked, _: usize) -> Play {
    match asked.field("authorization") {
        Some("Basic YWRtaW46czpjcmV0") => ok("there"),
        _ => status("401 Unauthorized", "WWW-Authenticate: Basic realm=\"gate\"\r\n"),
    }
}

fn empty(_: &Asked, _: usize) -> Play {
    answer("")
}

fn short(_: &Asked, _: usize) -> Play {
    answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
}

fn reset(_: &Asked, _: usize) -> Play {
    Play::Reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec())
}

fn silent(_: &Asked, _: usize) -> Play {
    Play::Stall(Vec::new())
}

fn ssh(_: &Asked, _: usize) -> Play {
    answer("SSH-2.0-OpenSSH_9.2\r\n")
}

fn binary(_: &Asked, _: usize) -> Play {
    answer(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\x89PNG\0\0\0\x01")
}
