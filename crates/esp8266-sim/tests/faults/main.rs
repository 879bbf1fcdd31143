//! Each fault does what its name says, and the modem is well again without it.

mod commands;
#[path = "../common/mod.rs"]
mod common;
mod connections;
mod line;
mod network;

use common::{AT2, ERROR, HOST, NONOS, OK, Rig, START, ms};
use esp8266_sim::{AccessPoint, Config, Dialect, Edit, Endpoint, Fault, When, canned, echo};

fn config(dialect: Dialect) -> Config {
    Config::new(dialect)
        .peer(HOST, 80, echo())
        .peer(HOST, 81, canned("response", true))
        .name("gate.local", HOST)
}

/// A joined station with link 0 open to the echo, in passive mode.
fn connected(dialect: Dialect) -> Rig {
    let mut rig = Rig::passive(config(dialect));
    assert_eq!(rig.ask(START), "0,CONNECT\r\n\r\nOK\r\n");
    rig
}

/// As [`connected`], in active mode.
fn active(dialect: Dialect) -> Rig {
    let mut rig = Rig::joined(config(dialect));
    rig.ask(START);
    rig
}

/// Every fault has a test here or in `field.rs` that names it.
#[test]
fn every_fault_is_tested() {
    let source = [
        include_str!("commands.rs"),
        include_str!("connections.rs"),
        include_str!("line.rs"),
        include_str!("network.rs"),
        include_str!("../field.rs"),
    ]
    .concat();
    for (fault, _) in Fault::ALL {
        let name = format!("Fault::{fault:?}");
        assert!(source.contains(&name), "{name} has no test");
    }
}
