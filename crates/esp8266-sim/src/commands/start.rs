//! Opening links.

use std::net::Ipv4Addr;

use super::{Call, FAILED, Outcome, UNSUPPORTED};
use crate::command::Arg;
use crate::config::Ssl;
use crate::events::{Connect, Event};
use crate::fault::Fault;
use crate::lan::Route;
use crate::link::{Conn, Kind, Link};
use crate::modem::{Busy, Modem};

impl Modem {
    pub(super) fn start(&mut self, call: &Call<'_>) -> Outcome {
        let Some(arguments) = call.set() else {
            return UNSUPPORTED;
        };
        let (id, rest) = match self.link_argument(arguments) {
            Ok(taken) => taken,
            Err(outcome) => return outcome,
        };
        let [Arg::Quoted(kind), Arg::Quoted(host), port, more @ ..] = rest else {
            return self.malformed("Link type ERROR\r\n");
        };
        let Some(kind) = Kind::parse(kind) else {
            return self.malformed("Link type ERROR\r\n");
        };
        let port = port.number().and_then(|port| u16::try_from(port).ok());
        let Some(port) = port.filter(|port| *port != 0) else {
            return self.malformed("ENTRY ERROR\r\n");
        };
        if host.is_empty() {
            return self.malformed("IP ERROR\r\n");
        }
        let local_port = match (kind, more.first()) {
            (Kind::Udp, Some(local)) => local.number().and_then(|it| u16::try_from(it).ok()),
            _ => None,
        };
        self.connect(id, kind, host, port, local_port)
    }

    fn connect(
        &mut self,
        id: usize,
        kind: Kind,
        host: &[u8],
        port: u16,
        local_port: Option<u16>,
    ) -> Outcome {
        if self.station.addresses.is_none() {
            return self.no_ip();
        }
        let literal: Option<Ipv4Addr> =
            std::str::from_utf8(host).ok().and_then(|it| it.parse().ok());
        let stale = self.schedule.hits(Fault::AlreadyConnected);
        let exhausted = self.schedule.hits(Fault::NoMoreLinks);
        let anonymous = self.schedule.hits(Fault::ConnectErrorNoId);
        let refused = self.schedule.hits(Fault::PortRefused);
        let filtered = self.schedule.hits(Fault::Firewall);
        let slow = self.schedule.hits(Fault::SlowConnect);
        let wedges = literal.is_none() && self.schedule.hits(Fault::NameWedge);
        if stale && self.links[id].is_none() {
            let remote = literal.unwrap_or(Ipv4Addr::UNSPECIFIED);
            self.links[id] = Some(Link::new(kind, remote, port, 0, Conn::Gone));
        }
        if self.links[id].as_ref().is_some_and(|link| link.open) {
            if !self.schedule.on(Fault::TerseErrors) {
                self.answer("ALREADY CONNECTED\r\n");
            }
            return FAILED;
        }
        // What was left to read of the link before is gone.
        self.links[id] = None;
        if exhausted {
            return FAILED;
        }
        let no_tls = self.config.ssl == Ssl::Error
            || [Fault::TlsOutOfMemory, Fault::SslError].into_iter().any(|it| self.schedule.on(it));
        if kind == Kind::Ssl && no_tls {
            let text = self.link_line(id, "CLOSED");
            self.at(self.config.timing.connect, Event::Failed(text));
            return Outcome::Later;
        }
        if wedges {
            self.busy = Busy::Wedged;
            return Outcome::Later;
        }
        let (remote, mut delay) = self.resolve(host);
        let Some(remote) = remote else {
            let event = Event::Answer(self.dns_fail(), FAILED);
            self.at(delay, event);
            return Outcome::Later;
        };
        let trouble = self.trouble();
        let route = match self.addresses() {
            Some(_) if refused || anonymous => Route::Refused,
            Some(_) if filtered => Route::TimesOut,
            Some(own) => self.config.lan.route(own, remote, port, trouble),
            None => Route::Refused,
        };
        let timing = &self.config.timing;
        let endpoint = match route {
            Route::To(endpoint) => {
                delay += if slow { timing.slow_connect } else { timing.connect };
                Some(endpoint)
            }
            Route::Refused => {
                delay += timing.connect;
                None
            }
            // Datagrams need no answer to be sent.
            Route::TimesOut if kind == Kind::Udp => None,
            Route::TimesOut => {
                delay += timing.connect_timeout;
                None
            }
        };
        let connect = Connect { link: id, kind, remote, port, local_port, endpoint, anonymous };
        self.at(delay, Event::Connect(connect));
        Outcome::Later
    }
}
