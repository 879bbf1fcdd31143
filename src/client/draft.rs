//! A request while it is put together, whatever its network and its buffer are.

use crate::error::{BufferUse, Error, ErrorKind, Phase, RequestError, UrlError};
use crate::http::method::{BodyLength, MethodTraits};
use crate::http::request::{HeadWriter, Pen, Unsendable};
use crate::http::url::Endpoint;
use crate::http::url::Url;
use crate::nal::{AnyDriver, CallView, Fault};
use crate::policy::check_request;
use crate::protocol::{Exchange, Goal};

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
    finish: fn(&mut Pen<'_>, Option<BodyLength>) -> Option<usize>,
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
        let (url, mistake) = match url {
            Ok(url) => (url, None),
            Err(error) => (&Url::NOWHERE, Some(*error)),
        };
        let mut head = HeadWriter::new(method);
        if let Some(mistake) = mistake {
            head.fail(mistake.into());
        }
        let mut pen = head.on(buffer);
        pen.start(method, url);
        if driver.config.keep_alive_ms == 0 {
            pen.connection_close();
        }
        // Last, where it will stand: moving it takes 500 instructions of a Cortex-M3.
        Self {
            head,
            finish: |pen, _| pen.complete_plain(),
            exchange: Exchange::new(
                Endpoint::of(url),
                method.response_to,
                method.repeat,
                driver.config.deadlines,
                driver.stack.now_ms(),
            ),
            body: &[],
            has_body: false,
            ticket: 0,
        }
    }

    /// To write what not every request has.
    pub(super) fn pen<'h>(&'h mut self, buffer: &'h mut [u8]) -> Pen<'h> {
        self.finish = |pen, body| pen.complete(body);
        self.head.on(buffer)
    }

    /// A request has one body.
    pub(super) fn takes_body(&mut self) -> bool {
        self.finish = |pen, body| pen.complete(body);
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
        let is_started = self.is_started(driver, buffer, upload);
        if is_started { Ok(()) } else { Err(self.head.unsendable(buffer.len())) }
    }

    /// The same, and waits for the response's head. Without a fault where it can't be sent, and its head says
    /// why.
    pub(super) fn send(
        &mut self,
        driver: &mut AnyDriver<'_>,
        buffer: &mut [u8],
    ) -> Result<(), Option<Fault>> {
        if !self.is_started(driver, buffer, None) {
            return Err(None);
        }
        let mut call = self.view(buffer);
        driver.run_to_end(&mut call, Goal::Head).map_err(Some)
    }

    fn is_started(
        &mut self,
        driver: &mut AnyDriver<'_>,
        buffer: &mut [u8],
        upload: Option<BodyLength>,
    ) -> bool {
        let is_complete = self.complete(driver, buffer, upload).is_some();
        if is_complete {
            self.ticket = driver.claim();
        } else {
            driver.set_evidence(0, 0);
        }
        is_complete
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
    ) -> Option<()> {
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
        let checked = check_request(
            &exchange.endpoint,
            exchange.params.response_to,
            traits.has_tls,
            traits.has_loopback,
            driver.config.checks,
        );
        if let Err(mistake) = checked {
            self.head.overrule(mistake);
            return None;
        }
        exchange.params.close = self.head.close;
        exchange.endpoint.has_secret |= self.head.has_secret;
        // A copied body leaves with its head all the same: the answer's place is where it stands.
        let holds_body = self.head.expect_continue && (upload.is_some() || lent > 0);
        let stage_end = head_end?.wrapping_add(copied);
        exchange.stage(stage_end, holds_body, buffer, self.body);
        Some(())
    }
}
