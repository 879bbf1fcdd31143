//! What lines mean, whole and interrupted.

use super::fields::mac;
use super::{Command, Event, Fields, Named, Parser, ipv4, number};
use crate::error::EspAtError;
use core::net::Ipv4Addr;
use std::format;
use std::string::String;
use std::vec::Vec;

fn events_of(parser: &mut Parser, bytes: &[u8]) -> Vec<Event> {
    bytes.iter().filter_map(|byte| parser.push(*byte)).collect()
}

fn events(bytes: &[u8]) -> Vec<Event> {
    events_of(&mut Parser::new(), bytes)
}

#[test]
fn every_spelling_of_both_families() {
    for (line, event) in [
        (&b"OK\r\n"[..], Event::Ok),
        (b"\r\nOK\r\n", Event::Ok),
        (b"OK\r\r\n", Event::Ok),
        (b"ERROR\r\n", Event::Error),
        (b"FAIL\r\n", Event::Fail),
        (b"busy p...\r\n", Event::Busy),
        (b"busy s...\r\n", Event::Busy),
        (b"ready\r\n", Event::Ready),
        (b"r\x92\xe0l\x8c|\x02ready\r\n", Event::Ready),
        (b"Will force to restart!!!\r\n", Event::WillRestart),
        (b"WIFI CONNECTED\r\n", Event::WifiConnected),
        (b"WIFI GOT IP\r\n", Event::WifiGotIp),
        (b"WIFI DISCONNECT\r\n", Event::WifiDisconnect(0)),
        (b"WIFI DISCONNECT (4)\r\n", Event::WifiDisconnect(4)),
        (b"WIFI DISCONNECT(201)\r\n", Event::WifiDisconnect(201)),
        (b"WIFI DISCONNECT,8\r\n", Event::WifiDisconnect(8)),
        (b"WIFI DISCONNECT (4711)\r\n", Event::WifiDisconnect(0)),
        (b"WIFI DISCONNECT: 8\r\n", Event::WifiDisconnect(8)),
        (b"WIFI DISCONNECT (reason 15)\r\n", Event::WifiDisconnect(15)),
        (b"WIFI DISCONNECT, reason:2\r\n", Event::WifiDisconnect(2)),
        (b"WIFI DISCONNECT (beacon timeout)\r\n", Event::WifiDisconnect(0)),
        (b"WIFI DISCONNECTED\r\n", Event::Line),
        (b"busy now ...\r\n", Event::Busy),
        (b"no this fun\r\n", Event::Error),
        (b"0,CONNECT\r\n", Event::Connect(Some(0))),
        (b"CONNECT\r\n", Event::Connect(None)),
        (b"4,CLOSED\r\n", Event::Closed(Some(4))),
        (b"CLOSED\r\n", Event::Closed(None)),
        (b"3,CONNECT FAIL\r\n", Event::Closed(Some(3))),
        (b"5,CLOSED\r\n", Event::Line),
        (b"SEND OK\r\n", Event::SendOk),
        (b"SEND FAIL\r\n", Event::SendFail),
        (b"SEND Canceled\r\n", Event::SendFail),
        (b"Recv 12 bytes\r\n", Event::Taken(12)),
        (b"link is not valid\r\n", Event::NotValid),
        (b"ALREADY CONNECTED\r\n", Event::AlreadyConnected),
        (b"no ip\r\n", Event::NoIp),
        (b"DNS Fail\r\n", Event::DnsFail),
        (b"+IPD,0,1460\r\n", Event::Notice { link: 0, length: 1460 }),
        (b"+IPD,0,5:", Event::Data { link: 0, length: 5 }),
        (b"+IPD,3,5,192.168.1.1,80:", Event::Data { link: 3, length: 5 }),
        (b"+IPD,3,5,\"192.168.1.1\",80:", Event::Data { link: 3, length: 5 }),
        (b"+LINK_CONN:0,2,\"TCP\",0,\"10.0.0.1\",80,1\r\n", Event::Connect(Some(2))),
        (b"+LINK_CONN:1,2,\"TCP\",0,\"10.0.0.1\",80,1\r\n", Event::Line),
        (b"+CWJAP:2\r\n", Event::Line),
    ] {
        assert_eq!(events(line), [event], "{}", line.escape_ascii());
    }
    for no_link in [&b"+IPD,5,5:"[..], b"+IPD,7,5:", b"+IPD,256,5:"] {
        assert_eq!(events(no_link), [], "{}", no_link.escape_ascii());
    }
    assert_eq!(events(b"\r\n\r\n \r\n"), []);
}

