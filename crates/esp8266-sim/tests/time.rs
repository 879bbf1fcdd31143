//! Time: virtual and real, the pace of bytes, buffers that fill.

mod common;

use std::time::{Duration, Instant};

use common::{AT2, HOST, NONOS, Rig, ms};
use embedded_io::{Read, ReadReady, Write};
use esp8266_sim::{
    Config, Dialect, Direction, Fault, LogEntry, Modem, PortError, Simulator, When, canned, echo,
};

const START: &str = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80";

/// Long waits cost next to nothing, and end when they should.
#[test]
fn hours_in_no_time() {
    let begin = Instant::now();
    let mut rig = Rig::joined(Config::new(AT2));
    let started = rig.clock.now();
    for _ in 0..100 {
        rig.port.write_now(START.as_bytes());
        rig.port.write_now(b"\r\n");
        // The driver's way: look whether there is something, and look again.
        let mut looks = 0;
        while !rig.port.read_ready().unwrap() {
            looks += 1;
        }
        assert!((11_990..12_100).contains(&looks), "{looks}");
        rig.heard();
    }
    let passed = rig.clock.now() - started;
    assert!(passed >= ms(100 * 12_000) && passed < ms(100 * 12_100));
    assert!(begin.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_blocking_read_that_waits_in_vain_fails() {
    let (_handle, mut port, clock) = Simulator::lockstep(Config::new(AT2).booted());
    let mut byte = [0];
    assert_eq!(Read::read(&mut port, &mut byte), Err(PortError::TimedOut));
    assert!(clock.now() >= Duration::from_secs(60));
    let mut config = Config::new(AT2).booted();
    config.read_timeout = ms(20);
    let (_handle, mut port) = Simulator::spawn(config);
    assert_eq!(Read::read(&mut port, &mut byte), Err(PortError::TimedOut));
}

/// A host that asks again as soon as it is answered.
#[test]
fn asking_takes_time() {
    let mut rig = Rig::passive(Config::new(NONOS));
    let deadline = rig.clock.now() + Duration::from_secs(1);
    let mut asked = 0;
    while rig.clock.now() < deadline {
        rig.port.write_now(b"AT+CIPRECVLEN?\r\n");
        rig.port.read_until(b"OK\r\n").unwrap();
        asked += 1;
    }
    assert_eq!(asked, 6_250);
}

#[test]
fn a_clock_that_ticks() {
    let (_handle, _port, clock) = Simulator::lockstep(Config::new(AT2));
    assert_eq!(clock.now(), clock.now());
    let ticking = clock.ticking(ms(1));
    let deadline = clock.now() + ms(50);
    while ticking.now() < deadline {}
    assert_eq!(clock.now(), deadline);
}

/// Whatever is random elsewhere: two runs are the same, bytes and times.
#[test]
fn runs_are_the_same() {
    let run = || -> Vec<LogEntry> {
        let config = Config::new(NONOS)
            .baud(115_200)
            .peer(HOST, 80, echo())
            .fault(Fault::SendFailThenOk, When::Every(2))
            .fault(Fault::LostByte, When::Every(97));
        let (handle, mut port, _) = Simulator::lockstep(config);
        let lines = ["ATE0", "AT+CWMODE_CUR=1", "AT+CWJAP_CUR=\"sim\",\"simsimsim\""];
        for line in lines.into_iter().chain([START; 3]) {
            port.read_until_quiet(ms(1_000));
            port.write_now(line.as_bytes());
            port.write_now(b"\r\n");
        }
        port.read_until_quiet(ms(1_000));
        handle.log()
    };
    let first = run();
    assert!(first.len() > 10);
    assert_eq!(first, run());
}

#[test]
fn bytes_have_a_pace() {
    for baud in [9_600, 115_200, 921_600] {
        let config = Config::new(AT2).baud(baud).booted();
        let (_handle, mut port, clock) = Simulator::lockstep(config);
        port.write_all(b"ATE0\r\n").unwrap();
        assert_eq!(port.read_until(b"OK\r\n").unwrap(), b"ATE0\r\n\r\nOK\r\n");
        // The answer's bytes after the last of the command; the echo went along with that.
        let bytes = 6 + 1 + 6;
        let expected = Duration::from_nanos(10_000_000_000 / u64::from(baud)) * bytes;
        assert_eq!(clock.now(), expected, "{baud}");
        port.write_all(b"AT\r\n").unwrap();
        let before = clock.now();
        port.flush().unwrap();
        let written = Duration::from_nanos(10_000_000_000 / u64::from(baud)) * 4;
        assert_eq!(clock.now() - before, written);
    }
}

#[test]
fn the_pace_follows_uart_cur() {
    let config = Config::new(AT2).baud(9_600).booted();
    let (handle, mut port, clock) = Simulator::lockstep(config);
    port.write_all(b"AT+UART_CUR=921600,8,1,0,0\r\n").unwrap();
    port.read_until(b"OK\r\n").unwrap();
    port.read_until_quiet(ms(5));
    assert_eq!(handle.with_modem(|modem| modem.baud()), 921_600);
    let before = clock.now();
    port.write_all(b"AT\r\n").unwrap();
    port.read_until(b"OK\r\n").unwrap();
    assert!(clock.now() - before < ms(1));
}

/// In active mode a host that doesn't read loses bytes once its buffer is full; in passive mode it doesn't.
#[test]
fn a_full_buffer_at_the_host() {
    for (passive, lost) in [(false, true), (true, false)] {
        let response = vec![b'x'; 4_000];
        let mut config = Config::new(AT2).peer(HOST, 80, canned(response, false));
        config.host_buffer = Some(256);
        config.baud = Some(115_200);
        let mut rig = Rig::joined(config);
        if passive {
            rig.ask("AT+CIPRECVMODE=1");
        }
        rig.ask(START);
        rig.handle.clear_log();
        rig.ask("AT+CIPSEND=0,4");
        rig.write("\r\n\r\n");
        rig.clock.advance(ms(2_000));
        assert_eq!(rig.handle.stats().overruns > 0, lost);
    }
}

/// A download over a paced line takes what the line takes, and not a tenth more.
#[test]
fn throughput_at_a_pace() {
    const SIZE: usize = 256 << 10;
    let config = Config::new(AT2).baud(921_600).peer(HOST, 80, canned(vec![7; SIZE], true));
    let mut rig = Rig::passive(config);
    rig.ask(START);
    rig.send(b"\r\n\r\n");
    let begin = rig.clock.now();
    let mut received = 0;
    while received < SIZE {
        rig.port.write_now(b"AT+CIPRECVDATA=0,2048\r\n");
        let head = rig.port.read_until(b",").unwrap();
        if head.ends_with(b"+IPD,") {
            rig.port.read_until(b"\r\n").unwrap();
            rig.port.read_until(b",").unwrap();
        }
        let count = (SIZE - received).min(2_048);
        let mut data = vec![0; count];
        rig.port.read_exact(&mut data).unwrap();
        assert!(data.iter().all(|byte| *byte == 7));
        rig.port.read_until(b"OK\r\n").unwrap();
        received += count;
    }
    let line = Duration::from_nanos(10_000_000_000 / 921_600) * SIZE as u32;
    let took = rig.clock.now() - begin;
    assert!(took < line * 11 / 10, "{took:?} of {line:?}");
}

#[test]
fn the_thread_runs_the_modem_and_ends() {
    for dialect in Dialect::ALL {
        let mut config = Config::new(dialect).fault(Fault::LateAnswer, When::Nth(2));
        config.timing.late_answer = ms(30);
        let (handle, mut port) = Simulator::spawn(config);
        port.read_until(b"ready\r\n").unwrap();
        port.write_all(b"ATE0\r\n").unwrap();
        port.read_until(b"OK\r\n").unwrap();
        port.write_all(b"AT\r\n").unwrap();
        // Nobody reads; the thread alone lets the answer come.
        let deadline = Instant::now() + Duration::from_secs(10);
        let answered = |entry: &LogEntry| {
            entry.direction == Direction::ToHost && entry.bytes.ends_with(b"OK\r\n")
        };
        while handle.log().iter().filter(|entry| answered(entry)).count() < 2 {
            assert!(Instant::now() < deadline);
            std::thread::sleep(ms(5));
        }
        assert_eq!(port.read_until(b"OK\r\n").unwrap(), b"\r\nOK\r\n");
        assert_eq!(handle.sent_lines(), ["ATE0", "AT"]);
        drop(handle);
        // Without its thread the modem still answers, as the port drives it too.
        port.write_all(b"AT\r\n").unwrap();
        port.read_until(b"OK\r\n").unwrap();
    }
}

/// The machine without port or thread.
#[test]
fn the_modem_alone() {
    let mut modem = Modem::new(Config::new(AT2));
    assert_eq!(modem.next_event(), Some(Duration::ZERO));
    modem.poll(Duration::ZERO);
    assert_eq!(modem.next_event(), Some(ms(300)));
    assert!(modem.is_busy());
    modem.poll(ms(300));
    let mut output = Vec::new();
    modem.take_output(&mut output);
    assert!(output.ends_with(b"\r\nready\r\n"));
    assert_eq!(modem.next_event(), None);
    output.clear();
    for byte in b"ATE0\r\n" {
        modem.feed(ms(301), &[*byte]);
    }
    modem.take_output(&mut output);
    assert_eq!(output, b"ATE0\r\n\r\nOK\r\n");
    let stats = modem.stats();
    assert_eq!((stats.commands, stats.bytes_to_modem), (1, 6));
    assert_eq!(stats.bytes_to_host as usize, esp8266_sim::BOOT_NOISE.len() + 9 + 12);
}

/// Bytes of any kind, in any mode, never stop the modem from answering.
#[test]
fn random_input() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let words: [&[u8]; 12] = [
        b"AT",
        b"+CIP",
        b"SEND",
        b"=",
        b"0",
        b",",
        b"\"",
        b"\\",
        b"?",
        b"\r\n",
        b"START",
        b"RECVDATA",
    ];
    for dialect in Dialect::ALL {
        let mut rig = Rig::passive(Config::new(dialect).peer(HOST, 80, echo()));
        rig.ask(START);
        for _ in 0..20_000 {
            let value = random();
            match value % 3 {
                0 => rig.port.write_now(&[(value >> 8) as u8]),
                _ => rig.port.write_now(words[(value >> 8) as usize % words.len()]),
            }
            rig.clock.advance(ms(1));
        }
        // Whatever it waits for, data or the end of a line, comes now.
        rig.port.write_now(&[b'x'; 2_048]);
        rig.clock.advance(Duration::from_secs(60));
        rig.ask("");
        rig.ask("ATE0");
        rig.heard();
        assert_eq!(rig.ask("AT"), "\r\nOK\r\n");
    }
}
