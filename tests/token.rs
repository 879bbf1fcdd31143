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
