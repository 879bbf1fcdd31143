//! A sensor on the ESP8266 itself: once a minute it sends a reading. All of it is polled from a timer of the
//! SDK's: in the NONOS SDK there is one context, which runs Wi-Fi and lwIP too, and nothing may wait in it.
//!
//! `sdk/main.c` has what the SDK wants of a program; `build.sh` links both with your own SDK.
#![no_std]

mod sdk;

use core::net::Ipv4Addr;
use core::panic::PanicInfo;
use lwip_nal::Lwip;
use safe_http_client::{
    Call, DisconnectReason, ErrorOf, LinkEvents, LoopContext, SafeHttpClient, nb,
};
use sdk::{Millis, Shared, say};

const URL: &str = "http://192.168.1.20:8080/readings";
const EVERY_MS: u32 = 60_000;

/// What the SDK's event handler reports.
static EVENTS: LinkEvents = LinkEvents::new();
static APP: Shared<App> = Shared::new();

type Client = SafeHttpClient<Lwip, Millis>;
type Failure = ErrorOf<Lwip>;

struct App {
    client: Client,
    cx: LoopContext,
    call: Option<Call<'static, [u8; 512]>>,
    sent_at: Option<u32>,
}

impl App {
    /// One turn: goes on as far as it can, and never waits.
    fn turn(&mut self) {
        if self.call.is_none() && self.is_due() {
            self.sent_at = Some(sdk::millis());
            match self.start() {
                Ok(call) => self.call = Some(call),
                Err(error) => self.tell(&error),
            }
        }
        let Some(call) = &mut self.call else { return };
        match call.poll(&mut self.client, &mut self.cx) {
            Err(nb::Error::WouldBlock) => return,
            Err(nb::Error::Other(error)) => self.tell(&error),
            Ok(()) => say("status", call.status().unwrap_or(0).into()),
        }
        self.call = None;
    }

    fn is_due(&self) -> bool {
        self.sent_at.is_none_or(|at| sdk::millis().wrapping_sub(at) >= EVERY_MS)
    }

    fn start(&mut self) -> Result<Call<'static, [u8; 512]>, Failure> {
        let mut online = self.client.online(&mut self.cx)?;
        let reading = decimal(sdk::analog(), &mut [0; 5]);
        online.post(URL, [0; 512]).header("Content-Type", "text/plain").copy_body(&reading).start()
    }

    /// The number of the cause: docs/misuse.md and the crate's `causes` have its page.
    fn tell(&self, error: &Failure) {
        say("cause", self.client.diagnosis(error).cause().number().into());
    }
}

/// Without `core::fmt`, which is larger than the client.
fn decimal(mut number: u16, out: &mut [u8; 5]) -> [u8; 5] {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    *out
}

/// Called by sdk/main.c, first thing once the SDK runs.
#[unsafe(no_mangle)]
extern "C" fn firmware_start() {
    // SAFETY: the SDK has initialised lwIP, its context is the only one, and build.sh compiles the C side
    // with the SDK's headers.
    #[allow(unsafe_code)]
    let lwip = unsafe { Lwip::new() }.with_events(&EVENTS);
    if let Some(cx) = LoopContext::take_if(Lwip::can_wait) {
        let client = SafeHttpClient::new(lwip, Millis);
        APP.put(App { client, cx, call: None, sent_at: None });
    }
}

/// Called by a timer, some times in a second.
#[unsafe(no_mangle)]
extern "C" fn firmware_turn() {
    APP.with(App::turn);
}

/// Called by the SDK's event handler, which can do no more than report.
#[unsafe(no_mangle)]
extern "C" fn firmware_got_ip(address: u32, netmask: u32, gateway: u32) {
    let [address, netmask, gateway] =
        [address, netmask, gateway].map(|word| Ipv4Addr::from(word.to_ne_bytes()));
    EVENTS.got_ip_config(address, netmask, gateway);
}

/// As above.
#[unsafe(no_mangle)]
extern "C" fn firmware_disconnected(reason: u8) {
    EVENTS.disconnected(DisconnectReason::from_code(reason));
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    sdk::restart()
}
