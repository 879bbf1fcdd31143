//! A stack that is attached can do what the stack can.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use nal_link::{
    Connect, Diagnostics, Link, LinkEvents, LinkStatus, NalNetwork, Network, NoDns, NoPing, NoTls,
    PipeClosed, StackFault, StackQuirks, StackStatus, ZeroRead,
};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20));

/// A stack that notes what it is asked.
#[derive(Debug, Default)]
struct Stack {
    log: Vec<String>,
    lease: Option<Ipv4Addr>,
}

#[derive(Debug, PartialEq)]
struct Fault(u8);

impl TcpError for Fault {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

impl TcpClientStack for Stack {
    type TcpSocket = u8;
    type Error = Fault;

    fn socket(&mut self) -> Result<u8, Fault> {
        self.log.push("socket".into());
        Ok(7)
    }
    fn connect(&mut self, socket: &mut u8, remote: SocketAddr) -> nb::Result<(), Fault> {
        self.log.push(format!("connect {socket} {remote}"));
        Err(nb::Error::Other(Fault(1)))
    }
    fn send(&mut self, socket: &mut u8, buffer: &[u8]) -> nb::Result<usize, Fault> {
        self.log.push(format!("send {socket} {}", buffer.len()));
        Ok(buffer.len())
    }
    fn receive(&mut self, socket: &mut u8, buffer: &mut [u8]) -> nb::Result<usize, Fault> {
        self.log.push(format!("receive {socket} {}", buffer.len()));
        Err(nb::Error::WouldBlock)
    }
    fn close(&mut self, socket: u8) -> Result<(), Fault> {
        self.log.push(format!("close {socket}"));
        Ok(())
    }
}

impl Dns for Stack {
    type Error = Fault;

