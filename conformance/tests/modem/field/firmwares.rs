//! Old and foreign firmwares.

use super::*;

#[test]
fn at_0_9_answers_and_is_named_with_what_is_needed() {
    for (version, told) in [("0.9.2", "0.9"), ("0.9.5", "0.9")] {
        let mut rig = Rig::new(config(Dialect::NonOs17).version(version.parse().unwrap()));
        let error = rig.join().unwrap_err();
        let text = error.to_string();
        let JoinError::Modem(EspAtError::UnfitFirmware { refused, .. }) = error else {
            panic!("{error:?} {:#?}", rig.handle.log());
        };
        assert_eq!(refused, AtCommand::Cwmode);
        assert!(
            text.contains(told) && text.contains("1.7") && text.contains("AT+CWMODE"),
            "{text}"
        );
        assert!(!text.contains("wiring") && !rig.modem.is_silent(), "{text}");
        rig.poll(60 * SECOND);
        assert!(!rig.modem.is_silent());
        rig.wrote_no_flash();
    }
}

/// By address it works, in active mode; its names can't be had.
#[test]
fn at_0_40_does_what_it_can() {
    let mut rig = Rig::joined(config(Dialect::NonOs17).version("0.40.0".parse().unwrap()));
    assert_eq!(rig.modem.is_passive(), Some(false));
    assert_eq!(rig.get(URL).as_deref(), Ok("hello"));
    let (_, _, text) = get_within(&mut rig, "http://gate.local/", SECOND).unwrap_err();
    assert!(text.contains("0.40") && text.contains("AT+CIPDOMAIN"), "{text}");
    rig.wrote_no_flash();
}

/// `ERROR`, a line without `OK`, or nothing, to all but `AT`, `ATE` and `GMR`.
#[test]
fn a_foreign_firmware_is_named_by_what_it_refused() {
    for refusal in ["\r\nERROR\r\n", "\r\nno this fun\r\n", "unknown command\r\n"] {
        for gmr in [
            "\r\nOK\r\n",
            "my firmware 3\r\n\r\nOK\r\n",
            "\r\nERROR\r\n",
            "AT version:1.3.0.0(x)\r\n\r\nOK\r\n",
        ] {
            let script = Script::new(move |line| {
                Some(vec![(
                    0,
                    match line {
                        "AT" | "ATE0" => "\r\nOK\r\n".into(),
                        "AT+GMR" => gmr.into(),
                        _ => refusal.into(),
                    },
                )])
            });
            let (mut modem, mut cx) = script.driver();
            let error = modem.join(&mut cx, "sim", "simsimsim").unwrap_err();
            let text = error.to_string();
            let what = format!("{refusal:?} {gmr:?}: {text} {:?}", script.sent());
            assert!(matches!(error, JoinError::Modem(EspAtError::UnfitFirmware { .. })), "{what}");
            assert!(text.contains("answers") && text.contains("AT+CWMODE"), "{what}");
            assert!(!modem.is_silent(), "{what}");
        }
    }
}

/// The oldest tell a number, with their maker's mark behind it, and an echo before it.
#[test]
fn the_oldest_versions_are_told_in_any_spelling() {
    for (told, firmware) in [
        ("0018000902\r\n\r\nOK\r\n", "0.9.2"),
        ("0018000902-AI03\r\n\r\nOK\r\n", "0.9.2"),
        ("AT+GMR\r\n0018000902\r\n\r\nOK\r\n", "0.9.2"),
        ("AT+GMR\r\r\n\r\nAT version:1.6.2.0(x)\r\n\r\nOK\r\n", "1.6.2"),
    ] {
        let script = Script::new(move |line| (line == "AT+GMR").then(|| vec![(0, told.into())]));
        let (mut modem, mut cx) = script.driver();
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        assert_eq!(modem.firmware().unwrap().to_string(), firmware, "{told:?}");
        assert_eq!(modem.is_passive(), Some(false), "{told:?}");
    }
}
