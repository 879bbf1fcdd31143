//! The services that the sketches talk to: a small HTTP server of this same program.

use super::line;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// After so many readings a connection is closed, as servers do sooner or later.
const READINGS_PER_CONNECTION: usize = 3;

/// The image's size.
const IMAGE: usize = 128 * 1024;

#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    connections: AtomicUsize,
    /// What the sketches came for: openings, readings, files sent whole.
    served: AtomicUsize,
    /// The first download was cut.
    cut: AtomicBool,
    /// No connection is kept for a second request.
    closes: AtomicBool,
    /// Done before the first answer.
    before: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

struct Request {
    method: String,
    path: String,
    range: Option<String>,
    if_range: Option<String>,
    body: Vec<u8>,
}

struct Answer {
    status: &'static str,
    headers: String,
    body: Vec<u8>,
    close: bool,
    /// So much of the body is sent, and then the connection closed.
    cut_at: Option<usize>,
}

impl Answer {
    fn new(status: &'static str, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = format!("Content-Type: {kind}\r\n");
        Self { status, headers, body: body.into(), close: false, cut_at: None }
    }

    fn header(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }
}

impl Server {
    /// Serves on a free port, for as long as the program runs.
    pub fn start(host: Ipv4Addr) -> io::Result<Self> {
        let listener = TcpListener::bind((host, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&for_thread);
                let number = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
                // A client that goes away half-way is no reason to stop.
                thread::spawn(move || shared.serve(&stream, number));
            }
        });
        Ok(Self { address, shared })
    }

    /// How often a sketch got what it came for.
    pub fn served(&self) -> usize {
        self.shared.served.load(Ordering::Acquire)
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Keeps no connections from now on.
    pub fn close_connections(&self) {
        self.shared.closes.store(true, Ordering::Relaxed);
    }

    /// Has something done before the first answer is sent.
    pub fn before_first_answer(&self, act: impl FnOnce() + Send + 'static) {
        let mut before = self.shared.before.lock().unwrap_or_else(PoisonError::into_inner);
        *before = Some(Box::new(act));
    }
}

impl Shared {
    fn serve(&self, mut stream: &TcpStream, connection: usize) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut reader = BufReader::new(stream);
        for number in 1.. {
            let Some(request) = read(&mut reader)? else { return Ok(()) };
            if let Some(act) = self.before.lock().unwrap_or_else(PoisonError::into_inner).take() {
                act();
            }
            let mut answer = self.answer(&request, number);
            answer.close |= self.closes.load(Ordering::Relaxed);
            let Request { method, path, body, .. } = &request;
            let text = String::from_utf8_lossy(body);
            let text = if text.is_empty() { String::new() } else { format!(" {text}") };
            line(
                "server",
                format_args!(
                    "connection {connection}, request {number}: {method} {path}{text} -> {}",
                    answer.status
                ),
            );
            let close = answer.close || answer.cut_at.is_some();
            let connection = if close && answer.cut_at.is_none() { "close" } else { "keep-alive" };
            let head = format!(
                "HTTP/1.1 {}\r\n{}Content-Length: {}\r\nConnection: {connection}\r\n\r\n",
                answer.status,
                answer.headers,
                answer.body.len()
            );
            let mut bytes = head.into_bytes();
            let cut_at = answer.cut_at.unwrap_or(answer.body.len());
            bytes.extend_from_slice(answer.body.get(..cut_at).unwrap_or(&answer.body));
            // Counted first: the program may end as soon as the sketch has read it.
            let whole = answer.cut_at.is_none() && answer.status.starts_with('2');
            if whole && !path.ends_with(".sha256") {
                self.served.fetch_add(1, Ordering::Release);
            }
            stream.write_all(&bytes)?;
            if close {
                return Ok(());
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request, number: usize) -> Answer {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/gate") => Answer::new("200 OK", "text/plain", request.body.clone()),
            ("POST", "/hello") => Answer::new("200 OK", "text/plain", "hello to you"),
            ("POST", "/readings") => {
                let mut answer = Answer::new("201 Created", "text/plain", "stored");
                answer.close = number == READINGS_PER_CONNECTION;
                answer
            }
            ("GET", "/firmware.sha256") => {
                use sha2::{Digest, Sha256};
                let digest = Sha256::digest(image());
                let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                Answer::new("200 OK", "text/plain", hex)
            }
            ("GET", "/firmware.bin") => self.firmware(request),
            ("GET", "/image") => Answer::new("200 OK", "application/octet-stream", image()),
            _ => Answer::new("404 Not Found", "text/plain", "no such thing"),
        }
    }

    /// The image, or its end from where the range says (RFC 9110 section 14). The first time the
    /// connection breaks in the middle.
    fn firmware(&self, request: &Request) -> Answer {
        const TAG: &str = "\"v42\"";
        let kind = "application/octet-stream";
        let mut image = image();
        let from = request
            .range
            .as_deref()
            .filter(|_| request.if_range.as_deref().is_none_or(|tag| tag == TAG))
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok())
            .filter(|from| *from < image.len());
        let answer = match from {
            Some(from) => {
                let rest = image.split_off(from);
                Answer::new("206 Partial Content", kind, rest)
                    .header(&format!("Content-Range: bytes {from}-{}/{IMAGE}", IMAGE - 1))
            }
            None => Answer::new("200 OK", kind, image),
        };
        let mut answer = answer.header(&format!("ETag: {TAG}")).header("Accept-Ranges: bytes");
        if !self.cut.swap(true, Ordering::Relaxed) {
            answer.cut_at = Some(IMAGE * 2 / 5);
        }
        answer
    }
}

/// An image of pseudo-random bytes, always the same.
pub fn image() -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(IMAGE)
    .collect()
}

/// Reads a request; `None` at the connection's end.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { method, path, range: None, if_range: None, body: Vec::new() };
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "range" => request.range = Some(value.to_owned()),
            "if-range" => request.if_range = Some(value.to_owned()),
            _ => {}
        }
    }
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}

/// A portal that asks everybody to log in, whomever they asked for.
pub fn captive_portal() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || -> io::Result<()> {
                read(&mut BufReader::new(&stream))?;
                let answer = "HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\
                              Content-Length: 0\r\nConnection: close\r\n\r\n";
                stream.write_all(answer.as_bytes())
            });
        }
    });
    Ok(address)
}
