//! What `esp-at-nal` 0.5 gets wrong, each defect reproduced on the simulated modem in both dialects
//! and shown absent in `EspAt` by the same test. Each prints `defect | esp-at-nal 0.5 | EspAt`.

mod nal_rig;

use conformance::modem::*;
use embedded_nal::{Dns, TcpClientStack, nb};
use esp_at_nal::stack::Error as NalError;
use esp_at_nal::wifi::{CommandError, JoinError as NalJoinError, WifiAdapter};
use esp8266_sim::{AccessPoint, Config, Dialect, Direction, Fault, Handle, When, canned};
use nal_rig::{Nal, NalRig, RX};
use safe_http_client::esp_at::{EspAtError, JoinError};
use safe_http_client::{
    ErrorKind, FnClock, IpConfig, Link, LinkStatus, NalNetwork, NoDns, SafeHttpClient, StackQuirks,
};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::time::Duration;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: 192.168.4.20\r\n\r\n";
/// Neither a length nor chunks: its end is the stream's.
const UNTIL_THE_END: &str = "HTTP/1.1 200 OK\r\n\r\nuntil the end";
const UNTIL_THE_END_PORT: u16 = 90;

fn simulator(dialect: Dialect) -> Config {
    config(dialect).peer(HOST, UNTIL_THE_END_PORT, canned(UNTIL_THE_END, true))
}

fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::NonOs17 | Dialect::Single17 => "NonOS AT 1.7",
        Dialect::EspAt2 => "ESP-AT 2",
    }
}

/// All that the modem said.
fn answers(handle: &Handle) -> String {
    let log = handle.log().into_iter().filter(|entry| entry.direction == Direction::ToHost);
    log.map(|entry| entry.bytes.escape_ascii().to_string()).collect()
}

/// The line of the table.
fn tell(dialect: Dialect, defect: &str, nal: &str, ours: &str) {
    eprintln!("{defect} ({}) | {nal} | {ours}", name(dialect));
}

/// What `EspAt` gets for a request on this socket, for this long at most; whether it ended.
fn exchange(
    rig: &mut Rig,
    socket: &mut <Driver as TcpClientStack>::TcpSocket,
    time: Duration,
) -> (Vec<u8>, bool) {
    let clock = rig.clock.clone();
    let sent = block(&clock, 10 * SECOND, || rig.modem.send(socket, GET)).unwrap().unwrap();
    assert_eq!(sent, GET.len());
    let begin = rig.now();
    let mut all = Vec::new();
    while rig.now() - begin < time {
        let mut buffer = [0; RX];
        match rig.modem.receive(socket, &mut buffer) {
            Ok(0) => return (all, true),
            Ok(count) => all.extend(&buffer[..count]),
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => panic!("{error}"),
        }
    }
    (all, false)
}

/// atat 0.24.1 changed what commands end with, and `esp-at-nal` 0.5 takes what it is given: the
/// firmware goes on waiting for the line's end. The other tests here give it back.
#[test]
fn ends_commands_without_a_line_feed() {
    for dialect in Dialect::ALL {
        let mut rig = NalRig::with(simulator(dialect), false);
        let error = rig.nal.join("sim", "simsimsim").unwrap_err();
        assert_eq!(error, NalJoinError::ModeError(atat::Error::Timeout));
        assert_eq!(rig.handle.sent_lines(), ["AT+CWMODE=1\r"]);
        assert_eq!(rig.handle.stats().commands, 0);

        let rig = Rig::joined(simulator(dialect));
        assert!(rig.handle.stats().commands > 0);
        let nal = "with atat 0.24.1 the firmware takes no command: ModeError(Timeout)";
        tell(dialect, "ends commands without a line feed", nal, "joined");
    }
}

#[test]
fn never_reports_the_end_of_a_stream() {
    for dialect in Dialect::ALL {
        let mut rig = NalRig::joined(simulator(dialect));
        let (mut socket, result) = rig.connect(UNTIL_THE_END_PORT);
        result.unwrap();
        rig.request(&mut socket).unwrap();
        let (got, end) = rig.receive(&mut socket, 60 * SECOND);
        assert_eq!(got, UNTIL_THE_END.as_bytes());
        assert_eq!(end, None, "WouldBlock for a minute, and no end in sight");
        // `0,CLOSED` has come, but atat takes a line without an empty one before it for an echo:
        // not even a question tells.
        assert!(answers(&rig.handle).ends_with("\\r\\nOK\\r\\n0,CLOSED\\r\\n"));
        assert_eq!(rig.nal.is_connected(&socket), Ok(true));
        assert_eq!(rig.nal.send(&mut socket, b""), Ok(0));

        let mut rig = Rig::joined(simulator(dialect));
        let mut socket = rig.connected(UNTIL_THE_END_PORT);
        let begin = rig.now();
        let (got, ended) = exchange(&mut rig, &mut socket, 60 * SECOND);
        let took = (rig.now() - begin).as_millis();
        assert_eq!((got.as_slice(), ended), (UNTIL_THE_END.as_bytes(), true));
        assert!(took < 100, "{took}");
        let ours = format!("Ok(0) after {took} ms");
        let nal = "all data read, then WouldBlock for 60 s and longer, and still \"connected\"";
        tell(dialect, "never reports the end of a stream", nal, &ours);
    }
}

