//! Credentials go to their own host alone, and into no text.

use super::*;

const PASSWORD: &str = "hunter2";
const BEARER: &str = "Bearer s3cr3t-t0k3n";
/// `user:hunter2` in Base64.
const BASIC: &str = "dXNlcjpodW50ZXIy";

/// No form of the secrets is in this text.
#[track_caller]
fn is_clean(context: &str, text: &str) {
    // Bytes are shown as numbers by some.
    let numbers = format!("{:?}", PASSWORD.as_bytes());
    let numbers = numbers.trim_matches(['[', ']']);
    for secret in [PASSWORD, "s3cr3t", BASIC, numbers] {
        assert!(!text.contains(secret), "{context}: {secret} in {text}");
    }
}

/// A redirection is the caller's to follow, and no request to another host has what this one had.
#[test]
fn credentials_go_to_their_own_host_alone() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n";
    let mut cx = cx();
    for secret_in_url in [true, false] {
        let connections = [Connection::answer(moved), Connection::answer(HELLO)];
        let (mut client, log) = client(connections);
        let url =
            if secret_in_url { "http://user:hunter2@gate.test/" } else { "http://gate.test/" };
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get(url, [0; 512]);
        let request = if secret_in_url { request } else { request.header("authorization", BEARER) };
        assert_eq!(request.send().unwrap().status(), 302);
        assert_eq!(log.borrow().resolved, ["gate.test"], "it isn't followed");

        online.get("http://evil.test/", [0; 512]).send().unwrap();
        let log = log.borrow();
        assert!(log.text(0).contains(if secret_in_url { BASIC } else { BEARER }));
        is_clean("the other host", &log.text(1));
        assert_eq!(log.dialed[1].ip(), IpAddr::from([192, 168, 1, 66]));
    }
}

/// The host is what stands behind the last `@`, for whoever is asked, and what the server is told.
#[test]
fn userinfo_is_no_host() {
    let mut cx = cx();
    for url in [
        "http://evil.test@gate.test/",
        "http://evil.test:80@gate.test/",
        "http://a@evil.test@gate.test/",
    ] {
        let (mut client, log) = client([Connection::answer(HELLO)]);
        client.online(&mut cx).unwrap().get(url, [0; 512]).send().unwrap();
        let log = log.borrow();
        assert_eq!(log.resolved, ["gate.test"], "{url}");
        assert!(log.text(0).contains("\r\nHost: gate.test\r\n"), "{}", log.text(0));
        assert!(!log.text(0).contains("evil"), "{}", log.text(0));
    }
}

/// Whatever fails, and wherever it is written on.
#[test]
fn credentials_are_in_no_text() {
    let connection = |steps: Vec<Step>| Connection::new(steps);
    let ways: [(&str, &str, Vec<Connection>); 10] = [
        ("refused", "http://user:hunter2@gate.test/", vec![]),
        ("no such name", "http://user:hunter2@nobody.test/", vec![]),
        ("no answer", "http://user:hunter2@gate.test/", vec![connection(vec![])]),
        ("closed", "http://user:hunter2@gate.test/", vec![connection(vec![Step::PipeClosed])]),
        ("reset", "http://user:hunter2@gate.test/", vec![connection(vec![Step::Fail])]),
        ("echoed", "http://user:hunter2@gate.test/", vec![Connection::answer("hunter2 s3cr3t")]),
        (
            "echoed in a head",
            "http://user:hunter2@gate.test/",
            vec![Connection::answer("HTTP/1.1 401 hunter2\r\nA: hunter2\r\nB b\r\n\r\n")],
        ),
        ("no URL", "http://user:hunter2@gate test/", vec![]),
        ("a broken escape", "http://user:hunter2%zz@gate.test/", vec![]),
        ("a wrong port", "http://user:hunter2@gate.test:x/", vec![]),
    ];
    let mut cx = cx();
    for (name, url, connections) in ways {
        for bearer in [false, true] {
            let (mut client, _) = client(connections.clone());
            let mut online = client.online(&mut cx).unwrap();
            let request = online.post(url, [0; 512]);
            is_clean(name, &format!("{request:?}"));
            let request = if bearer { request.header("Authorization", BEARER) } else { request };
            is_clean(name, &format!("{request:?}"));
            let error = request.body("x").send().map(drop).expect_err(name);
            is_clean(name, &format!("{error} {error:?} {error:#?} {}", error.code()));
            let diagnosis = client.diagnosis(&error);
            is_clean(name, &format!("{diagnosis} {diagnosis:?}"));
            is_clean(name, &format!("{client:?}"));
            let report = client.diagnose(&mut cx, url);
            is_clean(name, &format!("{report} {report:?}"));
        }
    }
}

/// Nor in what is shown of a request on its way.
#[test]
fn credentials_are_in_no_debug_output() {
    fn shown(value: &impl Debug) -> String {
        format!("{value:?} {value:#?}")
    }
    let text = "http://user:hunter2@gate.test/x";
    let url = Url::parse(text).unwrap();
    is_clean("a URL", &shown(&url));
    assert!(shown(&url).contains("gate.test"), "the rest is there: {url:?}");

    let mut cx = cx();
    let (mut client, log) = client([Connection::answer(HELLO), Connection::answer(HELLO)]);
    let mut online = client.online(&mut cx).unwrap();
    is_clean("a client online", &shown(&online));
    let mut call = online.get(url, [0; 512]).start().unwrap();
    is_clean("a call", &shown(&call));
    while call.poll(&mut client, &mut cx).is_err() {}
    is_clean("a call", &shown(&call));
    client.close();
    let mut online = client.online(&mut cx).unwrap();
    let response = online.get(url, [0; 512]).send().unwrap();
    is_clean("a response", &format!("{} {:?}", shown(&response), response.head()));
    drop(response);
    let upload = online.put(url, [0; 512]).start_upload(BodyLength::Chunked);
    is_clean("an upload", &shown(&upload.unwrap()));
    let probe = client.start_probe(url, [0; 512]);
    is_clean("a probe", &shown(&probe));
    is_clean("a client", &shown(&client));
    assert!(log.borrow().text(0).contains(BASIC), "it was sent, though");
}

/// The check asks without them: it goes wherever the URL says, and nobody has agreed to that.
#[test]
fn the_check_sends_no_credentials() {
    let mut cx = cx();
    let (mut client, log) = client([Connection::answer("HTTP/1.1 204 \r\n\r\n")]);
    let report = client.diagnose(&mut cx, "http://user:hunter2@gate.test/secret");
    assert_eq!(report.status(), Some(204));
    let log = log.borrow();
    is_clean("the check", &log.text(0));
    assert!(log.text(0).starts_with("OPTIONS * HTTP/1.1\r\n") && !log.text(0).contains("secret"));
}
