//! The example `fetch` as its users run it: a process, its exit status, what it prints and leaves.
//!
//! Each exit status is produced for real, by a server on the loopback interface that misbehaves so.

use super::program;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// No run takes longer; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(30);

// ---- The program ----

pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = &self.stdout[..self.stdout.len().min(1000)];
        f.debug_struct("Run")
            .field("status", &self.status)
            .field("stdout", &String::from_utf8_lossy(start))
            .field("stdout_length", &self.stdout.len())
            .field("stderr", &self.stderr)
            .field("took", &self.took)
            .finish()
    }
}

impl Run {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The one line of JSON.
    pub(crate) fn json(&self) -> Value {
        let text = self.text();
        assert_eq!(text.matches('\n').count(), 1, "{self:?}");
        assert!(text.ends_with('\n'), "{self:?}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) fn start(args: &[&str]) -> Child {
    Command::new(program("fetch"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the end, and reads both outputs meanwhile.
pub(crate) fn end(mut child: Child) -> Run {
    fn read(from: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut from) = from {
                from.read_to_end(&mut bytes).unwrap();
            }
            bytes
        })
    }
    let started = Instant::now();
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("fetch hung");
        }
        thread::sleep(Duration::from_millis(1));
    };
    Run {
        status: status.code().unwrap_or(-1),
        stdout: stdout.join().unwrap(),
        stderr: String::from_utf8_lossy(&stderr.join().unwrap()).into_owned(),
        took: started.elapsed(),
    }
}

/// Runs it with nothing on stdin.
pub(crate) fn fetch(args: &[&str]) -> Run {
    fetch_with(args, b"")
}

pub(crate) fn fetch_with(args: &[&str], stdin: &[u8]) -> Run {
    let mut child = start(args);
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // A program that ends without reading breaks the pipe; that is its right.
    thread::spawn(move || pipe.write_all(&stdin));
    end(child)
}

// ---- The server ----

/// What the server does once it has a request.
#[derive(Debug, Clone)]
pub(crate) enum Play {
    /// These bytes, then the end of the stream.
    Answer(Vec<u8>),
    /// These bytes, then nothing for as long as the client stays.
    Stall(Vec<u8>),
    /// These bytes, then one more of the letter each so many milliseconds, for ever.
    Drip(Vec<u8>, u8, u64),
    /// These bytes, then a reset.
    Reset(Vec<u8>),
}

pub(crate) fn answer(response: impl AsRef<[u8]>) -> Play {
    Play::Answer(response.as_ref().to_vec())
}

pub(crate) struct Server {
    pub(crate) port: u16,
    request: Receiver<Vec<u8>>,
}

impl Server {
    /// Serves one connection.
    pub(crate) fn new(play: Play) -> Self {
        Self::serving(move |stream, request| {
            *request = read_request(stream);
            perform(stream, &play);
        })
    }

    /// Serves one connection with a script that keeps what it read.
    pub(crate) fn serving(
        script: impl FnOnce(&mut TcpStream, &mut Vec<u8>) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, request) = channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            script(&mut stream, &mut request);
            sender.send(request)
        });
        Self { port, request }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/gate?door=2", self.port)
    }

    /// What was sent to it, as text.
    pub(crate) fn request(self) -> String {
        let request = self.request.recv_timeout(PATIENCE).unwrap();
        String::from_utf8(request).unwrap()
    }
}

/// Head and body, as their framing says.
pub(crate) fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut byte = [0];
    let mut more = |request: &mut Vec<u8>| {
        let count = stream.read(&mut byte).unwrap_or(0);
        request.extend_from_slice(&byte[..count]);
        count > 0
    };
    while !request.ends_with(b"\r\n\r\n") && more(&mut request) {}
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    if head.contains("\r\ntransfer-encoding: chunked\r\n") {
        while !request.ends_with(b"\r\n0\r\n\r\n") && more(&mut request) {}
    } else if let Some((_, rest)) = head.split_once("\r\ncontent-length: ") {
        let length: usize = rest.split("\r\n").next().unwrap().parse().unwrap();
        let whole = request.len() + length;
        while request.len() < whole && more(&mut request) {}
    }
    request
}

pub(crate) fn perform(stream: &mut TcpStream, play: &Play) {
    match play {
        Play::Answer(bytes) => {
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(Shutdown::Write);
            drain(stream);
        }
        Play::Stall(bytes) => {
            let _ = stream.write_all(bytes);
            drain(stream);
        }
        Play::Drip(bytes, letter, pause) => {
            let _ = stream.write_all(bytes);
            while stream.write_all(&[*letter]).is_ok() {
                thread::sleep(Duration::from_millis(*pause));
            }
        }
        Play::Reset(bytes) => {
            let _ = stream.write_all(bytes);
            // So that they arrive before the reset does.
            thread::sleep(Duration::from_millis(50));
            let at_once = Some(Duration::ZERO);
            rustix::net::sockopt::set_socket_linger(&*stream, at_once).unwrap();
        }
    }
}

