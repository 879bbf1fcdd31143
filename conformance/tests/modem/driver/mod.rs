//! What the driver does, point by point, and the faults of the firmware that it absorbs.

mod modem;
mod sockets;

use crate::rig::*;
use embedded_nal::TcpClientStack;
use safe_http_client::esp_at::{EspAtError, Socket};
use std::net::SocketAddr;

fn at(port: u16) -> SocketAddr {
    SocketAddr::from((HOST, port))
}

impl Rig {
    fn socket(&mut self) -> Socket {
        self.modem.socket().unwrap()
    }

    fn connect(&mut self, socket: &mut Socket, port: u16) -> Result<(), EspAtError> {
        block(&self.clock, 60 * SECOND, || self.modem.connect(socket, at(port))).unwrap()
    }

    fn connected(&mut self, port: u16) -> Socket {
        let mut socket = self.socket();
        self.connect(&mut socket, port).unwrap();
        socket
    }

    fn send(&mut self, socket: &mut Socket, data: &[u8]) -> Result<usize, EspAtError> {
        block(&self.clock, 60 * SECOND, || self.modem.send(socket, data)).unwrap()
    }

    fn send_all(&mut self, socket: &mut Socket, mut data: &[u8]) {
        while !data.is_empty() {
            let count = self.send(socket, data).unwrap();
            data = &data[count..];
        }
    }

    fn receive(&mut self, socket: &mut Socket, most: usize) -> Option<Result<Vec<u8>, EspAtError>> {
        let mut buffer = vec![0; most];
        let got = block(&self.clock, 20 * SECOND, || self.modem.receive(socket, &mut buffer))?;
        Some(got.map(|count| buffer[..count].to_vec()))
    }

    fn receive_all(&mut self, socket: &mut Socket, most: usize) -> Result<Vec<u8>, EspAtError> {
        let mut all = Vec::new();
        loop {
            match self.receive(socket, most).expect("an end")? {
                piece if piece.is_empty() => return Ok(all),
                piece => all.extend(piece),
            }
        }
    }

    fn said(&self) -> Vec<String> {
        self.handle
            .sent_lines()
            .into_iter()
            .filter(|line| line.starts_with("AT") || line == "?")
            .collect()
    }
}
