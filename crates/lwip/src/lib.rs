//! lwIP's raw API as a network for `safe-http-client`, and for whoever uses embedded-nal: the way to make
//! requests with the ESP8266 itself, whose SDKs have lwIP inside, and with any firmware on lwIP and no
//! operating system.
//!
//! - **Poll-only**: no call waits. lwIP's callbacks fill in a structure and do nothing else, so that
//!   nothing of it is entered twice, and nothing freed that it still uses.
//! - **Faults told apart**: refused, reset, timed out, no route, no address, no memory, displaced by
//!   somebody else's connection, called from an event handler; see [`LwipError`].
//! - **The third cause of "connection refused"**, a request in an event handler, is refused before a
//!   packet is sent, and [`Lwip::can_wait`] keeps the token from such a handler.
//!
//! # Building
//!
//! Compile `csrc/safe_http_lwip.c` of this package together with your firmware, with the include paths and
//! options that your lwIP (1.4 or 2.x) has. It is never shipped as an object: lwIP's headers rename
//! functions and read its structures in macros, and another configuration's would link and be wrong.
//! IPv4 alone; `NO_SYS`, or lwIP's core lock held around all calls (`SHL_CORE_IS_LOCKED`).
//!
//! | macro | | if you don't say |
//! |---|---|---|
//! | `SHL_SOCKETS` | sockets at once | 2 |
//! | `SHL_NOW()` | a clock in milliseconds | lwIP's `sys_now()` |
//! | `SHL_CORE_IS_LOCKED` | the core lock is held around all calls | |
//!
//! # Event handlers
//!
//! In each handler of the firmware's, the first line is [`Handler::enter`] (in C: `shl_enter_handler` and
//! `shl_leave_handler` around its body). Callbacks that lwIP makes while this crate has called it are known
//! without. On the Arduino core `can_yield()` tells the sketch's context from the system's; give both to
//! [`LoopContext::take_if`](nal_link::LoopContext::take_if).
//!
//! # Limits
//!
//! - lwIP throws out the oldest connection of least priority where a new one finds none free. Those of this
//!   crate have the least (`TCP_PRIO_MIN`), as those of Arduino's `WiFiClient`: one that is thrown out ends
//!   in [`LwipError::Displaced`].
//! - lwIP's resolver doesn't tell a name that nobody has from a server that is silent, and a query can't be
//!   cancelled: an answer that nobody waits for any more is dropped.
//! - A netif doesn't know why it is down: [`Lwip::with_events`] adds that.
#![no_std]
#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, unreachable_pub, missing_debug_implementations)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unreachable,
    clippy::string_slice
)]

mod error;
mod ffi;
mod network;

pub use error::LwipError;
pub use nal_link;
pub use network::{Handler, Lwip, Socket};
