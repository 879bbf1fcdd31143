//! Links that lead to real sockets on loopback.

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use common::{AT2, HOST, NONOS, Rig};
use embedded_io::ReadReady;
use esp8266_sim::{BOOT_NOISE, Config, Dialect, SerialPort, Simulator};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: 192.168.4.20\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A server that takes one request, answers and closes; it returns what it heard.
fn server(response: &'static [u8]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        let mut byte = [0];
        while !heard.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            heard.push(byte[0]);
        }
        stream.write_all(response).unwrap();
        heard
    });
    (address, thread)
}

fn say(port: &mut SerialPort, line: &str) {
    embedded_io::Write::write_all(port, format!("{line}\r\n").as_bytes()).unwrap();
}

fn expect(port: &mut SerialPort, text: &str) {
    let mut heard = vec![0; text.len()];
    embedded_io::Read::read_exact(port, &mut heard).unwrap();
    assert_eq!(heard.escape_ascii().to_string(), text.as_bytes().escape_ascii().to_string());
}

/// From power-on to `CLOSED`, each byte as the modem says it.
fn whole_path(dialect: Dialect, real_time: bool) {
    let (address, served) = server(RESPONSE);
    let config = Config::new(dialect).map(HOST, 80, address);
    let (_handle, mut port) = if real_time {
        Simulator::spawn(config)
    } else {
        let (handle, port, _) = Simulator::lockstep(config);
        (handle, port)
    };
    let nonos = dialect == NONOS;
    let mut noise = vec![0; BOOT_NOISE.len()];
    embedded_io::Read::read_exact(&mut port, &mut noise).unwrap();
    assert_eq!(noise, BOOT_NOISE);
    expect(&mut port, "\r\nready\r\n");
    say(&mut port, "ATE0");
    expect(&mut port, if nonos { "ATE0\r\r\n\r\nOK\r\n" } else { "ATE0\r\n\r\nOK\r\n" });
    say(&mut port, "AT+GMR");
    let version = port.read_until(b"OK\r\n").unwrap();
    let starts = if nonos { "AT version:1.7.4.0(" } else { "AT version:2.2.1.0(" };
    assert!(version.starts_with(starts.as_bytes()));
    let cur = if nonos { "_CUR" } else { "" };
    for command in [
        format!("AT+CWMODE{cur}=1"),
        "AT+CIPMUX=1".into(),
        "AT+CIPRECVMODE=1".into(),
        "AT+CIPDINFO=0".into(),
    ] {
        say(&mut port, &command);
        expect(&mut port, "\r\nOK\r\n");
    }
    say(&mut port, &format!("AT+CWJAP{cur}=\"sim\",\"simsimsim\""));
    expect(&mut port, "WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n");
    say(&mut port, "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80");
    expect(&mut port, "0,CONNECT\r\n\r\nOK\r\n");
    say(&mut port, &format!("AT+CIPSEND=0,{}", REQUEST.len()));
    expect(&mut port, if nonos { "\r\nOK\r\n> " } else { "\r\nOK\r\n\r\n>" });
    embedded_io::Write::write_all(&mut port, REQUEST).unwrap();
    expect(&mut port, "\r\nRecv 38 bytes\r\n");
    // The answer may be there before or after SEND OK.
    let mut rest = Vec::new();
    let mut byte = [0];
    let ends: [&[u8]; 2] = [b"\r\nSEND OK\r\n", b"\r\n+IPD,0,43\r\n"];
    while !ends.iter().all(|end| rest.windows(end.len()).any(|it| it == *end)) {
        embedded_io::Read::read_exact(&mut port, &mut byte).unwrap();
        rest.push(byte[0]);
    }
    assert_eq!(rest.len(), ends[0].len() + ends[1].len());
    assert_eq!(served.join().unwrap(), REQUEST);
    say(&mut port, "AT+CIPRECVDATA=0,2048");
    let head = if nonos { "+CIPRECVDATA,43:" } else { "+CIPRECVDATA:43," };
    let body = std::str::from_utf8(RESPONSE).unwrap();
    expect(&mut port, &format!("{head}{body}\r\nOK\r\n0,CLOSED\r\n"));
    assert!(!port.read_ready().unwrap());
}

