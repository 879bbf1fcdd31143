//! Load: a server in a process of its own, which can be killed and counts what it processed, and
//! the figures of this process.

use crate::common::cx;
use safe_http_client::{
    Cause, Clock, ErrorOf, LoopContext, Method, Network, SafeHttpClient, asynch,
};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use test_server::Request;

/// `LOAD=full` runs the long form.
pub fn is_full() -> bool {
    std::env::var("LOAD").is_ok_and(|form| form == "full")
}

/// The addresses that the server listens on. Connections that are over rest a while for each pair
/// of addresses and ports, so fresh ones go to several.
pub const ADDRESSES: [Ipv4Addr; 4] = [
    Ipv4Addr::new(127, 0, 0, 1),
    Ipv4Addr::new(127, 0, 0, 2),
    Ipv4Addr::new(127, 0, 0, 3),
    Ipv4Addr::new(127, 0, 0, 4),
];

/// Of each POST.
const BODY: &str = "{\"open\": true}";

/// Each so many requests are answered with a long body, slowly.
const LONG: usize = 16;

// ---- The server ----

/// The server's process: answers each request with its id, which it says on its standard output
/// before. Ends when its standard input does.
pub fn serve() {
    let mut port = std::env::var("LOAD_PORT").map_or(0, |port| port.parse().unwrap());
    let listeners = ADDRESSES.map(|address| {
        let listener = TcpListener::bind((address, port)).unwrap();
        port = listener.local_addr().unwrap().port();
        listener
    });
    let listeners = listeners.into_iter();
    // And to a stack at the other end of a TAP device, where there is one.
    #[cfg(target_os = "linux")]
    let listeners = listeners.chain(TcpListener::bind((crate::tap::LINUX, port)).ok());
    // Before any id.
    say(&format!("port {port}"));
    for listener in listeners {
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || answer(&stream));
            }
        });
    }
    let _ = std::io::stdin().read(&mut [0]);
}

/// Past the test harness.
fn say(line: &str) {
    std::io::stdout().lock().write_all(format!("\n{line}\n").as_bytes()).unwrap();
}

/// A connection that ends, or is gone, ends this.
fn answer(mut stream: &TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let request = Request::read(&mut reader).ok()?;
        let id: usize = request.header("x-id")?.parse().ok()?;
        say(&format!("id {id}"));
        let mut body = id.to_string();
        if id.is_multiple_of(LONG) {
            body.push_str(&" ".repeat(8000));
        }
        let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        for piece in response.as_bytes().chunks(2048) {
            stream.write_all(piece).ok()?;
            if response.len() > 2048 {
                thread::sleep(Duration::from_micros(300));
            }
        }
        if request.header("connection") == Some("close") {
            return None;
        }
    }
}

/// How often each id was processed.
type Ledger = Arc<Mutex<Vec<u8>>>;

/// A program that serves.
#[derive(Clone)]
pub enum Program {
    /// This test's own, in [`serve`].
    Own,
    /// Node with `tests/servers/load.js`.
    Node(PathBuf),
}

impl Program {
    /// Node, where it is installed.
    pub fn node() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut found = std::env::split_paths(&path).map(|folder| folder.join("node"));
        found.find(|program| program.is_file()).map(Self::Node)
    }

    fn command(&self) -> Command {
        match self {
            Self::Own => {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command.args(["--exact", "server", "--ignored", "--nocapture"]);
                command
            }
            Self::Node(program) => {
                let mut command = Command::new(program);
                command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/load.js"));
                command
            }
        }
    }
}

/// The server as this process sees it.
pub struct Server {
    program: Program,
    child: Child,
    /// It ends with this.
    _stdin: ChildStdin,
    reader: Option<JoinHandle<()>>,
    pub port: u16,
    ledger: Ledger,
}

impl Server {
    pub fn start(program: &Program) -> Self {
        Self::spawn(program.clone(), 0, Arc::default())
    }

