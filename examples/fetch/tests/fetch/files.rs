//! What is written into files, and what is left where it fails.

use crate::run::{Folder, PATIENCE, end, fetch, start};
use crate::server::{Play, Server, answer, deaf_listener, read_request};
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_file_appears_once_it_is_complete() {
    let folder = Folder::new("output");
    let file = folder.path("page");
    let read = || std::fs::read_to_string(folder.path("page")).unwrap();

    // Half-way there is a part, and no file.
    let (go_on, waiting) = channel();
    let server = Server::serving(move |stream, _| {
        read_request(stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf").unwrap();
        waiting.recv().unwrap();
        stream.write_all(b"half").unwrap();
    });
    let child = start(&["-o", &file, &server.url()]);
    let started = Instant::now();
    while folder.names().is_empty() && started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(folder.names(), ["page.part"]);
    go_on.send(()).unwrap();
    assert_eq!(end(child).status, 0);
    assert_eq!(folder.names(), ["page"]);
    assert_eq!(read(), "halfhalf");

    // Failures of each kind leave what was there, and nothing else.
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    let gone = "HTTP/1.1 404 X\r\nContent-Length: 4\r\n\r\ngone";
    let (deaf, _fillers) = deaf_listener();
    let deaf = format!("http://{}/", deaf.local_addr().unwrap());
    for (args, url, status) in [
        (&[][..], Server::new(answer(cut)).url(), 18),
        (&["--fail"], Server::new(answer(gone)).url(), 22),
        (&["--idle-timeout", "0.1"], Server::new(Play::Stall(cut.into())).url(), 28),
        (&["--connect-timeout", "0.1"], deaf, 28),
    ] {
        let run = fetch(&[args, &["-o", &file, &url]].concat());
        assert_eq!(run.status, status, "{run:?}");
        assert_eq!(folder.names(), ["page"], "{status}");
        assert_eq!(read(), "halfhalf", "{status}");
    }

    // A link stays one, and what it leads to is replaced.
    std::os::unix::fs::symlink(&file, folder.path("link")).unwrap();
    let url = Server::new(answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew")).url();
    let run = fetch(&["-i", "-o", &folder.path("link"), &url]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(Path::new(&folder.path("link")).is_symlink());
    assert_eq!(read(), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
}

#[test]
fn files_that_cant_be_opened_end_it_before_the_request() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    for (option, path, status) in [("-o", "/no/such/folder/file", 23), ("-d", "@/no/such/file", 26)]
    {
        let run = fetch(&[option, path, &url]);
        assert_eq!(run.status, status, "{run:?}");
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

#[test]
fn devices_are_written_and_never_replaced() {
    for (path, status) in [("/dev/null", 0), ("/dev/full", 23)] {
        if !Path::new(path).exists() {
            continue;
        }
        let url = Server::new(answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")).url();
        let run = fetch(&["-o", path, &url]);
        assert_eq!(run.status, status, "{run:?}");
        assert!(!std::fs::metadata(path).unwrap().is_file());
    }
}
