//! What is known of the station, and what the modem has to be told for it.

use super::jobs::{Job, Jobs};
use super::join::{Credentials, JoinState};
use super::settings::{Applied, Settings};
use crate::error::{EspAtError, JoinError};
use crate::modem::{Family, Outcome, Seen, Task};
use crate::wire::{Command, Event, Fields, ipv4};
use core::net::Ipv4Addr;
use nal_link::DisconnectReason;
use nal_link::elapsed_ms;
use nal_link::{IpConfig, LinkStatus};

/// From a failed join of the driver's own to the next.
const REJOIN_MS: u32 = 10_000;

/// While the link is down, the modem is asked for it so often: what it said of it may have been lost.
const LOOK_AGAIN_MS: u32 = 3_000;

/// And so often for DNS servers where there were none, as long as somebody wants to know.
const SERVERS_AGAIN_MS: u32 = 10_000;

/// An address that is told garbled is asked for so often.
const MOST_TRIES: u8 = 3;

#[derive(Debug)]
pub(crate) struct Station {
    pub(super) status: LinkStatus,
    /// The modem has to be asked whether it is on an access point.
    ask_status: bool,
    asked_at: u32,
    /// The modem has to be asked for its address.
    ask_address: bool,
    asked: Addresses,
    address_tries: u8,
    /// And for its DNS servers.
    ask_servers: bool,
    servers: Servers,
    servers_asked_twice: bool,
    pub(super) credentials: Option<Credentials>,
    pub(super) join: JoinState,
    /// The modem has lost its access point by a reset: it is joined again at this time.
    rejoin_at: Option<u32>,
    rejoin_soon: bool,
    /// It had joined with these credentials.
    member: bool,
    pub(crate) settings: Settings,
    pub(crate) jobs: Jobs,
    rssi: Option<i8>,
}

/// The lines of an answer to `AT+CIPSTA?`.
#[derive(Debug, Default, Clone, Copy)]
struct Addresses {
    own: Option<Ipv4Addr>,
    gateway: Option<Ipv4Addr>,
    netmask: Option<Ipv4Addr>,
}

/// The lines of an answer to `AT+CIPDNS?`.
#[derive(Debug, Clone, Copy)]
struct Servers {
    /// The line came that has to.
    told: bool,
    found: bool,
    /// And others, which may have been such a line.
    unclear: bool,
}

impl Servers {
    /// NonOS says a server a line, `+CIPDNS_CUR:192.168.1.1`, and no line for none; ESP-AT all in
    /// one: `+CIPDNS:1,"192.168.1.1"`.
    fn line(&mut self, line: &[u8]) {
        let servers = line.strip_prefix(b"+CIPDNS_CUR:").or_else(|| line.strip_prefix(b"+CIPDNS:"));
        let Some(servers) = servers else {
            self.unclear |= !line.starts_with(b"AT");
            return;
        };
        self.told = true;
        let mut fields = Fields(servers);
        while let Some(field) = fields.next() {
            match ipv4(field) {
                Some(server) => self.found |= !server.is_unspecified(),
                // Whether they are set by hand.
                None => self.unclear |= !matches!(field, b"0" | b"1"),
            }
        }
    }

    fn known(self) -> Option<bool> {
        if self.found {
            return Some(true);
        }
        (self.told && !self.unclear).then_some(false)
    }
}

impl Addresses {
    /// What they come to; `None` where there is no own address among them.
    fn config(self) -> Option<IpConfig> {
        let set = |address: Option<Ipv4Addr>| address.filter(|it| !it.is_unspecified());
        let mut config = IpConfig::new(set(self.own)?.into());
        config.gateway = set(self.gateway);
        config.netmask = set(self.netmask);
        Some(config)
    }
}

impl Station {
    pub(crate) const fn new() -> Self {
        Self {
            status: LinkStatus::Disconnected(DisconnectReason::Unknown),
            ask_status: false,
            asked_at: 0,
            ask_address: false,
            asked: Addresses { own: None, gateway: None, netmask: None },
            address_tries: 0,
            ask_servers: false,
            servers: Servers { told: false, found: false, unclear: false },
            servers_asked_twice: false,
            credentials: None,
            join: JoinState::Idle,
            rejoin_at: None,
            rejoin_soon: false,
            member: false,
            settings: Settings::new(),
            jobs: Jobs::new(),
            rssi: None,
        }
    }

