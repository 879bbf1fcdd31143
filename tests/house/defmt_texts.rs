//! What `defmt` formats goes out to everybody who reads the log: no field of such a type can hold a text
//! that isn't a constant, a password for example.

use crate::sources::{CRATES, Source};

#[test]
fn what_defmt_formats_holds_no_text() {
    let found = CRATES.iter().flat_map(|sources| Source::all(sources)).flat_map(|source| {
        let name = source.name.clone();
        texts(&source.code).into_iter().map(move |text| format!("{name}: {text}"))
    });
    // Names that are called out to everybody nearby: an access point's, and the chip's own for DHCP. And the
    // modem's last words, which its driver keeps free of secrets (`conformance`, `modem::secrets`).
    let public = |text: &String| {
        text.contains("AccessPoint")
            || text.contains("enum Setting<")
            || text.contains("struct StackStatus<")
    };
    let found: Vec<_> = found.filter(|text| !public(text)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// A check that can't fail checks nothing.
#[test]
fn a_text_is_found() {
    const DERIVE: &str = "#[cfg_attr(feature = \"defmt\", derive(defmt::Format))]\n";
    for fields in [
        "pub struct A<'a> {\n    x: &'a str,\n}\n",
        "pub struct A<'a> {\n    x: Option<&'a [u8]>,\n}\n",
        "pub enum A {\n    B,\n    C { x: heapless::String<8> },\n}\n",
    ] {
        assert_eq!(texts(&format!("{DERIVE}{fields}")).len(), 1, "{fields}");
        assert_eq!(texts(fields).len(), 0, "not for defmt");
    }
    let clean =
        "pub struct A {\n    count: u8,\n    address: [u8; 6],\n    name: &'static str,\n}\n";
    assert_eq!(texts(&format!("{DERIVE}{clean}")).len(), 0);
}

/// The items that derive a format and have a field that can hold a text.
fn texts(code: &str) -> Vec<String> {
    let derived = code.split("defmt::Format))]").skip(1);
    let items = derived.filter_map(|rest| {
        // Up to the brace that stands at the line's start, or the end of a tuple's line.
        let item: Vec<_> = rest
            .lines()
            .skip_while(|line| line.trim().is_empty() || line.trim_start().starts_with("#["))
            .scan(false, |ended, line| {
                let goes_on = !*ended;
                *ended = line == "}"
                    || line.ends_with(");")
                    || line.ends_with(';') && !line.starts_with(' ');
                goes_on.then_some(line)
            })
            .collect();
        let has_text = item.iter().any(|line| {
            let field = line.replace("'static str", "").replace("[u8; 6]", "");
            ["str", "String", "Vec"].iter().any(|word| has_word(&field, word))
                || field.contains("[u8")
        });
        has_text.then(|| item.join(" "))
    });
    items.collect()
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|character: char| !character.is_alphanumeric()).any(|found| found == word)
}
