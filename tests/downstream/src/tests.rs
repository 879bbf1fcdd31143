//! Several tests, each with a token, a client and events of its own, side by side.

use crate::stack::Stack;
use crate::{Doorbell, Turn};
use safe_http_client::{
    DisconnectReason, FnClock, LinkEvents, LoopContext, NalNetwork, StackQuirks, WithoutDns,
};
use std::net::Ipv4Addr;

type Bell<'a> = Doorbell<NalNetwork<WithoutDns<Stack>, &'a LinkEvents>, FnClock<fn() -> u32>>;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 57);

fn bell(events: &LinkEvents, stack: Stack) -> Bell<'_> {
    let network = NalNetwork::without_dns(stack, events, StackQuirks::UNKNOWN);
    // With `std` each thread has a token, and a test is a thread.
    Doorbell::new(network, FnClock(|| 0), LoopContext::take().unwrap())
}

fn answering(answers: &[&'static [u8]]) -> Stack {
    Stack { answers: answers.iter().copied().collect(), ..Stack::default() }
}

#[test]
fn a_ring_waits_for_an_address() {
    let events = LinkEvents::new();
    let mut bell = bell(&events, answering(&[b"HTTP/1.1 204 No Content\r\n\r\n"]));
    assert_eq!(bell.turn(true), Turn::Idle);
    assert_eq!(bell.turn(false), Turn::Idle);
    events.associated();
    assert_eq!(bell.turn(false), Turn::Idle, "on the access point isn't online");
    events.got_ip(ADDRESS);
    assert_eq!(bell.turn(false), Turn::Ringing);
    assert_eq!(until_done(&mut bell), Turn::Answered(204));
    assert_eq!(bell.turn(false), Turn::Idle, "it was one ring");
}

#[test]
fn the_loop_goes_on_while_the_house_thinks() {
    let events = LinkEvents::new();
    events.got_ip(ADDRESS);
    let slow: &[&[u8]] =
        &[b"", b"HTTP/1.1 200 OK\r\nContent-", b"", b"", b"Length: 2\r\n\r\no", b"", b"k"];
    let mut bell = bell(&events, answering(slow));
    assert_eq!(bell.turn(true), Turn::Ringing);
    let mut waited = 0;
    while bell.turn(false) == Turn::Ringing {
        waited += 1;
    }
    assert!(waited >= 4, "{waited} turns passed meanwhile");
}

#[test]
fn a_ring_that_fails_is_rung_again() {
    let events = LinkEvents::new();
    events.got_ip(ADDRESS);
    let mut bell = bell(&events, Stack { refuses: true, ..Stack::default() });
    assert_eq!(bell.turn(true), Turn::Ringing);
    assert_eq!(until_done(&mut bell), Turn::Failed);
    assert_eq!(bell.turn(false), Turn::Ringing);
}

#[test]
fn a_link_that_goes_down_ends_the_ring() {
    let events = LinkEvents::new();
    events.got_ip(ADDRESS);
    let mut bell = bell(&events, answering(&[]));
    assert_eq!(bell.turn(true), Turn::Ringing);
    events.disconnected(DisconnectReason::Unknown);
    assert_eq!(until_done(&mut bell), Turn::Failed);
    assert_eq!(bell.turn(false), Turn::Idle);
}

fn until_done(bell: &mut Bell<'_>) -> Turn {
    (0..100).map(|_| bell.turn(false)).find(|turn| *turn != Turn::Ringing).unwrap()
}
