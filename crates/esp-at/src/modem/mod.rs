//! The engine: one command at a time, answers to the task they belong to. It has no serial port; it
//! is given bytes and times, and asked for the next task and its command.

mod answer;
mod finish;
mod flight;
mod spell;
mod start;

pub(crate) use flight::{Flight, Outcome, Seen, SendPhase, Task, Urgent};
pub(crate) use start::Step;
pub use start::{Family, Firmware};

use super::dns::Resolver;
use super::error::EspAtError;
use super::link::Station;
use super::socket::{LinkState, Slot};
use super::tls::ServerName;
use super::wire::{LINKS, Parser};
use heapless::Vec;
use nal_link::elapsed_ms;

/// Data on the serial line that nobody has taken yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Payload {
    pub(crate) link: u8,
    pub(crate) left: u32,
    /// Announced by `+IPD`, not asked for.
    pub(crate) active: bool,
    /// When the last of them came.
    pub(crate) touched: u32,
}

/// What has to follow passive data: an empty line and `OK`. Anything else says that bytes were lost
/// or added on the line, and the data are worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    None,
    /// The data's next byte is the end of its line, or an unsolicited line begins.
    Fresh,
    /// A CR came.
    Return,
    /// The empty line came.
    Blank,
    /// An unsolicited line came in between.
    Line,
}

/// From `busy p...` to an `AT`, where nobody says again what was refused.
const ASK_AGAIN_MS: u32 = 500;

/// How much of the last answer is kept for the diagnosis.
const ANSWER: usize = 128;

#[derive(Debug)]
pub(crate) struct Modem {
    pub(crate) parser: Parser,
    pub(crate) flight: Option<Flight>,
    pub(crate) payload: Option<Payload>,
    pub(crate) tail: Tail,
    /// The step that the start-up sequence is at; `None` once it is through.
    pub(crate) starting: Option<Step>,
    step_tries: u8,
    pub(crate) firmware: Firmware,
    pub(crate) passive: bool,
    pub(crate) slots: [Slot; LINKS],
    pub(crate) station: Station,
    pub(crate) resolver: Resolver,
    pub(crate) server_name: ServerName,
    /// Nothing is sent before this time.
    not_before: Option<u32>,
    busy_since: Option<u32>,
    /// When a command was last refused for that: it says nothing of when it is free again.
    refused_at: Option<u32>,
    /// Start-up commands without an answer, one after another.
    unanswered: u8,
    pub(crate) silent: bool,
    restart_wanted: bool,
    out_of_step: bool,
    /// When the last byte came that is ignored, since step was lost.
    garbled_since: Option<u32>,
    /// Bytes of data that the modem may still wait for.
    pub(crate) owed: u16,
    pub(crate) resets: u16,
    /// It was started once.
    met: bool,
    answer: Vec<u8, ANSWER>,
    recording: bool,
}

impl Modem {
    pub(crate) fn new() -> Self {
        Self {
            parser: Parser::new(),
            flight: None,
            payload: None,
            tail: Tail::None,
            starting: Some(Step::Echo),
            step_tries: 0,
            firmware: Firmware::UNKNOWN,
            passive: false,
            slots: [const { Slot::new() }; LINKS],
            station: Station::new(),
            resolver: Resolver::new(),
            server_name: ServerName::new(),
            not_before: None,
            busy_since: None,
            refused_at: None,
            unanswered: 0,
            silent: false,
            restart_wanted: false,
            out_of_step: false,
            garbled_since: None,
            owed: 0,
            resets: 0,
            met: false,
            answer: Vec::new(),
            recording: false,
        }
    }

    pub(crate) fn slot(&mut self, link: u8) -> Option<&mut Slot> {
        self.slots.get_mut(usize::from(link))
    }

    /// The slot, as long as it is the one that a command was for.
    fn slot_since(&mut self, link: u8, generation: u16) -> Option<&mut Slot> {
        self.slot(link).filter(|slot| slot.generation == generation)
    }

    /// The raw answer to the last command, as far as it is kept.
    pub(crate) fn answer(&self) -> &[u8] {
        &self.answer
    }

    /// Whether the modem is started and can be asked for things.
    pub(crate) fn is_ready(&self) -> bool {
        self.starting.is_none() && !self.out_of_step && !self.restart_wanted
    }

