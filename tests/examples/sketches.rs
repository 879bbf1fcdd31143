//! The sketches in `examples/` as their users run them: processes, without hardware, in both dialects
//! of the modem's firmware, and with every fault that the simulated modem knows.

use super::program;
use esp8266_sim::serve::Server;
use esp8266_sim::{Config, Dialect, Fault};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

/// No run takes longer; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(90);

/// In those that wait most, time passes so many times as fast.
const SPEED: u32 = 4;

/// They wait more than they work.
const AT_ONCE: usize = 16;

/// Held for writing where milliseconds count, and for reading by what takes all of the machine.
static QUIET: RwLock<()> = RwLock::new(());

// ---- The program ----

struct Run {
    status: Option<i32>,
    lines: Vec<String>,
    stderr: String,
    took: Duration,
}

impl Run {
    /// What one of those involved said, without the time.
    fn said(&self, who: &str) -> Vec<&str> {
        let lines = self.lines.iter().map(|line| line.split_once(" s  ").unwrap().1);
        lines.filter_map(|line| line.strip_prefix(who).map(str::trim_start)).collect()
    }

    /// When one of those involved said this, in milliseconds.
    fn times(&self, who: &str, text: &str) -> Vec<u32> {
        let said = self.lines.iter().filter_map(|line| {
            let (seconds, said) = line.split_once(" s  ").unwrap();
            let said = said.strip_prefix(who)?.trim_start();
            let seconds: f64 = seconds.trim().parse().unwrap();
            said.starts_with(text).then_some((seconds * 1000.0).round() as u32)
        });
        said.collect()
    }

    /// The requests that the server got.
    fn requests(&self) -> Vec<&str> {
        self.said("server").into_iter().filter(|line| line.starts_with("connection")).collect()
    }

    fn all(&self) -> String {
        format!(
            "{:?} after {:?}\n{}\n{}",
            self.status,
            self.took,
            self.lines.join("\n"),
            self.stderr
        )
    }

    fn is_good(&self) -> bool {
        self.status == Some(0) && !self.stderr.contains("panicked")
    }
}

fn run(name: &str, args: &[&str]) -> Run {
    run_at(1, name, args)
}

/// A run in a world that goes so many times as fast. All times are that world's.
fn run_at(speed: u32, name: &str, args: &[&str]) -> Run {
    let started = Instant::now();
    let mut child = Command::new(program(name))
        .args(args)
        .args(if speed == 1 { None } else { Some(format!("--speed={speed}")) })
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let lines = thread::spawn(|| BufReader::new(stdout).lines().map_while(Result::ok).collect());
    let stderr = thread::spawn(|| std::io::read_to_string(stderr).unwrap_or_default());
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if started.elapsed() > PATIENCE / speed {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let (lines, stderr) = (lines.join().unwrap(), stderr.join().unwrap());
    Run { status, lines, stderr, took: started.elapsed() * speed }
}

/// A run in each dialect, one after the other, that has to end well.
fn good_runs(name: &str, args: &[&str]) -> impl Iterator<Item = Run> {
    Dialect::ALL.into_iter().map(move |dialect| {
        let dialect = dialect.to_string();
        let args: Vec<&str> = [args, &["--dialect", &dialect]].concat();
        let run = run(name, &args);
        assert!(run.is_good(), "{name} {args:?}: {}", run.all());
        println!("{name} {}: {:.1} s", args.join(" "), run.took.as_secs_f32());
        run
    })
}

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path
}

fn part_of(path: &Path) -> PathBuf {
    path.with_extension("bin.part")
}

/// The longest turn of the loop that the sketch told of, and how many turns there were.
fn turns(run: &Run) -> (u32, u32) {
    let number = |text: &str| text.split(' ').next().unwrap().parse::<u32>().unwrap();
    let told = run.said("loop").into_iter().map(|line| {
        let (turns, longest) = line.split_once(" turns, the longest took ").unwrap();
        (number(longest), number(turns))
    });
    told.fold((0, 0), |(longest, all), (ms, count)| (longest.max(ms), all + count))
}

// ---- What each is for ----