#[test]
fn the_whole_path_in_lock_step() {
    whole_path(NONOS, false);
    whole_path(AT2, false);
}

#[test]
fn the_whole_path_in_real_time() {
    whole_path(NONOS, true);
    whole_path(AT2, true);
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut rig = Rig::joined(Config::new(AT2).map(HOST, 80, address));
    let begin = rig.clock.now();
    let answer = rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80");
    assert_eq!(answer, "\r\nERROR\r\n0,CLOSED\r\n");
    assert!(rig.clock.now() - begin < Duration::from_secs(1));
}

/// A download larger than the window and the sockets' buffers: nothing is read ahead, nothing lost.
#[test]
fn a_full_window_stops_the_reading() {
    const SIZE: usize = 300_000;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let data: Vec<u8> = (0..SIZE).map(|at| (at % 251) as u8).collect();
        stream.write_all(&data).unwrap();
    });
    let mut rig = Rig::passive(Config::new(AT2).map(HOST, 80, address));
    rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80");
    let deadline = Instant::now() + Duration::from_secs(30);
    while rig.handle.stats().received < 5_760 && Instant::now() < deadline {
        rig.clock.advance(Duration::from_millis(1));
    }
    rig.clock.advance(Duration::from_secs(5));
    assert_eq!(rig.handle.stats().received, 5_760);
    rig.heard();
    assert_eq!(rig.ask("AT+CIPRECVLEN?"), "+CIPRECVLEN:5760,-1,-1,-1,-1\r\n\r\nOK\r\n");
    let mut data = Vec::new();
    while data.len() < SIZE && Instant::now() < deadline {
        say(&mut rig.port, "AT+CIPRECVDATA=0,2048");
        let output = rig.port.read_until(b"\r\n").unwrap();
        // Whatever precedes the answer is a notice of data.
        let Some(count) = output.strip_prefix(b"+CIPRECVDATA:") else {
            rig.port.read_until_quiet(Duration::from_millis(2));
            continue;
        };
        let comma = count.iter().position(|it| *it == b',').unwrap();
        let length: usize = std::str::from_utf8(&count[..comma]).unwrap().parse().unwrap();
        let mut piece = count[comma + 1..].to_vec();
        if piece.len() < length {
            let mut rest = vec![0; length - piece.len()];
            embedded_io::Read::read_exact(&mut rig.port, &mut rest).unwrap();
            piece.extend(rest);
        }
        data.extend_from_slice(&piece[..length]);
        rig.port.read_until_quiet(Duration::from_millis(2));
    }
    served.join().unwrap();
    assert_eq!(data.len(), SIZE);
    assert!(data.iter().enumerate().all(|(at, byte)| *byte == (at % 251) as u8));
}

#[test]
fn datagrams() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let served = spawn(move || {
        let mut buffer = [0; 64];
        let (count, from) = socket.recv_from(&mut buffer).unwrap();
        socket.send_to(&buffer[..count], from).unwrap();
    });
    let mut rig = Rig::passive(Config::new(NONOS).map(HOST, 53, address));
    let answer = rig.ask("AT+CIPSTART=0,\"UDP\",\"192.168.4.20\",53,4000");
    assert_eq!(answer, "0,CONNECT\r\n\r\nOK\r\n");
    let status = rig.ask("AT+CIPSTATUS");
    assert!(status.contains("+CIPSTATUS:0,\"UDP\",\"192.168.4.20\",53,4000,0\r\n"), "{status}");
    // The socket is real, and virtual time doesn't wait for it: the echo may come before the
    // modem has said that the datagram was sent, or long after.
    let mut heard = rig.send(b"ping").into_bytes();
    served.join().unwrap();
    // On NonOS datagrams are active even in passive mode.
    let echo = b"\r\n+IPD,0,4:ping";
    let has = |heard: &[u8], part: &[u8]| heard.windows(part.len()).any(|window| window == part);
    for _ in 0..200 {
        if has(&heard, echo) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
        heard.extend(rig.port.read_until_quiet(Duration::from_millis(50)));
    }
    assert!(has(&heard, echo), "{}", heard.escape_ascii());
    assert!(has(&heard, b"SEND OK\r\n"), "{}", heard.escape_ascii());
}
