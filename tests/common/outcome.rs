//! What a response came to, whoever read it: the protocol alone, or the client over a stack.
#![allow(dead_code)]

use embedded_io::Read;
use safe_http_client::{
    BufferUse, Clock, ErrorKind, Headers, LoopContext, Method, Network, ProtocolError,
    ResponseHead, SafeHttpClient,
};
use std::fmt::Debug;

/// Names as they came, and values as bytes.
pub type Fields = Vec<(String, Vec<u8>)>;

/// What was reported of a response's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    pub reason: Vec<u8>,
    pub headers: Fields,
}

impl Head {
    pub fn of(head: &ResponseHead<'_>) -> Self {
        Self {
            status: head.status(),
            reason: head.reason().to_vec(),
            headers: fields(head.headers()),
        }
    }
}

/// How the reading of a response ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Head and body are complete.
    Complete,
    /// The peer broke HTTP.
    Malformed(ProtocolError),
    /// The stream ended too early.
    Truncated,
    /// More is needed, and the stream is still open.
    Waits,
    /// A buffer was too small.
    Buffer(BufferUse),
    /// Any other error, as text.
    Other(String),
}

/// What a response came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `None` if no final response was reported.
    pub head: Option<Head>,
    /// All of the body that was delivered before the end.
    pub body: Vec<u8>,
    pub trailers: Fields,
    pub end: End,
}

impl Outcome {
    pub fn nothing_yet() -> Self {
        Self { head: None, body: Vec::new(), trailers: Fields::new(), end: End::Waits }
    }

    /// The outcome of a call that failed before its head was reported.
    pub fn failed<T: Debug, D: Debug>(error: &ErrorKind<T, D>) -> Self {
        Self { end: end_of(error), ..Self::nothing_yet() }
    }
}

/// Copies fields out of the buffer that they are borrowed from.
pub fn fields(fields: Headers<'_>) -> Fields {
    fields.map(|field| (field.name().to_string(), field.value().to_vec())).collect()
}

/// An error as the end of a response.
pub fn end_of<T: Debug, D: Debug>(error: &ErrorKind<T, D>) -> End {
    match error {
        ErrorKind::Protocol(error) => End::Malformed(*error),
        ErrorKind::Truncated { .. }
        | ErrorKind::ClosedBeforeResponse
        | ErrorKind::StaleConnection => End::Truncated,
        ErrorKind::Timeout { .. } => End::Waits,
        ErrorKind::Buffer { what, .. } => End::Buffer(*what),
        _ => End::Other(error.to_string()),
    }
}

/// One call with the client; the body is read through a slice of `piece` bytes.
pub fn fetch<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    method: Method<'_>,
    url: &str,
    buffer: &mut [u8],
    piece: usize,
) -> Outcome {
    let mut online = client.online(cx).expect("the link is up");
    let mut response = match online.request(method, url, buffer).send() {
        Ok(response) => response,
        Err(error) => return Outcome::failed(&error.kind),
    };
    let mut outcome = Outcome::nothing_yet();
    outcome.head = Some(Head::of(&response.head()));
    let mut out = vec![0; piece];
    outcome.end = loop {
        match response.read(&mut out) {
            Ok(0) => break End::Complete,
            Ok(count) => outcome.body.extend_from_slice(&out[..count]),
            Err(error) => break end_of(&error.kind),
        }
    };
    outcome.trailers = fields(response.trailers());
    outcome
}
