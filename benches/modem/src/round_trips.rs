//! Commands and bytes of a GET.

use crate::ours::{HOST, URL, Virtual};
use crate::table::{table, thousands};
use crate::{Result, nal, ours};
use esp8266_sim::{Config, Dialect, Handle, canned};
use safe_http_client::{LoopContext, Network, SafeHttpClient};
use std::time::Duration;

const RESPONSE: &[u8] = include_bytes!("../../data/get_length_256.bin");
const BODY: &[u8] = include_bytes!("../../data/body_256.bin");

/// Of the client's buffer, of `EspAt`'s `RX_BUF`, and of esp-at-nal's for sends and receives.
const BUFFER: usize = 1024;

/// What passed over the line.
struct Passed {
    commands: u64,
    to_modem: u64,
    to_host: u64,
    lines: Vec<String>,
}

impl Passed {
    /// Since the last call.
    fn take(handle: &Handle) -> Passed {
        let stats = handle.stats();
        let lines = handle.sent_lines();
        handle.clear_log();
        Passed {
            commands: stats.commands,
            to_modem: stats.bytes_to_modem,
            to_host: stats.bytes_to_host,
            // The request's own lines are among them.
            lines: lines.into_iter().filter(|line| line.starts_with("AT")).collect(),
        }
    }
}

/// What is measured, in its order.
const PHASES: [&str; 5] =
    ["start and join", "first GET, cold", "GET, kept alive", "close", "next GET, cold"];

type Phases = [Passed; PHASES.len()];

pub fn report(cx: &mut LoopContext) -> Result<String> {
    let mut text = format!(
        "## Round trips\n\n\
         A GET to an address on a simulated modem, {} bytes of response, the same request from the \
         same client: over `EspAt`, and over\n\
         esp-at-nal 0.5, both with buffers of {BUFFER} bytes. Cold is without a connection. esp-at-nal sets \
         the modem up within its first GET, `EspAt` at\n\
         the start. It leaves the modem's echo on; it was switched off for it, which spares it the \
         bytes.\n\n",
        RESPONSE.len()
    );
    let heads = ["firmware", "what", "driver", "commands", "bytes to the modem", "bytes from it"];
    let mut rows = vec![heads.map(str::to_owned)];
    let mut lists = String::new();
    for dialect in Dialect::ALL {
        let with_ours = ours(dialect, cx).map_err(|why| format!("{dialect}, EspAt: {why}"))?;
        let with_nal = nal(dialect, cx).map_err(|why| format!("{dialect}, esp-at-nal: {why}"))?;
        for (index, what) in PHASES.iter().enumerate() {
            for (driver, phases) in [("EspAt", &with_ours), ("esp-at-nal", &with_nal)] {
                let passed = &phases[index];
                rows.push([
                    firmware(dialect).into(),
                    (*what).into(),
                    driver.into(),
                    passed.commands.to_string(),
                    thousands(passed.to_modem),
                    thousands(passed.to_host),
                ]);
                if index == 1 {
                    let lines = passed.lines.join("\n");
                    let firmware = firmware(dialect);
                    lists.push_str(&format!(
                        "The first GET, {driver}, {firmware}:\n\n```text\n{lines}\n```\n\n"
                    ));
                }
            }
        }
    }
    text.push_str(&table(&rows, 3));
    text.push('\n');
    text.push_str(&lists);
    Ok(text)
}

pub fn firmware(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::NonOs17 | Dialect::Single17 => "NonOS AT 1.7",
        Dialect::EspAt2 => "ESP-AT 2.2",
    }
}

fn config(dialect: Dialect) -> Config {
    Config::new(dialect).booted().peer(HOST, 80, canned(RESPONSE, false))
}

fn ours(dialect: Dialect, cx: &mut LoopContext) -> Result<Phases> {
    let (handle, clock, modem) = ours::joined::<BUFFER>(config(dialect), Duration::ZERO, cx)?;
    phases(&handle, modem, Virtual(clock), cx)
}

fn nal(dialect: Dialect, cx: &mut LoopContext) -> Result<Phases> {
    let (handle, clock, network) = nal::joined::<BUFFER>(config(dialect), Duration::ZERO)?;
    phases(&handle, network, clock, cx)
}

fn phases<N: Network>(
    handle: &Handle,
    network: N,
    clock: Virtual,
    cx: &mut LoopContext,
) -> Result<Phases> {
    let mut client = SafeHttpClient::new(network, clock.clone());
    client.wait_online(cx).map_err(|error| error.to_string())?;
    let start = Passed::take(handle);
    get(&mut client, cx)?;
    let first = Passed::take(handle);
    get(&mut client, cx)?;
    let kept_alive = Passed::take(handle);
    client.close();
    // What the driver does behind the close is no part of the next GET.
    let end = clock.0.now() + Duration::from_millis(50);
    while clock.0.now() < end {
        client.network_mut().poll_network();
    }
    let close = Passed::take(handle);
    get(&mut client, cx)?;
    let next = Passed::take(handle);
    if kept_alive.commands >= first.commands {
        return Err("the connection wasn't kept alive".into());
    }
    Ok([start, first, kept_alive, close, next])
}

fn get<N: Network>(client: &mut SafeHttpClient<N, Virtual>, cx: &mut LoopContext) -> Result<()> {
    let mut buffer = [0; BUFFER];
    let mut online = client.online(cx).map_err(|error| error.to_string())?;
    let mut response =
        online.get(URL, &mut buffer).send().map_err(|error| error.code().to_owned())?;
    let body = response.read_to_end().map_err(|error| error.code().to_owned())?;
    if body == BODY { Ok(()) } else { Err("another body".into()) }
}
