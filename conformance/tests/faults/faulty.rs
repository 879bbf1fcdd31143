//! A network around any other whose n-th call goes wrong.

use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{
    Behaviour, Condition, IpConfig, Link, LinkStatus, Network, NoPing, NoTls, StackFault, ZeroRead,
};
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails, once, with an error of the kind `Other`.
    FailOther,
    /// The call fails, once, with an error of the kind `PipeClosed`.
    FailPipeClosed,
    /// The call would block a few times, and then goes through.
    Pend,
    /// The call, and all that follow on this socket (or of this resolver), would block.
    Stall,
    /// `send` takes one byte.
    ShortWrite,
    /// `receive` brings one byte.
    ShortRead,
    /// The peer closes: from here on there is nothing to receive and nobody to send to.
    Close,
}

impl Fault {
    pub const ALL: [Self; 7] = [
        Self::FailOther,
        Self::FailPipeClosed,
        Self::Pend,
        Self::Stall,
        Self::ShortWrite,
        Self::ShortRead,
        Self::Close,
    ];

    /// Whether it can happen to this call.
    fn applies_to(self, call: Call) -> bool {
        match self {
            Self::FailOther | Self::FailPipeClosed => call != Call::Signal,
            Self::Pend | Self::Stall => !matches!(call, Call::Socket | Call::Close),
            Self::ShortWrite => call == Call::Send,
            Self::ShortRead => call == Call::Receive,
            Self::Close => matches!(call, Call::Send | Call::Receive),
        }
    }

    /// Whether nothing may come of it but time.
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::Pend | Self::ShortWrite | Self::ShortRead)
    }
}

/// A call of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Resolve,
    Socket,
    Connect,
    Send,
    Receive,
    Close,
    Ping,
    Signal,
}

/// How far an exchange was, told by the bytes that went over its socket alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was sent yet on a connection that was kept from the exchange before.
    Kept,
    /// The request isn't sent whole.
    Request,
    /// The final response's head hasn't come whole.
    Head,
    /// It has.
    Body,
    /// It was a 101.
    Stream,
}

/// What was hit.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    pub call: Call,
    pub stage: Stage,
    /// The connection was kept from the exchange before.
    pub reused: bool,
    /// Bytes of this exchange that had gone over the socket.
    pub sent: usize,
    pub received: usize,
    /// Which exchange of the scenario, from 0.
    pub exchange: usize,
}

/// The injected error, or one of the network's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FaultyError<E> {
    Injected(TcpErrorKind),
    Own(E),
}

impl<E: TcpError> TcpError for FaultyError<E> {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::Injected(kind) => *kind,
            Self::Own(error) => error.kind(),
        }
    }
}

/// What the wrapper has seen and is to do, shared with the test.
#[derive(Debug, Default)]
pub struct Plan {
    armed: Option<(usize, Fault)>,
    pub hit: Option<Hit>,
    /// Calls so far that the fault can happen to.
    calls: usize,
    /// A repetition of a call that would block isn't counted anew.
    pub merges_repeats: bool,
    blocked: Option<(Call, usize)>,
    pends_left: usize,
    resolver_stalls: bool,
    ping_stalls: bool,
    signal_stalls: bool,
    pub socket_stalls: bool,
    pub opened: usize,
    pub closed: usize,
    /// Bytes given to a socket after it had failed for good.
    pub sent_after_failure: usize,
    exchange: usize,
    is_later: bool,
    /// Calls of any kind, repetitions included: what bounds a hang.
    budget: usize,
}

/// No scenario takes as many calls.
const BUDGET: usize = 400_000;

impl Plan {
    /// Arms a fault, for a scenario that begins now.
    pub fn arm(&mut self, number: usize, fault: Fault) {
        *self = Self {
            armed: Some((number, fault)),
            merges_repeats: self.merges_repeats,
            opened: self.opened,
            closed: self.closed,
            ..Self::default()
        };
    }

    /// The network is well again.
    pub fn heal(&mut self) {
        self.armed = None;
        self.pends_left = 0;
        self.resolver_stalls = false;
        self.ping_stalls = false;
        self.signal_stalls = false;
        self.socket_stalls = false;
        self.budget = 0;
    }

    /// An exchange begins: bytes are counted from here.
    pub fn begin_exchange(&mut self, number: usize) {
        // A stalled socket is closed by now.
        self.resolver_stalls = false;
        self.exchange = number;
        self.is_later = number > 0;
    }
}

/// What happens to a call instead of what should.
enum Instead {
    Nothing,
    Fault(Fault),
}

pub struct Faulty<N> {
    pub inner: N,
    pub plan: Rc<RefCell<Plan>>,
    /// Lets so many milliseconds pass on the clock.
    pub pass: Rc<dyn Fn(u32)>,
    /// Called where the network itself would block.
    pub on_block: fn(),
}

