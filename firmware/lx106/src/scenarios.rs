//! What a user's program does: each scenario is a use of the client, and ends in result lines.

use crate::console::{kind, tell};
use crate::machine::CycleClock;
use crate::network::{ConsoleStack, NetError};
use crate::stack_use::stack_use;
use crate::{EVENTS, log, result};
use core::net::Ipv4Addr;
use core::time::Duration;
use embedded_io::Read;
use safe_http_client::{
    Config, Error, Evidence, LinkEvents, LoopContext, NalNetwork, SafeHttpClient, nb,
};

pub type Network = NalNetwork<ConsoleStack, &'static LinkEvents>;
pub type Client<'a> = SafeHttpClient<&'a mut Network, &'a CycleClock>;
pub type Failure = Error<NetError, NetError>;

/// What a scenario may use beside the client.
pub struct Job<'a> {
    pub url: &'a str,
    /// What it sends.
    pub data: &'a [u8],
    /// For requests and responses. A larger body is read in pieces.
    pub buffer: &'a mut [u8],
}

/// A scenario returns how many bytes of body it read.
pub type Scenario = fn(&mut Client<'_>, &mut LoopContext, &mut Job<'_>) -> Result<usize, Failure>;

const SCENARIOS: [(&str, Scenario); 6] = [
    ("get", get),
    ("polled", polled),
    ("post", post),
    ("chunked", chunked),
    ("twice", twice),
    ("lost", lost),
];

/// Runs the scenario of this name.
pub fn run(
    cx: &mut LoopContext,
    clock: &CycleClock,
    network: &mut Network,
    name: &str,
    mut job: Job<'_>,
) {
    log!("{name} {}", job.url);
    // As a Wi-Fi driver's handlers would: on the access point first, then with an address.
    EVENTS.associated();
    let config = Config::new()
        .online_timeout(Duration::from_millis(200))
        .connect_timeout(Duration::from_millis(400))
        .response_timeout(Duration::from_millis(500));
    let mut client = SafeHttpClient::with_config(network, clock, config);
    if name == "offline" {
        match client.wait_online(cx) {
            Ok(_) => return result!("online without an address"),
            Err(why) => result!("{why}"),
        }
        let Evidence { elapsed_ms, limit_ms, .. } = client.evidence();
        result!("waited {elapsed_ms} ms of {limit_ms}");
    }
    EVENTS.got_ip(Ipv4Addr::new(192, 168, 1, 57));
    let name = if name == "offline" { "get" } else { name };
    let done = if let Some((_, scenario)) = MEASURED.iter().find(|(known, _)| *known == name) {
        let (done, stack) = stack_use(|| scenario(&mut client, cx, &mut job));
        let (call, driver) = (stack.call, stack.with_driver);
        let (client, buffer) = (size_of_val(&client), job.buffer.len());
        result!("{name}: {call} bytes of stack, {driver} with the driver over the console");
        result!("beside it: a client of {client}, a buffer of {buffer}");
        done
    } else if let Some((_, scenario)) = SCENARIOS.iter().find(|(known, _)| *known == name) {
        scenario(&mut client, cx, &mut job)
    } else {
        return result!("no scenario {name}");
    };
    match done {
        Ok(count) => result!("body of {count} bytes"),
        Err(error) => {
            let Evidence { remote, phase_ms, elapsed_ms, sent, received, .. } = client.evidence();
            result!(
                "{error} [{remote:?}, {phase_ms} ms in this phase, {elapsed_ms} ms in all, {sent} bytes \
                 sent, {received} received]"
            );
        }
    }
}

/// A body that fits the buffer, as text.
fn get(client: &mut Client<'_>, cx: &mut LoopContext, job: &mut Job<'_>) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut response = online.get(job.url, &mut *job.buffer).send()?;
    let status = response.status();
    let text = response.read_to_str()?;
    result!("{status} {text:?}");
    Ok(text.len())
}

/// The same without a call that waits: the main loop goes on.
fn polled(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut call = online.get(job.url, &mut *job.buffer).start()?;
    let mut loops = 0;
    while let Err(error) = call.poll(client, cx) {
        match error {
            nb::Error::WouldBlock => loops += 1,
            nb::Error::Other(error) => return Err(error),
        }
    }
    let mut piece = [0; 64];
    let mut total = 0;
    loop {
        match call.poll_read(client, cx, &mut piece) {
            Ok(0) => break,
            Ok(count) => {
                tell(kind::BODY, &[&piece[..count]]);
                total += count;
            }
            Err(nb::Error::WouldBlock) => loops += 1,
            Err(nb::Error::Other(error)) => return Err(error),
        }
    }
    result!("the main loop went on: {}", loops > 0);
    Ok(total)
}

fn post(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let request = online.post(job.url, &mut *job.buffer).header("x-key", "secret");
    let mut response = request.body(job.data).send()?;
    let status = response.status();
    let text = response.read_to_str()?;
    result!("{status} {text:?}");
    Ok(text.len())
}

/// A body of any length, in pieces, and what comes behind it.
fn chunked(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut response = online.get(job.url, &mut *job.buffer).send()?;
    result!("{} {:?}", response.status(), response.header("transfer-encoding").map(as_text));
    let mut piece = [0; 64];
    let mut total = 0;
    loop {
        let count = response.read(&mut piece)?;
        if count == 0 {
            break;
        }
        tell(kind::BODY, &[&piece[..count]]);
        total += count;
    }
    for field in response.trailers() {
        result!("trailer {}: {}", field.name(), as_text(field.value()));
    }
    Ok(total)
}

/// Two requests with one client: the connection is kept.
fn twice(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let first = get(client, cx, job)?;
    result!("connected: {}", client.is_connected());
    Ok(first + get(client, cx, job)?)
}

/// The link loses its address between the client's look at it and the request.
fn lost(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    EVENTS.lost_ip();
    Ok(online.get(job.url, &mut *job.buffer).send()?.read_to_end()?.len())
}

fn as_text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or("not UTF-8")
}

// Requests whose stack is measured: nothing but the client in them, and no text formatted. The figures are of
// the call with all that it calls; the client itself and the buffer are the caller's, and apart.

/// By the name of the job; the harness has the same list.
const MEASURED: [(&str, Scenario); 3] = [
    ("stack-get", measured_get),
    ("stack-post", measured_post),
    ("stack-chunked", measured_chunked),
];

fn measured_get(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut response = online.get(job.url, &mut *job.buffer).send()?;
    Ok(response.read_to_end()?.len())
}

fn measured_post(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut response = online.post(job.url, &mut *job.buffer).body(job.data).send()?;
    Ok(response.read_to_end()?.len())
}

/// A body longer than the buffer. The piece of 64 bytes is in the figure.
fn measured_chunked(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut response = online.get(job.url, &mut *job.buffer).send()?;
    let mut piece = [0; 64];
    let mut total = 0;
    loop {
        match response.read(&mut piece)? {
            0 => return Ok(total),
            count => total += count,
        }
    }
}
