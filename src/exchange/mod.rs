//! One exchange: a request and its response, as a machine of states that never waits.
//!
//! ```text
//!              kept connection                    head
//!   Link ───────────────────────────► Send ───► sent ──► ReceiveHead ──► Body ──► Over
//!     │                                ▲ │                 │    ▲  │1xx
//!     └─► Resolve ─► Connect ──────────┘ │ Expect          │    └──┘
//!           ▲                            ▼                 │
//!           │                     AwaitContinue ──────────►│
//!           └── a kept connection was stale: once ─────────┘
//! ```
//!
//! Each state has its file. [`Exchange::poll`] goes on until the stack would block; the blocking
//! calls of the client are loops over it. Any error closes the connection and ends in `Failed`.

mod check;
mod config;
mod connect;
mod failure;
mod ladder;
mod oddity;
mod receive_body;
mod receive_head;
mod resolve;
mod send;
mod tunnel;
mod upload;
mod wire;

pub use check::Check;
pub use config::Config;
use failure::Failure;
pub(crate) use failure::{Kept, Step};
pub use ladder::Checkup;
pub use upload::Upload;
pub(crate) use upload::UploadState;
pub use wire::WhyClosed;
pub(crate) use wire::{Target, Wire};

use crate::clock::{Clock, elapsed_ms};
use crate::context::LoopContext;
use crate::error::{Deadline, Error, ErrorKind, Evidence, Phase};
use crate::http::framing::Asked;
use crate::http::head::{HeadMeasure, HeadParser};
use crate::http::response::{Headers, ResponseHead};
use crate::network::Network;
use core::fmt;
use core::net::SocketAddr;
use embedded_nal::{Dns, TcpClientStack, nb};
use receive_body::Body;

/// The error of exchanges over the network `N`: it keeps the stack's own errors.
///
/// ```no_run
/// # use safe_http_client::*;
/// fn open<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<bool, ErrorOf<N>> {
///     Ok(request.body(b"open").send()?.is_success())
/// }
/// ```
pub type ErrorOf<N> = Error<TcpErrorOf<N>, DnsErrorOf<N>>;

/// The TCP stack's own error.
type TcpErrorOf<N> = <N as TcpClientStack>::Error;
/// The resolver's own error.
type DnsErrorOf<N> = <N as Dns>::Error;

/// What an exchange goes on with.
pub(crate) type Next<'a, N, C> = fn(&mut Exchange<'a, N, C>) -> State;

/// What a client keeps between exchanges.
pub(crate) struct Core<N: Network, C> {
    pub(crate) wire: Wire<N>,
    pub(crate) clock: C,
    pub(crate) config: Config,
}

/// What was asked for, unchanged through the exchange.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) target: Target<'a>,
    pub(crate) asked: Asked,
    pub(crate) idempotent: bool,
    /// The address was given by the caller.
    pub(crate) is_directed: bool,
    /// The host is a name that is to be resolved.
    pub(crate) resolves: bool,
    /// The request says `Connection: close`.
    pub(crate) close: bool,
    /// The request says `Expect: 100-continue`, and has a body.
    pub(crate) expect_continue: bool,
    /// Codings that can't be undone are passed on as they are.
    pub(crate) raw: bool,
    /// The bytes of the buffer that hold the request's head.
    pub(crate) head_length: usize,
    /// The body, where it was given whole.
    pub(crate) body: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Link,
    Resolve,
    Connect,
    Send,
    /// The head was sent, and the caller has to give more of the body.
    Upload,
    AwaitContinue,
    ReceiveHead,
    /// The head doesn't fit the buffer; it is counted to its end for the error.
    MeasureHead,
    Body,
    /// The response was read to its end, and the connection kept or closed.
    Over,
    /// An error was reported, and the connection closed.
    Failed,
}

