//! That every failure names its cause, as far as a scripted stack and the pure rules show it: the table
//! of rules, the texts, the checks before a request, the active check, and the pages of the causes.
//!
//! `conformance/tests/diagnosis` produces the same failures for real, on foreign stacks and the modem.

#[cfg(feature = "advice")]
mod answers;
mod causes;
mod checks;
mod chip;
#[path = "../common/mod.rs"]
mod common;
mod evidenced;
mod field;
mod ladder;
mod observed;
mod oddities;
mod on_vendor;
mod pages;
#[cfg(feature = "std")]
mod pc;
mod probe;
mod rules;
mod table;
mod text;
mod words;
mod written;
