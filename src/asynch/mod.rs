//! The same client for async programs: over embedded-nal-async, or any stream that is connected.
//!
//! Names, errors, deadlines and messages are those of the client that waits; what waits there is awaited
//! here. While a call waits, its task sleeps: the stack wakes it when something has happened, and the
//! [`Timer`] when a deadline has run out.
//!
//! ```no_run
//! use safe_http_client::asynch::{NalNetwork, SafeHttpClient, Timer};
//! use safe_http_client::{LinkEvents, LoopContext};
//!
//! static EVENTS: LinkEvents = LinkEvents::new();
//!
//! # async fn main_task(timer: impl Timer) -> Result<(), Box<dyn std::error::Error>> {
//! let mut cx = LoopContext::take().expect("once, first thing in main");
//! let stack = std_embedded_nal_async::Stack::default(); // your stack here
//! let network = NalNetwork::new(&stack, &stack, &EVENTS);
//! let mut client = SafeHttpClient::new(network, timer);
//!
//! let mut online = client.wait_online(&mut cx).await?;
//! let mut buffer = [0; 1024];
//! let mut response = online.get("http://192.168.1.20/state", &mut buffer).send().await?;
//! println!("{} {}", response.status(), response.read_to_str().await?);
//! # Ok(()) }
//! ```
//!
//! # Stacks
//!
//! - [`NalNetwork`] takes what has embedded-nal-async's `TcpConnect` and `Dns`, and a [`Link`](crate::Link).
//! - [`Connected`] makes one of a stream that somebody else has opened: a TLS session, for example.
//! - `EspAt` is one with `AsyncSerial` as its serial line (features `async` and `esp-at`).
//! - `Tls` of the crate `safe-http-client-tls`, around either, has https, verified, as it has it for a client
//!   that waits.
//! - Adapters in crates of their own keep more of the causes of errors than those traits do.
//!
//! # Cancellation
//!
//! Any future may be dropped at any time, by `select` for example:
//!
//! - One that waits for a response's head closes the connection; the client can be used at once.
//! - One that reads a body or writes to a [`Stream`] loses nothing: the next read goes on. A response that
//!   is dropped before its end has its connection closed, unless the little that is left has already arrived.
//! - No byte of a call that was left gets into another.
//!
//! # Several tasks
//!
//! They make one request at a time: there is one token, and `online` lends it for as long as a response is read.
//! Client and token stand together behind an async mutex, such as embassy-sync's
//! `Mutex<NoopRawMutex, (SafeHttpClient<…>, LoopContext)>`, which a task holds for a request; or one task has them,
//! and the others send it what to ask, through a channel. Two requests under one `join` don't compile, on two
//! clients either, and a response that is read for hours, as server-sent events are, keeps all others waiting. With
//! the feature `std` each thread has a token.
//!
//! # What a stack's futures have to bear
//!
//! The client asks a connection's `read` and `write` anew each time that its task is woken, and drops what
//! is pending. They have to lose nothing by that ("side-effect-free on cancel", as embedded-io-async
//! recommends): sockets of embassy-net, of std-embedded-nal-async and of edge-nal are so. A stream that
//! isn't has to be put behind one that is, a pipe for example. `connect` and the resolver's futures are kept
//! until they end, or their deadline does.

mod client;
mod driver;
mod network;
mod request;
mod response;

pub use client::{Online, SafeHttpClient};
pub use driver::{DelayTimer, Timer};
pub use nal_link::{AsyncNetwork, Wish};
pub use network::{AlreadyUsed, Connected, NalNetwork, StackError};
pub use request::{LayeredRequest, Request};
pub use response::{Response, Stream};
