//! Responses as data: the client reads each over a stack that plays it, and reports what it came to.

use crate::console::{kind, tell};
use crate::{EVENTS, result};
use core::cell::Cell;
use core::fmt::Write;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use embedded_io::Read;
use embedded_nal::{TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{
    Clock, Config, ErrorKind, ErrorOf, FnClock, LoopContext, Method, NalNetwork, Network,
    SafeHttpClient, StackQuirks,
};

/// Plays `raw` once a request's head has come.
struct Script<'a> {
    raw: &'a [u8],
    /// How much arrives at once.
    segment: usize,
    /// What `receive` gives behind the last byte: the end of the stream, or nothing for ever.
    ends: bool,
    /// The newest bytes sent, to find the end of the head.
    newest: [u8; 4],
    pend: bool,
    open: usize,
}

#[derive(Debug)]
struct NeverFails;

impl TcpError for NeverFails {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

impl TcpClientStack for Script<'_> {
    type TcpSocket = ();
    type Error = NeverFails;

    fn socket(&mut self) -> Result<(), NeverFails> {
        self.open += 1;
        Ok(())
    }

    fn connect(&mut self, (): &mut (), _: SocketAddr) -> nb::Result<(), NeverFails> {
        Ok(())
    }

    fn send(&mut self, (): &mut (), buffer: &[u8]) -> nb::Result<usize, NeverFails> {
        for byte in buffer {
            self.newest.rotate_left(1);
            self.newest[3] = *byte;
        }
        Ok(buffer.len())
    }

    fn receive(&mut self, (): &mut (), buffer: &mut [u8]) -> nb::Result<usize, NeverFails> {
        let over = self.raw.is_empty();
        // Nothing before the request, and between segments a call with nothing.
        self.pend = !self.pend;
        if self.newest != *b"\r\n\r\n" || (over && !self.ends) || (!over && self.pend) {
            return Err(nb::Error::WouldBlock);
        }
        let count = self.raw.len().min(self.segment).min(buffer.len());
        let (data, rest) = self.raw.split_at(count);
        buffer[..count].copy_from_slice(data);
        self.raw = rest;
        Ok(count)
    }

    fn close(&mut self, (): ()) -> Result<(), NeverFails> {
        self.open -= 1;
        Ok(())
    }
}

/// Runs one case: `METHOD whole|bytes|held BUFFER`, and the response's bytes.
pub fn run(cx: &mut LoopContext, case: &str, raw: &[u8], buffer: &mut [u8]) {
    let mut words = case.split(' ');
    let (Some(method), Some(way), Some(room)) = (words.next(), words.next(), words.next()) else {
        return result!("no case: {case}");
    };
    let Some(buffer) = room.parse().ok().and_then(|room: usize| buffer.get_mut(..room)) else {
        return result!("no room for {room} bytes");
    };
    let segment = if way == "bytes" { 1 } else { usize::MAX };
    let script = Script { raw, segment, ends: way != "held", newest: [0; 4], pend: false, open: 0 };
    EVENTS.got_ip(Ipv4Addr::new(192, 168, 1, 57));
    let mut network = NalNetwork::without_dns(script, &EVENTS, StackQuirks::STD);
    // Time passes by looking at the clock; a response that never ends ends by these deadlines.
    let now = Cell::new(0u32);
    let clock = FnClock(|| {
        now.set(now.get() + 1);
        now.get()
    });
    let patience = Duration::from_millis(10_000 + 10 * raw.len() as u64);
    let config = Config::new().response_timeout(patience).idle_timeout(patience);
    let mut client = SafeHttpClient::with_config(&mut network, clock, config);
    fetch(&mut client, cx, Method::from_name(method), buffer);
    drop(client);
    result!("{} sockets open", network.stack_mut().0.open);
}

/// One call, told as it goes on.
fn fetch<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    method: Method<'_>,
    buffer: &mut [u8],
) {
    let Ok(mut online) = client.online(cx) else { return result!("not online") };
    let mut response = match online.request(method, "http://192.168.1.20/", buffer).send() {
        Ok(response) => response,
        Err(error) => return end::<N>(&error),
    };
    let head = response.head();
    tell(kind::HEAD, &[&head.status().to_be_bytes(), head.reason()]);
    for field in head.headers() {
        tell(kind::FIELD, &[field.name().as_bytes(), &[0], field.value()]);
    }
    let mut piece = [0; 512];
    loop {
        match response.read(&mut piece) {
            Ok(0) => break tell(kind::END, &[b"Complete"]),
            Ok(count) => tell(kind::BODY, &[&piece[..count]]),
            Err(error) => break end::<N>(&error),
        }
    }
    for field in response.trailers() {
        tell(kind::TRAILER, &[field.name().as_bytes(), &[0], field.value()]);
    }
}

/// How it ended, in the words of the host's outcomes.
fn end<N: Network>(error: &ErrorOf<N>) {
    let mut text = crate::console::Line::new();
    // A line never fails.
    let _ = match &error.kind {
        ErrorKind::Protocol(error) => write!(text, "Malformed({error:?})"),
        ErrorKind::Truncated { .. }
        | ErrorKind::ClosedBeforeResponse
        | ErrorKind::StaleConnection => write!(text, "Truncated"),
        ErrorKind::Timeout { .. } => write!(text, "Waits"),
        ErrorKind::Buffer { what, .. } => write!(text, "Buffer({what:?})"),
        _ => write!(text, "Other({error})"),
    };
    tell(kind::END, &[text.bytes()]);
}
