//! Runs each case in a process of its own under callgrind and prints the table.

use std::env;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cases::{RESPONSES, SEGMENTS};
use crate::child::MEASURED;
use crate::clients::CLIENTS;
use crate::page::{self, version};

/// A case takes about a second; a client that never ends is stopped after this.
const LIMIT: Duration = Duration::from_secs(60);

/// A case's figures, or what the table says in their place.
type Figures = Result<(u64, u32, u32), String>;

/// Prints the table, and writes it where it is kept. The error is what makes the run worthless: no
/// valgrind, no figure at all, or none where our own client should have one.
pub fn run(write: bool) -> Result<(), String> {
    let valgrind = valgrind_version()?;
    let program = env::current_exe().map_err(|error| format!("this program's path: {error}"))?;

    println!("One GET exchange, from the URL to the whole body, on a mock transport.");
    println!(
        "Instructions are counted by {valgrind} (callgrind, {}), after one exchange to warm up.",
        env::consts::ARCH
    );
    let versions: Vec<String> = CLIENTS
        .iter()
        .map(|(_, package)| format!("{package} {}", version(package).unwrap_or("(no version)")))
        .collect();
    let versions = versions.join(", ");
    println!("{versions}\n");

    let mut rows = vec![
        ["response", "delivered in", "client", "instructions", "sends", "receives"]
            .map(str::to_owned),
    ];
    let mut notes = String::new();
    let mut measured = 0;
    let mut ours_failed = false;
    for response in RESPONSES {
        for &segment in SEGMENTS {
            for (client, _) in CLIENTS {
                let figures = case(&program, client, response.name, segment);
                measured += u32::from(figures.is_ok());
                ours_failed |= *client == "ours" && figures.is_err();
                let (instructions, sends, receives) = match figures {
                    Ok((instructions, sends, receives)) => {
                        (thousands(instructions), sends.to_string(), receives.to_string())
                    }
                    Err(why) => {
                        let place = format!("{client}, {}, {}", response.name, delivery(segment));
                        notes.push_str(&format!("{place}: {why}\n"));
                        (shortened(&why), "-".to_owned(), "-".to_owned())
                    }
                };
                rows.push([
                    format!("{} ({} B)", response.name, response.bytes.len()),
                    delivery(segment),
                    (*client).to_owned(),
                    instructions,
                    sends,
                    receives,
                ]);
            }
        }
    }
    let table = table(&rows);
    print!("{table}");
    if !notes.is_empty() {
        print!("\n{notes}");
    }
    if measured == 0 {
        return Err("no case could be measured".to_owned());
    }
    if ours_failed {
        return Err("our own client failed a case".to_owned());
    }
    if write { page::write("peers", &format!("{versions}\n\n{table}")) } else { Ok(()) }
}

fn valgrind_version() -> Result<String, String> {
    let output =
        Command::new("valgrind").arg("--version").output().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                "valgrind is not installed (Debian: apt-get install valgrind)".to_owned()
            }
            _ => format!("valgrind does not start: {error}"),
        })?;
    if !output.status.success() {
        return Err(format!("valgrind --version: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn case(program: &Path, client: &str, response: &str, segment: usize) -> Figures {
    let mut command = Command::new("valgrind");
    command
        .arg("--tool=callgrind")
        .arg(format!("--toggle-collect={MEASURED}"))
        .arg("--callgrind-out-file=/dev/null")
        .arg(program)
        .args(["run", client, response, &segment.to_string()])
        .stdin(Stdio::null());
    // The environment lies on the stack, and where the stack begins moves how memory is copied.
    command.env_clear();
    for name in ["PATH", "VALGRIND_LIB"] {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    let (status, said, reported) = finish(&mut command, LIMIT)?;

    let line = said.lines().last().unwrap_or_default();
    let Some(counts) = line.strip_prefix("ok ") else {
        return Err(if line.is_empty() { format!("error: {status}") } else { line.to_owned() });
    };
    let (sends, receives) = counts
        .split_once(' ')
        .and_then(|(sends, receives)| Some((sends.parse().ok()?, receives.parse().ok()?)))
        .ok_or_else(|| format!("error: {line:?} is not a result"))?;
    match collected(&reported) {
        Some(0) => Err(format!("error: callgrind never saw {MEASURED}")),
        Some(instructions) => Ok((instructions, sends, receives)),
        None => Err("error: callgrind reported no count".to_owned()),
    }
}

/// Runs the command to its end, or stops it at the limit: its status, its output, its errors.
fn finish(command: &mut Command, limit: Duration) -> Result<(String, String, String), String> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("error: {error}"))?;
    let output = child.stdout.take().map(reader);
    let errors = child.stderr.take().map(reader);
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < limit => thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                // It may have ended by itself in the meantime: nothing is lost then.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("error: no end after {} s", limit.as_secs()));
            }
            Err(error) => return Err(format!("error: {error}")),
        }
    };
    let text = |reader: Option<thread::JoinHandle<String>>| {
        reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
    };
    Ok((status.to_string(), text(output), text(errors)))
}

