//! placeholder
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
        clippy::arithmetic_side_effects
    )
)]

#[cfg(test)]
extern crate std;

mod client;
mod clock;
mod context;
mod error;
mod exchange;
mod http;
mod link;
mod network;

pub use client::{CopyError, IntoUrl, Request, Response, SafeHttpClient, Stream};
pub use clock::{Clock, FnClock};
pub use context::LoopContext;
pub use error::{
    BufferUse, Deadline, DisconnectReason, Error, ErrorKind, Evidence, LinkError, Peer, Phase,
    ProtocolError, RequestError, TargetClass, UrlError,
};
pub use exchange::{Config, ErrorOf, Exchange, Upload, WhyClosed};
pub use http::request::{BodyLength, Method};
pub use http::response::{Header, Headers, ResponseHead};
pub use http::url::{Host, Scheme, Url};
pub use link::{Failed, HasIp, IpConfig, Link, LinkEvents, LinkStatus, Offline, Online};
pub use network::{
    Attached, Behaviour, Connect, Network, NoDns, NoTls, PipeClosed, WithoutDns, ZeroRead,
};
#[cfg(feature = "std")]
pub use {clock::StdClock, link::HostLink};

/// The parsers below the client, for this crate's own tests, fuzzers and benchmarks. No part of the
/// API: anything in it may change in any version.
#[doc(hidden)]
pub mod sans_io {
    pub use crate::http::chunked::{ChunkedDecoder, Piece};
    pub use crate::http::framing::{Asked, Framing, FramingFields};
    pub use crate::http::head::HeadParser;
}

/// The `nb` convention of non-blocking calls, as embedded-nal has it.
pub use embedded_nal::nb;
