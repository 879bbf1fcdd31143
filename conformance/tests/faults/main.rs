//! Whatever call of a stack goes wrong, and however: the exchange ends in time, in an error that names
//! the phase, or as if nothing had been; every socket is closed once; no request goes out twice
//! that may not; no body is called complete that isn't; and the next request works.
//!
//! Each fault at each call of each scenario, on the scripted stack with the behaviours of four real
//! ones, on the operating system's sockets, and on [`EspAt`](safe_http_client::esp_at::EspAt) over
//! the simulated modem, in virtual time:
//!
//! ```text
//! cargo test --all-features --test fault_injection -- --nocapture
//! ```
//!
//! prints how many points were tried.
#![cfg(feature = "esp-at")]

mod common;
mod esp_at_common;
#[path = "fault_injection/faulty.rs"]
mod faulty;
#[path = "fault_injection/peer.rs"]
mod peer;
#[path = "fault_injection/scenario.rs"]
mod scenario;

use common::script::{Connection, Log, ScriptStack, Step};
use common::{TestClock, TestLink};
use esp_at_common::{Driver, HOST, SimClock};
use esp8266_sim::{Dialect, Handle, Reply, Simulator};
use faulty::{Fault, Faulty, Plan};
use peer::{Heard, Server};
use safe_http_client::esp_at::EspAt;
use safe_http_client::{
    Attached, Behaviour, Clock, IpConfig, Link, LinkStatus, LoopContext, Network, SafeHttpClient,
};
use scenario::{Ask, Scenario, ask, config, judge, may_repeat};
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Lets so many milliseconds pass.
type Pass = Rc<dyn Fn(u32)>;

/// A stack, with a server behind it.
trait Bench {
    type Net<'a>: Network
    where
        Self: 'a;
    type Clock: Clock + Clone;

    /// Where the server is.
    fn base(&self) -> String;

