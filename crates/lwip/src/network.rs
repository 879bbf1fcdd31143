//! lwIP as a network.

use crate::error::{END, LwipError, PENDING};
use crate::ffi::{self, RawLink};
use core::ffi::c_int;
use core::fmt::{self, Debug, Formatter};
use core::marker::PhantomData;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use nal_link::{
    Connect, Diagnostics, DisconnectReason, IpConfig, Link, LinkEvents, LinkStatus, Network,
    PipeClosed, StackFault, StackQuirks, ZeroRead,
};

/// The raw API of the lwIP that the firmware is linked with.
///
/// Nothing in it waits: packets move in `poll`, or by themselves where the vendor's system does it.
/// It is neither `Send` nor `Sync`, as lwIP isn't.
///
/// ```no_run
/// # #![allow(unsafe_code)]
/// use lwip_nal::Lwip;
/// use nal_link::{Link, LoopContext};
///
/// // SAFETY: lwIP was initialised, and runs in this context.
/// let mut network = unsafe { Lwip::new() };
/// let cx = LoopContext::take_if(Lwip::can_wait).expect("not in an event handler");
/// let status = network.link_status();
/// ```
pub struct Lwip {
    poll: Option<fn()>,
    events: Option<&'static LinkEvents>,
    /// lwIP's context alone may call it.
    _stays: PhantomData<*const ()>,
}

/// A connection of lwIP's. To be closed with [`close`](TcpClientStack::close): dropped, it stays open.
///
/// ```
/// fn takes_no_room(socket: &lwip_nal::Socket) -> usize { size_of_val(socket) }
/// assert_eq!(size_of::<lwip_nal::Socket>(), 4);
/// ```
#[derive(Debug)]
pub struct Socket(c_int);

impl Lwip {
    /// How lwIP behaves where embedded-nal doesn't say, by this crate's C side.
    pub const QUIRKS: StackQuirks = StackQuirks::UNKNOWN
        .with_zero_read(ZeroRead::EndOfStream)
        .with_pipe_closed(PipeClosed::Aborted)
        .with_connect(Connect::Polls);

    /// The firmware's lwIP. There may be more than one such value: they share lwIP's sockets.
    ///
    /// # Safety
    ///
    /// `lwip_init` has run, and every call of this value and of [`Handler`] is made in the context
    /// that runs lwIP: with `NO_SYS` the only one, and never an interrupt. safe_http_lwip.c was
    /// compiled against the headers of the very lwIP that is linked.
    #[allow(unsafe_code, reason = "a promise that no type can make")]
    pub const unsafe fn new() -> Self {
        Self { poll: None, events: None, _stays: PhantomData }
    }

    /// With a function that moves packets and timers, on a system where nobody else does it: it reads
    /// the driver and calls `sys_check_timeouts`. What it calls back counts as an event handler.
    #[must_use]
    pub const fn with_poll(mut self, poll: fn()) -> Self {
        self.poll = Some(poll);
        self
    }

    /// With what the vendor's event handlers report of the link, for the reason why it is down: a netif
    /// doesn't know that. Whether there is an address is still asked of the netif.
    #[must_use]
    pub const fn with_events(mut self, events: &'static LinkEvents) -> Self {
        self.events = Some(events);
        self
    }

    /// Whether the caller may wait here: not within a callback of lwIP's that this crate has caused,
    /// nor within a [`Handler`]. For [`LoopContext::take_if`](nal_link::LoopContext::take_if), together
    /// with the platform's own test where there is one.
    pub fn can_wait() -> bool {
        ffi::depth() == 0
    }
}

impl Debug for Lwip {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lwip").field("can_wait", &Self::can_wait()).finish_non_exhaustive()
    }
}

/// Says that an event handler runs, as long as it lives: the first line of each handler of the
/// firmware's. All calls of [`Lwip`] are refused meanwhile, with their cause.
///
/// ```no_run
/// use lwip_nal::{Handler, Lwip};
///
/// extern "C" fn on_wifi_event(_event: *mut core::ffi::c_void) {
///     let _handler = Handler::enter();
///     assert!(!Lwip::can_wait());
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it says nothing"]
pub struct Handler(PhantomData<*const ()>);

