//! What the program says at its end: a line of JSON or a message, and an exit status as curl's.

use crate::voice::{Voice, program};
use crate::watch::{Watch, to_stderr};
use safe_http_client::{
    Deadline, Diagnosis, Error, ErrorKind, Evidence, Headers, Peer, Phase, ProtocolError,
    RequestError, ResponseHead, Suspect, UrlError, Verdict,
};
use std::fmt::{Debug, Display};
use std::io::Write;

pub(crate) const USAGE: u8 = 2;
pub(crate) const HTTP_ERROR: u8 = 22;
pub(crate) const WRITE_FAILED: u8 = 23;
pub(crate) const READ_FAILED: u8 = 26;
const TIMED_OUT: u8 = 28;
const RECEIVE_FAILED: u8 = 56;

/// Why there is no complete response, or none to show.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: u8,
    phase: &'static str,
    code: &'static str,
    /// The likeliest first; none where it isn't a failed call.
    causes: Vec<Suspect>,
    pub(crate) message: String,
    /// Whether sending it again may help.
    pub(crate) verdict: Verdict,
    received: u32,
    /// Nobody is there to read a message: the reader of stdout has gone.
    quiet: bool,
    /// The URL that was asked last, where redirects led to it.
    led_to: Option<String>,
}

impl Failure {
    /// The caller's mistake, found before the call.
    pub(crate) fn of_caller(status: u8, code: &'static str, message: String) -> Self {
        Self::new(status, "url", code, message)
    }

    fn new(status: u8, phase: &'static str, code: &'static str, message: String) -> Self {
        let (causes, verdict) = (Vec::new(), Verdict::Final);
        let (received, quiet, led_to) = (0, false, None);
        Self { status, phase, code, causes, message, verdict, received, quiet, led_to }
    }

    /// The output can't be written.
    pub(crate) fn of_output(error: &std::io::Error, received: u32) -> Self {
        let message = format!("body: the output can't be written: {error}");
        let quiet = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self { received, quiet, ..Self::new(WRITE_FAILED, "body", "write_failed", message) }
    }

    /// The body to send can't be read to its end.
    pub(crate) fn of_upload(error: &std::io::Error) -> Self {
        let message = format!("send: the body can't be read: {error}");
        Self::new(READ_FAILED, "send", "body_reader", message)
    }

    /// The program's own server can't start.
    pub(crate) fn of_own_page(error: &std::io::Error) -> Self {
        let message = format!("connect: no port to serve a page on: {error}");
        Self::new(7, "connect", "connect_failed", message)
    }

    /// With `--fail`: the server answered, but with an error.
    pub(crate) fn of_status(head: ResponseHead<'_>, voice: &Voice, watch: &Watch) -> Self {
        let status = head.status();
        let is_empty = head.content_length() == Some(0);
        let note =
            note_on(head, is_empty, voice).map(|note| format!("; {note}")).unwrap_or_default();
        let message = format!("head: the server answered with status {status}{note}");
        let received = watch.bytes_received();
        Self { received, ..Self::new(HTTP_ERROR, "head", "http_error", message) }
    }

    /// An answer that leads nowhere: a redirect, a challenge, another part of a file.
    pub(crate) fn of_answer(status: u8, code: &'static str, message: &str) -> Self {
        Self::new(status, "head", code, format!("head: {message}"))
    }

    /// Less came than there is.
    pub(crate) fn of_part(message: &str) -> Self {
        let verdict = Verdict::Unknown;
        Self { verdict, ..Self::new(18, "body", "truncated", format!("body: {message}")) }
    }

