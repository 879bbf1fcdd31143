//! What a call comes to: as in the client that waits, with the same errors, deadlines and messages.

use crate::common::cx;
use crate::pending::{Client, Peer, Pending, block_on, client};
use embedded_io_async::{BufRead, Read, Write};
use safe_http_client::asynch::{Connected, NalNetwork, SafeHttpClient};
use safe_http_client::{
    BodyLength, CloseReason, Config, Deadline, ErrorKind, LinkStatus, LoopContext, RequestError,
    StackFault,
};
use std::time::Duration;

const URL: &str = "http://gate.local/state";

fn get(client: &mut Client<'_>, cx: &mut LoopContext, url: &str) -> Result<String, String> {
    block_on(async {
        let mut online = client.wait_online(cx).await.map_err(|why| why.to_string())?;
        let mut buffer = [0; 512];
        let sent = online.get(url, &mut buffer).send().await;
        let mut response = sent.map_err(|error| error.to_string())?;
        response.read_to_str().await.map(str::to_owned).map_err(|error| error.to_string())
    })
}

#[test]
fn a_connection_is_kept_for_the_next_request_whatever_the_segments_are() {
    let mut cx = cx();
    for segment in [1, 2, 7, 64, usize::MAX] {
        let stack = Pending::new(Peer::Serves(segment));
        let mut client = client(&stack, Config::new());
        for target in ["/state", "/chunked", "/state?again"] {
            let url = format!("http://gate.local{target}");
            assert_eq!(get(&mut client, &mut cx, &url), Ok(target.to_owned()), "{segment}");
        }
        assert_eq!((stack.opened.get(), stack.closed.get()), (1, 0), "{segment}");
        assert!(stack.flushes.get() > 0, "what a stack gathers is let go");
        client.close();
        assert_eq!(stack.closed.get(), 1);
    }
}

/// A timer ends what the stack would wait for for ever; the errors are the other client's.
#[test]
fn what_never_comes_ends_in_the_deadline_that_it_is_waited_for() {
    let mut cx = cx();
    let ms = Duration::from_millis;
    let config = Config::new()
        .resolve_timeout(ms(30))
        .connect_timeout(ms(40))
        .response_timeout(ms(50))
        .idle_timeout(ms(60));
    for (peer, expected) in [
        (Peer::Unknown, "Timeout { deadline: Resolve, limit_ms: 30 }"),
        (Peer::Lost, "Timeout { deadline: Connect, limit_ms: 40 }"),
        (Peer::Silent, "Timeout { deadline: Response, limit_ms: 50 }"),
        (Peer::Full(10), "Timeout { deadline: Idle, limit_ms: 60 }"),
        (Peer::Full(0), "Timeout { deadline: Idle, limit_ms: 60 }"),
        (Peer::Refuses, "Connect(ConnectionRefused)"),
        (Peer::Ends, "ClosedBeforeResponse"),
        (Peer::Resets, "Receive(ConnectionReset)"),
    ] {
        let stack = Pending::new(peer);
        let mut client = client(&stack, config.clone());
        let mut buffer = [0; 512];
        let error = block_on(async {
            let mut online = client.online(&mut cx).unwrap();
            online.get(URL, &mut buffer).send().await.map(|_| ()).unwrap_err()
        });
        assert_eq!(format!("{:?}", error.kind), expected, "{peer:?}");
        assert_eq!(client.cause(&error), client.diagnosis(&error).cause(), "{peer:?}");
        assert!(!client.is_connected());
        assert_eq!(stack.opened.get(), stack.closed.get(), "{peer:?}");
        let evidence = client.evidence();
        if let ErrorKind::Timeout { limit_ms, .. } = error.kind {
            assert!((limit_ms..limit_ms + 5).contains(&evidence.phase_ms), "{evidence:?}");
        }
        assert_eq!(evidence.fault == StackFault::Refused, peer == Peer::Refuses);
        assert_eq!(evidence.fault == StackFault::Reset, peer == Peer::Resets);

        // And the client works.
        stack.peer.set(Peer::Serves(9));
        assert_eq!(get(&mut client, &mut cx, URL), Ok("/state".to_owned()), "{peer:?}");
    }
}

