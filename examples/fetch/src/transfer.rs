//! The response: its head, its body through the one buffer to where it goes, and what ends it early.

use crate::output::{Output, head_lines};
use crate::report::{self, Failure, HTTP_ERROR, report_response};
use crate::request::{Asked, PcNet};
use crate::resume::{Resumed, Save};
use crate::watch::{Watch, to_stderr};
use safe_http_client::{
    Backoff, Buffer, Call, Clock, ErrorOf, LoopContext, Phase, ResponseHead, SafeHttpClient,
    Verdict, nb, retry_after,
};
use std::sync::Arc;
use std::time::Duration;

/// What lasts from one attempt to the next.
pub(crate) struct Work<'w> {
    pub(crate) watch: &'w Arc<Watch>,
    pub(crate) output: Output,
    pub(crate) resumed: Option<Resumed>,
    /// The URL that redirects led to.
    pub(crate) led_to: Option<String>,
    pub(crate) backoff: Backoff,
}

/// What came of sending the request once.
pub(crate) enum Attempt {
    /// All that was asked for, with the exit status.
    Done(u8),
    /// It is to be sent again after this time.
    Again { why: String, wait: Duration },
}

/// Passes a response on whose head is there.
pub(crate) fn respond<N: PcNet, C: Clock, B: Buffer>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    mut call: Call<'_, B>,
    asked: &Asked<'_>,
    work: &mut Work<'_>,
) -> Result<Attempt, Failure> {
    let options = asked.options;
    let watch = work.watch;
    let unwritable = |error: std::io::Error| Failure::of_output(&error, watch.bytes_received());
    watch.enter(Phase::Body);
    let Some(head) = call.head() else { unreachable!("a call whose poll is done has a head") };
    if let Some(warning) = call.evidence(client).verification.warning() {
        watch.note(warning);
    }
    let lines: Vec<Vec<u8>> = head_lines(head).collect();
    watch.head(&lines);
    let status = head.status();
    if Verdict::of_status(status) != Verdict::Final
        && options.may_repeat()
        && let Some(wait) = work.backoff.next(retry_after(&head))
        && watch.has_time_behind(wait)
    {
        return Ok(Attempt::Again { why: format!("head: status {status}"), wait });
    }
    let led = |url: &String| watch.voice().led_to(url);
    let voice = work.led_to.as_ref().map_or_else(|| watch.voice().clone(), led);
    let is_refused = options.fail && status >= 400;
    if is_refused && !options.reports_json() {
        if options.shows_head() {
            work.output.head(head).and_then(|()| work.output.flush()).map_err(unwritable)?;
        }
        return Err(Failure::of_status(head, &voice, watch));
    }
    let speaks = !options.reports_json() && !options.is_silent();
    // That nothing comes may turn out only at its end; a head alone has no body that could be empty. Of a file
    // that is gone on with it is said below what a status does to it.
    let is_resumed = work.resumed.is_some();
    let is_open = head.content_length().is_none() && !is_resumed && !options.shows_head();
    let is_open = is_open && options.method() != "HEAD" && !matches!(status, 101 | 401 | 407);
    let note = |head: ResponseHead<'_>, is_empty: bool| {
        if let Some(note) = report::note_on(head, is_empty, &voice).filter(|_| speaks) {
            to_stderr(format!("fetch: {note}\n").as_bytes());
        }
    };
    if !is_open {
        note(head, head.content_length() == Some(0) && !is_resumed);
    }
    if options.shows_head() {
        work.output.head(head).map_err(unwritable)?;
    }
    work.output.expect(head.content_length());
    match &mut work.resumed {
        Some(resumed) => {
            if let Save::Again(why) =
                resumed.save(client, cx, &mut call, &mut work.output, watch)?
            {
                return Ok(Attempt::Again { why, wait: Duration::ZERO });
            }
        }
        // `-I -X GET` asks for a body, and shows the head alone.
        None if options.head && options.shows_head() => {}
        None => {
            let is_empty = pass(client, cx, &mut call, work)? == 0;
            if let Some(head) = call.head().filter(|_| is_open) {
                note(head, is_empty);
            }
        }
    }
    let body_base64 = if is_refused {
        work.output.discard()
    } else {
        work.output.complete().map_err(unwritable)?
    };
    if let Some(resumed) = &work.resumed {
        resumed.complete();
    }
    watch.finish();
    if options.reports_json()
        && let Some(head) = call.head()
    {
        report_response(head, call.trailers(), &body_base64, watch.elapsed_ms());
    }
    Ok(Attempt::Done(if is_refused { HTTP_ERROR } else { 0 }))
}

/// The body passes through what the head left of the buffer. Returns its length.
fn pass<N: PcNet, C: Clock, B: Buffer>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    call: &mut Call<'_, B>,
    work: &mut Work<'_>,
) -> Result<u64, Failure> {
    let mut passed = 0;
    let unwritable =
        |error: std::io::Error| Failure::of_output(&error, work.watch.bytes_received());
    loop {
        match call.poll_fill_buf(client, cx) {
            Ok([]) => return Ok(passed),
            Ok(piece) => {
                work.output.body(piece).map_err(unwritable)?;
                let count = piece.len();
                passed += count as u64;
                call.consume(client, count);
            }
            Err(error) => {
                work.output.flush().map_err(unwritable)?;
                or_wait(client, error)?;
            }
        }
    }
}

/// An error ends it; where the call would only have had to wait, this does.
pub(crate) fn or_wait<N: PcNet, C: Clock>(
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
pub(crate) fn failure<N: PcNet, C: Clock>(
    client: &SafeHttpClient<N, C>,
    error: ErrorOf<N>,
) -> Failure {
    let last_words = client.network().status().last_words;
    Failure::of_call(&error, &client.diagnosis(&error), last_words)
}

/// Long enough to leave the processor alone, short enough that no socket's buffer fills meanwhile.
pub(crate) const PAUSE: Duration = Duration::from_micros(500);
