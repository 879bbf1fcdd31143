//! What has to hold after each call, while the driver tells the truth.

use super::{BODY, Session};
use crate::judge::{Reading, Verdict, judge};
use crate::outcome::{Head, fields};
use safe_http_client::sans_io::{Failure, Goal, ResponseTo};
use safe_http_client::{BodyLength, Deadline, ProtocolError};

impl Session<'_> {
    /// A failure ends the exchange, as every driver does it.
    pub(super) fn check(&mut self, step: Result<(), Failure>) {
        let Err(failure) = step else { return };
        let _ = self
            .exchange
            .explain::<(), ()>(failure, self.exchange.phase(), self.buffer.len())
            .to_string();
        if failure == Failure::BodyTooLarge {
            self.goal = Goal::Body;
            return;
        }
        if !self.lies && !self.failed {
            let judged = self.judged();
            match failure {
                Failure::Protocol(ProtocolError::TooManyInterim) => {}
                Failure::Protocol(_) => {
                    assert!(
                        !matches!(judged.verdict, Verdict::Complete { .. }),
                        "{}",
                        self.context()
                    );
                }
                Failure::ClosedBeforeResponse | Failure::StaleConnection => {
                    assert_eq!(self.delivered, b"", "{}", self.context());
                }
                Failure::Timeout(Deadline::Total) => {}
                Failure::Truncated if self.unasked_end => {}
                // Until the last part no time passes by itself.
                Failure::Timeout(_) if self.time_is_moved => {}
                Failure::Timeout(_) | Failure::Truncated => {
                    // What isn't HTTP waits for more, to be told.
                    let is_told = self.delivered.starts_with(b"HTTP/1.");
                    let is_right = judged.verdict == Verdict::Incomplete || !is_told;
                    assert!(is_right, "{judged:?} {}", self.context());
                }
                _ => {}
            }
        }
        self.fail();
    }

    fn judged(&self) -> Reading {
        judge(&self.delivered, self.kind.response_to(), self.has_ended)
    }

    pub(super) fn context(&self) -> String {
        let (delivered, got) = (self.delivered.escape_ascii(), self.got.escape_ascii());
        format!("{:?} {:?}\n  delivered {delivered}\n  got {got}", self.kind, self.exchange)
    }

    /// What can be seen of the exchange is right.
    pub(super) fn look(&mut self) {
        let exchange = &self.exchange;
        let head = Head::of(&exchange.head(&self.buffer));
        let trailers = fields(exchange.trailers(&self.buffer));
        let _ = (exchange.phase(), exchange.close_reason());
        if self.lies {
            return;
        }
        let retained = exchange.read_body(&self.buffer);
        if exchange.has_head() {
            let judged = self.judged();
            let head = Some((head.status, head.reason, head.headers));
            assert_eq!(head, judged.head, "{}", self.context());
            assert!(retained.starts_with(&self.retained), "overwritten: {}", self.context());
            let retained = retained.to_vec();
            self.read(&retained[self.retained.len()..]);
            self.retained = retained;
            let exchange = &self.exchange;
            assert!(judged.body.starts_with(&self.got), "{judged:?}\n{}", self.context());
            if let (true, Verdict::Complete { length }) = (exchange.is_upgraded(), &judged.verdict)
            {
                let early = exchange.early_stream(&self.buffer);
                assert_eq!(early, &self.delivered[*length..], "{}", self.context());
            }
            if self.complete {
                let is_whole = matches!(judged.verdict, Verdict::Complete { .. });
                assert!(is_whole, "{judged:?}\n{}", self.context());
                assert!(self.discards || self.got == judged.body, "{}", self.context());
                assert_eq!(trailers, judged.trailers, "{}", self.context());
            }
        }
        let exchange = &self.exchange;
        assert!(!self.failed || exchange.is_over() && !exchange.has_head(), "{}", self.context());
        self.look_at_request();
    }

    /// What was sent is the request, or its front; all of it where the connection may be kept.
    fn look_at_request(&self) {
        let (head, sent) = (&self.request, &self.sent);
        let is_kept = self.complete && !self.failed && self.exchange.close_reason().is_none();
        let is_whole = match (sent.strip_prefix(&head[..]), self.kind.length()) {
            (None, _) => {
                assert!(head.starts_with(sent), "{}", sent.escape_ascii());
                false
            }
            (Some(body), None) => {
                assert_eq!(body, b"", "{}", sent.escape_ascii());
                true
            }
            (Some(body), Some(BodyLength::Known(_))) => {
                assert!(BODY.starts_with(body), "{}", sent.escape_ascii());
                body.len() == BODY.len()
            }
            (Some(body), Some(BodyLength::Chunked)) => {
                let head = b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n";
                let read = judge(&[head, body].concat(), ResponseTo::Other, false);
                assert_ne!(read.verdict, Verdict::Malformed, "{}", sent.escape_ascii());
                assert!(BODY.starts_with(&read.body), "{}", sent.escape_ascii());
                read.verdict != Verdict::Incomplete
            }
        };
        assert!(is_whole || !is_kept, "kept: {}", sent.escape_ascii());
    }

    /// A failed exchange has nothing to do.
    pub(super) fn next_is_refused(&mut self) -> bool {
        let next = self.exchange.next(&mut self.buffer, self.body, self.goal, self.now);
        let is_refused = matches!(next, Err(Failure::CallOver));
        assert!(self.lies || is_refused, "alive after a failure: {}", self.context());
        is_refused
    }
}
