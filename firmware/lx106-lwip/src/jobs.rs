//! What the tests ask for.

use crate::console::{kind, tell};
use crate::net::{self, PollClock};
use crate::stack_use::stack_use;
use crate::{machine, result};
use core::fmt::Write;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use embedded_io::Read;
use lwip_nal::{Lwip, LwipError};
use safe_http_client::{BodyLength, Config, Error, LoopContext, Method, SafeHttpClient};

type Client = SafeHttpClient<Lwip, PollClock>;
type Failure = Error<LwipError, LwipError>;

const ADDRESS: u32 = 0x0a00_0002;
/// Of the server that the handler asks.
static HANDLERS_PORT: AtomicU32 = AtomicU32::new(0);

pub struct Jobs {
    client: Client,
    cx: LoopContext,
}

impl Jobs {
    pub fn new(cx: LoopContext) -> Self {
        // The deadlines that the scenarios are written for.
        let config = Config::new()
            .online_timeout(Duration::from_millis(200))
            .connect_timeout(Duration::from_millis(400))
            .response_timeout(Duration::from_millis(500))
            .idle_timeout(Duration::from_millis(600));
        Self { client: SafeHttpClient::with_config(net::lwip(), PollClock, config), cx }
    }

    /// A name, words, and data.
    pub fn run(&mut self, line: &str, data: &[u8], buffer: &mut [u8]) {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or("");
        match word() {
            "exit" => machine::exit(0),
            // METHOD, bytes of buffer, URL.
            "fetch" => {
                let (method, room, url) = (word(), number(word()), word());
                let began = net::worked();
                let done = self.fetch(Method::from_name(method), url, data, &mut buffer[..room]);
                let cycles = net::worked().wrapping_sub(began);
                self.tell_end(done);
                result!("cycles {cycles}");
            }
            "stack" => {
                let url = word();
                let Self { client, cx } = self;
                let (done, stack) = stack_use(|| get(client, cx, url, &mut buffer[..1024]));
                self.tell_end(done);
                result!("stack {} with {}", stack.call, stack.with_driver);
            }
            // So many, each on a connection of its own or on a kept one.
            "count" => {
                let (count, is_kept, url) = (number(word()), word() == "kept", word());
                let Self { client, cx } = self;
                let began = net::worked();
                for _ in 0..count {
                    if !is_kept {
                        client.close();
                    }
                    if let Err(error) = get(client, cx, url, &mut buffer[..1024]) {
                        return self.tell_end(Err(error));
                    }
                }
                result!("cycles {}", net::worked().wrapping_sub(began));
            }
            "close" => self.client.close(),
            "config" => {
                let patience = Duration::from_millis(number(word()) as u64);
                let config = Config::new().response_timeout(patience).idle_timeout(patience);
                *self.client.config_mut() = config;
            }
            "address" => net::harness_set_address(if word() == "none" { 0 } else { ADDRESS }),
            // The address comes by itself, and its handler makes a request.
            "handler" => {
                HANDLERS_PORT.store(number(word()) as u32, Relaxed);
                net::harness_set_address(0);
                net::HANDLER_ASKS.store(true, Relaxed);
                net::harness_address_in(50, ADDRESS);
                let online = self.client.wait_online(&mut self.cx).map(|_| ());
                net::HANDLER_ASKS.store(false, Relaxed);
                result!("main loop: {online:?}");
            }
            "context" => result!("a second one: {}", LoopContext::take().is_some()),
            other => result!("no job {other}"),
        }
    }

    /// One call, told as it goes on.
    fn fetch(
        &mut self,
        method: Method<'_>,
        url: &str,
        mut data: &[u8],
        buffer: &mut [u8],
    ) -> Result<usize, Failure> {
        let mut online = self.client.online(&mut self.cx)?;
        let request = online.request(method, url, buffer);
        let mut response = match data.len() {
            0 => request.send()?,
            length => request.send_from(&mut data, BodyLength::Known(length as u64))?,
        };
        let head = response.head();
        tell(kind::HEAD, &[&head.status().to_be_bytes(), head.reason()]);
        for field in head.headers() {
            tell(kind::FIELD, &[field.name().as_bytes(), &[0], field.value()]);
        }
        let mut piece = [0; 512];
        let mut total = 0;
        loop {
            match response.read(&mut piece)? {
                0 => break,
                count => tell(kind::BODY, &[&piece[..count]]),
            }
            total += 1;
        }
        for field in response.trailers() {
            tell(kind::TRAILER, &[field.name().as_bytes(), &[0], field.value()]);
        }
        Ok(total)
    }

    fn tell_end(&mut self, done: Result<usize, Failure>) {
        let mut line = crate::console::Line::new();
        let _ = match &done {
            Ok(_) => write!(line, "Complete"),
            Err(error) => write!(line, "{} {:?} {:?}", error.code(), error.phase, error.kind),
        };
        tell(kind::END, &[line.bytes()]);
        if let Err(error) = &done {
            result!("{}", self.client.diagnosis(error));
        }
        let evidence = self.client.evidence();
        result!(
            "connected {}, received {}, {} ms",
            self.client.is_connected(),
            evidence.received,
            evidence.phase_ms
        );
    }
}

fn number(word: &str) -> usize {
    word.parse().unwrap_or(0)
}

/// What is measured: a GET whose body fits.
fn get(
    client: &mut Client,
    cx: &mut LoopContext,
    url: &str,
    buffer: &mut [u8],
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut response = online.get(url, buffer).send()?;
    Ok(response.read_to_end()?.len())
}

/// In the callback of lwIP's that tells of the address: the third cause.
pub fn in_handler() {
    use embedded_nal::TcpClientStack;
    if HANDLERS_PORT.load(Relaxed) == 0 {
        return;
    }
    HANDLERS_PORT.store(0, Relaxed);
    result!("token in the handler: {}", LoopContext::take_if(Lwip::can_wait).is_some());
    result!("socket in the handler: {:?}", net::lwip().socket().err());
}
