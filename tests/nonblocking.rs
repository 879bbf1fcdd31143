//! Waiting: the main loop goes on while an exchange does, blocking calls call the idle hook, and
//! every wait has a deadline that says which it was and how long. And what a request's way can be
//! besides the straight one: pieces, `Expect`, stale connections, early answers.

mod common;
#[path = "common/scenario.rs"]
mod scenario;
#[path = "common/server.rs"]
mod server;

use common::script::{Connection, Log, ScriptError, ScriptStack, Step};
use common::{TestClock, TestLink, cx};
use embedded_io::Read;
use safe_http_client::{
    Attached, Behaviour, BodyLength, Clock, Config, Deadline, DisconnectReason, Error, ErrorKind,
    Exchange, FnClock, IpConfig, Link, LinkError, LinkEvents, LinkStatus, LoopContext, Network,
    Online, Phase, RequestError, SafeHttpClient, WhyClosed, nb,
};
use scenario::{Act, say};
use server::Server;
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

type Scripted<'a> = SafeHttpClient<Attached<ScriptStack, TestLink>, &'a TestClock, Online>;
type ScriptedError = Error<ScriptError, ScriptError>;

const URL: &str = "http://192.168.1.20/";
const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn online<'a>(
    cx: &mut LoopContext,
    clock: &'a TestClock,
    config: Config,
    connections: impl IntoIterator<Item = Connection>,
) -> (Scripted<'a>, Rc<RefCell<Log>>) {
    let stack = ScriptStack::new(connections);
    let log = stack.log.clone();
    let client = SafeHttpClient::with_config(stack.attached(Behaviour::STD), clock, config)
        .wait_online(cx)
        .unwrap();
    (client, log)
}

/// Waits for the response's head and reads the body, as a main loop would.
fn drive<N: Network, C: Clock>(
    cx: &mut LoopContext,
    exchange: &mut Exchange<'_, N, C>,
    mut meanwhile: impl FnMut(),
) -> Result<(u16, String), safe_http_client::ErrorOf<N>> {
    while let Err(error) = exchange.poll(cx) {
        match error {
            nb::Error::WouldBlock => meanwhile(),
            nb::Error::Other(error) => return Err(error),
        }
    }
    let status = exchange.head().expect("it has arrived").status();
    while let Err(error) = exchange.poll_read_to_end(cx) {
        match error {
            nb::Error::WouldBlock => meanwhile(),
            nb::Error::Other(error) => return Err(error),
        }
    }
    Ok((status, String::from_utf8_lossy(exchange.body()).into_owned()))
}

/// A GET by a blocking call.
fn get(
    cx: &mut LoopContext,
    client: &mut Scripted<'_>,
    url: &str,
) -> Result<String, ScriptedError> {
    let mut buffer = [0; 512];
    let mut response = client.get(cx, url, &mut buffer).send()?;
    response.read_to_str().map(str::to_owned)
}

// ---------------------------------------------------------------------------------------------
// The real world: the operating system's sockets, its clock, and a server in a thread
// ---------------------------------------------------------------------------------------------

struct Host;

impl Link for Host {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST)))
    }

    fn has_loopback(&self) -> bool {
        true
    }
}

fn host(
    cx: &mut LoopContext,
    config: Config,
) -> SafeHttpClient<impl Network + use<>, FnClock<impl Fn() -> u32 + use<>>, Online> {
    let network = Attached::new(std_embedded_nal::Stack, Host, Behaviour::STD);
    let start = Instant::now();
    let clock = FnClock(move || start.elapsed().as_millis() as u32);
    match SafeHttpClient::with_config(network, clock, config).wait_online(cx) {
        Ok(client) => client,
        Err(failed) => panic!("{}", failed.error),
    }
}

#[test]
fn the_main_loop_goes_on_counting_during_a_slow_response() {
    let mut cx = cx();
    let server = Server::new(vec![vec![
        Act::Request,
        Act::Wait(150),
        say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"),
        Act::Wait(150),
        say("llo"),
    ]]);
    let mut client = host(&mut cx, Config::new());
    let mut buffer = [0; 512];
    let url = server.url();
    let mut exchange = client.get(&mut cx, url.as_str(), &mut buffer).start().unwrap();

    let mut count = 0;
    let response = drive(&mut cx, &mut exchange, || {
        count += 1;
        std::thread::sleep(Duration::from_micros(500));
    });
    assert_eq!(response.unwrap(), (200, "hello".into()));
    // 300 ms at somewhat over half a millisecond a turn; a tenth of that on a busy machine.
    assert!(count > 50, "the loop went round {count} times");
}

#[test]
fn a_silent_server_ends_in_a_timeout_that_says_which_phase_and_how_long() {
    let mut cx = cx();
    let server = Server::new(vec![vec![Act::Request]]);
    let config = Config::new()
        .response_timeout(ms(120))
        .idle(|| std::thread::sleep(Duration::from_micros(100)));
    let mut client = host(&mut cx, config);
    let mut buffer = [0; 512];
    let url = server.url();
    let began = Instant::now();
    let error = client.get(&mut cx, url.as_str(), &mut buffer).send().unwrap_err();
    let took = began.elapsed();

    assert!(matches!(
        error.kind,
        ErrorKind::Timeout { deadline: Deadline::Response, limit_ms: 120 }
    ));
    assert_eq!((error.code(), error.phase), ("response_timeout", Phase::Head));
    let evidence = error.evidence;
    assert!(evidence.phase_ms >= 120 && evidence.elapsed_ms >= evidence.phase_ms);
    assert!(took >= ms(120) && took < ms(2000), "it took {took:?}");
    assert_eq!(
        error.to_string(),
        format!(
            "head: connected, but no response came within 120 ms: raise the response deadline, or \
             let the server answer sooner [127.0.0.1:{}, {} ms in this phase, {} ms in all, {} \
             bytes sent, 0 received]",
            server.port(),
            evidence.phase_ms,
            evidence.elapsed_ms,
            evidence.sent
        )
    );
    assert_eq!(
        evidence.sent as usize,
        server.heads()[0].len(),
        "the evidence is what the server got"
    );
}

