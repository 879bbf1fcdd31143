//! What the sketches run on, in place of a board: this PC.
//!
//! Everything here is what a microcontroller's HAL gives: a UART, a counter of milliseconds, a lamp, a
//! sensor, some flash. Without arguments the modem on the UART is simulated, with its Wi-Fi, and the
//! service is a thread of this program; with `--port /dev/ttyUSB0` the modem is real.
#![allow(dead_code, reason = "each sketch uses its part of it")]

mod options;
mod serial;
mod server;
mod world;

pub use serial::{Serial, WifiEvent};

use esp8266_sim::Trigger;
use options::Options;
use server::Server;
use std::fmt::Arguments;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use world::{PHONE, World};

/// The clock for deadlines.
#[derive(Debug, Clone, Copy)]
pub struct Clock;

impl safe_http_client::Clock for Clock {
    fn now_ms(&self) -> u32 {
        millis()
    }

    /// Called while a call waits. A board feeds its watchdog here.
    fn idle(&self) {
        idle();
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// The longest that a demonstration takes that doesn't go as it should.
const DEMO_SECONDS: u32 = 60;

/// When it began, and how many times as fast time passes for everything here: see `--speed`.
static START: OnceLock<(Instant, u32)> = OnceLock::new();

fn start(speed: u32) -> (Instant, u32) {
    *START.get_or_init(|| (Instant::now(), speed))
}

/// Time since the start.
fn time() -> Duration {
    let (begin, speed) = start(1);
    begin.elapsed() * speed
}

/// Milliseconds since the start.
pub fn millis() -> u32 {
    // Truncation is the wrap that an Arduino's `millis()` has, too.
    time().as_millis() as u32
}

/// Waits. The modem is left to itself meanwhile.
pub fn delay_ms(ms: u32) {
    let (_, speed) = start(1);
    std::thread::sleep(Duration::from_millis(ms.into()) / speed);
}

/// Leaves the processor to others for a moment.
pub fn idle() {
    std::thread::sleep(Duration::from_micros(1000));
}

/// Prints a line of the sketch.
macro_rules! say {
    ($($text:tt)*) => { $crate::board::line("sketch", format_args!($($text)*)) };
}

/// Prints what didn't work.
macro_rules! trouble {
    ($($text:tt)*) => { $crate::board::trouble_line(format_args!($($text)*)) };
}

pub(crate) use {say, trouble};

/// Prints a line with its time and who says it. What has more lines says why something failed.
pub fn line(who: &str, text: Arguments<'_>) {
    let (text, seconds) = (text.to_string(), time().as_secs_f32());
    let who = if text.contains('\n') { "why" } else { who };
    let mut out = io::stdout().lock();
    for line in text.lines() {
        // With nobody to read it there is nobody to tell.
        let _ = writeln!(out, "{seconds:7.3} s  {who:<7} {line}");
    }
}

/// What [`Board::phone_arrived`] tells, for a sketch whose board is in use elsewhere.
pub fn phone_arrived() -> bool {
    PHONE.swap(false, Ordering::AcqRel)
}

static TROUBLES: AtomicUsize = AtomicUsize::new(0);

pub fn trouble_line(text: Arguments<'_>) {
    line("sketch", text);
    TROUBLES.fetch_add(1, Ordering::Relaxed);
}

/// Which sketch it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demo {
    Gate,
    Sensor,
    Firmware,
    Events,
    Superloop,
}

impl Demo {
    /// What a demonstration has to get done.
    fn runs(self) -> usize {
        match self {
            Self::Gate | Self::Events => 2,
            Self::Sensor => 7,
            Self::Firmware | Self::Superloop => 1,
        }
    }

