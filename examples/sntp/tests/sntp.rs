//! `sntp`: the clock for https, set by a server of the test's.

#![cfg(unix)]

use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::SystemTime;

/// Seconds from 1900 to 1970.
const EPOCH: u64 = 2_208_988_800;

/// A server that answers with this time; and its address.
fn server(seconds: u64) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut request = [0; 128];
        let (count, client) = socket.recv_from(&mut request).unwrap();
        assert!(count >= 48);
        let now = ((seconds + EPOCH) as u32).to_be_bytes();
        let mut answer = [0; 48];
        // Version 4, a server, of stratum 2.
        (answer[0], answer[1]) = (0x24, 2);
        answer[16..20].copy_from_slice(&now);
        answer[24..32].copy_from_slice(&request[40..48]);
        answer[32..36].copy_from_slice(&now);
        answer[40..44].copy_from_slice(&now);
        socket.send_to(&answer, client).unwrap();
    });
    address
}

/// What a request says is the time. It comes back in the answer to it, and in none that somebody made up.
fn asked() -> u64 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let mut request = [0; 128];
        let (count, client) = socket.recv_from(&mut request).unwrap();
        assert_eq!(count, 48);
        // An answer to another request.
        let mut answer = [0; 48];
        (answer[0], answer[1]) = (0x24, 2);
        answer[24..32].copy_from_slice(&request[40..48]);
        answer[31] ^= 1;
        answer[40] = 0xF0;
        socket.send_to(&answer, client).unwrap();
        u64::from_be_bytes(request[40..48].try_into().unwrap())
    });
    let (set, said) = run(&address);
    assert!(!set && said.contains("no time: IncorrectOriginTimestamp"), "{said}");
    server.join().unwrap()
}

#[test]
fn no_two_requests_are_alike() {
    let times = [asked(), asked(), asked()];
    assert!(times[0] != times[1] && times[1] != times[2], "{times:?}");
}

/// Its program. `cargo test` builds examples beside the tests, but has no variable that names them.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("examples/sntp")
}

fn run(server: &str) -> (bool, String) {
    let done = Command::new(program()).arg(server).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn the_clock_is_set_by_a_server() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    // The second rolls over in 2036, where the count of seconds since 1900 begins anew.
    for seconds in [now, 2_085_978_496 + 100] {
        let (set, said) = run(&server(seconds));
        assert!(set, "{said}");
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines[0], "before: Unknown");
        let time: u64 = lines[1]
            .strip_prefix("after: Utc(")
            .unwrap()
            .strip_suffix(')')
            .unwrap()
            .parse()
            .unwrap();
        assert!((seconds..seconds + 10).contains(&time), "{seconds}: {time}");
    }
}

#[test]
fn a_time_before_the_build_and_silence_set_nothing() {
    let (set, said) = run(&server(1_600_000_000));
    assert!(!set && said.contains("no time: InvalidTimestamp"), "{said}");
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (set, said) = run(&silent.local_addr().unwrap().to_string());
    assert!(!set && said.contains("no time: Network"), "{said}");
}
