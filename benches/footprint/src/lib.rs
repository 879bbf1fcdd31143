//! A program that gets a URL, with and without a client: measure.py links its variants, and what one
//! has more than the other is what the client costs. It is never run.
#![no_std]
#![cfg_attr(
    any(
        feature = "esp-at",
        feature = "reqwless",
        feature = "nanofish",
        feature = "asynch",
        feature = "sizes"
    ),
    allow(dead_code, reason = "these variants go without parts of the stack")
)]

#[cfg(any(feature = "reqwless", feature = "nanofish", feature = "asynch"))]
mod async_stack;
#[cfg(any(feature = "download", feature = "events", feature = "multipart"))]
mod bodies;
#[cfg(all(feature = "client", not(feature = "sizes")))]
mod client;
#[cfg(feature = "client")]
mod network;
#[cfg(feature = "second")]
mod second;
#[cfg(feature = "esp-at")]
mod serial;
#[cfg(feature = "sizes")]
mod sizes;
mod stack;
#[cfg(feature = "asynch")]
mod with_asynch;
#[cfg(feature = "nanofish")]
mod with_nanofish;
#[cfg(feature = "reqwless")]
mod with_reqwless;

#[cfg(all(feature = "client", not(feature = "sizes")))]
use client::get;
#[cfg(feature = "asynch")]
use with_asynch::get;
#[cfg(feature = "nanofish")]
use with_nanofish::get;
#[cfg(feature = "reqwless")]
use with_reqwless::get;

unsafe extern "C" {
    fn millis() -> u32;
    fn print(bytes: *const u8, length: usize);
    fn stop() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe { stop() }
}

/// Where all that a variant does is put out, so that none of it is optimised away.
fn put(bytes: &[u8]) {
    unsafe { print(bytes.as_ptr(), bytes.len()) }
}

/// The URL comes at run time: a constant's checks would be done by the compiler.
#[cfg(not(feature = "sizes"))]
#[unsafe(no_mangle)]
extern "C" fn start(url: *const u8, length: usize, buffer: *mut u8, room: usize) -> i32 {
    let url = unsafe { core::slice::from_raw_parts(url, length) };
    let buffer = unsafe { core::slice::from_raw_parts_mut(buffer, room) };
    // Checked, it would count for the program what a client may need itself.
    let url = unsafe { core::str::from_utf8_unchecked(url) };
    #[cfg(feature = "panics")]
    put(&url.as_bytes()[room..]);
    i32::from(get(url, buffer))
}

/// All of the stack, without a client: what is linked of it anyhow.
#[cfg(not(any(
    feature = "client",
    feature = "reqwless",
    feature = "nanofish",
    feature = "asynch",
    feature = "sizes"
)))]
fn get(url: &str, buffer: &mut [u8]) -> bool {
    let got = exchange(stack::Stack, url, buffer).is_ok();
    #[cfg(feature = "second")]
    let got = got && exchange(second::Second, url, buffer).is_ok();
    got
}

#[cfg(not(any(
    feature = "client",
    feature = "reqwless",
    feature = "nanofish",
    feature = "asynch",
    feature = "sizes"
)))]
fn exchange<S, E>(mut stack: S, url: &str, buffer: &mut [u8]) -> Result<(), E>
where
    S: embedded_nal::TcpClientStack<Error = E> + embedded_nal::Dns<Error = E>,
{
    use core::net::SocketAddr;
    use embedded_nal::{AddrType, nb::block};

    put(&unsafe { millis() }.to_le_bytes());
    let address = block!(stack.get_host_by_name(url, AddrType::IPv4))?;
    let mut socket = stack.socket()?;
    block!(stack.connect(&mut socket, SocketAddr::new(address, 80)))?;
    block!(stack.send(&mut socket, url.as_bytes()))?;
    let count = block!(stack.receive(&mut socket, buffer))?;
    put(buffer.get(..count).unwrap_or_default());
    stack.close(socket)
}
