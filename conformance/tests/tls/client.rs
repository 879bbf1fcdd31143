//! The client, over TLS.

use conformance::common::cx;
use safe_http_client::{
    Clock, Config, ErrorKind, NalNetwork, Network, PcLink, SafeHttpClient, StackQuirks, StdClock,
};
use safe_http_client_tls::{Error, FULL_RECORD, Failure, FnRandom, Pipe, Tls, Verify, session};
use std::fmt::Debug;
use std::io::Read;
use std::pin::pin;
use std::time::{Duration, SystemTime};

/// The operating system's random numbers.
pub fn random(bytes: &mut [u8]) {
    std::fs::File::open("/dev/urandom").unwrap().read_exact(bytes).unwrap();
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

pub fn std_network() -> NalNetwork<std_embedded_nal::Stack, PcLink> {
    NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD)
        .with_faults(|error| (&error.0).into())
}

/// While the client waits, the server has the processor.
pub fn clock() -> impl Clock {
    StdClock::new().with_idle(|| std::thread::sleep(Duration::from_micros(100)))
}

pub fn config() -> Config {
    let long = Duration::from_secs(20);
    Config::new().connect_timeout(long).response_timeout(long).idle_timeout(long)
}

/// How a request ended.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    Got(u16, Vec<u8>),
    /// With what goes with it.
    Refused(Failure, String),
    Other(String),
}

impl Outcome {
    /// What most servers of these tests answer.
    pub fn hello() -> Self {
        Self::Got(200, b"hello".to_vec())
    }

    /// Refused, with nothing that goes with it.
    pub fn refused(why: Failure) -> Self {
        Self::Refused(why, String::new())
    }

    /// Of a request that failed, with what goes with it.
    pub fn failed<T: Debug, D: Debug>(
        error: safe_http_client::Error<Error<T>, D>,
        shown: &[u8],
    ) -> Self {
        match error.kind {
            ErrorKind::Connect(Error::Tls(failure))
            | ErrorKind::Handshake(Error::Tls(failure))
            | ErrorKind::Send(Error::Tls(failure))
            | ErrorKind::Receive(Error::Tls(failure)) => {
                Self::Refused(failure, String::from_utf8_lossy(shown).into_owned())
            }
            kind => Self::Other(format!("{kind:?}")),
        }
    }
}

/// Calls `work` with a network with TLS around `network`.
pub fn with_tls<N: Network, T>(
    network: N,
    read: usize,
    verify: impl Verify,
    work: impl FnOnce(&mut Tls<'_, N>) -> T,
) -> T {
    let pipe = Pipe::new();
    let (mut read, mut write) = (vec![0; read], vec![0; 1024]);
    let session = pin!(session(&pipe, &mut read, &mut write, verify, FnRandom(random)));
    work(&mut Tls::new(network, &pipe, session))
}

/// Gets `https://host:port/` from 127.0.0.1.
pub fn get(host: &str, port: u16, verify: impl Verify) -> Outcome {
    get_with(std_network(), FULL_RECORD, &format!("https://{host}:{port}/"), port, verify)
}

pub fn get_with<N: Network>(
    network: N,
    read: usize,
    url: &str,
    port: u16,
    verify: impl Verify,
) -> Outcome {
    with_tls(network, read, verify, |tls| {
        let mut cx = cx();
        let mut buffer = vec![0; 4096];
        let sent = {
            let mut client = SafeHttpClient::with_config(&mut *tls, clock(), config());
            let mut online = client.online(&mut cx).unwrap();
            let request = online.get(url, &mut buffer);
            request
                .connect_to(([127, 0, 0, 1], port).into())
                .send()
                .and_then(|mut response| Ok((response.status(), response.read_to_end()?.to_vec())))
        };
        match sent {
            Ok((status, body)) => Outcome::Got(status, body),
            Err(error) => Outcome::failed(error, tls.evidence()),
        }
    })
}
