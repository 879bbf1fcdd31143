//! Each exit status, produced for real by a server that misbehaves so.

use crate::run::{Folder, end, fetch, program, side_by_side, start};
use crate::server::{Play, Server, answer, deaf_listener, refusing_port};
use crate::tools::says;
use serde_json::Value;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

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
    let rows = [
        (["--response-timeout", "0.4"], silent.clone(), "head", "response_timeout"),
        (["--total-timeout", "0.4"], silent, "head", "total_timeout"),
        (["--idle-timeout", "0.4"], Play::Stall(head.clone()), "head", "idle_timeout"),
        // Bytes that keep coming don't keep a head open.
        (["--idle-timeout", "0.4"], Play::Drip(head.clone(), b'x', 20), "head", "idle_timeout"),
        (["--total-timeout", "0.4"], Play::Drip(head, b'x', 20), "head", "total_timeout"),
        (["--idle-timeout", "0.4"], Play::Stall(body.clone()), "body", "idle_timeout"),
        (["--total-timeout", "0.4"], Play::Drip(body, b'x', 20), "body", "total_timeout"),
    ];
    side_by_side(&rows, |(args, play, phase, cause)| {
        let started = Instant::now();
        check_failure(args, || Server::new(play.clone()).url(), 28, phase, cause);
        let took = started.elapsed();
        let least = Duration::from_millis(800);
        assert!(took >= least && took < least * 10, "{args:?} {play:?}: {took:?}");
    });
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
    // Where a redirect led to it, the server that was asked first isn't the one to look at.
    let deaf = listener.local_addr().unwrap();
    let head = format!("HTTP/1.1 302 x\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n");
    let run = fetch(&["-L", "--connect-timeout", "0.3", &Server::new(answer(head)).url()]);
    assert_eq!(run.status, 28, "{run:?}");
    let wanted = format!("that was {deaf}, where a redirect led");
    says("deaf", &run.stderr, &[&wanted], &["--diagnose"]);
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
    let program = program();
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
        &["-F", "a=\"b\"c"],
        &["-F", "a=@b;type=text;filename=c"],
        &["-F", "a=b;headers=X: y"],
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
