//! Published HTTP clients for embedded devices on the same response bytes: the instructions of
//! one GET exchange, and how often it calls the stack.
//!
//! ```text
//! cargo run --profile peers -p peers                                  the table (needs valgrind)
//! cargo run --profile peers -p peers -- --write                       and writes it into docs/peers.md
//! target/peers/peers run <client> <response> <segment>                one case, as valgrind runs it
//! ```
//!
//! `<segment>` is the length of the segments that the response arrives in, 0 for all in one.
//!
//! What a figure holds: everything between the URL and the body as a slice, the mock transport
//! included. The transport is as cheap as it can be (a copy and a counter for each call), connects
//! at once and resolves the host for nothing. Clients that take an address or an open stream
//! instead of a URL are used that way, so they parse less: the figures favour them.
//!
//! They are this machine's instructions, for development. A chip's are others: `benches/chip` has
//! them.

use std::env;
use std::process::ExitCode;

mod cases;
mod child;
mod clients;
mod mock_async;
mod mock_nal;
mod ours;
mod page;
mod parent;
mod wire;

const USAGE: &str = "usage: peers [--write] | peers run <client> <response> <segment>";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        // `cargo bench` and the like add this to whatever they run.
        [] | ["--bench"] => measured(false),
        ["--write"] => measured(true),
        ["run", client, response, segment] => match segment.parse() {
            Ok(segment) => {
                println!("{}", child::run(client, response, segment));
                ExitCode::SUCCESS
            }
            Err(_) => usage(),
        },
        _ => usage(),
    }
}

fn measured(write: bool) -> ExitCode {
    match parent::run(write) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("peers: {why}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}
