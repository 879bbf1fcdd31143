//! The gate's service: an HTTP server on loopback, which keeps what it was asked.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The large body's size.
const LARGE: usize = 32 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub key: Option<String>,
    pub body: String,
}

/// Held until it is dropped: the request has come, and its answer waits.
pub struct Held {
    _answer: Sender<()>,
}

type Hold = Arc<Mutex<Option<(Sender<()>, Receiver<()>)>>>;

pub struct Server {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    hold: Hold,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let hold = Hold::default();
        let (kept, held) = (Arc::clone(&requests), Arc::clone(&hold));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, held) = (Arc::clone(&kept), Arc::clone(&held));
                // A client that goes away half-way is no reason to stop.
                thread::spawn(move || serve(&stream, &kept, &held));
            }
        });
        Self { address, requests, hold }
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has `act` done while the next request waits for its answer.
    pub fn hold_next(&self) -> (Receiver<()>, Held) {
        let (came, has_come) = channel();
        let (answer, may_answer) = channel();
        *self.hold.lock().unwrap() = Some((came, may_answer));
        (has_come, Held { _answer: answer })
    }
}

fn serve(mut stream: &TcpStream, kept: &Mutex<Vec<Request>>, hold: &Hold) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        let answer = answer(&request);
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let held = hold.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((came, may_answer)) = held {
            let _ = came.send(());
            let _ = may_answer.recv();
        }
        stream.write_all(&answer)?;
    }
    Ok(())
}

fn answer(request: &Request) -> Vec<u8> {
    let (status, body) = match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/gate") => ("200 OK", request.body.clone().into_bytes()),
        ("GET", "/large") => ("200 OK", large()),
        ("GET", "/small") => ("200 OK", vec![b's'; 256]),
        ("GET", "/chunked") => {
            let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for _ in 0..4 {
                answer.extend_from_slice(b"40\r\n");
                answer.extend_from_slice(&[b'c'; 64]);
                answer.extend_from_slice(b"\r\n");
            }
            answer.extend_from_slice(b"0\r\n\r\n");
            return answer;
        }
        _ => ("404 Not Found", b"no such thing".to_vec()),
    };
    let mut answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend(body);
    answer
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

/// Reads a request; `None` at the connection's end.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut key, mut length) = (None, 0);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "x-key" => key = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { method, path, key, body: String::from_utf8_lossy(&body).into_owned() }))
}
