//! A scripted HTTP server on the operating system's loopback interface.
#![allow(dead_code)]

use crate::scenario::{Act, Move, Peer, Player};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a server's threads report.
#[derive(Debug, Default)]
pub struct Seen {
    pub accepted: usize,
    pub heads: Vec<String>,
    pub bodies: Vec<u8>,
    /// Connections that the client ended while the server still listened to it.
    pub ended: usize,
}

/// Listens on a port of its own; each connection plays the next script in a thread. Ends with the
/// test: threads hold nothing but sockets.
#[derive(Debug, Default)]
pub struct Server {
    port: u16,
    pub seen: Arc<Mutex<Seen>>,
}

impl Server {
    pub fn new(scripts: Vec<Vec<Act>>) -> Self {
        Self::at("127.0.0.1:0", scripts).unwrap()
    }

    /// A server on this address, which the host may not have.
    pub fn at(address: &str, scripts: Vec<Vec<Act>>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let port = listener.local_addr()?.port();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let threads_seen = seen.clone();
        std::thread::spawn(move || {
            let mut scripts: VecDeque<_> = scripts.into();
            // Without a script left, the listener is closed: later connections are refused.
            while let Some(script) = scripts.pop_front() {
                let Ok((stream, _)) = listener.accept() else {
                    return;
                };
                let seen = threads_seen.clone();
                seen.lock().unwrap().accepted += 1;
                std::thread::spawn(move || play(stream, Player::new(script), &seen));
            }
        });
        Ok(Self { port, seen })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn heads(&self) -> Vec<String> {
        self.seen.lock().unwrap().heads.clone()
    }
}

fn play(mut stream: TcpStream, mut player: Player, seen: &Mutex<Seen>) {
    let start = Instant::now();
    let now = || start.elapsed().as_millis() as u32;
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    // A socket that is closed with bytes unread answers with a reset: such a script only peeks.
    let peeks = player.resets();
    let mut peeked = 0;
    let mut bytes = [0; 4096];
    loop {
        while let Some(made) = player.next(now()) {
            // Before the client can have seen the answer to it.
            report(&mut player, seen);
            let done = match made {
                Move::Send(bytes) => stream.write_all(&bytes),
                Move::Fin => stream.shutdown(Shutdown::Write),
                Move::Reset => return,
            };
            if done.is_err() {
                return;
            }
        }
        report(&mut player, seen);
        let got = if peeks {
            stream.peek(&mut bytes).map(|count| {
                let new = count.saturating_sub(peeked);
                bytes.copy_within(peeked..count, 0);
                peeked = count;
                std::thread::sleep(Duration::from_millis(1));
                (new, count == 0)
            })
        } else {
            stream.read(&mut bytes).map(|count| (count, count == 0))
        };
        match got {
            Ok((_, true)) => break,
            Ok((count, false)) => player.take(&bytes[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    seen.lock().unwrap().ended += 1;
}

fn report(player: &mut Player, seen: &Mutex<Seen>) {
    if player.heads.is_empty() && player.body.is_empty() {
        return;
    }
    let mut seen = seen.lock().unwrap();
    seen.heads.append(&mut player.heads);
    seen.bodies.append(&mut player.body);
}

impl Peer for Server {
    fn play(&mut self, scripts: Vec<Vec<Act>>) -> String {
        *self = Self::new(scripts);
        self.url()
    }

    fn refusing(&mut self) -> String {
        // A port that was just free, and that nobody listens on.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    fn accepted(&mut self) -> usize {
        self.seen.lock().unwrap().accepted
    }

    fn heads(&mut self) -> Vec<String> {
        Self::heads(self)
    }
}
