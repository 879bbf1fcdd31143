//! HTTP's order of things, without I/O: what has to happen next, told what happened.
//!
//! ```text
//!            kept connection                      head
//!   Begin ───────────────────────────► Send ────► sent ──► Head ──► Body ──► Over
//!     │                                 ▲ │                 │  ▲ │
//!     └─► Resolve ─► Connect ───────────┘ │ Expect          │  └─┘ 1xx
//!           ▲                             ▼                 │
//!           │                      AwaitContinue ──────────►│
//!           └── a kept connection was stale: once ──────────┘
//! ```
//!
//! A driver asks an [`Exchange`] what comes [next](Exchange::next), does it, and says what came of it.
//! No stack, clock, socket or token is named here; the buffer and the time are arguments, so that the
//! same code serves every driver and is compiled once.

mod body;
mod ending;
mod exchange;
mod inbound;
mod outbound;

pub(crate) use body::Body;
pub use ending::{CloseReason, Failure};
pub(crate) use ending::{Deadlines, NEVER, Timers};
pub(crate) use exchange::State;
pub use exchange::{Action, Exchange, Goal};
pub use outbound::{Blocked, Space, UploadState};
