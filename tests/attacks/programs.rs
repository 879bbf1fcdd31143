//! Random programs over a hostile stack. Whatever they do, in whatever order, across the wrap of the clock: no
//! byte of a body is another's, nothing complete is wrong, no request that changes something comes twice, and
//! each of them ends.

use crate::common::{Sink, TestClock, TestLink, cx};
use crate::is_long;
use crate::random::Random;
use crate::server::{Seen, Stack, body_of, length_of};
use embedded_io::{BufRead, Read};
use safe_http_client::{
    BodyLength, Call, Config, ErrorOf, LoopContext, Method, NalNetwork, SafeHttpClient,
    StackQuirks, nb,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

type Network = NalNetwork<Stack, TestLink>;
type Client = SafeHttpClient<Network, TestClock>;
type Outcome<T> = Result<T, ErrorOf<Network>>;

const METHODS: [Method<'static>; 7] = [
    Method::Get,
    Method::Get,
    Method::Head,
    Method::Post,
    Method::Put,
    Method::Delete,
    Method::Patch,
];

/// More polls than any deadline lasts.
const PATIENCE: usize = 100_000;

#[test]
fn random_programs_get_their_own_answers_or_errors() {
    let programs = if is_long() { 1_000_000 } else { 3_000 };
    let mut cx = cx();
    let mut total = Total::default();
    for number in 0..programs {
        Program::run(number, &mut cx, &mut total);
    }
    eprintln!("{programs} programs: {total:?}");
    // The hostile stack lets enough of them through, and not all.
    assert!(total.complete > programs as usize / 2 && total.failed > programs as usize / 10);
}

#[derive(Debug, Default)]
struct Total {
    complete: usize,
    failed: usize,
    left: usize,
}

struct Program {
    random: Random,
    client: Client,
    seen: Rc<RefCell<Seen>>,
    /// By number: host, method, and body of each request.
    asked: HashMap<usize, (u8, String, Vec<u8>)>,
}

impl Program {
    fn run(seed: u64, cx: &mut LoopContext, total: &mut Total) {
        let mut random = Random::new(seed);
        let clock = TestClock::ticking(1 + random.below(40) as u32);
        // So that it wraps while the program runs.
        clock.set(0u32.wrapping_sub(random.below(20_000) as u32));
        let seen = Rc::<RefCell<Seen>>::default();
        let stack = Stack {
            random: Random::new(seed ^ 0xA77A),
            seen: seen.clone(),
            clock: clock.clone(),
            fails: random.pick(&[20, 100, 1000, 100_000]),
            blocks_ms: random.pick(&[0, 0, 0, 3, 1000]),
        };
        let quirks =
            random.pick(&[StackQuirks::STD, StackQuirks::STD.with_empty_send_tells_end(true)]);
        let config = Config::new().total_timeout(
            random.pick(&[Some(Duration::from_secs(20)), Some(Duration::from_secs(90))]),
        );
        let network = NalNetwork::new(stack, TestLink::up(), quirks);
        let client = SafeHttpClient::with_config(network, clock, config);
        let mut program = Self { random, client, seen, asked: HashMap::new() };
        for number in 0..1 + program.random.below(6) {
            // A panic says which program it was.
            let guard = Guard(seed, number);
            program.step(number, cx, total);
            std::mem::forget(guard);
        }
        program.judge(seed);
    }

    fn step(&mut self, number: usize, cx: &mut LoopContext, total: &mut Total) {
        match self.random.below(12) {
            0 => self.client.close(),
            1 => drop(self.client.network_mut()),
            _ => {}
        }
        let host = self.random.pick(&[20u8, 20, 21]);
        let method = self.random.pick(&METHODS);
        let url = format!("http://192.168.1.{host}/{number}");
        let body: Vec<u8> = body_of(9, number, self.random.pick(&[0, 3, 50, 900]));
        let takes_body = !matches!(method, Method::Head | Method::Get);
        let body = if takes_body { body } else { Vec::new() };
        self.asked.insert(number, (host, method.name().into(), body.clone()));
        let right = match method {
            Method::Head => Vec::new(),
            _ => body_of(host, number, length_of(number)),
        };
        let mut buffer = vec![0; self.random.pick(&[200, 256, 400, 1500])];
        let way = self.random.below(4);
        let outcome = if way == 0 {
            self.blocking(cx, method, &url, &body, &mut buffer, &right)
        } else {
            self.polled(cx, method, &url, &body, &mut buffer, &right)
        };
        match outcome {
            Ok(true) => total.complete += 1,
            Ok(false) => total.left += 1,
            Err(error) => {
                total.failed += 1;
                let _ = format!("{error} {error:?} {}", self.client.diagnosis(&error));
                assert!(
                    !self.client.is_connected() || error.code() == "buffer_too_small",
                    "{error}"
                );
            }
        }
    }

    /// True where all of the body came.
    fn blocking(
        &mut self,
        cx: &mut LoopContext,
        method: Method<'_>,
        url: &str,
        body: &[u8],
        buffer: &mut [u8],
        right: &[u8],
    ) -> Outcome<bool> {
        let mut online = self.client.online(cx)?;
        let request = online.request(method, url, buffer);
        let mut response = match self.random.below(3) {
            _ if body.is_empty() => request.send()?,
            0 => request.body(body).send()?,
            1 => request.send_from(&mut &body[..], BodyLength::Known(body.len() as u64))?,
            _ => request.send_from(&mut &body[..], BodyLength::Chunked)?,
        };
        assert_eq!(response.status(), 200);
        let mut read = Vec::new();
        let mut out = [0; 90];
        match self.random.below(5) {
            0 => return Ok(false),
            1 => read.extend_from_slice(response.read_to_end()?),
            2 => {
                response.copy_to(&mut Sink(&mut read)).map_err(|error| match error {
                    safe_http_client::CopyError::Response(error) => error,
                    safe_http_client::CopyError::Writer(never) => match never {},
                })?;
            }
            way => loop {
                assert!(right.starts_with(&read), "{:?}", String::from_utf8_lossy(&read));
                if self.random.once_in(30) {
                    return Ok(false);
                }
                let count = if way == 3 {
                    let count = response.read(&mut out)?;
                    read.extend_from_slice(&out[..count]);
                    count
                } else {
                    let shown = response.fill_buf()?;
                    let count =
                        self.random.below(shown.len() + 1).max(usize::from(!shown.is_empty()));
                    read.extend_from_slice(&shown[..count]);
                    response.consume(count);
                    count
                };
                if count == 0 {
                    break;
                }
            },
        }
        assert_eq!(String::from_utf8_lossy(&read), String::from_utf8_lossy(right));
        Ok(true)
    }

    fn polled(
        &mut self,
        cx: &mut LoopContext,
        method: Method<'_>,
        url: &str,
        body: &[u8],
        buffer: &mut [u8],
        right: &[u8],
    ) -> Outcome<bool> {
        let client = &mut self.client;
        let random = &mut self.random;
        let mut online = client.online(cx)?;
        let request = online.request(method, url, buffer);
        let patience = if random.once_in(10) { random.below(60) } else { PATIENCE };
        let mut polls = 0..patience;
        let call = match random.below(4) {
            _ if body.is_empty() => request.start()?,
            0 => request.body(body).start()?,
            1 => request.copy_body(body).start()?,
            kind => {
                let length = match kind {
                    2 => BodyLength::Known(body.len() as u64),
                    _ => BodyLength::Chunked,
                };
                let mut upload = request.start_upload(length)?;
                let mut rest = body;
                while !rest.is_empty() {
                    if polls.next().is_none() {
                        assert!(patience < PATIENCE, "an upload without an end");
                        return Ok(false);
                    }
                    let most = 1 + random.below(rest.len());
                    match upload.poll_write(client, cx, &rest[..most]) {
                        Ok(0) => break,
                        Ok(count) => rest = &rest[count..],
                        Err(nb::Error::WouldBlock) => {}
                        Err(nb::Error::Other(error)) => return Err(error),
                    }
                }
                upload.finish(client)?
            }
        };
        let reading = Reading { call, read: Vec::new(), right, retained: 0, is_whole: false };
        reading.run(client, cx, random, polls, patience)
    }

    /// What the servers saw is what was asked for.
    fn judge(self, seed: u64) {
        let Self { client, seen, asked, .. } = self;
        drop(client);
        let seen = seen.borrow();
        assert_eq!(seen.opened, seen.closed, "program {seed}: sockets");
        let mut times = HashMap::new();
        for (host, method, number, body) in &seen.requests {
            let right = (*host, method.clone(), body.clone());
            assert_eq!(asked.get(number), Some(&right), "program {seed}: request {number}");
            *times.entry(*number).or_insert(0) += 1;
        }
        for (number, times) in times {
            let method = &asked[&number].1;
            let is_idempotent = Method::from_name(method).is_idempotent();
            assert!(
                times <= 1 + usize::from(is_idempotent),
                "program {seed}: {method} {number} {times} times"
            );
        }
        for front in &seen.broken {
            let text = String::from_utf8_lossy(front);
            let is_front = METHODS.iter().any(|method| {
                let line = format!("{} /", method.name());
                text.starts_with(&line) || line.starts_with(&*text)
            });
            assert!(is_front, "program {seed}: {text:?} was sent");
        }
    }
}

/// A call that is read by any of its functions in any order.
struct Reading<'c, 'r> {
    call: Call<'c, &'c mut [u8]>,
    read: Vec<u8>,
    right: &'r [u8],
    /// How much of it was read to be kept.
    retained: usize,
    is_whole: bool,
}

impl Reading<'_, '_> {
    fn run(
        mut self,
        client: &mut Client,
        cx: &mut LoopContext,
        random: &mut Random,
        polls: std::ops::Range<usize>,
        patience: usize,
    ) -> Outcome<bool> {
        let ways = random.pick(&[&[0usize, 1][..], &[2], &[3], &[0, 1, 2, 3]]);
        for _ in polls {
            match self.step(client, cx, random, ways) {
                Ok(true) => {
                    assert!(self.is_whole);
                    // Over is over, however it is asked.
                    assert_eq!(self.call.poll_read(client, cx, &mut [0; 8]), Ok(0));
                    return Ok(true);
                }
                Ok(false) | Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => {
                    if error.code() != "buffer_too_small" {
                        let again = self.step(client, cx, random, &[1]);
                        assert!(matches!(again, Err(nb::Error::Other(_))), "alive after {error}");
                    }
                    return Err(error);
                }
            }
        }
        assert!(patience < PATIENCE, "a call without an end");
        Ok(false)
    }

    fn step(
        &mut self,
        client: &mut Client,
        cx: &mut LoopContext,
        random: &mut Random,
        ways: &[usize],
    ) -> nb::Result<bool, ErrorOf<Network>> {
        let _ = (self.call.phase(), self.call.status(), self.call.body().len());
        match random.pick(ways) {
            0 => {
                self.call.poll(client, cx)?;
                assert_eq!(self.call.status(), Some(200));
                // Waiting for the head alone is never the end.
                if random.once_in(50) {
                    self.call.consume(client, 0);
                }
                return self.piece(client, cx, random);
            }
            1 => return self.piece(client, cx, random),
            2 => {
                let shown = self.call.poll_fill_buf(client, cx)?;
                let is_end = shown.is_empty();
                let count = random.below(shown.len() + 1);
                self.read.extend_from_slice(&shown[..count]);
                // Never more than was shown.
                self.call.consume(client, count);
                if is_end {
                    return Ok(self.ends());
                }
            }
            _ => {
                let outcome = self.call.poll_read_to_end(client, cx);
                if !matches!(outcome, Err(nb::Error::Other(_))) {
                    // What it has read so far stays, and what other functions read follows.
                    self.read.extend_from_slice(&self.call.body()[self.retained..]);
                    self.retained = self.call.body().len();
                }
                outcome?;
                return Ok(self.ends());
            }
        }
        self.check();
        Ok(false)
    }

    fn piece(
        &mut self,
        client: &mut Client,
        cx: &mut LoopContext,
        random: &mut Random,
    ) -> nb::Result<bool, ErrorOf<Network>> {
        let mut out = vec![0; 1 + random.below(300)];
        let count = self.call.poll_read(client, cx, &mut out)?;
        self.read.extend_from_slice(&out[..count]);
        if count == 0 {
            return Ok(self.ends());
        }
        self.check();
        Ok(false)
    }

    fn check(&self) {
        assert!(self.right.starts_with(&self.read), "{:?}", String::from_utf8_lossy(&self.read));
    }

    fn ends(&mut self) -> bool {
        assert_eq!(String::from_utf8_lossy(&self.read), String::from_utf8_lossy(self.right));
        self.is_whole = true;
        true
    }
}

/// Says which program panics.
struct Guard(u64, usize);

impl Drop for Guard {
    fn drop(&mut self) {
        eprintln!("in program {}, request {}", self.0, self.1);
    }
}