/// A stalled call takes so long, so that deadlines are reached soon.
const STALL_MS: u32 = 100;

pub struct Socket<S> {
    inner: S,
    id: usize,
    stalled: bool,
    closed: bool,
    failed: bool,
    /// The call of `send` before would have blocked: this one goes on with it.
    is_sending: bool,
    takes_one_byte: bool,
    exchange: usize,
    sent: Vec<u8>,
    received: Vec<u8>,
}

impl<S> Socket<S> {
    /// Bytes count by exchange.
    fn enter(&mut self, exchange: usize) {
        if self.exchange != exchange {
            self.exchange = exchange;
            self.sent.clear();
            self.received.clear();
        }
    }

    fn stage(&self, reused: bool) -> Stage {
        match end_of_final_head(&self.received) {
            Some(101) => Stage::Stream,
            Some(_) => Stage::Body,
            None if is_whole_request(&self.sent) => Stage::Head,
            None if reused && self.sent.is_empty() => Stage::Kept,
            None => Stage::Request,
        }
    }
}

/// The status of the final response, if its head is there.
fn end_of_final_head(received: &[u8]) -> Option<u16> {
    let end = received.windows(4).position(|it| it == b"\r\n\r\n")?;
    let status: u16 = std::str::from_utf8(&received[9..12]).unwrap().parse().unwrap();
    match status {
        101 | 200.. => Some(status),
        _ => end_of_final_head(&received[end + 4..]),
    }
}

/// Whether these bytes are a request with all of its body.
pub fn is_whole_request(sent: &[u8]) -> bool {
    let Some(end) = sent.windows(4).position(|it| it == b"\r\n\r\n") else {
        return false;
    };
    let (head, body) = sent.split_at(end + 4);
    let head = String::from_utf8_lossy(head).to_lowercase();
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with(b"\r\n0\r\n\r\n");
    }
    let length = head.split("content-length: ").nth(1).map(|rest| rest.split('\r').next().unwrap());
    body.len() >= length.map_or(0, |digits| digits.parse().unwrap())
}

impl<N: Network> Faulty<N> {
    /// Counts a call, and says what happens to it.
    fn call<S>(&mut self, call: Call, socket: Option<&Socket<S>>, id: usize) -> Instead {
        let mut plan = self.plan.borrow_mut();
        plan.budget += 1;
        assert!(plan.budget < BUDGET, "a hang: {call:?}, {:?}", plan.hit);
        if plan.pends_left > 0 && Fault::Pend.applies_to(call) {
            plan.pends_left -= 1;
            drop(plan);
            (self.pass)(1);
            return Instead::Fault(Fault::Pend);
        }
        let repeats = plan.merges_repeats && plan.blocked == Some((call, id));
        plan.blocked = None;
        // A send that goes on is asked for with the same bytes.
        let goes_on = socket.is_some_and(|socket| socket.is_sending);
        let may_be =
            |fault: Fault| fault.applies_to(call) && !(goes_on && fault == Fault::ShortWrite);
        let Some((number, fault)) = plan.armed.filter(|(_, fault)| may_be(*fault)) else {
            return Instead::Nothing;
        };
        if !repeats {
            plan.calls += 1;
        }
        if plan.hit.is_some() || repeats || plan.calls != number + 1 {
            return Instead::Nothing;
        }
        let reused = socket.is_some_and(|socket| plan.is_later && !socket.is_new(&plan));
        plan.hit = Some(Hit {
            call,
            stage: socket.map_or(Stage::Request, |socket| socket.stage(reused)),
            reused,
            sent: socket.map_or(0, |socket| socket.sent.len()),
            received: socket.map_or(0, |socket| socket.received.len()),
            exchange: plan.exchange,
        });
        if fault == Fault::Pend {
            plan.pends_left = 3;
        }
        Instead::Fault(fault)
    }

    fn blocks(&mut self, call: Call, id: usize) {
        self.plan.borrow_mut().blocked = Some((call, id));
        (self.on_block)();
    }

    fn stalls(&mut self) {
        let mut plan = self.plan.borrow_mut();
        plan.budget += 1;
        assert!(plan.budget < BUDGET, "a hang while it stalls: {:?}", plan.hit);
        drop(plan);
        (self.pass)(STALL_MS);
    }
}

impl<S> Socket<S> {
    /// Whether it was opened for the exchange that goes on.
    fn is_new(&self, plan: &Plan) -> bool {
        self.opened_for() == plan.exchange
    }

    fn opened_for(&self) -> usize {
        self.id >> 16
    }
}

