//! A task with requests given to an executor of many threads.

use safe_http_client::LoopContext;
use std::future::Future;

fn spawn(_: impl Future + Send) {}

async fn task(cx: LoopContext) {
    std::future::ready(()).await;
    drop(cx);
}

fn main() {
    spawn(task(LoopContext::take().unwrap()));
}
