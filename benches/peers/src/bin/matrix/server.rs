//! The server of a case, on the loopback interface.

use crate::case::Act;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What the clients sent, connection by connection.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<Vec<u8>>>>);

/// What is answered where a script has ended.
const MORE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nextra";

impl Seen {
    pub fn connections(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All of it as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.connections().concat()).into_owned()
    }

    fn open(&self) -> usize {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(Vec::new());
        seen.len() - 1
    }

    fn add(&self, connection: usize, bytes: &[u8]) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen[connection].extend_from_slice(bytes);
    }
}

/// Starts a server that plays these scripts; `pieces` cuts what it sends into small writes. It ends
/// with the process.
pub fn start(scripts: Vec<Vec<Act>>, pieces: bool) -> std::io::Result<(u16, Seen)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let seen = Seen::default();
    let threads_seen = seen.clone();
    thread::spawn(move || {
        let mut scripts = scripts.into_iter();
        for stream in listener.incoming().flatten() {
            let connection = Connection {
                number: threads_seen.open(),
                stream,
                seen: threads_seen.clone(),
                pending: Vec::new(),
                pieces,
                close: false,
            };
            let script = scripts.next().unwrap_or_default();
            thread::spawn(move || connection.play(script));
        }
    });
    Ok((port, seen))
}

struct Connection {
    number: usize,
    stream: TcpStream,
    seen: Seen,
    /// Received, and no part of a request that was taken.
    pending: Vec<u8>,
    pieces: bool,
    /// The client asked to close behind the response.
    close: bool,
}

impl Connection {
    /// The end of the stream, or of a client that has gone, ends the script.
    fn play(mut self, script: Vec<Act>) -> Option<()> {
        self.stream.set_nodelay(true).ok()?;
        for act in script {
            match act {
                Act::Request => self.request()?,
                Act::Send(bytes) => self.send(&bytes)?,
                Act::Forever(bytes) => loop {
                    self.stream.write_all(bytes).ok()?;
                    thread::sleep(Duration::from_micros(500));
                },
                Act::Pause(ms) => thread::sleep(Duration::from_millis(ms)),
                Act::Fin => self.stream.shutdown(Shutdown::Write).ok()?,
            }
        }
        loop {
            // RFC 9112 section 9.6: a client that asks for it is waiting for the end.
            if self.close {
                self.stream.shutdown(Shutdown::Write).ok()?;
            }
            self.request()?;
            self.send(MORE)?;
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Option<()> {
        if !self.pieces {
            return self.stream.write_all(bytes).ok();
        }
        for piece in bytes.chunks(bytes.len().div_ceil(200).max(1)) {
            self.stream.write_all(piece).ok()?;
            thread::sleep(Duration::from_micros(100));
        }
        Some(())
    }

    fn request(&mut self) -> Option<()> {
        loop {
            if let Some(length) = request_length(&self.pending) {
                let request: Vec<u8> = self.pending.drain(..length).collect();
                let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
                self.close = text.contains("\r\nconnection: close\r\n");
                return Some(());
            }
            let mut bytes = [0; 4096];
            let count = self.stream.read(&mut bytes).ok().filter(|count| *count > 0)?;
            self.seen.add(self.number, &bytes[..count]);
            self.pending.extend_from_slice(&bytes[..count]);
        }
    }
}

/// The length of the request that these bytes start with, if it is whole.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    if text.contains("\r\ntransfer-encoding: chunked") {
        let end = bytes[head..].windows(5).position(|end| end == b"0\r\n\r\n")?;
        return Some(head + end + 5);
    }
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse().ok())
        .unwrap_or(0);
    (bytes.len() >= head + length).then_some(head + length)
}
