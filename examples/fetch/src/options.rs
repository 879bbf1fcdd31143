//! The command line, with curl's names and habits.

use crate::data::Data;
use crate::report::{Failure, USAGE, WRITE_FAILED};
use crate::upload::Body;
use crate::voice::Voice;
use clap::{CommandFactory, FromArgMatches, Parser};
use safe_http_client::{Config, Url, UrlError};
use std::path::PathBuf;
use std::time::Duration;

const EXIT_STATUSES: &str = "\
Exit status, as curl's:
   0  the response is complete
   1  unsupported scheme
   2  wrong usage
   3  malformed URL
   6  the host's name didn't resolve
   7  the connection couldn't be opened
   8  the answer is no HTTP, or malformed
  18  the response was cut short
  22  status 400 or more, with --fail
  23  the body couldn't be written
  26  the file to send couldn't be read
  27  --buffer is too small
  28  a deadline ran out, in any phase
  33  a part that was asked for isn't what came
  35  TLS failed: an old version, nothing in common, or no TLS at all
  47  more redirects than --max-redirs, or in a circle
  52  the server closed the connection without a byte
  55  sending failed
  56  receiving failed
  60  the https server couldn't be verified (51 to curl before 7.62, where it was the host's name)
  77  --cacert can't be read
  90  the server's key isn't a pinned one";

/// Fetches a URL with safe-http-client, over the operating system's sockets.
///
/// Without a URL it serves a small page itself and fetches that.
#[derive(Debug, Parser)]
#[command(name = "fetch", version, after_help = EXIT_STATUSES, args_override_self = true)]
pub(crate) struct Options {
    /// Method of the request
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<String>,

    /// Ask for the head alone (HEAD), and show it
    #[arg(short = 'I', long)]
    pub(crate) head: bool,

    /// Header to send; 'K:' leaves a default one out, 'K;' sends it empty
    #[arg(short = 'H', long = "header", value_name = "'K: V'", allow_hyphen_values = true)]
    headers: Vec<String>,

    /// What the request calls its client; empty: nothing
    #[arg(short = 'A', long, value_name = "NAME", allow_hyphen_values = true)]
    user_agent: Option<String>,

    /// User name and password (Basic, or --digest)
    #[arg(short, long, value_name = "USER:PASSWORD", allow_hyphen_values = true)]
    user: Option<String>,

    /// Answer a Digest challenge with -u's user name and password
    #[arg(long, requires = "user")]
    pub(crate) digest: bool,

    /// Body to send (by POST, as a form), or of a file or stdin without line ends; several are joined by '&'
    #[arg(short, long, value_name = "DATA|@FILE|@-", allow_hyphen_values = true)]
    data: Vec<String>,

    /// The same, and '@' means nothing
    #[arg(long, value_name = "DATA", allow_hyphen_values = true)]
    data_raw: Vec<String>,

    /// The same, and a file is sent as it is
    #[arg(long, value_name = "DATA|@FILE|@-", allow_hyphen_values = true)]
    data_binary: Vec<String>,

    /// The same, percent-encoded
    #[arg(long, value_name = "[NAME=]DATA|[NAME]@FILE", allow_hyphen_values = true)]
    data_urlencode: Vec<String>,

    /// JSON to send (by POST), with its headers; several are joined by nothing
    #[arg(long, value_name = "JSON|@FILE|@-", allow_hyphen_values = true)]
    json: Vec<String>,

    /// Put -d's data into the URL's query, and GET
    #[arg(short = 'G', long)]
    get: bool,

    /// Send FILE (by PUT) in pieces as it is read; stdin's, whose length nobody knows, as chunks. To a URL that ends
    /// in '/' under its own name
    #[arg(short = 'T', long, value_name = "FILE|-", conflicts_with_all = ["head", "get"])]
    upload_file: Option<String>,

