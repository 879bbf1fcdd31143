//! The functions that C calls, over the real lwIP.
#![cfg(lwip)]

use conformance::scenario::{Act, Peer, say};
use conformance_lwip::{OWN, Rig, c, step};
use lwip_nal::Handler;
use safe_http_client::Cause;
use safe_http_client_c::*;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Key: secret\r\n\r\nhello";

thread_local! {
    static MAY_WAIT: Cell<bool> = const { Cell::new(true) };
    /// What `idle` calls while a function waits.
    static NESTED: Cell<Option<*mut Client>> = const { Cell::new(None) };
    static NESTED_SAID: Cell<i32> = const { Cell::new(0) };
}

extern "C" fn now_ms() -> u32 {
    c::harness_now()
}

extern "C" fn idle() {
    // On the chip the SDK moves packets while the sketch yields.
    let _handler = Handler::enter();
    step();
    if let Some(client) = NESTED.get() {
        // SAFETY: the test's open client.
        NESTED_SAID.set(unsafe { shc_finish(client) });
    }
}

extern "C" fn can_wait() -> bool {
    MAY_WAIT.get()
}

const PLATFORM: Platform =
    Platform { now_ms: Some(now_ms), idle: Some(idle), can_wait: Some(can_wait) };

/// A client in memory of its own, as C has it: with anything in it at first.
struct Memory(Box<MaybeUninit<Client>>);

impl Memory {
    fn filled(with: u8) -> Self {
        let mut memory = Box::new(MaybeUninit::<Client>::uninit());
        // SAFETY: so many bytes are there.
        unsafe { memory.as_mut_ptr().write_bytes(with, 1) };
        Self(memory)
    }

    fn opened() -> Self {
        let mut memory = Self::filled(0xA5);
        // SAFETY: a client's memory.
        assert_eq!(unsafe { shc_open(memory.at(), &PLATFORM) }, SHC_OK);
        memory
    }

    fn at(&mut self) -> *mut Client {
        self.0.as_mut_ptr()
    }
}

fn request(url: &CStr, buffer: &mut [u8]) -> CRequest {
    CRequest {
        method: null(),
        url: url.as_ptr(),
        headers: null(),
        body: null(),
        body_length: 0,
        buffer: buffer.as_mut_ptr().cast(),
        buffer_size: buffer.len(),
        response_timeout_ms: 500,
    }
}

fn diagnosis(client: *mut Client) -> String {
    let mut out = [1 as c_char; 700];
    // SAFETY: an open client, and so many bytes.
    let length = unsafe { shc_diagnosis(client, out.as_mut_ptr(), out.len()) };
    // SAFETY: it ends in a zero byte.
    let text = unsafe { CStr::from_ptr(out.as_ptr()) }.to_str().unwrap().to_owned();
    assert_eq!(text.len(), length.try_into().unwrap(), "{text}");
    text
}

