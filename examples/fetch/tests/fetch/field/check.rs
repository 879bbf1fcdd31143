//! `--diagnose` of servers whose answer is no success.

use crate::run::{Run, fetch};
use crate::server::{answer, playing, refusing_port};
use crate::tools::says;

fn diagnose(args: &[&str], bytes: &str) -> Run {
    // The check may ask twice.
    let (host, _asked) = playing(vec![answer(bytes); 2]);
    fetch(&[args, &["--diagnose", &format!("http://{host}/state")]].concat())
}

#[test]
fn diagnose_says_what_the_status_means_and_what_to_do() {
    const FINE: &str = "all of it works";
    for (what, head, wanted, unwanted) in [
        (
            "302 to another host",
            "302 Found\r\nLocation: https://script.googleusercontent.com/x",
            &["status 302", "redirects to https://script.googleusercontent.com/x"][..],
            &["portal", FINE][..],
        ),
        (
            "301 to https of the same host",
            "301 Moved\r\nLocation: https://127.0.0.1/state",
            &["status 301", "redirects to https://127.0.0.1/state", "the same host by https"],
            &["portal", FINE],
        ),
        (
            "401",
            "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"",
            &["status 401", "wants Digest"],
            &[FINE],
        ),
        ("403", "403 Forbidden", &["status 403", "forbidden"], &[FINE]),
        ("404", "404 Not Found", &["status 404", "path"], &[FINE]),
        ("500", "500 Internal Server Error", &["status 500", "server's own error"], &[FINE]),
        ("204", "204 No Content", &["status 204", FINE], &["cause:"]),
    ] {
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n");
        let run = diagnose(&[], &answer);
        says(what, &run.text(), wanted, unwanted);
        // It is this machine that is asked.
        says(what, &run.text(), &["target ok this machine", "port ok"], &["another host --"]);
        // A request would have had its response, which is an error to --fail; of the path nothing is known.
        assert_eq!(run.status, 0, "{run:?}");
        let fails = head.starts_with('5') || head.starts_with("401") || head.starts_with("403");
        let run = diagnose(&["--fail"], &answer);
        assert_eq!(run.status, if fails { 22 } else { 0 }, "{run:?}");
    }
    let run = diagnose(&[], "HTTP/1.1 200 OK\r\nThis is odd\r\n\r\n");
    assert_eq!(run.status, 8, "{run:?}");
    says("malformed", &run.text(), &["http no", "error:", "This is odd"], &[FINE, "serial"]);
    let run = diagnose(&[], "ICY 200 OK\r\nicy-name:x\r\n\r\n");
    says("SHOUTcast", &run.text(), &["http no", "ICY 200 OK", "SHOUTcast"], &[FINE, "serial"]);
}

#[test]
fn diagnose_of_a_loopback_target_knows_that_it_is_this_machine() {
    for host in ["127.0.0.1", "localhost"] {
        let run = fetch(&["--diagnose", &format!("http://{host}:{}/", refusing_port())]);
        assert_eq!(run.status, 7, "{run:?}");
        says(
            host,
            &run.text(),
            &["target ok this machine", "port no", "nothing listens on port"],
            &["another host", "127.0.0.1 only", "event handler", "gateway --", "firewall"],
        );
    }
}