/// Waits until the client has gone.
pub(crate) fn drain(stream: &mut TcpStream) {
    let mut bytes = [0; 1024];
    while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
}

/// A port that was just free, and that nobody listens on.
pub(crate) fn refusing_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A listener whose queue is full: more connections get neither a yes nor a no.
fn deaf_listener() -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut fillers = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        fillers.push(stream);
    }
    (listener, fillers)
}

/// A folder of the test's own, gone at its end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fetch-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

// ---- Exit statuses ----

/// Runs it twice, plainly and with `--report json`, and checks both reports of a failure.
#[track_caller]
fn check_failure(args: &[&str], url: impl Fn() -> String, status: i32, phase: &str, code: &str) {
    let (plain_url, json_url) = (url(), url());
    let plain = fetch(&[args, &[&plain_url]].concat());
    let context = format!("{args:?} {plain_url}: {plain:?}");
    assert_eq!(plain.status, status, "{context}");
    assert!(plain.stderr.contains(&format!("fetch: ({status}) {phase}: ")), "{context}");

    let run = fetch(&[args, &["--report", "json", &json_url]].concat());
    let json = run.json();
    assert_eq!(run.status, status, "{run:?}");
    assert_eq!(json["ok"], false, "{run:?}");
    assert_eq!(json["phase"], phase, "{run:?}");
    assert_eq!(json["code"], code, "{run:?}");
    let causes = json["causes"].as_array().unwrap();
    let cause = causes.first().map_or(&json["code"], |first| &first[0]);
    assert_eq!(&json["cause"], cause, "the likeliest: {run:?}");
    assert!(json["message"].as_str().unwrap().starts_with(phase), "{run:?}");
    let elapsed = json["elapsed_ms"].as_u64().unwrap();
    // What starting the process took isn't in `took`.
    assert!(elapsed <= run.took.as_millis() as u64 + 100, "{run:?}");
    assert_eq!(run.stderr, "", "{run:?}");
}

#[test]
fn urls_that_cant_be_fetched_say_so_without_a_server() {
    let refused = format!("http://127.0.0.1:{}/", refusing_port());
    for (url, status, phase, cause) in [
        ("", 3, "url", "malformed_url"),
        ("nonsense.invalid", 6, "resolve", "name_not_resolved"),
        ("http://", 3, "url", "malformed_url"),
        ("http://h:99999/", 3, "url", "malformed_url"),
        ("http://h/a b", 3, "url", "malformed_url"),
        ("http://300.1.1.1/", 3, "url", "malformed_url"),
        ("http://http://localhost/", 3, "url", "scheme_in_host"),
        ("http://0.0.0.0/", 3, "url", "no_host_target"),
        ("ftp://127.0.0.1/", 1, "url", "unsupported_scheme"),
        ("htp://127.0.0.1/", 1, "url", "unsupported_scheme"),
        ("http//127.0.0.1/", 1, "url", "unsupported_scheme"),
        ("http://no-such-host.invalid/", 6, "resolve", "name_not_resolved"),
        (refused.as_str(), 7, "connect", "connect_failed"),
        (&refused.replace("http:", "https:"), 7, "connect", "connect_failed"),
    ] {
        check_failure(&[], || url.to_owned(), status, phase, cause);
    }
}

#[test]
fn servers_that_break_off_or_speak_something_else_are_told_apart() {
    let tls_alert = [0x15, 3, 1, 0, 2, 2, 0x46];
    for (play, status, phase, cause) in [
        (answer(""), 52, "head", "empty_reply"),
        (answer("HTTP/1.1 200 OK\r\nContent-Le"), 18, "head", "truncated"),
        (answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), 18, "body", "truncated"),
        (
            answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
            18,
            "body",
            "truncated",
        ),
        (answer("SSH-2.0-OpenSSH_9.2\r\n"), 8, "head", "not_http"),
        (answer(tls_alert), 8, "head", "tls_port"),
        (answer("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"), 8, "head", "malformed_response"),
        (
            answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            8,
            "head",
            "malformed_response",
        ),
        (
            answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
            8,
            "body",
            "malformed_response",
        ),
        (Play::Reset(vec![]), 56, "head", "receive_failed"),
        (
            Play::Reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec()),
            56,
            "body",
            "receive_failed",
        ),
    ] {
        check_failure(&[], || Server::new(play.clone()).url(), status, phase, cause);
    }
}

