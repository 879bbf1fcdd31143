//! `std-embedded-nal` 0.4 on the operating system's own sockets: the stack whose reality can't be
//! faked. Runs without the crate's feature `std`, so its link and clock are made here.

mod common;
#[path = "common/scenario.rs"]
mod scenario;
#[path = "common/server.rs"]
mod server;

use common::cx;
use safe_http_client::{
    Attached, Behaviour, ErrorKind, FnClock, IpConfig, Link, LinkStatus, SafeHttpClient,
};
use scenario::{Bench, Refused, Shows, config, run, say};
use server::Server;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

/// A PC's link: it has a loopback interface, so 127.0.0.1 is a server like any other.
struct Host;

impl Link for Host {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST)))
    }

    fn has_loopback(&self) -> bool {
        true
    }
}

fn network() -> Attached<std_embedded_nal::Stack, Host> {
    Attached::new(std_embedded_nal::Stack, Host, Behaviour::STD)
}

fn clock() -> FnClock<impl Fn() -> u32> {
    let start = Instant::now();
    FnClock(move || start.elapsed().as_millis() as u32)
}

/// Gives the server's threads the processor.
fn yield_now() {
    std::thread::sleep(Duration::from_micros(100));
}

#[test]
fn all_scenarios() {
    let mut cx = cx();
    let bench = Bench::new(
        network(),
        clock(),
        config().idle(yield_now),
        &mut cx,
        Server::default(),
        Shows { refused: Refused::Connect, reset: true, clean_end: true },
    );
    run("std-embedded-nal 0.4", bench);
}

/// The resolver is the operating system's.
#[test]
fn names_resolve() {
    let mut cx = cx();
    let server = Server::new(vec![vec![
        scenario::Act::Request,
        say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    ]]);
    let mut client = SafeHttpClient::with_config(network(), clock(), config().idle(yield_now))
        .wait_online(&mut cx)
        .unwrap();
    let mut buffer = [0; 512];

    let url = format!("http://localhost:{}/", server.port());
    let mut response = client.get(&mut cx, url.as_str(), &mut buffer).send().unwrap();
    assert_eq!(response.read_to_str().unwrap(), "hello");
    drop(response);
    let host = format!("Host: localhost:{}\r\n", server.port());
    assert!(server.heads()[0].contains(&host));

    // RFC 6761 section 6.4: no resolver may know this name.
    let error = client.get(&mut cx, "http://unknown.invalid/", &mut buffer).send().unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Resolve(_)), "{error}");
    assert_eq!(error.code(), "name_not_resolved");
    eprintln!("std-embedded-nal 0.4: name resolved ok, unknown name refused ok");
}

/// embedded-nal hands IPv6 through, and so do URLs.
#[test]
fn ipv6() {
    let answer = vec![scenario::Act::Request, say("HTTP/1.1 204 No Content\r\n\r\n")];
    let Ok(server) = Server::at("[::1]:0", vec![answer]) else {
        eprintln!("std-embedded-nal 0.4: IPv6 skipped (this host has none)");
        return;
    };
    let mut cx = cx();
    let mut client = SafeHttpClient::with_config(network(), clock(), config().idle(yield_now))
        .wait_online(&mut cx)
        .unwrap();
    let mut buffer = [0; 512];
    let url = format!("http://[::1]:{}/", server.port());
    let response = client.get(&mut cx, url.as_str(), &mut buffer).send().unwrap();
    assert_eq!(response.status(), 204);
    drop(response);
    let host = format!("Host: [::1]:{}\r\n", server.port());
    assert!(server.heads()[0].contains(&host));
    eprintln!("std-embedded-nal 0.4: IPv6 ok");
}
