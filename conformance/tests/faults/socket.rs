//! A socket of the network whose calls go wrong: it tells how far an exchange is by the bytes that went over
//! it.

use crate::plan::Stage;
use test_server::{end_of_head, is_whole_request};

pub struct Socket<S> {
    pub inner: S,
    pub id: usize,
    pub stalled: bool,
    pub closed: bool,
    pub failed: bool,
    /// The call of `send` before would have blocked: this one goes on with it.
    pub is_sending: bool,
    pub takes_one_byte: bool,
    pub exchange: usize,
    pub sent: Vec<u8>,
    pub received: Vec<u8>,
}

impl<S> Socket<S> {
    /// The socket of this number among all, opened for this exchange.
    pub fn new(inner: S, exchange: usize, number: usize) -> Self {
        Self {
            inner,
            id: (exchange << 16) | (number & 0xFFFF),
            stalled: false,
            closed: false,
            failed: false,
            is_sending: false,
            takes_one_byte: false,
            exchange,
            sent: Vec::new(),
            received: Vec::new(),
        }
    }

    /// Bytes count by exchange.
    pub fn enter(&mut self, exchange: usize) {
        if self.exchange != exchange {
            self.exchange = exchange;
            self.sent.clear();
            self.received.clear();
        }
    }

    /// The exchange that it was opened for.
    pub fn opened_for(&self) -> usize {
        self.id >> 16
    }

    pub fn stage(&self, reused: bool) -> Stage {
        match final_status(&self.received) {
            Some(101) => Stage::Stream,
            Some(_) => Stage::Body,
            None if is_whole_request(&self.sent) => Stage::Head,
            None if reused && self.sent.is_empty() => Stage::Kept,
            None => Stage::Request,
        }
    }
}

/// The status of the final response, if its head is there.
fn final_status(received: &[u8]) -> Option<u16> {
    let received = behind_interim(received);
    end_of_head(received)?;
    Some(status(received))
}

/// The status in a status line.
fn status(head: &[u8]) -> u16 {
    std::str::from_utf8(&head[9..12]).unwrap().parse().unwrap()
}

/// What came behind interim responses.
pub fn behind_interim(received: &[u8]) -> &[u8] {
    match end_of_head(received) {
        Some(end) if matches!(status(received), 100 | 102..=199) => {
            behind_interim(&received[end..])
        }
        _ => received,
    }
}
