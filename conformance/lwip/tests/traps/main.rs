//! What lwIP does that isn't plain from its documentation, each shown, with what is made of it.
#![cfg(lwip)]

mod names;
mod routes;
mod sockets;

use conformance::scenario::{Act, Peer};
use conformance_lwip::{Rig, SERVER};
use embedded_nal::{TcpClientStack, nb};
use lwip_nal::{Lwip, LwipError, Socket};
use safe_http_client::Network;
use std::net::SocketAddr;

type Tried<T> = Result<T, LwipError>;

/// Polls until it is ready.
fn wait<T>(
    lwip: &mut Lwip,
    mut call: impl FnMut(&mut Lwip) -> nb::Result<T, LwipError>,
) -> Tried<T> {
    for _ in 0..60_000 {
        match call(lwip) {
            Ok(value) => return Ok(value),
            Err(nb::Error::Other(error)) => return Err(error),
            Err(nb::Error::WouldBlock) => lwip.poll_network(),
        }
    }
    panic!("nothing for a minute");
}

fn connect(lwip: &mut Lwip, socket: &mut Socket, remote: impl Into<SocketAddr>) -> Tried<()> {
    let remote = remote.into();
    wait(lwip, |lwip| lwip.connect(socket, remote))
}

/// A connection to the server, which plays this.
fn connected(rig: &mut Rig, lwip: &mut Lwip, script: Vec<Act>) -> (Socket, u16) {
    rig.peer.play(vec![script]);
    let port = rig.peer.port();
    let mut socket = lwip.socket().unwrap();
    connect(lwip, &mut socket, (SERVER, port)).unwrap();
    (socket, port)
}

fn asked(rig: &mut Rig, lwip: &mut Lwip, mut script: Vec<Act>) -> (Socket, u16) {
    script.insert(0, Act::Request);
    let (mut socket, port) = connected(rig, lwip, script);
    assert_eq!(lwip.send(&mut socket, b"GET / HTTP/1.1\r\n\r\n"), Ok(18));
    (socket, port)
}
