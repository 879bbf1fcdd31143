//! Each misuse that a type can catch, and the exact words in which the compiler says so.
//!
//! A case is a program in `cases`. Its first line names the misuse, its line `note:` (where it
//! has one) a note that the reader must find below the compiler's first line; the `.stderr` beside
//! it is all that the compiler says. After a change of wording, `TRYBUILD=overwrite cargo test -p misuse
//! --test misuse` writes them anew: read them before you commit them.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler whose wording is pinned: others say the same in slightly different words.
const PINNED: &str = "rustc 1.95.";

/// The cases, in the order in which `docs/misuse.md` tells them.
const CASES: &[&str] = &[
    "request_while_offline",
    "client_used_while_online",
    "online_after_client_dropped",
    "online_from_nowhere",
    "network_without_link",
    "borrowed_network_without_link",
    "stack_without_dns",
    "closure_as_clock",
    "size_as_buffer",
    "request_without_context",
    "call_polled_without_context",
    "call_polled_as_online",
    "context_in_handler",
    "context_lent_to_handler",
    "online_kept_in_handler",
    "call_polled_in_handler",
    "context_in_arc_mutex",
    "context_in_static",
    "context_in_static_mutex",
    "context_cloned",
    "context_copied",
    "context_from_nowhere",
    "two_requests_at_once",
    "two_clients_at_once",
    "body_after_client_dropped",
    "buffer_changed_while_read",
    "buffer_read_while_call_runs",
    "call_outlives_buffer",
    "request_never_sent",
    "localhost_url",
    "loopback_address_url",
    "unspecified_address_url",
    "scheme_in_host_url",
    "url_without_scheme",
    "malformed_url",
];

/// Those of the async client, in the same order; in `cases/asynch`.
const ASYNC_CASES: &[&str] = &[
    "request_while_offline",
    "client_used_while_online",
    "network_without_link",
    "clock_as_timer",
    "request_never_awaited",
    "future_in_another_thread",
];

/// Where the child process of [`compile_a_copy`] finds its cases.
const COPY: &str = "SAFE_HTTP_CLIENT_UI_COPY";

#[test]
fn misuses_dont_compile() {
    if let Some(copy) = env::var_os(COPY) {
        trybuild::TestCases::new().compile_fail(PathBuf::from(copy).join("*.rs"));
        return;
    }
    let rustc = rustc_version();
    // Some messages list the types that implement a trait, which a feature may add to.
    let features = cfg!(any(feature = "all", feature = "async"));
    if rustc.starts_with(PINNED) && !features {
        trybuild::TestCases::new().compile_fail("cases/*.rs");
    } else if features {
        say(
            "wording of the compiler's messages: not compared, since it is pinned for the default \
             features (`cargo test`); that no case compiles is checked",
        );
        compile_a_copy();
    } else {
        say(&format!(
            "wording of the compiler's messages: not compared, since it is pinned for {PINNED}* and \
             this is {rustc}; that no case compiles is checked"
        ));
        compile_a_copy();
    }
}

/// Those of the async client: `cargo test --features async`.
#[cfg(all(feature = "async", not(feature = "all")))]
#[test]
fn misuses_of_the_async_client_dont_compile() {
    let rustc = rustc_version();
    if rustc.starts_with(PINNED) {
        trybuild::TestCases::new().compile_fail("cases/asynch/*.rs");
    } else {
        say(&format!(
            "misuse of the async client, whose wording is pinned for {PINNED}*: this is {rustc}"
        ));
    }
}

#[test]
fn right_use_compiles_and_runs() {
    trybuild::TestCases::new().pass("cases/pass/*.rs");
}

#[test]
fn every_case_is_listed_and_has_its_message() {
    let mut listed: Vec<_> = CASES.iter().map(ToString::to_string).collect();
    listed.sort();
    assert_eq!(stems("rs", ""), listed, "cases/*.rs against CASES");
    assert_eq!(stems("stderr", ""), listed, "cases/*.stderr against CASES");
    let mut listed: Vec<_> = ASYNC_CASES.iter().map(ToString::to_string).collect();
    listed.sort();
    assert_eq!(stems("rs", "asynch"), listed, "cases/asynch/*.rs against ASYNC_CASES");
    assert_eq!(stems("stderr", "asynch"), listed, "cases/asynch/*.stderr against ASYNC_CASES");
}

#[test]
fn a_note_says_what_to_do_where_the_case_promises_one() {
    for case in all() {
        if let Some(note) = &case.note {
            let found = case.stderr.lines().any(|line| {
                let line = line.trim_start().trim_start_matches("= ");
                line.strip_prefix("note: ") == Some(note)
            });
            assert!(found, "{}: no note `{note}` in\n{}", case.name, case.stderr);
        }
    }
}

