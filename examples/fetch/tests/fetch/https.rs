//! `fetch https://…` against OpenSSL's server, and curl on the same server where there is one: the same exit
//! status, each produced for real.

use crate::run::{fetch, program};
use crate::server::{refusing_port, reserved_port};
use crate::tools::{answering, falling_silent, says};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// A server, and its certificates; gone with the test.
struct Site {
    folder: PathBuf,
    servers: Vec<Child>,
}

impl Drop for Site {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn run(folder: &Path, command: &str) -> String {
    let done = Command::new("sh").arg("-c").arg(command).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn has(name: &str) -> bool {
    let mut command = Command::new(name);
    command.arg("version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let is_there = command.status().is_ok();
    if !is_there {
        eprintln!("fetch https: skipped: no `{name}`");
    }
    is_there
}

impl Site {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("fetch-https-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        run(
            &folder,
            &format!(
                "openssl req -x509 {ec} -keyout root.key -out root.pem -days 9 -subj /CN=Root"
            ),
        );
        run(&folder, &format!("openssl req {ec} -keyout server.key -out server.csr -subj /CN=s"));
        run(
            &folder,
            "echo subjectAltName=DNS:gate.test >extensions && openssl x509 -req -in server.csr -CA root.pem \
             -CAkey root.key -out server.pem -days 9 -extfile extensions",
        );
        // Signed by itself, as most are: an authority's, that is.
        run(
            &folder,
            &format!(
                "openssl req -x509 {ec} -keyout alone.key -out alone.pem -days 9 -subj /CN=gate.test \
                 -addext subjectAltName=DNS:gate.test"
            ),
        );
        // An authority that dates a certificate back or ahead.
        run(
            &folder,
            "touch index && printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index\nrand_serial=yes\n\
             default_md=sha256\nnew_certs_dir=.\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n' >ca",
        );
        for (name, from, until) in [
            ("expired", "20200101000000Z", "20210203040506Z"),
            ("early", "20490101000000Z", "20490909000000Z"),
        ] {
            run(
                &folder,
                &format!(
                    "openssl ca -batch -notext -config ca -cert root.pem -keyfile root.key -in server.csr \
                     -extfile extensions -startdate {from} -enddate {until} -out {name}.pem"
                ),
            );
        }
        Self { folder, servers: Vec::new() }
    }

    /// Starts `openssl s_server` with a certificate; its port. It answers with a page, or with `-rev` with what comes,
    /// backwards.
    fn serve(&mut self, name: &str, key: &str, more: &[&str]) -> u16 {
        let port = reserved_port();
        let server = Command::new("openssl")
            .args(["s_server", "-quiet"])
            .args((!more.contains(&"-rev")).then_some("-www"))
            .arg("-cert")
            .arg(format!("{name}.pem"))
            .arg("-key")
            .arg(format!("{key}.key"))
            .arg("-accept")
            .arg(format!("127.0.0.1:{port}"))
            .args(more)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.servers.push(server);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
        port
    }

    fn status(&self, program: &Path, arguments: &str) -> (i32, String) {
        let done = Command::new(program)
            .args(arguments.split_whitespace())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (done.status.code().unwrap(), String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

/// Takes each connection, and resets it at its first byte; the port.
fn resetting() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let _ = stream.peek(&mut [0]);
            rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
        }
    });
    port
}

/// There was a connection: nobody is told to look whether something listens.
const ENDED: &str = "fetch: (35) connect: the connection ended in the handshake\n\
    fetch: likely: connection_lost; ";

#[test]
fn https_ends_as_curl_does() {
    if !has("openssl") {
        return;
    }
    let mut site = Site::new();
    let (port, old) =
        (site.serve("server", "server", &[]), site.serve("server", "server", &["-tls1_2"]));
    let alone = site.serve("alone", "alone", &[]);
    let (expired, early) =
        (site.serve("expired", "server", &[]), site.serve("early", "server", &[]));
    let other_group = site.serve("server", "server", &["-groups", "X25519"]);
    let wants = site.serve("server", "server", &["-Verify", "1", "-verify_return_error"]);
    let clear = answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let silent = answering(b"");
    let unknown_name = answering(b"\x15\x03\x03\x00\x02\x02\x70");
    let mute = falling_silent(b"");
    let (resets, closed) = (resetting(), refusing_port());
    let with = |port: u16| {
        format!("--resolve gate.test:{port}:127.0.0.1 --cacert root.pem https://gate.test:{port}/")
    };
    let pin = run(
        &site.folder,
        "openssl x509 -in server.pem -noout -pubkey | openssl pkey -pubin -outform der | \
         openssl dgst -sha256 -binary | base64",
    );
    let zeros = "A".repeat(43) + "=";
    let here = format!("--resolve gate.test:{port}:127.0.0.1");
    let url = format!("https://gate.test:{port}/");
    let cases = [
        (0, format!("{here} --cacert root.pem {url}"), ""),
        (0, format!("{here} -k {url}"), "WARNING: -k"),
        (0, format!("{here} -vk {url}"), "\n* the server's certificate was not verified\n"),
        (0, format!("{here} --cacert root.pem --pinnedpubkey sha256//{pin} {url}"), ""),
        (0, format!("{here} -k --pinnedpubkey sha256//{zeros};sha256//{pin} {url}"), "WARNING"),
        (
            60,
            format!("{here} {url}"),
            "no trusted authority has signed the server's certificate: add the root of its issuer to the anchors, or let the server send its intermediate certificates (Root)",
        ),
        (
            60,
            format!("--cacert root.pem https://127.0.0.1:{port}/"),
            "for other hosts: use a name that it has, or correct the certificate's subject alternative names (gate.test)",
        ),
        (
            90,
            format!("{here} --cacert root.pem --pinnedpubkey sha256//{zeros} {url}"),
            "public key isn't a pinned one",
        ),
        (77, format!("{here} --cacert missing.pem {url}"), "missing.pem"),
        (77, format!("{here} --cacert server.key {url}"), "there is none in it"),
        (60, with(alone), "no trusted authority has signed the server's certificate"),
        (
            60,
            with(expired),
            "has expired: renew it, or set the clock if that is wrong (until 2021-02-03 04:05 UTC, now 2",
        ),
        (
            60,
            with(early),
            "isn't valid yet: the clock is probably behind; set it (SNTP) (from 2049-01-01 00:00 UTC, now 2",
        ),
        (
            60,
            format!(
                "--resolve door.test:{port}:127.0.0.1 --cacert root.pem https://door.test:{port}/"
            ),
            "(gate.test)",
        ),
        (35, with(old), "speaks TLS 1.2 or older only"),
        (35, with(other_group), "which has P-256"),
        (
            35,
            with(clear),
            "isn't TLS: check the port, or whether it is an http:// server (HTTP/1.1 400 Bad",
        ),
        (35, with(silent), ENDED),
        (35, with(resets), ENDED),
        (28, format!("--connect-timeout 0.5 {}", with(mute)), "fetch: likely: slow_server; "),
        (
            35,
            with(unknown_name),
            "has no such name: check the host in the URL\nfetch: likely: connection_lost",
        ),
        (56, with(wants), "wants a certificate of the client's"),
        (7, with(closed), "the connection couldn't be opened"),
        (6, "https://gate.invalid/".to_owned(), "didn't resolve"),
        (1, "gate://gate.test/".to_owned(), "scheme"),
    ];
    let compares = has("curl");
    for (expected, arguments, says) in &cases {
        let (status, stderr) = site.status(&program(), arguments);
        assert_eq!(status, *expected, "fetch {arguments}: {stderr}");
        assert!(stderr.contains(says), "{arguments}: {stderr}");
        if compares {
            // curl speaks 1.2 as well, unless it is told not to, and has other groups.
            let only = "-sS -o /dev/null --noproxy * --tlsv1.3 --curves P-256";
            let (status, stderr) = site.status(Path::new("curl"), &format!("{only} {arguments}"));
            assert_eq!(status, *expected, "curl {arguments}: {stderr}");
        }
    }
    // The check says no more of it than was seen: somebody was there, and who sends an alert speaks TLS.
    for (port, unwanted) in [
        (silent, &["nothing listens", "certain)"][..]),
        (resets, &["nothing listens", "certain)"]),
        (unknown_name, &["nothing listens", "certain)", "http on the other"]),
    ] {
        let run = fetch(&["--diagnose", &format!("https://127.0.0.1:{port}/")]);
        assert_eq!(run.status, 35, "{run:?}");
        says(&port.to_string(), &run.text(), &["broke in the middle"], unwanted);
    }
    // What goes wrong over a connection that isn't verified is shown as that.
    let backwards = site.serve("server", "server", &["-rev"]);
    let (status, stderr) = site.status(
        &program(),
        &format!("-k --resolve gate.test:{backwards}:127.0.0.1 https://gate.test:{backwards}/"),
    );
    let warning = "; the server's certificate was not verified\n";
    assert!(status == 8 && stderr.contains(warning), "{status}: {stderr}");
    eprintln!("fetch https: {} commands end as curl's do", cases.len());
}
