//! A sketch as its users run it: a process, and what those involved said.

use esp8266_sim::Dialect;
use std::io::{BufRead, BufReader};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

/// An example's program. `cargo test` builds examples beside the tests, but has no variable that names
/// them.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(
        path.is_file(),
        "{} isn't there: `cargo build --examples` makes it, with the same --release and --target as \
         this test (a plain `cargo test` builds both)",
        path.display()
    );
    path
}

/// No run takes longer; one that does hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// In those that wait most, time passes so many times as fast.
pub(crate) const SPEED: u32 = 8;

/// They wait more than they work.
pub(crate) const AT_ONCE: usize = 16;

/// Held for writing where milliseconds count, and for reading by what takes all of the machine.
pub(crate) static QUIET: RwLock<()> = RwLock::new(());

// ---- The program ----

pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) lines: Vec<String>,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Run {
    /// What one of those involved said, without the time.
    pub(crate) fn said(&self, who: &str) -> Vec<&str> {
        let lines = self.lines.iter().map(|line| line.split_once(" s  ").unwrap().1);
        lines.filter_map(|line| line.strip_prefix(who).map(str::trim_start)).collect()
    }

    /// When one of those involved said this, in milliseconds.
    pub(crate) fn times(&self, who: &str, text: &str) -> Vec<u32> {
        let said = self.lines.iter().filter_map(|line| {
            let (seconds, said) = line.split_once(" s  ").unwrap();
            let said = said.strip_prefix(who)?.trim_start();
            let seconds: f64 = seconds.trim().parse().unwrap();
            said.starts_with(text).then_some((seconds * 1000.0).round() as u32)
        });
        said.collect()
    }

    /// The requests that the server got.
    pub(crate) fn requests(&self) -> Vec<&str> {
        self.said("server").into_iter().filter(|line| line.starts_with("connection")).collect()
    }

    pub(crate) fn all(&self) -> String {
        format!(
            "{:?} after {:?}\n{}\n{}",
            self.status,
            self.took,
            self.lines.join("\n"),
            self.stderr
        )
    }

    pub(crate) fn is_good(&self) -> bool {
        self.status == Some(0) && !self.stderr.contains("panicked")
    }
}

pub(crate) fn run(name: &str, args: &[&str]) -> Run {
    run_at(1, name, args)
}

/// A run in a world that goes so many times as fast. All times are that world's.
pub(crate) fn run_at(speed: u32, name: &str, args: &[&str]) -> Run {
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

/// Runs of some sketches in each dialect, side by side, that have to end well.
pub(crate) fn good_runs(names: &[&str], args: &[&str]) -> Vec<Run> {
    let each = |name| Dialect::ALL.map(|dialect| (name, dialect.to_string()));
    let all: Vec<(&str, String)> = names.iter().copied().flat_map(each).collect();
    side_by_side(&all, |(name, dialect)| good_run(name, &[args, &["--dialect", dialect]].concat()))
}

pub(crate) fn good_run(name: &str, args: &[&str]) -> Run {
    let run = run(name, args);
    assert!(run.is_good(), "{name} {args:?}: {}", run.all());
    println!("{name} {}: {:.1} s", args.join(" "), run.took.as_secs_f32());
    run
}

/// What is made of each of some things, in their order, all of it at the same time.
pub(crate) fn side_by_side<T: Sync, R: Send>(of: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let threads: Vec<_> = of.iter().map(|it| scope.spawn(|| make(it))).collect();
        let made = threads.into_iter().map(|thread| thread.join());
        made.map(|made| made.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// What is made of each of many things, some of them at the same time; in no order.
pub(crate) fn some_at_once<T: Send, R: Send>(of: Vec<T>, make: impl Fn(T) -> R + Sync) -> Vec<R> {
    let (left, done) = (Mutex::new(of.into_iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let next = || left.lock().unwrap().next();
                while let Some(it) = next() {
                    let made = make(it);
                    done.lock().unwrap().push(made);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path
}

pub(crate) fn part_of(path: &Path) -> PathBuf {
    path.with_extension("bin.part")
}

/// The longest turn of the loop that the sketch told of, and how many turns there were.
pub(crate) fn turns(run: &Run) -> (u32, u32) {
    let number = |text: &str| text.split(' ').next().unwrap().parse::<u32>().unwrap();
    let told = run.said("loop").into_iter().map(|line| {
        let (turns, longest) = line.split_once(" turns, the longest took ").unwrap();
        (number(longest), number(turns))
    });
    told.fold((0, 0), |(longest, all), (ms, count)| (longest.max(ms), all + count))
}
