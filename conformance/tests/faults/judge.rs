//! What has to come of a use of the client in which a call of the network went wrong.

use crate::plan::{Fault, Hit, Op, Stage};
use crate::running::Ended;
use crate::scenario::Use;
use safe_http_client::{Connect, Phase, PipeClosed, ProbeStep, StackQuirks, StepOutcome, ZeroRead};

/// What has to come of an exchange in which this was hit.
#[derive(Debug, PartialEq)]
enum Must {
    BeWhole,
    Fail(&'static str, Phase),
    EndStream,
    RestStream,
    /// A step of the check breaks.
    Break(ProbeStep),
}

fn must(what: Use, fault: Fault, hit: &Hit, quirks: StackQuirks) -> Must {
    if fault.is_harmless() || hit.op == Op::Close {
        return Must::BeWhole;
    }
    if what == Use::Diagnose {
        return match hit.op {
            Op::Resolve => Must::Break(ProbeStep::Name),
            Op::Socket | Op::Connect => Must::Break(ProbeStep::Port),
            // On a stack that says so of any connection, what is sent first tells whether it is one.
            Op::Send
                if quirks.connect() == Connect::ReportsSuccess
                    && hit.sent == 0
                    && fault != Fault::Stall =>
            {
                Must::Break(ProbeStep::Port)
            }
            Op::Send | Op::Receive => Must::Break(ProbeStep::Http),
            Op::Ping | Op::Signal | Op::Close => Must::BeWhole,
        };
    }
    let stalls = fault == Fault::Stall;
    let closed = matches!(fault, Fault::Close | Fault::FailPipeClosed);
    // RFC 9112 section 9.3.1: a request that can be repeated is, once, where the connection had been
    // kept and nothing of an answer has come; also where the request fills the buffer, since a `receive`
    // is lent the byte behind it.
    let is_stale = hit.reused && what.is_idempotent() && hit.received == 0 && !stalls;
    let early_end = if hit.reused { "stale_connection" } else { "empty_reply" };
    match (hit.op, hit.stage) {
        (Op::Resolve, _) if stalls => Must::Fail("resolve_timeout", Phase::Resolve),
        (Op::Resolve, _) => Must::Fail("name_not_resolved", Phase::Resolve),
        (Op::Socket, _) => Must::Fail("no_socket", Phase::Connect),
        (Op::Connect, _) if stalls => Must::Fail("connect_timeout", Phase::Connect),
        (Op::Connect, _) => Must::Fail("connect_failed", Phase::Connect),
        // What rests on a kept connection is looked at before it is used: nothing is lost with it.
        (Op::Receive, Stage::Kept) if !stalls => Must::BeWhole,
        (_, Stage::Kept | Stage::Request | Stage::Head) if is_stale => Must::BeWhole,
        // Without a word from the server the body goes out, and stalls; with half a word it doesn't.
        (Op::Receive, Stage::Request) if stalls && hit.of_head > 0 => {
            Must::Fail("idle_timeout", Phase::Head)
        }
        (_, Stage::Kept | Stage::Request) if stalls => Must::Fail("idle_timeout", Phase::Send),
        (Op::Send, Stage::Kept | Stage::Request)
            if quirks.connect() == Connect::ReportsSuccess && hit.sent == 0 && !hit.reused =>
        {
            Must::Fail("connect_failed", Phase::Connect)
        }
        (Op::Send, Stage::Kept | Stage::Request) => Must::Fail("send_failed", Phase::Send),
        // The body waits for an interim response, and so for a head; then it is sent.
        (_, Stage::Request) if what == Use::PutExpecting => {
            let is_expected = hit.received > 0 && hit.of_head == 0;
            let phase = if is_expected { Phase::Send } else { Phase::Head };
            match (closed, hit.received, hit.of_head) {
                (true, 0, _) => Must::Fail(early_end, phase),
                // It had answered, and not finally.
                (true, _, 0) => Must::Fail("empty_reply", phase),
                (true, ..) => Must::Fail("truncated", phase),
                (false, ..) => Must::Fail("receive_failed", phase),
            }
        }
        (_, Stage::Request) if closed => Must::Fail(early_end, Phase::Send),
        (_, Stage::Request) => Must::Fail("receive_failed", Phase::Send),
        (_, Stage::Head) if stalls && hit.of_head == 0 => {
            Must::Fail("response_timeout", Phase::Head)
        }
        (_, Stage::Head) if stalls => Must::Fail("idle_timeout", Phase::Head),
        (_, Stage::Head) if closed && hit.received == 0 => Must::Fail(early_end, Phase::Head),
        (_, Stage::Head) if closed && hit.of_head == 0 => Must::Fail("empty_reply", Phase::Head),
        (_, Stage::Head) if closed => Must::Fail("truncated", Phase::Head),
        (_, Stage::Head) => Must::Fail("receive_failed", Phase::Head),
        (_, Stage::Body) if stalls => Must::Fail("idle_timeout", Phase::Body),
        (_, Stage::Body) if closed => Must::Fail("truncated", Phase::Body),
        (_, Stage::Body) => Must::Fail("receive_failed", Phase::Body),
        (Op::Send, Stage::Stream) if stalls => Must::Fail("idle_timeout", Phase::Body),
        (_, Stage::Stream) if stalls => Must::RestStream,
        (Op::Send, Stage::Stream) => Must::Fail("send_failed", Phase::Body),
        (_, Stage::Stream) if fault == Fault::FailOther => {
            Must::Fail("receive_failed", Phase::Body)
        }
        (_, Stage::Stream) => {
            let clean = fault == Fault::Close && quirks.zero_read() == ZeroRead::EndOfStream
                || quirks.pipe_closed() == PipeClosed::EndOfStream;
            if clean { Must::EndStream } else { Must::Fail("truncated", Phase::Body) }
        }
        (_, Stage::Kept) => unreachable!("all of it is above: {hit:?}"),
    }
}

/// Whether a use of the client ended as it should where nothing goes wrong.
pub fn is_good(ended: &Ended) -> bool {
    match ended {
        Ended::Whole => true,
        Ended::Report(report) => {
            let failed = report.steps().iter().find(|it| it.outcome == StepOutcome::Failed);
            failed.is_none() && report.diagnosis().is_none() && report.status() == Some(204)
        }
        _ => false,
    }
}

/// Judges an exchange: of the scenario's one that was hit, or another.
pub fn judge(
    what: Use,
    fault: Fault,
    hit: Option<&Hit>,
    answered_late: bool,
    quirks: StackQuirks,
    ended: &Ended,
    context: &str,
) {
    let must = hit.map_or(Must::BeWhole, |hit| must(what, fault, hit, quirks));
    let context = format!("{context}: {hit:?} has to {must:?}, and came to {ended:?}");
    match (&must, ended) {
        (Must::BeWhole, ended) if is_good(ended) => {}
        (Must::EndStream, Ended::StreamOver) | (Must::RestStream, Ended::StreamRests) => {}
        (Must::Fail(code, phase), Ended::Failed { code: c, phase: p, text }) => {
            assert_eq!((code, phase), (c, p), "{context}");
            assert!(text.starts_with(&format!("{phase}: ")), "{context}");
        }
        // A modem that had sent all of it, though the call that was to say so failed: the answer is
        // there, and is the answer.
        (Must::Fail("send_failed" | "connect_failed", _), Ended::Whole) if answered_late => {}
        (Must::Break(step), Ended::Report(report)) => {
            let failed = report.steps().iter().find(|it| it.outcome == StepOutcome::Failed);
            assert_eq!(failed.map(|it| it.step), Some(*step), "{context}");
            assert!(report.diagnosis().is_some(), "{context}");
        }
        _ => panic!("{context}"),
    }
}

/// Whether the rules let a request go out twice (RFC 9110 section 9.2.2).
pub fn may_repeat(what: Use, hit: Option<&Hit>) -> bool {
    what.is_idempotent() && hit.is_some_and(|hit| hit.reused && hit.received == 0)
}
