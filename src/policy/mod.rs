//! What a client decides before it asks the network for anything: pure.

mod config;
mod preflight;
mod retry;
mod reuse;

pub use config::Config;
pub use preflight::Preflight;
pub(crate) use preflight::{
    Preflights, Refusal, Surroundings, check_request, check_target, is_allowed,
};
pub(crate) use retry::retry_after_seconds;
pub use retry::{Backoff, RetryPolicy, Verdict, retry_after};
pub(crate) use reuse::Peer;
