//! What happens later: the ends of slow commands, joins, resets.

use std::net::Ipv4Addr;

use crate::commands::{ErrorCode, Outcome};
use crate::fault::Fault;
use crate::lan::Endpoint;
use crate::link::{Conn, Kind, Link};
use crate::modem::{Busy, Modem};
use crate::settings::Settings;
use crate::wifi::{Association, JoinError, Station};

/// What the boot loader says at 74,880 baud, as it looks at another rate. It holds line ends, and isn't UTF-8.
pub const BOOT_NOISE: &[u8] =
    b"r\x92\xe0l\x8c|\x02\x92\x0c\x8c\x0cb|\x8e\x83\x12r\xe2\x12p\x83\x0c\x0cl\
\x8e\r\n\x9c\xe2\xff\x00l\x82n\x9f~\x0cc\x9en\xef$\x93\r\x8f\xfe\x80\x0cl\x0e\n";

/// What happens later.
pub(crate) enum Event {
    /// The boot is over.
    Booted,
    /// A command that was put off is executed.
    Run(Vec<u8>),
    /// The command at hand ends with this text and outcome.
    Answer(String, Outcome),
    /// The command at hand ends with `ERROR`, and this text after it.
    Failed(String),
    /// A connect comes to its end.
    Connect(Connect),
    /// A scan is over; the name is the one it was for.
    Scanned(Option<Vec<u8>>),
    /// The station is associated.
    Associated { point: usize, asked: bool },
    /// The station gets its address, or the firmware stops waiting for one.
    Address { asked: bool, given: bool },
    /// A join fails.
    JoinFailed { error: JoinError, asked: bool },
    /// The station tries its access point again.
    Rejoin,
    /// A send is over.
    Sent(SendEnd),
    /// Something is said out of turn.
    Notice(&'static str),
    /// The pause behind `+++` is over.
    PlusPlusPlus,
    /// The modem's rate changes.
    Baud(u32),
}

/// How a connect ends.
pub(crate) struct Connect {
    pub link: usize,
    pub kind: Kind,
    pub remote: Ipv4Addr,
    pub port: u16,
    pub local_port: Option<u16>,
    /// `None` for a failure.
    pub endpoint: Option<Endpoint>,
    /// `CLOSED` tells no link.
    pub anonymous: bool,
}

/// How a send ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendEnd {
    Ok,
    /// Nothing is said.
    Lost,
    Fail,
    FailThenOk,
    Canceled,
    /// The link turns out to be broken.
    LinkBroken(usize),
    /// The peer closes at once.
    ThenClosed(usize),
}

impl Modem {
    pub(crate) fn happen(&mut self, event: Event) {
        match event {
            Event::Booted => self.booted(),
            Event::Run(line) => {
                self.busy = Busy::No;
                self.execute(&line);
            }
            Event::Answer(text, outcome) => {
                self.answer(text);
                self.conclude(outcome);
            }
            Event::Failed(text) => {
                self.conclude(Outcome::Fail(ErrorCode::Failed));
                self.answer(text);
            }
            Event::Connect(connect) => self.connected(connect),
            Event::Scanned(only) => self.tell_scanned(only.as_deref()),
            Event::Associated { point, asked } => {
                self.station.association = Association::With(point);
                self.notice("WIFI CONNECTED\r\n");
                self.wait_for_address(point, asked);
            }
            Event::Address { asked, given } => self.address(asked, given),
            Event::JoinFailed { error, asked } => self.join_failed(error, asked),
            Event::Rejoin => {
                if let Some(wanted) = self.station.wanted.clone()
                    && self.station.point().is_none()
                    && !self.is_single_or(Fault::NoRejoin)
                {
                    self.rejoins += 1;
                    self.join(wanted, false);
                }
            }
            Event::Sent(end) => self.sent(end),
            Event::Notice(text) => self.notice(text),
            Event::PlusPlusPlus => self.plus_plus_plus(),
            Event::Baud(baud) => {
                self.settings.baud = baud;
                self.uart.set_pace(baud);
            }
        }
    }

    /// Resets, as a drop of the supply does: everything in RAM is gone.
    pub fn reset(&mut self) {
        self.stats.resets += 1;
        self.timeline.clear();
        self.boot();
    }

    pub(crate) fn boot(&mut self) {
        for link in self.links.iter_mut().flatten() {
            link.conn.close();
        }
        self.links = Default::default();
        self.had_link = false;
        self.sending = None;
        self.forget_input();
        self.unheard.clear();
        self.data_mode = None;
        self.station = Station::default();
        self.settings = Settings::new(&self.config);
        if let Some(baud) = self.flash.baud {
            self.settings.baud = baud;
            self.uart.set_pace(baud);
        }
        self.busy = Busy::No;
        self.booting = true;
        self.put(BOOT_NOISE);
        self.at(self.config.timing.boot, Event::Booted);
    }

    pub(crate) fn booted(&mut self) {
        let noisy = self.booting && self.schedule.hits(Fault::BootNoise);
        let noise: Vec<u8> = (0..=255).collect();
        if noisy {
            self.put(&noise);
        }
        if std::mem::take(&mut self.booting) {
            self.notice("\r\nready\r\n");
        }
        if noisy {
            self.put(&noise);
        }
        if let Some(mode) = self.flash.wifi_mode {
            self.settings.wifi_mode = mode;
        }
        if self.schedule.hits(Fault::DataMode) {
            self.enter_data_mode();
        }
        if self.flash.auto_connect
            && let Some(saved) = self.flash.access_point.clone()
        {
            self.join(saved, false);
        }
    }

    fn connected(&mut self, connect: Connect) {
        let id = connect.link;
        let opened = match &connect.endpoint {
            // The network may have gone away meanwhile.
            Some(_) if self.station.addresses.is_none() => None,
            Some(endpoint) if connect.kind == Kind::Udp => {
                Conn::open_udp(Some(endpoint), self.now).ok()
            }
            Some(endpoint) => Conn::open_tcp(endpoint, self.now).ok(),
            None if connect.kind == Kind::Udp => Conn::open_udp(None, self.now).ok(),
            None => None,
        };
        let Some(conn) = opened else {
            self.conclude(Outcome::Fail(ErrorCode::Failed));
            if connect.anonymous {
                self.answer("CLOSED\r\n");
            } else {
                let closed = self.link_line(id, "CLOSED");
                self.answer(closed);
            }
            return;
        };
        let local_port = connect.local_port.unwrap_or_else(|| {
            self.next_local_port = self.next_local_port.checked_add(1).unwrap_or(49_153);
            self.next_local_port
        });
        self.stats.connects += 1;
        self.had_link = true;
        self.links[id] =
            Some(Link::new(connect.kind, connect.remote, connect.port, local_port, conn));
        let line = if self.settings.messages & 2 != 0 {
            let (kind, remote, port) = (connect.kind.name(), connect.remote, connect.port);
            format!("+LINK_CONN:0,{id},\"{kind}\",0,\"{remote}\",{port},{local_port}\r\n")
        } else {
            self.link_line(id, "CONNECT")
        };
        self.answer(line);
        self.conclude(Outcome::Ok);
    }

    /// `0,CLOSED` with `AT+CIPMUX=1`, else `CLOSED`.
    pub(crate) fn link_line(&self, id: usize, what: &str) -> String {
        if self.settings.multiple { format!("{id},{what}\r\n") } else { format!("{what}\r\n") }
    }
}
