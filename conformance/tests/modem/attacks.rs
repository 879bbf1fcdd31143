//! What an attacker, or a bad line, did to the driver: each kind, with its relatives. In passive mode nothing
//! but what the peer sent is ever given out.

use crate::rig::*;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use esp8266_sim::{AccessPoint, Config, Dialect, Edit, Fault, PeerFactory, Reply, When};
use safe_http_client::esp_at::{EspAt, EspAtError, Join, JoinError, Setting, TlsVerification};
use safe_http_client::{Link, LinkStatus, Network, NoTls, SafeHttpClient};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const URL: &str = "http://192.168.4.20:81/";

fn every(test: impl Fn(Dialect)) {
    Dialect::WITH_SINGLE.into_iter().for_each(test);
}

fn peer() -> SocketAddr {
    SocketAddr::from((HOST, 80))
}

// ---- 3: a line's end in what is quoted ----

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
        let Rig { handle, clock, modem, cx } = rig;
        let modem = modem.with_tls(TlsVerification::None);
        let mut rig = Rig { modem, handle, clock, cx };
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

// ---- 2: whose address is it? ----

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

// ---- 7: secrets in what the modem said ----

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

// ---- 8: data that aren't the peer's ----

/// Sends a body in one piece as soon as it hears something.
fn speaks(body: &'static [u8]) -> PeerFactory {
    Arc::new(move || {
        Box::new(move |_: &[u8], reply: &mut Reply| {
            reply.send(body).close();
        })
    })
}

/// Bodies whose ends look like what has to follow data, or like what the modem says of its own accord.
const BODIES: [&[u8]; 12] = [
    b"hello",
    b"hello\r",
    b"hello\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"hello\r\nOK\r\n",
    b"hello\r\n\r\nOK\r\n\r\nOK\r\n",
    b"hello\r\n0,CLOSED\r\n",
    b"hello\r\nWIFI GOT IP\r\n",
    b"WIFI GOT IP\r\nWIFI GOT IP\r\n",
    b"+IPD,0,17\r\n\r\n+IPD,0,17\r\n",
    b"+CIPRECVDATA,5:hello\r\nOK\r\n",
    b"\r\r\n\r\r\nOK\r\r\n\r\r\n",
];

/// What is added to the line: a byte, or a line of the modem's.
const ADDED: [&[u8]; 14] = [
    b"x",
    b"\r",
    b"\n",
    b"\r\n",
    b"0",
    b"O",
    b"\r\nOK\r\n",
    b"OK\r\n",
    b"\r\n+IPD,0,17\r\n",
    b"+IPD,0,17\r\n",
    b"WIFI GOT IP\r\n",
    b"0,CLOSED\r\n",
    b"\r\nbusy p...\r\n",
    b"\r\r\n",
];

/// Reads until the end or an error; what was given out.
fn read_all(rig: &mut Rig) -> (Vec<u8>, Option<Result<(), EspAtError>>) {
    let mut got = Vec::new();
    let mut socket = rig.modem.socket().unwrap();
    let Rig { modem, clock, .. } = rig;
    let mut buffer = [0; 64];
    let end = block(clock, 60 * SECOND, || {
        modem.connect(&mut socket, peer())?;
        Ok(())
    });
    let end = match end {
        Some(Ok(())) => block(clock, 60 * SECOND, || modem.send(&mut socket, b"go").map(|_| ())),
        end => end,
    };
    let end = match end {
        Some(Ok(())) => loop {
            match block(clock, 30 * SECOND, || modem.receive(&mut socket, &mut buffer)) {
                None => break None,
                Some(Ok(0)) => break Some(Ok(())),
                Some(Ok(count)) => got.extend_from_slice(&buffer[..count]),
                Some(Err(error)) => break Some(Err(error)),
            }
        },
        end => end,
    };
    modem.close(socket).unwrap();
    (got, end)
}

