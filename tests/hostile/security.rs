//! What `SECURITY.md` promises: no text of the caller's becomes more than it is, no server gets more
//! time or memory than it was given, no name leads back to the chip, and credentials go to their host
//! and nowhere else.
#![allow(clippy::result_large_err, reason = "an error is looked at here, and not handed on")]

use crate::common::script::{Connection, Log, ScriptStack, Step};
use crate::common::{TestClock, TestLink, cx};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{
    BodyLength, CloseReason, Config, ErrorOf, LoopContext, Method, NalNetwork, Online, Phase,
    SafeHttpClient, Scheme, StackQuirks, Url,
};
use std::cell::RefCell;
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

type Network = NalNetwork<ScriptStack, TestLink>;
type Client = SafeHttpClient<Network, TestClock>;

const URL: &str = "http://192.168.1.20/";
const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn client(connections: impl IntoIterator<Item = Connection>) -> (Client, Rc<RefCell<Log>>) {
    let mut stack = ScriptStack::new(connections);
    stack.names =
        vec![("gate.test", [192, 168, 1, 20].into()), ("evil.test", [192, 168, 1, 66].into())];
    let log = stack.log.clone();
    let config = Config::new()
        .response_timeout(Duration::from_millis(100))
        .idle_timeout(Duration::from_millis(100));
    let client = SafeHttpClient::with_config(
        stack.attached(StackQuirks::STD),
        TestClock::ticking(1),
        config,
    );
    (client, log)
}

// --- Injection ---

/// What ends a line or a string, for a server, a proxy, or a log.
const CONTROLS: [&str; 9] = ["\r\n", "\r", "\n", "\0", "\x0b", "\x1b", "\x7f", "\r\nX: y", "\n\n"];

/// A text with this at its start, in its middle and at its end.
fn infected(text: &str, with: &str) -> [String; 3] {
    let (front, back) = text.split_at(text.len() / 2);
    [format!("{with}{text}"), format!("{front}{with}{back}"), format!("{text}{with}")]
}

