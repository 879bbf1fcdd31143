//! The modem: bytes in, bytes out, and a clock that somebody else moves.

use std::collections::VecDeque;
use std::time::Duration;

use crate::config::Config;
use crate::dialect::{Dialect, Features};
use crate::events::{Event, SendEnd};
use crate::fault::Fault;
use crate::lan::Trouble;
use crate::line::DataMode;
use crate::link::{LINKS, Link};
use crate::log::{Direction, Log, LogEntry, Stats};
use crate::schedule::{Schedule, Timeline, When};
use crate::settings::{Flash, Settings};
use crate::uart::{Edit, Uart};
use crate::wifi::Station;

/// What the modem is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    No,
    /// A command is being executed.
    Process,
    /// Data are being sent.
    Sending,
    /// A command is being executed, and what is sent meanwhile waits for its end.
    Deaf,
    /// It hangs, and only `AT+RST` helps.
    Wedged,
    /// It hangs, and `AT+RST` doesn't help, as long as the fault is there.
    Jammed,
    /// It hangs without a word, as long as the fault is there.
    Dead,
}

/// What the next byte from the host is taken for.
#[derive(Debug)]
pub(crate) enum Input {
    Line,
    Data { link: usize, wanted: usize },
}

/// A send whose data the link hasn't all taken.
#[derive(Debug)]
pub(crate) struct Sending {
    pub link: usize,
    pub data: Vec<u8>,
    pub done: usize,
    pub end: SendEnd,
}

/// An ESP8266 with AT firmware, as a machine that is fed bytes and asked for bytes.
///
/// Time is what the caller says it is: a [`Duration`] since the begin that never goes back.
pub struct Modem {
    pub(crate) config: Config,
    pub(crate) features: Features,
    pub(crate) now: Duration,
    pub(crate) uart: Uart,
    pub(crate) log: Log,
    pub(crate) stats: Stats,
    pub(crate) schedule: Schedule,
    pub(crate) timeline: Timeline<Event>,
    pub(crate) settings: Settings,
    pub(crate) flash: Flash,
    pub(crate) station: Station,
    pub(crate) links: [Option<Link>; LINKS],
    pub(crate) had_link: bool,
    pub(crate) next_local_port: u16,
    pub(crate) busy: Busy,
    pub(crate) booting: bool,
    pub(crate) input: Input,
    pub(crate) sending: Option<Sending>,
    pub(crate) host_baud: u32,
    pub(crate) line: Vec<u8>,
    /// What came while it was deaf.
    pub(crate) unheard: VecDeque<u8>,
    pub(crate) data_mode: Option<DataMode>,
    /// Tries to join again since the access point was lost.
    pub(crate) rejoins: u32,
    /// The answer to the command at hand is lost.
    pub(crate) muted: bool,
    /// The last command ended in `OK`.
    pub(crate) succeeded: bool,
}

impl Modem {
    /// Switches a modem on, at time zero.
    pub fn new(config: Config) -> Self {
        let settings = Settings::new(&config);
        let mut schedule = Schedule::default();
        for &(fault, when) in &config.faults {
            schedule.add(fault, when);
        }
        let mut modem = Modem {
            features: Features::of(config.dialect, config.version),
            now: Duration::ZERO,
            uart: Uart::new(config.baud, config.host_buffer),
            log: Log::default(),
            stats: Stats::default(),
            schedule,
            timeline: Timeline::default(),
            host_baud: settings.baud,
            settings,
            flash: Flash::new(&config),
            station: Station::default(),
            links: Default::default(),
            had_link: false,
            next_local_port: 49_153,
            busy: Busy::No,
            booting: false,
            input: Input::Line,
            sending: None,
            line: Vec::new(),
            unheard: VecDeque::new(),
            data_mode: None,
            rejoins: 0,
            muted: false,
            succeeded: false,
            config,
        };
        if modem.config.boots {
            modem.boot();
        } else {
            modem.booted();
        }
        if modem.config.data_mode {
            modem.enter_data_mode();
        }
        modem
    }

    /// Takes bytes from the host.
    pub fn feed(&mut self, now: Duration, bytes: &[u8]) {
        self.poll(now);
        self.uart.push_input(self.now, bytes);
        self.poll(now);
    }

    /// Does all that is due by now.
    pub fn poll(&mut self, now: Duration) {
        loop {
            self.catch_up(now);
            self.now = self.now.max(now);
            let mut progress = self.pump_send();
            for id in 0..LINKS {
                progress |= self.pump_link(id);
            }
            if !progress {
                break;
            }
        }
        let passed = self.uart.arrive(self.now);
        self.stats.bytes_to_host += passed.len() as u64;
        self.stats.overruns = self.uart.overruns;
        self.log.add(self.now, Direction::ToHost, &passed);
    }