    /// Part of a form with files, by POST: a text, a file (;type=TYPE;filename=NAME behind it), or a file's text
    #[arg(short = 'F', long, value_name = "NAME=TEXT|@FILE|<FILE", allow_hyphen_values = true,
          conflicts_with_all = ["head", "get", "upload_file"])]
    form: Vec<String>,

    /// Not here: this client takes bodies as they are
    #[arg(long)]
    compressed: bool,

    /// Follow redirects; -i shows the last response
    #[arg(short = 'L', long)]
    pub(crate) location: bool,

    /// How many redirects are followed, at most 255; -1: as many
    #[arg(long, value_name = "N", default_value_t = 50, allow_hyphen_values = true,
          value_parser = clap::value_parser!(i16).range(-1..=255))]
    max_redirs: i16,

    /// Send it again up to N times where that may help: a PUT, never a POST without an Idempotency-Key
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        allow_negative_numbers = true
    )]
    pub(crate) retry: u8,

    /// Ask for a part alone, such as 0-99, 100- or -100
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<String>,

    /// Go on with FILE.part, which an earlier run with -C - left behind, unless the file has changed
    #[arg(short = 'C', long, value_name = "-", allow_hyphen_values = true,
          conflicts_with_all = ["range", "include", "head", "data", "data_raw", "data_binary",
                                "data_urlencode", "json", "form", "upload_file", "method", "digest"])]
    continue_at: Option<String>,

    /// Show the response's head in front of its body
    #[arg(short, long)]
    pub(crate) include: bool,

    /// Write the body to FILE, which appears once it is complete
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The same, by the name at the end of the URL
    #[arg(short = 'O', long, conflicts_with = "output")]
    remote_name: bool,

    /// Show on stderr what is sent and received, and how long each phase takes
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Say nothing: no progress, no error
    #[arg(short, long)]
    silent: bool,

    /// With -s, say errors all the same
    #[arg(short = 'S', long)]
    show_error: bool,

    /// Print one line of JSON instead of the body
    #[arg(long, value_name = "json")]
    report: Option<Report>,

    /// End with status 22, and print no body, if the server answers with 400 or more
    #[arg(short, long)]
    pub(crate) fail: bool,

    /// Look why requests to the URL fail: link, name, gateway, host, port, HTTP. Sends no request
    /// of yours, and ends with the status that it would have had
    #[arg(long, requires = "url", conflicts_with_all = ["data", "head", "output"])]
    pub(crate) diagnose: bool,

    /// Say what a cause means, by the code or number that firmware has printed
    #[arg(long, value_name = "CODE", exclusive = true)]
    pub(crate) explain: Option<String>,

    /// Size of the one buffer that the request, the response's head and its body share
    #[arg(long, value_name = "BYTES", default_value_t = 4096, allow_negative_numbers = true,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(..=1 << 30))]
    pub(crate) buffer: usize,

    /// How long the name's resolution, and then the connection, may each take; 0: as long as it likes
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds,
          allow_negative_numbers = true)]
    connect_timeout: Duration,

    /// How long the server may think before the first byte of its response
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds,
          allow_negative_numbers = true)]
    response_timeout: Duration,

    /// How long nothing may move once bytes flow
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds,
          allow_negative_numbers = true)]
    idle_timeout: Duration,

    /// How long all of it may take, such as 2.5 [default: no limit]
    #[arg(short = 'm', long, visible_alias = "total-timeout", value_name = "SECONDS",
          value_parser = seconds, allow_negative_numbers = true)]
    max_time: Option<Duration>,

    #[command(flatten)]
    pub(crate) tls: crate::tls::TlsOptions,

    /// What to fetch, such as http://192.168.1.20/gate?door=2; without a scheme it is http
    pub(crate) url: Option<String>,

    /// Of `-d` and its relatives, in their order.
    #[arg(skip)]
    parts: Data,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Report {
    Json,
}

/// Half of a `u32` of milliseconds is the longest that the client's clock can tell apart: 24 days.
const LONGEST: Duration = Duration::from_millis(u32::MAX as u64 / 2);

/// Seconds, fractions too, as curl has them. 0 is no limit.
fn seconds(text: &str) -> Result<Duration, String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = text.parse::<f64>().ok().filter(|_| is_plain);
    let Some(time) = number.and_then(|number| Duration::try_from_secs_f64(number).ok()) else {
        return Err("seconds, such as 5 or 0.25".into());
    };
    match time {
        Duration::ZERO => Ok(LONGEST),
        _ if time < Duration::from_millis(1) => Err("a millisecond (0.001) is the least".into()),
        _ if time > LONGEST => Err(format!("at most {} seconds", LONGEST.as_secs())),
        _ => Ok(time),
    }
}

fn whole_ms(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// What `-H` asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum HeaderOption {
    Send(String, String),
    LeaveOut(String),
}

impl HeaderOption {
    pub(crate) fn name(&self) -> &str {
        let (Self::Send(name, _) | Self::LeaveOut(name)) = self;
        name
    }
}

impl Options {
    /// Of the command line; ends the program where that is wrong.
    pub(crate) fn of_command_line() -> Self {
        let matches =
            Self::command().try_get_matches().unwrap_or_else(|error| crate::usage::end(&error));
        let mut options = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        options.parts = Data::of(&matches);
        options
    }

