//! The functions that C calls, and all `unsafe` of this crate but the critical section's.
//!
//! Each looks at its pointers before it uses them. What it can't look at it says to its caller: that a
//! pointer which isn't null leads to so many bytes, and that a request's body and buffer stay until the call
//! is finished.
#![allow(unsafe_code, reason = "C's pointers")]
#![allow(clippy::missing_safety_doc, reason = "it is said above, and in the header")]

use crate::inner::{self, Functions, Inner, Request, Text};
use core::ffi::{CStr, c_char, c_void};
use core::ptr;
use core::slice;
use lwip_nal::Lwip;

/// It is done.
pub const SHC_OK: i32 = 0;
/// Not yet: call again.
pub const SHC_PENDING: i32 = -1;
/// A pointer is null, a length is 0, or a text isn't UTF-8.
pub const SHC_BAD_ARGUMENT: i32 = -2;
/// The client isn't open: never opened, or closed again.
pub const SHC_NOT_OPEN: i32 = -3;
/// Called from an event handler, where nothing could ever complete, or from within another of these functions:
/// set a flag there, and do it in the main loop. Nothing was sent.
pub const SHC_IN_HANDLER: i32 = -4;
/// The request failed: shc_cause, shc_error_code and shc_diagnosis tell why.
pub const SHC_FAILED: i32 = -5;
/// There is no request under way, or its response isn't there yet.
pub const SHC_NO_RESPONSE: i32 = -6;
/// The client's memory is open already.
pub const SHC_ALREADY_OPEN: i32 = -7;

/// How many words of 64 bits a client takes.
pub const SHC_CLIENT_WORDS: usize = 112;

/// A client, in the caller's memory. To be used through the functions alone, and not moved while it is open.
#[repr(C)]
#[derive(Debug)]
pub struct Client {
    words: [u64; SHC_CLIENT_WORDS],
}

/// What the client needs of the platform. Kept, and called until the client is closed.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Platform {
    /// Milliseconds from a clock that may wrap, as Arduino's millis(). Not null.
    pub now_ms: Option<extern "C" fn() -> u32>,
    /// Called while a function waits: yield() or delay(1) on Arduino. Null: nothing is.
    pub idle: Option<extern "C" fn()>,
    /// Whether the caller may wait: can_yield() on Arduino. Null: only what lwIP calls back is known.
    pub can_wait: Option<extern "C" fn() -> bool>,
}

/// A request. The structure and its texts are read by shc_start alone; the body and the buffer are used until
/// the call is finished.
#[repr(C)]
#[derive(Debug)]
pub struct CRequest {
    /// Such as "GET". Null: GET.
    pub method: *const c_char,
    /// Such as "http://192.168.1.20/state".
    pub url: *const c_char,
    /// Names and values in turn, ended by a null pointer; or null.
    pub headers: *const *const c_char,
    /// Sent with a Content-Length. Null: none.
    pub body: *const c_void,
    /// Bytes of the body.
    pub body_length: usize,
    /// For the request's head, and then for the response's head and body.
    pub buffer: *mut c_void,
    /// Bytes of the buffer: 512 do for most heads.
    pub buffer_size: usize,
    /// For the response's head to come. 0: the client's own.
    pub response_timeout_ms: u32,
}

/// What stands in a client's memory.
#[repr(C)]
struct Opened {
    mark: usize,
    /// Whether a function works on it: its platform's `idle` may call another one.
    is_busy: usize,
    inner: Inner,
}

/// Of memory that holds an open client. Nothing else has it but by a chance of 1 in 2^32.
const MARK: usize = 0x5AFE_C11E;

const _: () = assert!(size_of::<Opened>() <= size_of::<Client>(), "SHC_CLIENT_WORDS is too small");
const _: () = assert!(align_of::<Opened>() <= align_of::<Client>());

/// An open client, as long as a function works on it.
struct Entered(*mut Opened);

