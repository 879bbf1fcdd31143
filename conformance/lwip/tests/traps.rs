//! What lwIP does that isn't plain from its documentation, each shown, with what is made of it.
#![cfg(lwip)]

use conformance::common::cx;
use conformance::scenario::{Act, Peer, config, say};
use conformance::smoltcp_net::KNOWN_NAME;
use conformance_lwip::{OWN, Rig, SERVER, c, clock};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use lwip_nal::{Handler, Lwip, LwipError, Socket};
use safe_http_client::{Cause, Link, LinkStatus, Network, SafeHttpClient};
use std::net::{Ipv4Addr, SocketAddr};

type Tried<T> = Result<T, LwipError>;

/// Polls until it is ready.
fn wait<T>(
    lwip: &mut Lwip,
    mut call: impl FnMut(&mut Lwip) -> nb::Result<T, LwipError>,
) -> Tried<T> {
    for _ in 0..60_000 {
        match call(lwip) {
            Ok(value) => return Ok(value),
            Err(nb::Error::Other(error)) => return Err(error),
            Err(nb::Error::WouldBlock) => lwip.poll_network(),
        }
    }
    panic!("nothing for a minute");
}

fn connect(lwip: &mut Lwip, socket: &mut Socket, remote: impl Into<SocketAddr>) -> Tried<()> {
    let remote = remote.into();
    wait(lwip, |lwip| lwip.connect(socket, remote))
}

/// A connection to the server, which plays this.
fn connected(rig: &mut Rig, lwip: &mut Lwip, script: Vec<Act>) -> (Socket, u16) {
    rig.peer.play(vec![script]);
    let port = rig.peer.port();
    let mut socket = lwip.socket().unwrap();
    connect(lwip, &mut socket, (SERVER, port)).unwrap();
    (socket, port)
}

fn asked(rig: &mut Rig, lwip: &mut Lwip, mut script: Vec<Act>) -> (Socket, u16) {
    script.insert(0, Act::Request);
    let (mut socket, port) = connected(rig, lwip, script);
    assert_eq!(lwip.send(&mut socket, b"GET / HTTP/1.1\r\n\r\n"), Ok(18));
    (socket, port)
}

#[test]
fn a_connection_that_lwip_has_freed_is_touched_by_no_call_after_it() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let before = c::harness_live();

    // lwIP frees a connection before it says so.
    let mut refused = lwip.socket().unwrap();
    assert_eq!(connect(&mut lwip, &mut refused, (SERVER, 9)), Err(LwipError::Refused));
    let (mut reset, _) = asked(&mut rig, &mut lwip, vec![Act::Reset]);
    rig.pass(20);

    for (mut socket, error) in [(refused, LwipError::Refused), (reset, LwipError::Reset)] {
        let other = nb::Error::Other(error);
        assert_eq!(lwip.connect(&mut socket, (SERVER, 9).into()), Err(other));
        assert_eq!(lwip.send(&mut socket, b"x"), Err(other));
        assert_eq!(lwip.receive(&mut socket, &mut [0]), Err(other));
        lwip.close(socket).unwrap();
        reset = lwip.socket().unwrap();
        lwip.close(reset).unwrap();
    }
    // With lwIP's own timer, which runs on for a moment.
    rig.pass(600);
    assert_eq!(c::harness_live(), before, "nothing is left behind");
}

#[test]
fn after_a_connect_that_lwip_fails_at_once_the_connection_is_still_ours_to_close() {
    let rig = Rig::start();
    let mut lwip = rig.lwip();
    let before = c::harness_live();
    let mut socket = lwip.socket().unwrap();
    assert_eq!(c::harness_live(), before + 1);
    c::harness_set_up(0);
    let tried = lwip.connect(&mut socket, (SERVER, 80).into());
    assert_eq!(tried, Err(nb::Error::Other(LwipError::NoRoute)));
    lwip.close(socket).unwrap();
    assert_eq!(c::harness_live(), before);
}

/// What is asked of lwIP inside one of its callbacks would work on a connection that lwIP is in the
/// middle of.
#[test]
fn a_close_in_a_callback_is_put_off() {
    thread_local!(static CLOSED: std::cell::Cell<Option<Socket>> = const { std::cell::Cell::new(None) });
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let (socket, _) = connected(&mut rig, &mut lwip, vec![]);
    CLOSED.set(Some(socket));
    rig.on_status(|| {
        // SAFETY: as for `Rig::lwip`.
        let mut lwip = unsafe { Lwip::new() };
        if let Some(socket) = CLOSED.take() {
            lwip.close(socket).unwrap();
        }
    });
    let before = rig.sent();
    c::harness_address_in(5, u32::from(OWN) + 1);
    c::harness_address_in(6, u32::from(OWN));
    lwip.poll_network();
    assert_eq!(rig.sent().fins, before.fins);
    (0..10).for_each(|_| lwip.poll_network());
    assert!(CLOSED.take().is_none(), "the handler ran");
    // Any call outside does it.
    lwip.socket().map(|socket| lwip.close(socket)).unwrap().unwrap();
    lwip.socket().map(|socket| lwip.close(socket)).unwrap().unwrap();
}

