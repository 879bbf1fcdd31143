//! Every fault that the simulated modem knows: told, or overcome.

use crate::run::{QUIET, Run, SPEED, part_of, run, run_at, scratch, some_at_once};
use esp8266_sim::{Dialect, Fault};
use std::sync::PoisonError;

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
    let mut faults: Vec<Fault> = Fault::ALL.iter().map(|(fault, _)| *fault).collect();
    // Those that take longest begin first.
    let slow = ["busy-forever", "join-timeout", "no-dhcp", "slow-connect", "firewall", "host-down"];
    faults.sort_by_key(|fault| !slow.contains(&fault.name()));
    let mut runs: Vec<(Fault, Run)> = some_at_once(faults, |fault| {
        let dialect = dialect.to_string();
        let args = ["--fault", fault.name(), "--dialect", &dialect];
        (fault, run_at(SPEED, "gate_opener", &args))
    });
    runs.sort_by_key(|(fault, _)| *fault);
    assert_eq!(runs.len(), Fault::ALL.len());
    let (mut bad, mut rows) = (String::new(), String::new());
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
        let cause = why.iter().find_map(|line| line.strip_prefix("cause:")).map_or("", str::trim);
        let name = fault.name();
        rows.push_str(&format!("| `{name}` | {} | {cause} |\n", words.join("; then ")));
        let cause = format!("cause: {cause}");
        if cause.len() > "cause: ".len() {
            words.push(&cause);
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
    if dialect == Dialect::EspAt2 {
        check_readme(&rows);
    }
}

/// The table that `examples/README.md` has of them: a row for each. What some say depends on the moment, so that
/// isn't compared; `WRITE_GENERATED=1` renews it.
fn check_readme(rows: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/README.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (front, table) = page.split_once("|---|---|---|\n| `unsolicited-line`").unwrap();
    if std::env::var_os("WRITE_GENERATED").is_some() {
        return std::fs::write(path, format!("{front}|---|---|---|\n{rows}")).unwrap();
    }
    let names = |rows: &str| -> Vec<String> {
        rows.lines().filter_map(|row| Some(row.split('`').nth(1)?.to_owned())).collect()
    };
    assert_eq!(names(&format!("| `unsolicited-line`{table}")), names(rows), "examples/README.md");
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
    let mut runs = some_at_once(left, |(sketch, dialect, fault)| {
        let name = dialect.to_string();
        let out = scratch(&format!("{sketch}-{name}-{fault}.bin"));
        let mut args = vec!["--fault", fault.name(), "--dialect", &name, "--seconds", "40"];
        if sketch == "firmware_download" {
            args.extend(["--out", out.to_str().unwrap()]);
        }
        let run = run_at(SPEED, sketch, &args);
        let _ = std::fs::remove_file(part_of(&out));
        let _ = std::fs::remove_file(&out);
        ((sketch, name, fault), run)
    });
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