/// A fault at each byte that the modem says from the read's head on, over each body and both line ends.
#[test]
fn what_is_given_out_is_what_the_peer_sent() {
    let mut outcomes = BTreeMap::<String, usize>::new();
    let every_nth = if long() { 1 } else { 89 };
    for dialect in Dialect::WITH_SINGLE {
        for body in BODIES {
            for cr_cr_lf in [false, true] {
                let rig = || {
                    let mut config = Config::new(dialect).booted().peer(HOST, 80, speaks(body));
                    if cr_cr_lf {
                        config = config.fault(Fault::CrCrLf, When::Always);
                    }
                    let rig = Rig::joined(config);
                    rig.handle.clear_log();
                    rig
                };
                // Where the read begins, in bytes behind the join.
                let mut whole = rig();
                let before = whole.handle.produced();
                assert_eq!(read_all(&mut whole), (body.to_vec(), Some(Ok(()))), "{dialect}");
                let total = whole.handle.produced() - before;
                drop(whole);
                let mut edits: Vec<Edit> =
                    ADDED.iter().map(|it| Edit::Insert(it.to_vec())).collect();
                edits.extend([Edit::Drop(1), Edit::Drop(2), Edit::Drop(9)]);
                let mut nth = 0;
                for edit in edits {
                    for at in 0..total {
                        nth += 1;
                        if nth % every_nth != 0 {
                            continue;
                        }
                        let mut rig = rig();
                        rig.handle.edit_output(at, edit.clone());
                        let (got, end) = read_all(&mut rig);
                        let what = format!(
                            "{dialect} {cr_cr_lf} {:?} {edit:?} at {at} of {total}: {:?} {end:?} {:#?}",
                            body.escape_ascii().to_string(),
                            got.escape_ascii().to_string(),
                            rig.handle.log()
                        );
                        assert!(body.starts_with(&got), "{what}");
                        assert!(end != Some(Ok(())) || got == body, "{what}");
                        let end = format!("{end:?}");
                        *outcomes.entry(end).or_default() += 1;
                    }
                }
            }
        }
    }
    println!("{outcomes:#?}");
}

/// A head that lost a digit, in front of data that look like its end.
#[test]
fn a_fault_in_the_head_that_shortens_the_message_is_found() {
    const BODY: &[u8] =
        b"12\r\nOK\r\n4567890123456789012345678901234567890123456789012345678\r\nOK\r\n";
    for dialect in Dialect::WITH_SINGLE {
        for at in 0..160 {
            let config = Config::new(dialect).booted().peer(HOST, 80, speaks(BODY));
            let mut rig = Rig::joined(config);
            rig.handle.edit_output(at, Edit::Drop(1));
            let (got, end) = read_all(&mut rig);
            assert!(BODY.starts_with(&got), "{dialect} {at} {got:?}");
            assert!(end != Some(Ok(())) || got == BODY, "{dialect} {at} {:#?}", rig.handle.log());
        }
    }
}

// ---- 9: a stale socket ----

#[test]
fn closing_a_stale_socket_leaves_the_new_ones_data_alone() {
    every(|dialect| {
        for passive in [true, false] {
            let mut config = Config::new(dialect).booted().peer(HOST, 80, speaks(b"new"));
            if !passive {
                config = config.fault(Fault::NoPassiveMode, When::Always);
            }
            let mut rig = Rig::joined(config);
            let connect = |rig: &mut Rig| {
                let mut socket = rig.modem.socket().unwrap();
                let Rig { modem, clock, .. } = rig;
                let to = || modem.connect(&mut socket, peer());
                block(clock, 10 * SECOND, to).unwrap().unwrap();
                socket
            };
            let mut old = connect(&mut rig);
            rig.handle.reset();
            while rig.modem.resets() == 0 {
                rig.modem.poll_network();
            }
            while !matches!(rig.modem.link_status(), LinkStatus::Up(_)) {}
            let mut new = connect(&mut rig);
            let Rig { modem, clock, .. } = &mut rig;
            block(clock, SECOND, || modem.send(&mut new, b"go")).unwrap().unwrap();
            block(clock, SECOND / 10, || {
                modem.poll_network();
                nb::Result::<(), ()>::Err(nb::Error::WouldBlock)
            });
            assert!(modem.has_unread(&mut new), "{dialect} {passive}");
            let reset = Err(nb::Error::Other(EspAtError::ModemReset));
            assert_eq!(modem.receive(&mut old, &mut [0; 8]), reset);
            assert!(modem.has_unread(&mut old), "it carries no other request");
            modem.close(old).unwrap();
            let mut buffer = [0; 8];
            let got = block(clock, SECOND, || modem.receive(&mut new, &mut buffer));
            assert_eq!(got, Some(Ok(3)), "{dialect} {passive}");
            assert_eq!(&buffer[..3], b"new");
        }
    });
}