fn injected<E>(fault: Fault) -> FaultyError<E> {
    FaultyError::Injected(match fault {
        Fault::FailOther => TcpErrorKind::Other,
        _ => TcpErrorKind::PipeClosed,
    })
}

fn own<E>(error: nb::Error<E>) -> nb::Error<FaultyError<E>> {
    error.map(FaultyError::Own)
}

type Inner<N> = <N as TcpClientStack>::TcpSocket;

impl<N: Network> TcpClientStack for Faulty<N> {
    type TcpSocket = Socket<Inner<N>>;
    type Error = FaultyError<<N as TcpClientStack>::Error>;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
        if let Instead::Fault(fault) = self.call::<Inner<N>>(Call::Socket, None, 0) {
            return Err(injected(fault));
        }
        let inner = self.inner.socket().map_err(FaultyError::Own)?;
        let mut plan = self.plan.borrow_mut();
        plan.opened += 1;
        Ok(Socket {
            inner,
            id: (plan.exchange << 16) | (plan.opened & 0xFFFF),
            stalled: false,
            closed: false,
            failed: false,
            is_sending: false,
            takes_one_byte: false,
            exchange: plan.exchange,
            sent: Vec::new(),
            received: Vec::new(),
        })
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        if socket.stalled {
            self.stalls();
            return Err(nb::Error::WouldBlock);
        }
        if let Instead::Fault(fault) = self.call(Call::Connect, Some(socket), socket.id) {
            match fault {
                Fault::Pend => return Err(nb::Error::WouldBlock),
                Fault::Stall => {
                    socket.stalled = true;
                    self.plan.borrow_mut().socket_stalls = true;
                    return Err(nb::Error::WouldBlock);
                }
                fault => return Err(nb::Error::Other(injected(fault))),
            }
        }
        let outcome = self.inner.connect(&mut socket.inner, remote);
        if matches!(outcome, Err(nb::Error::WouldBlock)) {
            self.blocks(Call::Connect, socket.id);
        }
        outcome.map_err(own)
    }

    fn send(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &[u8],
    ) -> nb::Result<usize, Self::Error> {
        socket.enter(self.plan.borrow().exchange);
        if socket.failed || socket.closed {
            self.plan.borrow_mut().sent_after_failure += buffer.len();
        }
        if socket.stalled {
            self.stalls();
            return Err(nb::Error::WouldBlock);
        }
        if let Instead::Fault(fault) = self.call(Call::Send, Some(socket), socket.id) {
            match fault {
                Fault::Pend => return Err(nb::Error::WouldBlock),
                Fault::ShortWrite => socket.takes_one_byte = true,
                Fault::Stall => {
                    socket.stalled = true;
                    self.plan.borrow_mut().socket_stalls = true;
                    return Err(nb::Error::WouldBlock);
                }
                fault => {
                    socket.failed = true;
                    socket.closed = fault == Fault::Close;
                    return Err(nb::Error::Other(injected(fault)));
                }
            }
        }
        let most = if socket.takes_one_byte { 1 } else { usize::MAX };
        let outcome = self.inner.send(&mut socket.inner, &buffer[..most.min(buffer.len())]);
        socket.is_sending = matches!(outcome, Err(nb::Error::WouldBlock));
        socket.takes_one_byte &= socket.is_sending;
        match &outcome {
            Ok(count) => socket.sent.extend_from_slice(&buffer[..*count]),
            Err(nb::Error::WouldBlock) => self.blocks(Call::Send, socket.id),
            Err(nb::Error::Other(_)) => socket.failed = true,
        }
        outcome.map_err(own)
    }

    fn receive(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        assert!(!buffer.is_empty(), "a receive into nothing tells nothing");
        socket.enter(self.plan.borrow().exchange);
        if socket.stalled {
            self.stalls();
            return Err(nb::Error::WouldBlock);
        }
        if socket.closed {
            return self.end();
        }
        let mut most = buffer.len();
        if let Instead::Fault(fault) = self.call(Call::Receive, Some(socket), socket.id) {
            match fault {
                Fault::Pend => return Err(nb::Error::WouldBlock),
                Fault::ShortRead => most = 1,
                Fault::Stall => {
                    socket.stalled = true;
                    self.plan.borrow_mut().socket_stalls = true;
                    return Err(nb::Error::WouldBlock);
                }
                Fault::Close => {
                    socket.closed = true;
                    return self.end();
                }
                fault => {
                    socket.failed = true;
                    return Err(nb::Error::Other(injected(fault)));
                }
            }
        }
        let outcome = self.inner.receive(&mut socket.inner, &mut buffer[..most]);
        match &outcome {
            Ok(count) => socket.received.extend_from_slice(&buffer[..*count]),
            Err(nb::Error::WouldBlock) => self.blocks(Call::Receive, socket.id),
            Err(nb::Error::Other(_)) => {}
        }
        outcome.map_err(own)
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        let instead = self.call(Call::Close, Some(&socket), socket.id);
        self.plan.borrow_mut().closed += 1;
        let outcome = self.inner.close(socket.inner).map_err(FaultyError::Own);
        match instead {
            Instead::Fault(fault) => Err(injected(fault)),
            Instead::Nothing => outcome,
        }
    }
}

