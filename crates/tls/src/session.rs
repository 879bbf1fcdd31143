//! The TLS session: a future that a network polls.

use crate::autopsy::autopsy;
use crate::failure::Failure;
use crate::gate::Phase;
use crate::pipe::{Pipe, State, Wire};
use crate::random::{Adapter, SecureRandom, is_dead};
use crate::suite::Suite;
use crate::verify::{Verifier, Verify};
use core::convert::Infallible;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use embedded_io_async::Write as _;
use embedded_tls::{
    CryptoProvider, MaxFragmentLength, TlsConfig, TlsConnection, TlsContext, TlsError, TlsReader,
    TlsVerifier, TlsWriter,
};
use rustls_pki_types::ServerName;

/// The size of a read buffer that every record fits: 16 KiB of data, and what TLS adds.
pub const FULL_RECORD: usize = 16_640;

/// The least size of a buffer for writing. Each record that is sent has 128 bytes less of data than it.
pub const LEAST_WRITE_BUFFER: usize = 640;

/// The TLS session of a network: a future that [`Tls`](crate::Tls) polls, once it was pinned.
///
/// - `read` holds a record of the server's. [`FULL_RECORD`] is right for every server. With less, servers
///   are asked for smaller records (`max_fragment_length`, which OpenSSL heeds and others don't), and a
///   record that is too large ends the connection with [`Failure::RecordTooLarge`]. The handshake's record
///   with the server's certificates has to fit, too: 2 to 4 kB, mostly.
/// - `write` holds a record of the client's: [`LEAST_WRITE_BUFFER`] or more.
/// - `verify` says how the server is verified: [`Authority`](crate::Authority),
///   [`PinnedKey`](crate::PinnedKey), or [`Unverified`](crate::Unverified).
/// - `random` is the board's, kept for the program's life.
///
/// ```
/// use core::pin::pin;
/// use safe_http_client_tls::{FnRandom, PinnedKey, Pipe, session};
/// # fn trng(bytes: &mut [u8]) {}
///
/// let pipe = Pipe::new();
/// let (mut read, mut write) = ([0; safe_http_client_tls::FULL_RECORD], [0; 1024]);
/// let pins = [[0x5a; 32]];
/// let session = pin!(session(&pipe, &mut read, &mut write, PinnedKey::new(&pins), FnRandom(trng)));
/// # let _ = session;
/// ```
pub async fn session<V: Verify, R: SecureRandom>(
    pipe: &Pipe,
    read: &mut [u8],
    write: &mut [u8],
    verify: V,
    random: R,
) -> Infallible {
    pipe.with(|line| line.verification = verify.verification());
    let mut provider = Provider { verifier: Verifier::new(verify, pipe), random };
    loop {
        pipe.until(|line| {
            line.buffer = read.len();
            (line.state == State::Asked).then(|| line.state = State::Opening)
        })
        .await;
        let outcome = connection(pipe, read, write, &mut provider).await;
        pipe.with(|line| {
            line.state = match outcome {
                // Told already, or asked for.
                _ if line.close || line.abort => State::Idle,
                Ok(()) => State::Ended,
                Err(error) => {
                    let failure = line.failure;
                    State::Failed(failure.unwrap_or_else(|| autopsy(&error, &line.gate, read)))
                }
            };
        });
    }
}

async fn connection<V: Verify, R: SecureRandom>(
    pipe: &Pipe,
    read: &mut [u8],
    write: &mut [u8],
    provider: &mut Provider<'_, V, R>,
) -> Result<(), TlsError> {
    if let Some(failure) = cannot_start(pipe, write, provider) {
        pipe.with(|line| line.failure = Some(failure));
        return Err(TlsError::InternalError);
    }
    let (small, name) = (fragment_length(read.len()), pipe.with(|line| line.name.clone()));
    let mut tls = TlsConnection::<_, Suite>::new(Wire(pipe), read, write);
    handshake(&mut tls, small, &name, provider).await?;
    let has_ended = {
        let (mut reader, mut writer) = tls.split();
        either(pipe, reading(pipe, &mut reader), writing(pipe, &mut writer)).await?
    };
    if !has_ended && pipe.with(|line| !line.is_writing) {
        // What becomes of it changes nothing.
        let _ = tls.close().await;
    }
    Ok(())
}

fn cannot_start<V: Verify, R: SecureRandom>(
    pipe: &Pipe,
    write: &[u8],
    provider: &mut Provider<'_, V, R>,
) -> Option<Failure> {
    if write.len() < LEAST_WRITE_BUFFER {
        return Some(Failure::WriteBufferTooSmall);
    }
    if is_dead(&mut provider.random) {
        return Some(Failure::NoRandomNumbers);
    }
    provider.verifier.restart();
    pipe.with(|line| provider.verifier.why_not(&line.name))
}

