//! smoltcp-nal on a cable in memory, in virtual time: a stack that hides refusals and resets.

use crate::common::{Cx, TestLink};
use crate::observed::{Case, Cost, Demand, On, observe_passive};
use crate::on_std::OK;
use crate::scenario::{Act, Peer, say};
use crate::smoltcp_net::{FarPeer, Stack, clock, stack, step};
use safe_http_client::{
    Attached, Behaviour, Cause, Clock, Config, IpConfig, LinkStatus, Online, SafeHttpClient,
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

pub fn network() -> (Attached<Stack, TestLink>, FarPeer) {
    let (stack, peer) = stack();
    (Attached::new(stack, link(), Behaviour::SMOLTCP_NAL).with_poll(step), peer)
}

fn online<C: Clock>(
    network: Attached<Stack, TestLink>,
    clock: C,
    cx: &mut Cx,
) -> SafeHttpClient<Attached<Stack, TestLink>, C, Online> {
    let client = SafeHttpClient::with_config(network, clock, config());
    client.wait_online(cx).map_err(|failed| failed.error).expect("the link is up")
}

fn asked(cx: &mut Cx, case: Case, acts: Option<&[Act]>, url: &str) -> Case {
    let (network, mut peer) = network();
    let played = peer.play(vec![acts.unwrap_or_default().to_vec(); 4]);
    let url = if acts.is_some() { played } else { url.into() };
    let mut client = online(network, clock(), cx);
    let case = observe_passive(case, &mut client, cx, &url);
    let before = peer.accepted();
    let case = case.checked(&client.diagnose(cx, url.as_str()));
    let connections = Some((peer.accepted() - before) as u64);
    Case { cost: Cost { connections, ..case.cost }, ..case }
}

pub fn cases(cx: &mut Cx) -> Vec<Case> {
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
    cases.push(stale(
        cx,
        case(Cause::StaleConnection, "closed while the next request is on its way"),
    ));
    cases
}

fn stale(cx: &mut Cx, case: Case) -> Case {
    let (network, mut peer) = network();
    let once = vec![Act::Request, say(OK), Act::Request, Act::Reset];
    let url = peer.play(vec![once, vec![Act::Request, say(OK)], vec![Act::Request, say(OK)]]);
    let mut client = online(network, clock(), cx);
    crate::observed::get(&mut client, cx, &url).unwrap();
    let mut buffer = [0; 512];
    let sent = client.post(cx, url.as_str(), &mut buffer).send();
    let error = sent.map(|response| response.status()).unwrap_err();
    let case = case.failed(error.code(), &client.diagnosis(&error));
    case.checked(&client.diagnose(cx, url.as_str())).demand(Demand::FirstNotCertain(
        "a server that crashes at each such request looks the same",
    ))
}
