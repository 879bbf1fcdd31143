//! What ends an exchange before its response is complete: how long each step may take, and what fails; and why a
//! connection isn't kept behind a complete one. Time is an argument.

use super::{Body, Exchange, State};
use crate::error::{
    BodyFraming, BodyProgress, BufferUse, Deadline, ErrorKind, Excerpt, Phase, ProtocolError,
    RequestError,
};
use crate::http::bytes::part;
use core::fmt;

/// A deadline that never runs out.
pub(crate) const NEVER: u32 = u32::MAX;

/// How long each step may take, in milliseconds.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Deadlines {
    pub(crate) resolve_ms: u32,
    pub(crate) connect_ms: u32,
    pub(crate) continue_ms: u32,
    pub(crate) response_ms: u32,
    pub(crate) idle_ms: u32,
    /// [`NEVER`] for none.
    pub(crate) total_ms: u32,
}

impl Deadlines {
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(crate) const fn limit_ms(&self, deadline: Deadline) -> u32 {
        match deadline {
            Deadline::Resolve => self.resolve_ms,
            Deadline::Connect => self.connect_ms,
            Deadline::Response => self.response_ms,
            Deadline::Idle => self.idle_ms,
            Deadline::Total => self.total_ms,
        }
    }
}

/// When a call began, and when it last got on. The counter may wrap in between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timers {
    pub(crate) started: u32,
    /// When the step began, or last made progress.
    pub(crate) mark: u32,
}

impl Timers {
    pub(crate) const fn waited(&self, now: u32) -> u32 {
        now.wrapping_sub(self.mark)
    }

    pub(crate) const fn elapsed(&self, now: u32) -> u32 {
        now.wrapping_sub(self.started)
    }

    /// Something moved.
    pub(crate) const fn progress(&mut self, now: u32) {
        self.mark = now;
    }

    /// There is nothing to do but wait, until `deadline` (counted from the last progress) or the
    /// total one.
    pub(crate) fn wait(
        &self,
        now: u32,
        deadline: Deadline,
        deadlines: &Deadlines,
    ) -> Result<(), Failure> {
        self.check_total(now, deadlines)?;
        let limit_ms = deadlines.limit_ms(deadline);
        if self.waited(now) >= limit_ms {
            return Err(Failure::Timeout(deadline));
        }
        Ok(())
    }

    /// A peer that keeps bytes coming can't outlast the total deadline.
    pub(crate) fn check_total(&self, now: u32, deadlines: &Deadlines) -> Result<(), Failure> {
        let limit_ms = deadlines.total_ms;
        if limit_ms != NEVER && self.elapsed(now) >= limit_ms {
            return Err(Failure::Timeout(Deadline::Total));
        }
        Ok(())
    }
}

#[cfg(feature = "async")]
impl Exchange {
    /// For how many milliseconds more nothing may happen, until a deadline of what it waits for runs out,
    /// or the body is sent without `100 Continue`; 0 where that time has come.
    pub(crate) fn time_left(&self, now: u32) -> u32 {
        let deadlines = &self.params.deadlines;
        let limit_ms = match self.state {
            State::Resolve => deadlines.resolve_ms,
            State::Connect => deadlines.connect_ms,
            State::AwaitContinue if !self.has_part_of_answer() => deadlines.continue_ms,
            State::Head if !self.has_part_of_answer() => deadlines.response_ms,
            // A stream may rest; what is written to it is to be taken.
            State::Body if self.is_upgraded() && !self.seeks_answer => NEVER,
            _ => deadlines.idle_ms,
        };
        let left = match limit_ms {
            NEVER => NEVER,
            limit_ms => limit_ms.saturating_sub(self.timers.waited(now)),
        };
        match deadlines.total_ms {
            NEVER => left,
            total_ms => left.min(total_ms.saturating_sub(self.timers.elapsed(now))),
        }
    }
}

/// What ended an exchange. It is small, since it is returned all the time; its figures are the exchange's,
/// which [explains](Exchange::explain) it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The peer broke HTTP.
    Protocol(ProtocolError),
    /// A deadline ran out.
    Timeout(Deadline),
    /// The stream ended before the first byte of a response.
    ClosedBeforeResponse,
    /// The same on a connection that had been kept.
    StaleConnection,
    /// The stream ended in the middle of the response.
    Truncated,
    /// The head doesn't fit.
    HeadTooLarge {
        /// It was counted to its end.
        counted: bool,
    },
    /// There is no room to go on with this; so many bytes more are needed at least.
    NoRoom(BufferUse, u8),
    /// The rest of the body, whose length is known, doesn't fit.
    BodyTooLarge,
    /// More or less of the body was given than declared.
    WrongLength,
    /// It had ended before.
    CallOver,
}

