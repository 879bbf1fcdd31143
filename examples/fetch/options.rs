//! The command line, with curl's names and habits.

use crate::report::{Failure, READ_FAILED, USAGE};
use clap::Parser;
use safe_http_client::Config;
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
  35  TLS failed: an old version, nothing in common, or no TLS at all
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
#[command(name = "fetch", version, after_help = EXIT_STATUSES)]
pub(crate) struct Options {
    /// Method of the request
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// Ask for the head alone (HEAD), and show it
    #[arg(short = 'I', long, conflicts_with = "data")]
    pub(crate) head: bool,

    /// Header to send; 'K:' leaves a default one out, 'K;' sends it empty
    #[arg(short = 'H', long = "header", value_name = "'K: V'", allow_hyphen_values = true)]
    headers: Vec<String>,

    /// Body to send (by POST, as a form): the text itself, or a file or stdin as it is
    #[arg(short = 'd', long, value_name = "DATA|@FILE|@-", allow_hyphen_values = true)]
    pub(crate) data: Option<String>,

    /// Show the response's head in front of its body
    #[arg(short, long)]
    pub(crate) include: bool,

    /// Write the body to FILE, which appears once it is complete
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Show on stderr what is sent and received, and how long each phase takes
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Print one line of JSON instead of the body
    #[arg(long)]
    pub(crate) json: bool,

    /// End with status 22, and print no body, if the server answers with 400 or more
    #[arg(short, long)]
    pub(crate) fail: bool,

    /// Look why requests to the URL fail: link, name, gateway, host, port, HTTP. Sends no request
    /// of yours
    #[arg(long, requires = "url", conflicts_with_all = ["data", "head", "output"])]
    pub(crate) diagnose: bool,

    /// Say what a cause means, by the code or number that firmware has printed
    #[arg(long, value_name = "CODE", exclusive = true)]
    pub(crate) explain: Option<String>,

    /// Size of the one buffer that the request, the response's head and its body share
    #[arg(long, value_name = "BYTES", default_value_t = 4096,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(..=1 << 30))]
    pub(crate) buffer: usize,

    /// How long the name's resolution, and then the connection, may each take; 0: as long as it likes
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    connect_timeout: Duration,

    /// How long the server may think before the first byte of its response
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    response_timeout: Duration,

    /// How long nothing may move once bytes flow
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    idle_timeout: Duration,

    /// How long all of it may take, such as 2.5 [default: no limit]
    #[arg(short = 'm', long, visible_alias = "total-timeout", value_name = "SECONDS",
          value_parser = seconds)]
    max_time: Option<Duration>,

    #[command(flatten)]
    pub(crate) tls: crate::tls::TlsOptions,

    /// What to fetch, such as http://192.168.1.20/gate?door=2
    pub(crate) url: Option<String>,
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
pub(crate) enum HeaderOption<'a> {
    Send(&'a str, &'a str),
    LeaveOut(&'a str),
}

impl Options {
    /// As curl has it: `-I` is HEAD, `-d` is POST, and `-X` goes before both.
    pub(crate) fn method(&self) -> &str {
        match &self.method {
            Some(method) => method,
            None if self.head => "HEAD",
            None if self.data.is_some() => "POST",
            None => "GET",
        }
    }

    /// The headers to send and to leave out, in the order given; a body's default type comes last.
    pub(crate) fn headers(&self) -> Result<Vec<HeaderOption<'_>>, Failure> {
        let mut headers = Vec::new();
        let mut has_type = self.data.is_none();
        for text in &self.headers {
            let header = match (text.split_once(':'), text.strip_suffix(';')) {
                (Some((name, value)), _) if value.trim().is_empty() => HeaderOption::LeaveOut(name),
                (Some((name, value)), _) => HeaderOption::Send(name, value),
                (None, Some(name)) => HeaderOption::Send(name, ""),
                (None, None) => {
                    return Err(Failure::of_caller(
                        USAGE,
                        "invalid_header",
                        format!("a header is 'K: V', 'K:' or 'K;', and this is none: {text:?}"),
                    ));
                }
            };
            let (HeaderOption::Send(name, _) | HeaderOption::LeaveOut(name)) = header;
            has_type |= name.eq_ignore_ascii_case("content-type");
            headers.push(header);
        }
        if !has_type {
            let form = "application/x-www-form-urlencoded";
            headers.push(HeaderOption::Send("Content-Type", form));
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
        (self.include || self.head) && !self.json
    }

    /// The body to send.
    pub(crate) fn body(&self) -> Result<crate::upload::Body<'_>, Failure> {
        use crate::upload::Body;
        let Some(data) = &self.data else {
            return Ok(Body::None);
        };
        match data.strip_prefix('@') {
            None => Ok(Body::Text(data.as_bytes())),
            Some("-") => Ok(Body::from_stdin()),
            Some(path) => Body::from_file(path).map_err(|error| {
                let message = format!("{path} can't be read: {error}");
                Failure::of_caller(READ_FAILED, "body_reader", message)
            }),
        }
    }
}