#[test]
fn prompts_and_reads_only_where_they_are_expected() {
    let mut parser = Parser::new();
    assert_eq!(events_of(&mut parser, b"> \r\n"), [Event::Prompt], "as a line");
    parser.expect_prompt = true;
    assert_eq!(events_of(&mut parser, b"\r\nOK\r\n> "), [Event::Ok, Event::Prompt]);
    // Only at the front of a line, and where one is due.
    for (expected, bytes) in [(true, "a> \r\n"), (false, "> a\r\n"), (false, "a> \r\n")] {
        let mut parser = Parser::new();
        parser.expect_prompt = expected;
        assert_eq!(events_of(&mut parser, bytes.as_bytes()), [Event::Line], "{bytes:?}");
    }
    // NonOS's space begins the next line.
    assert_eq!(events_of(&mut parser, b"\r\nRecv 5 bytes\r\n"), [Event::Taken(5)]);

    for (head, remote_info, expected) in [
        (&b"+CIPRECVDATA,17:"[..], false, Event::Read(Some(17))),
        (b"+CIPRECVDATA:17,", false, Event::Read(Some(17))),
        (b"+CIPRECVDATA:17,\"10.0.0.1\",80,", true, Event::Read(Some(17))),
        (b"+CIPRECVDATA,-1:", false, Event::Read(None)),
        (b"+CIPRECVDATA:-1,", false, Event::Read(None)),
        (b"+CIPRECVDATA,99999999999999:", false, Event::Read(None)),
    ] {
        let mut parser = Parser::new();
        assert_eq!(events_of(&mut parser, head), []);
        parser.clear();
        parser.expect_read = true;
        parser.remote_info = remote_info;
        let events = events_of(&mut parser, head);
        if head.ends_with(b"99:") {
            // No number that there is.
            assert_eq!(events, []);
        } else {
            assert_eq!(events, [expected], "{}", head.escape_ascii());
        }
    }
}

/// An unsolicited line at any byte of an answer: both are understood.
#[test]
fn interruptions_at_every_byte() {
    let mut tried = 0;
    for (answer, expected) in [
        (&b"OK\r\n"[..], Event::Ok),
        (b"ERROR\r\n", Event::Error),
        (b"SEND OK\r\n", Event::SendOk),
        (b"Recv 40 bytes\r\n", Event::Taken(40)),
        (b"+IPD,2,4\r\n", Event::Notice { link: 2, length: 4 }),
        (b"+CIPRECVDATA,40:", Event::Read(Some(40))),
        (b"busy p...\r\n", Event::Busy),
    ] {
        for (line, event) in [
            (&b"WIFI GOT IP\r\n"[..], Event::WifiGotIp),
            (b"WIFI DISCONNECT\r\r\n", Event::WifiDisconnect(0)),
            (b"WIFI DISCONNECT (4)\r\n", Event::WifiDisconnect(4)),
            (b"\r\n+IPD,1,7\r\n", Event::Notice { link: 1, length: 7 }),
            (b"+IPD,1,7\r\n", Event::Notice { link: 1, length: 7 }),
            (b"\r\nbusy p...\r\n", Event::Busy),
            (b"0,CLOSED\r\n", Event::Closed(Some(0))),
            (b"\r\n0,CLOSED\r\n", Event::Closed(Some(0))),
            (b"0,CONNECT FAIL\r\n", Event::Closed(Some(0))),
        ] {
            for at in 0..answer.len() {
                let mut bytes = answer[..at].to_vec();
                bytes.extend(line);
                bytes.extend(&answer[at..]);
                let mut parser = Parser::new();
                parser.expect_read = true;
                let mut events = events_of(&mut parser, &bytes);
                // The front of the answer may have passed for a line of its own first.
                events.retain(|event| *event != Event::Line);
                events.sort_by_key(|it| *it == expected);
                assert_eq!(events, [event, expected], "{}", bytes.escape_ascii());
                tried += 1;
            }
        }
    }
    std::println!("{tried} interrupted answers");
}

