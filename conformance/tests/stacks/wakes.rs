//! How often the task of a GET is woken on embassy-net, beside reqwless's on the same stack and cable. The stack
//! and the cable are tasks of their own. `docs/stacks.md` has the figures.

use conformance::awaited::Runs;
use conformance::common::cx;
use conformance::embassy::Rig;
use conformance::scenario::{Act, Peer, say};
use conformance::smoltcp_net::FarPeer;
use conformance::task::polled;
use embassy_net::dns::DnsSocket;
use embassy_net::tcp::client::{TcpClient, TcpClientState};
use reqwless::client::HttpClient;
use reqwless::request::Method;
use safe_http_client::Config;
use safe_http_client::asynch::SafeHttpClient;
use safe_http_client_embassy::EmbassyTimer;
use std::time::Duration;

const BODY: &[u8] = include_bytes!("../../../benches/data/body_256.bin");
const LENGTH: &[u8] = include_bytes!("../../../benches/data/get_length_256.bin");
const CHUNKED: &[u8] = include_bytes!("../../../benches/data/get_chunked_256.bin");

/// The cable's milliseconds are longer than a clock's on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// GETs of a figure.
const GETS: usize = 20;

/// The answer to one request, in segments that are a while apart.
fn answer(response: &[u8], segment: usize, later_ms: u32) -> Vec<Act> {
    let segments = response.chunks(segment).flat_map(|bytes| [say(bytes), Act::Wait(3)]);
    [Act::Request, Act::Wait(later_ms)].into_iter().chain(segments).collect()
}

#[test]
fn a_get_wakes_its_task_no_more_than_reqwless_does() {
    let cases = [
        ("length, whole", LENGTH, usize::MAX, 0),
        ("length, 64-byte segments", LENGTH, 64, 0),
        ("chunked, whole", CHUNKED, usize::MAX, 0),
        ("chunked, 64-byte segments", CHUNKED, 64, 0),
        ("length, whole, after 200 ms", LENGTH, usize::MAX, 200),
    ];
    for (name, response, segment, later_ms) in cases {
        let ours = average(|| ours(answer(response, segment, later_ms)));
        let theirs = average(|| reqwless(answer(response, segment, later_ms)));
        let kept = average(|| kept(answer(response, segment, later_ms)));
        eprintln!(
            "polls of a GET's task, {name}: ours {ours:.1}, over a kept connection {kept:.1}; \
             reqwless 0.14 {theirs:.1}"
        );
        assert!(ours <= theirs + 0.5, "{name}: {ours} and {theirs}");
        assert!(kept < ours, "{name}: {kept} and {ours}");
    }
}

fn average(mut get: impl FnMut() -> usize) -> f64 {
    (0..GETS).map(|_| get()).sum::<usize>() as f64 / GETS as f64
}

/// With an address already.
fn on_cable() -> (Rig, FarPeer) {
    let (mut rig, peer) = Rig::on_cable();
    let stack = rig.stack;
    (&mut rig).block_on(async {
        stack.wait_link_up().await;
        stack.wait_config_up().await;
    });
    (rig, peer)
}

/// A GET over a connection of its own.
fn ours(script: Vec<Act>) -> usize {
    last_of(1, script)
}

/// The second of two.
fn kept(script: Vec<Act>) -> usize {
    last_of(2, [answer(LENGTH, usize::MAX, 0), script].concat())
}

/// The last of so many GETs over one connection.
fn last_of(count: usize, script: Vec<Act>) -> usize {
    let (mut rig, mut peer) = on_cable();
    let url = peer.play(vec![script]);
    let config = Config::new().response_timeout(PATIENCE).idle_timeout(PATIENCE);
    let mut client = SafeHttpClient::with_config(rig.network().attached(), EmbassyTimer, config);
    let (mut cx, mut last) = (cx(), 0);
    for _ in 0..count {
        let mut buffer = [0; 1024];
        let get = async {
            let mut online = client.online(&mut cx).unwrap();
            let mut response = online.get(&url, &mut buffer).send().await.unwrap();
            assert_eq!(response.read_to_end().await.unwrap(), BODY);
        };
        let (polls, done) = (&mut rig).block_on(polled(get, usize::MAX));
        assert_eq!(done, Some(()));
        last = polls;
    }
    assert_eq!(peer.accepted(), 1);
    last
}

fn reqwless(script: Vec<Act>) -> usize {
    let (mut rig, mut peer) = on_cable();
    let url = peer.play(vec![script]);
    let state = TcpClientState::<1, 1024, 4096>::new();
    let (tcp, dns) = (TcpClient::new(rig.stack, &state), DnsSocket::new(rig.stack));
    let mut client = HttpClient::new(&tcp, &dns);
    let mut buffer = [0; 1024];
    let get = async {
        let mut request = client.request(Method::GET, &url).await.unwrap();
        let response = request.send(&mut buffer).await.unwrap();
        assert_eq!(response.body().read_to_end().await.unwrap(), BODY);
    };
    let (polls, done) = (&mut rig).block_on(polled(get, usize::MAX));
    assert_eq!(done, Some(()));
    polls
}
