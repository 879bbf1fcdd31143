//! What is made from the code and kept in the repository: the header for C, and the causes' texts of the Arduino
//! library. `WRITE_GENERATED=1 cargo test -p safe-http-client-c --test generated` writes both.

use client::Cause;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Writes the file where that is asked for; fails where it isn't what the code says.
fn is_kept(file: &str, text: &str) {
    let path = Path::new(REPOSITORY).join(file);
    if std::env::var_os("WRITE_GENERATED").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{file} isn't what the code says: see the head of this test");
}

/// The header is what cbindgen makes of the code.
#[test]
fn the_header() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(package.join("cbindgen.toml")).unwrap();
    let made = cbindgen::Builder::new()
        .with_config(config)
        .with_src(package.join("src/abi.rs"))
        .generate()
        .unwrap();
    let mut text = Vec::new();
    made.write(&mut text);
    is_kept("include/safe_http_client.h", &String::from_utf8(text).unwrap());
}

/// What no sketch can meet: there is no TLS and no modem with AT firmware, lwIP is declared as it behaves, and
/// these two are never the likeliest cause, which alone is told.
const NEVER: [Cause; 17] = [
    Cause::ServerOnLoopback,
    Cause::ClientIsolation,
    Cause::ModemReset,
    Cause::ModemUnresponsive,
    Cause::ModemSleep,
    Cause::SerialLine,
    Cause::Certificate,
    Cause::Firmware,
    Cause::StackQuirks,
    Cause::ClockNotSet,
    Cause::UnknownAuthority,
    Cause::WrongHost,
    Cause::NotValidNow,
    Cause::CertificateRefused,
    Cause::OldTls,
    Cause::NothingInCommon,
    Cause::RecordTooLarge,
];

/// What a sketch calls otherwise than a program in Rust.
fn in_a_sketch(cause: Cause) -> (String, &'static str) {
    let advice = match cause {
        Cause::EventHandler => {
            "set a flag in the handler and make the request in loop(): a connect waits by suspending the loop, \
             which a handler can't"
        }
        Cause::NoAddress => {
            "wait for the address (waitOnline) before the request: being on the access point isn't enough. If none \
             comes, check DHCP and the signal"
        }
        Cause::SlowServer => {
            "let the server answer first and work afterwards, or give it more time (setTimeout)"
        }
        Cause::Scheme => {
            "write http:// in front, once, and the server's http port: https isn't spoken here"
        }
        Cause::TlsMismatch => {
            "use the server's http port (often 80 or 8080): https isn't spoken here"
        }
        Cause::ModemMemory => "close other connections; ESP.getFreeHeap() tells how much is left",
        Cause::StaleConnection => {
            "send it again if twice does no harm; end(true) keeps no connection"
        }
        Cause::BadResponse => {
            "compare with curl -v on a PC: where that has it right, the Wi-Fi is to blame. Else correct the \
             server, or the proxy between"
        }
        Cause::InvalidRequest => "errorCode() says what is wrong with it: correct the call",
        Cause::Redirected => "ask for the URL that it leads to: it is the header Location",
        Cause::LeftOvers => {
            "the answer before was longer than its head said, or had a body where none may be: correct the server, \
             or end(true) after each"
        }
        Cause::BufferTooSmall => {
            "give begin() more memory, at least for the head; read() the body in pieces, for which little is enough"
        }
        other => other.advice(),
    };
    let what = match cause {
        Cause::ModemMemory => "the chip has too little memory left".into(),
        Cause::BufferTooSmall => "the response doesn't fit the memory that it was given".into(),
        other => other.to_string(),
    };
    (what, advice)
}

/// How many texts a byte may stand for within each other: the library's function that unpacks them calls itself.
const DEPTH: usize = 8;

/// Byte pair encoding: the bytes from 128 on stand for the pairs of bytes that come most often. Returns the pairs.
fn pack(texts: &mut [Vec<u8>]) -> Vec<[u8; 2]> {
    let mut pairs: Vec<[u8; 2]> = Vec::new();
    let mut depths: Vec<usize> = vec![0; 128];
    for code in 128..=255 {
        let depth = |pair: [u8; 2]| {
            pair.map(|byte| depths[usize::from(byte)]).into_iter().max().unwrap() + 1
        };
        let mut counts = BTreeMap::<_, usize>::new();
        for text in &*texts {
            let pairs =
                text.iter().zip(text.iter().skip(1)).map(|(first, second)| [*first, *second]);
            for pair in pairs.filter(|pair| depth(*pair) <= DEPTH) {
                *counts.entry(pair).or_default() += 1;
            }
        }
        // The first of those that are as many.
        let Some((&pair, _)) = counts.iter().rev().max_by_key(|(_, count)| **count) else { break };
        depths.push(depth(pair));
        pairs.push(pair);
        for text in &mut *texts {
            let mut packed = Vec::new();
            let mut rest = &text[..];
            while let [first, behind @ ..] = rest {
                let is_pair = rest.starts_with(&pair);
                packed.push(if is_pair { code } else { *first });
                rest = if is_pair { &rest[2..] } else { behind };
            }
            *text = packed;
        }
    }
    pairs
}