/// What a misuse of ours says stands in the first line, and not below errors about something else.
#[test]
fn our_own_messages_come_first() {
    for (name, first) in [
        ("request_while_offline", "no request can be made: this client has no IP address yet"),
        (
            "network_without_link",
            "`Stack` can't carry requests: nothing says whether it has an IP address",
        ),
        (
            "stack_without_dns",
            "`TcpOnly` is attached as a stack that resolves names, and has no `Dns`",
        ),
    ] {
        let case = Case::read(name);
        assert_eq!(case.first_line(), first, "{name}");
        let others: Vec<_> = case
            .stderr
            .lines()
            .filter(|line| line.starts_with("error") && !line.ends_with(first))
            .collect();
        assert!(others.is_empty(), "{name} says something else too: {others:?}");
    }
}

/// The page's tables of misuses are what the compiler says, and not what we remember of it.
#[test]
fn misuse_table() {
    let page = fs::read_to_string(root().join("../../docs/misuse.md")).expect("the tables' page");
    for (name, table) in [
        ("misuse", table(CASES.iter().map(|name| Case::read(name)))),
        ("misuse-async", table(ASYNC_CASES.iter().map(|name| Case::read_async(name)))),
    ] {
        let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
        let (_, rest) = page.split_once(&begin).expect("a table of misuses");
        let (found, _) = rest.split_once(&end).expect("an end of the table");
        assert!(
            found.trim() == table.trim(),
            "docs/misuse.md's table of misuses isn't what the .stderr beside the cases say. Between \
             {begin} and {end} belongs:\n\n{table}"
        );
    }
}

fn all() -> impl Iterator<Item = Case> {
    let awaited = ASYNC_CASES.iter().map(|name| Case::read_async(name));
    CASES.iter().map(|name| Case::read(name)).chain(awaited)
}

struct Case {
    name: String,
    misuse: String,
    note: Option<String>,
    stderr: String,
}

impl Case {
    fn read_async(name: &str) -> Self {
        Self::read(&format!("asynch/{name}"))
    }

    fn read(name: &str) -> Self {
        let read = |extension: &str| {
            let path = cases().join(name).with_extension(extension);
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let source = read("rs");
        let mut about = source.lines().map_while(|line| line.strip_prefix("//! "));
        let misuse = about.next().unwrap_or_default();
        Self {
            name: name.to_string(),
            misuse: misuse.trim_end_matches('.').to_string(),
            note: about.find_map(|line| line.strip_prefix("note: ")).map(str::to_string),
            stderr: read("stderr"),
        }
    }

    /// What the compiler says first, without the error's number.
    fn first_line(&self) -> &str {
        let line = self.stderr.lines().next().unwrap_or_default();
        line.split_once(": ").map_or(line, |(_, message)| message)
    }
}

/// A table of misuses, as it stands in `docs/misuse.md`.
fn table(cases: impl Iterator<Item = Case>) -> String {
    let mut table =
        String::from("| misuse | what the compiler says first | its note |\n|---|---|---|\n");
    for case in cases {
        let note = case.note.as_deref().unwrap_or("");
        let row = format!("{} ¦ {} ¦ {note}", case.misuse, case.first_line());
        let row = row.replace('|', "\\|").replace('¦', "|");
        table.push_str(&format!("| {} |\n", row.trim_end()));
    }
    table
}

/// On another compiler: the same cases, away from the pinned messages, which trybuild would compare.
/// It is this test again in a process of its own, since trybuild takes its orders from a variable.
fn compile_a_copy() {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    fs::create_dir_all(copy.join("support")).unwrap();
    fs::copy(cases().join("support/mod.rs"), copy.join("support/mod.rs")).unwrap();
    for name in CASES {
        let file = format!("{name}.rs");
        fs::copy(cases().join(&file), copy.join(&file)).unwrap();
    }
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "misuses_dont_compile"])
        .env(COPY, &copy)
        .env("TRYBUILD", "overwrite")
        .status()
        .unwrap();
    assert!(status.success(), "a misuse compiles");
}

fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

/// The names of the files of this kind in a folder of the cases, sorted.
fn stems(extension: &str, folder: &str) -> Vec<String> {
    let mut stems: Vec<_> = fs::read_dir(cases().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    stems.sort();
    stems
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cases() -> PathBuf {
    root().join("cases")
}

/// Past libtest, which would keep it to itself: what was skipped has to be seen.
fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}
