//! A call that waits, left at each of its waits by what unwinds through it, or with its response read so
//! far.

use crate::bench::Bench;
use crate::plan::Left;
use crate::rig::{Rig, client};
use crate::scenario::Scenario;
use crate::waiting::{Leaves, wait};
use safe_http_client::LoopContext;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Where a scenario is left.
#[derive(Debug, Clone, Copy)]
enum Where {
    /// At this wait of all.
    Wait(usize),
    /// In the last use, before this read.
    Read(Leaves),
}

/// Every place to leave this scenario: how many that were.
pub fn unwind<B: Bench>(bench: &mut B, cx: &mut LoopContext, scenario: Scenario) -> usize {
    let ways: [fn(usize) -> Where; 3] = [
        Where::Wait,
        |number| Where::Read(Leaves::Dropped(number)),
        |number| Where::Read(Leaves::Forgotten(number)),
    ];
    ways.iter()
        .map(|way| {
            let is_left = |number: &usize| point(bench, cx, scenario, way(*number));
            (0..).take_while(is_left).count()
        })
        .sum()
}

/// One place. False where the scenario is over before.
fn point<B: Bench>(bench: &mut B, cx: &mut LoopContext, scenario: Scenario, place: Where) -> bool {
    let mut rig = Rig::new(bench, cx, format!("{scenario:?}, left at {place:?}"));
    let plan = rig.plan.clone();
    let mut is_left = false;
    {
        let mut client = client(bench, &plan);
        if let Where::Wait(number) = place {
            plan.borrow_mut().idles_left = Some(number);
        }
        for (index, what) in scenario.uses().iter().enumerate() {
            let is_last = index + 1 == scenario.uses().len();
            let leaves = match place {
                Where::Read(leaves) if is_last => leaves,
                _ => Leaves::Never,
            };
            let tag = rig.begin((0, 1));
            let Rig { cx, base, context, .. } = &mut rig;
            let use_it = || wait(&mut client, cx, base, &tag, *what, leaves);
            match catch_unwind(AssertUnwindSafe(use_it)) {
                Ok(ended) => is_left = !ended.unwrap_or_else(|error| panic!("{context}: {error}")),
                Err(left) if left.is::<Left>() => is_left = true,
                Err(panic) => resume_unwind(panic),
            }
            if is_left {
                break;
            }
        }
        plan.borrow_mut().idles_left = None;
        rig.expect_recovery(&mut client);
    }
    rig.expect_clean_end(bench.heard());
    is_left
}