impl Entered {
    fn enter(client: *mut Client) -> Result<Self, i32> {
        let opened: *mut Opened = client.cast();
        if opened.is_null() || !opened.is_aligned() {
            return Err(SHC_BAD_ARGUMENT);
        }
        // SAFETY: the caller's pointer leads to a client's memory, of which a word may be looked at whatever
        // it holds; behind the mark there are the fields that `shc_open` has written.
        unsafe {
            if (*opened).mark != MARK {
                return Err(SHC_NOT_OPEN);
            }
            if (*opened).is_busy != 0 {
                return Err(SHC_IN_HANDLER);
            }
            (*opened).is_busy = 1;
        }
        Ok(Self(opened))
    }

    fn inner(&mut self) -> &mut Inner {
        // SAFETY: it is open, and whoever else asks for it finds it busy.
        unsafe { &mut (*self.0).inner }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // SAFETY: as for `enter`; a client that was closed meanwhile is memory all the same.
        unsafe { (*self.0).is_busy = 0 };
    }
}

/// Does something with the open client.
fn with(client: *mut Client, work: impl FnOnce(&mut Inner) -> i32) -> i32 {
    match Entered::enter(client) {
        Ok(mut entered) => work(entered.inner()),
        Err(error) => error,
    }
}

/// A text of C's.
fn text<'t>(text: *const c_char) -> Result<&'t str, i32> {
    if text.is_null() {
        return Err(SHC_BAD_ARGUMENT);
    }
    // SAFETY: not null, and the caller ends it with a zero byte.
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| SHC_BAD_ARGUMENT)
}

/// Memory that C lends for writing; nothing where it is null.
fn memory<'m>(start: *mut c_void, length: usize) -> &'m mut [u8] {
    if start.is_null() || length > isize::MAX as usize {
        return &mut [];
    }
    // SAFETY: the caller has so many bytes there, that nobody else uses meanwhile.
    unsafe { slice::from_raw_parts_mut(start.cast(), length) }
}

/// Opens a client in this memory, whatever it holds. lwIP has to be initialised. In an event handler:
/// SHC_IN_HANDLER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_open(client: *mut Client, platform: *const Platform) -> i32 {
    match Entered::enter(client) {
        Ok(_) => return SHC_ALREADY_OPEN,
        Err(SHC_NOT_OPEN) => {}
        Err(error) => return error,
    }
    if platform.is_null() || !platform.is_aligned() {
        return SHC_BAD_ARGUMENT;
    }
    // SAFETY: not null; the caller has one there.
    let platform = unsafe { *platform };
    let Some(now_ms) = platform.now_ms else { return SHC_BAD_ARGUMENT };
    let functions = Functions { now_ms, idle: platform.idle, can_wait: platform.can_wait };
    // SAFETY: what it asks for is asked of the caller above, and by the header.
    let lwip = unsafe { Lwip::new() };
    let Some(inner) = Inner::new(lwip, functions) else { return SHC_IN_HANDLER };
    // SAFETY: it fits, as the assertions above say, and the memory is the caller's.
    unsafe { client.cast::<Opened>().write(Opened { mark: MARK, is_busy: 0, inner }) };
    SHC_OK
}

/// Closes a client and its connection. Its memory is the caller's again, and every function but shc_open
/// answers SHC_NOT_OPEN. In an event handler: SHC_IN_HANDLER, and it stays open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_close(client: *mut Client) -> i32 {
    let mut entered = match Entered::enter(client) {
        Ok(entered) => entered,
        Err(error) => return error,
    };
    if !entered.inner().may_wait() {
        return SHC_IN_HANDLER;
    }
    // SAFETY: the mark goes first, so that it is dropped once.
    unsafe {
        (*entered.0).mark = 0;
        ptr::drop_in_place(&raw mut (*entered.0).inner);
    }
    SHC_OK
}

/// Whether there is an IP address: 1 or 0. Only looks; in event handlers, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_is_online(client: *mut Client) -> i32 {
    with(client, |inner| inner.is_online().into())
}

/// Waits for an IP address, for so many milliseconds at most. Ends a call before it. SHC_FAILED where none
/// came. In an event handler: SHC_IN_HANDLER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_wait_online(client: *mut Client, patience_ms: u32) -> i32 {
    with(client, |inner| inner.wait_online(patience_ms))
}

/// Starts a request: SHC_OK, and shc_poll or shc_wait brings it on its way. Ends a call before it. SHC_FAILED
/// where it can't be made, for want of an address above all. In an event handler: SHC_IN_HANDLER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_start(client: *mut Client, request: *const CRequest) -> i32 {
    with(client, |inner| start(inner, request).unwrap_or_else(|error| error))
}