type Outcome = Result<(), ErrorOf<Network>>;
/// Makes a request with this text somewhere.
type Place = fn(Online<'_, Network, TestClock>, &str) -> Outcome;

#[test]
fn control_characters_in_any_text_are_refused_before_a_byte_leaves() {
    let places: [(&str, &str, &[&str], Place); 9] = [
        (
            "a URL",
            "http://192.168.1.20/gate",
            &["malformed_url", "unsupported_scheme"],
            |mut online, text| online.get(text, [0; 512]).send().map(drop),
        ),
        ("a host", "gate.test", &["malformed_url"], |mut online, text| {
            online.get(&format!("http://{text}/"), [0; 512]).send().map(drop)
        }),
        ("a port", "8080", &["malformed_url"], |mut online, text| {
            online.get(&format!("http://gate.test:{text}/"), [0; 512]).send().map(drop)
        }),
        ("a path", "gate", &["malformed_url"], |mut online, text| {
            online.get(&format!("{URL}{text}/x"), [0; 512]).send().map(drop)
        }),
        ("a query", "door=2", &["malformed_url"], |mut online, text| {
            online.get(&format!("{URL}?{text}"), [0; 512]).send().map(drop)
        }),
        ("credentials", "user:password", &["malformed_url"], |mut online, text| {
            online.get(&format!("http://{text}@gate.test/"), [0; 512]).send().map(drop)
        }),
        ("a header's name", "X-Key", &["invalid_header"], |mut online, text| {
            online.get(URL, [0; 512]).header(text, "v").send().map(drop)
        }),
        ("a header's value", "secret", &["invalid_header"], |mut online, text| {
            online.get(URL, [0; 512]).header("x-key", text).send().map(drop)
        }),
        ("a method", "PURGE", &["invalid_method"], |mut online, text| {
            online.request(Method::Custom(text), URL, [0; 512]).send().map(drop)
        }),
    ];
    let mut cx = cx();
    for (place, text, codes, send) in places {
        for control in CONTROLS {
            for infected in infected(text, control) {
                let (mut client, log) = client([Connection::answer(HELLO)]);
                let context = format!("{} as {place}", infected.escape_debug());
                let online = client.online(&mut cx).unwrap();
                let error = send(online, &infected).expect_err(&context);
                assert!(codes.contains(&error.code()), "{context}: {error}");
                assert_eq!((error.phase, log.borrow().opened), (Phase::Url, 0), "{context}");
                // Nor do they reach the log that an error is written to.
                let diagnosis = client.diagnosis(&error);
                let said = format!("{error} {error:?} {diagnosis}");
                let control = said.chars().find(|it| it.is_control() && *it != '\n');
                assert_eq!(control, None, "{context}: {said}");
            }
        }
    }
}

/// The other ways to make a URL.
#[test]
fn control_characters_in_the_parts_of_a_url_are_refused() {
    for control in CONTROLS {
        for host in infected("gate.test", control) {
            assert!(Url::from_parts(Scheme::Http, &host, None, "/").is_err(), "{host:?}");
        }
        for path in infected("/gate?x", control) {
            assert!(Url::from_parts(Scheme::Http, "gate.test", None, &path).is_err(), "{path:?}");
        }
    }
}

/// What is percent-encoded stays so; in credentials it is decoded, and then encoded by Base64.
#[test]
fn encoded_line_ends_end_no_line() {
    let mut cx = cx();
    let (mut client, log) = client([Connection::answer(HELLO)]);
    let url = "http://us%0d%0aX:p%00w@gate.test/%0d%0aX:%20y?%0a";
    let mut online = client.online(&mut cx).unwrap();
    online.get(url, &mut [0; 512]).without_header("x\r\ny").send().unwrap();
    assert_eq!(
        log.borrow().text(0),
        "GET /%0d%0aX:%20y?%0a HTTP/1.1\r\nHost: gate.test\r\n\
         Authorization: Basic dXMNClg6cAB3\r\nUser-Agent: safe-http-client/0.1.0\r\n\
         Accept: */*\r\n\
         Accept-Encoding: identity\r\n\r\n"
    );
}

/// Two lengths, or a length of the caller's, would be two requests to some server.
#[test]
fn framing_by_hand_is_refused() {
    let mut cx = cx();
    for name in ["Content-Length", "content-LENGTH", "Transfer-Encoding", "transfer-encoding"] {
        let (mut client, log) = client([]);
        let mut online = client.online(&mut cx).unwrap();
        let error = online.post(URL, [0; 512]).header(name, "5").body("hello").send().unwrap_err();
        assert_eq!((error.code(), log.borrow().opened), ("managed_header", 0));
    }
}

// --- Splitting ---

/// Whatever makes one response look like two: the second is nobody's, and its connection is closed.
#[test]
fn a_response_that_holds_another_is_one_or_none() {
    let evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    let head = "HTTP/1.1 200 OK\r\n";
    let rows: [(&str, String, Result<&str, &str>); 10] = [
        ("behind a length", format!("{HELLO}{evil}"), Ok("hello")),
        (
            "behind chunks",
            format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{evil}"),
            Ok(""),
        ),
        ("behind a 204", format!("HTTP/1.1 204 No Content\r\n\r\n{evil}"), Ok("")),
        ("in a value, by a CR", format!("{head}A: b\r\r{evil}"), Err("malformed_response")),
        ("in a value, by a NUL", format!("{head}A: b\0\r\n{evil}"), Err("malformed_response")),
        (
            "by two lengths",
            format!("{head}Content-Length: 0\r\nContent-Length: 44\r\n\r\n{evil}"),
            Err("malformed_response"),
        ),
        (
            "by a length and chunks",
            format!(
                "{head}Content-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{evil}"
            ),
            Err("malformed_response"),
        ),
        (
            "by a folded line, which is no length but a part of A",
            format!("{head}A: b\r\n Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello{evil}"),
            Ok("hello"),
        ),
        (
            "by a length that is folded",
            format!("{head}Content-Length: 0\r\n 5\r\n\r\nhello{evil}"),
            Err("malformed_response"),
        ),
        (
            "by a space before a colon",
            format!("{head}Content-Length : 0\r\n\r\n{evil}"),
            Err("malformed_response"),
        ),
    ];
    let mut cx = cx();
    for (name, bytes, expected) in rows {
        let connections = [Connection::answer(bytes), Connection::answer(HELLO)];
        let (mut client, log) = client(connections);
        let mut get = || {
            let mut online = client.online(&mut cx)?;
            let mut response = online.get(URL, [0; 512]).send()?;
            response.read_to_str().map(str::to_owned)
        };
        assert_eq!(get().as_deref().map_err(|error| error.code()), expected, "{name}");
        assert_eq!(get().as_deref().map_err(|error| error.code()), Ok("hello"), "{name}");
        assert_eq!(log.borrow().opened, 2, "{name}");
        let why = if expected.is_ok() { CloseReason::ExcessBytes } else { CloseReason::Error };
        assert_eq!(client.close_reason(), Some(why), "{name}");
    }
}

// --- Servers without end ---

/// A server that says `start`, and then `unit` for ever.
struct Endless {
    start: Vec<u8>,
    unit: Vec<u8>,
    /// A byte comes at most this often.
    gap_ms: u32,
    due: Option<u32>,
    clock: TestClock,
    given: Rc<RefCell<usize>>,
}

#[derive(Debug)]
struct Never;

impl TcpError for Never {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

impl TcpClientStack for Endless {
    type TcpSocket = ();
    type Error = Never;

    fn socket(&mut self) -> Result<(), Never> {
        Ok(())
    }

    fn connect(&mut self, (): &mut (), _: SocketAddr) -> nb::Result<(), Never> {
        Ok(())
    }

    fn send(&mut self, (): &mut (), buffer: &[u8]) -> nb::Result<usize, Never> {
        Ok(buffer.len())
    }

    fn receive(&mut self, (): &mut (), buffer: &mut [u8]) -> nb::Result<usize, Never> {
        use safe_http_client::Clock;
        let mut count = buffer.len();
        if self.gap_ms > 0 {
            let now = self.clock.now_ms();
            if now < *self.due.get_or_insert(now) {
                return Err(nb::Error::WouldBlock);
            }
            self.due = Some(now + self.gap_ms);
            count = 1;
        }
        let mut given = self.given.borrow_mut();
        for byte in &mut buffer[..count] {
            *byte = match self.start.get(*given) {
                Some(byte) => *byte,
                None => self.unit[(*given - self.start.len()) % self.unit.len()],
            };
            *given += 1;
        }
        assert!(*given < 2_000_000, "it is never enough");
        Ok(count)
    }

    fn close(&mut self, (): ()) -> Result<(), Never> {
        Ok(())
    }
}

impl Dns for Endless {
    type Error = Never;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, Never> {
        Err(nb::Error::Other(Never))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Never> {
        Err(nb::Error::Other(Never))
    }
}

const TOTAL_MS: u32 = 60_000;

/// Reads until an error: its code, how long it took, and how many bytes the server had given.
fn endure(
    cx: &mut LoopContext,
    start: &str,
    unit: &str,
    gap_ms: u32,
    total: bool,
) -> (&'static str, u32, usize) {
    let clock = TestClock::ticking(1);
    let given = Rc::default();
    let stack = Endless {
        start: start.into(),
        unit: unit.into(),
        gap_ms,
        due: None,
        clock: clock.clone(),
        given: Rc::clone(&given),
    };
    let total = total.then_some(Duration::from_millis(TOTAL_MS.into()));
    let network = NalNetwork::new(stack, TestLink::up(), StackQuirks::STD);
    let config = Config::new().total_timeout(total);
    let mut client = SafeHttpClient::with_config(network, clock, config);
    let mut call = client.online(cx).unwrap().get(URL, [0; 512]).start().unwrap();
    let mut out = [0; 64];
    let error = loop {
        match call.poll_read(&mut client, cx, &mut out) {
            Ok(0) => panic!("{unit:?} has no end"),
            Ok(_) | Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => break error,
        }
    };
    assert!(!client.is_connected());
    let given = *given.borrow();
    (error.code(), client.evidence().elapsed_ms, given)
}

/// As fast as it can: memory is what it would take.
#[test]
fn a_server_that_never_ends_gets_no_more_memory_than_it_was_given() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let long_extension = format!("1;{}\r\nx\r\n", "e".repeat(400));
    let rows = [
        ("a status line", "HTTP/1.1 200 ", "x", "buffer_too_small", 70_000),
        ("one field", "HTTP/1.1 200 OK\r\nA: ", "x", "buffer_too_small", 70_000),
        ("a field's name", "HTTP/1.1 200 OK\r\n", "x", "buffer_too_small", 70_000),
        ("fields", "HTTP/1.1 200 OK\r\n", "A: b\r\n", "buffer_too_small", 70_000),
        ("interim responses", "", "HTTP/1.1 100 Continue\r\n\r\n", "malformed_response", 1_500),
        ("interim fields", "HTTP/1.1 103 Hints\r\n", "A: b\r\n", "buffer_too_small", 70_000),
        ("a chunk's size", chunked, "0", "malformed_response", 20_000),
        ("an extension", &format!("{chunked}5;"), "x", "malformed_response", 20_000),
        ("white space behind a size", &format!("{chunked}5"), " ", "malformed_response", 20_000),
        ("long extensions of short chunks", chunked, &long_extension, "malformed_response", 20_000),
        ("a trailer", &format!("{chunked}0\r\nA: "), "x", "buffer_too_small", 1_500),
        ("trailers", &format!("{chunked}0\r\n"), "A: b\r\n", "buffer_too_small", 1_500),
        ("no HTTP", "", "x", "not_http", 1_500),
        ("empty lines", "", "\r\n", "not_http", 1_500),
    ];
    let mut cx = cx();
    for (name, start, unit, code, most) in rows {
        let (got, _, given) = endure(&mut cx, start, unit, 0, false);
        assert_eq!(got, code, "{name}");
        assert!(given <= most, "{name}: {given} bytes were read");
        eprintln!("endless {name}: {code} after {given} bytes");
    }
}

/// A byte now and then, so that something always moves: time is what it would take.
#[test]
fn a_server_that_drips_gets_no_more_time_than_it_was_given() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let gap = 900;
    // The idle deadline from a head's first byte; up to 16 interim ones may come before it, each with
    // its own.
    let (idle, response) = (5_000, 3_000);
    let head = idle + 2 * gap;
    let rows = [
        ("a status line", "HTTP/1.1 200 ", "x", false, "idle_timeout", head),
        ("fields", "HTTP/1.1 200 OK\r\n", "A: b\r\n", false, "idle_timeout", head),
        (
            "interim responses",
            "",
            "HTTP/1.1 100 \r\n\r\n",
            false,
            "idle_timeout",
            17 * (response + head),
        ),
        ("a status line, in all", "HTTP/1.1 200 ", "x", true, "idle_timeout", head),
        ("a body", "HTTP/1.1 200 OK\r\n\r\n", "x", true, "idle_timeout", head),
    ];
    let mut cx = cx();
    for (name, start, unit, total, code, most_ms) in rows {
        let (got, took, _) = endure(&mut cx, start, unit, gap, total);
        assert_eq!(got, code, "{name}");
        assert!(took <= most_ms, "{name}: {took} ms");
        eprintln!("dripped {name}: {code} after {took} ms");
    }
    // Each of them in time, and yet no end of them.
    let (got, took, _) = endure(&mut cx, "", "HTTP/1.1 100 \r\n\r\n", 200, false);
    assert_eq!(got, "malformed_response");
    assert!(took <= 17 * (response + idle), "{took} ms");
    // Faster, so that the head is there in time. Now the total deadline alone ends it.
    let bodies = [
        ("a body until the end", "HTTP/1.1 200 OK\r\n\r\n", "x"),
        ("a body with a length", "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", "x"),
        ("chunks", chunked, "1\r\nx\r\n"),
        ("a chunk's size", chunked, "0"),
        ("an extension", chunked, "5;"),
    ];
    for (name, start, unit) in bodies {
        let (got, took, _) = endure(&mut cx, start, unit, 60, true);
        assert_eq!(got, "total_timeout", "{name}");
        assert!((TOTAL_MS..TOTAL_MS + 100).contains(&took), "{name}: {took} ms");
        eprintln!("dripped {name}: {got} after {took} ms");
    }
}

// --- Names ---

/// A resolver that answers for a public name with the chip itself, or nobody: nothing is dialed.
#[test]
fn a_name_never_leads_back_to_the_chip() {
    let rows = [
        ("0.0.0.0", "name_resolved_to_no_host"),
        ("0.1.2.3", "name_resolved_to_no_host"),
        ("127.0.0.1", "name_resolved_to_no_host"),
        ("127.255.255.254", "name_resolved_to_no_host"),
        ("255.255.255.255", "name_resolved_to_no_host"),
        ("224.0.0.1", "name_resolved_to_no_host"),
        ("::", "name_resolved_to_no_host"),
        ("::1", "name_resolved_to_no_host"),
        ("::ffff:127.0.0.1", "name_resolved_to_no_host"),
        ("::ffff:0.0.0.0", "name_resolved_to_no_host"),
        ("ff02::1", "name_resolved_to_no_host"),
        // The link's own.
        ("192.168.1.57", "own_address"),
    ];
    let mut cx = cx();
    for (address, code) in rows {
        let (mut client, log) = client([Connection::answer(HELLO)]);
        client.network_mut().stack_mut().names = vec![("gate.test", address.parse().unwrap())];
        let mut online = client.online(&mut cx).unwrap();
        let error = online.get("http://gate.test/", [0; 512]).send().unwrap_err();
        assert_eq!((error.code(), error.phase), (code, Phase::Resolve), "{address}");
        assert_eq!(log.borrow().opened, 0, "{address}");
    }
}

/// The same where the name led elsewhere before, and is asked again for a repetition.
#[test]
fn a_name_that_is_rebound_between_two_tries_leads_nowhere() {
    let mut cx = cx();
    let stale = Connection::new([Step::AwaitRequest, Step::Data(HELLO.into())]);
    let stale = Connection { send_breaks_at: 130, ..stale };
    let mut stack = ScriptStack::new([stale, Connection::answer(HELLO)]);
    stack.names = vec![("gate.test", [192, 168, 1, 20].into())];
    let log = stack.log.clone();
    let rebinding = stack.attached(StackQuirks::STD).with_poll(|stack, _| {
        if stack.log.borrow().opened > 0 {
            stack.names = vec![("gate.test", [127, 0, 0, 1].into())];
        }
    });
    let mut client = SafeHttpClient::new(rebinding, TestClock::ticking(1));
    let mut online = client.online(&mut cx).unwrap();
    let url = "http://gate.test/";
    online.get(url, [0; 512]).send().unwrap().read_to_end().unwrap();
    let error = online.get(url, [0; 512]).send().unwrap_err();
    assert_eq!(error.code(), "name_resolved_to_no_host");
    assert_eq!((log.borrow().opened, log.borrow().closed), (1, 1));
}

// --- Credentials ---

const PASSWORD: &str = "hunter2";
const BEARER: &str = "Bearer s3cr3t-t0k3n";
/// `user:hunter2` in Base64.
const BASIC: &str = "dXNlcjpodW50ZXIy";

/// No form of the secrets is in this text.
#[track_caller]
fn is_clean(context: &str, text: &str) {
    // Bytes are shown as numbers by some.
    let numbers = format!("{:?}", PASSWORD.as_bytes());
    let numbers = numbers.trim_matches(['[', ']']);
    for secret in [PASSWORD, "s3cr3t", BASIC, numbers] {
        assert!(!text.contains(secret), "{context}: {secret} in {text}");
    }
}

/// A redirection is the caller's to follow, and no request to another host has what this one had.
#[test]
fn credentials_go_to_their_own_host_alone() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n";
    let mut cx = cx();
    for secret_in_url in [true, false] {
        let connections = [Connection::answer(moved), Connection::answer(HELLO)];
        let (mut client, log) = client(connections);
        let url =
            if secret_in_url { "http://user:hunter2@gate.test/" } else { "http://gate.test/" };
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get(url, [0; 512]);
        let request = if secret_in_url { request } else { request.header("authorization", BEARER) };
        assert_eq!(request.send().unwrap().status(), 302);
        assert_eq!(log.borrow().resolved, ["gate.test"], "it isn't followed");

        online.get("http://evil.test/", [0; 512]).send().unwrap();
        let log = log.borrow();
        assert!(log.text(0).contains(if secret_in_url { BASIC } else { BEARER }));
        is_clean("the other host", &log.text(1));
        assert_eq!(log.dialed[1].ip(), IpAddr::from([192, 168, 1, 66]));
    }
}

