//! The client over the real lwIP on the ESP8266's own core, in QEMU. The chip's cable ends here, at the same
//! far end as on the PC; its time is a count of its polls.
#![cfg(lwip)]

mod firmware;
#[allow(dead_code, reason = "its own harness starts it without options")]
#[path = "../../../../firmware/lx106/harness/src/qemu.rs"]
mod qemu;
mod rig;
mod scenarios;

#[allow(dead_code, reason = "others use more of it")]
#[path = "../../../../tests/common/corpus.rs"]
mod corpus;
mod figures;
#[path = "../../../../tests/common/outcome.rs"]
mod outcome;
#[path = "../../../../tests/common/player.rs"]
mod player;
mod responses;
