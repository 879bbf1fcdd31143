//! What stands in a client's memory, and what its functions do: all of it without pointers.

use crate::abi::{
    SHC_BAD_ARGUMENT, SHC_FAILED, SHC_IN_HANDLER, SHC_NO_RESPONSE, SHC_OK, SHC_PENDING,
};
use client::{
    Call, Clock, Config, DisconnectReason, ErrorKind, ErrorOf, LinkEvents, LoopContext, Method,
    SafeHttpClient, nb,
};
use core::fmt::{self, Write};
use core::net::Ipv4Addr;
use core::time::Duration;
use lwip_nal::Lwip;

/// What event handlers have reported.
static EVENTS: LinkEvents = LinkEvents::new();

/// The platform's functions, as C gave them.
#[derive(Clone, Copy)]
pub(crate) struct Functions {
    pub(crate) now_ms: extern "C" fn() -> u32,
    pub(crate) idle: Option<extern "C" fn()>,
    pub(crate) can_wait: Option<extern "C" fn() -> bool>,
}

impl Clock for Functions {
    fn now_ms(&self) -> u32 {
        (self.now_ms)()
    }

    fn idle(&self) {
        if let Some(idle) = self.idle {
            idle();
        }
    }
}

impl Functions {
    /// The token, for one call.
    fn token(&self) -> Option<LoopContext> {
        let may = || Lwip::can_wait() && self.can_wait.is_none_or(|can_wait| can_wait());
        LoopContext::take_if(may)
    }
}

pub(crate) struct Request<'r> {
    pub(crate) method: &'r str,
    pub(crate) url: &'r str,
    pub(crate) body: &'static [u8],
    pub(crate) response_timeout_ms: u32,
}

pub(crate) struct Inner {
    client: SafeHttpClient<Lwip, Functions>,
    call: Option<Call<'static, &'static mut [u8]>>,
    error: Option<ErrorOf<Lwip>>,
    is_there: bool,
}

impl Inner {
    /// `None` in an event handler.
    pub(crate) fn new(lwip: Lwip, functions: Functions) -> Option<Self> {
        drop(functions.token()?);
        let network = lwip.with_events(&EVENTS);
        let client = SafeHttpClient::with_config(network, functions, Config::new());
        Some(Self { client, call: None, error: None, is_there: false })
    }

    fn token(&self) -> Option<LoopContext> {
        self.client.clock().token()
    }

    pub(crate) fn may_wait(&self) -> bool {
        self.token().is_some()
    }

    fn failed(&mut self, error: ErrorOf<Lwip>) -> i32 {
        // A body that doesn't fit isn't lost: it can be read in pieces.
        if !(self.is_there && matches!(error.kind, ErrorKind::Buffer { .. })) {
            self.call = None;
        }
        self.error = Some(error);
        SHC_FAILED
    }

    /// Ends the call before, where a request can be started at all.
    pub(crate) fn end_for_another(&mut self) -> Result<(), i32> {
        if !self.may_wait() {
            return Err(SHC_IN_HANDLER);
        }
        self.finish();
        Ok(())
    }