/// Lines that nobody knows, and others that begin with a line end, at any byte of the head of active data.
#[test]
fn a_head_that_is_interrupted_goes_on() {
    let data = Event::Data { link: 0, length: 12 };
    for head in ["+IPD,0,12:", "+IPD,0,12,10.0.0.1,80:", "+IPD,0,12,\"10.0.0.1\",80:"] {
        for line in [
            "+STA_CONNECTED:\"02:00:00:00:00:01\"\r\n",
            "+DIST_STA_IP:\"02:00:00:00:00:01\",\"192.168.4.2\"\r\n",
            "\r\n+QUITT\r\n",
            "smartconfig connected wifi\r\n",
            "0,CLOSED\r\n",
            "\r\nWIFI GOT IP\r\n",
            "\r\nbusy p...\r\n",
            "\r\n+IPD,1,7\r\n",
        ] {
            // A `+` alone may be anybody's.
            for at in if line.starts_with("smart") { 2 } else { 0 }..head.len() {
                let mut parser = Parser::new();
                parser.is_active = true;
                let (front, rest) = head.split_at(at);
                let text = format!("{front}{line}{rest}");
                let events = events_of(&mut parser, text.as_bytes());
                assert_eq!(events.last(), Some(&data), "{text:?} {events:?}");
                let heads = events.iter().filter(|event| matches!(event, Event::Data { .. }));
                assert_eq!(heads.count(), 1, "{text:?} {events:?}");
            }
        }
    }
    // What stands behind a length is a peer's address and port, or another line's.
    for no_head in ["+IPD,0,5,foo:", "+IPD,0,5,3,5:", "+IPD,0,5,10.0.0.1:", "+IPD,0,5,+X:"] {
        assert_eq!(events(no_head.as_bytes()), [], "{no_head}");
    }
}

/// What came as a line may be the front of what follows, and is told again with it; unless that is
/// an answer of its own, the front is too long to be one, or holds a name.
#[test]
fn a_line_may_be_the_front_of_the_next() {
    let long = "x".repeat(40);
    for (bytes, expected) in [
        ("+CWJ\r\nAP:2\r\n", &["+CWJ", "+CWJAP:2"][..]),
        ("+CWJ\r\nWIFI GOT IP\r\nAP:2\r\n", &["+CWJ", "+CWJAP:2"]),
        ("+CWJWIFI GOT IP\r\nAP:2\r\n", &["+CWJAP:2"]),
        ("+CWJ0,CLOSED\r\nAP:2\r\n", &["+CWJAP:2"]),
        ("+CWJ+IPD,0,5\r\nAP:2\r\n", &["+CWJAP:2"]),
        ("+CWJ\r\n\r\nAP:2\r\n", &["+CWJ", "+CWJAP:2"]),
        ("abc\r\n+X:1\r\n", &["abc", "+X:1"]),
        ("abc\r\n +X:1\r\nde\r\n", &["abc", "+X:1", "+X:1de"]),
        ("abc\r\nOK\r\nde\r\n", &["abc", "de"]),
        (&format!("{long}\r\nde\r\n"), &[&long, &format!("{long}de")]),
        (&format!("{long}x\r\nde\r\n"), &[&format!("{long}x"), "de"]),
        (
            "+CWJAP:\"a\",\"02:00:00:00:00:01\",6,-48\r\nde\r\n",
            &["+CWJAP:\"a\",\"02:00:00:00:00:01\",6,-48", "de"],
        ),
        // No link has such a number.
        ("ab9,CLOSED\r\n", &["ab9,CLOSED"]),
        ("ab+IPD,9,5\r\n", &["ab+IPD,9,5"]),
    ] {
        let mut parser = Parser::new();
        let mut lines = Vec::new();
        for byte in bytes.bytes() {
            if parser.push(byte) == Some(Event::Line) {
                lines.push(String::from_utf8(parser.line().to_vec()).unwrap());
            }
        }
        assert_eq!(lines, expected, "{bytes:?}");
    }
}

