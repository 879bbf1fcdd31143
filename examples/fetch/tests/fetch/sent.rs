//! What is sent: header fields and bodies.

use crate::run::{Folder, end, fetch_with, start};
use crate::server::{Server, answer, drain};
use crate::tools::{MIB, noise};
use std::io::Write;
use std::thread;
use std::time::Duration;
use test_server::{Request, read_head, unchunk};

/// What the server reads of one run, and checks that it went well.
#[track_caller]
fn sent(args: &[&str], stdin: &[u8]) -> Request {
    let server = Server::new(answer("HTTP/1.1 204 No Content\r\n\r\n"));
    let run = fetch_with(&[args, &[&server.url()]].concat(), stdin);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{args:?} {run:?}");
    server.request()
}

#[test]
fn headers_are_replaced_left_out_and_sent_empty_as_curl_does() {
    let plain = sent(&[], b"").head;
    let fields: Vec<&str> =
        plain.lines().skip(1).map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(fields, ["Host", "User-Agent", "Accept", "Accept-Encoding", ""]);

    for (args, has, lacks) in [
        (&["-H", "X-Key: a:b "][..], "\r\nX-Key: a:b\r\n", "\r\nX-Key: a:b \r\n"),
        (&["-H", "X-Key:a"], "\r\nX-Key: a\r\n", "X-Key:a"),
        (&["-H", "accept: text/plain"], "\r\naccept: text/plain\r\n", "*/*"),
        (&["-H", "Accept:"], "\r\nHost: ", "ccept: "),
        (&["-H", "user-agent:", "-H", "Host: gate"], "\r\nHost: gate\r\n", "User-Agent"),
        (&["-H", "X-Empty;"], "\r\nX-Empty: \r\n", "X-Empty;"),
        (&["-d", "a=1"], "\r\nContent-Type: application/x-www-form-urlencoded\r\n", "chunked"),
        (&["-d", "{}", "-H", "content-type: application/json"], "/json\r\n", "urlencoded"),
        (&["-d", "a", "-H", "Content-Type:"], "\r\nContent-Length: 1\r\n", "Content-Type"),
    ] {
        let request = sent(args, b"").head;
        assert!(request.contains(has), "{args:?} {request}");
        assert!(!request.contains(lacks), "{args:?} {request}");
    }
}

#[test]
fn data_is_a_post_from_text_file_or_stdin() {
    let folder = Folder::new("data");
    let (file, empty) = (folder.path("file"), folder.path("empty"));
    std::fs::write(&file, "line one\nline two\n").unwrap();
    std::fs::write(&empty, "").unwrap();
    let (file, empty) = (format!("@{file}"), format!("@{empty}"));
    for (args, stdin, method, framing, body) in [
        (&["-d", "a=1&b=2"][..], "", "POST", "Content-Length: 7", "a=1&b=2"),
        (&["-d", ""], "", "POST", "Content-Length: 0", ""),
        (&["-d", "-x"], "", "POST", "Content-Length: 2", "-x"),
        (&["-X", "PUT", "-d", "x"], "", "PUT", "Content-Length: 1", "x"),
        (&["-d", "a=1", "-d", "b=2"], "", "POST", "Content-Length: 7", "a=1&b=2"),
        // As curl has it, -d takes the line ends out of a file, and --data-binary doesn't.
        (&["-d", &file], "", "POST", "Content-Length: 16", "line oneline two"),
        (&["--data-binary", &file], "", "POST", "Content-Length: 18", "line one\nline two\n"),
        (&["--data-raw", "@x"], "", "POST", "Content-Length: 2", "@x"),
        (&["-d", &empty], "", "POST", "Content-Length: 0", ""),
        (&["-d", "@-"], "", "POST", "Content-Length: 0", ""),
        (&["-d", "@-"], "from stdin\n", "POST", "Content-Length: 10", "from stdin"),
        (&["-T", &file[1..]], "", "PUT", "Content-Length: 18", "line one\nline two\n"),
        (&["-T", &empty[1..]], "", "PUT", "Content-Length: 0", ""),
        (&["-T", "-"], "", "PUT", "Transfer-Encoding: chunked", "0\r\n\r\n"),
        (
            &["-T", "-"],
            "from stdin",
            "PUT",
            "Transfer-Encoding: chunked",
            "000A\r\nfrom stdin\r\n0\r\n\r\n",
        ),
        // What may be sent again is read beforehand.
        (&["-T", "-", "-L"], "from stdin", "PUT", "Content-Length: 10", "from stdin"),
    ] {
        let Request { head, body: sent, .. } = sent(args, stdin.as_bytes());
        assert!(head.starts_with(method), "{args:?} {head}");
        assert!(head.contains(framing), "{args:?} {head}");
        assert_eq!(String::from_utf8(sent).unwrap(), body, "{args:?}");
    }
}

#[test]
fn long_bodies_are_sent_through_a_small_buffer() {
    let body: String = noise(MIB).iter().map(|byte| char::from(b'!' + byte % 90)).collect();
    // The server reads a byte at a time.
    let patient = ["--buffer", "300", "--response-timeout", "30"];
    let request = sent(&[&["-T", "-"][..], &patient].concat(), body.as_bytes());
    assert!(unchunk(&request.body) == body.as_bytes());

    let folder = Folder::new("long-data");
    let file = folder.path("file");
    std::fs::write(&file, &body).unwrap();
    for args in [["-d", &format!("@{file}")], ["-T", &file]] {
        let request = sent(&[&args[..], &patient].concat(), b"");
        assert!(request.head.contains("\r\nContent-Length: 1048576\r\n"));
        assert!(request.body == body.as_bytes());
    }
}

#[test]
fn a_pipe_that_pauses_longer_than_the_idle_deadline_is_waited_for() {
    let server = Server::new(answer("HTTP/1.1 204 No Content\r\n\r\n"));
    let mut child = start(&["-T", "-", "--idle-timeout", "0.1", "--buffer", "240", &server.url()]);
    let mut stdin = child.stdin.take().unwrap();
    let piece = "x".repeat(300);
    stdin.write_all(piece.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(400));
    stdin.write_all(piece.as_bytes()).unwrap();
    drop(stdin);
    let run = end(child);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(unchunk(&server.request().body), piece.repeat(2).as_bytes());
}

#[test]
fn a_server_that_refuses_a_body_early_is_heard() {
    let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nlong";
    for args in [["-d", "@-"], ["-T", "-"]] {
        let server = Server::serving(move |stream, request| {
            // The head alone: the body's bytes fill the sockets' buffers, and nobody reads them.
            request.head = read_head(stream).unwrap();
            stream.write_all(refusal.as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(300));
            drain(stream);
        });
        let run = fetch_with(&[&args[..], &[&server.url()]].concat(), &vec![b'x'; 32 * MIB]);
        assert_eq!((run.status, run.text().as_str()), (0, "long"), "{args:?} {run:?}");
    }
}
