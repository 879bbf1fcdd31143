//! The token: one at a time, in the program or (with `std`) in each thread, and never lost.

use nal_link::LoopContext;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One test at a time has the process for itself.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_token_that_is_dropped_is_free() {
    let _alone = alone();
    for _ in 0..3 {
        let cx = LoopContext::take().expect("free");
        assert!(LoopContext::take().is_none(), "one at a time");
        drop(cx);
    }
}

#[test]
fn one_that_is_refused_stays_free() {
    let _alone = alone();
    assert!(LoopContext::take_if(|| false).is_none());
    assert!(LoopContext::take_if(|| true).is_some());
}

#[test]
fn a_panic_frees_it() {
    let _alone = alone();
    let panicked = std::panic::catch_unwind(|| {
        let _cx = LoopContext::take().expect("free");
        std::panic::resume_unwind(Box::new("a failing test"));
    });
    assert!(panicked.is_err());
    assert!(LoopContext::take().is_some(), "in the same thread");

    let thread = std::thread::spawn(|| {
        let _cx = LoopContext::take().expect("free");
        std::panic::resume_unwind(Box::new("a failing test"));
    });
    assert!(thread.join().is_err());
    assert!(LoopContext::take().is_some(), "and in another one");
}

#[test]
fn a_token_in_a_threads_own_variable_is_free_when_the_thread_ends() {
    let _alone = alone();
    std::thread_local! {
        static KEPT: std::cell::RefCell<Option<LoopContext>> =
            const { std::cell::RefCell::new(None) };
    }
    std::thread::spawn(|| KEPT.set(LoopContext::take())).join().unwrap();
    assert!(LoopContext::take().is_some());
}

#[cfg(feature = "std")]
mod in_each_thread {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn two_threads_have_one_each() {
        let _alone = alone();
        let both_have_one = Barrier::new(2);
        let work = || {
            let cx = LoopContext::take();
            both_have_one.wait();
            assert!(cx.is_some());
            assert!(LoopContext::take().is_none(), "and no second one");
        };
        std::thread::scope(|scope| {
            scope.spawn(work);
            scope.spawn(work);
        });
    }

    #[test]
    fn one_thread_frees_its_own_alone() {
        let _alone = alone();
        let _cx = LoopContext::take().expect("free");
        std::thread::scope(|scope| scope.spawn(|| drop(LoopContext::take())).join()).unwrap();
        assert!(LoopContext::take().is_none());
    }
}

#[cfg(not(feature = "std"))]
mod in_the_program {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// However many threads ask for it at once, one has it; and each time that it is freed, one
    /// more.
    #[test]
    fn of_sixteen_threads_one_has_it() {
        const THREADS: usize = 16;
        const ROUNDS: usize = 300;
        let _alone = alone();
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
                        drop(mine);
                    }
                });
            }
        });
        assert_eq!(taken.load(Ordering::SeqCst), ROUNDS);
    }

    /// The same with two threads that meet within nanoseconds: what a barrier of the operating
    /// system, which wakes one after the other, would miss.
    #[test]
    fn two_that_ask_at_the_same_moment_dont_both_have_it() {
        const ROUNDS: usize = 50_000;
        let _alone = alone();
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
                drop(mine);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| ask(0));
            scope.spawn(|| ask(32));
        });
        // It is freed before the two meet again.
        assert_eq!(taken.load(Ordering::SeqCst), ROUNDS);
    }

    /// The same without rounds: whoever has it is alone with it.
    #[test]
    fn a_token_that_was_freed_is_had_by_one() {
        let _alone = alone();
        let held = AtomicBool::new(false);
        let taken = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let mine = loop {
                            if let Some(cx) = LoopContext::take() {
                                break cx;
                            }
                            std::thread::yield_now();
                        };
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
}
