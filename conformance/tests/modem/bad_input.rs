//! Answers that are cut short, interrupted, made up: each ends in the right result or a typed error
//! within the deadlines, and the next request works once the modem does.

use conformance::modem::*;
use esp8266_sim::{Config, Dialect, Direction, Edit, Fault, When};
use std::collections::BTreeMap;
use std::time::Duration;

const URL: &str = "http://192.168.4.20:81/";

/// The longest that a GET may take: all its deadlines, one after the other.
const DEADLINES: Duration = Duration::from_secs(25);

/// Once the modem works, the first GET may still meet what is left of the fault.
const RECOVERY: Duration = Duration::from_secs(40);

#[derive(Default)]
struct Tally {
    tried: usize,
    bytes: usize,
    outcomes: BTreeMap<String, usize>,
}

impl Tally {
    /// A GET over what `spoil` makes of the modem's answers.
    fn get(
        &mut self,
        config: Config,
        spoil: impl FnOnce(&Rig),
        what: &str,
    ) -> Result<String, String> {
        let mut rig = Rig::joined(config);
        rig.handle.clear_log();
        spoil(&rig);
        let begin = rig.now();
        let outcome = rig.get(URL);
        assert!(rig.now() - begin < DEADLINES, "{what}: {outcome:?} {:#?}", rig.handle.log());
        if let Ok(body) = &outcome {
            assert_eq!(body, "hello", "{what}");
        }
        self.tried += 1;
        self.bytes += rig.handle.stats().bytes_to_host as usize;
        let name = outcome.as_ref().map_or_else(Clone::clone, |_| "right".into());
        *self.outcomes.entry(name).or_default() += 1;
        rig.handle.clear_faults();
        let (_, recovered) = rig.get_until_ok(URL, RECOVERY);
        assert!(recovered, "{what}: {outcome:?} {:#?}", rig.handle.log());
        outcome
    }

    fn print(&self, what: &str) {
        println!(
            "{what}: {} GETs over {} bytes of answers: {:?}",
            self.tried, self.bytes, self.outcomes
        );
    }
}

/// What a GET makes the modem say, and which of its bytes are data.
fn answers(dialect: Dialect) -> (Vec<u8>, std::ops::Range<usize>) {
    let mut rig = Rig::joined(config(dialect));
    rig.handle.clear_log();
    assert_eq!(rig.get(URL).unwrap(), "hello");
    let log = rig.handle.log();
    let said: Vec<u8> = log
        .into_iter()
        .filter(|entry| entry.direction == Direction::ToHost)
        .flat_map(|entry| entry.bytes)
        .collect();
    let data = said.windows(5).position(|window| window == b"HTTP/").unwrap();
    (said, data..data + HELLO.len())
}

#[test]
fn every_answer_cut_short_at_every_byte() {
    let mut tally = Tally::default();
    for dialect in Dialect::ALL {
        let (said, _) = answers(dialect);
        for at in 0..said.len() as u64 {
            let _ = tally.get(
                config(dialect),
                |rig| rig.handle.cut(at),
                &format!("{dialect} cut at {at}"),
            );
        }
    }
    tally.print("cut");
}

/// Lines that change nothing for a connection.
const HARMLESS: [&[u8]; 6] = [
    b"WIFI CONNECTED\r\n",
    b"WIFI GOT IP\r\n",
    b"WIFI GOT IP\r\r\n",
    b"3,CLOSED\r\n",
    b"\r\n+IPD,4,17\r\n",
    b"+LINK_CONN:0,0,\"TCP\",0,\"192.168.4.20\",81,49154\r\n",
];

/// Lines that do, or lie.
const HARMFUL: [&[u8]; 12] = [
    b"WIFI DISCONNECT\r\n",
    b"0,CLOSED\r\n",
    b"0,CONNECT\r\n",
    b"\r\n+IPD,0,99999\r\n",
    b"\r\n+IPD,0,99999:",
    b"\r\n+IPD,3,5:hello",
    b"\r\nbusy p...\r\n",
    b"\r\nbusy s...\r\n",
    b"\r\nERROR\r\n",
    b"\r\nOK\r\n",
    b"+CIPRECVDATA,-1:",
    b"\r\nready\r\n",
];

#[test]
fn every_harmless_line_at_every_byte_changes_nothing() {
    let mut tally = Tally::default();
    for dialect in Dialect::ALL {
        let (said, data) = answers(dialect);
        for line in HARMLESS {
            for at in 0..said.len() {
                let what = format!(
                    "{dialect} {:?} at {at} of {:?}",
                    line.escape_ascii().to_string(),
                    said.escape_ascii().to_string()
                );
                let got =
                    tally.get(config(dialect), |rig| rig.handle.insert(at as u64, line), &what);
                // Inside data nothing tells it from data, except that they are too many.
                // Nor is the 3 of `3,CLOSED` in the middle of `:43,` told from its own.
                let digits = data.start - 3..data.start;
                let joins = digits.contains(&at) && line.starts_with(b"3");
                assert!(got.is_ok() || data.contains(&at) || joins, "{what}: {got:?}");
                assert!(got.is_err() || !data.contains(&at), "{what}: {got:?}");
            }
        }
    }
    tally.print("harmless lines");
}