    /// The next task that the driver sets of its own accord, if its command can be sent now.
    pub(crate) fn next_task(&mut self, now: u32) -> Option<Task> {
        if !self.is_idle(now) {
            return None;
        }
        if self.restart_wanted {
            return Some(Task::Restart);
        }
        if self.out_of_step {
            return Some(Task::Sync);
        }
        if let Some(step) = self.starting {
            return Some(Task::Start(step));
        }
        for (id, slot) in (0..LINKS as u8).zip(self.slots.iter_mut()) {
            if let Some(next) = slot.next_task(id, now) {
                return Some(next);
            }
        }
        let next = self.station.next_task(self.firmware.family, now);
        // Nobody says again what was refused: an `AT` tells when the modem is free.
        let is_due = self.refused_at.is_some_and(|at| elapsed_ms(now, at) >= ASK_AGAIN_MS);
        next.or_else(|| is_due.then_some(Task::Sync))
    }

    /// A command was sent.
    pub(crate) fn take_off(&mut self, task: Task, now: u32) {
        self.recording = self.records(task);
        if self.recording {
            self.answer.clear();
        }
        self.not_before = None;
        self.parser.expect_prompt = matches!(task, Task::Send(..));
        self.parser.expect_read = matches!(task, Task::Read(_));
        self.station.taken_off(task);
        if let Task::Connect(link) = task
            && let Some(slot) = self.slot(link)
        {
            slot.dialled();
        }
        self.flight = Some(Flight::new(task, now));
    }

    /// Whether its answer is kept. What the driver does by itself behind a failure doesn't hide the
    /// answer that was the failure, nor the modem's `ready` in the middle of it.
    fn records(&self, task: Task) -> bool {
        match task {
            Task::Resolve
            | Task::Tls(..)
            | Task::Connect(_)
            | Task::Send(..)
            | Task::Read(_)
            | Task::Restart => true,
            Task::Job(_) => !self.station.jobs.for_client,
            // At first, and of a modem that gave no answers.
            Task::Start(_) => !self.met || self.silent,
            Task::Join => !self.station.joins_by_itself(),
            Task::Apply(applied) => self.station.settings.awaits(applied),
            Task::Memory(link, _) => self
                .slots
                .get(usize::from(link))
                .is_some_and(|slot| slot.state == LinkState::Wanted),
            Task::Close(_)
            | Task::Pending(_)
            | Task::Status
            | Task::Address
            | Task::Servers
            | Task::Sync => false,
        }
    }

    /// Whether what is asked now has to wait for something that nobody wants any more, or for a modem
    /// that says `busy p...` of its own accord.
    pub(crate) fn is_busy(&self) -> bool {
        let waits = self.slots.iter().any(|slot| slot.state == LinkState::Wanted);
        let is_in_the_way = match self.task() {
            Some(Task::Job(job)) => waits || !self.station.jobs.awaits(job),
            Some(Task::Resolve) => waits || self.resolver.is_forgotten(),
            _ => false,
        };
        is_in_the_way || self.refused_at.is_some() || self.slots.iter().any(Slot::is_draining)
    }

    /// The task of the command on its way.
    pub(crate) fn task(&self) -> Option<Task> {
        self.flight.as_ref().map(|flight| flight.task)
    }

    pub(crate) fn set_phase(&mut self, link: u8, phase: SendPhase, now: u32) {
        if let Some(flight) = &mut self.flight {
            flight.task = Task::Send(link, phase);
            flight.heard = now;
        }
    }

    /// The send on its way is over.
    pub(crate) fn end_send(&mut self, link: u8, result: Result<u16, EspAtError>, now: u32) {
        let unsent = matches!(
            self.task(),
            Some(Task::Send(_, SendPhase::Prompt | SendPhase::PromptDue | SendPhase::Data))
        );
        self.land(now);
        if let Some(slot) = self.slot(link) {
            let length = slot.sending;
            slot.sent = Some(result.map(|_| length));
            slot.sending = 0;
            slot.waiting_since = None;
            slot.polls = 0;
        }
        // Unless it refused them, the modem may wait for data that weren't sent, or come to it late.
        if !unsent || matches!(result, Ok(_) | Err(EspAtError::Closed)) {
            self.owed = 0;
        }
    }

    /// Every connection is gone.
    pub(super) fn lose_sockets(&mut self) {
        for slot in &mut self.slots {
            slot.lose();
        }
    }

    /// What was on the modem's side of this link can't be trusted any more.
    #[inline(never)]
    pub(crate) fn fault(&mut self, link: u8, error: EspAtError) {
        if let Some(slot) = self.slot(link)
            && slot.state == LinkState::Open
            && slot.fault.is_none()
        {
            slot.fault = Some(error);
            slot.held = None;
        }
    }
}