/// The host is what stands behind the last `@`, for whoever is asked, and what the server is told.
#[test]
fn userinfo_is_no_host() {
    let mut cx = cx();
    for url in [
        "http://evil.test@gate.test/",
        "http://evil.test:80@gate.test/",
        "http://a@evil.test@gate.test/",
    ] {
        let (mut client, log) = client([Connection::answer(HELLO)]);
        client.online(&mut cx).unwrap().get(url, [0; 512]).send().unwrap();
        let log = log.borrow();
        assert_eq!(log.resolved, ["gate.test"], "{url}");
        assert!(log.text(0).contains("\r\nHost: gate.test\r\n"), "{}", log.text(0));
        assert!(!log.text(0).contains("evil"), "{}", log.text(0));
    }
}

/// Whatever fails, and wherever it is written on.
#[test]
fn credentials_are_in_no_text() {
    let connection = |steps: Vec<Step>| Connection::new(steps);
    let ways: [(&str, &str, Vec<Connection>); 10] = [
        ("refused", "http://user:hunter2@gate.test/", vec![]),
        ("no such name", "http://user:hunter2@nobody.test/", vec![]),
        ("no answer", "http://user:hunter2@gate.test/", vec![connection(vec![])]),
        ("closed", "http://user:hunter2@gate.test/", vec![connection(vec![Step::PipeClosed])]),
        ("reset", "http://user:hunter2@gate.test/", vec![connection(vec![Step::Fail])]),
        ("echoed", "http://user:hunter2@gate.test/", vec![Connection::answer("hunter2 s3cr3t")]),
        (
            "echoed in a head",
            "http://user:hunter2@gate.test/",
            vec![Connection::answer("HTTP/1.1 401 hunter2\r\nA: hunter2\r\nB b\r\n\r\n")],
        ),
        ("no URL", "http://user:hunter2@gate test/", vec![]),
        ("a broken escape", "http://user:hunter2%zz@gate.test/", vec![]),
        ("a wrong port", "http://user:hunter2@gate.test:x/", vec![]),
    ];
    let mut cx = cx();
    for (name, url, connections) in ways {
        for bearer in [false, true] {
            let (mut client, _) = client(connections.clone());
            let mut online = client.online(&mut cx).unwrap();
            let request = online.post(url, [0; 512]);
            is_clean(name, &format!("{request:?}"));
            let request = if bearer { request.header("Authorization", BEARER) } else { request };
            is_clean(name, &format!("{request:?}"));
            let error = request.body("x").send().map(drop).expect_err(name);
            is_clean(name, &format!("{error} {error:?} {error:#?} {}", error.code()));
            let diagnosis = client.diagnosis(&error);
            is_clean(name, &format!("{diagnosis} {diagnosis:?}"));
            is_clean(name, &format!("{client:?}"));
            let report = client.diagnose(&mut cx, url);
            is_clean(name, &format!("{report} {report:?}"));
        }
    }
}

