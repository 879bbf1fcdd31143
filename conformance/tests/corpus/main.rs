//! Responses that other projects test their clients with, each with the outcome that a client must
//! reach. They aren't part of this package: the environment variable `HTTP_CORPUS` names the folder
//! that has them.
//!
//! Each case goes three ways (whole; split after every byte; and, where it delimits itself, with
//! the connection held open behind it) on three levels (the protocol alone; the client over a scripted
//! stack; the client over real sockets), with the same outcome; and the client twice more, as it is in async
//! programs.

#[path = "../../../tests/common/corpus.rs"]
mod corpus;
#[path = "../../../tests/common/outcome.rs"]
mod outcome;
#[path = "../../../tests/common/player.rs"]
mod player;

mod awaited;

use conformance::common;
use conformance::common::script::{Connection, ScriptStack, Step};
use conformance::common::{TestClock, cx};
use conformance::load::report;
use corpus::{Case, File, Verdict};
use outcome::{Outcome, fetch};
use player::Player;
use safe_http_client::{
    Clock, Config, LoopContext, NalNetwork, PcLink, SafeHttpClient, StackQuirks, StdClock,
};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Behind the head: trailers and chunk framing have to fit. The request's head has to fit in all.
const ROOM: usize = 1024;

/// How a response arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Whole,
    ByteByByte,
    HeldOpen,
}

impl Way {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Whole, "whole"), (Self::ByteByByte, "byte by byte"), (Self::HeldOpen, "held open")];

    fn applies_to(self, case: &Case) -> bool {
        self != Self::HeldOpen || case.runs_held_open()
    }

    fn segment(self) -> usize {
        match self {
            Self::ByteByByte => 1,
            Self::Whole | Self::HeldOpen => usize::MAX,
        }
    }

    fn stream_ends(self) -> bool {
        self != Self::HeldOpen
    }
}

#[test]
fn every_response_of_the_corpus_comes_to_an_outcome_that_it_allows() {
    let Some(folder) = std::env::var_os("HTTP_CORPUS") else {
        report("corpus: skipped: the environment variable HTTP_CORPUS names no folder");
        return;
    };
    let files = File::all_in(Path::new(&folder));
    let mut cx = cx();
    let mut failures = Vec::new();
    let mut total = Count::default();
    let server = Server::start();

    report("corpus: on the protocol alone, without stack and clock");
    for file in &files {
        total += run(file, &mut failures, |case, way| {
            let segments = case.raw.chunks(way.segment());
            Player::run(case.response_to(), room_for(case), segments, way.stream_ends())
        });
    }
    report("corpus: through the client, over a scripted stack");
    for file in &files {
        total += run(file, &mut failures, |case, way| over_script(&mut cx, case, way));
    }
    report("corpus: through the client, over a loopback socket");
    for file in &files {
        total += run(file, &mut failures, |case, way| over_socket(&mut cx, &server, case, way));
    }
    report("corpus: through the async client, over a scripted stack");
    for file in &files {
        total += run(file, &mut failures, |case, way| awaited::over_script(&mut cx, case, way));
    }
    report("corpus: through the async client, over a loopback socket");
    for file in &files {
        total +=
            run(file, &mut failures, |case, way| awaited::over_socket(&mut cx, &server, case, way));
    }

    let (cases, firm) = (
        files.iter().map(|file| file.cases.len()).sum::<usize>(),
        files.iter().map(File::firm).sum::<usize>(),
    );
    report(&format!(
        "corpus: {cases} cases ({firm} firm) in {} files, {} runs: {} as expected, {} as an \
         alternative of a contested case, {} wrong",
        files.len(),
        total.runs,
        total.expected,
        total.alternative,
        failures.len(),
    ));
    assert!(failures.is_empty(), "{} wrong:\n{}", failures.len(), failures.join("\n"));
}

#[derive(Default)]
struct Count {
    runs: usize,
    expected: usize,
    alternative: usize,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.expected += other.expected;
        self.alternative += other.alternative;
    }
}

