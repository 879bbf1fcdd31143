//! An embedded-nal stack whose work is done elsewhere, by functions that aren't counted.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};

const WOULD_BLOCK: i32 = -1;

unsafe extern "C" {
    fn nal_socket() -> i32;
    fn nal_connect(socket: i32, address: u32, port: u16) -> i32;
    fn nal_send(socket: i32, bytes: *const u8, length: usize) -> i32;
    fn nal_receive(socket: i32, buffer: *mut u8, room: usize) -> i32;
    fn nal_close(socket: i32) -> i32;
    fn nal_resolve(name: *const u8, length: usize, address: *mut u32) -> i32;
}

/// The stack; what it knows is behind the functions.
pub struct Stack;

/// The number that a function failed with.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Fault(#[allow(dead_code, reason = "it is for Debug")] i8);

/// No `Copy`: a socket that was closed can't be used again.
pub struct Socket(i32);

impl TcpError for Fault {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

impl Fault {
    /// What this stack can't do.
    pub const UNSUPPORTED: Self = Self(-2);

    /// What a function returned: a count, or a negative number.
    pub fn count(returned: i32) -> nb::Result<usize, Self> {
        match returned {
            WOULD_BLOCK => Err(nb::Error::WouldBlock),
            count => usize::try_from(count).map_err(|_| nb::Error::Other(Self(returned as i8))),
        }
    }
}

impl TcpClientStack for Stack {
    type TcpSocket = Socket;
    type Error = Fault;

    fn socket(&mut self) -> Result<Socket, Fault> {
        match unsafe { nal_socket() } {
            number @ 0.. => Ok(Socket(number)),
            failed => Err(Fault(failed as i8)),
        }
    }

    fn connect(&mut self, socket: &mut Socket, remote: SocketAddr) -> nb::Result<(), Fault> {
        let SocketAddr::V4(remote) = remote else {
            return Err(nb::Error::Other(Fault::UNSUPPORTED));
        };
        let address = u32::from(*remote.ip());
        Fault::count(unsafe { nal_connect(socket.0, address, remote.port()) }).map(|_| ())
    }

    fn send(&mut self, socket: &mut Socket, bytes: &[u8]) -> nb::Result<usize, Fault> {
        Fault::count(unsafe { nal_send(socket.0, bytes.as_ptr(), bytes.len()) })
    }

    fn receive(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> nb::Result<usize, Fault> {
        Fault::count(unsafe { nal_receive(socket.0, buffer.as_mut_ptr(), buffer.len()) })
    }

    fn close(&mut self, socket: Socket) -> Result<(), Fault> {
        match unsafe { nal_close(socket.0) } {
            0.. => Ok(()),
            failed => Err(Fault(failed as i8)),
        }
    }
}

impl Dns for Stack {
    type Error = Fault;

    fn get_host_by_name(&mut self, name: &str, _: AddrType) -> nb::Result<IpAddr, Fault> {
        let mut address = 0;
        Fault::count(unsafe { nal_resolve(name.as_ptr(), name.len(), &mut address) })?;
        Ok(IpAddr::V4(Ipv4Addr::from(address)))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Fault> {
        Err(nb::Error::Other(Fault::UNSUPPORTED))
    }
}
