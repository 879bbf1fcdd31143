//! What the modules share: a client over a script, and the loops that drive it.

use crate::common::script::{Connection, Log, ScriptStack, Step};
use crate::common::{TestClock, TestLink};
use nal_link::{PcLink, StdClock};
use safe_http_client::{
    Buffer, Call, Clock, Config, ErrorOf, LoopContext, NalNetwork, Network, SafeHttpClient,
    StackFault, StackQuirks, nb,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

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

/// Takes the body slowly and answers once its end was sent; meanwhile come interim responses, in
/// segments of this size (0 for none).
pub(crate) fn answers_after_body(interim_segments: usize) -> Connection {
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
    // `long_body` ends in the empty line that the script waits for.
    steps.extend([Step::AwaitRequest, Step::Data(HELLO.into())]);
    Connection { send_limit: 100, send_pends: 1, ..Connection::new(steps) }
}

/// A body of 3 kB, which ends in an empty line.
pub(crate) fn long_body() -> Vec<u8> {
    let mut body: Vec<u8> = (0..3000u32).map(|at| b'a' + (at % 23) as u8).collect();
    body.extend_from_slice(b"\r\n\r\n");
    body
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

/// A client over the operating system's sockets and clock. It sleeps a little while it waits.
pub(crate) fn host(config: Config) -> SafeHttpClient<impl Network, impl Clock> {
    let network = NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD);
    let clock = StdClock::new().with_idle(|| std::thread::sleep(Duration::from_micros(100)));
    SafeHttpClient::with_config(network, clock, config)
}

thread_local! {
    /// What each error of a stack stands for: `with_faults` takes no closure.
    pub(crate) static FAULT: Cell<StackFault> = const { Cell::new(StackFault::Unknown) };
}