#[test]
fn every_harmful_line_at_every_byte_ends_well() {
    let mut tally = Tally::default();
    for dialect in Dialect::ALL {
        let (said, _) = answers(dialect);
        for line in HARMFUL {
            for at in 0..said.len() {
                let what = format!("{dialect} {:?} at {at}", line.escape_ascii().to_string());
                let _ = tally.get(config(dialect), |rig| rig.handle.insert(at as u64, line), &what);
            }
        }
    }
    tally.print("harmful lines");
}

/// Pseudo-random numbers, the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn random_bytes_anywhere() {
    let mut tally = Tally::default();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for dialect in Dialect::ALL {
        let (said, _) = answers(dialect);
        for run in 0..300 {
            let edits: Vec<(u64, Edit)> = (0..1 + random.next() % 3)
                .map(|_| {
                    let at = random.next() % said.len() as u64;
                    let bytes: Vec<u8> =
                        (0..random.next() % 24).map(|_| random.next() as u8).collect();
                    let edit = match random.next() % 4 {
                        0 => Edit::Drop(1 + random.next() % 12),
                        1 => Edit::CutUntilCommand,
                        _ => Edit::Insert(bytes),
                    };
                    (at, edit)
                })
                .collect();
            let what = format!("{dialect} run {run}: {edits:?}");
            let _ = tally.get(
                config(dialect),
                |rig| edits.iter().for_each(|(at, edit)| rig.handle.edit_output(*at, edit.clone())),
                &what,
            );
        }
    }
    tally.print("random bytes");
}

#[test]
fn noise_between_requests_is_no_answer() {
    let mut random = Random(42);
    let mut bytes = 0;
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect));
        for run in 0..200 {
            let noise: Vec<u8> = (0..random.next() % 64).map(|_| random.next() as u8).collect();
            bytes += noise.len();
            rig.handle.inject(&noise);
            let (tries, recovered) = rig.get_until_ok(URL, RECOVERY);
            assert!(
                recovered && tries < 3,
                "{dialect} {run} {tries} {:?}",
                noise.escape_ascii().to_string()
            );
        }
    }
    println!("{bytes} random bytes between requests");
}

#[test]
fn lengths_that_lie() {
    let mut tally = Tally::default();
    for dialect in Dialect::ALL {
        for fault in [Fault::LyingIpdLength, Fault::LyingRecvLength, Fault::EmptyRead] {
            for passive in [true, false] {
                let mut config = config(dialect);
                if !passive {
                    config = config.fault(Fault::NoPassiveMode, When::Always);
                }
                let what = format!("{dialect} {fault} passive: {passive}");
                let got = tally.get(config, |rig| rig.handle.fault(fault, When::Nth(1)), &what);
                println!("{what}: {got:?}");
            }
        }
    }
    tally.print("lying lengths");
}

/// From power-on, two faults at a time.
#[test]
fn pairs_of_faults_from_power_on() {
    let mut random = Random(7);
    let mut outcomes = BTreeMap::<String, usize>::new();
    for dialect in Dialect::ALL {
        for run in 0..150 {
            let mut pick = || {
                let (fault, _) = Fault::ALL[random.next() as usize % Fault::ALL.len()];
                let when = match random.next() % 3 {
                    0 => When::Always,
                    1 => When::Every(2 + random.next() % 4),
                    _ => When::Nth(1 + random.next() % 8),
                };
                (fault, when)
            };
            let (one, two) = (pick(), pick());
            let config = config(dialect).fault(one.0, one.1).fault(two.0, two.1);
            let mut rig = Rig::new(config);
            let what = format!("{dialect} run {run}: {one:?} {two:?}");
            let begin = rig.now();
            let joined = rig.join();
            assert!(rig.now() - begin < Duration::from_secs(31), "{what} {joined:?}");
            let begin = rig.now();
            let outcome = if joined.is_ok() { rig.get(URL) } else { Err("not joined".into()) };
            assert!(rig.now() - begin < DEADLINES * 2, "{what} {outcome:?}");
            let flips = [one.0, two.0].contains(&Fault::FlippedBit);
            if let Ok(body) = &outcome {
                assert!(body == "hello" || flips, "{what} {body:?}");
            }
            let name = outcome.map_or_else(|error| error, |_| "right".into());
            *outcomes.entry(name).or_default() += 1;
            rig.handle.clear_faults();
            // What another rate made of the last line is ended by the next.
            let mut tries = 0;
            while rig.get(URL) != Ok("hello".into()) {
                let _ = rig.join();
                tries += 1;
                assert!(tries < 6, "{what} {:#?}", rig.handle.log());
            }
        }
    }
    println!("{outcomes:#?}");
}
