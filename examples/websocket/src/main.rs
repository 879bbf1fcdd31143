//! `websocket`: opens one, says something, hears it back, and closes, in a loop that waits for none of it.
//!
//! ```text
//! cargo run --example websocket                                     # serves itself an echo
//! cargo run --example websocket -- ws://192.168.1.20/echo --text open --count 5
//! ```
//!
//! `src/lib.rs` is what firmware takes: it has no std. This is a PC around it.

mod echo;

use clap::Parser;
use nal_link::{PcLink, StdClock};
use safe_http_client::{Clock, LoopContext, NalNetwork, SafeHttpClient, StackQuirks, nb};
use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;
use websocket::rand_core::{self, RngCore};
use websocket::{CloseStatus, Event, Failure, Socket};

/// Says a text over a WebSocket, and waits for it to come back.
#[derive(Debug, Parser)]
struct Options {
    /// Where it is, such as ws://192.168.1.20/echo; without it, one runs on this PC
    url: Option<String>,
    /// What is said
    #[arg(long, default_value = "open")]
    text: String,
    /// How often
    #[arg(long, default_value_t = 3)]
    count: u32,
    /// How long an answer may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    patience: u32,
}

/// The operating system's random numbers.
struct SystemRandom;

impl RngCore for SystemRandom {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        assert!(getrandom::fill(bytes).is_ok(), "no random numbers");
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// What is awaited.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Awaited {
    Open,
    Echo,
    Pong,
    Close,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("websocket: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let url = match &options.url {
        Some(url) => url.clone(),
        None => echo::start()?,
    };
    // The client's URLs are those of HTTP (RFC 6455 section 3): `wss` is https, which takes its TLS.
    let url = match url.split_once("://") {
        Some(("ws", rest)) => format!("http://{rest}"),
        Some(("wss", rest)) => format!("https://{rest}"),
        _ => url,
    };
    let clock = StdClock::new();
    let network = NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD);
    let mut client = SafeHttpClient::new(network, &clock);
    let Some(mut cx) = LoopContext::take() else { unreachable!("it is taken here alone") };
    let mut online = client.online(&mut cx).map_err(|error| error.to_string())?;
    let mut socket = Socket::open(&mut online, url.as_str(), [0; 512], SystemRandom)
        .map_err(|error| error.to_string())?;

    let (mut awaited, mut since) = (Awaited::Open, clock.now_ms());
    let (mut said, mut turns) = (0, 0u64);
    loop {
        // Here a board samples, blinks, and hears its buttons.
        turns += 1;
        let event = match socket.poll(&mut client, &mut cx) {
            Ok(event) => event,
            Err(nb::Error::WouldBlock) => {
                if clock.now_ms().wrapping_sub(since) > options.patience * 1000 {
                    return Err(format!("{awaited:?} didn't come in {} s", options.patience).into());
                }
                std::thread::sleep(Duration::from_micros(200));
                continue;
            }
            Err(nb::Error::Other(error)) => return Err(error.to_string().into()),
        };
        println!("{event:?}");
        match event {
            Event::Open => awaited = Awaited::Echo,
            Event::Text(text) if awaited == Awaited::Echo && text == options.text => {
                said += 1;
                if said >= options.count {
                    awaited = Awaited::Pong;
                }
            }
            Event::Pong if awaited == Awaited::Pong => awaited = Awaited::Close,
            Event::Closed(CloseStatus::NormalClosure) if awaited == Awaited::Close => break,
            Event::Closed(status) => return Err(format!("the server closed: {status:?}").into()),
            // A server may say what it wants, and that it is there.
            Event::Text(_) | Event::Binary(_) | Event::Pong => continue,
        }
        since = clock.now_ms();
        let put: nb::Result<(), Failure<Infallible>> = match awaited {
            Awaited::Open => Ok(()),
            Awaited::Echo => socket.send_text(&options.text),
            Awaited::Pong => socket.ping(),
            Awaited::Close => socket.close(),
        };
        // What was sent before has come back: there is room.
        put.map_err(|error| format!("{error:?}"))?;
    }
    println!("{said} times, in {turns} turns");
    Ok(())
}
