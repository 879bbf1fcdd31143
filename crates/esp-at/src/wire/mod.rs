//! Bytes to events and events to bytes: no I/O, no clock, and nothing needs UTF-8.

mod command;
mod fields;
mod line;
mod parser;

pub(super) use command::Command;
pub(super) use fields::{Fields, ipv4, mac, number};
pub(super) use line::{Event, LINKS};
pub(super) use parser::Parser;

#[cfg(test)]
mod tests;
