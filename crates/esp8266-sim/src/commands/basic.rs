//! `AT`, `ATE`, and the commands about the modem itself.

use super::{Call, Outcome, PARAMETERS, UNSUPPORTED};
use crate::command::Form;
use crate::dialect::identity;
use crate::events::Event;
use crate::fault::Fault;
use crate::modem::Modem;
use crate::settings::Flash;

impl Modem {
    pub(super) fn basic(&mut self, name: &str, call: &Call<'_>) -> Option<Outcome> {
        let execute = *call.form == Form::Execute;
        Some(match name {
            "" if execute => Outcome::Ok,
            "E0" if execute => {
                self.settings.echo = self.schedule.on(Fault::StickyEcho);
                Outcome::Ok
            }
            "E1" if execute => {
                self.settings.echo = true;
                Outcome::Ok
            }
            "+GMR" if execute => {
                let lines = identity(self.config.dialect, self.config.version);
                self.answer(lines);
                // NonOS leaves no empty line here.
                if self.is_nonos() {
                    self.answer("OK\r\n");
                    return Some(Outcome::Said);
                }
                Outcome::Ok
            }
            "+RST" if execute => self.restart(),
            "+RESTORE" if execute => {
                let mut config = self.config.clone();
                config.saved_ap = None;
                self.flash = Flash::new(&config);
                self.stats.flash_writes += 1;
                self.restart()
            }
            "+SYSSTORE" if self.features.sysstore => self.flag(call, |it| &mut it.store),
            "+SYSLOG" if !self.is_nonos() => self.flag(call, |it| &mut it.syslog),
            "+SYSRAM" if call.is_query() => {
                let links = self.links.iter().flatten().count() as u32;
                let short = self.schedule.on(Fault::TlsOutOfMemory);
                let free = if short { 6_144 } else { self.config.free_ram };
                let free = free.saturating_sub(links * 1_024);
                if self.is_nonos() {
                    self.tell(call, free)
                } else {
                    self.tell(call, format_args!("{free},{}", free.saturating_sub(2_048)))
                }
            }
            "+SLEEP" => match (call.is_query(), call.number(0..=2)) {
                (true, _) => self.tell(call, self.settings.sleep),
                (_, Some(mode)) => {
                    self.settings.sleep = mode;
                    Outcome::Ok
                }
                _ => PARAMETERS,
            },
            "+SYSMSG" if !self.is_nonos() => match (call.is_query(), call.number(0..=7)) {
                (true, _) => self.tell(call, self.settings.messages),
                (_, Some(bits)) => {
                    self.settings.messages = bits;
                    Outcome::Ok
                }
                _ => PARAMETERS,
            },
            "+UART" => self.uart_command(call),
            _ => return None,
        })
    }

    fn restart(&mut self) -> Outcome {
        self.answer("\r\nOK\r\n");
        if self.is_nonos() && self.station.point().is_some() {
            self.notice("WIFI DISCONNECT\r\n");
        }
        self.reset();
        Outcome::Said
    }

    /// A setting that is 0 or 1.
    pub(super) fn flag(
        &mut self,
        call: &Call<'_>,
        setting: impl Fn(&mut crate::settings::Settings) -> &mut bool,
    ) -> Outcome {
        if call.is_query() {
            let value = u8::from(*setting(&mut self.settings));
            return self.tell(call, value);
        }
        match call.number(0..=1) {
            Some(value) => {
                *setting(&mut self.settings) = value == 1;
                Outcome::Ok
            }
            None => PARAMETERS,
        }
    }

    fn uart_command(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            let baud = self.settings.baud;
            return self.tell(call, format_args!("{baud},8,1,0,0"));
        }
        let Some(arguments) = call.set() else {
            return UNSUPPORTED;
        };
        let numbers: Vec<_> = arguments.iter().filter_map(|it| it.number()).collect();
        let &[baud, 5..=8, 1..=3, 0..=2, 0..=3] = numbers.as_slice() else {
            return PARAMETERS;
        };
        if !(80..=5_000_000).contains(&baud) {
            return PARAMETERS;
        }
        if call.stores {
            self.flash.baud = Some(baud);
            self.stats.flash_writes += 1;
        }
        // The answer still goes out at the old rate.
        self.answer("\r\nOK\r\n");
        let drained = self.uart.output_drained_at(self.now);
        self.timeline.add(drained, Event::Baud(baud));
        Outcome::Said
    }
}
