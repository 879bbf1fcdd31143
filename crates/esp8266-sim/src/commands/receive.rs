//! Reading what waits in passive mode.

use super::{Call, FAILED, Outcome, PARAMETERS, UNSUPPORTED};
use crate::fault::Fault;
use crate::modem::Modem;

/// The most that NonOS gives at once.
const NONOS_READ_LIMIT: usize = 2_048;

impl Modem {
    pub(super) fn receive(&mut self, name: &str, call: &Call<'_>) -> Option<Outcome> {
        Some(match name {
            "+CIPRECVMODE" => {
                if !self.features.passive || self.schedule.on(Fault::NoPassiveMode) {
                    return Some(UNSUPPORTED);
                }
                self.flag(call, |it| &mut it.passive)
            }
            "+CIPRECVLEN" if call.is_query() => self.pending(call),
            "+CIPRECVDATA" => self.read_data(call),
            _ => return None,
        })
    }

    fn pending(&mut self, call: &Call<'_>) -> Outcome {
        let idle = if self.is_nonos() { "0" } else { "-1" };
        let mut counts: Vec<_> = self
            .links
            .iter()
            .map(|link| match link {
                Some(link) => link.window.len().to_string(),
                None => idle.into(),
            })
            .collect();
        if !self.settings.multiple {
            counts.truncate(1);
        }
        self.tell(call, counts.join(","))
    }

    fn read_data(&mut self, call: &Call<'_>) -> Outcome {
        let Some(arguments) = call.set() else {
            return UNSUPPORTED;
        };
        let (id, rest) = match self.link_argument(arguments) {
            Ok(taken) => taken,
            Err(outcome) => return outcome,
        };
        let wanted = match rest {
            [wanted] => wanted.number().filter(|wanted| *wanted > 0),
            _ => None,
        };
        let Some(wanted) = wanted else {
            return PARAMETERS;
        };
        let nonos = self.is_nonos();
        let limit = if nonos { NONOS_READ_LIMIT } else { usize::MAX };
        let Some(link) = self.links[id].as_mut() else {
            return FAILED;
        };
        if !self.settings.passive || link.window.is_empty() {
            return FAILED;
        }
        let empty = self.schedule.hits(Fault::EmptyRead);
        let lies = self.schedule.hits(Fault::LyingRecvLength);
        let count = if empty { 0 } else { link.window.len().min(wanted as usize).min(limit) };
        let data: Vec<u8> = link.window.drain(..count).collect();
        link.announced = false;
        let (remote, port) = (link.remote, link.port);
        if !link.open && link.window.is_empty() {
            self.links[id] = None;
        }
        let told = if lies { "-1".into() } else { count.to_string() };
        if self.schedule.on(Fault::ToReadLine) {
            self.answer(format!("to read {count} bytes\r\n"));
        }
        let name = call.name;
        self.answer(if nonos {
            format!("{name},{told}:")
        } else if self.settings.remote_info {
            format!("{name}:{told},\"{remote}\",{port},")
        } else {
            format!("{name}:{told},")
        });
        self.answer_data(&data);
        Outcome::Ok
    }
}
