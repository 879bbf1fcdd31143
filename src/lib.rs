//! An HTTP/1.1 client for microcontrollers, over any [`embedded-nal`](embedded_nal) stack: `no_std`,
//! no allocation, no `unsafe`. Its types make the ESP8266's "connection refused" impossible where a
//! type can, and its errors name the cause where one can't.
//!
//! # The three causes of "connection refused"
//!
//! 1. **The request is made before the chip has an IP address.** A [`SafeHttpClient`] starts
//!    [`Offline`], and has no requests. [`wait_online`](SafeHttpClient::wait_online) returns one that
//!    is [`Online`]. If the link is lost later, a request says so before it sends a byte.
//! 2. **The endpoint can't be reached:** localhost, a host that is down or isolated, an answer slower
//!    than 2-3 seconds. What can be known is refused beforehand, at compile time where it is a
//!    constant ([`url!`]). Everything else ends in an [`Error`] with its [`Phase`], its
//!    [`Evidence`] and what to do next.
//! 3. **The request is made from an event handler** and not from the main loop. A request needs the
//!    [`LoopContext`], which a handler can't hold. Handlers report through [`LinkEvents`].
//!
//! There are more. **[`causes`] has a page for each of thirty**, found by what you see: why it happens
//! on this chip, how it is told, and what to do, here and on Arduino. An error names its own
//! ([`Error::diagnosis`]), and [`SafeHttpClient::diagnose`] goes and looks.
//!
//! # Quick start
//!
//! ```no_run
//! use core::net::Ipv4Addr;
//! use safe_http_client::{
//!     Attached, Behaviour, FnClock, LinkEvents, LoopContext, SafeHttpClient,
//! };
//!
//! static EVENTS: LinkEvents = LinkEvents::new();
//! fn on_got_ip(address: [u8; 4]) { EVENTS.got_ip(Ipv4Addr::from(address)); }
//! # fn millis() -> u32 { 0 }
//!
//! let mut cx = LoopContext::take().expect("once, first thing in main");
//! let clock = FnClock(millis);
//! let stack = std_embedded_nal::Stack::default(); // your stack here
//! let mut network = Attached::new(stack, &EVENTS, Behaviour::STD);
//! let client = SafeHttpClient::new(&mut network, &clock);
//!
//! let mut online = client.wait_online(&mut cx).map_err(|failed| failed.error)?;
//! let mut buffer = [0; 1024];
//! let mut response = online.get(&mut cx, "http://192.168.1.20/state", &mut buffer).send()?;
//! println!("{} {}", response.status(), response.read_to_str()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each blocking call has a twin that doesn't wait: [`start`](Request::start) for
//! [`send`](Request::send), [`start_upload`](Request::start_upload) for
//! [`send_from`](Request::send_from), [`poll_online`](SafeHttpClient::poll_online) for
//! [`wait_online`](SafeHttpClient::wait_online). They return `WouldBlock` in the convention of [`nb`].
//!
//! ```no_run
//! # use safe_http_client::*;
//! # fn blink() {}
//! # fn sketch<N: Network, C: Clock>(
//! #     mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext,
//! # ) -> Result<(), ErrorOf<N>> {
//! let mut buffer = [0; 1024];
//! let mut exchange = online.get(&mut cx, "http://192.168.1.20/state", &mut buffer).start()?;
//! loop {
//!     blink(); // and sample, and feed the watchdog
//!     match exchange.poll(&mut cx) {
//!         Ok(()) => break,
//!         Err(nb::Error::WouldBlock) => {}
//!         Err(nb::Error::Other(error)) => return Err(error),
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! # In scope
//!
//! HTTP/1.1 as a client: all methods; bodies of known length, chunked, or until the connection
//! closes; trailers; interim responses; `101` and `CONNECT`, which hand the stream over; connections
//! kept alive; `Expect: 100-continue`; uploads and downloads of any length through one small buffer;
//! deadlines.
//!
//! # Out of scope
//!
//! Redirects, cookies, caches, compression, authentication beyond `Basic`, HTTP/2, a pool of
//! connections. TLS is the stack's: [`Network::secure`].
//!
//! # Limitations
//!
//! - Deadlines are looked at between calls of the stack. Stacks that block inside a call can't be
//!   interrupted; [`Behaviour`] says which do.
//! - A response's head has to fit the buffer that the request was given. Its body doesn't.
//! - One request at a time, and one connection.
//! - A token proves that its holder was handed it, not where it was taken: see [`LoopContext`].
//! - Some stacks lose data or hide the end of a stream ([`Behaviour`]); responses that need it end
//!   in an error there, never in a truncated success.
//!
//! # Panics
//!
//! None, whatever a server, a caller or the stack's answers are: nothing in this crate unwraps,
//! indexes or overflows. The stack's own code and the caller's hooks are theirs.
//!
//! # Measured cost
//!
//! `cargo bench --bench exchange` prints instructions, calls of the stack and throughput; the
//! README has the table beside other clients. One GET whose request and response fit a segment
//! each takes one `send` and one `receive`. The client itself holds a socket, its host's name and
//! a configuration: it allocates nothing, and all else is in the buffer that a request borrows.
//!
//! # Features
//!
//! | feature | what |
//! |---|---|
//! | `std` | `HostLink` and `StdClock`, for programs on a PC |
//! | `defmt` | `defmt::Format` for errors, states and configuration |
//! | `cortex-m` | [`LoopContext::take`] refuses the token in an interrupt handler |
//! | `esp-at` | `esp_at`: an ESP8266 with AT firmware as a network |
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(unreachable_pub, missing_debug_implementations)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unreachable,
    clippy::string_slice
)]
#![allow(clippy::new_without_default, reason = "parsers are made by const functions")]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::string_slice
    )
)]

