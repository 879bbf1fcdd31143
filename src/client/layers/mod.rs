//! Layers over a call: each is off until it is asked for, and is linked by nobody else.
//!
//! One that sends a request more than once keeps it at the end of its buffer ([`replay`]). What it does next
//! is in its `steps`, whatever the network and the buffer are.

mod auth;
#[cfg(feature = "digest")]
mod digest;
pub(crate) mod download;
pub(crate) mod events;
mod follow;
mod form;
#[cfg(feature = "json")]
mod json;
mod multipart;
mod replay;
mod retry;

#[cfg(feature = "digest")]
pub use digest::{Digest, DigestError, Digesting};
pub use download::{Download, DownloadError};
pub use events::{Event, EventError, EventStream};
pub use follow::{Follow, FollowError, Following, Hop, HopList, Hops};
#[cfg(feature = "json")]
pub use json::JsonError;
pub use multipart::{Multipart, Part};
pub use replay::Kept;
pub use retry::{Retry, Retrying};
