//! Why it doesn't work: of an error, and by looking.

use super::{IntoUrl, SafeHttpClient};
use crate::clock::Clock;
use crate::context::LoopContext;
use crate::diagnosis::{Diagnosis, Report};
use crate::error::UrlError;
use crate::exchange::{Checkup, ErrorOf, WhyClosed};
use crate::http::url::Url;
use crate::network::Network;
use embedded_nal::nb;

/// What the check's own request and its answer's head need. A longer head is an answer all the same.
const BUFFER: usize = 512;

impl<N: Network, C: Clock, S> SafeHttpClient<N, C, S> {
    /// Why a request failed: [`Error::diagnosis`](crate::Error::diagnosis), with what the stack said last as evidence.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext) {
    /// let mut buffer = [0; 512];
    /// let response = online.get(&mut cx, "http://192.168.1.20/state", &mut buffer).send();
    /// match response.map(|response| response.status()) {
    ///     Ok(status) => println!("{status}"),
    ///     Err(error) => println!("{}", online.diagnosis(&error)),
    /// }
    /// # }
    /// ```
    pub fn diagnosis(&self, error: &ErrorOf<N>) -> Diagnosis {
        error.diagnosis().with_last_words(self.core.wire.network.condition().last_words)
    }

    /// Looks why requests to this URL fail: goes down a ladder and stops at the first rung that
    /// breaks. URL, link, addresses, name, gateway, host, port, HTTP.
    ///
    /// It never sends the request that you want to make. Gateway and host are pinged where the
    /// stack can; who doesn't answer a ping isn't given up for that. The last rung asks
    /// `OPTIONS *`, which changes nothing on a server (RFC 9110 section 9.3.7), and `OPTIONS /` of a
    /// server that answers that with 400, as nginx does. A kept connection is closed. A link that is
    /// down, and whose driver doesn't say why, is given 4 s to come up. All of it is bounded by [`Config::diagnosis_timeout`](crate::Config::diagnosis_timeout),
    /// as far as the stack's calls don't block. 512 bytes of stack are its buffer.
    ///
    /// It works in each state of the client: offline, the link's rung says why.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut client: SafeHttpClient<N, C>, mut cx: LoopContext) {
    /// println!("{}", client.diagnose(&mut cx, "http://gate.local:8080/"));
    /// # }
    /// ```
    pub fn diagnose<'u>(&mut self, _cx: &mut LoopContext, url: impl IntoUrl<'u>) -> Report {
        let idle = self.core.config.idle;
        let mut buffer = [0; BUFFER];
        let mut checkup = self.checkup(url.into_url(), &mut buffer);
        while let Err(nb::Error::WouldBlock) = checkup.advance() {
            idle();
        }
        checkup.into_report()
    }

    /// The non-blocking twin of [`diagnose`](Self::diagnose). The buffer is for the check's own
    /// question and the head of its answer; 512 bytes are plenty.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut client: SafeHttpClient<N, C>, mut cx: LoopContext) {
    /// let mut buffer = [0; 512];
    /// let mut checkup = client.start_diagnosis("http://gate.local:8080/", &mut buffer);
    /// while checkup.poll(&mut cx).is_err() { /* blink */ }
    /// println!("{}", checkup.report());
    /// # }
    /// ```
    pub fn start_diagnosis<'a>(
        &'a mut self,
        url: impl IntoUrl<'a>,
        buffer: &'a mut [u8],
    ) -> Checkup<'a, N, C> {
        self.checkup(url.into_url(), buffer)
    }

    fn checkup<'a>(
        &'a mut self,
        url: Result<Url<'a>, UrlError>,
        buffer: &'a mut [u8],
    ) -> Checkup<'a, N, C> {
        // A kept connection would hide the rungs below it.
        self.core.wire.close(WhyClosed::CallerAsked);
        let (host, port) = match &url {
            Ok(url) => (url.host_text(), url.port()),
            Err(_) => ("", 0),
        };
        let exchange = super::Request::probe(&mut self.core, url, buffer).start();
        Checkup::new(exchange, host, port)
    }
}
