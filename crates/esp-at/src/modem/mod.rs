//! The engine: one command at a time, answers to the task they belong to. It has no serial port; it
//! is given bytes and times, and asked for the next task and its command.

mod finish;
mod in_flight;
mod input;
mod last_answer;
mod spell;
mod start;
mod tail;

pub(crate) use in_flight::Urgent;

use crate::error::EspAtError;
use crate::firmware::{AtCommand, Family, Firmware};
use crate::resolver::Resolver;
use crate::slot::{SendState, Slot};
use crate::station::Station;
use crate::tls::ServerName;
use crate::wire::{LINKS, Parser};
use crate::words::{SendPhase, StartStep, Task};
use in_flight::{InFlight, LULL_MS};
use input::{LineEnds, Tail};
use last_answer::LastAnswer;
use nal_link::elapsed_ms;

/// Data on the serial line that nobody has taken yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Payload {
    pub(crate) link: u8,
    pub(crate) left: u32,
    /// Announced by `+IPD`, not asked for.
    pub(crate) unsolicited: bool,
    /// When the last of them came.
    pub(crate) touched: u32,
}

/// From `busy p...` to an `AT`, where nobody says again what was refused.
const ASK_AGAIN_MS: u32 = 500;

/// So many resets without a start-up between them, and it won't start.
const MOST_BOOTS: u8 = 8;

#[derive(Debug)]
pub(crate) struct Modem {
    parser: Parser,
    in_flight: Option<InFlight>,
    pub(crate) payload: Option<Payload>,
    tail: Tail,
    /// The step that the start-up sequence is at; `None` once it is through.
    start_step: Option<StartStep>,
    step_tries: u8,
    /// How often the start-up was out of step.
    resyncs: u8,
    /// A send of a program before this one was filled up, if there was one.
    filled: bool,
    /// The step that it is at was refused once.
    refused_once: bool,
    /// It was restarted since it couldn't be set up.
    restarted: bool,
    /// Its firmware refused this command, without which it can't be driven.
    unfit: Option<AtCommand>,
    /// It goes on echoing what it is told, although it was told not to.
    echoes: bool,
    /// Nothing that is set goes to flash (ESP-AT).
    store_off: bool,
    /// Start-up commands without an answer, one after another.
    unanswered: u8,
    /// Resets, one after another, without a start-up that got through.
    boots: u8,
    /// It was started once.
    met: bool,
    pub(crate) firmware: Firmware,
    /// Data wait in the modem until they are read.
    pub(crate) passive: bool,
    /// It was told that they don't, and what it has said since looks as if they did.
    seems_passive: bool,
    pub(crate) slots: [Slot; LINKS],
    pub(crate) station: Station,
    pub(crate) resolver: Resolver,
    pub(crate) server_name: ServerName,
    /// Nothing is sent before this time; `None` once it has passed.
    not_before: Option<u32>,
    /// Since when it says `busy p...`.
    busy_since: Option<u32>,
    /// When a command was last refused by `busy p...`, and nothing has said since that it is free.
    refused_at: Option<u32>,
    /// How often commands were refused by `busy p...`, one after another.
    refusals: u8,
    /// The same of `AT+RST`.
    restart_refusals: u8,
    /// Kinds of long work in which it has answered a probe.
    hears: u8,
    /// The link of a read that `busy p...` refused: what comes before the next command may be its data.
    refused_read: Option<u8>,
    /// Answers that are still to come, to probes that were sent while it was deaf.
    late_answers: u8,
    /// It gives no answers.
    pub(crate) silent: bool,
    /// The command that it has been silent since; `None` where it never answered.
    silent_since: Option<AtCommand>,
    restart_wanted: bool,
    /// What it says can't be told to belong to one command or another.
    desynced: bool,
    /// When the last byte came that is ignored, since it is desynced.
    garbled_since: Option<u32>,
    /// So long nothing has to come until what does counts again.
    lull_ms: u32,
    /// The line ends that it makes.
    ends: LineEnds,
    /// Bytes of data that the modem may still wait for.
    data_owed: u16,
    pub(crate) resets: u16,
    last_answer: LastAnswer,
}

