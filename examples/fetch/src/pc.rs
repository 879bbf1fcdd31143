//! This PC as a network that never makes its caller wait, for `--diagnose`: threads resolve, connect
//! and ping, so that the check's deadlines hold. (`std-embedded-nal` connects inside a call.)

use embedded_nal::{AddrType, Dns, TcpClientStack, TcpErrorKind, nb};
use safe_http_client::{
    Connect, Diagnostics, IpConfig, Link, LinkStatus, Network, NoPing, StackFault, StackQuirks,
};
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What a thread works on, and its result once it has one.
pub(crate) struct Task<K, V> {
    of: K,
    result: Receiver<V>,
}

impl<K, V: Send + 'static> Task<K, V> {
    fn start(of: K, work: impl FnOnce() -> V + Send + 'static) -> Self {
        let (sender, result) = channel();
        thread::spawn(move || sender.send(work()));
        Self { of, result }
    }

    fn poll(&self) -> Option<V> {
        self.result.try_recv().ok()
    }
}

pub(crate) struct PcNetwork {
    name: Option<Task<String, std::io::Result<IpAddr>>>,
    ping: Option<Task<IpAddr, Option<Option<u32>>>>,
}

impl PcNetwork {
    pub(crate) fn new() -> Self {
        Self { name: None, ping: None }
    }
}

#[derive(Debug)]
pub(crate) struct PcError(Error);

impl embedded_nal::TcpError for PcError {
    fn kind(&self) -> TcpErrorKind {
        match self.0.kind() {
            ErrorKind::BrokenPipe => TcpErrorKind::PipeClosed,
            _ => TcpErrorKind::Other,
        }
    }
}

fn of_io(error: Error) -> nb::Error<PcError> {
    match error.kind() {
        ErrorKind::WouldBlock => nb::Error::WouldBlock,
        _ => nb::Error::Other(PcError(error)),
    }
}

pub(crate) enum PcSocket {
    New,
    Connecting(Task<SocketAddr, std::io::Result<TcpStream>>),
    Open(TcpStream),
}

impl PcSocket {
    fn stream(&mut self) -> Result<&mut TcpStream, nb::Error<PcError>> {
        match self {
            Self::Open(stream) => Ok(stream),
            _ => Err(nb::Error::Other(PcError(ErrorKind::NotConnected.into()))),
        }
    }
}

impl TcpClientStack for PcNetwork {
    type TcpSocket = PcSocket;
    type Error = PcError;

    fn socket(&mut self) -> Result<PcSocket, PcError> {
        Ok(PcSocket::New)
    }

    fn connect(&mut self, socket: &mut PcSocket, remote: SocketAddr) -> nb::Result<(), PcError> {
        if let PcSocket::New = socket {
            *socket = PcSocket::Connecting(Task::start(remote, move || TcpStream::connect(remote)));
        }
        let PcSocket::Connecting(task) = socket else {
            return Ok(());
        };
        let stream = task.poll().ok_or(nb::Error::WouldBlock)?.map_err(of_io)?;
        stream.set_nonblocking(true).map_err(of_io)?;
        *socket = PcSocket::Open(stream);
        Ok(())
    }

    fn send(&mut self, socket: &mut PcSocket, buffer: &[u8]) -> nb::Result<usize, PcError> {
        socket.stream()?.write(buffer).map_err(of_io)
    }

    fn receive(&mut self, socket: &mut PcSocket, buffer: &mut [u8]) -> nb::Result<usize, PcError> {
        socket.stream()?.read(buffer).map_err(of_io)
    }

    fn close(&mut self, socket: PcSocket) -> Result<(), PcError> {
        if let PcSocket::Open(stream) = socket {
            let _ = stream.shutdown(Shutdown::Both);
        }
        Ok(())
    }
}

impl Dns for PcNetwork {
    type Error = Error;

