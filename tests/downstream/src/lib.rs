//! A doorbell: its button is looked at in each turn of the loop, and a ring is posted as soon as there is an
//! address to post it from. Nothing waits.
#![cfg_attr(not(test), no_std)]

use safe_http_client::{Call, Clock, LinkEvents, LoopContext, Network, SafeHttpClient, nb};

#[cfg(test)]
mod stack;
#[cfg(test)]
mod tests;

/// What the vendor's Wi-Fi handlers report to.
pub static EVENTS: LinkEvents = LinkEvents::new();

/// What a turn of the loop came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nobody has rung, or there is no address yet.
    Idle,
    /// A ring is on its way.
    Ringing,
    /// The house has answered with this status.
    Answered(u16),
    /// The ring didn't arrive; it is tried again.
    Failed,
}

/// The doorbell's state, all of it.
pub struct Doorbell<N: Network, C: Clock> {
    client: SafeHttpClient<N, C>,
    cx: LoopContext,
    call: Option<Call<'static, [u8; 512]>>,
    rings: u32,
}

impl<N: Network, C: Clock> Doorbell<N, C> {
    /// A doorbell that nobody has rung.
    pub fn new(network: N, clock: C, cx: LoopContext) -> Self {
        Self { client: SafeHttpClient::new(network, clock), cx, call: None, rings: 0 }
    }

    /// One turn of the main loop.
    pub fn turn(&mut self, is_pressed: bool) -> Turn {
        self.rings += u32::from(is_pressed);
        if let Some(call) = &mut self.call {
            let turn = match call.poll_read_to_end(&mut self.client, &mut self.cx) {
                Err(nb::Error::WouldBlock) => return Turn::Ringing,
                Ok(()) => {
                    self.rings -= 1;
                    Turn::Answered(call.status().unwrap_or_default())
                }
                Err(nb::Error::Other(_)) => Turn::Failed,
            };
            self.call = None;
            return turn;
        }
        if self.rings == 0 {
            return Turn::Idle;
        }
        let Ok(mut online) = self.client.online(&mut self.cx) else { return Turn::Idle };
        self.call = online.post("http://192.168.1.20/ring", [0; 512]).body("ring").start().ok();
        if self.call.is_some() { Turn::Ringing } else { Turn::Failed }
    }
}
