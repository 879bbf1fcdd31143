//! Another stack, unlike the first in all that a client's code could share: sockets, errors and
//! functions are its own.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};

unsafe extern "C" {
    fn second_open(socket: *mut u8) -> u16;
    fn second_dial(socket: u8, address: *const u8, port: u16) -> u16;
    fn second_put(socket: u8, bytes: *const u8, length: usize, done: *mut usize) -> u16;
    fn second_take(socket: u8, buffer: *mut u8, room: usize, done: *mut usize) -> u16;
    fn second_shut(socket: u8) -> u16;
    fn second_look_up(name: *const u8, length: usize, address: *mut u8) -> u16;
}

/// The stack; what it knows is behind the functions.
pub struct Second;

/// What its functions return but for 0.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Trouble {
    Closed,
    Other(#[allow(dead_code, reason = "it is for Debug")] u16),
}

/// It knows whether it was connected.
pub struct Line {
    number: u8,
    is_connected: bool,
}

impl TcpError for Trouble {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::Closed => TcpErrorKind::PipeClosed,
            Self::Other(_) => TcpErrorKind::Other,
        }
    }
}

impl Trouble {
    const UNSUPPORTED: Self = Self::Other(u16::MAX);

    fn checked(returned: u16) -> nb::Result<(), Self> {
        match returned {
            0 => Ok(()),
            1 => Err(nb::Error::WouldBlock),
            2 => Err(nb::Error::Other(Self::Closed)),
            other => Err(nb::Error::Other(Self::Other(other))),
        }
    }

    /// Of a function that never waits.
    fn at_once(returned: u16) -> Result<(), Self> {
        match Self::checked(returned) {
            Ok(()) => Ok(()),
            Err(nb::Error::Other(trouble)) => Err(trouble),
            Err(nb::Error::WouldBlock) => Err(Self::UNSUPPORTED),
        }
    }
}

impl TcpClientStack for Second {
    type TcpSocket = Line;
    type Error = Trouble;

    fn socket(&mut self) -> Result<Line, Trouble> {
        let mut line = Line { number: 0, is_connected: false };
        Trouble::at_once(unsafe { second_open(&mut line.number) })?;
        Ok(line)
    }

    fn connect(&mut self, line: &mut Line, remote: SocketAddr) -> nb::Result<(), Trouble> {
        let SocketAddr::V4(remote) = remote else {
            return Err(nb::Error::Other(Trouble::UNSUPPORTED));
        };
        let address = remote.ip().octets();
        Trouble::checked(unsafe { second_dial(line.number, address.as_ptr(), remote.port()) })?;
        line.is_connected = true;
        Ok(())
    }

    fn send(&mut self, line: &mut Line, bytes: &[u8]) -> nb::Result<usize, Trouble> {
        let mut done = 0;
        Trouble::checked(unsafe {
            second_put(line.number, bytes.as_ptr(), bytes.len(), &mut done)
        })?;
        Ok(done)
    }

    fn receive(&mut self, line: &mut Line, buffer: &mut [u8]) -> nb::Result<usize, Trouble> {
        let mut done = 0;
        Trouble::checked(unsafe {
            second_take(line.number, buffer.as_mut_ptr(), buffer.len(), &mut done)
        })?;
        Ok(done)
    }

    fn close(&mut self, line: Line) -> Result<(), Trouble> {
        if line.is_connected {
            Trouble::at_once(unsafe { second_shut(line.number) })
        } else {
            Ok(())
        }
    }
}

impl Dns for Second {
    type Error = Trouble;

    fn get_host_by_name(&mut self, name: &str, _: AddrType) -> nb::Result<IpAddr, Trouble> {
        let mut address = [0; 4];
        Trouble::checked(unsafe {
            second_look_up(name.as_ptr(), name.len(), address.as_mut_ptr())
        })?;
        Ok(IpAddr::V4(Ipv4Addr::from(address)))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Trouble> {
        Err(nb::Error::Other(Trouble::UNSUPPORTED))
    }
}
