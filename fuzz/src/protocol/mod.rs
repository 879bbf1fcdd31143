//! The protocol alone, driven by calls in any order. While the driver tells the truth, whatever it calls
//! and when, what is delivered as complete is what the bytes were, what is sent is the request, and an
//! exchange that has ended stays so. Once it lies (of bytes that it didn't receive, of a connection that
//! there isn't), nothing panics and everything ends.

mod kind;
mod lies;
mod right;

use crate::input::{Control, parts, size};
use kind::{Kind, request};
use safe_http_client::sans_io::{Action, Blocked, Exchange, Goal, Space, UploadState};
use safe_http_client::{Config, Deadline};
use std::time::Duration;

/// More is slow, and finds nothing else.
const MOST: usize = 4096;

/// The body of each request that has one.
const BODY: [u8; 300] = [b'b'; 300];

/// Where a kept connection leads, and every name.
const HOST: [u8; 4] = [192, 168, 1, 20];

/// By then each deadline of each step has passed.
const MOST_STEPS: usize = 20_000;

/// What each step of the last part takes.
const STEP_MS: u32 = 100;

/// Control: kind, buffer, name, deadlines, whether a connection is kept; then calls, a byte for each.
pub fn run(data: &[u8]) {
    let (mut control, incoming) = parts(data);
    if incoming.len() > MOST {
        return;
    }
    let mut session = Session::new(&mut control, incoming);
    let clean_end = control.pick(2) == 0;
    while let Some(op) = control.next() {
        session.call(op, &mut control);
    }
    session.end_it(clean_end);
}

/// An exchange, its driver, and what the driver knows to be right.
struct Session<'d> {
    kind: Kind,
    exchange: Exchange,
    buffer: Vec<u8>,
    /// What `next` is given of the request's body.
    body: &'static [u8],
    upload: Option<Upload>,
    keeps: bool,
    now: u32,
    time_is_moved: bool,
    goal: Goal,
    incoming: &'d [u8],
    /// The head that has to be sent.
    request: Vec<u8>,
    /// On this connection.
    sent: Vec<u8>,
    delivered: Vec<u8>,
    /// The stream has ended, and nothing of it is lost.
    has_ended: bool,
    /// It ended while nobody had asked.
    unasked_end: bool,
    /// What was read of the body, and how much of that is retained in the buffer.
    got: Vec<u8>,
    retained: Vec<u8>,
    /// What comes of the body is read by nobody from here on.
    discards: bool,
    complete: bool,
    failed: bool,
    lies: bool,
}

/// A body in pieces, and where the last of them goes.
struct Upload {
    state: UploadState,
    given: usize,
    waits_for: Option<Space>,
}

impl<'d> Session<'d> {
    fn new(control: &mut Control<'_>, incoming: &'d [u8]) -> Self {
        let kind = Kind::ALL[control.pick(Kind::ALL.len())];
        let mut buffer = vec![0; [1024, 4096, 512, 256, 224, 192, 184][control.pick(7)]];
        let url = ["http://192.168.1.20/x", "http://gate.local/x"][control.pick(2)];
        let total = [Some(30), None, Some(2)][control.pick(3)];
        let config = Config::new().total_timeout(total.map(Duration::from_secs));
        let mut exchange = kind.exchange(url, &config, &mut buffer).expect("it fits");
        let (mut body, mut upload) = (&[][..], None);
        if kind.is_upload() {
            let state = UploadState::new(kind.length().unwrap(), &mut exchange);
            upload = Some(Upload { state, given: 0, waits_for: None });
        } else if kind.length().is_some() {
            body = &BODY[..];
            if !kind.expects() {
                exchange.stage_body(&mut buffer, body);
            }
        }
        Self {
            kind,
            exchange,
            buffer,
            body,
            upload,
            keeps: control.pick(2) == 1,
            now: 0,
            time_is_moved: false,
            goal: Goal::Body,
            incoming,
            request: request(kind, url, &config),
            sent: Vec::new(),
            delivered: Vec::new(),
            has_ended: false,
            unasked_end: false,
            got: Vec::new(),
            retained: Vec::new(),
            discards: false,
            complete: false,
            failed: false,
            lies: false,
        }
    }

