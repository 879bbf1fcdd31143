//! Requests as a server reads them, for all servers that are written here, and a small server.
#![allow(missing_docs, reason = "read by tests alone, where they are written")]

use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

// ---- Bytes ----

/// The end of the head that these bytes begin with.
pub fn end_of_head(bytes: &[u8]) -> Option<usize> {
    Some(bytes.windows(4).position(|it| it == b"\r\n\r\n")? + 4)
}

/// The value of a header field, in a head or in all of a request.
pub fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.split("\r\n").skip(1).take_while(|line| !line.is_empty());
    lines.find_map(|line| {
        let (field, value) = line.split_once(':')?;
        field.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

pub fn is_chunked(head: &str) -> bool {
    header(head, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
}

/// Whether a body is whole, by its head.
fn is_whole(head: &str) -> impl Fn(&[u8]) -> bool {
    let is_chunked = is_chunked(head);
    let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
    move |body| match is_chunked {
        true => body == b"0\r\n\r\n" || body.ends_with(b"\r\n0\r\n\r\n"),
        false => body.len() >= length,
    }
}

/// Whether these bytes are a request with all of its body.
pub fn is_whole_request(sent: &[u8]) -> bool {
    end_of_head(sent).is_some_and(|end| {
        let (head, body) = sent.split_at(end);
        is_whole(&String::from_utf8_lossy(head))(body)
    })
}

/// What the chunks hold.
pub fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while rest != b"0\r\n\r\n" {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let (chunk, behind) = rest[end + 2..].split_at(size);
        body.extend_from_slice(chunk);
        rest = behind.strip_prefix(b"\r\n").unwrap();
    }
    body
}

/// A response with a length.
pub fn response(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

// ---- Streams ----

/// A byte at a time: no byte more is read.
fn read_until(stream: &mut impl Read, is_enough: impl Fn(&[u8]) -> bool) -> io::Result<Vec<u8>> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !is_enough(&bytes) {
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    Ok(bytes)
}

/// Reads a head, with the empty line behind it.
pub fn read_head(stream: &mut impl Read) -> io::Result<String> {
    let head = read_until(stream, |bytes| bytes.ends_with(b"\r\n\r\n"))?;
    Ok(String::from_utf8(head).unwrap())
}

#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Connections are counted from 0.
    pub connection: usize,
    /// With the empty line behind it.
    pub head: String,
    /// As it came, chunks as such.
    pub body: Vec<u8>,
}

impl Request {
    /// An error where the client leaves before its end.
    pub fn read(stream: &mut impl Read) -> io::Result<Self> {
        let head = read_head(stream)?;
        let body = read_until(stream, is_whole(&head))?;
        Ok(Self { connection: 0, head, body })
    }

    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

// ---- A server ----

/// On the loopback interface, in threads that end with the test. It keeps what it was asked.
pub struct Server {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers with these bytes, and ends the stream behind those that say `Connection: close`.
    pub fn start(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let shared = Arc::new((answer, requests.clone()));
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let shared = shared.clone();
                // A client that goes away half-way is no reason to stop.
                thread::spawn(move || serve(connection, &stream, &shared.0, &shared.1));
            }
        });
        Self { address, requests }
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(
    connection: usize,
    mut stream: &TcpStream,
    answer: &impl Fn(&Request) -> Vec<u8>,
    requests: &Mutex<Vec<Request>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream);
    loop {
        let request = Request { connection, ..Request::read(&mut reader)? };
        requests.lock().unwrap().push(request.clone());
        let answer = answer(&request);
        stream.write_all(&answer)?;
        if header(&String::from_utf8_lossy(&answer), "connection") == Some("close") {
            stream.shutdown(Shutdown::Write)?;
        }
    }
}
