//! What is sent again is what was sent: never from a buffer that a failing stack has written into, and never
//! once a byte of an answer has come, for a request that changes something.

use crate::common::script::ScriptError;
use crate::common::{TestClock, TestLink, cx};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use safe_http_client::{Method, NalNetwork, SafeHttpClient, StackQuirks};
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// How the second exchange on the first connection goes.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    /// These bytes are written into the buffer, and the call fails all the same.
    Spoils(&'static [u8]),
    /// They arrive, and then the call fails.
    Brings(&'static [u8]),
    /// They arrive, and then comes the end.
    Ends(&'static [u8]),
    /// `send` fails once it has taken half of the request.
    SendFails,
}

/// A first connection that answers once, and then has its fault; others answer always.
struct Stack {
    fault: Fault,
    opened: usize,
    sent: Rc<RefCell<Vec<Vec<u8>>>>,
}

struct Socket {
    index: usize,
    asked: usize,
    answer: Vec<u8>,
    has_brought: bool,
}

impl TcpClientStack for Stack {
    type TcpSocket = Socket;
    type Error = ScriptError;

    fn socket(&mut self) -> Result<Socket, ScriptError> {
        self.opened += 1;
        self.sent.borrow_mut().push(Vec::new());
        Ok(Socket { index: self.opened - 1, asked: 0, answer: Vec::new(), has_brought: false })
    }

    fn connect(&mut self, _: &mut Socket, _: SocketAddr) -> nb::Result<(), ScriptError> {
        Ok(())
    }

    fn send(&mut self, socket: &mut Socket, buffer: &[u8]) -> nb::Result<usize, ScriptError> {
        let is_second = socket.index == 0 && socket.asked == 1;
        let mut sent = self.sent.borrow_mut();
        if is_second && self.fault == Fault::SendFails {
            if sent[0].ends_with(b"\r\n\r\n") {
                sent[0].extend_from_slice(&buffer[..buffer.len() / 2]);
                return Ok(buffer.len() / 2);
            }
            return Err(nb::Error::Other(ScriptError::Broken));
        }
        sent[socket.index].extend_from_slice(buffer);
        if sent[socket.index].ends_with(b"\r\n\r\n") {
            socket.asked += 1;
            if !(socket.index == 0 && socket.asked == 2) {
                socket.answer = HELLO.to_vec();
            }
        }
        Ok(buffer.len())
    }

    fn receive(
        &mut self,
        socket: &mut Socket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, ScriptError> {
        if !socket.answer.is_empty() {
            let count = buffer.len().min(socket.answer.len());
            buffer[..count].copy_from_slice(&socket.answer[..count]);
            socket.answer.drain(..count);
            return Ok(count);
        }
        if socket.asked < 2 {
            return Err(nb::Error::WouldBlock);
        }
        let (Fault::Spoils(bytes) | Fault::Brings(bytes) | Fault::Ends(bytes)) = self.fault else {
            return Err(nb::Error::WouldBlock);
        };
        let count = buffer.len().min(bytes.len());
        let has_brought = std::mem::replace(&mut socket.has_brought, true);
        if !has_brought {
            buffer[..count].copy_from_slice(&bytes[..count]);
        }
        match self.fault {
            Fault::Brings(_) | Fault::Ends(_) if !has_brought && count > 0 => Ok(count),
            Fault::Ends(_) => Ok(0),
            _ => Err(nb::Error::Other(ScriptError::Broken)),
        }
    }

    fn close(&mut self, _: Socket) -> Result<(), ScriptError> {
        Ok(())
    }
}

impl Dns for Stack {
    type Error = ScriptError;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, ScriptError> {
        Err(nb::Error::Other(ScriptError::Broken))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, ScriptError> {
        Err(nb::Error::Other(ScriptError::Broken))
    }
}

#[test]
fn a_request_is_sent_again_as_it_was_or_not_at_all() {
    use Fault::*;
    let mut cx = cx();
    let faults = [
        Spoils(b""),
        Spoils(b"S"),
        Spoils(&[b'S'; 600]),
        Brings(b""),
        Brings(b"S"),
        Brings(b"HTTP/1.1 200 OK\r\n"),
        Ends(b""),
        Ends(b"S"),
        Ends(b"HTT"),
        SendFails,
    ];
    for fault in faults {
        for method in [
            Method::Get,
            Method::Head,
            Method::Delete,
            Method::Put,
            Method::Options,
            Method::Post,
            Method::Patch,
            Method::Custom("DELETE"),
        ] {
            // Also where the request fills the buffer to its last bytes.
            for room in [512, 140, 130, 129, 128, 127, 126, 125, 124, 123, 122, 121, 120] {
                let sent = Rc::<RefCell<Vec<Vec<u8>>>>::default();
                let stack = Stack { fault, opened: 0, sent: sent.clone() };
                let network = NalNetwork::new(stack, TestLink::up(), StackQuirks::STD);
                let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
                let mut buffer = vec![0; 512];
                let mut online = client.online(&mut cx).unwrap();
                assert!(
                    online
                        .get("http://192.168.1.20/1", &mut buffer[..])
                        .send()
                        .unwrap()
                        .read_to_end()
                        .is_ok()
                );
                let mut online = client.online(&mut cx).unwrap();
                let again =
                    online.request(method, "http://192.168.1.20/2", &mut buffer[..room]).send();
                let outcome = again.map(drop).map_err(|error| error.code());
                let context = format!("{fault:?} {method} {room}: {outcome:?}");
                if outcome == Err("buffer_too_small") && sent.borrow()[0].len() < 150 {
                    continue;
                }
                let sent = sent.borrow();
                let first = String::from_utf8(sent[0].clone()).unwrap();
                let line = format!("{} /2 HTTP/1.1\r\n", method.name());
                let request = &first[first.find(&line).expect(&context)..];
                let has_come = matches!(fault, Brings([_, ..]) | Ends([_, ..]));
                let is_safe = matches!(method, Method::Get | Method::Head | Method::Options);
                let looks_like_http = matches!(fault, Brings([b'H', ..]) | Ends([b'H', ..]));
                if sent.len() == 2 {
                    let second = String::from_utf8(sent[1].clone()).unwrap();
                    assert!(
                        second.starts_with(request) && second.starts_with(&line),
                        "{context}: {second:?}"
                    );
                    assert!(method.is_idempotent(), "{context}");
                    assert!(!has_come || is_safe && !looks_like_http, "{context}");
                    assert_eq!(outcome, Ok(()), "{context}");
                } else {
                    assert_eq!(sent.len(), 1, "{context}");
                    assert!(outcome.is_err(), "{context}");
                }
                // Where there is room, what may be repeated is.
                if room == 512 && method.is_idempotent() && !has_come {
                    assert_eq!(sent.len(), 2, "{context}");
                }
            }
        }
    }
}
