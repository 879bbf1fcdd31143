//! `fetch` and `curl` with the same arguments, on the same servers: exit status, output, files, and what the
//! servers were asked. `cargo test -p fetch --features digest -- beside_curl --nocapture` prints
//! the table.

mod servers;

use crate::run::{Folder, end, program, side_by_side};
use servers::*;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use test_server::Request;

/// How the two are to compare.
#[derive(Clone, Copy)]
enum Expect {
    /// They do the same.
    Alike,
    /// `fetch` ends with this status instead, or asks otherwise, on purpose.
    Differs(i32, &'static str),
}
use Expect::{Alike, Differs};

/// Arguments (`{url}` and `{host}` stand for the server), what the server does, curl's exit status, the header
/// fields that are compared, and whether `fetch` is to do the same.
type Row = (&'static [&'static str], &'static str, i32, &'static [&'static str], Expect);

/// What came of a command.
struct Outcome {
    statuses: Vec<i32>,
    stdout: Vec<u8>,
    stderr: String,
    files: Vec<(String, Vec<u8>)>,
    asked: Vec<Request>,
    port: u16,
}

const STDIN: &[u8] = b"from stdin\n";
const FILE: &[u8] = b"line one\nline two\n";

/// Runs a command in a folder of its own; twice, where it goes on with a file.
fn run(program: &Path, name: &str, args: &[&str], script: Script) -> Outcome {
    let (folder, site) = (Folder::new(&format!("curl-{name}")), Site::new(script));
    std::fs::write(folder.path("data.txt"), FILE).unwrap();
    let host = format!("127.0.0.1:{}", site.port);
    let args: Vec<_> = args
        .iter()
        .map(|arg| arg.replace("{url}", &format!("http://{host}/gate")))
        .map(|arg| arg.replace("{host}", &host))
        .collect();
    let times = if args.iter().any(|arg| arg == "-C") { 2 } else { 1 };
    let mut outcome = Outcome {
        statuses: Vec::new(),
        stdout: Vec::new(),
        stderr: String::new(),
        files: Vec::new(),
        asked: Vec::new(),
        port: site.port,
    };
    for _ in 0..times {
        let mut child = Command::new(program)
            .args(&args)
            .current_dir(&folder.0)
            .envs([("no_proxy", "*"), ("CURL_HOME", "/nowhere"), ("HOME", "/nowhere")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(STDIN);
        let run = end(child);
        outcome.statuses.push(run.status);
        outcome.stdout.extend_from_slice(&run.stdout);
        outcome.stderr.push_str(&run.stderr);
    }
    let names = folder.names();
    outcome.files = names
        .iter()
        .map(|name| (name.clone(), std::fs::read(folder.path(name)).unwrap()))
        .collect();
    outcome.asked = site.asked.lock().unwrap().clone();
    outcome
}

fn curl() -> Option<PathBuf> {
    let asked = Command::new("curl").arg("-V").stdin(Stdio::null()).output();
    match asked {
        Ok(said) => {
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            eprintln!("beside {}", said.lines().next().unwrap_or_default());
            Some("curl".into())
        }
        Err(_) => {
            eprintln!("fetch beside curl: skipped: no `curl`");
            None
        }
    }
}

const EARLY: &str = "found out before anything is asked";
const NO_REPEAT: &str = "a POST isn't sent again, unless it has an Idempotency-Key";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (&["{url}"], "hello", 0, &[], Alike),
    (&["{host}/a?b=1"], "hello", 0, &["Host"], Alike),
    (&["-i", "{url}"], "hello", 0, &[], Alike),
    (&["-I", "{url}"], "hello", 0, &[], Alike),
    (&["-I", "-X", "GET", "{url}"], "hello", 0, &[], Alike),
    (&["-X", "PURGE", "{url}"], "hello", 0, &[], Alike),
    (&["-H", "X-Key: a:b", "-H", "Accept:", "-H", "X-Empty;", "{url}"], "hello", 0, &["X-Key", "Accept", "X-Empty"], Alike),
    (&["-A", "gate/1", "{url}"], "hello", 0, &["User-Agent"], Alike),
    (&["-A", "", "{url}"], "hello", 0, &["User-Agent"], Alike),
    // Credentials
    (&["-u", "admin:s:cret", "{url}"], "wants_basic", 0, &["Authorization"], Alike),
    (&["-u", "admin:", "{url}"], "wants_basic", 0, &["Authorization"], Alike),
    (&["http://admin:s%3Acret@{host}/"], "wants_basic", 0, &["Authorization"], Alike),
    (&["-u", "a:b", "-H", "Authorization: Bearer t", "{url}"], "hello", 0, &["Authorization"], Alike),
    (&["--digest", "-u", "admin:secret", "{url}?a=1"], "wants_digest", 0, &["Authorization"], Alike),
    (&["--digest", "-u", "admin:secret", "{url}"], "wants_basic", 0, &[], Differs(22, "no Digest is offered, and Basic isn't what was asked for")),
    (&["-L", "--digest", "-u", "admin:secret", "{url}"], "to_digest", 0, &["Authorization"], Alike),
    // Redirects
    (&["{url}"], "moved", 0, &[], Alike),
    (&["-L", "{url}"], "moved", 0, &[], Alike),
    (&["-L", "-I", "{url}"], "hello", 0, &[], Alike),
    (&["-L", "-d", "a=1", "{url}"], "found", 0, &["Content-Type", "Content-Length"], Alike),
    (&["-L", "-d", "a=1", "{url}"], "see_other", 0, &["Content-Type", "Content-Length"], Alike),
    (&["-L", "-d", "a=1", "{url}"], "temporary", 0, &["Content-Type", "Content-Length"], Alike),
    (&["-L", "-X", "PUT", "-d", "a=1", "{url}"], "found", 0, &["Content-Type", "Content-Length"], Differs(0, "what becomes of PUT, RFC 9110 says: the body goes along")),
    (&["-L", "-X", "POST", "-d", "a=1", "{url}"], "found", 0, &["Content-Type", "Content-Length"], Differs(0, "-X names the first method, and RFC 9110 the next one")),
    (&["-L", "-u", "admin:s:cret", "{url}"], "found", 0, &["Authorization"], Alike),
    (&["-L", "-u", "admin:s:cret", "{url}"], "to_other_host", 0, &["Authorization", "Host"], Alike),
    (&["-L", "-H", "Cookie: a=b", "{url}"], "to_other_host", 0, &["Cookie"], Alike),
    (&["-L", "-H", "X-Key: a", "{url}"], "found", 0, &["X-Key"], Alike),
    (&["-L", "-H", "X-Key: a", "{url}"], "to_other_host", 0, &["X-Key"], Differs(0, "a field of one's own goes to its origin alone")),
    (&["-L", "--max-redirs", "2", "{url}"], "onward", 47, &[], Alike),
    (&["-L", "--max-redirs", "0", "{url}"], "onward", 47, &[], Alike),
    (&["-L", "{url}"], "circle", 47, &[], Differs(47, "a circle is seen at its first turn")),
    (&["-L", "{url}"], "to_ftp", 1, &[], Alike),
    // Bodies
    (&["-d", "a=1", "-d", "b=2", "{url}"], "hello", 0, &["Content-Type", "Content-Length"], Alike),
    (&["-d", "", "-d", "b=2", "{url}"], "hello", 0, &["Content-Type", "Content-Length"], Alike),
    (&["-d", "@data.txt", "-d", "x", "{url}"], "hello", 0, &["Content-Type", "Content-Length"], Alike),
    (&["-d", "@-", "{url}"], "hello", 0, &["Content-Type", "Content-Length"], Alike),
    (&["--data-raw", "@x", "{url}"], "hello", 0, &["Content-Type", "Content-Length"], Alike),
    (&["--data-binary", "@data.txt", "{url}"], "hello", 0, &["Content-Type", "Content-Length"], Alike),
    (&["--data-binary", "@-", "-H", "Content-Type: text/plain", "{url}"], "hello", 0, &["Content-Type", "Content-Length"], Alike),
    (&["--data-urlencode", "a b&c", "--data-urlencode", "=d=e", "--data-urlencode", "f=g+h", "{url}"], "hello", 0, &["Content-Type", "Content-Length"], Alike),
    (&["--data-urlencode", "log@data.txt", "--data-urlencode", "@data.txt", "-d", "x", "{url}"], "hello", 0, &["Content-Length"], Alike),
    (&["--data-urlencode", "a=-._~\u{e9}", "{url}"], "hello", 0, &["Content-Length"], Alike),
    (&["--json", "{\"a\":1}", "{url}"], "hello", 0, &["Content-Type", "Accept", "Content-Length"], Alike),
    (&["--json", "{\"a\":", "--json", "1}", "-H", "Accept: text/plain", "{url}"], "hello", 0, &["Content-Type", "Accept"], Alike),
    (&["--json", "@data.txt", "-X", "PUT", "{url}"], "hello", 0, &["Content-Type", "Accept", "Content-Length"], Alike),
    (&["-G", "-d", "a=1", "-d", "b=2", "{url}"], "hello", 0, &["Content-Type", "Content-Length"], Alike),
    (&["-G", "--data-urlencode", "q=a b", "{url}?c=1#part"], "hello", 0, &["Content-Length"], Alike),
    (&["-G", "-I", "-d", "a=1", "{url}"], "hello", 0, &[], Alike),
    (&["-I", "-d", "a=1", "{url}"], "hello", 2, &[], Alike),
    (&["-T", "data.txt", "{url}"], "hello", 0, &["Content-Length", "Content-Type"], Alike),
    (&["-T", "-", "{url}"], "hello", 0, &["Content-Length", "Transfer-Encoding"], Alike),
    (&["-T", "data.txt", "http://{host}/b/?c=1#d"], "hello", 0, &["Content-Length"], Alike),
    (&["-T", "./data.txt", "-L", "{host}"], "hello", 0, &["Content-Length"], Alike),
    (&["-T", "data.txt", "-O", "http://{host}/b/"], "hello", 23, &[], Alike),
    (&["-T", "-", "http://{host}/b/"], "hello", 0, &[], Alike),
    (&["-T", "data.txt", "-d", "x", "{url}"], "hello", 2, &[], Alike),
    (&["-F", "a=b c", "-F", "d=@data.txt", "{url}"], "hello", 0, &["Content-Type"], Alike),
    (&["-F", "a=@data.txt;type=text/csv;filename=x.csv", "-F", "b=<data.txt", "{url}"], "hello", 0, &["Content-Type"], Alike),
    (&["-F", "a=\"b;c \\\"d\\\\e\"", "-F", "f=@\"data.txt\"", "-F", "g=<\"data.txt\"", "-F", "h=\"i", "{url}"], "hello", 0, &["Content-Type"], Alike),
    (&["-F", "a=@data.txt;type=text/csv; charset=utf-8;FILENAME=\"x;y.csv\"", "-F", "b=c;filename=d.txt", "{url}"], "hello", 0, &["Content-Type"], Alike),
    (&["-F", "a={};type=application/json", "{url}"], "hello", 0, &["Content-Type"], Alike),
    (&["-F", "a=b;c", "{url}"], "hello", 0, &["Content-Type"], Differs(0, "a text's end isn't lost")),
    (&["-F", "a=@data.txt;type=text", "{url}"], "hello", 2, &[], Alike),
    (&["-F", "a=@data.txt", "-L", "{url}"], "temporary", 0, &["Content-Type"], Alike),
    (&["-F", "a=@-", "{url}"], "hello", 0, &["Content-Type"], Differs(0, "stdin's part has a type, too")),
    (&["-F", "a=b", "-d", "c", "{url}"], "hello", 2, &[], Alike),
    (&["-F", "a=@missing", "{url}"], "hello", 26, &[], Alike),
    (&["--compressed", "{url}"], "hello", 0, &[], Differs(2, "bodies as they are")),
    // Files and parts
    (&["-o", "out", "{url}"], "hello", 0, &[], Alike),
    (&["-o", "-", "{url}"], "hello", 0, &[], Alike),
    (&["-O", "{url}?a=/b"], "hello", 0, &[], Alike),
    (&["-O", "http://{host}/"], "hello", 23, &[], Alike),
    (&["-o", "no/such/folder", "{url}"], "hello", 23, &[], Differs(23, EARLY)),
    (&["-r", "2-4", "{url}"], "part", 0, &["Range"], Alike),
    (&["-r", "-3", "{url}"], "part", 0, &["Range"], Alike),
    (&["-C", "-", "-o", "out", "{url}"], "cut", 0, &["Range"], Alike),
    (&["-C", "-", "-O", "{url}"], "cut", 0, &["Range"], Alike),
    (&["-C", "-", "-o", "out", "{url}"], "without_ranges", 33, &[], Differs(0, "the file comes again from its start")),
    // Retries
    (&["--retry", "2", "-o", "out", "{url}"], "busy_twice", 0, &[], Alike),
    (&["--retry", "2", "{url}"], "busy_twice", 0, &[], Differs(0, "the answers before aren't shown")),
    (&["--retry", "1", "-f", "{url}"], "busy_for_a_second", 0, &[], Alike),
    (&["--retry", "2", "-f", "{url}"], "not_found", 22, &[], Alike),
    (&["--retry", "1", "-d", "a=1", "-f", "{url}"], "busy_for_a_second", 0, &[], Differs(22, NO_REPEAT)),
    // What goes wrong
    (&["gate://{host}/"], "hello", 1, &[], Alike),
    (&["--no-such-option", "{url}"], "hello", 2, &[], Alike),
    (&["http://"], "hello", 3, &[], Alike),
    (&["http://127.0.0.1:99999/"], "hello", 3, &[], Alike),
    (&["http://{host}/a b"], "hello", 3, &[], Alike),
    (&["no-such-host.invalid"], "hello", 6, &[], Alike),
    (&["http://127.0.0.1:1/"], "hello", 7, &[], Alike),
    (&["{url}"], "ssh", 1, &[], Differs(8, "no HTTP: to curl it would be HTTP/0.9, which it doesn't take")),
    (&["{url}"], "short", 18, &[], Alike),
    (&["-o", "out", "{url}"], "short", 18, &[], Differs(18, "no file is left that isn't whole")),
    (&["-f", "{url}"], "not_found", 22, &[], Alike),
    (&["-f", "-i", "{url}"], "not_found", 22, &[], Alike),
    (&["-fI", "{url}"], "not_found", 22, &[], Alike),
    (&["{url}"], "not_found", 0, &[], Alike),
    (&["-d", "@missing", "{url}"], "hello", 0, &[], Differs(26, "what can't be read isn't sent as nothing")),
    (&["-T", "missing", "{url}"], "hello", 26, &[], Alike),
    (&["-m", "0.4", "{url}"], "silent", 28, &[], Alike),
    (&["{url}"], "empty", 52, &[], Alike),
    (&["{url}"], "reset", 56, &[], Alike),
    (&["--cacert", "missing", "https://{host}/"], "hello", 77, &[], Differs(77, EARLY)),
];

#[test]
fn fetch_beside_curl_with_the_same_arguments() {
    let Some(curl) = curl() else { return };
    let fetch = program();
    let mut table = String::from(
        "| arguments | server | curl | fetch | output | requests | |\n|---|---|---|---|---|---|---|\n",
    );
    let (mut wrong, mut alike) = (Vec::new(), 0);
    let rows: Vec<_> = ROWS.iter().enumerate().collect();
    let outcomes = side_by_side(&rows, |(index, (args, server, ..))| {
        if args.contains(&"--digest") && !cfg!(feature = "digest") {
            return None;
        }
        let args = [&["-sS"], *args].concat();
        let theirs = run(&curl, &format!("curl-{index}"), &args, script(server));
        Some((theirs, run(&fetch, &format!("fetch-{index}"), &args, script(server))))
    });
    for ((args, server, expected, names, expect), outcome) in ROWS.iter().zip(outcomes) {
        let args = args.join(" ");
        let Some((theirs, ours)) = outcome else {
            table.push_str(&format!("| `{args}` | | | | | | skipped: no feature `digest` |\n"));
            continue;
        };
        let promised = |outcome: &Outcome| -> Vec<_> {
            outcome.asked.iter().map(|asked| promised(asked, names, outcome.port)).collect()
        };
        let same_output = theirs.stdout == ours.stdout && theirs.files == ours.files;
        let same_requests = promised(&theirs) == promised(&ours);
        let (their_status, our_status) = (theirs.statuses.last(), ours.statuses.last());
        let word = |is_same| if is_same { "same" } else { "other" };
        let (wanted, why) = match expect {
            Alike => (*expected, ""),
            Differs(status, why) => (*status, *why),
        };
        let row = format!(
            "| `{args}` | {server} | {} | {} | {} | {} of {} | {why} |\n",
            theirs.statuses.iter().map(i32::to_string).collect::<Vec<_>>().join(", "),
            ours.statuses.iter().map(i32::to_string).collect::<Vec<_>>().join(", "),
            word(same_output),
            word(same_requests),
            ours.asked.len(),
        );
        let is_alike = same_output && same_requests && theirs.statuses == ours.statuses;
        alike += usize::from(is_alike);
        let is_as_said = match expect {
            Alike => is_alike && their_status == Some(expected),
            // Another version of curl may do the same.
            Differs(..) => is_alike || their_status == Some(expected),
        };
        if our_status != Some(&wanted) || !is_as_said {
            wrong.push(format!(
                "{row}curl: {:?} {:?} {:?} {:#?}\n{}\nfetch: {:?} {:?} {:?} {:#?}\n{}",
                theirs.statuses,
                String::from_utf8_lossy(&theirs.stdout),
                theirs.files,
                promised(&theirs),
                theirs.stderr,
                ours.statuses,
                String::from_utf8_lossy(&ours.stdout),
                ours.files,
                promised(&ours),
                ours.stderr,
            ));
        }
        // Whatever went wrong is said.
        if our_status != Some(&0) {
            assert!(!ours.stderr.is_empty(), "{row}");
        }
        table.push_str(&row);
    }
    eprintln!("{table}{} commands, {alike} alike", ROWS.len());
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), ROWS.len(), wrong.join("\n"));
}

/// `-s` says nothing of an error, `-sS` does.
#[test]
fn silence_beside_curl() {
    let Some(curl) = curl() else { return };
    for (args, speaks) in [(&["-s"][..], false), (&["-s", "-S"], true), (&[], true)] {
        for program in [&curl, &program()] {
            let args = [args, &["http://127.0.0.1:1/"]].concat();
            let outcome = run(program, "silence", &args, script("hello"));
            assert_eq!(outcome.statuses, [7], "{program:?} {args:?}");
            assert_eq!(
                !outcome.stderr.is_empty(),
                speaks,
                "{program:?} {args:?} {}",
                outcome.stderr
            );
        }
    }
}

/// On a terminal, which `script` makes one.
#[test]
fn binary_is_held_back_from_a_terminal_beside_curl() {
    let Some(curl) = curl() else { return };
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("fetch beside curl: skipped: no `script` that makes a terminal");
        return;
    }
    let fetch = program();
    let rows =
        [("", "binary", 23), ("-o -", "binary", 0), ("-o file", "binary", 0), ("", "hello", 0)];
    let commands: Vec<_> = [&curl, &fetch]
        .iter()
        .flat_map(|program| rows.iter().map(move |row| (program.display(), row)))
        .enumerate()
        .collect();
    side_by_side(&commands, |(index, (program, (args, server, status)))| {
        let command = format!("{program} -s {args} {{url}}");
        let args = ["-qec", &command, "/dev/null"];
        let outcome = run(Path::new("script"), &format!("terminal-{index}"), &args, script(server));
        let shown = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert_eq!(outcome.statuses, [*status], "{command}: {shown}");
        assert_eq!(shown.contains("\u{0}"), args[1].contains("-o -"), "{command}: {shown:?}");
    });
    let command = format!("{} {{url}}", fetch.display());
    let outcome =
        run(Path::new("script"), "terminal", &["-qec", &command, "/dev/null"], script("binary"));
    let shown = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(shown.contains("-o FILE saves it"), "{shown}");
}
