//! An HTTP server without I/O, for peers in memory, behind real sockets and in a simulator. It judges what
//! it hears: each request has to be one, with its own body.

use crate::scenario::{LONG, PIECE, SHORT, UPLOADED};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use test_server::{end_of_head, is_chunked, is_whole_request};

/// The request lines that have come, as soon as their heads were whole; and what was no request.
pub type Heard = Arc<Mutex<Vec<String>>>;

/// What stands before bytes that aren't the request that they should be.
pub const GARBLED: &str = "garbled: ";
/// What stands before a request whose end is the driver's filler: a modem that was promised more bytes has
/// no other way back.
pub const FILLED: &str = "filled: ";

const NOTHING: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const GO_ON: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// The body of the answer to the request of this tag, whatever its framing: no other request's.
pub fn body_of(tag: &str) -> String {
    format!("{tag} 0123456789abcdefghijklmnopqrstuvwxyz 0123456789abcdefghijklmnopqrstuvwxyz")
}

fn with_length(tag: &str) -> String {
    let body = body_of(tag);
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn in_chunks(tag: &str) -> String {
    let body = body_of(tag);
    let (first, rest) = body.split_at(30);
    format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e;x=y\r\n{first}\r\n{:x}\r\n{rest}\r\n\
         0\r\nX-Sum: 17\r\n\r\n",
        rest.len()
    )
}

/// Whether a body is one that a use of the client sends, and whole.
fn is_known_body(head: &str, body: &[u8]) -> bool {
    if !is_chunked(head) {
        return body.is_empty() || body == LONG.as_bytes() || body == SHORT.as_bytes();
    }
    // The data of the chunks are all of one letter, which is no digit of a size.
    let data = body.iter().filter(|byte| **byte == PIECE[0]).count();
    let mut frame = body.iter().filter(|byte| **byte != PIECE[0]);
    data == UPLOADED && frame.all(|byte| byte.is_ascii_hexdigit() || b"\r\n".contains(byte))
}

/// What no text has.
const FILLER: u8 = 0xFF;

/// Whether a body is the start of such a one, and filler.
fn is_filled_body(body: &[u8]) -> bool {
    let end = body.iter().rposition(|byte| *byte != FILLER).map_or(0, |last| last + 1);
    let start = &body[..end];
    start.len() < body.len()
        && (LONG.as_bytes().starts_with(start) || SHORT.as_bytes().starts_with(start))
}

/// One connection.
pub struct Server {
    inbox: Vec<u8>,
    is_noted: bool,
    is_echo: bool,
    heard: Heard,
}

impl Server {
    pub fn new(heard: Heard) -> Self {
        Self { inbox: Vec::new(), is_noted: false, is_echo: false, heard }
    }

    fn note(&self, line: String) {
        self.heard.lock().unwrap().push(line);
    }

    /// Takes what the client has sent, and returns the answer.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.is_echo {
            return bytes.to_vec();
        }
        self.inbox.extend_from_slice(bytes);
        let Some(end) = end_of_head(&self.inbox) else {
            return Vec::new();
        };
        let head = String::from_utf8_lossy(&self.inbox[..end]).into_owned();
        let line = head.lines().next().unwrap().to_owned();
        let words: Vec<_> = line.split(' ').collect();
        let [method @ ("GET" | "POST" | "PUT" | "OPTIONS"), target, "HTTP/1.1"] = words[..] else {
            self.note(format!("{GARBLED}{}", self.inbox.escape_ascii()));
            self.inbox.clear();
            return Vec::new();
        };
        let mut answer = String::new();
        if !self.is_noted {
            self.is_noted = true;
            self.note(line.clone());
            if head.contains("100-continue") {
                answer.push_str(GO_ON);
            }
        }
        if is_whole_request(&self.inbox) {
            // The client sends one request at a time.
            let body = &self.inbox[end..];
            if !is_known_body(&head, body) {
                let what = if is_filled_body(body) { FILLED } else { GARBLED };
                self.note(format!("{what}{}", self.inbox.escape_ascii()));
            }
            self.inbox.clear();
            self.is_noted = false;
            let (path, tag) = target.split_once('?').unwrap_or((target, ""));
            answer += &match (method, path) {
                ("OPTIONS", _) => NOTHING.into(),
                (_, "/chunked") => in_chunks(tag),
                (_, "/upgrade") => {
                    self.is_echo = true;
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n".into()
                }
                _ => with_length(tag),
            };
        }
        answer.into_bytes()
    }
}

/// Serves on the operating system's loopback interface, a thread for each connection.
pub fn listen(heard: Heard) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut server = Server::new(heard.clone());
            std::thread::spawn(move || {
                let mut bytes = [0; 1024];
                while let Ok(count @ 1..) = stream.read(&mut bytes) {
                    let answer = server.take(&bytes[..count]);
                    if stream.write_all(&answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}
