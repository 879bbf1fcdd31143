//! What published HTTP clients make of the same responses and requests.
//!
//! ```text
//! cargo run --profile peers -p peers --bin matrix                 the matrix
//! cargo run --profile peers -p peers --bin matrix -- --write      and writes MATRIX.md and docs/peers.md's totals
//! target/peers/matrix run <client> <case> <pieces|whole>          one case, as the matrix runs it
//! ```
//!
//! Each case runs in a process of its own, over TCP on the loopback interface, once with each
//! answer of the server in one write and once in small pieces; the worse outcome counts. A process
//! that panics is caught by its exit, one that waits is stopped. What an RFC leaves open is right
//! either way.

use std::process::ExitCode;

mod case;
mod cases;
mod clients;
#[path = "../../page.rs"]
mod page;
mod report;
mod run;
mod server;
mod transport;

const USAGE: &str = "usage: matrix [--write] | matrix run <client> <case> <pieces|whole>";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        [] => run::all().and_then(|rows| report::print(&rows, false)),
        ["--write"] => run::all().and_then(|rows| report::print(&rows, true)),
        ["run", client, case, delivery] => {
            run::one(client, case, delivery == "pieces").map(|verdict| println!("{verdict}"))
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("matrix: {why}");
            ExitCode::FAILURE
        }
    }
}
