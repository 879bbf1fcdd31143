//! A chip at home, of which each fact is written down: what its stack says, who answers its pings, how
//! its connections go.
#![allow(dead_code, reason = "each of the two packages uses a part")]

use crate::common::TestClock;
use crate::common::script::{Connection, ScriptError, ScriptStack};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use safe_http_client::{
    Connect, Diagnostics, DisconnectReason, IpConfig, Link, LinkStatus, Network, NoPing, NoTls,
    StackFault, StackQuirks, StackStatus, Verification,
};
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

pub const GATEWAY: [u8; 4] = [192, 168, 1, 1];
pub const HOST: [u8; 4] = [192, 168, 1, 20];

/// What comes of a ping.
pub type Pings = fn(IpAddr) -> nb::Result<Option<u32>, NoPing>;

pub struct Chip {
    pub stack: ScriptStack,
    pub connect: Connect,
    pub link: Rc<Cell<LinkStatus>>,
    pub has_loopback: bool,
    pub has_tls: bool,
    /// A connection with TLS fails; one without doesn't.
    pub tls_fails: bool,
    pub is_busy: Rc<Cell<bool>>,
    pub pending: StackFault,
    pub radio_sleeps: bool,
    pub signal_pends: bool,
    pub ping: Pings,
    pub pinged: Rc<RefCell<Vec<IpAddr>>>,
    /// What its TCP errors stand for.
    pub fault: StackFault,
    pub last_words: &'static [u8],
    /// Its calls block, and take so long: of a connect, and of a ping.
    pub blocks_for: Option<(TestClock, u32)>,
    /// The socket in use was told to speak TLS.
    pub is_secured: bool,
    pub verification: Verification,
}

/// 192.168.1.57/24 behind 192.168.1.1.
pub fn home() -> IpConfig {
    IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into())
        .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
        .with_gateway(GATEWAY.into())
}

/// A chip at home, whose connections go like this.
pub fn chip(connections: impl IntoIterator<Item = Connection>) -> Chip {
    let mut stack = ScriptStack::new(connections);
    stack.names = vec![
        ("gate.test", HOST.into()),
        ("zero.test", Ipv4Addr::UNSPECIFIED.into()),
        ("me.test", Ipv4Addr::new(192, 168, 1, 57).into()),
    ];
    Chip {
        stack,
        connect: Connect::Polls,
        link: up(home()),
        has_loopback: false,
        has_tls: true,
        tls_fails: false,
        is_busy: Rc::default(),
        pending: StackFault::Unknown,
        radio_sleeps: false,
        signal_pends: false,
        ping: all_answer,
        pinged: Rc::default(),
        fault: StackFault::Unknown,
        last_words: b"",
        blocks_for: None,
        is_secured: false,
        verification: Verification::Unknown,
    }
}

pub fn up(ip: IpConfig) -> Rc<Cell<LinkStatus>> {
    link(LinkStatus::Up(ip))
}

pub fn down(reason: DisconnectReason) -> Rc<Cell<LinkStatus>> {
    link(LinkStatus::Disconnected(reason))
}

pub fn link(status: LinkStatus) -> Rc<Cell<LinkStatus>> {
    Rc::new(Cell::new(status))
}

// ---- How a connection goes ----

pub fn silent() -> Connection {
    Connection { connect_pends: usize::MAX, ..Connection::new([]) }
}

pub fn refused() -> Connection {
    Connection { refused: true, ..Connection::new([]) }
}

pub fn open() -> Connection {
    Connection::new([])
}

pub fn fine() -> Connection {
    Connection::answer("HTTP/1.1 204 No Content\r\n\r\n")
}

// ---- Who answers pings ----

/// Has no pings.
pub fn no_pings(_: IpAddr) -> nb::Result<Option<u32>, NoPing> {
    Err(nb::Error::Other(NoPing))
}

pub fn all_answer(_: IpAddr) -> nb::Result<Option<u32>, NoPing> {
    Ok(Some(3))
}

pub fn all_are_silent(_: IpAddr) -> nb::Result<Option<u32>, NoPing> {
    Ok(None)
}

pub fn all_pend(_: IpAddr) -> nb::Result<Option<u32>, NoPing> {
    Err(nb::Error::WouldBlock)
}

pub fn gateway_answers(host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
    Ok((host == IpAddr::from(GATEWAY)).then_some(3))
}

pub fn host_pends(host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
    if host == IpAddr::from(GATEWAY) { all_answer(host) } else { all_pend(host) }
}

impl Chip {
    fn block(&self) {
        if let Some((clock, ms)) = &self.blocks_for {
            clock.advance(*ms);
        }
    }
}

impl TcpClientStack for Chip {
    type TcpSocket = <ScriptStack as TcpClientStack>::TcpSocket;
    type Error = ScriptError;

    fn socket(&mut self) -> Result<Self::TcpSocket, ScriptError> {
        self.is_secured = false;
        self.stack.socket()
    }

    fn connect(&mut self, s: &mut Self::TcpSocket, to: SocketAddr) -> nb::Result<(), ScriptError> {
        self.block();
        if self.is_secured && self.tls_fails {
            return Err(nb::Error::Other(ScriptError::Refused));
        }
        self.stack.connect(s, to)
    }

    fn send(&mut self, s: &mut Self::TcpSocket, data: &[u8]) -> nb::Result<usize, ScriptError> {
        self.stack.send(s, data)
    }

    fn receive(
        &mut self,
        s: &mut Self::TcpSocket,
        to: &mut [u8],
    ) -> nb::Result<usize, ScriptError> {
        self.stack.receive(s, to)
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), ScriptError> {
        self.stack.close(socket)
    }
}

impl Dns for Chip {
    type Error = ScriptError;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, ScriptError> {
        self.stack.get_host_by_name(name, kind)
    }

    fn get_host_by_address(&mut self, a: IpAddr, b: &mut [u8]) -> nb::Result<usize, ScriptError> {
        self.stack.get_host_by_address(a, b)
    }
}

impl Link for Chip {
    fn link_status(&mut self) -> LinkStatus {
        self.link.get()
    }

    fn has_loopback(&self) -> bool {
        self.has_loopback
    }
}

impl Network for Chip {
    fn quirks(&self) -> StackQuirks {
        StackQuirks::UNKNOWN.with_connect(self.connect)
    }

    fn has_tls(&self) -> bool {
        self.has_tls
    }

    fn secure(&mut self, _: &mut Self::TcpSocket, _: &str) -> Result<(), NoTls> {
        self.is_secured = true;
        Ok(())
    }
}

impl Diagnostics for Chip {
    fn tcp_fault(&self, _: &ScriptError) -> StackFault {
        self.fault
    }

    fn dns_fault(&self, _: &ScriptError) -> StackFault {
        StackFault::NameNotFound
    }

    fn status(&self) -> StackStatus<'_> {
        let mut status = StackStatus::default();
        status.pending = match self.is_busy.get() {
            true => StackFault::Busy,
            false => self.pending,
        };
        status.radio_sleeps = self.radio_sleeps;
        status.last_words = self.last_words;
        status.verification = self.verification;
        status
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        self.block();
        let answer = (self.ping)(host);
        if !matches!(answer, Err(nb::Error::WouldBlock)) {
            self.pinged.borrow_mut().push(host);
        }
        answer
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        if self.signal_pends { Err(nb::Error::WouldBlock) } else { Ok(Some(-61)) }
    }
}