    /// What the library says of a call that failed.
    pub(crate) fn of_call<T: Debug + Display, D: Debug>(
        error: &Error<T, D>,
        diagnosis: &Diagnosis,
        last_words: &[u8],
    ) -> Self {
        let causes = diagnosis.suspects().to_vec();
        let tls = crate::tls::exit_status(diagnosis.evidence().fault);
        let mut message = match &error.kind {
            // TLS has more to say than the client, which knows that the stack has failed.
            ErrorKind::Connect(tls_error)
            | ErrorKind::Handshake(tls_error)
            | ErrorKind::Send(tls_error)
            | ErrorKind::Receive(tls_error)
                if tls.is_some() =>
            {
                let shown = match last_words {
                    [] => String::new(),
                    words => format!(" ({})", words.escape_ascii()),
                };
                format!("{}: {tls_error}{shown}", error.phase)
            }
            _ => format!(
                "{}: {}{}",
                error.phase,
                said(&error.kind, &diagnosis.evidence()),
                came(error, &diagnosis.evidence())
            ),
        };
        if let Some(warning) = diagnosis.evidence().verification.warning() {
            message.push_str(&format!("; {warning}"));
        }
        // Behind the handshake it is something that came, also where it is told to a send.
        let tls = match error.kind {
            ErrorKind::Connect(_) | ErrorKind::Handshake(_) => tls,
            _ => tls.map(|_| RECEIVE_FAILED),
        };
        Self {
            status: tls.unwrap_or_else(|| exit_status(&error.kind)),
            // What TLS refuses once it refuses again.
            verdict: if tls.is_some() { Verdict::Final } else { Verdict::of(&error.kind) },
            phase: error.phase.name(),
            code: error.code(),
            causes,
            message,
            received: diagnosis.evidence().received,
            quiet: false,
            led_to: None,
        }
    }

    /// Whether it lies in what the server has sent, or hasn't, and not in this program's own output.
    pub(crate) fn is_of_answer(&self) -> bool {
        !self.causes.is_empty() || self.status == HTTP_ERROR
    }

    /// The deadline of all of it runs out while the next attempt is waited for: why there is to be one remains.
    pub(crate) fn without_time(mut self) -> Self {
        self.status = TIMED_OUT;
        self.message.push_str("; -m leaves no time for another attempt");
        self
    }

    /// Behind a redirect: where it was, and was last.
    pub(crate) fn led(mut self, way: &str, to: &str) -> Self {
        self.message.push_str(way);
        self.led_to = Some(to.into());
        self
    }
}

/// What went wrong, as a person at a PC needs it: with the operating system's own words, and without what
/// can't be of a server on this machine.
fn said<T: Debug, D: Debug>(kind: &ErrorKind<T, D>, evidence: &Evidence) -> String {
    let is_here = evidence.remote.is_some_and(|remote| remote.ip().to_canonical().is_loopback());
    let checks = if is_here {
        "check the port, and that the server runs"
    } else {
        "check address, port and firewall, that the server runs, and that it isn't bound to 127.0.0.1 only"
    };
    match kind {
        ErrorKind::Connect(error) => {
            format!("the connection couldn't be opened: {}; {checks}", words(error))
        }
        ErrorKind::NotConnected(error) => {
            format!("there was no connection: {}; {checks}", words(error))
        }
        ErrorKind::Resolve(error) => {
            format!("the host's name didn't resolve: {}; check the name", words(error))
        }
        ErrorKind::Send(error) => format!("the request couldn't be sent: {}", words(error)),
        ErrorKind::Receive(error) => {
            format!("the connection broke while the response was awaited: {}", words(error))
        }
        ErrorKind::Protocol(ProtocolError::NotHttp(Peer::Tls)) => {
            "the peer speaks TLS: this is an https port; ask by https://, or on the server's http port".into()
        }
        ErrorKind::Request(RequestError::Url(UrlError::SchemeInHost { .. })) => {
            "a scheme stands where the URL's host belongs: write http:// once".into()
        }
        _ => kind.to_string(),
    }
}

/// Of the stack's error, which TLS passes on as it is.
fn words(error: &impl Debug) -> String {
    let text = format!("{error:?}");
    let inner = text.strip_prefix("Stack(").and_then(|text| text.strip_suffix(')'));
    inner.unwrap_or(&text).to_owned()
}

