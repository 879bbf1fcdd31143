//! The client against servers that others wrote: Node's `http` and nginx, as far as they are
//! installed. What is missing is skipped, and said so on stderr (past the test harness, which
//! would keep it to itself).

use conformance::common::cx;
use embedded_io::Read as _;
use safe_http_client::{
    BodyLength, Clock, CloseReason, Config, Method, NalNetwork, PcLink, SafeHttpClient,
    StackQuirks, StdClock,
};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use std_embedded_nal::Stack;

const MIB: usize = 1024 * 1024;
const HELLO: &[u8] = b"hello, world";
/// How long a server may take to start.
const START: Duration = Duration::from_secs(20);

fn say(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

// ---- The client ----

/// A PC's clock, by which waiting leaves the processor to the server.
struct Patient(StdClock);

impl Clock for Patient {
    fn now_ms(&self) -> u32 {
        self.0.now_ms()
    }

    fn idle(&self) {
        thread::sleep(Duration::from_micros(200));
    }
}

/// One client, for all requests to one server.
struct Session {
    client: SafeHttpClient<NalNetwork<Stack, PcLink>, Patient>,
    buffer: Vec<u8>,
}

/// What a request carries.
#[derive(Clone, Copy)]
enum Body<'a> {
    None,
    Slice(&'a [u8]),
    /// Read piece by piece, with its length or chunked.
    Reader(&'a [u8], BodyLength),
}

#[derive(Clone, Copy)]
struct Ask<'a> {
    method: Method<'a>,
    url: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: Body<'a>,
    expect_continue: bool,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    trailers: Vec<(String, Vec<u8>)>,
    reused: bool,
    sent: u32,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        find(&self.headers, name)
    }
}

fn find<'a>(fields: &'a [(String, Vec<u8>)], name: &str) -> &'a str {
    let field = fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    let (_, value) = field.unwrap_or_else(|| panic!("no {name} in {} fields", fields.len()));
    std::str::from_utf8(value).unwrap()
}

impl Session {
    fn new(buffer: usize) -> Self {
        // Servers on a busy machine may think for longer than the 3 s of the default.
        let config = Config::new()
            .response_timeout(Duration::from_secs(20))
            .idle_timeout(Duration::from_secs(20))
            .continue_timeout(Duration::from_secs(20));
        let network = NalNetwork::new(Stack, PcLink, StackQuirks::STD);
        let client = SafeHttpClient::with_config(network, Patient(StdClock::new()), config);
        Self { client, buffer: vec![0; buffer] }
    }

    fn get(&mut self, url: &str) -> Answer {
        self.ask(Method::Get, url, &[], Body::None)
    }

    fn ask(
        &mut self,
        method: Method<'_>,
        url: &str,
        headers: &[(&str, &str)],
        body: Body<'_>,
    ) -> Answer {
        self.perform(Ask { method, url, headers, body, expect_continue: false })
    }

    fn perform(&mut self, ask: Ask<'_>) -> Answer {
        let Ask { method, url, headers, body, expect_continue } = ask;
        let what = format!("{} {url}", method.name());
        let mut cx = cx();
        let mut online = self.client.online(&mut cx).unwrap();
        let mut request = online.request(method, url, &mut self.buffer);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if expect_continue {
            request = request.expect_continue();
        }
        let sent = match body {
            Body::None => request.send(),
            Body::Slice(slice) => request.body(slice).send(),
            Body::Reader(mut reader, length) => request.send_from(&mut reader, length),
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{what}: {error}"));
        let own = |fields: safe_http_client::Headers<'_>| -> Vec<(String, Vec<u8>)> {
            fields.map(|field| (field.name().to_owned(), field.value().to_vec())).collect()
        };
        let mut answer = Answer {
            status: response.status(),
            headers: own(response.head().headers()),
            body: Vec::new(),
            trailers: Vec::new(),
            reused: false,
            sent: 0,
        };
        let mut piece = [0; 700];
        loop {
            match response.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => answer.body.extend_from_slice(&piece[..count]),
                Err(error) => panic!("{what}: {error}"),
            }
        }
        answer.trailers = own(response.trailers());
        let evidence = response.evidence();
        (answer.reused, answer.sent) = (evidence.reused, evidence.sent);
        answer
    }
}

/// What all cases need to know of a server.
struct Site {
    base: String,
    /// Another port of it, which closes connections that are idle for 200 ms.
    impatient: String,
    /// The connection of the last request, as the server numbers them.
    connection: Option<String>,
    session: Session,
    cases: usize,
}

impl Site {
    fn new(port: u16, impatient: u16) -> Self {
        Self {
            base: format!("http://127.0.0.1:{port}"),
            impatient: format!("http://127.0.0.1:{impatient}"),
            connection: None,
            session: Session::new(1024),
            cases: 0,
        }
    }

    /// All requests come over one connection: after each response the client has kept it, and the
    /// server sees it again. That is the proof that no response was read too short or too long.
    fn ask(
        &mut self,
        method: Method<'_>,
        path: &str,
        headers: &[(&str, &str)],
        body: Body<'_>,
    ) -> Answer {
        let url = format!("{}{path}", self.base);
        self.perform(Ask { method, url: &url, headers, body, expect_continue: false })
    }

