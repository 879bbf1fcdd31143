//! What each sketch is for, in both dialects of the modem's firmware.

use crate::run::{
    QUIET, Run, good_run, good_runs, part_of, program, run, run_at, scratch, side_by_side, turns,
};
use esp8266_sim::Dialect;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

/// The gate's sketch, and its twin in an async program, where that is built.
const GATES: &[&str] = match cfg!(all(feature = "async", feature = "esp-at")) {
    true => &["gate_opener", "gate_opener_async"],
    false => &["gate_opener"],
};

#[test]
fn the_gate_opens_and_opens_again_after_the_network_was_gone() {
    let runs = good_runs(GATES, &[]);
    for run in &runs {
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
    // The first sketch's loop turns all the time. Whole seconds are told alone, so some turns aren't.
    for run in &runs[..Dialect::ALL.len()] {
        assert!(turns(run).1 > 200, "{}", run.all());
    }
}

#[test]
fn the_gates_loop_goes_on_while_a_connect_takes_12_s() {
    for run in good_runs(&["gate_opener"], &["--fault", "slow-connect", "--speed", "2"]) {
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
                    // As long as it takes to look for the reason.
                    let seconds = ["--seconds", "24"];
                    let args = [&["--fault", fault, "--dialect", &dialect], &seconds[..]].concat();
                    let run = run_at(2, name, &args);
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
    for run in good_runs(&["superloop"], &[]) {
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
        assert!(
            why.contains(&"the way to the server works from here, now; your own path wasn't asked"),
            "{}",
            run.all()
        );
    }
}

/// With a server that doesn't answer, the loop turns as fast, and the reason is looked for.
#[test]
fn one_struct_goes_on_when_something_fails() {
    for run in good_runs(&["superloop"], &["--fault", "slow-server"]) {
        let said = run.said("sketch");
        assert!(said[0].contains("no response came within 3000 ms"), "{}", run.all());
        assert!(said[1].starts_with("looked why in "), "{}", run.all());
        let (longest, turns) = turns(&run);
        assert!(turns > 1000 && longest < 1000, "{}", run.all());
    }
}

#[test]
fn readings_are_posted_as_json_on_connections_that_are_kept() {
    for run in good_runs(&["sensor_post"], &[]) {
        let requests = run.requests();
        assert_eq!(requests.len(), 7, "{}", run.all());
        for (at, request) in requests.iter().enumerate() {
            let (connection, number) = (at / 3 + 1, at % 3 + 1);
            let begin = format!("connection {connection}, request {number}: POST /readings ");
            let json = request.strip_prefix(&begin).unwrap().strip_suffix(" -> 201 Created");
            let celsius = json.unwrap().strip_prefix(r#"{"sensor":"shed","celsius":"#).unwrap();
            let celsius: f64 = celsius.strip_suffix('}').unwrap().parse().unwrap();
            assert!(celsius > 10.0, "{request}");
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

/// A download in each dialect, and its file.
fn downloads(name: &str, args: &[&str]) -> Vec<(Run, PathBuf)> {
    side_by_side(&Dialect::ALL, |dialect| {
        let dialect = dialect.to_string();
        let file = scratch(&format!("{name}-{dialect}.bin"));
        let out = ["--dialect", &dialect, "--out", file.to_str().unwrap()];
        (good_run("firmware_download", &[args, &out].concat()), file)
    })
}

#[test]
fn firmware_comes_whole_over_a_connection_that_breaks() {
    for (run, file) in downloads("whole", &[]) {
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
    for (run, file) in downloads("flipped", &["--fault", "flipped-bit@20000"]) {
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
    for run in good_runs(&["event_handler"], &[]) {
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
