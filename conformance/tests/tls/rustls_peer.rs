//! A server of rustls's at the other end of a network in memory.

use crate::chains::Served;
use crate::memory::Peer;
use crate::rustls_server::config;
use rustls::ServerConnection;
use rustls::version::TLS13;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

/// What a server of rustls's does once it has read a request's head.
pub type Answer = fn(&mut ServerConnection);

/// A server of rustls's.
pub struct Rustls {
    pub tls: ServerConnection,
    answer: Answer,
    head: Vec<u8>,
    pub has_ended: bool,
    /// The connection ends behind the answer.
    pub ends: bool,
}

impl Rustls {
    pub fn new(served: &Served, answer: Answer) -> Self {
        let tls = ServerConnection::new(Arc::new(config(served, &[&TLS13]))).unwrap();
        Self { tls, answer, head: Vec::new(), has_ended: false, ends: false }
    }
}

impl Peer for Rustls {
    fn exchange(&mut self, mut sent: &[u8]) -> Vec<u8> {
        while !sent.is_empty() && !self.has_ended {
            let _ = self.tls.read_tls(&mut sent);
            if self.tls.process_new_packets().is_err() {
                self.has_ended = true;
            }
            let mut bytes = [0; 512];
            while let Ok(count @ 1..) = self.tls.reader().read(&mut bytes) {
                self.head.extend_from_slice(&bytes[..count]);
            }
            if self.head.ends_with(b"\r\n\r\n") {
                self.head.clear();
                (self.answer)(&mut self.tls);
                self.has_ended |= self.ends;
            }
        }
        let mut answer = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut answer).unwrap();
        }
        answer
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }
}

/// An answer with a length.
pub fn hello(tls: &mut ServerConnection) {
    tls.writer().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
}
