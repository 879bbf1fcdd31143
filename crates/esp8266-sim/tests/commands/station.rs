//! Modes, joining, the settings of the station, and what is saved.

use super::*;

#[test]
fn mode_and_join() {
    check(
        &[
            ("AT+CWMODE?", "+CWMODE:2\n|OK", "+CWMODE:1\n|OK"),
            ("AT+CWMODE_CUR=1", "OK", "ERROR"),
            ("AT+CWMODE_DEF=1", "OK", "ERROR"),
            ("AT+CWMODE=1", "OK", "OK"),
            ("AT+CWMODE=4", "ERROR", "ERROR"),
            ("AT+CWMODE_CUR?", "+CWMODE_CUR:1\n|OK", "ERROR"),
            ("AT+CWJAP?", "No AP\n|OK", "No AP\n|OK"),
            ("AT+CWSTATE?", "ERROR", "+CWSTATE:0,\"\"\n|OK"),
            ("AT+CIFSR", CIFSR_NONE, CIFSR_NONE),
            ("AT+CIPSTATUS", "STATUS:5\n|OK", "STATUS:5\n|OK"),
            ("AT+CWJAP=\"sim\",\"wrong\"", "+CWJAP:2\n\r\nFAIL\n", "+CWJAP:2\n|ERROR"),
            ("AT+CWJAP=\"other\",\"\"", "+CWJAP:3\n\r\nFAIL\n", "+CWJAP:3\n|ERROR"),
            ("AT+CWSTATE?", "ERROR", "+CWSTATE:4,\"other\"\n|OK"),
            ("AT+CWJAP=\"\",\"\"", "ERROR", "ERROR"),
            ("AT+CWJAP=\"sim", "ERROR", "ERROR"),
            ("AT+CWJAP=\"sim\",\"simsimsim\"", JOINED, JOINED),
            ("AT+CWSTATE?", "ERROR", "+CWSTATE:2,\"sim\"\n|OK"),
            (
                "AT+CWJAP?",
                "+CWJAP:\"sim\",\"02:1a:11:f0:00:01\",6,-48\n|OK",
                "+CWJAP:\"sim\",\"02:1a:11:f0:00:01\",6,-48,0,1,3,0,1\n|OK",
            ),
            (
                "AT+CWJAP=\"a\\,\\\"b\\\\\",\"\"",
                "WIFI DISCONNECT\nWIFI CONNECTED\nWIFI GOT IP\n|OK",
                "WIFI DISCONNECT\nWIFI CONNECTED\nWIFI GOT IP\n|OK",
            ),
            (
                "AT+CWJAP_CUR?",
                "+CWJAP_CUR:\"a\\,\\\"b\\\\\",\"02:1a:11:f0:00:01\",11,-80\n|OK",
                "ERROR",
            ),
            ("AT+CWQAP", "|OKWIFI DISCONNECT\n", "WIFI DISCONNECT\n|OK"),
            ("AT+CWQAP", "OK", "OK"),
            ("AT+CWJAP=\"hidden\",\"\",\"02:1a:11:f0:00:01\"", JOINED, JOINED),
        ],
        Rig::new,
    );
}

const JOINED: &str = "WIFI CONNECTED\nWIFI GOT IP\n|OK";
const CIFSR_NONE: &str = "+CIFSR:STAIP,\"0.0.0.0\"\n+CIFSR:STAMAC,\"5c:cf:7f:00:00:01\"\n|OK";

#[test]
fn a_list_of_access_points() {
    let lines = [(
        "+CWLAP:(3,\"sim\",-48,\"02:1a:11:f0:00:01\",6,",
        "+CWLAP:(0,\"a\\,\\\"b\\\\\",-80,\"02:1a:11:f0:00:01\",11,",
    )];
    for (dialect, tail) in [(NONOS, "-11,0,4,4,7,0)\r\n"), (AT2, "-1,-1,4,4,7,0)\r\n")] {
        let mut rig = Rig::new(config(dialect));
        rig.ask(&rig.cur("CWMODE", "=1"));
        let (first, second) = lines[0];
        assert_eq!(rig.ask("AT+CWLAP"), format!("{first}{tail}{second}{tail}{OK}"));
        assert_eq!(rig.ask("AT+CWLAP=\"sim\""), format!("{first}{tail}{OK}"));
        assert!(rig.ask("AT+CWLAP=\"hidden\"").starts_with("+CWLAP:(0,\"hidden\","));
    }
}