/// Nor in what is shown of a request on its way.
#[test]
fn credentials_are_in_no_debug_output() {
    fn shown(value: &impl Debug) -> String {
        format!("{value:?} {value:#?}")
    }
    let text = "http://user:hunter2@gate.test/x";
    let url = Url::parse(text).unwrap();
    is_clean("a URL", &shown(&url));
    assert!(shown(&url).contains("gate.test"), "the rest is there: {url:?}");

    let mut cx = cx();
    let (mut client, log) = client([Connection::answer(HELLO), Connection::answer(HELLO)]);
    let mut online = client.online(&mut cx).unwrap();
    is_clean("a client online", &shown(&online));
    let mut call = online.get(url, [0; 512]).start().unwrap();
    is_clean("a call", &shown(&call));
    while call.poll(&mut client, &mut cx).is_err() {}
    is_clean("a call", &shown(&call));
    client.close();
    let mut online = client.online(&mut cx).unwrap();
    let response = online.get(url, [0; 512]).send().unwrap();
    is_clean("a response", &format!("{} {:?}", shown(&response), response.head()));
    drop(response);
    let upload = online.put(url, [0; 512]).start_upload(BodyLength::Chunked);
    is_clean("an upload", &shown(&upload.unwrap()));
    let probe = client.start_probe(url, [0; 512]);
    is_clean("a probe", &shown(&probe));
    is_clean("a client", &shown(&client));
    assert!(log.borrow().text(0).contains(BASIC), "it was sent, though");
}

/// The check asks without them: it goes wherever the URL says, and nobody has agreed to that.
#[test]
fn the_check_sends_no_credentials() {
    let mut cx = cx();
    let (mut client, log) = client([Connection::answer("HTTP/1.1 204 \r\n\r\n")]);
    let report = client.diagnose(&mut cx, "http://user:hunter2@gate.test/secret");
    assert_eq!(report.status(), Some(204));
    let log = log.borrow();
    is_clean("the check", &log.text(0));
    assert!(log.text(0).starts_with("OPTIONS * HTTP/1.1\r\n") && !log.text(0).contains("secret"));
}
