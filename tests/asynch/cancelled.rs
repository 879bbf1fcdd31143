//! Any future dropped at any await leaves a client that works, a closed connection, and no byte to the next.

use crate::common::cx;
use crate::pending::{Client, Peer, Pending, block_on, client, pend, poll};
use embedded_io_async::{Read, Write};
use safe_http_client::{BodyLength, Config, Download, LoopContext, Multipart, Part, RetryPolicy};
use std::future::Future;
use std::task::Poll;
use std::time::Duration;

/// A reader that pends before each piece.
struct Pieces(Vec<u8>);

impl embedded_io_async::ErrorType for Pieces {
    type Error = embedded_io_async::ErrorKind;
}

impl Read for Pieces {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        pend().await;
        let count = buf.len().min(self.0.len()).min(7);
        buf[..count].copy_from_slice(&self.0[..count]);
        self.0.drain(..count);
        Ok(count)
    }
}

type Scenario = (&'static str, Peer, fn(&mut Client<'_>, &mut LoopContext, usize) -> bool);

/// Polls it so many times, then drops it. Whether it was done by then.
fn polls(future: impl Future, most: usize) -> bool {
    let mut future = Box::pin(future);
    (0..most).any(|_| poll(future.as_mut()).is_ready())
}

fn get(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(
        async {
            let mut buffer = [0; 256];
            let mut online = client.wait_online(cx).await.unwrap();
            let sent = online.get("http://gate.local/left", &mut buffer).send().await;
            if let Ok(mut response) = sent {
                response.read_to_end().await.ok();
            }
        },
        most,
    )
}

fn read(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(
        async {
            let mut buffer = [0; 256];
            let mut online = client.wait_online(cx).await.unwrap();
            let url = "http://gate.local/chunked/and/left";
            let mut response = online.get(url, &mut buffer).send().await.unwrap();
            let mut piece = [0; 3];
            while response.read(&mut piece).await.unwrap() > 0 {}
        },
        most,
    )
}

fn upload(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(
        async {
            let mut buffer = [0; 160];
            let mut online = client.wait_online(cx).await.unwrap();
            let mut pieces = Pieces(vec![b'x'; 300]);
            let request = online.put("http://gate.local/left", &mut buffer);
            request.send_from(&mut pieces, BodyLength::Chunked).await.unwrap();
        },
        most,
    )
}

fn parts(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(
        async {
            let mut buffer = [0; 256];
            let mut online = client.wait_online(cx).await.unwrap();
            let text = "x".repeat(300);
            let parts = [Part::text("left", &text)];
            let request = online.post("http://gate.local/left", &mut buffer);
            request.send_parts(&mut Multipart::new(&parts)).await.unwrap();
        },
        most,
    )
}

fn echo(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(
        async {
            let mut buffer = [0; 256];
            let mut online = client.wait_online(cx).await.unwrap();
            let request = online.get("http://gate.local/left", &mut buffer);
            let mut stream = request.send().await.unwrap().into_stream().unwrap();
            stream.write_all(b"ping").await.unwrap();
            stream.read_exact(&mut [0; 10]).await.unwrap();
        },
        most,
    )
}

fn follow(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(
        async {
            let mut buffer = [0; 640];
            let mut online = client.wait_online(cx).await.unwrap();
            let request = online.get("http://gate.local/leads/left", &mut buffer);
            let mut response = request.follow(2).send().await.unwrap();
            assert_eq!(response.read_to_str().await.unwrap(), "/left/there");
        },
        most,
    )
}

fn retry(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(
        async {
            let mut buffer = [0; 640];
            let mut online = client.wait_online(cx).await.unwrap();
            let request = online.get("http://gate.local/left", &mut buffer);
            let policy = RetryPolicy::new(7).retries(2).base(Duration::from_millis(9));
            if let Ok(mut response) = request.retry(policy).send().await {
                response.read_to_end().await.unwrap();
            }
        },
        most,
    )
}

#[cfg(feature = "digest")]
fn digest(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(
        async {
            let mut buffer = [0; 900];
            let mut online = client.wait_online(cx).await.unwrap();
            let request = online.get("http://gate.local/secret/left", &mut buffer);
            let mut response = request.digest("user", "password", 17).send().await.unwrap();
            assert_eq!(response.read_to_str().await.unwrap(), "/secret/left");
        },
        most,
    )
}