/// A request on its way, and its response as it arrives: the non-blocking twin of
/// [`Request::send`](crate::Request::send).
///
/// [`poll`](Self::poll) until it is ready, then read the [`head`](Self::head) and
/// [`poll_read`](Self::poll_read) the body. Dropping it early closes the connection.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>, mut cx: LoopContext)
/// # -> Result<(), ErrorOf<N>> {
/// let mut exchange = request.start()?;
/// while let Err(nb::Error::WouldBlock) = exchange.poll(&mut cx) { /* blink */ }
/// println!("{:?}", exchange.head().map(|head| head.status()));
/// # Ok(()) }
/// ```
// In this order, since a Cortex-M reaches the first 32 bytes, and words up to 128, with half as long
// instructions: what is used most comes first.
#[repr(C)]
pub struct Exchange<'a, N: Network, C: Clock> {
    state: State,
    reused: bool,
    retried: bool,
    /// The request is in the buffer as it was, and can be sent again.
    replayable: bool,
    /// The response came before the request was sent whole.
    request_incomplete: bool,
    /// The caller has a piece of the body since the last wait.
    handed_over: bool,
    interim: u8,
    core: &'a mut Core<N, C>,
    /// First the request, then the response's head and what follows it.
    buffer: &'a mut [u8],
    /// The buffer behind the head: `..kept` holds what the caller may look at (head, body read
    /// whole, trailers), `raw..filled` what arrived and wasn't taken yet.
    raw: usize,
    filled: usize,
    kept: usize,
    head_end: usize,
    /// When the phase began, or last made progress.
    mark: u32,
    started: u32,
    sent: u32,
    received: u32,
    /// The request in the buffer: how much of it was sent, and where it ends.
    stage_sent: usize,
    stage_end: usize,
    /// How much of `plan.body` was staged or sent.
    body_taken: usize,
    body: Body,
    body_received: u64,
    parser: HeadParser,
    upload: UploadState,
    /// What follows when the stage is sent, and when a body that waited for `100 Continue` may go.
    /// Pointers, so that a program which uploads nothing, or expects nothing, has no code for it.
    after_stage: Next<'a, N, C>,
    pub(crate) send_body: Next<'a, N, C>,
    plan: Plan<'a>,
    trailers: (usize, usize),
    /// Of a head that doesn't fit the buffer.
    measure: HeadMeasure,
    /// Where to connect, once it is known; from the start where the URL has an address, or the caller
    /// gave one.
    remote: Option<SocketAddr>,
    /// Why the last step failed, until its caller is told.
    failure: Option<Failure<N>>,
}

impl<'a, N: Network, C: Clock> Exchange<'a, N, C> {
    /// `buffer` starts with the request's head, of the length that `plan` has.
    pub(crate) fn new(
        core: &'a mut Core<N, C>,
        buffer: &'a mut [u8],
        plan: Plan<'a>,
        remote: Option<SocketAddr>,
        upload: UploadState,
        send_body: Option<Next<'a, N, C>>,
    ) -> Self {
        let now = core.clock.now_ms();
        let mut exchange = Self {
            core,
            buffer,
            plan,
            state: State::Link,
            failure: None,
            remote,
            started: now,
            mark: now,
            sent: 0,
            received: 0,
            reused: false,
            retried: false,
            stage_sent: 0,
            stage_end: plan.head_length,
            body_taken: 0,
            upload,
            after_stage: |_| State::ReceiveHead,
            send_body: send_body.unwrap_or(|_| State::ReceiveHead),
            replayable: true,
            request_incomplete: false,
            parser: HeadParser::new(),
            measure: HeadMeasure::default(),
            interim: 0,
            head_end: 0,
            kept: 0,
            raw: 0,
            filled: 0,
            body: Body::Done,
            body_received: 0,
            handed_over: false,
            trailers: (0, 0),
        };
        if !plan.expect_continue {
            exchange.stage_body();
        }
        exchange
    }

    /// Goes on with the exchange as far as it goes without waiting. `Ok` once the response's head
    /// has arrived.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is something to wait for; any other error ends the exchange and
    /// closes its connection.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut exchange: Exchange<'_, N, C>, mut cx: LoopContext) {
    /// match exchange.poll(&mut cx) {
    ///     Ok(()) => println!("the head is there"),
    ///     Err(nb::Error::WouldBlock) => {} // in the next turn of the loop
    ///     Err(nb::Error::Other(error)) => println!("{error}"),
    /// }
    /// # }
    /// ```
    pub fn poll(&mut self, _cx: &mut LoopContext) -> nb::Result<(), ErrorOf<N>> {
        let step = self.advance();
        self.told(step)
    }

    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(crate) fn advance(&mut self) -> Step<()> {
        self.core.wire.network.poll_network();
        loop {
            self.state = match self.state {
                State::Link => self.check_link()?,
                State::Resolve => self.resolve()?,
                State::Connect => self.connect()?,
                State::Send => self.send()?,
                State::Upload => return Err(nb::Error::WouldBlock),
                State::AwaitContinue | State::ReceiveHead => self.receive_head()?,
                State::MeasureHead => self.measure_head()?,
                State::Body | State::Over => return Ok(()),
                State::Failed => return Err(self.over()),
            };
        }
    }

