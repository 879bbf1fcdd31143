//! A vendor's blocking calls, and links that say why they are down.

use crate::chip::{chip, link, open, silent};
use crate::common::TestClock;
use crate::common::script::{Connection, ScriptStack, Step};
use crate::observed::{Case, Demand, On, observe, observe_after, observe_passive, try_get};
use crate::vendor::Vendor;
use safe_http_client::{
    Cause, Clock, DisconnectReason, IpConfig, LinkStatus, LoopContext, Network, SafeHttpClient,
    StackQuirks, ZeroRead,
};
use std::net::Ipv4Addr;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

pub fn cases(cx: &mut LoopContext) -> Vec<Case> {
    let case = |cause, how| Case::new(On::Vendor, cause, how);
    let mut cases = vec![scripted_handler(cx, case(Cause::EventHandler, "in a handler"))];

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
        let chip = chip([Connection::answer(OK)]);
        let link = chip.link.clone();
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        let url = "http://192.168.1.20/";
        let lost = |_: &mut _| link.set(status);
        cases.push(observe_after(case(cause, how), &mut client, cx, url, lost));
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
        let mut chip = chip([Connection::answer(OK)]);
        chip.link = link(LinkStatus::Up(ip));
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        cases.push(observe(case(cause, how), &mut client, cx, url));
    }
    cases.extend(declared_wrong(cx));
    cases
}

/// A stack whose `Ok(0)` isn't what was declared: its reads of no bytes are counted.
fn declared_wrong(cx: &mut LoopContext) -> Vec<Case> {
    let case = |how| Case::new(On::Vendor, Cause::StackQuirks, how);
    let answer = || Step::Data(b"HTTP/1.1 200 OK\r\n\r\nhello".to_vec());
    let ended =
        |pends| Connection::new([Step::AwaitRequest, Step::Pend(pends), answer(), Step::Zero]);
    let at_once = Connection::new([Step::Zero]);
    let head = Step::Data(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello".to_vec());
    let cut = Connection::new([Step::AwaitRequest, Step::Pend(3), head, Step::Zero]);
    let ends = StackQuirks::UNKNOWN.with_zero_read(ZeroRead::EndOfStream);
    let mut cases = Vec::new();
    for (case, connection, quirks) in [
        (case("an end that was declared as nothing yet"), ended(3), StackQuirks::UNKNOWN),
        (case("the same, on a stack that never blocks"), ended(0), StackQuirks::UNKNOWN),
        (case("an end in mid-body that was declared as nothing yet"), cut, StackQuirks::UNKNOWN),
        (
            case("the same, before a byte of an answer")
                .demand(Demand::Listed("a slow server reads like that where 0 is nothing yet")),
            Connection::new([Step::AwaitRequest, Step::Zero]),
            StackQuirks::UNKNOWN,
        ),
        (
            case("nothing yet that was declared as an end")
                .demand(Demand::Listed("a server that hangs up reads like that")),
            at_once,
            ends,
        ),
    ] {
        let stack = ScriptStack::new(vec![connection; 2]);
        let mut client = SafeHttpClient::new(stack.attached(quirks), TestClock::ticking(1));
        cases.push(observe_passive(case, &mut client, cx, "http://192.168.1.20/", |_| {}));
    }
    cases
}

/// In the loop the same stack connects; in a handler its wait is over at once.
fn scripted_handler(cx: &mut LoopContext, case: Case) -> Case {
    let slow = || Connection { connect_pends: 50, ..Connection::answer(OK) };
    let inner = chip([slow(), silent(), silent(), slow(), open()]);
    handler(cx, case, inner, TestClock::ticking(1), "http://192.168.1.20/")
}

/// The same over any network that polls, whose server answers each request.
pub fn handler<N: Network, C: Clock>(
    cx: &mut LoopContext,
    case: Case,
    inner: N,
    clock: C,
    url: &str,
) -> Case {
    let vendor = Vendor { inner, in_handler: false };
    let mut client = SafeHttpClient::new(vendor, clock);
    assert!(try_get(&mut client, cx, url).is_ok(), "in the loop it works");
    client.network_mut().in_handler = true;
    let case = observe(case, &mut client, cx, url);
    client.network_mut().in_handler = false;
    assert!(try_get(&mut client, cx, url).is_ok(), "and again");
    case.demand(Demand::FirstNotCertain("the time-out was short, and why isn't said"))
}

#[test]
fn each_failure_of_a_vendors_stack_is_named() {
    let mut cx = crate::common::cx();
    let complaints: Vec<_> = cases(&mut cx).iter().flat_map(Case::complaints).collect();
    assert_eq!(complaints, Vec::<String>::new());
}
