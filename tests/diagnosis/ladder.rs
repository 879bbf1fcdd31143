//! What is made of a stack's own facts: by the active check, question by question, and by an error.

mod facts;
mod waits;

use crate::chip::{Chip, GATEWAY, HOST, all_are_silent, all_pend, chip, down, fine, home};
use crate::chip::{host_pends, link, no_pings, open, refused, silent, up};
use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use safe_http_client::{
    Cause, Config, Connect, DisconnectReason, ErrorOf, IpConfig, LinkStatus, LoopContext, Phase,
    Report, SafeHttpClient, StackFault, StepOutcome, TlsFault,
};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// Whom nobody has: a stack is asked for it to make it speak.
const NOBODY: [u8; 4] = [192, 0, 2, 1];

const BY_ADDRESS: &str = "http://192.168.1.20/";
const BY_NAME: &str = "http://gate.test/";
const SECURE: &str = "https://192.168.1.20/";

/// Milliseconds that an answer to a ping, or to what takes its place, is awaited.
const REACH: u32 = 4000;

/// `url link gateway:Silent port:Failed`: what became of each step, where it isn't passed.
pub fn steps(report: &Report) -> String {
    let steps = report.steps().iter().map(|result| match result.outcome {
        StepOutcome::Passed => result.step.name().to_owned(),
        outcome => format!("{}:{outcome:?}", result.step.name()),
    });
    steps.collect::<Vec<_>>().join(" ")
}

/// What a check found, and whom it asked.
struct Checked {
    steps: String,
    report: Report,
    pinged: Vec<IpAddr>,
    dialed: Vec<SocketAddr>,
}

/// The check of this URL, to its end; a look at the clock takes 1 ms.
fn check(chip: Chip, url: &str) -> Checked {
    let mut cx = cx();
    let (log, pinged) = (chip.stack.log.clone(), chip.pinged.clone());
    let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
    let report = client.diagnose(&mut cx, url);
    let log = log.borrow();
    assert_eq!(log.opened, log.closed, "{url}: each socket is given back");
    let (pinged, dialed) = (pinged.borrow().clone(), log.dialed.clone());
    Checked { steps: steps(&report), report, pinged, dialed }
}

