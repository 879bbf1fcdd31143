//! Every fault of the simulated modem and its network: what a GET comes to, and that the next works.

use conformance::modem::*;
use esp8266_sim::{Dialect, Endpoint, Fault, Trigger, When, canned};
use safe_http_client::LinkStatus;
use std::time::Duration;

const OK: &str = "hello";

/// What a GET comes to that meets the fault once (or, if it is a state, all the time).
fn expected(fault: Fault) -> &'static str {
    match fault {
        // Silence in the middle of a connect is no death: the firmware may be deaf until it is through.
        Fault::WrongBaudRate
        | Fault::SilentModem
        | Fault::BusyForever
        | Fault::BusyRefusesReset
        | Fault::StaticIpWrongSubnet
        | Fault::ApIsolation
        | Fault::HostDown
        | Fault::GatewayDown
        | Fault::Firewall
        | Fault::SlowConnect => "connect_timeout",
        Fault::ResetOnCommand => "connect_failed: ModemReset",
        Fault::ResetMidRequest | Fault::ForceRestart => "send_failed: ModemReset",
        Fault::WifiDropMidRequest | Fault::SendFail | Fault::SendCanceled | Fault::LinkNotValid => {
            "send_failed: SendFailed"
        }
        Fault::DnsFailure | Fault::NoDnsServer | Fault::IpUnset => {
            "name_not_resolved: NameNotFound"
        }
        Fault::DnsSlow | Fault::NameHangs => "resolve_timeout",
        Fault::DnsZero | Fault::DnsBroadcast => "name_resolved_to_no_host",
        Fault::PortRefused | Fault::ConnectErrorNoId => "connect_failed: ConnectFailed",
        Fault::NoMoreLinks => "connect_failed: NotDialled",
        Fault::SlowServer => "response_timeout",
        Fault::LostSendOk => "send_failed: DeliveryUnknown",
        Fault::ClosedAfterSend => "empty_reply",
        Fault::BodyCut => "truncated",
        Fault::LyingRecvLength => "receive_failed: Corrupted",
        Fault::CaptivePortal => "portal",
        // All others are absorbed.
        _ => OK,
    }
}

#[test]
fn every_fault_ends_in_the_right_result_or_a_typed_error_and_the_next_get_works() {
    println!("{:24} {:6} {:>9}  {:34} next", "fault", "family", "after", "a GET comes to");
    for &(fault, _) in Fault::ALL {
        for dialect in Dialect::WITH_SINGLE {
            let mut config = config(dialect);
            let portal = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nportal";
            config.lan.captive_portal = Some(Endpoint::Peer(canned(portal, true)));
            let mut rig = Rig::joined(config);
            let by_name = fault.trigger() == Trigger::Resolve || fault == Fault::NoDnsServer;
            let url = if by_name { "http://gate.local:81/" } else { "http://192.168.4.20:81/" };
            let is_state = fault.trigger() == Trigger::State;
            rig.handle.fault(fault, if is_state { When::Always } else { When::Nth(1) });
            let begin = rig.now();
            let outcome = rig.get(url).unwrap_or_else(|error| error);
            let took = (rig.now() - begin).as_secs_f32();
            rig.handle.clear_faults();
            let begin = rig.now();
            let (tries, recovered) = rig.get_until_ok(url, Duration::from_secs(45));
            println!(
                "{:24} {:6} {took:7.3} s  {outcome:34} try {tries}, {:.3} s",
                fault.name(),
                dialect.to_string(),
                (rig.now() - begin).as_secs_f32()
            );
            assert_eq!(outcome, expected(fault), "{fault} {dialect}");
            assert!(recovered, "{fault} {dialect} {:#?}", rig.handle.log());
        }
    }
}

#[test]
fn every_join_fault_has_its_reason_and_the_next_join_works() {
    for (fault, reason) in [
        (Fault::JoinTimeout, "TimedOut"),
        (Fault::WrongPassword, "WrongPassword"),
        (Fault::NoSuchAp, "NoAccessPoint"),
        (Fault::JoinFailed, "Failed"),
        (Fault::NoDhcp, "NoAddress"),
    ] {
        for dialect in Dialect::WITH_SINGLE {
            let mut rig = Rig::new(config(dialect).fault(fault, When::Nth(1)));
            let error = rig.join().unwrap_err();
            assert_eq!(format!("{error:?}"), reason, "{dialect}");
            println!(
                "{fault} {dialect}: {error} ({:?})",
                rig.modem.last_answer().escape_ascii().to_string()
            );
            rig.join().unwrap();
            assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
        }
    }
}

