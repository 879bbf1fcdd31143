//! The modem itself: its start-up, its silence, its link, and a host that restarts.

use conformance::modem::*;
use embedded_nal::{TcpClientStack, TcpError, TcpErrorKind, nb};
use esp8266_sim::{Dialect, Fault, When};
use safe_http_client::esp_at::{AtCommand, EspAtError, Family};
use safe_http_client::{DisconnectReason, Link, LinkStatus};

#[test]
fn start_up_again_after_an_unsolicited_ready_and_no_socket_outlives_it() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let mut old = rig.connected(7);
        rig.handle.clear_log();
        rig.handle.reset();
        let error = rig.send(&mut old, b"hi").unwrap_err();
        assert_eq!((error, error.kind()), (EspAtError::ModemReset, TcpErrorKind::PipeClosed));
        assert_eq!(rig.modem.link_status(), LinkStatus::Disconnected(DisconnectReason::Unknown));
        assert_eq!(rig.modem.resets(), 1);
        // It joins again by itself.
        rig.poll(SECOND);
        assert!(matches!(rig.modem.link_status(), LinkStatus::Up(_)), "{:?}", rig.said());
        let said = rig.said();
        for line in ["ATE0", "AT+GMR", "AT+CIPMUX=1", "AT+CIPRECVMODE=1", "AT+CIPDINFO=0"] {
            assert!(said.iter().any(|it| it == line), "{line} {said:?}");
        }
        // The old socket stays dead, though its link is in use again.
        let mut new = rig.connected(7);
        assert_eq!(rig.modem.send(&mut old, b"x"), Err(nb::Error::Other(EspAtError::ModemReset)));
        assert_eq!(
            rig.modem.receive(&mut old, &mut [0]),
            Err(nb::Error::Other(EspAtError::ModemReset))
        );
        rig.modem.close(old).unwrap();
        rig.send_all(&mut new, b"hello");
        assert_eq!(rig.receive(&mut new, 9).unwrap().unwrap(), b"hello");
    });
}

#[test]
fn boot_noise_is_no_answer() {
    both(|dialect| {
        let mut rig = Rig::new(config(dialect).fault(Fault::BootNoise, When::Always));
        rig.join().unwrap();
        for _ in 0..3 {
            rig.handle.reset();
            let (_, recovered) = rig.get_until_ok("http://192.168.4.20/", 10 * SECOND);
            assert!(recovered);
        }
    });
}

#[test]
fn a_modem_that_stays_silent_is_called_until_it_answers() {
    both(|dialect| {
        let mut rig = Rig::new(config(dialect).fault(Fault::SilentModem, When::Always));
        assert_eq!(rig.join().unwrap_err().to_string(), EspAtError::NoAnswer.to_string());
        assert!(rig.modem.is_silent());
        assert_eq!(rig.get("http://192.168.4.20/"), Err("link_down".into()));
        rig.handle.clear_faults();
        rig.poll(2 * SECOND);
        assert!(!rig.modem.is_silent());
        rig.join().unwrap();
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
    });
}

#[test]
fn the_firmware_is_known_and_nothing_is_written_to_flash() {
    both(|dialect| {
        let rig = Rig::joined(config(dialect));
        let firmware = rig.modem.firmware().unwrap();
        assert_eq!(firmware.to_string(), dialect.default_version().to_string());
        let nonos = dialect == Dialect::NonOs17;
        assert_eq!(firmware.family, if nonos { Family::NonOs } else { Family::EspAt });
        assert_eq!(rig.handle.stats().flash_writes, 0);
    });
}

/// A modem that links were left open on, by a host that restarted.
#[test]
fn links_left_from_before_are_closed() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let _open = rig.connected(7);
        let mut rig = rig.host_restarts();
        rig.poll(SECOND);
        // It was joined already.
        assert!(matches!(rig.modem.link_status(), LinkStatus::Up(_)));
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
    });
}

/// The program restarts while the modem waits for data, which it then takes commands for.
#[test]
fn a_send_cut_short_by_a_restart_of_the_host_is_got_over() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let mut socket = rig.connected(7);
        assert_eq!(rig.modem.send(&mut socket, &[b'x'; 2048]), Err(nb::Error::WouldBlock));
        rig.poll(20 * MS);
        let mut rig = rig.host_restarts();
        rig.join().unwrap();
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
    });
}

/// As above, by a caller that gives up between the command and the prompt, or before the data.
#[test]
fn a_send_given_up_before_its_data_leaves_the_modem_usable() {
    both(|dialect| {
        for polled in [false, true] {
            let mut rig = Rig::joined(config(dialect));
            let mut socket = rig.connected(7);
            assert_eq!(rig.modem.send(&mut socket, &[b'x'; 2048]), Err(nb::Error::WouldBlock));
            if polled {
                rig.poll(20 * MS);
            }
            rig.modem.close(socket).unwrap();
            let begin = rig.now();
            assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
            assert!(rig.now() - begin < SECOND);
        }
    });
}