/// The answer that came too late is never the next request's.
#[test]
fn a_late_response_is_not_taken_for_the_next_ones() {
    let mut cx = cx();
    let answer = |body: &str| say(format!("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{body}"));
    let server = Server::new(vec![
        vec![Act::Request, answer("kept"), Act::Request, Act::Wait(250), answer("late")],
        vec![Act::Request, answer("next")],
    ]);
    let config = Config::new()
        .response_timeout(ms(100))
        .idle(|| std::thread::sleep(Duration::from_micros(100)));
    let mut client = host(&mut cx, config);
    let url = server.url();
    let mut buffer = [0; 512];
    let mut body = |cx: &mut LoopContext| {
        let mut response =
            client.get(cx, url.as_str(), &mut buffer).send().map_err(|e| e.code())?;
        let text = response.read_to_str().map_err(|e| e.code())?.to_owned();
        Ok(text)
    };
    assert_eq!(body(&mut cx), Ok("kept".to_owned()));
    assert_eq!(body(&mut cx), Err("response_timeout"));
    std::thread::sleep(ms(300));
    assert_eq!(body(&mut cx), Ok("next".to_owned()));
}

/// An upload that the server refuses while it goes on: what is left isn't sent, and the answer is
/// read.
#[test]
fn an_upload_that_a_real_server_refuses_stops() {
    let mut cx = cx();
    let server = Server::new(vec![vec![
        Act::Request,
        say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 6\r\n\r\nenough"),
    ]]);
    let mut client =
        host(&mut cx, Config::new().idle(|| std::thread::sleep(Duration::from_micros(100))));
    let mut buffer = [0; 1024];
    let url = server.url();
    let mut reader = Endless { given: 0 };
    let mut response = client
        .post(&mut cx, url.as_str(), &mut buffer)
        .send_from(&mut reader, BodyLength::Chunked)
        .unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(response.read_to_str().unwrap(), "enough");
    drop(response);
    assert_eq!(client.why_closed(), Some(WhyClosed::RequestNotSent));
}

/// A reader that has more, whatever was read, at the pace of a sensor.
struct Endless {
    given: usize,
}

impl embedded_io::ErrorType for Endless {
    type Error = embedded_io::ErrorKind;
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        assert!(self.given < 50_000_000, "the answer was never looked for");
        std::thread::sleep(Duration::from_micros(200));
        out.fill(b'x');
        self.given += out.len();
        Ok(out.len())
    }
}

// ---------------------------------------------------------------------------------------------
// The idle hook
// ---------------------------------------------------------------------------------------------

static IDLE: AtomicU32 = AtomicU32::new(0);

#[test]
fn blocking_calls_call_the_idle_hook_while_they_wait() {
    let mut cx = cx();
    let idled = || IDLE.swap(0, Ordering::Relaxed);
    let clock = TestClock::ticking(1);
    let connection = Connection {
        connect_pends: 3,
        send_pends: 4,
        ..Connection::new([
            Step::AwaitRequest,
            Step::Pend(5),
            Step::Data(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe".to_vec()),
            Step::Pend(6),
            Step::Data(b"llo".to_vec()),
        ])
    };
    let config = Config::new().online_timeout(ms(20)).idle(|| {
        IDLE.fetch_add(1, Ordering::Relaxed);
    });
    let stack = ScriptStack::new([connection]);
    let link = TestLink::new(LinkStatus::NoAddress);
    let network = Attached::new(stack, link.clone(), Behaviour::STD);
    let client = SafeHttpClient::with_config(network, &clock, config);

    let failed = client.wait_online(&mut cx).unwrap_err();
    assert!(idled() > 10, "wait_online");
    link.set(TestLink::address());
    let mut client = failed.client.wait_online(&mut cx).unwrap();
    assert_eq!(idled(), 0, "nothing to wait for");

    let mut buffer = [0; 512];
    let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
    assert_eq!(idled(), 3 + 4 + 5, "connect, send, head");
    assert_eq!(response.read_to_str().unwrap(), "hello");
    assert_eq!(idled(), 6, "body");
}

// ---------------------------------------------------------------------------------------------
// Deadlines, on a clock that the test moves
// ---------------------------------------------------------------------------------------------

#[test]
fn each_deadline_holds_to_the_millisecond_and_says_so() {
    let config =
        || Config::new().connect_timeout(ms(500)).response_timeout(ms(300)).idle_timeout(ms(200));
    let pending_connect = || Connection { connect_pends: usize::MAX, ..Connection::answer(HELLO) };
    let full = || Connection { send_window: 10, ..Connection::answer(HELLO) };
    let partial = |bytes: &str| Connection::answer(bytes);
    let body = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello";
    let name = "http://gate.test/";
    type Row<'a> = (&'a str, &'a str, Connection, Deadline, u32, &'a str, Phase);
    let rows: [Row<'_>; 6] = [
        (
            "resolver",
            name,
            Connection::answer(HELLO),
            Deadline::Connect,
            500,
            "resolve_timeout",
            Phase::Resolve,
        ),
        (
            "connect",
            URL,
            pending_connect(),
            Deadline::Connect,
            500,
            "connect_timeout",
            Phase::Connect,
        ),
        ("a full send window", URL, full(), Deadline::Idle, 200, "idle_timeout", Phase::Send),
        (
            "no answer",
            URL,
            Connection::new([Step::Silence]),
            Deadline::Response,
            300,
            "response_timeout",
            Phase::Head,
        ),
        (
            "half a head",
            URL,
            partial("HTTP/1.1 200"),
            Deadline::Idle,
            200,
            "idle_timeout",
            Phase::Head,
        ),
        ("half a body", URL, partial(body), Deadline::Idle, 200, "idle_timeout", Phase::Body),
    ];
    let mut cx = cx();
    // The second clock wraps in the middle of the wait.
    for start in [0, u32::MAX - 150] {
        for (what, url, connection, deadline, limit, code, phase) in rows.clone() {
            let clock = TestClock::default();
            clock.set(start);
            let (mut client, log) = online(&mut cx, &clock, config(), [connection]);
            client.network_mut().stack_mut().dns_pends = usize::MAX;
            let mut buffer = [0; 512];
            let mut exchange = client.get(&mut cx, url, &mut buffer).start().unwrap();
            let mut poll = || match exchange.poll(&mut cx) {
                Ok(()) => exchange.poll_read_to_end(&mut cx),
                Err(error) => Err(error),
            };

            assert_eq!(poll(), Err(nb::Error::WouldBlock), "{what}: begins");
            clock.advance(limit - 1);
            assert_eq!(poll(), Err(nb::Error::WouldBlock), "{what}: 1 ms early");
            clock.advance(1);
            let Err(nb::Error::Other(error)) = poll() else {
                panic!("{what}: in time");
            };
            assert_eq!(error.kind, ErrorKind::Timeout { deadline, limit_ms: limit }, "{what}");
            assert_eq!((error.code(), error.phase), (code, phase), "{what}");
            assert_eq!(error.evidence.phase_ms, limit, "{what}");
            assert_eq!(error.evidence.elapsed_ms, limit, "{what}");
            let text = error.to_string();
            assert!(text.starts_with(&format!("{phase}: ")), "{text}");
            assert!(text.contains(&format!("{limit} ms")), "{text}");
            drop(exchange);
            let log = log.borrow();
            assert_eq!(log.opened, log.closed, "{what}");
        }
    }
}