    fn spawn(program: Program, port: u16, ledger: Ledger) -> Self {
        let mut child = program
            .command()
            .env("LOAD_PORT", port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().expect("the server says its port").unwrap();
            if let Some(port) = line.strip_prefix("port ") {
                break port.parse().unwrap();
            }
        };
        let counts = ledger.clone();
        let reader = thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(id) = line.strip_prefix("id ") {
                    let id: usize = id.parse().unwrap();
                    let mut counts = counts.lock().unwrap();
                    if counts.len() <= id {
                        counts.resize(id + 1, 0);
                    }
                    counts[id] += 1;
                }
            }
        });
        Self { program, child, _stdin: stdin, reader: Some(reader), port, ledger }
    }

    /// Where it listens on its first address.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((ADDRESSES[0], self.port))
    }

    /// Kills it as an operating system does, and starts it anew a while later.
    pub fn restart(&mut self, down: Duration) {
        self.stop();
        thread::sleep(down);
        *self = Self::spawn(self.program.clone(), self.port, self.ledger.clone());
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // What it had said is still in the pipe.
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }

    /// Stops it for good: how often each id was processed.
    pub fn counts(mut self) -> Vec<u8> {
        self.stop();
        std::mem::take(&mut *self.ledger.lock().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// ---- The load ----

/// What became of requests, each by its id.
#[derive(Default)]
pub struct Log {
    outcomes: Vec<Result<(), Cause>>,
    /// One error's text for each cause.
    texts: BTreeMap<&'static str, String>,
}

/// Where the next request goes, and whether on a connection of its own.
pub struct Aim {
    pub url: String,
    pub fresh: bool,
}

impl Log {
    /// Whether a request may be sent again: every third is a POST, which may not.
    fn method(id: usize) -> Method<'static> {
        if id % 3 == 2 { Method::Post } else { Method::Get }
    }

    /// One more request.
    pub fn request<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        aim: &Aim,
        buffer: &mut [u8],
    ) {
        let id = self.outcomes.len();
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut request = online
            .request(Self::method(id), aim.url.as_str(), buffer)
            .header("x-id", id.to_string());
        if Self::method(id) == Method::Post {
            request = request.body(BODY);
        }
        if aim.fresh {
            request = request.connection_close();
        }
        let answer = request
            .send()
            .and_then(|mut response| Ok(response.read_to_str()?.trim_end() == id.to_string()))
            .map_err(|error| (client.diagnosis(&error).cause(), error.to_string()));
        self.note(answer);
    }

    /// One more request, awaited.
    pub async fn request_awaited<N: asynch::AsyncNetwork, C: asynch::Timer>(
        &mut self,
        client: &mut asynch::SafeHttpClient<N, C>,
        cx: &mut LoopContext,
        aim: &Aim,
        buffer: &mut [u8],
    ) {
        let id = self.outcomes.len();
        let mut online = client.online(cx).unwrap();
        let mut request = online
            .request(Self::method(id), aim.url.as_str(), buffer)
            .header("x-id", id.to_string());
        if Self::method(id) == Method::Post {
            request = request.body(BODY);
        }
        if aim.fresh {
            request = request.connection_close();
        }
        let answer =
            async { Ok(request.send().await?.read_to_str().await?.trim_end() == id.to_string()) };
        let answer: Result<bool, ErrorOf<N>> = answer.await;
        let answer = answer.map_err(|error| (client.diagnosis(&error).cause(), error.to_string()));
        self.note(answer);
    }

    /// Whether it was the request's own answer; or the failure's cause, and its text.
    fn note(&mut self, answer: Result<bool, (Cause, String)>) {
        self.outcomes.push(match answer {
            Ok(own) => {
                assert!(own, "request {} got another one's answer", self.outcomes.len());
                Ok(())
            }
            Err((cause, text)) => {
                // While nothing listens, a few are enough.
                thread::sleep(Duration::from_millis(1));
                self.texts.entry(cause.code()).or_insert(text);
                Err(cause)
            }
        });
    }

    pub fn count(&self) -> usize {
        self.outcomes.len()
    }

    /// No request failed, and each was processed once.
    pub fn assert_all_done(&self, counts: &[u8]) {
        assert_eq!(self.texts, BTreeMap::new());
        assert_eq!(counts.len(), self.count());
        assert!(counts.iter().all(|times| *times == 1));
    }

    /// Each request was answered, or failed with one of these causes; none was processed twice that
    /// may not be.
    pub fn assert_all_known(&self, counts: &[u8], allowed: &[Cause]) {
        for (id, outcome) in self.outcomes.iter().enumerate() {
            let times = counts.get(id).copied().unwrap_or(0);
            match Self::method(id) {
                Method::Post => assert!(times <= 1, "POST {id} was processed {times} times"),
                _ => assert!(times <= 2, "GET {id} was processed {times} times"),
            }
            match outcome {
                Ok(()) => assert!(times >= 1, "{id} was answered by nobody"),
                Err(cause) => {
                    assert!(allowed.contains(cause), "{cause:?}: {}", self.texts[cause.code()]);
                }
            }
        }
    }

    /// What they came to, in a line.
    pub fn summary(&self, counts: &[u8]) -> String {
        let mut causes = BTreeMap::<&str, usize>::new();
        for cause in self.outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            *causes.entry(cause.code()).or_default() += 1;
        }
        let done = self.outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let twice = counts.iter().filter(|times| **times > 1).count();
        format!("{done} answered, failed {causes:?}, {twice} GETs processed twice")
    }
}

