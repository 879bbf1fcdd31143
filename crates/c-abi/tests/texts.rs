//! The causes' texts of the Arduino library, which stand in the chip's flash, are the client's own.

use client::Cause;
use std::fmt::Write;

const FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../arduino/SafeHttpClient/src/cause_texts.h");

#[test]
fn the_texts_of_the_arduino_library_are_the_clients() {
    let most = Cause::all().map(Cause::number).max().unwrap();
    let mut text = String::from(
        "/* The causes by their numbers: what it was, and what to do. In the flash.\n *\n \
         * Made from the client's own texts by crates/c-abi/tests/texts.rs, which holds it against them. */\n\
         #ifndef CAUSE_TEXTS_H\n#define CAUSE_TEXTS_H\n\n",
    );
    writeln!(text, "#define CAUSES {}", most + 1).unwrap();
    writeln!(text, "#define CAUSE_EVENT_HANDLER {}\n", Cause::EventHandler.number()).unwrap();
    for cause in Cause::all() {
        let number = cause.number();
        writeln!(text, "static const char WHAT_{number}[] PROGMEM = {:?};", cause.to_string())
            .unwrap();
        writeln!(text, "static const char TRY_{number}[] PROGMEM = {:?};", cause.advice()).unwrap();
    }
    text.push_str("static const char NONE[] PROGMEM = \"\";\n\n");
    text.push_str("static const char *const CAUSE_TEXTS[CAUSES][2] PROGMEM = {\n");
    for number in 0..=most {
        match Cause::from_number(number) {
            Some(_) => writeln!(text, "    {{WHAT_{number}, TRY_{number}}},").unwrap(),
            None => text.push_str("    {NONE, NONE},\n"),
        }
    }
    text.push_str("};\n\n#endif\n");
    assert!(text.is_ascii());
    if std::env::var_os("WRITE_HEADER").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(FILE).unwrap_or_default() == text,
        "cause_texts.h isn't what the client says: WRITE_HEADER=1 cargo test -p safe-http-client-c --test texts"
    );
}
