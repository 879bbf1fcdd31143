//! Why it doesn't work: the causes, and the check.

use crate::run::fetch;
use crate::server::{Server, answer};
use std::net::TcpListener;

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
    assert!(
        text.ends_with("all of it works from here, now; your own path wasn't asked\n"),
        "{text}"
    );
    let request = server.request().head;
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
