//! The real lwIP on a PC, at one end of a cable in memory; at the other end is smoltcp with a scripted
//! server, a resolver, and real ARP between them. Time is virtual: a millisecond for each poll.
//!
//! lwIP is one global: a [`Rig`] is lwIP, and there is one at a time.
#![allow(missing_docs, reason = "read by tests alone, where they are written")]
#![cfg(lwip)]

use conformance::smoltcp_net::{self, FarPeer, Plug};
use lwip_nal::Lwip;
use safe_http_client::FnClock;
use std::cell::{Cell, RefCell};
use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The C side, for tests to break things with.
pub mod c {
    use std::ffi::{c_char, c_int, c_void};

    // Each is defined in csrc/harness.c with these types, takes no pointer but where it says so, and is
    // called by whoever holds the [`Rig`](super::Rig).
    unsafe extern "C" {
        pub safe fn harness_start();
        pub(crate) safe fn harness_version() -> u32;
        pub safe fn harness_advance(ms: u32);
        pub safe fn harness_now() -> u32;
        pub safe fn harness_timers();
        pub(crate) fn harness_input(frame: *const c_void, length: usize);
        pub(crate) safe fn harness_failure() -> *const c_char;
        pub safe fn harness_set_address(address: u32);
        pub safe fn harness_set_up(up: c_int);
        pub safe fn harness_set_link_up(up: c_int);
        pub safe fn harness_no_default(none: c_int);
        pub safe fn harness_set_dns(address: u32);
        pub safe fn harness_address_in(ms: u32, address: u32);
        pub safe fn harness_fail(at: usize, from: usize);
        pub safe fn harness_allocations() -> usize;
        pub safe fn harness_live() -> usize;
        pub safe fn harness_limit_pcbs(count: usize);
        pub safe fn harness_unlimited();
        pub safe fn harness_abort_all();
        pub safe fn harness_own_connection(
            at: c_int,
            address: u32,
            port: u16,
            priority: u8,
        ) -> c_int;
        pub safe fn harness_own_is_there(at: c_int) -> c_int;
        pub safe fn harness_naive_connect(address: u32, port: u16, patience: u32) -> c_int;
        pub safe fn harness_naive_connected_at() -> u32;
        pub safe fn harness_naive_end();
        pub safe fn harness_syn_sent() -> c_int;
        pub safe fn harness_window(port: u16) -> c_int;
    }
}

pub const OWN: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

static LWIP: Mutex<()> = Mutex::new(());

thread_local! {
    static PLUG: RefCell<Option<Plug>> = const { RefCell::new(None) };
    static ON_STATUS: Cell<Option<fn()>> = const { Cell::new(None) };
    /// Frames that lwIP sends are lost while this is set.
    static DEAF: Cell<bool> = const { Cell::new(false) };
    static SENT: Cell<Sent> = const { Cell::new(Sent { frames: 0, syns: 0, fins: 0, resets: 0 }) };
}

#[unsafe(no_mangle)]
extern "C" fn harness_output(frame: *const u8, length: usize) {
    // SAFETY: lwIP's netif hands over so many bytes, for the time of the call.
    let frame = unsafe { std::slice::from_raw_parts(frame, length) };
    SENT.set(SENT.get().and(frame));
    // 1.4 sends without an address, too, and smoltcp takes a packet from nobody for a mistake of its own.
    let is_from_nobody = frame.get(12..14) == Some(&[8, 0]) && frame.get(26..30) == Some(&[0; 4]);
    if !DEAF.get() && !is_from_nobody {
        PLUG.with_borrow(|plug| plug.as_ref().inspect(|plug| plug.put(frame)).is_some());
    }
}

/// Frames that lwIP has sent, and those of TCP with these flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub frames: usize,
    pub syns: usize,
    pub fins: usize,
    pub resets: usize,
}

impl Sent {
    fn and(mut self, frame: &[u8]) -> Self {
        const IP: usize = 14;
        self.frames += 1;
        let is_tcp = frame[12..IP] == [8, 0] && frame[IP + 9] == 6;
        let flags = if is_tcp { frame[IP + 20 + 13] } else { 0 };
        self.fins += usize::from(flags & 1 != 0);
        self.syns += usize::from(flags & 2 != 0);
        self.resets += usize::from(flags & 4 != 0);
        self
    }
}

/// Time goes on and the far end works, while lwIP does nothing: what passes on the air while a callback
/// waits.
#[unsafe(no_mangle)]
extern "C" fn harness_tick() {
    c::harness_advance(1);
    smoltcp_net::step_far();
}

#[unsafe(no_mangle)]
extern "C" fn harness_status_changed() {
    if let Some(handler) = ON_STATUS.get() {
        handler();
    }
}

/// Such as `lwIP 2.1.3`.
pub fn name() -> String {
    let version = c::harness_version();
    format!("lwIP {}.{}.{}", version / 100, version / 10 % 10, version % 10)
}

/// Whether it is that of the NONOS SDK: a test says where what it shows is another thing there.
pub fn is_1_4() -> bool {
    c::harness_version() < 200
}

/// A millisecond passes, and all packets and timers that are due get to lwIP.
pub fn step() {
    harness_tick();
    while let Some(frame) = PLUG.with_borrow(|plug| plug.as_ref()?.take()) {
        // SAFETY: it reads so many bytes, and copies them.
        unsafe { c::harness_input(frame.as_ptr().cast(), frame.len()) }
    }
    c::harness_timers();
}

pub fn clock() -> FnClock<impl Fn() -> u32> {
    FnClock(|| c::harness_now())
}

/// lwIP, as long as it is held.
pub struct Rig {
    pub peer: FarPeer,
    _held: MutexGuard<'static, ()>,
}

impl Rig {
    /// The netif with its address, and no connection.
    pub fn start() -> Self {
        let held = LWIP.lock().unwrap_or_else(PoisonError::into_inner);
        ON_STATUS.set(None);
        DEAF.set(false);
        let (plug, peer) = smoltcp_net::cable();
        PLUG.set(Some(plug));
        c::harness_start();
        // What tests before have left: queries that nobody waits for, closes that were put off.
        let rig = Self { peer, _held: held };
        rig.pass(8000);
        c::harness_abort_all();
        rig
    }

    pub fn lwip(&self) -> Lwip {
        // SAFETY: `harness_start` has initialised lwIP, and whoever holds the rig is alone with it.
        unsafe { Lwip::new() }.with_poll(step)
    }

    /// Lets time pass.
    pub fn pass(&self, ms: u32) {
        (0..ms).for_each(|_| step());
    }

    /// Called by lwIP when the netif gets or loses its address: an event handler.
    pub fn on_status(&self, handler: fn()) {
        ON_STATUS.set(Some(handler));
    }

    /// Whether what lwIP sends is lost.
    pub fn deaf(&self, deaf: bool) {
        DEAF.set(deaf);
    }

    /// What lwIP has sent so far.
    pub fn sent(&self) -> Sent {
        SENT.get()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        c::harness_fail(0, 0);
        c::harness_unlimited();
        let failed = c::harness_failure();
        if !failed.is_null() {
            // SAFETY: a text of lwIP's own, that ends in a zero byte.
            let text = unsafe { std::ffi::CStr::from_ptr(failed) };
            panic!("lwIP: {}", text.to_string_lossy());
        }
        assert!(Lwip::can_wait(), "a handler was left");
    }
}
