//! esp-at-nal on the simulated modem: an `AtatClient` over its port.
//!
//! The client writes each command and waits for its `OK` or `ERROR`; unsolicited messages go to the
//! adapter's channel through esp-at-nal's own parser. It looks at the port wherever the adapter or
//! this crate's client would wait, as an interrupt does on a board.

use crate::Result;
use crate::ours::Virtual;
use atat::blocking::AtatClient;
use atat::{AtatCmd, AtatUrc, InternalError};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pubsub::{PubSubChannel, Publisher};
use esp_at_nal::urc::URCMessages;
use esp_at_nal::wifi::{Adapter, WifiAdapter};
use esp8266_sim::{Config, Handle, SerialPort, Simulator, VirtualClock};
use fugit_timer::{Timer, TimerDurationU32, TimerInstantU32};
use safe_http_client::{IpConfig, Link, LinkStatus, NalNetwork, StackQuirks, WithoutDns};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

/// Messages that the channel has room for, as in esp-at-nal's examples.
pub const MESSAGES: usize = 8;

pub type Messages<const SIZE: usize> = URCMessages<SIZE>;
type Mutex = CriticalSectionRawMutex;
type Channel<const SIZE: usize> = PubSubChannel<Mutex, Messages<SIZE>, MESSAGES, 1, 1>;

pub type Stack<const SIZE: usize> =
    Adapter<'static, Client<SIZE>, Countdown<SIZE>, 1000, SIZE, SIZE, MESSAGES>;
pub type Nal<const SIZE: usize> = NalNetwork<WithoutDns<Stack<SIZE>>, Up>;

/// Looks at the port.
trait Pump {
    fn pump(&mut self);
}

thread_local! {
    /// The port at hand. Here because a stack's poll function is a plain `fn`.
    static PORT: RefCell<Option<Rc<RefCell<dyn Pump>>>> = const { RefCell::new(None) };
}

/// The port, and what has come from it.
struct Digest<const SIZE: usize> {
    port: SerialPort,
    bytes: Vec<u8>,
    /// Messages that found no room yet.
    waiting: VecDeque<Messages<SIZE>>,
    publisher: Publisher<'static, Mutex, Messages<SIZE>, MESSAGES, 1, 1>,
    /// How the command at hand ended.
    answer: Option<bool>,
}

impl<const SIZE: usize> Pump for Digest<SIZE> {
    fn pump(&mut self) {
        let mut piece = [0; 256];
        let count = self.port.read_now(&mut piece);
        self.bytes.extend_from_slice(&piece[..count]);
        while self.digest() {}
        while let Some(message) = self.waiting.pop_front() {
            if let Err(message) = self.publisher.try_publish(message) {
                self.waiting.push_front(message);
                break;
            }
        }
    }
}

impl<const SIZE: usize> Digest<SIZE> {
    /// Takes a message from the bytes; tells whether there was one.
    fn digest(&mut self) -> bool {
        let noise = self.bytes.iter().take_while(|byte| b"\r\n> ".contains(byte)).count();
        self.bytes.drain(..noise);
        if self.bytes.starts_with(b"+CIPRECVDATA") {
            let Some(length) = data_message(&self.bytes) else { return false };
            let message: Vec<u8> = self.bytes.drain(..length).collect();
            self.waiting.extend(Messages::<SIZE>::parse(&message));
            return true;
        }
        let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\r\n") else {
            return false;
        };
        let line: Vec<u8> = self.bytes.drain(..end + 2).collect();
        match &line[..end] {
            b"OK" => self.answer = Some(true),
            b"ERROR" | b"FAIL" => self.answer = Some(false),
            // Shorter than what esp-at-nal's parser looks at.
            short if short.len() < 4 => {}
            _ => self.waiting.extend(Messages::<SIZE>::parse(&line)),
        }
        true
    }
}

