//! What a case is: what the client is asked for, what the server answers, and what is right.

use crate::server::Seen;
use std::thread;
use std::time::Duration;

/// One row of the matrix.
pub struct Case {
    pub table: &'static str,
    pub name: String,
    /// The RFC's section that it follows from.
    pub section: &'static str,
    pub asks: Vec<Ask>,
    /// One script for each connection, in order.
    pub connections: Vec<Vec<Act>>,
    /// What is right, for each ask.
    pub expect: Vec<Expect>,
    /// What the server must have seen, beside that.
    pub seen: fn(&Seen) -> Result<(), String>,
    /// What the client's interface has to offer for the case to mean anything.
    pub needs: Needs,
}

/// Something that not every client has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    /// It takes a URL.
    Urls,
    /// It opens connections itself, to more than one host.
    Hosts,
    /// It closes a connection whose response was not read to its end.
    Dropping,
    /// Any method by its name.
    AnyMethod,
    /// A body that is read while it is sent.
    Streams,
    /// Trailers are given to the caller.
    Trailers,
    /// The stream behind the head is handed over.
    Tunnel,
    /// A request can be given up after a while.
    Deadlines,
    /// `http` and `https` are told apart.
    Schemes,
}

#[derive(Clone)]
pub struct Ask {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Body,
    pub read: Reading,
    /// Give up when nothing has come for so many milliseconds.
    pub patience: Option<u32>,
    /// So many milliseconds after what comes before it.
    pub later: u64,
}

#[derive(Clone, Copy)]
pub enum Body {
    None,
    /// From a reader, with the length that the caller declares; `None` is unknown.
    Stream(&'static [u8], Option<u64>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    All,
    /// A few bytes, and then the response is dropped.
    Some(usize),
    /// So many bytes of the stream behind the head.
    Tunnel(usize),
}

/// What the server does on a connection.
#[derive(Clone)]
pub enum Act {
    /// Waits for a whole request.
    Request,
    Send(Vec<u8>),
    /// Sends it again and again.
    Forever(&'static [u8]),
    Pause(u64),
    /// Ends the stream.
    Fin,
}

#[derive(Clone)]
pub enum Expect {
    /// A response with this body.
    Body(u16, Vec<u8>),
    /// A response with this body, or an error: the RFC leaves it open, or the client may be
    /// stricter than it has to.
    BodyOrError(u16, Vec<u8>),
    /// A response with this field, among the headers or the trailers.
    Field(&'static str, Vec<u8>),
    Error,
    /// An error, or the client's own deadline.
    GivesUp,
    /// Anything that ends.
    Any,
}

/// What a client reported.
#[derive(Default)]
pub struct Answer {
    pub status: u16,
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

pub type Reply = Result<Answer, String>;

impl Expect {
    pub fn judge(&self, reply: &Reply) -> Result<(), String> {
        match (self, reply) {
            (Self::Any, _) | (Self::Error | Self::GivesUp | Self::BodyOrError(..), Err(_)) => {
                Ok(())
            }
            (Self::Body(..) | Self::Field(..), Err(error)) => Err(format!("error: {error}")),
            (Self::Error | Self::GivesUp, Ok(answer)) => Err(format!(
                "no error, but {} with {} bytes of body",
                answer.status,
                answer.body.len()
            )),
            (Self::Body(status, body) | Self::BodyOrError(status, body), Ok(answer)) => {
                if answer.status != *status {
                    return Err(format!("status {}", answer.status));
                }
                if answer.body != *body {
                    let start = &answer.body[..answer.body.len().min(24)];
                    return Err(format!("body \"{}\"", start.escape_ascii()));
                }
                Ok(())
            }
            (Self::Field(name, value), Ok(answer)) => {
                let found =
                    answer.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
                match found {
                    Some((_, found)) if found == value => Ok(()),
                    Some((_, found)) => Err(format!("{name}: \"{}\"", found.escape_ascii())),
                    None => Err(format!("no {name}")),
                }
            }
        }
    }
}

impl Ask {
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: Body::None,
            read: Reading::All,
            patience: None,
            later: 0,
        }
    }

    pub fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn body(mut self, bytes: &'static [u8], declared: Option<u64>) -> Self {
        self.body = Body::Stream(bytes, declared);
        self
    }

    pub fn read(mut self, read: Reading) -> Self {
        self.read = read;
        self
    }

    pub fn patience(mut self, ms: u32) -> Self {
        self.patience = Some(ms);
        self
    }

    pub fn later(mut self, ms: u64) -> Self {
        self.later = ms;
        self
    }

    /// Waits until it is due.
    pub fn wait(&self) {
        thread::sleep(Duration::from_millis(self.later));
    }

    /// The authority and the target, for clients that take no URL.
    pub fn parts(&self) -> (&str, &str) {
        let rest = self.url.strip_prefix("http://").unwrap_or(&self.url);
        match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/"),
        }
    }
}

/// Bytes, whether they were written as text or not.
pub fn send(bytes: impl AsRef<[u8]>) -> Act {
    Act::Send(bytes.as_ref().to_vec())
}