    /// What is refused with a sentence, before anything else.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let has_data = !self.parts.is_empty();
        let wrong = match () {
            () if self.compressed => {
                "--compressed isn't here: the client asks for bodies as they are (Accept-Encoding: identity)"
            }
            () if self.url.is_none() && self.output.as_deref().is_some_and(is_url) => {
                "-o takes a file's name, and the URL stands in its place: -o FILE URL"
            }
            () if has_data && !self.form.is_empty() => "-F and -d are two bodies: one of them",
            () if self.head && has_data && !self.get => {
                "-I asks by HEAD, which has no body: -d doesn't go with it, unless -G puts it into the query"
            }
            () if self.upload_file.is_some() && has_data => "-T and -d are two bodies: one of them",
            () if self.digest && cfg!(not(feature = "digest")) => {
                "--digest isn't in this build: cargo run --features digest --example fetch"
            }
            () if self.continue_at.as_ref().is_some_and(|at| at != "-") => {
                "-C takes '-', which goes on where FILE.part ends; for a part alone there is -r"
            }
            () if self.resumes() && self.output.is_none() && !self.remote_name => {
                "-C - goes on with a file: name it by -o FILE or -O"
            }
            () => return Ok(()),
        };
        Err(Failure::of_caller(USAGE, "usage", wrong.into()))
    }

    pub(crate) fn voice(&self) -> Voice {
        let mute = self.silent && !self.show_error;
        let url = self.url.as_deref().unwrap_or_default();
        let scheme = if self.digest { "digest" } else { "basic" };
        Voice::new(self.reports_json(), mute, self.user.as_ref().map(|_| scheme), url)
    }

    pub(crate) fn reports_json(&self) -> bool {
        self.report.is_some()
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Whether the body goes on in what an earlier run left.
    pub(crate) fn resumes(&self) -> bool {
        self.continue_at.is_some()
    }

    /// Whether the request may go out more than once, so that its body has to be at hand.
    fn sends_again(&self) -> bool {
        self.location || self.digest || self.retry > 0
    }

    /// The redirects to be followed.
    pub(crate) fn redirects(&self) -> u8 {
        u8::try_from(self.max_redirs).unwrap_or(u8::MAX)
    }

    /// As curl has it: `-I` is HEAD, `-d` is POST, `-T` is PUT, and `-X` goes before all.
    pub(crate) fn method(&self) -> &str {
        match &self.method {
            Some(method) => method,
            None if self.head => "HEAD",
            None if self.upload_file.is_some() => "PUT",
            None if !self.form.is_empty() => "POST",
            None if !self.parts.is_empty() && !self.get => "POST",
            None => "GET",
        }
    }

    /// Whether the request may be sent again although the server may have acted on it.
    pub(crate) fn may_repeat(&self) -> bool {
        let is_key = |name: &str| name.trim().eq_ignore_ascii_case("idempotency-key");
        let has_key = self.headers.iter().filter_map(|header| header.split_once(':'));
        !matches!(self.method(), "POST" | "PATCH")
            || has_key.into_iter().any(|(name, value)| is_key(name) && !value.trim().is_empty())
    }

    /// The URL with a scheme; with `-G`, with the data; with `-T` and a folder, with the file's name.
    pub(crate) fn url(&self, given: &str) -> Result<String, Failure> {
        let mut url = with_scheme(given);
        if let Some(path) = &self.upload_file {
            crate::upload::name_in_folder(&mut url, path);
        }
        if self.get && !self.parts.is_empty() {
            let data = self.parts.query()?;
            let at = url.find('#').unwrap_or(url.len());
            let mark = if url.get(..at).is_some_and(|url| url.contains('?')) { '&' } else { '?' };
            url.insert_str(at, &format!("{mark}{data}"));
        }
        Ok(url)
    }

    /// The file that the body goes to; `None` for stdout.
    pub(crate) fn file(&self, url: &str) -> Result<Option<PathBuf>, Failure> {
        if !self.remote_name {
            let file = self.output.clone();
            return Ok(file.filter(|path| path.as_os_str() != "-"));
        }
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let path = path.split_once("://").map_or(path, |(_, path)| path);
        match path.rsplit_once('/') {
            Some((_, name)) if !matches!(name, "" | "." | "..") => Ok(Some(name.into())),
            _ => {
                let message = "-O names the file by the URL's end, which has no name: -o FILE";
                Err(Failure::of_caller(WRITE_FAILED, "no_file_name", message.into()))
            }
        }
    }

    /// User name and password.
    pub(crate) fn credentials(&self) -> Result<Option<(&str, &str)>, Failure> {
        let Some(user) = &self.user else { return Ok(None) };
        match user.split_once(':') {
            Some(pair) => Ok(Some(pair)),
            None => {
                let message = "-u takes USER:PASSWORD, and doesn't ask for a password";
                Err(Failure::of_caller(USAGE, "no_password", message.into()))
            }
        }
    }

    /// The headers to send and to leave out, in the order given; those of other options come last.
    pub(crate) fn headers(
        &self,
        content_type: Option<String>,
    ) -> Result<Vec<HeaderOption>, Failure> {
        let mut headers = Vec::new();
        for text in &self.headers {
            headers.push(match (text.split_once(':'), text.strip_suffix(';')) {
                (Some((name, value)), _) if value.trim().is_empty() => {
                    HeaderOption::LeaveOut(name.into())
                }
                (Some((name, value)), _) => HeaderOption::Send(name.into(), value.into()),
                (None, Some(name)) => HeaderOption::Send(name.into(), String::new()),
                (None, None) => {
                    // What stands behind its first word may be a secret.
                    let word = text.split_whitespace().next().unwrap_or_default();
                    let more = if word.len() < text.trim().len() { " ..." } else { "" };
                    let says = "a header is 'K: V', 'K:' or 'K;', and this is none:";
                    let message = format!("{says} \"{}{more}\"", word.escape_debug());
                    return Err(Failure::of_caller(USAGE, "invalid_header", message));
                }
            });
        }
        let mut add = |name: &str, value: Option<String>| {
            if !headers.iter().any(|header| header.name().eq_ignore_ascii_case(name)) {
                headers.push(match value {
                    Some(value) => HeaderOption::Send(name.into(), value),
                    None => HeaderOption::LeaveOut(name.into()),
                });
            }
        };
        if let Some(name) = &self.user_agent {
            add("User-Agent", Some(name.clone()).filter(|name| !name.is_empty()));
        }
        if let Some(range) = &self.range {
            // A number alone is the start of one (RFC 9110 section 14.1.1), as curl has it.
            let is_start = !range.is_empty() && range.bytes().all(|byte| byte.is_ascii_digit());
            let dash = if is_start { "-" } else { "" };
            add("Range", Some(format!("bytes={range}{dash}")));
        }
        if !self.parts.is_empty() && !self.get && self.parts.is_json() {
            add("Content-Type", Some("application/json".into()));
            add("Accept", Some("application/json".into()));
        } else if let Some(content_type) = content_type {
            add("Content-Type", Some(content_type));
        }
        Ok(headers)
    }

    /// The client's deadlines.
    pub(crate) fn config(&self) -> Config {
        Config::new()
            .resolve_timeout(self.connect_timeout)
            .connect_timeout(self.connect_timeout)
            .response_timeout(self.response_timeout)
            .idle_timeout(self.idle_timeout)
            .total_timeout(self.max_time)
    }

    pub(crate) fn connect_ms(&self) -> u32 {
        whole_ms(self.connect_timeout)
    }

    pub(crate) fn total_ms(&self) -> Option<u32> {
        self.max_time.map(whole_ms)
    }

    /// Whether the response's head belongs to the output.
    pub(crate) fn shows_head(&self) -> bool {
        (self.include || self.head) && !self.reports_json()
    }

    /// The body to send, and the type that it has if none is given.
    pub(crate) fn body(&self) -> Result<(Body, Option<String>), Failure> {
        let body = match &self.upload_file {
            Some(path) if self.sends_again() => Body::Whole(crate::data::file(path)?),
            Some(path) if path == "-" => Body::from_stdin(),
            Some(path) => {
                Body::from_file(path).map_err(|error| crate::data::unreadable(path, &error))?
            }
            None if !self.form.is_empty() => {
                let (bytes, content_type) = crate::form::read(&self.form)?;
                return Ok((Body::Whole(bytes), Some(content_type)));
            }
            None if self.parts.is_empty() || self.get => Body::None,
            None => {
                let content_type = "application/x-www-form-urlencoded";
                return Ok((Body::Whole(self.parts.read()?), Some(content_type.into())));
            }
        };
        Ok((body, None))
    }
}

fn is_url(path: &std::path::Path) -> bool {
    path.to_str().is_some_and(|path| Url::parse(path).is_ok())
}

/// A URL that begins with its host is http's.
pub(crate) fn with_scheme(url: &str) -> String {
    let first = url.find(['/', '?', '#']).unwrap_or(url.len());
    let (front, rest) = url.split_at(first);
    let has_scheme = front.ends_with(':') && rest.starts_with('/');
    // `http//host` has one, too, and is refused for it.
    let is_misspelled = matches!(Url::parse(url), Err(UrlError::MisspelledScheme));
    // So has `http:host`, unless what is behind the colon is a port.
    let is_cut = front.split_once(':').is_some_and(|(name, port)| {
        ["http", "https"].iter().any(|scheme| name.eq_ignore_ascii_case(scheme))
            && port.parse::<u16>().is_err()
    });
    let is_whole = has_scheme || is_misspelled || is_cut || url.is_empty();
    if is_whole { url.into() } else { format!("http://{url}") }
}