async fn handshake<V: Verify, R: SecureRandom>(
    tls: &mut TlsConnection<'_, Wire<'_>, Suite>,
    small: Option<MaxFragmentLength>,
    name: &str,
    provider: &mut Provider<'_, V, R>,
) -> Result<(), TlsError> {
    let mut config = TlsConfig::new();
    if cfg!(feature = "rsa") {
        config = config.enable_rsa_signatures();
    }
    if let Some(length) = small {
        config = config.with_max_fragment_length(length);
    }
    // An address is no name for the handshake (RFC 6066 section 3).
    if matches!(ServerName::try_from(name), Ok(ServerName::DnsName(_))) {
        config = config.with_server_name(name);
    }
    tls.open(TlsContext::new(&config, &mut *provider)).await?;
    // embedded-tls takes a handshake without a certificate for one.
    if !provider.verifier.is_satisfied() {
        return Err(provider.verifier.refuse(Failure::Unauthenticated));
    }
    provider.verifier.pipe.with(|line| {
        line.gate.phase = Phase::Data;
        line.state = State::Open;
    });
    Ok(())
}

/// What servers are asked for where a full record doesn't fit.
fn fragment_length(buffer: usize) -> Option<MaxFragmentLength> {
    match buffer {
        FULL_RECORD.. => None,
        4_352.. => Some(MaxFragmentLength::Bits12),
        2_304.. => Some(MaxFragmentLength::Bits11),
        1_280.. => Some(MaxFragmentLength::Bits10),
        _ => Some(MaxFragmentLength::Bits9),
    }
}

/// Goes on with both until the server ends the stream (true), the connection is to be closed (false), or it
/// fails.
async fn either(
    pipe: &Pipe,
    reading: impl Future<Output = Result<(), TlsError>>,
    writing: impl Future<Output = Result<(), TlsError>>,
) -> Result<bool, TlsError> {
    let (mut reading, mut writing) = (pin!(reading), pin!(writing));
    poll_fn(|cx| {
        if let Poll::Ready(outcome) = writing.as_mut().poll(cx) {
            return Poll::Ready(outcome.map(|()| true));
        }
        if pipe.with(|line| line.close && !line.is_writing) {
            return Poll::Ready(Ok(false));
        }
        reading.as_mut().poll(cx).map(|outcome| outcome.map(|()| true))
    })
    .await
}

/// Hands on what the server sends, until it ends the stream.
async fn reading<'p>(
    pipe: &Pipe,
    reader: &mut TlsReader<'p, Wire<'p>, Suite>,
) -> Result<(), TlsError> {
    loop {
        let mut record = match reader.read_buffered().await {
            Ok(record) => record,
            Err(TlsError::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error),
        };
        while !record.is_empty() {
            pipe.until(|line| {
                let room = line.received.room().len();
                if room == 0 {
                    return None;
                }
                line.received.put(record.pop(room));
                Some(())
            })
            .await;
        }
    }
}

/// Sends what the client has to say, a record at each flush.
async fn writing<'p>(
    pipe: &Pipe,
    writer: &mut TlsWriter<'p, Wire<'p>, Suite>,
) -> Result<(), TlsError> {
    loop {
        let mut bytes = [0; 64];
        let count = pipe
            .until(|line| {
                let count = line.to_send.take(&mut bytes);
                if count == 0 && !line.flush {
                    return None;
                }
                line.is_writing = true;
                Some(count)
            })
            .await;
        if count == 0 {
            writer.flush().await?;
            pipe.with(|line| {
                line.flush = false;
                line.is_writing = false;
            });
        }
        let mut rest = bytes.get(..count).unwrap_or_default();
        while !rest.is_empty() {
            let written = writer.write(rest).await?;
            rest = rest.get(written..).unwrap_or_default();
        }
    }
}

/// What embedded-tls asks for.
struct Provider<'p, V, R> {
    verifier: Verifier<'p, V>,
    random: R,
}

impl<V: Verify, R: SecureRandom> CryptoProvider for Provider<'_, V, R> {
    type CipherSuite = Suite;
    // There is no certificate of the client's.
    type Signature = [u8; 0];

    fn rng(&mut self) -> impl embedded_tls::CryptoRngCore {
        Adapter(&mut self.random)
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Suite>, TlsError> {
        Ok(&mut self.verifier)
    }
}
