//! Connections, and what lwIP does with them.

use crate::{asked, connect, connected, wait};
use conformance::scenario::{Act, Peer, say};
use conformance::smoltcp_net::KNOWN_NAME;
use conformance_lwip::{OWN, Rig, SERVER, c};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use lwip_nal::{Handler, Lwip, LwipError, Socket};
use safe_http_client::{Link, Network};

#[test]
fn a_connection_that_lwip_has_freed_is_touched_by_no_call_after_it() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    let before = c::harness_live();

    // lwIP frees a connection before it says so.
    let mut refused = lwip.socket().unwrap();
    assert_eq!(connect(&mut lwip, &mut refused, (SERVER, 9)), Err(LwipError::Refused));
    let (reset, _) = asked(&mut rig, &mut lwip, vec![Act::Reset]);
    rig.pass(20);

    for (mut socket, error) in [(refused, LwipError::Refused), (reset, LwipError::Reset)] {
        let other = nb::Error::Other(error);
        assert_eq!(lwip.connect(&mut socket, (SERVER, 9).into()), Err(other));
        assert_eq!(lwip.send(&mut socket, b"x"), Err(other));
        assert_eq!(lwip.receive(&mut socket, &mut [0]), Err(other));
        lwip.close(socket).unwrap();
        let next = lwip.socket().unwrap();
        lwip.close(next).unwrap();
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
    // Any call outside does it: both sockets are free again.
    let sockets = [lwip.socket().unwrap(), lwip.socket().unwrap()];
    for socket in sockets {
        lwip.close(socket).unwrap();
    }
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
