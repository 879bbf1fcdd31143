//! The client whose calls are awaited, going through the same scenarios.
#![allow(clippy::result_large_err, reason = "an error is looked at here, and not handed on")]

use crate::counted::{Counted, Counts};
use crate::layers;
use crate::scenario::{Bench, Failure, Got, PatternSink, Peer, Shows, Subject};
use safe_http_client::asynch::{AsyncNetwork, SafeHttpClient, Timer, Wish};
use safe_http_client::{
    BodyLength, Clock, CloseReason, Config, CopyError, ErrorOf, LoopContext, StdClock,
};
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

/// Drives futures, and what has to go on beside them.
pub trait Runs {
    fn block_on<T>(&mut self, future: impl Future<Output = T>) -> T;
}

/// The operating system's sockets and timers, by `async-io`.
#[derive(Debug, Clone, Copy)]
pub struct Io;

impl Runs for Io {
    fn block_on<T>(&mut self, future: impl Future<Output = T>) -> T {
        async_io::block_on(future)
    }
}

/// `async-io`'s timer.
#[derive(Debug, Clone, Copy)]
pub struct IoTimer(StdClock);

impl IoTimer {
    pub fn start() -> Self {
        Self(StdClock::new())
    }
}

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

impl<N: AsyncNetwork> AsyncNetwork for Counted<N> {
    fn begin_turn(&mut self, waker: &Waker) {
        self.inner.begin_turn(waker);
    }

    fn take_wish(&mut self) -> Option<Wish> {
        self.inner.take_wish()
    }

    async fn fulfil_connect(&mut self, remote: SocketAddr) {
        self.inner.fulfil_connect(remote).await;
    }

    async fn fulfil_resolve(&mut self, name: &str, kind: embedded_nal::AddrType) {
        self.inner.fulfil_resolve(name, kind).await;
    }

    fn look_again_ms(&self) -> Option<u32> {
        self.inner.look_again_ms()
    }
}

impl embedded_io_async::Write for PatternSink {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.take(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The client whose calls are awaited, with what drives them.
pub struct Awaited<'a, N: AsyncNetwork, C: Timer, R> {
    pub client: SafeHttpClient<Counted<N>, C>,
    pub cx: &'a mut LoopContext,
    pub runs: R,
    counts: Rc<RefCell<Counts>>,
}

impl<'a, N: AsyncNetwork, C: Timer, R: Runs, P: Peer> Bench<Awaited<'a, N, C, R>, P> {
    /// Waits until the link is up.
    pub fn awaited(
        network: N,
        timer: C,
        config: Config,
        cx: &'a mut LoopContext,
        mut runs: R,
        peer: P,
        shows: Shows,
    ) -> Self {
        let network = Counted::new(network);
        let counts = network.counts.clone();
        let mut client = SafeHttpClient::with_config(network, timer, config);
        if let Err(error) = runs.block_on(client.wait_online(cx)) {
            panic!("{error}");
        }
        Self { subject: Awaited { client, cx, runs, counts }, peer, shows }
    }
}

type Of<N, T> = Result<T, ErrorOf<Counted<N>>>;

async fn get<N: AsyncNetwork, C: Timer>(
    client: &mut SafeHttpClient<Counted<N>, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Of<N, Got> {
    let mut buffer = [0; 4096];
    let mut online = client.online(cx)?;
    let mut response = online.get(url, &mut buffer).send().await?;
    let status = response.status();
    let body = response.read_to_str().await?.to_owned();
    Ok(Got { status, body })
}

async fn download<N: AsyncNetwork, C: Timer>(
    client: &mut SafeHttpClient<Counted<N>, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Of<N, u64> {
    let mut buffer = [0; 4096];
    let mut online = client.online(cx)?;
    let mut response = online.get(url, &mut buffer).send().await?;
    match response.copy_to(&mut PatternSink(0)).await {
        Ok(count) => Ok(count),
        Err(CopyError::Response(error)) => Err(error),
        Err(CopyError::Writer(never)) => match never {},
    }
}

async fn upload<N: AsyncNetwork, C: Timer>(
    client: &mut SafeHttpClient<Counted<N>, C>,
    cx: &mut LoopContext,
    url: &str,
    mut body: &[u8],
) -> Of<N, u16> {
    let mut buffer = [0; 512];
    let length = BodyLength::Known(body.len() as u64);
    let mut online = client.online(cx)?;
    Ok(online.put(url, &mut buffer).send_from(&mut body, length).await?.status())
}

impl<N: AsyncNetwork, C: Timer, R: Runs> Awaited<'_, N, C, R> {
    fn tell<T>(&self, result: Of<N, T>) -> Result<T, Failure> {
        result.map_err(|error| Failure::of(&error, self.client.evidence()))
    }
}

impl<N: AsyncNetwork, C: Timer, R: Runs> Subject for Awaited<'_, N, C, R> {
    fn get(&mut self, url: &str) -> Result<Got, Failure> {
        let got = self.runs.block_on(get(&mut self.client, self.cx, url));
        self.tell(got)
    }

    fn download(&mut self, url: &str) -> Result<u64, Failure> {
        let count = self.runs.block_on(download(&mut self.client, self.cx, url));
        self.tell(count)
    }

    fn upload(&mut self, url: &str, body: &[u8]) -> Result<u16, Failure> {
        let status = self.runs.block_on(upload(&mut self.client, self.cx, url, body));
        self.tell(status)
    }

    fn layers(&mut self, url: &str) -> Result<Vec<String>, String> {
        self.runs.block_on(layers::awaited(&mut self.client, self.cx, url))
    }

    fn is_connected(&self) -> bool {
        self.client.is_connected()
    }

    fn close_reason(&self) -> Option<CloseReason> {
        self.client.close_reason()
    }

    fn close(&mut self) {
        self.client.close();
    }

    fn counts(&self) -> Counts {
        *self.counts.borrow()
    }
}
