//! The reader of the modem's lines, through the driver: noise between requests, at moments that the
//! input chooses, and a modem that works. Control: dialect; whether data come unasked; what happens
//! after each piece. The noise is cut into pieces at each byte 0xFF.

use crate::common::cx;
use crate::input::parts;
use esp8266_sim::{Config, Dialect, Fault, Handle, SerialPort, Simulator, VirtualClock, When};
use safe_http_client::esp_at::EspAt;
use safe_http_client::{Clock, ErrorOf, Link, LoopContext, SafeHttpClient, nb};
use std::time::Duration;

const URL: &str = "http://192.168.4.20:81/";

/// More is slow, and finds nothing else.
const MOST: usize = 512;

/// Once the modem works, requests do, after what noise has made of its state.
const RECOVERY: Duration = Duration::from_secs(60);

/// The longest that one GET may take: its deadlines, and the driver's own patience.
const LONGEST: Duration = Duration::from_secs(90);

pub fn run(data: &[u8]) {
    let (mut control, noise) = parts(data);
    if noise.len() > MOST {
        return;
    }
    let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let mut config = Config::new(Dialect::ALL[control.pick(2)])
        .peer([192, 168, 4, 20], 81, esp8266_sim::canned(hello, true))
        .name("gate.local", [192, 168, 4, 20]);
    if control.pick(2) == 1 {
        config = config.fault(Fault::NoPassiveMode, When::Always);
    }
    let mut rig = Rig::joined(config);
    for piece in noise.split(|&byte| byte == 0xff).take(8) {
        rig.handle.inject(piece);
        let begin = rig.now();
        match control.pick(4) {
            0 => drop(rig.get()),
            // The line is looked at, and nothing is asked.
            1 => drop(rig.modem.link_status()),
            2 => drop(rig.modem.rssi(&mut rig.cx)),
            _ => rig.get_in_small_steps(piece),
        }
        let took = rig.now() - begin;
        assert!(took < LONGEST, "{took:?} after {}", piece.escape_ascii());
    }
    let begin = rig.now();
    while rig.get() != Ok("hello".into()) {
        assert!(
            rig.now() - begin < RECOVERY,
            "for ever after {}\n{:#?}",
            noise.escape_ascii(),
            rig.handle.log()
        );
    }
}

/// The simulator's clock.
#[derive(Clone)]
struct SimClock(VirtualClock);

impl Clock for SimClock {
    fn now_ms(&self) -> u32 {
        self.0.now_ms() as u32
    }
}

type Driver = EspAt<SerialPort, SimClock>;

/// A driver and a simulated modem in lock-step.
struct Rig {
    handle: Handle,
    clock: SimClock,
    modem: Driver,
    cx: LoopContext,
}

impl Rig {
    fn joined(config: Config) -> Rig {
        let (handle, port, clock) = Simulator::lockstep(config);
        // It ticks, so that data which wait on the line for their reader don't stop it.
        let clock = SimClock(clock.ticking(Duration::from_micros(2)));
        let mut modem = EspAt::new(port, clock.clone());
        let mut cx = cx();
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        Rig { handle, clock, modem, cx }
    }

    fn now(&self) -> Duration {
        self.clock.0.now()
    }

    /// A GET by a client of its own, and the body or the error.
    fn get(&mut self) -> Result<String, &'static str> {
        let mut client = SafeHttpClient::new(&mut self.modem, &self.clock);
        let tell = |error: ErrorOf<&mut Driver>| error.code();
        let mut online = client.wait_online(&mut self.cx).map_err(|error| tell(error.into()))?;
        let mut response = online.get(URL, [0; 1024]).send().map_err(tell)?;
        response.read_to_str().map(str::to_owned).map_err(tell)
    }

    /// A GET into whose answers the noise falls, too.
    fn get_in_small_steps(&mut self, noise: &[u8]) {
        let Self { handle, clock, modem, cx } = self;
        let mut client = SafeHttpClient::new(modem, &*clock);
        let Ok(mut online) = client.wait_online(cx) else { return };
        let Ok(mut call) = online.get(URL, [0; 512]).start() else { return };
        let mut pieces = noise.chunks(3);
        for _ in 0..100_000 {
            match call.poll(&mut client, cx) {
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(_)) => return,
                Ok(()) => break,
            }
            if let Some(piece) = pieces.next() {
                handle.inject(piece);
            }
        }
    }
}
