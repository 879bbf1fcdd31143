//! The stack that all clients have: it answers each connection with the same response.
//!
//! None of its calls is inlined, so that they take the same instructions in each program.

use core::convert::Infallible;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::ptr::addr_of_mut;
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};

/// How often the stack was called.
#[derive(Clone, Copy, Default)]
pub struct Calls {
    pub connections: u32,
    pub sends: u32,
    pub receives: u32,
}

struct State {
    response: &'static [u8],
    /// The most bytes that a call receives.
    segment: usize,
    /// What this connection has yet to receive.
    left: &'static [u8],
    calls: Calls,
}

const NO_CALLS: Calls = Calls { connections: 0, sends: 0, receives: 0 };
static mut STATE: State = State { response: &[], segment: 0, left: &[], calls: NO_CALLS };

fn state() -> &'static mut State {
    // SAFETY: there is one thread and no interrupt; each function below takes it once and lets go of
    // it at its end, and none calls another.
    unsafe { &mut *addr_of_mut!(STATE) }
}

/// From here on connections are answered with `response`, of which a call receives no more than
/// `segment` bytes.
pub fn answer(response: &'static [u8], segment: usize) {
    *state() = State { response, segment, left: &[], calls: NO_CALLS };
}

/// What connections are answered with.
pub fn response() -> &'static [u8] {
    state().response
}

/// The calls so far.
pub fn calls() -> Calls {
    state().calls
}

/// The stack. All that it knows stands in a static, so that whoever has it can look, too.
pub struct Stack;

/// No `Copy`: a socket that was closed can't be used again.
pub struct Socket(());

/// Nothing goes wrong here, but no client can know that.
#[derive(Debug)]
pub struct Fault;

impl TcpError for Fault {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

impl TcpClientStack for Stack {
    type TcpSocket = Socket;
    type Error = Fault;

    #[inline(never)]
    fn socket(&mut self) -> Result<Socket, Fault> {
        Ok(Socket(()))
    }

    #[inline(never)]
    fn connect(&mut self, _: &mut Socket, _: SocketAddr) -> nb::Result<(), Fault> {
        let state = state();
        state.calls.connections += 1;
        state.left = state.response;
        Ok(())
    }

    #[inline(never)]
    fn send(&mut self, _: &mut Socket, bytes: &[u8]) -> nb::Result<usize, Fault> {
        state().calls.sends += 1;
        Ok(bytes.len())
    }

    #[inline(never)]
    fn receive(&mut self, _: &mut Socket, buffer: &mut [u8]) -> nb::Result<usize, Fault> {
        let state = state();
        state.calls.receives += 1;
        let count = state.left.len().min(state.segment).min(buffer.len());
        let (now, later) = state.left.split_at(count);
        if count == 0 {
            return Err(nb::Error::WouldBlock);
        }
        buffer[..count].copy_from_slice(now);
        state.left = later;
        Ok(count)
    }

    #[inline(never)]
    fn close(&mut self, _: Socket) -> Result<(), Fault> {
        Ok(())
    }
}

impl Dns for Stack {
    type Error = Infallible;

    #[inline(never)]
    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, Infallible> {
        Ok(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20)))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Infallible> {
        Err(nb::Error::WouldBlock)
    }
}
