//! Sending on links, reading what waits in passive mode, closing links, and what holds for all of them.

use super::{Call, FAILED, Outcome, PARAMETERS, UNSUPPORTED};
use crate::command::{Arg, Form};
use crate::fault::Fault;
use crate::link::LINKS;
use crate::modem::Modem;
use crate::settings::Settings;

/// The most that one `AT+CIPSEND` takes.
const SEND_LIMIT: u32 = 2_048;

impl Modem {
    pub(super) fn link_command(&mut self, name: &str, call: &Call<'_>) -> Option<Outcome> {
        Some(match name {
            "+CIPMUX" => self.multiple(call),
            "+CIPMODE" => {
                // Transparent transfer is for a single link.
                if call.number(1..=1).is_some() && self.settings.multiple {
                    return Some(FAILED);
                }
                self.flag(call, |it| &mut it.transparent)
            }
            "+CIPDINFO" => {
                if call.is_query() {
                    // The one query that tells words.
                    let on = self.settings.remote_info;
                    let text = if on { "TRUE" } else { "FALSE" };
                    return Some(self.tell(call, text));
                }
                self.flag(call, |it| &mut it.remote_info)
            }
            "+CIPSTART" => self.start(call),
            "+CIPSEND" => self.send(call),
            "+CIPCLOSE" => self.close(call),
            "+CIPSTATUS" if *call.form == Form::Execute => self.status(),
            "+CIPSTATE" if self.features.cipstate && call.is_query() => {
                self.tell_links(call.name);
                Outcome::Ok
            }
            "+CIPSSLSIZE" if self.is_nonos() => match (call.is_query(), call.number(2_048..=4_096))
            {
                (true, _) => self.tell(call, self.settings.ssl_size),
                (_, Some(size)) => {
                    self.settings.ssl_size = size;
                    Outcome::Ok
                }
                _ => PARAMETERS,
            },
            "+CIPSSLCCONF" => self.ssl_config(call),
            // Taken, without an effect here.
            "+CIPTCPOPT" if !self.is_nonos() && call.set().is_some() => Outcome::Ok,
            "+CIPSSLCSNI" | "+CIPSSLCCN" if !self.is_nonos() => self.ssl_name(call),
            _ => return None,
        })
    }

    /// NonOS says what is wrong with arguments, ESP-AT doesn't.
    pub(super) fn malformed(&mut self, text: &str) -> Outcome {
        if self.is_nonos() {
            self.answer(text);
        }
        PARAMETERS
    }

    fn open_links(&self) -> usize {
        self.links.iter().flatten().filter(|it| it.open).count()
    }

    fn multiple(&mut self, call: &Call<'_>) -> Outcome {
        if call.number(1..=1).is_some() && self.settings.transparent {
            return FAILED;
        }
        if call.number(0..=1).is_some() && self.open_links() > 0 {
            if self.is_nonos() {
                self.answer("link is builded\r\n");
            }
            return FAILED;
        }
        self.flag(call, |it| &mut it.multiple)
    }

