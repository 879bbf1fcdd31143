//! A client that goes through the scenarios, and what it tells of a request.

#![allow(clippy::result_large_err, reason = "an error is looked at here, and not handed on")]

use crate::counted::{Counted, Counts};
use crate::layers;
use embedded_io::Write;
use safe_http_client::{
    BodyLength, Clock, CloseReason, CopyError, Diagnosis, ErrorOf, Evidence, LoopContext, Network,
    Phase, SafeHttpClient,
};
use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Debug;
use std::rc::Rc;

/// A response, read whole.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub body: String,
}

/// An error without its stack's types.
#[derive(Debug)]
pub struct Failure {
    pub code: &'static str,
    pub phase: Phase,
    /// The kind, as `Debug` has it.
    pub kind: String,
    /// The whole error, as `Display` has it.
    pub text: String,
    /// What was seen and why, as `Display` has it.
    pub diagnosis: String,
    pub evidence: Box<Evidence>,
}

impl Failure {
    pub fn of<T: Debug, D: Debug>(
        error: &safe_http_client::Error<T, D>,
        evidence: Evidence,
    ) -> Self {
        Self {
            code: error.code(),
            phase: error.phase,
            kind: format!("{:?}", error.kind),
            text: error.to_string(),
            diagnosis: Diagnosis::new(error, evidence).to_string(),
            evidence: Box::new(evidence),
        }
    }
}

/// Counts what is written to it, and checks it against a pattern.
pub struct PatternSink(pub usize);

/// The byte at this place of a large body.
pub(crate) fn pattern(at: usize) -> u8 {
    (at % 251) as u8
}

impl embedded_io::ErrorType for PatternSink {
    type Error = Infallible;
}

impl PatternSink {
    pub fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            assert_eq!(*byte, pattern(self.0), "byte {} of the body", self.0);
            self.0 += 1;
        }
    }
}

impl Write for PatternSink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.take(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A client that goes through the scenarios: one whose calls wait, or one whose calls are awaited.
pub trait Subject {
    fn get(&mut self, url: &str) -> Result<Got, Failure>;

    /// GETs a body of the pattern, and returns its length.
    fn download(&mut self, url: &str) -> Result<u64, Failure>;

    /// PUTs this body through a small buffer, and returns the answer's status.
    fn upload(&mut self, url: &str, body: &[u8]) -> Result<u16, Failure>;

    /// Goes through what `layers` lists, and returns what came.
    fn layers(&mut self, url: &str) -> Result<Vec<String>, String>;

    fn is_connected(&self) -> bool;

    fn close_reason(&self) -> Option<CloseReason>;

    fn close(&mut self);

    fn counts(&self) -> Counts;
}

/// The client whose calls wait.
pub struct Waiting<'a, N: Network, C: Clock> {
    pub(crate) client: SafeHttpClient<Counted<N>, C>,
    pub(crate) cx: &'a mut LoopContext,
    pub(crate) counts: Rc<RefCell<Counts>>,
}

impl<N: Network, C: Clock> Waiting<'_, N, C> {
    fn tell<T>(&self, result: Result<T, ErrorOf<Counted<N>>>) -> Result<T, Failure> {
        result.map_err(|error| Failure::of(&error, self.client.evidence()))
    }

    fn try_get(&mut self, url: &str, buffer: &mut [u8]) -> Result<Got, ErrorOf<Counted<N>>> {
        let mut online = self.client.online(self.cx)?;
        let mut response = online.get(url, buffer).send()?;
        let status = response.status();
        let body = response.read_to_str()?.to_owned();
        Ok(Got { status, body })
    }

    fn try_download(&mut self, url: &str) -> Result<u64, ErrorOf<Counted<N>>> {
        let mut buffer = [0; 4096];
        let mut sink = PatternSink(0);
        let mut online = self.client.online(self.cx)?;
        let mut response = online.get(url, &mut buffer).send()?;
        match response.copy_to(&mut sink) {
            Ok(count) => Ok(count),
            Err(CopyError::Response(error)) => Err(error),
            Err(CopyError::Writer(never)) => match never {},
        }
    }

    fn try_upload(&mut self, url: &str, mut body: &[u8]) -> Result<u16, ErrorOf<Counted<N>>> {
        let mut buffer = [0; 512];
        let length = BodyLength::Known(body.len() as u64);
        let mut online = self.client.online(self.cx)?;
        Ok(online.put(url, &mut buffer).send_from(&mut body, length)?.status())
    }
}

impl<N: Network, C: Clock> Subject for Waiting<'_, N, C> {
    fn get(&mut self, url: &str) -> Result<Got, Failure> {
        let got = self.try_get(url, &mut [0; 4096]);
        self.tell(got)
    }

    fn download(&mut self, url: &str) -> Result<u64, Failure> {
        let count = self.try_download(url);
        self.tell(count)
    }

    fn upload(&mut self, url: &str, body: &[u8]) -> Result<u16, Failure> {
        let status = self.try_upload(url, body);
        self.tell(status)
    }

    fn layers(&mut self, url: &str) -> Result<Vec<String>, String> {
        layers::wait(&mut self.client, self.cx, url)
    }

    fn is_connected(&self) -> bool {
        self.client.is_connected()
    }

    fn close_reason(&self) -> Option<CloseReason> {
        self.client.close_reason()
    }

    fn close(&mut self) {
        self.client.close();
    }

    fn counts(&self) -> Counts {
        *self.counts.borrow()
    }
}
