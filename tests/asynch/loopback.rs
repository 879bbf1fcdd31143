//! Over the operating system's sockets, against a real server.

use crate::common::cx;
use crate::scenario::{Act, say};
use crate::server::Server;
use embedded_io_async::Read;
use nal_link::{PcLink, StdClock};
use safe_http_client::asynch::{AsyncNetwork, NalNetwork, SafeHttpClient, Timer};
use safe_http_client::{
    Clock, Config, Deadline, Download, ErrorKind, EventStream, Multipart, Part, RequestError,
    RetryPolicy, StackFault,
};
use std::time::{Duration, Instant};

#[derive(Clone, Copy)]
pub struct IoTimer(pub StdClock);

impl Clock for IoTimer {
    fn now_ms(&self) -> u32 {
        self.0.now_ms()
    }
}

impl Timer for IoTimer {
    async fn sleep_ms(&self, ms: u32) {
        async_io::Timer::after(Duration::from_millis(ms.into())).await;
    }
}

pub fn host(
    stack: &std_embedded_nal_async::Stack,
    config: Config,
) -> SafeHttpClient<impl AsyncNetwork, IoTimer> {
    let network = NalNetwork::new(stack, stack, PcLink).with_tcp_fault(|error| error.into());
    SafeHttpClient::with_config(network, IoTimer(StdClock::new()), config)
}

