//! Names, and a resolver that answers late or never.

use crate::wait;
use conformance::smoltcp_net::KNOWN_NAME;
use conformance_lwip::{Rig, SERVER, c, is_1_4, name};
use embedded_nal::{AddrType, Dns, nb};
use lwip_nal::{Lwip, LwipError};
use safe_http_client::Link;

#[test]
fn an_answer_to_a_query_that_was_given_up_isnt_taken_for_another_names() {
    let rig = Rig::start();
    let mut lwip = rig.lwip();
    let ask = |lwip: &mut Lwip, name: &str| lwip.get_host_by_name(name, AddrType::IPv4);
    rig.deaf(true);
    assert_eq!(ask(&mut lwip, KNOWN_NAME), Err(nb::Error::WouldBlock));
    assert_eq!(ask(&mut lwip, "unknown.test"), Err(nb::Error::WouldBlock));
    rig.deaf(false);
    // Both are sent again, and answered.
    let second = wait(&mut lwip, |lwip| ask(lwip, "unknown.test"));
    assert_eq!(second, Err(LwipError::NoName));
    // lwIP remembers what nobody waited for.
    assert_eq!(wait(&mut lwip, |lwip| ask(lwip, KNOWN_NAME)), Ok(SERVER.into()));
}

#[test]
fn an_answer_that_nobody_fetched_is_asked_for_again() {
    let rig = Rig::start();
    let mut lwip = rig.lwip();
    let mut ask = || lwip.get_host_by_name("nobody.test", AddrType::IPv4);
    assert_eq!(ask(), Err(nb::Error::WouldBlock));
    rig.pass(5000);
    assert_eq!(ask(), Err(nb::Error::WouldBlock), "the answer of seconds ago isn't of now");
    rig.pass(100);
    assert_eq!(ask(), Err(nb::Error::Other(LwipError::NoName)));
}

#[test]
fn names_that_cant_be_asked_for() {
    let rig = Rig::start();
    let mut lwip = rig.lwip();
    let long = "a.".repeat(200);
    for name in ["", "a\0b", &long] {
        let tried = lwip.get_host_by_name(name, AddrType::IPv4);
        assert_eq!(tried, Err(nb::Error::Other(LwipError::BadName)), "{name:?}");
    }
    let tried = lwip.get_host_by_name(KNOWN_NAME, AddrType::IPv6);
    assert_eq!(tried, Err(nb::Error::Other(LwipError::NotIpv4)));
    if is_1_4() {
        return eprintln!("{}: SKIPPED: a server that is set can't be taken away", name());
    }
    c::harness_set_dns(0);
    let tried = lwip.get_host_by_name("other.test", AddrType::IPv4);
    assert_eq!(tried, Err(nb::Error::Other(LwipError::NoResolver)));
    let ip = lwip.link_status().ip_config().unwrap();
    assert_eq!(ip.has_dns, Some(false));
}

/// lwIP says nothing for six seconds, and then no more than "no".
#[test]
fn a_resolver_that_is_silent() {
    let rig = Rig::start();
    let mut lwip = rig.lwip();
    rig.deaf(true);
    let before = c::harness_now();
    let tried = wait(&mut lwip, |lwip| lwip.get_host_by_name("silent.test", AddrType::IPv4));
    let ms = c::harness_now() - before;
    assert_eq!(tried, Err(LwipError::NoName));
    eprintln!("{}: a silent resolver: given up after {ms} ms", name());
    assert!((5000..8000).contains(&ms), "{ms}");
}
