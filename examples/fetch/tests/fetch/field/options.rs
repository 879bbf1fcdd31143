//! Times are as curl's, and what is shown has no secrets.

use crate::run::fetch;
use crate::server::{Play, Server, answer};
use crate::tools::says;
use std::time::{Duration, Instant};

/// As curl's: seconds, and fractions of them.
#[test]
fn times_are_seconds() {
    let silent = || Server::new(Play::Stall(vec![])).url();
    for (args, least, most) in [
        (["--response-timeout", "1"], 1000, 2500),
        (["--response-timeout", "0.3"], 300, 1200),
        (["-m", "1"], 1000, 2500),
        (["--max-time", "0.25"], 250, 1200),
        (["--max-time", ".5"], 500, 1500),
    ] {
        let started = Instant::now();
        let run = fetch(&[args[0], args[1], &silent()]);
        let took = started.elapsed();
        assert_eq!(run.status, 28, "{args:?} {run:?}");
        let (least, most) = (Duration::from_millis(least), Duration::from_millis(most));
        assert!(took >= least && took < most, "{args:?}: {took:?}");
    }
    // Five seconds are enough for any answer here, and 0 is no limit.
    for args in [["--connect-timeout", "5"], ["--connect-timeout", "0"], ["--max-time", "0"]] {
        let server = Server::new(answer("HTTP/1.1 204 x\r\n\r\n"));
        let run = fetch(&[args[0], args[1], &server.url()]);
        assert_eq!(run.status, 0, "{args:?} {run:?}");
    }
}

#[test]
fn what_is_shown_with_v_has_no_secrets() {
    let server = Server::new(answer(
        "HTTP/1.1 200 OK\r\nSet-Cookie: session=s3cret; Path=/\r\nX-Plain: seen\r\n\
         Set-Cookie2: s3cret\r\nX-Auth-Token: s3cret\r\nContent-Length: 2\r\n\r\nok",
    ));
    let url = server.url().replace("http://", "http://admin:hunter2@");
    let proxy = "Proxy-Authorization: Bearer t0ken";
    let key = "X-Api-Key: t0ken";
    let run = fetch(&["-v", "-H", "Cookie: id=c00kie", "-H", proxy, "-H", key, &url]);
    assert_eq!((run.status, run.text().as_str()), (0, "ok"), "{run:?}");
    says(
        "-v",
        &run.stderr,
        &[
            "> Authorization: Basic [hidden]",
            "> Cookie: id=[hidden]",
            "> Proxy-Authorization: Bearer [hidden]",
            "> X-Api-Key: [hidden]",
            "< X-Auth-Token: [hidden]",
            "< Set-Cookie: session=[hidden]",
            "< X-Plain: seen",
        ],
        &["hunter2", "s3cret", "c00kie", "t0ken", "YWRtaW4"],
    );
    // They were sent.
    assert!(server.request().head.contains("Cookie: id=c00kie\r\n"));
    // Nor those of a place to go to.
    let to = "HTTP/1.1 302 x\r\nLocation: http://admin:hunter2@h/a@b\r\nContent-Length: 0\r\n\r\n";
    let run = fetch(&["-v", &Server::new(answer(to)).url()]);
    says("-v", &run.stderr, &["< Location: http://h/a@b"], &["hunter2"]);
    // Nor where a header is written wrongly.
    let run = fetch(&["-H", "Authorization Bearer t0ken", "http://127.0.0.1:1/"]);
    assert_eq!(run.status, 2, "{run:?}");
    says("-H", &run.stderr, &["\"Authorization ...\"", "'K: V'"], &["t0ken", "Bearer"]);
    // Nor on a line that goes on, whether the head is read to its end or not.
    for end in ["Content-Length: 0\r\n\r\n", "odd line\r\n\r\n"] {
        let head = "HTTP/1.1 200 OK\r\nSet-Cookie: session=\r\n s3cret\r\n\ts3cret\r\nX-Plain: seen\r\n on\r\n";
        let run = fetch(&["-v", &Server::new(answer(format!("{head}{end}"))).url()]);
        says("-v", &run.stderr, &["< Set-Cookie: session=[hidden]", "seen", "on"], &["s3cret"]);
    }
    // Nor where it fails.
    let server =
        Server::new(answer("HTTP/1.1 200 OK\r\nSet-Cookie: session=s3cret\r\nodd line\r\n\r\n"));
    let run = fetch(&["-v", &server.url()]);
    assert_eq!(run.status, 8, "{run:?}");
    says("-v", &run.stderr, &["< HTTP/1.1 200 OK", "< Set-Cookie: session=[hidden]"], &["s3cret"]);
}