/// What it comes to for a client: a response that ends with the stream is all there, and nobody
/// can know it.
#[test]
fn a_response_that_ends_with_the_stream_never_ends() {
    let url = format!("http://192.168.4.20:{UNTIL_THE_END_PORT}/");
    for dialect in Dialect::ALL {
        let NalRig { handle: _handle, line, nal } = NalRig::joined(simulator(dialect));
        let mut cx = cx();
        // Each look at the clock takes what has come over the line.
        let clock = FnClock(|| {
            line.borrow_mut().pump();
            line.borrow().clock.now_ms() as u32
        });
        let network = NalNetwork::without_dns(nal, Up, StackQuirks::ESP_AT_NAL);
        let mut client = SafeHttpClient::new(network, clock);
        let mut online = client.wait_online(&mut cx).unwrap_or_else(|why| panic!("{why}"));
        let mut buffer = [0; 512];
        let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
        let error = response.read_to_end().unwrap_err();
        assert_eq!(error.code(), "idle_timeout", "{error}");
        drop(response);
        let phase_ms = client.evidence().phase_ms;
        let nal = format!("{} after {phase_ms} ms", error.code());
        drop((client, cx));

        let mut rig = Rig::joined(simulator(dialect));
        assert_eq!(rig.get(&url).as_deref(), Ok("until the end"));
        let defect = "a response that ends with the stream never ends";
        tell(dialect, defect, &nal, "200 OK, whole");
    }
}

#[test]
fn gives_up_on_a_connect_before_the_firmware_and_loses_step() {
    let wrong = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nthe wrong one";
    let right = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nthe right one";
    for dialect in Dialect::ALL {
        let simulator = || {
            simulator(dialect)
                .peer(HOST, 1000, canned(wrong, false))
                .peer(HOST, 2000, canned(right, false))
                .fault(Fault::SlowConnect, When::Nth(1))
        };
        let mut rig = NalRig::joined(simulator());
        let begin = rig.now();
        let (socket, result) = rig.connect(1000);
        assert_eq!(result, Err(NalError::ConnectError(atat::Error::Timeout)));
        let gave_up = (rig.now() - begin).as_millis();
        assert!((5000..5100).contains(&gave_up), "{gave_up}");
        rig.nal.close(socket).unwrap();
        // Each command is now answered `busy p...`, which nobody understands, until the answer to
        // the first connect is taken for that to the third.
        let (socket, result) = rig.connect(2000);
        assert_eq!(result, Err(NalError::ConnectError(atat::Error::Timeout)));
        rig.nal.close(socket).unwrap();
        let (mut socket, result) = rig.connect(2000);
        assert_eq!(result, Ok(()));
        rig.request(&mut socket).unwrap();
        let (got, _) = rig.receive(&mut socket, SECOND);
        assert_eq!(String::from_utf8(got).unwrap(), wrong, "by a connect to the right one");

        let mut rig = Rig::joined(simulator());
        let mut socket = rig.modem.socket().unwrap();
        let clock = rig.clock.clone();
        let result = block(&clock, 5 * SECOND, || rig.modem.connect(&mut socket, at(1000)));
        assert_eq!(result, None, "the firmware isn't done, and no error is made up");
        rig.modem.close(socket).unwrap();
        assert!(rig.modem.is_draining());
        let mut socket = rig.connected(2000);
        let (got, _) = exchange(&mut rig, &mut socket, SECOND);
        assert_eq!(String::from_utf8(got).unwrap(), right);
        assert!(!rig.modem.is_draining());
        let nal = format!(
            "Timeout after {gave_up} ms, again at the next, \
             and the connect after that is answered by the first one's host"
        );
        let ours = "given up after 5 s by its caller, and the next connect reaches its own host";
        tell(dialect, "gives up on a connect before the firmware, and loses step", &nal, ours);
    }
}

