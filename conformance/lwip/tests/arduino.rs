//! The Arduino library's class over the real lwIP: what a sketch calls, and what it is told.
#![cfg(lwip)]

use conformance::scenario::{Act, Peer, say};
use conformance_lwip::{OWN, Rig, c, step};
use lwip_nal::Handler;
use safe_http_client::Cause;
use safe_http_client_c::{
    SHC_BAD_ARGUMENT, SHC_FAILED, SHC_IN_HANDLER, SHC_PENDING, shc_link_associated,
};
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_void};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// csrc/sketch.cpp, which has one client.
unsafe extern "C" {
    fn sketch_begin(url: *const c_char, size: usize) -> bool;
    fn sketch_header(name: *const c_char, value: *const c_char) -> bool;
    safe fn sketch_timeout(ms: u32);
    safe fn sketch_get() -> i32;
    fn sketch_post(text: *const c_char) -> i32;
    safe fn sketch_start() -> i32;
    safe fn sketch_poll() -> i32;
    fn sketch_read(out: *mut c_void, size: usize) -> i32;
    safe fn sketch_string() -> *const c_char;
    safe fn sketch_cause() -> i32;
    fn sketch_error(out: *mut c_char, size: usize) -> *const c_char;
    fn sketch_print_error(out: *mut c_char, size: usize);
    safe fn sketch_is_online() -> bool;
    safe fn sketch_wait_online(ms: u32) -> bool;
    safe fn sketch_end(close: bool);
}

thread_local! {
    static MAY_WAIT: Cell<bool> = const { Cell::new(true) };
}

#[unsafe(no_mangle)]
extern "C" fn sketch_idle() {
    let _handler = Handler::enter();
    step();
}

#[unsafe(no_mangle)]
extern "C" fn sketch_may_wait() -> bool {
    MAY_WAIT.get()
}

/// A URL for the client, which keeps the pointer, and as much of the sketch's memory.
fn begin(url: &CStr, size: usize) -> bool {
    // SAFETY: each test ends the request before its URL goes.
    unsafe { sketch_begin(url.as_ptr(), size) }
}

fn string() -> String {
    // SAFETY: a text of the sketch's memory.
    unsafe { CStr::from_ptr(sketch_string()) }.to_str().unwrap().to_owned()
}

/// What `errorToString` says in so much memory, which nothing is written behind.
fn error_in(size: usize) -> String {
    let mut out = [0x7F as c_char; 700];
    // SAFETY: so many bytes are there, with a zero byte then.
    let text = unsafe { CStr::from_ptr(sketch_error(out.as_mut_ptr(), size)) };
    assert!(out[size..].iter().all(|byte| *byte == 0x7F));
    text.to_str().unwrap().to_owned()
}

fn error() -> String {
    error_in(699)
}

#[test]
fn requests_that_wait_and_requests_that_dont() {
    let mut rig = Rig::start();
    let answer = vec![
        Act::Request,
        say(HELLO),
        Act::Request,
        Act::Body(4),
        say(HELLO),
        Act::Request,
        say(HELLO),
        Act::Request,
        say(HELLO),
    ];
    let url = CString::new(rig.peer.play(vec![answer]) + "/state").unwrap();
    assert!(sketch_is_online() && sketch_wait_online(10));
    assert!(begin(&url, 512));
    assert_eq!((sketch_get(), string().as_str(), error().as_str()), (200, "hello", ""));
    sketch_end(false);

    assert!(begin(&url, 512));
    // SAFETY: constants.
    unsafe {
        assert!(sketch_header(c"X-Door".as_ptr(), c"2".as_ptr()));
        assert_eq!(sketch_post(c"open".as_ptr()), 200);
    }
    assert_eq!(string(), "hello");
    sketch_end(false);

    assert!(begin(&url, 512));
    assert_eq!(sketch_start(), SHC_PENDING);
    let mut turns = 0;
    let status = loop {
        match sketch_poll() {
            SHC_PENDING => sketch_idle(),
            status => break status,
        }
        turns += 1;
    };
    assert_eq!((status, string().as_str()), (200, "hello"));
    assert!(turns > 0, "the loop went on");
    sketch_end(false);

    // In pieces.
    assert!(begin(&url, 512));
    assert_eq!(sketch_get(), 200);
    let mut piece = [0u8; 3];
    let mut read = || {
        // SAFETY: so many bytes are there.
        let count = unsafe { sketch_read(piece.as_mut_ptr().cast(), piece.len()) };
        String::from_utf8(piece[..usize::try_from(count).unwrap()].to_vec()).unwrap()
    };
    assert_eq!([read(), read(), read()], ["hel", "lo", ""]);
    sketch_end(true);
    assert_eq!(rig.peer.accepted(), 1, "the connection was kept");
    let head = &rig.peer.heads()[1];
    assert!(
        head.starts_with("POST /state HTTP/1.1\r\n") && head.contains("X-Door: 2\r\n"),
        "{head}"
    );
}