    /// The response's head, once [`poll`](Self::poll) was `Ok`.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(exchange: Exchange<'_, N, C>) {
    /// let status = exchange.head().map(|head| head.status());
    /// # }
    /// ```
    pub fn head(&self) -> Option<ResponseHead<'_>> {
        matches!(self.state, State::Body | State::Over).then(|| self.known_head())
    }

    /// The head, of a response that is known to have arrived.
    pub(crate) fn known_head(&self) -> ResponseHead<'_> {
        ResponseHead::new(&self.parser, self.buffer.get(..self.head_end).unwrap_or_default())
    }

    /// The trailer fields behind a chunked body, once it was read to its end.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(exchange: Exchange<'_, N, C>) {
    /// let checksum = exchange.trailers().find(|trailer| trailer.is("x-checksum"));
    /// # }
    /// ```
    pub fn trailers(&self) -> Headers<'_> {
        let (start, end) = self.trailers;
        Headers::new(self.buffer.get(start..end).unwrap_or_default())
    }

    /// The phase that the exchange is in.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(exchange: Exchange<'_, N, C>) {
    /// println!("{} ...", exchange.phase()); // such as "connect ..."
    /// # }
    /// ```
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Link => Phase::Link,
            State::Resolve => Phase::Resolve,
            State::Connect => Phase::Connect,
            State::Send | State::Upload => Phase::Send,
            State::AwaitContinue | State::ReceiveHead | State::MeasureHead => Phase::Head,
            State::Body | State::Over | State::Failed => Phase::Body,
        }
    }

    /// The figures of the exchange so far.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(exchange: Exchange<'_, N, C>) {
    /// println!("{} bytes after {} ms", exchange.evidence().received, exchange.evidence().elapsed_ms);
    /// # }
    /// ```
    pub fn evidence(&self) -> Evidence {
        self.evidence_of(self.phase())
    }

    fn evidence_of(&self, phase: Phase) -> Evidence {
        let now = self.core.clock.now_ms();
        Evidence {
            elapsed_ms: elapsed_ms(now, self.started),
            phase_ms: elapsed_ms(now, self.mark),
            sent: self.sent,
            received: self.received,
            limit_ms: match phase {
                Phase::Url | Phase::Link => 0,
                Phase::Resolve | Phase::Connect => self.core.config.connect_ms,
                Phase::Head if self.received == 0 => self.core.config.response_ms,
                Phase::Send | Phase::Head | Phase::Body => self.core.config.idle_ms,
            },
            reused: self.reused,
            remote: self.remote,
            ..Evidence::default()
        }
    }

    /// Lets the stack move packets while a blocking call waits.
    pub(crate) fn poll_network(&mut self) {
        self.core.wire.network.poll_network();
    }

    pub(crate) fn idle_hook(&self) -> fn() {
        self.core.config.idle
    }

    /// Notes that something moved.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn progress(&mut self) {
        self.mark = self.core.clock.now_ms();
    }

    /// There is nothing to do but wait, until `deadline` (counted from the last progress) or the
    /// total one.
    fn pending<T>(&mut self, deadline: Deadline) -> Step<T> {
        self.check_total()?;
        let limit_ms = self.core.config.limit_ms(deadline);
        if elapsed_ms(self.core.clock.now_ms(), self.mark) >= limit_ms {
            return Err(self.fail(ErrorKind::Timeout { deadline, limit_ms }));
        }
        Err(nb::Error::WouldBlock)
    }

    /// A peer that keeps bytes coming can't outlast the total deadline.
    fn check_total(&mut self) -> Step<()> {
        let limit_ms = self.core.config.total_ms;
        if limit_ms != u32::MAX && elapsed_ms(self.core.clock.now_ms(), self.started) >= limit_ms {
            return Err(self.fail(ErrorKind::Timeout { deadline: Deadline::Total, limit_ms }));
        }
        Ok(())
    }
}

impl<N: Network, C: Clock> fmt::Debug for Exchange<'_, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("state", &self.state)
            .field("wire", &self.core.wire)
            .finish_non_exhaustive()
    }
}

impl<N: Network, C: Clock> Drop for Exchange<'_, N, C> {
    fn drop(&mut self) {
        match self.state {
            State::Over | State::Failed => {}
            // Little is left of many responses: a look at what has arrived may save a connection.
            State::Body => self.drain(),
            _ => self.core.wire.close(WhyClosed::ResponseNotRead),
        }
    }
}
