//! A join and a GET over a modem that says what the input says, on a serial line that fails as the
//! input says, under a clock that the input sets. Control: how fast the clock goes; what is done. Then the
//! modem's bytes, in which some have a meaning of their own: see [`Line`].

use crate::common::{TestClock, cx};
use crate::input::parts;
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};
use safe_http_client::esp_at::{EspAt, Setting, Sleep, TlsVerification};
use safe_http_client::{Clock, ErrorOf, Link, LoopContext, SafeHttpClient};
use std::cell::RefCell;
use std::rc::Rc;

/// More is slow, and finds nothing else.
const MOST: usize = 4096;

/// The next command line is awaited, but not for ever.
const AWAIT_COMMAND: u8 = 0xf5;
/// Nothing comes for a while: the next byte says how long, in units of 100 ms.
const PAUSE: u8 = 0xf6;
/// Reading fails once.
const READ_FAILS: u8 = 0xf7;
/// Writing fails once.
const WRITE_FAILS: u8 = 0xf8;

/// How long a command is awaited.
const PATIENCE_MS: u32 = 2_000;

/// A join, a wait for the address and a GET, all of their deadlines one after the other, with the
/// driver's own patience: what none of them ends is a hang.
const DEADLINE_MS: u32 = 300_000;

#[derive(Default)]
struct State {
    incoming: Vec<u8>,
    at: usize,
    /// When what stands at `at` began to be awaited.
    since: Option<u32>,
    commands: usize,
    awaited: usize,
    read_fails: bool,
    write_fails: bool,
    /// What was delivered.
    delivered: Vec<u8>,
}

/// The far side of the serial line.
#[derive(Clone)]
struct Line {
    state: Rc<RefCell<State>>,
    clock: TestClock,
    /// What a look takes that finds nothing.
    idle_ms: u32,
}

impl Line {
    /// Whether a byte is there.
    fn settle(&mut self) -> bool {
        let is_ready = self.go_on();
        if !is_ready {
            self.clock.advance(self.idle_ms);
        }
        is_ready
    }

    /// Goes over the bytes with a meaning; true where one stands that is to be delivered.
    fn go_on(&mut self) -> bool {
        let now = self.clock.now_ms();
        assert!(now < DEADLINE_MS, "no deadline ends it");
        let state = &mut *self.state.borrow_mut();
        while let Some(&byte) = state.incoming.get(state.at) {
            let waited = now - *state.since.get_or_insert(now);
            let length = match byte {
                AWAIT_COMMAND if state.commands > state.awaited || waited >= PATIENCE_MS => {
                    state.awaited = state.commands;
                    1
                }
                AWAIT_COMMAND => return false,
                PAUSE => {
                    let units = state.incoming.get(state.at + 1).copied().unwrap_or_default();
                    if waited < u32::from(units) * 100 {
                        return false;
                    }
                    2
                }
                READ_FAILS => {
                    state.read_fails = true;
                    1
                }
                WRITE_FAILS => {
                    state.write_fails = true;
                    1
                }
                _ => return true,
            };
            state.at += length;
            state.since = None;
        }
        false
    }
}

impl ErrorType for Line {
    type Error = ErrorKind;
}

impl ReadReady for Line {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        Ok(self.settle() || self.state.borrow().read_fails)
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let ready = self.settle();
        let state = &mut *self.state.borrow_mut();
        if std::mem::take(&mut state.read_fails) {
            return Err(ErrorKind::Other);
        }
        assert!(ready, "a read that would wait for ever");
        let mut count = 0;
        for target in buffer {
            match state.incoming.get(state.at) {
                Some(&byte) if !(AWAIT_COMMAND..=WRITE_FAILS).contains(&byte) => *target = byte,
                _ => break,
            }
            state.delivered.push(*target);
            state.at += 1;
            count += 1;
        }
        Ok(count)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let state = &mut *self.state.borrow_mut();
        if std::mem::take(&mut state.write_fails) {
            return Err(ErrorKind::Other);
        }
        state.commands += bytes.iter().filter(|&&byte| byte == b'\n').count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

pub fn run(data: &[u8]) {
    let (mut control, incoming) = parts(data);
    if incoming.len() > MOST {
        return;
    }
    let (byte_ms, idle_ms) = [(1, 20), (1, 1), (1, 500), (2, 100), (20, 20)][control.pick(5)];
    let clock = TestClock::ticking(byte_ms);
    let state = State { incoming: incoming.to_vec(), ..State::default() };
    let line = Line { state: Rc::new(RefCell::new(state)), clock: clock.clone(), idle_ms };
    let state = line.state.clone();
    let modem = EspAt::<_, _, 64>::with_rx_buf(line, clock.clone());
    let tls = control.pick(2) == 1;
    let modem = &mut if tls { modem.with_tls(TlsVerification::None) } else { modem };
    let cx = &mut cx();
    // Whatever they come to, the GET is tried.
    let _ = modem.join(cx, "network", "password");
    let _ = match control.pick(4) {
        0 => Ok(()),
        1 => modem.set(cx, Setting::Sleep(Sleep::Off)),
        2 => modem.rssi(cx).map(drop),
        _ => modem.scan(cx, |found| drop(format!("{found:?}"))),
    };
    let url = ["http://192.168.4.20:81/", "http://gate.local/"][control.pick(2)];
    let url = if tls { url.replace("http:", "https:") } else { url.into() };
    for _ in 0..=control.pick(2) {
        if let Ok((head, body)) = get(modem, &clock, cx, &url) {
            let delivered = &state.borrow().delivered;
            let [head, body] = [head, body].map(|part| is_within(&part, delivered));
            assert!(head && body, "made up: {}", delivered.escape_ascii());
        }
        // Words of its own, whatever was said.
        let _ = format!("{modem:?} {:?} {:?}", modem.link_status(), modem.last_answer());
    }
}

/// A reason and a body.
type Answer = (Vec<u8>, Vec<u8>);
type Modem = EspAt<Line, TestClock, 64>;

fn get(
    modem: &mut Modem,
    clock: &TestClock,
    cx: &mut LoopContext,
    url: &str,
) -> Result<Answer, ()> {
    let mut client = SafeHttpClient::new(modem, clock.clone());
    let mut online = client.wait_online(cx).map_err(drop)?;
    let tell = |error: ErrorOf<&mut Modem>| drop(error.to_string());
    let mut response = online.get(url, [0; 512]).send().map_err(tell)?;
    let reason = response.head().reason().to_vec();
    let body = response.read_to_end().map_err(tell)?.to_vec();
    Ok((reason, body))
}

/// Whether these bytes came in this order, with others between them.
fn is_within(bytes: &[u8], among: &[u8]) -> bool {
    let mut among = among.iter();
    bytes.iter().all(|byte| among.any(|other| other == byte))
}