fn start(inner: &mut Inner, request: *const CRequest) -> Result<i32, i32> {
    if request.is_null() || !request.is_aligned() {
        return Err(SHC_BAD_ARGUMENT);
    }
    // SAFETY: not null; the caller has one there, and leaves it alone meanwhile.
    let request = unsafe { &*request };
    let method = if request.method.is_null() { "GET" } else { text(request.method)? };
    let body = if request.body_length == 0 {
        &[]
    } else if request.body.is_null() || request.body_length > isize::MAX as usize {
        return Err(SHC_BAD_ARGUMENT);
    } else {
        // SAFETY: not null; the caller has so many bytes there, until the call is finished.
        unsafe { slice::from_raw_parts(request.body.cast(), request.body_length) }
    };
    if request.buffer.is_null() || !(1..=isize::MAX as usize).contains(&request.buffer_size) {
        return Err(SHC_BAD_ARGUMENT);
    }
    let headers = Headers { next: request.headers };
    if !headers.are_texts() {
        return Err(SHC_BAD_ARGUMENT);
    }
    let url = text(request.url)?;
    let response_timeout_ms = request.response_timeout_ms;
    // The call before may have the same buffer: it ends before that is lent again.
    inner.end_for_another()?;
    let buffer = memory(request.buffer, request.buffer_size);
    let wanted = Request { method, url, body, response_timeout_ms };
    Ok(inner.start(&wanted, headers, buffer))
}

/// Names and values in turn.
#[derive(Clone, Copy)]
struct Headers {
    next: *const *const c_char,
}

impl Headers {
    /// A name without a value isn't one, nor is one that isn't UTF-8.
    fn are_texts(mut self) -> bool {
        loop {
            match (self.step(), self.next.is_null()) {
                (None, _) => return true,
                (Some(name), false) => {
                    let is_pair = self.step().is_some_and(|value| text(value).is_ok());
                    if !is_pair || text(name).is_err() {
                        return false;
                    }
                }
                (Some(_), true) => return false,
            }
        }
    }

    fn step(&mut self) -> Option<*const c_char> {
        if self.next.is_null() {
            return None;
        }
        // SAFETY: the caller's list ends in a null pointer, behind which nothing is looked at.
        let found = unsafe { *self.next };
        if found.is_null() {
            return None;
        }
        // SAFETY: it wasn't the last.
        self.next = unsafe { self.next.add(1) };
        Some(found)
    }
}

impl Iterator for Headers {
    type Item = (&'static str, &'static [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let name = text(self.step()?).ok()?;
        Some((name, text(self.step()?).ok()?.as_bytes()))
    }
}

/// Goes on with a request as far as it can: SHC_OK once the response's head is there, SHC_PENDING before. In
/// an event handler: SHC_IN_HANDLER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_poll(client: *mut Client) -> i32 {
    with(client, |inner| inner.poll(false))
}

/// The same, and waits for it. Every deadline has an end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_wait(client: *mut Client) -> i32 {
    with(client, |inner| inner.poll(true))
}

/// The response's status, such as 200. Only looks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_status(client: *mut Client) -> i32 {
    with(client, |inner| {
        inner.call().and_then(|call| call.status()).map_or(SHC_NO_RESPONSE, i32::from)
    })
}

/// The value of a header field, the first of this name, copied and cut off where it doesn't fit, with a zero
/// byte behind it. Returns its whole length, as snprintf does; SHC_NO_RESPONSE where there is none. Only
/// looks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_header(
    client: *mut Client,
    name: *const c_char,
    out: *mut c_char,
    out_size: usize,
) -> i32 {
    let name = match text(name) {
        Ok(name) => name,
        Err(error) => return error,
    };
    with(client, |inner| {
        let head = inner.call().and_then(|call| call.head());
        let Some(value) = head.as_ref().and_then(|head| head.header(name)) else {
            return SHC_NO_RESPONSE;
        };
        let out = memory(out.cast(), out_size);
        let count = value.len().min(out.len().saturating_sub(1));
        for (to, from) in out.iter_mut().zip(value.iter().take(count)) {
            *to = *from;
        }
        if let Some(end) = out.get_mut(count) {
            *end = 0;
        }
        i32::try_from(value.len()).unwrap_or(i32::MAX)
    })
}

