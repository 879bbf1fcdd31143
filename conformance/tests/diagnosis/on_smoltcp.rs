//! smoltcp-nal on a cable in memory, in virtual time: a stack that hides refusals and resets.

use crate::answers::{LEFT_OVERS, NO_CONTENT, Served, gzip, on_kept, read_text, served};
use crate::common::TestLink;
use crate::observed::{Case, Cost, Demand, On, observe_passive, try_get};
use crate::on_std::OK;
use crate::on_vendor::handler;
use conformance::scenario::{Act, Peer, say};
use conformance::smoltcp_net::{FarPeer, Stack, clock, stack, step};
use safe_http_client::{
    Cause, Clock, Config, IpConfig, LinkStatus, LoopContext, NalNetwork, SafeHttpClient,
    StackQuirks,
};
use std::net::Ipv4Addr;
use std::time::Duration;

/// The stack's own address on the cable; the far end at .1 is host and gateway.
fn link() -> TestLink {
    let ip = IpConfig::new(Ipv4Addr::new(10, 0, 0, 2).into())
        .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
        .with_gateway(Ipv4Addr::new(10, 0, 0, 1));
    TestLink::new(LinkStatus::Up(ip))
}

fn config() -> Config {
    Config::new().connect_timeout(Duration::from_secs(2))
}

type Network = NalNetwork<Stack, TestLink>;

fn network() -> (Network, FarPeer) {
    let (stack, peer) = stack();
    (NalNetwork::new(stack, link(), StackQuirks::SMOLTCP_NAL).with_poll(step), peer)
}

fn client<C: Clock>(network: Network, clock: C) -> SafeHttpClient<Network, C> {
    SafeHttpClient::with_config(network, clock, config())
}

fn asked(cx: &mut LoopContext, case: Case, acts: Option<&[Act]>, url: &str) -> Case {
    let (network, mut peer) = network();
    let played = peer.play(vec![acts.unwrap_or_default().to_vec(); 4]);
    let url = if acts.is_some() { played } else { url.into() };
    let mut client = client(network, clock());
    let case = observe_passive(case, &mut client, cx, &url, |_| {});
    let before = peer.accepted();
    let case = case.checked(&client.diagnose(cx, url.as_str()));
    let connections = Some((peer.accepted() - before) as u64);
    Case { cost: Cost { connections, ..case.cost }, ..case }
}

pub fn cases(cx: &mut LoopContext) -> Vec<Case> {
    let case = |cause, how| Case::new(On::Smoltcp, cause, how);
    let dials = "the stack dials again after a reset, so all that is known is that nothing came";
    let host_down = case(Cause::HostDown, "nobody has the address");
    let refused = case(Cause::NothingListens, "a port that nobody has");
    let hangs = [Act::Request];
    let portal = [
        Act::Request,
        say("HTTP/1.1 302 Found\r\nLocation: https://portal.test/\r\nContent-Length: 0\r\n\r\n"),
    ];
    let tls = [Act::Request, say([0x15, 3, 3, 0, 2, 2, 22]), Act::Fin];
    let ssh = [say("SSH-2.0-dropbear\r\n"), Act::Request];
    let cut = [Act::Request, say("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"), Act::Fin];
    let mut cases = vec![
        asked(cx, host_down, None, "http://10.0.0.9/").demand(Demand::FirstNotCertain(dials)),
        asked(cx, refused, None, "http://10.0.0.1:9/").demand(Demand::Listed(dials)),
        asked(cx, case(Cause::SlowServer, "a server that hangs"), Some(&hangs), ""),
        asked(cx, case(Cause::NameNotResolved, "NXDOMAIN"), None, "http://unknown.test/"),
        asked(cx, case(Cause::TlsMismatch, "a TLS alert"), Some(&tls), ""),
        asked(cx, case(Cause::NotHttp, "an SSH server's banner"), Some(&ssh), ""),
        asked(cx, case(Cause::CaptivePortal, "302 to another host"), Some(&portal), "")
            .demand(Demand::FirstNotCertain("a server may send its clients elsewhere, too")),
        asked(cx, case(Cause::BadResponse, "a body cut short"), Some(&cut), ""),
        asked(cx, case(Cause::OwnAddress, "its own address"), None, "http://10.0.0.2/"),
        asked(cx, case(Cause::NoHostTarget, "127.0.0.1"), None, "http://127.0.0.1/"),
        asked(cx, case(Cause::Scheme, "port 443 with http"), None, "http://10.0.0.1:443/"),
    ];
    for Served { cause, how, bytes, closes, demand } in served() {
        let mut acts = vec![Act::Request, say(bytes)];
        if closes {
            acts.push(Act::Fin);
        }
        cases.push(asked(cx, case(cause, how), Some(&acts), "").demand(demand));
    }
    let how = "what belongs to the answer before, in front of the next";
    let (network, mut peer) = network();
    let url = peer.play(vec![vec![Act::Request, say(gzip()), Act::Fin]]);
    let text = case(Cause::Compressed, "gzip, where text was asked for");
    cases.push(read_text(text, &mut client(network, clock()), cx, &url));
    cases.push(left_overs(cx, case(Cause::LeftOvers, how)));
    cases.push(stale(
        cx,
        case(Cause::StaleConnection, "closed while the next request is on its way"),
    ));
    let how = "a vendor's blocking calls over it, in a handler";
    cases.push(in_handler(cx, Case::new(On::Vendor, Cause::EventHandler, how)));
    cases
}

/// The server answers each request, so that it is the handler alone that fails.
fn in_handler(cx: &mut LoopContext, case: Case) -> Case {
    let (network, mut peer) = network();
    let url = peer.play(vec![vec![Act::Request, say(OK)]; 8]);
    handler(cx, case, network, clock(), &url)
}

fn left_overs(cx: &mut LoopContext, case: Case) -> Case {
    let (network, mut peer) = network();
    let acts = vec![Act::Request, say(NO_CONTENT), Act::Request, say(LEFT_OVERS)];
    let url = peer.play(vec![acts]);
    on_kept(case, &mut client(network, clock()), cx, &url)
}

fn stale(cx: &mut LoopContext, case: Case) -> Case {
    let (network, mut peer) = network();
    let once = vec![Act::Request, say(OK), Act::Request, Act::Reset];
    let url = peer.play(vec![once, vec![Act::Request, say(OK)], vec![Act::Request, say(OK)]]);
    let mut client = client(network, clock());
    try_get(&mut client, cx, &url).unwrap();
    let sent = client.online(cx).unwrap().post(&url, [0; 512]).send().map(|_| ());
    let error = sent.unwrap_err();
    let case = case.failed(error.code(), &client.diagnosis(&error));
    case.checked(&client.diagnose(cx, url.as_str())).demand(Demand::FirstNotCertain(
        "a server that crashes at each such request looks the same",
    ))
}
