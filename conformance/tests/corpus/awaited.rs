//! The same over the async client.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, TestLink};
use crate::corpus::Case;
use crate::outcome::{End, Head, Outcome, end_of, fields};
use crate::{Server, Way, room_for};
use conformance::awaited::IoTimer;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_nal::{TcpClientStack, TcpError, TcpErrorKind, nb};
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use safe_http_client::asynch::{AsyncNetwork, NalNetwork, SafeHttpClient, Timer};
use safe_http_client::{Clock, Config, LoopContext, Method, PcLink};
use std::cell::RefCell;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};
use std::time::Duration;

type Socket = <ScriptStack as TcpClientStack>::TcpSocket;

/// A script that is asked again at once.
struct Scripted(RefCell<ScriptStack>);

struct Open<'s> {
    script: &'s Scripted,
    socket: Option<Socket>,
}

fn told<T, E: TcpError>(
    context: &Context<'_>,
    result: nb::Result<T, E>,
) -> Poll<Result<T, ErrorKind>> {
    match result {
        Ok(value) => Poll::Ready(Ok(value)),
        Err(nb::Error::WouldBlock) => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
        Err(nb::Error::Other(error)) => Poll::Ready(Err(match error.kind() {
            TcpErrorKind::PipeClosed => ErrorKind::BrokenPipe,
            _ => ErrorKind::Other,
        })),
    }
}

impl Open<'_> {
    async fn ask<T, E: TcpError>(
        &mut self,
        mut call: impl FnMut(&mut ScriptStack, &mut Socket) -> nb::Result<T, E>,
    ) -> Result<T, ErrorKind> {
        poll_fn(|context| {
            let mut script = self.script.0.borrow_mut();
            told(context, call(&mut script, self.socket.as_mut().unwrap()))
        })
        .await
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.script.0.borrow_mut().close(self.socket.take().unwrap()).unwrap();
    }
}

impl ErrorType for Open<'_> {
    type Error = ErrorKind;
}

impl Read for Open<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        self.ask(|script, socket| script.receive(socket, buf)).await
    }
}

impl Write for Open<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        self.ask(|script, socket| script.send(socket, buf)).await
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl TcpConnect for Scripted {
    type Error = ErrorKind;
    type Connection<'a> = Open<'a>;

    async fn connect<'a>(&'a self, remote: SocketAddr) -> Result<Open<'a>, ErrorKind> {
        let socket = self.0.borrow_mut().socket().unwrap();
        let mut open = Open { script: self, socket: Some(socket) };
        open.ask(|script, socket| script.connect(socket, remote)).await?;
        Ok(open)
    }
}

impl Dns for Scripted {
    type Error = ErrorKind;

    async fn get_host_by_name(&self, _: &str, _: AddrType) -> Result<IpAddr, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }
}

/// Time passes by looking at it.
#[derive(Clone)]
struct Ticking(TestClock);

impl Clock for Ticking {
    fn now_ms(&self) -> u32 {
        self.0.now_ms()
    }
}

impl Timer for Ticking {
    async fn sleep_ms(&self, ms: u32) {
        let started = self.now_ms();
        poll_fn(|context| {
            if self.now_ms().wrapping_sub(started) >= ms {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

pub(crate) fn over_script(cx: &mut LoopContext, case: &Case, way: Way) -> Outcome {
    let end = way.stream_ends().then_some(Step::Zero);
    let stack = ScriptStack::new([Connection::answer_split(&case.raw, way.segment(), end)]);
    let log = stack.log.clone();
    let script = Scripted(RefCell::new(stack));
    let patience = Duration::from_millis(10_000 + 10 * case.raw.len() as u64);
    let config = Config::new().response_timeout(patience).idle_timeout(patience);
    let network = NalNetwork::new(&script, &script, TestLink::up());
    let timer = Ticking(TestClock::ticking(1));
    let mut client = SafeHttpClient::with_config(network, timer, config);
    let mut buffer = vec![0; room_for(case)];
    let url = "http://192.168.1.20/";
    let outcome = async_io::block_on(fetch(&mut client, cx, case.method(), url, &mut buffer, 512));
    drop(client);
    let log = log.borrow();
    assert_eq!(log.opened, log.closed, "{}: sockets left open", case.name);
    outcome
}

pub(crate) fn over_socket(cx: &mut LoopContext, server: &Server, case: &Case, way: Way) -> Outcome {
    server.answer_next(case, way);
    let stack = std_embedded_nal_async::Stack::default();
    let network = NalNetwork::new(&stack, &stack, PcLink);
    let config = Config::new()
        .response_timeout(Duration::from_secs(10))
        .idle_timeout(Duration::from_secs(10))
        .total_timeout(Some(Duration::from_secs(60)));
    let mut client = SafeHttpClient::with_config(network, IoTimer::start(), config);
    let url = format!("http://{}/", server.address);
    let mut buffer = vec![0; room_for(case)];
    async_io::block_on(fetch(&mut client, cx, case.method(), &url, &mut buffer, 512))
}

async fn fetch<N: AsyncNetwork, C: Timer>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    method: Method<'_>,
    url: &str,
    buffer: &mut [u8],
    piece: usize,
) -> Outcome {
    let mut online = client.online(cx).expect("the link is up");
    let mut response = match online.request(method, url, buffer).send().await {
        Ok(response) => response,
        Err(error) => return Outcome::failed(&error.kind),
    };
    let mut outcome = Outcome::nothing_yet();
    outcome.head = Some(Head::of(&response.head()));
    let mut out = vec![0; piece];
    outcome.end = loop {
        match response.read(&mut out).await {
            Ok(0) => break End::Complete,
            Ok(count) => outcome.body.extend_from_slice(&out[..count]),
            Err(error) => break end_of(&error.kind),
        }
    };
    outcome.trailers = fields(response.trailers());
    outcome
}