#[test]
fn a_request_with_all_that_it_can_have() {
    let mut rig = Rig::start();
    let mut memory = Memory::opened();
    let client = memory.at();
    let answer = vec![Act::Request, Act::Body(4), say(HELLO), Act::Request, say(HELLO)];
    let url = CString::new(rig.peer.play(vec![answer]) + "/gate").unwrap();
    let mut buffer = [0u8; 512];
    let headers = [c"X-Key", c"secret", c"Accept", c"text/plain"].map(CStr::as_ptr);
    let headers = [&headers[..], &[null()]].concat();
    let post = CRequest {
        method: c"POST".as_ptr(),
        headers: headers.as_ptr(),
        body: b"open".as_ptr().cast(),
        body_length: 4,
        ..request(&url, &mut buffer)
    };
    // SAFETY: all of it is there until the call is finished.
    unsafe {
        assert_eq!(shc_is_online(client), 1);
        assert_eq!(shc_wait_online(client, 100), SHC_OK);
        assert_eq!(shc_start(client, &post), SHC_OK);
        assert_eq!(shc_status(client), SHC_NO_RESPONSE);
        assert_eq!(shc_read(client, [0u8; 4].as_mut_ptr().cast(), 4), SHC_NO_RESPONSE);
        assert_eq!(shc_poll(client), SHC_PENDING);
        assert_eq!(shc_wait(client), SHC_OK);
        assert_eq!(shc_status(client), 200);
        let mut value = [1 as c_char; 8];
        assert_eq!(shc_header(client, c"x-key".as_ptr(), value.as_mut_ptr(), 8), 6);
        assert_eq!(CStr::from_ptr(value.as_ptr()), c"secret");
        assert_eq!(shc_header(client, c"x-key".as_ptr(), value.as_mut_ptr(), 3), 6);
        assert_eq!(CStr::from_ptr(value.as_ptr()), c"se");
        assert_eq!(shc_header(client, c"x-key".as_ptr(), null_mut(), 9), 6);
        assert_eq!(shc_header(client, c"x-none".as_ptr(), value.as_mut_ptr(), 8), SHC_NO_RESPONSE);
        assert_eq!(shc_wait_to_end(client), SHC_OK);
        let mut length = 0;
        let body = shc_body(client, &mut length);
        assert_eq!(std::slice::from_raw_parts(body.cast::<u8>(), length), b"hello");
        assert_eq!((shc_cause(client), diagnosis(client).as_str()), (0, ""));
        assert_eq!(shc_finish(client), SHC_OK);
        assert!(shc_body(client, &mut length).is_null() && length == 0);

        // Again on the same connection, read in pieces.
        assert_eq!(shc_start(client, &request(&url, &mut buffer)), SHC_OK);
        assert_eq!(shc_wait(client), SHC_OK);
        let mut piece = [0u8; 3];
        let out = piece.as_mut_ptr().cast();
        assert_eq!(shc_wait_read(client, out, 3), 3);
        assert_eq!(shc_read(client, out, 3), 2);
        assert_eq!(&piece[..2], b"lo");
        assert_eq!(shc_read(client, out, 3), 0);
        assert_eq!(shc_close(client), SHC_OK);
    }
    assert_eq!(rig.peer.accepted(), 1);
    let head = &rig.peer.heads()[0];
    for line in [
        "POST /gate HTTP/1.1\r\n",
        "X-Key: secret\r\n",
        "Accept: text/plain\r\n",
        "Content-Length: 4\r\n",
    ] {
        assert!(head.contains(line), "{head}");
    }
}

#[test]
fn failures_tell_their_cause() {
    let mut rig = Rig::start();
    let mut memory = Memory::opened();
    let client = memory.at();
    let mut buffer = [0u8; 512];
    let refused = rig.peer.refusing();
    for (url, code, cause) in [
        (refused.as_str(), "connect_failed", Cause::NothingListens),
        ("http://nobody.test/", "name_not_resolved", Cause::NameNotResolved),
        ("http://localhost/", "loopback_target", Cause::NoHostTarget),
        ("https://10.0.0.1/", "no_tls", Cause::Scheme),
        ("not a url", "malformed_url", Cause::InvalidRequest),
    ] {
        let url = CString::new(url).unwrap();
        // SAFETY: as above.
        unsafe {
            let started = shc_start(client, &request(&url, &mut buffer));
            let ended = if started == SHC_OK { shc_wait(client) } else { started };
            assert_eq!(ended, SHC_FAILED, "{url:?}");
            assert_eq!(
                shc_cause(client),
                i32::from(cause.number()),
                "{url:?}: {}",
                diagnosis(client)
            );
            assert!(diagnosis(client).starts_with("cause: "));
            let mut word = [1 as c_char; 32];
            assert!(shc_error_code(client, word.as_mut_ptr(), word.len()) > 0);
            assert_eq!(CStr::from_ptr(word.as_ptr()).to_str(), Ok(code), "{url:?}");
            assert_eq!(shc_poll(client), SHC_NO_RESPONSE);
        }
    }
    // No address: nothing is started.
    c::harness_set_address(0);
    shc_link_associated();
    // SAFETY: as above.
    unsafe {
        assert_eq!(shc_is_online(client), 0);
        let url = CString::new(refused).unwrap();
        assert_eq!(shc_start(client, &request(&url, &mut buffer)), SHC_FAILED);
        assert_eq!(shc_cause(client), i32::from(Cause::NoAddress.number()));
        assert_eq!(shc_wait_online(client, 50), SHC_FAILED);
        shc_link_disconnected(202);
        assert_eq!(shc_wait_online(client, 50), SHC_FAILED);
        assert!(diagnosis(client).contains("password"), "{}", diagnosis(client));
        c::harness_address_in(20, OWN.into());
        assert_eq!(shc_wait_online(client, 50), SHC_OK);
        shc_link_got_ip(u32::from_ne_bytes(OWN.octets()), 0, 0, true);
        shc_link_lost_ip();
        assert_eq!(shc_is_online(client), 1, "the netif knows better");
        shc_close(client);
    }
}