/// A peer that keeps bytes coming resets the idle deadline each time; the total one ends it.
#[test]
fn the_total_deadline_ends_a_body_that_drips() {
    let mut cx = cx();
    let clock = TestClock::default();
    let mut steps = vec![
        Step::AwaitRequest,
        Step::Data(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_vec()),
    ];
    for _ in 0..100 {
        steps.extend([Step::Pend(1), Step::Data(b"x".to_vec())]);
    }
    let config = Config::new().idle_timeout(ms(200)).total_timeout(Some(ms(1000)));
    let (mut client, log) = online(&mut cx, &clock, config, [Connection::new(steps)]);
    let mut buffer = [0; 512];
    let mut exchange = client.get(&mut cx, URL, &mut buffer).start().unwrap();
    while exchange.poll(&mut cx).is_err() {}
    let mut byte = [0];
    let error = loop {
        match exchange.poll_read(&mut cx, &mut byte) {
            Err(nb::Error::Other(error)) => break error,
            Err(nb::Error::WouldBlock) => clock.advance(90),
            Ok(count) => assert_eq!(count, 1),
        }
    };
    let deadline = Deadline::Total;
    let limit_ms = 1000;
    assert_eq!(error.kind, ErrorKind::Timeout { deadline, limit_ms });
    assert_eq!((error.code(), error.phase), ("total_timeout", Phase::Body));
    assert_eq!(error.evidence.elapsed_ms, 12 * 90, "the first look after it");
    assert!(error.evidence.phase_ms < 200, "the body itself never rested");
    assert!(
        error
            .to_string()
            .starts_with("body: the exchange took longer than its total deadline of 1000 ms [")
    );
    drop(exchange);
    assert_eq!(log.borrow().closed, 1);
}

/// The idle deadline is the peer's and the network's: what the caller does between two pieces, be
/// it writing to flash or waiting for a sensor, isn't counted.
#[test]
fn the_callers_own_time_is_not_idle_time() {
    let mut cx = cx();
    let body = long_body();
    for length in [BodyLength::Known(body.len() as u64), BodyLength::Chunked] {
        let clock = TestClock::default();
        let (mut client, _) = online(&mut cx, &clock, Config::new(), [answers_after_body(0)]);
        let mut buffer = [0; 256];
        let mut upload = client.post(&mut cx, URL, &mut buffer).start_upload(length).unwrap();
        let mut rest = body.as_slice();
        while !rest.is_empty() {
            match upload.write(&mut cx, &rest[..rest.len().min(100)]) {
                Ok(count) => {
                    rest = &rest[count..];
                    clock.advance(60_000);
                }
                Err(nb::Error::WouldBlock) => clock.advance(10),
                Err(nb::Error::Other(error)) => panic!("{length:?}: {error}"),
            }
        }
        let mut exchange = upload.finish().unwrap();
        let response = drive(&mut cx, &mut exchange, || clock.advance(10));
        assert_eq!(response.unwrap().0, 200, "{length:?}");
    }

    let clock = TestClock::default();
    let mut steps = vec![
        Step::AwaitRequest,
        Step::Data(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_vec()),
    ];
    for _ in 0..9 {
        steps.extend([Step::Pend(1), Step::Data(vec![b'x'; 10])]);
    }
    let (mut client, _) = online(&mut cx, &clock, Config::new(), [Connection::new(steps)]);
    let mut buffer = [0; 256];
    let mut exchange = client.get(&mut cx, URL, &mut buffer).start().unwrap();
    exchange.poll(&mut cx).unwrap();
    let (mut read, mut waited) = (0, 0);
    let error = loop {
        let mut piece = [0; 10];
        match exchange.poll_read(&mut cx, &mut piece) {
            Ok(count) => {
                read += count;
                waited = 0;
                clock.advance(60_000);
            }
            Err(nb::Error::WouldBlock) => {
                waited += 10;
                clock.advance(10);
            }
            Err(nb::Error::Other(error)) => break error,
        }
    };
    // The last ten bytes never come: then it is the peer that rests.
    assert_eq!((read, waited), (90, 5000), "{error}");
    assert_eq!(error.code(), "idle_timeout");
}

/// A head has to be complete within one idle time, or its peer could drip it for hours.
#[test]
fn a_head_that_drips_ends_after_the_idle_time_from_its_first_byte() {
    let mut cx = cx();
    let clock = TestClock::default();
    let steps = HELLO.bytes().flat_map(|byte| [Step::Data(vec![byte]), Step::Pend(1)]);
    let connection = Connection::new([Step::AwaitRequest].into_iter().chain(steps));
    let config = Config::new().idle_timeout(ms(200));
    let (mut client, _) = online(&mut cx, &clock, config, [connection]);
    let mut buffer = [0; 512];
    let mut exchange = client.get(&mut cx, URL, &mut buffer).start().unwrap();
    let error = loop {
        match exchange.poll(&mut cx) {
            Err(nb::Error::Other(error)) => break error,
            Err(nb::Error::WouldBlock) => clock.advance(20),
            Ok(()) => panic!("the head needs 38 turns of 20 ms"),
        }
    };
    assert_eq!((error.code(), error.phase), ("idle_timeout", Phase::Head));
    assert_eq!(error.evidence.phase_ms, 200);
}

// ---------------------------------------------------------------------------------------------
// The link
// ---------------------------------------------------------------------------------------------

