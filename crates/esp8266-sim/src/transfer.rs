//! Data on its way between links and the line.

use std::time::Duration;

use crate::commands::Outcome;
use crate::events::{Event, SendEnd};
use crate::fault::Fault;
use crate::link::{Conn, Got, Kind, LINKS, SEGMENT, WINDOW};
use crate::modem::{Busy, Modem, Sending};

/// In active mode sockets aren't read while the host has more than this to take.
const BACKLOG: usize = 4_096;

/// From `SEND FAIL` to the `SEND OK` that should have come instead.
const SECOND_THOUGHT: Duration = Duration::from_millis(5);

impl Modem {
    // ---- Sending ----

    /// All the data of a send are in.
    pub(crate) fn data_complete(&mut self, id: usize, data: Vec<u8>) {
        let resets = self.schedule.hits(Fault::ResetMidRequest);
        let restarts = self.schedule.hits(Fault::ForceRestart);
        let drops = self.schedule.hits(Fault::WifiDropMidRequest);
        let slow = self.schedule.hits(Fault::SlowServer);
        let mut end = SendEnd::Ok;
        for (fault, meant) in [
            (Fault::LostSendOk, SendEnd::Lost),
            (Fault::SendFail, SendEnd::Fail),
            (Fault::SendFailThenOk, SendEnd::FailThenOk),
            (Fault::SendCanceled, SendEnd::Canceled),
            (Fault::LinkNotValid, SendEnd::LinkBroken(id)),
            (Fault::ClosedAfterSend, SendEnd::ThenClosed(id)),
        ] {
            if self.schedule.hits(fault) {
                end = meant;
            }
        }
        if restarts {
            self.notice("Will force to restart!!!\r\n");
        }
        if resets || restarts {
            self.reset();
            return;
        }
        self.busy = Busy::Sending;
        self.answer(format!("\r\nRecv {} bytes\r\n", data.len()));
        if drops {
            self.drop_wifi();
        }
        let held_until = self.now + self.config.timing.slow_server;
        match self.links[id].as_mut().filter(|link| link.open) {
            None => end = SendEnd::Fail,
            Some(link) if slow => link.held_until = Some(held_until),
            Some(_) => {}
        }
        if matches!(end, SendEnd::Ok | SendEnd::Lost | SendEnd::FailThenOk) {
            self.sending = Some(Sending { link: id, data, done: 0, end });
            self.pump_send();
        } else {
            self.at(self.config.timing.send, Event::Sent(end));
        }
    }

    /// Hands the link what it takes of the data of a send; tells whether there was any.
    pub(crate) fn pump_send(&mut self) -> bool {
        let Some(mut sending) = self.sending.take() else {
            return false;
        };
        let now = self.now;
        let rest = &sending.data[sending.done..];
        let link = self.links[sending.link].as_mut().filter(|link| link.open);
        match link.map(|link| link.conn.write(now, rest)) {
            Some(Ok(0)) if !rest.is_empty() => {
                self.sending = Some(sending);
                return false;
            }
            Some(Ok(count)) => {
                self.stats.sent += count as u64;
                sending.done += count;
                if sending.done < sending.data.len() {
                    self.sending = Some(sending);
                    return true;
                }
            }
            Some(Err(_)) | None => sending.end = SendEnd::Fail,
        }
        self.at(self.config.timing.send, Event::Sent(sending.end));
        true
    }

    pub(crate) fn sent(&mut self, end: SendEnd) {
        let canceled = !self.is_nonos() && end == SendEnd::Canceled;
        match end {
            SendEnd::Ok | SendEnd::ThenClosed(_) => self.answer("\r\nSEND OK\r\n"),
            SendEnd::Canceled if canceled => self.answer("\r\nSEND Canceled\r\n"),
            SendEnd::Lost => {}
            _ => self.answer("\r\nSEND FAIL\r\n"),
        }
        self.conclude(Outcome::Said);
        match end {
            SendEnd::FailThenOk => self.at(SECOND_THOUGHT, Event::Notice("\r\nSEND OK\r\n")),
            SendEnd::LinkBroken(id) | SendEnd::ThenClosed(id) => self.lose_link(id),
            _ => {}
        }
    }

    // ---- Closing ----

    /// A link is gone, with all that it held.
    pub(crate) fn lose_link(&mut self, id: usize) {
        if let Some(mut link) = self.links[id].take() {
            link.conn.close();
            if link.open {
                let line = self.link_line(id, "CLOSED");
                self.notice(line);
            }
        }
    }

    pub(crate) fn close_all_links(&mut self) {
        for id in 0..LINKS {
            self.lose_link(id);
        }
    }

    /// The peer is done: `CLOSED`, though what the window holds can still be read.
    fn tell_closed(&mut self, id: usize) {
        let Some(link) = self.links[id].as_mut() else {
            return;
        };
        link.conn = Conn::Gone;
        link.open = false;
        if link.window.is_empty() {
            self.links[id] = None;
        }
        let line = self.link_line(id, "CLOSED");
        self.notice(line);
    }

    // ---- Receiving ----

    /// Whether data of this kind of link wait for `AT+CIPRECVDATA`. On NonOS those of TCP alone do.
    pub(crate) fn is_passive(&self, kind: Kind) -> bool {
        self.settings.passive && !(self.is_nonos() && kind == Kind::Udp)
    }

    /// Whether the modem sleeps between beacons.
    fn sleeps(&self) -> bool {
        self.settings.sleep != 0
    }