impl Modem {
    pub(crate) fn new() -> Self {
        Self {
            parser: Parser::new(),
            in_flight: None,
            payload: None,
            tail: Tail::OFF,
            start_step: Some(StartStep::Echo),
            step_tries: 0,
            resyncs: 0,
            filled: false,
            refused_once: false,
            restarted: false,
            unfit: None,
            echoes: false,
            store_off: false,
            unanswered: 0,
            boots: 0,
            met: false,
            firmware: Firmware::UNKNOWN,
            passive: false,
            seems_passive: false,
            slots: [const { Slot::new() }; LINKS],
            station: Station::new(),
            resolver: Resolver::new(),
            server_name: ServerName::new(),
            not_before: None,
            busy_since: None,
            refused_at: None,
            refusals: 0,
            restart_refusals: 0,
            hears: 0,
            refused_read: None,
            late_answers: 0,
            silent: false,
            silent_since: None,
            restart_wanted: false,
            desynced: false,
            garbled_since: None,
            lull_ms: LULL_MS,
            ends: LineEnds::NEW,
            data_owed: 0,
            resets: 0,
            last_answer: LastAnswer::new(),
        }
    }

    pub(crate) fn slot(&mut self, link: u8) -> Option<&mut Slot> {
        self.slots.get_mut(usize::from(link))
    }

    /// The slot, as long as the socket has it that a command was for.
    pub(crate) fn slot_since(&mut self, link: u8, generation: u16) -> Option<&mut Slot> {
        self.slot(link).filter(|slot| slot.generation == generation)
    }

    /// The raw answer to the last command, as far as it is kept.
    pub(crate) fn last_answer(&self) -> &[u8] {
        self.last_answer.bytes()
    }

    /// Something new is wanted, of which the modem has said nothing yet.
    pub(crate) fn forget_answer(&mut self) {
        self.last_answer.forget();
    }

    /// Why nothing can be asked of the modem, as long as that is so.
    pub(crate) fn trouble(&self) -> Option<EspAtError> {
        if self.silent {
            return Some(self.silent_since.map_or(EspAtError::NoAnswer, EspAtError::FellSilent));
        }
        if self.restart_refusals > 0 {
            return Some(EspAtError::TakesNoRestart);
        }
        if self.boots >= MOST_BOOTS {
            return Some(EspAtError::ModemReset);
        }
        self.unfit.map(|refused| EspAtError::unfit(self.firmware, refused))
    }

    /// Whether what it is told goes to flash: ESP-AT before 2.1 has no other way.
    fn saves(&self) -> bool {
        self.firmware.family == Family::EspAt && !self.store_off
    }

    /// Whether it says `busy p...` to what it is told.
    pub(crate) fn refuses(&self) -> bool {
        self.refused_at.is_some()
    }

    /// The task of the command on its way.
    pub(crate) fn task(&self) -> Option<Task> {
        self.in_flight.as_ref().map(|in_flight| in_flight.task)
    }

    /// Whether the start-up sequence is on its way.
    pub(crate) fn is_starting(&self) -> bool {
        self.start_step.is_some()
    }

    /// Whether the modem is started and can be asked for things.
    pub(crate) fn is_ready(&self) -> bool {
        !self.is_starting() && !self.desynced && !self.restart_wanted
    }

    /// Whether a command can be sent.
    pub(crate) fn is_idle(&self) -> bool {
        let hears = self.payload.is_none() && self.garbled_since.is_none();
        self.in_flight.is_none() && self.not_before.is_none() && hears
    }

    /// The next task that the driver sets of its own accord, if its command can be sent now.
    pub(crate) fn next_task(&mut self, now: u32) -> Option<Task> {
        if !self.is_idle() {
            return None;
        }
        if self.restart_wanted {
            return Some(Task::Restart);
        }
        if self.desynced {
            return Some(Task::Sync);
        }
        if let Some(step) = self.start_step {
            return Some(Task::Start(step));
        }
        // What is dialled before the access point is joined, as behind a reset, gets `no ip`; and what the
        // modem dials in vain keeps it from telling its address.
        let joins = self.station.joining.is_under_way();
        for (link, slot) in (0..LINKS as u8).zip(self.slots.iter_mut()).filter(|_| !joins) {
            if let Some(next) = slot.next_task(link, now) {
                return Some(next);
            }
        }
        let next = self.station.next_task(self.firmware.family, now);
        // Nobody says again what was refused: an `AT` tells when the modem is free.
        let asks = self.refused_at.is_some_and(|at| elapsed_ms(now, at) >= ASK_AGAIN_MS);
        next.or_else(|| asks.then_some(Task::Sync))
    }

