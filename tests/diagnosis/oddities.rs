//! Answers that another than the server seems to have sent, or that lead elsewhere: what is taken for a
//! captive portal's or for an `https` port's, and what isn't.

use crate::common::script::{Connection, ScriptStack};
use crate::common::{TestClock, cx};
use safe_http_client::{Cause, Confidence, SafeHttpClient, StackQuirks};
use std::net::Ipv4Addr;

const NAMES: [&str; 3] = ["gate.test", "www.gate.test", "a.b.gate.test"];

/// What a check of this URL says of this answer.
fn cause(url: &str, answer: &str) -> Option<(Cause, Confidence)> {
    let mut cx = cx();
    let mut stack = ScriptStack::new(vec![Connection::answer(answer); 2]);
    stack.names = NAMES.map(|name| (name, Ipv4Addr::new(192, 168, 1, 20).into())).to_vec();
    let network = stack.attached(StackQuirks::UNKNOWN);
    let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
    let report = client.diagnose(&mut cx, url);
    assert!(report.status().is_some(), "{report}");
    report.diagnosis().map(|diagnosis| (diagnosis.cause(), diagnosis.confidence()))
}

#[test]
fn an_answer_with_a_portals_marks_is_likely_a_portals() {
    for (url, status, header) in [
        ("http://gate.test/", 302, "Location: http://portal.test/login"),
        ("http://gate.test/", 302, "Location: https://portal.test/login"),
        ("http://gate.test/", 302, "Location: HTTPS://PORTAL.TEST"),
        ("http://gate.test/", 307, "Location: //portal.test/login"),
        ("http://gate.test/", 303, "Location: http://10.0.0.1:8880/guest/?id=1"),
        ("http://gate.test/", 302, "Location: http://[fe80::1]:8880/"),
        ("http://gate.test/", 302, "Location: http://gate.test@portal.test/"),
        // As browsers read it: a backslash ends the host.
        ("http://gate.test/", 302, "Location: http://portal.test\\@gate.test/"),
        ("http://gate.test/", 302, "Refresh: 0; url='http://portal.test'"),
        ("http://gate.test/", 302, "Location: http://gate.test.portal.example/"),
        ("http://gate.test/", 302, "Location: http://hotel.test/captive/"),
        // A private address, for who asked by name; the router's, for who asked another.
        ("http://gate.test/", 302, "Location: http://192.168.7.1/"),
        ("http://gate.test/", 200, "Refresh: 0; url=http://portal.test/"),
        ("http://gate.test/", 200, "Refresh: 0;URL='http://portal.test/'"),
        ("http://gate.test/", 200, "Content-Location: http://portal.test/index"),
        ("http://192.168.1.20/", 302, "Location: http://portal.test/"),
        ("http://gate.test/", 511, "X-Nothing: else"),
    ] {
        let answer = format!("HTTP/1.1 {status} x\r\n{header}\r\nContent-Length: 0\r\n\r\n");
        let expected = Some((Cause::CaptivePortal, Confidence::Likely));
        assert_eq!(cause(url, &answer), expected, "{url} {header}");
    }
}

/// Without a portal's marks it is a redirect, and no more than that.
#[test]
fn an_answer_that_leads_elsewhere_is_a_redirect() {
    for (url, status, header) in [
        ("http://gate.test/", 302, "Location: http://notgate.test/"),
        ("http://gate.test/", 302, "Location: https://script.googleusercontent.com/x"),
        ("http://gate.test/", 302, "Location: https://accounts.example/login"),
        ("http://192.168.1.20/", 302, "Location: http://192.168.1.21/"),
        ("http://gate.test/", 301, "Location: https://gate.test/"),
        ("http://gate.test:8080/", 301, "Location: http://gate.test:9090/x"),
        ("http://gate.test/", 301, "Location: HTTP://GATE.TEST/"),
        ("http://gate.test/", 301, "Location: http://www.gate.test/"),
        ("http://www.gate.test/", 301, "Location: http://gate.test/"),
        ("http://a.b.gate.test/", 301, "Location: http://gate.test/"),
        ("http://gate.test/", 302, "Location: https://login.gate.test/"),
        ("http://gate.test/", 302, "Location: /login"),
        ("http://gate.test/", 302, "Location: /login?to=http://portal.test/"),
        ("http://gate.test/", 302, "Location: login//http://portal.test/"),
        ("http://gate.test/", 302, "Location: mailto:a@portal.test"),
        ("http://gate.test/", 302, "Location:"),
        ("http://gate.test/", 302, "Location: http://"),
        ("http://gate.test/", 300, "X-Nothing: else"),
        ("http://192.168.1.20/", 301, "Location: http://192.168.1.20:8080/"),
        ("http://gate.test/", 200, "Refresh: 0; url=http://other.test/"),
    ] {
        let answer = format!("HTTP/1.1 {status} x\r\n{header}\r\nContent-Length: 0\r\n\r\n");
        let expected = Some((Cause::Redirected, Confidence::Certain));
        assert_eq!(cause(url, &answer), expected, "{url} {header}");
    }
}

