//! Requests with Digest authentication.

mod steps;

use super::replay::{Kept, KeptView};
use crate::client::draft::refuse;
use crate::client::{Buffer, Call, Request, Response, SafeHttpClient};
use crate::error::{ChallengeError, Error};
use crate::http::digest::Credentials;
use crate::nal::{DnsErrorOf, Driver, ErrorOf, TcpErrorOf};
use core::fmt;
use nal_link::{Clock, LoopContext, Network};
use steps::{Dialogue, Halt};

/// A request that answers a Digest challenge (RFC 7616): what [`Request::digest`](crate::Request::digest)
/// makes.
///
/// It is sent without credentials, and, where the server answers 401 with a challenge, again with a hash of
/// them. SHA-256 is used where it is offered, MD5 otherwise; `qop` is `auth`. A server that says that its own
/// challenge was too old is answered once more. Credentials that it refuses end in its response with 401.
///
/// The body is sent both times; [`expect_continue`](Request::expect_continue) saves the first. What has to be
/// kept is at the end of the buffer.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn random() -> u64 { 17 }
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), DigestError<ErrorOf<N>>> {
/// let mut buffer = [0; 2048];
/// let request = online.get("http://192.168.1.20/image.jpg", &mut buffer);
/// let response = request.digest("admin", "secret", random()).send()?;
/// println!("{}", response.status());
/// # Ok(()) }
/// ```
#[must_use = "a request is sent by `send` or `start`"]
pub struct Digest<'r, 'b, N: Network, C, B> {
    request: Request<'r, 'b, N, C, B>,
    credentials: Credentials<'b>,
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Request<'r, 'b, N, C, B> {
    /// Answers a Digest challenge with this user name and password: see [`Digest`]. `random` is to be a number
    /// that nobody can guess, another one each time. Credentials of the URL, of `basic` and of `bearer` aren't
    /// sent.
    pub fn digest(
        mut self,
        user: &'b str,
        password: &'b str,
        random: u64,
    ) -> Digest<'r, 'b, N, C, B> {
        self.head().without_credentials();
        Digest { request: self, credentials: Credentials { user, password, random } }
    }
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Digest<'r, 'b, N, C, B> {
    /// Sends the request, answers the challenge, and waits for the response's head.
    ///
    /// # Errors
    ///
    /// [`DigestError::Request`] as [`Request::send`]; [`DigestError::Challenge`] where the server wants what
    /// can't or shouldn't be answered.
    pub fn send(mut self) -> Result<Response<'r, 'b, N, C, Kept<B>>, DigestError<ErrorOf<N>>> {
        let (driver, draft, bytes) = self.request.pieces();
        match steps::send(draft, driver.any(), bytes, self.credentials) {
            Ok(end) => Ok(self.request.into_kept_response(end)),
            Err((halt, mut end)) => {
                Err(halted(driver, &mut KeptView::of(draft, bytes, &mut end), halt))
            }
        }
    }

    /// The same without waiting: a value to be polled. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The caller's mistakes alone, as [`Request::start`].
    pub fn start(mut self) -> Result<Digesting<'b, B>, DigestError<ErrorOf<N>>> {
        let (driver, draft, bytes) = self.request.pieces();
        let (dialogue, end) = Dialogue::start(draft, driver.any(), bytes, self.credentials)
            .map_err(refuse::<TcpErrorOf<N>, DnsErrorOf<N>>)?;
        Ok(Digesting { call: self.request.into_call(end).1, dialogue })
    }
}

/// A request that answers a Digest challenge, as a value: what [`Digest::start`] makes. It is polled with the
/// client that started it, as a [`Call`] is.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn turn<N: Network, C: Clock>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext, mut digesting: Digesting<'_, [u8; 2048]>,
/// # ) -> nb::Result<(), DigestError<ErrorOf<N>>> {
/// digesting.poll(client, cx)?; // `WouldBlock` until the response's head is there
/// let call = digesting.into_call(); // and its body is read from here
/// # Ok(()) }
/// ```
#[must_use = "it goes on only while it is polled"]
pub struct Digesting<'b, B> {
    call: Call<'b, Kept<B>>,
    dialogue: Dialogue<'b>,
}

impl<'b, B: Buffer> Digesting<'b, B> {
    /// Goes on as far as it goes without waiting. `Ok` once the head of the response that counts is there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is something to wait for; otherwise as [`Digest::send`].
    pub fn poll<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
    ) -> nb::Result<(), DigestError<ErrorOf<N>>> {
        let (driver, call) = (&mut client.driver, &mut self.call.kept_view());
        let step = self.dialogue.step(driver.any(), call);
        step.map_err(|error| error.map(|halt| halted(driver, call, halt)))
    }

    /// The call of the response.
    pub fn into_call(self) -> Call<'b, Kept<B>> {
        self.call
    }
}

#[cold]
fn halted<N: Network, C: Clock>(
    driver: &mut Driver<N, C>,
    call: &mut KeptView<'_, '_>,
    halt: Halt,
) -> DigestError<ErrorOf<N>> {
    match halt {
        Halt::Unsendable(unsendable) => DigestError::Request(refuse(unsendable)),
        Halt::Challenge(error) => DigestError::Challenge(error),
        Halt::Fault(fault) => DigestError::Request(driver.fail(&mut call.view(), fault)),
    }
}

/// Why a request with Digest authentication failed.
///
/// ```
/// use safe_http_client::{ChallengeError, DigestError};
/// fn wants_another_scheme<E>(error: &DigestError<E>) -> bool {
///     matches!(error, DigestError::Challenge(ChallengeError::NoDigest))
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum DigestError<E> {
    /// A request, without credentials or with them.
    Request(E),
    /// A challenge that isn't answered.
    Challenge(ChallengeError),
}

impl<T, D> From<Error<T, D>> for DigestError<Error<T, D>> {
    fn from(error: Error<T, D>) -> Self {
        Self::Request(error)
    }
}

impl<E: fmt::Display> fmt::Display for DigestError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Challenge(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for DigestError<E> {}

impl<N: Network, C, B> fmt::Debug for Digest<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").field("request", &self.request).finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for Digesting<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digesting").field("call", &self.call).finish_non_exhaustive()
    }
}