#[test]
fn waiting_for_the_link_gives_the_client_back_and_can_be_repeated() {
    let mut cx = cx();
    let clock = TestClock::ticking(10);
    let link = TestLink::new(LinkStatus::Disconnected(DisconnectReason::Unknown));
    let stack = ScriptStack::new([Connection::answer(HELLO)]);
    let log = stack.log.clone();
    let network = Attached::new(stack, link.clone(), Behaviour::STD);
    let config = Config::new().online_timeout(ms(200));
    let mut client = SafeHttpClient::with_config(network, &clock, config);

    // Neither without an access point, nor on one without an address.
    for status in [
        LinkStatus::Disconnected(DisconnectReason::WrongPassword),
        LinkStatus::NoAddress,
        LinkStatus::Up(IpConfig::new(Ipv4Addr::UNSPECIFIED.into())),
    ] {
        link.set(status);
        let failed = client.poll_online(&mut cx).unwrap_err();
        assert_eq!(failed.error, nb::Error::WouldBlock, "{status:?}");

        let failed = failed.client.wait_online(&mut cx).unwrap_err();
        let deadline = Deadline::Online;
        let limit_ms = 200;
        assert_eq!(failed.error.kind, ErrorKind::Timeout { deadline, limit_ms });
        assert_eq!(failed.error.phase, Phase::Link);
        assert_eq!(failed.error.code(), "online_timeout");
        assert!(failed.error.evidence.elapsed_ms >= 200);
        let text = failed.error.to_string();
        assert!(text.starts_with("link: the link got no IP address within 200 ms"));
        client = failed.client;
    }

    link.set(TestLink::address());
    let mut online = client.poll_online(&mut cx).unwrap();
    assert_eq!(get(&mut cx, &mut online, URL).unwrap(), "hello");

    // And back: the offline client waits for the link as before.
    link.set(LinkStatus::NoAddress);
    let failed = online.into_offline().poll_online(&mut cx).unwrap_err();
    link.set(TestLink::address());
    assert!(failed.client.poll_online(&mut cx).is_ok());
    assert_eq!(log.borrow().opened, 1);
}

#[test]
fn a_request_after_the_link_dropped_is_an_error_before_any_byte() {
    let mut cx = cx();
    for (status, expected, code) in [
        (
            LinkStatus::Disconnected(DisconnectReason::NoAccessPoint),
            LinkError::Disconnected(DisconnectReason::NoAccessPoint),
            "link_down",
        ),
        (LinkStatus::NoAddress, LinkError::NoAddress, "no_address"),
    ] {
        let clock = TestClock::ticking(1);
        let kept = Connection::new([
            Step::AwaitRequest,
            Step::Data(HELLO.into()),
            Step::AwaitRequest,
            Step::Data(HELLO.into()),
        ]);
        let (mut client, log) = online(&mut cx, &clock, Config::new(), [kept]);
        let link = client.network_mut().link_mut().clone();
        assert_eq!(get(&mut cx, &mut client, URL).unwrap(), "hello");
        let sent = log.borrow().sends.len();
        assert!(client.is_connected(), "kept for the next request");

        link.set(status);
        let error = get(&mut cx, &mut client, URL).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Link(expected));
        assert_eq!((error.code(), error.phase), (code, Phase::Link));
        assert_eq!((error.evidence.sent, error.evidence.received), (0, 0));
        assert_eq!(log.borrow().sends.len(), sent, "no byte was sent");
        // The address may be another when the link is back: the old connection is none.
        assert_eq!(client.why_closed(), Some(WhyClosed::LinkLost));
        assert_eq!(log.borrow().closed, 1);
    }
}

#[test]
fn an_event_that_another_thread_reports_is_seen_by_the_main_loop() {
    static EVENTS: LinkEvents = LinkEvents::new();
    let mut cx = cx();
    let clock = TestClock::ticking(1);
    let stack = ScriptStack::new([Connection::answer(HELLO)]);
    let network = Attached::new(stack, &EVENTS, Behaviour::STD);
    let mut client = SafeHttpClient::new(network, &clock);

    // The vendor's Wi-Fi task. It can report, and can't make a request: it has no `LoopContext`.
    let (report, reports) = std::sync::mpsc::channel::<fn()>();
    let task = std::thread::spawn(move || {
        for report in reports {
            report();
        }
    });

    report.send(|| EVENTS.associated()).unwrap();
    report
        .send(|| {
            std::thread::sleep(ms(20));
            EVENTS.got_ip(Ipv4Addr::new(192, 168, 1, 57));
        })
        .unwrap();
    let mut turns = 0;
    let mut online = loop {
        match client.poll_online(&mut cx) {
            Ok(online) => break online,
            Err(failed) => client = failed.client,
        }
        turns += 1;
        std::thread::sleep(ms(1));
    };
    assert!(turns > 1, "the loop went on meanwhile");
    let mut buffer = [0; 256];
    assert!(online.get(&mut cx, URL, &mut buffer).send().is_ok());

    report.send(|| EVENTS.disconnected(DisconnectReason::from_code(201))).unwrap();
    drop(report);
    task.join().unwrap();
    let error = online.get(&mut cx, URL, &mut buffer).send().unwrap_err();
    assert_eq!(
        error.kind,
        ErrorKind::Link(LinkError::Disconnected(DisconnectReason::NoAccessPoint))
    );
}

#[test]
fn the_context_is_taken_once() {
    let cx = cx();
    assert!(LoopContext::take().is_none(), "while it is out");
    assert!(LoopContext::take_if(|| true).is_none());
    drop(cx);
}

// ---------------------------------------------------------------------------------------------
// Bodies of requests
// ---------------------------------------------------------------------------------------------

#[test]
fn a_request_that_fits_its_buffer_leaves_in_one_send() {
    let mut cx = cx();
    let clock = TestClock::ticking(1);
    let connections = [HELLO; 4].map(Connection::answer);
    let config = Config::new().keep_alive(Duration::ZERO);
    let (mut client, log) = online(&mut cx, &clock, config, connections);
    let mut buffer = [0; 512];

    assert!(client.get(&mut cx, URL, &mut buffer).send().is_ok());
    let post = client.post(&mut cx, URL, &mut buffer).body(b"the body");
    assert!(post.send().is_ok());
    for length in [BodyLength::Known(8), BodyLength::Chunked] {
        let post = client.post(&mut cx, URL, &mut buffer);
        assert!(post.send_from(&mut b"the body".as_slice(), length).is_ok());
    }

    let log = log.borrow();
    assert_eq!(log.sends.len(), 4, "one `send` each");
    for (index, end) in [
        (0, "\r\n\r\n"),
        (1, "\r\n\r\nthe body"),
        (2, "\r\n\r\nthe body"),
        (3, "\r\nthe body\r\n0\r\n\r\n"),
    ] {
        let text = log.text(index);
        assert!(text.ends_with(end), "{text}");
    }
    assert!(log.text(2).contains("Content-Length: 8\r\n"));
    assert!(log.text(3).contains("Transfer-Encoding: chunked\r\n"));
}

