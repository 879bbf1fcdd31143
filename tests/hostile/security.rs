//! What `SECURITY.md` promises: no text of the caller's becomes more than it is, no server gets more
//! time or memory than it was given, no name leads back to the chip, and credentials go to their host
//! and nowhere else.
#![allow(clippy::result_large_err, reason = "an error is looked at here, and not handed on")]

mod credentials;
mod endless;
mod injection;

use crate::common::script::{Connection, Log, ScriptStack, Step};
use crate::common::{TestClock, TestLink, cx};
use embedded_nal::nb;
use safe_http_client::{
    BodyLength, CloseReason, Config, ErrorOf, LoopContext, Method, NalNetwork, Online, Phase,
    SafeHttpClient, Scheme, StackQuirks, Url,
};
use std::cell::RefCell;
use std::fmt::Debug;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

type Network = NalNetwork<ScriptStack, TestLink>;
type Client = SafeHttpClient<Network, TestClock>;

const URL: &str = "http://192.168.1.20/";
const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn client(connections: impl IntoIterator<Item = Connection>) -> (Client, Rc<RefCell<Log>>) {
    let mut stack = ScriptStack::new(connections);
    stack.names =
        vec![("gate.test", [192, 168, 1, 20].into()), ("evil.test", [192, 168, 1, 66].into())];
    let log = stack.log.clone();
    let config = Config::new()
        .response_timeout(Duration::from_millis(100))
        .idle_timeout(Duration::from_millis(100));
    let client = SafeHttpClient::with_config(
        stack.attached(StackQuirks::STD),
        TestClock::ticking(1),
        config,
    );
    (client, log)
}
