//! A request while it is put together, whatever its network and its buffer are.

use crate::error::{BufferUse, Error, ErrorKind, Phase, RequestError, UrlError};
use crate::http::endpoint::Endpoint;
use crate::http::method::{BodyLength, MethodTraits};
use crate::http::request::{HeadWriter, Pen, Unsendable};
use crate::http::url::Url;
use crate::nal::{AnyDriver, CallView, Fault};
use crate::policy::check_request;
use crate::protocol::{Exchange, Goal};

/// Why a request wasn't sent, or has no response.
pub(super) enum Unsent {
    Unsendable(Unsendable),
    Fault(Fault),
}

impl From<Unsendable> for Unsent {
    fn from(unsendable: Unsendable) -> Self {
        Self::Unsendable(unsendable)
    }
}

#[cold]
#[inline(never)]
pub(super) fn refuse<T, D>(unsendable: Unsendable) -> Error<T, D> {
    let error = |kind| Error::new(Phase::Url, kind);
    match unsendable {
        Unsendable::Request(mistake) => error(ErrorKind::Request(mistake)),
        Unsendable::Buffer { needed, available } => {
            let what = BufferUse::RequestHead;
            error(ErrorKind::Buffer { what, needed, available, exact: true })
        }
    }
}

/// A request while it is put together. What is written of its head is in its buffer.
pub(super) struct Draft<'b> {
    pub(super) head: HeadWriter,
    /// What ends the head: no more of it is linked than the program's requests need.
    finish: fn(&mut Pen<'_>, Option<BodyLength>) -> Result<usize, Unsendable>,
    pub(super) exchange: Exchange,
    /// The body that is lent.
    pub(super) body: &'b [u8],
    has_body: bool,
    /// Which use of the client's connection is this call's, once it is.
    pub(super) ticket: u32,
}

impl<'b> Draft<'b> {
    pub(super) fn new(
        driver: &AnyDriver<'_>,
        method: &MethodTraits<'_>,
        url: &Result<Url<'_>, UrlError>,
        buffer: &mut [u8],
    ) -> Self {
        let url = url.as_ref().map_err(|error| *error);
        let mut head = HeadWriter::new(method);
        let mut pen = head.on(buffer);
        pen.start(method, url);
        if driver.config.keep_alive_ms == 0 {
            pen.connection_close();
        }
        let endpoint = match url {
            Ok(url) => Endpoint::of(url),
            Err(_) => Endpoint::NOWHERE,
        };
        let exchange = Exchange::new(
            endpoint,
            method.response_to,
            method.repeat,
            driver.config.deadlines,
            driver.stack.now_ms(),
        );
        Self {
            head,
            finish: |pen, _| pen.finish_plain(),
            exchange,
            body: &[],
            has_body: false,
            ticket: 0,
        }
    }

    /// To write what not every request has.
    pub(super) fn pen<'h>(&'h mut self, buffer: &'h mut [u8]) -> Pen<'h> {
        self.finish = |pen, body| pen.finish(body);
        self.head.on(buffer)
    }

    /// A request has one body.
    pub(super) fn takes_body(&mut self) -> bool {
        self.finish = |pen, body| pen.finish(body);
        if self.has_body {
            self.head.fail(RequestError::SecondBody);
        }
        !core::mem::replace(&mut self.has_body, true)
    }

    /// Checks all of it, and makes the call the client's. One that was started before ends here.
    pub(super) fn start(
        &mut self,
        driver: &mut AnyDriver<'_>,
        buffer: &mut [u8],
        upload: Option<BodyLength>,
    ) -> Result<(), Unsendable> {
        match self.complete(driver, buffer, upload) {
            Ok(()) => {
                self.ticket = driver.claim();
                Ok(())
            }
            Err(unsendable) => {
                driver.set_evidence(0, 0);
                Err(unsendable)
            }
        }
    }

    /// The same, and waits for the response's head.
    pub(super) fn send(
        &mut self,
        driver: &mut AnyDriver<'_>,
        buffer: &mut [u8],
    ) -> Result<(), Unsent> {
        self.start(driver, buffer, None)?;
        let mut call = self.view(buffer);
        driver.run_to_end(&mut call, Goal::Head).map_err(Unsent::Fault)
    }

    pub(super) fn view<'v>(&'v mut self, buffer: &'v mut [u8]) -> CallView<'v> {
        let Self { exchange, ticket, body, .. } = self;
        CallView { exchange, ticket: *ticket, buffer, body }
    }

    fn complete(
        &mut self,
        driver: &AnyDriver<'_>,
        buffer: &mut [u8],
        upload: Option<BodyLength>,
    ) -> Result<(), Unsendable> {
        let (lent, copied) = (self.body.len(), self.head.copied_body);
        let length = match upload {
            Some(length) => {
                if self.has_body {
                    self.head.fail(RequestError::SecondBody);
                }
                Some(length)
            }
            None if self.has_body => Some(BodyLength::Known(lent.wrapping_add(copied) as u64)),
            None => None,
        };
        let head_end = (self.finish)(&mut self.head.on(buffer), length);
        let traits = driver.stack.traits();
        let exchange = &mut self.exchange;
        check_request(
            &exchange.endpoint,
            exchange.params.response_to,
            traits.has_tls,
            traits.has_loopback,
            driver.config.checks,
        )?;
        exchange.params.close = self.head.close;
        exchange.endpoint.has_secret |= self.head.has_secret;
        // A copied body leaves with its head all the same: the answer's place is where it stands.
        let holds_body = self.head.expect_continue && (upload.is_some() || lent > 0);
        let stage_end = head_end?.wrapping_add(copied);
        exchange.stage(stage_end, holds_body, buffer, self.body);
        Ok(())
    }
}

impl From<RequestError> for Unsendable {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}