/// A reader that gives its bytes in pieces, and then its end or an error.
struct Pieces {
    bytes: Vec<u8>,
    piece: usize,
    fails: bool,
}

impl embedded_io::ErrorType for Pieces {
    type Error = embedded_io::ErrorKind;
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        if self.bytes.is_empty() && self.fails {
            return Err(embedded_io::ErrorKind::TimedOut);
        }
        let count = self.piece.min(out.len()).min(self.bytes.len());
        out[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes.drain(..count);
        Ok(count)
    }
}

/// Undoes chunked coding, strictly.
fn dechunk(mut coded: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = coded.windows(2).position(|w| w == b"\r\n").unwrap();
        let size = std::str::from_utf8(&coded[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        coded = &coded[line + 2..];
        body.extend_from_slice(&coded[..size]);
        assert_eq!(&coded[size..size + 2], b"\r\n");
        coded = &coded[size + 2..];
        if size == 0 {
            assert!(coded.is_empty(), "nothing behind the last chunk");
            return body;
        }
    }
}

/// Takes the body slowly and answers once its end was sent; meanwhile come interim responses, in
/// segments of this size (0 for none).
fn answers_after_body(interim_segments: usize) -> Connection {
    let mut steps = vec![Step::AwaitRequest];
    if interim_segments > 0 {
        // So long that, while it comes, it leaves less room in the buffer than a chunk needs.
        let link = "x".repeat(214);
        let interim = format!("HTTP/1.1 103 Early Hints\r\nLink: {link}\r\n\r\n");
        assert!((246..256).contains(&interim.len()));
        for segment in interim.repeat(3).as_bytes().chunks(interim_segments) {
            steps.extend([Step::Data(segment.to_vec()), Step::Pend(1)]);
        }
    }
    // The body in these tests ends in the empty line that the script waits for.
    steps.extend([Step::AwaitRequest, Step::Data(HELLO.into())]);
    Connection { send_limit: 100, send_pends: 1, ..Connection::new(steps) }
}

fn long_body() -> Vec<u8> {
    let mut body: Vec<u8> = (0..3000u32).map(|at| b'a' + (at % 23) as u8).collect();
    body.extend_from_slice(b"\r\n\r\n");
    body
}

#[test]
fn bodies_come_from_readers_and_in_pieces() {
    let mut cx = cx();
    let body = long_body();
    let known = BodyLength::Known(body.len() as u64);
    for length in [known, BodyLength::Chunked] {
        // A piece of 1, an odd one, and more than the buffer holds.
        for piece in [1, 77, 4096] {
            for interim in [0, 1, 19, 1000] {
                for blocking in [true, false] {
                    eprintln!("{length:?}, pieces of {piece}, interim of {interim}, {blocking}");
                    upload(&mut cx, &body, length, piece, answers_after_body(interim), blocking);
                }
            }
        }
    }
}

fn upload(
    cx: &mut LoopContext,
    body: &[u8],
    length: BodyLength,
    piece: usize,
    connection: Connection,
    blocking: bool,
) {
    let clock = TestClock::ticking(1);
    let (mut client, log) = online(cx, &clock, Config::new(), [connection]);
    let mut buffer = [0; 256];
    let mut pieces = Pieces { bytes: body.to_vec(), piece, fails: false };
    let post = client.post(cx, URL, &mut buffer);
    if blocking {
        let response = post.send_from(&mut pieces, length);
        assert_eq!(response.unwrap().status(), 200);
    } else {
        let mut upload = post.start_upload(length).unwrap();
        let mut rest = body;
        while !rest.is_empty() {
            match upload.write(cx, &rest[..piece.min(rest.len())]) {
                Ok(count) => rest = &rest[count..],
                Err(error) => assert_eq!(error, nb::Error::WouldBlock),
            }
        }
        let mut exchange = upload.finish().unwrap();
        let response = drive(cx, &mut exchange, || ()).unwrap();
        assert_eq!(response, (200, "hello".into()));
    }
    assert!(client.is_connected(), "kept");
    let sent = log.borrow().sent(0);
    let head = sent.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let coded = &sent[head..];
    match length {
        BodyLength::Chunked => assert_eq!(dechunk(coded), body),
        BodyLength::Known(_) => assert_eq!(coded, body),
    }
}

#[test]
fn a_body_that_breaks_its_word_is_the_callers_mistake_and_closes_the_connection() {
    let mut cx = cx();
    let wrong = |declared, given| RequestError::BodyLength { declared, given };
    let failed = RequestError::BodyReader(embedded_io::ErrorKind::TimedOut);
    for (case, given, declared, fails, expected) in [
        ("too short", 10, BodyLength::Known(11), false, wrong(11, 10)),
        ("too long", 12, BodyLength::Known(11), false, wrong(11, 12)),
        ("empty", 0, BodyLength::Known(1), false, wrong(1, 0)),
        ("much too short", 2000, BodyLength::Known(3000), false, wrong(3000, 2000)),
        ("fails at once", 0, BodyLength::Chunked, true, failed),
        ("fails, chunked", 2000, BodyLength::Chunked, true, failed),
        ("fails, known", 2000, BodyLength::Known(3000), true, failed),
    ] {
        let clock = TestClock::ticking(1);
        let connections = [Connection::new([Step::Silence]), Connection::answer(HELLO)];
        let (mut client, log) = online(&mut cx, &clock, Config::new(), connections);
        let mut buffer = [0; 256];
        let mut pieces = Pieces { bytes: vec![b'x'; given], piece: 50, fails };
        let error =
            client.post(&mut cx, URL, &mut buffer).send_from(&mut pieces, declared).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Request(expected), "{case}");
        // Also where it showed before there was a connection.
        assert_eq!(error.phase, Phase::Send, "{case}");
        assert!(!client.is_connected(), "{case}");
        let opened = log.borrow().opened;
        assert_eq!(log.borrow().closed, opened, "{case}");
        if opened == 0 {
            // What never left can't have confused the server: the next takes its place.
            client.network_mut().stack_mut().connections.pop_front();
        }
        assert_eq!(get(&mut cx, &mut client, URL).unwrap(), "hello", "{case}");
    }
}

