//! Every wait has a deadline that says which it was and how long.

use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::scenario::{Act, say};
use crate::server::Server;
use crate::support::{
    HELLO, URL, answers_after_body, answers_twice, drive, get, host, long_body, ms, ready, scripted,
};
use safe_http_client::{
    BodyLength, Clock, Config, Deadline, ErrorKind, LoopContext, Network, Phase, SafeHttpClient, nb,
};
use std::time::Instant;

#[test]
fn a_silent_server_ends_in_a_timeout_that_says_which_phase_and_how_long() {
    let mut cx = cx();
    let server = Server::new(vec![vec![Act::Request]]);
    let mut client = host(Config::new().response_timeout(ms(120)));
    let url = server.url();
    let began = Instant::now();
    let error = client.online(&mut cx).unwrap().get(&url, [0; 512]).send().unwrap_err();
    let took = began.elapsed();

    assert!(matches!(
        error.kind,
        ErrorKind::Timeout { deadline: Deadline::Response, limit_ms: 120 }
    ));
    assert_eq!((error.code(), error.phase), ("response_timeout", Phase::Head));
    assert_eq!(
        error.to_string(),
        "head: connected, but no response came within 120 ms: raise the response deadline, or let \
         the server answer sooner"
    );
    let evidence = client.evidence();
    assert!(evidence.phase_ms >= 120 && evidence.elapsed_ms >= evidence.phase_ms);
    assert!(took >= ms(120) && took < ms(2000), "it took {took:?}");
    assert_eq!(evidence.limit_ms, 120);
    assert_eq!(evidence.remote.map(|remote| remote.port()), Some(server.port()));
    assert_eq!(
        evidence.sent as usize,
        server.heads()[0].len(),
        "the evidence is what the server got"
    );
    assert_eq!(evidence.received, 0);
    // And the diagnosis shows them.
    let page = client.diagnosis(&error).to_string();
    let said = format!("{} bytes sent", evidence.sent);
    assert!(page.contains("head failed after") && page.contains(&said), "{page}");
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
    let mut client = host(Config::new().response_timeout(ms(100)));
    let url = server.url();
    assert_eq!(body(&mut client, &mut cx, &url), Ok("kept".to_owned()));
    assert_eq!(body(&mut client, &mut cx, &url), Err("response_timeout"));
    std::thread::sleep(ms(300));
    assert_eq!(body(&mut client, &mut cx, &url), Ok("next".to_owned()));
}

/// The body of a GET, or the error's code.
fn body<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Result<String, &'static str> {
    let mut online = client.online(cx).unwrap();
    let mut response = online.get(url, [0; 512]).send().map_err(|error| error.code())?;
    response.read_to_str().map(str::to_owned).map_err(|error| error.code())
}

// --- On a clock that the test moves ---