#[test]
fn the_total_deadline_bounds_all_of_them() {
    let mut cx = cx();
    let config = Config::new().total_timeout(Some(Duration::from_millis(25)));
    for peer in [Peer::Unknown, Peer::Lost, Peer::Silent, Peer::Full(10)] {
        let stack = Pending::new(peer);
        let mut client = client(&stack, config.clone());
        let error = get(&mut client, &mut cx, URL).unwrap_err();
        let total = config.limit(Deadline::Total).unwrap().as_millis();
        assert!(error.contains(&format!("{total} ms")), "{peer:?}: {error}");
    }
}

#[test]
fn without_an_address_nothing_is_sent_and_the_link_says_why() {
    let mut cx = cx();
    let stack = Pending::new(Peer::Serves(9));
    let mut client = client(&stack, Config::new().online_timeout(Duration::from_millis(200)));
    client.network_mut().link().set(LinkStatus::NoAddress);
    assert!(client.online(&mut cx).unwrap_err().to_string().contains("no IP address"));
    let error = get(&mut client, &mut cx, URL).unwrap_err();
    assert!(error.contains("no IP address"), "{error}");
    assert!(client.evidence().elapsed_ms >= 200);
    assert_eq!(stack.opened.get(), 0);
}

#[test]
fn a_body_is_read_in_pieces_and_its_trailers_follow() {
    let mut cx = cx();
    let stack = Pending::new(Peer::Serves(5));
    let mut client = client(&stack, Config::new());
    block_on(async {
        let mut online = client.online(&mut cx).unwrap();
        let mut buffer = [0; 256];
        let sent = online.get("http://gate.local/chunked/0123456789", &mut buffer).send().await;
        let mut response = sent.unwrap();
        assert!(response.fill_buf().await.unwrap().starts_with(b"/"));
        response.consume(1);
        let (mut text, mut piece) = (Vec::new(), [0; 4]);
        loop {
            match response.read(&mut piece).await.unwrap() {
                0 => break,
                count => text.extend_from_slice(&piece[..count]),
            }
        }
        assert_eq!(text, b"chunked/0123456789");
        let trailers: Vec<_> = response.trailers().map(|field| field.name().to_owned()).collect();
        assert_eq!(trailers, ["X-Sum"]);
        drop(response);

        let mut response = online.get("http://gate.local/again", &mut buffer).send().await.unwrap();
        let mut copy = [0; 16];
        assert_eq!(response.copy_to(&mut &mut copy[..]).await.unwrap(), 6);
        assert_eq!(&copy[..6], b"/again");
    });
    assert_eq!(stack.opened.get(), 1);
}

#[test]
fn uploads_come_from_an_async_reader() {
    let mut cx = cx();
    let log: Vec<u8> = (0..2000u32).map(|at| b'a' + (at % 23) as u8).collect();
    for (length, ending) in [(BodyLength::Chunked, "\r\n0\r\n\r\n"), (BodyLength::Known(2000), "")]
    {
        let stack = Pending::new(Peer::Serves(9));
        let mut client = client(&stack, Config::new());
        block_on(async {
            let mut online = client.online(&mut cx).unwrap();
            let mut buffer = [0; 256];
            let request = online.put("http://gate.local/log", &mut buffer);
            let mut response = request.send_from(&mut &log[..], length).await.unwrap();
            assert_eq!(response.read_to_str().await.unwrap(), "/log");
        });
        assert!(stack.said().ends_with(ending), "{length:?}");
        assert!(client.is_connected());
    }

    let stack = Pending::new(Peer::Serves(9));
    let mut client = client(&stack, Config::new());
    let mut buffer = [0; 256];
    let error = block_on(async {
        let mut online = client.online(&mut cx).unwrap();
        let request = online.put("http://gate.local/log", &mut buffer);
        request.send_from(&mut &log[..], BodyLength::Known(9)).await.map(|_| ()).unwrap_err()
    });
    assert!(matches!(
        error.kind,
        ErrorKind::Request(RequestError::BodyLength { declared: 9, given: 10 })
    ));
    assert!(!client.is_connected());
}

