//! A small HTTP server on the loopback interface, which keeps what it received.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server received.
#[derive(Debug, Clone)]
pub struct Request {
    /// Connections are counted from 0.
    pub connection: usize,
    /// With the empty line behind it.
    pub head: String,
    pub body: Vec<u8>,
}

/// What it does for a path.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Sends these bytes, and waits for the next request.
    Send(Vec<u8>),
    /// Sends these bytes and ends the stream.
    SendAndEnd(Vec<u8>),
    /// Doesn't answer.
    Silence,
}

impl Reply {
    /// A response with a length.
    pub fn text(status: &str, body: &str) -> Self {
        let length = body.len();
        Self::Send(
            format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes(),
        )
    }
}

/// Runs until the test's end, in threads of its own.
pub struct Server {
    port: u16,
    received: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers these paths.
    pub fn start(routes: Vec<(&'static str, Reply)>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let received: Arc<Mutex<Vec<Request>>> = Arc::default();
        let keep = received.clone();
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (routes, keep) = (routes.clone(), keep.clone());
                std::thread::spawn(move || {
                    // A client that closes, or stays away, ends the connection's thread.
                    let _ = serve(connection, &stream.unwrap(), &routes, &keep);
                });
            }
        });
        Self { port, received }
    }

    /// The server's URL as the chip has it.
    pub fn url(&self, path: &str) -> String {
        let [a, b, c, d] = crate::SERVER;
        format!("http://{a}.{b}.{c}.{d}:{}{path}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// All requests so far.
    pub fn received(&self) -> Vec<Request> {
        self.received.lock().unwrap().clone()
    }
}

fn serve(
    connection: usize,
    stream: &TcpStream,
    routes: &[(&str, Reply)],
    received: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let mut body = vec![0; content_length(&head)];
        reader.read_exact(&mut body)?;
        let path = head.split(' ').nth(1).unwrap_or_default().to_string();
        received.lock().unwrap().push(Request { connection, head, body });
        match routes.iter().find(|(route, _)| *route == path).map(|(_, reply)| reply) {
            Some(Reply::Send(bytes)) => writer.write_all(bytes)?,
            Some(Reply::SendAndEnd(bytes)) => {
                writer.write_all(bytes)?;
                stream.shutdown(std::net::Shutdown::Write)?;
            }
            Some(Reply::Silence) => {}
            None => writer.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?,
        }
    }
}

fn content_length(head: &str) -> usize {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    fields
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .filter_map(|(_, value)| value.trim().parse().ok())
        .next()
        .unwrap_or(0)
}
