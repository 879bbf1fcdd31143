//! The token can't be had twice, from any number of threads. In a process of its own, where nobody else
//! asks for it.

mod common;

use common::cx;
use safe_http_client::LoopContext;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};

/// One test at a time has the process for itself.
static ALONE: Mutex<()> = Mutex::new(());

/// However many threads ask for it at once, one has it; and each time that it is given back, one
/// more.
#[test]
fn the_token_is_had_once_at_a_time() {
    const THREADS: usize = 16;
    const ROUNDS: usize = 300;
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let taken = AtomicUsize::new(0);
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    barrier.wait();
                    let mine = LoopContext::take();
                    taken.fetch_add(usize::from(mine.is_some()), Ordering::SeqCst);
                    barrier.wait();
                    // Everybody has asked by now, and one was answered.
                    assert!(LoopContext::take().is_none());
                    barrier.wait();
                    if let Some(mine) = mine {
                        mine.give_back();
                    }
                }
            });
        }
    });
    assert_eq!(taken.load(Ordering::SeqCst), ROUNDS);
}

/// The same with two threads that meet within nanoseconds: what a barrier of the operating system,
/// which wakes one after the other, would miss.
#[test]
fn two_that_ask_at_the_same_moment_dont_both_have_it() {
    const ROUNDS: usize = 50_000;
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (arrived, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // Waits until both have come here as often.
    let meet = |times: usize| {
        arrived.fetch_add(1, Ordering::SeqCst);
        let mut spins = 0u32;
        while arrived.load(Ordering::SeqCst) < 2 * times {
            spins += 1;
            if spins > 1000 {
                // The other one may have no processor.
                std::thread::yield_now();
            }
            std::hint::spin_loop();
        }
    };
    let ask = |offset: usize| {
        for round in 0..ROUNDS {
            meet(2 * round + 1);
            // Now one of them is earlier, now the other.
            for _ in 0..offset.abs_diff(round % 64) {
                std::hint::spin_loop();
            }
            let mine = LoopContext::take();
            taken.fetch_add(usize::from(mine.is_some()), Ordering::SeqCst);
            meet(2 * round + 2);
            if let Some(mine) = mine {
                mine.give_back();
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| ask(0));
        scope.spawn(|| ask(32));
    });
    // It is given back before the two meet again.
    assert_eq!(taken.load(Ordering::SeqCst), ROUNDS);
}

/// The same without rounds: whoever has it is alone with it.
#[test]
fn a_token_given_back_is_had_by_one() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let held = AtomicBool::new(false);
    let taken = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let mine = cx();
                    assert!(!held.swap(true, Ordering::SeqCst), "had twice");
                    taken.fetch_add(1, Ordering::SeqCst);
                    std::thread::yield_now();
                    assert!(LoopContext::take().is_none(), "had twice");
                    held.store(false, Ordering::SeqCst);
                    drop(mine);
                }
            });
        }
    });
    assert_eq!(taken.load(Ordering::SeqCst), 8 * 200);
}
