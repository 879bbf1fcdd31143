//! Requests that close their connection.

use super::{Bench, Built, with_defaults};
use safe_http_client::{Config, Method};
use std::time::Duration;

const CLOSES: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";

#[test]
fn a_request_that_closes_says_so_and_does() {
    for build in [
        (|request| request.connection_close()) as for<'r> fn(Built<'r>) -> Built<'r>,
        |request| request.connection_close().connection_close(),
        |request| request.header("Connection", "close"),
        |request| request.header("Connection", "close").connection_close(),
    ] {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        build(client.online(&mut cx).unwrap().get("http://h/", &mut buffer[..])).send().unwrap();
        assert_eq!(log.borrow().text(0), with_defaults(CLOSES));
        assert!(!client.is_connected());
        assert_eq!(log.borrow().closed, 1);
    }
}

#[test]
fn close_is_found_in_a_list() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    client
        .online(&mut cx)
        .unwrap()
        .get("http://h/", &mut buffer)
        .header("connection", "TE ,\tClose")
        .send()
        .unwrap();
    assert!(log.borrow().text(0).contains("connection: TE ,\tClose\r\n"));
    assert!(!client.is_connected());
}

#[test]
fn a_client_that_keeps_no_connections_tells_each_server() {
    let config = Config::new().keep_alive(Duration::ZERO);
    let sent = Bench::with_config(config).sent(Method::Get, "http://h/", |request| request);
    assert_eq!(sent, with_defaults(CLOSES));
}

#[test]
fn otherwise_nothing_is_said_and_the_connection_kept() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    client.online(&mut cx).unwrap().get("http://h/", &mut buffer).send().unwrap();
    assert!(!log.borrow().text(0).contains("Connection"));
    assert!(client.is_connected());
}