/// Reads body: how many bytes, 0 at its end, SHC_PENDING. In an event handler: SHC_IN_HANDLER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_read(client: *mut Client, out: *mut c_void, out_size: usize) -> i32 {
    with(client, |inner| inner.read(memory(out, out_size), false))
}

/// The same, and waits for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_wait_read(
    client: *mut Client,
    out: *mut c_void,
    out_size: usize,
) -> i32 {
    with(client, |inner| inner.read(memory(out, out_size), true))
}

/// Reads the whole body into the request's buffer: SHC_OK, and shc_body has it; SHC_PENDING. A body that
/// doesn't fit is SHC_FAILED. In an event handler: SHC_IN_HANDLER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_read_to_end(client: *mut Client) -> i32 {
    with(client, |inner| inner.read_to_end(false))
}

/// The same, and waits for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_wait_to_end(client: *mut Client) -> i32 {
    with(client, |inner| inner.read_to_end(true))
}

/// What of the body is in the request's buffer, and how long it is; without a zero byte behind it. It stays
/// until the next function that reads, or that ends the call. Null where there is none. Only looks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_body(client: *mut Client, length: *mut usize) -> *const c_char {
    // The bytes are the caller's own buffer's, and outlive the look at the client.
    let body = Entered::enter(client).ok().and_then(|mut entered| {
        let body = entered.inner().call()?.body();
        Some((body.as_ptr(), body.len()))
    });
    if !length.is_null() && length.is_aligned() {
        // SAFETY: not null; the caller has a word there.
        unsafe { length.write(body.map_or(0, |(_, length)| length)) };
    }
    body.map_or(ptr::null(), |(start, _)| start.cast())
}

/// Ends a call: its buffer and body are the caller's again. A connection that can be kept is. In an event
/// handler, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_finish(client: *mut Client) -> i32 {
    with(client, |inner| {
        inner.finish();
        SHC_OK
    })
}

/// The number of the cause of the last failure, as the documentation's pages have it; 0 where there was none.
/// Only looks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_cause(client: *mut Client) -> i32 {
    with(client, |inner| inner.cause())
}

/// The last failure in a word, such as "connect_failed", with a zero byte behind it. Returns its whole
/// length, as snprintf does. Only looks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_error_code(
    client: *mut Client,
    out: *mut c_char,
    out_size: usize,
) -> i32 {
    say(client, out, out_size, Inner::write_code)
}

/// The last failure in words: the cause, what to do, and what was seen; some lines of at most 80 bytes, with a
/// zero byte behind them: 700 bytes as a rule, 1000 at most. Returns the whole length, as snprintf does. Only
/// looks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn shc_diagnosis(
    client: *mut Client,
    out: *mut c_char,
    out_size: usize,
) -> i32 {
    say(client, out, out_size, Inner::write_diagnosis)
}

/// Has the client write a text, and ends it as snprintf does.
fn say(
    client: *mut Client,
    out: *mut c_char,
    out_size: usize,
    write: fn(&Inner, &mut Text<'_>),
) -> i32 {
    with(client, |inner| {
        let mut text = Text::new(memory(out.cast(), out_size));
        write(inner, &mut text);
        text.end()
    })
}

/// For event handlers: on an access point, without an address.
#[unsafe(no_mangle)]
pub extern "C" fn shc_link_associated() {
    inner::associated();
}

/// For event handlers: an address, each number of it a byte in order, as lwIP and Arduino have them. 0: not
/// known.
#[unsafe(no_mangle)]
pub extern "C" fn shc_link_got_ip(address: u32, netmask: u32, gateway: u32, has_dns: bool) {
    inner::got_ip(address, netmask, gateway, has_dns);
}

/// For event handlers: the address is gone.
#[unsafe(no_mangle)]
pub extern "C" fn shc_link_lost_ip() {
    inner::lost_ip();
}

/// For event handlers: not on an access point any more, for this reason of the SDK's.
#[unsafe(no_mangle)]
pub extern "C" fn shc_link_disconnected(reason: u8) {
    inner::disconnected(reason);
}