    /// The network for one run of this scenario, the clock, and how to move it.
    fn network(&mut self, scenario: Scenario) -> (Self::Net<'_>, Self::Clock, Pass);

    /// The request lines that the server has heard since the last time.
    fn heard(&mut self) -> Vec<String>;

    /// For the request behind the scenario.
    fn recover(_: &mut Self::Net<'_>) {}

    /// How often a call would block depends on the machine's load.
    const IN_REAL_TIME: bool = false;

    /// A `send` that fails may have been carried out: the failure was in its confirmation.
    const CONFIRMS_SENDS: bool = false;
}

/// What was tried.
#[derive(Default)]
struct Count {
    by_fault: Vec<(Fault, usize)>,
    most: usize,
}

/// Every fault at every call of this scenario.
fn sweep<B: Bench>(bench: &mut B, cx: &mut LoopContext, scenario: Scenario) -> Count {
    let mut count = Count::default();
    for fault in Fault::ALL {
        let mut number = 0;
        while point(bench, cx, scenario, fault, number) {
            number += 1;
        }
        count.by_fault.push((fault, number));
        count.most = count.most.max(number);
    }
    count
}

/// Points tried on all stacks.
static TRIED: AtomicUsize = AtomicUsize::new(0);
/// Exchanges begun.
static EXCHANGES: AtomicUsize = AtomicUsize::new(0);

/// One point. False where the scenario has no such call.
fn point<B: Bench>(
    bench: &mut B,
    cx: &mut LoopContext,
    scenario: Scenario,
    fault: Fault,
    number: usize,
) -> bool {
    let base = bench.base();
    let context = format!("{scenario:?}, {fault:?} at call {number}");
    let plan: Rc<RefCell<Plan>> = Rc::default();
    plan.borrow_mut().merges_repeats = B::IN_REAL_TIME;
    let mut allowed = HashMap::new();
    {
        let (inner, clock, pass) = bench.network(scenario);
        let behaviour = inner.behaviour();
        let on_block = if B::IN_REAL_TIME { doze } else { || {} };
        let network = Faulty { inner, plan: plan.clone(), pass, on_block };
        let client = SafeHttpClient::with_config(network, clock, config());
        let mut client =
            client.wait_online(cx).unwrap_or_else(|failed| panic!("{context}: {}", failed.error));
        plan.borrow_mut().arm(number, fault);
        for (index, what) in scenario.exchanges().iter().enumerate() {
            plan.borrow_mut().begin_exchange(index);
            // What is late belongs to no other point.
            let tag = format!("{}-{index}", EXCHANGES.fetch_add(1, Ordering::Relaxed));
            let ended = ask(&mut client, cx, &plan, &base, &tag, *what);
            let hit = plan.borrow().hit.filter(|hit| hit.exchange == index);
            let late =
                B::CONFIRMS_SENDS && matches!(fault, Fault::FailOther | Fault::FailPipeClosed);
            judge(*what, fault, hit.as_ref(), late, behaviour, &ended, &context);
            allowed.insert(tag, if may_repeat(*what, hit.as_ref()) { 2 } else { 1 });
        }
        // The next one, on a network that is well again.
        plan.borrow_mut().heal();
        plan.borrow_mut().begin_exchange(scenario.exchanges().len());
        B::recover(&mut client.network_mut().inner);
        if !client.is_connected() {
            let plan = plan.borrow();
            assert_eq!(plan.opened, plan.closed, "{context}: sockets");
        }
        let next = ask(&mut client, cx, &plan, &base, "next", Ask::Get("len"));
        judge(Ask::Get("len"), fault, None, false, behaviour, &next, &format!("{context}: next"));
    }
    let plan = plan.borrow();
    assert_eq!(plan.opened, plan.closed, "{context}: sockets");
    assert_eq!(plan.sent_after_failure, 0, "{context}: bytes sent behind an error");
    let heard = bench.heard();
    for (tag, most) in allowed {
        let times = heard.iter().filter(|line| line.contains(&format!("?{tag} "))).count();
        assert!(times <= most, "{context}: the server has heard exchange {tag} {times} times");
    }
    plan.hit.is_some()
}

/// Gives the server's threads the processor.
fn doze() {
    std::thread::sleep(Duration::from_micros(20));
}

fn run<B: Bench>(
    name: &str,
    mut bench: impl FnMut(&mut LoopContext) -> B,
    cx: &mut LoopContext,
    scenarios: &[Scenario],
) -> usize {
    let begin = Instant::now();
    let mut total = 0;
    for &scenario in scenarios {
        let mut bench = bench(cx);
        let count = sweep(&mut bench, cx, scenario);
        let points: usize = count.by_fault.iter().map(|(_, points)| points).sum();
        // All that can happen has happened at least once.
        for (fault, points) in &count.by_fault {
            assert!(*points > 0, "{name}, {scenario:?}: {fault:?} never happened");
        }
        eprintln!("{name}: {scenario:?}: {points} points ok, at up to {} calls", count.most);
        total += points;
    }
    let so_far = TRIED.fetch_add(total, Ordering::Relaxed) + total;
    let seconds = begin.elapsed().as_secs_f32();
    eprintln!("{name}: {total} points in {seconds:.1} s ({so_far} on all stacks so far)");
    total
}

// --- The scripted stack ---

struct Scripted {
    behaviour: Behaviour,
    log: Rc<RefCell<Log>>,
}

/// A connection that takes its time with everything.
fn slow(steps: Vec<Step>) -> Connection {
    Connection { connect_pends: 2, send_limit: 60, send_pends: 1, ..Connection::new(steps) }
}

/// Waits for so many ends of heads, then says this in pieces.
fn answer(awaits: usize, bytes: impl AsRef<[u8]>) -> Vec<Step> {
    let mut steps = vec![Step::AwaitRequest; awaits];
    for piece in bytes.as_ref().chunks(23) {
        steps.extend([Step::Pend(1), Step::Data(piece.to_vec())]);
    }
    steps
}

impl Bench for Scripted {
    type Net<'a> = Attached<ScriptStack, TestLink>;
    type Clock = TestClock;

    fn base(&self) -> String {
        "http://gate.test".into()
    }

    fn network(&mut self, scenario: Scenario) -> (Self::Net<'_>, TestClock, Pass) {
        let hello = || answer(1, peer::with_length());
        let first = match scenario {
            Scenario::Get | Scenario::GetWaiting => hello(),
            Scenario::KeepAlive | Scenario::KeepAlivePost => [hello(), hello()].concat(),
            // The body, and the last chunk, look like the end of a head.
            Scenario::Post | Scenario::Upload => answer(2, peer::with_length()),
            Scenario::KeepAlivePut => [hello(), answer(2, peer::with_length())].concat(),
            Scenario::Chunked => answer(1, peer::in_chunks()),
            Scenario::Upgrade => [answer(1, peer::UPGRADED), answer(1, peer::echoed())].concat(),
            Scenario::Diagnose => answer(1, peer::NOTHING),
        };
        // Kept alive, each of them.
        let second = match scenario {
            Scenario::KeepAlivePut => answer(2, peer::with_length()),
            _ => hello(),
        };
        let connections = [[first, hello()].concat(), [second, hello()].concat()];
        let mut stack = ScriptStack::new(connections.map(slow));
        stack.names.push(("gate.test", [192, 168, 1, 20].into()));
        stack.dns_pends = 2;
        self.log = stack.log.clone();
        let clock = TestClock::default();
        let pass = clock.clone();
        (stack.attached(self.behaviour), clock, Rc::new(move |ms| pass.advance(ms)))
    }

    fn heard(&mut self) -> Vec<String> {
        let log = self.log.borrow();
        let texts = (0..log.opened).map(|index| log.text(index));
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    fn recover(net: &mut Self::Net<'_>) {
        let connections = &mut net.stack_mut().connections;
        connections.clear();
        connections.push_back(slow(answer(1, peer::with_length())));
    }
}

#[test]
fn on_the_scripted_stack() {
    let mut cx = common::cx();
    let behaviours = [
        ("std-embedded-nal", Behaviour::STD),
        ("smoltcp-nal", Behaviour::SMOLTCP_NAL),
        ("w5500", Behaviour::W5500),
        ("unknown", Behaviour::UNKNOWN),
    ];
    let mut total = 0;
    for (name, behaviour) in behaviours {
        let bench = |_: &mut LoopContext| Scripted { behaviour, log: Rc::default() };
        total += run(&format!("scripted, as {name}"), bench, &mut cx, &Scenario::ALL);
    }
    eprintln!("scripted: {total} points");
    assert!(total > 4000, "{total}");
}

// --- The operating system's sockets ---

struct Real {
    port: u16,
    heard: Heard,
}

#[derive(Clone)]
struct Host;

impl Link for Host {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST)))
    }

    fn has_loopback(&self) -> bool {
        true
    }
}

