//! Where a packet can go: hosts that are none, and a netif that goes away.

use crate::{connect, connected};
use conformance::common::cx;
use conformance::scenario::{Act, Peer, config, say};
use conformance_lwip::{OWN, Rig, SERVER, c, clock, is_1_4, name};
use embedded_nal::{TcpClientStack, nb};
use lwip_nal::LwipError;
use safe_http_client::{Cause, Link, LinkStatus, Network, SafeHttpClient};
use std::net::{Ipv4Addr, SocketAddr};

/// lwIP's own patience, without anybody's deadline.
#[test]
fn a_host_that_is_down() {
    let rig = Rig::start();
    let mut lwip = rig.lwip();
    let mut socket = lwip.socket().unwrap();
    let before = c::harness_now();
    let tried = connect(&mut lwip, &mut socket, ([10, 0, 0, 77], 80));
    let ms = c::harness_now() - before;
    assert_eq!(tried, Err(LwipError::TimedOut));
    eprintln!("{}: a host that is down: given up after {ms} ms", name());
    assert!((10_000..60_000).contains(&ms), "{ms}");
    lwip.close(socket).unwrap();
}

/// Where lwIP sends a packet to nobody and waits, the client has refused before.
#[test]
fn targets_that_are_no_host() {
    let rig = Rig::start();
    let mut cx = cx();
    for (target, lwip_says, cause) in [
        ([0, 0, 0, 0], None, Cause::NoHostTarget),
        ([255, 255, 255, 255], None, Cause::NoHostTarget),
        ([224, 0, 0, 251], None, Cause::NoHostTarget),
        (OWN.octets(), None, Cause::OwnAddress),
        // 1.4 asks the gateway for it.
        ([127, 0, 0, 1], (!is_1_4()).then_some(LwipError::NoRoute), Cause::NoHostTarget),
    ] {
        let mut lwip = rig.lwip();
        let mut socket = lwip.socket().unwrap();
        let remote = SocketAddr::from((target, 80));
        let mut said = lwip.connect(&mut socket, remote);
        for _ in 0..3000 {
            if said == Err(nb::Error::WouldBlock) {
                lwip.poll_network();
                said = lwip.connect(&mut socket, remote);
            }
        }
        let expected = lwip_says.map_or(nb::Error::WouldBlock, nb::Error::Other);
        assert_eq!(said, Err(expected), "{target:?}");
        lwip.close(socket).unwrap();

        let mut client = SafeHttpClient::with_config(rig.lwip(), clock(), config());
        let before = rig.sent().syns;
        let mut buffer = [0; 256];
        let url = format!("http://{}/", Ipv4Addr::from(target));
        let mut online = client.online(&mut cx).unwrap();
        let error = online.get(url.as_str(), &mut buffer).send().unwrap_err();
        assert_eq!(client.diagnosis(&error).cause(), cause, "{url}: {error}");
        assert_eq!(rig.sent().syns, before);
    }
}

/// The netif goes, and comes back, between any two calls.
#[test]
fn a_netif_that_goes_away() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    type Breaks = (fn(), fn(), fn(LinkStatus) -> bool);
    let ways: [Breaks; 4] = [
        (|| c::harness_set_up(0), || c::harness_set_up(1), |it| it.ip_config().is_err()),
        (|| c::harness_set_link_up(0), || c::harness_set_link_up(1), |it| it.ip_config().is_err()),
        (
            || c::harness_set_address(0),
            || c::harness_set_address(OWN.into()),
            |it| it == LinkStatus::NoAddress,
        ),
        (|| c::harness_no_default(1), || c::harness_no_default(0), |it| it.ip_config().is_err()),
    ];
    assert!(lwip.link_status().ip_config().is_ok());
    for (goes, returns, is_told) in ways {
        let before = c::harness_live();
        // Before it is opened, before it connects, while it connects, before it sends, before it receives.
        for when in 0..5 {
            rig.peer.play(vec![vec![Act::Request, say("HTTP/1.1 200 OK\r\n\r\n")]]);
            let remote = SocketAddr::from((SERVER, rig.peer.port()));
            let at = |now: i32| {
                if now == when {
                    goes();
                }
            };
            at(0);
            if let Ok(mut socket) = lwip.socket() {
                at(1);
                let _ = lwip.connect(&mut socket, remote);
                at(2);
                rig.pass(20);
                let is_open = lwip.connect(&mut socket, remote).is_ok();
                assert!(is_open || when < 3);
                at(3);
                let _ = lwip.send(&mut socket, b"GET / HTTP/1.1\r\n\r\n");
                at(4);
                assert!(is_told(lwip.link_status()));
                rig.pass(20);
                let _ = lwip.receive(&mut socket, &mut [0; 10]);
                lwip.close(socket).unwrap();
            }
            returns();
            rig.pass(20);
            assert!(lwip.link_status().ip_config().is_ok());
            c::harness_abort_all();
        }
        rig.pass(600);
        let live = c::harness_live();
        // 1.4 forgets what it knew of the network, and keeps it forgotten.
        assert!(live == before || is_1_4() && live < before, "{live} of {before}");
    }
}

/// A connection that has lost its own address isn't said to have timed out.
#[test]
fn a_new_address_ends_what_was_open() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let (mut socket, _) = connected(&mut rig, &mut lwip, vec![]);
    c::harness_set_address(u32::from(OWN) + 1);
    let lost = Err(nb::Error::Other(LwipError::NoAddress));
    assert_eq!(lwip.receive(&mut socket, &mut [0; 9]), lost);
    lwip.close(socket).unwrap();
}