    pub(crate) fn status(&self) -> LinkStatus {
        match self.status {
            LinkStatus::Up(mut config) => {
                config.rssi_dbm = self.rssi;
                LinkStatus::Up(config)
            }
            status => status,
        }
    }

    /// Somebody wants to know it.
    pub(crate) fn looked_at(&mut self, now: u32) {
        // DHCP may have brought a server since; nothing tells.
        if let LinkStatus::Up(IpConfig { has_dns: Some(false), .. }) = self.status {
            self.ask_servers |= elapsed_ms(now, self.asked_at) >= SERVERS_AGAIN_MS;
        }
    }

    /// The start-up sequence is through.
    pub(crate) fn started(&mut self) {
        self.settings.all_due();
        // The modem may be on an access point already: joined by itself, or before we came.
        self.ask_status = true;
        if self.rejoin_soon && self.credentials.is_some() && self.join == JoinState::Idle {
            self.join = JoinState::Wanted { own: true };
        }
        self.rejoin_soon = false;
    }

    /// The modem was reset, and has forgotten everything.
    pub(crate) fn reset(&mut self, asked_for: bool) {
        self.lost();
        self.jobs.reset(asked_for);
        self.settings.reset();
    }

    /// Nothing is known of the link any more.
    pub(crate) fn lost(&mut self) {
        self.rejoin_soon |= self.member;
        self.status = LinkStatus::Disconnected(DisconnectReason::Unknown);
        self.ask_status = false;
        self.ask_address = false;
        self.ask_servers = false;
        self.rssi = None;
        if let JoinState::Running { own } = self.join {
            self.join = JoinState::Wanted { own };
        }
    }

    /// A name didn't resolve. A server may have gone since they were asked for.
    pub(crate) fn names_fail(&mut self) {
        self.ask_servers |= matches!(self.status, LinkStatus::Up(_));
    }

    /// The modem says `no ip`, so its `WIFI DISCONNECT` was missed.
    pub(crate) fn has_no_address(&mut self) {
        self.status = LinkStatus::NoAddress;
        self.ask_status = true;
    }

    /// `WIFI …`
    pub(crate) fn event(&mut self, event: Event) {
        match event {
            Event::WifiConnected | Event::WifiGotIp => {
                if !matches!(self.status, LinkStatus::Up(_)) {
                    self.status = LinkStatus::NoAddress;
                }
                self.ask_address |= event == Event::WifiGotIp;
            }
            Event::WifiDisconnect => {
                self.status = LinkStatus::Disconnected(DisconnectReason::Unknown);
                self.ask_address = false;
                self.rssi = None;
                if core::mem::take(&mut self.ask_servers)
                    && let JoinState::Running { own } = self.join
                {
                    self.joined(own, Err(JoinError::Failed));
                }
            }
            _ => {}
        }
    }

    pub(crate) fn next_task(&mut self, family: Family, now: u32) -> Option<Task> {
        if let Some(applied) = self.settings.next() {
            return Some(Task::Apply(applied));
        }
        if self.rejoin_at.is_some_and(|at| elapsed_ms(now, at) < u32::MAX / 2) {
            self.rejoin_at = None;
            let down = matches!(self.status, LinkStatus::Disconnected(_));
            if down && self.join == JoinState::Idle && self.credentials.is_some() {
                self.join = JoinState::Wanted { own: true };
            }
        }
        if matches!(self.join, JoinState::Wanted { .. }) && self.credentials.is_some() {
            return Some(Task::Join);
        }
        let down = !matches!(self.status, LinkStatus::Up(_));
        let look_again = self.member && down && elapsed_ms(now, self.asked_at) >= LOOK_AGAIN_MS;
        if self.ask_status || (look_again && !self.ask_address && !self.ask_servers) {
            self.asked_at = now;
            return Some(Task::Status);
        }
        if self.ask_address {
            self.asked = Addresses::default();
            return Some(Task::Address);
        }
        if self.ask_servers {
            self.asked_at = now;
            let told = family == Family::NonOs;
            self.servers = Servers { told, found: false, unclear: false };
            return Some(Task::Servers);
        }
        self.jobs.next().map(Task::Job)
    }