/// The firmware's own patience with a host that is down: 12 s.
#[test]
fn gives_up_before_the_firmware_says_why() {
    for dialect in Dialect::ALL {
        let mut rig = NalRig::joined(simulator(dialect).fault(Fault::HostDown, When::Always));
        let (_, result) = rig.connect(80);
        assert_eq!(result, Err(NalError::ConnectError(atat::Error::Timeout)));

        let mut rig = Rig::joined(simulator(dialect).fault(Fault::HostDown, When::Always));
        let mut socket = rig.modem.socket().unwrap();
        let begin = rig.now();
        assert_eq!(rig.connect(&mut socket, 80), Err(EspAtError::ConnectFailed));
        let took = (rig.now() - begin).as_millis();
        assert!((12_000..12_100).contains(&took), "{took}");
        let ours = format!("ConnectFailed, the firmware's own answer, after {took} ms");
        tell(dialect, "gives up before the firmware says why", "Timeout after 5 s", &ours);
    }
}

/// Whether a type implements `Dns`, decided by what the compiler finds first.
struct Probe<T>(PhantomData<T>);

trait WithoutIt {
    const HAS_DNS: bool = false;
}

impl<T> WithoutIt for Probe<T> {}

impl<T: Dns> Probe<T> {
    const HAS_DNS: bool = true;
}

/// The adapter can't tell the link either.
struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::from([192, 168, 4, 2])))
    }
}

#[test]
fn has_no_dns() {
    const { assert!(!Probe::<Nal>::HAS_DNS && Probe::<Driver>::HAS_DNS) }
    let url = "http://gate.local/";
    for dialect in Dialect::ALL {
        let NalRig { handle, line, nal } = NalRig::joined(simulator(dialect));
        let mut cx = cx();
        let clock = SimClock(line.borrow().clock.clone());
        let network = NalNetwork::without_dns(nal, Up, StackQuirks::ESP_AT_NAL);
        let mut client = SafeHttpClient::new(network, clock);
        let mut online = client.wait_online(&mut cx).unwrap_or_else(|why| panic!("{why}"));
        let mut buffer = [0; 512];
        let error = online.get(url, &mut buffer).send().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Resolve(NoDns));
        assert!(!handle.sent_lines().iter().any(|line| line.contains("CIPDOMAIN")));
        drop((client, cx));

        let mut rig = Rig::joined(simulator(dialect));
        assert_eq!(rig.get(url).as_deref(), Ok("hello"));
        assert!(rig.handle.sent_lines().contains(&"AT+CIPDOMAIN=\"gate.local\"".to_owned()));
        let nal = "no `impl Dns`: a name is refused (NoDns)";
        tell(dialect, "has no DNS", nal, "the modem resolves it, 200 OK");
    }
}

#[test]
fn hides_the_reason_of_a_failed_join() {
    for dialect in Dialect::ALL {
        let mut told = Vec::new();
        let mut hidden = Vec::new();
        for (fault, reason) in [
            (Fault::JoinTimeout, JoinError::TimedOut),
            (Fault::WrongPassword, JoinError::WrongPassword),
            (Fault::NoSuchAp, JoinError::NoAccessPoint),
            (Fault::JoinFailed, JoinError::Failed),
        ] {
            let simulator = || simulator(dialect).fault(fault, When::Always);
            let mut rig = NalRig::new(simulator());
            hidden.push(rig.nal.join("sim", "simsimsim").unwrap_err());
            let mut rig = Rig::new(simulator());
            let error = rig.join().unwrap_err();
            assert_eq!(error, reason);
            told.push(error);
        }
        let same = match dialect {
            // Its `FAIL` isn't even taken for an answer.
            Dialect::NonOs17 | Dialect::Single17 => atat::Error::Timeout,
            Dialect::EspAt2 => atat::Error::Error,
        };
        assert_eq!(hidden, vec![NalJoinError::ConnectError(same); 4]);
        let nal = format!("{:?} for all four", hidden[0]);
        tell(dialect, "hides the reason of a failed join", &nal, &format!("{told:?}"));
    }
}

