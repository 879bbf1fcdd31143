//! `fetch`: a small curl, to try safe-http-client on a PC.
//!
//! ```text
//! cargo run --example fetch                                  # serves itself a page, and shows it
//! cargo run --example fetch -- -v http://192.168.1.20/gate   # what is sent, received, and when
//! cargo run --example fetch -- --diagnose http://192.168.1.20/   # why it doesn't work
//! cargo run --example fetch -- --help
//! ```
//!
//! It uses the client as firmware with a main loop of its own does: a call that doesn't wait (`start`,
//! `poll`, `poll_fill_buf`), with one buffer, through which a body of any length passes. Begin with
//! [`exchange`], then `request.rs` and `transfer.rs`.

mod data;
mod diagnose;
mod form;
mod network;
mod options;
mod output;
mod own_page;
mod pc;
mod report;
mod request;
mod resume;
mod tls;
mod transfer;
mod upload;
mod usage;
mod voice;
mod watch;

use network::{WatchedStack, watched_network};
use options::Options;
use output::Output;
use report::Failure;
use request::Asked;
use safe_http_client::{
    Backoff, FnClock, LoopContext, Phase, RetryPolicy, SafeHttpClient, Verdict,
};
use safe_http_client_tls::{Pipe, Tls};
use std::process::ExitCode;
use std::sync::Arc;
use transfer::{Attempt, Work};
use watch::{Watch, to_stderr};

fn main() -> ExitCode {
    let options = Options::of_command_line();
    let ended = |result: Result<u8, Failure>| match result {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            report::report_failure(&failure, &options.voice(), 0);
            ExitCode::from(failure.status)
        }
    };
    if let Some(code) = &options.explain {
        return ended(diagnose::explain(code));
    }
    if let Err(failure) = options.check() {
        return ended(Err(failure));
    }
    if let (true, Some(url)) = (options.diagnose, &options.url) {
        return ended(diagnose::diagnose(&options, url));
    }
    let watch = Watch::start(&options);
    match exchange(&options, &watch) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            watch.failed();
            report::report_failure(&failure, watch.voice(), watch.elapsed_ms());
            ExitCode::from(failure.status)
        }
    }
}

/// All of it, from the link to the last byte. Returns the exit status.
fn exchange(options: &Options, watch: &Arc<Watch>) -> Result<u8, Failure> {
    let url = match &options.url {
        Some(url) => url.clone(),
        None => own_url()?,
    };
    let asked = Asked::new(options, &url)?;
    let (output, resumed) = Output::open(options, asked.file.as_deref(), watch)
        .map_err(|error| Failure::of_output(&error, 0))?;
    let mut seed = [0; 4];
    tls::random(&mut seed);
    let policy = RetryPolicy::new(u32::from_ne_bytes(seed)).retries(options.retry);
    let mut work = Work { watch, output, resumed, led_to: None, backoff: Backoff::new(policy) };

    // The context stands for the main loop. It is taken once, and lent to each call.
    let Some(mut cx) = LoopContext::take() else { unreachable!("it is taken here alone") };
    // https by TLS around the stack; http passes through it.
    let (trust, pipe, mut memory) = (options.tls.trust()?, Pipe::new(), tls::Memory::new());
    let anchors = trust.anchors()?;
    let mut session = trust.session(&pipe, &anchors, &mut memory);
    let network = watched_network(WatchedStack::new(Arc::clone(watch)));
    let network = Tls::new(network, &pipe, session.as_mut());
    let clock = FnClock(|| watch.elapsed_ms());
    let mut client = SafeHttpClient::with_config(network, &clock, options.config());

    // A layer of the client sends a request again before its body comes (`.retry`). This goes by the same
    // rules, and goes on with a file that broke off, too.
    loop {
        watch.enter(Phase::Link);
        let (why, wait) = match request::attempt(&mut client, &mut cx, &asked, &mut work) {
            Ok(Attempt::Done(status)) => return Ok(status),
            Ok(Attempt::Again { why, wait }) => (why, wait),
            Err(failure) => {
                let may = match failure.verdict {
                    Verdict::Final => false,
                    Verdict::Unsent => true,
                    Verdict::Unknown => options.may_repeat(),
                };
                let wait = may.then(|| work.backoff.next(None)).flatten();
                match wait.filter(|_| work.resumed.is_some() || work.output.start_over().is_ok()) {
                    Some(wait) if watch.has_time_behind(wait) => (failure.message, wait),
                    Some(_) => return Err(failure.without_time()),
                    None => return Err(failure),
                }
            }
        };
        // What waits here is no connection.
        watch.enter(Phase::Link);
        if !options.is_silent() && !options.reports_json() {
            let (seconds, retries) = (wait.as_secs_f32(), work.backoff.retries());
            let text = if wait.is_zero() {
                // No retry: the same once more.
                format!("fetch: {why}\n")
            } else {
                format!("fetch: {why}; again in {seconds:.1} s (retry {retries})\n")
            };
            to_stderr(text.as_bytes());
        }
        std::thread::sleep(wait);
    }
}

/// Where no URL is given there is a page all the same.
fn own_url() -> Result<String, Failure> {
    let url = own_page::serve().map_err(|error| Failure::of_own_page(&error))?;
    to_stderr(format!("fetch: no URL given, so here is a page of its own: {url}\n").as_bytes());
    Ok(url)
}