#[test]
fn requests_go_over_one_connection_to_a_real_server() {
    let mut cx = cx();
    let answer = |body: &str| {
        let length = body.len();
        say(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"))
    };
    let server = Server::new(vec![vec![
        Act::Request,
        answer("one"),
        Act::Request,
        Act::Wait(50),
        answer("two"),
    ]]);
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = host(&stack, Config::new());
    async_io::block_on(async {
        let mut buffer = [0; 512];
        let url = server.url();
        let mut online = client.wait_online(&mut cx).await.unwrap();
        let mut response = online.get(&url, &mut buffer).send().await.unwrap();
        assert_eq!(response.read_to_str().await.unwrap(), "one");
        drop(response);
        let mut response = online.post(&url, &mut buffer).body("open").send().await.unwrap();
        let mut body = [0; 3];
        response.read_exact(&mut body).await.unwrap();
        assert_eq!(&body, b"two");
        assert_eq!(response.read(&mut body).await.unwrap(), 0);
    });
    assert_eq!(server.seen.lock().unwrap().accepted, 1);
}

#[test]
fn a_silent_server_ends_in_a_timeout_and_the_task_sleeps_meanwhile() {
    let mut cx = cx();
    let server = Server::new(vec![vec![Act::Request]]);
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = host(&stack, Config::new().response_timeout(Duration::from_millis(120)));
    let began = Instant::now();
    let mut polls = 0;
    let mut buffer = [0; 512];
    let url = server.url();
    let error = async_io::block_on(async {
        let mut online = client.online(&mut cx).unwrap();
        let mut sent = std::pin::pin!(online.get(&url, &mut buffer).send());
        let counted = std::future::poll_fn(|context| {
            polls += 1;
            sent.as_mut().poll(context)
        });
        counted.await.map(|_| ()).unwrap_err()
    });
    let took = began.elapsed();
    assert!(matches!(
        error.kind,
        ErrorKind::Timeout { deadline: Deadline::Response, limit_ms: 120 }
    ));
    assert_eq!(
        error.to_string(),
        "head: connected, but no response came within 120 ms: raise the response deadline, or let \
         the server answer sooner"
    );
    assert!(took >= Duration::from_millis(120) && took < Duration::from_secs(2), "{took:?}");
    println!("{polls} wake-ups");
    assert!(polls <= 8, "{polls} wake-ups");
}

#[test]
fn a_refused_connection_says_so() {
    let mut cx = cx();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = host(&stack, Config::new());
    let mut buffer = [0; 512];
    let url = format!("http://127.0.0.1:{port}/");
    let error = async_io::block_on(async {
        let mut online = client.online(&mut cx).unwrap();
        online.get(&url, &mut buffer).send().await.map(|_| ()).unwrap_err()
    });
    assert_eq!(error.code(), "connect_failed");
    assert_eq!(client.evidence().fault, StackFault::Refused);
    let page = async_io::block_on(client.diagnose(&mut cx, &url)).to_string();
    assert!(page.contains("closed at once") && page.contains("nothing listens"), "{page}");
}

#[test]
fn a_download_goes_on_where_it_was_cut() {
    let mut cx = cx();
    let head = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 10\r\n\r\n";
    let rest = "HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\nContent-Range: bytes 4-9/10\r\n\
                Content-Length: 6\r\n\r\n456789";
    let server = Server::new(vec![
        vec![Act::Request, say(format!("{head}0123")), Act::Fin],
        vec![Act::Request, say(rest)],
    ]);
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = host(&stack, Config::new());
    let (url, mut file) = (server.url(), [0; 10]);
    let (mut download, mut pieces) = (Download::new(), 0);
    async_io::block_on(async {
        let mut writer = &mut file[..];
        for expected in [false, true] {
            let mut online = client.wait_online(&mut cx).await.unwrap();
            let request = download.request_async(&mut online, &url, [0; 512]);
            let mut response = request.send().await.unwrap();
            let saved = download.save_async(&mut response, &mut writer, |_, _| pieces += 1).await;
            assert_eq!((saved.is_ok(), download.is_whole()), (expected, expected), "{saved:?}");
        }
    });
    assert_eq!((&file, download.have(), pieces >= 2), (b"0123456789", 10, true));
    assert!(server.heads()[1].contains("range: bytes=4-\r\nif-range: \"1\"\r\n"));
}

/// Events come as they do to the client that waits.
#[test]
fn events_over_a_real_socket() {
    let mut cx = cx();
    let first = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\
                 id: 7\ndata: one\n\nevent: x\nda";
    let rest = say("ta: two\n\ndata: cut");
    let server = Server::new(vec![vec![Act::Request, say(first), Act::Wait(20), rest, Act::Fin]]);
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = host(&stack, Config::new());
    let (url, mut events) = (server.url(), EventStream::new([0; 64]));
    async_io::block_on(async {
        let mut buffer = [0; 512];
        let mut online = client.wait_online(&mut cx).await.unwrap();
        let request = events.request_async(&mut online, &url, &mut buffer);
        let mut response = request.send().await.unwrap();
        for (kind, data) in [("message", "one"), ("x", "two")] {
            let event = events.next_async(&mut response).await.unwrap().unwrap();
            assert_eq!((event.is(kind), event.data_str()), (true, Some(data)));
        }
        assert!(events.next_async(&mut response).await.unwrap().is_none());
    });
    assert_eq!(events.last_id(), b"7");
}

/// The same bytes as the client that waits sends, through any buffer.
#[test]
fn parts_over_a_real_socket() {
    let mut cx = cx();
    let content: Vec<u8> = (0..3000).map(|at| (at * at / 7) as u8).collect();
    let parts = [Part::text("place", "door"), Part::file("f", "f.bin", "a/b", &content)];
    let mut expected = vec![0; 4000];
    let length = embedded_io::Read::read(&mut Multipart::new(&parts), &mut expected).unwrap();
    expected.truncate(length);
    for size in [300, 4096] {
        let answer = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
        let server = Server::new(vec![vec![Act::Request, Act::Body(length), say(answer)]]);
        let stack = std_embedded_nal_async::Stack::default();
        let mut client = host(&stack, Config::new());
        let url = server.url();
        async_io::block_on(async {
            let mut buffer = vec![0; size];
            let mut online = client.wait_online(&mut cx).await.unwrap();
            let request = online.post(&url, &mut buffer);
            let response = request.send_parts(&mut Multipart::new(&parts)).await.unwrap();
            assert_eq!(response.status(), 201);
        });
        let seen = server.seen.lock().unwrap();
        let head = &seen.heads[0];
        assert!(head.contains(&format!("Content-Length: {length}\r\n")), "{head}");
        assert!(head.contains("Content-Type: multipart/form-data; boundary=----part00000000\r\n"));
        assert!(seen.bodies == expected, "{size}");
    }
}

#[test]
fn names_of_parts_that_would_end_their_line() {
    let mut cx = cx();
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = host(&stack, Config::new());
    for part in [Part::text("a\"b", ""), Part::file("a", "b", "c/d\r\nX: y", b"")] {
        let error = async_io::block_on(async {
            let mut online = client.wait_online(&mut cx).await.unwrap();
            let request = online.post("http://127.0.0.1:1/", [0; 512]);
            request.send_parts(&mut Multipart::new(&[part])).await.map(|_| ()).unwrap_err()
        });
        let expected = RequestError::UnfitHeader("Content-Disposition");
        assert!(matches!(error.kind, ErrorKind::Request(kind) if kind == expected), "{error}");
    }
}

#[cfg(feature = "json")]
#[test]
fn json_over_a_real_socket() {
    let mut cx = cx();
    let answer = |body: &str| say(format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{body}"));
    let server = Server::new(vec![vec![
        Act::Request,
        Act::Body(6),
        answer("17"),
        Act::Request,
        answer("{]"),
        Act::Request,
        say(&b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x1F\x8B\x08"[..]),
    ]]);
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = host(&stack, Config::new());
    let url = server.url();
    async_io::block_on(async {
        let mut buffer = [0; 512];
        let mut online = client.wait_online(&mut cx).await.unwrap();
        let mut response = online.post(&url, &mut buffer).json("open").send().await.unwrap();
        assert_eq!(response.json::<u32>().await.unwrap(), 17);
        drop(response);
        let mut response = online.get(&url, &mut buffer).send().await.unwrap();
        let error = response.json::<u32>().await.unwrap_err();
        assert!(matches!(error, safe_http_client::JsonError::Json(_)), "{error}");
        drop(response);
        let mut response = online.get(&url, &mut buffer).send().await.unwrap();
        let error = response.json::<u32>().await.unwrap_err();
        assert!(error.to_string().contains("is compressed"), "{error}");
    });
    assert!(server.heads()[0].contains("Content-Type: application/json\r\n"));
}

/// Layers go on in the same order, and the wait for the next attempt is slept through.
#[test]
fn layers_over_real_sockets() {
    let mut cx = cx();
    let moved = "HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 4\r\n\r\ngone";
    let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let exchange = |answer: &str| [Act::Request, say(answer)];
    let wants = "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=auth\r\n\
                 Content-Length: 0\r\n\r\n";
    let answers = [moved, moved, hello, busy, busy, hello, moved, busy, hello, moved, wants, hello];
    let server = Server::new(vec![answers.iter().flat_map(|answer| exchange(answer)).collect()]);
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = host(&stack, Config::new());
    async_io::block_on(async {
        let mut buffer = [0; 1024];
        let url = server.url();
        let mut online = client.wait_online(&mut cx).await.unwrap();
        let mut response = online.get(&url, &mut buffer).send().await.unwrap();
        let leads = response.redirect().map(|to| (to.status(), to.location().to_vec()));
        assert_eq!(leads, Some((302, b"/new".to_vec())));
        assert_eq!(response.read_to_str().await.unwrap(), "gone");
        drop(response);
        let mut response = online.get(&url, &mut buffer).follow(3).send().await.unwrap();
        assert_eq!(response.read_to_str().await.unwrap(), "hello");
        drop(response);
        let policy = RetryPolicy::new(1).base(Duration::from_millis(40));
        let started = Instant::now();
        let mut response = online.get(&url, &mut buffer).retry(policy).send().await.unwrap();
        assert_eq!(response.read_to_str().await.unwrap(), "hello");
        assert!(started.elapsed() < Duration::from_secs(2));
        drop(response);
        let request = online.get(&url, &mut buffer);
        let mut response = request.follow(3).retry(policy).send().await.unwrap();
        assert_eq!(response.read_to_str().await.unwrap(), "hello");
        #[cfg(feature = "digest")]
        {
            drop(response);
            let request = online.get(&url, &mut buffer).digest("user", "password", 17);
            let mut response = request.follow(3).send().await.unwrap();
            assert_eq!(response.read_to_str().await.unwrap(), "hello");
            drop(response);
            let head = server.heads().pop().unwrap();
            assert!(head.starts_with("GET /new "), "{head}");
            assert!(
                head.contains("Authorization: Digest username=\"user\", uri=\"/new\""),
                "{head}"
            );
        }
    });
}