/// What an old connection's reader didn't take is no beginning of the next one's data.
#[test]
fn data_of_a_connection_that_a_reset_ended_are_nobodys() {
    every(|dialect| {
        for passive in [true, false] {
            let mut config = Config::new(dialect).booted().peer(HOST, 80, speaks(b"0123456789"));
            if !passive {
                config = config.fault(Fault::NoPassiveMode, When::Always);
            }
            let mut rig = Rig::joined(config);
            for round in 0..3 {
                let mut socket = rig.modem.socket().unwrap();
                let Rig { modem, clock, .. } = &mut rig;
                block(clock, 30 * SECOND, || modem.connect(&mut socket, peer())).unwrap().unwrap();
                block(clock, SECOND, || modem.send(&mut socket, b"go")).unwrap().unwrap();
                let mut buffer = [0; 4];
                let got = block(clock, 2 * SECOND, || modem.receive(&mut socket, &mut buffer));
                assert_eq!(got, Some(Ok(4)), "{dialect} {passive} {round}");
                assert_eq!(&buffer, b"0123", "{dialect} {passive} {round}");
                match round {
                    0 => rig.handle.reset(),
                    _ => modem.close(socket).unwrap(),
                }
                let mut until = rig.now() + 2 * SECOND;
                while rig.now() < until || !matches!(rig.modem.link_status(), LinkStatus::Up(_)) {
                    rig.modem.poll_network();
                    until = until.max(rig.now());
                }
            }
        }
    });
}

// ---- 10: remote text ----

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
                block(clock, SECOND, || modem.connect(&mut socket, peer())).unwrap().unwrap();
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

// ---- Hostile lines at every position ----

/// `HOSTILE=full cargo test --release -p conformance --test modem -- --nocapture hostile what_is_given`
fn long() -> bool {
    std::env::var_os("HOSTILE").is_some_and(|it| it == "full")
}

const LINES: [&[u8]; 42] = [
    b"\r\nOK\r\n",
    b"\r\nERROR\r\n",
    b"FAIL\r\n",
    b"\r\nready\r\n",
    b"ready",
    b"WIFI CONNECTED\r\n",
    b"WIFI GOT IP\r\n",
    b"WIFI DISCONNECT\r\n",
    b"WIFI DISCONNECT (4)\r\n",
    b"WIFI DISCONNECT (999999999999)\r\n",
    b"0,CONNECT\r\n",
    b"0,CLOSED\r\n",
    b"4,CLOSED\r\n",
    b"CLOSED\r\n",
    b"connect fail\r\n",
    b"\r\nbusy p...\r\n",
    b"\r\nbusy s...\r\n",
    b"Will force to restart!!!\r\n",
    b"> ",
    b"\r\n>",
    b"SEND OK\r\n",
    b"SEND FAIL\r\n",
    b"Recv 4294967295 bytes\r\n",
    b"link is not valid\r\n",
    b"ALREADY CONNECTED\r\n",
    b"no ip\r\n",
    b"DNS Fail\r\n",
    b"\r\n+IPD,0,5\r\n",
    b"\r\n+IPD,0,99999\r\n",
    b"\r\n+IPD,0,5:hello",
    b"\r\n+IPD,4,8000:",
    b"\r\n+IPD,0,4294967296:",
    b"+CIPRECVDATA,5:hello\r\nOK\r\n",
    b"+CIPRECVDATA:5,hello\r\nOK\r\n",
    b"+CIPRECVLEN:9,9,9,9,9\r\n",
    b"+CIPRECVLEN:-1,-1,-1,-1,-1\r\n",
    b"+CWJAP:2\r\n",
    b"+CWLAP:(3,\"a\r\nready\r\n",
    b"+CIPSTA:ip:\"6.6.6.6\"\r\n",
    b"STATUS:5\r\n",
    b"AT version:0.1.0.0\r\n",
    b"\r\r\n\n\n\r",
];