/// What every function answers to a client that isn't one.
fn each(client: *mut Client, buffer: &mut [u8]) -> Vec<(&'static str, i32)> {
    let request = request(c"http://10.0.0.1/", buffer);
    let mut out = [0 as c_char; 16];
    let mut length = 7;
    // SAFETY: null, or memory of a client's size; what it holds is the test.
    unsafe {
        assert!(shc_body(client, &mut length).is_null() && length == 0);
        assert!(shc_body(client, null_mut()).is_null());
        vec![
            ("close", shc_close(client)),
            ("is_online", shc_is_online(client)),
            ("wait_online", shc_wait_online(client, 10)),
            ("start", shc_start(client, &request)),
            ("poll", shc_poll(client)),
            ("wait", shc_wait(client)),
            ("status", shc_status(client)),
            ("header", shc_header(client, c"x".as_ptr(), out.as_mut_ptr(), 16)),
            ("read", shc_read(client, out.as_mut_ptr().cast(), 16)),
            ("wait_read", shc_wait_read(client, out.as_mut_ptr().cast(), 16)),
            ("read_to_end", shc_read_to_end(client)),
            ("wait_to_end", shc_wait_to_end(client)),
            ("finish", shc_finish(client)),
            ("cause", shc_cause(client)),
            ("error_code", shc_error_code(client, out.as_mut_ptr(), 16)),
            ("diagnosis", shc_diagnosis(client, out.as_mut_ptr(), 16)),
        ]
    }
}

#[test]
fn a_client_that_is_null_misaligned_never_opened_or_closed() {
    let rig = Rig::start();
    let before = rig.sent();
    let mut buffer = [0u8; 256];
    let mut all = |client, expected| {
        for (name, said) in each(client, &mut buffer) {
            assert_eq!(said, expected, "{name}");
        }
    };
    all(null_mut(), SHC_BAD_ARGUMENT);
    let mut memory = Memory::filled(0);
    all(memory.at().cast::<u8>().wrapping_add(1).cast(), SHC_BAD_ARGUMENT);
    for with in [0, 0xff, 0xA5] {
        all(Memory::filled(with).at(), SHC_NOT_OPEN);
    }
    let mut memory = Memory::opened();
    // SAFETY: a client's memory.
    unsafe {
        assert_eq!(shc_open(memory.at(), &PLATFORM), SHC_ALREADY_OPEN);
        assert_eq!(shc_close(memory.at()), SHC_OK);
        all(memory.at(), SHC_NOT_OPEN);
        assert_eq!(shc_open(memory.at(), &PLATFORM), SHC_OK, "and opened again");
        assert_eq!(shc_close(memory.at()), SHC_OK);
        assert_eq!(shc_open(null_mut(), &PLATFORM), SHC_BAD_ARGUMENT);
        assert_eq!(shc_open(memory.at(), null()), SHC_BAD_ARGUMENT);
        let without_clock = Platform { now_ms: None, ..PLATFORM };
        assert_eq!(shc_open(memory.at(), &without_clock), SHC_BAD_ARGUMENT);
    }
    assert_eq!(rig.sent(), before);
}

#[test]
fn null_and_empty_in_a_request() {
    let mut rig = Rig::start();
    let mut memory = Memory::opened();
    let client = memory.at();
    let url = CString::new(rig.peer.play(vec![vec![Act::Request, say(HELLO)]])).unwrap();
    let mut buffer = [0u8; 512];
    let with_buffer = |buffer: &mut [u8]| request(&url, buffer);
    let not_utf8 = [0xffu8 as c_char, 0];
    let odd = [c"X-Key".as_ptr(), null()];
    let bad = [not_utf8.as_ptr(), c"x".as_ptr(), null()];
    // SAFETY: what isn't null is there.
    unsafe {
        assert_eq!(shc_start(client, null()), SHC_BAD_ARGUMENT);
        assert_eq!(
            shc_start(client, &with_buffer(&mut [])),
            SHC_BAD_ARGUMENT,
            "a buffer of no bytes"
        );
        for (name, request) in [
            ("no URL", CRequest { url: null(), ..with_buffer(&mut buffer) }),
            (
                "a URL that isn't UTF-8",
                CRequest { url: not_utf8.as_ptr(), ..with_buffer(&mut buffer) },
            ),
            ("no buffer", CRequest { buffer: null_mut(), ..with_buffer(&mut buffer) }),
            ("a length without a body", CRequest { body_length: 4, ..with_buffer(&mut buffer) }),
            (
                "a name without a value",
                CRequest { headers: odd.as_ptr(), ..with_buffer(&mut buffer) },
            ),
            (
                "a name that isn't UTF-8",
                CRequest { headers: bad.as_ptr(), ..with_buffer(&mut buffer) },
            ),
        ] {
            assert_eq!(shc_start(client, &request), SHC_BAD_ARGUMENT, "{name}");
        }
        // Too small for anything: an error of the request's, which says how much it takes.
        for size in 1..64 {
            let started = shc_start(client, &with_buffer(&mut buffer[..size]));
            let ended = if started == SHC_OK { shc_wait(client) } else { started };
            assert_eq!(ended, SHC_FAILED, "{size}");
        }
        assert_eq!(shc_start(client, &with_buffer(&mut buffer)), SHC_OK);
        assert_eq!(shc_wait(client), SHC_OK);
        assert_eq!(shc_read(client, null_mut(), 9), SHC_BAD_ARGUMENT);
        assert_eq!(shc_read(client, buffer.as_mut_ptr().cast(), 0), SHC_BAD_ARGUMENT);
        assert_eq!(shc_header(client, null(), null_mut(), 0), SHC_BAD_ARGUMENT);
        assert_eq!(shc_diagnosis(client, null_mut(), 100), 0);
        assert!(!shc_body(client, null_mut()).is_null());
        shc_close(client);
    }
}

