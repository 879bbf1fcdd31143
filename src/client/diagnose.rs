//! Why it doesn't work: of an error, and by looking.

use super::request::refuse;
use super::{Buffer, IntoUrl, SafeHttpClient};
use crate::diagnosis::{Diagnosis, Findings, Report, Seen};
use crate::error::{Error, ErrorKind, Phase, UrlError};
use crate::http::framing::ResponseTo;
use crate::http::method::Method;
use crate::http::request::HeadWriter;
use crate::http::url::{Endpoint, Url};
use crate::nal::ErrorOf;
use crate::policy::check_request;
use crate::probe::{self, Ladder};
use crate::protocol::CloseReason;
use core::convert::Infallible;
use core::fmt;
use nal_link::{Clock, LoopContext, Network};

/// What the check's own request and its answer's head need. A longer head is an answer all the same.
pub(crate) const BUFFER: usize = 512;

impl<N: Network, C: Clock> SafeHttpClient<N, C> {
    /// Why a request failed, by what is known: the error, the [figures](Self::evidence) of the call that
    /// failed last, and what the stack said last. No packet is sent.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
    /// let mut buffer = [0; 512];
    /// let sent = match client.online(cx) {
    ///     Ok(mut online) => online.get("http://192.168.1.20/", &mut buffer).send().map(|_| ()),
    ///     Err(why) => Err(why.into()),
    /// };
    /// if let Err(error) = sent {
    ///     println!("{error}\n{}", client.diagnosis(&error));
    /// }
    /// # }
    /// ```
    pub fn diagnosis(&self, error: &ErrorOf<N>) -> Diagnosis {
        let network = &self.driver.stack.network;
        let seen = Seen::new(error, self.driver.evidence).on(network);
        seen.diagnosis(Findings::default()).with_last_words(network.status().last_words)
    }

    /// Looks why requests to this URL fail: goes down a ladder and stops at the first step that
    /// breaks. URL, link, addresses, name, gateway, host, port, HTTP.
    ///
    /// It never sends the request that you want to make. Gateway and host are pinged where the
    /// stack can; who doesn't answer a ping isn't given up for that. The last step asks
    /// `OPTIONS *`, which changes nothing on a server (RFC 9110 section 9.3.7), and `OPTIONS /` of a
    /// server that answers that with 400, as nginx does. A kept connection is closed, and a call that is
    /// under way ends. A link that is down, and whose driver doesn't say why, is given 4 s to come up. All
    /// of it is bounded by [`Config::diagnosis_timeout`](crate::Config::diagnosis_timeout),
    /// as far as the stack's calls don't block. 512 bytes of stack are its buffer. The client's
    /// [figures](Self::evidence) stay those of the request that failed before.
    ///
    /// It needs no address: without one, the link's step says why.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
    /// println!("{}", client.diagnose(cx, "http://gate.local:8080/"));
    /// # }
    /// ```
    pub fn diagnose<'u>(&mut self, cx: &mut LoopContext, url: impl IntoUrl<'u>) -> Report {
        let mut probe = self.start_probe(url, [0; BUFFER]);
        while let Err(nb::Error::WouldBlock) = probe.poll(self, cx) {
            self.driver.stack.clock.idle();
        }
        probe.ladder.report
    }

    /// The same without waiting: a [`Probe`] to be polled. The buffer is for the check's own question and
    /// the head of its answer; 512 bytes are plenty.
    pub fn start_probe<'u, B: Buffer>(&mut self, url: impl IntoUrl<'u>, mut buffer: B) -> Probe<B> {
        // A kept connection would hide the steps below it.
        self.driver.any().close(CloseReason::CallerAsked);
        let ladder = self.ladder(url.into_url(), buffer.as_mut());
        Probe { ladder, buffer }
    }

    fn ladder(&mut self, url: Result<Url<'_>, UrlError>, buffer: &mut [u8]) -> Ladder {
        let refused = |kind, host, port| {
            let error: ErrorOf<N> = Error::new(Phase::Url, ErrorKind::Request(kind));
            Ladder::refused(&error, host, port)
        };
        let url = match url {
            Ok(url) => url,
            Err(error) => return refused(error.into(), "", 0),
        };
        let (host, port) = (url.host_text(), url.port());
        let endpoint = Endpoint::of(&url);
        let driver = &mut self.driver;
        let network = &driver.stack.network;
        let (tls, loopback) = (network.has_tls(), network.has_loopback());
        let checks = driver.config.checks;
        if let Err(error) = check_request(&endpoint, ResponseTo::Other, tls, loopback, checks) {
            return refused(error, host, port);
        }
        let traits = Method::Options.traits();
        let mut head = HeadWriter::new(&traits);
        head.on(buffer).start(&traits, &url.whole_server());
        head.on(buffer).connection_close();
        match head.on(buffer).finish(None) {
            Ok(head_end) => {
                let ticket = driver.any().claim();
                let now = driver.stack.clock.now_ms();
                let mut exchange = probe::exchange(endpoint, &driver.config, now);
                exchange.stage(head_end, false, buffer, &[]);
                Ladder::new(exchange, host, ticket)
            }
            Err(unsendable) => {
                let error: ErrorOf<N> = refuse(unsendable);
                Ladder::refused(&error, host, port)
            }
        }
    }
}

/// A check on its way, as a value: what [`SafeHttpClient::start_probe`] makes. It is polled with the client
/// that started it, and borrows nothing of it, so it can stand in a struct beside it. One that another call
/// displaced, or that is polled with another client, is over: its report says so. It can be dropped at any
/// time, and leaves its connection to the client, as a [`Call`](crate::Call) does.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// let mut probe = client.start_probe("http://gate.local:8080/", [0; 512]);
/// while probe.poll(client, cx).is_err() { /* blink */ }
/// println!("{}", probe.report());
/// # }
/// ```
#[must_use = "a probe goes on only while it is polled"]
pub struct Probe<B> {
    pub(crate) ladder: Ladder,
    pub(crate) buffer: B,
}

impl<B: Buffer> Probe<B> {
    /// Goes on as far as it goes without waiting. `Ok` once the [`report`](Self::report) is complete.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is something to wait for, and no other.
    pub fn poll<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
    ) -> nb::Result<(), Infallible> {
        self.ladder.run(&mut client.driver, self.buffer.as_mut())
    }

    /// What was found so far.
    pub fn report(&self) -> &Report {
        &self.ladder.report
    }

    /// The buffer, for another call.
    pub fn into_buffer(self) -> B {
        self.buffer
    }
}

impl<B> fmt::Debug for Probe<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ladder { next, report, .. } = &self.ladder;
        f.debug_struct("Probe").field("next", next).field("report", report).finish_non_exhaustive()
    }
}
