//! The checks before a byte is sent: each refuses what can't work without touching the network, and
//! names the cause; switched off by its name, the request goes out. And what they let pass.

use crate::common::script::{Connection, Log, ScriptStack};
use crate::common::{TestClock, cx};
use crate::observed::Verdict;
use safe_http_client::{
    Cause, Confidence, Config, DisconnectReason, IpConfig, Link, LinkStatus, Method, NalNetwork,
    Preflight, SafeHttpClient, StackQuirks,
};
use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A chip's link with all that a link can know.
#[derive(Clone)]
struct Chip {
    status: Rc<Cell<LinkStatus>>,
    own_network: Option<IpConfig>,
    has_loopback: bool,
}

impl Link for Chip {
    fn link_status(&mut self) -> LinkStatus {
        self.status.get()
    }

    fn has_loopback(&self) -> bool {
        self.has_loopback
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        self.own_network
    }
}

fn ip(address: [u8; 4]) -> IpConfig {
    IpConfig::new(Ipv4Addr::from(address).into())
}

/// 192.168.1.57/24 behind 192.168.1.1.
fn home() -> IpConfig {
    ip([192, 168, 1, 57])
        .with_netmask([255, 255, 255, 0].into())
        .with_gateway([192, 168, 1, 1].into())
}

/// 192.168.0.20/24 behind 192.168.1.1, which it can't reach.
fn misplaced() -> IpConfig {
    ip([192, 168, 0, 20])
        .with_netmask([255, 255, 255, 0].into())
        .with_gateway([192, 168, 1, 1].into())
}

fn chip(config: IpConfig) -> Chip {
    let status = Rc::new(Cell::new(LinkStatus::Up(config)));
    Chip { status, own_network: None, has_loopback: false }
}

/// As an access point as well.
fn spanning(config: IpConfig, own: IpConfig) -> Chip {
    Chip { own_network: Some(own), ..chip(config) }
}

fn pc(config: IpConfig) -> Chip {
    Chip { has_loopback: true, ..chip(config) }
}

/// What a request came to, and what the stack saw of it.
struct Asked {
    outcome: Result<u16, (&'static str, Verdict)>,
    log: Rc<RefCell<Log>>,
}

impl Asked {
    /// Not a socket, a name or a byte.
    fn touched_nothing(&self) -> bool {
        let log = self.log.borrow();
        log.opened == 0 && log.resolved.is_empty() && log.dialed.is_empty() && log.sends.is_empty()
    }
}

fn ask(link: Chip, config: Config, method: Method<'_>, url: &str, to: Option<SocketAddr>) -> Asked {
    let mut cx = cx();
    let mut stack = ScriptStack::new([Connection::answer(OK)]);
    stack.names = vec![
        ("gate.test", IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20))),
        ("me.test", IpAddr::V4(Ipv4Addr::new(192, 168, 1, 57))),
        ("zero.test", IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        ("loop.test", IpAddr::V4(Ipv4Addr::LOCALHOST)),
        ("localhost", IpAddr::V4(Ipv4Addr::LOCALHOST)),
    ];
    let log = stack.log.clone();
    let status = link.status.replace(LinkStatus::Up(home()));
    let network = NalNetwork::new(stack, link.clone(), StackQuirks::UNKNOWN);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(1), config);
    let mut online = client.online(&mut cx).unwrap();
    link.status.set(status);
    let mut buffer = [0; 512];
    let request = online.request(method, url, &mut buffer);
    let request = match to {
        Some(address) => request.connect_to(address),
        None => request,
    };
    let sent = request.send().map(|response| response.status());
    let outcome = sent.map_err(|error| {
        let diagnosis = client.diagnosis(&error);
        assert_eq!(client.cause(&error), diagnosis.cause(), "{diagnosis}");
        (error.code(), Verdict::of(&diagnosis))
    });
    Asked { outcome, log }
}