    /// The simulated line's rate.
    fn baud(self) -> u32 {
        if matches!(self, Self::Firmware | Self::Superloop) { 921_600 } else { 115_200 }
    }
}

pub struct Board {
    demo: Demo,
    options: Options,
    url: String,
    server: Option<Server>,
    world: Option<World>,
    serial: Option<Serial>,
    wifi_events: Option<Receiver<WifiEvent>>,
    successes: usize,
    over: bool,
    heart: Heart,
}

impl Board {
    /// Reads the command line and sets up what the sketch needs. Ends the program where it can't.
    pub fn new(demo: Demo) -> Self {
        let options = Options::of_command_line();
        start(options.speed);
        Self::set_up(demo, options).unwrap_or_else(|error| {
            eprintln!("error: {error}");
            std::process::exit(2)
        })
    }

    fn set_up(demo: Demo, options: Options) -> Result<Self, Box<dyn std::error::Error>> {
        let (events, wifi_events) = channel();
        let mut world = None;
        let (url, server, serial) = match &options.port {
            None => {
                let server = Server::start(Ipv4Addr::LOCALHOST)?;
                let (simulated, port) = World::start(demo, &options, &server)?;
                world = Some(simulated);
                let dialect = options.dialect;
                line("world", format_args!("a modem with AT firmware ({dialect}) is simulated"));
                let serial = Serial::simulated(port, events);
                (String::from("http://service.lan"), Some(server), serial)
            }
            Some(path) => {
                let serial = Serial::real(path, options.baud.unwrap_or(115_200), events)
                    .map_err(|error| format!("{path}: {error}"))?;
                let (url, server) = match options.url.clone() {
                    Some(url) => (url, None),
                    None => {
                        let server = Server::start(Ipv4Addr::UNSPECIFIED)?;
                        let url = format!("http://{}:{}", own_address()?, server.address.port());
                        line("server", format_args!("serves {url}"));
                        (url, Some(server))
                    }
                };
                watch_enter_key();
                (url, server, serial)
            }
        };
        Ok(Self {
            demo,
            url,
            server,
            world,
            serial: Some(serial),
            wifi_events: Some(wifi_events),
            successes: 0,
            over: false,
            heart: Heart::default(),
            options,
        })
    }

    /// The UART that the modem is at.
    pub fn serial(&mut self) -> Serial {
        let Some(serial) = self.serial.take() else { panic!("a board has one UART for the modem") };
        serial
    }

    /// The network's name.
    pub fn ssid(&self) -> String {
        self.options.ssid.clone()
    }

    /// Its password.
    pub fn password(&self) -> String {
        self.options.password.clone()
    }

    /// The URL of a part of the service.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }

    /// Registers a handler, as vendors' SDKs have it: it is called by the Wi-Fi task, not by the loop.
    pub fn on_wifi_event(&mut self, mut handler: impl FnMut(WifiEvent) + Send + 'static) {
        if let Some(events) = self.wifi_events.take() {
            std::thread::spawn(move || events.into_iter().for_each(&mut handler));
        }
    }

    /// Whether the owner's phone has come near since the last call. With a real modem: Enter.
    pub fn phone_arrived(&self) -> bool {
        phone_arrived()
    }

    /// The sensor: hundredths of a degree.
    pub fn centidegrees(&self) -> i32 {
        let phase = f64::from(millis()) / 1000.0;
        2150 + (phase.sin() * 180.0) as i32
    }

    /// Milliseconds between two readings.
    pub fn interval_ms(&self) -> u32 {
        let default = if self.options.port.is_some() { 10.0 } else { 0.3 };
        (self.options.every.unwrap_or(default) * 1000.0) as u32
    }

    /// The half of the flash that doesn't run.
    pub fn spare_flash(&self) -> Flash {
        Flash::open(self.options.out.clone()).unwrap_or_else(|error| {
            eprintln!("error: no place for the file: {error}");
            std::process::exit(2)
        })
    }

    /// Lights the lamp for a moment: something was done.
    pub fn blink(&mut self) {
        self.successes += 1;
    }

    /// Restarts into the new firmware. Here it ends the sketch.
    pub fn reboot(&mut self) {
        self.blink();
        self.over = true;
    }

    /// One turn of the loop: toggles a pin, feeds the watchdog. Here it tells once a second how often
    /// and how evenly it is called.
    pub fn heartbeat(&mut self) {
        self.heart.beat();
    }

