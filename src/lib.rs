//! An HTTP/1.1 client for microcontrollers, over any [`embedded-nal`](embedded_nal) stack: `no_std`,
//! no allocation, no `unsafe`. Its types make the ESP8266's "connection refused" impossible where a
//! type can, and its errors name the cause where one can't.
//!
//! # The three causes of "connection refused"
//!
//! 1. **The request is made before the chip has an IP address.** A [`SafeHttpClient`] has no requests.
//!    [`online`](SafeHttpClient::online) lends an [`Online`] client, which has them, and only while the
//!    link has an address. If it is lost later, a call says so before it sends a byte.
//! 2. **The endpoint can't be reached:** localhost, a host that is down or isolated, an answer slower
//!    than 2-3 seconds. What can be known is refused beforehand, at compile time where it is a
//!    constant ([`url!`]). Everything else ends in an [`Error`] with its [`Phase`], whose
//!    [`Evidence`] the client keeps, and what to do next.
//! 3. **The request is made from an event handler** and not from the main loop. A request needs the
//!    [`LoopContext`], which a handler can't hold. Handlers report through [`LinkEvents`].
//!
//! There are more. **[`causes`] has a page for each of forty-nine**, found by what you see: why it happens
//! on this chip, how it is told, and what to do, here and on Arduino.
//! [`SafeHttpClient::diagnosis`] names those of an error, and [`SafeHttpClient::diagnose`] goes and looks.
//!
//! # Quick start
//!
//! ```no_run
//! use safe_http_client::*;
//!
//! static EVENTS: LinkEvents = LinkEvents::new();
//!
//! // Your stack's event handlers call this, and `EVENTS.lost_ip()` and others.
//! fn on_got_ip(address: [u8; 4]) { EVENTS.got_ip(address.into()); }
//!
//! fn print_state<N: Network, C: Clock>(
//!     client: &mut SafeHttpClient<N, C>,
//!     cx: &mut LoopContext,
//! ) -> Result<(), ErrorOf<N>> {
//!     let mut online = client.wait_online(cx)?; // no address, no requests
//!     let mut buffer = [0; 1024];
//!     let mut response = online.get(url!("http://192.168.1.20/state"), &mut buffer).send()?;
//!     println!("{} {}", response.status(), response.read_to_str()?);
//!     Ok(())
//! }
//!
//! fn main() {
//!     let mut cx = LoopContext::take().expect("once, first thing in main");
//!     let start = std::time::Instant::now();
//!     let clock = FnClock(|| start.elapsed().as_millis() as u32); // your timer's milliseconds here
//!     let stack = std_embedded_nal::Stack::default(); // your stack here
//!     on_got_ip([192, 168, 1, 7]); // no stack of a PC has events
//!     let network = NalNetwork::new(stack, &EVENTS, StackQuirks::STD);
//!     let mut client = SafeHttpClient::new(network, clock);
//!     if let Err(error) = print_state(&mut client, &mut cx) {
//!         println!("{error}\n{}", client.diagnosis(&error)); // what happened, why, what to do
//!     }
//! }
//! ```
//!
//! # Without waiting
//!
//! Each call that waits has a twin that doesn't: [`start`](Request::start) for [`send`](Request::send),
//! [`start_upload`](Request::start_upload) for [`send_from`](Request::send_from),
//! [`start_probe`](SafeHttpClient::start_probe) for [`diagnose`](SafeHttpClient::diagnose),
//! [`online`](SafeHttpClient::online) for [`wait_online`](SafeHttpClient::wait_online). What they make
//! ([`Call`], [`Upload`], [`Probe`], [`Upgraded`]) are values that own their buffer: they stand in a struct
//! beside the client, and are polled with it. They return `WouldBlock` in the convention of [`nb`].
//! A client has one call at a time: another one ends the one before.
//!
//! While a call waits, [`Clock::idle`] is called: [`with_idle`](Clock::with_idle) feeds a watchdog there.
//!
//! # In scope
//!
//! HTTP/1.1 as a client: all methods; bodies of known length, chunked, or until the connection
//! closes; trailers; interim responses; `101` and `CONNECT`, which hand the stream over; connections
//! kept alive; `Expect: 100-continue`; uploads and downloads of any length through one small buffer;
//! deadlines, for the client and for one request. A user name and password in a URL become
//! `Authorization: Basic`.
//!
//! Layers over a call, each off until it is asked for: [`follow`](Request::follow) goes where redirects
//! lead, [`retry`](Request::retry) sends a request again, and, with the feature `digest`, `digest` answers a
//! challenge. They go together, in any order, and keep the request at the end of its buffer
//! ([`LayeredRequest`]). [`basic`](Request::basic) and [`bearer`](Request::bearer) give credentials.
//! [`query`](Request::query), [`form`](Request::form) and, with the feature `json`, `json` write what is
//! sent, and [`send_parts`](Request::send_parts) a form with files. [`Download`] brings a file in pieces, and
//! [`EventStream`] server-sent events.
//!
//! # Out of scope
//!
//! Cookies, caches, compression, HTTP/2, a pool of
//! connections. TLS is the network's: [`Network::secure`]; the crate `safe-http-client-tls` makes one with TLS of any network.
//!
//! # Limitations
//!
//! - Deadlines are looked at between calls of the stack. Stacks that block inside a call can't be
//!   interrupted; [`StackQuirks`] says which do.
//! - A response's head has to fit the buffer that the request was given. Its body doesn't.
//! - A token proves that its holder was handed it, not where it was taken: see [`LoopContext`].
//! - Some stacks lose data or hide the end of a stream ([`StackQuirks`]); responses that need it end
//!   in an error there, never in a truncated success.
//!
//! # Panics
//!
//! None, whatever a server, a caller or the stack's answers are: nothing in this crate unwraps,
//! indexes or overflows. The stack's own code and the caller's hooks are theirs.
//!
//! # Features
//!
//! | feature | what | cost |
//! |---|---|---|
//! | `advice` (by default) | the texts of a diagnosis; without it numbers and codes | about 14 kB of flash, where a diagnosis is printed |
//! | `std` | `PcLink` and `StdClock`, for programs on a PC; a token for each thread | |
//! | `defmt` | `defmt::Format` for errors, states and configuration | none where unused |
//! | `cortex-m` | [`LoopContext::take`] refuses the token in an interrupt handler | some instructions |
//! | `async` | `asynch`: the same client for async programs | none where unused |
//! | `digest` | Digest authentication of requests, with `sha2` | none where unused |
//! | `json` | `json` of requests and responses, with `serde-json-core` | none where unused |
//! | `esp-at` | `esp_at`: an ESP8266 with AT firmware as a network | none where unused |
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

