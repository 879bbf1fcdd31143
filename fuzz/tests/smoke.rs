//! Every target over its seeds and some thousand mutations of them, the same in each run. No fuzzer
//! is needed: this is the part that a gate can run.

use safe_http_client_fuzz::{TARGETS, Target};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Mutations of each target, and the time that they may take: whichever ends first. `SMOKE_SECONDS`
/// gives all of them that time.
const MUTATIONS: usize = 20_000;
const PATIENCE: Duration = Duration::from_secs(4);

/// An input that takes longer than this has no end.
const HANGS: Duration = Duration::from_secs(60);

/// Pseudo-random numbers, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
    let mut paths: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no seeds in {}", folder.display());
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A seed with a few changes: bytes set, removed, repeated, or taken from another seed.
fn mutation(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    const BYTES: &[u8] = b"\r\n\0 \t:;,.|_!+-/09aAfFzZ\x7f\xff\xf5\xf6";
    let mut data = seeds[random.below(seeds.len())].clone();
    for _ in 0..1 + random.below(4) {
        let at = random.below(data.len() + 1);
        let end = (at + random.below(8)).min(data.len());
        match random.below(6) {
            0 if at < data.len() => data[at] = random.below(256) as u8,
            1 if at < data.len() => data[at] = BYTES[random.below(BYTES.len())],
            2 => drop(data.drain(at..end)),
            3 => data.insert(at, BYTES[random.below(BYTES.len())]),
            4 => {
                let again = data[at..end].to_vec();
                data.splice(at..at, again);
            }
            _ => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let to = (from + random.below(40)).min(other.len());
                data.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    data
}

fn report(name: &str, data: &[u8]) {
    let path = std::env::temp_dir().join(format!("find-{name}"));
    std::fs::write(&path, data).unwrap();
    eprintln!("the target {name} has a find, written to {}:", path.display());
    eprintln!("{}", data.escape_ascii());
}

/// Runs what comes, and says so of each: what panics is reported here, what hangs by who waits.
fn work(name: &str, target: Target, inputs: mpsc::Receiver<Vec<u8>>, done: mpsc::Sender<()>) {
    for data in inputs {
        if let Err(find) = catch_unwind(AssertUnwindSafe(|| target(&data))) {
            report(name, &data);
            std::panic::resume_unwind(find);
        }
        let _ = done.send(());
    }
}

fn smoke(name: &'static str) {
    let (_, target) = TARGETS.into_iter().find(|(known, _)| *known == name).unwrap();
    let seeds = seeds(name);
    let (inputs, to_run) = mpsc::channel();
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || work(name, target, to_run, done));
    let run = |data: Vec<u8>| {
        inputs.send(data.clone()).unwrap();
        match is_done.recv_timeout(HANGS) {
            Ok(()) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => panic!("a find, see above"),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                report(name, &data);
                panic!("it doesn't end");
            }
        }
    };
    let begin = Instant::now();
    for seed in &seeds {
        run(seed.clone());
    }
    let seconds = std::env::var("SMOKE_SECONDS").map(|text| text.parse().unwrap());
    let (most, patience) =
        seconds.map_or((MUTATIONS, PATIENCE), |it| (usize::MAX, Duration::from_secs(it)));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut count = 0;
    while count < most && begin.elapsed() < patience {
        run(mutation(&seeds, &mut random));
        count += 1;
    }
    println!("{name}: {} seeds, {count} mutations", seeds.len());
}

#[test]
fn exchange() {
    smoke("exchange");
}

#[test]
fn protocol() {
    smoke("protocol");
}

#[test]
fn response() {
    smoke("response");
}

#[test]
fn esp_at() {
    smoke("esp_at");
}

#[test]
fn chunked() {
    smoke("chunked");
}

#[test]
fn url() {
    smoke("url");
}

#[test]
fn request() {
    smoke("request");
}

#[test]
fn at_parser() {
    smoke("at_parser");
}

#[test]
fn tls() {
    smoke("tls");
}

#[test]
fn events() {
    smoke("events");
}

#[test]
fn digest() {
    smoke("digest");
}

#[test]
fn multipart() {
    smoke("multipart");
}
