//! What a diagnosis knows on the modem: the driver's own facts, and the active check over it.

mod check;
mod facts;

use conformance::modem::*;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use esp8266_sim::{Config, Dialect, Fault, When, canned};
use safe_http_client::esp_at::{AtCommand, EspAtError, Setting, Sleep, TlsVerification};
use safe_http_client::{
    Cause, Confidence, Diagnostics, Link, LinkStatus, Network, NoPing, Report, SafeHttpClient,
    StackFault, StepOutcome,
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);
const DEAD: [u8; 4] = [192, 168, 4, 99];

const BY_NAME: &str = "http://gate.local/";
const BY_ADDRESS: &str = "http://192.168.4.20/";

/// A diagnosis in short.
#[derive(Debug, PartialEq)]
struct Found {
    cause: Cause,
    confidence: Confidence,
    fault: StackFault,
    words: String,
}

fn has_dns(rig: &mut Rig) -> Option<bool> {
    match rig.modem.link_status() {
        LinkStatus::Up(ip) => ip.has_dns,
        status => panic!("{status:?}"),
    }
}

fn is_busy(rig: &Rig) -> bool {
    rig.modem.status().pending == StackFault::Busy
}

fn ping(rig: &mut Rig, host: impl Into<IpAddr>) -> Result<Option<u32>, NoPing> {
    let host = host.into();
    block(&rig.clock, 60 * SECOND, || Diagnostics::ping(&mut rig.modem, host)).unwrap()
}

/// A GET that fails, and why.
fn fails(rig: &mut Rig, url: &str) -> Found {
    let Rig { modem, clock, cx, .. } = rig;
    let mut client = SafeHttpClient::new(modem, &*clock);
    let mut online = client.wait_online(cx).unwrap();
    let error = online.get(url, [0; 512]).send().map(|_| ()).expect_err("an error");
    let diagnosis = client.diagnosis(&error);
    Found {
        cause: diagnosis.cause(),
        confidence: diagnosis.confidence(),
        fault: diagnosis.evidence().fault,
        words: String::from_utf8_lossy(diagnosis.last_words())
            .split_ascii_whitespace()
            .map(|word| if word.parse::<u32>().is_ok() { "n" } else { word })
            .collect::<Vec<_>>()
            .join(" "),
    }
}

fn diagnose(rig: &mut Rig, url: &str) -> Report {
    let Rig { modem, clock, cx, .. } = rig;
    SafeHttpClient::new(modem, &*clock).diagnose(cx, url)
}

// ---- What an error stands for ----

#[test]
fn each_error_stands_for_its_fault() {
    let rig = Rig::new(config(Dialect::EspAt2));
    for (error, fault) in [
        (EspAtError::Serial(embedded_io::ErrorKind::Other), StackFault::SerialGarbled),
        (EspAtError::NoAnswer, StackFault::ModemSilent),
        (EspAtError::AnswerMissed, StackFault::SerialGarbled),
        (EspAtError::FellSilent(AtCommand::Cipdomain), StackFault::ModemSilent),
        (EspAtError::Wedged, StackFault::ModemHung),
        (EspAtError::TakesNoRestart, StackFault::ModemHung),
        (EspAtError::LineEnd, StackFault::Unknown),
        (
            EspAtError::UnfitFirmware { major: 0, minor: 9, refused: AtCommand::Cwmode },
            StackFault::UnfitFirmware,
        ),
        (EspAtError::ModemReset, StackFault::ModemReset),
        (EspAtError::Rejected, StackFault::Unknown),
        (EspAtError::NoFreeSocket, StackFault::NoSocket),
        (EspAtError::NotConnected, StackFault::Closed),
        (EspAtError::Closed, StackFault::Closed),
        (EspAtError::NoAddress, StackFault::NoAddress),
        (EspAtError::ConnectFailed, StackFault::Indistinct),
        (EspAtError::NotDialled, StackFault::NotDialled),
        (EspAtError::OutOfMemory { free: 1 }, StackFault::OutOfMemory),
        (EspAtError::SendFailed, StackFault::Undelivered),
        (EspAtError::DeliveryUnknown, StackFault::Undelivered),
        (EspAtError::Corrupted, StackFault::SerialGarbled),
        (EspAtError::Overrun, StackFault::SerialGarbled),
        (EspAtError::NotIpv4, StackFault::Unreachable),
        (EspAtError::NameNotFound, StackFault::NameNotFound),
        (EspAtError::TooLong, StackFault::Unknown),
        (EspAtError::NoTls, StackFault::Unknown),
    ] {
        assert_eq!(rig.modem.tcp_fault(&error), fault, "{error:?}");
        assert_eq!(rig.modem.dns_fault(&error), fault, "{error:?}");
    }
}