/// What came, where the error is about that: how much of the body, the line, or what its first bytes are.
fn came<T, D>(error: &Error<T, D>, evidence: &Evidence) -> String {
    let mut text = String::new();
    if let (ErrorKind::Timeout { deadline, .. }, Some(body)) = (&error.kind, evidence.body) {
        // The deadline of all of it may run out while bytes come.
        let end = if *deadline == Deadline::Idle { ", then silence" } else { "" };
        text.push_str(&format!("; {body}{end}"));
    }
    let answer = evidence.answer;
    match error.kind {
        _ if answer.is_empty() => {}
        // What these are has been said.
        ErrorKind::Protocol(ProtocolError::NotHttp(Peer::BehindInterim)) => {
            text.push_str(&format!("; there is {answer}"));
        }
        ErrorKind::Protocol(ProtocolError::NotHttp(Peer::Tls | Peer::LeftOvers)) => {
            text.push_str(&format!("; it began with {answer}"));
        }
        ErrorKind::Protocol(ProtocolError::NotHttp(_)) => {
            text.push_str(&format!("; it began with {answer}: {}", answer.peer().text()));
        }
        // Of a body's framing; lines are counted in heads.
        _ if error.phase == Phase::Body => text.push_str(&format!("; it is at {answer}")),
        _ => text.push_str(&format!("; line {}: {answer}", answer.line())),
    }
    text
}

/// What a status wants of whoever asked, where an empty page wouldn't say it.
pub(crate) fn note_on(head: ResponseHead<'_>, is_empty: bool, voice: &Voice) -> Option<String> {
    let (status, header) = match head.status() {
        401 => (401, "www-authenticate"),
        407 => (407, "proxy-authenticate"),
        101 => {
            let to = head.header("upgrade").map(latin1).unwrap_or_default();
            let to = if to.is_empty() { "without a name" } else { &to };
            return Some(format!(
                "status 101 switches to another protocol ({}), which fetch doesn't speak",
                to.escape_debug()
            ));
        }
        // With a page, that says so.
        _ if !is_empty => return coded(head),
        status @ 300..=399 if status != 304 => {
            let location = head.header("location").map(latin1).unwrap_or_default();
            // What stands behind it may be a secret, and so may what stands in front of a host.
            let to = without_user(&location);
            let to = to.split(['?', '#']).next().unwrap_or_default();
            return Some(match to {
                "" => format!("status {status} is a redirect that doesn't say where to"),
                // 300 is a choice, and the others were given up or never were; an app's URL is none of HTTP.
                _ if head.redirect().is_none() || !may_be_http(&location) => format!(
                    "status {status} names {}, and isn't followed, with -L neither; to ask there: give that URL",
                    to.escape_debug()
                ),
                _ => format!(
                    "status {status} redirects to {}, and redirects aren't followed; to follow it: {}",
                    to.escape_debug(),
                    voice.with("-L")
                ),
            });
        }
        status @ 400.. => {
            let reason = latin1(head.reason());
            return Some(format!("status {status} {}, with an empty body", reason.escape_debug()));
        }
        _ => return None,
    };
    let schemes = schemes(head, header);
    if status == 407 {
        let wanted = if schemes.is_empty() { "credentials".into() } else { schemes.join(", ") };
        return Some(format!(
            "status 407: a proxy on the way wants {wanted}; -u is for the server, and the proxy's go into \
             -H 'Proxy-Authorization: ...'"
        ));
    }
    if let (Some(there), false) = (&voice.elsewhere, schemes.is_empty()) {
        return Some(format!(
            "status {status} wants {} at {there}, where a redirect led: -u's user name and password go to the \
             host that was asked first, and to no other",
            schemes.join(", ")
        ));
    }
    let is_tried =
        |scheme: &str| voice.tried.is_some_and(|tried| scheme.eq_ignore_ascii_case(tried));
    Some(match schemes.as_slice() {
        [] => format!("status {status} doesn't say which credentials are wanted"),
        _ if schemes.iter().any(|scheme| is_tried(scheme)) => format!(
            "status {status} wants {}, and not -u's user name and password: check both",
            schemes.join(", ")
        ),
        [only] if only.eq_ignore_ascii_case("basic") => {
            format!("status {status} wants Basic: {}", voice.with("-u USER:PASSWORD"))
        }
        _ if schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("digest")) => format!(
            "status {status} wants {}: {}; -u alone is Basic",
            schemes.join(", "),
            voice.with("--digest -u USER:PASSWORD"),
        ),
        _ => format!(
            "status {status} wants {}; -u is Basic, others go into -H 'Authorization: ...'",
            schemes.join(", ")
        ),
    })
}

