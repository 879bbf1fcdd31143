//! Bytes to events and events to bytes: no I/O, no clock, and nothing needs UTF-8.

mod command;
mod fields;
mod line;
mod parser;

pub(crate) use command::Command;
pub(crate) use fields::{Fields, ipv4, mac, number};
pub(crate) use line::{Event, LINKS};
pub(crate) use parser::Parser;

#[cfg(test)]
mod tests;
