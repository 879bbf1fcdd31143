//! A stack whose every answer is written down beforehand.

use super::TestLink;
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{NalNetwork, StackQuirks};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// One answer of the peer or the stack. Answers to `receive` unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// These bytes arrive; a smaller buffer gets a part, and the rest stays.
    Data(Vec<u8>),
    /// Nothing for so many calls.
    Pend(usize),
    /// Nothing until the client has sent a whole request head since the last such step.
    AwaitRequest,
    /// Waits for a whole request, its body included, and answers with its target as the body, in
    /// segments of this size, each after a call with nothing. So it does with all that follow: each
    /// response tells whose it is. It is chunked where the target says `chunked`.
    Serve(usize),
    /// `Ok(0)`, from here on.
    Zero,
    /// `PipeClosed`, from here on, on `send` too.
    PipeClosed,
    /// Another error, from here on, on `send` too.
    Fail,
    /// Nothing, for ever.
    Silence,
}

/// How one connection goes.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Calls of `connect` that would block before it is decided.
    pub connect_pends: usize,
    /// The connection is refused.
    pub refused: bool,
    /// `send` takes at most so many bytes at once.
    pub send_limit: usize,
    /// `send` would block so many times before each time it takes something.
    pub send_pends: usize,
    /// `send` would block for ever once it has taken so many bytes in all.
    pub send_window: usize,
    /// `send` fails with `PipeClosed` once it has taken so many bytes in all.
    pub send_breaks_at: usize,
    /// `send` fails with another error once it has taken so many bytes in all.
    pub send_fails_at: usize,
    pub steps: VecDeque<Step>,
}

impl Connection {
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            connect_pends: 0,
            refused: false,
            send_limit: usize::MAX,
            send_pends: 0,
            send_window: usize::MAX,
            send_breaks_at: usize::MAX,
            send_fails_at: usize::MAX,
            steps: steps.into_iter().collect(),
        }
    }

    /// Answers one request with these bytes, and stays open and silent.
    pub fn answer(response: impl AsRef<[u8]>) -> Self {
        Self::new([Step::AwaitRequest, Step::Data(response.as_ref().to_vec())])
    }

    /// Answers each request with its own target, in segments of `size`.
    pub fn serve(size: usize) -> Self {
        Self::new([Step::Serve(size)])
    }

    /// Answers one request with these bytes in segments of `size`, each after a call with nothing.
    pub fn answer_split(response: impl AsRef<[u8]>, size: usize, end: Option<Step>) -> Self {
        let mut steps = vec![Step::AwaitRequest];
        for segment in response.as_ref().chunks(size.max(1)) {
            steps.push(Step::Data(segment.to_vec()));
            steps.push(Step::Pend(1));
        }
        steps.extend(end);
        Self::new(steps)
    }
}

/// What the client did to the stack.
#[derive(Debug, Default)]
pub struct Log {
    pub dialed: Vec<SocketAddr>,
    /// What each call of `send` was given and took, by connection.
    pub sends: Vec<(usize, Vec<u8>)>,
    pub receives: usize,
    pub opened: usize,
    pub closed: usize,
    /// The most sockets that were open at once.
    pub most_open: usize,
    pub resolved: Vec<String>,
}

impl Log {
    /// All bytes sent on connection `index`.
    pub fn sent(&self, index: usize) -> Vec<u8> {
        self.sends
            .iter()
            .filter(|(at, _)| *at == index)
            .flat_map(|(_, bytes)| bytes.clone())
            .collect()
    }

    /// The same as text.
    pub fn text(&self, index: usize) -> String {
        String::from_utf8_lossy(&self.sent(index)).into_owned()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScriptError {
    PipeClosed,
    Refused,
    NoSocket,
    Broken,
}

impl TcpError for ScriptError {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::PipeClosed => TcpErrorKind::PipeClosed,
            _ => TcpErrorKind::Other,
        }
    }
}

/// A stack that plays one [`Connection`] after the other.
pub struct ScriptStack {
    pub connections: VecDeque<Connection>,
    pub names: Vec<(&'static str, IpAddr)>,
    pub dns_pends: usize,
    pub no_sockets: bool,
    pub log: Rc<RefCell<Log>>,
}

pub struct ScriptSocket {
    index: usize,
    connection: Option<Connection>,
    unanswered: Vec<u8>,
    sent: usize,
    pends_left: usize,
}

/// Takes the first request out of what was sent, if it is whole, and returns its target.
fn take_request(sent: &mut Vec<u8>) -> Option<String> {
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|w| w == what);
    let head = find(sent, b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&sent[..head]).unwrap();
    let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let body = match length {
        Some(length) => length.parse().unwrap(),
        None if text.contains("Transfer-Encoding: chunked") => {
            find(&sent[head..], b"\r\n0\r\n\r\n")? + 7
        }
        None => 0,
    };
    let target = text.split(' ').nth(1).unwrap().to_string();
    (sent.len() >= head + body).then(|| {
        sent.drain(..head + body);
        target
    })
}

fn echo(target: &str) -> Vec<u8> {
    let length = target.len();
    if target.contains("chunked") {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let (first, rest) = target.split_at(3);
        let rest_length = length - 3;
        format!("{head}3\r\n{first}\r\n{rest_length:x}\r\n{rest}\r\n0\r\nEnd: {target}\r\n\r\n")
    } else {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{target}")
    }
    .into_bytes()
}

impl ScriptStack {
    pub fn new(connections: impl IntoIterator<Item = Connection>) -> Self {
        Self {
            connections: connections.into_iter().collect(),
            names: Vec::new(),
            dns_pends: 0,
            no_sockets: false,
            log: Rc::default(),
        }
    }