#[test]
fn after_silence_a_question_mark_tells_dead_from_working_from_missed() {
    both(|dialect| {
        // Working: nothing but patience.
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::SlowConnect, When::Nth(1));
        rig.handle.clear_log();
        let socket = rig.connected(7);
        assert!(rig.said().iter().any(|line| line == "?"));
        assert!(rig.handle.stats().busy > 0);
        rig.modem.close(socket).unwrap();
        rig.poll(100 * MS);
        // An answer that was missed: asked again, or made anew.
        rig.handle.fault(Fault::LostAnswer, When::Nth(1));
        let socket = rig.connected(7);
        rig.modem.close(socket).unwrap();
        rig.poll(100 * MS);
        // Dead.
        rig.handle.fault(Fault::SilentModem, When::Always);
        let mut socket = rig.socket();
        assert_eq!(rig.connect(&mut socket, 7), Err(EspAtError::FellSilent(AtCommand::Cipstart)));
    });
}

#[test]
fn a_modem_that_is_busy_for_ever_is_restarted() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::BusyForever, When::Nth(1));
        let mut socket = rig.socket();
        let begin = rig.now();
        let error = rig.connect(&mut socket, 7).unwrap_err();
        assert_eq!(error, EspAtError::Wedged);
        assert!(rig.now() - begin > 24 * SECOND);
        rig.modem.close(socket).unwrap();
        rig.poll(3 * SECOND);
        assert_eq!(rig.handle.stats().resets, 1);
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
    });
}

#[test]
fn the_raw_answer_of_the_last_command_is_at_hand() {
    let mut rig = Rig::joined(config(Dialect::NonOs17));
    rig.handle.fault(Fault::PortRefused, When::Nth(1));
    rig.get("http://192.168.4.20/").unwrap_err();
    assert_eq!(
        rig.modem.last_answer().escape_ascii().to_string(),
        "\\r\\nERROR\\r\\n0,CLOSED\\r\\n"
    );
    rig.handle.ap_down("sim");
    rig.poll(SECOND);
    let mut socket = rig.socket();
    assert_eq!(rig.connect(&mut socket, 80), Err(EspAtError::NoAddress));
    assert!(rig.modem.last_answer().starts_with(b"no ip\r\n"));
}

#[test]
fn the_link_tells_the_truth() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.ap_down("sim");
        assert_eq!(rig.modem.link_status(), LinkStatus::Disconnected(DisconnectReason::Unknown));
        assert_eq!(rig.get("http://192.168.4.20/"), Err("link_down".into()));
        rig.handle.ap_up("sim");
        rig.poll(10 * SECOND);
        assert!(matches!(rig.modem.link_status(), LinkStatus::Up(_)));
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
        // A loss that wasn't told, and a return that wasn't.
        rig.handle.edit_output(0, esp8266_sim::Edit::Drop(17));
        rig.handle.drop_wifi();
        let mut socket = rig.socket();
        let _ = rig.connect(&mut socket, 80);
        rig.modem.close(socket).unwrap();
        rig.poll(5 * SECOND);
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
    });
}

/// An access point that the modem has in its flash is joined by itself.
#[test]
fn a_modem_that_joins_by_itself_needs_no_join() {
    both(|dialect| {
        let mut config = config(dialect);
        config.saved_ap = Some((b"sim".to_vec(), b"simsimsim".to_vec()));
        // Behind an echo, too, where the status is told in a line that begins like no other.
        let echoing = config.clone().fault(Fault::StickyEcho, When::Always);
        for config in [config, echoing] {
            let mut rig = Rig::new(config);
            assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
        }
    });
}

/// A modem that echoes all the same, ends its lines oddly and adds a line that it needn't.
#[test]
fn odd_but_right_firmware_is_understood() {
    both(|dialect| {
        let mut config = config(dialect);
        for fault in [Fault::StickyEcho, Fault::CrCrLf, Fault::ToReadLine, Fault::TerseErrors] {
            config = config.fault(fault, When::Always);
        }
        let mut rig = Rig::joined(config);
        let firmware = rig.modem.firmware().unwrap();
        assert_eq!(firmware.to_string(), dialect.default_version().to_string());
        for url in ["http://gate.local/", "http://192.168.4.20:81/", "http://gate.local:81/"] {
            assert_eq!(rig.get(url).unwrap(), "hello");
        }
    });
}
