//! Joining access points.

use super::{Call, Outcome, PARAMETERS, UNSUPPORTED};
use crate::command::{Arg, Form};
use crate::events::Event;
use crate::fault::Fault;
use crate::modem::Modem;
use crate::wifi::{Association, Credentials, mac, parse_mac};

impl Modem {
    pub(super) fn wifi(&mut self, name: &str, call: &Call<'_>) -> Option<Outcome> {
        Some(match name {
            "+CWMODE" => self.mode(call),
            "+CWJAP" if call.is_query() => self.tell_joined(call),
            "+CWJAP" => self.join_command(call),
            "+CWQAP" if *call.form == Form::Execute => {
                self.station.wanted = None;
                let joined = self.station.point().is_some();
                // NonOS answers before it leaves.
                if self.is_nonos() {
                    self.answer("\r\nOK\r\n");
                }
                if joined {
                    self.leave();
                }
                if self.is_nonos() { Outcome::Said } else { Outcome::Ok }
            }
            "+CWLAP" => self.scan(call),
            "+CWHOSTNAME" => self.hostname(call),
            "+CWDHCP" => self.dhcp(call),
            "+CWAUTOCONN" => {
                if call.is_query() {
                    return Some(self.tell(call, u8::from(self.flash.auto_connect)));
                }
                match call.number(0..=1) {
                    Some(value) => {
                        self.flash.auto_connect = value == 1;
                        self.stats.flash_writes += 1;
                        Outcome::Ok
                    }
                    None => PARAMETERS,
                }
            }
            // Taken, without an effect here.
            "+CWLAPOPT" if call.set().is_some() => Outcome::Ok,
            "+CWRECONNCFG" if !self.is_nonos() => self.reconnect(call),
            "+CWSTATE" if self.features.cwstate && call.is_query() => self.tell_state(call),
            _ => return None,
        })
    }