    /// Starts a request. The headers are pairs of name and value.
    pub(crate) fn start<'h>(
        &mut self,
        wanted: &Request<'_>,
        headers: impl Iterator<Item = (&'h str, &'h [u8])>,
        buffer: &'static mut [u8],
    ) -> i32 {
        let Some(mut cx) = self.token() else { return SHC_IN_HANDLER };
        let started = match self.client.online(&mut cx) {
            Err(why) => Err(why.into()),
            Ok(mut online) => {
                let method = Method::from_name(wanted.method);
                let mut request = online.request(method, wanted.url, buffer);
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                if !wanted.body.is_empty() {
                    request = request.body(wanted.body);
                }
                if wanted.response_timeout_ms != 0 {
                    let timeout = Duration::from_millis(wanted.response_timeout_ms.into());
                    request = request.response_timeout(timeout);
                }
                request.start()
            }
        };
        match started {
            Ok(call) => {
                self.call = Some(call);
                SHC_OK
            }
            Err(error) => self.failed(error),
        }
    }

    /// One step, or all of them up to the response's head.
    pub(crate) fn poll(&mut self, waits: bool) -> i32 {
        self.step(waits, &mut |call, client, cx| call.poll(client, cx).map(|_| SHC_OK))
    }

    pub(crate) fn read(&mut self, out: &mut [u8], waits: bool) -> i32 {
        if !self.is_there {
            return SHC_NO_RESPONSE;
        }
        // A count has to fit what is returned.
        let most = out.len().min(i32::MAX as usize);
        let Some(out) = out.get_mut(..most) else { return SHC_BAD_ARGUMENT };
        if out.is_empty() {
            return SHC_BAD_ARGUMENT;
        }
        self.step(waits, &mut |call, client, cx| {
            call.poll_read(client, cx, out).map(|count| i32::try_from(count).unwrap_or(i32::MAX))
        })
    }

    pub(crate) fn read_to_end(&mut self, waits: bool) -> i32 {
        if !self.is_there {
            return SHC_NO_RESPONSE;
        }
        self.step(waits, &mut |call, client, cx| call.poll_read_to_end(client, cx).map(|_| SHC_OK))
    }

    // Once for all of them: compiled for each it takes 800 bytes more.
    fn step(&mut self, waits: bool, step: &mut Step<'_>) -> i32 {
        let Some(mut cx) = self.token() else { return SHC_IN_HANDLER };
        let Some(call) = &mut self.call else { return SHC_NO_RESPONSE };
        loop {
            match step(call, &mut self.client, &mut cx) {
                Ok(outcome) => {
                    self.is_there = true;
                    return outcome;
                }
                Err(nb::Error::WouldBlock) if waits => self.client.clock().idle(),
                Err(nb::Error::WouldBlock) => return SHC_PENDING,
                Err(nb::Error::Other(error)) => return self.failed(error),
            }
        }
    }

    pub(crate) fn call(&self) -> Option<&Call<'static, &'static mut [u8]>> {
        self.call.as_ref().filter(|_| self.is_there)
    }

    /// Forgets the call and its error; a connection that can be kept is.
    pub(crate) fn finish(&mut self) {
        self.call = None;
        self.error = None;
        self.is_there = false;
    }

    pub(crate) fn is_online(&mut self) -> bool {
        self.client.link_status().ip_config().is_ok()
    }

    /// Waits for an address.
    pub(crate) fn wait_online(&mut self, patience_ms: u32) -> i32 {
        let Some(mut cx) = self.token() else { return SHC_IN_HANDLER };
        self.finish();
        let timeout = Duration::from_millis(patience_ms.into());
        let config = self.client.config().clone().online_timeout(timeout);
        *self.client.config_mut() = config;
        match self.client.wait_online(&mut cx) {
            Ok(_) => SHC_OK,
            Err(why) => self.failed(why.into()),
        }
    }

    /// The number of the cause of the last failure; 0 where there was none.
    pub(crate) fn cause(&self) -> i32 {
        let cause = self.error.as_ref().map(|error| self.client.cause(error));
        cause.map_or(0, |cause| cause.number().into())
    }

    /// The last failure in words.
    pub(crate) fn write_diagnosis(&self, text: &mut Text<'_>) {
        if let Some(error) = &self.error {
            // It counts what it has no room for, and never fails.
            let _ = if cfg!(feature = "advice") {
                write!(text, "{}", self.client.diagnosis(error))
            } else {
                text.write_str(error.code())
            };
        }
    }

    pub(crate) fn write_code(&self, text: &mut Text<'_>) {
        if let Some(error) = &self.error {
            let _ = text.write_str(error.code());
        }
    }
}

/// One step of a call.
type Step<'s> = dyn FnMut(
        &mut Call<'static, &'static mut [u8]>,
        &mut SafeHttpClient<Lwip, Functions>,
        &mut LoopContext,
    ) -> nb::Result<i32, ErrorOf<Lwip>>
    + 's;

/// Text for C: cut off where it doesn't fit, with a zero byte behind it.
pub(crate) struct Text<'o> {
    out: &'o mut [u8],
    length: usize,
}

impl<'o> Text<'o> {
    pub(crate) fn new(out: &'o mut [u8]) -> Self {
        Self { out, length: 0 }
    }

    /// How long the whole text is; puts the zero byte.
    pub(crate) fn end(self) -> i32 {
        let last = self.out.len().saturating_sub(1).min(self.length);
        if let Some(byte) = self.out.get_mut(last) {
            *byte = 0;
        }
        i32::try_from(self.length).unwrap_or(i32::MAX)
    }
}

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if let Some(place) = self.out.get_mut(self.length) {
                *place = byte;
            }
            self.length = self.length.saturating_add(1);
        }
        Ok(())
    }
}

pub(crate) fn associated() {
    EVENTS.associated();
}

pub(crate) fn got_ip(address: u32, netmask: u32, gateway: u32, has_dns: bool) {
    // C has them as the network does: the first number in the first byte.
    let [address, netmask, gateway] =
        [address, netmask, gateway].map(|word| Ipv4Addr::from(word.to_ne_bytes()));
    EVENTS.got_ip_config(address, netmask, gateway);
    EVENTS.has_dns(has_dns);
}

pub(crate) fn lost_ip() {
    EVENTS.lost_ip();
}

pub(crate) fn disconnected(reason: u8) {
    EVENTS.disconnected(DisconnectReason::from_code(reason));
}
