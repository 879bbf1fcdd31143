//! HTTP/1.1 as bytes and values: no socket, no clock, no allocation.
//!
//! Everything here takes bytes that have arrived and says what they mean, however they were split;
//! no byte is looked at twice. RFC numbers in comments are those of the rules implemented.

pub(crate) mod authority;
pub(crate) mod bytes;
#[cfg(feature = "digest")]
pub(crate) mod digest;
pub(crate) mod endpoint;
pub(crate) mod framing;
pub(crate) mod head;
pub(crate) mod method;
pub(crate) mod redirect;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod sse;
pub(crate) mod status;
pub(crate) mod url;

#[cfg(test)]
mod tests;