/// What wasn't sent at the firmware's rate comes in before `ready` and after it.
#[test]
fn fails_on_boot_noise_that_isnt_utf8() {
    for dialect in Dialect::ALL {
        let simulator = || simulator(dialect).fault(Fault::BootNoise, When::Always);
        let mut told = Vec::new();
        for (chunk, how, restarted) in
            [(1, "byte by byte", Ok(())), (256, "256 at once", Err(CommandError::ReadyTimeout))]
        {
            let mut rig = NalRig::joined(simulator());
            rig.line.borrow_mut().chunk = chunk;
            let result = rig.nal.restart();
            assert_eq!(result, restarted);
            rig.wait(SECOND);
            let error = rig.nal.join("sim", "simsimsim").unwrap_err();
            assert_eq!(error, NalJoinError::ModeError(atat::Error::Parse));
            told.push(format!("{how}: restart {result:?}, next command {error:?}"));
        }

        let mut rig = Rig::joined(simulator());
        let begin = rig.now();
        rig.modem.restart(&mut rig.cx).unwrap();
        let took = (rig.now() - begin).as_millis();
        assert!(took < 1000, "{took}");
        rig.join().unwrap();
        assert_eq!(rig.get("http://192.168.4.20/").as_deref(), Ok("hello"));
        let ours = format!("restarted in {took} ms, joined, 200 OK");
        tell(dialect, "fails on boot noise that isn't UTF-8", &told.join("; "), &ours);
    }
}

/// `WIFI GOT IP` comes before the answer with the data, and both are handed over at once: text
/// arrives, and bytes that aren't UTF-8 are lost.
#[test]
fn fails_on_data_that_arent_utf8() {
    const PORT: u16 = 91;
    for dialect in Dialect::ALL {
        for (data, utf8) in [(&b"\x00\x7f A\xc3\xa9"[..], true), (b"\xff\xfe\x80\xc0\xe9!!", false)]
        {
            assert_eq!(std::str::from_utf8(data).is_ok(), utf8);
            let simulator = || simulator(dialect).peer(HOST, PORT, canned(data, true));
            let mut rig = NalRig::joined(simulator());
            rig.line.borrow_mut().chunk = 256;
            let (mut socket, result) = rig.connect(PORT);
            result.unwrap();
            rig.request(&mut socket).unwrap();
            rig.wait(100 * MS);
            // Behind the echo, to which NonOS adds a byte.
            let echo = "AT+CIPRECVDATA=0,256\r\n".len() + usize::from(dialect == Dialect::NonOs17);
            rig.handle.insert(echo as u64, b"\r\nWIFI GOT IP\r\n");
            let (got, end) = rig.receive(&mut socket, SECOND);
            assert!(answers(&rig.handle).contains("\\r\\nWIFI GOT IP\\r\\n+CIPRECVDATA"));
            if utf8 {
                assert_eq!((got.as_slice(), end), (data, None));
            } else {
                let error = NalError::ReceiveFailed(atat::Error::Parse);
                assert_eq!((got.as_slice(), end), (&b""[..], Some(Err(error.clone()))));
                // They are gone from the modem, too.
                let (got, end) = rig.receive(&mut socket, SECOND);
                assert_eq!((got.as_slice(), end.is_some()), (&b""[..], true));
                tell(
                    dialect,
                    "fails on data that aren't UTF-8",
                    &format!("{error:?}, and the data are lost"),
                    "received",
                );
            }

            let mut rig = Rig::joined(simulator());
            let mut socket = rig.connected(PORT);
            let clock = rig.clock.clone();
            let sent = block(&clock, SECOND, || rig.modem.send(&mut socket, GET)).unwrap();
            assert_eq!(sent, Ok(GET.len()));
            clock.0.advance(100 * MS);
            rig.handle.insert(0, b"\r\nWIFI GOT IP\r\n");
            let mut buffer = [0; RX];
            let got = block(&clock, SECOND, || rig.modem.receive(&mut socket, &mut buffer));
            assert!(answers(&rig.handle).contains("\\r\\nWIFI GOT IP\\r\\n+CIPRECVDATA"));
            assert_eq!(got, Some(Ok(data.len())));
            assert_eq!(&buffer[..data.len()], data);
        }
    }
}

/// Names of networks are bytes.
#[test]
fn cant_join_a_network_whose_name_isnt_utf8() {
    // `join` of `esp-at-nal` takes a `str`, of which this can't be made.
    let latin_1 = b"caf\xe9";
    for dialect in Dialect::ALL {
        let mut rig = Rig::new(simulator(dialect).ap(AccessPoint::new(latin_1, "simsimsim")));
        rig.modem.join(&mut rig.cx, latin_1, "simsimsim").unwrap();
        let nal = "no way to say it: `join(&str, &str)`";
        tell(dialect, "can't join a network whose name isn't UTF-8", nal, "joined");
    }
}
