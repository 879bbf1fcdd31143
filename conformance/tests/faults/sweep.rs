//! Each fault at each call of each scenario.

use crate::bench::Bench;
use crate::judge::{judge, may_repeat};
use crate::plan::Fault;
use crate::rig::{Rig, client};
use crate::running::{Ended, run};
use crate::scenario::Scenario;
use safe_http_client::{LoopContext, Network};

/// Every fault at every call of this scenario: how many points that were.
pub fn sweep<B: Bench>(bench: &mut B, cx: &mut LoopContext, scenario: Scenario) -> usize {
    let mut total = 0;
    for fault in Fault::ALL {
        let mut number = 0;
        while point(bench, cx, scenario, fault, number) {
            number += 1;
        }
        // All that can happen has happened at least once.
        assert!(number > 0, "{scenario:?}: {fault:?} never happened");
        total += number;
    }
    total
}

/// One point. False where the scenario has no such call.
fn point<B: Bench>(
    bench: &mut B,
    cx: &mut LoopContext,
    scenario: Scenario,
    fault: Fault,
    number: usize,
) -> bool {
    let context = format!("{scenario:?}, {fault:?} at call {number}");
    let mut rig = Rig::new(bench, cx, context);
    let plan = rig.plan.clone();
    {
        let mut client = client(bench, &plan);
        let quirks = client.network().quirks();
        plan.borrow_mut().arm(number, fault);
        for (index, what) in scenario.uses().iter().enumerate() {
            let tag = rig.begin((0, 1));
            let ended = run(&mut client, rig.cx, &plan, &rig.base, &tag, *what);
            let hit = plan.borrow().hit.filter(|hit| hit.exchange == index);
            let late =
                B::CONFIRMS_SENDS && matches!(fault, Fault::FailOther | Fault::FailPipeClosed);
            judge(*what, fault, hit.as_ref(), late, quirks, &ended, &rig.context);
            let least = usize::from(matches!(ended, Ended::Whole));
            let most = if may_repeat(*what, hit.as_ref()) { 2 } else { 1 };
            rig.allowed.insert(tag, (least, most));
        }
        // The next one, on a network that is well again.
        plan.borrow_mut().heal();
        if !client.is_connected() {
            rig.expect_all_closed();
        }
        rig.expect_recovery(&mut client);
    }
    rig.expect_clean_end(bench.heard());
    plan.borrow().hit.is_some()
}
