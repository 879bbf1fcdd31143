//! Layers over a call: each is off until it is asked for, and is linked by nobody else.
//!
//! Those that send a request more than once can be combined ([`layered`]): one machine ([`steps`]) keeps the
//! request at the end of its buffer ([`replay`]), and asks each what it makes of a response.

mod auth;
#[cfg(feature = "digest")]
mod digest;
pub(crate) mod download;
pub(crate) mod events;
mod follow;
mod form;
#[cfg(feature = "json")]
mod json;
mod layered;
mod multipart;
mod replay;
mod retry;
mod steps;

pub use download::{Download, DownloadError};
pub use events::{Event, EventError, EventStream};
pub use follow::{Hop, HopList, Hops};
#[cfg(feature = "json")]
pub use json::JsonError;
pub use layered::{LayerError, LayeredCall, LayeredRequest};
pub use multipart::{Multipart, Part};
pub use replay::Kept;