/// The gate's sketch, and its twin in an async program, where that is built.
const GATES: &[&str] = match cfg!(all(feature = "async", feature = "esp-at")) {
    true => &["gate_opener", "gate_opener_async"],
    false => &["gate_opener"],
};

#[test]
fn the_gate_opens_and_opens_again_after_the_network_was_gone() {
    for run in GATES.iter().flat_map(|name| good_runs(name, &[])) {
        assert_eq!(
            run.requests(),
            [
                "connection 1, request 1: POST /gate open -> 200 OK",
                "connection 2, request 1: POST /gate open -> 200 OK",
            ],
            "{}",
            run.all()
        );
        assert_eq!(
            run.said("sketch"),
            [
                "joining sim",
                "on the network",
                "the owner's phone is here",
                "the gate is open",
                "off the network",
                "the owner's phone is here",
                "on the network",
                "the gate is open",
            ],
            "{}",
            run.all()
        );
    }
}

#[test]
fn the_gates_loop_turns_all_the_time() {
    for run in good_runs("gate_opener", &[]) {
        // Whole seconds are told alone, so some turns aren't.
        assert!(turns(&run).1 > 200, "{}", run.all());
    }
}

#[test]
fn the_gates_loop_goes_on_while_a_connect_takes_12_s() {
    for run in good_runs("gate_opener", &["--fault", "slow-connect"]) {
        let (longest, turns) = turns(&run);
        println!("{turns} turns, the longest took {longest} ms");
        assert!(turns > 1000 && longest < 1000, "{}", run.all());
        assert_eq!(run.said("sketch").last(), Some(&"the gate is open"));
    }
}

/// Nothing waits, so the phone is heard whatever else goes on: a name that isn't answered, a connect into
/// the void, and the search for the reason.
#[test]
fn each_time_the_owner_comes_home_the_gate_hears_the_phone_within_50_ms() {
    /// Milliseconds.
    const AT_ONCE: u32 = 50;
    let _quiet = QUIET.write().unwrap_or_else(PoisonError::into_inner);
    thread::scope(|scope| {
        for (name, fault) in
            GATES.iter().flat_map(|name| [(*name, "host-down"), (*name, "dns-slow")])
        {
            for dialect in Dialect::ALL.map(|dialect| dialect.to_string()) {
                scope.spawn(move || {
                    let run = run(name, &["--fault", fault, "--dialect", &dialect]);
                    assert!(run.is_good(), "{}", run.all());
                    let comes = run.times("world", "the owner comes home");
                    let heard = run.times("sketch", "the owner's phone is here");
                    assert_eq!(comes.len(), heard.len(), "{fault}: {}", run.all());
                    let latencies =
                        comes.iter().zip(&heard).map(|(comes, heard)| heard.saturating_sub(*comes));
                    let longest = latencies.max().unwrap();
                    assert!(longest <= AT_ONCE, "{fault}: {longest} ms: {}", run.all());

                    // While the call waits for its answer, and while the reason is looked for.
                    let failed = run.times("sketch", "the gate isn't open")[0];
                    let looked = run.times("why", "url  ")[0];
                    let between = |begin: u32, end: u32| {
                        comes.iter().filter(|&&at| (begin..end).contains(&at)).count()
                    };
                    let (waiting, looking) = (between(comes[0], failed), between(failed, looked));
                    assert!(waiting >= 4 && looking >= 2, "{fault}: {}", run.all());
                    println!(
                        "{name} {fault} {dialect}: heard {} times, {waiting} of them while the call waited \
                         and {looking} while it looked why, within {longest} ms",
                        heard.len()
                    );
                });
            }
        }
    });
}

