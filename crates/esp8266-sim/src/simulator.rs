//! A modem with somebody who moves its clock: a thread in real time, or the reader in virtual time.

use std::net::Ipv4Addr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::fault::Fault;
use crate::lan::{Host, HostState};
use crate::log::{LogEntry, Stats};
use crate::modem::Modem;
use crate::port::SerialPort;
use crate::schedule::When;
use crate::uart::Edit;

/// How often the thread looks at real sockets while links lead to any.
const SOCKET_POLL: Duration = Duration::from_micros(250);

/// How long the thread sleeps when nothing is due; whoever changes something wakes it.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);

pub(crate) struct Core {
    pub modem: Modem,
    pub time: Time,
    stop: bool,
    /// Virtual time up to which real sockets had theirs.
    granted: Duration,
}

pub(crate) enum Time {
    Real(Instant, u32),
    Virtual,
}

impl Core {
    pub fn now(&self) -> Duration {
        match self.time {
            Time::Real(start, speed) => start.elapsed().saturating_mul(speed),
            Time::Virtual => self.modem.now(),
        }
    }

    /// How long one waits outside until so much time has passed in here.
    pub fn outside(&self, time: Duration) -> Duration {
        match self.time {
            Time::Real(_, speed) => time / speed,
            Time::Virtual => time,
        }
    }

    /// Lets the modem do what is due.
    pub fn run(&mut self) {
        let now = self.now();
        self.modem.poll(now);
    }

    /// Moves virtual time on, stopping at everything that happens on the way.
    pub fn advance(&mut self, by: Duration) {
        let end = self.modem.now() + by;
        while let Some(at) = self.modem.next_event().filter(|at| *at < end) {
            let now = self.modem.now();
            self.modem.poll(at.max(now));
            if self.modem.now() == now && self.modem.next_event() == Some(at) {
                break;
            }
        }
        self.modem.poll(end);
    }

    /// Grants real sockets some real time for the virtual time that has passed.
    pub fn grant(&mut self) {
        let config = self.modem.config();
        let (wait, step) = (config.bridge_wait, config.idle_step);
        let passed = self.modem.now().saturating_sub(self.granted);
        if wait.is_zero() || passed < step || !self.modem.has_real_links() {
            return;
        }
        self.granted = self.modem.now();
        std::thread::sleep(wait);
        self.run();
    }

    /// One step of virtual time: to the next thing that is due, and no further than the idle step.
    pub fn step(&mut self) {
        let now = self.modem.now();
        let mut step = self.modem.config().idle_step;
        if let Some(at) = self.modem.next_event() {
            step = step.min(at.saturating_sub(now));
        }
        if step.is_zero() {
            step = Duration::from_nanos(1);
        }
        self.modem.poll(now + step);
    }
}

pub(crate) struct Shared {
    core: Mutex<Core>,
    pub wake: Condvar,
}

impl Shared {
    fn new(config: Config, time: Time) -> Arc<Self> {
        Arc::new(Shared {
            core: Mutex::new(Core {
                modem: Modem::new(config),
                time,
                stop: false,
                granted: Duration::ZERO,
            }),
            wake: Condvar::new(),
        })
    }

    /// A test that panics with the lock held must not hide its reason behind a poisoned one.
    pub fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes modems with a serial port to them.
pub struct Simulator;

impl Simulator {
    /// A modem in a thread, in real time, or [`Config::speed`] times as fast.
    pub fn spawn(config: Config) -> (Handle, SerialPort) {
        let time = Time::Real(Instant::now(), config.speed.max(1));
        let shared = Shared::new(config, time);
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("esp8266-sim".into())
            .spawn(move || run_thread(&for_thread))
            .expect("a thread for the modem");
        let handle = Handle { shared: Arc::clone(&shared), thread: Some(thread) };
        (handle, SerialPort::new(shared))
    }

    /// A modem without a thread, in virtual time: an empty read of the port moves the clock.
    pub fn lockstep(config: Config) -> (Handle, SerialPort, VirtualClock) {
        let shared = Shared::new(config, Time::Virtual);
        let handle = Handle { shared: Arc::clone(&shared), thread: None };
        let clock = VirtualClock { shared: Arc::clone(&shared), tick: Duration::ZERO };
        (handle, SerialPort::new(shared), clock)
    }
}

fn run_thread(shared: &Shared) {
    let mut core = shared.lock();
    while !core.stop {
        core.run();
        if core.modem.available() > 0 {
            shared.wake.notify_all();
        }
        let mut sleep = LONGEST_SLEEP;
        if core.modem.has_real_links() {
            sleep = SOCKET_POLL;
        }
        if let Some(at) = core.modem.next_event() {
            sleep = sleep.min(core.outside(at.saturating_sub(core.now())));
        }
        // A wait of nothing would keep the lock from everybody else.
        let sleep = sleep.max(Duration::from_micros(20));
        core = shared.wake.wait_timeout(core, sleep).unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// The clock of a modem in lock-step.
#[derive(Clone)]
pub struct VirtualClock {
    shared: Arc<Shared>,
    tick: Duration,
}

impl VirtualClock {
    /// Time since the simulator's begin.
    pub fn now(&self) -> Duration {
        let mut core = self.shared.lock();
        if !self.tick.is_zero() {
            core.advance(self.tick);
        }
        core.modem.now()
    }

    /// The same clock, which moves on by this much each time it is looked at: for code that waits with its eyes on
    /// the clock alone, and would wait forever for one that moves when the port is read.
    #[must_use]
    pub fn ticking(&self, tick: Duration) -> Self {
        VirtualClock { shared: Arc::clone(&self.shared), tick }
    }

    /// The same in milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now().as_millis() as u64
    }

    /// Lets time pass. The modem does all that is due on the way.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().advance(by);
    }
}

/// The other hand on a modem: its faults, its network, its log. Dropping it stops the modem's thread.
pub struct Handle {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// Does something with the modem itself.
    pub fn with_modem<T>(&self, f: impl FnOnce(&mut Modem) -> T) -> T {
        let mut core = self.shared.lock();
        core.run();
        let result = f(&mut core.modem);
        core.run();
        self.shared.wake.notify_all();
        result
    }