/// Which steps there are depends on the target and on what is known of the link.
#[test]
fn who_is_asked_depends_on_the_target_and_the_stack() {
    let host = || IpAddr::from(HOST);
    let gateway = || IpAddr::from(GATEWAY);
    let loopback = SocketAddr::from(([127, 0, 0, 1], 80));
    let at = |address: [u8; 4]| SocketAddr::from((address, 80));
    let alone = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    let outside = home().with_gateway([192, 168, 9, 1].into());
    let no_dns = home().with_dns(false);
    let wrong_password = || down(DisconnectReason::WrongPassword);
    let unknown = || down(DisconnectReason::Unknown);
    let timed_out = StackFault::TimedOut;
    let wrong_host = StackFault::Tls(TlsFault::WrongHost);
    for (why, chip, url, expected, pinged, dialed) in [
        (
            "all of it",
            chip([fine()]),
            BY_NAME,
            "url link subnet name target gateway host port http",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "an address needs no name",
            chip([fine()]),
            BY_ADDRESS,
            "url link subnet target gateway host port http",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "no gateway is known",
            Chip { link: up(alone), ..chip([fine()]) },
            BY_ADDRESS,
            "url link subnet:NotAsked target host port http",
            vec![host()],
            vec![at(HOST)],
        ),
        (
            "the target is the gateway",
            chip([fine()]),
            "http://192.168.1.1/",
            "url link subnet target host port http",
            vec![gateway()],
            vec![at(GATEWAY)],
        ),
        (
            "a PC that asks itself",
            Chip { has_loopback: true, link: up(alone), ..chip([fine()]) },
            "http://127.0.0.1/",
            "url link subnet:NotAsked target port http",
            vec![],
            vec![loopback],
        ),
        (
            "silence breaks nothing",
            Chip { ping: all_are_silent, ..chip([fine()]) },
            BY_ADDRESS,
            "url link subnet target gateway:Silent host:Silent port http",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "the signal is for those who are on an access point",
            Chip { link: wrong_password(), signal_pends: true, ..chip([]) },
            BY_ADDRESS,
            "url link:Failed",
            vec![],
            vec![],
        ),
        (
            "a link that doesn't say why: the stack is asked",
            Chip { link: unknown(), ..chip([silent()]) },
            BY_ADDRESS,
            "url link:Failed",
            vec![],
            vec![at(NOBODY)],
        ),
        (
            "a stack that can't be interrupted isn't",
            Chip { link: unknown(), connect: Connect::Blocks, ..chip([silent()]) },
            BY_ADDRESS,
            "url link:Failed",
            vec![],
            vec![],
        ),
        (
            "the gateway is out of reach",
            Chip { link: up(outside), ..chip([]) },
            "http://10.0.0.9/",
            "url link subnet:Failed",
            vec![],
            vec![],
        ),
        (
            "the target is the chip itself",
            chip([]),
            "http://192.168.1.57/",
            "url link target:Failed",
            vec![],
            vec![],
        ),
        (
            "no DNS server is set",
            Chip { link: up(no_dns), ..chip([]) },
            BY_NAME,
            "url link name:Failed",
            vec![],
            vec![],
        ),
        (
            "a name that isn't known: is it the way to the resolver?",
            chip([]),
            "http://unknown.test/",
            "url link subnet name:Failed",
            vec![gateway()],
            vec![],
        ),
        (
            "the same where no gateway is known",
            Chip { link: up(alone), ..chip([]) },
            "http://unknown.test/",
            "url link subnet:NotAsked name:Failed",
            vec![],
            vec![],
        ),
        (
            "a name that leads to no host was answered",
            chip([]),
            "http://zero.test/",
            "url link subnet target:Failed",
            vec![],
            vec![],
        ),
        (
            "a name that leads to the chip, too",
            chip([]),
            "http://me.test/",
            "url link subnet target:Failed",
            vec![],
            vec![],
        ),
        (
            "the port is closed, and pings were answered",
            Chip { fault: timed_out, ..chip([refused(), fine()]) },
            BY_ADDRESS,
            "url link subnet target gateway host port:Failed",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "there are no pings: the gateway is knocked at",
            Chip { ping: no_pings, fault: timed_out, ..chip([refused(), open()]) },
            BY_ADDRESS,
            "url link subnet target gateway host:NotAsked port:Failed",
            vec![gateway(), host()],
            vec![at(HOST), at(GATEWAY)],
        ),
        (
            "there is none",
            Chip { link: up(alone), ping: no_pings, fault: timed_out, ..chip([refused(), open()]) },
            BY_ADDRESS,
            "url link subnet:NotAsked target host:NotAsked port:Failed",
            vec![host()],
            vec![at(HOST)],
        ),
        (
            "whose knock would block",
            Chip {
                connect: Connect::Blocks,
                ping: no_pings,
                fault: timed_out,
                ..chip([refused(), open()])
            },
            BY_ADDRESS,
            "url link subnet target gateway:NotAsked host:NotAsked port:Failed",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "with TLS: the port is tried without",
            Chip { fault: timed_out, ..chip([refused(), open()]) },
            SECURE,
            "url link subnet target gateway host port:Failed",
            vec![gateway(), host()],
            vec![SocketAddr::from((HOST, 443)); 2],
        ),
        (
            "with TLS, whose handshake failed: somebody was there",
            Chip { fault: wrong_host, ping: no_pings, ..chip([refused(), open()]) },
            SECURE,
            "url link subnet target gateway:NotAsked host:NotAsked port:Failed",
            vec![gateway(), host()],
            vec![SocketAddr::from((HOST, 443))],
        ),
        (
            "with TLS, where that would block",
            Chip { connect: Connect::Blocks, fault: timed_out, ..chip([refused(), open()]) },
            SECURE,
            "url link subnet target gateway host port:Failed",
            vec![gateway(), host()],
            vec![SocketAddr::from((HOST, 443))],
        ),
        (
            "with TLS, and no HTTP behind it: nothing is knocked at",
            Chip { ping: no_pings, ..chip([Connection::new([Step::Zero, Step::Fail])]) },
            SECURE,
            "url link subnet target gateway:NotAsked host:NotAsked port http:Failed",
            vec![gateway(), host()],
            vec![SocketAddr::from((HOST, 443))],
        ),
    ] {
        let checked = check(chip, url);
        assert_eq!(checked.steps, expected, "{why}\n{}", checked.report);
        assert_eq!((checked.pinged, checked.dialed), (pinged, dialed), "{why}");
        let broken = expected.contains("Failed");
        assert_eq!(checked.report.diagnosis().is_some(), broken, "{why}\n{}", checked.report);
    }
}