/// Whether a `Location` names no other scheme than http and https.
fn may_be_http(location: &str) -> bool {
    let front = location.split(['/', '?', '#']).next().unwrap_or_default();
    let is_http = |scheme: &str| ["http", "https"].iter().any(|it| scheme.eq_ignore_ascii_case(it));
    // What can be no scheme is a path.
    let is_of_path = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.');
    front.split_once(':').is_none_or(|(scheme, _)| {
        is_http(scheme)
            || !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            || scheme.contains(is_of_path)
    })
}

/// That the body is compressed: on a terminal it is no text.
fn coded(head: ResponseHead<'_>) -> Option<String> {
    let coding = latin1(head.header("content-encoding").unwrap_or_default());
    let is_coded = !coding.is_empty() && !coding.eq_ignore_ascii_case("identity");
    is_coded.then(|| {
        let coding = coding.escape_debug();
        format!("the body is compressed ({coding}), and stays so: fetch doesn't undo that")
    })
}

/// A URL, right or wrong, or what was meant as one, without a user name and password.
pub(crate) fn without_user(url: &str) -> String {
    let colon = url.find(':').map_or(0, |at| at + 1);
    let slashes = |text: &str| text.len() - text.trim_start_matches(['/', '\\']).len();
    let start = [colon, 0].into_iter().find(|&at| url.get(at..).is_some_and(|it| slashes(it) > 1));
    let Some(start) = start else {
        // Without slashes it is none, unless somebody forgot them: no path begins with `user:`.
        let end = url.find(['/', '?', '#']).unwrap_or(url.len());
        return match url.rsplit_once('@') {
            Some((user, rest)) if (1..=end).contains(&colon) && user.len() >= colon => {
                format!("...@{rest}")
            }
            _ => url.to_owned(),
        };
    };
    let (front, rest) = url.split_at(start + slashes(url.get(start..).unwrap_or_default()));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // A `/`, `?` or `#` in a password ends the authority, and would leave user and password as host and port.
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let is_port = host.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit());
    match rest.rsplit_once('@') {
        Some((_, behind)) if !is_port => format!("{front}{behind}"),
        _ => format!("{front}{host}{}", rest.get(authority.len()..).unwrap_or_default()),
    }
}

/// The schemes of a server's challenges, without their parameters.
fn schemes(head: ResponseHead<'_>, name: &str) -> Vec<String> {
    let values = head.headers().filter(|header| header.name().eq_ignore_ascii_case(name));
    let mut schemes = Vec::new();
    for value in values.map(|header| latin1(header.value())) {
        let (mut in_quotes, mut is_escaped) = (false, false);
        let parts = value.split(|character| {
            in_quotes ^= character == '"' && !is_escaped;
            is_escaped = in_quotes && character == '\\' && !is_escaped;
            character == ',' && !in_quotes
        });
        for part in parts.map(str::trim) {
            let (word, rest) = part.split_once([' ', '=']).unwrap_or((part, ""));
            // `realm="x"` is a parameter of the scheme before it.
            let is_parameter = part.get(word.len()..).is_some_and(|rest| rest.starts_with('='))
                || rest.trim_start().starts_with('=');
            if !word.is_empty() && !is_parameter {
                schemes.push(word.escape_debug().to_string());
            }
        }
    }
    schemes
}

/// Curl's number for what happened.
fn exit_status<T, D>(kind: &ErrorKind<T, D>) -> u8 {
    match kind {
        ErrorKind::Request(error) => match error {
            RequestError::Url(UrlError::UnsupportedScheme | UrlError::MisspelledScheme)
            | RequestError::NoTls => 1,
            RequestError::Url(_) | RequestError::Target(_) | RequestError::InvalidCredentials => 3,
            // The file became shorter or longer while it was sent, or can't be read.
            RequestError::BodyLength { .. } | RequestError::BodyReader(_) => READ_FAILED,
            _ => USAGE,
        },
        ErrorKind::Resolve(_) | ErrorKind::ResolvedTo(..) => 6,
        ErrorKind::Link(_)
        | ErrorKind::Socket(_)
        | ErrorKind::Connect(_)
        | ErrorKind::Handshake(_)
        | ErrorKind::NotConnected(_) => 7,
        ErrorKind::Truncated { .. } => 18,
        ErrorKind::Protocol(_) | ErrorKind::NotUtf8 { .. } | ErrorKind::Compressed => 8,
        ErrorKind::Buffer { .. } => 27,
        ErrorKind::Timeout { .. } => 28,
        ErrorKind::ClosedBeforeResponse | ErrorKind::StaleConnection => 52,
        ErrorKind::Send(_) => 55,
        // What the crate may add later is most likely a failure on the way back, too.
        ErrorKind::Receive(_) | _ => RECEIVE_FAILED,
    }
}

