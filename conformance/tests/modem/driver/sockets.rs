//! Its sockets: names, connects, what is sent and what comes, connections that are kept.

use conformance::modem::*;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use esp8266_sim::{Fault, When, canned, echo};
use safe_http_client::SafeHttpClient;
use safe_http_client::esp_at::EspAtError;
use std::net::IpAddr;

#[test]
fn nothing_needs_utf8_and_data_are_never_searched_for_lines() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let mut socket = rig.connected(7);
        let mut data: Vec<u8> = (0..=255).collect();
        data.extend(b"\r\nOK\r\n0,CLOSED\r\n+IPD,0,99999:\r\nready\r\nERROR\r\n>");
        rig.send_all(&mut socket, &data);
        let mut got = Vec::new();
        while got.len() < data.len() {
            got.extend(rig.receive(&mut socket, 100).unwrap().unwrap());
        }
        assert_eq!(got, data);
        rig.modem.close(socket).unwrap();
    });
}

#[test]
fn a_name_is_resolved_and_connected_to_by_address() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect).fault(Fault::NameWedge, When::Always));
        rig.handle.clear_log();
        assert_eq!(rig.get("http://gate.local/").unwrap(), "hello");
        assert!(
            rig.said()
                .iter()
                .any(|line| line.starts_with("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80"))
        );
    });
}

#[test]
fn names() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect).name("other.local", [10, 0, 0, 1]));
        let mut ask = |name: &str, kind: AddrType| {
            block(&rig.clock, 20 * SECOND, || rig.modem.get_host_by_name(name, kind.clone()))
                .unwrap()
        };
        assert_eq!(ask("gate.local", AddrType::IPv4), Ok(IpAddr::from(HOST)));
        assert_eq!(ask("GATE.local", AddrType::Either), Ok(IpAddr::from(HOST)));
        assert_eq!(ask("gate.local", AddrType::IPv6), Err(EspAtError::NotIpv4));
        assert_eq!(ask("nowhere.local", AddrType::IPv4), Err(EspAtError::NameNotFound));
        assert_eq!(ask(&"x".repeat(250), AddrType::IPv4), Err(EspAtError::TooLong));
        assert_eq!(ask("a\"b,c\\d", AddrType::IPv4), Err(EspAtError::NameNotFound));
        // Given up, and then another: its answer isn't taken for this one's.
        assert_eq!(
            rig.modem.get_host_by_name("gate.local", AddrType::IPv4),
            Err(nb::Error::WouldBlock)
        );
        let mut ask = |name: &str| {
            block(&rig.clock, 20 * SECOND, || rig.modem.get_host_by_name(name, AddrType::IPv4))
                .unwrap()
        };
        assert_eq!(ask("other.local"), Ok(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(ask("gate.local"), Ok(IpAddr::from(HOST)));
    });
}

#[test]
fn a_connect_given_up_drains_and_its_late_success_is_closed() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::SlowConnect, When::Nth(1));
        let mut socket = rig.socket();
        let given_up = block(&rig.clock, 5 * SECOND, || rig.modem.connect(&mut socket, at(7)));
        assert!(given_up.is_none());
        rig.handle.clear_log();
        rig.modem.close(socket).unwrap();
        assert!(rig.modem.is_draining());
        // Meanwhile another waits, and gets its turn.
        let begin = rig.now();
        let mut next = rig.connected(7);
        assert!(rig.now() - begin > 6 * SECOND);
        assert!(!rig.modem.is_draining());
        assert!(rig.said().contains(&"AT+CIPCLOSE=0".into()), "{:?}", rig.said());
        rig.send_all(&mut next, b"hello");
        assert_eq!(rig.receive(&mut next, 9).unwrap().unwrap(), b"hello");
        rig.modem.close(next).unwrap();
    });
}