    /// Takes the link off the arguments; it is there with `AT+CIPMUX=1` and missing with 0.
    pub(super) fn link_argument<'a>(
        &mut self,
        arguments: &'a [Arg],
    ) -> Result<(usize, &'a [Arg]), Outcome> {
        if !self.settings.multiple {
            return Ok((0, arguments));
        }
        let Some((first, rest)) = arguments.split_first() else {
            return Err(PARAMETERS);
        };
        match first.number() {
            Some(id) if (id as usize) < LINKS => Ok((id as usize, rest)),
            Some(_) => Err(self.malformed("ID ERROR\r\n")),
            None => Err(self.malformed("Link type ERROR\r\n")),
        }
    }

    fn send(&mut self, call: &Call<'_>) -> Outcome {
        let Some(arguments) = call.set() else {
            return UNSUPPORTED;
        };
        let (id, rest) = match self.link_argument(arguments) {
            Ok(taken) => taken,
            Err(outcome) => return outcome,
        };
        let length = match rest {
            [length] => length.number(),
            // Datagrams may name their target; it is the link's own here.
            [length, Arg::Quoted(_), _] => length.number(),
            _ => None,
        };
        let Some(length) = length.filter(|length| *length > 0) else {
            return PARAMETERS;
        };
        if !self.links[id].as_ref().is_some_and(|link| link.open) {
            self.answer("link is not valid\r\n");
            return FAILED;
        }
        if length > SEND_LIMIT {
            return self.malformed("too long\r\n");
        }
        let prompt = if self.is_nonos() { "\r\nOK\r\n> " } else { "\r\nOK\r\n\r\n>" };
        self.answer(prompt);
        self.expect_data(id, length as usize);
        Outcome::Said
    }

    fn close(&mut self, call: &Call<'_>) -> Outcome {
        let ids = match (call.form, self.settings.multiple) {
            (Form::Execute, false) => 0..1,
            (Form::Set(_), true) => match call.number(0..=LINKS as u32) {
                Some(5) => 0..LINKS,
                Some(id) => id as usize..id as usize + 1,
                None => return PARAMETERS,
            },
            // The other form than `AT+CIPMUX` asks for: both families say which one is on.
            (Form::Execute, true) => {
                self.answer("MUX=1\r\n");
                return PARAMETERS;
            }
            _ => {
                self.answer("MUX=0\r\n");
                return PARAMETERS;
            }
        };
        let all = ids.len() > 1;
        if !all && self.schedule.hits(Fault::Unlink) {
            // It had broken before, without a notice.
            self.links[ids.start] = None;
        }
        let mut closed = false;
        for id in ids {
            if let Some(mut link) = self.links[id].take() {
                link.conn.close();
                if link.open {
                    closed = true;
                    let line = self.link_line(id, "CLOSED");
                    self.answer(line);
                }
            }
        }
        if closed || all {
            return Outcome::Ok;
        }
        if self.is_nonos() && !self.schedule.on(Fault::TerseErrors) {
            self.answer("UNLINK\r\n");
        }
        FAILED
    }

    fn status(&mut self) -> Outcome {
        let status = if self.station.addresses.is_none() {
            5
        } else if self.open_links() > 0 {
            3
        } else if self.had_link {
            4
        } else {
            2
        };
        self.answer(format!("STATUS:{status}\r\n"));
        self.tell_links("+CIPSTATUS");
        Outcome::Ok
    }

    fn tell_links(&mut self, name: &str) {
        let mut lines = String::new();
        for (id, link) in self.links.iter().enumerate() {
            let Some(link) = link.as_ref().filter(|link| link.open) else {
                continue;
            };
            let (kind, remote, port, local) =
                (link.kind.name(), link.remote, link.port, link.local_port);
            lines += &format!("{name}:{id},\"{kind}\",\"{remote}\",{port},{local},0\r\n");
        }
        self.answer(lines);
    }

    fn ssl_config(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            if self.is_nonos() {
                return self.tell(call, self.settings.ssl_mode[0]);
            }
            for id in 0..LINKS {
                let mode = self.settings.ssl_mode[id];
                self.answer(format!("{}:{id},{mode},0,0\r\n", call.name));
            }
            return Outcome::Ok;
        }
        let Some(arguments) = call.set() else {
            return UNSUPPORTED;
        };
        let numbers: Vec<_> = arguments.iter().filter_map(Arg::number).collect();
        let whole = numbers.len() == arguments.len();
        match *numbers.as_slice() {
            [mode @ 0..=3] if whole && self.is_nonos() => self.settings.ssl_mode = [mode; 5],
            [link, mode @ 0..=3, ..] if whole && !self.is_nonos() && link < 5 => {
                self.settings.ssl_mode[link as usize] = mode;
            }
            _ => return PARAMETERS,
        }
        Outcome::Ok
    }

    fn ssl_name(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            for id in 0..LINKS {
                let mut line = format!("{}:{id},\"", call.name).into_bytes();
                line.extend(&names(&mut self.settings, call)[id]);
                line.extend(b"\"\r\n");
                self.answer(line);
            }
            return Outcome::Ok;
        }
        let Some(arguments) = call.set() else {
            return UNSUPPORTED;
        };
        let (id, rest) = match self.link_argument(arguments) {
            Ok(taken) => taken,
            Err(outcome) => return outcome,
        };
        match rest {
            [Arg::Quoted(name)] if name.len() <= 64 => {
                names(&mut self.settings, call)[id] = name.clone();
                Outcome::Ok
            }
            _ => PARAMETERS,
        }
    }
}

/// The names that a command sets.
fn names<'s>(settings: &'s mut Settings, call: &Call<'_>) -> &'s mut [Vec<u8>; 5] {
    match call.name {
        "+CIPSSLCCN" => &mut settings.common_name,
        _ => &mut settings.sni,
    }
}

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
                Some(link) => link.told().to_string(),
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
        let data = if empty { Vec::new() } else { link.take(limit.min(wanted as usize)) };
        let count = data.len();
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
