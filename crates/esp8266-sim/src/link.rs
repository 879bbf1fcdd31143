//! A link of the modem, one of five, and what it leads to: a real socket or a peer inside the simulator.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use crate::lan::Endpoint;
use crate::peer::{Action, Peer, Reply};

/// How many links there are.
pub(crate) const LINKS: usize = 5;

/// How much a link holds for `AT+CIPRECVDATA` before it stops reading its socket.
pub(crate) const WINDOW: usize = 5_760;

/// The most that one piece from a socket holds, as a TCP segment does.
pub(crate) const SEGMENT: usize = 1_460;

/// What a TLS record has more than its data: head, nonce and tag of AES-GCM.
const RECORD: usize = 29;

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
    /// How much of that is in each TLS record (ESP-AT).
    pub records: VecDeque<usize>,
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
            records: VecDeque::new(),
            announced: false,
            ended: false,
            open: true,
            held_until: None,
            late: None,
        }
    }

    /// What is told to be waiting: of TLS, its records as they came, which are longer than what is in them.
    pub fn told(&self) -> usize {
        self.window.len() + RECORD * self.records.len()
    }

    /// Takes what is asked for out of the window, but nothing of a second record.
    pub fn take(&mut self, wanted: usize) -> Vec<u8> {
        let whole = self.records.front().copied().unwrap_or(self.window.len());
        let count = whole.min(wanted);
        if count < whole {
            self.records.front_mut().into_iter().for_each(|record| *record -= count);
        } else {
            self.records.pop_front();
        }
        self.window.drain(..count).collect()
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

/// What reading gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    Bytes(usize),
    Nothing,
    End,
}

/// The far side of a link.
pub(crate) enum Conn {
    Tcp(TcpStream),
    Udp(UdpSocket),
    Scripted(Scripted),
    /// Nothing any more.
    Gone,
}

/// A [`Peer`] with what it has yet to do.
pub(crate) struct Scripted {
    peer: Box<dyn Peer>,
    todo: VecDeque<(Duration, Action)>,
    sent: usize,
}

impl Scripted {
    fn new(mut peer: Box<dyn Peer>, now: Duration) -> Self {
        let mut reply = Reply::default();
        peer.connected(&mut reply);
        let mut scripted = Scripted { peer, todo: VecDeque::new(), sent: 0 };
        scripted.add(now, reply);
        scripted
    }

    fn add(&mut self, now: Duration, reply: Reply) {
        for (delay, action) in reply.actions {
            let after = self.todo.back().map_or(now, |last| last.0);
            self.todo.push_back((after.max(now + delay), action));
        }
    }

    fn read(&mut self, now: Duration, buffer: &mut [u8]) -> Got {
        match self.todo.front() {
            Some((at, _)) if *at > now => Got::Nothing,
            Some((_, Action::Send(bytes))) => {
                let rest = &bytes[self.sent..];
                let count = rest.len().min(buffer.len());
                buffer[..count].copy_from_slice(&rest[..count]);
                if count == rest.len() {
                    self.todo.pop_front();
                    self.sent = 0;
                } else {
                    self.sent += count;
                }
                Got::Bytes(count)
            }
            Some((_, Action::Close | Action::Reset)) => Got::End,
            None => Got::Nothing,
        }
    }
}

impl Conn {
    /// Opens a connection. Loopback connects or refuses at once, so that blocking here is harmless.
    pub fn open_tcp(endpoint: &Endpoint, now: Duration) -> io::Result<Self> {
        match endpoint {
            Endpoint::Bridge(address) => {
                let stream = TcpStream::connect_timeout(address, Duration::from_secs(1))?;
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                Ok(Conn::Tcp(stream))
            }
            Endpoint::Peer(factory) => Ok(Conn::Scripted(Scripted::new(factory(), now))),
        }
    }

    /// Opens a socket for datagrams.
    pub fn open_udp(endpoint: Option<&Endpoint>, now: Duration) -> io::Result<Self> {
        match endpoint {
            Some(Endpoint::Bridge(address)) => {
                let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
                socket.connect(address)?;
                socket.set_nonblocking(true)?;
                Ok(Conn::Udp(socket))
            }
            Some(Endpoint::Peer(factory)) => Ok(Conn::Scripted(Scripted::new(factory(), now))),
            // Datagrams to nowhere vanish.
            None => Ok(Conn::Gone),
        }
    }

    /// Whether real time passes at the other end.
    pub fn is_real(&self) -> bool {
        matches!(self, Conn::Tcp(_) | Conn::Udp(_))
    }

    pub fn read(&mut self, now: Duration, buffer: &mut [u8]) -> Got {
        if buffer.is_empty() {
            return Got::Nothing;
        }
        let result = match self {
            Conn::Tcp(stream) => stream.read(buffer),
            // A datagram may be empty, which is no end.
            Conn::Udp(socket) => {
                return match socket.recv(buffer) {
                    Ok(count) if count > 0 => Got::Bytes(count),
                    _ => Got::Nothing,
                };
            }
            Conn::Scripted(scripted) => return scripted.read(now, buffer),
            Conn::Gone => return Got::Nothing,
        };
        match result {
            Ok(0) => Got::End,
            Ok(count) => Got::Bytes(count),
            Err(error) if is_temporary(&error) => Got::Nothing,
            // A reset looks no different from an end.
            Err(_) => Got::End,
        }
    }

    /// Takes some of the bytes; 0 for none at the moment.
    pub fn write(&mut self, now: Duration, bytes: &[u8]) -> io::Result<usize> {
        let result = match self {
            Conn::Tcp(stream) => stream.write(bytes),
            // A datagram that nobody takes is lost, which the sender never learns.
            Conn::Udp(socket) => Ok(socket.send(bytes).unwrap_or(bytes.len())),
            Conn::Scripted(scripted) => {
                let mut reply = Reply::default();
                scripted.peer.receive(bytes, &mut reply);
                scripted.add(now, reply);
                Ok(bytes.len())
            }
            Conn::Gone => Ok(bytes.len()),
        };
        match result {
            Err(error) if is_temporary(&error) => Ok(0),
            other => other,
        }
    }

    /// When a scripted peer does its next thing.
    pub fn next(&self) -> Option<Duration> {
        match self {
            Conn::Scripted(scripted) => scripted.todo.front().map(|next| next.0),
            _ => None,
        }
    }

    /// The modem closes its end.
    pub fn close(&mut self) {
        if let Conn::Scripted(scripted) = self {
            scripted.peer.closed();
        }
        *self = Conn::Gone;
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
