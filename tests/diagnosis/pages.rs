//! Each cause has its page, of one form, and is found: from the overview, the enum, the crate's
//! front page and the README.

use safe_http_client::Cause;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const SECTIONS: [&str; 5] =
    ["# Symptom", "# What happens", "# How the crate tells", "# What to do", "# The error"];

const COLUMNS: usize = 110;

pub fn read(path: &str) -> String {
    fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files of a folder, one behind the other.
pub fn read_all(folder: &str) -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(folder);
    let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
    files.map(|name| read(&format!("{folder}/{}", name.to_str().unwrap()))).collect()
}

/// The pages, by their causes' codes: each is the comment of a module without content.
fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut page = String::new();
    for line in read_all("src/causes").lines() {
        if let Some(text) = line.strip_prefix("///") {
            page.push_str(text.strip_prefix(' ').unwrap_or(text));
            page.push('\n');
        } else if let Some(code) = line.strip_prefix("pub mod ") {
            let code = code.strip_suffix(" {}").expect(line).to_owned();
            assert_eq!(pages.insert(code, core::mem::take(&mut page)), None, "{line}");
        }
    }
    pages
}

pub fn page(cause: Cause) -> String {
    pages().remove(cause.code()).unwrap_or_else(|| panic!("no page of {}", cause.code()))
}

/// `server_on_loopback` as its variant's name.
fn variant(cause: Cause) -> String {
    format!("{cause:?}")
}

/// The text outside of fenced blocks, and the fences' languages.
fn prose_and_fences(text: &str) -> (String, Vec<String>) {
    let (mut prose, mut fences, mut inside) = (String::new(), Vec::new(), false);
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            if !inside {
                fences.push(language.to_owned());
            }
            inside = !inside;
        } else if !inside {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    assert!(!inside, "a fence is open at the end");
    (prose, fences)
}

#[test]
fn each_page_begins_with_its_number_and_code() {
    for cause in Cause::all() {
        let start = format!("Cause {}, `{}`: ", cause.number(), cause.code());
        let page = page(cause);
        let first = page.lines().next().unwrap_or_default();
        assert!(first.starts_with(&start) && first.ends_with('.'), "{first}");
    }
}

#[test]
fn each_page_has_the_five_sections_in_their_order_and_none_is_empty() {
    for cause in Cause::all() {
        let page = page(cause);
        let (prose, _) = prose_and_fences(&page);
        let headings: Vec<_> = prose.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(headings, SECTIONS, "{}", cause.code());
        for section in SECTIONS {
            let text = page.split(&format!("\n{section}\n\n")).nth(1).unwrap_or_default();
            let is_text = text.chars().next().is_some_and(|first| first != '#');
            assert!(is_text, "{}: {section} is empty", cause.code());
        }
    }
}

#[test]
fn each_page_says_what_to_do_in_rust_and_on_arduino() {
    for cause in Cause::all() {
        let page = page(cause);
        let to_do = page.split("# What to do").nth(1).unwrap_or_default();
        let (_, fences) = prose_and_fences(to_do);
        let is_rust = |fence: &String| ["", "no_run", "compile_fail"].contains(&fence.as_str());
        assert!(fences.iter().any(is_rust), "{}: no example that is tested", cause.code());
        assert!(fences.iter().any(|fence| fence == "cpp"), "{}: none for Arduino", cause.code());
    }
}

#[test]
fn each_page_names_the_certainty_and_its_variant() {
    for cause in Cause::all() {
        let page = page(cause);
        let tells = page.split("# How the crate tells").nth(1).unwrap_or_default();
        let tells = tells.split("\n# ").next().unwrap_or_default();
        let says = ["**certain**", "**likely**", "**possible**", "**Certain**"];
        assert!(says.iter().any(|word| tells.contains(word)), "{}: how sure?", cause.code());
        let link = format!("[`Cause::{0}`](crate::Cause::{0})", variant(cause));
        let error = page.split("\n# The error").nth(1).unwrap_or_default();
        assert!(error.contains(&link), "{}: {link}", cause.code());
    }
}

