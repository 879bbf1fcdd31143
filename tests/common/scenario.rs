//! What a scripted peer does, written down once for peers on every kind of stack.
#![allow(dead_code)]

use std::collections::VecDeque;

/// What a scripted peer does on one connection. After the last act it stays open and silent.
#[derive(Debug, Clone)]
pub enum Act {
    /// Waits for a request's head.
    Request,
    /// Waits for so many bytes of a request's body.
    Body(usize),
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Lets so many milliseconds pass.
    Wait(u32),
    /// Ends its direction of the stream.
    Fin,
    /// Resets the connection.
    Reset,
}

/// Sends text.
pub fn say(text: impl AsRef<[u8]>) -> Act {
    Act::Send(text.as_ref().to_vec())
}

/// What a [`Player`] wants its connection to do.
#[derive(Debug)]
pub enum Move {
    Send(Vec<u8>),
    Fin,
    Reset,
}

/// One connection of a scripted peer, without I/O: each harness moves its bytes.
#[derive(Debug)]
pub struct Player {
    acts: VecDeque<Act>,
    inbox: Vec<u8>,
    waits_until: Option<u32>,
    /// The heads of the requests so far.
    pub heads: Vec<String>,
    /// Bytes of bodies so far.
    pub body: Vec<u8>,
}

impl Player {
    pub fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self {
            acts: acts.into_iter().collect(),
            inbox: Vec::new(),
            waits_until: None,
            heads: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Whether the script ends in a reset.
    pub fn resets(&self) -> bool {
        matches!(self.acts.back(), Some(Act::Reset))
    }

    /// The client sent this.
    pub fn take(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
    }

    /// What to do at this time; `None` if that is to wait.
    pub fn next(&mut self, now_ms: u32) -> Option<Move> {
        loop {
            let made = match self.acts.front_mut()? {
                Act::Request => {
                    let end = self.inbox.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
                    let head: Vec<u8> = self.inbox.drain(..end).collect();
                    self.heads.push(String::from_utf8(head).unwrap());
                    None
                }
                Act::Body(left) => {
                    let count = (*left).min(self.inbox.len());
                    self.body.extend(self.inbox.drain(..count));
                    *left -= count;
                    if *left > 0 {
                        return None;
                    }
                    None
                }
                Act::Send(bytes) => Some(Move::Send(std::mem::take(bytes))),
                Act::Wait(ms) => {
                    let until = *self.waits_until.get_or_insert(now_ms.wrapping_add(*ms));
                    if until.wrapping_sub(now_ms) as i32 > 0 {
                        return None;
                    }
                    self.waits_until = None;
                    None
                }
                Act::Fin => Some(Move::Fin),
                Act::Reset => Some(Move::Reset),
            };
            self.acts.pop_front();
            if made.is_some() {
                return made;
            }
        }
    }
}

/// A server that the stack under test can reach.
pub trait Peer {
    /// From here on each new connection plays the next of these scripts. Returns the server's URL,
    /// with no slash at its end.
    fn play(&mut self, scripts: Vec<Vec<Act>>) -> String;

    /// The URL of a port at which nothing listens.
    fn refusing(&mut self) -> String;

    /// Connections accepted since the last call of `play`.
    fn accepted(&mut self) -> usize;

    /// The heads of the requests that came since then.
    fn heads(&mut self) -> Vec<String>;
}
