//! The gate's service: an HTTP server on loopback, which keeps what it was asked.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use test_server::{Request, Server as Loopback, response};

/// The large body's size.
const LARGE: usize = 32 * 1024;

/// Held until it is dropped: the request has come, and its answer waits.
pub struct Held {
    _answer: Sender<()>,
}

type Hold = Arc<Mutex<Option<(Sender<()>, Receiver<()>)>>>;

pub struct Server {
    server: Loopback,
    hold: Hold,
}

impl Server {
    pub(crate) fn start() -> Self {
        let hold = Hold::default();
        let held = Arc::clone(&hold);
        let server = Loopback::start(move |request| {
            let held = held.lock().unwrap().take();
            if let Some((came, may_answer)) = held {
                let _ = came.send(());
                let _ = may_answer.recv();
            }
            answer(request)
        });
        Self { server, hold }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The requests so far: method, path, key and body of each.
    pub fn requests(&self) -> Vec<String> {
        let told = |request: Request| {
            let key = request.header("x-key").unwrap_or("(no key)");
            let body = String::from_utf8_lossy(&request.body);
            format!("{} {} {key} {body}", request.method(), request.target())
        };
        self.server.requests().into_iter().map(told).collect()
    }

    /// Says when the next request has come, whose answer waits until the other is dropped.
    pub fn hold_next(&self) -> (Receiver<()>, Held) {
        let (came, has_come) = channel();
        let (answer, may_answer) = channel();
        *self.hold.lock().unwrap() = Some((came, may_answer));
        (has_come, Held { _answer: answer })
    }
}

fn answer(request: &Request) -> Vec<u8> {
    match (request.method(), request.target()) {
        ("POST", "/gate") => response("200 OK", &request.body),
        ("GET", "/large") => response("200 OK", large()),
        ("GET", "/small") => response("200 OK", [b's'; 256]),
        ("GET", "/chunked") => {
            let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for _ in 0..4 {
                answer.extend_from_slice(b"40\r\n");
                answer.extend_from_slice(&[b'c'; 64]);
                answer.extend_from_slice(b"\r\n");
            }
            answer.extend_from_slice(b"0\r\n\r\n");
            answer
        }
        _ => response("404 Not Found", "no such thing"),
    }
}

/// Pseudo-random bytes, always the same.
pub fn large() -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(LARGE)
    .collect()
}

/// The checksum of Ethernet and ZIP, as the firmware makes it.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
    })
}
