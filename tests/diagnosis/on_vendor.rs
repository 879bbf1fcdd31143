//! A vendor's blocking calls over smoltcp-nal, and links that say why they are down.

use crate::common::script::{Connection, ScriptStack};
use crate::common::{Cx, TestClock, TestLink};
use crate::observed::{Case, Demand, On, observe};
use crate::on_std::OK;
use crate::scenario::{Act, Peer, say};
use crate::smoltcp_net;
use crate::vendor::Vendor;
use safe_http_client::{
    Attached, Behaviour, Cause, Config, DisconnectReason, IpConfig, LinkStatus, SafeHttpClient,
};
use std::net::Ipv4Addr;

pub fn cases(cx: &mut Cx) -> Vec<Case> {
    let case = |cause, how| Case::new(On::Vendor, cause, how);
    let mut cases = vec![handler(cx, case(Cause::EventHandler, "blocking calls in a handler"))];

    let reason = |reason| LinkStatus::Disconnected(reason);
    for (cause, how, status) in [
        (Cause::NoAddress, "no address yet", LinkStatus::NoAddress),
        (Cause::NoAddress, "0.0.0.0", LinkStatus::Up(IpConfig::new(Ipv4Addr::UNSPECIFIED.into()))),
        (Cause::NoAddress, "not on an access point", reason(DisconnectReason::Unknown)),
        (Cause::NoAddress, "reason 8: left", reason(DisconnectReason::from_code(8))),
        (Cause::JoinFailed, "reason 202: AUTH_FAIL", reason(DisconnectReason::from_code(202))),
        (Cause::JoinFailed, "reason 15: handshake", reason(DisconnectReason::from_code(15))),
        (Cause::JoinFailed, "reason 201: NO_AP_FOUND", reason(DisconnectReason::from_code(201))),
        (Cause::JoinFailed, "reason 203: ASSOC_FAIL", reason(DisconnectReason::from_code(203))),
    ] {
        let link = TestLink::up();
        let network = Attached::new(
            ScriptStack::new([Connection::answer(OK)]),
            link.clone(),
            Behaviour::UNKNOWN,
        );
        let client = SafeHttpClient::new(network, TestClock::ticking(1));
        let mut client = client.wait_online(cx).map_err(|failed| failed.error).unwrap();
        link.set(status);
        cases.push(observe(case(cause, how), &mut client, cx, "http://192.168.1.20/"));
    }
    let ip = |address| IpConfig::new(Ipv4Addr::from(address).into());
    let wide = Ipv4Addr::new(255, 255, 255, 0);
    for (cause, how, ip, url) in [
        (
            Cause::WrongSubnet,
            "192.168.0.20 with gateway 192.168.1.1",
            ip([192, 168, 0, 20]).with_netmask(wide).with_gateway(Ipv4Addr::new(192, 168, 1, 1)),
            "http://192.168.1.20/",
        ),
        (
            Cause::NoDnsServer,
            "a static address alone",
            ip([192, 168, 1, 57]).with_dns(false),
            "http://gate.local/",
        ),
        (Cause::OwnAddress, "its own address", ip([192, 168, 1, 57]), "http://192.168.1.57/"),
        (Cause::NoHostTarget, "localhost", ip([192, 168, 1, 57]), "http://localhost/"),
        (Cause::NoHostTarget, "::1", ip([192, 168, 1, 57]), "http://[::1]/"),
    ] {
        let network = Attached::new(
            ScriptStack::new([Connection::answer(OK)]),
            TestLink::new(LinkStatus::Up(ip)),
            Behaviour::UNKNOWN,
        );
        let client = SafeHttpClient::new(network, TestClock::ticking(1));
        let mut client = client.wait_online(cx).map_err(|failed| failed.error).unwrap();
        cases.push(observe(case(cause, how), &mut client, cx, url));
    }
    cases
}

/// In the loop the same stack connects; in a handler its wait is over at once.
fn handler(cx: &mut Cx, case: Case) -> Case {
    let (inner, mut peer) = crate::on_smoltcp::network();
    let url = peer.play(vec![vec![Act::Request, say(OK)]; 8]);
    let vendor = Vendor { inner, in_handler: false };
    let client = SafeHttpClient::with_config(vendor, smoltcp_net::clock(), Config::new());
    let mut client = client.wait_online(cx).map_err(|failed| failed.error).unwrap();
    assert!(crate::observed::get(&mut client, cx, &url).is_ok(), "in the loop it works");
    client.close();
    client.network_mut().in_handler = true;
    let case = observe(case, &mut client, cx, &url);
    client.network_mut().in_handler = false;
    assert!(crate::observed::get(&mut client, cx, &url).is_ok(), "and again");
    case.demand(Demand::FirstNotCertain("the time-out was short, and why isn't said"))
}
