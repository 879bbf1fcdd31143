//! What each of these boards has: a clock and a log.

#[path = "clock.rs"]
mod clock;
#[path = "log.rs"]
mod log;

pub use clock::*;
pub use log::*;

defmt::timestamp!("{=u32:ms}", millis());