/// As curl has them: the last one counts, a range may be a start alone, and a file's name isn't the URL.
#[test]
fn options_as_people_type_them() {
    let server = Server::new(answer("HTTP/1.1 204 x\r\n\r\n"));
    let headers = ["-H", "A: 1", "-H", "B: 2"];
    let args = [&["-L", "-L", "-r", "9-", "-r", "5", "-X", "PUT", "-X", "GET"][..], &headers];
    let run = fetch(&[&args.concat()[..], &[&server.url()]].concat());
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    let request = server.request().head;
    assert!(request.starts_with("GET /"), "{request}");
    for line in ["Range: bytes=5-\r\n", "A: 1\r\n", "B: 2\r\n"] {
        assert!(request.contains(line), "{request}");
    }
    let run = fetch(&["-o", "http://127.0.0.1:1/a"]);
    assert_eq!(run.status, 2, "{run:?}");
    says("-o", &run.stderr, &["-o takes a file's name", "-o FILE URL"], &["page of its own"]);
}

/// An option that only curl has is called that, and none is proposed that does another thing.
#[test]
fn options_that_are_not_here() {
    for (args, wanted, unwanted) in [
        (
            &["--interface", "eth0"][..],
            &["--interface isn't here", "--help"][..],
            &["--insecure"][..],
        ),
        (&["--cert", "x"], &["--cert isn't here"], &["--cacert"]),
        (&["--trace", "-"], &["--trace isn't here"], &["--range"]),
        (&["--retry-delay", "1"], &["--retry-delay isn't here"], &["did you mean"]),
        (&["--http2"], &["--http2 isn't here"], &["-- --"]),
        (&["-4"], &["-4 isn't here"], &["-- -4"]),
        (&["-x", "http://p:8080"], &["-x isn't here", "no proxy"], &["-- -x"]),
        (&["--proxy", "http://p:8080"], &["--proxy isn't here", "no proxy"], &[]),
        (&["--url"], &["the URL stands alone"], &["--data-urlencode"]),
        (&["--cookie=sid=s3cret"], &["-H 'Cookie: NAME=VALUE'"], &["s3cret"]),
        (&["-bsid=s3cret"], &["-H 'Cookie: NAME=VALUE'"], &["s3cret"]),
        (&["--write-out", "x"], &["--report json"], &["--idle-timeout"]),
        // Slips of the hand.
        (&["--verbos"], &["did you mean --verbose?"], &[]),
        (&["--loaction"], &["did you mean --location?"], &[]),
        (&["--heade", "a: b"], &["did you mean --header?"], &[]),
        // Numbers are none.
        (&["--retry", "-1"], &["'-1' for '--retry"], &["isn't here"]),
        (&["-m", "-1"], &["'-1' for '--max-time", "seconds"], &["isn't here"]),
        (&["--buffer", "-1"], &["'-1' for '--buffer"], &["isn't here"]),
        (
            &["http://admin:hunter2@h/a?t=s3cret"],
            &["one argument too many", "http://"],
            &["hunter2", "s3cret"],
        ),
    ] {
        let run = fetch(&[args, &["http://127.0.0.1:1/"]].concat());
        assert_eq!((run.status, run.stdout.len()), (2, 0), "{args:?} {run:?}");
        says(&format!("{args:?}"), &run.stderr, wanted, unwanted);
    }
}

/// `@` alone, from a variable that is empty.
#[test]
fn a_file_without_a_name() {
    for args in [
        &["-d", "@"][..],
        &["--data-binary", "@"],
        &["--data-urlencode", "a@"],
        &["--json", "@"],
        &["-F", "a=@"],
        &["-F", "a=<"],
        &["-T", ""],
        &["-L", "-T", ""],
    ] {
        let run = fetch(&[args, &["http://127.0.0.1:1/"]].concat());
        assert_eq!(run.status, 26, "{args:?} {run:?}");
        says(&format!("{args:?}"), &run.stderr, &["file's name is missing", "stdin"], &[") can't"]);
    }
}
