//! Redirects, credentials and Digest against servers that others wrote, beside curl on the same.

use crate::bytes::HELLO;
use crate::carriers::{Plain, awaiting, plain};
use crate::{Folder, HERE, Running, find_program, script, takes_connections};
use conformance::common::cx;
use conformance::load::report;
use safe_http_client::{LayerError, Multipart, Part, RedirectError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

const MODULES: &str = "/usr/lib/apache2/modules";
const USER: &str = "Mufasa";
const PASSWORD: &str = "Circle of Life";

/// A client that waits, and its buffer.
struct Session {
    client: Plain,
    buffer: Vec<u8>,
}

impl Session {
    fn new(buffer: usize) -> Self {
        Self { client: plain(), buffer: vec![0; buffer] }
    }
}

/// The status and the body that curl has with these arguments; `None` where there is no curl.
fn curl(arguments: &[&str]) -> Option<(u16, Vec<u8>)> {
    let program = find_program("curl")?;
    let output = Command::new(program)
        .args(["-s", "-m", "20", "-w", "%{stderr}%{http_code}"])
        .args(arguments)
        .output()
        .unwrap();
    let status = String::from_utf8_lossy(&output.stderr).trim().parse().unwrap();
    Some((status, output.stdout))
}

/// The same of this client.
fn digest(session: &mut Session, url: &str, user: &str, password: &str) -> (u16, Vec<u8>) {
    let mut cx = cx();
    let mut online = session.client.online(&mut cx).unwrap();
    let request =
        online.get(url, &mut session.buffer).digest(user, password, 0x1234_5678_9ABC_DEF0);
    let mut response = request.follow(3).send().unwrap_or_else(|error| panic!("{url}: {error}"));
    (response.status(), response.read_to_end().unwrap().to_vec())
}

fn assert_as_curl(ours: &(u16, Vec<u8>), arguments: &[&str]) {
    match curl(arguments) {
        Some(theirs) => assert_eq!(*ours, theirs, "{arguments:?}"),
        None => report("real servers: curl skipped: no `curl` in PATH"),
    }
}

#[test]
fn apache() {
    let (Some(program), true) = (find_program("apache2"), Path::new(MODULES).is_dir()) else {
        return report(
            "real servers: Apache skipped: no `apache2`, or no modules where Debian has them",
        );
    };
    let (_apache, _folder, port) = start_apache(&program);
    let base = format!("http://127.0.0.1:{port}");
    let mut session = Session::new(2048);
    let hello = (200, HELLO.to_vec());

    // `/guarded` leads to the first.
    for path in ["/digest/hello", "/digest/hello?a=b&c=%20d", "/guarded"] {
        let url = format!("{base}{path}");
        assert_eq!(digest(&mut session, &url, USER, PASSWORD), hello, "{path}");
        assert_as_curl(&hello, &["-L", "--digest", "-u", &format!("{USER}:{PASSWORD}"), &url]);
        let refused = digest(&mut session, &url, USER, "wrong");
        assert_eq!(refused.0, 401);
    }

    let mut cx = cx();
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = awaiting(&stack);
    let url = format!("{base}/digest/hello?a=b");
    for (password, status) in [(PASSWORD, 200), ("wrong", 401)] {
        async_io::block_on(async {
            let mut online = client.wait_online(&mut cx).await.unwrap();
            let request = online.get(url.as_str(), &mut session.buffer);
            let mut response = request.digest(USER, password, 17).send().await.unwrap();
            assert_eq!(response.status(), status, "awaited");
            let body = response.read_to_end().await.unwrap();
            assert_eq!(body == HELLO, status == 200, "awaited");
        });
    }

    let mut online = session.client.online(&mut cx).unwrap();
    let url = format!("{base}/basic/hello");
    let request = online.get(url.as_str(), &mut session.buffer).basic(USER, PASSWORD);
    assert_eq!(request.send().unwrap().status(), 200);
    let request = online.get(url.as_str(), &mut session.buffer).bearer("token");
    assert_eq!(request.send().unwrap().status(), 401);

    // `/folder` gets its slash, and `/again` leads on to `/moved`.
    for path in ["/moved", "/found", "/again", "/folder"] {
        let url = format!("{base}{path}");
        let sent = online.get(url.as_str(), &mut session.buffer).follow(3).send();
        assert_eq!(sent.unwrap_or_else(|error| panic!("{path}: {error}")).status(), 200, "{path}");
        if let Some((status, _)) = curl(&["-L", "--max-redirs", "3", &url]) {
            assert_eq!(status, 200, "{path}");
        }
    }
    let url = format!("{base}/circle");
    let error = online.get(url.as_str(), &mut session.buffer).follow(5).send().unwrap_err();
    assert!(matches!(error, LayerError::Redirect { why: RedirectError::Loop, .. }), "{error}");
    let hops: Vec<_> = error.hops(&session.buffer).map(|hop| hop.url().to_owned()).collect();
    assert_eq!(hops, [url, format!("{base}/round")]);
    report("real servers: Apache: redirects, Basic and Digest, waiting and awaited");
}

/// SHA-256, a hidden user name, and a nonce that is too old.
#[test]
fn digest_with_sha_256() {
    let Some((_node, port)) = start_node("node_digest.js") else {
        return report("real servers: Digest with SHA-256 skipped: no `node` in PATH");
    };
    let url = format!("http://127.0.0.1:{port}/a/b?c=d");
    let user = "J\u{e4}s\u{f8}n Doe";
    let mut session = Session::new(2048);
    let hello = (200, HELLO.to_vec());
    assert_eq!(digest(&mut session, &url, user, PASSWORD), hello);
    assert_eq!(digest(&mut session, &url, user, "wrong").0, 401);
    assert_as_curl(&hello, &["--digest", "-u", &format!("{user}:{PASSWORD}"), &url]);
}

/// Node reads what both clients send, as it reads what curl sends.
#[test]
fn parts() {
    use sha2::{Digest as _, Sha256};
    let Some((_node, port)) = start_node("node_form.js") else {
        return report("real servers: forms of several parts skipped: no `node` in PATH");
    };
    let url = format!("http://127.0.0.1:{port}/");
    let image = crate::bytes::noise(100_000);
    let text = "front door\r\n------part00000000--";
    let parts = [
        Part::text("place", text),
        Part::text("empty", ""),
        Part::file("photo", "a b.jpg", "image/jpeg", &image),
    ];
    let line = |name: &str, file: &str, kind: &str, content: &[u8]| {
        let hash: String =
            Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{name}|{file}|{kind}|{}|{hash}\n", content.len())
    };
    let expected = line("place", "", "", text.as_bytes())
        + &line("empty", "", "", b"")
        + &line("photo", "a b.jpg", "image/jpeg", &image);

    let mut session = Session::new(700);
    let mut cx = cx();
    let mut online = session.client.online(&mut cx).unwrap();
    let request = online.post(url.as_str(), &mut session.buffer);
    let mut response = request.send_parts(&mut Multipart::new(&parts)).unwrap();
    assert_eq!(response.read_to_str().unwrap(), expected);
    drop(response);

    let stack = std_embedded_nal_async::Stack::default();
    let mut client = awaiting(&stack);
    async_io::block_on(async {
        let mut online = client.wait_online(&mut cx).await.unwrap();
        let request = online.post(url.as_str(), &mut session.buffer);
        let mut response = request.send_parts(&mut Multipart::new(&parts)).await.unwrap();
        assert_eq!(response.read_to_str().await.unwrap(), expected);
    });
    report("real servers: Node: forms of several parts, waiting and awaited");
}

/// Starts a script that prints its port.
fn start_node(name: &str) -> Option<(Running, u16)> {
    let mut child = Command::new(find_program("node")?)
        .arg(script(name))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map(Running)
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Some((child, line.trim().parse().unwrap()))
}

fn start_apache(program: &Path) -> (Running, Folder, u16) {
    let root = std::env::temp_dir().join(format!("safe-http-client-apache-{}", std::process::id()));
    let folder = Folder(root.clone());
    for path in ["www/digest", "www/basic", "www/folder"] {
        std::fs::create_dir_all(root.join(path)).unwrap();
        std::fs::write(root.join(path).join("hello"), HELLO).unwrap();
        std::fs::write(root.join(path).join("index.html"), HELLO).unwrap();
    }
    let [digest, basic] =
        ["digest", "basic"].map(|file| root.join(file).to_str().unwrap().to_owned());
    // The one asks twice.
    for (tool, arguments, lines) in [
        ("htdigest", ["-c", &digest, "the gate", USER], 2),
        ("htpasswd", ["-c", "-i", &basic, USER], 1),
    ] {
        let mut child = Command::new(tool)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(format!("{PASSWORD}\n").repeat(lines).as_bytes())
            .unwrap();
        assert!(child.wait().unwrap().success(), "{tool}");
    }
    let template = std::fs::read_to_string(script("apache.conf")).unwrap();
    // The port is free when it is looked up, but may be taken a moment later.
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = template
            .replace("@ROOT@", root.to_str().unwrap())
            .replace("@MODULES@", MODULES)
            .replace("@PORT@", &port.to_string());
        let path = root.join("apache.conf");
        std::fs::write(&path, config).unwrap();
        let mut apache = Command::new(program)
            .args(["-X", "-f", path.to_str().unwrap()])
            .stdin(Stdio::null())
            .spawn()
            .map(Running)
            .unwrap();
        if takes_connections(&mut apache, (HERE, port)) {
            return (apache, folder, port);
        }
    }
    let log = std::fs::read_to_string(root.join("error.log")).unwrap_or_default();
    panic!("Apache doesn't start: {log}");
}
