//! Hostile lines at every position of what a modem says.

use super::*;

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
        let config = Config::new(dialect).booted().peer(HOST, 80, speaks(b"hello\r\n"));
        let (_handle, port, clock) = lockstep(config);
        let mut modem = EspAt::<_, _, 1>::with_rx_buf(port, clock.clone());
        modem.join(&mut cx(), "sim", "simsimsim").unwrap();
        let mut socket = modem.socket().unwrap();
        block(&clock, SECOND, || modem.connect(&mut socket, at(80))).unwrap().unwrap();
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
