//! Whatever call of a stack goes wrong, and however, and wherever a call of the client is left: what goes
//! on ends in time, in an error that names the phase, or as if nothing had been; every socket is closed
//! once, and a client has one at a time; no request goes out twice that may not; no body is called complete
//! that isn't; no byte gets into another's response or request; and the next request works.
//!
//! - [`sweep`]: each fault at each call of each scenario.
//! - [`leave`]: a call of the client dropped, forgotten, displaced, closed or handed to another client
//!   before each of its polls.
//! - [`unwind`]: a call that waits left at each of its waits, or with its response half read.
//!
//! All on a stack in memory with the quirks of four real ones, on the operating system's sockets, and on
//! [`EspAt`](safe_http_client::esp_at::EspAt) over the simulated modem in virtual time.
//!
//! ```text
//! cargo test -p conformance --test faults -- --nocapture
//! ```
//!
//! prints how many points were tried. `FAULTS=full` has the long form: all scenarios in both dialects of the
//! modem on a line of 115,200 baud, where most calls find nothing on it yet.

mod bench;
mod faulty;
mod judge;
mod leave;
mod memory;
mod peer;
mod plan;
mod rig;
mod running;
mod scenario;
mod socket;
mod sweep;
mod unwind;
mod waiting;

use bench::{Bench, InMemory, Modem, Real};
use conformance::common::cx;
use esp8266_sim::Dialect;
use leave::{leave, leave_some};
use safe_http_client::{LoopContext, StackQuirks};
use scenario::Scenario;
use std::time::Instant;
use sweep::sweep;
use unwind::unwind;

/// `FAULTS=full` runs the long form.
fn is_full() -> bool {
    std::env::var("FAULTS").is_ok_and(|form| form == "full")
}

/// The stacks whose quirks the one in memory takes on.
const QUIRKS: [(&str, StackQuirks); 4] = [
    ("std-embedded-nal", StackQuirks::STD),
    ("smoltcp-nal", StackQuirks::SMOLTCP_NAL),
    ("w5500", StackQuirks::W5500),
    ("unknown", StackQuirks::UNKNOWN),
];

/// Tries a scenario on the modem, and says how many points that were.
type Tried = fn(&mut Modem, &mut LoopContext, Scenario) -> usize;

/// Has all these scenarios tried, each on a bench of its own, and says how many points that were.
fn run<B: Bench>(
    name: &str,
    mut bench: impl FnMut(&mut LoopContext) -> B,
    scenarios: &[Scenario],
    tried: fn(&mut B, &mut LoopContext, Scenario) -> usize,
) -> usize {
    let begin = Instant::now();
    let mut cx = cx();
    let mut total = 0;
    for &scenario in scenarios {
        let points = tried(&mut bench(&mut cx), &mut cx, scenario);
        eprintln!("{name}: {scenario:?}: {points} points ok");
        total += points;
    }
    eprintln!("{name}: {total} points in {:.1} s", begin.elapsed().as_secs_f32());
    total
}

/// In both dialects without a line's delay; and on a line of 115,200 baud all that is `tried`, or `some` of
/// it for one scenario.
fn on_the_modem(what: &str, scenarios: &[Scenario], tried: Tried, some: Tried) -> usize {
    let mut total = 0;
    for (dialect, paced) in Dialect::ALL.into_iter().zip([Scenario::KeepAlive, Scenario::Upgrade]) {
        let bench = |cx: &mut LoopContext| Modem::new(dialect, None, cx);
        total += run(&format!("{what}, EspAt, {dialect}, no line"), bench, scenarios, tried);
        let name = format!("{what}, EspAt, {dialect}, 115,200 baud");
        let bench = |cx: &mut LoopContext| Modem::new(dialect, Some(115_200), cx);
        total += match is_full() {
            true => run(&name, bench, scenarios, tried),
            false => run(&name, bench, &[paced], some),
        };
    }
    eprintln!("{what}, EspAt: {total} points");
    total
}

#[test]
fn faults_in_memory() {
    let mut total = 0;
    for (name, quirks) in QUIRKS {
        let name = format!("faults, in memory as {name}");
        total += run(&name, |_| InMemory::new(quirks), &Scenario::ALL, sweep);
    }
    eprintln!("faults, in memory: {total} points");
    assert!(total > 10_000, "{total}");
}

#[test]
fn faults_on_real_sockets() {
    let name = "faults, std-embedded-nal on real sockets";
    let total = run(name, |_| Real::new(), &Scenario::ALL, sweep);
    assert!(total > 350, "{total}");
}

#[test]
fn faults_on_esp_at() {
    let total = on_the_modem("faults", &Scenario::ALL, sweep, sweep);
    assert!(total > if is_full() { 17_000 } else { 4000 }, "{total}");
}

/// A call that waits is left by [`unwind`] alone.
fn polled() -> Vec<Scenario> {
    Scenario::ALL.into_iter().filter(|it| *it != Scenario::GetWaiting).collect()
}

#[test]
fn calls_left_in_memory() {
    let mut total = 0;
    for (name, quirks) in QUIRKS {
        let left = format!("left, in memory as {name}");
        total += run(&left, |_| InMemory::new(quirks), &polled(), leave);
        let unwound = format!("unwound, in memory as {name}");
        total += run(&unwound, |_| InMemory::new(quirks), &Scenario::ALL, unwind);
    }
    eprintln!("left, in memory: {total} points");
    assert!(total > 15_000, "{total}");
}

#[test]
fn calls_left_on_real_sockets() {
    let bench = |_: &mut LoopContext| Real::new();
    let mut total = run("left, std-embedded-nal on real sockets", bench, &polled(), leave);
    total += run("unwound, std-embedded-nal on real sockets", bench, &Scenario::ALL, unwind);
    eprintln!("left, std-embedded-nal on real sockets: {total} points");
    assert!(total > 300, "{total}");
}

#[test]
fn calls_left_on_esp_at() {
    let mut total = on_the_modem("left", &polled(), leave, leave_some);
    total += on_the_modem("unwound", &Scenario::ALL, unwind, unwind);
    eprintln!("left, EspAt: {total} points");
    assert!(total > 5000, "{total}");
}