#[test]
fn each_deadline_ends_with_28_in_its_phase() {
    let head = b"HTTP/1.1 200 OK\r\n".to_vec();
    let body = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n".to_vec();
    let silent = Play::Stall(vec![]);
    for (args, play, phase, cause) in [
        (["--response-timeout", "0.4"], silent.clone(), "head", "response_timeout"),
        (["--total-timeout", "0.4"], silent, "head", "total_timeout"),
        (["--idle-timeout", "0.4"], Play::Stall(head.clone()), "head", "idle_timeout"),
        // Bytes that keep coming don't keep a head open.
        (["--idle-timeout", "0.4"], Play::Drip(head.clone(), b'x', 20), "head", "idle_timeout"),
        (["--total-timeout", "0.4"], Play::Drip(head, b'x', 20), "head", "total_timeout"),
        (["--idle-timeout", "0.4"], Play::Stall(body.clone()), "body", "idle_timeout"),
        (["--total-timeout", "0.4"], Play::Drip(body, b'x', 20), "body", "total_timeout"),
    ] {
        let started = Instant::now();
        check_failure(&args, || Server::new(play.clone()).url(), 28, phase, cause);
        let took = started.elapsed();
        let least = Duration::from_millis(800);
        assert!(took >= least && took < least * 10, "{args:?} {play:?}: {took:?}");
    }
}

#[test]
fn the_connect_deadline_holds_although_the_stacks_connect_blocks() {
    let (listener, _fillers) = deaf_listener();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    for (args, cause) in [
        (["--connect-timeout", "0.3"], "connect_timeout"),
        (["--total-timeout", "0.3"], "total_timeout"),
    ] {
        let started = Instant::now();
        check_failure(&args, || url.clone(), 28, "connect", cause);
        assert!(started.elapsed() < Duration::from_secs(3), "{args:?}");
    }
}

/// In a network of its own, where the only way leads to a resolver that never answers.
#[test]
fn the_connect_deadline_holds_although_the_resolver_blocks() {
    let folder = Folder::new("resolver");
    let config = folder.path("resolv.conf");
    std::fs::write(&config, "nameserver 10.9.9.9\n").unwrap();
    let run = |command: &str| {
        let script = format!(
            "PATH=$PATH:/usr/sbin:/sbin && ip link set lo up && ip route add 10.9.9.9 dev lo && \
             mount --bind {config} /etc/resolv.conf && {command}"
        );
        Command::new("unshare").args(["-rmn", "sh", "-c", &script]).output()
    };
    if !run("true").is_ok_and(|output| output.status.success()) {
        let text = "skipped: the resolver that never answers (no `unshare -rmn` with `ip` here)\n";
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return;
    }
    let program = program("fetch");
    let command =
        format!("{} --report json --connect-timeout 0.3 http://gate.test/", program.display());
    let started = Instant::now();
    let output = run(&command).unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{output:?}");
    assert_eq!(output.status.code(), Some(28), "{output:?}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["phase"], "resolve", "{json}");
    assert_eq!(json["code"], "resolve_timeout", "{json}");
}

#[test]
fn an_upload_that_never_comes_ends_at_the_total_deadline() {
    for args in [["-d", "@-"], ["-T", "-"]] {
        let server = Server::new(answer("HTTP/1.1 204 No Content\r\n\r\n"));
        let more = ["--total-timeout", "0.3", "--report", "json", &server.url()];
        let mut child = start(&[&args[..], &more].concat());
        let stdin = child.stdin.take();
        let run = end(child);
        drop(stdin);
        assert_eq!(run.status, 28, "{args:?} {run:?}");
        assert_eq!(run.json()["code"], "total_timeout", "{args:?} {run:?}");
    }
}

#[test]
fn mistakes_of_usage_end_with_2_before_anything_is_sent() {
    for args in [
        &["--no-such-option"][..],
        &["-H", "no colon"],
        &["-H", "a b: c"],
        &["-H", "a: b\r\nc: d"],
        &["-H", "Content-Length: 3"],
        &["-X", "GE T"],
        &["--buffer", "many"],
        &["--connect-timeout", "-1"],
        &["--connect-timeout", "soon"],
        &["--connect-timeout", "5ms"],
        &["--max-time", "1e3"],
        &["--max-time", "0.0001"],
        &["-m", "99999999"],
        &["-I", "-d", "x"],
        &["-T", "-", "-d", "x"],
        &["-F", "a=b", "-d", "x"],
        &["-F", "a"],
        &["-F", "a\"b=c"],
        &["--compressed"],
        &["-u", "admin"],
        &["-C", "100", "-o", "file"],
        &["-C", "-"],
        &["-L", "--max-redirs", "256"],
        &["--report", "xml"],
        &["http://127.0.0.1:1/", "http://127.0.0.1:2/"],
    ] {
        let run = if args[0].starts_with("http") {
            fetch(args)
        } else {
            fetch(&[args, &["http://127.0.0.1:1/"]].concat())
        };
        assert_eq!(run.status, 2, "{args:?} {run:?}");
        assert!(!run.stderr.is_empty() && run.stdout.is_empty(), "{args:?} {run:?}");
    }
}

#[test]
fn a_buffer_that_is_too_small_says_what_it_takes() {
    let url = format!("http://127.0.0.1:{}/", refusing_port());
    let run = fetch(&["--buffer", "40", &url]);
    assert_eq!(run.status, 27, "{run:?}");
    let figures = "it has 40 bytes and needs ";
    let (_, needed) = run.stderr.trim_end().split_once(figures).unwrap();
    // With as much it gets on, and with a byte less it doesn't.
    let less = (needed.parse::<usize>().unwrap() - 1).to_string();
    assert_eq!(fetch(&["--buffer", &less, &url]).status, 27);
    assert_eq!(fetch(&["--buffer", needed, &url]).status, 7);

    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(3000));
    let server = Server::new(answer(&long));
    let run = fetch(&["--buffer", "200", "--report", "json", &server.url()]);
    assert_eq!(run.status, 27, "{run:?}");
    assert_eq!(run.json()["code"], "buffer_too_small");
    let needs = format!("needs {}", long.len());
    assert!(run.json()["message"].as_str().unwrap().contains(&needs), "{run:?}");
}

