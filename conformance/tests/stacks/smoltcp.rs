//! `smoltcp-nal` 0.7 over a cable in memory, with smoltcp itself as the server: real TCP in both
//! directions, on a clock that the stack's own steps move.

use conformance::common::{TestClock, TestLink, cx};
use conformance::scenario::{Act, Bench, Failure, Peer, Refused, Shows, config, run, say};
use conformance::smoltcp_net;
use safe_http_client::{
    BodyLength, ErrorKind, NalNetwork, Phase, PipeClosed, SafeHttpClient, StackQuirks,
};

/// Of a stack whose packets move in `step`.
fn network() -> (NalNetwork<smoltcp_net::Stack, TestLink>, smoltcp_net::FarPeer) {
    let (stack, peer) = smoltcp_net::stack();
    let network = NalNetwork::new(stack, TestLink::up(), StackQuirks::SMOLTCP_NAL);
    (network.with_poll(smoltcp_net::step), peer)
}

#[test]
fn all_scenarios() {
    let mut cx = cx();
    let (network, peer) = network();
    let shows = Shows { refused: Refused::Deadline, reset: false, clean_end: true };
    let bench = Bench::new(network, smoltcp_net::clock(), config(), &mut cx, peer, shows);
    run("smoltcp-nal 0.7", bench);
}

#[test]
fn names_resolve() {
    let mut cx = cx();
    let (network, mut peer) = network();
    let mut client = SafeHttpClient::with_config(network, smoltcp_net::clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    peer.play(vec![vec![Act::Request, say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]]);
    let mut buffer = [0; 512];

    let url = format!("http://{}:{}/", smoltcp_net::KNOWN_NAME, peer.port());
    let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
    assert_eq!(response.read_to_str().unwrap(), "hello");
    drop(response);

    let error = online.get("http://unknown.test/", &mut buffer).send().unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Resolve(_)), "{error}");
    assert_eq!(error.phase, Phase::Resolve);
    eprintln!("smoltcp-nal 0.7: name resolved ok, unknown name refused ok");
}

/// The stack knows no IPv6, and says so.
#[test]
fn ipv6_is_the_stacks_error() {
    let mut cx = cx();
    let (network, _) = network();
    let mut client = SafeHttpClient::with_config(network, smoltcp_net::clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 512];
    let error = online.get("http://[2001:db8::1]/", &mut buffer).send().unwrap_err();
    let failure = Failure::of(&error, client.evidence());
    assert_eq!((failure.code, failure.phase), ("connect_failed", Phase::Connect));
    assert_eq!(failure.kind, "Connect(Unsupported)");
    assert!(!client.is_connected());
    eprintln!("smoltcp-nal 0.7: IPv6 refused by the stack ok");
}

/// While part of an early answer leaves no room for more of an upload, packets go on moving.
#[test]
fn an_interim_response_that_fills_the_buffer_of_an_upload() {
    let mut cx = cx();
    let (network, mut peer) = network();
    let mut client = SafeHttpClient::with_config(network, smoltcp_net::clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    let interim = format!("HTTP/1.1 103 Early Hints\r\nLink: {}\r\n\r\n", "x".repeat(214));
    let (most, rest) = interim.split_at(246);
    let url = peer.play(vec![vec![
        Act::Request,
        say(most),
        Act::Wait(50),
        say(rest),
        say("HTTP/1.1 204 No Content\r\n\r\n"),
    ]]);
    let mut buffer = [0; 256];
    let mut body = [b'x'; 2000].as_slice();
    let post = online.post(url.as_str(), &mut buffer);
    let response = post.send_from(&mut body, BodyLength::Chunked).unwrap();
    assert_eq!(response.status(), 204);
    eprintln!("smoltcp-nal 0.7: interim response in the middle of an upload ok");
}

/// Where being cut short must not pass for an end, and the stack can't tell them apart, a stricter
/// declaration makes every body that ends by the close an error.
#[test]
fn a_stricter_declaration_refuses_what_it_cant_know() {
    let mut cx = cx();
    let (stack, mut peer) = smoltcp_net::stack();
    let strict = StackQuirks::SMOLTCP_NAL.with_pipe_closed(PipeClosed::MayLoseData);
    let network = NalNetwork::new(stack, TestLink::up(), strict).with_poll(smoltcp_net::step);
    let mut client = SafeHttpClient::with_config(network, smoltcp_net::clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    for end in [Act::Fin, Act::Reset] {
        let answer = say("HTTP/1.1 200 OK\r\n\r\nhello");
        let url = peer.play(vec![vec![Act::Request, answer, Act::Wait(20), end]]);
        let mut buffer = [0; 512];
        let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
        assert_eq!(response.read_to_end().unwrap_err().code(), "truncated");
    }
    eprintln!("smoltcp-nal 0.7: close-delimited refused by a stricter declaration ok");
}

/// Without its poll function nothing moves, and the client says what it saw of that.
#[test]
fn a_stack_that_is_never_polled_ends_by_the_connect_deadline() {
    let mut cx = cx();
    let (stack, mut peer) = smoltcp_net::stack();
    let url = peer.play(vec![vec![]]);
    let network = NalNetwork::new(stack, TestLink::up(), StackQuirks::SMOLTCP_NAL);
    let clock = TestClock::ticking(1);
    let mut client = SafeHttpClient::with_config(network, &clock, config());
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 512];
    let error = online.get(url.as_str(), &mut buffer).send().unwrap_err();
    assert_eq!((error.code(), error.phase), ("connect_timeout", Phase::Connect));
    eprintln!("smoltcp-nal 0.7: never polled, ends by the connect deadline ok");
}