#[test]
fn more_than_lwips_buffer_takes_is_sent_in_parts() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let (mut socket, _) = connected(&mut rig, &mut lwip, vec![Act::Request, Act::Body(5000)]);
    let mut bytes = b"POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n".to_vec();
    bytes.resize(bytes.len() + 5000, b'x');
    // TCP_SND_BUF of them; lwIP itself refuses more whole.
    assert_eq!(lwip.send(&mut socket, &bytes), Ok(1072));
    assert_eq!(lwip.send(&mut socket, &bytes[1072..]), Err(nb::Error::WouldBlock));
    let mut sent = 1072;
    while sent < bytes.len() {
        sent += wait(&mut lwip, |lwip| lwip.send(&mut socket, &bytes[sent..])).unwrap();
    }
    rig.pass(50);
    assert_eq!(rig.peer.heads().len(), 1);
    lwip.close(socket).unwrap();
}

#[test]
fn a_send_halves_what_it_asks_for_while_memory_is_short() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let (mut socket, _) = connected(&mut rig, &mut lwip, vec![]);
    c::harness_fail(1, 0);
    assert_eq!(lwip.send(&mut socket, &[b'x'; 1000]), Ok(500));
    // None at all is no error at first: other connections give theirs back.
    c::harness_fail(0, 1);
    rig.pass(300);
    assert_eq!(lwip.send(&mut socket, &[b'x'; 100]), Err(nb::Error::WouldBlock));
    c::harness_fail(0, 0);
    rig.pass(5000);
    c::harness_fail(0, 1);
    assert_eq!(lwip.send(&mut socket, &[b'x'; 100]), Err(nb::Error::WouldBlock));
    let before = c::harness_now();
    let starved = wait(&mut lwip, |lwip| lwip.send(&mut socket, &[b'x'; 100]));
    assert_eq!(starved, Err(LwipError::NoMemory));
    assert!(c::harness_now() - before >= 1999);
    c::harness_fail(0, 0);
    assert_eq!(lwip.send(&mut socket, &[b'x'; 100]), Ok(100));
    lwip.close(socket).unwrap();
}

/// lwIP closes with a reset where the window isn't whole.
#[test]
fn unread_data_dont_turn_a_close_into_a_reset() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let (mut socket, _) = asked(&mut rig, &mut lwip, vec![say("x".repeat(700))]);
    rig.pass(20);
    assert_eq!(lwip.receive(&mut socket, &mut [0; 100]), Ok(100));
    let before = rig.sent();
    lwip.close(socket).unwrap();
    rig.pass(20);
    let after = rig.sent();
    assert_eq!((after.fins - before.fins, after.resets - before.resets), (1, 0));
}

/// Back-pressure: the window is given back as bytes are read, and not as they come.
#[test]
fn a_slow_reader_slows_the_peer() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let (mut socket, port) = asked(&mut rig, &mut lwip, vec![say("x".repeat(5000))]);
    rig.pass(100);
    assert_eq!(c::harness_window(port), 0, "four segments of 536 wait to be read");
    let mut piece = [0; 2000];
    assert_eq!(lwip.receive(&mut socket, &mut piece), Ok(2000));
    assert_eq!(c::harness_window(port), 2000);
    let mut count = 2000;
    while count < 5000 {
        count += wait(&mut lwip, |lwip| lwip.receive(&mut socket, &mut piece[..7])).unwrap();
    }
    rig.pass(300);
    assert_eq!((count, c::harness_window(port)), (5000, 2144));
    lwip.close(socket).unwrap();
}

#[test]
fn lwip_gives_a_connection_of_ours_to_somebody_else_and_that_is_told() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    const NORMAL: u8 = 64;
    let (mut socket, _) = connected(&mut rig, &mut lwip, vec![]);
    c::harness_limit_pcbs(0);
    assert_eq!(c::harness_own_connection(0, SERVER.into(), rig.peer.port(), NORMAL), 1);
    let displaced = Err(nb::Error::Other(LwipError::Displaced));
    assert_eq!(lwip.receive(&mut socket, &mut [0; 9]), displaced);
    lwip.close(socket).unwrap();
    // And ours throws out nobody of more worth.
    assert_eq!(lwip.socket().unwrap_err(), LwipError::NoSocket);
    assert_eq!(c::harness_own_is_there(0), 1);
}

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
    eprintln!("lwIP 2.1.3: a silent resolver: given up after {ms} ms");
    assert!((5000..8000).contains(&ms), "{ms}");
}

