//! What `-d` and its relatives give: the body, or with `-G` the query.

use crate::report::{Failure, READ_FAILED, USAGE};
use clap::ArgMatches;
use std::fs;
use std::io::{self, Read};

/// How the text behind an option is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// `@FILE` is read, without its line ends.
    Plain,
    /// `@` means nothing.
    Raw,
    /// `@FILE` is read as it is.
    Binary,
    /// Percent-encoded: `TEXT`, `=TEXT`, `NAME=TEXT`, `@FILE`, `NAME@FILE`.
    Encoded,
    /// As [`Binary`](Self::Binary), and nothing stands between two.
    Json,
}

/// The options by their names in [`Options`](crate::options::Options).
const OPTIONS: [(&str, Kind); 5] = [
    ("data", Kind::Plain),
    ("data_raw", Kind::Raw),
    ("data_binary", Kind::Binary),
    ("data_urlencode", Kind::Encoded),
    ("json", Kind::Json),
];

/// What is to be sent, in the order of the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Data(Vec<(Kind, String)>);

impl Data {
    /// Of the command line.
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let mut parts = Vec::new();
        for (name, kind) in OPTIONS {
            let texts = matches.get_many::<String>(name).into_iter().flatten();
            let places = matches.indices_of(name).into_iter().flatten();
            parts.extend(places.zip(texts).map(|(place, text)| (place, kind, text.clone())));
        }
        parts.sort_by_key(|(place, ..)| *place);
        Self(parts.into_iter().map(|(_, kind, text)| (kind, text)).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn is_json(&self) -> bool {
        self.0.iter().any(|(kind, _)| *kind == Kind::Json)
    }

    /// All of it, with `&` between the parts.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        let mut all = Vec::new();
        for (index, (kind, text)) in self.0.iter().enumerate() {
            if index > 0 && *kind != Kind::Json {
                all.push(b'&');
            }
            all.extend_from_slice(&part(*kind, text)?);
        }
        Ok(all)
    }

    /// The same as a part of a URL, which is text.
    pub(crate) fn query(&self) -> Result<String, Failure> {
        String::from_utf8(self.read()?).map_err(|_| {
            let message = "the bytes of -G's data are no text: --data-urlencode takes them";
            Failure::of_caller(USAGE, "invalid_data", message.into())
        })
    }
}

fn part(kind: Kind, text: &str) -> Result<Vec<u8>, Failure> {
    match (kind, text.strip_prefix('@')) {
        (Kind::Encoded, _) => encoded(text),
        (Kind::Raw, _) | (_, None) => Ok(text.into()),
        (Kind::Plain, Some(path)) => {
            let mut bytes = file(path)?;
            bytes.retain(|byte| !b"\r\n\0".contains(byte));
            Ok(bytes)
        }
        (Kind::Binary | Kind::Json, Some(path)) => file(path),
    }
}

fn encoded(text: &str) -> Result<Vec<u8>, Failure> {
    let (name, value) = match text.split_at(text.find(['=', '@']).unwrap_or(0)) {
        (name, rest) if rest.starts_with('@') => (name, file(rest.get(1..).unwrap_or_default())?),
        (name, rest) => (name, rest.strip_prefix('=').unwrap_or(rest).into()),
    };
    let mut all = name.as_bytes().to_vec();
    if !name.is_empty() {
        all.push(b'=');
    }
    all.extend_from_slice(percent_encoded(&value).replace("%20", "+").as_bytes());
    Ok(all)
}

/// Bytes as a part of a URL.
pub(crate) fn percent_encoded(bytes: &[u8]) -> String {
    let mut all = String::new();
    for &byte in bytes {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                all.push(byte.into());
            }
            _ => all.push_str(&format!("%{byte:02X}")),
        }
    }
    all
}

/// A file, or stdin to its end.
pub(crate) fn file(path: &str) -> Result<Vec<u8>, Failure> {
    let read = match path {
        "-" => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        _ => fs::read(path),
    };
    read.map_err(|error| unreadable(path, &error))
}

/// A file that the command line names, or forgets to.
pub(crate) fn unreadable(path: &str, error: &io::Error) -> Failure {
    let message = match path {
        "" => "a file's name is missing: @FILE or -T FILE reads one, and - in its place is stdin"
            .into(),
        _ => format!("{path} can't be read: {error}"),
    };
    Failure::of_caller(READ_FAILED, "body_reader", message)
}
