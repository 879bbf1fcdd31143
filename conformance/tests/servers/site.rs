//! One server as a client sees it: all requests to it come over one connection.

use crate::bytes::{HELLO, MIB, noise};
use conformance::load::report;
use safe_http_client::{BodyLength, CloseReason, Method};
use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

/// A client of some kind, for all requests to one server.
pub trait Carrier {
    /// Sends it, and reads the whole answer.
    fn perform(&mut self, buffer: &mut [u8], ask: Ask<'_>) -> Answer;

    fn is_connected(&self) -> bool;

    fn close_reason(&self) -> Option<CloseReason>;
}

/// Makes a client with a kind's own stack.
pub type Kind = fn() -> Box<dyn Carrier>;

/// One client, and its buffer.
pub struct Session {
    pub client: Box<dyn Carrier>,
    pub buffer: Vec<u8>,
}

/// What a request carries.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    None,
    Slice(&'a [u8]),
    /// Read piece by piece, with its length or chunked.
    Reader(&'a [u8], BodyLength),
}

#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub method: Method<'a>,
    pub url: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Body<'a>,
    pub expect_continue: bool,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, Vec<u8>)>,
    pub reused: bool,
    pub sent: u32,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        find(&self.headers, name)
    }
}

pub fn find<'a>(fields: &'a [(String, Vec<u8>)], name: &str) -> &'a str {
    let field = fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    let (_, value) = field.unwrap_or_else(|| panic!("no {name} in {} fields", fields.len()));
    std::str::from_utf8(value).unwrap()
}

impl Session {
    pub fn new(kind: Kind, buffer: usize) -> Self {
        Self { client: kind(), buffer: vec![0; buffer] }
    }

    pub fn get(&mut self, url: &str) -> Answer {
        let (method, headers, body) = (Method::Get, &[], Body::None);
        self.perform(Ask { method, url, headers, body, expect_continue: false })
    }

    pub fn perform(&mut self, ask: Ask<'_>) -> Answer {
        self.client.perform(&mut self.buffer, ask)
    }
}

/// What all cases need to know of a server.
pub struct Site {
    pub base: String,
    /// Another port of it, which closes connections that are idle for 200 ms.
    pub impatient: String,
    /// The connection of the last request, as the server numbers them.
    pub connection: Option<String>,
    pub session: Session,
    pub cases: usize,
    kind: Kind,
}

impl Site {
    pub fn new(kind: Kind, host: Ipv4Addr, port: u16, impatient: u16) -> Self {
        Self {
            base: format!("http://{host}:{port}"),
            impatient: format!("http://{host}:{impatient}"),
            connection: None,
            session: Session::new(kind, 1024),
            cases: 0,
            kind,
        }
    }

    /// All requests come over one connection: after each response the client has kept it, and the
    /// server sees it again. That is the proof that no response was read too short or too long.
    pub fn ask(
        &mut self,
        method: Method<'_>,
        path: &str,
        headers: &[(&str, &str)],
        body: Body<'_>,
    ) -> Answer {
        let url = format!("{}{path}", self.base);
        self.perform(Ask { method, url: &url, headers, body, expect_continue: false })
    }

    pub fn perform(&mut self, ask: Ask<'_>) -> Answer {
        self.cases += 1;
        let answer = self.session.perform(ask);
        let what = format!("{} {}", ask.method.name(), ask.url);
        let connection = answer.header("X-Connection").to_owned();
        if let Some(before) = self.connection.replace(connection.clone()) {
            assert_eq!(connection, before, "{what}: not the same connection");
            assert!(answer.reused, "{what}: a fresh connection");
        }
        let why = self.session.client.close_reason();
        assert!(self.session.client.is_connected(), "{what}: closed because of {why:?}");
        answer
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::Get, path, &[], Body::None)
    }

    pub fn expect_hello(&mut self, path: &str) -> Answer {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.body, HELLO, "{path}");
        answer
    }

    /// Closed by the server while idle: noticed, said, and done over a fresh one.
    pub fn idle_close(&mut self) {
        self.cases += 1;
        let url = format!("{}/text", self.impatient);
        let mut session = Session::new(self.kind, 512);
        let first = session.get(&url);
        assert!(session.client.is_connected() && !first.reused);
        // Node adds a second of grace in its newer versions.
        thread::sleep(Duration::from_millis(1600));
        let second = session.get(&url);
        assert_eq!((second.status, second.body.as_slice()), (200, HELLO));
        assert!(!second.reused);
        assert_eq!(session.client.close_reason(), Some(CloseReason::ServerClosedIdle));
        assert_ne!(first.header("X-Connection"), second.header("X-Connection"));
    }

    /// Refused by the server before the body was sent: its answer is read, none of the body left,
    /// and the connection isn't used for more.
    pub fn refused(&mut self, path: &str, status: u16) {
        self.cases += 1;
        let url = format!("{}{path}", self.base);
        let body = noise(MIB);
        for body in [Body::Slice(&body), Body::Reader(&body, BodyLength::Known(MIB as u64))] {
            let mut session = Session::new(self.kind, 512);
            let ask =
                Ask { method: Method::Put, url: &url, headers: &[], body, expect_continue: true };
            let answer = session.perform(ask);
            assert_eq!(answer.status, status);
            assert!(answer.sent < 512, "{} bytes were sent", answer.sent);
            assert!(!session.client.is_connected());
            assert_eq!(session.get(&format!("{}/text", self.base)).body, HELLO);
        }
    }

    pub fn report(&self, name: &str) {
        report(&format!("real servers: {name}: {} cases passed", self.cases));
    }
}
