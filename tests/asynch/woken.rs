//! A task that is polled only once it is woken, as executors do it.

use crate::common::{TestClock, TestLink, cx};
use crate::pending::{Peer, Pending};
use embedded_io_async::Read;
use safe_http_client::asynch::{NalNetwork, SafeHttpClient, Timer};
use safe_http_client::{Clock, Config, Error, ErrorKind};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

/// Time that stands still, but for the first of the alarms that are set.
#[derive(Clone, Default)]
struct Alarm {
    clock: TestClock,
    rings_at: Rc<Cell<Option<u32>>>,
}

impl Clock for Alarm {
    fn now_ms(&self) -> u32 {
        self.clock.now_ms()
    }
}

impl Timer for Alarm {
    async fn sleep_ms(&self, ms: u32) {
        let end = self.now_ms() + ms;
        poll_fn(|_| {
            if self.now_ms() >= end {
                return Poll::Ready(());
            }
            self.rings_at.set(Some(self.rings_at.get().map_or(end, |other| other.min(end))));
            Poll::Pending
        })
        .await;
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Alarm {
    fn run<F: Future>(&self, future: F) -> F::Output {
        self.run_telling(&mut Vec::new(), future)
    }

    /// The same, and when it rang.
    fn run_telling<F: Future>(&self, rings: &mut Vec<u32>, future: F) -> F::Output {
        let (flag, mut future) = (Arc::new(Flag::default()), Box::pin(future));
        let waker = flag.clone().into();
        loop {
            self.rings_at.set(None);
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            if !flag.0.swap(false, Ordering::Relaxed) {
                let end = self.rings_at.take().expect("somebody wakes it");
                rings.push(end);
                self.clock.advance(end - self.now_ms());
            }
        }
    }
}

/// The rest of a redirect's body is waited for as long as by the client that waits: 50 ms, and not the idle
/// deadline.
#[test]
fn a_redirect_whose_body_stalls_is_followed_all_the_same() {
    let stack = Pending::new(Peer::Serves(usize::MAX));
    let alarm = Alarm::default();
    let network = NalNetwork::new(&stack, &stack, TestLink::up());
    let mut client = SafeHttpClient::with_config(network, alarm.clone(), Config::new());
    let mut cx = cx();
    alarm.run(async {
        let mut online = client.wait_online(&mut cx).await.unwrap();
        let request = online.get("http://gate.local/leads/stalls", [0; 640]);
        let mut response = request.follow(2).send().await.unwrap();
        assert_eq!(response.read_to_str().await.unwrap(), "/left/there");
    });
    assert!((50..100).contains(&alarm.now_ms()), "{} ms", alarm.now_ms());
}

/// Nothing else wakes the task. An alarm that was set for a shorter deadline rings once, and the rest is waited for.
#[test]
fn the_deadline_of_what_is_waited_for_wakes_the_task() {
    let mut cx = cx();
    let ms = Duration::from_millis;
    let config = Config::new().response_timeout(ms(200)).continue_timeout(ms(100));
    let config = config.idle_timeout(ms(300));
    let part = Peer::Says("HTTP/1.1 200 OK\r\nContent-");
    let body = Peer::Says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal");
    for (what, peer, expects, total, deadline, alarms) in [
        ("nothing of a head", Peer::Silent, false, 9000, "Response", &[200][..]),
        ("part of a head", part, false, 9000, "Idle", &[200, 300]),
        ("part of a body", body, false, 9000, "Idle", &[300]),
        ("nothing, and little time in all", Peer::Silent, false, 150, "Total", &[150]),
        ("part of a body, and less time in all", body, false, 250, "Total", &[250]),
        ("nothing, but the body is sent then", Peer::Silent, true, 9000, "Response", &[100, 300]),
        ("part of the answer to an offer", part, true, 9000, "Idle", &[100, 300]),
    ] {
        let stack = Pending::new(peer);
        let alarm = Alarm::default();
        let network = NalNetwork::new(&stack, &stack, TestLink::up());
        let config = config.clone().total_timeout(Some(ms(total)));
        let mut client = SafeHttpClient::with_config(network, alarm.clone(), config);
        let mut rings = Vec::new();
        let error: Error<_, _> = alarm.run_telling(&mut rings, async {
            let mut online = client.wait_online(&mut cx).await.unwrap();
            let mut request = online.put("http://192.168.1.20/", [0; 512]).body("open");
            if expects {
                request = request.expect_continue();
            }
            match request.send().await {
                Ok(mut response) => response.read_to_end().await.map(|_| ()).unwrap_err(),
                Err(error) => error,
            }
        });
        let ErrorKind::Timeout { deadline: ended, .. } = error.kind else {
            panic!("{what}: {error}")
        };
        assert_eq!((format!("{ended:?}").as_str(), &rings[..]), (deadline, alarms), "{what}");
    }
}

/// A stream that was handed over may rest for as long as it likes.
#[test]
fn a_stream_at_rest_sets_no_alarm() {
    let stack = Pending::new(Peer::Echoes);
    let alarm = Alarm::default();
    let network = NalNetwork::new(&stack, &stack, TestLink::up());
    let mut client = SafeHttpClient::with_config(network, alarm.clone(), Config::new());
    let (mut cx, mut rings) = (cx(), Vec::new());
    alarm.run_telling(&mut rings, async {
        let mut online = client.wait_online(&mut cx).await.unwrap();
        let request = online.get("http://192.168.1.20/", [0; 256]).header("upgrade", "echo");
        let response = request.header("connection", "upgrade").send().await.unwrap();
        let mut stream = response.into_stream().unwrap();
        let mut early = [0; 6];
        stream.read_exact(&mut early).await.unwrap();
        let mut more = [0];
        let mut read = pin!(stream.read(&mut more));
        let mut bell = pin!(alarm.sleep_ms(100_000));
        poll_fn(|context| {
            assert!(read.as_mut().poll(context).is_pending());
            bell.as_mut().poll(context)
        })
        .await;
    });
    assert_eq!(rings, [100_000]);
}
