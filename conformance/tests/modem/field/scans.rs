//! Names, strengths, scans.

use super::*;

#[test]
fn cwjap_is_read_from_the_end_and_a_strength_is_negative() {
    for (line, rssi) in [
        (r#"+CWJAP:"a"b","02:00:00:00:00:01",6,-48,0,1,3,0,1"#, Some(-48)),
        (r#"+CWJAP:"a,6",-1,"b","02:00:00:00:00:01",6,-48"#, Some(-48)),
        (r#"+CWJAP_CUR:"a\"b","02:00:00:00:00:01",6,-48"#, Some(-48)),
        (r#"+CWJAP_CUR:"a","02:00:00:00:00:01",13,-90"#, Some(-90)),
        (r#"+CWJAP:"","02:00:00:00:00:01",6,-48"#, Some(-48)),
        (r#"+CWJAP:"a","02:00:00:00:00:01",6,6"#, None),
        (r#"+CWJAP:"a","02:00:00:00:00:01",6"#, None),
        ("No AP", None),
    ] {
        let script = Script::new(move |asked| {
            (asked == "AT+CWJAP_CUR?").then(|| vec![(0, format!("{line}\r\n\r\nOK\r\n"))])
        });
        let (mut modem, mut cx) = script.driver();
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        assert_eq!(modem.rssi(&mut cx), Ok(rssi), "{line}");
    }
}

#[test]
fn cwlap_of_all_firmwares_field_counts_is_found() {
    for (line, ssid, rssi, channel) in [
        (r#"(3,"a"b",-40,"02:00:00:00:00:01",9)"#, r#"a"b"#, -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01",9,-11)"#, "a", -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01",9,-11,0)"#, "a", -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01",9,-11,0,4,4,7,0)"#, "a", -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01",9,-1,-1,4,4,7,0,1)"#, "a", -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01")"#, "a", -40, 0),
        (r#"(0,"",-40,"02:00:00:00:00:01",9)"#, "", -40, 9),
        (r#"(3,"a\,b\"",-40,"02:00:00:00:00:01",9)"#, r#"a,b""#, -40, 9),
        (r#"(3,"a,b\",-40,"02:00:00:00:00:01",9)"#, r"a,b\", -40, 9),
        (
            r#"(3,"",-1,"02:00:00:00:00:02",1",-40,"02:00:00:00:00:01",9)"#,
            r#"",-1,"02:00:00:00:00:02",1"#,
            -40,
            9,
        ),
    ] {
        let script = Script::new(move |asked| {
            (asked == "AT+CWLAP").then(|| vec![(0, format!("+CWLAP:{line}\r\n\r\nOK\r\n"))])
        });
        let (mut modem, mut cx) = script.driver();
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        let mut found = Vec::new();
        modem
            .scan(&mut cx, |it| found.push((it.ssid().to_vec(), it.rssi_dbm, it.channel)))
            .unwrap();
        assert_eq!(found, [(ssid.as_bytes().to_vec(), rssi, channel)], "{line}");
    }
}

#[test]
fn scan_lines_that_arrive_together_in_one_read_are_all_found() {
    every(|dialect| {
        for polls in [0, 1, 5] {
            let mut config = config(dialect);
            for index in 0..11 {
                config = config.ap(esp8266_sim::AccessPoint::new(format!("ap{index}"), ""));
            }
            let mut rig = Rig::joined(config);
            rig.modem.start_scan();
            let mut names = Vec::new();
            loop {
                // The rest of the loop uses the modem, too.
                (0..polls).for_each(|_| rig.modem.poll_network());
                match rig.modem.poll_scan(&mut rig.cx) {
                    Ok(Some(found)) => names.push(found.ssid().to_vec()),
                    Ok(None) => break,
                    Err(nb::Error::WouldBlock) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            assert_eq!(names.len(), 12, "{dialect} {polls} {names:?}");
        }
    });
}

/// Who doesn't come for what a scan finds doesn't stop the rest for ever.
#[test]
fn a_scan_that_nobody_comes_for_is_forgotten() {
    every(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.modem.start_scan();
        rig.poll(3 * SECOND);
        assert!(rig.get_until_ok(URL, 20 * SECOND).1);
    });
}
