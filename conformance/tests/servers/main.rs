//! The client against servers that others wrote: Node's `http`, nginx and Apache, as far as they are
//! installed. What is missing is skipped, and said so on stderr (past the test harness, which
//! would keep it to itself).

mod bytes;
mod carriers;
mod layers;
mod site;

use bytes::{HELLO, MIB, borrowed, checksum, many_headers, noise};
use conformance::load::report;
use safe_http_client::{BodyLength, Method};
use site::{Ask, Body, Kind, Site, find};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to start.
const START: Duration = Duration::from_secs(20);

/// A server's process, which ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether it takes connections there; or it has ended, or takes too long to start.
fn takes_connections(server: &mut Running, at: (Ipv4Addr, u16)) -> bool {
    let started = Instant::now();
    while server.0.try_wait().unwrap().is_none() && started.elapsed() < START {
        if TcpStream::connect(at).is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// The program of this name in PATH or where Debian puts daemons.
fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(name)
}

const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

#[test]
fn node_waiting() {
    node("the client that waits", carriers::waiting, HERE);
}

#[test]
fn nginx_waiting() {
    nginx("the client that waits", carriers::waiting, HERE);
}

#[test]
fn node_awaited() {
    node("awaited, std-embedded-nal-async", carriers::awaited, HERE);
}

#[test]
fn nginx_awaited() {
    nginx("awaited, std-embedded-nal-async", carriers::awaited, HERE);
}

#[cfg(target_os = "linux")]
mod over_embassy_net {
    use super::{carriers, nginx, node, report};
    use conformance::tap::{LINUX, Namespace};

    const WHAT: &str = "awaited, embassy-net on a TAP device";

    fn inside(test: impl FnOnce() + Send) {
        if let Err(why) = Namespace::new().and_then(|space| space.inside(test)) {
            report(&format!("real servers: {WHAT} skipped: {why}"));
        }
    }

    #[test]
    fn to_node() {
        inside(|| node(WHAT, carriers::embassy, LINUX));
    }

    #[test]
    fn to_nginx() {
        inside(|| nginx(WHAT, carriers::embassy, LINUX));
    }
}

fn node(what: &str, kind: Kind, host: Ipv4Addr) {
    let Some(program) = find_program("node") else {
        return report("real servers: node skipped: no `node` in PATH");
    };
    let mut child = Command::new(program)
        .arg(script("node_http.js"))
        .arg(host.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map(Running)
        .unwrap();
    let stdout = BufReader::new(child.0.stdout.take().unwrap());
    let (sender, first_line) = channel();
    thread::spawn(move || sender.send(stdout.lines().next()));
    let line = first_line.recv_timeout(START).expect("node says its ports in time");
    let ports: serde_json::Value =
        serde_json::from_str(&line.expect("node says its ports").unwrap()).unwrap();
    let port = |name: &str| u16::try_from(ports[name].as_u64().unwrap()).unwrap();

    let mut site = Site::new(kind, host, port("patient"), port("impatient"));
    common_cases(&mut site);
    node_cases(&mut site);
    site.report(&format!("node {}, {what}", ports["version"].as_str().unwrap()));
}

fn nginx(what: &str, kind: Kind, host: Ipv4Addr) {
    let Some(program) = find_program("nginx") else {
        return report("real servers: nginx skipped: no `nginx` in PATH or /usr/sbin");
    };
    let (_nginx, _folder, ports) = start_nginx(&program, host);
    let mut site = Site::new(kind, host, ports.0, ports.1);
    common_cases(&mut site);
    nginx_cases(&mut site);
    let version = Command::new(program).arg("-v").output().unwrap().stderr;
    let version = String::from_utf8_lossy(&version);
    site.report(&format!("{}, {what}", version.trim().rsplit(' ').next().unwrap()));
    report("real servers: nginx skipped: 103 Early Hints, which it can't send by itself");
}

/// What both have under the same path.
fn common_cases(site: &mut Site) {
    // Keep-alive: `ask` compares the connections.
    site.expect_hello("/text");
    site.expect_hello("/text?again=1");

    let chunked = site.expect_hello("/chunked");
    assert_eq!(chunked.header("Transfer-Encoding"), "chunked");
    assert!(chunked.trailers.is_empty());

    let trailers = site.expect_hello("/trailers");
    assert_eq!(find(&trailers.trailers, "X-Note"), "done");

    let nothing = site.get("/204");
    assert_eq!((nothing.status, nothing.body.len()), (204, 0));

    // HEAD has the length of a body that doesn't come.
    let head = site.ask(Method::Head, "/large", &[], Body::None);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("Content-Length"), (10 * MIB).to_string());

    let large = site.get("/large");
    assert!(large.body == noise(10 * MIB), "{} bytes", large.body.len());

    // Header fields of several times the usual size, both ways, through a buffer that holds them.
    let small = std::mem::replace(&mut site.session.buffer, vec![0; 8192]);
    let headers = many_headers();
    let many = site.ask(Method::Get, "/many", &borrowed(&headers), Body::None);
    assert_eq!(many.body, HELLO);
    for i in 0..150 {
        assert_eq!(many.header(&format!("X-Field-{i}")), "v".repeat(i % 40 + 1), "field {i}");
    }
    site.session.buffer = small;

    site.idle_close();
}

fn node_cases(site: &mut Site) {
    let early = site.expect_hello("/early");
    assert!(early.headers.iter().all(|(name, _)| name != "link"), "{early:?}");

    let unchanged = site.get("/304");
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    assert_eq!(unchanged.header("Content-Length"), "12");

    let trailers = site.expect_hello("/trailers").trailers;
    assert_eq!(find(&trailers, "X-Checksum"), checksum(HELLO).to_string());

    // All 60 of the client's fields and its own four arrived.
    site.session.buffer.resize(8192, 0);
    let headers = many_headers();
    let many = site.ask(Method::Get, "/many", &borrowed(&headers), Body::None);
    assert_eq!(many.header("X-Received"), "64");
    site.session.buffer.resize(1024, 0);

    let body = noise(MIB);
    let url = format!("{}/upload", site.base);
    for (body, framing) in [
        (Body::Slice(&body), "1048576"),
        (Body::Reader(&body, BodyLength::Known(MIB as u64)), "1048576"),
        (Body::Reader(&body, BodyLength::Chunked), "chunked"),
    ] {
        for expect_continue in [false, true] {
            let ask = Ask { method: Method::Post, url: &url, headers: &[], body, expect_continue };
            let answer = site.perform(ask);
            let expected = format!("{MIB} {} {framing}", checksum(&noise(MIB)));
            assert_eq!(String::from_utf8_lossy(&answer.body), expected);
        }
    }
    site.refused("/refuse", 417);
}

fn nginx_cases(site: &mut Site) {
    // Unchanged since, by the server's own tag.
    let tag = site.get("/large").header("ETag").to_owned();
    let headers = [("If-None-Match", tag.as_str())];
    let unchanged = site.ask(Method::Get, "/large", &headers, Body::None);
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));

    let part = site.ask(Method::Get, "/large", &[("Range", "bytes=5-9")], Body::None);
    assert_eq!((part.status, part.body.as_slice()), (206, &noise(10)[5..]));

    // Uploads become files, which are then read back.
    let bytes = noise(MIB);
    for (name, body) in [
        ("slice", Body::Slice(&bytes)),
        ("length", Body::Reader(&bytes, BodyLength::Known(MIB as u64))),
        ("chunked", Body::Reader(&bytes, BodyLength::Chunked)),
    ] {
        for (expect_continue, status) in [(false, 201), (true, 204)] {
            let path = format!("/upload/{name}");
            let url = format!("{}{path}", site.base);
            let ask = Ask { method: Method::Put, url: &url, headers: &[], body, expect_continue };
            assert_eq!(site.perform(ask).status, status, "{name}");
            let stored = site.get(&path);
            assert_eq!(stored.status, 200);
            assert!(stored.body == bytes, "{name}: {} bytes", stored.body.len());
        }
    }
    // Nginx has no 417: it refuses a body that it would find too large.
    site.refused("/refuse", 413);
}

