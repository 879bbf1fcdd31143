//! Addresses, names, pings and the time.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{Call, FAILED, Outcome, PARAMETERS, UNSUPPORTED};
use crate::command::{Arg, Form};
use crate::events::Event;
use crate::fault::Fault;
use crate::lan::Addresses;
use crate::modem::{Busy, Modem};
use crate::wifi::mac;

/// What the firmware uses when DNS is set by hand without a server.
const DEFAULT_DNS: [Ipv4Addr; 2] = [Ipv4Addr::new(208, 67, 222, 222), Ipv4Addr::new(8, 8, 8, 8)];

impl Modem {
    pub(super) fn ip(&mut self, name: &str, call: &Call<'_>) -> Option<Outcome> {
        Some(match name {
            "+CIPSTA" => self.own_address(call),
            "+CIPDNS" if self.is_nonos() && !call.name.contains('_') => UNSUPPORTED,
            "+CIPDNS" => self.dns_servers(call),
            "+CIFSR" if *call.form == Form::Execute => {
                let typo = self.schedule.on(Fault::CisfrTypo);
                let word = if typo { "+CISFR" } else { "+CIFSR" };
                let (ip, own) = (self.shown_addresses().ip, mac(self.config.mac));
                self.answer(format!("{word}:STAIP,\"{ip}\"\r\n+CIFSR:STAMAC,\"{own}\"\r\n"));
                Outcome::Ok
            }
            "+CIPDOMAIN" => self.domain(call),
            "+PING" => self.ping(call),
            "+CIPSNTPCFG" => self.sntp(call),
            "+CIPSNTPTIME" if call.is_query() => {
                let zone = self.settings.sntp.unwrap_or(0);
                let time = asctime(self.unix_time(), zone);
                self.tell(call, time)
            }
            _ => return None,
        })
    }

    /// The addresses that connects and pings go by.
    pub(crate) fn addresses(&self) -> Option<Addresses> {
        let mut addresses = self.station.addresses?;
        if self.schedule.on(Fault::StaticIpWrongSubnet) {
            addresses.ip = Ipv4Addr::new(192, 168, 0, 20);
            addresses.gateway = Ipv4Addr::new(192, 168, 1, 1);
            addresses.netmask = Ipv4Addr::new(255, 255, 255, 0);
        }
        Some(addresses)
    }

    fn shown_addresses(&self) -> Addresses {
        self.addresses().unwrap_or(Addresses {
            ip: Ipv4Addr::UNSPECIFIED,
            gateway: Ipv4Addr::UNSPECIFIED,
            netmask: Ipv4Addr::UNSPECIFIED,
        })
    }