/// From the host's start to the end of a GET, in each mode of each firmware: no panic, no wrong body, an
/// end within the deadlines, no flash written, and the next GETs work.
#[test]
fn hostile_lines_at_every_position() {
    let mut outcomes = BTreeMap::<String, usize>::new();
    let (mut tried, mut nth) = (0, 0_usize);
    for dialect in Dialect::WITH_SINGLE {
        for passive in [true, false] {
            let rig = || {
                let mut config = config(dialect).booted();
                if !passive {
                    config = config.fault(Fault::NoPassiveMode, When::Always);
                }
                Rig::new(config)
            };
            let mut whole = rig();
            whole.join().unwrap();
            assert_eq!(whole.get(URL).as_deref(), Ok("hello"));
            let total = whole.handle.produced();
            drop(whole);
            for line in LINES {
                for at in 0..total {
                    nth += 1;
                    if !long() && nth % 61 != 0 {
                        continue;
                    }
                    let what = format!(
                        "{dialect} {passive} {:?} at {at} of {total}",
                        line.escape_ascii().to_string()
                    );
                    let outcome = hostile(rig(), at, line, passive, &what);
                    *outcomes.entry(outcome).or_default() += 1;
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} hostile lines: {outcomes:#?}");
    assert!(!long() || tried >= 40_000);
}

fn hostile(mut rig: Rig, at: u64, line: &[u8], passive: bool, what: &str) -> String {
    rig.handle.insert(at, line);
    let begin = rig.now();
    let joined = rig.join();
    assert!(rig.now() - begin < 31 * SECOND, "{what} {joined:?} {:#?}", rig.handle.log());
    let begin = rig.now();
    let outcome = if joined.is_ok() { rig.get(URL) } else { Err("not joined".into()) };
    assert!(rig.now() - begin < 50 * SECOND, "{what} {outcome:?} {:#?}", rig.handle.log());
    if let Ok(body) = &outcome {
        assert!(body == "hello" || !passive, "{what} {body:?} {:#?}", rig.handle.log());
    }
    let mut tries = 0;
    while rig.get(URL).as_deref() != Ok("hello") {
        let _ = rig.join();
        tries += 1;
        assert!(tries < 6, "{what} {outcome:?} {:#?}", rig.handle.log());
    }
    assert_eq!(rig.handle.stats().flash_writes, 0, "{what} {:#?}", rig.handle.log());
    outcome.map_or_else(|error| error, |_| "ok".into())
}

/// The driver's buffer may be as small as one byte.
#[test]
fn the_smallest_buffer_gives_out_all() {
    every(|dialect| {
        let (_handle, port, clock) = esp8266_sim::Simulator::lockstep(
            Config::new(dialect).booted().peer(HOST, 80, speaks(b"hello\r\n")),
        );
        let clock = SimClock(clock.ticking(Duration::from_micros(2)));
        let mut modem = EspAt::<_, _, 1>::with_rx_buf(port, clock.clone());
        modem.join(&mut cx(), "sim", "simsimsim").unwrap();
        let mut socket = modem.socket().unwrap();
        block(&clock, SECOND, || modem.connect(&mut socket, peer())).unwrap().unwrap();
        block(&clock, SECOND, || modem.send(&mut socket, b"go")).unwrap().unwrap();
        let (mut got, mut buffer) = (Vec::new(), [0; 64]);
        while let Some(Ok(1..)) = block(&clock, 5 * SECOND, || {
            let count = modem.receive(&mut socket, &mut buffer)?;
            got.extend_from_slice(&buffer[..count]);
            Ok::<_, nb::Error<EspAtError>>(count)
        }) {}
        assert_eq!(got, b"hello\r\n", "{dialect}");
    });
}