    /// Whether what is asked now has to wait for something that nobody wants any more, or for a modem
    /// that says `busy p...` of its own accord.
    pub(crate) fn is_busy(&self) -> bool {
        let waits = self.slots.iter().any(Slot::is_wanted);
        let is_in_the_way = match self.task() {
            Some(Task::Job(job)) => waits || !self.station.jobs.awaits(job),
            Some(Task::Resolve) => waits || self.resolver.is_forgotten(),
            _ => false,
        };
        is_in_the_way || self.refused_at.is_some() || self.is_draining()
    }

    /// Whether it still works on a connect that was given up.
    pub(crate) fn is_draining(&self) -> bool {
        self.slots.iter().any(Slot::is_draining)
    }

    /// The send on its way has come so far.
    pub(crate) fn set_phase(&mut self, to: SendPhase, now: u32) {
        if let Some(in_flight) = &mut self.in_flight
            && let Task::Send { phase, .. } = &mut in_flight.task
        {
            *phase = to;
            in_flight.heard = now;
        }
    }

    /// The send on its way is over.
    pub(crate) fn end_send(&mut self, result: Result<(), EspAtError>, now: u32) {
        let Some(Task::Send { link, length, phase }) = self.task() else {
            return;
        };
        self.complete(now);
        self.send_over(link, phase, result.map(|()| length));
    }

    fn send_over(&mut self, link: u8, phase: SendPhase, result: Result<u16, EspAtError>) {
        // Until it says that it has them, the modem may wait for data: for all of them, or for those that were
        // lost on the way. What it is told next isn't to make them up.
        if phase >= SendPhase::Taken || result.is_ok() {
            self.data_owed = 0;
        }
        if let Some(open) = self.slot(link).and_then(Slot::open_link) {
            open.send = SendState::Over(result);
            open.stop_waiting();
        }
    }

    /// Data were taken off the line.
    pub(crate) fn data_taken(&mut self, count: usize, now: u32) {
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.heard = now;
        }
        let Some(payload) = &mut self.payload else {
            return;
        };
        payload.touched = now;
        payload.left = payload.left.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
        if payload.left == 0 {
            self.payload = None;
        }
    }

    /// Data that have begun don't go on: bytes of them were lost.
    pub(crate) fn data_stalled(&mut self, now: u32) {
        let Some(payload) = self.payload.take() else {
            return;
        };
        self.fault(payload.link, EspAtError::Corrupted);
        if payload.unsolicited {
            self.parser.clear();
        } else {
            self.corrupted(now);
        }
    }

    /// The serial port has lost bytes, and nobody knows whose.
    pub(crate) fn bytes_lost(&mut self, error: EspAtError, now: u32) {
        // Data that were on their way lack bytes now; what waits in the modem is whole.
        let hit = match (self.payload, self.task()) {
            (Some(payload), _) => Some(payload.link),
            (None, Some(Task::Read { link, .. })) => Some(link),
            _ => None,
        };
        for link in 0..LINKS as u8 {
            if !self.passive || hit == Some(link) {
                self.fault(link, error);
            }
        }
        if !self.is_starting() {
            self.give_up(error, now);
            self.desync(now);
        }
    }

    /// What was on the modem's side of this link can't be trusted any more.
    #[inline(never)]
    pub(crate) fn fault(&mut self, link: u8, error: EspAtError) {
        if let Some(open) = self.slot(link).and_then(Slot::open_link) {
            open.fail(error);
        }
    }

    /// The data that were being read aren't what the peer sent.
    fn corrupted(&mut self, now: u32) {
        self.give_up(EspAtError::Corrupted, now);
        self.desync(now);
    }

    /// Whatever the modem says is ignored until it is quiet and answers an `AT`.
    #[inline(never)]
    pub(crate) fn desync(&mut self, now: u32) {
        self.desynced = true;
        self.garbled_since = Some(now);
        self.tail = Tail::OFF;
        self.payload = None;
        self.parser.clear();
        for open in self.slots.iter_mut().filter_map(Slot::open_link) {
            // `CLOSED` or `+IPD` may be among what is ignored.
            open.doubt();
        }
    }

    /// Every connection is gone.
    fn lose_sockets(&mut self) {
        self.slots.iter_mut().for_each(Slot::lose);
    }
}