#[test]
fn a_body_waits_for_100_continue() {
    let mut cx = cx();
    for (refuses, status) in [(false, 200), (true, 413)] {
        let stack = Pending::new(Peer::Expects(refuses));
        let mut client = client(&stack, Config::new());
        let mut buffer = [0; 256];
        let sent = block_on(async {
            let mut online = client.online(&mut cx).unwrap();
            let request = online.put(URL, &mut buffer).expect_continue().body("a large body");
            request.send().await.map(|response| response.status())
        });
        assert_eq!(sent.unwrap(), status);
        assert_eq!(stack.said().contains("a large body"), !refuses);
    }
}

#[test]
fn an_upgraded_connection_is_handed_over() {
    let mut cx = cx();
    let stack = Pending::new(Peer::Echoes);
    let mut client = client(&stack, Config::new());
    block_on(async {
        let mut online = client.online(&mut cx).unwrap();
        let mut buffer = [0; 256];
        let request = online.get("http://gate.local/echo", &mut buffer);
        let response = request.header("upgrade", "echo").header("connection", "upgrade");
        let mut stream = response.send().await.unwrap().into_stream().unwrap();
        stream.write_all(b"ping").await.unwrap();
        let mut answer = [0; 10];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"early ping");
    });
    assert!(!client.is_connected());
    assert_eq!(client.close_reason(), Some(CloseReason::Upgraded));
}

#[test]
fn the_check_goes_down_the_same_ladder() {
    let mut cx = cx();
    for (peer, url, expected) in [
        (Peer::Serves(9), URL, "http"),
        (Peer::Refuses, URL, "nothing listens"),
        (Peer::Serves(9), "http://nowhere.local/", "name"),
        (Peer::Lost, URL, "port"),
    ] {
        let stack = Pending::new(peer);
        let mut client = client(&stack, Config::new());
        let page = block_on(client.diagnose(&mut cx, url)).to_string();
        assert!(page.to_lowercase().contains(expected), "{peer:?}: {page}");
        assert!(!client.is_connected());
        assert_eq!(stack.opened.get(), stack.closed.get());
    }
}

/// A TLS session, for example: it has no address to be dialled, and is there once.
#[test]
fn a_stream_that_is_connected_already_carries_requests() {
    use embedded_nal_async::TcpConnect;
    let mut cx = cx();
    let stack = Pending::new(Peer::Serves(9));
    let peer = ([192, 168, 1, 20], 443).into();
    let stream = Connected::new(block_on(stack.connect(peer)).unwrap(), peer);
    let network = NalNetwork::new(&stream, &stream, crate::common::TestLink::up()).with_tls();
    let mut client = SafeHttpClient::new(network, crate::pending::Slow::default());
    let mut buffer = [0; 512];
    for _ in 0..2 {
        let length = block_on(async {
            let mut online = client.online(&mut cx).unwrap();
            let mut response =
                online.get("https://gate.example/", &mut buffer).send().await.unwrap();
            response.read_to_end().await.unwrap().len()
        });
        assert_eq!(length, 1);
    }
    client.close();
    let error = block_on(async {
        let mut online = client.online(&mut cx).unwrap();
        online.get("https://gate.example/", &mut buffer).send().await.map(|_| ()).unwrap_err()
    });
    assert!(error.to_string().contains("Gone"), "{error}");
    assert_eq!((stack.opened.get(), stack.closed.get()), (1, 1));
}
