//! What the modules share: a client over a script, and the loops that drive it.

use crate::common::script::{Connection, Log, ScriptStack, Step};
use crate::common::{TestClock, TestLink};
use safe_http_client::{
    Buffer, Call, Clock, Config, ErrorOf, FnClock, IpConfig, Link, LinkStatus, LoopContext,
    NalNetwork, Network, SafeHttpClient, StackQuirks, nb,
};
use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, Instant};

pub(crate) type TestNetwork = NalNetwork<ScriptStack, TestLink>;
pub(crate) type TestError = ErrorOf<TestNetwork>;
pub(crate) type Client = SafeHttpClient<TestNetwork, TestClock>;
pub(crate) type SharedLog = Rc<RefCell<Log>>;

pub(crate) const URL: &str = "http://192.168.1.20/";
pub(crate) const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

pub(crate) fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

/// A client on a stack that plays these connections, and what the stack is asked to do.
pub(crate) fn scripted(
    clock: &TestClock,
    config: Config,
    connections: impl IntoIterator<Item = Connection>,
) -> (Client, SharedLog) {
    let stack = ScriptStack::new(connections);
    let log = stack.log.clone();
    let network = stack.attached(StackQuirks::STD);
    (SafeHttpClient::with_config(network, clock.clone(), config), log)
}

/// A connection that answers two requests.
pub(crate) fn answers_twice() -> Connection {
    let answer = || [Step::AwaitRequest, Step::Data(HELLO.into())];
    Connection::new(answer().into_iter().chain(answer()))
}

/// A GET by a blocking call.
pub(crate) fn get<C: Clock>(
    client: &mut SafeHttpClient<TestNetwork, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Result<String, TestError> {
    let mut online = client.online(cx)?;
    let mut response = online.get(url, [0; 512]).send()?;
    response.read_to_str().map(str::to_owned)
}

/// Calls a step until it doesn't block. On a clock that moves at each look, one that waits for ever ends
/// in a timeout.
pub(crate) fn ready<T, E>(step: impl FnMut() -> nb::Result<T, E>) -> Result<T, E> {
    ready_meanwhile(step, || ())
}

/// The same, with something to do while it blocks, as a main loop has.
pub(crate) fn ready_meanwhile<T, E>(
    mut step: impl FnMut() -> nb::Result<T, E>,
    mut meanwhile: impl FnMut(),
) -> Result<T, E> {
    loop {
        match step() {
            Ok(value) => return Ok(value),
            Err(nb::Error::WouldBlock) => meanwhile(),
            Err(nb::Error::Other(error)) => return Err(error),
        }
    }
}

/// Waits for the response's head and reads the body, as a main loop would.
pub(crate) fn drive<N: Network, C: Clock, B: Buffer>(
    call: &mut Call<'_, B>,
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    mut meanwhile: impl FnMut(),
) -> Result<(u16, String), ErrorOf<N>> {
    ready_meanwhile(|| call.poll(client, cx), &mut meanwhile)?;
    let status = call.status().expect("the head has arrived");
    ready_meanwhile(|| call.poll_read_to_end(client, cx), &mut meanwhile)?;
    Ok((status, String::from_utf8_lossy(call.body()).into_owned()))
}

/// A link of a machine that reaches itself.
pub(crate) struct Host;

impl Link for Host {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(Ipv4Addr::LOCALHOST.into()))
    }

    fn has_loopback(&self) -> bool {
        true
    }
}

/// A client over the operating system's sockets and clock. It sleeps a little while it waits.
pub(crate) fn host(config: Config) -> SafeHttpClient<impl Network, impl Clock> {
    let network = NalNetwork::new(std_embedded_nal::Stack, Host, StackQuirks::STD);
    let start = Instant::now();
    let clock = FnClock(move || start.elapsed().as_millis() as u32)
        .with_idle(|| std::thread::sleep(Duration::from_micros(100)));
    SafeHttpClient::with_config(network, clock, config)
}
