//! JSON bodies, with `serde-json-core`.

use crate::client::{Buffer, Call, Request, Response};
use crate::error::RequestError;
use crate::nal::ErrorOf;
use core::fmt;
use nal_link::{Clock, Network};
use serde::{Deserialize, Serialize};
use serde_json_core::de;

impl<N: Network, C: Clock, B: Buffer> Request<'_, '_, N, C, B> {
    /// A body of JSON, with its `Content-Type`. It is written into the buffer.
    ///
    /// A value that doesn't fit is refused when the request is sent:
    /// [`JsonBody`](crate::RequestError::JsonBody).
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// #[derive(serde::Serialize)]
    /// struct Reading { celsius: f32 }
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// let request = online.post("http://192.168.1.20/readings", &mut buffer);
    /// request.json(&Reading { celsius: 17.5 }).send()?;
    /// # Ok(()) }
    /// ```
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        if self.takes_body() {
            let mut pen = self.head();
            pen.header("Content-Type", b"application/json");
            let room = pen.free_room();
            let available = room.len();
            match serde_json_core::to_slice(value, room) {
                Ok(length) => pen.end_body(length),
                Err(_) => pen.fail(RequestError::JsonBody { available }),
            }
        }
        self
    }
}

impl<N: Network, C: Clock, B: Buffer> Response<'_, '_, N, C, B> {
    /// Reads the rest of the body into the request's buffer, and parses it. Strings of the value may borrow
    /// from there; those with escapes can't be (`serde-json-core` says so).
    ///
    /// # Errors
    ///
    /// [`JsonError::Response`] as [`read_to_end`](Self::read_to_end): a body that was cut, or that doesn't fit
    /// the buffer. [`JsonError::Json`] where it is no JSON, or other JSON than the type takes; the bytes can
    /// still be had from `read_to_end`.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// #[derive(serde::Deserialize)]
    /// struct State<'a> { door: &'a str, opened: u32 }
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), JsonError<ErrorOf<N>>> {
    /// let mut buffer = [0; 1024];
    /// let sent = online.get("http://192.168.1.20/state", &mut buffer).send();
    /// let mut response = sent.map_err(JsonError::Response)?;
    /// let state: State<'_> = response.json()?;
    /// println!("{} {}", state.door, state.opened);
    /// # Ok(()) }
    /// ```
    pub fn json<'t, T: Deserialize<'t>>(&'t mut self) -> Result<T, JsonError<ErrorOf<N>>> {
        self.read_to_end().map_err(JsonError::Response)?;
        self.call().json().map_err(JsonError::Json)
    }
}

impl<B: Buffer> Call<'_, B> {
    /// Parses what [`poll_read_to_end`](Self::poll_read_to_end) has read.
    ///
    /// # Errors
    ///
    /// It is no JSON, or other JSON than the type takes.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<B: Buffer>(call: &Call<'_, B>) {
    /// match call.json::<u32>() {
    ///     Ok(count) => println!("{count}"),
    ///     Err(error) => println!("{error}"),
    /// }
    /// # }
    /// ```
    pub fn json<'t, T: Deserialize<'t>>(&'t self) -> Result<T, de::Error> {
        let body = self.body();
        let (value, length) = serde_json_core::from_slice(body)?;
        match body.get(length..).unwrap_or_default().trim_ascii() {
            [] => Ok(value),
            _ => Err(de::Error::TrailingCharacters),
        }
    }
}

/// Why a response's JSON couldn't be had.
///
/// ```
/// use safe_http_client::JsonError;
/// let error: JsonError<&str> = JsonError::Json(serde_json_core::de::Error::EofWhileParsingObject);
/// assert!(error.to_string().starts_with("the body isn't the JSON that was expected: "));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum JsonError<R> {
    /// Reading the response failed: it was cut, or is too large for the buffer.
    Response(R),
    /// The body is no JSON, or other JSON than the type takes.
    Json(de::Error),
}

impl<R: fmt::Display> fmt::Display for JsonError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(error) => error.fmt(f),
            Self::Json(error) => write!(f, "the body isn't the JSON that was expected: {error}"),
        }
    }
}

impl<R: fmt::Debug + fmt::Display> core::error::Error for JsonError<R> {}