    /// One call, or the few that belong together. Sizes are as in the other targets.
    fn call(&mut self, op: u8, control: &mut Control<'_>) {
        let mut number = || control.next().map_or(0, size);
        match op {
            // What is asked for comes to nothing, to the stream's end, or to an error.
            b'.' => self.turn(Answer::Nothing),
            b'_' => self.turn(Answer::End),
            b'|' => self.turn(Answer::Closed),
            b'<' => self.goal = Goal::Head,
            b'=' => self.goal = Goal::Body,
            b'>' => self.goal = Goal::End,
            b'%' => {
                self.goal = Goal::Discarded;
                self.discards = true;
            }
            b'^' => {
                let later = number().min(MOST) as u32 * 10;
                self.set_time(self.now.wrapping_add(later));
            }
            b'~' => self.set_time([0, u32::MAX, 1 << 31, 6000][number() % 4]),
            b'{' => self.take(number()),
            b'}' => self.receive_directly(number()),
            b')' => self.finish_upload(),
            // True, and nobody has asked.
            b'?' => {
                let nothing = self.exchange.nothing_received(&mut self.buffer, self.body, self.now);
                self.check(nothing.map(drop));
            }
            b':' => self.end(number() % 2 == 0, true),
            b'"' => self.fail(),
            _ if op.is_ascii_alphanumeric() => self.turn(Answer::Some(size(op))),
            _ => self.lie(op, number()),
        }
        self.look();
    }

    fn set_time(&mut self, now: u32) {
        self.now = now;
        self.time_is_moved = true;
    }

    /// Asks what comes next, and does it.
    fn turn(&mut self, answer: Answer) {
        if self.upload.as_ref().is_some_and(|upload| upload.waits_for.is_none()) {
            return self.give(answer.most());
        }
        let goal = if self.upload.is_some() { Goal::Head } else { self.goal };
        let Self { exchange, buffer, now, .. } = self;
        let now = *now;
        let step = match exchange.next(buffer, self.body, goal, now) {
            Ok(Action::Begin) => {
                let kept = self.keeps.then(|| (HOST, 80).into());
                exchange.begun(kept.as_ref(), now);
                Ok(())
            }
            Ok(Action::Resolve) => {
                exchange.resolves_to(HOST.into());
                exchange.resolved(now);
                Ok(())
            }
            Ok(Action::Connect) => exchange.connected(now),
            Ok(Action::Send(bytes)) => {
                assert!(self.lies || !bytes.is_empty(), "nothing is to be sent");
                let count = answer.most().min(bytes.len());
                if count > 0 {
                    self.sent.extend_from_slice(&bytes[..count]);
                    exchange.sent(count, now);
                    Ok(())
                } else {
                    return self.send_blocked();
                }
            }
            Ok(Action::Receive(room)) => {
                assert!(self.lies || !room.is_empty(), "nothing can be received");
                let count = answer.most().min(room.len()).min(self.incoming.len());
                match answer {
                    Answer::End | Answer::Closed => {
                        return self.end(matches!(answer, Answer::End), false);
                    }
                    _ if count == 0 => exchange.nothing_received(buffer, self.body, now).map(drop),
                    _ => {
                        room[..count].copy_from_slice(&self.incoming[..count]);
                        self.arrived(count);
                        let received = self.exchange.received(&mut self.buffer, count, now);
                        if received == Ok(true) {
                            // Left-overs of the answer before: what comes next is another connection's.
                            assert!(self.lies || self.keeps, "sent again");
                            self.keeps = false;
                            self.sent.clear();
                            self.delivered.clear();
                        }
                        received.map(drop)
                    }
                }
            }
            Ok(Action::NeedBody) => {
                let waits_for = self.upload.as_mut().and_then(|upload| {
                    upload.state.flushed(exchange);
                    upload.waits_for.take()
                });
                match waits_for {
                    Some(Space::AnswerInTheWay) if exchange.has_part_of_answer() => {
                        exchange.wait(now, Deadline::Idle)
                    }
                    Some(_) => Ok(()),
                    // Nobody has more to give.
                    None => {
                        assert!(self.lies, "{}", self.context());
                        self.fail();
                        return;
                    }
                }
            }
            Ok(Action::Ready) => {
                match &mut self.upload {
                    Some(upload) => upload.waits_for = None,
                    None => self.ready(answer.most()),
                }
                Ok(())
            }
            Err(failure) => Err(failure),
        };
        self.check(step);
    }

    fn arrived(&mut self, count: usize) {
        let (now, later) = self.incoming.split_at(count);
        self.delivered.extend_from_slice(now);
        self.incoming = later;
    }

    fn ready(&mut self, most: usize) {
        let has_data = !self.exchange.data(&self.buffer).is_empty();
        match self.goal {
            Goal::Head => assert!(self.lies || self.exchange.has_head(), "ready without a head"),
            Goal::Body if has_data => self.take(most.max(1)),
            // Too much is left.
            Goal::Discarded if !self.exchange.is_over() => self.fail(),
            _ => {
                self.look();
                self.complete = !self.exchange.is_upgraded();
            }
        }
    }