#[test]
fn one_struct_downloads_posts_and_looks_why_while_its_loop_turns() {
    for run in good_runs("superloop", &[]) {
        assert_eq!(
            run.requests(),
            [
                "connection 1, request 1: GET /image -> 200 OK",
                "connection 1, request 2: POST /readings 131072 bytes came -> 201 Created",
                "connection 2, request 1: OPTIONS * -> 404 Not Found",
            ],
            "{}",
            run.all()
        );
        let said = run.said("sketch");
        let turns = |begin: &str, at: usize| {
            let rest = said[at].strip_prefix(begin).unwrap_or_else(|| panic!("{}", run.all()));
            rest.split(' ').next().unwrap().parse::<u32>().unwrap()
        };
        assert!(turns("downloaded 131072 bytes in ", 0) > 500, "{}", run.all());
        assert!(turns("posted in ", 1) > 1 && said[1].ends_with(": 201"), "{}", run.all());
        assert!(turns("looked why in ", 2) > 1, "{}", run.all());
        // Its server knows no other paths than those two.
        let why = run.said("why");
        assert!(why.contains(&"all but your path works from here, now"), "{}", run.all());
    }
}

/// With a server that doesn't answer, the loop turns as fast, and the reason is looked for.
#[test]
fn one_struct_goes_on_when_something_fails() {
    for run in good_runs("superloop", &["--fault", "slow-server"]) {
        let said = run.said("sketch");
        assert!(said[0].contains("no response came within 3000 ms"), "{}", run.all());
        assert!(said[1].starts_with("looked why in "), "{}", run.all());
        let (longest, turns) = turns(&run);
        assert!(turns > 1000 && longest < 1000, "{}", run.all());
    }
}

#[test]
fn readings_are_posted_as_json_on_connections_that_are_kept() {
    for run in good_runs("sensor_post", &[]) {
        let requests = run.requests();
        assert_eq!(requests.len(), 7, "{}", run.all());
        for (at, request) in requests.iter().enumerate() {
            let (connection, number) = (at / 3 + 1, at % 3 + 1);
            let begin = format!("connection {connection}, request {number}: POST /readings ");
            let json = request.strip_prefix(&begin).unwrap().strip_suffix(" -> 201 Created");
            let json: serde_json::Value = serde_json::from_str(json.unwrap()).unwrap();
            assert_eq!(json["sensor"], "shed");
            assert!(json["celsius"].as_f64().unwrap() > 10.0, "{json}");
        }
        let posted: Vec<&str> = run
            .said("sketch")
            .into_iter()
            .filter_map(|line| line.strip_prefix("posted: 201, on "))
            .collect();
        let (kept, new) = ("the connection that was kept", "a new connection (ServerAsked)");
        assert_eq!(posted, ["the first connection", kept, kept, new, kept, kept, new]);
    }
}

#[test]
fn the_interval_and_the_number_of_readings_are_as_asked() {
    let run = run("sensor_post", &["--every", "1", "--runs", "3"]);
    assert!(run.is_good() && run.requests().len() == 3, "{}", run.all());
    assert!(run.took >= Duration::from_secs(2), "{}", run.all());
}