/// Runs a file's cases in all their ways, and prints how many went which way.
fn run(
    file: &File,
    failures: &mut Vec<String>,
    mut read: impl FnMut(&Case, Way) -> Outcome,
) -> Count {
    let started = Instant::now();
    let mut count = Count::default();
    let mut ways = Vec::new();
    for (way, way_name) in Way::ALL {
        let mut runs = 0;
        for case in file.cases.iter().filter(|case| way.applies_to(case)) {
            runs += 1;
            let outcome = read(case, way);
            match case.judge(&outcome) {
                Ok(Verdict::Expected) => count.expected += 1,
                Ok(Verdict::Alternative) => count.alternative += 1,
                Err(wrong) => failures.push(format!(
                    "{}, {way_name}{}: {wrong}",
                    case.name,
                    if case.contested { " (contested)" } else { "" },
                )),
            }
        }
        count.runs += runs;
        ways.push(format!("{runs} {way_name}"));
    }
    report(&format!(
        "  {}: {} cases ({} firm): {}; {} as expected, {} as an alternative; {} ms",
        file.name,
        file.cases.len(),
        file.firm(),
        ways.join(", "),
        count.expected,
        count.alternative,
        started.elapsed().as_millis(),
    ));
    count
}

fn room_for(case: &Case) -> usize {
    case.head_bytes + ROOM
}

fn over_script(cx: &mut LoopContext, case: &Case, way: Way) -> Outcome {
    let end = way.stream_ends().then_some(Step::Zero);
    let connection = Connection::answer_split(&case.raw, way.segment(), end);
    let stack = ScriptStack::new([connection]);
    let log = stack.log.clone();
    // Time passes by looking at the clock; a response that never ends ends by these deadlines.
    let patience = Duration::from_millis(10_000 + 10 * case.raw.len() as u64);
    let config = Config::new().response_timeout(patience).idle_timeout(patience);
    let network = stack.attached(StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(1), config);
    let url = "http://192.168.1.20/";
    let mut buffer = vec![0; room_for(case)];
    let outcome = fetch(&mut client, cx, case.method(), url, &mut buffer, 512);
    drop(client);
    let log = log.borrow();
    assert_eq!(log.opened, log.closed, "{}: sockets left open", case.name);
    outcome
}

fn over_socket(cx: &mut LoopContext, server: &Server, case: &Case, way: Way) -> Outcome {
    server.answer_next(case, way);
    let network = NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD);
    let clock = StdClock::new().with_idle(std::thread::yield_now);
    let config = Config::new()
        .response_timeout(Duration::from_secs(10))
        .idle_timeout(Duration::from_secs(10))
        .total_timeout(Some(Duration::from_secs(60)));
    let mut client = SafeHttpClient::with_config(network, clock, config);
    let url = format!("http://{}/", server.address);
    let mut buffer = vec![0; room_for(case)];
    fetch(&mut client, cx, case.method(), &url, &mut buffer, 512)
}

/// Answers one connection after the other with what it was told beforehand.
struct Server {
    address: SocketAddr,
    answers: mpsc::Sender<Answer>,
}

struct Answer {
    response: Vec<u8>,
    way: Way,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (answers, next) = mpsc::channel::<Answer>();
        // It ends with the test, when the channel's other end is dropped.
        std::thread::spawn(move || {
            for answer in next {
                let (stream, _) = listener.accept().unwrap();
                // A client that has seen enough closes, and that is no error here.
                let _ = answer.play(stream);
            }
        });
        Self { address, answers }
    }

    fn answer_next(&self, case: &Case, way: Way) {
        let response = case.raw.clone();
        self.answers.send(Answer { response, way }).unwrap();
    }
}

impl Answer {
    fn play(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            request.push(byte[0]);
        }
        for segment in self.response.chunks(self.way.segment()) {
            stream.write_all(segment)?;
        }
        if self.way.stream_ends() {
            stream.shutdown(Shutdown::Write)?;
        }
        // Until the client closes: closing before it would reset what it hasn't read.
        std::io::copy(&mut stream, &mut std::io::sink())?;
        Ok(())
    }
}
