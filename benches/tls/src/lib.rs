//! A Cortex-M3 whose serial port leads to a server: one connection, opened before the program starts.
//!
//! Instructions are counted by the chip's own timer, which QEMU lets run by them. What the port takes, and
//! what is waited for, doesn't count.
#![no_std]

#[path = "../../../firmware/common/stack_use.rs"]
mod stack_use;

use core::convert::Infallible;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::ptr::{read_volatile, write_volatile};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use cortex_m::peripheral::{Peripherals, SYST, syst::SystClkSource};
use cortex_m_semihosting::{debug, hprintln};
use embedded_io::Read as _;
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{Clock, ErrorOf, IpConfig, Link, LinkStatus, Network, Online};
use stack_use::high_water;

const DATA: *mut u32 = 0x4000_c000 as *mut u32;
const FLAGS: *const u32 = 0x4000_c018 as *const u32;
const LINE_CONTROL: *mut u32 = 0x4000_c02c as *mut u32;
const RECEIVE_EMPTY: u32 = 1 << 4;
const SEND_FULL: u32 = 1 << 5;

/// How often the timer has gone round, and ticks that don't count.
static ROUNDS: AtomicU32 = AtomicU32::new(0);
static PAUSED: AtomicU32 = AtomicU32::new(0);
const ROUND: u32 = 0x0100_0000;

#[cortex_m_rt::exception]
fn SysTick() {
    ROUNDS.store(ROUNDS.load(Relaxed) + 1, Relaxed);
}

fn flags() -> u32 {
    // SAFETY: the port's register; it is only read.
    unsafe { read_volatile(FLAGS) }
}

/// Ticks since the start, modulo 2^32.
fn ticks() -> u32 {
    loop {
        let rounds = ROUNDS.load(Relaxed);
        let now = SYST::get_current();
        if ROUNDS.load(Relaxed) == rounds {
            return rounds.wrapping_mul(ROUND).wrapping_add(ROUND - 1 - now);
        }
    }
}

#[inline(never)]
fn paused<T>(work: impl FnOnce() -> T) -> T {
    let start = ticks();
    let value = work();
    PAUSED.store(PAUSED.load(Relaxed) + ticks().wrapping_sub(start), Relaxed);
    value
}

/// The serial port as a stack.
pub struct Wire;
pub struct Socket(());

#[derive(Debug)]
pub struct Fault;

impl TcpError for Fault {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

impl TcpClientStack for Wire {
    type TcpSocket = Socket;
    type Error = Fault;

    fn socket(&mut self) -> Result<Socket, Fault> {
        Ok(Socket(()))
    }

    fn connect(&mut self, _: &mut Socket, _: SocketAddr) -> nb::Result<(), Fault> {
        Ok(())
    }

    fn send(&mut self, _: &mut Socket, bytes: &[u8]) -> nb::Result<usize, Fault> {
        paused(|| {
            for &byte in bytes {
                while flags() & SEND_FULL != 0 {}
                // SAFETY: the port's register, which has room.
                unsafe { write_volatile(DATA, byte.into()) }
            }
        });
        Ok(bytes.len())
    }

    fn receive(&mut self, _: &mut Socket, buffer: &mut [u8]) -> nb::Result<usize, Fault> {
        let count = paused(|| {
            let mut count = 0;
            for place in buffer {
                // More may be under way: the port holds 16 bytes.
                let mut patience = 2_000;
                while flags() & RECEIVE_EMPTY != 0 && patience > 0 {
                    patience -= if count == 0 { 2_000 } else { 1 };
                }
                if flags() & RECEIVE_EMPTY != 0 {
                    break;
                }
                // SAFETY: the port's register, which has a byte.
                *place = unsafe { read_volatile(DATA) } as u8;
                count += 1;
            }
            count
        });
        if count == 0 { Err(nb::Error::WouldBlock) } else { Ok(count) }
    }

    fn close(&mut self, _: Socket) -> Result<(), Fault> {
        Ok(())
    }
}

impl Dns for Wire {
    type Error = Infallible;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, Infallible> {
        Ok(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20)))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Infallible> {
        Err(nb::Error::WouldBlock)
    }
}

pub struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 57))))
    }
}

/// A clock that stands: whoever runs this has patience enough. Waiting doesn't count.
pub struct Patient;

impl Clock for Patient {
    fn now_ms(&self) -> u32 {
        0
    }

    fn idle(&self) {
        paused(|| {
            let mut patience = 20_000;
            while flags() & RECEIVE_EMPTY != 0 && patience > 0 {
                patience -= 1;
            }
        });
    }
}

pub fn start() {
    if let Some(mut chip) = Peripherals::take() {
        chip.SYST.set_clock_source(SystClkSource::Core);
        chip.SYST.set_reload(ROUND - 1);
        chip.SYST.clear_current();
        chip.SYST.enable_interrupt();
        chip.SYST.enable_counter();
    }
    // SAFETY: the port's register: 8 bits, with its queues.
    unsafe { write_volatile(LINE_CONTROL, 0x70) }
    hprintln!("100000 instructions: {} ticks", ticks_of(hundred_thousand_instructions).1);
}

#[inline(never)]
fn ticks_of<T>(call: impl FnOnce() -> T) -> (T, u32) {
    PAUSED.store(0, Relaxed);
    let start = ticks();
    let value = call();
    let taken = ticks().wrapping_sub(start);
    (value, taken - PAUSED.load(Relaxed))
}

#[inline(never)]
fn hundred_thousand_instructions() {
    // SAFETY: a register is counted down.
    unsafe {
        core::arch::asm!("2:", "subs {left}, #1", "bne 2b", left = inout(reg) 50_000 => _);
    }
}

/// Gets what run.py reads: a small page over a new connection, with the stack that it takes; the same over the
/// connection that was kept; and 64 KiB, that the server sends in pieces of 1 KiB.
pub fn measure<N: Network>(
    scheme: &str,
    mut online: Online<'_, N, Patient>,
    buffer: &mut [u8],
) -> ! {
    let (small, large) = match scheme {
        "https" => ("https://gate.test/small", "https://gate.test/large"),
        _ => ("http://gate.test/small", "http://gate.test/large"),
    };
    let ((got, ticks), stack) = high_water(|| ticks_of(|| get(&mut online, small, buffer)));
    report::<N>("first", got, ticks);
    hprintln!("stack: {} bytes", stack);
    let (got, ticks) = ticks_of(|| get(&mut online, small, buffer));
    report::<N>("kept", got, ticks);
    let (got, ticks) = ticks_of(|| get(&mut online, large, buffer));
    report::<N>("large", got, ticks);
    finish(debug::EXIT_SUCCESS)
}

fn report<N: Network>(what: &str, got: Result<usize, ErrorOf<N>>, ticks: u32) {
    match got {
        Ok(bytes) => hprintln!("{}: {} ticks, {} bytes", what, ticks, bytes),
        Err(error) => {
            hprintln!("{}: {} in {}", what, error.code(), error.phase.name());
            finish(debug::EXIT_FAILURE)
        }
    }
}

#[inline(never)]
fn get<N: Network>(
    online: &mut Online<'_, N, Patient>,
    url: &'static str,
    buffer: &mut [u8],
) -> Result<usize, ErrorOf<N>> {
    let mut piece = [0; 256];
    let mut response = online.get(url, buffer).send()?;
    let mut total = 0;
    loop {
        match response.read(&mut piece)? {
            0 => return Ok(total),
            count => total += count,
        }
    }
}

fn finish(status: debug::ExitStatus) -> ! {
    loop {
        debug::exit(status);
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    finish(debug::EXIT_FAILURE)
}