#[cfg(test)]
extern crate std;

pub mod causes;
mod client;
mod diagnosis;
mod error;
mod http;
mod nal;
mod policy;
mod probe;
mod protocol;

pub use client::{
    Buffer, Call, CopyError, HasIp, IntoUrl, Online, Probe, Request, Response, SafeHttpClient,
    Stream, Upgraded, Upload,
};
pub use diagnosis::{
    Cause, Confidence, Diagnosis, ProbeStep, Report, StepOutcome, StepResult, Suspect,
};
pub use error::{
    BufferUse, Deadline, Error, ErrorKind, Evidence, Peer, Phase, ProtocolError, RequestError,
    TargetClass, UrlError,
};
#[cfg(feature = "esp-at")]
#[cfg_attr(docsrs, doc(cfg(feature = "esp-at")))]
pub use esp_at;
pub use http::method::{BodyLength, Method};
pub use http::response::{Header, Headers, ResponseHead};
pub use http::url::{Host, Scheme, Url};
pub use nal::ErrorOf;
pub use nal_link::{
    Clock, Connect, Diagnostics, DisconnectReason, FnClock, IpConfig, Link, LinkError, LinkEvents,
    LinkStatus, LoopContext, NalNetwork, Network, NoDns, NoPing, NoTls, PipeClosed, StackFault,
    StackQuirks, StackStatus, WithIdle, WithoutDns, ZeroRead,
};
#[cfg(feature = "std")]
pub use nal_link::{PcLink, StdClock};
pub use policy::{Config, Preflight};
pub use protocol::CloseReason;

/// The parsers and the protocol below the client, for this crate's own tests, fuzzers and benchmarks. No
/// part of the API: anything in it may change in any version.
#[doc(hidden)]
pub mod sans_io {
    pub use crate::http::chunked::{ChunkedDecoder, Piece};
    pub use crate::http::framing::{Framing, FramingFields, ResponseTo};
    pub use crate::http::head::HeadParser;
    pub use crate::protocol::{Action, Blocked, Exchange, Failure, Goal, Space, UploadState};

    use crate::http::endpoint::Endpoint;
    use crate::http::request::HeadWriter;
    use crate::{BodyLength, Config, Method, Url};

    /// An exchange whose request's head was written into `buffer`; `None` where it doesn't fit. Its body
    /// is then [staged](Exchange::stage_body), or given to an [`UploadState`].
    pub fn exchange(
        method: Method<'_>,
        url: Url<'_>,
        config: &Config,
        expect_continue: bool,
        body: Option<BodyLength>,
        buffer: &mut [u8],
        now: u32,
    ) -> Option<Exchange> {
        let traits = method.traits();
        let mut head = HeadWriter::new(&traits);
        head.on(buffer).start(method, traits.response_to, Ok(&url));
        if expect_continue {
            head.expect_continue();
        }
        let head_end = head.on(buffer).finish(body).ok()?;
        let mut exchange = Exchange::new(
            Endpoint::of(&url),
            traits.response_to,
            traits.is_idempotent,
            config.deadlines,
            now,
        );
        exchange.stage(head_end, expect_continue && body.is_some(), buffer, &[]);
        Some(exchange)
    }
}

/// The `nb` convention of non-blocking calls, as embedded-nal has it.
pub use embedded_nal::nb;

/// The README's examples, as tests. One of them is of the modem.
#[cfg(all(doctest, feature = "esp-at"))]
#[doc = include_str!("../README.md")]
struct Readme;
