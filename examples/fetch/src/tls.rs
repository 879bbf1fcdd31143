//! https: whom `fetch` trusts, and what curl calls that.

use crate::report::{Failure, USAGE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use nal_link::{StackFault, TlsFault};
use safe_http_client::Url;
use safe_http_client_tls::{
    Anchor, Authority, FULL_RECORD, FnRandom, Pipe, Unverified, WallTime, anchor, session,
};
use std::convert::Infallible;
use std::fs::{self, File};
use std::future::Future;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::SystemTime;

/// curl's numbers for what TLS can run into.
pub(crate) const NO_HANDSHAKE: u8 = 35;
const NOT_VERIFIED: u8 = 60;
const BAD_CA_FILE: u8 = 77;
const WRONG_KEY: u8 = 90;

/// What of the command line concerns https, with curl's names.
#[derive(Debug, Args)]
pub(crate) struct TlsOptions {
    /// Trust the authorities in FILE (PEM), and not Mozilla's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// The server's key has to be one of these: sha256//BASE64, several with ';' between them
    #[arg(long, value_name = "HASHES")]
    pinnedpubkey: Option<String>,

    /// Verify NOTHING of an https server: anyone on the way can read and change all of it
    #[arg(short = 'k', long)]
    insecure: bool,

    /// Connect to ADDRESS for HOST and PORT; may be given several times
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    resolve: Vec<String>,
}

/// Certificates, keys and roots, for as long as the session goes on.
pub(crate) struct Trust {
    certificates: Vec<Vec<u8>>,
    pins: Vec<[u8; 32]>,
    insecure: bool,
    own: bool,
    pinned: bool,
}

/// A session that is ready to be polled.
pub(crate) type Session<'s> = Pin<Box<dyn Future<Output = Infallible> + 's>>;

impl TlsOptions {
    /// Where `--resolve` leads a URL.
    pub(crate) fn resolved(&self, url: &str) -> Result<Option<SocketAddr>, Failure> {
        let Ok(url) = Url::parse(url) else { return Ok(None) };
        for text in &self.resolve {
            let wrong = || {
                let message = format!("--resolve takes HOST:PORT:ADDRESS, and not {text:?}");
                Failure::of_caller(USAGE, "invalid_resolve", message)
            };
            let (host, rest) = text.split_once(':').ok_or_else(wrong)?;
            let (port, address) = rest.split_once(':').ok_or_else(wrong)?;
            let port = port.parse::<u16>().map_err(|_| wrong())?;
            let address = address.trim_matches(['[', ']']);
            let address = address.parse::<IpAddr>().map_err(|_| wrong())?;
            if url.port() == port && url.host_text().eq_ignore_ascii_case(host) {
                return Ok(Some(SocketAddr::new(address, port)));
            }
        }
        Ok(None)
    }

    /// Whom to trust, by files and hashes.
    pub(crate) fn trust(&self) -> Result<Trust, Failure> {
        let certificates = match &self.cacert {
            Some(path) => certificates(path)?,
            None => Vec::new(),
        };
        let pins = match &self.pinnedpubkey {
            Some(text) => text.split(';').map(pin).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        if self.insecure {
            crate::watch::to_stderr(
                b"fetch: WARNING: -k: an https server is NOT VERIFIED, and anyone may be it\n",
            );
        }
        let (own, pinned) = (self.cacert.is_some(), self.pinnedpubkey.is_some());
        Ok(Trust { certificates, pins, insecure: self.insecure, own, pinned })
    }
}

fn bad_file(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    let message = format!("{} has no usable certificates: {why}", path.display());
    Failure::of_caller(BAD_CA_FILE, "cacert", message)
}

/// All certificates of a file in PEM.
fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| bad_file(path, &error))?;
    let mut found = Vec::new();
    for part in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let body = part.split("-----END").next().unwrap_or_default();
        let body: String = body.split_whitespace().collect();
        found.push(STANDARD.decode(body).map_err(|error| bad_file(path, &error))?);
    }
    if found.is_empty() { Err(bad_file(path, &"there is none in it")) } else { Ok(found) }
}

fn pin(text: &str) -> Result<[u8; 32], Failure> {
    let wrong = || {
        let message = format!("--pinnedpubkey takes sha256//BASE64, and not {text:?}");
        Failure::of_caller(USAGE, "invalid_pin", message)
    };
    let base64 = text.trim().strip_prefix("sha256//").ok_or_else(wrong)?;
    let bytes = STANDARD.decode(base64).map_err(|_| wrong())?;
    bytes.try_into().map_err(|_| wrong())
}

impl Trust {
    /// The authorities: those of the file, or Mozilla's.
    pub(crate) fn anchors(&self) -> Result<Vec<Anchor<'_>>, Failure> {
        if !self.own {
            return Ok(webpki_roots::TLS_SERVER_ROOTS.to_vec());
        }
        let anchors = self.certificates.iter().map(|der| anchor(der)).collect::<Result<_, _>>();
        anchors.map_err(|error| Failure::of_caller(BAD_CA_FILE, "cacert", error.to_string()))
    }

    /// The session of a connection that is verified so.
    pub(crate) fn session<'s>(
        &'s self,
        pipe: &'s Pipe,
        anchors: &'s [Anchor<'s>],
        memory: &'s mut Memory,
    ) -> Session<'s> {
        let Memory { read, write } = memory;
        let random = FnRandom(random);
        let verified = Authority::new(anchors, now());
        match (self.insecure, self.pinned) {
            // As curl has it, a pinned key counts all the same.
            (true, true) => Box::pin(session(
                pipe,
                read,
                write,
                safe_http_client_tls::PinnedKey::new(&self.pins),
                random,
            )),
            (true, false) => Box::pin(session(pipe, read, write, Unverified, random)),
            (false, true) => {
                Box::pin(session(pipe, read, write, verified.and_key(&self.pins), random))
            }
            (false, false) => Box::pin(session(pipe, read, write, verified, random)),
        }
    }
}

/// The buffers of a session.
pub(crate) struct Memory {
    read: Vec<u8>,
    write: Vec<u8>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self { read: vec![0; FULL_RECORD], write: vec![0; FULL_RECORD] }
    }
}

fn now() -> WallTime {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => WallTime::Utc(since.as_secs()),
        Err(_) => WallTime::Unknown,
    }
}

/// The operating system's generator.
pub(crate) fn random(bytes: &mut [u8]) {
    let filled = File::open("/dev/urandom").and_then(|mut file| file.read_exact(bytes));
    assert!(filled.is_ok(), "no random numbers: /dev/urandom can't be read");
}

/// curl's number for what TLS has run into.
pub(crate) fn exit_status(fault: StackFault) -> Option<u8> {
    match fault {
        StackFault::Tls(TlsFault::WrongKey) => Some(WRONG_KEY),
        StackFault::Tls(
            TlsFault::NotStarted
            | TlsFault::OldVersion
            | TlsFault::NothingInCommon
            | TlsFault::RecordTooLarge
            | TlsFault::NotTls
            | TlsFault::OtherProtocol
            | TlsFault::BrokenOff
            | TlsFault::Aborted,
        )
        | StackFault::TlsFailed => Some(NO_HANDSHAKE),
        // Its deadline's number.
        StackFault::Tls(TlsFault::Unanswered | TlsFault::Unfinished) => None,
        StackFault::Tls(_) => Some(NOT_VERIFIED),
        _ => None,
    }
}