impl<N: Network> Faulty<N> {
    /// The end of a stream, as the network's behaviour has it.
    fn end<E>(&self) -> nb::Result<usize, FaultyError<E>> {
        match self.inner.behaviour().zero_read {
            ZeroRead::EndOfStream => Ok(0),
            _ => Err(nb::Error::Other(FaultyError::Injected(TcpErrorKind::PipeClosed))),
        }
    }
}

impl<N: Network> Dns for Faulty<N> {
    type Error = FaultyError<<N as Dns>::Error>;

    fn get_host_by_name(
        &mut self,
        hostname: &str,
        addr_type: AddrType,
    ) -> nb::Result<IpAddr, Self::Error> {
        if self.plan.borrow().resolver_stalls {
            self.stalls();
            return Err(nb::Error::WouldBlock);
        }
        if let Instead::Fault(fault) = self.call::<Inner<N>>(Call::Resolve, None, 0) {
            match fault {
                Fault::Pend => return Err(nb::Error::WouldBlock),
                Fault::Stall => {
                    self.plan.borrow_mut().resolver_stalls = true;
                    return Err(nb::Error::WouldBlock);
                }
                fault => return Err(nb::Error::Other(injected(fault))),
            }
        }
        let outcome = self.inner.get_host_by_name(hostname, addr_type);
        if matches!(outcome, Err(nb::Error::WouldBlock)) {
            self.blocks(Call::Resolve, 0);
        }
        outcome.map_err(own)
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Self::Error> {
        panic!("reverse look-ups are never asked for")
    }
}

impl<N: Network> Link for Faulty<N> {
    fn link_status(&mut self) -> LinkStatus {
        self.inner.link_status()
    }

    fn has_loopback(&self) -> bool {
        self.inner.has_loopback()
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        self.inner.own_network()
    }
}

impl<N: Network> Network for Faulty<N> {
    fn behaviour(&self) -> Behaviour {
        self.inner.behaviour()
    }

    fn poll_network(&mut self) {
        self.inner.poll_network();
    }

    fn has_unread(&mut self, socket: &mut Self::TcpSocket) -> bool {
        self.inner.has_unread(&mut socket.inner)
    }

    fn has_tls(&self) -> bool {
        self.inner.has_tls()
    }

    fn secure(&mut self, socket: &mut Self::TcpSocket, server_name: &str) -> Result<(), NoTls> {
        self.inner.secure(&mut socket.inner, server_name)
    }

    fn tcp_fault(&self, error: &<Self as TcpClientStack>::Error) -> StackFault {
        match error {
            FaultyError::Injected(_) => StackFault::Unknown,
            FaultyError::Own(error) => self.inner.tcp_fault(error),
        }
    }

    fn dns_fault(&self, error: &<Self as Dns>::Error) -> StackFault {
        match error {
            FaultyError::Injected(_) => StackFault::Unknown,
            FaultyError::Own(error) => self.inner.dns_fault(error),
        }
    }

    fn condition(&self) -> Condition<'_> {
        self.inner.condition()
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        if self.plan.borrow().ping_stalls {
            self.stalls();
            return Err(nb::Error::WouldBlock);
        }
        if let Instead::Fault(fault) = self.call::<Inner<N>>(Call::Ping, None, 0) {
            match fault {
                Fault::Pend => return Err(nb::Error::WouldBlock),
                Fault::Stall => {
                    self.plan.borrow_mut().ping_stalls = true;
                    return Err(nb::Error::WouldBlock);
                }
                _ => return Err(nb::Error::Other(NoPing)),
            }
        }
        let outcome = self.inner.ping(host);
        if matches!(outcome, Err(nb::Error::WouldBlock)) {
            self.blocks(Call::Ping, 0);
        }
        outcome
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, core::convert::Infallible> {
        if self.plan.borrow().signal_stalls {
            self.stalls();
            return Err(nb::Error::WouldBlock);
        }
        if let Instead::Fault(fault) = self.call::<Inner<N>>(Call::Signal, None, 0) {
            if fault == Fault::Stall {
                self.plan.borrow_mut().signal_stalls = true;
            }
            return Err(nb::Error::WouldBlock);
        }
        let outcome = self.inner.signal_strength();
        if matches!(outcome, Err(nb::Error::WouldBlock)) {
            self.blocks(Call::Signal, 0);
        }
        outcome
    }
}
