//! The matrix as Markdown, and the totals of docs/peers.md.

use crate::cases::TABLES;
use crate::clients::CLIENTS;
use crate::page::{self, version};
use crate::run::{Row, Verdict};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Prints the matrix, and writes it where it is kept. That this crate is wrong is an error.
pub fn print(rows: &[Row], write: bool) -> Result<(), String> {
    let versions = versions()?;
    let totals = totals(rows);
    let matrix = format!(
        "# HTTP clients beside one another\n\n{versions}\n\n{totals}\n{}{}",
        tables(rows),
        reasons(rows)
    );
    print!("{matrix}");
    if write {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::write(package.join("MATRIX.md"), &matrix)
            .map_err(|error| format!("MATRIX.md: {error}"))?;
        page::write("matrix", &format!("{versions}\n\n{totals}"))?;
    }
    let ours: Vec<&str> = rows
        .iter()
        // The first two columns are this crate.
        .filter(|(_, verdicts)| verdicts[..2].iter().any(|verdict| *verdict != Verdict::Right))
        .map(|(case, _)| case.name.as_str())
        .collect();
    if ours.is_empty() { Ok(()) } else { Err(format!("{} fails: {ours:?}", CLIENTS[0].name)) }
}

fn versions() -> Result<String, String> {
    let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    let date = date.map_err(|error| format!("date: {error}"))?;
    let clients: Vec<String> = CLIENTS
        .iter()
        .map(|client| format!("{} {}", client.name, version(client.package).unwrap_or("?")))
        .collect();
    Ok(format!("Run on {}: {}.", String::from_utf8_lossy(&date.stdout).trim(), clients.join(", ")))
}

fn head(first: &str) -> String {
    let names: Vec<&str> = CLIENTS.iter().map(|client| client.name).collect();
    format!("| {first} | {} |\n", names.join(" | "))
}

/// Of each table: how many of the cases that a client can take part in it has right.
fn totals(rows: &[Row]) -> String {
    let mut text = head("right");
    text.push_str(&format!("|---|{}\n", "---:|".repeat(CLIENTS.len())));
    for table in TABLES {
        let of_table = |(case, _): &&Row| case.table == table;
        let cells = (0..CLIENTS.len()).map(|client| {
            let verdicts = rows.iter().filter(of_table).map(|(_, verdicts)| &verdicts[client]);
            count(verdicts)
        });
        line(&mut text, table, cells);
    }
    let all = (0..CLIENTS.len()).map(|client| count(rows.iter().map(|(_, v)| &v[client])));
    line(&mut text, "all", all);
    for name in ["wrong", "panics", "hangs"] {
        let cells = (0..CLIENTS.len()).map(|client| {
            rows.iter().filter(|(_, verdicts)| word(&verdicts[client]) == name).count().to_string()
        });
        line(&mut text, name, cells);
    }
    text
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Right => "right",
        Verdict::Absent(_) => "-",
        Verdict::Wrong(_) => "wrong",
        Verdict::Panics(_) => "panics",
        Verdict::Hangs => "hangs",
    }
}

fn count<'v>(verdicts: impl Iterator<Item = &'v Verdict>) -> String {
    let (mut right, mut of) = (0, 0);
    for verdict in verdicts.filter(|verdict| !matches!(verdict, Verdict::Absent(_))) {
        of += 1;
        right += u32::from(*verdict == Verdict::Right);
    }
    format!("{right} of {of}")
}

fn line(text: &mut String, first: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    text.push_str(&format!("| {first} | {} |\n", cells.join(" | ")));
}

fn tables(rows: &[Row]) -> String {
    let mut text = String::new();
    for table in TABLES {
        let _ = write!(text, "\n## {table}\n\n");
        text.push_str(&head("case | RFC"));
        text.push_str(&format!("|---|---|{}\n", "---|".repeat(CLIENTS.len())));
        for (case, verdicts) in rows.iter().filter(|(case, _)| case.table == table) {
            let cells = verdicts.iter().map(|verdict| match verdict {
                Verdict::Right => word(verdict).to_owned(),
                Verdict::Absent(why) => format!("{} {}", word(verdict), note(rows, why)),
                _ => format!("**{}**", word(verdict)),
            });
            line(&mut text, &format!("{} | {}", case.name, case.section), cells);
        }
    }
    text.push('\n');
    for (number, why) in notes(rows).iter().enumerate() {
        let _ = writeln!(text, "{}. {why}", number + 1);
    }
    text
}

/// Why clients can't take part, each reason once.
fn notes(rows: &[Row]) -> Vec<&'static str> {
    let mut notes = Vec::new();
    for verdict in rows.iter().flat_map(|(_, verdicts)| verdicts) {
        if let Verdict::Absent(why) = verdict
            && !notes.contains(why)
        {
            notes.push(*why);
        }
    }
    notes
}

fn note(rows: &[Row], why: &str) -> usize {
    notes(rows).iter().position(|known| *known == why).map_or(0, |position| position + 1)
}

/// What exactly was wrong.
fn reasons(rows: &[Row]) -> String {
    let mut text = "\n## What was wrong\n".to_owned();
    for (index, client) in CLIENTS.iter().enumerate() {
        let mut reasons = String::new();
        for (case, verdicts) in rows {
            let why = match &verdicts[index] {
                Verdict::Right | Verdict::Absent(_) => continue,
                Verdict::Wrong(why) => why.clone(),
                Verdict::Panics(why) => format!("panics: {why}"),
                Verdict::Hangs => "hangs".to_owned(),
            };
            let _ = writeln!(reasons, "{}: {}: {}", case.table, case.name, shortened(&why));
        }
        if !reasons.is_empty() {
            let _ = write!(text, "\n{}:\n\n```text\n{reasons}```\n", client.name);
        }
    }
    text
}

fn shortened(why: &str) -> String {
    let mut text: String = why.chars().take(100).collect();
    if text.len() < why.len() {
        text.push('…');
    }
    text
}
