//! `fetch` as its users run it: a process, its exit status, what it prints and leaves.

use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// No run takes longer; one that does hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Its program. `cargo test` builds examples beside the tests, but has no variable that names them.
pub(crate) fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples/fetch");
    assert!(
        path.is_file(),
        "{} isn't there: `cargo build -p fetch --examples` makes it, with the same --release and --target as \
         this test (a plain `cargo test` builds both)",
        path.display()
    );
    static IS_STALE: OnceLock<Option<String>> = OnceLock::new();
    let newer = IS_STALE.get_or_init(|| newer_source(&path));
    assert!(
        newer.is_none(),
        "{} is older than {}: `cargo build -p fetch --examples` makes it anew, with the same --release, --target \
         and --features as this test (a plain `cargo test` builds both, one with --test doesn't)",
        path.display(),
        newer.as_deref().unwrap_or_default()
    );
    path
}

/// A source that was changed since the program was built, by the list that cargo leaves beside it.
fn newer_source(program: &Path) -> Option<String> {
    let changed = |path: &Path| path.metadata()?.modified();
    let built = changed(program).ok()?;
    let list = std::fs::read_to_string(program.with_extension("d")).ok()?;
    let mut sources = list.split_whitespace().skip(1);
    sources.find(|source| changed(Path::new(source)).is_ok_and(|at| at > built)).map(Into::into)
}

pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = &self.stdout[..self.stdout.len().min(1000)];
        f.debug_struct("Run")
            .field("status", &self.status)
            .field("stdout", &String::from_utf8_lossy(start))
            .field("stdout_length", &self.stdout.len())
            .field("stderr", &self.stderr)
            .field("took", &self.took)
            .finish()
    }
}

impl Run {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The one line of JSON.
    pub(crate) fn json(&self) -> Value {
        let text = self.text();
        assert_eq!(text.matches('\n').count(), 1, "{self:?}");
        assert!(text.ends_with('\n'), "{self:?}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) fn start(args: &[&str]) -> Child {
    Command::new(program())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the end, and reads both outputs meanwhile.
pub(crate) fn end(mut child: Child) -> Run {
    fn read(from: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut from) = from {
                from.read_to_end(&mut bytes).unwrap();
            }
            bytes
        })
    }
    let started = Instant::now();
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("fetch hung");
        }
        thread::sleep(Duration::from_millis(1));
    };
    Run {
        status: status.code().unwrap_or(-1),
        stdout: stdout.join().unwrap(),
        stderr: String::from_utf8_lossy(&stderr.join().unwrap()).into_owned(),
        took: started.elapsed(),
    }
}

/// Runs it with nothing on stdin.
pub(crate) fn fetch(args: &[&str]) -> Run {
    fetch_with(args, b"")
}

pub(crate) fn fetch_with(args: &[&str], stdin: &[u8]) -> Run {
    let mut child = start(args);
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // A program that ends without reading breaks the pipe; that is its right.
    thread::spawn(move || pipe.write_all(&stdin));
    end(child)
}

/// A folder of the test's own, gone at its end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fetch-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is made of each, in their order, all at the same time: they wait more than they work.
pub(crate) fn side_by_side<T: Sync, R: Send>(of: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let threads: Vec<_> = of.iter().map(|it| scope.spawn(|| make(it))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
