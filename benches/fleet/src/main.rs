//! 100,000 devices get their power back in the same moment, and all want to tell one server. How long does it
//! take until all have, and how much work does the server do for nothing?
//!
//!     cargo run --release --manifest-path benches/fleet/Cargo.toml
//!
//! draws the load over time into benches/fleet/fleet.svg, and prints the figures. The server takes 1,000
//! requests a second from a queue of 2,000, and answers 503 (with `Retry-After: 5`, or without) at once where
//! the queue is full, which costs it a fiftieth of a request. A device gives up a request after 5 s, which the
//! server works on all the same. Devices start up within 2 s, and come back:
//!
//! - at once, or as sketches do it, each second ("every second"),
//! - after a time that doubles, the same for all ("exponential"),
//! - by [`safe_http_client::Backoff`], which has full jitter ("full jitter").

use safe_http_client::{Backoff, RetryPolicy};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

const DEVICES: usize = 100_000;
/// What the server takes, in requests of each millisecond.
const RATE: f64 = 1.0;
const QUEUE: usize = 2_000;
/// What a refusal costs, in requests.
const REFUSAL: f64 = 0.02;
const PATIENCE_MS: u64 = 5_000;
const BOOT_MS: u64 = 2_000;
const END_MS: u64 = 900_000;
const STEP_MS: u64 = 1_000;

#[derive(Clone, Copy, PartialEq)]
enum Habit {
    EverySecond,
    Exponential,
    FullJitter,
}

struct Device {
    backoff: Backoff,
    tries: u32,
    is_done: bool,
    /// The attempt that is on its way; an answer to an earlier one comes too late.
    attempt: u32,
}

#[derive(Default)]
struct Outcome {
    /// Requests that came in each step, and those that were carried out in time.
    arrivals: Vec<u32>,
    served: Vec<u32>,
    done_ms: Vec<u64>,
    requests: u64,
    wasted: u64,
}

fn run(habit: Habit, asks: Option<Duration>) -> Outcome {
    let policy = |seed| {
        RetryPolicy::new(seed)
            .retries(255)
            .base(Duration::from_secs(1))
            .longest(Duration::from_secs(120))
            .budget(Duration::from_secs(100_000))
    };
    let mut devices: Vec<Device> = (0..DEVICES)
        .map(|id| Device {
            backoff: Backoff::new(policy(id as u32)),
            tries: 0,
            is_done: false,
            attempt: 0,
        })
        .collect();
    let mut outcome = Outcome::default();
    let steps = (END_MS / STEP_MS) as usize;
    outcome.arrivals.resize(steps, 0);
    outcome.served.resize(steps, 0);
    // Who sends when; and who gives up when.
    let mut events: BinaryHeap<Reverse<(u64, u32, bool, u32)>> =
        (0..DEVICES as u64).map(|id| Reverse((id * 7919 % BOOT_MS, id as u32, true, 0))).collect();
    let mut queue: VecDeque<(u32, u32)> = VecDeque::new();
    let mut credit = 0.0f64;
    for now in 0..END_MS {
        let step = (now / STEP_MS) as usize;
        credit = (credit + RATE).min(1.0);
        while credit >= 1.0 {
            let Some((id, attempt)) = queue.pop_front() else { break };
            credit -= 1.0;
            let device = &mut devices[id as usize];
            if device.is_done || device.attempt != attempt {
                outcome.wasted += 1;
                continue;
            }
            device.is_done = true;
            outcome.served[step] += 1;
            outcome.done_ms.push(now);
        }
        while let Some(&Reverse((at, id, is_send, attempt))) = events.peek()
            && at <= now
        {
            events.pop();
            let device = &mut devices[id as usize];
            if device.is_done || (!is_send && device.attempt != attempt) {
                continue;
            }
            let is_refused = is_send && queue.len() >= QUEUE;
            if is_send {
                device.attempt += 1;
                outcome.requests += 1;
                outcome.arrivals[step] += 1;
                if !is_refused {
                    queue.push_back((id, device.attempt));
                    events.push(Reverse((now + PATIENCE_MS, id, false, device.attempt)));
                    continue;
                }
                credit -= REFUSAL;
            }
            // Refused, or out of patience.
            device.attempt += u32::from(!is_send);
            let asked = if is_refused { asks } else { None };
            let doubled = || 1_000u64 << device.tries.min(7);
            let fixed = |wait: u64| wait + asked.map_or(0, |asked| asked.as_millis() as u64);
            let wait = match habit {
                Habit::EverySecond => 1_000,
                Habit::Exponential => fixed(doubled().min(120_000)),
                Habit::FullJitter => {
                    device.backoff.next(asked).map_or(u64::MAX / 2, |wait| wait.as_millis() as u64)
                }
            };
            device.tries += 1;
            events.push(Reverse((now + wait.max(1), id, true, 0)));
        }
        if outcome.done_ms.len() == DEVICES {
            break;
        }
    }
    outcome
}