    /// Seconds between tries of the firmware's own, 0 for none, and how many of them, 0 for no end.
    fn reconnect(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            let (interval, tries) = self.settings.reconnect;
            return self.tell(call, format_args!("{interval},{tries}"));
        }
        let numbers = call.set().map(|it| it.iter().map(Arg::number).collect::<Vec<_>>());
        match numbers.as_deref() {
            Some(&[Some(interval @ 0..=7_200), Some(tries @ 0..=1_000)]) => {
                self.settings.reconnect = (interval, tries);
                Outcome::Ok
            }
            _ => PARAMETERS,
        }
    }

    fn mode(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            return self.tell(call, self.settings.wifi_mode);
        }
        // ESP-AT takes a second argument: whether to connect at once.
        let mode = match call.set() {
            Some([mode]) => mode.number(),
            Some([mode, Arg::Bare(_)]) if !self.is_nonos() => mode.number(),
            _ => None,
        };
        let lowest = u32::from(self.is_nonos());
        match mode.filter(|mode| (lowest..=3).contains(mode)) {
            Some(mode) => {
                self.settings.wifi_mode = mode;
                if !self.is_station() && self.station.point().is_some() {
                    self.leave();
                }
                if call.stores {
                    self.flash.wifi_mode = Some(mode);
                    self.stats.flash_writes += 1;
                }
                Outcome::Ok
            }
            None => PARAMETERS,
        }
    }

    fn is_station(&self) -> bool {
        self.settings.wifi_mode & 1 == 1
    }

    fn tell_joined(&mut self, call: &Call<'_>) -> Outcome {
        let plain = self.schedule.on(Fault::UnescapedNames);
        let Some(index) = self.station.point() else {
            self.answer("No AP\r\n");
            return Outcome::Ok;
        };
        let ap = &self.config.access_points[index];
        let mut line = format!("{}:\"", call.name).into_bytes();
        line.extend(told_name(&ap.ssid, plain));
        let tail = if self.is_nonos() { "" } else { ",0,1,3,0,1" };
        let (bssid, channel, rssi) = (mac(ap.bssid), ap.channel, ap.rssi);
        line.extend(format!("\",\"{bssid}\",{channel},{rssi}{tail}\r\n").into_bytes());
        self.answer(line);
        Outcome::Ok
    }

    fn join_command(&mut self, call: &Call<'_>) -> Outcome {
        if !self.is_station() {
            return UNSUPPORTED;
        }
        let wanted = match call.form {
            // ESP-AT joins its last access point again.
            Form::Execute if !self.is_nonos() => {
                let last = self.station.wanted.clone();
                last.or_else(|| self.flash.access_point.clone())
            }
            Form::Set(arguments) => credentials(arguments),
            _ => None,
        };
        let Some(wanted) = wanted else {
            return PARAMETERS;
        };
        if call.stores {
            self.flash.access_point = Some(wanted.clone());
            self.stats.flash_writes += 1;
        }
        // A join of the firmware's own, if one is under way, gives way to this one.
        self.timeline.retain(|event| {
            !matches!(
                event,
                Event::Associated { .. }
                    | Event::Address { .. }
                    | Event::JoinFailed { .. }
                    | Event::Rejoin
            )
        });
        self.join(wanted, true);
        Outcome::Later
    }

    fn scan(&mut self, call: &Call<'_>) -> Outcome {
        if !self.is_station() {
            return UNSUPPORTED;
        }
        let only = match call.form {
            Form::Execute => None,
            Form::Set(arguments) => match arguments.first().and_then(Arg::text) {
                Some(ssid) => Some(ssid.to_vec()),
                None => return PARAMETERS,
            },
            _ => return PARAMETERS,
        };
        self.at(self.config.timing.scan, Event::Scanned(only));
        Outcome::Later
    }

    pub(crate) fn tell_scanned(&mut self, only: Option<&[u8]>) {
        let tail = if self.is_nonos() { ",-11,0,4,4,7,0" } else { ",-1,-1,4,4,7,0" };
        let tail = if self.features.first { "" } else { tail };
        let plain = self.schedule.on(Fault::UnescapedNames);
        let mut lines = Vec::new();
        for ap in &self.config.access_points {
            let named = only == Some(ap.ssid.as_slice());
            if !ap.up || !named && (ap.hidden || only.is_some()) {
                continue;
            }
            lines.extend(format!("+CWLAP:({},\"", ap.encryption()).into_bytes());
            lines.extend(told_name(&ap.ssid, plain));
            let (bssid, channel, rssi) = (mac(ap.bssid), ap.channel, ap.rssi);
            lines.extend(format!("\",{rssi},\"{bssid}\",{channel}{tail})\r\n").into_bytes());
        }
        self.answer(lines);
        self.conclude(Outcome::Ok);
    }

    fn hostname(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            let mut line = format!("{}:", call.name).into_bytes();
            line.extend(&self.settings.hostname);
            line.extend(b"\r\n");
            self.answer(line);
            return Outcome::Ok;
        }
        match call.set() {
            Some([Arg::Quoted(name)]) if (1..=32).contains(&name.len()) && self.is_station() => {
                self.settings.hostname = name.clone();
                Outcome::Ok
            }
            _ => PARAMETERS,
        }
    }

    fn dhcp(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            // NonOS: bit 0 soft-AP, bit 1 station. ESP-AT: bit 0 station, bit 1 soft-AP.
            let station = u8::from(self.settings.dhcp);
            let bits = if self.is_nonos() { station << 1 | 1 } else { station | 2 };
            return self.tell(call, bits);
        }
        let (first, second) = match call.set() {
            Some([first, second]) => match (first.number(), second.number()) {
                (Some(first), Some(second)) => (first, second),
                _ => return PARAMETERS,
            },
            _ => return PARAMETERS,
        };
        let (affected, on) = if self.is_nonos() {
            (matches!(first, 1 | 2), second == 1)
        } else {
            (second & 1 == 1, first == 1)
        };
        if first > 2 || second > 3 {
            return PARAMETERS;
        }
        if affected {
            self.settings.dhcp = on;
            if on {
                self.station.fixed = None;
            }
        }
        Outcome::Ok
    }

    fn tell_state(&mut self, call: &Call<'_>) -> Outcome {
        let state = match self.station.association {
            Association::Never => 0,
            Association::With(_) if self.station.addresses.is_none() => 1,
            Association::With(_) => 2,
            Association::Joining => 3,
            Association::Lost => 4,
        };
        let ssid = self.station.wanted.as_ref().map_or(&b""[..], |it| &it.ssid);
        let mut line = format!("{}:{state},\"", call.name).into_bytes();
        line.extend(escaped(ssid));
        line.extend(b"\"\r\n");
        self.answer(line);
        Outcome::Ok
    }
}

fn credentials(arguments: &[Arg]) -> Option<Credentials> {
    let (ssid, rest) = arguments.split_first()?;
    let ssid = ssid.text().filter(|it| (1..=32).contains(&it.len()))?;
    let password = match rest.first() {
        None | Some(Arg::Empty) => &[],
        Some(password) => password.text().filter(|it| it.len() <= 64)?,
    };
    let bssid = match rest.get(1) {
        None | Some(Arg::Empty) => None,
        Some(bssid) => Some(parse_mac(bssid.text()?)?),
    };
    Some(Credentials { ssid: ssid.to_vec(), password: password.to_vec(), bssid })
}

fn told_name(name: &[u8], plain: bool) -> Vec<u8> {
    if plain { name.to_vec() } else { escaped(name) }
}

/// Names go out with the escapes that arguments come in with.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::new();
    for &byte in bytes {
        if matches!(byte, b',' | b'"' | b'\\') {
            escaped.push(b'\\');
        }
        escaped.push(byte);
    }
    escaped
}
