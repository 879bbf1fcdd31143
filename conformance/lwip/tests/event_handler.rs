//! The third cause of "connection refused", for real: a request in an event handler.
#![cfg(lwip)]

use conformance::common::cx;
use conformance::scenario::{Act, Peer, config, say};
use conformance_lwip::{OWN, Rig, SERVER, c, clock, name};
use lwip_nal::Lwip;
use safe_http_client::{Cause, Clock, Confidence, Link, LoopContext, Network, SafeHttpClient};
use std::cell::{Cell, RefCell};

const PATIENCE_MS: u32 = 5000;

thread_local! {
    static PORT: Cell<u16> = const { Cell::new(0) };
    static SEEN: RefCell<Vec<(i32, u32, u32)>> = const { RefCell::new(Vec::new()) };
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
    static TOKEN: RefCell<Option<LoopContext>> = const { RefCell::new(None) };
}

/// The netif gets its address from one of lwIP's timers, as DHCP sets it: lwIP calls its status callback.
fn address_comes(lwip: &mut Lwip) {
    c::harness_set_address(0);
    c::harness_address_in(50, OWN.into());
    while lwip.link_status().ip_config().is_err() {
        lwip.poll_network();
    }
}

/// What `onStationModeGotIP` with an `HTTPClient` in it does: the packet goes out, the server answers at
/// once, and the answer waits before the door until the handler is through.
#[test]
fn a_connect_that_waits_in_lwips_callback_never_completes() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    rig.peer.play(vec![vec![]]);
    PORT.set(rig.peer.port());
    rig.on_status(|| {
        // SAFETY: it looks at the netif.
        if unsafe { Lwip::new() }.link_status().ip_config().is_err() {
            return;
        }
        let began = c::harness_now();
        let state = c::harness_naive_connect(SERVER.into(), PORT.get(), PATIENCE_MS);
        SEEN.with_borrow_mut(|seen| seen.push((state, began, c::harness_now())));
    });
    let before = rig.sent().syns;
    address_comes(&mut lwip);

    let (state, began, ended) = SEEN.with_borrow(|seen| seen[0]);
    assert_eq!(state, c::harness_syn_sent());
    assert_eq!(ended - began, PATIENCE_MS);
    assert_eq!(rig.sent().syns, before, "not even the answer to ARP gets in");
    // It was there all the time.
    rig.on_status(|| ());
    rig.pass(5);
    let after = c::harness_naive_connected_at() - ended;
    assert!(after <= 3, "connected {after} ms after the callback");
    eprintln!(
        "{}: a connect that waits in a callback: not there after {} ms; there {after} ms after the \
         callback returned",
        name(),
        ended - began
    );
    c::harness_naive_end();
}

/// Ours in the same place: no token, and where one was smuggled in, an error that names the cause.
#[test]
fn a_request_in_the_same_callback_is_refused_at_once_with_its_cause() {
    let mut rig = Rig::start();
    let mut lwip = rig.lwip();
    rig.peer.play(vec![vec![Act::Request, say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]]);
    PORT.set(rig.peer.port());
    rig.on_status(|| {
        // SAFETY: as for `Rig::lwip`.
        let mut lwip = unsafe { Lwip::new() };
        if lwip.link_status().ip_config().is_err() || SAID.with_borrow(Option::is_some) {
            return;
        }
        assert!(LoopContext::take_if(Lwip::can_wait).is_none(), "the token isn't to be had");

        let mut token = TOKEN.take().expect("smuggled in");
        let mut client = SafeHttpClient::with_config(lwip, clock(), config());
        let began = clock().now_ms();
        let mut buffer = [0; 256];
        let url = format!("http://{SERVER}:{}/", PORT.get());
        let mut online = client.online(&mut token).unwrap();
        let error = online.get(url.as_str(), &mut buffer).send().unwrap_err();
        let diagnosis = client.diagnosis(&error);
        assert_eq!(diagnosis.cause(), Cause::EventHandler, "{diagnosis}");
        assert_eq!(diagnosis.suspects()[0].confidence, Confidence::Certain);
        let text = diagnosis.to_string();
        assert_eq!(clock().now_ms(), began, "at once");
        SAID.set(Some(text));
    });
    TOKEN.set(Some(cx()));
    let before = rig.sent().syns;
    address_comes(&mut lwip);
    let said = SAID.take().expect("the handler ran");
    assert_eq!(rig.sent().syns, before, "and nothing was sent");
    eprintln!("{}: a request in a callback:\n{said}", name());

    // The main loop does it.
    rig.on_status(|| ());
    let mut cx = LoopContext::take_if(Lwip::can_wait).expect("free again");
    let mut client = SafeHttpClient::with_config(lwip, clock(), config());
    let mut buffer = [0; 256];
    let url = format!("http://{SERVER}:{}/", PORT.get());
    let began = clock().now_ms();
    let mut online = client.online(&mut cx).unwrap();
    let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
    assert_eq!(response.read_to_str().unwrap(), "ok");
    drop(response);
    eprintln!(
        "{}: the same request in the main loop: 200 after {} ms",
        name(),
        clock().now_ms() - began
    );
}
