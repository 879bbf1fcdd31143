//! Addresses in other forms, and names that are none.

use crate::common::script::{Connection, ScriptStack};
use crate::common::{TestClock, TestLink, cx};
use safe_http_client::{
    Config, IpConfig, LinkStatus, NalNetwork, Preflight, SafeHttpClient, StackQuirks, Url, UrlError,
};
use std::net::{IpAddr, Ipv4Addr};

const OWN: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 57);

fn code(
    url: &str,
    resolved: Option<IpAddr>,
    netmask: Option<[u8; 4]>,
    config: Config,
) -> &'static str {
    let mut ip = IpConfig::new(OWN.into());
    ip.netmask = netmask.map(Into::into);
    let mut stack = ScriptStack::new([Connection::answer("HTTP/1.1 204 \r\n\r\n")]);
    stack.names = resolved.map(|address| ("gate.test", address)).into_iter().collect();
    let network = NalNetwork::new(stack, TestLink::new(LinkStatus::Up(ip)), StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(1), config);
    let mut cx = cx();
    let mut online = client.online(&mut cx).unwrap();
    online.get(url, [0; 256]).send().map_or_else(|error| error.code(), |_| "sent")
}

#[test]
fn the_links_own_address_is_refused_in_each_form() {
    for url in [
        "http://192.168.1.57/",
        "http://[::ffff:192.168.1.57]/",
        "http://[::ffff:c0a8:139]:8080/",
        "http://[0:0:0:0:0:ffff:192.168.1.57]/",
    ] {
        assert_eq!(code(url, None, None, Config::new()), "own_address", "{url}");
    }
    for address in [IpAddr::V4(OWN), OWN.to_ipv6_mapped().into()] {
        assert_eq!(
            code("http://gate.test/", Some(address), None, Config::new()),
            "own_address",
            "{address}"
        );
    }
    assert_eq!(code("http://[::ffff:192.168.1.58]/", None, None, Config::new()), "sent");
}

#[test]
fn no_host_is_none_in_the_mapped_form_either() {
    for (url, expected) in [
        ("http://[::ffff:127.0.0.1]/", "loopback_target"),
        ("http://[::ffff:0.0.0.0]/", "no_host_target"),
        ("http://[::ffff:255.255.255.255]/", "no_host_target"),
        ("http://[::ffff:224.0.0.1]/", "no_host_target"),
    ] {
        assert_eq!(code(url, None, None, Config::new()), expected, "{url}");
    }
}

/// RFC 919: the last address of a subnet is all of its hosts; so was the first one.
#[test]
fn a_directed_broadcast_is_no_host() {
    let rows: [([u8; 4], &str, &str); 12] = [
        ([255, 255, 255, 0], "192.168.1.255", "no_host_target"),
        ([255, 255, 255, 0], "192.168.1.0", "no_host_target"),
        ([255, 255, 255, 0], "192.168.1.254", "sent"),
        ([255, 255, 255, 0], "192.168.2.255", "sent"),
        ([255, 255, 255, 0], "[::ffff:192.168.1.255]", "no_host_target"),
        ([255, 255, 0, 0], "192.168.255.255", "no_host_target"),
        ([255, 255, 0, 0], "192.168.1.255", "sent"),
        ([255, 255, 255, 192], "192.168.1.63", "no_host_target"),
        ([255, 255, 255, 192], "192.168.1.255", "sent"),
        // A point-to-point link has no such address (RFC 3021).
        ([255, 255, 255, 254], "192.168.1.56", "sent"),
        ([255, 255, 255, 255], "192.168.1.255", "sent"),
        ([255, 255, 255, 0], "10.0.0.255", "sent"),
    ];
    for (netmask, host, expected) in rows {
        let url = format!("http://{host}/");
        assert_eq!(code(&url, None, Some(netmask), Config::new()), expected, "{netmask:?} {host}");
        let switched_off = Config::new().without_preflight(Preflight::Target);
        assert_eq!(code(&url, None, Some(netmask), switched_off), "sent", "{host}");
    }
    assert_eq!(
        code("http://192.168.1.255/", None, None, Config::new()),
        "sent",
        "no netmask is known"
    );
    let name = code(
        "http://gate.test/",
        Some(Ipv4Addr::new(192, 168, 1, 255).into()),
        Some([255, 255, 255, 0]),
        Config::new(),
    );
    assert_eq!(name, "name_resolved_to_no_host");
}

#[test]
fn names_that_are_none_are_not_looked_up() {
    for (host, error) in [
        ("localhost..", UrlError::InvalidHost { at: 17, byte: b'.' }),
        ("a..b", UrlError::InvalidHost { at: 9, byte: b'.' }),
        (".", UrlError::InvalidHost { at: 7, byte: b'.' }),
        ("..", UrlError::InvalidHost { at: 7, byte: b'.' }),
        (".a", UrlError::InvalidHost { at: 7, byte: b'.' }),
        ("0x7f000001", UrlError::InvalidAddress),
        ("0X7F.1", UrlError::InvalidAddress),
        ("127.0.0.0x1", UrlError::InvalidAddress),
        ("a.0x", UrlError::InvalidAddress),
        ("0x7f000001.", UrlError::InvalidAddress),
        ("0177.0.0.1", UrlError::InvalidAddress),
        ("2130706433", UrlError::InvalidAddress),
    ] {
        assert_eq!(Url::parse(&format!("http://{host}/")), Err(error), "{host}");
    }
    for host in ["localhost.", "LOCALHOST", "a.localhost.", "127.1.2.3"] {
        assert_eq!(
            code(&format!("http://{host}/"), None, None, Config::new()),
            "loopback_target",
            "{host}"
        );
    }
    for host in ["a.b.", "a-1.b2", "x0x1", "0xg", "a.0xg", "cafe.0b"] {
        assert!(Url::parse(&format!("http://{host}/")).is_ok(), "{host}");
    }
}