/// The length of a whole `+CIPRECVDATA,<n>:<data>` or `+CIPRECVDATA:<n>,<data>`.
fn data_message(bytes: &[u8]) -> Option<usize> {
    const NAME: usize = "+CIPRECVDATA,".len();
    let digits = bytes.get(NAME..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length: usize = std::str::from_utf8(&bytes[NAME..NAME + digits]).ok()?.parse().ok()?;
    let whole = NAME + digits + 1 + length;
    (bytes.len() >= whole).then_some(whole)
}

/// What the adapter takes for a serial port.
pub struct Client<const SIZE: usize> {
    digest: Rc<RefCell<Digest<SIZE>>>,
    clock: VirtualClock,
    turnaround: Duration,
}

impl<const SIZE: usize> Client<SIZE> {
    /// Writes a command, and waits for its answer if there is one.
    fn command(&mut self, bytes: &[u8], answered: bool, most: Duration) -> Option<bool> {
        self.clock.advance(self.turnaround);
        self.digest.borrow_mut().answer = None;
        self.digest.borrow_mut().port.write_now(bytes);
        if !answered {
            return Some(true);
        }
        let begin = self.clock.now();
        loop {
            self.digest.borrow_mut().pump();
            let answer = self.digest.borrow_mut().answer.take();
            if answer.is_some() || self.clock.now() - begin > most {
                return answer;
            }
        }
    }
}

impl<const SIZE: usize> AtatClient for Client<SIZE> {
    fn send<A: AtatCmd>(&mut self, command: &A) -> std::result::Result<A::Response, atat::Error> {
        let mut bytes = vec![0; A::MAX_LEN.max(512)];
        let length = command.write(&mut bytes);
        let most = Duration::from_millis(A::MAX_TIMEOUT_MS.into());
        match self.command(&bytes[..length], A::EXPECTS_RESPONSE_CODE, most) {
            Some(true) => command.parse(Ok(b"")),
            Some(false) => command.parse(Err(InternalError::Error)),
            None => Err(atat::Error::Timeout),
        }
    }
}

/// The adapter's timer, which looks at the port.
pub struct Countdown<const SIZE: usize> {
    digest: Rc<RefCell<Digest<SIZE>>>,
    clock: VirtualClock,
    end: Duration,
}

impl<const SIZE: usize> Timer<1000> for Countdown<SIZE> {
    type Error = ();

    fn now(&mut self) -> TimerInstantU32<1000> {
        TimerInstantU32::from_ticks(self.clock.now_ms() as u32)
    }

    fn start(&mut self, duration: TimerDurationU32<1000>) -> std::result::Result<(), ()> {
        self.end = self.clock.now() + Duration::from_millis(duration.to_millis().into());
        Ok(())
    }

    fn cancel(&mut self) -> std::result::Result<(), ()> {
        Ok(())
    }

    fn wait(&mut self) -> nb::Result<(), ()> {
        self.digest.borrow_mut().pump();
        if self.clock.now() >= self.end { Ok(()) } else { Err(nb::Error::WouldBlock) }
    }
}

/// The link, of which the adapter tells this crate nothing.
pub struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 4, 2))))
    }
}

fn poll<const SIZE: usize>(_: &mut WithoutDns<Stack<SIZE>>, _: &mut Up) {
    PORT.with_borrow(|port| {
        if let Some(port) = port {
            port.borrow_mut().pump();
        }
    });
}

/// A modem that has joined its access point, in virtual time; receives and sends have buffers of
/// `SIZE` bytes. The echo was switched off, which esp-at-nal leaves to its program.
pub fn joined<const SIZE: usize>(
    config: Config,
    turnaround: Duration,
) -> Result<(Handle, Virtual, Nal<SIZE>)> {
    let (handle, port, clock) = Simulator::lockstep(config);
    let channel: &'static Channel<SIZE> = Box::leak(Box::new(Channel::new()));
    let publisher = channel.publisher().map_err(|error| format!("publisher: {error:?}"))?;
    let subscriber = channel.subscriber().map_err(|error| format!("subscriber: {error:?}"))?;
    let digest =
        Digest { port, bytes: Vec::new(), waiting: VecDeque::new(), publisher, answer: None };
    let digest = Rc::new(RefCell::new(digest));
    PORT.set(Some(digest.clone()));
    let timer = Countdown { digest: digest.clone(), clock: clock.clone(), end: Duration::ZERO };
    let mut client = Client { digest, clock: clock.clone(), turnaround };
    if client.command(b"ATE0\r\n", true, Duration::from_secs(1)) != Some(true) {
        return Err("no answer to ATE0".into());
    }
    let mut adapter: Stack<SIZE> = Adapter::new(client, subscriber, timer);
    let state = adapter.join("sim", "simsimsim").map_err(|error| format!("join: {error:?}"))?;
    if !state.ip_assigned {
        return Err("joined, and has no address".into());
    }
    let network =
        NalNetwork::without_dns(adapter, Up, StackQuirks::ESP_AT_NAL).with_poll(poll::<SIZE>);
    Ok((handle, Virtual(clock), network))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_messages_are_counted() {
        assert_eq!(data_message(b"+CIPRECVDATA,3:\r\nxOK"), Some(18));
        assert_eq!(data_message(b"+CIPRECVDATA:3,\r\nxOK"), Some(18));
        assert_eq!(data_message(b"+CIPRECVDATA,3:\r\n"), None);
        assert_eq!(data_message(b"+CIPRECVDATA"), None);
    }
}