    fn own_address(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            let Addresses { ip, gateway, netmask } = self.shown_addresses();
            let name = call.name;
            self.answer(format!(
                "{name}:ip:\"{ip}\"\r\n{name}:gateway:\"{gateway}\"\r\n\
                 {name}:netmask:\"{netmask}\"\r\n"
            ));
            return Outcome::Ok;
        }
        let arguments: Option<Vec<Ipv4Addr>> =
            call.set().map(|it| it.iter().filter_map(address).collect());
        let fixed = match arguments.as_deref() {
            Some(&[ip]) => Addresses {
                ip,
                gateway: Ipv4Addr::from_bits(ip.to_bits() & 0xffff_ff00 | 1),
                netmask: Ipv4Addr::new(255, 255, 255, 0),
            },
            Some(&[ip, gateway, netmask]) => Addresses { ip, gateway, netmask },
            _ => return PARAMETERS,
        };
        self.settings.dhcp = false;
        self.station.fixed = Some(fixed);
        if self.station.addresses.is_some() {
            self.station.addresses = Some(fixed);
        }
        Outcome::Ok
    }

    /// The servers that names are asked of.
    fn servers(&self) -> Vec<Ipv4Addr> {
        if self.schedule.on(Fault::NoDnsServer) {
            return Vec::new();
        }
        match &self.station.dns {
            Some(servers) => servers.clone(),
            // A static address brings no DNS server along.
            None if self.station.fixed.is_some() => Vec::new(),
            None if self.station.addresses.is_some() => self.config.lan.dns_servers.clone(),
            None => Vec::new(),
        }
    }

    fn dns_servers(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            let (name, servers) = (call.name, self.servers());
            if self.is_nonos() {
                for server in servers {
                    self.answer(format!("{name}:{server}\r\n"));
                }
            } else {
                let mut line = format!("{name}:{}", u8::from(self.station.dns.is_some()));
                for server in servers {
                    line += &format!(",\"{server}\"");
                }
                self.answer(line + "\r\n");
            }
            return Outcome::Ok;
        }
        let Some((enable, servers)) = call.set().and_then(<[Arg]>::split_first) else {
            return PARAMETERS;
        };
        let servers: Vec<_> = servers.iter().map(address).collect();
        match (enable.number(), servers.into_iter().collect::<Option<Vec<_>>>()) {
            (Some(0), Some(none)) if none.is_empty() => self.station.dns = None,
            (Some(1), Some(servers)) if servers.is_empty() => {
                self.station.dns = Some(DEFAULT_DNS.to_vec());
            }
            (Some(1), Some(servers)) if servers.len() <= 3 => self.station.dns = Some(servers),
            _ => return PARAMETERS,
        }
        Outcome::Ok
    }

    /// What a name resolves to, and how long it takes to know.
    pub(crate) fn resolve(&mut self, name: &[u8]) -> (Option<Ipv4Addr>, Duration) {
        let timing = &self.config.timing;
        let (mut delay, never) = (timing.resolve, timing.resolve_timeout);
        let late = timing.slow_resolve;
        let literal = std::str::from_utf8(name).ok().and_then(|it| it.parse().ok());
        if literal.is_some() {
            return (literal, Duration::ZERO);
        }
        if self.schedule.hits(Fault::DnsSlow) {
            delay = late;
        }
        let fails = self.schedule.hits(Fault::DnsFailure);
        let zero = self.schedule.hits(Fault::DnsZero);
        let broadcast = self.schedule.hits(Fault::DnsBroadcast);
        let wrong_subnet = self.schedule.on(Fault::StaticIpWrongSubnet);
        if self.servers().is_empty() || fails {
            (None, delay)
        } else if self.schedule.on(Fault::GatewayDown) || wrong_subnet {
            (None, never)
        } else if zero {
            (Some(Ipv4Addr::UNSPECIFIED), delay)
        } else if broadcast {
            (Some(Ipv4Addr::BROADCAST), delay)
        } else {
            (self.config.dns.resolve(name), delay)
        }
    }

    fn domain(&mut self, call: &Call<'_>) -> Outcome {
        let Some(name) = call.set().and_then(<[Arg]>::first).and_then(Arg::text) else {
            return PARAMETERS;
        };
        if self.station.addresses.is_none() {
            return self.no_ip();
        }
        let hangs = self.schedule.hits(Fault::NameHangs);
        let unset = self.schedule.hits(Fault::IpUnset);
        if hangs {
            self.busy = Busy::Dead;
            return Outcome::Later;
        }
        let (address, delay) = self.resolve(name);
        let address = address.filter(|_| !unset);
        let event = match address {
            Some(address) if self.is_nonos() => {
                Event::Answer(format!("{}:{address}\r\n", call.name), Outcome::Ok)
            }
            Some(address) => Event::Answer(format!("{}:\"{address}\"\r\n", call.name), Outcome::Ok),
            None if unset => Event::Answer(format!("{}:(IP unset)\r\n", call.name), Outcome::Ok),
            None => Event::Answer(self.dns_fail(), FAILED),
        };
        self.at(delay, event);
        Outcome::Later
    }

    /// What a name that doesn't resolve gets before its `ERROR`.
    pub(super) fn dns_fail(&self) -> String {
        if self.is_nonos() { "DNS Fail\r\n".into() } else { String::new() }
    }

    /// What anything that needs an address gets without one.
    pub(super) fn no_ip(&mut self) -> Outcome {
        if !self.schedule.on(Fault::TerseErrors) {
            self.answer("no ip\r\n");
        }
        FAILED
    }

    fn ping(&mut self, call: &Call<'_>) -> Outcome {
        let Some([Arg::Quoted(host)]) = call.set() else {
            return PARAMETERS;
        };
        let Some(own) = self.addresses() else {
            return if self.is_nonos() { self.no_ip() } else { FAILED };
        };
        let (target, delay) = self.resolve(host);
        let Some(target) = target else {
            let text = self.dns_fail();
            self.at(delay, Event::Answer(text, FAILED));
            return Outcome::Later;
        };
        let timing = &self.config.timing;
        let (ping, timeout) = (timing.ping, timing.ping_timeout);
        let prefix = if self.is_nonos() { "+" } else { "+PING:" };
        let event = if self.config.lan.pings(own, target, self.trouble()) {
            let text = format!("{prefix}{}\r\n", ping.as_millis());
            (delay + ping, Event::Answer(text, Outcome::Ok))
        } else {
            let word = if self.is_nonos() { "timeout" } else { "TIMEOUT" };
            let text = format!("{prefix}{word}\r\n");
            (delay + timeout, Event::Answer(text, FAILED))
        };
        self.at(event.0, event.1);
        Outcome::Later
    }

    fn sntp(&mut self, call: &Call<'_>) -> Outcome {
        if call.is_query() {
            let text = match self.settings.sntp {
                Some(zone) => format!("1,{zone},\"pool.ntp.org\""),
                None => "0".into(),
            };
            return self.tell(call, text);
        }
        let Some(arguments) = call.set() else {
            return UNSUPPORTED;
        };
        let zone = match arguments.get(1) {
            None | Some(Arg::Empty) => Some(0),
            // The zone alone may be negative.
            Some(Arg::Bare(zone)) => String::from_utf8_lossy(zone).parse().ok(),
            Some(Arg::Quoted(_)) => None,
        };
        match (arguments[0].number(), zone) {
            (Some(0), Some(_)) => self.settings.sntp = None,
            (Some(1), Some(zone)) if (-12..=14).contains(&zone) => {
                self.settings.sntp = Some(zone);
                self.settings.sntp_since = self.now;
            }
            _ => return PARAMETERS,
        }
        Outcome::Ok
    }

    /// Seconds since 1970; few of them before SNTP has an answer.
    fn unix_time(&self) -> u64 {
        let due = self.settings.sntp_since + self.config.timing.sntp;
        let known = self.settings.sntp.is_some() && self.now >= due && self.has_address();
        let begin = if known { self.config.unix_time } else { 0 };
        begin + self.now.as_secs()
    }
}

fn address(argument: &Arg) -> Option<Ipv4Addr> {
    std::str::from_utf8(argument.text()?).ok()?.parse().ok()
}

/// As C's `asctime`: `Thu Jan 01 00:00:00 1970`.
fn asctime(unix: u64, zone: i32) -> String {
    let seconds = (unix as i64 + i64::from(zone) * 3_600).max(0);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(days % 7) as usize];
    let (mut year, mut day) = (1970, days);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if day < length {
            break;
        }
        day -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    let names =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let (month, day) = (names[month], day + 1);
    format!("{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} {year}")
}

#[cfg(test)]
mod tests {
    use super::asctime;

    #[test]
    fn dates() {
        assert_eq!(asctime(0, 0), "Thu Jan 01 00:00:00 1970");
        assert_eq!(asctime(1_709_164_799, 0), "Wed Feb 28 23:59:59 2024");
        assert_eq!(asctime(1_709_164_799, 1), "Thu Feb 29 00:59:59 2024");
        assert_eq!(asctime(1_735_689_600, -1), "Tue Dec 31 23:00:00 2024");
    }
}
