//! The scenarios of the stacks' table, and the causes of a failed connect.

use crate::rig::{Chip, Report};
use conformance::scenario::{Act, Peer, say};
use conformance::smoltcp_net::KNOWN_NAME;

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// What a scenario has to come to: the body, or the error's code and phase.
enum Comes {
    Body(Vec<u8>),
    Error(&'static str, &'static str),
}

struct Scenario {
    name: &'static str,
    script: Vec<Act>,
    comes: Comes,
}

fn body(name: &'static str, script: Vec<Act>, body: impl AsRef<[u8]>) -> Scenario {
    Scenario { name, script, comes: Comes::Body(body.as_ref().to_vec()) }
}

fn error(
    name: &'static str,
    script: Vec<Act>,
    code: &'static str,
    phase: &'static str,
) -> Scenario {
    Scenario { name, script, comes: Comes::Error(code, phase) }
}

/// Those of `conformance::scenario`, in its order.
fn scenarios() -> Vec<Scenario> {
    use Act::{Fin, Request, Reset, Wait};
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly these";
    let large = pattern(40_000);
    let mut download =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", large.len()).into_bytes();
    download.extend(&large);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    vec![
        body("GET with a length", vec![Request, say(HELLO)], "hello"),
        body(
            "chunked",
            vec![
                Request,
                say(format!("{chunked}0")),
                Wait(5),
                say("6;x=y\r\n world\r\n"),
                Wait(5),
                say("0\r\n\r\n"),
            ],
            "hello world",
        ),
        body(
            "close-delimited",
            vec![
                Request,
                say("HTTP/1.1 200 OK\r\n\r\nuntil "),
                Wait(10),
                say("the end"),
                Wait(10),
                Fin,
            ],
            "until the end",
        ),
        body(
            "answer and FIN at once",
            vec![
                Request,
                say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbye"),
                Fin,
            ],
            "bye",
        ),
        body("large download", vec![Request, Act::Send(download)], large),
        error(
            "reset in the body",
            vec![Request, say(cut), Wait(20), Reset],
            "receive_failed",
            "Body",
        ),
        error(
            "reset in a close-delimited body",
            vec![Request, say("HTTP/1.1 200 OK\r\n\r\nnot all"), Wait(20), Reset],
            "receive_failed",
            "Body",
        ),
        error("FIN in the body", vec![Request, say(cut), Wait(20), Fin], "truncated", "Body"),
        error(
            "FIN between chunks",
            vec![Request, say(chunked), Wait(20), Fin],
            "truncated",
            "Body",
        ),
        error("no answer", vec![Request], "response_timeout", "Head"),
        error(
            "stalled body",
            vec![Request, say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")],
            "idle_timeout",
            "Body",
        ),
    ]
}

fn shown(name: &str, report: &Report) {
    eprintln!("lwIP on the LX106: {name} ok ({})", report.results.join("; ").replace('\n', " "));
}

#[test]
fn all_scenarios_one_after_the_other() {
    let Some(mut chip) = Chip::boot() else { return };
    for Scenario { name, script, comes } in scenarios() {
        let url = chip.peer.play(vec![script]);
        let report = chip.run(&format!("fetch GET 4096 {url}/page?q=1"), b"");
        match comes {
            Comes::Body(body) => {
                assert_eq!(report.end, "Complete", "{name}: {report:?}");
                assert_eq!(report.status.as_ref().map(|(status, _)| *status), Some(200));
                assert!(report.body == body, "{name}");
            }
            Comes::Error(code, phase) => {
                let expected = format!("{code} {phase} ");
                assert!(report.end.starts_with(&expected), "{name}: {report:?}");
                // No socket stays open, and the next request works.
                assert!(report.says("connected false"), "{name}: {report:?}");
                let url = chip.peer.play(vec![vec![Act::Request, say(HELLO)]]);
                assert_eq!(chip.run(&format!("fetch GET 512 {url}/"), b"").body, b"hello");
            }
        }
        shown(name, &report);
    }

    let script = vec![Act::Request, say(HELLO), Act::Request, say(HELLO)];
    let url = chip.peer.play(vec![script]);
    chip.run(&format!("fetch GET 512 {url}/"), b"");
    let second = chip.run(&format!("fetch GET 512 {url}/"), b"");
    assert_eq!((second.body.as_slice(), chip.peer.accepted()), (&b"hello"[..], 1));
    assert_eq!(chip.peer.heads().len(), 2);
    shown("keep-alive twice", &second);

    // The data of a job is 8 KiB at most.
    let upload = pattern(8000);
    let url = chip.peer.play(vec![vec![
        Act::Request,
        Act::Body(upload.len()),
        say("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
    ]]);
    let report = chip.run(&format!("fetch PUT 512 {url}/"), &upload);
    assert_eq!(report.status.as_ref().map(|(status, _)| *status), Some(201), "{report:?}");
    assert!(chip.peer.heads()[0].contains("Content-Length: 8000\r\n"));
    shown("upload", &report);
}

/// Each as the person who has the chip in front of him reads it.
#[test]
fn failed_connects_are_told_apart() {
    let Some(mut chip) = Chip::boot() else { return };
    let refused = chip.peer.refusing();
    for (name, url, end, cause) in [
        ("refused", refused.as_str(), "connect_failed Connect Connect(Refused)", "nothing listens"),
        ("host down", "http://10.0.0.77", "connect_timeout Connect ", "10.0.0.77 is down"),
        (
            "unknown name",
            "http://nobody.test",
            "name_not_resolved Resolve Resolve(NoName)",
            "the name doesn't resolve",
        ),
        ("itself", "http://10.0.0.2", "own_address", "this chip itself"),
    ] {
        let report = chip.run(&format!("fetch GET 1024 {url}/"), b"");
        assert!(report.end.starts_with(end) || name == "itself", "{name}: {report:?}");
        assert!(report.results.join(" ").contains(cause), "{name}: {report:?}");
        shown(name, &report);
    }
    chip.run("address none", b"");
    let report = chip.run(&format!("fetch GET 1024 {refused}/"), b"");
    assert!(report.says("no IP address"), "{report:?}");
    assert_eq!(report.sent, 0);
    shown("no address", &report);
    chip.run("address", b"");
    let url = chip.peer.play(vec![vec![Act::Request, say(HELLO)]]);
    let port = url.rsplit(':').next().unwrap();
    let named = chip.run(&format!("fetch GET 512 http://{KNOWN_NAME}:{port}/"), b"");
    assert_eq!(named.body, b"hello", "{named:?}");
    shown("name", &named);
}

#[test]
fn the_token_isnt_to_be_had_in_a_callback() {
    let Some(mut chip) = Chip::boot() else { return };
    let report = chip.run("handler 80", b"");
    assert!(report.says("token in the handler: false"), "{report:?}");
    assert!(report.says("socket in the handler: Some(InEventHandler)"), "{report:?}");
    assert!(report.says("main loop: Ok(())"), "{report:?}");
    assert!(chip.run("context", b"").says("a second one: false"));
    shown("a request in a callback", &report);
}