/// A folder of the test's own, gone at its end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start_nginx(program: &Path, host: Ipv4Addr) -> (Running, Folder, (u16, u16)) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (id, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let root = std::env::temp_dir().join(format!("safe-http-client-nginx-{id}-{count}"));
    let folder = Folder(root.clone());
    let www = root.join("www");
    std::fs::create_dir_all(www.join("upload")).unwrap();
    std::fs::write(www.join("large"), noise(10 * MIB)).unwrap();
    for name in ["chunked", "trailers"] {
        let text = "<!--#set var=\"who\" value=\"world\" -->hello, <!--#echo var=\"who\" -->";
        std::fs::write(www.join(name), text).unwrap();
    }
    let many: String = (0..150)
        .map(|i| format!("            add_header X-Field-{i} \"{}\";\n", "v".repeat(i % 40 + 1)))
        .collect();
    let template = std::fs::read_to_string(script("nginx.conf")).unwrap();

    // The ports are free when they are looked up, but may be taken a moment later.
    for _ in 0..5 {
        let listeners = [(); 2].map(|()| TcpListener::bind((host, 0)).unwrap());
        let [port, impatient] = listeners.map(|listener| listener.local_addr().unwrap().port());
        let config = template
            .replace("@HOST@", &host.to_string())
            .replace("@ROOT@", root.to_str().unwrap())
            .replace("@PORT@", &port.to_string())
            .replace("@IMPATIENT@", &impatient.to_string())
            .replace("@MANY@", &many);
        let path = root.join("nginx.conf");
        std::fs::write(&path, config).unwrap();
        let mut nginx = Command::new(program)
            .args(["-p", root.to_str().unwrap(), "-c", path.to_str().unwrap()])
            .args(["-e", root.join("error.log").to_str().unwrap()])
            .stdin(Stdio::null())
            .spawn()
            .map(Running)
            .unwrap();
        if takes_connections(&mut nginx, (host, port)) {
            return (nginx, folder, (port, impatient));
        }
    }
    let log = std::fs::read_to_string(root.join("error.log")).unwrap_or_default();
    panic!("nginx doesn't start: {log}");
}
