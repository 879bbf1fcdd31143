//! `--diagnose URL` and `--explain CODE`: why requests to a URL fail, and what a cause means.

use crate::options::Options;
use crate::pc::PcNetwork;
use crate::report::{Failure, HTTP_ERROR, USAGE, status_of};
use crate::tls;
use crate::voice::COUNTED;
use nal_link::StdClock;
use safe_http_client::{Cause, Clock, LoopContext, Report, SafeHttpClient, StepOutcome};
use safe_http_client_tls::{Pipe, Tls};
use std::io::Write;
use std::time::Duration;

/// Goes down the ladder and prints the report. Returns the status that a request would have ended with,
/// as far as this check went.
pub(crate) fn diagnose(options: &Options, url: &str) -> Result<u8, Failure> {
    let url = options.url(url)?;
    let Some(mut cx) = LoopContext::take() else { unreachable!("it is taken here alone") };
    let clock = StdClock::new().with_idle(|| std::thread::sleep(Duration::from_millis(1)));
    let (trust, pipe, mut memory) = (options.tls.trust()?, Pipe::new(), tls::Memory::new());
    let anchors = trust.anchors()?;
    let mut session = trust.session(&pipe, &anchors, &mut memory);
    let network = Tls::new(PcNetwork::new(), &pipe, session.as_mut());
    let mut client = SafeHttpClient::with_config(network, clock, options.config());
    let report = client.diagnose(&mut cx, &url);
    if options.reports_json() {
        print_json(&report);
    } else {
        let mut text = report.to_string();
        if options.voice().is_off(report.code(), &text) {
            text.push_str(&format!("\nnote:  bytes are {COUNTED}"));
        }
        print(&text);
    }
    Ok(status(options, &report))
}

fn status(options: &Options, report: &Report) -> u8 {
    let Some(diagnosis) = report.diagnosis() else { return 0 };
    match report.status() {
        // The server answers, which ends in 0 whatever it says, but for --fail.
        Some(400..) if options.fail => HTTP_ERROR,
        Some(_) => 0,
        None => tls::exit_status(diagnosis.evidence().fault).unwrap_or(status_of(report.code())),
    }
}

/// One line: the steps in their order, and the causes, the likeliest first.
fn print_json(report: &Report) {
    let steps: Vec<_> = report
        .steps()
        .iter()
        .map(|result| {
            let outcome = match result.outcome {
                StepOutcome::Passed => "passed",
                StepOutcome::Silent => "silent",
                StepOutcome::NotAsked => "not asked",
                StepOutcome::Failed => "failed",
            };
            serde_json::json!({"step": result.step.name(), "outcome": outcome, "ms": result.ms})
        })
        .collect();
    let causes: Vec<_> = report
        .diagnosis()
        .map_or(&[][..], |diagnosis| diagnosis.suspects())
        .iter()
        .map(|suspect| {
            serde_json::json!({
                "cause": suspect.cause.code(), "number": suspect.cause.number(),
                "confidence": suspect.confidence.name()
            })
        })
        .collect();
    let ok = causes.is_empty();
    let status = report.status();
    let json = serde_json::json!({"ok": ok, "status": status, "steps": steps, "causes": causes});
    print(&json.to_string());
}

/// Prints what a cause means, by its code or number: for firmware that has no room for the texts.
pub(crate) fn explain(code: &str) -> Result<u8, Failure> {
    let number = code.parse().ok().and_then(Cause::from_number);
    let Some(cause) = number.or_else(|| Cause::from_code(code)) else {
        let codes: Vec<_> = Cause::all().map(Cause::code).collect();
        let message =
            format!("no cause {code}: 1 to {}, or one of {}", codes.len(), codes.join(", "));
        return Err(Failure::of_caller(USAGE, "unknown_cause", message));
    };
    let mut text = format!("{} {}: {cause}\n", cause.number(), cause.code());
    #[cfg(feature = "advice")]
    {
        text.push_str(&format!("try: {}\n", cause.advice()));
    }
    let page = format!("causes/{}/index.html", cause.code());
    text.push_str(&format!("https://docs.rs/safe-http-client/latest/safe_http_client/{page}"));
    print(&text);
    Ok(0)
}

/// Never a panic: stdout may be closed.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
