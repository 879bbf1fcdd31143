//! Bytes to events and events to bytes: no I/O, no clock, and nothing needs UTF-8.

mod command;
mod fields;
mod line;
mod parser;

pub(crate) use command::{Command, is_quotable};
pub(crate) use fields::{Fields, Named, ipv4, is_host, number};
pub(crate) use line::{Event, LINKS, classify};
pub(crate) use parser::Parser;

#[cfg(test)]
mod tests;
