//! A stack that fails, delays, splits and spoils its buffers at random, before servers that answer each request
//! with what is its alone.

use crate::common::TestClock;
use crate::common::script::ScriptError;
use crate::random::Random;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// What the servers saw.
#[derive(Default)]
pub(crate) struct Seen {
    /// Host, method, number and body of each request that came whole.
    pub(crate) requests: Vec<(u8, String, usize, Vec<u8>)>,
    /// The front of one that was cut, or that no server understands.
    pub(crate) broken: Vec<Vec<u8>>,
    pub(crate) opened: usize,
    pub(crate) closed: usize,
}

/// The body of the answer to a request: nobody else's.
pub(crate) fn body_of(host: u8, number: usize, length: usize) -> Vec<u8> {
    let unit = format!("<{host}:{number}>");
    unit.bytes().cycle().take(length).collect()
}

/// The length of that body.
pub(crate) fn length_of(number: usize) -> usize {
    Random::new(number as u64).below(700)
}

pub(crate) struct Stack {
    pub(crate) random: Random,
    pub(crate) seen: Rc<RefCell<Seen>>,
    pub(crate) clock: TestClock,
    /// Once in so many calls the stack fails.
    pub(crate) fails: usize,
    /// `receive` blocks for this long.
    pub(crate) blocks_ms: u32,
}

pub(crate) struct Socket {
    host: Option<u8>,
    incoming: Vec<u8>,
    answer: VecDeque<u8>,
    /// The server closes behind this.
    ends: bool,
    broken: bool,
}

impl Stack {
    /// Takes what came of requests, and answers each that is whole.
    fn serve(&mut self, socket: &mut Socket) {
        while let Some((method, number, body, length)) = request(&socket.incoming) {
            if socket.ends {
                return;
            }
            let host = socket.host.unwrap();
            socket.incoming.drain(..length);
            self.seen.borrow_mut().requests.push((host, method.clone(), number, body));
            let answer = self.answer(host, &method, number, &mut socket.ends);
            socket.answer.extend(answer);
        }
    }

    fn answer(&mut self, host: u8, method: &str, number: usize, ends: &mut bool) -> Vec<u8> {
        let random = &mut self.random;
        let body = body_of(host, number, length_of(number));
        let mut answer = Vec::new();
        for _ in 0..random.below(20).saturating_sub(17) {
            answer.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\nLink: </a>;\r\n rel=x\r\n\r\n");
        }
        answer.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        for _ in 0..random.below(4) {
            answer.extend_from_slice(b"X-Some: thing\r\n");
        }
        *ends = random.once_in(8);
        if *ends && random.once_in(2) {
            answer.extend_from_slice(b"Connection:\r\n close\r\n");
        }
        let has_body = method != "HEAD";
        match random.below(4) {
            // All that comes is its body.
            0 if *ends => {
                answer.extend_from_slice(b"\r\n");
                answer.extend(body.iter().take(if has_body { body.len() } else { 0 }));
                return answer;
            }
            0 | 1 => {
                answer.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                let mut rest = &body[..];
                while has_body && !rest.is_empty() {
                    let (chunk, tail) = rest.split_at((1 + random.below(200)).min(rest.len()));
                    answer.extend(format!("{:x};a=b\r\n", chunk.len()).bytes());
                    answer.extend_from_slice(chunk);
                    answer.extend_from_slice(b"\r\n");
                    rest = tail;
                }
                if has_body {
                    answer.extend_from_slice(b"0\r\nA: b\r\n\r\n");
                }
            }
            _ => {
                answer.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
                answer.extend(body.iter().take(if has_body { body.len() } else { 0 }));
            }
        }
        match random.below(24) {
            // Cut short.
            0 => {
                answer.truncate(random.below(answer.len()));
                *ends = true;
            }
            // What belongs to no answer.
            1 => {
                answer.extend_from_slice(random.pick(&[&b"\"\""[..], b"\r\n", b"0\r\n\r\n", b"x"]))
            }
            _ => {}
        }
        answer
    }

    fn fails(&mut self, socket: &mut Socket) -> bool {
        socket.broken |= self.random.once_in(self.fails);
        socket.broken
    }
}