#[test]
fn station_settings() {
    check(
        &[
            ("AT+CWHOSTNAME?", "+CWHOSTNAME:ESP-000001\n|OK", "+CWHOSTNAME:ESP-000001\n|OK"),
            ("AT+CWHOSTNAME=\"gate\"", "OK", "OK"),
            ("AT+CWHOSTNAME?", "+CWHOSTNAME:gate\n|OK", "+CWHOSTNAME:gate\n|OK"),
            ("AT+CWHOSTNAME=\"\"", "ERROR", "ERROR"),
            ("AT+CWDHCP?", "+CWDHCP:3\n|OK", "+CWDHCP:3\n|OK"),
            ("AT+CWDHCP_CUR=1,0", "OK", "ERROR"),
            ("AT+CWDHCP=0,1", "OK", "OK"),
            ("AT+CWDHCP?", "+CWDHCP:1\n|OK", "+CWDHCP:2\n|OK"),
            ("AT+CWAUTOCONN=0", "OK", "OK"),
            ("AT+CWAUTOCONN?", "+CWAUTOCONN:0\n|OK", "+CWAUTOCONN:0\n|OK"),
            (
                "AT+CIPSTA?",
                "+CIPSTA:ip:\"192.168.4.2\"\n+CIPSTA:gateway:\"192.168.4.1\"\n+CIPSTA:netmask:\"255.255.255.0\"\n|OK",
                "+CIPSTA:ip:\"192.168.4.2\"\n+CIPSTA:gateway:\"192.168.4.1\"\n+CIPSTA:netmask:\"255.255.255.0\"\n|OK",
            ),
            ("AT+CIPDNS?", "ERROR", "+CIPDNS:0,\"192.168.4.1\"\n|OK"),
            ("AT+CIPDNS_CUR?", "+CIPDNS_CUR:192.168.4.1\n|OK", "ERROR"),
            ("AT+CIPDNS_CUR=1,\"9.9.9.9\"", "OK", "ERROR"),
            ("AT+CIPDNS=1,\"9.9.9.9\",\"1.1.1.1\"", "ERROR", "OK"),
            ("AT+CIPDNS_CUR?", "+CIPDNS_CUR:9.9.9.9\n|OK", "ERROR"),
            ("AT+CIPDNS?", "ERROR", "+CIPDNS:1,\"9.9.9.9\",\"1.1.1.1\"\n|OK"),
            ("AT+CIPDNS=0", "ERROR", "OK"),
            ("AT+CIPDNS_CUR=0", "OK", "ERROR"),
            ("AT+CIPSTA=\"192.168.4.50\",\"192.168.4.1\",\"255.255.255.0\"", "OK", "OK"),
            ("AT+CIPSTA=\"192.168.4\"", "ERROR", "ERROR"),
            (
                "AT+CIFSR",
                "+CIFSR:STAIP,\"192.168.4.50\"\n+CIFSR:STAMAC,\"5c:cf:7f:00:00:01\"\n|OK",
                "+CIFSR:STAIP,\"192.168.4.50\"\n+CIFSR:STAMAC,\"5c:cf:7f:00:00:01\"\n|OK",
            ),
            // A static address came without DNS servers.
            ("AT+CIPDNS_CUR?", "OK", "ERROR"),
            ("AT+CIPDNS?", "ERROR", "+CIPDNS:0\n|OK"),
            ("AT+CIPDOMAIN=\"gate.local\"", "DNS Fail\n|ERROR", "ERROR"),
        ],
        Rig::joined,
    );
}