impl Bench for Real {
    type Net<'a> = Attached<std_embedded_nal::Stack, Host>;
    type Clock = TestClock;

    fn base(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The clock moves while a fault stalls, and not while the server is slow.
    fn network(&mut self, _: Scenario) -> (Self::Net<'_>, TestClock, Pass) {
        let clock = TestClock::default();
        let pass = clock.clone();
        let network = Attached::new(std_embedded_nal::Stack, Host, Behaviour::STD);
        (network, clock, Rc::new(move |ms| pass.advance(ms)))
    }

    fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    const IN_REAL_TIME: bool = true;
}

#[test]
fn on_real_sockets() {
    let mut cx = common::cx();
    let heard = Heard::default();
    let port = peer::listen(heard.clone()).port();
    let bench = |_: &mut LoopContext| Real { port, heard: heard.clone() };
    let total = run("std-embedded-nal, real sockets", bench, &mut cx, &Scenario::ALL);
    assert!(total > 200, "{total}");
}

// --- EspAt on the simulated modem ---

struct Modem {
    modem: Driver,
    clock: SimClock,
    heard: Heard,
    _handle: Handle,
}

impl Modem {
    /// Joined, with the server at a host in its network.
    fn new(dialect: Dialect, baud: Option<u32>, cx: &mut LoopContext) -> Self {
        let heard = Heard::default();
        let for_peers = heard.clone();
        let peer = Arc::new(move || {
            let mut server = Server::new(for_peers.clone());
            let peer = move |data: &[u8], reply: &mut Reply| {
                let answer = server.take(data);
                if !answer.is_empty() {
                    reply.send(&answer);
                }
            };
            Box::new(peer) as Box<dyn esp8266_sim::Peer>
        });
        let config = esp8266_sim::Config::new(dialect).peer(HOST, 80, peer).name("gate.test", HOST);
        let config = match baud {
            Some(baud) => config.baud(baud),
            None => config,
        };
        let (handle, port, clock) = Simulator::lockstep(config);
        // It ticks, so that data which wait on the line for their reader don't stop it.
        let clock = SimClock(clock.ticking(Duration::from_micros(2)));
        let mut modem = EspAt::new(port, clock.clone());
        modem.join(cx, "sim", "simsimsim").unwrap();
        Self { modem, clock, heard, _handle: handle }
    }
}

impl Bench for Modem {
    type Net<'a> = &'a mut Driver;
    type Clock = SimClock;

    fn base(&self) -> String {
        "http://gate.test".into()
    }

    fn network(&mut self, _: Scenario) -> (&mut Driver, SimClock, Pass) {
        let pass = self.clock.clone();
        let pass = move |ms: u32| pass.0.advance(Duration::from_millis(ms.into()));
        (&mut self.modem, self.clock.clone(), Rc::new(pass))
    }

    fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    const CONFIRMS_SENDS: bool = true;
}

/// The slower the line, the more calls find nothing on it yet.
fn on_the_modem(dialect: Dialect, baud: Option<u32>, scenarios: &[Scenario]) -> usize {
    let mut cx = common::cx();
    let bench = |cx: &mut LoopContext| Modem::new(dialect, baud, cx);
    let line = baud.map_or("no line".into(), |baud| format!("{baud} baud"));
    run(&format!("EspAt, {dialect}, {line}"), bench, &mut cx, scenarios)
}

#[test]
fn on_esp_at() {
    let mut total = 0;
    for dialect in Dialect::ALL {
        total += on_the_modem(dialect, None, &Scenario::ALL);
    }
    let paced = Some(115_200);
    total += on_the_modem(Dialect::NonOs17, paced, &[Scenario::KeepAlive]);
    total += on_the_modem(Dialect::EspAt2, paced, &[Scenario::Upgrade]);
    eprintln!("EspAt: {total} points");
    assert!(total > 3000, "{total}");
}

#[test]
#[ignore = "takes two minutes: every scenario in both dialects on a line of 115,200 baud"]
fn on_esp_at_at_115200_baud() {
    for dialect in Dialect::ALL {
        let total = on_the_modem(dialect, Some(115_200), &Scenario::ALL);
        assert!(total > 7000, "{total}");
    }
}
