//! Commands: busy, late, lost answers; and resets.

use super::*;

#[test]
fn busy_after_ok() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::BusyAfterOk, When::Nth(1));
    assert_eq!(rig.ask("AT+CIPMUX=1"), "\r\nbusy p...\r\n");
    assert_eq!(rig.ask("AT+CIPMUX?"), "+CIPMUX:0\r\n\r\nOK\r\n");
    // A command after an error isn't an event for this fault.
    rig.handle.fault(Fault::BusyAfterOk, When::Nth(1));
    rig.handle.with_modem(|modem| modem.remove_fault(Fault::BusyAfterOk));
    assert_eq!(rig.ask("?"), ERROR);
    rig.handle.fault(Fault::BusyAfterOk, When::Nth(1));
    assert_eq!(rig.ask("AT"), OK);
    assert_eq!(rig.ask("AT"), "\r\nbusy p...\r\n");
    rig.is_well();
}

#[test]
fn lost_answer() {
    let mut rig = Rig::joined(config(AT2));
    rig.handle.fault(Fault::LostAnswer, When::Nth(2));
    assert_eq!(rig.ask("AT"), OK);
    assert_eq!(rig.ask(START), "");
    assert!(rig.ask("AT+CIPSTATUS").contains("+CIPSTATUS:0,"));
    rig.is_well();
}

#[test]
fn late_answer() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::LateAnswer, When::Nth(1));
    rig.write("AT\r\n");
    assert_eq!(rig.hear(ms(2_900)), "");
    rig.write("?\r\n");
    assert_eq!(rig.hear(ms(50)), "\r\nbusy p...\r\n");
    assert_eq!(rig.hear(ms(100)), OK);
    rig.is_well();
}

#[test]
fn busy_forever() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::BusyForever, When::Nth(2));
    assert_eq!(rig.ask("AT"), OK);
    for _ in 0..3 {
        rig.write("AT\r\n");
        assert_eq!(rig.hear(ms(20_000)), "\r\nbusy p...\r\n");
    }
    assert!(rig.ask("AT+RST").ends_with("\r\nready\r\n"));
    rig.ask("ATE0");
    rig.is_well();
}

// ---- Resets ----

/// A reset forgets everything: the echo is on, no link, no network.
fn after_reset(rig: &mut Rig, heard: &str) {
    assert!(heard.ends_with("\r\nready\r\n"), "{heard}");
    assert_eq!(rig.handle.stats().resets, 1);
    rig.handle.clear_faults();
    assert!(rig.ask("AT").starts_with("AT"));
    rig.ask("ATE0");
    assert_eq!(rig.ask("AT+CIPMUX?"), "+CIPMUX:0\r\n\r\nOK\r\n");
    rig.is_well();
}

#[test]
fn reset_on_command() {
    let mut rig = connected(NONOS);
    rig.handle.fault(Fault::ResetOnCommand, When::Nth(1));
    let heard = rig.ask("AT+CIPSTATUS");
    assert!(!heard.contains("STATUS") && heard.contains("\\x92"), "{heard}");
    after_reset(&mut rig, &heard);
}

#[test]
fn reset_mid_request() {
    let mut rig = connected(NONOS);
    rig.handle.fault(Fault::ResetMidRequest, When::Always);
    let heard = rig.send(b"GET");
    assert!(heard.starts_with("r\\x92"), "{heard}");
    after_reset(&mut rig, &heard);
}

#[test]
fn force_restart() {
    let mut rig = connected(NONOS);
    rig.handle.fault(Fault::ForceRestart, When::Always);
    let heard = rig.send(b"GET");
    assert!(heard.starts_with("Will force to restart!!!\r\nr\\x92"), "{heard}");
    after_reset(&mut rig, &heard);
}

#[test]
fn boot_noise() {
    let mut rig = Rig::new(config(AT2));
    let usual = rig.ask("AT+RST").len();
    rig.ask("ATE0");
    rig.handle.fault(Fault::BootNoise, When::Nth(1));
    let noisy = rig.ask("AT+RST");
    assert!(noisy.len() > usual + 512);
    assert!(noisy.contains("\\xff\r\nready\r\n\\x00\\x01"), "{noisy}");
    rig.ask("ATE0");
    rig.is_well();
}

#[test]
fn power_droop() {
    let mut rig = connected(AT2);
    rig.handle.reset();
    assert!(rig.hear(ms(1_000)).contains("\r\nready\r\n"));
}
