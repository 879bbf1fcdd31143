//! Remote text is nothing that the modem says.

use super::*;

#[test]
fn an_access_points_name_is_nothing_that_the_modem_says() {
    let names: Vec<Vec<u8>> = [
        "a\r\nready\r\nb",
        "\r\nready\r\n",
        "a\r\nOK\r\nb",
        "a\r\nERROR\r\nb",
        "\nOK\n",
        "0,CLOSED\r\n",
        "\r\nWIFI DISCONNECT\r\n",
        "\r\n+IPD,0,9999:",
        "a\")\r\nready\r\n",
        "a\",-1)\r\nready\r\n",
        "busy p...\r\n",
        "\r\nWill force to restart!!!\r\n",
        "+CIPRECVDATA,5:",
        "> ",
        "\r",
        "\n",
        "\r\n\r\n\r\n",
        "a\"b,c\\d",
        "\0\u{1}",
    ]
    .map(|name| name.as_bytes().to_vec())
    .into();
    every(|dialect| {
        for escapes in [true, false] {
            for name in &names {
                let config = config(dialect)
                    .ap(AccessPoint::new(name.clone(), ""))
                    .ap(AccessPoint::new("last", ""));
                let mut rig = Rig::joined(config);
                if !escapes {
                    rig.handle.fault(Fault::UnescapedNames, When::Always);
                }
                let mut socket = rig.modem.socket().unwrap();
                let Rig { modem, clock, cx, .. } = &mut rig;
                block(clock, SECOND, || modem.connect(&mut socket, at(80))).unwrap().unwrap();
                let mut found = Vec::new();
                modem.scan(cx, |it| found.push(it.ssid().to_vec())).unwrap();
                let what = format!("{dialect} {escapes} {:?}", name.escape_ascii().to_string());
                let expected = [b"sim".to_vec(), name.clone(), b"last".to_vec()];
                assert_eq!(found, expected, "{what}");
                assert_eq!(modem.resets(), 0, "{what}");
                assert!(matches!(modem.link_status(), LinkStatus::Up(_)), "{what}");
                // The connection is still there.
                let sent =
                    block(clock, SECOND, || modem.send(&mut socket, b"GET / HTTP/1.1\r\n\r\n"));
                assert_eq!(sent, Some(Ok(18)), "{what}");
            }
        }
    });
}

/// The one that was joined, too.
#[test]
fn the_name_of_the_joined_access_point_is_nothing_that_the_modem_says() {
    every(|dialect| {
        for name in ["a\"b", "a,6,-1", "\\", "ready", "OK", "0,CLOSED", "a\",-1,\"b"] {
            let mut config = config(dialect).fault(Fault::UnescapedNames, When::Always);
            config.access_points = vec![AccessPoint::new(name, "simsimsim")];
            let mut rig = Rig::new(config);
            rig.modem.join(&mut rig.cx, name, "simsimsim").unwrap();
            assert_eq!(rig.modem.rssi(&mut rig.cx), Ok(Some(-48)), "{dialect} {name}");
            assert_eq!(rig.modem.resets(), 0);
            assert_eq!(rig.get(URL).as_deref(), Ok("hello"));
        }
    });
}