#[test]
fn dropping_an_upload_closes_its_connection() {
    let mut cx = cx();
    let clock = TestClock::ticking(1);
    let connections = [Connection::new([Step::Silence]), Connection::answer(HELLO)];
    let (mut client, log) = online(&mut cx, &clock, Config::new(), connections);
    let mut buffer = [0; 256];
    let mut upload =
        client.post(&mut cx, URL, &mut buffer).start_upload(BodyLength::Chunked).unwrap();
    for _ in 0..20 {
        let _ = upload.write(&mut cx, &[b'x'; 100]);
    }
    drop(upload);
    assert_eq!((log.borrow().opened, log.borrow().closed), (1, 1));
    assert_eq!(get(&mut cx, &mut client, URL).unwrap(), "hello");
}

// ---------------------------------------------------------------------------------------------
// Expect: 100-continue (RFC 9110 section 10.1.1)
// ---------------------------------------------------------------------------------------------

#[test]
fn expect_continue() {
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let no = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
    let interim = Step::Data(go_on.into());
    let answer = || Step::Data(HELLO.into());
    // The script's steps behind the head; whether the body is sent; status; why it closed, if so.
    type Row = (&'static str, Vec<Step>, bool, u16, Option<WhyClosed>);
    let rows: [Row; 6] = [
        ("accepted", vec![interim.clone(), Step::AwaitRequest, answer()], true, 200, None),
        (
            "accepted after a while, with another interim response",
            vec![
                Step::Pend(5),
                Step::Data("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".into()),
                interim.clone(),
                Step::AwaitRequest,
                answer(),
            ],
            true,
            200,
            None,
        ),
        ("refused", vec![Step::Data(no.into())], false, 417, Some(WhyClosed::RequestNotSent)),
        (
            "answered without the body",
            vec![Step::Data([go_on, HELLO].concat().into())],
            false,
            200,
            Some(WhyClosed::RequestNotSent),
        ),
        // A server of HTTP/1.0 knows nothing of it: the client goes on by itself.
        ("ignored", vec![Step::AwaitRequest, answer()], true, 200, None),
        ("refused late", vec![Step::Pend(200), Step::Data(no.into())], true, 417, None),
    ];
    let mut cx = cx();
    let body = long_body();
    for (case, steps, body_sent, status, closed) in rows {
        for by_reader in [false, true] {
            let clock = TestClock::ticking(1);
            let connection = Connection::new([Step::AwaitRequest].into_iter().chain(steps.clone()));
            let config = Config::new().continue_timeout(ms(50));
            let (mut client, log) = online(&mut cx, &clock, config, [connection]);
            let mut buffer = [0; 256];
            let put = client.put(&mut cx, URL, &mut buffer).expect_continue();
            let response = if by_reader {
                let length = BodyLength::Known(body.len() as u64);
                put.send_from(&mut body.as_slice(), length)
            } else {
                put.body(&body).send()
            };
            let mut response = response.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(response.status(), status, "{case}");
            response.read_to_end().unwrap();
            drop(response);
            assert_eq!(client.why_closed(), closed, "{case}, by reader: {by_reader}");
            let text = log.borrow().text(0);
            assert!(text.contains("Expect: 100-continue\r\n"), "{text}");
            let end = std::str::from_utf8(&body).unwrap();
            assert_eq!(text.ends_with(end), body_sent, "{case}");
            if !body_sent {
                assert!(text.ends_with("\r\n\r\n") && text.len() < 256, "{case}");
            }
        }
        eprintln!("Expect: 100-continue: {case} ok");
    }
}

// ---------------------------------------------------------------------------------------------
// Connections kept alive
// ---------------------------------------------------------------------------------------------

/// Answers a request, and ends so where the next is awaited.
fn stale(steps: impl IntoIterator<Item = Step>) -> Connection {
    let first = [Step::AwaitRequest, Step::Data(HELLO.into())];
    Connection::new(first.into_iter().chain(steps))
}

/// A server may close an idle connection at any time. A request that met that is sent again: once,
/// on a fresh connection, if it is idempotent and no byte of a response had come (RFC 9110 section
/// 9.2.2, RFC 9112 section 9.3.1).
#[test]
fn a_stale_connection_is_retried_once_where_that_is_safe() {
    let after_request = |end: Step| stale([Step::AwaitRequest, end]);
    let breaks_in_send =
        |at: usize| Connection { send_breaks_at: at, ..stale([Step::AwaitRequest, Step::Silence]) };
    let first_request = {
        // What the first request of each row sends, so that the second breaks 10 bytes later.
        let mut cx = cx();
        let clock = TestClock::ticking(1);
        let (mut client, log) = online(&mut cx, &clock, Config::new(), [stale([])]);
        get(&mut cx, &mut client, URL).unwrap();
        log.borrow().sent(0).len()
    };
    let good = || Connection::answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain");
    let body_of_3000 = [b'x'; 3000].as_slice();
    // The method, its body, what the kept connection does, what the next does; the outcome, and how
    // many connections were dialed for both requests.
    type Row<'a> =
        (&'a str, &'a str, &'a [u8], Connection, Connection, Result<&'a str, &'a str>, usize);
    let rows: [Row<'_>; 17] = [
        (
            "seen before the request: nothing was sent, so any method goes on",
            "POST",
            b"",
            stale([Step::Zero]),
            good(),
            Ok("again"),
            2,
        ),
        ("the same, with an error", "POST", b"", stale([Step::Fail]), good(), Ok("again"), 2),
        (
            "bytes that belong to no request end it too",
            "GET",
            b"",
            stale([Step::Data(b"HTTP/1.1 408 Timeout\r\n\r\n".to_vec())]),
            good(),
            Ok("again"),
            2,
        ),
        ("closed after the request", "GET", b"", after_request(Step::Zero), good(), Ok("again"), 2),
        (
            "reset after the request",
            "DELETE",
            b"",
            after_request(Step::Fail),
            good(),
            Ok("again"),
            2,
        ),
        (
            "closed after the request, with a body in the buffer",
            "PUT",
            b"a body",
            after_request(Step::Zero),
            good(),
            Ok("again"),
            2,
        ),
        (
            "closed in the middle of the request",
            "GET",
            b"",
            breaks_in_send(first_request + 10),
            good(),
            Ok("again"),
            2,
        ),
        (
            "closed in the middle of a body larger than the buffer",
            "PUT",
            body_of_3000,
            breaks_in_send(first_request + 2000),
            good(),
            Ok("again"),
            2,
        ),
        (
            "not idempotent",
            "POST",
            b"",
            after_request(Step::Zero),
            good(),
            Err("stale_connection"),
            1,
        ),
        (
            "not idempotent, in the middle of the request",
            "POST",
            b"a body",
            breaks_in_send(first_request + 10),
            good(),
            Err("send_failed"),
            1,
        ),
        (
            "not idempotent, and no byte counted as sent: a modem may have sent it all the same",
            "POST",
            b"a body",
            breaks_in_send(first_request),
            good(),
            Err("send_failed"),
            1,
        ),
        (
            "not idempotent, and the stack doesn't say that nothing had left",
            "POST",
            b"a body",
            Connection { send_fails_at: first_request, ..stale([Step::Silence]) },
            good(),
            Err("send_failed"),
            1,
        ),
        (
            "a custom method is taken as not idempotent",
            "PURGE",
            b"",
            after_request(Step::Zero),
            good(),
            Err("stale_connection"),
            1,
        ),
        (
            "a byte had come",
            "GET",
            b"",
            stale([Step::AwaitRequest, Step::Data(b"H".to_vec()), Step::Zero]),
            good(),
            Err("truncated"),
            1,
        ),
        (
            "silence isn't staleness",
            "GET",
            b"",
            after_request(Step::Silence),
            good(),
            Err("response_timeout"),
            1,
        ),
        (
            "once: the fresh connection fails too",
            "GET",
            b"",
            after_request(Step::Zero),
            Connection::new([Step::AwaitRequest, Step::Zero]),
            Err("empty_reply"),
            2,
        ),
        (
            "once: the fresh connection is refused",
            "GET",
            b"",
            after_request(Step::Zero),
            Connection { refused: true, ..good() },
            Err("connect_failed"),
            2,
        ),
    ];
    let mut cx = cx();
    for (case, method, body, kept, next, expected, dialed) in rows {
        let clock = TestClock::ticking(1);
        let connections = [kept, next, good()];
        let (mut client, log) = online(&mut cx, &clock, Config::new(), connections);
        assert_eq!(get(&mut cx, &mut client, URL).unwrap(), "hello");
        let mut buffer = [0; 256];
        let mut request =
            client.request(&mut cx, safe_http_client::Method::from_name(method), URL, &mut buffer);
        if !body.is_empty() {
            request = request.body(body);
        }
        let outcome =
            request.send().and_then(|mut response| response.read_to_str().map(str::to_owned));
        match (&outcome, expected) {
            (Ok(body), Ok(expected)) => assert_eq!(body, expected, "{case}"),
            (Err(error), Err(expected)) => assert_eq!(error.code(), expected, "{case}"),
            _ => panic!("{case}: {outcome:?}"),
        }
        let log = log.borrow();
        assert_eq!(log.dialed.len(), dialed, "{case}: {:?}", log.dialed);
        if expected.is_ok() {
            let text = log.text(1);
            assert!(text.starts_with(method), "{case}: {text}");
            let whole = std::str::from_utf8(body).unwrap();
            assert!(text.ends_with(&format!("\r\n\r\n{whole}")), "{case}");
        }
        eprintln!("stale connection: {case} ok");
    }
}

/// Another host's answer would be taken for this one's: whatever differs, the connection is closed.
#[test]
fn a_connection_is_never_reused_for_another_target() {
    let address = |last: u8, port: u16| SocketAddr::from(([192, 168, 1, last], port));
    let host = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20));
    type Target = (&'static str, Option<SocketAddr>);
    let rows: [(&str, Target, Target, bool); 9] = [
        ("the same", ("http://a.test/", None), ("http://a.test/", None), true),
        ("another path", ("http://a.test/", None), ("http://a.test/x?y", None), true),
        ("the default port spelt out", ("http://a.test/", None), ("http://a.test:80/", None), true),
        ("another spelling", ("http://a.test/", None), ("http://A.Test/", None), true),
        ("another port", ("http://a.test/", None), ("http://a.test:81/", None), false),
        // Of the same address: virtual hosts have different resources, and may be secured apart.
        ("another host", ("http://a.test/", None), ("http://b.test/", None), false),
        ("its address", ("http://a.test/", None), ("http://192.168.1.20/", None), false),
        (
            "another address given",
            ("http://a.test/", Some(address(20, 80))),
            ("http://a.test/", Some(address(21, 80))),
            false,
        ),
        (
            "an address given, then none",
            ("http://a.test/", Some(address(21, 80))),
            ("http://a.test/", None),
            false,
        ),
    ];
    let mut cx = cx();
    for (case, first, second, reused) in rows {
        let clock = TestClock::ticking(1);
        let twice = || stale([Step::AwaitRequest, Step::Data(HELLO.into())]);
        let (mut client, log) = online(&mut cx, &clock, Config::new(), [twice(), twice()]);
        client.network_mut().stack_mut().names =
            vec![("a.test", host), ("A.Test", host), ("b.test", host)];
        for (url, connect_to) in [first, second] {
            let mut buffer = [0; 256];
            let mut request = client.get(&mut cx, url, &mut buffer);
            if let Some(address) = connect_to {
                request = request.connect_to(address);
            }
            let mut response = request.send().unwrap();
            assert_eq!(response.read_to_str().unwrap(), "hello", "{case}");
        }
        let log = log.borrow();
        let expected = if reused { (1, 0) } else { (2, 1) };
        assert_eq!((log.opened, log.closed), expected, "{case}");
        assert_eq!(log.dialed.len(), expected.0, "{case}");
        eprintln!("reuse: {case} ok");
    }
}

#[test]
fn a_connection_that_rested_too_long_is_closed() {
    let mut cx = cx();
    for (rest, opened) in [(1000, 1), (1001, 2)] {
        let clock = TestClock::default();
        let twice = || stale([Step::AwaitRequest, Step::Data(HELLO.into())]);
        let config = Config::new().keep_alive(ms(1000));
        let (mut client, log) = online(&mut cx, &clock, config, [twice(), twice()]);
        get(&mut cx, &mut client, URL).unwrap();
        clock.advance(rest);
        get(&mut cx, &mut client, URL).unwrap();
        assert_eq!(log.borrow().opened, opened, "after {rest} ms");
    }
}

/// The rest of a response must not become the next one's beginning.
#[test]
fn a_response_that_is_dropped_half_way() {
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{}", "x".repeat(5000));
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let second = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond";
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
    // What the kept connection brings, how much of the body is read, and whether it is kept.
    let not_read = Some(WhyClosed::ResponseNotRead);
    let rows = [
        ("little is left, and there", HELLO, 2, None),
        ("nothing was read of little", HELLO, 0, None),
        ("chunks are there to the last", chunks, 3, None),
        ("little is left, but not there yet", cut, 2, not_read),
        ("much is left", long.as_str(), 100, not_read),
        ("no end is in sight", "HTTP/1.1 200 OK\r\n\r\nhello", 2, not_read),
    ];
    let mut cx = cx();
    for (case, bytes, read, why_closed) in rows {
        let clock = TestClock::ticking(1);
        let connections = [
            Connection::new([
                Step::AwaitRequest,
                Step::Data(bytes.into()),
                Step::AwaitRequest,
                Step::Data(second.into()),
            ]),
            Connection::answer(second),
        ];
        let (mut client, log) = online(&mut cx, &clock, Config::new(), connections);
        let mut buffer = [0; 256];
        let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
        response.read_exact(&mut vec![0; read]).unwrap();
        drop(response);
        assert_eq!(client.why_closed(), why_closed, "{case}");
        assert_eq!(client.is_connected(), why_closed.is_none(), "{case}");
        assert_eq!(get(&mut cx, &mut client, URL).unwrap(), "second", "{case}");
        let log = log.borrow();
        assert_eq!(log.opened, if why_closed.is_some() { 2 } else { 1 });
    }
}

/// An exchange that is dropped before its response came leaves none behind.
#[test]
fn an_exchange_that_is_dropped_at_any_poll() {
    let mut cx = cx();
    for polls in 0..200 {
        let clock = TestClock::ticking(1);
        let connection = Connection {
            connect_pends: 2,
            send_limit: 10,
            send_pends: 1,
            ..Connection::answer_split(HELLO, 3, None)
        };
        let connections = [connection, Connection::answer(HELLO)];
        let (mut client, log) = online(&mut cx, &clock, Config::new(), connections);
        let mut buffer = [0; 256];
        let mut exchange = client.get(&mut cx, URL, &mut buffer).start().unwrap();
        let done = (0..polls).any(|_| exchange.poll(&mut cx).is_ok());
        drop(exchange);
        {
            let log = log.borrow();
            assert_eq!(log.opened, log.closed, "after {polls} polls");
        }
        if done {
            assert!(polls > 20, "each of its waits was dropped in once");
            return;
        }
        if log.borrow().dialed.is_empty() {
            client.network_mut().stack_mut().connections.pop_front();
        }
        assert_eq!(get(&mut cx, &mut client, URL).unwrap(), "hello");
    }
    panic!("it never ended");
}

// ---------------------------------------------------------------------------------------------
// Answers that come while the request is still being sent
// ---------------------------------------------------------------------------------------------

/// A server may answer before it has read the body, and take no more of it (RFC 9112 section 9.3):
/// its answer is read, and the connection isn't used again.
#[test]
fn an_early_413_is_read_however_the_body_comes() {
    let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nbig!";
    let answer = || [Step::AwaitRequest, Step::Data(refusal.into())];
    let rows = [
        ("the server takes no more", Connection { send_window: 1000, ..Connection::new(answer()) }),
        (
            "its answer comes in pieces",
            Connection { send_window: 1000, ..Connection::answer_split(refusal, 5, None) },
        ),
        (
            "it closes the connection",
            Connection { send_breaks_at: 1000, ..Connection::new(answer()) },
        ),
        (
            "it takes no more than a part of what was staged",
            Connection { send_window: 200, ..Connection::new(answer()) },
        ),
    ];
    let mut cx = cx();
    for (case, connection) in rows {
        for way in ["slice", "reader", "reader, chunked", "pieces"] {
            let clock = TestClock::ticking(1);
            let connections = [connection.clone(), Connection::answer(HELLO)];
            let (mut client, log) = online(&mut cx, &clock, Config::new(), connections);
            let mut buffer = [0; 256];
            let body = [b'x'; 5000];
            let known = BodyLength::Known(body.len() as u64);
            let post = client.post(&mut cx, URL, &mut buffer);
            let response = match way {
                "slice" => post
                    .body(&body)
                    .start()
                    .and_then(|mut exchange| drive(&mut cx, &mut exchange, || ())),
                "pieces" => post.start_upload(known).and_then(|mut upload| {
                    let mut rest = body.as_slice();
                    while !rest.is_empty() {
                        match upload.write(&mut cx, rest) {
                            Ok(0) => break,
                            Ok(count) => rest = &rest[count..],
                            Err(nb::Error::WouldBlock) => {}
                            Err(nb::Error::Other(error)) => return Err(error),
                        }
                    }
                    drive(&mut cx, &mut upload.finish()?, || ())
                }),
                _ => {
                    let length = if way == "reader" { known } else { BodyLength::Chunked };
                    post.send_from(&mut body.as_slice(), length).and_then(|mut response| {
                        let status = response.status();
                        Ok((status, response.read_to_str()?.to_owned()))
                    })
                }
            };
            let response = response.unwrap_or_else(|error| panic!("{case}, {way}: {error}"));
            assert_eq!(response, (413, "big!".into()), "{case}, {way}");
            assert_eq!(client.why_closed(), Some(WhyClosed::RequestNotSent), "{case}, {way}");
            assert_eq!(log.borrow().closed, 1);
            assert_eq!(get(&mut cx, &mut client, URL).unwrap(), "hello", "{case}, {way}");
            eprintln!("early 413: {case}, {way} ok");
        }
    }
}