#[cfg(feature = "async")]
#[cfg_attr(docsrs, doc(cfg(feature = "async")))]
pub mod asynch;
pub mod causes;
mod client;
mod diagnosis;
mod error;
mod http;
mod nal;
mod policy;
mod probe;
mod protocol;

#[cfg(feature = "json")]
#[cfg_attr(docsrs, doc(cfg(feature = "json")))]
pub use client::JsonError;
pub use client::{
    Buffer, Call, CopyError, Download, DownloadError, Event, EventError, EventStream, HasIp, Hop,
    HopList, Hops, IntoUrl, Kept, LayerError, LayeredCall, LayeredRequest, Multipart, Online, Part,
    Probe, Request, Response, SafeHttpClient, Stream, Upgraded, Upload,
};
pub use diagnosis::{
    Cause, Confidence, Diagnosis, ProbeStep, Report, StepOutcome, StepResult, Suspect,
};
#[cfg(feature = "digest")]
#[cfg_attr(docsrs, doc(cfg(feature = "digest")))]
pub use error::ChallengeError;
pub use error::{
    BodyFraming, BodyProgress, BufferUse, Deadline, Error, ErrorKind, Evidence, Excerpt, Peer,
    Phase, ProtocolError, RedirectError, RequestError, TargetClass, UrlError,
};
#[cfg(feature = "esp-at")]
#[cfg_attr(docsrs, doc(cfg(feature = "esp-at")))]
pub use esp_at;
pub use http::method::{BodyLength, Method};
pub use http::redirect::Redirect;
pub use http::response::{ContentType, Header, Headers, ResponseHead};
pub use http::status::{StatusClass, StatusCode};
pub use http::url::{Host, Scheme, Url};
pub use nal::ErrorOf;
pub use nal_link::{
    Clock, Connect, Diagnostics, DisconnectReason, FnClock, IpConfig, Link, LinkError, LinkEvents,
    LinkStatus, LoopContext, NalNetwork, Network, NoDns, NoPing, NoTls, PipeClosed, StackFault,
    StackQuirks, StackStatus, TlsFault, Verification, WithIdle, WithoutDns, ZeroRead,
};
#[cfg(feature = "std")]
pub use nal_link::{PcLink, StdClock};
pub use policy::{Backoff, Config, Preflight, RetryPolicy, Verdict, retry_after};
pub use protocol::CloseReason;

/// The parsers and the protocol below the client, for this crate's own tests, fuzzers and benchmarks. No
/// part of the API: anything in it may change in any version.
#[doc(hidden)]
pub mod sans_io {
    pub use crate::http::framing::{ChunkedDecoder, Framing, FramingFields, Piece, ResponseTo};
    pub use crate::http::head::HeadParser;
    pub use crate::protocol::{Action, Blocked, Exchange, Failure, Goal, Space, UploadState};

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
        head.on(buffer).start(&traits, &url);
        if expect_continue {
            head.expect_continue();
        }
        let head_end = head.on(buffer).finish(body).ok()?;
        let mut exchange =
            Exchange::new(url.endpoint, traits.response_to, traits.repeat, config.deadlines, now);
        exchange.stage(head_end, expect_continue && body.is_some(), buffer, &[]);
        Some(exchange)
    }
}

/// The `nb` convention of non-blocking calls, as embedded-nal has it.
pub use nb;

/// The examples of the pages beside the code, as tests.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "esp-at"))]
#[doc = include_str!("../docs/esp8266.md")]
struct Esp8266;