    /// Attached to a link that is up, as a stack with these quirks.
    pub fn attached(self, quirks: StackQuirks) -> NalNetwork<Self, TestLink> {
        NalNetwork::new(self, TestLink::up(), quirks)
    }
}

impl TcpClientStack for ScriptStack {
    type TcpSocket = ScriptSocket;
    type Error = ScriptError;

    fn socket(&mut self) -> Result<ScriptSocket, ScriptError> {
        if self.no_sockets {
            return Err(ScriptError::NoSocket);
        }
        let mut log = self.log.borrow_mut();
        let index = log.opened;
        log.opened += 1;
        log.most_open = log.most_open.max(log.opened - log.closed);
        Ok(ScriptSocket { index, connection: None, unanswered: Vec::new(), sent: 0, pends_left: 0 })
    }

    fn connect(
        &mut self,
        socket: &mut ScriptSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), ScriptError> {
        if socket.connection.is_none() {
            self.log.borrow_mut().dialed.push(remote);
            let Some(connection) = self.connections.pop_front() else {
                return Err(nb::Error::Other(ScriptError::Refused));
            };
            socket.pends_left = connection.send_pends;
            socket.connection = Some(connection);
        }
        let connection = socket.connection.as_mut().unwrap();
        if connection.connect_pends > 0 {
            connection.connect_pends -= 1;
            return Err(nb::Error::WouldBlock);
        }
        if connection.refused {
            return Err(nb::Error::Other(ScriptError::Refused));
        }
        Ok(())
    }

    fn send(&mut self, socket: &mut ScriptSocket, buffer: &[u8]) -> nb::Result<usize, ScriptError> {
        let connection = socket.connection.as_mut().expect("send on a socket that isn't connected");
        match connection.steps.front() {
            Some(Step::PipeClosed) => return Err(nb::Error::Other(ScriptError::PipeClosed)),
            Some(Step::Fail) => return Err(nb::Error::Other(ScriptError::Broken)),
            _ => {}
        }
        // Free on the stacks that have it, and not a send.
        if buffer.is_empty() {
            return Ok(0);
        }
        if socket.sent >= connection.send_breaks_at {
            return Err(nb::Error::Other(ScriptError::PipeClosed));
        }
        if socket.sent >= connection.send_fails_at {
            return Err(nb::Error::Other(ScriptError::Broken));
        }
        if socket.sent >= connection.send_window {
            return Err(nb::Error::WouldBlock);
        }
        if socket.pends_left > 0 {
            socket.pends_left -= 1;
            return Err(nb::Error::WouldBlock);
        }
        socket.pends_left = connection.send_pends;
        let room =
            connection.send_window.min(connection.send_breaks_at).min(connection.send_fails_at)
                - socket.sent;
        let count = buffer.len().min(connection.send_limit).min(room);
        socket.sent += count;
        socket.unanswered.extend_from_slice(&buffer[..count]);
        self.log.borrow_mut().sends.push((socket.index, buffer[..count].to_vec()));
        Ok(count)
    }

    fn receive(
        &mut self,
        socket: &mut ScriptSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, ScriptError> {
        assert!(!buffer.is_empty(), "receive into an empty buffer");
        self.log.borrow_mut().receives += 1;
        let steps = &mut socket.connection.as_mut().expect("receive before connect").steps;
        loop {
            return match steps.front_mut() {
                None | Some(Step::Silence) => Err(nb::Error::WouldBlock),
                Some(Step::AwaitRequest) => {
                    let Some(at) = socket.unanswered.windows(4).position(|w| w == b"\r\n\r\n")
                    else {
                        return Err(nb::Error::WouldBlock);
                    };
                    socket.unanswered.drain(..at + 4);
                    steps.pop_front();
                    continue;
                }
                Some(Step::Serve(size)) => {
                    let Some(target) = take_request(&mut socket.unanswered) else {
                        return Err(nb::Error::WouldBlock);
                    };
                    for segment in echo(&target).chunks(*size).rev() {
                        steps.push_front(Step::Data(segment.to_vec()));
                        steps.push_front(Step::Pend(1));
                    }
                    continue;
                }
                Some(Step::Pend(0)) => {
                    steps.pop_front();
                    continue;
                }
                Some(Step::Pend(left)) => {
                    *left -= 1;
                    Err(nb::Error::WouldBlock)
                }
                Some(Step::Data(data)) => {
                    let count = data.len().min(buffer.len());
                    buffer[..count].copy_from_slice(&data[..count]);
                    data.drain(..count);
                    if data.is_empty() {
                        steps.pop_front();
                    }
                    if count == 0 {
                        continue;
                    }
                    Ok(count)
                }
                Some(Step::Zero) => Ok(0),
                Some(Step::PipeClosed) => Err(nb::Error::Other(ScriptError::PipeClosed)),
                Some(Step::Fail) => Err(nb::Error::Other(ScriptError::Broken)),
            };
        }
    }

    fn close(&mut self, _: ScriptSocket) -> Result<(), ScriptError> {
        self.log.borrow_mut().closed += 1;
        Ok(())
    }
}

impl Dns for ScriptStack {
    type Error = ScriptError;

    fn get_host_by_name(&mut self, hostname: &str, _: AddrType) -> nb::Result<IpAddr, ScriptError> {
        if self.dns_pends > 0 {
            self.dns_pends -= 1;
            return Err(nb::Error::WouldBlock);
        }
        self.log.borrow_mut().resolved.push(hostname.to_string());
        self.names
            .iter()
            .find(|(name, _)| *name == hostname)
            .map(|(_, address)| *address)
            .ok_or(nb::Error::Other(ScriptError::Broken))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, ScriptError> {
        panic!("reverse look-ups are never asked for")
    }
}