    fn get_host_by_name(&mut self, name: &str, _: AddrType) -> nb::Result<IpAddr, Error> {
        if self.name.as_ref().is_none_or(|task| task.of != name) {
            let asked = name.to_owned();
            self.name = Some(Task::start(name.to_owned(), move || {
                let found: Vec<_> = (asked.as_str(), 0).to_socket_addrs()?.collect();
                let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
                first.map(SocketAddr::ip).ok_or_else(|| ErrorKind::NotFound.into())
            }));
        }
        let result = self.name.as_ref().and_then(Task::poll).ok_or(nb::Error::WouldBlock)?;
        self.name = None;
        result.map_err(nb::Error::Other)
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Error> {
        Err(nb::Error::Other(ErrorKind::Unsupported.into()))
    }
}

impl Link for PcNetwork {
    fn link_status(&mut self) -> LinkStatus {
        let mut ip = IpConfig::new(own_address().unwrap_or(Ipv4Addr::LOCALHOST.into()));
        if let Some((gateway, netmask)) = default_route() {
            ip = ip.with_gateway(gateway).with_netmask(netmask);
        }
        if has_dns_server() {
            ip = ip.with_dns(true);
        }
        LinkStatus::Up(ip)
    }

    fn has_loopback(&self) -> bool {
        true
    }
}

impl Network for PcNetwork {
    fn quirks(&self) -> StackQuirks {
        StackQuirks::STD.with_connect(Connect::Polls)
    }
}

impl Diagnostics for PcNetwork {
    fn tcp_fault(&self, error: &PcError) -> StackFault {
        StackFault::from(&error.0)
    }

    /// Systems have no number for it: a resolver that can't be reached is told by its words.
    fn dns_fault(&self, error: &Error) -> StackFault {
        let is_passing = error.to_string().contains("Temporary failure");
        if is_passing { StackFault::Unknown } else { StackFault::NameNotFound }
    }

    /// By the system's own program, since a plain process may not send ICMP.
    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        if self.ping.as_ref().is_none_or(|task| task.of != host) {
            self.ping = Some(Task::start(host, move || run_ping(host)));
        }
        let result = self.ping.as_ref().and_then(Task::poll).ok_or(nb::Error::WouldBlock)?;
        self.ping = None;
        result.ok_or(nb::Error::Other(NoPing))
    }
}

/// `None` where there is no such program; `Some(None)` where nobody answered.
fn run_ping(host: IpAddr) -> Option<Option<u32>> {
    let count = if cfg!(windows) { "-n" } else { "-c" };
    let started = Instant::now();
    let mut child = Command::new("ping")
        .args([count, "1", &host.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let ms = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
                return Some(status.success().then_some(ms));
            }
            Ok(None) if started.elapsed() < Duration::from_secs(3) => {
                thread::sleep(Duration::from_millis(2));
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Some(None);
            }
        }
    }
}

/// Whether the system's resolver has a server, where the system tells.
fn has_dns_server() -> bool {
    let table = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    table.lines().any(|line| line.trim_start().starts_with("nameserver"))
}

/// This PC's address in its network. Nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// The gateway, and the netmask of the network that it is in, where the system tells (Linux).
fn default_route() -> Option<(Ipv4Addr, Ipv4Addr)> {
    let table = std::fs::read_to_string("/proc/net/route").ok()?;
    let address = |text: &str| {
        u32::from_str_radix(text, 16).ok().map(|word| Ipv4Addr::from(word.to_le_bytes()))
    };
    // Interface, destination, gateway, flags, …, mask (the eighth), in the host's byte order.
    let rows: Vec<Vec<&str>> =
        table.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    let default = rows.iter().find(|row| row.get(1) == Some(&"00000000"))?;
    let near = rows
        .iter()
        .find(|row| row.first() == default.first() && row.get(2) == Some(&"00000000"))?;
    Some((address(default.get(2)?)?, address(near.get(7)?)?))
}
