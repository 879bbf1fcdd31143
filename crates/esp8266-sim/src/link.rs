//! A link of the modem: one of five connections.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::time::Duration;

use crate::conn::Conn;

/// How many links there are.
pub(crate) const LINKS: usize = 5;

/// How much a link holds for `AT+CIPRECVDATA` before it stops reading its socket.
pub(crate) const WINDOW: usize = 5_760;

/// The most that one piece from a socket holds, as a TCP segment does.
pub(crate) const SEGMENT: usize = 1_460;

/// The protocol of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tcp,
    Udp,
    Ssl,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Tcp => "TCP",
            Kind::Udp => "UDP",
            Kind::Ssl => "SSL",
        }
    }

    pub fn parse(text: &[u8]) -> Option<Self> {
        match text {
            b"TCP" => Some(Kind::Tcp),
            b"UDP" => Some(Kind::Udp),
            b"SSL" => Some(Kind::Ssl),
            _ => None,
        }
    }
}

pub(crate) struct Link {
    pub kind: Kind,
    pub remote: Ipv4Addr,
    pub port: u16,
    pub local_port: u16,
    pub conn: Conn,
    /// What `AT+CIPRECVDATA` gives, in passive mode.
    pub window: VecDeque<u8>,
    /// ESP-AT tells of waiting data once, until some are read.
    pub announced: bool,
    /// The peer is done.
    pub ended: bool,
    /// `CLOSED` wasn't told yet. A link that isn't open stays for what its window still holds.
    pub open: bool,
    /// Nothing is read before this time.
    pub held_until: Option<Duration>,
    /// A packet that comes late.
    pub late: Option<(Duration, Vec<u8>)>,
}

impl Link {
    pub fn new(kind: Kind, remote: Ipv4Addr, port: u16, local_port: u16, conn: Conn) -> Self {
        Link {
            kind,
            remote,
            port,
            local_port,
            conn,
            window: VecDeque::new(),
            announced: false,
            ended: false,
            open: true,
            held_until: None,
            late: None,
        }
    }

    /// When something may happen here without anybody else's doing.
    pub fn next(&self) -> Option<Duration> {
        if let Some(until) = self.held_until {
            return Some(until);
        }
        match &self.late {
            Some((at, _)) => Some(*at),
            None => self.conn.next(),
        }
    }
}
