//! All scenarios of the stacks' table over the real lwIP.
#![cfg(lwip)]

use conformance::common::cx;
use conformance::scenario::{Act, Bench, Peer, Refused, Shows, config, run, say};
use conformance::smoltcp_net::KNOWN_NAME;
use conformance_lwip::{Rig, clock, name};
use safe_http_client::{Cause, ErrorKind, Phase, SafeHttpClient};

#[test]
fn all_scenarios() {
    let rig = Rig::start();
    let mut cx = cx();
    let shows = Shows { refused: Refused::Connect, reset: true, clean_end: true };
    let peer = conformance::smoltcp_net::FarPeer;
    run(&name(), Bench::new(rig.lwip(), clock(), config(), &mut cx, peer, shows));
}

#[test]
fn names_resolve() {
    let mut rig = Rig::start();
    let mut cx = cx();
    let mut client = SafeHttpClient::with_config(rig.lwip(), clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    rig.peer
        .play(vec![vec![Act::Request, say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]]);
    let mut buffer = [0; 512];

    let url = format!("http://{KNOWN_NAME}:{}/", rig.peer.port());
    let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
    assert_eq!(response.read_to_str().unwrap(), "hello");
    drop(response);

    let error = online.get("http://unknown.test/", &mut buffer).send().unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Resolve(_)), "{error}");
    assert_eq!(error.phase, Phase::Resolve);
    assert_eq!(client.diagnosis(&error).cause(), Cause::NameNotResolved);
    eprintln!("{}: name resolved ok, unknown name refused ok", name());
}