#[test]
fn firmware_comes_whole_over_a_connection_that_breaks() {
    let file = scratch("whole.bin");
    for run in good_runs("firmware_download", &["--out", file.to_str().unwrap()]) {
        assert_eq!(
            run.requests(),
            [
                "connection 1, request 1: GET /firmware.bin -> 200 OK",
                "connection 2, request 1: GET /firmware.bin -> 206 Partial Content",
                "connection 2, request 2: GET /firmware.sha256 -> 200 OK",
            ],
            "{}",
            run.all()
        );
        let said = run.said("sketch").join("\n");
        assert!(said.contains("52428 of 131072 bytes came"), "{}", run.all());
        assert!(said.contains("52428 bytes are here; the rest in a moment"), "{}", run.all());
        for percent in (1..=10).map(|tenth| format!("{} %, ", tenth * 10)) {
            assert_eq!(said.matches(&percent).count(), 1, "{percent}: {}", run.all());
        }
        let bytes = std::fs::read(&file).unwrap();
        let digest: String = Sha256::digest(&bytes).iter().map(|it| format!("{it:02x}")).collect();
        assert!(bytes.len() == 131_072 && said.contains(&digest), "{}", run.all());
        assert!(!part_of(&file).exists());
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn firmware_with_a_flipped_bit_is_fetched_again() {
    let file = scratch("flipped.bin");
    let args = ["--out", file.to_str().unwrap(), "--fault", "flipped-bit@20000"];
    for run in good_runs("firmware_download", &args) {
        let said = run.said("sketch");
        assert!(said.contains(&"the SHA-256 is wrong"), "{}", run.all());
        let bytes = std::fs::read(&file).unwrap();
        let digest: String = Sha256::digest(&bytes).iter().map(|it| format!("{it:02x}")).collect();
        assert!(said.contains(&format!("SHA-256 {digest}: right").as_str()), "{}", run.all());
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_download_that_is_given_up_leaves_no_half_file() {
    let file = scratch("half.bin");
    let mut child = Command::new(program("firmware_download"))
        .args(["--out", file.to_str().unwrap()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let half = lines.map_while(Result::ok).any(|line| line.contains(" 50 %, "));
    // The power fails.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(half && !file.exists());
    assert!(part_of(&file).exists());
    std::fs::remove_file(part_of(&file)).unwrap();

    // Time is up.
    let run = run("firmware_download", &["--out", file.to_str().unwrap(), "--seconds", "1"]);
    assert!(run.stderr.is_empty(), "{}", run.all());
    if run.status != Some(0) {
        assert!(!file.exists() && !part_of(&file).exists(), "{}", run.all());
    }
}

#[test]
fn handlers_report_and_the_loop_makes_the_requests() {
    for run in good_runs("event_handler", &[]) {
        assert_eq!(
            run.requests(),
            [
                "connection 1, request 1: POST /hello hello -> 200 OK",
                "connection 2, request 1: POST /hello hello -> 200 OK",
            ],
            "{}",
            run.all()
        );
        let up = "a handler reported: the link is up, as 192.168.4.2";
        let gone = "a handler reported: the link is gone";
        assert_eq!(
            run.said("sketch"),
            [up, "said hello: 200", gone, up, "said hello: 200"],
            "{}",
            run.all()
        );
    }
}

/// It is shortened there, and says nothing that the compiler doesn't say.
#[test]
fn the_compile_error_in_the_event_handler_is_the_compilers() {
    let sketch = include_str!("../../examples/event_handler.rs");
    let compiler = include_str!("../ui/cases/context_in_handler.stderr");
    let quoted: Vec<&str> = sketch
        .lines()
        .skip_while(|line| !line.contains("error[E0277]"))
        .take_while(|line| !line.contains("```"))
        .map(|line| line.strip_prefix("//!").unwrap().trim())
        .collect();
    assert!(quoted.len() > 5, "{quoted:?}");
    for line in quoted {
        assert!(compiler.lines().any(|said| said.trim() == line), "{line}");
    }
}

// ---- Faults ----

/// What the sketch says when all is well.
const FINE: [&str; 5] = [
    "joining sim",
    "on the network",
    "off the network",
    "the owner's phone is here",
    "the gate is open",
];

/// What has to be said of some of them.
const EXPECTED: [(Fault, &str); 15] = [
    (Fault::WrongPassword, "the access point refused the password"),
    (Fault::NoSuchAp, "no access point has this name"),
    (Fault::JoinTimeout, "the access point didn't answer in time"),
    (Fault::NoDhcp, "the access point gave no IP address"),
    (Fault::SilentModem, "the modem doesn't answer"),
    (Fault::WrongBaudRate, "the modem doesn't answer"),
    (Fault::HostDown, "no answer within the connect deadline"),
    (Fault::ApIsolation, "isolates its clients"),
    (Fault::PortRefused, "the connection couldn't be opened"),
    (Fault::SlowServer, "no response came within 3000 ms"),
    (Fault::DnsFailure, "the host's name didn't resolve"),
    (Fault::DnsSlow, "the host's name didn't resolve within 5000 ms"),
    (Fault::DnsZero, "resolved to 0.0.0.0"),
    (Fault::ResetMidRequest, "ModemReset"),
    (Fault::LostSendOk, "DeliveryUnknown"),
];

/// Tries every fault on the gate, and prints what its sketch said.
fn fault_table(dialect: Dialect) {
    let _busy = QUIET.read().unwrap_or_else(PoisonError::into_inner);
    let mut left: Vec<Fault> = Fault::ALL.iter().map(|(fault, _)| *fault).collect();
    // Those that take longest begin first.
    let slow = ["busy-forever", "join-timeout", "no-dhcp", "slow-connect", "firewall", "host-down"];
    left.sort_by_key(|fault| slow.contains(&fault.name()));
    let left = Mutex::new(left);
    let (done, runs) = channel();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (left, done) = (&left, done.clone());
            scope.spawn(move || {
                let next = || left.lock().unwrap().pop();
                while let Some(fault) = next() {
                    let dialect = dialect.to_string();
                    let args = ["--fault", fault.name(), "--dialect", &dialect];
                    done.send((fault, run_at(SPEED, "gate_opener", &args))).unwrap();
                }
            });
        }
    });
    drop(done);
    let mut runs: Vec<(Fault, Run)> = runs.into_iter().collect();
    runs.sort_by_key(|(fault, _)| *fault);
    assert_eq!(runs.len(), Fault::ALL.len());
    let mut bad = String::new();
    // Printed at once: another test may print meanwhile.
    let mut table = format!("{dialect}: what the gate's sketch says");
    for (fault, run) in &runs {
        let said = run.said("sketch");
        let troubles: Vec<&str> =
            said.iter().filter(|line| !FINE.contains(line)).copied().collect();
        // Each once, without its figures.
        let mut words: Vec<&str> = Vec::new();
        for line in troubles.iter().chain(said.last()) {
            let line = line.split(" [").next().unwrap_or(line);
            if !words.contains(&line) {
                words.push(line);
            }
        }
        let why = run.said("why");
        if let Some(cause) = why.iter().find(|line| line.starts_with("cause:")) {
            words.push(cause);
        }
        let seconds = run.took.as_secs_f32();
        let text = words.join("\n                                 then: ");
        table.push_str(&format!("\n{:24} {seconds:5.1} s  {text}", fault.name()));
        let expected = EXPECTED.iter().find(|(of, _)| of == fault).map_or("", |(_, text)| *text);
        let told = expected.is_empty() || troubles.iter().any(|line| line.contains(expected));
        let ended = said.contains(&"the gate is open") || !troubles.is_empty();
        if !(run.is_good() && told && ended) {
            bad.push_str(&format!("\n{fault}: {}\n", run.all()));
        }
    }
    println!("{table}");
    assert!(bad.is_empty(), "{dialect}:{bad}");
}

/// What a sketch said of a fault that it met, in short: its troubles, each once, and its last words.
fn words(run: &Run) -> String {
    let mut words: Vec<&str> = Vec::new();
    for who in ["sketch", "why"] {
        for line in run.said(who) {
            let line = line.split(" [").next().unwrap_or(line);
            if !words.contains(&line) && (who == "sketch" || line.starts_with("cause:")) {
                words.push(line);
            }
        }
    }
    let skipped = words.len().saturating_sub(4);
    words.drain(..skipped);
    words.join(" | ")
}

/// Every fault with every other sketch, on each firmware: none hangs, none panics. It takes a quarter of an
/// hour, so it has to be asked for: `SKETCHES=full cargo test --all-features --test examples every_sketch`.
#[test]
fn each_fault_with_every_sketch_ends() {
    let all = std::env::var_os("SKETCHES").is_some_and(|it| it == "full");
    // Otherwise those of the field alone, on the firmware that does one thing at a time.
    let few = [
        Fault::BusyWithoutDhcp,
        Fault::BusyRefusesReset,
        Fault::DataMode,
        Fault::NameHangs,
        Fault::NoRejoin,
    ];
    let _busy = QUIET.read().unwrap_or_else(PoisonError::into_inner);
    let mut left = Vec::new();
    for sketch in ["sensor_post", "firmware_download", "event_handler", "superloop"] {
        for dialect in Dialect::WITH_SINGLE {
            for (fault, _) in Fault::ALL {
                if all || (few.contains(fault) && dialect == Dialect::Single17) {
                    left.push((sketch, dialect, *fault));
                }
            }
        }
    }
    let count = left.len();
    let left = Mutex::new(left);
    let (done, runs) = channel();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (left, done) = (&left, done.clone());
            scope.spawn(move || {
                let next = || left.lock().unwrap().pop();
                while let Some((sketch, dialect, fault)) = next() {
                    let name = dialect.to_string();
                    let out = scratch(&format!("{sketch}-{name}-{fault}.bin"));
                    let mut args = vec!["--fault", fault.name(), "--dialect", &name];
                    args.extend(["--seconds", "40"]);
                    if sketch == "firmware_download" {
                        args.extend(["--out", out.to_str().unwrap()]);
                    }
                    let run = run_at(SPEED, sketch, &args);
                    let _ = std::fs::remove_file(part_of(&out));
                    let _ = std::fs::remove_file(&out);
                    done.send(((sketch, name, fault), run)).unwrap();
                }
            });
        }
    });
    drop(done);
    let mut runs: Vec<_> = runs.into_iter().collect();
    runs.sort_by_key(|(of, _)| of.clone());
    assert_eq!(runs.len(), count);
    let (mut table, mut bad) = (String::new(), String::new());
    for ((sketch, dialect, fault), run) in &runs {
        let seconds = run.took.as_secs_f32();
        let words = words(run);
        table.push_str(&format!(
            "\n{sketch:17} {dialect:6} {:22} {seconds:5.1} s  {words}",
            fault.name()
        ));
        // Some join for as long as that takes, and say so: that is no hanging.
        let last = run.lines.last().and_then(|line| line.split_once(" s  "));
        let silent = last.is_none_or(|(at, _)| at.trim().parse::<f32>().unwrap() < seconds - 35.0);
        if (run.status.is_none() && silent) || run.stderr.contains("panicked") {
            bad.push_str(&format!("\n{sketch} {dialect} {fault}: {}\n", run.all()));
        }
    }
    println!("{table}");
    assert!(bad.is_empty(), "{bad}");
}