/// Requests until the server was killed and came back so many times.
pub fn while_killed(server: Server, times: u32, up: Duration, mut request: impl FnMut()) -> Server {
    let killer = thread::spawn(move || {
        let mut server = server;
        for round in 0..times {
            thread::sleep(up);
            server.restart(Duration::from_millis(50 + 50 * u64::from(round % 4)));
        }
        thread::sleep(up);
        server
    });
    while !killer.is_finished() {
        request();
    }
    killer.join().unwrap()
}

// ---- This process ----

/// What must not grow.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub fds: usize,
    pub rss_kib: usize,
}

/// Growth of the resident set that is no leak: pages that a first use touches.
const RSS_SLACK_KIB: usize = 2048;

impl Figures {
    #[cfg(target_os = "linux")]
    pub fn now() -> Option<Self> {
        let fds = std::fs::read_dir("/proc/self/fd").unwrap().count();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let rss_kib = rss.trim().trim_end_matches(" kB").parse().unwrap();
        Some(Self { fds, rss_kib })
    }

    #[cfg(not(target_os = "linux"))]
    pub fn now() -> Option<Self> {
        None
    }
}

/// To stderr itself: shown where the test harness captures what a test prints, too.
pub fn report(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// One part of the load, from its begin to its figures.
pub struct Stage {
    name: &'static str,
    begin: Instant,
    before: Option<Figures>,
}

impl Stage {
    pub fn begin(name: &'static str) -> Self {
        Self { name, begin: Instant::now(), before: Figures::now() }
    }

    /// Prints its figures; neither sockets nor memory may have been lost.
    pub fn end(self, summary: &str) {
        let seconds = self.begin.elapsed().as_secs_f64();
        let process = match (self.before, Figures::now()) {
            (Some(before), Some(after)) => {
                assert_eq!(before.fds, after.fds, "{}: file descriptors", self.name);
                assert!(after.rss_kib <= before.rss_kib + RSS_SLACK_KIB, "{before:?}, {after:?}");
                format!(
                    "{} and {} fds, RSS {} and {} KiB",
                    before.fds, after.fds, before.rss_kib, after.rss_kib
                )
            }
            _ => "fds and RSS aren't known here".to_owned(),
        };
        report(&format!("{}: {summary}; {seconds:.1} s, {process}", self.name));
    }
}