fn download(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(
        async {
            let mut buffer = [0; 256];
            let mut online = client.wait_online(cx).await.unwrap();
            let mut download = Download::new();
            let url = "http://gate.local/chunked/left";
            let request = download.request_async(&mut online, url, &mut buffer);
            let (mut response, mut flash) = (request.send().await.unwrap(), [0; 64]);
            download.save_async(&mut response, &mut &mut flash[..], |_, _| {}).await.unwrap();
            assert!(flash.starts_with(b"/chunked/left\0"));
        },
        most,
    )
}

fn diagnose(client: &mut Client<'_>, cx: &mut LoopContext, most: usize) -> bool {
    polls(client.diagnose(cx, "http://gate.local/left"), most)
}

#[test]
fn dropped_at_every_await_of_every_scenario() {
    let mut cx = cx();
    let config = Config::new().response_timeout(Duration::from_millis(20));
    let scenarios: &[Scenario] = &[
        ("get", Peer::Serves(3), get),
        ("get, whole", Peer::Serves(usize::MAX), get),
        ("get, silent", Peer::Silent, get),
        ("get, refused", Peer::Refuses, get),
        ("get, ended", Peer::Ends, get),
        ("get, reset", Peer::Resets, get),
        ("read", Peer::Serves(3), read),
        ("upload", Peer::Serves(3), upload),
        ("parts", Peer::Serves(3), parts),
        ("101", Peer::Echoes, echo),
        ("follow", Peer::Serves(3), follow),
        ("retry", Peer::Serves(3), retry),
        ("retry, refused", Peer::Refuses, retry),
        ("retry, ended", Peer::Ends, retry),
        ("retry, silent", Peer::Silent, retry),
        #[cfg(feature = "digest")]
        ("digest", Peer::Serves(3), digest),
        ("download", Peer::Serves(3), download),
        ("diagnose", Peer::Serves(9), diagnose),
        ("diagnose, silent", Peer::Silent, diagnose),
        ("diagnose, refused", Peer::Refuses, diagnose),
    ];
    let mut awaits = 0;
    for &(name, peer, scenario) in scenarios {
        for is_kept in [false, true] {
            for most in 0.. {
                let stack = Pending::new(peer);
                let mut client = client(&stack, config.clone());
                if is_kept {
                    stack.peer.set(Peer::Serves(9));
                    assert_eq!(next(&mut client, &mut cx), "/next");
                    stack.peer.set(peer);
                }
                let is_done = scenario(&mut client, &mut cx, most);
                let at = format!("{name}, dropped after {most} polls");
                // It may be kept where it wasn't used yet, or where all of the answer had come already.
                if !is_done && client.is_connected() {
                    let is_unused = is_kept && !stack.said().contains("left");
                    let is_answered = stack.unread.get() == 0 && name != "101";
                    assert!(is_unused || is_answered, "{at}: it is open");
                }
                let open = stack.opened.get() - stack.closed.get();
                assert_eq!(open, usize::from(client.is_connected()), "{at}");
                stack.peer.set(Peer::Serves(9));
                assert_eq!(next(&mut client, &mut cx), "/next", "{at}");
                drop(client);
                assert_eq!(stack.opened.get(), stack.closed.get(), "{at}");
                if is_done {
                    awaits += most;
                    break;
                }
            }
        }
    }
    println!("dropped at {awaits} awaits of {} scenarios", scenarios.len());
    assert!(awaits > 400, "{awaits}");
}

fn next(client: &mut Client<'_>, cx: &mut LoopContext) -> String {
    block_on(async {
        let mut buffer = [0; 256];
        let mut online = client.wait_online(cx).await.unwrap();
        let mut response = online.get("http://gate.local/next", &mut buffer).send().await.unwrap();
        response.read_to_str().await.unwrap().to_owned()
    })
}

/// A read that `select` dropped is gone on with by the next.
#[test]
fn a_read_that_is_dropped_loses_nothing() {
    let mut cx = cx();
    let stack = Pending::new(Peer::Serves(1));
    let mut client = client(&stack, Config::new());
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 256];
    let sent = online.get("http://gate.local/chunked/whole", &mut buffer).send();
    let mut response = block_on(sent).unwrap();
    let mut text = Vec::new();
    let mut piece = [0; 4];
    for _ in 0..1000 {
        let mut read = Box::pin(response.read(&mut piece));
        let outcome = poll(read.as_mut());
        drop(read);
        match outcome {
            Poll::Ready(Ok(0)) => break,
            Poll::Ready(count) => text.extend_from_slice(&piece[..count.unwrap()]),
            Poll::Pending => {}
        }
    }
    assert_eq!(String::from_utf8(text).unwrap(), "/chunked/whole");
}