    fn perform(&mut self, ask: Ask<'_>) -> Answer {
        self.cases += 1;
        let answer = self.session.perform(ask);
        let what = format!("{} {}", ask.method.name(), ask.url);
        let connection = answer.header("X-Connection").to_owned();
        if let Some(before) = self.connection.replace(connection.clone()) {
            assert_eq!(connection, before, "{what}: not the same connection");
            assert!(answer.reused, "{what}: a fresh connection");
        }
        let why = self.session.client.close_reason();
        assert!(self.session.client.is_connected(), "{what}: closed because of {why:?}");
        answer
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::Get, path, &[], Body::None)
    }

    fn expect_hello(&mut self, path: &str) -> Answer {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.body, HELLO, "{path}");
        answer
    }

    /// Closed by the server while idle: noticed, said, and done over a fresh one.
    fn idle_close(&mut self) {
        self.cases += 1;
        let url = format!("{}/text", self.impatient);
        let mut session = Session::new(512);
        let first = session.get(&url);
        assert!(session.client.is_connected() && !first.reused);
        // Node adds a second of grace in its newer versions.
        thread::sleep(Duration::from_millis(1600));
        let second = session.get(&url);
        assert_eq!((second.status, second.body.as_slice()), (200, HELLO));
        assert!(!second.reused);
        assert_eq!(session.client.close_reason(), Some(CloseReason::ServerClosedIdle));
        assert_ne!(first.header("X-Connection"), second.header("X-Connection"));
    }

    /// Refused by the server before the body was sent: its answer is read, none of the body left,
    /// and the connection isn't used for more.
    fn refused(&mut self, path: &str, status: u16) {
        self.cases += 1;
        let url = format!("{}{path}", self.base);
        let body = noise(MIB);
        for body in [Body::Slice(&body), Body::Reader(&body, BodyLength::Known(MIB as u64))] {
            let mut session = Session::new(512);
            let ask =
                Ask { method: Method::Put, url: &url, headers: &[], body, expect_continue: true };
            let answer = session.perform(ask);
            assert_eq!(answer.status, status);
            assert!(answer.sent < 512, "{} bytes were sent", answer.sent);
            assert!(!session.client.is_connected());
            assert_eq!(session.get(&format!("{}/text", self.base)).body, HELLO);
        }
    }

    fn report(&self, name: &str) {
        say(&format!("real servers: {name}: {} cases passed", self.cases));
    }
}

// ---- The bytes ----

/// Bytes without a short period, so that a lost or doubled piece shows.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        })
        .collect()
}

/// FNV-1a of 32 bits.
fn checksum(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0x811C_9DC5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Header fields enough to fill several of the client's buffers.
fn many_headers() -> Vec<(String, String)> {
    (0..60).map(|i| (format!("X-Sent-{i}"), "v".repeat(i % 30 + 1))).collect()
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

// ---- The servers ----

/// A server's process, which ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
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

#[test]
fn node() {
    let Some(program) = find_program("node") else {
        return say("real servers: node skipped: no `node` in PATH");
    };
    let mut child = Command::new(program)
        .arg(script("node_http.js"))
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

    let mut site = Site::new(port("patient"), port("impatient"));
    common_cases(&mut site);
    node_cases(&mut site);
    site.report(&format!("node {}", ports["version"].as_str().unwrap()));
}

#[test]
fn nginx() {
    let Some(program) = find_program("nginx") else {
        return say("real servers: nginx skipped: no `nginx` in PATH or /usr/sbin");
    };
    let (_nginx, _folder, ports) = start_nginx(&program);
    let mut site = Site::new(ports.0, ports.1);
    common_cases(&mut site);
    nginx_cases(&mut site);
    let version = Command::new(program).arg("-v").output().unwrap().stderr;
    let version = String::from_utf8_lossy(&version);
    site.report(version.trim().rsplit(' ').next().unwrap());
    say("real servers: nginx skipped: 103 Early Hints, which it can't send by itself");
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

    // All 60 of the client's fields and its own three arrived.
    site.session.buffer.resize(8192, 0);
    let headers = many_headers();
    let many = site.ask(Method::Get, "/many", &borrowed(&headers), Body::None);
    assert_eq!(many.header("X-Received"), "63");
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

fn start_nginx(program: &Path) -> (Running, Folder, (u16, u16)) {
    let root = std::env::temp_dir().join(format!("safe-http-client-nginx-{}", std::process::id()));
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
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [port, impatient] = listeners.map(|listener| listener.local_addr().unwrap().port());
        let config = template
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
        let started = Instant::now();
        while nginx.0.try_wait().unwrap().is_none() && started.elapsed() < START {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return (nginx, folder, (port, impatient));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
    let log = std::fs::read_to_string(root.join("error.log")).unwrap_or_default();
    panic!("nginx doesn't start: {log}");
}
