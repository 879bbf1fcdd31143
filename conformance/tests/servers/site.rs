//! One server as a client sees it: all requests to it come over one connection.

use crate::bytes::{HELLO, MIB, noise};
use conformance::common::cx;
use embedded_io::Read as _;
use safe_http_client::{
    BodyLength, Clock, CloseReason, Config, Headers, Method, NalNetwork, PcLink, SafeHttpClient,
    StackQuirks, StdClock,
};
use std::io::Write as _;
use std::thread;
use std::time::Duration;
use std_embedded_nal::Stack;

/// A PC's clock, by which waiting leaves the processor to the server.
pub struct Patient(StdClock);

impl Clock for Patient {
    fn now_ms(&self) -> u32 {
        self.0.now_ms()
    }

    fn idle(&self) {
        thread::sleep(Duration::from_micros(200));
    }
}

/// One client, for all requests to one server.
pub struct Session {
    pub client: SafeHttpClient<NalNetwork<Stack, PcLink>, Patient>,
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
    pub fn new(buffer: usize) -> Self {
        // Servers on a busy machine may think for longer than the 3 s of the default.
        let config = Config::new()
            .response_timeout(Duration::from_secs(20))
            .idle_timeout(Duration::from_secs(20))
            .continue_timeout(Duration::from_secs(20));
        let network = NalNetwork::new(Stack, PcLink, StackQuirks::STD);
        let client = SafeHttpClient::with_config(network, Patient(StdClock::new()), config);
        Self { client, buffer: vec![0; buffer] }
    }

    pub fn get(&mut self, url: &str) -> Answer {
        self.ask(Method::Get, url, &[], Body::None)
    }

    pub fn ask(
        &mut self,
        method: Method<'_>,
        url: &str,
        headers: &[(&str, &str)],
        body: Body<'_>,
    ) -> Answer {
        self.perform(Ask { method, url, headers, body, expect_continue: false })
    }

    pub fn perform(&mut self, ask: Ask<'_>) -> Answer {
        let Ask { method, url, headers, body, expect_continue } = ask;
        let what = format!("{} {url}", method.name());
        let mut cx = cx();
        let mut online = self.client.online(&mut cx).unwrap();
        let mut request = online.request(method, url, &mut self.buffer);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if expect_continue {
            request = request.expect_continue();
        }
        let sent = match body {
            Body::None => request.send(),
            Body::Slice(slice) => request.body(slice).send(),
            Body::Reader(mut reader, length) => request.send_from(&mut reader, length),
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{what}: {error}"));
        let own = |fields: Headers<'_>| -> Vec<(String, Vec<u8>)> {
            fields.map(|field| (field.name().to_owned(), field.value().to_vec())).collect()
        };
        let mut answer = Answer {
            status: response.status(),
            headers: own(response.head().headers()),
            body: Vec::new(),
            trailers: Vec::new(),
            reused: false,
            sent: 0,
        };
        let mut piece = [0; 700];
        loop {
            match response.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => answer.body.extend_from_slice(&piece[..count]),
                Err(error) => panic!("{what}: {error}"),
            }
        }
        answer.trailers = own(response.trailers());
        let evidence = response.evidence();
        (answer.reused, answer.sent) = (evidence.reused, evidence.sent);
        answer
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
}

impl Site {
    pub fn new(port: u16, impatient: u16) -> Self {
        Self {
            base: format!("http://127.0.0.1:{port}"),
            impatient: format!("http://127.0.0.1:{impatient}"),
            connection: None,
            session: Session::new(1024),
            cases: 0,
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
        let mut session = Session::new(512);
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
            let mut session = Session::new(512);
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
        say(&format!("real servers: {name}: {} cases passed", self.cases));
    }
}

pub fn say(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}