/// The same by the code that ended a check.
pub(crate) fn status_of(code: &str) -> u8 {
    match code {
        "unsupported_scheme" | "no_tls" => 1,
        "malformed_url"
        | "scheme_in_host"
        | "no_host_target"
        | "loopback_target"
        | "own_address"
        | "own_network"
        | "invalid_credentials" => 3,
        "name_not_resolved" | "name_resolved_to_no_host" => 6,
        "truncated" => 18,
        "buffer_too_small" => 27,
        "not_http" | "tls_port" | "malformed_response" | "compressed" => 8,
        "empty_reply" | "stale_connection" => 52,
        "send_failed" => 55,
        "receive_failed" => RECEIVE_FAILED,
        _ if code.ends_with("_timeout") => 28,
        _ => 7,
    }
}

/// `fetch: (28) head: …` and the likeliest cause, or the line of JSON.
pub(crate) fn report_failure(failure: &Failure, voice: &Voice, elapsed_ms: u32) {
    let Failure { status, phase, code, causes, received, quiet, .. } = failure;
    let message = &voice.placed(code, &failure.message);
    if voice.json {
        let message = text(message);
        // What the diagnosis says, and first its likeliest; a failure of this program's own has none.
        let cause = causes.first().map_or(*code, |suspect| suspect.cause.code());
        let causes: Vec<_> = causes
            .iter()
            .map(|suspect| (suspect.cause.code(), suspect.confidence.name()))
            .collect();
        let causes = serde_json::to_string(&causes).unwrap_or_default();
        print_line(&format!(
            r#"{{"ok":false,"phase":"{phase}","cause":"{cause}","message":{message},"received":{received},"elapsed_ms":{elapsed_ms},"code":"{code}","causes":{causes}}}"#
        ));
    } else if !quiet && !voice.mute {
        let mut said = format!("fetch: ({status}) {message}\n");
        // What is wrong with the request itself has been said.
        if let Some(Suspect { cause, confidence }) = causes.first().filter(|_| *phase != "url") {
            let (code, how) = (cause.code(), confidence.name());
            let program = program();
            said.push_str(&format!("fetch: {how}: {code}; what to do: {program} --explain {code}"));
            if let Some(command) = voice.diagnose(failure.led_to.as_deref()) {
                said.push_str(&format!("; to look: {command}"));
            }
            said.push('\n');
        }
        to_stderr(said.as_bytes());
    }
}

/// The line of JSON for a complete response. Written by hand since its keys have an order.
pub(crate) fn report_response(
    head: ResponseHead<'_>,
    trailers: Headers<'_>,
    body_base64: &str,
    elapsed_ms: u32,
) {
    let status = head.status();
    let reason = text(&latin1(head.reason()));
    let (headers, trailers) = (fields(head.headers()), fields(trailers));
    print_line(&format!(
        r#"{{"ok":true,"status":{status},"reason":{reason},"headers":{headers},"trailers":{trailers},"body_base64":"{body_base64}","elapsed_ms":{elapsed_ms}}}"#
    ));
}

/// `[["Name","value"],…]`
fn fields(headers: Headers<'_>) -> String {
    let pairs: Vec<(String, String)> =
        headers.map(|header| (header.name().to_owned(), latin1(header.value()))).collect();
    serde_json::to_string(&pairs).unwrap_or_default()
}

fn text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Each byte as the code point of the same number, so that none is lost.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

fn print_line(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
