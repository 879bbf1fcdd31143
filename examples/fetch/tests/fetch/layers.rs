//! What `fetch` does with redirects, files that broke off, retries and hints, where it is more than curl does.

use crate::run::{Folder, Run, fetch, start};
use crate::server::{Play, Server, answer, drain, playing, refusing_port};
use crate::tools::says;
use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;
use test_server::Request;

fn whole(tag: &str, body: &str) -> Play {
    let length = body.len();
    answer(format!("HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Length: {length}\r\n\r\n{body}"))
}

/// Of 10 bytes the first 5.
fn half(tag: &str) -> Play {
    answer(format!("HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Length: 10\r\n\r\n01234"))
}

fn rest(tag: &str, fields: &str) -> Play {
    answer(format!(
        "HTTP/1.1 206 Partial Content\r\nETag: {tag}\r\n{fields}\r\nContent-Length: 5\r\n\r\n56789"
    ))
}

const RANGE: &str = "Content-Range: bytes 5-9/10";

fn asks_for_rest(request: Request) -> bool {
    request.header("range") == Some("bytes=5-")
}

// ---- Files that broke off ----

/// What is there after a cut, what the server does then, and what comes of it: the exit status, what is in the
/// folder, and whether the rest was asked for.
#[test]
fn a_file_is_gone_on_with_where_its_version_is_known() {
    type Case = (&'static str, Vec<Play>, &'static [i32], &'static [&'static str], &'static [bool]);
    let other = whole("\"v2\"", "abcdefghij");
    #[rustfmt::skip]
    let cases: Vec<Case> = vec![
        ("the rest", vec![half("\"v1\""), rest("\"v1\"", RANGE)], &[18, 0], &["file=0123456789"], &[false, true]),
        ("changed", vec![half("\"v1\""), other.clone()], &[18, 0], &["file=abcdefghij"], &[false, true]),
        ("a rest of another", vec![half("\"v1\""), rest("\"v2\"", RANGE), other.clone()], &[18, 0], &["file=abcdefghij"], &[false, true, false]),
        ("no tag", vec![half(""), other.clone()], &[18, 0], &["file=abcdefghij"], &[false, false]),
        ("a weak tag", vec![half("W/\"v1\""), other.clone()], &[18, 0], &["file=abcdefghij"], &[false, false]),
        ("a part that lies", vec![half("\"v1\""), rest("\"v1\"", "Content-Range: bytes 0-4/10")], &[18, 33], &["file.part=01234", "file.part.tag=\"v1\""], &[false, true]),
        ("gone", vec![half("\"v1\""), answer("HTTP/1.1 404 X\r\nContent-Length: 4\r\n\r\nnope")], &[18, 22], &["file.part=01234", "file.part.tag=\"v1\""], &[false, true]),
        ("nothing is missing", vec![half("\"v1\""), rest("\"v1\"", RANGE), whole("\"v1\"", "0123456789")], &[18, 0, 0], &["file=0123456789"], &[false, true, false]),
        ("a reset", vec![Play::Reset(b"HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n01234".to_vec()), rest("\"v1\"", RANGE)], &[56, 0], &["file=0123456789"], &[false, true]),
    ];
    for (what, plays, statuses, files, ranges) in cases {
        let folder = Folder::new("resume");
        let (host, asked) = playing(plays);
        for status in statuses {
            let run = fetch(&["-C", "-", "-o", &folder.path("file"), &host]);
            assert_eq!(run.status, *status, "{what}: {run:?}");
        }
        let read = |name: &String| {
            format!("{name}={}", std::fs::read_to_string(folder.path(name)).unwrap())
        };
        assert_eq!(folder.names().iter().map(read).collect::<Vec<_>>(), files, "{what}");
        let asked: Vec<_> = asked.iter().take(ranges.len()).map(asks_for_rest).collect();
        assert_eq!(asked, ranges, "{what}");
    }
}

/// What is said then is of the file, and no advice to whoever writes firmware.
/// A server that gave nothing of it leaves nothing behind.
#[test]
fn an_empty_part_does_not_stay() {
    for first in ["HTTP/1.1 404 x\r\n\r\nno", "", "HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\n"] {
        let folder = Folder::new("empty-part");
        let (host, _asked) = playing(vec![answer(first)]);
        let run = fetch(&["-C", "-", "-o", &folder.path("file"), &host]);
        assert_ne!(run.status, 0, "{first:?} {run:?}");
        assert!(folder.names().is_empty(), "{first:?} {:?}", folder.names());
    }
}

