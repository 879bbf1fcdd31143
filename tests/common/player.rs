//! A response read by the protocol alone: no stack, no clock, bytes in and outcome out.
#![allow(dead_code)]

use super::outcome::{End, Head, Outcome, end_of, fields};
use safe_http_client::sans_io::{Action, Exchange, Failure, Goal, ResponseTo};
use safe_http_client::{Config, Method, Url, sans_io};

/// More than an exchange takes for bytes that are there.
const STEPS: usize = 100;

/// Plays bytes to one exchange, which is asked for the whole response. Time stands still.
pub struct Player {
    exchange: Exchange,
    buffer: Vec<u8>,
    arrived: usize,
    is_over: bool,
    outcome: Outcome,
}

impl Player {
    /// A request was made, and sent whole.
    pub fn new(response_to: ResponseTo, room: usize) -> Self {
        let method = match response_to {
            ResponseTo::Head => Method::Head,
            ResponseTo::Connect => Method::Connect,
            ResponseTo::Other => Method::Get,
        };
        let url = Url::parse("http://192.168.1.20/").unwrap();
        let mut buffer = vec![0; room];
        let exchange =
            sans_io::exchange(method, url, &Config::new(), false, None, &mut buffer, 0).unwrap();
        let outcome = Outcome::nothing_yet();
        let mut player = Self { exchange, buffer, arrived: 0, is_over: false, outcome };
        player.receive(b"");
        player
    }

    /// Reads a response that arrives in these segments, and whose stream then ends or stays open.
    pub fn run<'b>(
        response_to: ResponseTo,
        room: usize,
        segments: impl IntoIterator<Item = &'b [u8]>,
        stream_ends: bool,
    ) -> Outcome {
        let mut player = Self::new(response_to, room);
        for segment in segments {
            player.receive(segment);
        }
        if stream_ends {
            player.stream_ends();
        }
        player.outcome
    }

    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Bytes taken in all: where the message ends, once it is complete. What it didn't ask for isn't taken.
    pub fn taken(&self) -> usize {
        self.arrived - self.exchange.early_stream(&self.buffer).len()
    }

    pub fn outcome(self) -> Outcome {
        self.outcome
    }

    /// Bytes arrive; a smaller room gets a part of them, and then the rest.
    pub fn receive(&mut self, mut bytes: &[u8]) {
        let Self { exchange, buffer, outcome, .. } = self;
        let mut steps = 0..STEPS + bytes.len();
        while !self.is_over {
            steps.next().expect("it comes to an end");
            let goal = if outcome.head.is_none() { Goal::Head } else { Goal::Body };
            let step = match exchange.next(buffer, &[], goal, 0) {
                Ok(Action::Begin) => {
                    exchange.begun(None, 0);
                    Ok(())
                }
                Ok(Action::Connect) => exchange.connected(0),
                Ok(Action::Send(request)) => {
                    let count = request.len();
                    exchange.sent(count, 0);
                    Ok(())
                }
                Ok(Action::Receive(_)) if bytes.is_empty() => {
                    let goes_on = exchange.nothing_received(buffer, &[], 0);
                    assert_eq!(goes_on, Ok(false), "time stands still");
                    return;
                }
                Ok(Action::Receive(room)) => {
                    let count = room.len().min(bytes.len());
                    assert!(count > 0, "receive into an empty buffer");
                    room[..count].copy_from_slice(&bytes[..count]);
                    bytes = &bytes[count..];
                    self.arrived += count;
                    exchange.received(buffer, count, 0).map(|again| assert!(!again, "it is fresh"))
                }
                Ok(Action::Ready) if outcome.head.is_none() => {
                    outcome.head = Some(Head::of(&exchange.head(buffer)));
                    Ok(())
                }
                Ok(Action::Ready) => {
                    let data = exchange.data(buffer);
                    outcome.body.extend_from_slice(data);
                    if data.is_empty() {
                        outcome.trailers = fields(exchange.trailers(buffer));
                        outcome.end = End::Complete;
                        self.is_over = true;
                    }
                    exchange.consume(data.len());
                    Ok(())
                }
                Ok(other @ (Action::Resolve | Action::NeedBody)) => panic!("{other:?}"),
                Err(failure) => Err(failure),
            };
            if let Err(failure) = step {
                self.fail(failure);
                return;
            }
        }
    }

    fn fail(&mut self, failure: Failure) {
        let Self { exchange, buffer, outcome, .. } = self;
        outcome.end = end_of(&exchange.explain::<(), ()>(failure, exchange.phase(), buffer.len()));
        exchange.fail();
        self.is_over = true;
    }

    /// The stream ends.
    pub fn stream_ends(&mut self) {
        if self.is_over {
            return;
        }
        match self.exchange.ended(true, 0) {
            Ok(is_repeated) => {
                assert!(!is_repeated, "the connection is fresh");
                self.receive(b"");
            }
            Err(failure) => self.fail(failure),
        }
    }
}