/// `WIFI CONNECTED` isn't an address.
#[test]
fn associated_without_an_address_is_no_link() {
    use safe_http_client::{Link, Network};
    for dialect in Dialect::WITH_SINGLE {
        let mut rig = Rig::new(config(dialect).fault(Fault::NoDhcp, When::Always));
        rig.join().unwrap_err();
        assert_eq!(rig.modem.link_status(), LinkStatus::NoAddress);
        rig.modem.poll_network();
        assert_eq!(rig.modem.link_status(), LinkStatus::NoAddress);
        assert_eq!(rig.get("http://192.168.4.20/"), Err("no_address".into()));
    }
}

/// Any command may be the one that meets the fault, not only the first.
#[test]
fn faults_of_commands_at_each_command() {
    let mut runs = 0;
    for fault in [Fault::BusyAfterOk, Fault::LostAnswer, Fault::LateAnswer, Fault::ResetOnCommand] {
        for dialect in Dialect::WITH_SINGLE {
            for nth in 1..=16 {
                // From power-on: start-up, join and a GET.
                let mut rig = Rig::new(config(dialect).fault(fault, When::Nth(nth)));
                let joined = rig.join();
                let got = rig.get("http://gate.local/");
                let outcome = format!("{joined:?} {got:?}");
                let (_, recovered) =
                    rig.get_until_ok("http://gate.local/", Duration::from_secs(30));
                assert!(
                    recovered || joined.is_err(),
                    "{fault} {dialect} {nth}: {outcome} {:#?}",
                    rig.handle.log()
                );
                if joined.is_err() {
                    rig.join().unwrap_or_else(|error| {
                        panic!("{fault} {dialect} {nth}: {error} {:#?}", rig.handle.log())
                    });
                }
                assert_eq!(
                    rig.get("http://gate.local/").unwrap(),
                    "hello",
                    "{fault} {dialect} {nth}"
                );
                println!("{fault} at command {nth} of {dialect}: {outcome}");
                runs += 1;
            }
        }
    }
    println!("{runs} runs");
}

/// The faults of single bytes, at each byte of start-up, join and a GET.
#[test]
fn lost_and_flipped_bytes_anywhere() {
    let mut counts = std::collections::BTreeMap::new();
    for fault in [Fault::UnsolicitedLine, Fault::CutAnswer, Fault::LostByte, Fault::FlippedBit] {
        for dialect in Dialect::WITH_SINGLE {
            let booted = |nth| {
                let mut rig = Rig::new(config(dialect).booted().fault(fault, When::Nth(nth)));
                let joined = rig.join();
                let got = rig.get("http://192.168.4.20:81/");
                (rig, joined, got)
            };
            let (rig, ..) = booted(u64::MAX);
            let bytes = rig.handle.produced();
            drop(rig);
            for nth in 1..=bytes {
                let (mut rig, joined, got) = booted(nth);
                if let Ok(body) = &got {
                    // A bit flipped in the data can't be told from data.
                    assert!(
                        body == "hello" || fault == Fault::FlippedBit,
                        "{fault} {nth} {body:?}"
                    );
                }
                let what = match &got {
                    Ok(_) => "ok".into(),
                    Err(error) => format!("{} {error}", joined.is_ok()),
                };
                *counts.entry(format!("{fault} {what}")).or_insert(0) += 1;
                if joined.is_err() {
                    rig.join().unwrap_or_else(|error| {
                        panic!("{fault} {dialect} {nth}: {error} {:#?}", rig.handle.log())
                    });
                }
                let (_, recovered) =
                    rig.get_until_ok("http://192.168.4.20:81/", Duration::from_secs(30));
                assert!(recovered, "{fault} {dialect} {nth} {:#?}", rig.handle.log());
            }
        }
    }
    println!("{counts:#?}");
}

#[test]
fn a_modem_without_passive_mode_is_used_in_active_mode() {
    for config in [
        config(Dialect::EspAt2).version("2.0.0".parse().unwrap()),
        config(Dialect::NonOs17).version("1.6.2".parse().unwrap()),
        config(Dialect::EspAt2).fault(Fault::NoPassiveMode, When::Always),
        config(Dialect::NonOs17).fault(Fault::NoPassiveMode, When::Always),
    ] {
        let mut rig = Rig::joined(config);
        assert_eq!(rig.modem.is_passive(), Some(false));
        for url in ["http://192.168.4.20/", "http://192.168.4.20:81/"] {
            assert_eq!(rig.get(url).unwrap(), "hello");
        }
    }
}