#[test]
fn what_becomes_of_a_file_that_is_gone_on_with_is_said() {
    let empty = |head: &str| answer(format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n"));
    let other = whole("\"v2\"", "abcdefghij");
    let part = |range: &str| rest("\"v1\"", range);
    for (what, plays, status, wanted, unwanted) in [
        (
            "changed",
            vec![half("\"v1\""), rest("\"v2\"", RANGE), other],
            0,
            &["the file has changed: it comes from its start"][..],
            &["erase", "again", "retry"][..],
        ),
        (
            "206 of nothing",
            vec![half("\"v1\""), part("X: y")],
            22,
            &["206, a part, without a Content-Range"],
            &["in place"],
        ),
        (
            "206 of a range that goes back",
            vec![half("\"v1\""), part("Content-Range: bytes 5-4/10")],
            22,
            &["206, a part, without a Content-Range"],
            &["in place"],
        ),
        (
            "206 of nobody knows how much",
            vec![half("\"v1\""), part("Content-Range: bytes 5-9/*")],
            18,
            &["of a part Content-Range"],
            &[],
        ),
        (
            "412",
            vec![half("\"v1\""), empty("412 x")],
            22,
            &["answered 412 in place of the file"],
            &["empty body"],
        ),
        (
            "all of it is here",
            vec![
                answer(
                    "HTTP/1.1 200 x\r\nETag: \"v1\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n",
                ),
                empty("416 x\r\nContent-Range: bytes */5"),
            ],
            0,
            &[],
            &["fetch:"],
        ),
    ] {
        let folder = Folder::new("resume-said");
        let (host, _asked) = playing(plays);
        let args = ["-C", "-", "-o", &folder.path("file"), &host];
        assert_eq!(fetch(&args).status, 18, "{what}");
        let run = fetch(&args);
        assert_eq!(run.status, status, "{what}: {run:?}");
        says(what, &run.stderr, wanted, unwanted);
    }
}

/// In one run, too; a deadline that the watchdog keeps leaves what is there.
#[test]
fn a_retry_goes_on_with_the_file() {
    let folder = Folder::new("retry-resume");
    let (host, asked) = playing(vec![half("\"v1\""), rest("\"v1\"", RANGE)]);
    let run = fetch(&["--retry", "1", "-C", "-", "-o", &folder.path("file"), &host]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(std::fs::read(folder.path("file")).unwrap(), b"0123456789");
    assert_eq!(asked.iter().map(asks_for_rest).collect::<Vec<_>>(), [false, true]);
    says("retry", &run.stderr, &["5 of 10", "again in", "(retry 1)"], &[]);

    // Without -C - the file comes from its start.
    let (host, _asked) = playing(vec![half("\"v1\""), whole("\"v1\"", "0123456789")]);
    let run = fetch(&["-s", "--retry", "1", "-o", &folder.path("file"), &host]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(folder.names(), ["file"]);
    assert_eq!(std::fs::read(folder.path("file")).unwrap(), b"0123456789");

    // What somebody has read already can't be taken back.
    let (host, asked) = playing(vec![half("\"v1\""), whole("\"v1\"", "0123456789")]);
    let run = fetch(&["--retry", "1", &host]);
    assert_eq!((run.status, run.text().as_str()), (18, "01234"), "{run:?}");
    assert_eq!(asked.try_iter().count(), 1);
}

/// Whatever ends a run that doesn't go on with a part: the part isn't taken for the one before.
#[test]
fn a_tag_does_not_outlive_its_part() {
    let folder = Folder::new("stale-tag");
    std::fs::write(folder.path("file.part"), "01234").unwrap();
    std::fs::write(folder.path("file.part.tag"), "\"v1\"").unwrap();
    let stalled = "HTTP/1.1 200 OK\r\nETag: \"v2\"\r\nContent-Length: 10\r\n\r\nabcde";
    let (host, asked) = playing(vec![Play::Stall(stalled.into()), whole("\"v1\"", "0123456789")]);
    let mut child = start(&["--idle-timeout", "600", "-o", &folder.path("file"), &host]);
    asked.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let run = fetch(&["-C", "-", "-o", &folder.path("file"), &host]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!asks_for_rest(asked.recv().unwrap()));
    assert_eq!(std::fs::read(folder.path("file")).unwrap(), b"0123456789");
    assert_eq!(folder.names(), ["file"]);
}

// ---- Retries ----

#[test]
fn a_request_that_may_have_been_acted_on_is_repeated_with_a_key_alone() {
    let busy = answer("HTTP/1.1 503 X\r\nContent-Length: 4\r\n\r\nbusy");
    let fine = || answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
    for (args, body) in [
        (&[][..], "fine"),
        (&["-X", "PUT", "-d", "a"], "fine"),
        (&["-d", "a"], "busy"),
        (&["-d", "a", "-H", "Idempotency-Key: 17"], "fine"),
        (&["-X", "PATCH", "-d", "a", "-H", "Idempotency-Key:"], "busy"),
    ] {
        let (host, _asked) = playing(vec![busy.clone(), fine()]);
        let run = fetch(&[args, &["--retry", "2", &host]].concat());
        assert_eq!((run.status, run.text().as_str()), (0, body), "{args:?} {run:?}");
    }
    // What was never sent may always be.
    let run = fetch(&["-d", "a", "--retry", "1", &format!("127.0.0.1:{}", refusing_port())]);
    assert_eq!(run.status, 7, "{run:?}");
    says("retry", &run.stderr, &["again in", "(retry 1)"], &["(retry 2)"]);
    // The deadline is of all of it.
    let run = fetch(&["-m", "1", "--retry", "99", &format!("127.0.0.1:{}", refusing_port())]);
    assert_eq!(run.status, 28, "{run:?}");
    assert!(run.took < Duration::from_secs(3), "{run:?}");
    says("retry", &run.stderr, &["refused", "-m leaves no time"], &["likely: name_not_resolved"]);
    // What leaves no time for another attempt is the result.
    let later = "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 4\r\n\r\nbusy";
    let (host, _asked) = playing(vec![answer(later), fine()]);
    let run = fetch(&["-m", "2", "--retry", "1", &host]);
    assert_eq!((run.status, run.text().as_str()), (0, "busy"), "{run:?}");
    assert!(run.took < Duration::from_secs(2), "{run:?}");
}

// ---- Redirects ----

fn to(location: &str) -> Play {
    answer(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
}

#[test]
fn redirects_that_are_not_followed_say_where_they_were() {
    let plays = vec![to("/two?token=t0ken"), to("/three"), to("/two?token=t0ken")];
    let (host, _asked) = playing(plays);
    let run = fetch(&["-L", &host]);
    assert_eq!(run.status, 47, "{run:?}");
    let wanted = [&format!("http://{host}/ answered 302"), "/two answered 302", "/three", "circle"];
    says("circle", &run.stderr, &wanted, &["t0ken"]);

    // What fails there is no fault of the server that was asked first, and is looked for there.
    let refusing = format!("http://127.0.0.1:{}", refusing_port());
    let (host, _asked) = playing(vec![to(&format!("{refusing}/gate?token=t0ken"))]);
    let run = fetch(&["-L", &host]);
    assert_eq!(run.status, 7, "{run:?}");
    let asked = format!("http://{host}/ answered 302; asked last was {refusing}/gate");
    says("refused", &run.stderr, &[&asked, &format!("--diagnose {refusing}/")], &["t0ken"]);
    let (host, _asked) = playing(vec![to("/two"), answer("220 ftp\r\n")]);
    let run = fetch(&["-L", &host]);
    assert_eq!(run.status, 8, "{run:?}");
    says("FTP", &run.stderr, &["answered 302", &format!("asked last was http://{host}/two")], &[]);
    let cut = answer("HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nhello");
    let (host, _asked) = playing(vec![to("/two"), cut]);
    let run = fetch(&["-L", &host]);
    assert_eq!((run.status, run.text().as_str()), (18, "hello"), "{run:?}");
    says("cut", &run.stderr, &["5 of 9 bytes", &format!("asked last was http://{host}/two")], &[]);
    let (host, _asked) = playing(vec![to("/two"), answer("HTTP/1.1 404 x\r\n\r\n")]);
    let run = fetch(&["-L", "-f", &host]);
    assert_eq!(run.status, 22, "{run:?}");
    says("404", &run.stderr, &["status 404", &format!("asked last was http://{host}/two")], &[]);
    let run = fetch(&["-L", &refusing]);
    says("asked once", &run.stderr, &["nothing_listens"], &["asked last"]);

    let (host, _asked) = playing(vec![to("/two"), to("/three")]);
    let json = fetch(&["-L", "--max-redirs", "1", "--report", "json", &host]).json();
    assert_eq!((json["ok"].as_bool(), &json["code"]), (Some(false), &"too_many_redirects".into()));
}

/// A server's own user name and password, in whichever place a URL may have them, right or wrong.
#[test]
fn what_a_redirect_names_has_no_user_in_it() {
    for (location, shown) in [
        ("http://us3r:t0ken@h/a", "http://h/a"),
        ("http://us3r:t0ken?x@h/a", "http://h/a"),
        ("http://us3r:t0ken#x@h", "http://h"),
        ("http://us3r:t0/ken@h:8/a", "http://h:8/a"),
        ("http://us3r:t0ken\\@h/a", "http://h/a"),
        (r"http:\\us3r:t0ken@h/a", r"http:\\\\h/a"),
        (r"\\us3r:t0ken@h/a", r"\\\\h/a"),
        (r"/\us3r@h/a", r"/\\h/a"),
        ("http:us3r:t0ken@h/a", "...@h/a"),
        // What looks alike, and is none.
        ("http://h:8/a@b", "http://h:8/a@b"),
        ("http://[fe80::1]/a@b", "http://[fe80::1]/a@b"),
        ("http://h?mail=t0ken@b", "http://h"),
        ("/pic@2x", "/pic@2x"),
        ("pic@2x:3", "pic@2x:3"),
    ] {
        let (host, _asked) = playing(vec![to(location), to(location)]);
        let secrets = &["us3r", "t0", "ken"];
        let run = fetch(&[&host]);
        says(location, &run.stderr, &[&format!(" {shown}, and")], secrets);
        if location.contains("us3r") {
            let run = fetch(&["-v", &host]);
            says(location, &run.stderr, &["< HTTP/1.1 302 Found"], &["us3r"]);
        }
    }
}

/// Credentials weren't refused where they weren't sent, and aren't sent there the next time either.
#[test]
fn credentials_that_another_host_wants() {
    let wants = |scheme: &str| {
        answer(format!("HTTP/1.1 401 x\r\nWWW-Authenticate: {scheme}\r\nContent-Length: 0\r\n\r\n"))
    };
    let digest = wants("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
    for (args, play) in [
        (&["-L", "-u", "u:p"][..], wants("Basic realm=\"r\"")),
        (&["-L", "-f", "-u", "u:p"], wants("Basic realm=\"r\"")),
        (&["-L"], wants("Basic realm=\"r\"")),
        (&["-L", "--digest", "-u", "u:p"], digest),
    ] {
        if args.contains(&"--digest") && cfg!(not(feature = "digest")) {
            continue;
        }
        let there = Server::new(play);
        let (host, _asked) = playing(vec![to(&there.url())]);
        let run = fetch(&[args, &[&host]].concat());
        let wanted = format!("at http://127.0.0.1:{}/, where a redirect led", there.port);
        says(
            &format!("{args:?}"),
            &run.stderr,
            &[&wanted, "to no other"],
            &["check both", "same with"],
        );
        assert!(!there.request().head.contains("Authorization"), "{args:?}");
    }
    // At the same host they were.
    let (host, _asked) = playing(vec![to("/two"), wants("Basic realm=\"r\"")]);
    let run = fetch(&["-L", "-u", "u:p", &host]);
    says("there", &run.stderr, &["check both"], &["to no other"]);
}

#[test]
fn verbose_shows_each_request_and_each_head() {
    let ok = answer("HTTP/1.1 200 OK\r\nX-Last: 1\r\nContent-Length: 2\r\n\r\nok");
    let mut cookie = b"HTTP/1.1 302 Found\r\nSet-Cookie: id=s3cret\r\n".to_vec();
    cookie.extend_from_slice(b"Location: /two\r\nContent-Length: 0\r\n\r\n");
    let (host, _asked) = playing(vec![Play::Answer(cookie), ok]);
    let run = fetch(&["-v", "-L", "-u", "admin:hunter2", &host]);
    assert_eq!((run.status, run.text().as_str()), (0, "ok"), "{run:?}");
    let wanted = [
        "> GET / HTTP/1.1",
        "> Authorization: Basic [hidden]",
        "< HTTP/1.1 302 Found",
        "< Set-Cookie: id=[hidden]",
        "> GET /two HTTP/1.1",
        "< HTTP/1.1 200 OK",
        "< X-Last: 1",
    ];
    says("-v -L", &run.stderr, &wanted, &["hunter2", "s3cret", "YWRtaW4"]);
    // In front of what it led to, once, and told as no part of that.
    let refusing = format!("http://127.0.0.1:{}/", refusing_port());
    let busy = "HTTP/1.1 503 Busy\r\nX-Mark: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let half = "HTTP/1.1 2";
    for (args, first, then, last) in [
        ("-L", to(&format!("{refusing}\r\nX-Mark: 1")), None, "(7)"),
        ("--retry=1", answer(busy), Some(answer(half)), "< HTTP/1.1 2\n"),
    ] {
        let (host, _asked) = playing([Some(first), then].into_iter().flatten().collect());
        let run = fetch(&["-v", args, &host]);
        let parts: Vec<_> = run.stderr.split("* connecting to").collect();
        let marks: Vec<_> = parts.iter().map(|part| part.matches("< X-Mark: 1").count()).collect();
        assert_eq!(marks, [0, 1, 0], "{args}: {}", run.stderr);
        let is_told = parts.last().is_some_and(|part| part.contains(last));
        assert!(is_told, "{args}: {}", run.stderr);
    }
}

// ---- Hints ----

#[test]
fn credentials_that_are_refused_are_not_asked_for_again() {
    let refusal =
        "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    let (host, _asked) = playing(vec![answer(refusal), answer(refusal)]);
    says("none", &fetch(&[&host]).stderr, &["wants Basic: ", "-u USER:PASSWORD"], &[]);
    let run = fetch(&["-u", "admin:hunter2", &host]);
    says("wrong", &run.stderr, &["check both"], &["USER:PASSWORD", "hunter2"]);
    // For another scheme they weren't tried.
    let refusal = refusal.replace("Basic", "Digest");
    let (host, _asked) = playing(vec![answer(&refusal)]);
    let run = fetch(&["-u", "admin:hunter2", &host]);
    says("Digest", &run.stderr, &["wants Digest: ", "--digest -u USER:PASSWORD"], &["check both"]);
    if cfg!(feature = "digest") {
        let refusal = refusal.replace("=\"x\"", "=\"x\", nonce=\"n\", qop=\"auth\"");
        let (host, _asked) = playing(vec![answer(&refusal), answer(&refusal)]);
        let run = fetch(&["--digest", "-u", "admin:hunter2", &host]);
        says("wrong", &run.stderr, &["wants Digest, ", "check both"], &["USER:PASSWORD"]);
    }
}

/// What stands behind the words, as a shell would run it.
fn pasted(run: &Run, words: &str) -> (i32, String) {
    let (_, hint) = run.stderr.split_once(words).unwrap_or_else(|| panic!("{words}: {run:?}"));
    let command = hint.split([';', '\n']).next().unwrap();
    let done = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
    (done.status.code().unwrap(), String::from_utf8_lossy(&done.stdout).into_owned())
}

#[test]
fn hints_can_be_pasted() {
    let url = format!("http://admin:hunter2@127.0.0.1:{}/a?token=t0ken", refusing_port());
    let run = fetch(&["-H", "X: y", &url]);
    assert_eq!(run.status, 7, "{run:?}");
    says("hints", &run.stderr, &[], &["hunter2", "t0ken"]);
    let (status, text) = pasted(&run, "what to do: ");
    assert!(status == 0 && text.contains("nothing_listens"), "{text}");
    let (status, text) = pasted(&run, "to look: ");
    assert!(status == 7 && text.contains("closed at once"), "{text}");

    let ok = answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let (host, _asked) = playing(vec![to("/two"), to("/two"), ok]);
    let run = fetch(&[&format!("{host}/it's(a)")]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(pasted(&run, "to follow it: "), (0, "ok".into()));
    // With more on the command line, or a secret in the URL, it is the option alone.
    for args in [&["-H", "X: y"][..], &[]] {
        let (host, _asked) = playing(vec![to("/two")]);
        let url = if args.is_empty() { format!("{host}/?token=t0ken") } else { host };
        let run = fetch(&[args, &[&url]].concat());
        says("a hint", &run.stderr, &["to follow it: the same with -L"], &["t0ken"]);
    }
}

#[test]
fn diagnose_of_https_ends_as_the_request_does() {
    let serve = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.write_all(b"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n");
                drain(&mut stream);
            }
        });
        format!("https://127.0.0.1:{port}/")
    };
    assert_eq!(fetch(&[&serve()]).status, 35);
    let run = fetch(&["--diagnose", &serve()]);
    assert_eq!(run.status, 35, "{run:?}");
    says("https", &run.text(), &["port no", "cause:"], &["all of it works"]);
}
