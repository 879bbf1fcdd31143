//! On a port of the operating system.

use crate::run::run;
use esp8266_sim::serve::Server;
use esp8266_sim::{Config, Dialect};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::channel;
use std::thread;

/// Answers each request with its body, on a port of this machine.
fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || -> std::io::Result<()> {
                let mut reader = BufReader::new(&stream);
                loop {
                    let (mut length, mut line) = (0, String::new());
                    while line != "\r\n" {
                        line.clear();
                        if reader.read_line(&mut line)? == 0 {
                            return Ok(());
                        }
                        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                            length = value.trim().parse().unwrap_or(0);
                        }
                    }
                    let mut body = vec![0; length];
                    reader.read_exact(&mut body)?;
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
                    (&stream).write_all(&[head.as_bytes(), &body].concat())?;
                }
            });
        }
    });
    address
}

/// The same sketch with `--port`, on a pseudo-terminal that a modem sits behind.
#[test]
fn sketches_run_on_a_port_of_the_operating_system() {
    for dialect in Dialect::ALL {
        let config = Config::new(dialect).map([192, 168, 4, 20], 8080, echo_server());
        let (told, path) = channel();
        thread::spawn(move || {
            Server::new(config).pty(|path| told.send(path.to_owned()).unwrap()).unwrap();
        });
        let port = path.recv().unwrap();
        let url = "http://192.168.4.20:8080";
        let args =
            ["--port", &port, "--url", url, "--runs", "2", "--every", "0.2", "--seconds", "30"];
        let run = run("sensor_post", &args);
        assert!(run.is_good(), "{}", run.all());
        assert_eq!(
            run.said("sketch"),
            [
                "on the network",
                "posted: 200, on the first connection",
                "posted: 200, on the connection that was kept",
            ],
            "{}",
            run.all()
        );
    }
}
