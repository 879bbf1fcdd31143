//! `std-embedded-nal` 0.4 on the operating system's own sockets: the stack whose reality can't be faked.

use conformance::common::cx;
use conformance::scenario::{Act, Bench, Refused, Shows, config, run, say};
use conformance::server::Server;
use safe_http_client::{
    Clock, ErrorKind, NalNetwork, Network, PcLink, SafeHttpClient, StackQuirks, StdClock,
};
use std::time::Duration;

fn network() -> NalNetwork<std_embedded_nal::Stack, PcLink> {
    NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD)
}

/// While the client waits, the server's threads have the processor.
fn clock() -> impl Clock {
    StdClock::new().with_idle(|| std::thread::sleep(Duration::from_micros(100)))
}

fn client() -> SafeHttpClient<impl Network, impl Clock> {
    SafeHttpClient::with_config(network(), clock(), config())
}

#[test]
fn all_scenarios() {
    let mut cx = cx();
    let bench = Bench::new(
        network(),
        clock(),
        config(),
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
        Act::Request,
        say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    ]]);
    let mut client = client();
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 512];

    let url = format!("http://localhost:{}/", server.port());
    let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
    assert_eq!(response.read_to_str().unwrap(), "hello");
    drop(response);
    let host = format!("Host: localhost:{}\r\n", server.port());
    assert!(server.heads()[0].contains(&host));

    // RFC 6761 section 6.4: no resolver may know this name.
    let error = online.get("http://unknown.invalid/", &mut buffer).send().unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Resolve(_)), "{error}");
    assert_eq!(error.code(), "name_not_resolved");
    eprintln!("std-embedded-nal 0.4: name resolved ok, unknown name refused ok");
}

/// embedded-nal hands IPv6 through, and so do URLs.
#[test]
fn ipv6() {
    let answer = vec![Act::Request, say("HTTP/1.1 204 No Content\r\n\r\n")];
    let Ok(server) = Server::at("[::1]:0", vec![answer]) else {
        eprintln!("std-embedded-nal 0.4: IPv6 skipped (this host has none)");
        return;
    };
    let mut cx = cx();
    let mut client = client();
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 512];
    let url = format!("http://[::1]:{}/", server.port());
    let response = online.get(url.as_str(), &mut buffer).send().unwrap();
    assert_eq!(response.status(), 204);
    drop(response);
    let host = format!("Host: [::1]:{}\r\n", server.port());
    assert!(server.heads()[0].contains(&host));
    eprintln!("std-embedded-nal 0.4: IPv6 ok");
}