// ---- What is printed ----

#[test]
fn without_arguments_it_shows_a_page_of_its_own() {
    let run = fetch(&[]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.text().contains("<h1>It works</h1>"), "{run:?}");
    assert!(run.stderr.contains("http://127.0.0.1:"), "{run:?}");
    assert_eq!(fetch(&["--report", "json"]).json()["status"], 200);
}

#[test]
fn a_pcs_link_has_a_loopback_interface_so_localhost_is_a_host() {
    for name in ["localhost", "127.0.0.1"] {
        let server = Server::new(answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
        let url = format!("http://{name}:{}/", server.port);
        let run = fetch(&[&url]);
        assert_eq!((run.status, run.text().as_str()), (0, "hi"), "{run:?}");
        let host = format!("Host: {name}:");
        assert!(server.request().contains(&host));
    }
}

const REDIRECT: &str = "HTTP/1.1 302 Found\r\nLocation: /b\r\nX-Two:  a\r\nX-Two: b\r\n\
    Content-Length: 4\r\n\r\nbody";

#[test]
fn include_head_and_the_plain_body() {
    let shown = "HTTP/1.1 302 Found\r\nLocation: /b\r\nX-Two: a\r\nX-Two: b\r\n\
        Content-Length: 4\r\n\r\n";
    let both = format!("{shown}body");
    for (args, expected, method) in [
        (&[][..], "body", "GET"),
        (&["-i"], &both, "GET"),
        (&["-I"], shown, "HEAD"),
        (&["-X", "HEAD"], "", "HEAD"),
        (&["-i", "-X", "HEAD"], shown, "HEAD"),
        (&["-X", "PURGE"], "body", "PURGE"),
    ] {
        // A server that answers HEAD with a body would be wrong: none is read.
        let response = if method == "HEAD" { &REDIRECT[..REDIRECT.len() - 4] } else { REDIRECT };
        let server = Server::new(Play::Stall(response.into()));
        let run = fetch(&[args, &[&server.url()]].concat());
        assert_eq!((run.status, run.text().as_str()), (0, expected), "{args:?} {run:?}");
        assert_eq!(run.stderr, "", "{args:?}");
        let line = format!("{method} /gate?door=2 HTTP/1.1\r\n");
        assert!(server.request().starts_with(&line), "{args:?}");
    }
}

#[test]
fn fail_is_22_for_errors_alone() {
    for (status, args, exit, body) in [
        (404, &["--fail"][..], 22, ""),
        (500, &["-f", "-i"], 22, ""),
        (404, &[], 0, "gone"),
        (302, &["--fail"], 0, "gone"),
        (200, &["--fail"], 0, "gone"),
    ] {
        let response = format!("HTTP/1.1 {status} X\r\nContent-Length: 4\r\n\r\ngone");
        let url = Server::new(answer(response)).url();
        let run = fetch(&[args, &[&url]].concat());
        assert_eq!((run.status, run.text().as_str()), (exit, body), "{args:?} {run:?}");
        let message = format!("fetch: (22) head: the server answered with status {status}");
        assert_eq!(run.stderr.contains(&message), exit == 22, "{run:?}");
    }
    let url = Server::new(answer("HTTP/1.1 404 X\r\nContent-Length: 4\r\n\r\ngone")).url();
    let run = fetch(&["--fail", "--report", "json", &url]);
    let json = run.json();
    assert_eq!(run.status, 22);
    assert_eq!((&json["ok"], &json["status"]), (&true.into(), &404.into()));
}

#[test]
fn the_line_of_json_has_everything_in_its_place() {
    let body = [0, 1, b'"', b'\\', 0xFF];
    let mut response = b"HTTP/1.1 200 Tr\xE8s \"bien\"\r\nX-Caf\xE9: 1\r\n\r\n".to_vec();
    // A name is ASCII; only values may have more.
    let wrong = Server::new(Play::Answer(response.clone())).url();
    assert_eq!(fetch(&[&wrong]).status, 8);

    response = b"HTTP/1.1 200 Tr\xE8s \"bien\"\r\nX-Cafe: caf\xE9 \"\\\"\r\nX-Cafe: \xC3\xA9\r\n\
        X-Empty:\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n"
        .to_vec();
    response.extend_from_slice(&body[..2]);
    response.extend_from_slice(b"\r\n3;x=\"y\"\r\n");
    response.extend_from_slice(&body[2..]);
    response.extend_from_slice(b"\r\n0\r\nX-Sum: \xB5\r\n\r\n");
    let run = fetch(&["--report", "json", &Server::new(Play::Stall(response)).url()]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    let line = run.text();
    let (start, elapsed) = line.split_once(r#","elapsed_ms":"#).unwrap();
    let expected = concat!(
        r#"{"ok":true,"status":200,"reason":"Très \"bien\"","headers":[["X-Cafe","café \"\\\""],"#,
        "[\"X-Cafe\",\"\u{C3}\u{A9}\"],",
        r#"["X-Empty",""],["Transfer-Encoding","chunked"]],"trailers":[["X-Sum","µ"]],"#,
        r#""body_base64":"AAEiXP8=""#,
    );
    assert_eq!(start, expected);
    assert!(elapsed.strip_suffix("}\n").unwrap().parse::<u32>().is_ok(), "{elapsed}");
    assert_eq!(STANDARD.decode("AAEiXP8=").unwrap(), body);
}

#[test]
fn failures_in_json_count_what_came() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    let run = fetch(&["--report", "json", &Server::new(answer(cut)).url()]);
    let line = run.text();
    assert!(
        line.starts_with(r#"{"ok":false,"phase":"body","cause":"bad_response","message":"body: "#),
        "{line}"
    );
    let received = format!(r#","received":{},"elapsed_ms":"#, cut.len());
    assert!(line.contains(&received), "{line}");
}

#[test]
fn verbose_shows_each_phase_with_its_time_and_both_heads() {
    let server = Server::new(answer(REDIRECT));
    let run = fetch(&["-v", "-H", "X-Key: k", &server.url()]);
    assert_eq!((run.status, run.text().as_str()), (0, "body"), "{run:?}");
    let mut lines = run.stderr.lines();
    let host = format!("> Host: 127.0.0.1:{}", server.port);
    for expected in [
        "* link _ ms",
        "* resolve _ ms",
        "* connecting to ",
        "* connect _ ms",
        "> GET /gate?door=2 HTTP/1.1",
        &host,
        "> X-Key: k",
        "> User-Agent: safe-http-client/",
        "> Accept: */*",
        "> Accept-Encoding: identity",
        "> ",
        "* send _ ms, ",
        "* head _ ms",
        "< HTTP/1.1 302 Found",
        "< Location: /b",
        "< X-Two: a",
        "< X-Two: b",
        "< Content-Length: 4",
        "< ",
        "* body _ ms, ",
        "* total _ ms",
    ] {
        let line = lines.next().unwrap_or_default();
        let (start, rest) = expected.split_once('_').unwrap_or((expected, ""));
        let behind = line.strip_prefix(start).unwrap_or_else(|| panic!("{expected}: {run:?}"));
        if !rest.is_empty() {
            let behind = behind.trim_start_matches(|c: char| c.is_ascii_digit());
            assert!(behind.starts_with(rest), "{expected}: {run:?}");
        }
    }
    assert_eq!(lines.next(), None);

    // The phase that failed has its time, too.
    let url = format!("http://127.0.0.1:{}/", refusing_port());
    let run = fetch(&["-v", &url]);
    assert!(run.stderr.contains("\n* connect ") && run.stderr.contains("\nfetch: (7) "), "{run:?}");
    // And the likeliest cause, with where to read of it.
    assert!(run.stderr.contains("\nfetch: likely: nothing_listens; what to do: "), "{run:?}");
}

// ---- Bodies of any length ----

/// Bytes without a short period, so that a lost or doubled piece shows.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        })
        .collect()
}

const MIB: usize = 1024 * 1024;

#[test]
fn ten_mebibytes_pass_through_one_kibibyte() {
    let body = noise(10 * MIB);
    let mut with_length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".as_bytes().to_vec();
    for chunk in body.chunks(4321) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let until_close = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &body].concat();
    let with_length = [std::mem::take(&mut with_length).into_bytes(), body.clone()].concat();

    let folder = Folder::new("long");
    for response in [with_length, chunked, until_close] {
        let url = Server::new(Play::Answer(response.clone())).url();
        let run = fetch(&["--buffer", "1024", &url]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        assert!(run.stdout == body, "{} bytes", run.stdout.len());

        let file = folder.path("long");
        let url = Server::new(Play::Answer(response)).url();
        let run = fetch(&["--buffer", "140", "-o", &file, &url]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stderr);
        assert!(run.stdout.is_empty());
        assert!(std::fs::read(&file).unwrap() == body);
    }
}

#[test]
fn what_has_come_is_shown_while_more_is_awaited() {
    let server = Server::serving(|stream, request| {
        *request = read_request(stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").unwrap();
        drain(stream);
    });
    let mut child = start(&["--idle-timeout", "600", &server.url()]);
    let mut four = [0; 4];
    child.stdout.as_mut().unwrap().read_exact(&mut four).unwrap();
    assert_eq!(&four, b"half");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_reader_that_leaves_ends_it_without_a_word() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let server = Server::serving(move |stream, request| {
        *request = read_request(stream);
        stream.write_all(&head).unwrap();
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let mut child = start(&[&server.url()]);
    let mut few = [0; 100];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut few).unwrap();
    drop(stdout);
    let run = end(child);
    assert_eq!((run.status, run.stderr.as_str()), (23, ""), "{run:?}");
}

// ---- Files ----

#[test]
fn a_file_appears_once_it_is_complete() {
    let folder = Folder::new("output");
    let file = folder.path("page");
    let read = || std::fs::read_to_string(folder.path("page")).unwrap();

    // Half-way there is a part, and no file.
    let (go_on, waiting) = channel();
    let server = Server::serving(move |stream, _| {
        read_request(stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf").unwrap();
        waiting.recv().unwrap();
        stream.write_all(b"half").unwrap();
    });
    let child = start(&["-o", &file, &server.url()]);
    let started = Instant::now();
    while folder.names().is_empty() && started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(folder.names(), ["page.part"]);
    go_on.send(()).unwrap();
    assert_eq!(end(child).status, 0);
    assert_eq!(folder.names(), ["page"]);
    assert_eq!(read(), "halfhalf");

    // Failures of each kind leave what was there, and nothing else.
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    let gone = "HTTP/1.1 404 X\r\nContent-Length: 4\r\n\r\ngone";
    let (deaf, _fillers) = deaf_listener();
    let deaf = format!("http://{}/", deaf.local_addr().unwrap());
    for (args, url, status) in [
        (&[][..], Server::new(answer(cut)).url(), 18),
        (&["--fail"], Server::new(answer(gone)).url(), 22),
        (&["--idle-timeout", "0.1"], Server::new(Play::Stall(cut.into())).url(), 28),
        (&["--connect-timeout", "0.1"], deaf, 28),
    ] {
        let run = fetch(&[args, &["-o", &file, &url]].concat());
        assert_eq!(run.status, status, "{run:?}");
        assert_eq!(folder.names(), ["page"], "{status}");
        assert_eq!(read(), "halfhalf", "{status}");
    }

    // A link stays one, and what it leads to is replaced.
    std::os::unix::fs::symlink(&file, folder.path("link")).unwrap();
    let url = Server::new(answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew")).url();
    let run = fetch(&["-i", "-o", &folder.path("link"), &url]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(Path::new(&folder.path("link")).is_symlink());
    assert_eq!(read(), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
}

#[test]
fn files_that_cant_be_opened_end_it_before_the_request() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    for (option, path, status) in [("-o", "/no/such/folder/file", 23), ("-d", "@/no/such/file", 26)]
    {
        let run = fetch(&[option, path, &url]);
        assert_eq!(run.status, status, "{run:?}");
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

#[test]
fn devices_are_written_and_never_replaced() {
    for (path, status) in [("/dev/null", 0), ("/dev/full", 23)] {
        if !Path::new(path).exists() {
            continue;
        }
        let url = Server::new(answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")).url();
        let run = fetch(&["-o", path, &url]);
        assert_eq!(run.status, status, "{run:?}");
        assert!(!std::fs::metadata(path).unwrap().is_file());
    }
}

// ---- What is sent ----

/// What the server reads of one run, and checks that it went well.
#[track_caller]
fn sent(args: &[&str], stdin: &[u8]) -> String {
    let server = Server::new(answer("HTTP/1.1 204 No Content\r\n\r\n"));
    let run = fetch_with(&[args, &[&server.url()]].concat(), stdin);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{args:?} {run:?}");
    server.request()
}

#[test]
fn headers_are_replaced_left_out_and_sent_empty_as_curl_does() {
    let plain = sent(&[], b"");
    let fields: Vec<&str> =
        plain.lines().skip(1).map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(fields, ["Host", "User-Agent", "Accept", "Accept-Encoding", ""]);

    for (args, has, lacks) in [
        (&["-H", "X-Key: a:b "][..], "\r\nX-Key: a:b\r\n", "\r\nX-Key: a:b \r\n"),
        (&["-H", "X-Key:a"], "\r\nX-Key: a\r\n", "X-Key:a"),
        (&["-H", "accept: text/plain"], "\r\naccept: text/plain\r\n", "*/*"),
        (&["-H", "Accept:"], "\r\nHost: ", "ccept: "),
        (&["-H", "user-agent:", "-H", "Host: gate"], "\r\nHost: gate\r\n", "User-Agent"),
        (&["-H", "X-Empty;"], "\r\nX-Empty: \r\n", "X-Empty;"),
        (&["-d", "a=1"], "\r\nContent-Type: application/x-www-form-urlencoded\r\n", "chunked"),
        (&["-d", "{}", "-H", "content-type: application/json"], "/json\r\n", "urlencoded"),
        (&["-d", "a", "-H", "Content-Type:"], "\r\nContent-Length: 1\r\n", "Content-Type"),
    ] {
        let request = sent(args, b"");
        assert!(request.contains(has), "{args:?} {request}");
        assert!(!request.contains(lacks), "{args:?} {request}");
    }
}

#[test]
fn data_is_a_post_from_text_file_or_stdin() {
    let folder = Folder::new("data");
    let (file, empty) = (folder.path("file"), folder.path("empty"));
    std::fs::write(&file, "line one\nline two\n").unwrap();
    std::fs::write(&empty, "").unwrap();
    let (file, empty) = (format!("@{file}"), format!("@{empty}"));
    for (args, stdin, method, framing, body) in [
        (&["-d", "a=1&b=2"][..], "", "POST", "Content-Length: 7", "a=1&b=2"),
        (&["-d", ""], "", "POST", "Content-Length: 0", ""),
        (&["-d", "-x"], "", "POST", "Content-Length: 2", "-x"),
        (&["-X", "PUT", "-d", "x"], "", "PUT", "Content-Length: 1", "x"),
        (&["-d", "a=1", "-d", "b=2"], "", "POST", "Content-Length: 7", "a=1&b=2"),
        // As curl has it, -d takes the line ends out of a file, and --data-binary doesn't.
        (&["-d", &file], "", "POST", "Content-Length: 16", "line oneline two"),
        (&["--data-binary", &file], "", "POST", "Content-Length: 18", "line one\nline two\n"),
        (&["--data-raw", "@x"], "", "POST", "Content-Length: 2", "@x"),
        (&["-d", &empty], "", "POST", "Content-Length: 0", ""),
        (&["-d", "@-"], "", "POST", "Content-Length: 0", ""),
        (&["-d", "@-"], "from stdin\n", "POST", "Content-Length: 10", "from stdin"),
        (&["-T", &file[1..]], "", "PUT", "Content-Length: 18", "line one\nline two\n"),
        (&["-T", &empty[1..]], "", "PUT", "Content-Length: 0", ""),
        (&["-T", "-"], "", "PUT", "Transfer-Encoding: chunked", "0\r\n\r\n"),
        (
            &["-T", "-"],
            "from stdin",
            "PUT",
            "Transfer-Encoding: chunked",
            "000A\r\nfrom stdin\r\n0\r\n\r\n",
        ),
        // What may be sent again is read beforehand.
        (&["-T", "-", "-L"], "from stdin", "PUT", "Content-Length: 10", "from stdin"),
    ] {
        let request = sent(args, stdin.as_bytes());
        let (head, sent) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(method), "{args:?} {request}");
        assert!(head.contains(framing), "{args:?} {request}");
        assert_eq!(sent, body, "{args:?}");
    }
}

/// Data of chunks, in pieces as they came.
fn unchunk(mut rest: &str) -> String {
    let mut body = String::new();
    loop {
        let (size, behind) = rest.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let (data, behind) = behind.split_at(size);
        body.push_str(data);
        rest = behind.strip_prefix("\r\n").unwrap();
        if size == 0 {
            assert_eq!(rest, "");
            return body;
        }
    }
}

#[test]
fn long_bodies_are_sent_through_a_small_buffer() {
    let body: String = noise(MIB).iter().map(|byte| char::from(b'!' + byte % 90)).collect();
    // The server reads a byte at a time.
    let patient = ["--buffer", "300", "--response-timeout", "30"];
    let request = sent(&[&["-T", "-"][..], &patient].concat(), body.as_bytes());
    assert!(unchunk(request.split_once("\r\n\r\n").unwrap().1) == body);

    let folder = Folder::new("long-data");
    let file = folder.path("file");
    std::fs::write(&file, &body).unwrap();
    for args in [["-d", &format!("@{file}")], ["-T", &file]] {
        let request = sent(&[&args[..], &patient].concat(), b"");
        assert!(request.contains("\r\nContent-Length: 1048576\r\n"));
        assert!(request.split_once("\r\n\r\n").unwrap().1 == body);
    }
}

#[test]
fn a_pipe_that_pauses_longer_than_the_idle_deadline_is_waited_for() {
    let server = Server::new(answer("HTTP/1.1 204 No Content\r\n\r\n"));
    let mut child = start(&["-T", "-", "--idle-timeout", "0.1", "--buffer", "240", &server.url()]);
    let mut stdin = child.stdin.take().unwrap();
    let piece = "x".repeat(300);
    stdin.write_all(piece.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(400));
    stdin.write_all(piece.as_bytes()).unwrap();
    drop(stdin);
    let run = end(child);
    assert_eq!(run.status, 0, "{run:?}");
    let request = server.request();
    assert_eq!(unchunk(request.split_once("\r\n\r\n").unwrap().1), piece.repeat(2));
}

#[test]
fn a_server_that_refuses_a_body_early_is_heard() {
    let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nlong";
    for args in [["-d", "@-"], ["-T", "-"]] {
        let server = Server::serving(move |stream, request| {
            // The head alone: the body's bytes fill the sockets' buffers, and nobody reads them.
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
                request.extend_from_slice(&byte);
            }
            stream.write_all(refusal.as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(300));
            drain(stream);
        });
        let run = fetch_with(&[&args[..], &[&server.url()]].concat(), &vec![b'x'; 32 * MIB]);
        assert_eq!((run.status, run.text().as_str()), (0, "long"), "{args:?} {run:?}");
    }
}

// ---- Why it doesn't work ----

#[test]
fn causes_in_json_are_those_of_the_diagnosis() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, causes) in [
        (
            format!("http://{closed}/"),
            // This machine is asked, where there is neither another's loopback nor a serial line.
            &["nothing_listens likely"][..],
        ),
        (String::from("http://0.0.0.0/"), &["no_host_target certain"]),
        (String::from("ftp://127.0.0.1/"), &["scheme certain"]),
        (Server::new(answer("SSH-2.0-OpenSSH_9.2p1\r\n")).url(), &["not_http likely"]),
    ] {
        let json = fetch(&["--report", "json", &url]).json();
        let pairs = json["causes"].as_array().unwrap().iter();
        let told: Vec<_> = pairs
            .map(|pair| format!("{} {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
            .collect();
        assert_eq!(told, causes, "{url}: {json}");
        assert_eq!(json["cause"], causes[0].split(' ').next().unwrap(), "{url}: {json}");
    }
}

#[test]
fn diagnose_goes_down_the_ladder_and_sends_no_request_of_the_callers() {
    let server = Server::new(answer("HTTP/1.1 204 No Content\r\n\r\n"));
    let run = fetch(&["--diagnose", &server.url()]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    let text = run.text();
    for line in ["link      up ", "port      ok ", "http      ok   status 204"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.ends_with("all of it works from here, now\n"), "{text}");
    let request = server.request();
    assert!(request.starts_with("OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:"), "{request}");
}

#[test]
fn diagnose_stops_at_the_first_step_that_breaks_and_says_why() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = fetch(&["--diagnose", &format!("http://{closed}/")]);
    let text = run.text();
    let port = closed.port();
    assert_eq!(run.status, 7, "{run:?}");
    assert!(text.contains(&format!("port      no   {port} closed at once")), "{text}");
    assert!(
        text.contains(&format!("cause: nothing listens on port {port} of this machine (likely)")),
        "{text}"
    );
    assert!(!text.contains("http      "), "{text}");
    assert!(text.lines().all(|line| line.len() < 80), "{text}");

    let run = fetch(&["--diagnose", "--report", "json", "http://255.255.255.255/"]);
    let json = run.json();
    assert_eq!(json["ok"], false, "{json}");
    assert_eq!(json["causes"][0]["cause"], "no_host_target", "{json}");
    assert_eq!(json["steps"][1]["step"], "target", "{json}");
    assert_eq!(json["steps"][1]["outcome"], "failed", "{json}");
}

#[test]
fn explain_says_what_a_code_means() {
    for code in ["6", "nothing_listens"] {
        let run = fetch(&["--explain", code]);
        let text = run.text();
        assert_eq!(run.status, 0, "{run:?}");
        assert!(text.starts_with("6 nothing_listens: "), "{text}");
        assert!(text.contains("/causes/nothing_listens/index.html"), "{text}");
    }
    let run = fetch(&["--explain", "50"]);
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.stderr.contains("1 to 49, or one of event_handler, "), "{run:?}");
}
