//! Calls that lose their client's connection to a later one.

use super::{Kind, slow_client, slow_client_with, url};
use crate::common::cx;
use crate::support::get;
use safe_http_client::{CloseReason, LoopContext};

#[test]
fn a_call_ends_the_one_before_it_at_any_moment_and_is_not_harmed_by_it() {
    let mut cx = cx();
    for first in Kind::ALL {
        for kept in [false, true] {
            // The one that displaces is of any kind, too, where the first one is the plainest.
            let seconds = if first == Kind::Get { &Kind::ALL[..] } else { &Kind::ALL[..1] };
            for second in seconds {
                let turns =
                    (0..2000).find(|turns| displace_after(*turns, first, *second, kept, &mut cx));
                assert!(turns.expect("it comes to an end") > 20, "{first:?}");
            }
        }
    }
}

/// True if the first call was over by then.
fn displace_after(
    turns: usize,
    first: Kind,
    second: Kind,
    kept: bool,
    cx: &mut LoopContext,
) -> bool {
    let context = format!("{first:?}, kept: {kept}, displaced by {second:?} after {turns} turns");
    let (mut client, log) = slow_client_with(kept, cx);
    let mut displaced = first.start(&mut client, cx);
    let over = (0..turns).any(|_| displaced.turn(&mut client, cx).unwrap());
    let open = client.is_connected();
    let mut work = second.start(&mut client, cx);
    if !over && open {
        let reason = match second {
            Kind::Probe => CloseReason::CallerAsked,
            _ => CloseReason::ResponseNotRead,
        };
        assert_eq!(client.close_reason(), Some(reason), "{context}");
        assert!(!client.is_connected(), "{context}");
    }
    if !over {
        displaced.assert_displaced(&mut client, cx, &context);
    }
    // Polled on, it stays what it is.
    while !work.turn(&mut client, cx).unwrap() {
        let _ = displaced.turn(&mut client, cx);
        if over {
            displaced.assert_done(first, &context);
        }
    }
    work.assert_done(second, &context);
    let opened = log.borrow().opened;
    let _ = displaced.turn(&mut client, cx);
    assert_eq!(log.borrow().opened, opened, "{context}: it opens nothing");
    drop(client);
    let log = log.borrow();
    assert_eq!(log.opened, log.closed, "{context}");
    assert!(log.most_open <= 1, "{context}");
    over
}

/// Without a later call, too: the connection is none of the call's any more.
#[test]
fn a_client_that_is_closed_ends_its_call_at_any_moment() {
    let mut cx = cx();
    for kind in Kind::ALL {
        for turns in 0..60 {
            let context = format!("{kind:?} after {turns} turns");
            let (mut client, log) = slow_client();
            let mut work = kind.start(&mut client, &mut cx);
            if (0..turns).any(|_| work.turn(&mut client, &mut cx).unwrap()) {
                break;
            }
            client.close();
            assert_eq!(log.borrow().opened, log.borrow().closed, "{context}");
            work.assert_displaced(&mut client, &mut cx, &context);
            assert_eq!(get(&mut client, &mut cx, &url("/second")), Ok("/second".into()));
        }
    }
}

/// What it has read stays readable.
#[test]
fn a_call_that_is_over_touches_its_client_no_more() {
    let mut cx = cx();
    let (mut client, log) = slow_client();
    let mut online = client.online(&mut cx).unwrap();
    let mut call = online.get(&url("/first/chunked"), [0; 256]).start().unwrap();
    while call.poll_read_to_end(&mut client, &mut cx).is_err() {}
    assert!(client.is_connected(), "kept, and nobody's");

    let mut second = Kind::PostLent.start(&mut client, &mut cx);
    loop {
        let receives = log.borrow().receives;
        let sends = log.borrow().sends.len();
        assert_eq!(call.poll(&mut client, &mut cx), Ok(()));
        assert_eq!(call.poll_read(&mut client, &mut cx, &mut [0; 9]), Ok(0));
        assert_eq!(call.poll_fill_buf(&mut client, &mut cx), Ok(&b""[..]));
        call.consume(&mut client, 5);
        assert_eq!(call.poll_read_to_end(&mut client, &mut cx), Ok(()));
        assert_eq!(call.body(), b"/first/chunked");
        assert_eq!(call.status(), Some(200));
        let trailer = call.trailers().next().expect("one was sent");
        assert_eq!((trailer.name(), trailer.value()), ("End", &b"/first/chunked"[..]));
        assert_eq!(log.borrow().receives, receives);
        assert_eq!(log.borrow().sends.len(), sends);
        if second.turn(&mut client, &mut cx).unwrap() {
            break;
        }
    }
    second.assert_done(Kind::PostLent, "undisturbed");
    assert_eq!(log.borrow().opened, 1, "on the connection that was kept");
    // Nor does it any other client.
    drop(client);
    let (mut other, log) = slow_client();
    assert_eq!(call.poll(&mut other, &mut cx), Ok(()));
    assert_eq!(call.poll_read(&mut other, &mut cx, &mut [0; 9]), Ok(0));
    assert_eq!(log.borrow().opened, 0);
}

/// Two calls of one client change places: it goes by the call, not by the place.
#[test]
fn swapped_calls_of_one_client_stay_what_they_are() {
    let mut cx = cx();
    for turns in [0, 1, 7, 20, 30] {
        let (mut client, _) = slow_client();
        let mut first = Kind::PostCopied.start(&mut client, &mut cx);
        for _ in 0..turns {
            first.turn(&mut client, &mut cx).unwrap();
        }
        let mut second = Kind::Get.start(&mut client, &mut cx);
        std::mem::swap(&mut first, &mut second);
        second.assert_displaced(&mut client, &mut cx, "now in the second's place");
        first.finish(&mut client, &mut cx).unwrap();
        first.assert_done(Kind::Get, "now in the first's place");
    }
}