    fn get_host_by_name(&mut self, name: &str, _: AddrType) -> nb::Result<IpAddr, Fault> {
        self.log.push(format!("resolve {name}"));
        Ok(HOST)
    }
    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Fault> {
        Err(nb::Error::Other(Fault(2)))
    }
}

fn everything(events: &LinkEvents) -> NalNetwork<Stack, &LinkEvents> {
    NalNetwork::new(Stack::default(), events, StackQuirks::STD)
        .with_poll(|stack, link| match stack.lease {
            Some(address) => link.got_ip(address),
            None => link.lost_ip(),
        })
        .with_faults(|error| if error.0 == 1 { StackFault::Refused } else { StackFault::Unknown })
        .with_dns_faults(|_| StackFault::NameNotFound)
        .with_tls(|stack, socket, name| {
            stack.log.push(format!("tls {socket} {name}"));
            Ok(())
        })
        .with_ping(|stack, host| {
            stack.log.push(format!("ping {host}"));
            Ok(Some(3))
        })
        .with_signal(|_| Ok(Some(-67)))
        .with_unread(|_, socket| *socket == 7)
        .with_status(|stack| {
            let mut status = StackStatus::default();
            status.last_words = stack.log.last().map_or(&[], |line| line.as_bytes());
            status
        })
}

/// All calls that a client makes, through whatever it holds the network with.
fn use_all(mut network: impl Network<TcpSocket = u8>) {
    let mut socket = network.socket().unwrap();
    network.secure(&mut socket, "gate.local").ok();
    network.get_host_by_name("gate.local", AddrType::IPv4).ok();
    network.connect(&mut socket, (HOST, 80).into()).ok();
    network.send(&mut socket, b"GET").ok();
    network.receive(&mut socket, &mut [0; 5]).ok();
    network.ping(HOST).ok();
    network.close(socket).ok();
}

#[test]
fn each_call_reaches_the_stack_also_through_references() {
    let expected = [
        "socket",
        "tls 7 gate.local",
        "resolve gate.local",
        "connect 7 192.168.1.20:80",
        "send 7 3",
        "receive 7 5",
        "ping 192.168.1.20",
        "close 7",
    ];
    let events = LinkEvents::new();
    let mut network = everything(&events);
    use_all(&mut network);
    assert_eq!(network.stack().log, expected);
    network.stack_mut().log.clear();
    use_all(&mut &mut network);
    assert_eq!(network.stack().log, expected);
}

#[test]
fn what_was_said_of_a_stack_is_what_the_network_says() {
    fn ask<N>(mut network: N)
    where
        N: Network + TcpClientStack<TcpSocket = u8, Error = Fault>,
    {
        assert_eq!(network.quirks(), StackQuirks::STD);
        assert!(network.has_tls());
        assert!(network.has_unread(&mut 7) && !network.has_unread(&mut 8));
        assert_eq!(network.tcp_fault(&Fault(1)), StackFault::Refused);
        assert_eq!(network.tcp_fault(&Fault(2)), StackFault::Unknown);
        assert_eq!(network.signal_strength(), Ok(Some(-67)));
        assert_eq!(network.ping(HOST), Ok(Some(3)));
        assert_eq!(network.status().last_words, b"ping 192.168.1.20");
    }
    let events = LinkEvents::new();
    let mut network = everything(&events);
    assert_eq!(network.dns_fault(&Fault(0)), StackFault::NameNotFound);
    ask(&mut network);
    ask(network);
}

#[test]
fn a_stack_of_which_nothing_was_said_can_nothing_more() {
    let events = LinkEvents::new();
    let mut network = NalNetwork::new(Stack::default(), &events, StackQuirks::UNKNOWN);
    network.poll_network();
    assert!(!network.has_tls() && !network.has_unread(&mut 7) && !network.has_loopback());
    assert_eq!(network.secure(&mut 7, "gate.local"), Err(NoTls));
    assert_eq!(network.ping(HOST), Err(nb::Error::Other(NoPing)));
    assert_eq!(network.signal_strength(), Ok(None));
    assert_eq!(network.tcp_fault(&Fault(1)), StackFault::Unknown);
    assert_eq!(network.dns_fault(&Fault(1)), StackFault::Unknown);
    assert!(network.status().last_words.is_empty());
    assert_eq!(network.own_network(), None);
    assert!(network.stack().log.is_empty());
}

#[test]
fn the_link_can_be_filled_from_inside_the_stack() {
    let events = LinkEvents::new();
    let mut network = everything(&events);
    network.poll_network();
    assert_eq!(network.link_status(), LinkStatus::NoAddress);
    network.stack_mut().lease = Some(Ipv4Addr::new(10, 0, 0, 7));
    network.poll_network();
    assert!(network.link_mut().link_status().ip_config().is_ok());
    let mut link = *network.link();
    assert!(link.link_status().ip_config().is_ok());
}

#[test]
fn without_dns_a_name_fails_at_once_and_says_why() {
    let events = LinkEvents::new();
    let mut network = NalNetwork::without_dns(Stack::default(), &events, StackQuirks::W5500)
        .with_poll(|stack, _| stack.0.log.push("poll".into()));
    network.poll_network();
    let answer = network.get_host_by_name("gate.local", AddrType::IPv4);
    assert_eq!(answer, Err(nb::Error::Other(NoDns)));
    assert_eq!(network.dns_fault(&NoDns), StackFault::NoResolver);
    assert_eq!(network.stack().0.log, ["poll"]);
}

#[test]
fn quirks_are_built_from_what_is_known() {
    const MINE: StackQuirks = StackQuirks::UNKNOWN
        .with_zero_read(ZeroRead::EndOfStream)
        .with_pipe_closed(PipeClosed::EndOfStream)
        .with_connect(Connect::Blocks)
        .with_empty_send_tells_end(true);
    assert_eq!(
        (MINE.zero_read(), MINE.pipe_closed(), MINE.connect(), MINE.empty_send_tells_end()),
        (ZeroRead::EndOfStream, PipeClosed::EndOfStream, Connect::Blocks, true)
    );
    // The most careful reading of everything.
    let unknown = StackQuirks::UNKNOWN;
    assert_eq!(unknown.zero_read(), ZeroRead::NoData);
    assert_eq!(unknown.pipe_closed(), PipeClosed::MayLoseData);
    assert_eq!(unknown.connect(), Connect::Polls);
    assert!(!unknown.empty_send_tells_end());
    assert_eq!(
        StackQuirks::WINCWIFI,
        MINE.with_connect(Connect::Polls).with_empty_send_tells_end(false)
    );
}

#[cfg(feature = "std")]
#[test]
fn errors_of_the_operating_system_are_understood() {
    use std::io::{Error, ErrorKind};
    for (error, fault) in [
        (Error::from(ErrorKind::ConnectionRefused), StackFault::Refused),
        (Error::from(ErrorKind::ConnectionReset), StackFault::Reset),
        (Error::from(ErrorKind::BrokenPipe), StackFault::Closed),
        (Error::from(ErrorKind::TimedOut), StackFault::TimedOut),
        (Error::from(ErrorKind::HostUnreachable), StackFault::Unreachable),
        (Error::from(ErrorKind::NetworkDown), StackFault::NoAddress),
        (Error::from(ErrorKind::AddrNotAvailable), StackFault::NotDialled),
        (Error::from_raw_os_error(24), StackFault::NoSocket),
        (Error::from(ErrorKind::Other), StackFault::Unknown),
    ] {
        assert_eq!(StackFault::from(&error), fault, "{error}");
    }
}
