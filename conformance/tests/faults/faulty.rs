//! A network around any other whose n-th call goes wrong.

use crate::plan::{Fault, Hit, Left, Op, Plan, Stage};
use crate::socket::{Socket, behind_interim};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{
    Clock, Diagnostics, Network, NoPing, NoTls, StackFault, StackQuirks, StackStatus, ZeroRead,
};
use std::cell::RefCell;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

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

impl<N: Network> Faulty<N> {
    /// Counts a call, and says what goes wrong with it.
    fn call<S>(&mut self, op: Op, socket: Option<&Socket<S>>, id: usize) -> Option<Fault> {
        let mut plan = self.plan.borrow_mut();
        plan.count();
        if plan.pends(op) {
            drop(plan);
            (self.pass)(1);
            return Some(Fault::Pend);
        }
        let goes_on = socket.is_some_and(|socket| socket.is_sending);
        plan.strike(op, id, goes_on, |plan| {
            let reused = socket.is_some_and(|socket| socket.opened_for() != plan.exchange);
            Hit {
                op,
                stage: socket.map_or(Stage::Request, |socket| socket.stage(reused)),
                reused,
                sent: socket.map_or(0, |socket| socket.sent.len()),
                received: socket.map_or(0, |socket| socket.received.len()),
                of_head: socket.map_or(0, |socket| behind_interim(&socket.received).len()),
                exchange: plan.exchange,
            }
        })
    }

    fn blocks(&mut self, op: Op, id: usize) {
        self.plan.borrow_mut().blocked = Some((op, id));
        (self.on_block)();
    }

    fn stalls<T, E>(&mut self) -> nb::Result<T, E> {
        self.plan.borrow_mut().count();
        (self.pass)(STALL_MS);
        Err(nb::Error::WouldBlock)
    }

    /// A call that belongs to no socket.
    fn around<T, E>(
        &mut self,
        op: Op,
        fails: fn(Fault) -> nb::Error<E>,
        go: impl FnOnce(&mut N) -> nb::Result<T, E>,
    ) -> nb::Result<T, E> {
        if self.plan.borrow().stalled.contains(&op) {
            return self.stalls();
        }
        match self.call::<Inner<N>>(op, None, 0) {
            Some(Fault::Pend) => Err(nb::Error::WouldBlock),
            Some(Fault::Stall) => {
                self.plan.borrow_mut().stalled.push(op);
                Err(nb::Error::WouldBlock)
            }
            Some(fault) => Err(fails(fault)),
            None => {
                let outcome = go(&mut self.inner);
                if matches!(outcome, Err(nb::Error::WouldBlock)) {
                    self.blocks(op, 0);
                }
                outcome
            }
        }
    }

    /// From here on this socket stalls.
    fn stall<T, E>(&mut self, socket: &mut Socket<Inner<N>>) -> nb::Result<T, E> {
        socket.stalled = true;
        self.plan.borrow_mut().socket_stalls = true;
        Err(nb::Error::WouldBlock)
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
        if let Some(fault) = self.call::<Inner<N>>(Op::Socket, None, 0) {
            return Err(injected(fault));
        }
        let inner = self.inner.socket().map_err(FaultyError::Own)?;
        let mut plan = self.plan.borrow_mut();
        assert_eq!(plan.opened, plan.closed, "a client has one socket at a time");
        plan.opened += 1;
        Ok(Socket::new(inner, plan.exchange, plan.opened))
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        if socket.stalled {
            return self.stalls();
        }
        if let Some(fault) = self.call(Op::Connect, Some(socket), socket.id) {
            match fault {
                Fault::Pend => return Err(nb::Error::WouldBlock),
                Fault::Stall => return self.stall(socket),
                fault => return Err(nb::Error::Other(injected(fault))),
            }
        }
        let outcome = self.inner.connect(&mut socket.inner, remote);
        if matches!(outcome, Err(nb::Error::WouldBlock)) {
            self.blocks(Op::Connect, socket.id);
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
            return self.stalls();
        }
        if let Some(fault) = self.call(Op::Send, Some(socket), socket.id) {
            match fault {
                Fault::Pend => return Err(nb::Error::WouldBlock),
                Fault::ShortWrite => socket.takes_one_byte = true,
                Fault::Stall => return self.stall(socket),
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
            Err(nb::Error::WouldBlock) => self.blocks(Op::Send, socket.id),
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
            return self.stalls();
        }
        if socket.closed {
            return self.end();
        }
        let mut most = buffer.len();
        if let Some(fault) = self.call(Op::Receive, Some(socket), socket.id) {
            match fault {
                Fault::Pend => return Err(nb::Error::WouldBlock),
                Fault::ShortRead => most = 1,
                Fault::Stall => return self.stall(socket),
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
            Err(nb::Error::WouldBlock) => self.blocks(Op::Receive, socket.id),
            Err(nb::Error::Other(_)) => {}
        }
        outcome.map_err(own)
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        let instead = self.call(Op::Close, Some(&socket), socket.id);
        self.plan.borrow_mut().closed += 1;
        let outcome = self.inner.close(socket.inner).map_err(FaultyError::Own);
        match instead {
            Some(fault) => Err(injected(fault)),
            None => outcome,
        }
    }
}

impl<N: Network> Faulty<N> {
    /// The end of a stream, as the network's behaviour has it.
    fn end<E>(&self) -> nb::Result<usize, FaultyError<E>> {
        match self.inner.quirks().zero_read() {
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
        let fails = |fault| nb::Error::Other(injected(fault));
        self.around(Op::Resolve, fails, |inner| {
            inner.get_host_by_name(hostname, addr_type).map_err(own)
        })
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Self::Error> {
        panic!("reverse look-ups are never asked for")
    }
}

conformance::delegate!(Faulty: Link);

impl<N: Network> Network for Faulty<N> {
    fn quirks(&self) -> StackQuirks {
        self.inner.quirks()
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
}

impl<N: Network> Diagnostics for Faulty<N> {
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

    fn status(&self) -> StackStatus<'_> {
        self.inner.status()
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        self.around(Op::Ping, |_| nb::Error::Other(NoPing), |inner| inner.ping(host))
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        self.around(Op::Signal, |_| nb::Error::WouldBlock, Diagnostics::signal_strength)
    }
}

/// A clock by which a call that waits can be left.
#[derive(Clone)]
pub struct Watch<C> {
    pub inner: C,
    pub plan: Rc<RefCell<Plan>>,
}

impl<C: Clock> Clock for Watch<C> {
    fn now_ms(&self) -> u32 {
        self.inner.now_ms()
    }

    fn idle(&self) {
        let mut plan = self.plan.borrow_mut();
        // How often nothing happens depends on the machine's load.
        let moves = Some(plan.moves);
        if plan.merges_repeats && plan.idle_since == moves {
            return;
        }
        plan.idle_since = moves;
        match plan.idles_left {
            None => {}
            Some(0) => {
                plan.idles_left = None;
                drop(plan);
                // As a panic, without its message.
                std::panic::resume_unwind(Box::new(Left));
            }
            Some(left) => plan.idles_left = Some(left - 1),
        }
    }
}