#[test]
fn in_an_event_handler_every_function_says_so_or_only_looks() {
    let mut rig = Rig::start();
    let mut memory = Memory::opened();
    let client = memory.at();
    let mut buffer = [0u8; 512];
    let url = CString::new(rig.peer.play(vec![vec![Act::Request, say(HELLO)]])).unwrap();
    // SAFETY: as above.
    unsafe {
        assert_eq!(shc_start(client, &request(&url, &mut buffer)), SHC_OK);
        assert_eq!(shc_wait(client), SHC_OK);
    }
    let before = rig.sent();
    // By lwIP's depth, and by the platform's own word.
    for by_depth in [true, false] {
        let handler = by_depth.then(Handler::enter);
        MAY_WAIT.set(by_depth);
        // SAFETY: as above.
        unsafe {
            assert_eq!(shc_poll(client), SHC_IN_HANDLER);
            assert_eq!(shc_read(client, [0u8; 4].as_mut_ptr().cast(), 4), SHC_IN_HANDLER);
            assert_eq!(shc_read_to_end(client), SHC_IN_HANDLER);
            assert_eq!(shc_close(client), SHC_IN_HANDLER);
            assert_eq!(shc_start(client, &request(&url, &mut [0; 512])), SHC_IN_HANDLER);
            assert_eq!(shc_wait_online(client, 10), SHC_IN_HANDLER);
            assert_eq!(shc_open(Memory::filled(0).at(), &PLATFORM), SHC_IN_HANDLER);
            assert_eq!(shc_status(client), 200, "it looks");
            assert_eq!(shc_is_online(client), 1);
        }
        drop(handler);
        MAY_WAIT.set(true);
    }
    assert_eq!(rig.sent(), before, "nothing was sent");
    // SAFETY: as above.
    unsafe {
        assert_eq!(shc_wait_to_end(client), SHC_OK, "and it goes on in the main loop");
        shc_close(client);
    }
}

#[test]
fn what_idle_calls_finds_the_client_busy() {
    let mut rig = Rig::start();
    let mut memory = Memory::opened();
    let client = memory.at();
    let mut buffer = [0u8; 512];
    let url = CString::new(rig.peer.play(vec![vec![Act::Request, say(HELLO)]])).unwrap();
    NESTED.set(Some(client));
    // SAFETY: as above.
    unsafe {
        assert_eq!(shc_start(client, &request(&url, &mut buffer)), SHC_OK);
        assert_eq!(shc_wait(client), SHC_OK);
        assert_eq!(NESTED_SAID.get(), SHC_IN_HANDLER);
        NESTED.set(None);
        shc_close(client);
    }
}

#[test]
fn a_body_that_doesnt_fit_can_be_read_in_pieces() {
    let mut rig = Rig::start();
    let mut memory = Memory::opened();
    let client = memory.at();
    let mut buffer = [0u8; 256];
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}", "x".repeat(1000));
    let url = CString::new(rig.peer.play(vec![vec![Act::Request, say(answer)]])).unwrap();
    // SAFETY: as above.
    unsafe {
        assert_eq!(shc_start(client, &request(&url, &mut buffer)), SHC_OK);
        assert_eq!(shc_wait(client), SHC_OK);
        assert_eq!(shc_wait_to_end(client), SHC_FAILED);
        let (mut total, mut piece) = (0, [0u8; 100]);
        loop {
            match shc_wait_read(client, piece.as_mut_ptr().cast(), piece.len()) {
                0 => break,
                count @ 1.. => total += count,
                error => panic!("{error}: {}", diagnosis(client)),
            }
        }
        assert_eq!(total, 1000);
        shc_close(client);
    }
}
