//! The calls into C, and all `unsafe` of this crate. Each function here is safe: what C asks for is that
//! pointers and lengths fit, which slices and references do, and that calls come from the context that
//! runs lwIP, which [`Lwip::new`](crate::Lwip::new) has its caller promise.
#![allow(unsafe_code, reason = "lwIP is C")]

use core::ffi::{c_char, c_int, c_uint, c_void};

/// `struct shl_link` of safe_http_lwip.h.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RawLink {
    pub(crate) address: u32,
    pub(crate) netmask: u32,
    pub(crate) gateway: u32,
    pub(crate) is_up: u8,
    pub(crate) has_dns: u8,
}

unsafe extern "C" {
    fn shl_open() -> c_int;
    fn shl_connect(socket: c_int, address: u32, port: u16) -> c_int;
    fn shl_send(socket: c_int, bytes: *const c_void, length: usize) -> c_int;
    fn shl_receive(socket: c_int, bytes: *mut c_void, length: usize) -> c_int;
    fn shl_close(socket: c_int);
    fn shl_resolve(name: *const c_char, length: usize, address: *mut u32) -> c_int;
    fn shl_link(link: *mut RawLink) -> c_int;
    fn shl_other_link(link: *mut RawLink) -> c_int;
    fn shl_depth() -> c_uint;
    fn shl_enter_handler();
    fn shl_leave_handler();
}

pub(crate) fn open() -> c_int {
    // SAFETY: see above; it takes nothing.
    unsafe { shl_open() }
}

pub(crate) fn connect(socket: c_int, address: u32, port: u16) -> c_int {
    // SAFETY: a number that is no open socket's is an error there, and nothing else.
    unsafe { shl_connect(socket, address, port) }
}

pub(crate) fn send(socket: c_int, bytes: &[u8]) -> c_int {
    // SAFETY: it reads at most so many bytes, and keeps no pointer: lwIP copies.
    unsafe { shl_send(socket, bytes.as_ptr().cast(), bytes.len()) }
}

pub(crate) fn receive(socket: c_int, bytes: &mut [u8]) -> c_int {
    // SAFETY: it writes at most so many bytes, and keeps no pointer.
    unsafe { shl_receive(socket, bytes.as_mut_ptr().cast(), bytes.len()) }
}

pub(crate) fn close(socket: c_int) {
    // SAFETY: as for `connect`.
    unsafe { shl_close(socket) }
}

pub(crate) fn resolve(name: &str, address: &mut u32) -> c_int {
    // SAFETY: it copies so many bytes of the name, and writes one word.
    unsafe { shl_resolve(name.as_ptr().cast(), name.len(), address) }
}

/// The default netif, where there is one.
pub(crate) fn link() -> Option<RawLink> {
    let mut link = RawLink::default();
    // SAFETY: it writes the fields of the structure, which is laid out as C's.
    let found = unsafe { shl_link(&raw mut link) } != 0;
    found.then_some(link)
}

/// Another netif that is up.
pub(crate) fn other_link() -> Option<RawLink> {
    let mut link = RawLink::default();
    // SAFETY: as for `link`.
    let found = unsafe { shl_other_link(&raw mut link) } != 0;
    found.then_some(link)
}

pub(crate) fn depth() -> u32 {
    // SAFETY: it reads a counter.
    unsafe { shl_depth() }
}

pub(crate) fn enter_handler() {
    // SAFETY: it counts.
    unsafe { shl_enter_handler() }
}

pub(crate) fn leave_handler() {
    // SAFETY: it counts, and never below 0.
    unsafe { shl_leave_handler() }
}