/// The cause of a failed GET, and the firmware's own words for it.
#[test]
fn a_failed_request_keeps_the_words_that_it_failed_with() {
    use Cause::*;
    use Confidence::*;
    for (fault, url, cause, confidence, stands_for, nonos, esp_at) in [
        (
            Fault::PortRefused,
            BY_ADDRESS,
            (NothingListens),
            Likely,
            StackFault::Indistinct,
            "ERROR 0,CLOSED",
            "ERROR 0,CLOSED",
        ),
        (
            Fault::ConnectErrorNoId,
            BY_ADDRESS,
            NothingListens,
            Likely,
            StackFault::Indistinct,
            "ERROR CLOSED",
            "ERROR CLOSED",
        ),
        (
            Fault::NoMoreLinks,
            BY_ADDRESS,
            OutOfSockets,
            Likely,
            StackFault::NotDialled,
            "ERROR",
            "ERROR",
        ),
        (
            Fault::HostDown,
            BY_ADDRESS,
            HostDown,
            Likely,
            StackFault::Unknown,
            "busy p... busy p...",
            "busy p... busy p...",
        ),
        (
            Fault::BusyForever,
            BY_ADDRESS,
            ModemUnresponsive,
            Likely,
            StackFault::Busy,
            "busy p...",
            "busy p...",
        ),
        (
            Fault::DnsFailure,
            BY_NAME,
            NameNotResolved,
            Likely,
            StackFault::NameNotFound,
            "DNS Fail ERROR",
            "ERROR",
        ),
        (
            Fault::SendFail,
            BY_ADDRESS,
            ConnectionLost,
            Likely,
            StackFault::Undelivered,
            "OK > Recv n bytes SEND FAIL",
            "OK > Recv n bytes SEND FAIL",
        ),
        (
            Fault::ResetOnCommand,
            BY_ADDRESS,
            ModemReset,
            Certain,
            StackFault::ModemReset,
            "ready",
            "ready",
        ),
    ] {
        for (dialect, words) in [(Dialect::NonOs17, nonos), (Dialect::EspAt2, esp_at)] {
            let mut rig = Rig::joined(config(dialect));
            rig.handle.fault(fault, When::Always);
            let found = fails(&mut rig, url);
            println!("{fault} {dialect}: {found:?}");
            // A reset is told with noise before it, at another baud rate.
            let told = found.words == words || (words == "ready" && found.words.ends_with(words));
            assert!(told, "{fault} {dialect}: {found:?}");
            let expected = (cause, confidence, stands_for);
            assert_eq!((found.cause, found.confidence, found.fault), expected, "{fault} {dialect}");
        }
    }
}

/// Silence in the middle of a connect isn't death: firmwares exist that are deaf until they are through.
/// Behind the time that any may take it is; and it's never the wiring, for the modem had answered.
#[test]
fn a_modem_that_falls_silent_in_a_connect_is_dead_once_no_firmware_takes_so_long() {
    for dialect in Dialect::WITH_SINGLE {
        for (most, cause, confidence, fault) in [
            (5, Cause::HostDown, Confidence::Likely, StackFault::Unknown),
            (60, Cause::ModemUnresponsive, Confidence::Certain, StackFault::ModemSilent),
        ] {
            let mut rig = Rig::joined(config(dialect));
            rig.handle.fault(Fault::SilentModem, When::Always);
            let Rig { modem, clock, cx, .. } = &mut rig;
            let mut client = SafeHttpClient::new(modem, &*clock);
            let mut online = client.wait_online(cx).unwrap();
            let request = online.get(BY_ADDRESS, [0; 512]).connect_timeout(most * SECOND);
            let error = request.send().map(|_| ()).unwrap_err();
            let text = format!("{error:?}");
            let found = client.diagnosis(&error);
            let told = (found.cause(), found.confidence(), found.evidence().fault);
            assert_eq!(told, (cause, confidence, fault), "{dialect} {most}");
            assert_eq!(text.contains("FellSilent(Cipstart)"), most == 60, "{text}");
            assert_eq!(found.last_words(), b"", "{dialect} {most}");
        }
    }
}

/// The words are those of the step that failed: not another's before it, and not the driver's own behind.
#[test]
fn the_raw_answer_is_that_of_the_step_that_failed() {
    for dialect in Dialect::WITH_SINGLE {
        let mut rig = Rig::joined(config(dialect));
        // It waits for a connect that was given up: nothing was said to it yet.
        rig.handle.fault(Fault::HostDown, When::Always);
        let mut given_up = rig.modem.socket().unwrap();
        let host = at(80);
        block(&rig.clock, SECOND, || rig.modem.connect(&mut given_up, host));
        rig.modem.close(given_up).unwrap();
        let found = fails(&mut rig, BY_ADDRESS);
        assert_eq!(found.words, "", "{dialect} {found:?}");
        rig.poll(20 * SECOND);
        // A name that didn't resolve, behind a connect that failed.
        rig.handle.clear_faults();
        rig.handle.fault(Fault::PortRefused, When::Nth(1));
        assert_eq!(fails(&mut rig, BY_ADDRESS).words, "ERROR 0,CLOSED", "{dialect}");
        rig.handle.fault(Fault::DnsFailure, When::Nth(1));
        let words = if dialect.is_nonos() { "DNS Fail ERROR" } else { "ERROR" };
        assert_eq!(fails(&mut rig, BY_NAME).words, words, "{dialect}");
        // What the driver asks behind it doesn't hide it: the start-up of a modem that fell silent.
        rig.handle.fault(Fault::NameHangs, When::Always);
        assert_eq!(fails(&mut rig, "http://hangs.local/").words, "", "{dialect}");
    }
}

