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
//! [`exchange`].

mod diagnose;
mod network;
mod options;
mod output;
mod own_page;
mod pc;
mod report;
mod tls;
mod upload;
mod watch;

use clap::Parser;
use embedded_nal::TcpClientStack;
use network::{WatchedStack, watched_network};
use options::{HeaderOption, Options};
use output::{Output, head_lines};
use report::{Failure, HTTP_ERROR, report_failure, report_response};
use safe_http_client::{
    Call, Clock, ErrorOf, FnClock, LoopContext, Method, Network, Phase, SafeHttpClient, Upload, nb,
};
use safe_http_client_tls::{Pipe, Tls};
use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;
use std::time::Duration;
use upload::{Body, Pieces};
use watch::{Watch, to_stderr};

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(code) = &options.explain {
        return match diagnose::explain(code) {
            Ok(status) => ExitCode::from(status),
            Err(failure) => {
                report_failure(&failure, options.json, 0);
                ExitCode::from(failure.status)
            }
        };
    }
    if let (true, Some(url)) = (options.diagnose, &options.url) {
        return ExitCode::from(diagnose::diagnose(&options, url));
    }
    let watch = Watch::start(&options);
    match exchange(&options, &watch) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            watch.failed();
            report_failure(&failure, options.json, watch.elapsed_ms());
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
    let headers = options.headers()?;
    let body = options.body()?;
    let unwritable = |error| Failure::of_output(&error, watch.bytes_received());
    let mut output = Output::open(options, watch).map_err(unwritable)?;

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
    watch.enter(Phase::Link);
    // A PC's link is always up, so this doesn't wait; a chip waits here until it has an address. What
    // is lent here has requests, the client itself has none.
    let mut online = match client.wait_online(&mut cx) {
        Ok(online) => online,
        Err(why) => return Err(failure(&client, why.into())),
    };

    // Put the request together. Mistakes in it come out at the start, and nothing is sent yet.
    let method = Method::from_name(options.method());
    let mut request = online.request(method, &url, vec![0; options.buffer]);
    if let Some(address) = options.tls.resolved(&url)? {
        request = request.connect_to(address);
    }
    for header in headers {
        request = match header {
            HeaderOption::Send(name, value) => request.header(name, value),
            HeaderOption::LeaveOut(name) => request.without_header(name),
        };
    }
    let started = match body {
        Body::None => request.start(),
        Body::Text(text) => request.body(text).start(),
        Body::Stream { length, pieces } => match request.start_upload(length) {
            Ok(upload) => Ok(send_pieces(&mut client, &mut cx, upload, &pieces)?),
            Err(error) => Err(error),
        },
    };
    let mut call = started.map_err(|error| failure(&client, error))?;

    // Go on until the response's head is there. Firmware would blink and sample in between.
    while let Err(error) = call.poll(&mut client, &mut cx) {
        or_wait(&client, error)?;
    }
    watch.enter(Phase::Body);
    let Some(head) = call.head() else { unreachable!("a call whose poll is done has a head") };
    let lines: Vec<Vec<u8>> = head_lines(head).collect();
    watch.head(&lines);
    let is_refused = options.fail && head.status() >= 400;
    if is_refused && !options.json {
        return Err(Failure::of_status(head, watch.bytes_received()));
    }
    if let Some(note) = report::note_on(head).filter(|_| !options.json) {
        to_stderr(format!("fetch: {note}\n").as_bytes());
    }
    if options.shows_head() {
        output.head(head).map_err(unwritable)?;
    }
    output.expect(head.content_length());

    // The body passes through what the head left of the buffer.
    loop {
        match call.poll_fill_buf(&mut client, &mut cx) {
            Ok([]) => break,
            Ok(piece) => {
                output.body(piece).map_err(unwritable)?;
                let count = piece.len();
                call.consume(&mut client, count);
            }
            Err(error) => {
                output.flush().map_err(unwritable)?;
                or_wait(&client, error)?;
            }
        }
    }

    let body_base64 =
        if is_refused { output.discard() } else { output.complete().map_err(unwritable)? };
    watch.finish();
    if options.json
        && let Some(head) = call.head()
    {
        let elapsed_ms = watch.elapsed_ms();
        report_response(head, call.trailers(), &body_base64, elapsed_ms);
    }
    Ok(if is_refused { HTTP_ERROR } else { 0 })
}

/// Sends a body that comes in pieces, and returns the call that brings the response.
fn send_pieces<N: Network + TcpClientStack<Error: Display>, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    mut upload: Upload<Vec<u8>>,
    pieces: &Pieces,
) -> Result<Call<'static, Vec<u8>>, Failure> {
    'pieces: loop {
        let piece = match pieces.try_recv() {
            Ok(piece) => piece.map_err(|error| Failure::of_upload(&error))?,
            Err(TryRecvError::Empty) => {
                std::thread::sleep(PAUSE);
                continue;
            }
            Err(TryRecvError::Disconnected) => break,
        };
        let mut rest = piece.as_slice();
        while !rest.is_empty() {
            match upload.poll_write(client, cx, rest) {
                // The server has answered, and wants no more.
                Ok(0) => break 'pieces,
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) => or_wait(client, error)?,
            }
        }
    }
    upload.finish(client).map_err(|error| failure(client, error))
}

/// An error ends it; where the call would only have had to wait, this does.
fn or_wait<N: Network + TcpClientStack<Error: Display>, C: Clock>(
    client: &SafeHttpClient<N, C>,
    error: nb::Error<ErrorOf<N>>,
) -> Result<(), Failure> {
    match error {
        nb::Error::WouldBlock => {
            std::thread::sleep(PAUSE);
            Ok(())
        }
        nb::Error::Other(error) => Err(failure(client, error)),
    }
}

/// With the figures, which the client has.
fn failure<N: Network + TcpClientStack<Error: Display>, C: Clock>(
    client: &SafeHttpClient<N, C>,
    error: ErrorOf<N>,
) -> Failure {
    let last_words = client.network().status().last_words;
    Failure::of_call(&error, &client.diagnosis(&error), last_words)
}

/// Long enough to leave the processor alone, short enough that no socket's buffer fills meanwhile.
const PAUSE: Duration = Duration::from_micros(500);

/// Where no URL is given there is a page all the same.
fn own_url() -> Result<String, Failure> {
    let url = own_page::serve().map_err(|error| Failure::of_own_page(&error))?;
    to_stderr(format!("fetch: no URL given, so here is a page of its own: {url}\n").as_bytes());
    Ok(url)
}