fn main() {
    let runs = [
        ("every second", "#c0392b", run(Habit::EverySecond, None)),
        (
            "exponential, no jitter",
            "#e08e0b",
            run(Habit::Exponential, Some(Duration::from_secs(5))),
        ),
        (
            "full jitter (this crate)",
            "#1f77b4",
            run(Habit::FullJitter, Some(Duration::from_secs(5))),
        ),
    ];
    println!(
        "| {DEVICES} devices come back | half are done | all are done | requests for each | worked on for nothing | most in a second |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for (name, _, outcome) in &runs {
        let at = |count: usize| match outcome.done_ms.get(count - 1) {
            Some(ms) => format!("{} s", ms / 1000),
            None => format!("never ({} of them in {} s)", outcome.done_ms.len(), END_MS / 1000),
        };
        let late = outcome.arrivals.iter().skip(3).max().unwrap_or(&0);
        println!(
            "| {name} | {} | {} | {:.1} | {} | {} ({late} after the first 3 s) |",
            at(DEVICES / 2),
            at(DEVICES),
            outcome.requests as f64 / DEVICES as f64,
            outcome.wasted,
            outcome.arrivals.iter().max().unwrap_or(&0),
        );
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fleet.svg");
    std::fs::write(path, svg(&runs)).expect("the picture can be written");
    println!("\n{path}");
}

/// Three panels: requests in each second, on a logarithmic scale, and how many devices are done.
fn svg(runs: &[(&str, &str, Outcome)]) -> String {
    const WIDTH: f64 = 720.0;
    const HEIGHT: f64 = 150.0;
    const SHOWN: usize = 400;
    const TOP: f64 = 100_000.0;
    let x = |second: usize| 60.0 + second as f64 / SHOWN as f64 * WIDTH;
    let mut out = String::new();
    let whole = 60.0 + (HEIGHT + 50.0) * runs.len() as f64;
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 {whole}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"860\" height=\"{whole}\" fill=\"white\"/>\n\
         <text x=\"60\" y=\"22\" font-size=\"15\">Requests in each second, {DEVICES} devices after a power cut; \
         the server can take 1,000</text>"
    );
    for (at, (name, colour, outcome)) in runs.iter().enumerate() {
        let base = 60.0 + HEIGHT + (HEIGHT + 50.0) * at as f64;
        let y = |count: f64| base - (count.max(1.0).log10() / TOP.log10()) * HEIGHT;
        for count in [1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0] {
            let is_limit = count == 1_000.0;
            let (stroke, dash) = if is_limit { ("#444", "4 3") } else { ("#ddd", "none") };
            let _ = writeln!(
                out,
                "<line x1=\"60\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{stroke}\" \
                 stroke-dasharray=\"{dash}\"/><text x=\"54\" y=\"{t:.1}\" text-anchor=\"end\">{count}</text>",
                60.0 + WIDTH,
                y = y(count),
                t = y(count) + 4.0,
            );
        }
        let mut bars = String::new();
        let mut line = String::new();
        let mut done = 0u32;
        for second in 0..SHOWN {
            let count = outcome.arrivals.get(second).copied().unwrap_or(0);
            done += outcome.served.get(second).copied().unwrap_or(0);
            if count > 0 {
                let _ = write!(bars, "M{:.1} {base:.1}V{:.1}", x(second), y(f64::from(count)));
            }
            let share = f64::from(done) / DEVICES as f64;
            let _ = write!(
                line,
                "{}{:.1} {:.1}",
                if second == 0 { "M" } else { "L" },
                x(second),
                base - share * HEIGHT
            );
        }
        let _ = writeln!(
            out,
            "<path d=\"{bars}\" stroke=\"{colour}\" stroke-width=\"1.6\" fill=\"none\"/>\n\
             <path d=\"{line}\" stroke=\"black\" stroke-width=\"1.5\" fill=\"none\"/>\n\
             <text x=\"60\" y=\"{:.1}\" fill=\"{colour}\" font-weight=\"bold\">{name}</text>\n\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">black: share of devices that are done (top is all)</text>",
            base - HEIGHT - 8.0,
            60.0 + WIDTH,
            base - HEIGHT - 8.0,
        );
        for second in (0..=SHOWN).step_by(50) {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{second} s</text>",
                x(second),
                base + 16.0
            );
        }
    }
    out + "</svg>\n"
}