#[test]
fn each_deadline_holds_to_the_millisecond_and_says_so() {
    let config = Config::new()
        .resolve_timeout(ms(400))
        .connect_timeout(ms(500))
        .response_timeout(ms(300))
        .idle_timeout(ms(200));
    let pending_connect = Connection { connect_pends: usize::MAX, ..Connection::answer(HELLO) };
    let full = Connection { send_window: 10, ..Connection::answer(HELLO) };
    let silent = Connection::new([Step::Silence]);
    let half_a_head = Connection::answer("HTTP/1.1 200");
    let half_a_body = Connection::answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    let name = "http://gate.test/";
    use Deadline::{Connect, Idle, Resolve, Response};
    type Row<'a> = (&'a str, &'a str, Connection, Deadline, u32, &'a str, Phase);
    let rows: [Row<'_>; 6] = [
        (
            "resolver",
            name,
            Connection::answer(HELLO),
            Resolve,
            400,
            "resolve_timeout",
            Phase::Resolve,
        ),
        ("connect", URL, pending_connect, Connect, 500, "connect_timeout", Phase::Connect),
        ("a full send window", URL, full, Idle, 200, "idle_timeout", Phase::Send),
        ("no answer", URL, silent, Response, 300, "response_timeout", Phase::Head),
        ("half a head", URL, half_a_head, Idle, 200, "idle_timeout", Phase::Head),
        ("half a body", URL, half_a_body, Idle, 200, "idle_timeout", Phase::Body),
    ];
    let mut cx = cx();
    // The second clock wraps in the middle of the wait.
    for start in [0, u32::MAX - 150] {
        for (what, url, connection, deadline, limit, code, phase) in rows.clone() {
            let clock = TestClock::default();
            clock.set(start);
            let (mut client, log) = scripted(&clock, config.clone(), [connection]);
            client.network_mut().stack_mut().dns_pends = usize::MAX;
            let mut call = client.online(&mut cx).unwrap().get(url, [0; 512]).start().unwrap();
            let mut poll = || call.poll_read_to_end(&mut client, &mut cx);

            assert_eq!(poll(), Err(nb::Error::WouldBlock), "{what}: begins");
            clock.advance(limit - 1);
            assert_eq!(poll(), Err(nb::Error::WouldBlock), "{what}: 1 ms early");
            clock.advance(1);
            let Err(nb::Error::Other(error)) = poll() else {
                panic!("{what}: in time");
            };
            assert_eq!(error.kind, ErrorKind::Timeout { deadline, limit_ms: limit }, "{what}");
            assert_eq!((error.code(), error.phase), (code, phase), "{what}");
            let text = error.to_string();
            assert!(text.starts_with(&format!("{phase}: ")), "{text}");
            assert!(text.contains(&format!("{limit} ms")), "{text}");
            let evidence = client.evidence();
            assert_eq!(evidence.phase_ms, limit, "{what}");
            assert_eq!(evidence.elapsed_ms, limit, "{what}");
            assert_eq!(evidence.limit_ms, limit, "{what}");
            let log = log.borrow();
            assert_eq!(log.opened, log.closed, "{what}");
        }
    }
}