/// Empties a pipe in the background, so that a child that says much doesn't wait for us.
fn reader<R: Read + Send + 'static>(mut pipe: R) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error still counts: the caller judges by what it finds there.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The figure in callgrind's line `==123== Collected : 7752`.
fn collected(report: &str) -> Option<u64> {
    report.lines().find_map(|line| {
        let (_, figure) = line.split_once("Collected :")?;
        figure.trim().parse().ok()
    })
}

fn delivery(segment: usize) -> String {
    match segment {
        0 => "one segment".to_owned(),
        length => format!("{length}-byte segments"),
    }
}

/// What fits a cell; the whole text follows the table.
fn shortened(why: &str) -> String {
    const LENGTH: usize = 24;
    if why.chars().count() <= LENGTH {
        return why.to_owned();
    }
    why.chars().take(LENGTH - 1).chain(['…']).collect()
}

fn thousands(figure: u64) -> String {
    let digits = figure.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A Markdown table, the figures to the right; the first row is its head.
fn table(rows: &[[String; 6]]) -> String {
    let mut widths = [0; 6];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            if column < 3 {
                text.push_str(&format!("| {cell:<width$} "));
            } else {
                text.push_str(&format!("| {cell:>width$} "));
            }
        }
        text.push_str("|\n");
        if index == 0 {
            for (column, &width) in widths.iter().enumerate() {
                let end = if column < 3 { "-" } else { ":" };
                text.push_str(&format!("|{}{end}", "-".repeat(width + 1)));
            }
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callgrinds_count_is_found() {
        let report = "==7== Events    : Ir\n==7== Collected : 7752\n==7== \n";
        assert_eq!(collected(report), Some(7752));
        assert_eq!(collected("==7== Events : Ir\n"), None);
    }

    #[test]
    fn every_peer_has_a_version() {
        for (_, package) in CLIENTS {
            assert!(version(package).is_some(), "{package}");
        }
        assert_eq!(version("no-such-package"), None);
    }

    #[test]
    fn a_long_reason_is_cut() {
        assert_eq!(shortened("error: Codec"), "error: Codec");
        assert_eq!(shortened("error: it waits for bytes past the end"), "error: it waits for byt…");
    }

    #[test]
    fn figures_are_grouped() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(752), "752");
        assert_eq!(thousands(7752), "7,752");
        assert_eq!(thousands(1_047_043), "1,047,043");
    }

    #[test]
    fn a_table_is_aligned() {
        let rows = [
            ["a", "b", "c", "d", "e", "f"].map(str::to_owned),
            ["long", "b", "c", "1,000", "1", "2"].map(str::to_owned),
        ];
        assert_eq!(
            table(&rows),
            "| a    | b | c |     d | e | f |\n\
             |------|---|---|------:|--:|--:|\n\
             | long | b | c | 1,000 | 1 | 2 |\n"
        );
    }

    #[test]
    fn a_process_without_end_is_stopped() {
        let mut command = Command::new("sleep");
        command.arg("60");
        let started = Instant::now();
        let outcome = finish(&mut command, Duration::from_millis(50));
        assert_eq!(outcome, Err("error: no end after 0 s".to_owned()));
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
