//! A request while it is put together, whatever its network and its buffer are.

use crate::error::{BufferUse, ErrorKind, Failure, Phase, RequestError, UrlError};
use crate::http::endpoint::Endpoint;
use crate::http::method::{BodyLength, Method};
use crate::http::request::{HeadWriter, Unsendable};
use crate::http::url::Url;
use crate::nal::{AnyDriver, AnyError, CallView};
use crate::policy::check_request;
use crate::protocol::{Exchange, Goal};

/// A request while it is put together. What is written of its head is in its buffer.
pub(super) struct Draft<'b> {
    pub(super) head: HeadWriter,
    pub(super) exchange: Exchange,
    /// The body that is lent.
    pub(super) body: &'b [u8],
    has_body: bool,
}

impl<'b> Draft<'b> {
    pub(super) fn new(
        driver: &AnyDriver<'_>,
        method: Method<'_>,
        url: Result<&Url<'_>, UrlError>,
        buffer: &mut [u8],
    ) -> Self {
        let traits = method.traits();
        let mut head = HeadWriter::new(&traits);
        let mut pen = head.on(buffer);
        pen.start(method, traits.response_to, url);
        if driver.config.keep_alive_ms == 0 {
            pen.connection_close();
        }
        let endpoint = match url {
            Ok(url) => Endpoint::of(url),
            Err(_) => Endpoint::NOWHERE,
        };
        let exchange = Exchange::new(
            endpoint,
            traits.response_to,
            traits.is_idempotent,
            driver.config.deadlines,
            driver.stack.now_ms(),
        );
        Self { head, exchange, body: &[], has_body: false }
    }

    /// A request has one body.
    pub(super) fn takes_body(&mut self) -> bool {
        if self.has_body {
            self.head.fail(RequestError::SecondBody);
        }
        !core::mem::replace(&mut self.has_body, true)
    }

    /// Checks all of it, and makes the call the client's: under this ticket. One that was started before
    /// ends here.
    pub(super) fn start(
        &mut self,
        driver: &mut AnyDriver<'_>,
        buffer: &mut [u8],
        upload: Option<BodyLength>,
    ) -> Result<u32, AnyError> {
        match self.complete(driver, buffer, upload) {
            Ok(()) => Ok(driver.claim()),
            Err(refusal) => {
                driver.set_evidence(0, 0, None);
                Err(refuse(refusal))
            }
        }
    }

    /// The same, and waits for the response's head.
    pub(super) fn send(
        &mut self,
        driver: &mut AnyDriver<'_>,
        buffer: &mut [u8],
    ) -> Result<u32, AnyError> {
        let ticket = self.start(driver, buffer, None)?;
        let mut call = CallView { exchange: &mut self.exchange, ticket, buffer, body: self.body };
        driver.run_to_end(&mut call, Goal::Head)?;
        Ok(ticket)
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
        let head_end = self.head.on(buffer).finish(length);
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
        // A copied body leaves with its head all the same: the answer's place is where it stands.
        let holds_body = self.head.expect_continue && (upload.is_some() || lent > 0);
        let stage_end = head_end?.wrapping_add(copied);
        exchange.stage(stage_end, holds_body, buffer, self.body);
        Ok(())
    }
}

#[cold]
#[inline(never)]
pub(super) fn refuse(refusal: Unsendable) -> AnyError {
    let kind: Failure = match refusal {
        Unsendable::Request(error) => ErrorKind::Request(error),
        Unsendable::Buffer { needed, available } => {
            let what = BufferUse::RequestHead;
            ErrorKind::Buffer { what, needed, available, exact: true }
        }
    };
    AnyError::new(Phase::Url, kind)
}

impl From<RequestError> for Unsendable {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}