#[test]
fn what_came_before_a_reset_is_read_before_the_reset_is_told() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let (mut socket, _) =
        asked(&mut rig, &mut lwip, vec![say("last words"), Act::Wait(3), Act::Reset]);
    rig.pass(30);
    let mut buffer = [0; 100];
    assert_eq!(lwip.receive(&mut socket, &mut buffer[..4]), Ok(4));
    assert_eq!(lwip.receive(&mut socket, &mut buffer[4..]), Ok(6));
    assert_eq!(&buffer[..10], b"last words");
    let reset = Err(nb::Error::Other(LwipError::Reset));
    assert_eq!(lwip.receive(&mut socket, &mut buffer), reset);
    lwip.close(socket).unwrap();
}

#[test]
fn a_reset_behind_the_peers_end_takes_nothing_away() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let script = vec![say("all of it"), Act::Fin, Act::Wait(3), Act::Reset];
    let (mut socket, _) = asked(&mut rig, &mut lwip, script);
    rig.pass(30);
    let mut buffer = [0; 100];
    assert_eq!(lwip.receive(&mut socket, &mut buffer), Ok(9));
    assert_eq!(lwip.receive(&mut socket, &mut buffer), Ok(0));
    lwip.close(socket).unwrap();
}

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
    eprintln!("lwIP 2.1.3: a host that is down: given up after {ms} ms");
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
        ([127, 0, 0, 1], Some(LwipError::NoRoute), Cause::NoHostTarget),
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
    let no_address = LinkStatus::NoAddress;
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
    assert_ne!(lwip.link_status(), no_address);
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
        assert_eq!(c::harness_live(), before);
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

#[test]
fn buffers_of_no_bytes() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let (mut socket, _) = asked(&mut rig, &mut lwip, vec![say("x")]);
    rig.pass(20);
    assert_eq!(lwip.send(&mut socket, b""), Ok(0));
    assert_eq!(lwip.receive(&mut socket, &mut []), Ok(0));
    assert_eq!(lwip.receive(&mut socket, &mut [0; 4]), Ok(1));
    assert_eq!(lwip.receive(&mut socket, &mut [0; 4]), Err(nb::Error::WouldBlock));
    lwip.close(socket).unwrap();
}

#[test]
fn every_call_in_a_handler_is_refused_and_sends_nothing() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let (mut socket, port) = asked(&mut rig, &mut lwip, vec![say("hello")]);
    rig.pass(20);
    let before = rig.sent();
    let refused = nb::Error::Other(LwipError::InEventHandler);
    {
        let _handler = Handler::enter();
        assert!(!Lwip::can_wait());
        assert_eq!(lwip.socket().unwrap_err(), LwipError::InEventHandler);
        assert_eq!(lwip.connect(&mut socket, (SERVER, port).into()), Err(refused));
        assert_eq!(lwip.send(&mut socket, b"x"), Err(refused));
        assert_eq!(lwip.receive(&mut socket, &mut [0; 9]), Err(refused));
        assert_eq!(lwip.get_host_by_name(KNOWN_NAME, AddrType::IPv4), Err(refused));
        // It only looks.
        assert!(lwip.link_status().ip_config().is_ok());
        // Packets don't move either: lwIP can't be entered.
        let now = c::harness_now();
        lwip.poll_network();
        assert_eq!(c::harness_now(), now);
        lwip.close(socket).unwrap();
        {
            let _in_another = Handler::enter();
        }
        assert!(!Lwip::can_wait(), "handlers are counted");
    }
    assert_eq!(rig.sent(), before);
    assert!(Lwip::can_wait());
    lwip.socket().map(|socket| lwip.close(socket)).unwrap().unwrap();
    rig.pass(20);
    assert_eq!(rig.sent().fins, before.fins + 1, "closed by the first call outside");
}

#[test]
fn sockets_run_out_and_come_back() {
    let rig = Rig::start();
    let mut lwip = rig.lwip();
    let [first, second] = [lwip.socket().unwrap(), lwip.socket().unwrap()];
    assert_eq!(lwip.socket().unwrap_err(), LwipError::NoSocket);
    lwip.close(first).unwrap();
    let third = lwip.socket().unwrap();
    for socket in [second, third] {
        lwip.close(socket).unwrap();
    }
}