#[test]
fn a_connect_given_up_drains_and_its_late_failure_frees_the_link() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::Firewall, When::Nth(1));
        let mut socket = rig.socket();
        assert!(block(&rig.clock, 5 * SECOND, || rig.modem.connect(&mut socket, at(7))).is_none());
        rig.modem.close(socket).unwrap();
        rig.poll(10 * SECOND);
        assert!(!rig.modem.is_draining());
        let sockets: Vec<_> = (0..5).map(|_| rig.connected(7)).collect();
        assert!(matches!(rig.modem.socket(), Err(EspAtError::NoFreeSocket)));
        for socket in sockets {
            rig.modem.close(socket).unwrap();
        }
        rig.poll(100 * MS);
        assert!(rig.modem.socket().is_ok());
    });
}

#[test]
fn end_of_stream_only_after_closed_and_an_empty_ciprecvlen() {
    both(|dialect| {
        for fault in [None, Some(Fault::ClosedBeforeData), Some(Fault::MissingIpd)] {
            let body: Vec<u8> = (0..4_000_u32).map(|it| it as u8).collect();
            let mut rig = Rig::joined(config(dialect).peer(HOST, 9, canned(body.clone(), true)));
            if let Some(fault) = fault {
                rig.handle.fault(fault, When::Always);
            }
            let mut socket = rig.connected(9);
            rig.send_all(&mut socket, b"\r\n\r\n");
            assert_eq!(rig.receive_all(&mut socket, 300).unwrap(), body, "{dialect} {fault:?}");
            // And again and again.
            assert_eq!(rig.modem.receive(&mut socket, &mut [0]), Ok(0));
            assert_eq!(
                rig.modem.send(&mut socket, b"x"),
                Err(nb::Error::Other(EspAtError::Closed))
            );
            let said = rig.said();
            assert!(said.iter().any(|line| line == "AT+CIPRECVLEN?"));
            rig.handle.clear_log();
            rig.modem.close(socket).unwrap();
            rig.poll(10 * MS);
            assert_eq!(rig.said(), [""; 0], "what the peer has closed needs no close");
        }
    });
}

#[test]
fn sends_in_pieces_of_2048() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let mut socket = rig.connected(7);
        let data: Vec<u8> = (0..5_000_u32).map(|it| (it / 7) as u8).collect();
        assert_eq!(rig.send(&mut socket, &data), Ok(2048));
        rig.send_all(&mut socket, &data[2048..]);
        let mut got = Vec::new();
        while got.len() < data.len() {
            got.extend(rig.receive(&mut socket, 1024).unwrap().unwrap());
        }
        assert_eq!(got, data);
    });
}

#[test]
fn a_lost_send_ok_is_delivery_unknown_and_never_repeated() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let mut socket = rig.connected(7);
        rig.handle.fault(Fault::LostSendOk, When::Nth(1));
        for _ in 0..3 {
            assert_eq!(rig.send(&mut socket, b"once"), Err(EspAtError::DeliveryUnknown));
        }
        assert_eq!(rig.handle.stats().sent, 4);
        // What came back can still be read.
        assert_eq!(rig.receive(&mut socket, 9).unwrap().unwrap(), b"once");
    });
}

#[test]
fn send_fail_followed_by_send_ok_is_a_success() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let mut socket = rig.connected(7);
        rig.handle.fault(Fault::SendFailThenOk, When::Always);
        for _ in 0..3 {
            rig.send_all(&mut socket, b"hello");
            assert_eq!(rig.receive(&mut socket, 9).unwrap().unwrap(), b"hello");
        }
        assert_eq!(rig.handle.stats().sent, 15);
    });
}

#[test]
fn already_connected_is_a_stale_link_closed_and_connected_again() {
    both(|dialect| {
        for terse in [false, true] {
            let mut rig = Rig::joined(config(dialect));
            if terse {
                rig.handle.fault(Fault::TerseErrors, When::Always);
            }
            rig.handle.fault(Fault::AlreadyConnected, When::Nth(1));
            let mut socket = rig.connected(7);
            rig.send_all(&mut socket, b"hello");
            assert_eq!(rig.receive(&mut socket, 9).unwrap().unwrap(), b"hello");
        }
    });
}

