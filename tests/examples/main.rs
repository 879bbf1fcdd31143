//! The sketches in `examples/` as their users run them: processes, their output and what they leave.
#![cfg(unix)]

mod faults;
mod port;
mod purposes;
mod run;
