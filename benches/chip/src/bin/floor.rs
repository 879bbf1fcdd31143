//! No client: the stack is called as often as a GET has to, and nothing is looked at.
#![no_std]
#![no_main]

use chip_bench::stack::{self, Fault, Stack};
use chip_bench::{count, seen_whole};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embedded_nal::{TcpClientStack, nb};

const REQUEST: &[u8] = b"GET /data HTTP/1.1\r\nHost: 192.168.1.20\r\n\r\n";
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20)), 80);

#[cortex_m_rt::entry]
fn main() -> ! {
    count(|_, buffer| get(buffer).ok())
}

#[inline(never)]
fn get(buffer: &mut [u8]) -> nb::Result<(), Fault> {
    let mut stack = Stack;
    let mut socket = stack.socket()?;
    stack.connect(&mut socket, PEER)?;
    stack.send(&mut socket, REQUEST)?;
    let mut room = buffer.get_mut(..stack::response().len()).unwrap_or_default();
    while !room.is_empty() {
        let count = stack.receive(&mut socket, room)?;
        room = room.get_mut(count..).unwrap_or_default();
    }
    seen_whole(buffer);
    Ok(stack.close(socket)?)
}
