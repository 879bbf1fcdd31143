//! A task of its own beside those of a stack: polled when it was woken and only then, as executors do it; and
//! counted, and left, by its polls.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

#[derive(Default)]
struct Woken {
    is_woken: AtomicBool,
    /// Of what the task runs in.
    outer: Mutex<Option<Waker>>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Relaxed);
        if let Some(outer) = self.outer.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            outer.wake_by_ref();
        }
    }
}

thread_local! {
    /// One for all tasks of a thread, as if each were the same one: a timer whose sleep was dropped stays in
    /// embassy-time's queue until its time, and the queue has room for eight wakers.
    static WOKEN: Arc<Woken> = Arc::default();
}

/// Polls a task when it is woken, up to so many times, and then drops it. Returns how often it was polled, and
/// what it came to, if it did. The first poll is its start.
pub async fn polled<F: Future>(task: F, most: usize) -> (usize, Option<F::Output>) {
    let woken = WOKEN.with(Arc::clone);
    woken.is_woken.store(true, Ordering::Relaxed);
    let waker = Waker::from(woken.clone());
    let mut task: Pin<Box<F>> = Box::pin(task);
    let mut polls = 0;
    poll_fn(move |outer| {
        *woken.outer.lock().unwrap_or_else(PoisonError::into_inner) = Some(outer.waker().clone());
        if polls >= most {
            return Poll::Ready((polls, None));
        }
        if !woken.is_woken.swap(false, Ordering::Relaxed) {
            return Poll::Pending;
        }
        polls += 1;
        match task.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Poll::Ready((polls, Some(output))),
            Poll::Pending if polls >= most => Poll::Ready((polls, None)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