/// What a request sets for itself is for that request alone.
#[test]
fn a_request_has_deadlines_of_its_own() {
    let pending_connect = || Connection { connect_pends: usize::MAX, ..Connection::answer(HELLO) };
    let silent = || Connection::new([Step::Silence]);
    let half_a_head = || Connection::answer("HTTP/1.1 200");
    let name = "http://gate.test/";
    use Deadline::{Connect, Idle, Resolve, Response, Total};
    type Row<'a> = (Deadline, &'a str, fn() -> Connection, Option<u32>);
    let rows: [Row<'_>; 5] = [
        (Resolve, name, silent, Some(5000)),
        (Connect, URL, pending_connect, Some(5000)),
        (Response, URL, silent, Some(3000)),
        (Idle, URL, half_a_head, Some(5000)),
        // The next one has none: what ends it is the response's.
        (Total, URL, silent, None),
    ];
    let mut cx = cx();
    for (deadline, url, connection, default) in rows {
        let clock = TestClock::default();
        let (mut client, _) = scripted(&clock, Config::new(), [connection(), connection()]);
        client.network_mut().stack_mut().dns_pends = usize::MAX;
        for (own, limit_ms) in [(true, Some(70)), (false, default)] {
            let mut online = client.online(&mut cx).unwrap();
            let request = online.get(url, [0; 512]);
            let request = match deadline {
                _ if !own => request,
                Resolve => request.resolve_timeout(ms(70)),
                Connect => request.connect_timeout(ms(70)),
                Response => request.response_timeout(ms(70)),
                Idle => request.idle_timeout(ms(70)),
                _ => request.total_timeout(Some(ms(70))),
            };
            let mut call = request.start().unwrap();
            let error = loop {
                match call.poll(&mut client, &mut cx) {
                    Err(nb::Error::Other(error)) => break error,
                    Err(nb::Error::WouldBlock) => clock.advance(10),
                    Ok(()) => panic!("{deadline:?}: no answer is complete"),
                }
            };
            let expected = match limit_ms {
                Some(limit_ms) => ErrorKind::Timeout { deadline, limit_ms },
                None => ErrorKind::Timeout { deadline: Response, limit_ms: 3000 },
            };
            assert_eq!(error.kind, expected, "{deadline:?}, its own: {own}");
        }
        assert_eq!(client.config().limit(deadline), default.map(ms), "{deadline:?}");
    }
    // And the client's total deadline can be lifted for one request.
    let clock = TestClock::ticking(1);
    let config = Config::new().total_timeout(Some(ms(1)));
    let (mut client, _) = scripted(&clock, config, [answers_twice()]);
    let mut online = client.online(&mut cx).unwrap();
    assert!(online.get(URL, [0; 512]).total_timeout(None).send().is_ok());
    let error = get(&mut client, &mut cx, URL).unwrap_err();
    assert_eq!(error.code(), "total_timeout");
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
    let (mut client, log) = scripted(&clock, config, [Connection::new(steps)]);
    let mut call = client.online(&mut cx).unwrap().get(URL, [0; 512]).start().unwrap();
    ready(|| call.poll(&mut client, &mut cx)).unwrap();
    let mut byte = [0];
    let error = loop {
        match call.poll_read(&mut client, &mut cx, &mut byte) {
            Err(nb::Error::Other(error)) => break error,
            Err(nb::Error::WouldBlock) => clock.advance(90),
            Ok(count) => assert_eq!(count, 1),
        }
    };
    let deadline = Deadline::Total;
    let limit_ms = 1000;
    assert_eq!(error.kind, ErrorKind::Timeout { deadline, limit_ms });
    assert_eq!((error.code(), error.phase), ("total_timeout", Phase::Body));
    assert_eq!(error.to_string(), "body: the call took longer than its total deadline of 1000 ms");
    let evidence = client.evidence();
    assert_eq!(evidence.elapsed_ms, 12 * 90, "the first look after it");
    assert!(evidence.phase_ms < 200, "the body itself never rested");
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
        let (mut client, _) = scripted(&clock, Config::new(), [answers_after_body(0)]);
        let mut online = client.online(&mut cx).unwrap();
        let mut upload = online.post(URL, [0; 256]).start_upload(length).unwrap();
        let mut rest = body.as_slice();
        while !rest.is_empty() {
            match upload.poll_write(&mut client, &mut cx, &rest[..rest.len().min(100)]) {
                Ok(count) => {
                    rest = &rest[count..];
                    clock.advance(60_000);
                }
                Err(nb::Error::WouldBlock) => clock.advance(10),
                Err(nb::Error::Other(error)) => panic!("{length:?}: {error}"),
            }
        }
        let mut call = upload.finish(&mut client).unwrap();
        let response = drive(&mut call, &mut client, &mut cx, || clock.advance(10));
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
    let (mut client, _) = scripted(&clock, Config::new(), [Connection::new(steps)]);
    let mut call = client.online(&mut cx).unwrap().get(URL, [0; 256]).start().unwrap();
    call.poll(&mut client, &mut cx).unwrap();
    let (mut read, mut waited) = (0, 0);
    let error = loop {
        let mut piece = [0; 10];
        match call.poll_read(&mut client, &mut cx, &mut piece) {
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
    // With a rest between its bytes, and without one: then no look at the clock finds nothing.
    for rest in [1, 0] {
        let clock = TestClock::ticking(u32::from(rest == 0) * 10);
        let steps = HELLO.bytes().flat_map(|byte| [Step::Data(vec![byte]), Step::Pend(rest)]);
        let connection = Connection::new([Step::AwaitRequest].into_iter().chain(steps));
        let config = Config::new().idle_timeout(ms(200));
        let (mut client, _) = scripted(&clock, config, [connection]);
        let mut call = client.online(&mut cx).unwrap().get(URL, [0; 512]).start().unwrap();
        let error = loop {
            match call.poll(&mut client, &mut cx) {
                Err(nb::Error::Other(error)) => break error,
                Err(nb::Error::WouldBlock) => clock.advance(20),
                Ok(()) => panic!("the head needs 38 turns"),
            }
        };
        assert_eq!((error.code(), error.phase), ("idle_timeout", Phase::Head));
        let waited = client.evidence().phase_ms;
        assert!((200..230).contains(&waited), "{waited} ms");
        assert!(rest == 0 || waited == 200, "{waited} ms");
    }
}
