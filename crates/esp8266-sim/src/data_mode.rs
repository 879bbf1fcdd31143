//! Data mode (transparent transfer): all that comes is data for the peer, until `+++` comes alone.

use std::time::Duration;

use crate::conn::Conn;
use crate::events::Event;
use crate::link::{Kind, Link};
use crate::modem::{Input, Modem};

/// Bytes with a longer pause between them are of two packets.
const PACKET_GAP: Duration = Duration::from_millis(20);

/// After `+++` nothing is taken for so long.
const LEAVING: Duration = Duration::from_secs(1);

/// What data mode knows of what came.
#[derive(Debug, Default)]
pub(crate) struct DataMode {
    /// The first bytes of the packet under way.
    packet: Vec<u8>,
    last_at: Duration,
    /// It was left at this time.
    left_at: Option<Duration>,
}

impl Modem {
    /// As after a boot with a saved link, or for a host that was reset in the middle of it.
    pub(crate) fn enter_data_mode(&mut self) {
        self.settings.transparent = true;
        self.settings.echo = false;
        let (remote, port) = (self.config.lan.gateway, 80);
        self.links[0] = Some(Link::new(Kind::Tcp, remote, port, 49_152, Conn::Gone));
        self.input = Input::Line;
        self.data_mode = Some(DataMode::default());
    }

    /// A byte in data mode; false where it isn't on.
    pub(crate) fn data_mode_byte(&mut self, byte: u8) -> bool {
        let now = self.now;
        let Some(mode) = &mut self.data_mode else {
            return false;
        };
        if let Some(left_at) = mode.left_at {
            if now < left_at + LEAVING {
                return true;
            }
            self.data_mode = None;
            return false;
        }
        if now > mode.last_at + PACKET_GAP {
            mode.packet.clear();
        }
        mode.last_at = now;
        if mode.packet.len() < 4 {
            mode.packet.push(byte);
        }
        self.stats.passed_through += 1;
        if mode.packet == b"+++" {
            self.at(PACKET_GAP, Event::PlusPlusPlus);
        }
        true
    }

    /// The pause behind `+++` is over: was it one?
    pub(crate) fn plus_plus_plus(&mut self) {
        let now = self.now;
        if let Some(mode) = &mut self.data_mode
            && mode.packet == b"+++"
            && now >= mode.last_at + PACKET_GAP
        {
            self.stats.passed_through -= 3;
            mode.left_at = Some(now);
        }
    }
}
