//! Bodies of any length pass through a small buffer, and as they come.

use crate::run::{Folder, end, fetch, start};
use crate::server::{Play, Server, drain, read_request};
use crate::tools::{MIB, noise};
use std::io::{Read, Write};

#[test]
fn ten_mebibytes_pass_through_one_kibibyte() {
    let body = noise(10 * MIB);
    let mut with_length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".as_bytes().to_vec();
    for chunk in body.chunks(4321) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let until_close = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &body].concat();
    let with_length = [std::mem::take(&mut with_length).into_bytes(), body.clone()].concat();

    let folder = Folder::new("long");
    for response in [with_length, chunked, until_close] {
        let url = Server::new(Play::Answer(response.clone())).url();
        let run = fetch(&["--buffer", "1024", &url]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        assert!(run.stdout == body, "{} bytes", run.stdout.len());

        let file = folder.path("long");
        let url = Server::new(Play::Answer(response)).url();
        let run = fetch(&["--buffer", "140", "-o", &file, &url]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stderr);
        assert!(run.stdout.is_empty());
        assert!(std::fs::read(&file).unwrap() == body);
    }
}

#[test]
fn what_has_come_is_shown_while_more_is_awaited() {
    let server = Server::serving(|stream, request| {
        *request = read_request(stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").unwrap();
        drain(stream);
    });
    let mut child = start(&["--idle-timeout", "600", &server.url()]);
    let mut four = [0; 4];
    child.stdout.as_mut().unwrap().read_exact(&mut four).unwrap();
    assert_eq!(&four, b"half");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_reader_that_leaves_ends_it_without_a_word() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let server = Server::serving(move |stream, request| {
        *request = read_request(stream);
        stream.write_all(&head).unwrap();
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let mut child = start(&[&server.url()]);
    let mut few = [0; 100];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut few).unwrap();
    drop(stdout);
    let run = end(child);
    assert_eq!((run.status, run.stderr.as_str()), (23, ""), "{run:?}");
}
