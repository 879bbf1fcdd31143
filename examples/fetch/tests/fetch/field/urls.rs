//! URLs with a mistake, or without a scheme.

use crate::run::fetch;
use crate::server::{Server, answer, refusing_port};
use crate::tools::says;

#[test]
fn urls_with_a_mistake_name_it() {
    let port = refusing_port();
    // A line end of a console or a file is none of the URL's.
    for end in ["\r", "\n", "\r\n"] {
        let run = fetch(&[&format!("http://127.0.0.1:1/x{end}")]);
        assert_eq!(run.status, 3, "{end:?}: {run:?}");
        says("a line end", &run.stderr, &["a line end", "trim it"], &["write %0"]);
    }
    for (url, wanted, unwanted) in [
        (" http://h/", &["0x20", "in front of"][..], &["no scheme: start"][..]),
        ("http://admin:pa#ss@h/", &["%23"], &["the port is no number", "admin:pa"]),
        ("http://admin:12#34@h/", &["%23"], &["didn't resolve", "12#34"]),
        ("http://127.0.0.1/front door", &["%20"], &[]),
        ("http:127.0.0.1:8080/", &["start it with http://"], &["the port is no number"]),
        ("HTTPS:gate.local", &["start it with http://"], &["the port is no number"]),
        ("http: //127.0.0.1/", &["start it with http://"], &["the port is no number"]),
    ] {
        let run = fetch(&[url]);
        assert_eq!(run.status, 3, "{url:?}: {run:?}");
        says(url, &run.stderr, wanted, unwanted);
        // In the report, too.
        let run = fetch(&["--diagnose", url]);
        assert_eq!(run.status, 3, "{url:?}: {run:?}");
        says(url, &run.text(), &["url no", "error:"], &["all of it works"]);
        says(url, &run.text(), wanted, unwanted);
    }
    // Its secrets aren't repeated.
    let url = format!("http://admin:hunter2@127.0.0.1:{port}/?token=t0ken");
    for args in
        [&[url.as_str()][..], &["-v", &url], &["--report", "json", &url], &["--diagnose", &url]]
    {
        let run = fetch(args);
        let all = run.text() + &run.stderr;
        says(&format!("{args:?}"), &all, &[], &["hunter2", "t0ken", "YWRtaW4"]);
    }
}

/// Bytes are counted in what is typed, or it is said in what.
#[test]
fn bytes_of_a_url_that_was_given_its_scheme() {
    let note = "counted from the http:// that was put in front";
    for (args, wanted, unwanted) in [
        (&["127.0.0.1:1/a b"][..], &["byte 20 is 0x20", note][..], &[][..]),
        (&["h\u{e4}/"], &["byte 8 is 0xC3", note], &[]),
        (&["http://127.0.0.1:1/a b"], &["byte 20 is 0x20"], &[note]),
        (&["--diagnose", "127.0.0.1:1/a b"], &["byte 20 is 0x20", note], &[]),
        (&["--diagnose", "h\u{e4}/"], &["byte 8 is 0xC3", note], &[]),
        (&["--diagnose", "http://127.0.0.1:1/a b"], &["byte 20 is 0x20"], &[note]),
        (&["--diagnose", "127.0.0.1:80:80"], &["port"], &[note]),
        (&["127.0.0.1:80:80"], &["port"], &[note]),
        (&["-H", "A: x\ny", "127.0.0.1:1"], &["byte 1 is 0x0A"], &[note]),
    ] {
        let run = fetch(args);
        assert!(matches!(run.status, 2 | 3), "{run:?}");
        says(&format!("{args:?}"), &(run.text() + &run.stderr), wanted, unwanted);
    }
}

#[test]
fn a_url_that_begins_with_its_host_is_http() {
    for path in ["/a.json", "?u=http://x", "/a?u=http://x", ""] {
        let server = Server::new(answer("HTTP/1.1 204 x\r\n\r\n"));
        let run = fetch(&[&format!("127.0.0.1:{}{path}", server.port)]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{path}: {run:?}");
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let line = format!("GET {path} HTTP/1.1\r\n");
        assert!(server.request().head.starts_with(&line), "{path}");
    }
}