/// On the modem a refusal costs no AT command.
#[test]
fn a_refused_request_is_no_command_for_the_modem() {
    for dialect in Dialect::ALL {
        let Rig { handle, clock, mut modem, mut cx } = Rig::joined(config(dialect));
        let mut client = SafeHttpClient::new(&mut modem, &clock);
        let mut online = client.online(&mut cx).unwrap();
        handle.clear_log();
        for (url, code) in [
            ("http://localhost/", "loopback_target"),
            ("http://0.0.0.0/", "no_host_target"),
            ("http://192.168.4.2/", "own_address"),
            ("http://192.168.4.20:443/", "plain_on_tls_port"),
            ("https://192.168.4.20/", "no_tls"),
            ("http://http://192.168.4.20/", "scheme_in_host"),
        ] {
            let error = online.get(url, [0; 512]).send().map(|_| ()).unwrap_err();
            assert_eq!(error.code(), code, "{dialect} {url}");
            assert_eq!(handle.sent_lines(), Vec::<String>::new(), "{dialect} {url}");
        }
    }
}

// ---- A connect that was never dialled ----

/// `ERROR` at once and no `CLOSED`, and no link there to close. Whatever is like it and may have gone
/// out is a failed connect.
#[test]
fn only_what_was_surely_not_dialled_counts_as_that() {
    let after_error = b"\r\nERROR\r\n".len() as u64;
    let slow = |mut config: Config| {
        config.timing.connect = Duration::from_millis(150);
        config
    };
    type Change = fn(Config) -> Config;
    let same: Change = |config| config;
    for (what, faults, change, closed, expected) in [
        ("out of sockets", &[Fault::NoMoreLinks][..], same, "", EspAtError::NotDialled),
        (
            "out of sockets, few words",
            &[Fault::NoMoreLinks, Fault::TerseErrors],
            same,
            "",
            EspAtError::NotDialled,
        ),
        (
            "out of sockets, with an echo",
            &[Fault::NoMoreLinks, Fault::StickyEcho],
            same,
            "",
            EspAtError::NotDialled,
        ),
        ("refused", &[Fault::PortRefused], same, "", EspAtError::ConnectFailed),
        (
            "refused, few words",
            &[Fault::PortRefused, Fault::TerseErrors],
            same,
            "",
            EspAtError::ConnectFailed,
        ),
        ("refused, no id", &[Fault::ConnectErrorNoId], same, "", EspAtError::ConnectFailed),
        (
            "refused far away, CLOSED lost",
            &[Fault::PortRefused],
            slow,
            "lost",
            EspAtError::ConnectFailed,
        ),
        (
            "refused, CLOSED garbled",
            &[Fault::PortRefused],
            same,
            "garbled",
            EspAtError::ConnectFailed,
        ),
    ] {
        both(|dialect| {
            let mut rig = Rig::new(change(config(dialect)));
            for fault in faults {
                rig.handle.fault(*fault, When::Always);
            }
            rig.join().unwrap();
            match closed {
                "lost" => rig.handle.cut(rig.handle.produced() + after_error),
                "garbled" => {
                    rig.handle.edit_output(
                        rig.handle.produced() + after_error + 2,
                        esp8266_sim::Edit::Flip(1),
                    );
                }
                _ => {}
            }
            let error = Err(format!("connect_failed: {expected:?}"));
            assert_eq!(rig.get(BY_ADDRESS), error, "{what} {dialect} {:#?}", rig.handle.log());
        });
    }
}

/// Firmware that leaves `ALREADY CONNECTED` out says `ERROR` alone, too: there is a link to close.
#[test]
fn a_stale_link_is_no_want_of_sockets() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::TerseErrors, When::Always);
        rig.handle.fault(Fault::AlreadyConnected, When::Nth(1));
        assert_eq!(rig.get(BY_ADDRESS).unwrap(), "hello");
    });
}

/// It may also have lost its address, on firmware that leaves `no ip` out: it is asked.
#[test]
fn behind_a_connect_that_was_not_dialled_the_link_is_looked_at() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::NoMoreLinks, When::Nth(1));
        rig.get(BY_ADDRESS).unwrap_err();
        rig.poll(SECOND);
        assert_eq!(rig.handle.sent_lines().last().unwrap(), "AT+CIPSTATUS");
    });
}