/// The texts are the causes' own, as `cause_texts.h` has them packed.
#[test]
fn a_failure_says_its_cause_and_what_to_do() {
    let mut rig = Rig::start();
    let silent = rig.peer.play(vec![vec![Act::Request]]);
    let refused = rig.peer.refusing();
    sketch_timeout(200);
    for (url, cause, words) in [
        (
            refused.as_str(),
            Cause::NothingListens,
            ["nothing listens on the port", "isn't bound to 127.0.0.1 only"],
        ),
        (&silent, Cause::SlowServer, ["took longer than the deadline", "(setTimeout)"]),
        (
            "http://nobody.test/",
            Cause::NameNotResolved,
            ["the name doesn't resolve", ".local is mDNS"],
        ),
        (
            "http://localhost/",
            Cause::NoHostTarget,
            ["no other host (localhost", "is the chip itself"],
        ),
        ("https://10.0.0.1/", Cause::Scheme, ["scheme doesn't fit", "https isn't spoken here"]),
        ("10.0.0.1/state", Cause::InvalidRequest, ["can't be sent as it is", "errorCode() says"]),
    ] {
        let url = CString::new(url).unwrap();
        assert!(begin(&url, 512));
        assert_eq!(sketch_get(), SHC_FAILED, "{url:?}");
        assert_eq!(string(), "", "{url:?}");
        let text = error();
        assert_eq!(sketch_cause(), i32::from(cause.number()), "{url:?}: {text}");
        assert!(text.starts_with("cause: ") && text.contains("\ntry:   "), "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        // Printed it is the same, and cut off it is still a text.
        let mut printed = [0 as c_char; 700];
        // SAFETY: so many bytes are there, with a zero byte then.
        let printed = unsafe {
            sketch_print_error(printed.as_mut_ptr(), printed.len());
            CStr::from_ptr(printed.as_ptr())
        };
        assert_eq!(printed.to_str(), Ok(format!("{text}\n").as_str()));
        for size in [1, 2, 20, text.len(), text.len() + 1] {
            assert_eq!(error_in(size), text[..text.len().min(size - 1)]);
        }
        sketch_end(true);
    }
    sketch_timeout(0);
    // No address.
    c::harness_set_address(0);
    shc_link_associated();
    let url = CString::new(refused).unwrap();
    assert!(begin(&url, 512) && !sketch_is_online() && !sketch_wait_online(20));
    assert_eq!(sketch_get(), SHC_FAILED);
    assert!(
        error().contains("no IP address yet") && error().contains("(waitOnline)"),
        "{}",
        error()
    );
    c::harness_address_in(5, OWN.into());
    assert!(sketch_wait_online(50));
    sketch_end(true);
}

#[test]
fn in_a_handler_nothing_is_sent_and_the_cause_is_that() {
    let mut rig = Rig::start();
    let url = CString::new(rig.peer.play(vec![vec![Act::Request, say(HELLO)]])).unwrap();
    assert!(begin(&url, 512));
    assert!(sketch_wait_online(10));
    let before = rig.sent();
    for by_depth in [true, false] {
        let handler = by_depth.then(Handler::enter);
        MAY_WAIT.set(by_depth);
        assert_eq!(sketch_get(), SHC_IN_HANDLER);
        assert_eq!(sketch_start(), SHC_IN_HANDLER);
        assert_eq!(sketch_cause(), i32::from(Cause::EventHandler.number()));
        assert!(error().contains("event handler") && error().contains("in loop()"), "{}", error());
        drop(handler);
        MAY_WAIT.set(true);
    }
    assert_eq!(rig.sent(), before);
    assert_eq!(
        (sketch_get(), string().as_str()),
        (200, "hello"),
        "and it goes on in the main loop"
    );
    sketch_end(true);
}

#[test]
fn what_a_sketch_forgets() {
    let _rig = Rig::start();
    sketch_end(true);
    let begins = "begin() is missing";
    assert_eq!(sketch_get(), SHC_BAD_ARGUMENT);
    assert!(error().contains(begins), "{}", error());
    let url = c"http://10.0.0.1/";
    assert!(!begin(url, 0) && !begin(url, 1), "no memory");
    assert_eq!(sketch_start(), SHC_BAD_ARGUMENT);
    assert!(begin(url, 512));
    for count in 0..5 {
        // SAFETY: constants.
        assert_eq!(unsafe { sketch_header(c"A".as_ptr(), c"b".as_ptr()) }, count < 4);
    }
    assert_eq!(sketch_get(), SHC_BAD_ARGUMENT, "without one of its headers it isn't sent");
    assert!(error().contains("too many headers"));
    sketch_end(true);
    assert_eq!((sketch_poll() < 0, string().as_str()), (true, ""));
    assert!(error().contains("no request under way"), "{}", error());
}