#[test]
fn each_fault_of_a_firmware_that_is_deaf_while_it_works_is_told_or_overcome() {
    fault_table(Dialect::Single17);
}

#[test]
fn each_fault_of_nonos_is_told_or_overcome() {
    fault_table(Dialect::NonOs17);
}

#[test]
fn each_fault_of_esp_at_is_told_or_overcome() {
    fault_table(Dialect::EspAt2);
}

#[test]
fn a_fault_that_there_is_not_is_refused() {
    let run = run("gate_opener", &["--fault", "nonsense"]);
    assert!(run.status == Some(2) && run.stderr.contains("no fault `nonsense`"), "{}", run.all());
}

// ---- A real port ----

/// Answers each request with its body, on a port of this machine.
fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || -> std::io::Result<()> {
                let mut reader = BufReader::new(&stream);
                loop {
                    let (mut length, mut line) = (0, String::new());
                    while line != "\r\n" {
                        line.clear();
                        if reader.read_line(&mut line)? == 0 {
                            return Ok(());
                        }
                        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                            length = value.trim().parse().unwrap_or(0);
                        }
                    }
                    let mut body = vec![0; length];
                    reader.read_exact(&mut body)?;
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
                    (&stream).write_all(&[head.as_bytes(), &body].concat())?;
                }
            });
        }
    });
    address
}

/// The same sketch with `--port`, on a pseudo-terminal that a modem sits behind.
#[test]
fn sketches_run_on_a_port_of_the_operating_system() {
    for dialect in Dialect::ALL {
        let config = Config::new(dialect).map([192, 168, 4, 20], 8080, echo_server());
        let (told, path) = channel();
        thread::spawn(move || {
            Server::new(config).pty(|path| told.send(path.to_owned()).unwrap()).unwrap();
        });
        let port = path.recv().unwrap();
        let url = "http://192.168.4.20:8080";
        let args =
            ["--port", &port, "--url", url, "--runs", "2", "--every", "0.2", "--seconds", "30"];
        let run = run("sensor_post", &args);
        assert!(run.is_good(), "{}", run.all());
        assert_eq!(
            run.said("sketch"),
            [
                "on the network",
                "posted: 200, on the first connection",
                "posted: 200, on the connection that was kept",
            ],
            "{}",
            run.all()
        );
    }
}
