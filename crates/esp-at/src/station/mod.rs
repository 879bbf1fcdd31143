//! The station: its access point, its addresses, its settings and single tasks.

mod addresses;
mod jobs;
mod join;
mod scan;
mod settings;

pub(crate) use jobs::Jobs;
pub use join::Join;
pub(crate) use join::Joining;
pub use scan::AccessPoint;
pub(crate) use settings::Settings;
pub use settings::{Setting, Sleep};

use crate::error::{EspAtError, JoinError};
use crate::firmware::Family;
use crate::wire::Event;
use crate::words::{CommandResult, Job, Seen, SettingKind, Task};
use addresses::{AddressAnswer, ServersAnswer};
use nal_link::{DisconnectReason, IpConfig, LinkStatus, elapsed_ms};

/// While the link is down, the modem is asked for it so often: what it said of it may have been lost.
const LOOK_AGAIN_MS: u32 = 3_000;

/// Where there are no DNS servers, it is asked for them so often, as long as somebody wants to know.
const SERVERS_AGAIN_MS: u32 = 10_000;

/// An address that is told garbled is asked for so often.
const MOST_TRIES: u8 = 3;

const DOWN: LinkStatus = LinkStatus::Disconnected(DisconnectReason::Unknown);

#[derive(Debug)]
pub(crate) struct Station {
    /// As the modem has told it, without the signal strength.
    status: LinkStatus,
    rssi: Option<i8>,
    /// The modem has to be asked whether it is on an access point.
    ask_status: bool,
    /// The modem has to be asked for its addresses.
    ask_address: bool,
    /// It has got one since it was asked.
    got_address: bool,
    /// It is on an access point, and has said nothing of an address since.
    awaits_dhcp: bool,
    /// The modem has to be asked whether it has DNS servers.
    ask_servers: bool,
    /// When it was last asked for its status or its servers.
    asked_at: u32,
    addresses: AddressAnswer,
    address_tries: u8,
    servers: ServersAnswer,
    servers_asked_twice: bool,
    pub(crate) joining: Joining,
    pub(crate) settings: Settings,
    pub(crate) jobs: Jobs,
}

