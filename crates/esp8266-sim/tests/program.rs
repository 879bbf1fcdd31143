//! The program, over each of its transports.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use esp8266_sim::Fault;

fn program(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_esp8266-sim"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn output(arguments: &[&str], input: &[u8]) -> (bool, Vec<u8>, String) {
    let mut child = program(arguments);
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), output.stdout, errors)
}

/// Ends the program even when a test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn expect(stream: &mut impl Read, text: &str) {
    let mut heard = vec![0; text.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard.escape_ascii().to_string(), text.as_bytes().escape_ascii().to_string());
}

#[test]
fn standard_input_and_output() {
    let (success, heard, _) = output(
        &["--stdio", "--booted", "--dialect", "nonos", "--version", "1.7.5"],
        b"ATE0\r\nAT+GMR\r\n",
    );
    let heard = String::from_utf8(heard).unwrap();
    assert!(success);
    assert!(heard.starts_with("ATE0\r\r\n\r\nOK\r\nAT version:1.7.5.0("), "{heard}");
    assert!(heard.ends_with("\r\nOK\r\n"));
}

#[test]
fn names_maps_and_faults() {
    let (success, heard, _) = output(
        &[
            "--stdio",
            "--booted",
            "--ap",
            "home:secret:1",
            "--lan",
            "10.1.2",
            "--host",
            "gate=10.1.2.9",
            "--fault",
            "cisfr-typo",
            "--fault",
            "lost-answer@1",
        ],
        b"ATE0\r\n",
    );
    assert!(success);
    // The echo isn't part of the answer that is lost.
    assert_eq!(heard, b"ATE0\r\n");

    let mut child = Running(program(&[
        "--stdio",
        "--booted",
        "--ap",
        "home:secret:1",
        "--lan",
        "10.1.2",
        "--host",
        "gate=10.1.2.9",
        "--fault",
        "cisfr-typo",
    ]));
    let mut input = child.0.stdin.take().unwrap();
    let mut heard = child.0.stdout.take().unwrap();
    input.write_all(b"ATE0\r\n").unwrap();
    expect(&mut heard, "ATE0\r\n\r\nOK\r\n");
    input.write_all(b"AT+CWJAP=\"home\",\"secret:1\"\r\n").unwrap();
    expect(&mut heard, "WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n");
    input.write_all(b"AT+CIPDOMAIN=\"gate\"\r\n").unwrap();
    expect(&mut heard, "+CIPDOMAIN:\"10.1.2.9\"\r\n\r\nOK\r\n");
    input.write_all(b"AT+CIFSR\r\n").unwrap();
    expect(&mut heard, "+CISFR:STAIP,\"10.1.2.2\"\r\n");
}

#[test]
fn a_tcp_port_for_one_host_after_the_other() {
    let mut child = Running(program(&["--tcp", "0", "--booted"]));
    let mut address = String::new();
    let stdout = child.0.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut address).unwrap();
    for answer in ["ATE0\r\n\r\nOK\r\n", "\r\nOK\r\n"] {
        let mut stream = TcpStream::connect(address.trim()).unwrap();
        stream.write_all(b"ATE0\r\n").unwrap();
        expect(&mut stream, answer);
    }
}

#[cfg(unix)]
#[test]
fn a_pseudo_terminal() {
    let mut child = Running(program(&["--pty", "--booted", "--baud", "921600"]));
    let mut path = String::new();
    let stdout = child.0.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut path).unwrap();
    for answer in ["ATE0\r\n\r\nOK\r\n", "\r\nOK\r\n"] {
        let mut terminal =
            std::fs::File::options().read(true).write(true).open(path.trim()).unwrap();
        terminal.write_all(b"ATE0\r\n").unwrap();
        expect(&mut terminal, answer);
    }
}

#[test]
fn the_list_of_faults() {
    let (success, heard, _) = output(&["--list-faults"], b"");
    let heard = String::from_utf8(heard).unwrap();
    assert!(success);
    assert_eq!(heard.lines().count(), Fault::ALL.len());
    for (line, (fault, about)) in heard.lines().zip(Fault::ALL) {
        assert!(line.starts_with(fault.name()) && line.ends_with(about));
    }
}

#[test]
fn wrong_arguments() {
    for (arguments, says) in [
        (&["--stdio", "--fault", "nonsense"][..], "no fault `nonsense`"),
        (&["--baud", "9600"], "--pty, --stdio and --tcp"),
        (&["--stdio", "--map", "1.2.3.4:1=x"], "invalid socket address"),
        (&["--stdio", "--ap", "name"], "`name` has no `:`"),
        (&["--dialect", "esp32"], "no dialect `esp32`"),
        (&["--nonsense"], "--nonsense"),
    ] {
        let mut child = program(arguments);
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(errors.contains(says), "{errors}");
    }
}
