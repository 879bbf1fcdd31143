//! The firmwares, each in a QEMU of its own. Asserted on what they log, and on what the server got.

use cortex_m3_harness::{Level, Rig, crc32, large};
use esp8266_sim::{Dialect, Edit};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// What the gate's client sends.
const OPEN: &str = "POST /gate secret open";

/// In milliseconds, as a blink tells it.
fn longest_turn(blink: &str) -> u32 {
    let (_, rest) = blink.split_once("the longest turn took ").unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
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
        let turn = longest_turn(&rig.expect("blink 1"));
        assert!(turn < 50, "{}", rig.all());
        assert_eq!(rig.server.requests(), [OPEN]);
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

/// It is the feature that refuses it. Which handler takes the token doesn't matter then.
#[test]
fn without_the_feature_a_handler_gets_the_token() {
    let mut rig = Rig::start_unchecked("token_in_handler", Dialect::EspAt2);
    rig.expect("the token is free");
    rig.expect("in an exception handler: granted");
    rig.expect("in an interrupt handler: granted");
    rig.expect("done");
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
        // Before or after it is tried again, as the modem had or hadn't said yet that all was sent.
        rig.expect("off the network");
        rig.plug_modem();
        rig.expect("on the network");
        rig.expect("the gate is open");
        // It has waited for the dead modem, and looked why, without a turn that waits.
        let turn = longest_turn(&rig.expect("blink 1"));
        assert!(turn < 50, "{}", rig.all());
        assert_eq!(rig.server.requests(), [OPEN, OPEN]);
        // And from then on as if nothing had been.
        rig.press_button();
        rig.expect("blink 2");
        let boots = rig.seen().iter().filter(|line| line.text.starts_with("boot")).count();
        assert_eq!((boots, rig.seen()[0].text.as_str()), (1, "boot 1"), "{}", rig.all());
    }
}

/// 32 KiB at 115,200 baud, which is 2.8 s of bytes without a pause, twice.
#[test]
fn a_download_loses_no_byte() {
    let body = large();
    for dialect in Dialect::ALL {
        let mut rig = Rig::start("download", dialect);
        rig.expect("joined");
        for number in 1..=2 {
            let begin = Instant::now();
            rig.press_button();
            let told = rig.expect("downloaded");
            // By this machine's clock: the line was no faster than it says.
            let (took, least) = (begin.elapsed(), Duration::from_millis(2844));
            assert!(took >= least, "32 KiB in {took:?} is more than 115,200 baud");
            let whole = format!("downloaded {} bytes, CRC-32 {:08x}, ", body.len(), crc32(&body));
            assert!(told.starts_with(&whole), "{}", rig.all());
            let told = rig.expect(&format!("blink {number}"));
            assert!(told.contains("; 0 bytes lost"), "{}", rig.all());
            println!("{dialect}: {} ms by the host's clock", took.as_millis());
        }
        assert_eq!(rig.server.requests().len(), 2);
    }
}

/// The checksum notices, and so does the driver, when one byte of the body is changed on the line.
#[test]
fn a_byte_that_is_lost_is_told() {
    let mut rig = Rig::start("download", Dialect::EspAt2);
    rig.expect("joined");
    let middle = 10_000;
    rig.wire.modem(|modem| modem.edit_output(middle, Edit::Drop(1)));
    rig.press_button();
    let told = rig.expect("failed");
    println!("{told}");
    assert!(told.contains("Corrupted"), "{told}");
    // And the next one is whole again.
    rig.press_button();
    rig.expect("downloaded");
}

/// The counter of lost bytes counts: the modem babbles while nobody reads, until the ring is full.
#[test]
fn a_ring_that_overruns_is_told() {
    let mut rig = Rig::start("download", Dialect::EspAt2);
    rig.expect("joined");
    rig.wire.modem(|modem| modem.inject(&[b'x'; 2000]));
    // 2,000 bytes at 115,200 baud.
    std::thread::sleep(Duration::from_millis(400));
    rig.press_button();
    let told = rig.expect("bytes lost");
    assert!(!told.contains("; 0 bytes lost"), "{}", rig.all());
    rig.press_button();
    rig.expect("downloaded");
}

/// How far a figure may be from the README: a figure moves by some words from one build to another.
const TOLERANCE: usize = 64;

/// `figure NAME BYTES` of each line that is one.
fn figures<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(&'a str, usize)> {
    lines
        .filter_map(|line| line.strip_prefix("figure ")?.split_once(' '))
        .map(|(name, bytes)| (name, bytes.parse().unwrap()))
        .collect()
}

/// The figures, for whoever makes a table of them, and that the README, from which benches/footprint takes them, has
/// the same.
#[test]
fn requests_take_little_stack() {
    let mut rig = Rig::start("stack", Dialect::EspAt2);
    rig.expect("done");
    let measured = figures(rig.seen().iter().map(|line| line.text.as_str()));
    let names = [
        "size_client_scripted",
        "stack_scripted_get",
        "stack_scripted_post",
        "stack_scripted_get_chunked",
        "stack_scripted_diagnose",
        "size_esp_at",
        "stack_esp_at_join",
        "size_client_esp_at",
        "stack_esp_at_get",
        "stack_esp_at_post",
        "stack_esp_at_get_chunked",
        "stack_esp_at_diagnose",
    ];
    assert_eq!(measured.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    for (name, bytes) in &measured {
        println!("figure {name} {bytes}");
    }
    let recorded = figures(include_str!("../../README.md").lines());
    assert_eq!(recorded.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names, "README.md");
    for ((name, bytes), (_, recorded)) in measured.into_iter().zip(recorded) {
        let sound = if name.starts_with("stack") { 200..8192 } else { 50..4096 };
        assert!(sound.contains(&bytes), "{name}: {bytes}");
        assert!(
            bytes.abs_diff(recorded) <= TOLERANCE,
            "{name}: {bytes}, and {recorded} in firmware/cortex-m3/README.md: renew its figures"
        );
    }
}