impl Station {
    pub(crate) const fn new() -> Self {
        Self {
            status: DOWN,
            rssi: None,
            ask_status: false,
            ask_address: false,
            got_address: false,
            awaits_dhcp: false,
            ask_servers: false,
            asked_at: 0,
            addresses: AddressAnswer::NONE,
            address_tries: 0,
            servers: ServersAnswer::expected_of(Family::EspAt),
            servers_asked_twice: false,
            joining: Joining::new(),
            settings: Settings::new(),
            jobs: Jobs::new(),
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

    fn is_up(&self) -> bool {
        matches!(self.status, LinkStatus::Up(_))
    }

    /// Somebody wants to know the status.
    pub(crate) fn looked_at(&mut self, now: u32) {
        // DHCP may have brought a server since; nothing tells.
        if let LinkStatus::Up(IpConfig { has_dns: Some(false), .. }) = self.status {
            self.ask_servers |= elapsed_ms(now, self.asked_at) >= SERVERS_AGAIN_MS;
        }
    }

    /// The start-up sequence is through. `saves`: what the modem is told goes to flash.
    pub(crate) fn started(&mut self, saves: bool) {
        self.settings.all_due(saves);
        // The modem may be on an access point already: joined by itself, or before we came.
        self.ask_status = true;
        self.joining.modem_started();
    }

    /// The modem was reset, by a job or by itself, and has forgotten everything.
    pub(crate) fn reset(&mut self, by_job: bool) {
        self.lost();
        self.jobs.reset(by_job);
        self.settings.reset();
    }

    /// Nothing is known of the link any more.
    pub(crate) fn lost(&mut self) {
        self.status = DOWN;
        self.rssi = None;
        self.ask_status = false;
        self.forget_questions();
        self.joining.modem_lost();
    }

    /// What was to be asked is of a link that is gone.
    fn forget_questions(&mut self) {
        self.ask_address = false;
        self.ask_servers = false;
    }

    /// A name didn't resolve: a server may have gone since they were asked for.
    pub(crate) fn names_fail(&mut self) {
        self.ask_servers |= self.is_up();
    }

    /// The modem says `no ip`, so its `WIFI DISCONNECT` was missed.
    pub(crate) fn has_no_address(&mut self) {
        self.status = LinkStatus::NoAddress;
        self.ask_status = true;
    }

    /// The modem has refused a connect, and didn't say why: perhaps it has lost its address.
    pub(crate) fn may_be_offline(&mut self) {
        self.ask_status = true;
    }

    /// `WIFI …`
    pub(crate) fn event(&mut self, event: Event) {
        match event {
            Event::WifiConnected | Event::WifiGotIp => {
                if !self.is_up() {
                    self.status = LinkStatus::NoAddress;
                }
                self.ask_address |= event == Event::WifiGotIp;
                self.got_address |= event == Event::WifiGotIp;
                self.awaits_dhcp = event == Event::WifiConnected;
            }
            Event::WifiDisconnect(reason) => {
                self.status = match reason {
                    0 => DOWN,
                    reason => LinkStatus::Disconnected(DisconnectReason::from_code(reason)),
                };
                self.rssi = None;
                self.forget_questions();
                self.joining.link_lost();
            }
            _ => {}
        }
    }

    /// What the modem has to be told or asked next.
    pub(crate) fn next_task(&mut self, family: Family, now: u32) -> Option<Task> {
        if let Some(kind) = self.settings.next() {
            return Some(Task::Apply(kind));
        }
        let is_up = self.is_up();
        if self.joining.is_due(is_up, now) {
            return Some(Task::Join);
        }
        let looks_again = self.joining.is_member()
            && !self.is_up()
            && elapsed_ms(now, self.asked_at) >= LOOK_AGAIN_MS;
        if self.ask_status || (looks_again && !self.ask_address && !self.ask_servers) {
            self.asked_at = now;
            return Some(Task::Status);
        }
        if self.ask_address {
            self.addresses = AddressAnswer::NONE;
            self.got_address = false;
            return Some(Task::Address);
        }
        if self.ask_servers {
            self.asked_at = now;
            self.servers = ServersAnswer::expected_of(family);
            return Some(Task::Servers);
        }
        self.jobs.next().map(Task::Job)
    }

    /// A command was sent.
    pub(crate) fn begun(&mut self, task: Task) {
        match task {
            Task::Join => {
                self.joining.begun();
                self.status = DOWN;
                self.awaits_dhcp = false;
                self.forget_questions();
            }
            Task::Job(job) => self.jobs.begun(job),
            _ => {}
        }
    }

    /// A line of the answer to a task.
    pub(crate) fn line(&mut self, task: Task, line: &[u8]) {
        match task {
            Task::Status => self.status_line(line),
            Task::Address => self.addresses.line(line),
            Task::Servers => self.servers.line(line),
            Task::Job(job) => self.jobs.line(job, line),
            _ => {}
        }
    }

    /// A line of the answer to `AT+CIPSTATUS`: 2 to 4 say that there is an address, 5 that there is no
    /// access point, and 0 and 1 of ESP-AT that it never tried one.
    fn status_line(&mut self, line: &[u8]) {
        match line.strip_prefix(b"STATUS:") {
            Some([b'2'..=b'4']) => self.ask_address |= !self.is_up(),
            Some(b"0" | b"1" | b"5") if self.is_up() => self.status = DOWN,
            _ => {}
        }
    }

    pub(crate) fn finish(&mut self, task: Task, result: CommandResult, seen: Seen) {
        match task {
            Task::Join => self.join_answered(result, seen),
            Task::Status => self.ask_status = false,
            Task::Address => self.address_known(result),
            Task::Servers => self.servers_known(result),
            Task::Apply(kind) => {
                self.settings.answered(kind, result);
                let changed = self.is_up() && result == CommandResult::Ok;
                self.ask_address |= changed && kind == SettingKind::Addresses;
                self.ask_servers |= changed && kind == SettingKind::DnsServers;
            }
            Task::Job(job) => {
                self.jobs.answered(job, result, seen);
                if job == Job::Rssi {
                    self.rssi = self.jobs.rssi;
                }
                if job == Job::Leave && result == CommandResult::Ok {
                    self.joining.leave();
                    self.status = DOWN;
                }
            }
            _ => {}
        }
    }

    fn join_answered(&mut self, result: CommandResult, seen: Seen) {
        match self.joining.answered(result, seen) {
            Some(Ok(())) => {
                self.ask_address = true;
                if result == CommandResult::Ok && !seen.associated {
                    // Old firmwares say nothing but `OK`.
                    self.status = LinkStatus::NoAddress;
                }
            }
            Some(Err(JoinError::NoAddress)) => self.status = LinkStatus::NoAddress,
            Some(Err(error)) => self.status = LinkStatus::Disconnected(error.reason()),
            None => {}
        }
    }

    fn address_known(&mut self, result: CommandResult) {
        if !self.ask_address || self.got_address {
            // The access point has gone meanwhile; or the answer may be older than the address.
            self.address_tries = 0;
            return;
        }
        let ok = result == CommandResult::Ok;
        self.address_tries = self.address_tries.saturating_add(1);
        let config = self.addresses.config().filter(|_| ok);
        // A byte that was lost makes such addresses, too. A modem that has them tells them twice.
        let odd = self.address_tries == 1 && config.is_some_and(|ip| ip.gateway_is_outside());
        let unknown = (ok && self.addresses.is_garbled()) || result == CommandResult::Missed;
        if odd || (unknown && self.address_tries < MOST_TRIES) {
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
        if self.is_up() {
            self.status = LinkStatus::NoAddress;
        }
        self.joining.over(Err(match (self.status, result) {
            (_, CommandResult::Error) => JoinError::Modem(EspAtError::Rejected),
            _ if !self.addresses.is_told() => JoinError::Modem(EspAtError::AnswerMissed),
            (LinkStatus::NoAddress, _) => JoinError::NoAddress,
            _ => JoinError::Failed,
        }));
    }

    fn servers_known(&mut self, result: CommandResult) {
        if !self.ask_servers {
            // The access point has gone meanwhile.
            return;
        }
        // It isn't known where the modem doesn't say; there is none where it says so twice.
        let has_dns = self.servers.has_servers().filter(|_| result == CommandResult::Ok);
        let sure = has_dns == Some(true) || result == CommandResult::Error;
        if !sure && !core::mem::replace(&mut self.servers_asked_twice, true) {
            return;
        }
        self.servers_asked_twice = false;
        self.ask_servers = false;
        let config = match self.status {
            LinkStatus::Up(config) => Some(config),
            _ => self.addresses.config(),
        };
        if let Some(mut config) = config {
            config.has_dns = has_dns;
            self.status = LinkStatus::Up(config);
        }
        self.joining.over(Ok(()));
    }

    /// What a join comes to behind which the modem says `busy p...` to everything.
    fn hung(&self) -> JoinError {
        match self.awaits_dhcp {
            true => JoinError::NoAddress,
            false => JoinError::Modem(EspAtError::Wedged),
        }
    }

    /// What a caller's join came to; `None` as long as it isn't over. `refuses`: the modem says
    /// `busy p...`.
    pub(crate) fn poll_join(
        &mut self,
        trouble: Option<EspAtError>,
        refuses: bool,
        now: u32,
    ) -> Option<Result<IpConfig, JoinError>> {
        let hung = self.hung();
        self.joining.poll(self.status(), trouble, refuses.then_some(hung), now)
    }

    /// The modem failed.
    pub(crate) fn give_up(&mut self, task: Task, error: EspAtError) {
        match task {
            Task::Join if self.status == LinkStatus::NoAddress => {
                self.joining.over(Err(JoinError::NoAddress));
            }
            Task::Join => self.joining.over(Err(JoinError::Modem(error))),
            Task::Address | Task::Servers if error == EspAtError::Wedged => {
                self.joining.over(Err(self.hung()));
            }
            Task::Status => self.ask_status = false,
            Task::Apply(kind) => self.settings.over(kind, Err(error)),
            Task::Job(job) => self.jobs.failed(job, error),
            _ => {}
        }
    }

    /// The command wasn't executed.
    pub(crate) fn requeue(&mut self, task: Task) {
        match task {
            Task::Join => self.joining.requeue(),
            Task::Job(job) => self.jobs.requeue(job),
            _ => {}
        }
    }
}