/// As the library does it.
fn unpack(byte: u8, pairs: &[[u8; 2]]) -> String {
    match byte.checked_sub(128) {
        Some(pair) => pairs[usize::from(pair)].map(|byte| unpack(byte, pairs)).concat(),
        None => char::from(byte).into(),
    }
}

#[test]
fn the_texts_of_the_arduino_library() {
    let most = Cause::all().map(Cause::number).max().unwrap();
    let texts: Vec<_> = (0..=most)
        .map(|number| match Cause::from_number(number).filter(|cause| !NEVER.contains(cause)) {
            Some(cause) => {
                let (what, advice) = in_a_sketch(cause);
                format!("{what}\ntry:   {advice}")
            }
            None => String::new(),
        })
        .collect();
    let mut packed: Vec<_> = texts.iter().map(|text| text.clone().into_bytes()).collect();
    let pairs = pack(&mut packed);
    let mut made = format!(
        "/* The causes by their numbers: what it was, and what to do. In the flash; those that no sketch can meet \
         are left out.\n * A byte from 128 on stands for the two of CAUSE_PAIRS, which halves them.\n *\n \
         * Made by crates/c-abi/tests/generated.rs, of the client's own texts where a sketch has the same words. */\n\
         #ifndef CAUSE_TEXTS_H\n#define CAUSE_TEXTS_H\n\n\
         #define CAUSES {}\n#define CAUSE_EVENT_HANDLER {}\n\n\
         static const unsigned char CAUSE_PAIRS[][2] PROGMEM = {{",
        most + 1,
        Cause::EventHandler.number(),
    );
    for line in pairs.chunks(12) {
        let line: String =
            line.iter().map(|[first, second]| format!(" {{{first}, {second}}},")).collect();
        write!(made, "\n   {line}").unwrap();
    }
    made.push_str("\n};\n\n/* One behind another, each with a zero byte behind it. */\n");
    made.push_str("static const char CAUSE_TEXTS[] PROGMEM =");
    for (number, (text, packed)) in texts.iter().zip(&packed).enumerate() {
        assert!(text.is_ascii() && !text.contains(['_', '`', '*']), "not for a sketch: {text}");
        assert_eq!(packed.iter().map(|byte| unpack(*byte, &pairs)).collect::<String>(), *text);
        let text = text.replace('\n', " / ");
        write!(made, "\n    /* {number} {text} */\n    \"").unwrap();
        for byte in packed {
            match byte {
                b'"' | b'\\' | b'?' | ..b' ' | 0x7F.. => write!(made, "\\{byte:03o}").unwrap(),
                _ => made.push(char::from(*byte)),
            }
        }
        made.push_str("\\0\"");
    }
    made.push_str(";\n\n#endif\n");
    is_kept("arduino/SafeHttpClient/src/cause_texts.h", &made);
}

/// The IDE colours the words of `keywords.txt`: all that the header has for sketches.
#[test]
fn the_keywords_of_the_arduino_library() {
    let folder = Path::new(REPOSITORY).join("arduino/SafeHttpClient");
    let header = std::fs::read_to_string(folder.join("src/SafeHttpClient.h")).unwrap();
    let (constants, class) = header.split_once("class SafeHttpClient {").unwrap();
    let class = class.split("private:").next().unwrap();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let constants = constants.split(|c| !is_word(c)).filter(|word| word.starts_with("SAFE_HTTP_"));
    let mut words: Vec<_> = constants
        .filter(|word| !word.ends_with("_H"))
        .map(|it| format!("{it}\tLITERAL1"))
        .collect();
    // Of a line, what stands in front of the first bracket.
    let methods = class.lines().filter(|line| !line.trim_start().starts_with(['/', '*', '~']));
    let methods = methods.filter_map(|line| line.split_once('(')?.0.rsplit(|c| !is_word(c)).next());
    words.extend(methods.map(|it| {
        format!("{it}\t{}", if it == "SafeHttpClient" { "KEYWORD1" } else { "KEYWORD2" })
    }));
    let kept = std::fs::read_to_string(folder.join("keywords.txt")).unwrap();
    let mut kept: Vec<_> = kept.lines().map(str::to_owned).collect();
    for list in [&mut words, &mut kept] {
        list.sort();
        list.dedup();
    }
    assert_eq!(kept, words);
}