#[test]
fn no_line_is_too_long() {
    for cause in Cause::all() {
        for (number, line) in page(cause).lines().enumerate() {
            let columns = line.chars().count();
            assert!(columns <= COLUMNS, "{}, line {}: {columns}", cause.code(), number + 1);
        }
    }
}

#[test]
fn there_is_no_page_without_a_cause() {
    let known: BTreeSet<_> = Cause::all().map(|cause| cause.code().to_owned()).collect();
    assert_eq!(pages().into_keys().collect::<BTreeSet<_>>(), known);
}

#[test]
fn the_overview_lists_them_all_with_their_numbers() {
    let overview = read("src/causes/mod.rs");
    for cause in Cause::all() {
        let (number, code) = (cause.number(), cause.code());
        let row = format!("//! | {number} | [`{code}`] | ");
        assert!(overview.contains(&row), "{row}");
        let page = page(cause);
        let title = page.lines().next().and_then(|line| line.split_once(": ")).unwrap().1;
        assert!(overview.contains(&format!("{row}{} |", title.trim_end_matches('.'))), "{title}");
    }
}

/// All but the one that nobody sees coming.
#[test]
fn the_decision_table_leads_to_each_page() {
    let overview = read("src/causes/mod.rs");
    let table = overview.split("# What you see").nth(1).unwrap();
    let table = table.split("# A diagnosis").next().unwrap();
    for cause in Cause::all().filter(|cause| *cause != Cause::Unexplained) {
        assert!(table.contains(&format!("[`{}`]", cause.code())), "{}", cause.code());
    }
}

#[test]
fn each_variant_links_its_page() {
    let source = read("src/diagnosis/cause.rs");
    for cause in Cause::all() {
        let end = format!("\n    {} = {},", variant(cause), cause.number());
        let before = source.split(&end).next().filter(|before| before.len() < source.len());
        let docs: Vec<_> = before
            .unwrap_or_else(|| panic!("{end}"))
            .lines()
            .rev()
            .take_while(|line| line.trim_start().starts_with("///"))
            .collect();
        let link = format!("([page](crate::causes::{}))", cause.code());
        assert!(docs.iter().any(|line| line.contains(&link)), "{link}: {docs:?}");
    }
}

/// To the overview, which lists them all; and whatever else is linked exists.
#[test]
fn links_of_the_readme_lead_to_pages_that_exist() {
    const BASE: &str = "https://docs.rs/safe-http-client/latest/safe_http_client/causes/";
    let mut texts = vec![("README.md".to_owned(), read("README.md"))];
    let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join("docs");
    for entry in fs::read_dir(docs).into_iter().flatten() {
        let name = format!("docs/{}", entry.unwrap().file_name().into_string().unwrap());
        let text = read(&name);
        texts.push((name, text));
    }
    let mut linked = BTreeSet::new();
    for (name, text) in &texts {
        for link in text.split(BASE).skip(1) {
            let target = link.split([')', '\n']).next().unwrap();
            let page = target.split('#').next().unwrap_or_default();
            let code = page.trim_end_matches("index.html").trim_end_matches('/');
            let exists = code.is_empty() || Cause::from_code(code).is_some();
            assert!(exists, "{name}: {target}");
            linked.insert((name.as_str(), code));
        }
    }
    assert!(linked.contains(&("README.md", "")), "{linked:?}");
}

#[test]
fn the_front_page_leads_from_connection_refused_to_the_causes() {
    let front = read("src/lib.rs");
    let docs: String = front
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .flat_map(|line| [line.trim_start_matches("//!"), "\n"])
        .collect();
    let after = docs.split("connection refused").nth(1).unwrap_or_default();
    assert!(after.contains("causes"), "{docs}");
}