    /// The caller takes data that were shown.
    fn take(&mut self, most: usize) {
        let data = self.exchange.data(&self.buffer);
        let data = data[..most.min(data.len())].to_vec();
        self.exchange.consume(most);
        self.read(&data);
    }

    fn read(&mut self, data: &[u8]) {
        if !self.discards {
            self.got.extend_from_slice(data);
        }
    }

    fn receive_directly(&mut self, length: usize) {
        let mut out = vec![0; length.min(2 * MOST)];
        let most = self.exchange.direct_length(&self.buffer, &out);
        let count = most.min(self.incoming.len());
        if self.upload.is_some() || count == 0 {
            return;
        }
        out[..count].copy_from_slice(&self.incoming[..count]);
        self.arrived(count);
        self.read(&out[..count]);
        let step = self.exchange.received_directly(count, self.now);
        self.check(step);
    }

    fn send_blocked(&mut self) {
        let blocked = self.exchange.send_blocked(self.now);
        if blocked == Ok(Blocked::GiveUpStage) {
            let room = self.exchange.room_for_answer(&mut self.buffer).unwrap_or_default();
            let count = room.len().min(self.incoming.len());
            room[..count].copy_from_slice(&self.incoming[..count]);
            self.arrived(count);
            if !self.exchange.answer_came(count, self.now) {
                let late = self.exchange.wait(self.now, Deadline::Idle);
                assert!(late.is_err(), "{}", self.context());
                return self.check(late);
            }
        }
        self.check(blocked.map(drop));
    }

    /// The stream ends, and what didn't come yet never comes.
    fn end(&mut self, clean: bool, unasked: bool) {
        self.unasked_end |= unasked;
        let ended = self.exchange.ended(clean, self.now);
        if ended == Ok(true) {
            assert!(self.lies || self.keeps && self.delivered.is_empty(), "sent again");
            self.keeps = false;
            self.sent.clear();
        } else {
            self.has_ended |= clean;
            self.incoming = &[];
        }
        self.check(ended.map(drop));
    }

    /// Gives more of the body that comes in pieces.
    fn give(&mut self, most: usize) {
        let Self { exchange, buffer, upload: Some(upload), now, .. } = self else { return };
        let step = match upload.state.space(exchange, buffer, *now) {
            Ok(Space::Room(start, end)) => {
                let rest = &BODY[upload.given..];
                let count = most.min(end - start).min(rest.len());
                buffer[start..end][..count].copy_from_slice(&rest[..count]);
                upload.given += count;
                upload.state.commit(exchange, count)
            }
            Ok(Space::Answered) => return self.finish_upload(),
            Ok(space) => {
                upload.waits_for = Some(space);
                Ok(())
            }
            Err(failure) => Err(failure),
        };
        self.check(step);
    }

    fn finish_upload(&mut self) {
        let Self { exchange, buffer, now, .. } = self;
        let Some(mut upload) = self.upload.take() else { return };
        let finished = upload.state.finish(exchange, buffer, *now);
        if let Ok(rest) = finished {
            self.body = rest;
        }
        self.check(finished.map(drop));
    }

    fn fail(&mut self) {
        self.failed = true;
        self.exchange.fail();
    }

    /// Whatever came before, it ends: all bytes arrive, the stream ends or says nothing, and time goes on.
    fn end_it(mut self, clean_end: bool) {
        self.goal = if self.goal == Goal::Head { Goal::Body } else { self.goal };
        for _ in 0..MOST_STEPS {
            let is_ready = self.complete || self.exchange.has_head() && self.exchange.is_upgraded();
            if is_ready || self.failed && self.next_is_refused() {
                return;
            }
            let is_given = |upload: &Upload| upload.given == BODY.len();
            if self.upload.as_ref().is_some_and(is_given) {
                self.finish_upload();
            }
            let has_all = self.incoming.is_empty() && self.exchange.has_head();
            self.turn(if has_all && clean_end { Answer::End } else { Answer::Some(usize::MAX) });
            self.look();
            self.now = self.now.wrapping_add(STEP_MS);
        }
        panic!("it doesn't end: {}", self.context());
    }
}

/// What comes of what was asked for.
#[derive(Clone, Copy)]
enum Answer {
    /// At most so many bytes.
    Some(usize),
    Nothing,
    End,
    Closed,
}

impl Answer {
    fn most(self) -> usize {
        match self {
            Self::Some(most) => most,
            Self::Nothing => 0,
            // Of what isn't received.
            Self::End | Self::Closed => usize::MAX,
        }
    }
}