#[test]
fn an_answer_of_the_same_site_is_none() {
    for (url, status, header) in [
        ("http://gate.test/", 200, "Refresh: 5"),
        ("http://gate.test/", 200, "Refresh: 5; url=/next"),
        ("http://gate.test/", 200, "Content-Location: /index"),
        ("http://gate.test/", 304, "Location: http://portal.test/"),
        ("http://gate.test/", 405, "Location: http://portal.test/"),
        ("http://gate.test/", 501, "X-Nothing: else"),
    ] {
        let answer = format!("HTTP/1.1 {status} x\r\n{header}\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(cause(url, &answer), None, "{url} {header}");
    }
}

/// nginx, Apache and Go, in their words.
#[test]
fn a_400_that_asks_for_tls_is_certain() {
    for (body, expected) in [
        ("<h1>400</h1>The plain HTTP request was sent to HTTPS port", true),
        ("Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />", true),
        ("Client sent an HTTP request to an HTTPS server.\n", true),
        ("<h1>400 Bad Request</h1>", false),
        ("", false),
    ] {
        let length = body.len();
        let answer = format!("HTTP/1.1 400 x\r\nContent-Length: {length}\r\n\r\n{body}");
        let expected = expected.then_some((Cause::TlsMismatch, Confidence::Certain));
        assert_eq!(cause("http://gate.test/", &answer), expected, "{body}");
        // The words of a page that is found say nothing.
        let answer = answer.replacen("400", "200", 1);
        assert_eq!(cause("http://gate.test/", &answer), None, "{body}");
    }
}

/// A server to which `*` is an error is asked for its root, once, over a connection of its own.
#[test]
fn a_server_that_does_not_know_the_asterisk_is_asked_for_its_root() {
    let mut cx = cx();
    let stack = ScriptStack::new(vec![
        Connection::answer("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        Connection::answer("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    ]);
    let log = stack.log.clone();
    let network = stack.attached(StackQuirks::UNKNOWN);
    let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
    let report = client.diagnose(&mut cx, "http://user:secret@192.168.1.20:8080/open?door=1");
    assert_eq!((report.status(), report.diagnosis()), (Some(400), None));
    let log = log.borrow();
    assert_eq!((log.opened, log.closed), (2, 2));
    for (index, line) in ["OPTIONS * HTTP/1.1\r\n", "OPTIONS / HTTP/1.1\r\n"].iter().enumerate() {
        let sent = log.text(index);
        assert!(sent.starts_with(line), "{sent}");
        assert!(sent.contains("Host: 192.168.1.20:8080\r\n"), "{sent}");
        assert!(sent.contains("Connection: close\r\n"), "{sent}");
        assert!(!sent.contains("Authorization") && !sent.contains("door"), "{sent}");
    }
}

/// Of a host whose name is longer than what the check keeps of it, only what needs no name is said.
#[test]
fn a_long_name_is_not_taken_for_another_host() {
    let mut cx = cx();
    let host = format!("{}.{}.test", "a".repeat(40), "b".repeat(40));
    let url = format!("http://{host}/");
    let head = |status, header: &str| {
        format!("HTTP/1.1 {status} x\r\n{header}\r\nContent-Length: 0\r\n\r\n")
    };
    for (answer, expected) in [
        (head(301, &format!("Location: https://{host}/")), (301, Some(Cause::Redirected))),
        (head(302, "Location: http://portal.test/"), (302, Some(Cause::Redirected))),
        (head(200, "Refresh: 0; url=http://portal.test/"), (200, None)),
        (head(511, "X-Nothing: else"), (511, Some(Cause::CaptivePortal))),
        // Its root would be asked for under half a name.
        (head(400, "X-Nothing: else"), (400, None)),
    ] {
        let mut stack = ScriptStack::new(vec![Connection::answer(answer); 2]);
        let name: &'static str = host.clone().leak();
        stack.names = vec![(name, Ipv4Addr::new(192, 168, 1, 20).into())];
        let log = stack.log.clone();
        let mut client =
            SafeHttpClient::new(stack.attached(StackQuirks::UNKNOWN), TestClock::ticking(1));
        let report = client.diagnose(&mut cx, &url);
        let cause = report.diagnosis().map(|diagnosis| diagnosis.cause());
        assert_eq!((report.status().unwrap(), cause), expected, "{report}");
        assert_eq!(log.borrow().opened, 1, "{report}");
        assert!(log.borrow().text(0).contains(&format!("Host: {host}\r\n")));
    }
}
