//! The command of each task.

use super::Modem;
use crate::wire::Command;
use crate::words::{Job, StartStep, Task};

impl Modem {
    /// Writes a task's command. What it takes lies in the driver, but for the name to be resolved.
    ///
    /// It isn't inlined: the line is on the stack of nobody but who sends it.
    #[inline(never)]
    pub(crate) fn spell(&self, task: Task, name: &str, command: &mut Command) {
        let cur = self.firmware.cur();
        let slot = |link: u8| self.slots.get(usize::from(link));
        match task {
            Task::Start(step) => spell_step(step, cur, command),
            Task::Sync => {
                command.text("AT");
            }
            Task::Restart => {
                command.text("AT+RST");
            }
            Task::Join => {
                self.station.joining.spell(cur, self.saves(), command);
            }
            Task::Status => {
                command.text("AT+CIPSTATUS");
            }
            Task::Address => {
                command.text("AT+CIPSTA").text(cur).text("?");
            }
            Task::Servers => {
                command.text("AT+CIPDNS").text(cur).text("?");
            }
            Task::Apply(kind) => self.station.settings.spell(kind, self.firmware, command),
            Task::Job(job) => spell_job(job, cur, command),
            Task::Resolve => {
                command.text("AT+CIPDOMAIN=").quoted(name.as_bytes());
            }
            Task::Tls { link, .. } => {
                if let Some(tls) = slot(link).and_then(|slot| slot.tls) {
                    tls.spell(link, self.firmware.family, &self.server_name, command);
                }
            }
            Task::Memory { .. } => {
                command.text("AT+SYSRAM?");
            }
            Task::Connect(link) => {
                command.text("AT+CIPSTART=").number(link.into());
                if let Some(slot) = slot(link) {
                    // Always by address: a name can wedge the firmware until it is restarted.
                    command
                        .text(if slot.tls.is_some() { ",\"SSL\"," } else { ",\"TCP\"," })
                        .address(*slot.remote.ip())
                        .text(",")
                        .number(slot.remote.port().into());
                }
            }
            Task::Send { link, length, .. } => {
                command.text("AT+CIPSEND=").number(link.into()).text(",").number(length.into());
            }
            Task::Read { link, most } => {
                command.text("AT+CIPRECVDATA=").number(link.into()).text(",").number(most.into());
            }
            // Where data come unasked, all that was on its way comes before the answer to anything.
            Task::Pending(_) => {
                command.text(if self.passive { "AT+CIPRECVLEN?" } else { "AT" });
            }
            Task::Close(link) => {
                command.text("AT+CIPCLOSE=").number(link.into());
            }
        }
    }
}

fn spell_step(step: StartStep, cur: &str, command: &mut Command) {
    match step {
        StartStep::Echo => command.text("ATE0"),
        StartStep::Version => command.text("AT+GMR"),
        StartStep::Store => command.text("AT+SYSSTORE=0"),
        // Without a line end: it has to come alone.
        StartStep::LeaveData => command.text("+++"),
        StartStep::AskMode => command.text("AT+CWMODE?"),
        StartStep::NormalMode => command.text("AT+CIPMODE=0"),
        StartStep::Mode => command.text("AT+CWMODE").text(cur).text("=1"),
        StartStep::Multiplex => command.text("AT+CIPMUX=1"),
        StartStep::CloseAll => command.text("AT+CIPCLOSE=5"),
        StartStep::CloseOne => command.text("AT+CIPCLOSE"),
        StartStep::Passive => command.text("AT+CIPRECVMODE=1"),
        StartStep::NoPeerInfo => command.text("AT+CIPDINFO=0"),
    };
}

fn spell_job(job: Job, cur: &str, command: &mut Command) {
    match job {
        Job::Rssi => command.text("AT+CWJAP").text(cur).text("?"),
        Job::Scan => command.text("AT+CWLAP"),
        Job::Restart => command.text("AT+RST"),
        Job::BaudRate(rate) => command.text("AT+UART_CUR=").number(rate).text(",8,1,0,0"),
        Job::Leave => command.text("AT+CWQAP"),
        Job::Ping(host) => command.text("AT+PING=").address(host),
    };
}