#[test]
fn lines_with_names_of_others_hold_no_news() {
    for name in ["0,CLOSED", "WIFI GOT IP", "+IPD,0,9:", "ready"] {
        let line = format!("+CWLAP:(3,\"{name}\",-48,\"02:00:00:00:00:01\",6)\r\n");
        assert_eq!(events(line.as_bytes()), [Event::Line], "{line}");
        // A name may hold a line end: what follows it isn't the modem's own.
        let line = format!("+CWLAP:(3,\"a\r\n{name}\r\n\",-48,\"02:00:00:00:00:01\",6)\r\n");
        assert_eq!(events(line.as_bytes()), [Event::Line], "{line}");
    }
}

#[test]
fn any_bytes_are_taken() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut parser = Parser::new();
    parser.expect_prompt = true;
    parser.expect_read = true;
    let texts: [&[u8]; 6] = [b"\r\n", b"+IPD,", b"+CIPRECVDATA", b":", b"0,CLOSED", b",7"];
    for _ in 0..200_000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        match texts.get((random >> 32) as usize % 24) {
            Some(text) => drop(events_of(&mut parser, text)),
            None => drop(events_of(&mut parser, &[random as u8])),
        }
        assert!(parser.line().len() <= 160);
    }
}

#[test]
fn fields() {
    let mut fields = Fields(b"3,\"a\\,b\\\"\",-48,,7");
    assert_eq!(fields.number(), Some(3));
    assert_eq!(fields.next(), Some(&b"a\\,b\\\""[..]));
    assert_eq!(fields.signed(), Some(-48));
    assert_eq!(fields.next(), Some(&b""[..]));
    assert_eq!(fields.number(), Some(7));
    assert_eq!(fields.next(), None);
    for (line, field, rest) in [
        (&b"\"b\",1"[..], &b"b"[..], &b"1"[..]),
        (b"\"ab\",1", b"ab", b"1"),
        (b"\"b\\\\\",1", b"b\\\\", b"1"),
        (b"\"\",1", b"", b"1"),
    ] {
        let mut fields = Fields(line);
        assert_eq!((fields.next(), fields.0), (Some(field), rest), "{}", line.escape_ascii());
    }
    assert_eq!(Fields(b"\"open").next(), None);
    assert_eq!(ipv4(b"192.168.1.1"), Some([192, 168, 1, 1].into()));
    assert_eq!(ipv4(b"\"192.168.1.1\""), Some([192, 168, 1, 1].into()));
    for bad in [&b"192.168.1"[..], b"192.168.1.256", b"1.2.3.4.5", b"a.b.c.d", b""] {
        assert_eq!(ipv4(bad), None);
    }
    assert_eq!(mac(b"5c:CF:7f:00:01:ab"), Some([0x5c, 0xcf, 0x7f, 0, 1, 0xab]));
    assert_eq!(mac(b"5c:cf:7f:00:01"), None);
    assert_eq!(number(b"4294967295"), Some(u32::MAX));
    assert_eq!(number(b"4294967296"), None);
    // `/` and `:` stand around the digits.
    for bad in [&b""[..], b"-1", b"1/", b"1:", b" 1"] {
        assert_eq!(number(bad), None, "{}", bad.escape_ascii());
    }
}

#[test]
fn commands() {
    let mut command = Command::new();
    command.text("AT+X=").number(7).text(",").quoted(b"a,\"\\\xff\t");
    let line = command.finish().unwrap();
    assert_eq!(line, b"AT+X=7,\"a\\,\\\"\\\\\xff\t\"\r\n");
    for (spelled, line) in [
        (Command::new().number(0), "0\r\n"),
        (Command::new().number(10), "10\r\n"),
        (Command::new().number(u32::MAX), "4294967295\r\n"),
        (Command::new().address(Ipv4Addr::new(192, 0, 20, 1)), "\"192.0.20.1\"\r\n"),
        (
            Command::new().hardware_address([0x5c, 0xcf, 0x7f, 0, 0x9a, 0xa0]),
            "\"5c:cf:7f:00:9a:a0\"\r\n",
        ),
    ] {
        assert_eq!(spelled.finish(), Ok(line.as_bytes()));
    }
    for (length, fits) in [(249, true), (250, false), (300, false)] {
        let mut command = Command::new();
        let line = command.text("AT=").quoted(&[b'x'; 300][..length]).finish();
        assert_eq!(line.map(<[u8]>::len), if fits { Ok(256) } else { Err(EspAtError::TooLong) });
    }
}

