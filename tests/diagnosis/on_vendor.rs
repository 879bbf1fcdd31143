//! A vendor's stack, whose calls wait by suspending the loop; links that say why they are down; and stacks
//! that don't do what was declared of them.
//!
//! The ESP8266's Arduino core is such a stack. In the loop a connect suspends it until the outcome
//! is there. In an event handler, a ticker or an interrupt it can't be suspended: the wait is over
//! at once, and the connect fails as one that timed out.

use crate::chip::{chip, link, open, silent};
use crate::common::TestClock;
use crate::common::script::{Connection, ScriptStack, Step};
use crate::observed::{Case, Demand, On, observe, observe_after, observe_passive, try_get};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{
    Cause, Clock, Connect, Diagnostics, DisconnectReason, IpConfig, Link, LinkStatus, LoopContext,
    Network, NoPing, SafeHttpClient, StackFault, StackQuirks, StackStatus, ZeroRead,
};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

pub fn cases(cx: &mut LoopContext) -> Vec<Case> {
    let case = |cause, how| Case::new(On::Vendor, cause, how);
    let mut cases = vec![scripted_handler(cx, case(Cause::EventHandler, "in a handler"))];

    let reason = |reason| LinkStatus::Disconnected(reason);
    for (cause, how, status) in [
        (Cause::NoAddress, "no address yet", LinkStatus::NoAddress),
        (Cause::NoAddress, "0.0.0.0", LinkStatus::Up(IpConfig::new(Ipv4Addr::UNSPECIFIED.into()))),
        (Cause::NoAddress, "not on an access point", reason(DisconnectReason::Unknown)),
        (Cause::NoAddress, "reason 8: left", reason(DisconnectReason::from_code(8))),
        (Cause::JoinFailed, "reason 202: AUTH_FAIL", reason(DisconnectReason::from_code(202))),
        (Cause::JoinFailed, "reason 15: handshake", reason(DisconnectReason::from_code(15))),
        (Cause::JoinFailed, "reason 201: NO_AP_FOUND", reason(DisconnectReason::from_code(201))),
        (Cause::JoinFailed, "reason 203: ASSOC_FAIL", reason(DisconnectReason::from_code(203))),
    ] {
        let chip = chip([Connection::answer(OK)]);
        let link = chip.link.clone();
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        let url = "http://192.168.1.20/";
        let lost = |_: &mut _| link.set(status);
        cases.push(observe_after(case(cause, how), &mut client, cx, url, lost));
    }
    let ip = |address| IpConfig::new(Ipv4Addr::from(address).into());
    let wide = Ipv4Addr::new(255, 255, 255, 0);
    for (cause, how, ip, url) in [
        (
            Cause::WrongSubnet,
            "192.168.0.20 with gateway 192.168.1.1",
            ip([192, 168, 0, 20]).with_netmask(wide).with_gateway(Ipv4Addr::new(192, 168, 1, 1)),
            "http://192.168.1.20/",
        ),
        (
            Cause::NoDnsServer,
            "a static address alone",
            ip([192, 168, 1, 57]).with_dns(false),
            "http://gate.local/",
        ),
        (Cause::OwnAddress, "its own address", ip([192, 168, 1, 57]), "http://192.168.1.57/"),
        (Cause::NoHostTarget, "localhost", ip([192, 168, 1, 57]), "http://localhost/"),
        (Cause::NoHostTarget, "::1", ip([192, 168, 1, 57]), "http://[::1]/"),
    ] {
        let mut chip = chip([Connection::answer(OK)]);
        chip.link = link(LinkStatus::Up(ip));
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        cases.push(observe(case(cause, how), &mut client, cx, url));
    }
    cases.extend(declared_wrong(cx));
    cases
}

/// A stack whose `Ok(0)` isn't what was declared: its reads of no bytes are counted.
fn declared_wrong(cx: &mut LoopContext) -> Vec<Case> {
    let case = |how| Case::new(On::Vendor, Cause::StackQuirks, how);
    let answer = || Step::Data(b"HTTP/1.1 200 OK\r\n\r\nhello".to_vec());
    let ended =
        |pends| Connection::new([Step::AwaitRequest, Step::Pend(pends), answer(), Step::Zero]);
    let at_once = Connection::new([Step::Zero]);
    let head = Step::Data(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello".to_vec());
    let cut = Connection::new([Step::AwaitRequest, Step::Pend(3), head, Step::Zero]);
    let ends = StackQuirks::UNKNOWN.with_zero_read(ZeroRead::EndOfStream);
    let mut cases = Vec::new();
    for (case, connection, quirks) in [
        (case("an end that was declared as nothing yet"), ended(3), StackQuirks::UNKNOWN),
        (case("the same, on a stack that never blocks"), ended(0), StackQuirks::UNKNOWN),
        (case("an end in mid-body that was declared as nothing yet"), cut, StackQuirks::UNKNOWN),
        (
            case("the same, before a byte of an answer")
                .demand(Demand::Listed("a slow server reads like that where 0 is nothing yet")),
            Connection::new([Step::AwaitRequest, Step::Zero]),
            StackQuirks::UNKNOWN,
        ),
        (
            case("nothing yet that was declared as an end")
                .demand(Demand::Listed("a server that hangs up reads like that")),
            at_once,
            ends,
        ),
    ] {
        let stack = ScriptStack::new(vec![connection; 2]);
        let mut client = SafeHttpClient::new(stack.attached(quirks), TestClock::ticking(1));
        cases.push(observe_passive(case, &mut client, cx, "http://192.168.1.20/", |_| {}));
    }
    cases
}

/// In the loop the same stack connects; in a handler its wait is over at once.
fn scripted_handler(cx: &mut LoopContext, case: Case) -> Case {
    let slow = || Connection { connect_pends: 50, ..Connection::answer(OK) };
    let inner = chip([slow(), silent(), silent(), slow(), open()]);
    handler(cx, case, inner, TestClock::ticking(1), "http://192.168.1.20/")
}

/// The same over any network that polls, whose server answers each request.
pub fn handler<N: Network, C: Clock>(
    cx: &mut LoopContext,
    case: Case,
    inner: N,
    clock: C,
    url: &str,
) -> Case {
    let vendor = Vendor { inner, in_handler: false };
    let mut client = SafeHttpClient::new(vendor, clock);
    assert!(try_get(&mut client, cx, url).is_ok(), "in the loop it works");
    client.network_mut().in_handler = true;
    let case = observe(case, &mut client, cx, url);
    client.network_mut().in_handler = false;
    assert!(try_get(&mut client, cx, url).is_ok(), "and again");
    case.demand(Demand::FirstNotCertain("the time-out was short, and why isn't said"))
}

#[test]
fn each_failure_of_a_vendors_stack_is_named() {
    let mut cx = crate::common::cx();
    let complaints: Vec<_> = cases(&mut cx).iter().flat_map(Case::complaints).collect();
    assert_eq!(complaints, Vec::<String>::new());
}

// ---- The stack ----

/// Around any network that polls.
pub struct Vendor<N> {
    pub inner: N,
    /// The call comes out of an event handler.
    pub in_handler: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum VendorError<E> {
    TimedOut,
    Own(E),
}

impl<E: TcpError> TcpError for VendorError<E> {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::TimedOut => TcpErrorKind::Other,
            Self::Own(error) => error.kind(),
        }
    }
}