/// The first request, if it is whole: method, number, body, and the length of all of it.
fn request(bytes: &[u8]) -> Option<(String, usize, Vec<u8>, usize)> {
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|it| it == what);
    let head = find(bytes, b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).expect("a head is text");
    let mut words = text.split(' ');
    let (method, target) = (words.next().unwrap().to_string(), words.next().unwrap());
    let number = target.strip_prefix('/').and_then(|digits| digits.parse().ok());
    let number = number.unwrap_or_else(|| panic!("no request: {text:?}"));
    assert!(text.contains(" HTTP/1.1\r\nHost: 192.168.1."), "{text:?}");
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let rest = &bytes[head..];
    if field("Transfer-Encoding: chunked").is_some() {
        let (mut body, mut at) = (Vec::new(), 0);
        loop {
            let line = find(&rest[at..], b"\r\n")?;
            let size = std::str::from_utf8(&rest[at..at + line]).unwrap();
            let size = usize::from_str_radix(size, 16).expect("a chunk's size");
            let start = at + line + 2;
            body.extend_from_slice(rest.get(start..start + size)?);
            assert_eq!(rest.get(start + size..start + size + 2)?, b"\r\n");
            at = start + size + 2;
            if size == 0 {
                return Some((method, number, body, head + at));
            }
        }
    }
    let length = field("Content-Length: ").map_or(0, |digits| digits.parse().unwrap());
    let body = rest.get(..length)?.to_vec();
    Some((method, number, body, head + length))
}

impl TcpClientStack for Stack {
    type TcpSocket = Socket;
    type Error = ScriptError;

    fn socket(&mut self) -> Result<Socket, ScriptError> {
        if self.random.once_in(self.fails) {
            return Err(ScriptError::NoSocket);
        }
        self.seen.borrow_mut().opened += 1;
        Ok(Socket {
            host: None,
            incoming: Vec::new(),
            answer: VecDeque::new(),
            ends: false,
            broken: false,
        })
    }

    fn connect(&mut self, socket: &mut Socket, to: SocketAddr) -> nb::Result<(), ScriptError> {
        if self.random.once_in(3) {
            return Err(nb::Error::WouldBlock);
        }
        if self.fails(socket) {
            return Err(nb::Error::Other(ScriptError::Refused));
        }
        let IpAddr::V4(address) = to.ip() else { panic!("{to}") };
        socket.host = Some(address.octets()[3]);
        Ok(())
    }

    fn send(&mut self, socket: &mut Socket, buffer: &[u8]) -> nb::Result<usize, ScriptError> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.random.once_in(4) {
            return Err(nb::Error::WouldBlock);
        }
        if self.fails(socket) {
            let error = self.random.pick(&[ScriptError::Broken, ScriptError::PipeClosed]);
            return Err(nb::Error::Other(error));
        }
        let most = self.random.pick(&[1, 7, 100, 10_000]);
        let count = buffer.len().min(most);
        socket.incoming.extend_from_slice(&buffer[..count]);
        self.serve(socket);
        Ok(count)
    }

    fn receive(
        &mut self,
        socket: &mut Socket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, ScriptError> {
        self.clock.advance(self.blocks_ms);
        if self.random.once_in(4) {
            return Err(nb::Error::WouldBlock);
        }
        if self.fails(socket) {
            // What a failing call leaves in the buffer that it was lent.
            let spoilt = self.random.below(buffer.len() + 1);
            buffer[..spoilt].fill(b'S');
            let error = self.random.pick(&[ScriptError::Broken, ScriptError::PipeClosed]);
            return Err(nb::Error::Other(error));
        }
        if socket.answer.is_empty() {
            return if socket.ends { Ok(0) } else { Err(nb::Error::WouldBlock) };
        }
        let most = self.random.pick(&[1, 5, 64, 10_000]);
        let count = buffer.len().min(most).min(socket.answer.len());
        for (slot, byte) in buffer.iter_mut().zip(socket.answer.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }

    fn close(&mut self, socket: Socket) -> Result<(), ScriptError> {
        let mut seen = self.seen.borrow_mut();
        seen.closed += 1;
        if !socket.incoming.is_empty() {
            seen.broken.push(socket.incoming);
        }
        Ok(())
    }
}

impl Dns for Stack {
    type Error = ScriptError;

    fn get_host_by_name(&mut self, name: &str, _: AddrType) -> nb::Result<IpAddr, ScriptError> {
        panic!("{name} is an address")
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, ScriptError> {
        panic!("reverse look-ups are never asked for")
    }
}
