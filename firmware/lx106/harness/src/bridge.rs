//! The chip's network: its sockets are sockets of the host.

use crate::{NOBODY, SERVER, SERVER_NAME};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::Duration;

/// What a call on the chip is answered with.
pub enum Answer {
    Done(Vec<u8>),
    WouldBlock,
    Failed(u8),
}

/// Codes of failures, as the firmware's `network.rs` has them.
const REFUSED: u8 = 1;
const RESET: u8 = 2;
const NO_SUCH_NAME: u8 = 3;
const MISUSE: u8 = 255;

/// What the chip did to its network.
#[derive(Debug, Default, Clone)]
pub struct Traffic {
    pub dialed: Vec<SocketAddrV4>,
    pub resolved: Vec<String>,
    pub opened: usize,
    pub closed: usize,
    /// Calls that were answered with `WouldBlock`.
    pub would_block: usize,
}

#[derive(Default)]
pub struct Bridge {
    sockets: BTreeMap<u8, Socket>,
    pub traffic: Traffic,
}

enum Socket {
    New,
    /// Nobody is there: no answer ever.
    Waiting,
    Connecting(Receiver<std::io::Result<TcpStream>>),
    Connected(TcpStream),
}

impl Bridge {
    /// The answer to a frame of this kind, or `None` if it is none of the network's.
    pub fn answer(&mut self, kind: u8, payload: &[u8]) -> Option<Answer> {
        let answer = match kind {
            b'O' => self.open(),
            b'C' => self.connect(payload),
            b'S' => self.send(payload),
            b'V' => self.receive(payload),
            b'X' => self.close(payload),
            b'N' => self.resolve(payload),
            _ => return None,
        };
        if matches!(answer, Answer::WouldBlock) {
            self.traffic.would_block += 1;
            // The chip asks again at once; the host has other things to do.
            std::thread::sleep(Duration::from_millis(1));
        }
        Some(answer)
    }

    fn open(&mut self) -> Answer {
        let number = (0..=u8::MAX).find(|number| !self.sockets.contains_key(number)).unwrap();
        self.sockets.insert(number, Socket::New);
        self.traffic.opened += 1;
        Answer::Done(vec![number])
    }

    fn connect(&mut self, payload: &[u8]) -> Answer {
        let [number, a, b, c, d, high, low] = *payload else { return Answer::Failed(MISUSE) };
        let Some(socket) = self.sockets.get_mut(&number) else { return Answer::Failed(MISUSE) };
        match socket {
            Socket::New => {
                let (ip, port) = ([a, b, c, d], u16::from_be_bytes([high, low]));
                self.traffic.dialed.push(SocketAddrV4::new(ip.into(), port));
                *socket = match ip {
                    SERVER => Socket::Connecting(dial(port)),
                    NOBODY => Socket::Waiting,
                    _ => return Answer::Failed(MISUSE),
                };
                Answer::WouldBlock
            }
            Socket::Waiting => Answer::WouldBlock,
            Socket::Connecting(outcome) => match outcome.try_recv() {
                Ok(Ok(stream)) => {
                    *socket = Socket::Connected(stream);
                    Answer::Done(Vec::new())
                }
                Ok(Err(error)) => failed(&error),
                Err(TryRecvError::Empty) => Answer::WouldBlock,
                Err(TryRecvError::Disconnected) => Answer::Failed(MISUSE),
            },
            Socket::Connected(_) => Answer::Failed(MISUSE),
        }
    }

    fn connected(&mut self, number: u8) -> Option<&mut TcpStream> {
        match self.sockets.get_mut(&number) {
            Some(Socket::Connected(stream)) => Some(stream),
            _ => None,
        }
    }

    fn send(&mut self, payload: &[u8]) -> Answer {
        let Some((number, bytes)) = payload.split_first() else { return Answer::Failed(MISUSE) };
        let Some(stream) = self.connected(*number) else { return Answer::Failed(MISUSE) };
        match stream.write(bytes) {
            Ok(count) => Answer::Done((count as u16).to_le_bytes().to_vec()),
            Err(error) => failed(&error),
        }
    }

    fn receive(&mut self, payload: &[u8]) -> Answer {
        let [number, low, high] = *payload else { return Answer::Failed(MISUSE) };
        let Some(stream) = self.connected(number) else { return Answer::Failed(MISUSE) };
        let mut bytes = vec![0; u16::from_le_bytes([low, high]).into()];
        match stream.read(&mut bytes) {
            Ok(count) => {
                bytes.truncate(count);
                Answer::Done(bytes)
            }
            Err(error) => failed(&error),
        }
    }

    fn close(&mut self, payload: &[u8]) -> Answer {
        let closed = payload.first().and_then(|number| self.sockets.remove(number));
        self.traffic.closed += usize::from(closed.is_some());
        if closed.is_some() { Answer::Done(Vec::new()) } else { Answer::Failed(MISUSE) }
    }

    fn resolve(&mut self, name: &[u8]) -> Answer {
        let name = String::from_utf8_lossy(name).into_owned();
        let known = name == SERVER_NAME;
        self.traffic.resolved.push(name);
        if known { Answer::Done(SERVER.to_vec()) } else { Answer::Failed(NO_SUCH_NAME) }
    }
}

/// Connects in a thread, as the chip's `connect` doesn't wait.
fn dial(port: u16) -> Receiver<std::io::Result<TcpStream>> {
    let (sender, outcome) = mpsc::channel();
    std::thread::spawn(move || {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).and_then(|stream| {
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            Ok(stream)
        });
        // Nobody waits for it where the chip gave up.
        let _ = sender.send(stream);
    });
    outcome
}

fn failed(error: &std::io::Error) -> Answer {
    match error.kind() {
        ErrorKind::WouldBlock => Answer::WouldBlock,
        ErrorKind::ConnectionRefused => Answer::Failed(REFUSED),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Answer::Failed(RESET),
        _ => Answer::Failed(MISUSE),
    }
}