fn own<T, E>(result: nb::Result<T, E>) -> nb::Result<T, VendorError<E>> {
    result.map_err(|error| error.map(VendorError::Own))
}

impl<N: Network> TcpClientStack for Vendor<N> {
    type TcpSocket = N::TcpSocket;
    type Error = VendorError<<N as TcpClientStack>::Error>;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
        self.inner.socket().map_err(VendorError::Own)
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        loop {
            return match self.inner.connect(socket, remote) {
                Err(nb::Error::WouldBlock) if self.in_handler => {
                    Err(nb::Error::Other(VendorError::TimedOut))
                }
                // Suspends the loop, in which packets move.
                Err(nb::Error::WouldBlock) => {
                    self.inner.poll_network();
                    continue;
                }
                outcome => own(outcome),
            };
        }
    }

    fn send(
        &mut self,
        socket: &mut Self::TcpSocket,
        data: &[u8],
    ) -> nb::Result<usize, Self::Error> {
        own(self.inner.send(socket, data))
    }

    fn receive(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        own(self.inner.receive(socket, buffer))
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        self.inner.close(socket).map_err(VendorError::Own)
    }
}

impl<N: Network> Dns for Vendor<N> {
    type Error = <N as Dns>::Error;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, Self::Error> {
        self.inner.get_host_by_name(name, kind)
    }

    fn get_host_by_address(&mut self, a: IpAddr, b: &mut [u8]) -> nb::Result<usize, Self::Error> {
        self.inner.get_host_by_address(a, b)
    }
}

impl<N: Network> Link for Vendor<N> {
    fn link_status(&mut self) -> LinkStatus {
        self.inner.link_status()
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        self.inner.own_network()
    }
}

impl<N: Network> Network for Vendor<N> {
    fn quirks(&self) -> StackQuirks {
        self.inner.quirks().with_connect(Connect::Blocks)
    }

    fn poll_network(&mut self) {
        self.inner.poll_network();
    }
}

impl<N: Network> Diagnostics for Vendor<N> {
    fn tcp_fault(&self, error: &<Self as TcpClientStack>::Error) -> StackFault {
        match error {
            VendorError::TimedOut => StackFault::TimedOut,
            VendorError::Own(error) => self.inner.tcp_fault(error),
        }
    }

    fn dns_fault(&self, error: &<Self as Dns>::Error) -> StackFault {
        self.inner.dns_fault(error)
    }

    fn status(&self) -> StackStatus<'_> {
        self.inner.status()
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        self.inner.ping(host)
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        self.inner.signal_strength()
    }
}

/// A link whose modem says nothing any more isn't known to have no access point.
#[test]
fn a_link_is_no_more_certain_than_the_modem_that_would_tell_of_it() {
    let down = LinkStatus::Disconnected(DisconnectReason::Unknown);
    for (status, pending, cause) in [
        (down, StackFault::Unknown, Cause::NoAddress),
        (down, StackFault::ModemSilent, Cause::ModemUnresponsive),
        (down, StackFault::ModemHung, Cause::ModemUnresponsive),
        (down, StackFault::ModemReset, Cause::ModemReset),
        (down, StackFault::UnfitFirmware, Cause::Firmware),
        // Something that was given up is no word on the link.
        (down, StackFault::Busy, Cause::NoAddress),
        // It has told: without DHCP some firmware hangs.
        (LinkStatus::NoAddress, StackFault::ModemHung, Cause::NoAddress),
    ] {
        let mut cx = crate::common::cx();
        let mut chip = chip([]);
        chip.pending = pending;
        chip.link = link(status);
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(100));
        let by_wait = client.wait_online(&mut cx).map(|_| ()).unwrap_err();
        assert_eq!(client.diagnosis(&by_wait.into()).cause(), cause, "{pending:?}");
        let by_look = client.online(&mut cx).map(|_| ()).unwrap_err();
        assert_eq!(client.diagnosis(&by_look.into()).cause(), cause, "{pending:?}");
    }
}
