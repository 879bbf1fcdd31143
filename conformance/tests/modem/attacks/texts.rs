//! Text that ends a line, names that were given up, and secrets: what the modem is told, and what it says.

use super::*;

#[test]
fn cr_lf_and_nul_reach_the_modem_by_no_argument() {
    const ENDS: [&str; 5] = ["a\r\nAT+RST", "a\rAT+RST", "a\nAT+RST", "a\0b", "\r\n"];
    every(|dialect| {
        let mut rig = Rig::new(config(dialect));
        for end in ENDS {
            let credentials = Err(JoinError::Credentials);
            assert_eq!(rig.modem.join(&mut rig.cx, end, "password"), credentials, "{end:?}");
            assert_eq!(rig.modem.join(&mut rig.cx, "sim", end), credentials, "{end:?}");
            assert_eq!(rig.modem.start_join(Join::new(end, "x")), Err(JoinError::Credentials));
        }
        let mut rig = rig.with_tls(TlsVerification::None);
        rig.join().unwrap();
        rig.handle.clear_log();
        for end in ENDS {
            let refused = Err(EspAtError::LineEnd);
            assert_eq!(rig.modem.set(&mut rig.cx, Setting::Hostname(end)), refused, "{end:?}");
            let resolved =
                block(&rig.clock, SECOND, || rig.modem.get_host_by_name(end, AddrType::IPv4));
            assert_eq!(resolved, Some(Err(EspAtError::LineEnd)), "{end:?}");
            let mut socket = rig.modem.socket().unwrap();
            assert_eq!(rig.modem.secure(&mut socket, end), Err(NoTls), "{end:?}");
            rig.modem.close(socket).unwrap();
        }
        assert_eq!(rig.handle.sent_lines(), [""; 0], "{dialect}");
        assert_eq!(rig.handle.stats().resets, 0);
        assert_eq!(rig.get(URL).as_deref(), Ok("hello"));
    });
}

// ---- Whose address is it? ----

/// Two names of the same 32-bit FNV-1a.
#[test]
fn a_name_that_was_given_up_gives_its_address_to_no_other() {
    every(|dialect| {
        let config = config(dialect).name("lr29hsd.evil.io", [6, 6, 6, 6]);
        let mut rig = Rig::joined(config);
        rig.handle.fault(Fault::DnsSlow, When::Nth(1));
        let Rig { modem, clock, .. } = &mut rig;
        let mut ask =
            |name, most| block(clock, most, || modem.get_host_by_name(name, AddrType::IPv4));
        assert_eq!(ask("lr29hsd.evil.io", SECOND), None);
        assert_eq!(ask("gate.local", 20 * SECOND), Some(Ok(HOST.into())), "{dialect}");
        assert_eq!(ask("LR29HSD.evil.io", SECOND), Some(Ok([6, 6, 6, 6].into())));
    });
}

// ---- Secrets in what the modem said ----

/// Whatever goes on echoing, whenever it is interrupted or cut, and wherever the host is reset.
#[test]
fn the_wifi_password_and_a_requests_credentials_are_in_no_report() {
    const SECRETS: [&str; 4] = ["simsimsim", "imsim", "hunter2", "dXNlcjpodW50ZXIy"];
    let is_clean = |text: &[u8], what: &str| {
        let text = String::from_utf8_lossy(text);
        for secret in SECRETS {
            assert!(!text.contains(secret), "{what}: {text:?}");
        }
    };
    every(|dialect| {
        for offset in (0..60).map(|it| it * 3) {
            for edit in [
                None,
                Some(Edit::Insert(b"WIFI GOT IP\r\n".to_vec())),
                Some(Edit::Insert(b"\r\n".to_vec())),
                Some(Edit::Drop(1)),
                Some(Edit::CutUntilCommand),
            ] {
                let what = format!("{dialect} {offset} {edit:?}");
                let mut rig = Rig::new(config(dialect).fault(Fault::StickyEcho, When::Always));
                rig.modem.start_join(Join::new("sim", "simsimsim")).unwrap();
                let mut edit = edit;
                let begin = rig.now();
                while rig.now() - begin < 10 * SECOND {
                    if rig.modem.poll_join(&mut rig.cx) != Err(nb::Error::WouldBlock) {
                        break;
                    }
                    is_clean(rig.modem.last_answer(), &what);
                    if edit.is_some() && rig.handle.sent_lines().len() > 6 {
                        rig.handle.edit_output(offset, edit.take().unwrap());
                    }
                }
                let port = rig.modem.serial_mut().clone();
                // A host that is reset in the middle of the echo.
                let mut modem = Driver::new(port, rig.clock.clone());
                for _ in 0..20 {
                    modem.poll_network();
                    is_clean(modem.last_answer(), &what);
                }
            }
        }
        let mut rig = Rig::new(config(dialect).fault(Fault::StickyEcho, When::Always));
        rig.join().unwrap();
        rig.handle.fault(Fault::LostSendOk, When::Always);
        let mut client = SafeHttpClient::new(&mut rig.modem, &rig.clock);
        for url in ["http://user:hunter2@192.168.4.20:81/", "http://user:hunter2@192.168.4.20:9/"] {
            let mut online = client.wait_online(&mut rig.cx).unwrap();
            let error = online.get(url, [0; 512]).send().map(|_| ()).unwrap_err();
            let diagnosis = client.diagnosis(&error);
            is_clean(diagnosis.last_words(), "request");
            is_clean(format!("{diagnosis} {error} {client:?}").as_bytes(), "request");
        }
    });
}