    pub(crate) fn spell_join(&self, cur: &str, command: &mut Command) {
        if let Some(credentials) = &self.credentials {
            credentials.spell(cur, command);
        }
    }

    /// Whether the join that is wanted is the driver's own.
    pub(crate) fn joins_by_itself(&self) -> bool {
        matches!(self.join, JoinState::Wanted { own: true })
    }

    /// The modem has refused a connect, and didn't say why: perhaps it has lost its address.
    pub(crate) fn may_be_offline(&mut self) {
        self.ask_status = true;
    }

    /// A command was sent.
    pub(crate) fn taken_off(&mut self, task: Task) {
        match task {
            Task::Join => {
                if let JoinState::Wanted { own } = self.join {
                    self.join = JoinState::Running { own };
                }
                self.status = LinkStatus::Disconnected(DisconnectReason::Unknown);
            }
            Task::Job(job) => self.jobs.taken_off(job),
            _ => {}
        }
    }

    /// A line of the answer to `AT+CIPSTATUS`: 2 to 4 say that there is an address, 5 that there is no
    /// access point.
    pub(crate) fn status_line(&mut self, line: &[u8]) {
        match line.strip_prefix(b"STATUS:") {
            Some([b'2'..=b'4']) => self.ask_address |= !matches!(self.status, LinkStatus::Up(_)),
            Some(b"5") if matches!(self.status, LinkStatus::Up(_)) => {
                self.status = LinkStatus::Disconnected(DisconnectReason::Unknown);
            }
            _ => {}
        }
    }

    /// A line of the answer to `AT+CIPSTA?`.
    pub(crate) fn address_line(&mut self, line: &[u8]) {
        let line = line.strip_prefix(b"+CIPSTA_CUR:").or_else(|| line.strip_prefix(b"+CIPSTA:"));
        let Some(line) = line else {
            return;
        };
        for (name, field) in [
            (&b"ip:"[..], &mut self.asked.own),
            (b"gateway:", &mut self.asked.gateway),
            (b"netmask:", &mut self.asked.netmask),
        ] {
            if let Some(address) = line.strip_prefix(name).and_then(ipv4) {
                *field = Some(address);
            }
        }
    }

    /// A line of the answer to `AT+CIPDNS?`.
    pub(crate) fn servers_line(&mut self, line: &[u8]) {
        self.servers.line(line);
    }

    pub(crate) fn job_line(&mut self, job: Job, line: &[u8]) {
        self.jobs.line(job, line);
    }

    pub(crate) fn finish(&mut self, task: Task, outcome: Outcome, seen: Seen, now: u32) {
        match task {
            Task::Join => self.join_done(outcome, seen, now),
            Task::Status => self.ask_status = false,
            Task::Address => self.address_known(outcome),
            Task::Servers => self.servers_known(outcome),
            Task::Apply(applied) => {
                self.settings.done(applied, outcome);
                let up = matches!(self.status, LinkStatus::Up(_)) && outcome == Outcome::Ok;
                self.ask_address |= up && applied == Applied::Addresses;
                self.ask_servers |= up && applied == Applied::DnsServers;
            }
            Task::Job(job) => {
                self.jobs.done(job, outcome, seen);
                if job == Job::Rssi {
                    self.rssi = self.jobs.rssi;
                }
                if job == Job::Leave && outcome == Outcome::Ok {
                    self.credentials = None;
                    self.member = false;
                    self.rejoin_at = None;
                    self.status = LinkStatus::Disconnected(DisconnectReason::Unknown);
                }
            }
            _ => {}
        }
    }

