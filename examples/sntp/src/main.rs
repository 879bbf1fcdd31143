//! `sntp`: the time of day for https, over any stack that has UDP.
//!
//! ```text
//! cargo run --example sntp -- pool.ntp.org https://example.org/
//! cargo run --example sntp -- 192.168.1.1:123
//! ```
//!
//! Without a time the certificates of a server can't be checked, and connections are refused. [`ask`] gets it
//! by SNTP, from any stack with embedded-nal's `UdpClientStack`; [`Wall`] keeps it, with a clock that counts
//! since the start. Nobody signs an answer of SNTP: whoever is on the way can set the clock, back to when a
//! stolen certificate was valid, but not to before the program's build.

use embedded_nal::{TcpClientStack, UdpClientStack};
use nal_link::{PcLink, StdClock};
use safe_http_client::{Clock, LoopContext, NalNetwork, SafeHttpClient, StackQuirks, nb};
use safe_http_client_tls::{
    Authority, FULL_RECORD, FnRandom, Pipe, Tls, WallClock, WallTime, session,
};
use sntpc::{NtpContext, NtpTimestampGenerator, NtpUdpSocket};
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::pin;
use std::time::Duration;

/// When this was built, in seconds since 1970: a build script writes it. No time before it is right.
const BUILT: u64 = 1_795_824_000;

/// How long an answer may take.
const PATIENCE_MS: u32 = 2_000;

/// A wall clock of a clock that counts since the start, once it was set.
struct Wall<'c, C> {
    clock: &'c C,
    /// The time of day at a time of the clock's.
    set: Cell<Option<(u64, u32)>>,
}

impl<C: Clock> WallClock for Wall<'_, C> {
    fn now(&self) -> WallTime {
        let Some((seconds, at_ms)) = self.set.get() else { return WallTime::Unknown };
        // Set it again once a day: crystals drift, and milliseconds wrap after 49 days.
        let since = self.clock.now_ms().wrapping_sub(at_ms) / 1000;
        WallTime::Utc(seconds + u64::from(since))
    }
}

impl<C: Clock> Wall<'_, C> {
    fn set(&self, seconds: u64) {
        self.set.set(Some((seconds, self.clock.now_ms())));
    }
}

/// Asks a server for the time of day: seconds since 1970. `random` is to be a number that nobody can guess, another
/// one each time.
fn ask<S: UdpClientStack>(
    stack: &mut S,
    clock: &impl Clock,
    server: SocketAddr,
    random: u64,
) -> Result<u64, sntpc::Error> {
    let socket = stack.socket().map_err(|_| sntpc::Error::Network)?;
    let udp = Udp { shared: RefCell::new((stack, socket)), clock };
    let answer = sntpc::sync::get_time(server, &udp, NtpContext::new(Asked(random)));
    let (stack, socket) = udp.shared.into_inner();
    let _ = stack.close(socket);
    match answer?.seconds {
        seconds @ BUILT.. => Ok(seconds),
        _ => Err(sntpc::Error::InvalidTimestamp),
    }
}

/// A stack's UDP as sntpc wants it.
struct Udp<'s, S: UdpClientStack, C> {
    shared: RefCell<(&'s mut S, S::UdpSocket)>,
    clock: &'s C,
}

impl<S: UdpClientStack, C: Clock> NtpUdpSocket for Udp<'_, S, C> {
    async fn send_to(&self, bytes: &[u8], server: SocketAddr) -> sntpc::Result<usize> {
        let (stack, socket) = &mut *self.shared.borrow_mut();
        stack.connect(socket, server).map_err(|_| sntpc::Error::Network)?;
        nb::block!(stack.send(socket, bytes)).map_err(|_| sntpc::Error::Network)?;
        Ok(bytes.len())
    }

    async fn recv_from(&self, bytes: &mut [u8]) -> sntpc::Result<(usize, SocketAddr)> {
        let (stack, socket) = &mut *self.shared.borrow_mut();
        let began = self.clock.now_ms();
        loop {
            match stack.receive(socket, bytes) {
                Ok(received) => return Ok(received),
                Err(nb::Error::Other(_)) => return Err(sntpc::Error::Network),
                Err(nb::Error::WouldBlock) => self.clock.idle(),
            }
            if self.clock.now_ms().wrapping_sub(began) > PATIENCE_MS {
                return Err(sntpc::Error::Network);
            }
        }
    }
}

/// What time it is as far as anybody knows, from when this was built to a day later: answers are taken for the
/// nearest time to it. An answer has it in it, so that nobody who hasn't seen the request can make one up, and none
/// that comes late is taken for another's.
#[derive(Clone, Copy)]
struct Asked(u64);

impl NtpTimestampGenerator for Asked {
    fn init(&mut self) {}

    fn timestamp_sec(&self) -> u64 {
        BUILT + (self.0 >> 48)
    }

    fn timestamp_subsec_micros(&self) -> u32 {
        self.0 as u32 % 1_000_000
    }
}

/// What this system has for random numbers; a board has a peripheral.
fn fill_random(bytes: &mut [u8]) {
    let filled = File::open("/dev/urandom").and_then(|mut file| file.read_exact(bytes));
    assert!(filled.is_ok(), "no random numbers");
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().unwrap_or("pool.ntp.org".into());
    let server = if server.contains(':') { server } else { format!("{server}:123") };
    let server = match server.to_socket_addrs().map(|mut found| found.next()) {
        Ok(Some(address)) => address,
        Ok(None) => return Err(format!("{server}: no address").into()),
        Err(error) => return Err(format!("{server}: {error}").into()),
    };

    let clock = StdClock::new().with_idle(|| std::thread::sleep(Duration::from_millis(1)));
    let wall = Wall { clock: &clock, set: Cell::new(None) };
    let mut stack = std_embedded_nal::Stack; // your stack here
    println!("before: {:?}", wall.now());
    let mut random = [0; 8];
    fill_random(&mut random);
    let time = ask(&mut stack, &clock, server, u64::from_ne_bytes(random));
    wall.set(time.map_err(|error| format!("no time: {error:?}"))?);
    println!("after: {:?}", wall.now());

    let Some(url) = arguments.next() else { return Ok(()) };
    println!("{}", get(stack, &clock, &wall, &url)?);
    Ok(())
}

/// Gets a page over https, at the time that the clock says now.
fn get<S>(
    stack: S,
    clock: &impl Clock,
    wall: impl WallClock,
    url: &str,
) -> Result<u16, Box<dyn Error>>
where
    S: TcpClientStack + embedded_nal::Dns,
{
    let Some(mut cx) = LoopContext::take() else { unreachable!("it is taken here alone") };
    let (pipe, mut read, mut write) = (Pipe::new(), [0; FULL_RECORD], [0; 1024]);
    let verify = Authority::new(webpki_roots::TLS_SERVER_ROOTS, wall);
    let session = pin!(session(&pipe, &mut read, &mut write, verify, FnRandom(fill_random)));
    let network = NalNetwork::new(stack, PcLink, StackQuirks::STD);
    let mut client = SafeHttpClient::new(Tls::new(network, &pipe, session), clock);
    let mut buffer = vec![0; 4096];
    let mut online = client.online(&mut cx).map_err(|error| error.to_string())?;
    let sent = online.get(url, &mut buffer).send();
    let status = sent.map(|response| response.status()).map_err(|error| error.to_string())?;
    Ok(status)
}
