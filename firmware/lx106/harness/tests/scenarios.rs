//! What a user's program does, on the chip, against a real server: each test asserts on what the chip
//! reports and on what the server received.

use lx106_harness::{Chip, NOBODY, Report, SERVER, SERVER_NAME, Server, response};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::time::Duration;

/// A server with one path, and a chip that does one scenario with it.
fn with_server(reply: Vec<u8>, scenario: &str, data: &[u8]) -> (Server, Report) {
    let server = Server::start(vec![("/path", reply)]);
    let report = Chip::boot().scenario(scenario, &server.url("/path"), data);
    (server, report)
}

/// Starts with this, and says that this deadline of so many milliseconds passed.
fn assert_deadline(report: &Report, start: &str, ms: u32) {
    let [line] = &report.results[..] else { panic!("{report:?}") };
    assert!(line.starts_with(start), "{line}");
    let at = line.find(" ms in this phase").expect("how long it took");
    let digits = line[..at].rsplit(' ').next().unwrap();
    let took: u32 = digits.parse().unwrap();
    assert!((ms..ms + 1500).contains(&took), "{line}");
    // The chip's clock goes like the host's, which also started the emulated program.
    assert!(report.took >= Duration::from_millis(ms.into()), "{:?}", report.took);
    assert!(report.took < Duration::from_millis((ms + 1500).into()), "{:?}", report.took);
}