#[test]
fn each_check_refuses_before_anything_is_sent_and_can_be_switched_off() {
    let own = |address: [u8; 4]| ip(address).with_netmask([255, 255, 255, 0].into());
    let down = |status| {
        let link = chip(home());
        link.status.set(status);
        link
    };
    let static_ip = ip([192, 168, 1, 57]).with_dns(false);
    // The check, the link, the URL, the error's code, and the cause.
    let table = [
        (
            Preflight::Link,
            down(LinkStatus::NoAddress),
            "http://192.168.1.20/",
            "no_address",
            Cause::NoAddress,
        ),
        (
            Preflight::Link,
            down(LinkStatus::Up(ip([0; 4]))),
            "http://192.168.1.20/",
            "no_address",
            Cause::NoAddress,
        ),
        (
            Preflight::Link,
            down(LinkStatus::Disconnected(DisconnectReason::WrongPassword)),
            "http://192.168.1.20/",
            "link_down",
            Cause::JoinFailed,
        ),
        (
            Preflight::Target,
            chip(home()),
            "http://localhost/",
            "loopback_target",
            Cause::NoHostTarget,
        ),
        (
            Preflight::Target,
            chip(home()),
            "http://127.0.0.1/",
            "loopback_target",
            Cause::NoHostTarget,
        ),
        (
            Preflight::Target,
            chip(home()),
            "http://127.9.9.9/",
            "loopback_target",
            Cause::NoHostTarget,
        ),
        (Preflight::Target, chip(home()), "http://[::1]/", "loopback_target", Cause::NoHostTarget),
        (Preflight::Target, chip(home()), "http://0.0.0.0/", "no_host_target", Cause::NoHostTarget),
        (
            Preflight::Target,
            chip(home()),
            "http://255.255.255.255/",
            "no_host_target",
            Cause::NoHostTarget,
        ),
        (
            Preflight::Target,
            chip(home()),
            "http://239.255.255.250/",
            "no_host_target",
            Cause::NoHostTarget,
        ),
        (Preflight::Target, pc(home()), "http://0.0.0.0/", "no_host_target", Cause::NoHostTarget),
        (
            Preflight::Subnet,
            chip(misplaced()),
            "http://192.168.1.20/",
            "gateway_outside_subnet",
            Cause::WrongSubnet,
        ),
        (
            Preflight::Subnet,
            chip(misplaced()),
            "http://gate.test/",
            "gateway_outside_subnet",
            Cause::WrongSubnet,
        ),
        (Preflight::Dns, chip(static_ip), "http://gate.test/", "no_dns_server", Cause::NoDnsServer),
        (
            Preflight::OwnAddress,
            chip(home()),
            "http://192.168.1.57/",
            "own_address",
            Cause::OwnAddress,
        ),
        (
            Preflight::OwnAddress,
            spanning(home(), own([192, 168, 4, 1])),
            "http://192.168.4.1/",
            "own_address",
            Cause::OwnAddress,
        ),
        (
            Preflight::OwnAddress,
            spanning(home(), own([192, 168, 1, 1])),
            "http://192.168.1.20/",
            "own_network",
            Cause::OwnAddress,
        ),
        (
            Preflight::PlainOnTlsPort,
            chip(home()),
            "http://192.168.1.20:443/",
            "plain_on_tls_port",
            Cause::Scheme,
        ),
    ];
    for (check, link, url, code, cause) in table {
        let what = format!("{check:?} {url} {code}");
        let asked = ask(link.clone(), Config::new(), Method::Get, url, None);
        assert!(asked.touched_nothing(), "{what}: {:?}", asked.log.borrow());
        let (said, verdict) = asked.outcome.unwrap_err();
        assert_eq!(said, code, "{what}");
        assert_eq!(verdict.first().cause, cause, "{what}: {verdict}");
        // Plain HTTP on port 443 is odd, and not impossible.
        let certain = verdict.first().confidence == Confidence::Certain;
        assert_eq!(certain, check != Preflight::PlainOnTlsPort, "{what}: {verdict}");

        // Another check's name changes nothing.
        let other = if check == Preflight::Dns { Preflight::Subnet } else { Preflight::Dns };
        let config = Config::new().without_preflight(other);
        let asked = ask(link.clone(), config, Method::Get, url, None);
        assert!(asked.touched_nothing(), "{what}, without {other:?}");

        // Its own lets the request out.
        let config = Config::new().without_preflight(check);
        let asked = ask(link, config, Method::Get, url, None);
        assert_eq!(asked.outcome.map_err(|(code, _)| code), Ok(200), "{what}, switched off");
        assert!(asked.log.borrow().text(0).starts_with("GET / HTTP/1.1\r\n"), "{what}");
    }
}

#[test]
fn an_address_that_a_name_resolves_to_is_checked_before_it_is_dialled() {
    let none = "name_resolved_to_no_host";
    for (check, link, url, code, cause) in [
        (Preflight::Target, chip(home()), "http://zero.test/", none, Cause::NameNotResolved),
        (Preflight::Target, chip(home()), "http://loop.test/", none, Cause::NameNotResolved),
        (Preflight::Target, pc(home()), "http://zero.test/", none, Cause::NameNotResolved),
        (Preflight::OwnAddress, chip(home()), "http://me.test/", "own_address", Cause::OwnAddress),
    ] {
        let asked = ask(link.clone(), Config::new(), Method::Get, url, None);
        let (said, verdict) = asked.outcome.unwrap_err();
        assert_eq!((said, verdict.first().cause), (code, cause), "{url}");
        assert!(asked.log.borrow().dialed.is_empty() && asked.log.borrow().opened == 0, "{url}");
        let config = Config::new().without_preflight(check);
        let asked = ask(link, config, Method::Get, url, None);
        assert_eq!(asked.outcome.map_err(|(code, _)| code), Ok(200), "{url}, switched off");
    }
}

