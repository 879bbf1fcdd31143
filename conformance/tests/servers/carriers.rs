//! The kinds of clients that go to the servers.

use crate::site::{Answer, Ask, Body, Carrier};
use conformance::awaited::{Io, IoTimer, Runs};
use conformance::common::cx;
use embedded_io::Read as _;
use safe_http_client::asynch::{self, AsyncNetwork, Timer};
use safe_http_client::{
    Clock, CloseReason, Config, Evidence, Headers, NalNetwork, Network, PcLink, ResponseHead,
    SafeHttpClient, StackQuirks, StdClock, WithIdle,
};
use std::time::Duration;

/// Servers on a busy machine may think for longer than the 3 s of the default.
fn config() -> Config {
    Config::new()
        .response_timeout(Duration::from_secs(20))
        .idle_timeout(Duration::from_secs(20))
        .continue_timeout(Duration::from_secs(20))
}

fn own(fields: Headers<'_>) -> Vec<(String, Vec<u8>)> {
    fields.map(|field| (field.name().to_owned(), field.value().to_vec())).collect()
}

fn begun(head: ResponseHead<'_>) -> Answer {
    Answer {
        status: head.status(),
        headers: own(head.headers()),
        body: Vec::new(),
        trailers: Vec::new(),
        reused: false,
        sent: 0,
    }
}

fn ended(answer: &mut Answer, trailers: Headers<'_>, evidence: Evidence) {
    answer.trailers = own(trailers);
    (answer.reused, answer.sent) = (evidence.reused, evidence.sent);
}

/// A request of either kind, but for its body.
macro_rules! ask {
    ($online:expr, $buffer:expr, $ask:expr) => {{
        let mut request = $online.request($ask.method, $ask.url, $buffer);
        for (name, value) in $ask.headers {
            request = request.header(name, value);
        }
        if $ask.expect_continue {
            request = request.expect_continue();
        }
        request
    }};
}

/// The client whose calls wait.
struct Waiting<N: Network, C: Clock>(SafeHttpClient<N, C>);

/// It on the operating system's sockets.
pub type Plain =
    SafeHttpClient<NalNetwork<std_embedded_nal::Stack, PcLink>, WithIdle<StdClock, fn()>>;

pub fn plain() -> Plain {
    let network = NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD);
    // Waiting leaves the processor to the server.
    let idle: fn() = || std::thread::sleep(Duration::from_micros(200));
    SafeHttpClient::with_config(network, StdClock::new().with_idle(idle), config())
}

pub fn waiting() -> Box<dyn Carrier> {
    Box::new(Waiting(plain()))
}

impl<N: Network, C: Clock> Carrier for Waiting<N, C> {
    fn perform(&mut self, buffer: &mut [u8], ask: Ask<'_>) -> Answer {
        let what = format!("{} {}", ask.method.name(), ask.url);
        let mut cx = cx();
        let mut online = self.0.online(&mut cx).unwrap();
        let request = ask!(online, buffer, ask);
        let sent = match ask.body {
            Body::None => request.send(),
            Body::Slice(slice) => request.body(slice).send(),
            Body::Reader(mut reader, length) => request.send_from(&mut reader, length),
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{what}: {error}"));
        let mut answer = begun(response.head());
        let mut piece = [0; 700];
        loop {
            match response.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => answer.body.extend_from_slice(&piece[..count]),
                Err(error) => panic!("{what}: {error}"),
            }
        }
        ended(&mut answer, response.trailers(), response.evidence());
        answer
    }

    fn is_connected(&self) -> bool {
        self.0.is_connected()
    }

    fn close_reason(&self) -> Option<CloseReason> {
        self.0.close_reason()
    }
}

/// The client whose calls are awaited.
struct Awaited<N: AsyncNetwork, C: Timer, R> {
    client: asynch::SafeHttpClient<N, C>,
    runs: R,
}

/// The same on the operating system's sockets.
pub fn awaiting(
    stack: &std_embedded_nal_async::Stack,
) -> asynch::SafeHttpClient<impl AsyncNetwork, IoTimer> {
    let network = asynch::NalNetwork::new(stack, stack, PcLink);
    asynch::SafeHttpClient::with_config(network, IoTimer::start(), config())
}

pub fn awaited() -> Box<dyn Carrier> {
    let stack = Box::leak(Box::new(std_embedded_nal_async::Stack::default()));
    Box::new(Awaited { client: awaiting(stack), runs: Io })
}

/// On embassy-net and the thread's TAP device.
#[cfg(target_os = "linux")]
pub fn embassy() -> Box<dyn Carrier> {
    use conformance::embassy::Rig;
    use conformance::tap::{DEVICE, LINUX, OWN};
    use safe_http_client_embassy::EmbassyTimer;
    thread_local! {
        // The device is there once.
        static RIG: &'static std::cell::RefCell<Rig> = Box::leak(Box::new(
            Rig::on_tap(DEVICE, OWN, LINUX).unwrap().into(),
        ));
    }
    struct Shared;
    impl Runs for Shared {
        fn block_on<T>(&mut self, future: impl Future<Output = T>) -> T {
            RIG.with(|rig| (&mut *rig.borrow_mut()).block_on(future))
        }
    }
    let network = RIG.with(|rig| rig.borrow().network().attached());
    let mut client = asynch::SafeHttpClient::with_config(network, EmbassyTimer, config());
    Shared.block_on(async { client.wait_online(&mut cx()).await.map(|_| ()) }).unwrap();
    Box::new(Awaited { client, runs: Shared })
}

impl<N: AsyncNetwork, C: Timer, R: Runs> Carrier for Awaited<N, C, R> {
    fn perform(&mut self, buffer: &mut [u8], ask: Ask<'_>) -> Answer {
        use embedded_io_async::Read as _;
        let what = format!("{} {}", ask.method.name(), ask.url);
        let mut cx = cx();
        let Self { client, runs } = self;
        runs.block_on(async {
            let mut online = client.online(&mut cx).unwrap();
            let request = ask!(online, buffer, ask);
            let sent = match ask.body {
                Body::None => request.send().await,
                Body::Slice(slice) => request.body(slice).send().await,
                Body::Reader(mut reader, length) => request.send_from(&mut reader, length).await,
            };
            let mut response = sent.unwrap_or_else(|error| panic!("{what}: {error}"));
            let mut answer = begun(response.head());
            let mut piece = [0; 700];
            loop {
                match response.read(&mut piece).await {
                    Ok(0) => break,
                    Ok(count) => answer.body.extend_from_slice(&piece[..count]),
                    Err(error) => panic!("{what}: {error}"),
                }
            }
            ended(&mut answer, response.trailers(), response.evidence());
            answer
        })
    }

    fn is_connected(&self) -> bool {
        self.client.is_connected()
    }

    fn close_reason(&self) -> Option<CloseReason> {
        self.client.close_reason()
    }
}