impl Exchange {
    /// A failure with its figures: in which phase, and for a buffer of `available` bytes.
    // Inlined, it takes twice the flash.
    #[inline(never)]
    pub fn explain<T, D>(
        &self,
        failure: Failure,
        phase: Phase,
        available: usize,
    ) -> ErrorKind<T, D> {
        // What waited for more of a head that is none has seen enough.
        let failure = match (self.parser.stranger, failure) {
            (Some(peer), Failure::Timeout(_) | Failure::Truncated) => {
                Failure::Protocol(ProtocolError::NotHttp(peer))
            }
            _ => failure,
        };
        match failure {
            Failure::Protocol(error) => ErrorKind::Protocol(error),
            Failure::Timeout(deadline) => {
                let limit_ms = self.params.deadlines.limit_ms(deadline);
                ErrorKind::Timeout { deadline, limit_ms }
            }
            Failure::ClosedBeforeResponse => ErrorKind::ClosedBeforeResponse,
            Failure::StaleConnection => ErrorKind::StaleConnection,
            Failure::Truncated if phase == Phase::Body => {
                let announced = self.parser.fields.content_length();
                ErrorKind::Truncated {
                    received: self.data_taken(),
                    announced: announced.filter(|_| !self.is_upgraded()),
                }
            }
            Failure::Truncated => ErrorKind::Truncated {
                received: self.filled.wrapping_sub(self.parsed_to) as u64,
                announced: None,
            },
            Failure::HeadTooLarge { counted } => {
                let needed = self.measure.length.wrapping_add(usize::from(!counted));
                let what = BufferUse::ResponseHead;
                ErrorKind::Buffer { what, needed, available, exact: counted }
            }
            Failure::NoRoom(what, more) => {
                let needed = available.wrapping_add(usize::from(more));
                ErrorKind::Buffer { what, needed, available, exact: false }
            }
            Failure::BodyTooLarge => {
                let needed = self.data_ahead().saturating_add(self.retained_end);
                ErrorKind::Buffer { what: BufferUse::Body, needed, available, exact: true }
            }
            // The upload knows how much it was.
            Failure::WrongLength => {
                ErrorKind::Request(RequestError::BodyLength { declared: 0, given: 0 })
            }
            Failure::CallOver => ErrorKind::Request(RequestError::CallOver),
        }
    }

    /// Keeps what is being read of the response: a line of its head, or of a body's framing. Nothing of a body
    /// itself.
    #[cold]
    pub(crate) fn quote(&self, excerpt: &mut Excerpt, buffer: &[u8]) {
        *excerpt = Excerpt::default();
        let message = part(buffer, self.parsed_to, self.filled);
        let start = match (self.state, self.body) {
            (State::MeasureHead | State::Over | State::Failed, _) => return,
            (State::Body, Body::Chunked) if self.ready == 0 => 0,
            (State::Body, Body::Trailers) => self.parser.fields.line,
            (State::Body, _) => return,
            _ => self.parser.wrong_line(),
        };
        excerpt.quote(message, start, self.endpoint.has_secret);
    }

    /// How far the body has come.
    pub(crate) fn progress(&self) -> Option<BodyProgress> {
        let received = self.data_taken();
        let framing = match self.body {
            Body::Length => {
                BodyFraming::Length(received.wrapping_add(self.decoder.data_remaining()))
            }
            Body::Chunked | Body::Trailers => BodyFraming::Chunked,
            Body::UntilClose => BodyFraming::UntilClose,
            Body::Upgraded | Body::Done => return None,
        };
        Some(BodyProgress { received, framing })
    }
}

/// Why a client closed a connection instead of keeping it.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &SafeHttpClient<N, C>) {
/// match client.close_reason() {
///     Some(CloseReason::ResponseNotRead) => println!("read responses whole, to keep connections"),
///     Some(reason) => println!("{reason}"),
///     None => println!("none was closed yet"),
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CloseReason {
    /// The server said `Connection: close`.
    // No reason is 0 then, as most of an exchange is at its start.
    ServerAsked = 1,
    /// The request said `Connection: close`, the client keeps no connections, or it was told to close.
    CallerAsked,
    /// The response was of HTTP/1.0 without `keep-alive`.
    Http10,
    /// The body ended where the connection did.
    BodyUntilClose,
    /// Bytes followed the response that belong to none.
    ExcessBytes,
    /// The response wasn't read to its end.
    ResponseNotRead,
    /// The response came before the request's body was sent.
    RequestNotSent,
    /// An error ended the call: late bytes must not become the next response.
    Error,
    /// The server closed it while it was idle.
    ServerClosedIdle,
    /// It had been idle for longer than [`Config::keep_alive`](crate::Config::keep_alive) allows.
    IdleTooLong,
    /// The next request went to another scheme, host or port.
    OtherHost,
    /// The host's name is too long to be remembered (64 bytes).
    HostTooLong,
    /// The link had gone down.
    LinkLost,
    /// It had left HTTP (101, or 2xx to CONNECT).
    Upgraded,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerAsked => "the server asked for it",
            Self::CallerAsked => "the client asked for it",
            Self::Http10 => "HTTP/1.0 without keep-alive",
            Self::BodyUntilClose => "the body ended with the connection",
            Self::ExcessBytes => "bytes followed the response",
            Self::ResponseNotRead => "the response wasn't read to its end",
            Self::RequestNotSent => "the server answered before the request was sent",
            Self::Error => "an error ended the call",
            Self::ServerClosedIdle => "the server had closed it",
            Self::IdleTooLong => "it had been idle for too long",
            Self::OtherHost => "the next request went elsewhere",
            Self::HostTooLong => "the host's name is too long to be remembered",
            Self::LinkLost => "the link had gone down",
            Self::Upgraded => "it had left HTTP",
        })
    }
}