    /// Whether the loop goes on. On a board it always does.
    pub fn goes_on(&mut self) -> bool {
        if self.over {
            return false;
        }
        let simulated = self.world.is_some();
        let most = self.options.seconds.or(simulated.then_some(DEMO_SECONDS));
        let runs = self.options.runs.or(simulated.then_some(self.demo.runs()));
        if most.is_some_and(|seconds| millis() / 1000 >= seconds) {
            return false;
        }
        match self.world.as_ref().and_then(World::fault) {
            None => runs.is_none_or(|runs| self.successes < runs),
            Some((fault, false)) => {
                let goes_on = self.successes < 3;
                if !goes_on {
                    line("world", format_args!("{fault} had no occasion"));
                }
                goes_on
            }
            Some((fault, true)) => {
                // What stays isn't waited for, once the sketch has met it again: in between it looks why.
                let stays = fault.trigger() == Trigger::State;
                self.successes == 0 && !(stays && TROUBLES.load(Ordering::Relaxed) > 1)
            }
        }
    }

    /// The program's exit status: whether the sketch did what it is for, or said what kept it.
    pub fn exit_status(&self) -> ExitCode {
        if let Some(server) = &self.server {
            line(
                "server",
                format_args!(
                    "{} requests done, on {} connections",
                    server.served(),
                    server.connections()
                ),
            );
        }
        let runs = match self.options.runs {
            Some(runs) => runs,
            None if self.options.seconds.is_none() && self.world.is_some() => self.demo.runs(),
            None => 1,
        };
        let fine = if self.options.fault.is_some() {
            self.successes > 0 || TROUBLES.load(Ordering::Relaxed) > 0
        } else {
            self.successes >= runs
        };
        if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The loop's turns since the last line about them.
#[derive(Default)]
struct Heart {
    turns: u32,
    longest_ms: u32,
    last: u32,
    told: u32,
}

impl Heart {
    fn beat(&mut self) {
        let now = millis();
        self.turns += 1;
        self.longest_ms = self.longest_ms.max(now.wrapping_sub(self.last));
        self.last = now;
        if now.wrapping_sub(self.told) >= 1000 {
            let (turns, longest) = (self.turns, self.longest_ms);
            line("loop", format_args!("{turns} turns, the longest took {longest} ms"));
            *self = Self { told: now, last: now, ..Self::default() };
        }
        idle();
    }
}

/// This PC's address in its network. Nothing is sent.
fn own_address() -> io::Result<std::net::IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
    Ok(socket.local_addr()?.ip())
}

/// Stands for the owner's phone where nothing else is simulated.
fn watch_enter_key() {
    std::thread::spawn(|| {
        for _ in io::stdin().lines().map_while(Result::ok) {
            PHONE.store(true, Ordering::Release);
        }
    });
}

/// Where new firmware goes: on a board the half of the flash that doesn't run, here a file. It is there once it is
/// whole, and not before.
pub struct Flash {
    target: PathBuf,
    part: PathBuf,
    file: File,
    temporary: bool,
}

impl Flash {
    /// At this path, or at one that is removed at the end.
    pub fn open(path: Option<PathBuf>) -> io::Result<Self> {
        let temporary = path.is_none();
        let target = path.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("firmware-{}.bin", std::process::id()))
        });
        let mut part = target.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        Ok(Self { file: File::create(&part)?, target, part, temporary })
    }

    pub fn erase(&mut self) -> io::Result<()> {
        self.file = File::create(&self.part)?;
        Ok(())
    }

    /// Makes what was written the firmware of the next boot, all of it at once.
    pub fn activate(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.part, &self.target)
    }
}

impl embedded_io::ErrorType for Flash {
    type Error = io::Error;
}

/// Writes behind what is there.
impl embedded_io::Write for Flash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Flash {
    fn drop(&mut self) {
        // They may not be there.
        let _ = fs::remove_file(&self.part);
        if self.temporary {
            let _ = fs::remove_file(&self.target);
        }
    }
}
