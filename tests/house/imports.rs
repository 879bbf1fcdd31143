//! What each room of the client may import, of the others and of other crates. (The modem's driver has a
//! table of its own, in its crate.)

use crate::sources::{CRATES, Source, code_of};

/// A room, the rooms that it may import, and the crates besides `core` and `defmt`.
const ROOMS: &[(&str, &[&str], &[&str])] = &[
    ("error", &[], &["nal_link", "embedded_io"]),
    ("http", &["error"], &["heapless", "md5", "sha2"]),
    // HTTP's order of things: no stack, no clock, no token.
    ("protocol", &["error", "http"], &[]),
    ("policy", &["error", "http", "protocol"], &["nal_link", "embedded_nal", "heapless"]),
    ("diagnosis", &["error", "http"], &["nal_link", "heapless"]),
    // Documentation alone.
    ("causes", &[], &[]),
    (
        "nal",
        &["error", "http", "protocol", "policy"],
        &["nal_link", "embedded_nal", "embedded_io", "heapless"],
    ),
    (
        "probe",
        &["error", "http", "protocol", "policy", "diagnosis", "nal"],
        &["nal_link", "embedded_nal"],
    ),
    (
        "client",
        &["error", "http", "protocol", "policy", "diagnosis", "nal", "probe"],
        &["nal_link", "embedded_nal", "embedded_io", "serde", "serde_json_core"],
    ),
    // What waits in `client` is awaited in it: no rule of HTTP, and no order of things, is its own.
    (
        "asynch",
        &["error", "http", "protocol", "policy", "diagnosis", "nal", "probe", "client"],
        &[
            "nal_link",
            "embedded_nal",
            "embedded_nal_async",
            "embedded_io_async",
            "embedded_hal_async",
            // `modem`: neither its trait nor the driver's type is another crate's to join.
            "esp_at",
            // What `json` takes and gives, as in `client`.
            "serde",
        ],
    ),
];

/// Crates that a line of code may name.
const OTHERS: &[&str] = &[
    "nal_link",
    "embedded_nal",
    "embedded_nal_async",
    "embedded_io",
    "embedded_io_async",
    "embedded_hal_async",
    "heapless",
    "md5",
    "sha2",
    "serde",
    "serde_json_core",
    "esp_at",
    "std",
];

/// Lines of code that a file may have.
const MOST_LINES: usize = 400;

#[test]
fn each_room_imports_what_it_may() {
    let found: Vec<_> = Source::all("src")
        .iter()
        .filter(|source| source.room() != "lib")
        .flat_map(|source| violations(source.room(), &source.name, &source.code))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn each_room_is_in_the_table() {
    for source in Source::all("src") {
        let room = source.room();
        assert!(room == "lib" || ROOMS.iter().any(|(name, ..)| *name == room), "{room}");
    }
}

/// What embedded-nal leaves open is below all else; a network, TLS over one, and the simulated modem know no request,
/// and none of the others.
#[test]
fn the_crates_below_know_nothing_of_the_client() {
    const CRATES_BELOW: [&str; 6] = ["nal-link", "esp-at", "tls", "lwip", "smoltcp", "esp8266-sim"];
    for package in CRATES_BELOW {
        let sources = format!("crates/{package}/src");
        for Source { name, code } in Source::all(&sources) {
            for word in
                ["safe_http_client", "esp_at", "safe_http_client_tls", "safe_http_client_lwip"]
            {
                assert!(!names(&code, word), "{sources}/{name} names {word}");
            }
        }
    }
}

#[test]
fn a_file_holds_one_thing() {
    for sources in CRATES {
        for Source { name, code } in Source::all(sources) {
            let lines = code.lines().count();
            assert!(lines <= MOST_LINES, "{sources}/{name} has {lines} lines of code");
        }
    }
}

/// A check that can't fail checks nothing.
#[test]
fn a_wrong_import_is_found() {
    for (room, source, expected) in [
        ("http", "use crate::protocol::Exchange;", "http/x.rs imports crate::protocol"),
        ("protocol", "fn f<N: nal_link::Network>() {}", "protocol/x.rs names nal_link"),
        ("error", "let x = crate::client::CLIENT;", "error/x.rs imports crate::client"),
        ("policy", "use crate::{error::Failure, nal::Driver};", "policy/x.rs imports crate::nal"),
    ] {
        let found = violations(room, &format!("{room}/x.rs"), &code_of(source));
        assert_eq!(found, [expected], "{source}");
    }
    let commented = code_of("// use crate::client;\n/// [`crate::client`]\nuse crate::http::url;");
    assert_eq!(violations("protocol", "x.rs", &commented), [""; 0]);
}

fn violations(room: &str, name: &str, code: &str) -> Vec<String> {
    let (_, rooms, crates) =
        ROOMS.iter().find(|(known, ..)| *known == room).unwrap_or(&("", &[], &[]));
    let mut found = Vec::new();
    for (other, ..) in ROOMS.iter().filter(|(other, ..)| *other != room && !rooms.contains(other)) {
        if imports(code, other) {
            found.push(format!("{name} imports crate::{other}"));
        }
    }
    for other in OTHERS.iter().filter(|other| !crates.contains(other)) {
        if names(code, other) {
            found.push(format!("{name} names {other}"));
        }
    }
    found
}

/// `crate::room`, also in `crate::{…, room::…}`.
fn imports(code: &str, room: &str) -> bool {
    let is_named =
        |text: &str| text.strip_prefix(room).is_some_and(|rest| !rest.starts_with(is_part_of_name));
    code.split("crate::").skip(1).any(|path| match path.strip_prefix('{') {
        Some(list) => list
            .split(';')
            .next()
            .unwrap_or_default()
            .split([',', '{'])
            .any(|item| is_named(item.trim())),
        None => is_named(path),
    })
}

/// `word::`, as a word of its own.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        !code[..at].ends_with(is_part_of_name) && code[at + word.len()..].starts_with("::")
    })
}

fn is_part_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