#[test]
fn a_get_with_a_length() {
    let (server, report) = with_server(response("200 OK", "hello, chip"), "get", b"");
    assert_eq!(report.results, [r#"200 "hello, chip""#, "body of 11 bytes"]);
    let [request] = &server.received()[..] else { panic!("{:?}", server.received()) };
    let expected = format!(
        "GET /path HTTP/1.1\r\nHost: 192.168.1.20:{}\r\nUser-Agent: safe-http-client/0.1.0\r\n\
         Accept: */*\r\n\
         Accept-Encoding: identity\r\n\r\n",
        server.port()
    );
    assert_eq!(request.head, expected);
    assert_eq!(report.traffic.dialed, [SocketAddrV4::new(SERVER.into(), server.port())]);
    // The stack doesn't wait: nothing was there at first, and the client asked again.
    assert!(report.traffic.would_block > 0, "{report:?}");
}

#[test]
fn a_get_that_is_polled() {
    let (server, report) = with_server(response("200 OK", "polled"), "polled", b"");
    assert_eq!(report.results, ["the main loop went on: true", "body of 6 bytes"]);
    assert_eq!(report.body, b"polled");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_post_whose_body_arrives_as_it_was_sent() {
    // Every byte there is, and more than one segment.
    let body: Vec<u8> = (0..4000).map(|at| (at % 256) as u8).collect();
    let (server, report) = with_server(response("201 Created", "made"), "post", &body);
    assert_eq!(report.results, [r#"201 "made""#, "body of 4 bytes"]);
    let [request] = &server.received()[..] else { panic!("{:?}", server.received()) };
    assert!(request.head.starts_with("POST /path HTTP/1.1\r\n"), "{}", request.head);
    assert!(request.head.contains("\r\nx-key: secret\r\n"), "{}", request.head);
    assert!(request.head.contains("\r\nContent-Length: 4000\r\n"), "{}", request.head);
    assert_eq!(request.body, body);
}

#[test]
fn a_chunked_response_with_a_trailer() {
    let body: Vec<u8> = (0..3000u32).map(|at| (at * 7 % 251) as u8).collect();
    let (server, report) = with_server(chunked(&body), "chunked", b"");
    assert_eq!(
        report.results,
        [r#"200 Some("chunked")"#, "trailer x-sum: right", "body of 3000 bytes"]
    );
    assert_eq!(report.body, body);
    assert_eq!(server.received().len(), 1);
}

/// In chunks of different lengths, up to more than the chip's buffer.
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let mut rest = body;
    for length in [1, 15, 16, 255, 1500, usize::MAX] {
        let (chunk, left) = rest.split_at(length.min(rest.len()));
        response.extend(format!("{:x}\r\n", chunk.len()).bytes());
        response.extend(chunk);
        response.extend(b"\r\n");
        rest = left;
    }
    response.extend(b"0\r\nx-sum: right\r\n\r\n");
    response
}

#[test]
fn a_body_until_the_connection_ends() {
    let response = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end".to_vec();
    let (_, report) = with_server(response, "get", b"");
    assert_eq!(report.results, [r#"200 "to the end""#, "body of 10 bytes"]);
}

#[test]
fn two_requests_on_one_connection() {
    let (server, report) = with_server(response("200 OK", "again"), "twice", b"");
    assert_eq!(
        report.results,
        [r#"200 "again""#, "connected: true", r#"200 "again""#, "body of 10 bytes"]
    );
    let connections: Vec<_> = server.received().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0]);
    assert_eq!(report.traffic.opened, 1);
}

#[test]
fn a_name_is_resolved() {
    let server = Server::start(vec![("/path", response("200 OK", "named"))]);
    let url = format!("http://{SERVER_NAME}:{}/path", server.port());
    let report = Chip::boot().scenario("get", &url, b"");
    assert_eq!(report.results, [r#"200 "named""#, "body of 5 bytes"]);
    assert_eq!(report.traffic.resolved, [SERVER_NAME]);
    let host = format!("\r\nHost: {SERVER_NAME}:{}\r\n", server.port());
    assert!(server.received()[0].head.contains(&host));
}

#[test]
fn a_name_that_nobody_has() {
    let report = Chip::boot().scenario("get", "http://gate.nowhere/", b"");
    let [line] = &report.results[..] else { panic!("{report:?}") };
    assert!(line.starts_with("resolve: the host's name didn't resolve"), "{line}");
    assert!(line.contains("(resolver: NoSuchName)"), "{line}");
    assert_eq!(report.traffic.opened, 0);
}

#[test]
fn a_server_that_does_not_answer() {
    let (server, report) = with_server(Vec::new(), "get", b"");
    assert_deadline(&report, "head: connected, but no response came within 500 ms", 500);
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_host_that_is_down() {
    let url = format!("http://{}/", Ipv4Addr::from(NOBODY));
    let report = Chip::boot().scenario("get", &url, b"");
    assert_deadline(&report, "connect: no answer within the connect deadline of 400 ms", 400);
}

#[test]
fn a_connection_that_is_refused() {
    // A port that was just free, and that nobody listens on.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let url = format!("http://{}:{port}/", Ipv4Addr::from(SERVER));
    let report = Chip::boot().scenario("get", &url, b"");
    let [line] = &report.results[..] else { panic!("{report:?}") };
    assert!(line.starts_with("connect: the connection couldn't be opened"), "{line}");
    assert!(line.contains("(stack: Refused)"), "{line}");
    assert!(line.contains(&format!("[Some(192.168.1.20:{port}), ")), "{line}");
}

#[test]
fn a_request_to_the_chip_itself_sends_nothing() {
    for url in ["http://localhost/", "http://127.0.0.1/"] {
        let report = Chip::boot().scenario("get", url, b"");
        let [line] = &report.results[..] else { panic!("{report:?}") };
        assert!(line.contains("localhost means the chip itself"), "{line}");
        assert_eq!(report.traffic.opened, 0);
    }
}

#[test]
fn before_there_is_an_address_no_client_is_online() {
    let (server, report) = with_server(response("200 OK", "then"), "offline", b"");
    let [line, waited, then, _] = &report.results[..] else { panic!("{report:?}") };
    assert!(line.starts_with("the link is up but has no IP address"), "{line}");
    let ms = waited.strip_prefix("waited ").and_then(|rest| rest.strip_suffix(" ms of 200"));
    let ms: u32 = ms.and_then(|digits| digits.parse().ok()).expect("how long it waited");
    assert!((200..700).contains(&ms), "{waited}");
    // The client is as it was, and of use once there is an address.
    assert_eq!(then, r#"200 "then""#);
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_link_that_lost_its_address_sends_nothing() {
    let (server, report) = with_server(response("200 OK", "never"), "lost", b"");
    let [line] = &report.results[..] else { panic!("{report:?}") };
    assert!(line.starts_with("link: the link is up but has no IP address"), "{line}");
    assert_eq!(report.traffic.opened, 0);
    assert!(server.received().is_empty());
}

#[test]
fn there_is_one_loop_context() {
    let report = Chip::boot().run("context", b"");
    assert_eq!(report.results, ["a second one: false"]);
}

#[test]
fn one_chip_does_one_thing_after_the_other() {
    let server =
        Server::start(vec![("/path", response("200 OK", "fine")), ("/silence", Vec::new())]);
    let mut chip = Chip::boot();
    for _ in 0..3 {
        let report = chip.scenario("get", &server.url("/path"), b"");
        assert_eq!(report.results[0], r#"200 "fine""#);
        let report = chip.scenario("get", &server.url("/silence"), b"");
        assert!(report.results[0].starts_with("head: "), "{report:?}");
    }
    assert_eq!(chip.run("exit", b"").exit_code, Some(0));
}