// ---- Kept connections ----

#[test]
fn a_kept_connection_that_the_server_closed_is_opened_anew() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let Rig { handle, clock, modem, cx } = &mut rig;
        let mut client = SafeHttpClient::new(modem, &*clock);
        let mut online = client.wait_online(cx).unwrap();
        let mut buffer = [0; 512];
        for _ in 0..4 {
            let mut response = online.get("http://192.168.4.20:81/", &mut buffer).send().unwrap();
            assert_eq!(response.read_to_str().unwrap(), "hello");
            drop(response);
            clock.0.advance(SECOND);
        }
        assert_eq!(handle.stats().connects, 4);
    });
}

/// A loop that polls between requests knows that the server has closed, and posts anew.
#[test]
fn a_post_behind_a_close_that_was_polled_goes_to_a_new_connection() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let Rig { handle, clock, modem, cx } = &mut rig;
        let mut client = SafeHttpClient::new(modem, &*clock);
        let mut buffer = [0; 512];
        for _ in 0..3 {
            let mut online = client.wait_online(cx).unwrap();
            let mut response = online
                .post("http://192.168.4.20:81/", &mut buffer)
                .body(b"")
                .send()
                .unwrap_or_else(|error| panic!("{dialect} {error:?} {:#?}", handle.log()));
            assert_eq!(response.read_to_str().unwrap(), "hello");
            drop(response);
            let begin = clock.0.now();
            while clock.0.now() - begin < 300 * MS {
                // Looking polls the modem.
                client.online(cx).unwrap();
            }
        }
        assert_eq!(handle.stats().connects, 3);
    });
}

#[test]
fn two_sockets_at_once() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect).peer(HOST, 8, echo()));
        let (mut one, mut two) = (rig.connected(7), rig.connected(8));
        for round in 0..5_u8 {
            rig.send_all(&mut one, &[round; 600]);
            rig.send_all(&mut two, &[round + 100; 700]);
            let (mut first, mut second) = (Vec::new(), Vec::new());
            let mut buffer = [0; 64];
            while first.len() < 600 || second.len() < 700 {
                if let Ok(count) = rig.modem.receive(&mut one, &mut buffer) {
                    first.extend(&buffer[..count]);
                }
                if let Ok(count) = rig.modem.receive(&mut two, &mut buffer) {
                    second.extend(&buffer[..count]);
                }
            }
            assert_eq!((first, second), (vec![round; 600], vec![round + 100; 700]));
        }
    });
}

// ---- Active mode ----

#[test]
fn active_mode_overrun_is_an_error_not_silence() {
    both(|dialect| {
        let body = vec![b'x'; 3_000];
        let config = config(dialect)
            .peer(HOST, 9, canned(body, true))
            .fault(Fault::NoPassiveMode, When::Always);
        let mut rig = Rig::joined(config);
        let mut socket = rig.connected(9);
        // The answer comes before `SEND OK` here, and is larger than what is kept.
        let sent = rig.send(&mut socket, b"\r\n\r\n");
        let got = match sent {
            Ok(_) => rig.receive_all(&mut socket, 300).map(|all| all.len()),
            Err(error) => Err(error),
        };
        assert!(got == Err(EspAtError::Overrun) || got == Ok(3_000), "{got:?}");
        println!("{dialect}: {got:?}");
        rig.modem.close(socket).unwrap();
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
    });
}

#[test]
fn active_mode_end_of_stream_waits_for_data_behind_closed() {
    both(|dialect| {
        for fault in [None, Some(Fault::ClosedBeforeData)] {
            let config = config(dialect).fault(Fault::NoPassiveMode, When::Always);
            let mut rig = Rig::joined(config);
            if let Some(fault) = fault {
                rig.handle.fault(fault, When::Always);
            }
            let mut socket = rig.connected(81);
            rig.send_all(&mut socket, b"GET / HTTP/1.1\r\n\r\n");
            assert_eq!(rig.receive_all(&mut socket, 10).unwrap(), HELLO.as_bytes());
        }
    });
}