    /// Moves a piece of data from a link; tells whether anything has changed.
    pub(crate) fn pump_link(&mut self, id: usize) -> bool {
        let now = self.now;
        let backlog = self.uart.backlog();
        let Some(link) = self.links[id].as_mut().filter(|link| link.open) else {
            return false;
        };
        let kind = link.kind;
        if link.held_until.is_some_and(|until| until > now) {
            return false;
        }
        link.held_until = None;
        match &link.late {
            Some((at, _)) if *at > now => return false,
            Some(_) => {
                let data = link.late.take().map(|late| late.1).unwrap_or_default();
                self.deliver(id, data);
                return true;
            }
            None => {}
        }
        let passive = self.is_passive(kind);
        let Some(link) = self.links[id].as_mut() else {
            return false;
        };
        if link.ended {
            // With data left, the end is told once they are read.
            if !link.window.is_empty() {
                return false;
            }
            self.tell_closed(id);
            return true;
        }
        let room = if passive {
            WINDOW - link.window.len().min(WINDOW)
        } else if backlog > BACKLOG {
            0
        } else {
            SEGMENT
        };
        let mut buffer = [0; SEGMENT];
        match link.conn.read(now, &mut buffer[..room.min(SEGMENT)]) {
            Got::Nothing => false,
            Got::End => {
                link.ended = true;
                let early = !link.window.is_empty();
                if early && self.schedule.hits(Fault::ClosedBeforeData) {
                    self.tell_closed(id);
                }
                true
            }
            Got::Bytes(count) => {
                self.arrived(id, kind, buffer[..count].to_vec(), passive);
                true
            }
        }
    }

    /// A piece of data has come from the peer.
    fn arrived(&mut self, id: usize, kind: Kind, mut data: Vec<u8>, passive: bool) {
        self.stats.received += data.len() as u64;
        let now = self.now;
        if self.sleeps() && self.schedule.hits(Fault::ModemSleep) {
            if kind != Kind::Udp {
                let at = now + self.config.timing.sleep;
                if let Some(link) = self.links[id].as_mut() {
                    link.late = Some((at, data));
                }
            }
            return;
        }
        if self.schedule.hits(Fault::BodyCut) {
            data.truncate(data.len() / 2);
            if let Some(link) = self.links[id].as_mut() {
                link.conn = Conn::Gone;
                link.ended = true;
            }
        }
        if !passive && self.schedule.on(Fault::ClosedBeforeData) {
            self.deliver_after_closed(id, data);
        } else {
            self.deliver(id, data);
        }
    }

    /// In active mode `CLOSED` overtakes the last piece of data, if this is it.
    fn deliver_after_closed(&mut self, id: usize, data: Vec<u8>) {
        let now = self.now;
        let mut next = [0; SEGMENT];
        let Some(link) = self.links[id].as_mut() else {
            return;
        };
        let got = if link.ended { Got::End } else { link.conn.read(now, &mut next) };
        match got {
            Got::End if self.schedule.hits(Fault::ClosedBeforeData) => {
                let head = self.ipd_head(id, data.len());
                self.tell_closed(id);
                self.say_active(head, &data);
            }
            Got::Bytes(count) => {
                self.stats.received += count as u64;
                self.deliver(id, data);
                self.deliver(id, next[..count].to_vec());
            }
            Got::End => {
                link.ended = true;
                self.deliver(id, data);
            }
            Got::Nothing => self.deliver(id, data),
        }
    }

    /// Hands data to the host, or tells it of them.
    fn deliver(&mut self, id: usize, data: Vec<u8>) {
        let Some(kind) = self.links[id].as_ref().map(|link| link.kind) else {
            return;
        };
        if data.is_empty() {
            return;
        }
        if !self.is_passive(kind) {
            let head = self.ipd_head(id, data.len());
            self.say_active(head, &data);
            return;
        }
        let count = data.len();
        let nonos = self.is_nonos();
        let totals = self.is_single_or(Fault::IpdTotals);
        let Some(link) = self.links[id].as_mut() else {
            return;
        };
        link.window.extend(data);
        if kind == Kind::Ssl && !nonos {
            link.records.push_back(count);
        }
        // ESP-AT tells once what waits, until some of it is read; NonOS tells of each piece.
        let told = if nonos && !totals { count } else { link.told() };
        if !nonos && std::mem::replace(&mut link.announced, true) {
            return;
        }
        let lies = self.schedule.hits(Fault::LyingIpdLength);
        let told = if lies { 99_999 } else { told };
        if self.schedule.hits(Fault::MissingIpd) {
            return;
        }
        let id = self.id_prefix(id);
        self.notice(format!("\r\n+IPD,{id}{told}\r\n"));
    }

    fn id_prefix(&self, id: usize) -> String {
        if self.settings.multiple { format!("{id},") } else { String::new() }
    }

    /// `+IPD,0,5:`, with the peer's address when `AT+CIPDINFO` asks for it.
    fn ipd_head(&mut self, id: usize, length: usize) -> String {
        let lies = self.schedule.hits(Fault::LyingIpdLength);
        let length = if lies { 99_999 } else { length };
        let info = match &self.links[id] {
            Some(link) if self.settings.remote_info => {
                let (remote, port) = (link.remote, link.port);
                if self.is_nonos() {
                    format!(",{remote},{port}")
                } else {
                    format!(",\"{remote}\",{port}")
                }
            }
            _ => String::new(),
        };
        let id = self.id_prefix(id);
        format!("\r\n+IPD,{id}{length}{info}:")
    }

    fn say_active(&mut self, head: String, data: &[u8]) {
        self.notice(head);
        if self.schedule.hits(Fault::ActiveOverrun) {
            // What a receive buffer without room loses lies in the middle.
            let (start, lost) = (data.len() / 2, data.len().div_ceil(4));
            self.put(&data[..start]);
            self.put(&data[(start + lost).min(data.len())..]);
        } else {
            self.put(data);
        }
    }
}
