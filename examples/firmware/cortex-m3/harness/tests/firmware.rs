//! The firmwares, each in a QEMU of its own. Asserted on what they log, and on what the server got.

use cortex_m3_harness::{Level, Request, Rig};
use esp8266_sim::Dialect;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// What the gate's client sends.
fn open() -> Request {
    Request {
        method: "POST".into(),
        path: "/gate".into(),
        key: Some("secret".into()),
        body: "open".into(),
    }
}

#[test]
fn the_gate_opens() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::start("gate_opener", dialect);
        rig.expect("boot 1");
        rig.expect("joining sim");
        rig.expect("on the network");
        rig.press_button();
        rig.expect("the owner's phone is here");
        rig.expect("the gate is open");
        rig.expect("blink 1");
        assert_eq!(rig.server.requests(), [open()]);
        assert!(rig.seen().iter().all(|line| line.level == Level::Info), "{}", rig.all());
    }
}

#[test]
fn the_token_is_refused_in_handlers() {
    let mut rig = Rig::start("token_in_handler", Dialect::EspAt2);
    rig.expect("done");
    let said: Vec<&str> = rig.seen().iter().map(|line| line.text.as_str()).collect();
    assert_eq!(
        said,
        [
            "boot 1",
            "the token is free",
            "in an exception handler: refused",
            "in an interrupt handler: refused",
            "in main: granted",
            "main holds the token",
            "in main, a second time: refused",
            "in an exception handler: refused",
            "in an interrupt handler: refused",
            "done",
        ]
    );
}

/// The modem loses its supply while the gate's answer is awaited, and gets it back.
#[test]
fn the_gate_opens_after_the_modem_was_dead_without_a_reset_of_the_chip() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::start("gate_opener", dialect);
        rig.expect("on the network");
        let (has_come, held) = rig.server.hold_next();
        rig.press_button();
        has_come.recv_timeout(PATIENCE).expect("the request comes");
        rig.wire.unplug();
        drop(held);
        let trouble = rig.expect("the gate isn't open");
        println!("dead in the middle of a request: {trouble}");
        // It is tried again, and there is nobody.
        rig.expect("the gate isn't open");
        rig.plug_modem();
        rig.expect("the gate is open");
        rig.expect("blink 1");
        assert_eq!(rig.server.requests(), [open(), open()]);
        // And from then on as if nothing had been.
        rig.press_button();
        rig.expect("blink 2");
        let boots = rig.seen().iter().filter(|line| line.text.starts_with("boot")).count();
        assert_eq!((boots, rig.seen()[0].text.as_str()), (1, "boot 1"), "{}", rig.all());
    }
}
