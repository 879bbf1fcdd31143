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
         Content-Length: 2\r\n\r\nok",
    ));
    let url = server.url().replace("http://", "http://admin:hunter2@");
    let run =
        fetch(&["-v", "-H", "Cookie: id=c00kie", "-H", "Proxy-Authorization: Bearer t0ken", &url]);
    assert_eq!((run.status, run.text().as_str()), (0, "ok"), "{run:?}");
    says(
        "-v",
        &run.stderr,
        &[
            "> Authorization: Basic [hidden]",
            "> Cookie: id=[hidden]",
            "> Proxy-Authorization: Bearer [hidden]",
            "< Set-Cookie: session=[hidden]",
            "< X-Plain: seen",
        ],
        &["hunter2", "s3cret", "c00kie", "t0ken", "YWRtaW4"],
    );
    // They were sent.
    assert!(server.request().contains("Cookie: id=c00kie\r\n"));
    // Nor where it fails.
    let server =
        Server::new(answer("HTTP/1.1 200 OK\r\nSet-Cookie: session=s3cret\r\nodd line\r\n\r\n"));
    let run = fetch(&["-v", &server.url()]);
    assert_eq!(run.status, 8, "{run:?}");
    says("-v", &run.stderr, &["< HTTP/1.1 200 OK", "< Set-Cookie: session=[hidden]"], &["s3cret"]);
}