/// It is the address that counts, not the name in the URL.
#[test]
fn an_address_that_the_caller_gives_is_checked_in_the_names_place() {
    let to = |address: [u8; 4], port| Some(SocketAddr::from((address, port)));
    for (link, to, expected) in [
        (chip(home()), to([192, 168, 1, 57], 80), Err("own_address")),
        (chip(home()), to([127, 0, 0, 1], 80), Err("loopback_target")),
        (chip(home()), to([192, 168, 1, 20], 443), Err("plain_on_tls_port")),
        (chip(misplaced()), to([192, 168, 1, 20], 80), Err("gateway_outside_subnet")),
        (chip(misplaced()), to([192, 168, 0, 9], 80), Ok(200)),
        // No name is resolved, so that no DNS server is missed.
        (chip(ip([192, 168, 1, 57]).with_dns(false)), to([192, 168, 1, 20], 80), Ok(200)),
    ] {
        let asked = ask(link, Config::new(), Method::Get, "http://gate.test/", to);
        assert_eq!(
            asked.outcome.as_ref().map_err(|(code, _)| *code),
            expected.as_ref().map_err(|e| *e),
            "{to:?}"
        );
        assert_eq!(asked.touched_nothing(), expected.is_err(), "{to:?}");
    }
}

#[test]
fn what_may_well_work_is_let_pass() {
    let narrow = |bits: [u8; 4]| misplaced().with_netmask(bits.into());
    let own = ip([192, 168, 4, 1]).with_netmask([255, 255, 255, 0].into());
    for (why, link, url) in [
        ("the target needs no gateway", chip(misplaced()), "http://192.168.0.9/"),
        (
            "a point-to-point link of /31",
            chip(narrow([255, 255, 255, 254])),
            "http://192.168.1.20/",
        ),
        ("a point-to-point link of /32", chip(narrow([255; 4])), "http://192.168.1.20/"),
        (
            "an unknown netmask",
            chip(ip([192, 168, 0, 20]).with_gateway([192, 168, 1, 1].into())),
            "http://10.0.0.1/",
        ),
        (
            "no gateway",
            chip(ip([192, 168, 0, 20]).with_netmask([255, 255, 255, 0].into())),
            "http://10.0.0.1/",
        ),
        (
            "a gateway of 0.0.0.0",
            chip(misplaced().with_gateway([0; 4].into())),
            "http://192.168.0.9/",
        ),
        (
            "nobody knows whether a DNS server is set",
            chip(ip([192, 168, 1, 57])),
            "http://gate.test/",
        ),
        ("a DNS server is set", chip(home().with_dns(true)), "http://gate.test/"),
        ("a PC that asks itself by name", pc(home()), "http://localhost/"),
        ("a PC that asks itself by another name", pc(home()), "http://loop.test/"),
        ("a PC that asks itself", pc(home()), "http://127.0.0.1/"),
        ("a PC that asks its own address", pc(home()), "http://192.168.1.57/"),
        ("a client of the chip's own access point", spanning(home(), own), "http://192.168.4.2/"),
        ("another host of the joined network", spanning(home(), own), "http://192.168.1.20/"),
        ("port 80 by number", chip(home()), "http://192.168.1.20:80/"),
        ("a port that ends in 443", chip(home()), "http://192.168.1.20:8443/"),
        (
            "an address like a subnet's broadcast, which it may not be",
            chip(home()),
            "http://10.0.0.255/",
        ),
    ] {
        let asked = ask(link, Config::new(), Method::Get, url, None);
        assert_eq!(asked.outcome.map_err(|(code, _)| code), Ok(200), "{why}: {url}");
        assert_eq!(asked.log.borrow().dialed.len(), 1, "{why}");
    }
    // What is spoken through a tunnel is the caller's.
    let asked = ask(chip(home()), Config::new(), Method::Connect, "http://192.168.1.20:443/", None);
    assert_eq!(asked.outcome.map_err(|(code, _)| code), Ok(200));
}

#[cfg(feature = "std")]
#[test]
fn an_operating_systems_link_has_a_loopback() {
    let mut cx = cx();
    let stack = ScriptStack::new([Connection::answer(OK)]);
    let network = NalNetwork::new(stack, safe_http_client::PcLink, StackQuirks::UNKNOWN);
    let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 512];
    let sent = online.get("http://127.0.0.1:8080/", &mut buffer).send();
    assert_eq!(sent.unwrap().status(), 200);
}

/// What is wrong in any network has no name among the checks.
#[test]
fn no_switch_lets_out_what_can_never_be_right() {
    let mut config = Config::new();
    for check in [
        Preflight::Link,
        Preflight::Target,
        Preflight::Subnet,
        Preflight::Dns,
        Preflight::OwnAddress,
        Preflight::PlainOnTlsPort,
    ] {
        assert!(config.has_preflight(check), "{check:?}");
        config = config.without_preflight(check);
        assert!(!config.has_preflight(check), "{check:?}");
    }
    for (url, code, cause) in [
        ("http://http://gate.test/", "scheme_in_host", Cause::Scheme),
        ("https://gate.test/", "no_tls", Cause::Scheme),
        ("ftp://gate.test/", "unsupported_scheme", Cause::Scheme),
        ("gate.test/", "malformed_url", Cause::InvalidRequest),
    ] {
        let asked = ask(chip(home()), config.clone(), Method::Get, url, None);
        assert!(asked.touched_nothing(), "{url}");
        let (said, verdict) = asked.outcome.unwrap_err();
        assert_eq!((said, verdict.first().cause), (code, cause), "{url}: {verdict}");
    }
}
