//! Layers over a call: what they send, and what they make of the answers.

mod any_answer;
mod auth;
#[cfg(feature = "digest")]
mod digest;
mod displaced;
mod download;
mod events;
mod follow;
mod form;
#[cfg(feature = "json")]
mod json;
mod multipart;
mod retry;
mod together;

use crate::common::script::{Connection, Step};

/// A connection that gives these answers, one to each request.
fn answers<'a>(answers: impl IntoIterator<Item = &'a str>) -> Connection {
    let steps = answers.into_iter();
    Connection::new(steps.flat_map(|answer| [Step::AwaitRequest, Step::Data(answer.into())]))
}

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 4\r\n\r\nhere")
}
