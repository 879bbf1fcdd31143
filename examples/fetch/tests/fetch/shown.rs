//! What is printed: bodies, heads, the line of JSON, each phase with its time.

use crate::run::fetch;
use crate::server::{Play, Server, answer, refusing_port};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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
        assert!(server.request().head.contains(&host));
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
        assert!(server.request().head.starts_with(&line), "{args:?}");
    }
}

#[test]
fn fail_is_22_for_errors_alone() {
    for (status, args, exit, body) in [
        (404, &["--fail"][..], 22, ""),
        (500, &["-f", "-i"], 22, "HTTP/1.1 500 X\r\nContent-Length: 4\r\n\r\n"),
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
