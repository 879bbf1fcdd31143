//! The command of each task.

use super::Modem;
use super::flight::Task;
use crate::wire::Command;

impl Modem {
    /// Writes a task's command. What it takes lies in the driver, but for the name to be resolved.
    ///
    /// It isn't inlined: the line is on the stack of nobody but who sends it.
    #[inline(never)]
    pub(crate) fn spell(&self, task: Task, name: &str, command: &mut Command) {
        let (family, cur) = (self.firmware.family, self.firmware.cur());
        let slot = |link: u8| self.slots.get(usize::from(link));
        match task {
            Task::Start(step) => step.spell(cur, command),
            Task::Sync => {
                command.text("AT");
            }
            Task::Restart => {
                command.text("AT+RST");
            }
            Task::Join => self.station.spell_join(cur, command),
            Task::Status => {
                command.text("AT+CIPSTATUS");
            }
            Task::Address => {
                command.text("AT+CIPSTA").text(cur).text("?");
            }
            Task::Servers => {
                command.text("AT+CIPDNS").text(cur).text("?");
            }
            Task::Apply(applied) => self.station.settings.spell(applied, self.firmware, command),
            Task::Job(job) => job.spell(cur, command),
            Task::Resolve => {
                command.text("AT+CIPDOMAIN=").quoted(name.as_bytes());
            }
            Task::Tls(link, _) => {
                if let Some(slot) = slot(link) {
                    slot.tls.spell(link, family, &self.server_name, command);
                }
            }
            Task::Memory(..) => {
                command.text("AT+SYSRAM?");
            }
            Task::Connect(link) => {
                command.text("AT+CIPSTART=").number(link.into());
                if let Some(slot) = slot(link) {
                    // Always by address: a name can wedge the firmware until it is restarted.
                    command
                        .text(if slot.tls.is_off() { ",\"TCP\"," } else { ",\"SSL\"," })
                        .address(*slot.remote.ip())
                        .text(",")
                        .number(slot.remote.port().into());
                }
            }
            Task::Send(link, _) => {
                let length = slot(link).map_or(0, |slot| slot.sending);
                command.text("AT+CIPSEND=").number(link.into()).text(",").number(length.into());
            }
            Task::Read(link) => {
                let asked = slot(link).map_or(0, |slot| slot.asked);
                command.text("AT+CIPRECVDATA=").number(link.into()).text(",").number(asked.into());
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
