//! A call of the client, left before each of its polls.

use crate::bench::{Bench, InMemory};
use crate::judge::is_good;
use crate::plan::Plan;
use crate::rig::{self, Rig};
use crate::running::{Client, Ended, Running, run};
use crate::scenario::{Reads, SHORT, Scenario, Use};
use safe_http_client::{Cause, Clock, LoopContext, Network, StackQuirks};
use std::cell::RefCell;
use std::rc::Rc;

/// How it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Dropped,
    /// It stays where it is, and nobody polls it any more.
    Forgotten,
    /// Another one goes to its end; then it is polled.
    Displaced,
    /// It is polled between all polls of the one that displaces it.
    Interleaved,
    /// An active check goes to its end; then it is polled.
    Checked,
    /// The client's connection is closed; then it is polled.
    Closed,
    /// It is polled with another client, and then with its own.
    GivenAway,
    /// The client is dropped; then it is polled with the one that comes after.
    Orphaned,
    /// Not at all: what is refused displaces nothing.
    Kept,
}

const WAYS: [Way; 9] = [
    Way::Dropped,
    Way::Forgotten,
    Way::Displaced,
    Way::Interleaved,
    Way::Checked,
    Way::Closed,
    Way::GivenAway,
    Way::Orphaned,
    Way::Kept,
];

/// Every way to leave this scenario before every poll: how many points that were.
pub fn leave<B: Bench>(bench: &mut B, cx: &mut LoopContext, scenario: Scenario) -> usize {
    leave_each(bench, cx, scenario, 1)
}

/// The same, each way before some of the polls and each poll by some way: where most find nothing to do.
pub fn leave_some<B: Bench>(bench: &mut B, cx: &mut LoopContext, scenario: Scenario) -> usize {
    leave_each(bench, cx, scenario, WAYS.len() - 1)
}

fn leave_each<B: Bench>(
    bench: &mut B,
    cx: &mut LoopContext,
    scenario: Scenario,
    step: usize,
) -> usize {
    let mut total = 0;
    for (index, way) in WAYS.into_iter().enumerate() {
        let mut number = index % step;
        while point(bench, cx, scenario, way, number) {
            number += step;
            total += 1;
        }
    }
    total
}

/// One point. False where the scenario has fewer polls.
fn point<B: Bench>(
    bench: &mut B,
    cx: &mut LoopContext,
    scenario: Scenario,
    way: Way,
    number: usize,
) -> bool {
    let mut rig = Rig::new(bench, cx, format!("{scenario:?}, {way:?} before poll {number}"));
    let plan = rig.plan.clone();
    let mut client = rig::client(bench, &plan);
    let mut uses = scenario.uses().iter();
    let left = up_to(&mut rig, &mut client, &mut uses, number, B::IN_REAL_TIME);
    let is_left = left.is_some();
    if let Some(mut left) = left {
        match way {
            Way::Dropped => drop(left),
            Way::Forgotten => std::mem::forget(left),
            Way::Displaced => {
                rig.expect_whole(&mut client, Use::Get("chunked", Reads::Borrowed));
                rig.expect_over(&mut left, &mut client);
            }
            Way::Interleaved => interleave(&mut rig, &mut left, &mut client),
            Way::Checked => {
                rig.expect_whole(&mut client, Use::Diagnose);
                rig.expect_over(&mut left, &mut client);
            }
            Way::Closed => {
                client.close();
                assert!(!client.is_connected(), "{}", rig.context);
                rig.expect_over(&mut left, &mut client);
            }
            Way::GivenAway => {
                give_away(&mut rig, &mut left);
                rig.expect_over(&mut left, &mut client);
            }
            Way::Orphaned => {
                drop(client);
                rig.expect_all_closed();
                client = rig::client(bench, &plan);
                rig.expect_over(&mut left, &mut client);
            }
            Way::Kept => {
                refuse(&mut rig, &mut client, number);
                rig.expect_good_end(&mut left, &mut client);
                for what in uses {
                    rig.expect_whole(&mut client, *what);
                }
            }
        }
    }
    rig.expect_recovery(&mut client);
    drop(client);
    rig.expect_clean_end(bench.heard());
    is_left
}

