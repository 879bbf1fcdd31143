//! Runs the cases: each in a process of its own, which plays the server too.

use crate::case::Case;
use crate::clients::{CLIENTS, Client};
use crate::{cases, server};
use std::env;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A case takes some milliseconds; one that isn't over after this is stopped.
const LIMIT: Duration = Duration::from_secs(5);
/// Those that wait leave the processor to the others.
const WORKERS: usize = 8;

/// What a client made of a case, the worst last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Right,
    /// It can't take part, and why.
    Absent(&'static str),
    Wrong(String),
    Panics(String),
    Hangs,
}

/// A case and its verdicts, in the order of the clients.
pub type Row = (Case, Vec<Verdict>);

/// All cases with all clients.
pub fn all() -> Result<Vec<Row>, String> {
    let program = env::current_exe().map_err(|error| format!("this program's path: {error}"))?;
    let cases = cases::all();
    let jobs: Vec<(usize, usize)> = (0..cases.len())
        .flat_map(|case| (0..CLIENTS.len()).map(move |client| (case, client)))
        .collect();
    let verdicts = Mutex::new(vec![vec![Verdict::Right; CLIENTS.len()]; cases.len()]);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(&(case, client)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = both(&program, &CLIENTS[client], &cases[case]);
                    verdicts.lock().expect("no worker panics")[case][client] = verdict;
                }
            });
        }
    });
    let verdicts = verdicts.into_inner().map_err(|_| "a worker panicked".to_owned())?;
    Ok(cases.into_iter().zip(verdicts).collect())
}

/// The worse of the two deliveries.
fn both(program: &Path, client: &Client, case: &Case) -> Verdict {
    if let Some((_, why)) = client.lacks.iter().find(|(needs, _)| *needs == case.needs) {
        return Verdict::Absent(why);
    }
    let whole = process(program, client, case, "whole");
    match whole {
        Verdict::Hangs => whole,
        _ => whole.max(process(program, client, case, "pieces")),
    }
}

fn process(program: &Path, client: &Client, case: &Case, delivery: &str) -> Verdict {
    let child = Command::new(program)
        .args(["run", client.name, &case.name, delivery])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    match child {
        Ok(child) => finish(child),
        Err(error) => Verdict::Wrong(format!("it didn't start: {error}")),
    }
}

/// What a child says fits a pipe: nobody has to read it before its end.
fn finish(mut child: Child) -> Verdict {
    let started = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if started.elapsed() > LIMIT {
            // It may have ended by itself in the meantime.
            let _ = child.kill();
            let _ = child.wait();
            return Verdict::Hangs;
        }
        thread::sleep(Duration::from_millis(2));
    }
    let Ok(output) = child.wait_with_output() else {
        return Verdict::Wrong("its output is lost".to_owned());
    };
    let said = String::from_utf8_lossy(&output.stdout);
    match said.trim_end() {
        "right" if output.status.success() => Verdict::Right,
        line if output.status.success() => Verdict::Wrong(line.to_owned()),
        _ => {
            let errors = String::from_utf8_lossy(&output.stderr);
            let mut lines = errors.lines().filter(|line| !line.is_empty());
            lines.find(|line| line.contains("panicked at"));
            Verdict::Panics(lines.next().unwrap_or("no word").to_owned())
        }
    }
}

/// One case in this process: `right`, or what is wrong.
pub fn one(client: &str, case: &str, pieces: bool) -> Result<String, String> {
    let client = CLIENTS.iter().find(|known| known.name == client).ok_or("no such client")?;
    let case = cases::all().into_iter().find(|known| known.name == case).ok_or("no such case")?;
    let (port, seen) =
        server::start(case.connections, pieces).map_err(|error| format!("no server: {error}"))?;
    let replies = (client.run)(port, &case.asks);
    // What was sent last is read by the server's threads.
    thread::sleep(Duration::from_millis(10));
    let judged =
        case.expect.iter().zip(&replies).enumerate().find_map(|(number, (expect, reply))| {
            let ask =
                if replies.len() > 1 { format!("request {}: ", number + 1) } else { String::new() };
            expect.judge(reply).err().map(|why| format!("{ask}{why}"))
        });
    Ok(match judged.map_or_else(|| (case.seen)(&seen), Err) {
        Ok(()) => "right".to_owned(),
        Err(why) => why.replace('\n', " "),
    })
}