#[test]
fn names_pings_and_time() {
    check(
        &[
            (
                "AT+CIPDOMAIN=\"gate.local\"",
                "+CIPDOMAIN:192.168.4.20\n|OK",
                "+CIPDOMAIN:\"192.168.4.20\"\n|OK",
            ),
            (
                "AT+CIPDOMAIN=\"10.0.0.7\"",
                "+CIPDOMAIN:10.0.0.7\n|OK",
                "+CIPDOMAIN:\"10.0.0.7\"\n|OK",
            ),
            ("AT+CIPDOMAIN=\"other.local\"", "DNS Fail\n|ERROR", "ERROR"),
            ("AT+CIPDOMAIN=7", "ERROR", "ERROR"),
            ("AT+PING=\"192.168.4.20\"", "+3\n|OK", "+PING:3\n|OK"),
            ("AT+PING=\"gate.local\"", "+3\n|OK", "+PING:3\n|OK"),
            ("AT+PING=\"192.168.4.99\"", "+timeout\n|ERROR", "+PING:TIMEOUT\n|ERROR"),
            ("AT+PING=\"other.local\"", "DNS Fail\n|ERROR", "ERROR"),
            ("AT+CIPSNTPCFG=1,0,\"pool.ntp.org\"", "OK", "OK"),
            (
                "AT+CIPSNTPTIME?",
                "+CIPSNTPTIME:Thu Jan 01 00:00:04 1970\n|OK",
                "+CIPSNTPTIME:Thu Jan 01 00:00:04 1970\n|OK",
            ),
            ("AT+CIPSNTPCFG=1,99", "ERROR", "ERROR"),
            ("AT+CIPSERVER=1,80", "ERROR", "ERROR"),
        ],
        Rig::joined,
    );
    let mut rig = Rig::joined(config(AT2));
    rig.ask("AT+CIPSNTPCFG=1,2");
    rig.hear(ms(3_000));
    assert_eq!(rig.ask("AT+CIPSNTPTIME?"), "+CIPSNTPTIME:Wed Jan 01 02:00:03 2025\r\n\r\nOK\r\n");
}

#[test]
fn without_an_address() {
    check(
        &[
            ("AT+CIPDOMAIN=\"gate.local\"", "no ip\n|ERROR", "no ip\n|ERROR"),
            ("AT+PING=\"192.168.4.20\"", "no ip\n|ERROR", "ERROR"),
            ("AT+CIPSTART=\"TCP\",\"192.168.4.20\",80", "no ip\n|ERROR", "no ip\n|ERROR"),
        ],
        Rig::new,
    );
}

#[test]
fn flash_is_written_when_it_would_be() {
    let join = "AT+CWJAP=\"sim\",\"simsimsim\"";
    for (dialect, commands, writes) in [
        (NONOS, ["AT+CWMODE_CUR=1", "AT+CWJAP_CUR=\"sim\",\"simsimsim\""], 0),
        (NONOS, ["AT+CWMODE_DEF=1", "AT+CWJAP_DEF=\"sim\",\"simsimsim\""], 2),
        (NONOS, ["AT+CWMODE=1", join], 2),
        (AT2, ["AT+CWMODE=1", join], 2),
        (AT2, ["AT+SYSSTORE=0", join], 0),
    ] {
        let mut rig = Rig::new(config(dialect));
        for command in commands {
            assert!(rig.ask(command).ends_with(OK));
        }
        assert_eq!(rig.handle.stats().flash_writes, writes, "{dialect} {commands:?}");
    }
}

#[test]
fn a_saved_access_point_is_joined_after_the_boot() {
    for dialect in Dialect::ALL {
        let mut config = config(dialect);
        config.saved_ap = Some((b"sim".to_vec(), b"simsimsim".to_vec()));
        let (handle, _port, clock) = esp8266_sim::Simulator::lockstep(config);
        clock.advance(ms(1_000));
        let mut output = Vec::new();
        handle.with_modem(|modem| modem.take_output(&mut output));
        assert!(output.ends_with(b"\r\nready\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n"));
    }
}

#[test]
fn the_access_point_goes_and_comes() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect));
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80");
        rig.handle.ap_down("sim");
        assert_eq!(rig.hear(ms(20_000)), "0,CLOSED\r\nWIFI DISCONNECT\r\n");
        assert!(rig.ask("AT+CIPSTATUS").starts_with("STATUS:5\r\n"));
        rig.handle.ap_up("sim");
        assert_eq!(rig.hear(ms(20_000)), "WIFI CONNECTED\r\nWIFI GOT IP\r\n");
        rig.handle.drop_wifi();
        let heard = rig.hear(ms(20_000));
        assert_eq!(heard, "WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n");
    }
}