#[test]
fn what_ends_a_line_is_quoted_nowhere() {
    for bytes in [&b"a\r\nAT+RST"[..], b"a\r", b"\n", b"\0", b"a\0b"] {
        let mut command = Command::new();
        assert_eq!(command.text("AT+X=").quoted(bytes).finish(), Err(EspAtError::LineEnd));
    }
}

/// Names aren't escaped by every firmware, and the number of fields differs.
#[test]
fn access_points_are_read_from_the_end() {
    type Row = (&'static [u8], &'static [u8], &'static [u8], bool, &'static [u8]);
    let rows: [Row; 9] = [
        (b"a\"b\",-40,\"02:00:00:00:00:01\",9)", b"a\"b", b"-40", true, b"9"),
        (b"a\",-40,\"02:00:00:00:00:01\",9,-11,0,4,4,7,0)", b"a", b"-40", true, b"9,-11,0,4,4,7,0"),
        (b"a\",-40,\"02:00:00:00:00:01\")", b"a", b"-40", true, b""),
        (b"a\",-40)", b"a", b"", false, b"-40"),
        (b"\",-40,\"02:00:00:00:00:01\",9)", b"", b"-40", true, b"9"),
        (b"\",\",-40,\"02:00:00:00:00:01\",9)", b"\",", b"-40", true, b"9"),
        (b"a\"b\",\"02:00:00:00:00:01\",6,-48", b"a\"b", b"", true, b"6,-48"),
        (b"a,6\",\"02:00:00:00:00:01\",6,-48,0,1,3,0,1", b"a,6", b"", true, b"6,-48,0,1,3,0,1"),
        (b"a\r\n\",-40,\"02:00:00:00:00:01\",9)", b"a\r\n", b"-40", true, b"9"),
    ];
    for (text, name, before, has_mac, after) in rows {
        let told = Named::parse(text).unwrap();
        let got = (told.name, told.before.0, told.mac.is_some(), told.after.0);
        assert_eq!(got, (name, before, has_mac, after), "{}", text.escape_ascii());
    }
    for text in [&b"a"[..], b"a\"", b"a\",-40,\"02:00:00:00:00:01\"9)", b"a\",x)", b"a\"-40)"] {
        assert!(Named::parse(text).is_none(), "{}", text.escape_ascii());
    }
}

/// Nothing in a name is the modem's own, wherever its lines end.
#[test]
fn a_name_is_no_line_of_the_modems() {
    for own in
        ["ready", "OK", "ERROR", "WIFI DISCONNECT", "0,CLOSED", "+IPD,0,5:", "busy p...", "FAIL"]
    {
        for name in [
            format!("a\r\n{own}\r\nb"),
            format!("\r\n{own}\r\n"),
            format!("\n{own}\n"),
            format!("a\")\r\n{own}\r\n"),
            format!("a\",1)\r\n{own}"),
            format!("{own}\r\n"),
        ] {
            if name.len() > 32 {
                continue;
            }
            for line in [
                format!("+CWLAP:(3,\"{name}\",-40,\"02:00:00:00:00:01\",9)\r\n"),
                format!("+CWJAP:\"{name}\",\"02:00:00:00:00:01\",6,-48\r\n"),
                format!("+CWJAP_CUR:\"{name}\",\"02:00:00:00:00:01\",6,-48\r\n"),
            ] {
                let mut parser = Parser::new();
                let text = line.escape_default();
                assert_eq!(events_of(&mut parser, line.as_bytes()), [Event::Line], "{text}");
                assert_eq!(parser.line(), line.trim_end().as_bytes(), "{text}");
                assert_eq!(events_of(&mut parser, b"\r\nOK\r\n"), [Event::Ok], "{text}");
            }
        }
    }
    // Firmwares before 1.0 tell no hardware address.
    let mut parser = Parser::new();
    parser.tells_no_mac = true;
    let old = b"+CWLAP:(3,\"sim\",-48)\r\n\r\nOK\r\n";
    assert_eq!(events_of(&mut parser, old), [Event::Line, Event::Ok]);
    // A line that was garbled doesn't swallow what follows.
    let mut parser = Parser::new();
    let garbled = b"+CWLAP:(3,\"sim\",-48,\"02:1a:11:f0:0001\",6,-11,0,4,4,7,0)\r\n\r\nOK\r\n";
    assert_eq!(events_of(&mut parser, garbled), [Event::Line, Event::Ok]);
}