/// Polls so often, and returns the call that goes on then.
fn up_to<'u, N: Network, C: Clock>(
    rig: &mut Rig<'_>,
    client: &mut Client<N, C>,
    uses: impl Iterator<Item = &'u Use>,
    number: usize,
    in_real_time: bool,
) -> Option<Running> {
    let (mut polls, mut moves) = (0, 0);
    for what in uses {
        let tag = rig.begin((0, 1));
        let mut running = Running::start(client, rig.cx, &rig.base, &tag, *what);
        loop {
            if polls == number {
                return Some(running);
            }
            let ended = running.turn(client, rig.cx, &rig.plan);
            // How often nothing happens depends on the machine's load.
            let moved = rig.plan.borrow().moves;
            if !in_real_time || moved != moves {
                (polls, moves) = (polls + 1, moved);
            }
            if let Some(ended) = ended {
                assert!(is_good(&ended), "{}: {ended:?}", rig.context);
                break;
            }
        }
    }
    None
}

impl Rig<'_> {
    /// The call has ended, or ends now, and doesn't touch the network: neither its own call nor another's
    /// bytes go anywhere.
    fn expect_over<N: Network, C: Clock>(&mut self, left: &mut Running, client: &mut Client<N, C>) {
        let calls = self.plan.borrow().calls;
        let is_connected = client.is_connected();
        let ended = left.turn(client, self.cx, &self.plan);
        self.expect_ended(ended);
        assert_eq!(self.plan.borrow().calls, calls, "{}: the network is left alone", self.context);
        assert_eq!(client.is_connected(), is_connected, "{}", self.context);
    }

    /// It says that it was displaced, or has all of its response.
    fn expect_ended(&self, ended: Option<Ended>) {
        match &ended {
            Some(Ended::Whole | Ended::Failed { code: "displaced" | "call_over", .. }) => {}
            Some(Ended::Report(report))
                if report.diagnosis().map(|it| it.cause()) == Some(Cause::InvalidRequest) => {}
            _ => panic!("{}: {ended:?}", self.context),
        }
    }

    fn expect_good_end<N: Network, C: Clock>(
        &mut self,
        running: &mut Running,
        client: &mut Client<N, C>,
    ) {
        loop {
            if let Some(ended) = running.turn(client, self.cx, &self.plan) {
                assert!(is_good(&ended), "{}: {ended:?}", self.context);
                return;
            }
        }
    }
}

/// Another call goes to its end, while this one is polled all the time.
fn interleave<N: Network, C: Clock>(
    rig: &mut Rig<'_>,
    left: &mut Running,
    client: &mut Client<N, C>,
) {
    let tag = rig.begin((1, 1));
    let what = Use::Get("chunked", Reads::Direct);
    let mut other = Running::start(client, rig.cx, &rig.base, &tag, what);
    loop {
        rig.expect_over(left, client);
        if let Some(ended) = other.turn(client, rig.cx, &rig.plan) {
            assert!(is_good(&ended), "{}: {ended:?}", rig.context);
            return;
        }
    }
}

/// Another client, over another network, isn't touched by what isn't its own.
fn give_away(rig: &mut Rig<'_>, left: &mut Running) {
    let mut bench = InMemory::new(StackQuirks::STD);
    let plan: Rc<RefCell<Plan>> = Rc::default();
    let base = bench.base();
    let mut other = rig::client(&mut bench, &plan);
    let ended = left.turn(&mut other, rig.cx, &rig.plan);
    rig.expect_ended(ended);
    assert_eq!(plan.borrow().calls, 0, "{}: another client's network", rig.context);
    let ended = run(&mut other, rig.cx, &plan, &base, "other", Use::Get("len", Reads::Pieces));
    assert!(is_good(&ended), "{}: {ended:?}", rig.context);
}

/// Begins what can't be begun: each is the caller's mistake.
fn refuse<N: Network, C: Clock>(rig: &mut Rig<'_>, client: &mut Client<N, C>, number: usize) {
    let mut online = client.online(rig.cx).unwrap();
    let refused = match number % 5 {
        0 => online.get("http://gate.test/", [0; 256]).header("x y", "z").start(),
        1 => online.head("http://gate.test/", [0; 256]).body(SHORT).start(),
        2 => online.get("http://0.0.0.0/", [0; 256]).start(),
        3 => online.post("http://gate.test/", [0; 256]).body(SHORT).copy_body(SHORT).start(),
        // The head doesn't fit.
        _ => {
            let too_small = online.get("http://gate.test/", [0; 16]).start().map(|_| ());
            assert_eq!(too_small.unwrap_err().code(), "buffer_too_small");
            return;
        }
    };
    assert!(refused.is_err(), "{}: refused", rig.context);
}
