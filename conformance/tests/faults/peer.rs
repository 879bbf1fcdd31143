//! An HTTP server without I/O, for the peers behind real sockets and those in a simulator.

use crate::faulty::is_whole_request;
use crate::scenario::{BODY, PING};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

/// The request lines that have come, as soon as their heads were whole.
pub type Heard = Arc<Mutex<Vec<String>>>;

pub const UPGRADED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n";
pub const NOTHING: &str = "HTTP/1.1 204 No Content\r\n\r\n";

pub fn with_length() -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len())
}

pub fn in_chunks() -> String {
    let (first, rest) = BODY.split_at(30);
    format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e;x=y\r\n{first}\r\n{:x}\r\n{rest}\r\n\
         0\r\nX-Sum: 17\r\n\r\n",
        rest.len()
    )
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

    /// Takes what the client has sent, and returns the answer.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.is_echo {
            return bytes.to_vec();
        }
        self.inbox.extend_from_slice(bytes);
        let Some(end) = self.inbox.windows(4).position(|it| it == b"\r\n\r\n") else {
            return Vec::new();
        };
        let head = String::from_utf8(self.inbox[..end].to_vec()).unwrap();
        let line = head.lines().next().unwrap().to_owned();
        if !self.is_noted {
            self.is_noted = true;
            self.heard.lock().unwrap().push(line.clone());
        }
        if !is_whole_request(&self.inbox) {
            return Vec::new();
        }
        // The client sends one request at a time.
        self.inbox.clear();
        self.is_noted = false;
        let answer = match line.split(['/', '?', ' ']).nth(2) {
            Some("chunked") => in_chunks(),
            Some("upgrade") => {
                self.is_echo = true;
                UPGRADED.into()
            }
            _ if line.starts_with("OPTIONS") => NOTHING.into(),
            _ => with_length(),
        };
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

/// What a script answers to the echo that it can't compute.
pub fn echoed() -> Vec<u8> {
    PING.to_vec()
}
