//! A task that is polled only once it is woken, as executors do it.

use crate::common::{TestClock, TestLink, cx};
use crate::pending::{Peer, Pending};
use safe_http_client::asynch::{NalNetwork, SafeHttpClient, Timer};
use safe_http_client::{Clock, Config};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};

/// Time that stands still, but for the alarm that was set last.
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
            self.rings_at.set(Some(end));
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
        let (flag, mut future) = (Arc::new(Flag::default()), Box::pin(future));
        let waker = flag.clone().into();
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            if !flag.0.swap(false, Ordering::Relaxed) {
                let end = self.rings_at.take().expect("somebody wakes it");
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