    fn join_done(&mut self, outcome: Outcome, seen: Seen, now: u32) {
        let JoinState::Running { own } = self.join else {
            return;
        };
        let error = match (outcome, seen.code) {
            // Its addresses tell whether it succeeded.
            (Outcome::Ok | Outcome::Missed, 0) => {
                self.ask_address = true;
                return;
            }
            // The firmware says `1` also where DHCP never answered.
            (_, 1) if seen.associated => JoinError::NoAddress,
            (_, 1) => JoinError::TimedOut,
            (_, 2) => JoinError::WrongPassword,
            (_, 3) => JoinError::NoAccessPoint,
            _ => JoinError::Failed,
        };
        self.status = match error {
            JoinError::NoAddress => LinkStatus::NoAddress,
            error => LinkStatus::Disconnected(error.reason()),
        };
        self.joined(own, Err(error));
        if own {
            self.rejoin_at = Some(now.wrapping_add(REJOIN_MS));
        }
    }

    fn address_known(&mut self, outcome: Outcome) {
        self.address_tries = self.address_tries.saturating_add(1);
        let garbled = outcome == Outcome::Ok && self.asked.own.is_none();
        let config = self.asked.config().filter(|_| outcome == Outcome::Ok);
        // A byte that was lost makes such addresses, too. Whoever has them is told twice.
        let odd = self.address_tries == 1 && config.is_some_and(|ip| ip.gateway_is_outside());
        let again = garbled || outcome == Outcome::Missed;
        if odd || (again && self.address_tries < MOST_TRIES) {
            // It is asked again.
            return;
        }
        self.address_tries = 0;
        self.ask_address = false;
        if let Some(mut config) = config {
            // The link is up once it is known whether it can resolve names, too.
            self.ask_servers = true;
            if let LinkStatus::Up(before) = self.status {
                config.has_dns = before.has_dns;
                self.status = LinkStatus::Up(config);
            }
            return;
        }
        if matches!(self.status, LinkStatus::Up(_)) {
            self.status = LinkStatus::NoAddress;
        }
        if let JoinState::Running { own: by_itself } = self.join {
            let error = match self.status {
                LinkStatus::NoAddress => JoinError::NoAddress,
                _ => JoinError::Failed,
            };
            self.joined(by_itself, Err(error));
        }
    }

    fn servers_known(&mut self, outcome: Outcome) {
        if !self.ask_servers {
            // The access point has gone meanwhile.
            return;
        }
        // It isn't known where the modem doesn't say; there is none where it says so twice.
        let has_dns = self.servers.known().filter(|_| outcome == Outcome::Ok);
        let sure = has_dns == Some(true) || outcome == Outcome::Error;
        if !sure && !core::mem::replace(&mut self.servers_asked_twice, true) {
            return;
        }
        self.servers_asked_twice = false;
        self.ask_servers = false;
        let config = match self.status {
            LinkStatus::Up(config) => Some(config),
            _ => self.asked.config(),
        };
        if let Some(mut config) = config {
            config.has_dns = has_dns;
            self.status = LinkStatus::Up(config);
        }
        if let JoinState::Running { own } = self.join {
            self.joined(own, Ok(()));
        }
    }

    fn joined(&mut self, own: bool, result: Result<(), JoinError>) {
        self.member |= result.is_ok();
        self.join = if own { JoinState::Idle } else { JoinState::Done(result) };
    }

    /// The modem failed.
    pub(crate) fn give_up(&mut self, task: Task, error: EspAtError) {
        match task {
            Task::Join => {
                if let JoinState::Running { own } = self.join {
                    self.joined(own, Err(JoinError::Modem(error)));
                }
            }
            Task::Status => self.ask_status = false,
            Task::Apply(applied) => self.settings.failed(applied, error),
            Task::Job(job) => self.jobs.failed(job, error),
            _ => {}
        }
    }

    /// The command wasn't executed.
    pub(crate) fn requeue(&mut self, task: Task) {
        match task {
            Task::Join => {
                if let JoinState::Running { own } = self.join {
                    self.join = JoinState::Wanted { own };
                }
            }
            Task::Job(job) => self.jobs.requeue(job),
            _ => {}
        }
    }
}
