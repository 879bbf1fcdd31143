//! What ends an exchange before its response is complete.

use super::{Body, Exchange, State};
use crate::error::{
    BodyFraming, BodyProgress, BufferUse, Deadline, ErrorKind, Excerpt, Phase, ProtocolError,
    RequestError,
};
use crate::http::bytes::part;

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
            (Some(peer), Failure::Timeout(_) | Failure::Truncated) if !self.has_head() => {
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
                    received: self.body_received,
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
        let received = self.body_received;
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
