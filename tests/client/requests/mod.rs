//! What leaves for a request, byte by byte, and what is refused before a byte leaves.

mod bodies;
mod buffers;
mod closing;
mod headers;
mod refusals;
mod targets;

use crate::common::script::{Connection, Log, ScriptStack};
use crate::common::{TestClock, cx};
use crate::support::{Client, SharedLog, TestError, TestNetwork};
use safe_http_client::{
    Config, LoopContext, Method, Phase, Preflight, Request, SafeHttpClient, StackQuirks,
};

/// A request in a test's hands.
type Built<'r> = Request<'r, 'static, TestNetwork, TestClock, &'r mut [u8]>;

/// The lines that stand in every request unless they are replaced or left out.
const DEFAULTS: &str = concat!(
    "User-Agent: safe-http-client/",
    env!("CARGO_PKG_VERSION"),
    "\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
);

/// A client on a stack whose server answers each request with 204.
struct Bench {
    client: Client,
    log: SharedLog,
    cx: LoopContext,
}

impl Bench {
    fn new() -> Self {
        // What a port means is another test's.
        Self::with_config(Config::new().without_preflight(Preflight::PlainOnTlsPort))
    }

    fn with_config(config: Config) -> Self {
        let answer = || Connection::answer("HTTP/1.1 204 No Content\r\n\r\n");
        let mut stack = ScriptStack::new([answer(), answer()]);
        for name in ["h", "gate.local", "example.com"] {
            stack.names.push((name, [192, 168, 1, 20].into()));
        }
        let log = stack.log.clone();
        let network = stack.attached(StackQuirks::STD);
        let client = SafeHttpClient::with_config(network, TestClock::ticking(1), config);
        Self { client, log, cx: cx() }
    }

    /// Sends a request as `build` completes it, and returns what the stack was given.
    fn sent(
        mut self,
        method: Method<'_>,
        url: &str,
        build: impl for<'r> FnOnce(Built<'r>) -> Built<'r>,
    ) -> String {
        let mut buffer = [0; 512];
        let mut online = self.client.online(&mut self.cx).unwrap();
        let request = online.request(method, url, &mut buffer[..]);
        let status =
            build(request).send().unwrap_or_else(|error| panic!("{url}: {error}")).status();
        assert_eq!(status, 204);
        self.log.borrow().text(0)
    }

    /// The same for a request that must be refused: nothing was resolved, dialed or sent.
    fn refused(
        mut self,
        method: Method<'_>,
        url: &str,
        build: impl for<'r> FnOnce(Built<'r>) -> Built<'r>,
    ) -> TestError {
        let mut buffer = [0; 512];
        let mut online = self.client.online(&mut self.cx).unwrap();
        let request = online.request(method, url, &mut buffer[..]);
        let Err(error) = build(request).send() else {
            panic!("{method:?} {url} was sent:\n{}", self.log.borrow().text(0));
        };
        assert_eq!(error.phase, Phase::Url, "{error}");
        assert_untouched(&self.log.borrow());
        error
    }
}

#[track_caller]
fn assert_untouched(log: &Log) {
    assert!(log.resolved.is_empty(), "resolved {:?}", log.resolved);
    assert!(log.dialed.is_empty(), "dialed {:?}", log.dialed);
    assert_eq!((log.opened, log.sends.len()), (0, 0), "sockets, sends");
}

fn sent_by_get(url: &str) -> String {
    Bench::new().sent(Method::Get, url, |request| request)
}

fn with_defaults(lines: &str) -> String {
    format!("{lines}{DEFAULTS}\r\n")
}