impl Handler {
    /// Begins a handler.
    pub fn enter() -> Self {
        ffi::enter_handler();
        Self(PhantomData)
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        ffi::leave_handler();
    }
}

/// A count, or what the C side said instead.
fn count(code: c_int) -> nb::Result<usize, LwipError> {
    match usize::try_from(code) {
        Ok(count) => Ok(count),
        Err(_) if code == PENDING => Err(nb::Error::WouldBlock),
        Err(_) => Err(nb::Error::Other(LwipError::of(code))),
    }
}

impl TcpClientStack for Lwip {
    type TcpSocket = Socket;
    type Error = LwipError;

    fn socket(&mut self) -> Result<Socket, LwipError> {
        match ffi::open() {
            socket @ 0.. => Ok(Socket(socket)),
            code => Err(LwipError::of(code)),
        }
    }

    fn connect(&mut self, socket: &mut Socket, remote: SocketAddr) -> nb::Result<(), LwipError> {
        let SocketAddr::V4(remote) = remote else {
            return Err(nb::Error::Other(LwipError::NotIpv4));
        };
        count(ffi::connect(socket.0, remote.ip().to_bits(), remote.port())).map(drop)
    }

    fn send(&mut self, socket: &mut Socket, buffer: &[u8]) -> nb::Result<usize, LwipError> {
        count(ffi::send(socket.0, buffer))
    }

    fn receive(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> nb::Result<usize, LwipError> {
        match ffi::receive(socket.0, buffer) {
            END => Ok(0),
            code => count(code),
        }
    }

    fn close(&mut self, socket: Socket) -> Result<(), LwipError> {
        ffi::close(socket.0);
        Ok(())
    }
}

impl Dns for Lwip {
    type Error = LwipError;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, LwipError> {
        if kind == AddrType::IPv6 {
            return Err(nb::Error::Other(LwipError::NotIpv4));
        }
        let mut address = 0;
        count(ffi::resolve(name, &mut address))?;
        Ok(Ipv4Addr::from_bits(address).into())
    }

    /// lwIP doesn't look up addresses.
    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, LwipError> {
        Err(nb::Error::Other(LwipError::NoResolver))
    }
}

/// An address as lwIP has it.
const fn ipv4(word: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from_be(word))
}

#[inline(never)]
fn config(link: RawLink) -> IpConfig {
    let config = IpConfig::new(ipv4(link.address).into()).with_netmask(ipv4(link.netmask));
    let config = match link.gateway {
        0 => config,
        gateway => config.with_gateway(ipv4(gateway)),
    };
    match link.has_dns {
        0 => config.with_dns(false),
        1 => config.with_dns(true),
        _ => config,
    }
}

impl Link for Lwip {
    fn link_status(&mut self) -> LinkStatus {
        let said = self.events.map(LinkEvents::disconnect_reason);
        match (ffi::link(), said) {
            (Some(link), _) if link.is_up != 0 && link.address != 0 => LinkStatus::Up(config(link)),
            (_, Some(Some(reason))) => LinkStatus::Disconnected(reason),
            (_, Some(None)) => LinkStatus::NoAddress,
            (Some(link), None) if link.is_up != 0 => LinkStatus::NoAddress,
            _ => LinkStatus::Disconnected(DisconnectReason::Unknown),
        }
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        ffi::other_link().map(config)
    }
}

impl Network for Lwip {
    fn quirks(&self) -> StackQuirks {
        Self::QUIRKS
    }

    fn poll_network(&mut self) {
        // lwIP can't be entered while it is in a callback.
        if let (Some(poll), true) = (self.poll, Self::can_wait()) {
            let _handler = Handler::enter();
            poll();
        }
    }
}

impl Diagnostics for Lwip {
    fn tcp_fault(&self, error: &LwipError) -> StackFault {
        (*error).into()
    }

    fn dns_fault(&self, error: &LwipError) -> StackFault {
        (*error).into()
    }
}