    /// Time since the simulator's begin, virtual or real.
    pub fn now(&self) -> Duration {
        self.shared.lock().now()
    }

    /// Schedules a fault; its count begins now.
    pub fn fault(&self, fault: Fault, when: When) {
        self.with_modem(|modem| modem.add_fault(fault, when));
    }

    /// Takes a fault off the schedule.
    pub fn remove_fault(&self, fault: Fault) {
        self.with_modem(|modem| modem.remove_fault(fault));
    }

    /// Takes all faults off, and all changes to single bytes.
    pub fn clear_faults(&self) {
        self.with_modem(Modem::clear_faults);
    }

    /// How often a fault has happened at an event it waits for.
    pub fn fault_count(&self, fault: Fault) -> u64 {
        self.with_modem(|modem| modem.fault_count(fault))
    }

    /// Changes the output at the byte that comes `offset` bytes from now.
    pub fn edit_output(&self, offset: u64, edit: Edit) {
        self.with_modem(|modem| modem.edit_output(offset, edit));
    }

    /// Puts bytes before the one that comes `offset` bytes of output from now.
    pub fn insert(&self, offset: u64, bytes: &[u8]) {
        self.edit_output(offset, Edit::Insert(bytes.to_vec()));
    }

    /// Stops the output at the byte that comes `offset` bytes from now, until the next command line.
    pub fn cut(&self, offset: u64) {
        self.edit_output(offset, Edit::CutUntilCommand);
    }

    /// Says something out of turn, exactly as it is.
    pub fn inject(&self, bytes: &[u8]) {
        self.with_modem(|modem| modem.inject(bytes));
    }

    /// Resets the modem, as a drop of its supply does.
    pub fn reset(&self) {
        self.with_modem(Modem::reset);
    }

    /// Switches the access points of this name off.
    pub fn ap_down(&self, ssid: impl AsRef<[u8]>) {
        self.with_modem(|modem| modem.set_ap_up(ssid.as_ref(), false));
    }

    /// Switches the access points of this name on.
    pub fn ap_up(&self, ssid: impl AsRef<[u8]>) {
        self.with_modem(|modem| modem.set_ap_up(ssid.as_ref(), true));
    }

    /// Lets the station lose its access point, and find it again.
    pub fn drop_wifi(&self) {
        self.with_modem(Modem::drop_wifi);
    }

    /// Changes how a host takes connections.
    pub fn set_host(&self, address: [u8; 4], state: HostState) {
        self.with_host(address, |host| host.state = state);
    }

    /// Changes a host.
    pub fn with_host<T>(&self, address: [u8; 4], f: impl FnOnce(&mut Host) -> T) -> T {
        self.with_modem(|modem| f(modem.config_mut().lan.host_mut(address.into())))
    }

    /// Gives a name an address.
    pub fn set_name(&self, name: &str, address: [u8; 4]) {
        self.with_modem(|modem| {
            modem.config_mut().dns.insert(name, Ipv4Addr::from(address));
        });
    }

    /// Everything that passed over the line since the begin or [`Handle::clear_log`].
    pub fn log(&self) -> Vec<LogEntry> {
        self.with_modem(|modem| modem.log().to_vec())
    }

    /// Begins the log and the figures anew.
    pub fn clear_log(&self) {
        self.with_modem(|modem| {
            modem.clear_log();
            modem.clear_stats();
        });
    }

    /// Figures since the begin or [`Handle::clear_log`].
    pub fn stats(&self) -> Stats {
        self.with_modem(|modem| modem.stats())
    }

    /// Bytes of output so far, before any change.
    pub fn produced(&self) -> u64 {
        self.with_modem(|modem| modem.produced())
    }

    /// The command lines that the modem took, from the log, without their ends. Data of sends are left in it,
    /// as the log can't tell them apart.
    pub fn sent_lines(&self) -> Vec<String> {
        let bytes: Vec<u8> = self
            .log()
            .into_iter()
            .filter(|entry| entry.direction == crate::Direction::ToModem)
            .flat_map(|entry| entry.bytes)
            .collect();
        String::from_utf8_lossy(&bytes).split_terminator("\r\n").map(str::to_owned).collect()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has told itself already.
            let _ = thread.join();
        }
    }
}