    /// Takes bytes and events in the order of their time.
    fn catch_up(&mut self, now: Duration) {
        loop {
            let input = self.uart.next_input().filter(|at| *at <= now);
            let event = self.timeline.next().filter(|at| *at <= now);
            match (input, event) {
                (Some(at), event) if event.is_none_or(|event| at <= event) => {
                    self.now = self.now.max(at);
                    if let Some(byte) = self.uart.pop_input(now) {
                        self.take_byte(byte);
                    }
                }
                (_, Some(at)) => {
                    self.now = self.now.max(at);
                    if let Some(event) = self.timeline.pop() {
                        self.happen(event);
                        self.hear_unheard();
                    }
                }
                _ => return,
            }
        }
    }

    /// When the modem has something to do of itself; `None` when it waits for the host or a real socket.
    pub fn next_event(&self) -> Option<Duration> {
        let lines = [self.uart.next_input(), self.uart.next_output(), self.timeline.next()];
        let links = self.links.iter().flatten().filter_map(Link::next);
        let links = links.filter(|at| *at > self.now);
        lines.into_iter().flatten().chain(links).min()
    }

    /// Whether any link leads to a real socket, for which real time matters.
    pub fn has_real_links(&self) -> bool {
        self.links.iter().flatten().any(|it| it.conn.is_real())
    }

    /// Bytes that wait for the host.
    pub fn available(&self) -> usize {
        self.uart.available()
    }

    /// Takes bytes that wait for the host into a buffer; tells how many.
    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        self.uart.take(buffer)
    }

    /// Takes all bytes that wait for the host.
    pub fn take_output(&mut self, output: &mut Vec<u8>) {
        let start = output.len();
        output.resize(start + self.available(), 0);
        let count = self.read(&mut output[start..]);
        output.truncate(start + count);
    }

    /// Whether a command is being executed, or the boot isn't over.
    pub fn is_busy(&self) -> bool {
        self.booting || self.busy != Busy::No
    }

    /// Whether bytes are on the line, either way.
    pub fn in_flight(&self) -> bool {
        self.uart.next_input().or(self.uart.next_output()).is_some()
    }

    /// The time of the last call that told one.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Schedules a fault.
    pub fn add_fault(&mut self, fault: Fault, when: When) {
        self.schedule.add(fault, when);
    }

    /// Takes a fault off the schedule.
    pub fn remove_fault(&mut self, fault: Fault) {
        self.schedule.remove(fault);
    }

    /// Takes all faults off the schedule, and every change to single bytes.
    pub fn clear_faults(&mut self) {
        self.schedule.clear();
        self.uart.clear_edits();
    }

    /// How often a fault has happened at an event it waits for. States aren't counted.
    pub fn fault_count(&self, fault: Fault) -> u64 {
        self.schedule.happened(fault)
    }

    /// Changes the output at the byte that comes `offset` bytes from now.
    pub fn edit_output(&mut self, offset: u64, edit: Edit) {
        self.uart.edit(offset, edit);
    }

    /// Bytes of output so far, before any change and whether or not they have arrived.
    pub fn produced(&self) -> u64 {
        self.uart.produced()
    }

    /// Says something out of turn, exactly as it is.
    pub fn inject(&mut self, bytes: &[u8]) {
        self.uart.push_output(self.now, bytes);
    }

    /// Everything that passed over the line, up to a bound of some megabytes.
    pub fn log(&self) -> &[LogEntry] {
        self.log.entries()
    }

    /// Forgets what passed.
    pub fn clear_log(&mut self) {
        self.log.clear();
    }

    /// Figures since the begin or [`Modem::clear_stats`].
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Begins the figures anew.
    pub fn clear_stats(&mut self) {
        self.stats = Stats::default();
        self.uart.overruns = 0;
    }

    /// The rate that the host's end runs at. It matters with `Config::strict_baud`.
    pub fn set_host_baud(&mut self, baud: u32) {
        self.host_baud = baud;
    }

    /// The rate that the modem's end runs at.
    pub fn baud(&self) -> u32 {
        self.settings.baud
    }

    /// What the modem is made of.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Changes what the modem is made of (its network, its names, its timing) as it runs.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// When all that the host has written will have arrived.
    pub(crate) fn input_drained_at(&self, now: Duration) -> Duration {
        self.uart.input_drained_at(now)
    }

    pub(crate) fn is_nonos(&self) -> bool {
        self.config.dialect.is_nonos()
    }

    /// A firmware that does one thing at a time, or a fault that makes it so in this respect.
    pub(crate) fn is_single_or(&self, fault: Fault) -> bool {
        self.config.dialect == Dialect::Single17 || self.schedule.on(fault)
    }

    pub(crate) fn at(&mut self, delay: Duration, event: Event) {
        self.timeline.add(self.now + delay, event);
    }

    /// What is wrong with the network at the moment.
    pub(crate) fn trouble(&self) -> Trouble {
        let isolated =
            self.station.point().is_some_and(|index| self.config.access_points[index].isolated);
        Trouble {
            isolated: isolated || self.schedule.on(Fault::ApIsolation),
            hosts_down: self.schedule.on(Fault::HostDown),
            gateway_down: self.schedule.on(Fault::GatewayDown),
            captive: self.schedule.on(Fault::CaptivePortal),
        }
    }
}
