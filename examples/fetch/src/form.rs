//! `-F`: a form of several parts, as a browser sends one with files.

use crate::data::file as file_of;
use crate::report::{Failure, USAGE};
use embedded_io::Read;
use safe_http_client::{Multipart, Part};

/// A part before it is one: its name, its file's name, its type, and what it has.
struct Parsed<'t> {
    name: &'t str,
    file: Option<String>,
    content_type: Option<String>,
    content: Vec<u8>,
}

/// The body that `-F` asks for, and its type.
pub(crate) fn read(texts: &[String]) -> Result<(Vec<u8>, String), Failure> {
    let parsed = texts.iter().map(|text| parse(text)).collect::<Result<Vec<_>, _>>()?;
    let parts = parsed.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let mut body = Multipart::new(&parts);
    let mut bytes = vec![0; usize::try_from(body.length()).unwrap_or_default()];
    // A body that is at hand gives all of it at once.
    let Ok(count) = body.read(&mut bytes);
    bytes.truncate(count);
    // It begins with its boundary.
    let line = bytes.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let boundary = String::from_utf8_lossy(line.get(2..).unwrap_or_default());
    let content_type = format!("multipart/form-data; boundary={boundary}");
    Ok((bytes, content_type))
}

/// `NAME=TEXT`, `NAME=@FILE` or `NAME=<FILE`; behind it `;type=TYPE` and `;filename=NAME`. What has a `;` in it may
/// stand between quotation marks.
fn parse(text: &str) -> Result<Parsed<'_>, Failure> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(wrong(format!("-F takes NAME=CONTENT, and not {text:?}")));
    };
    let path = value.strip_prefix(['@', '<']);
    let (word, rest) = match path {
        Some(path) => word(path)?,
        None if value.starts_with('"') => word(value)?,
        // A text may have a semicolon, as long as none of its words is behind that.
        None => {
            let (text, rest) = value.split_at(words_start(value));
            (text.to_owned(), rest)
        }
    };
    let words = Words::of(rest)?;
    let is_file = value.starts_with('@');
    let shown = words
        .filename
        .or_else(|| is_file.then(|| word.rsplit('/').next().unwrap_or_default().to_owned()));
    let of_name = shown.as_ref().map(|shown| type_of(if is_file { &word } else { shown }));
    let content_type = words.content_type.or(of_name.map(str::to_owned));
    let content = if path.is_some() { file_of(&word)? } else { word.into_bytes() };
    Ok(Parsed { name, file: shown, content_type, content })
}

/// The words that may stand behind a part's content, and of which curl knows more.
const WORDS: [&str; 4] = ["type", "filename", "headers", "encoder"];

/// Where the first of them begins; the text's end where none does.
fn words_start(text: &str) -> usize {
    let is_word = |behind: &str| {
        let (name, _) = behind.split_once('=').unwrap_or_default();
        WORDS.iter().any(|word| word.eq_ignore_ascii_case(name.trim()))
    };
    let mut starts = text.match_indices(';').map(|(at, _)| at);
    let found = starts.find(|at| text.get(at + 1..).is_some_and(is_word));
    found.unwrap_or(text.len())
}

/// What stands in front of the next `;`, or between quotation marks, where a backslash quotes; and what is behind it.
fn word(text: &str) -> Result<(String, &str), Failure> {
    let plain = || {
        let (word, rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        Ok((word.trim().to_owned(), rest))
    };
    let Some(inner) = text.trim_start().strip_prefix('"') else { return plain() };
    let (mut found, mut chars) = (String::new(), inner.chars());
    while let Some(next) = chars.next() {
        match next {
            '"' => {
                let rest = chars.as_str().trim_start();
                if !rest.is_empty() && !rest.starts_with(';') {
                    return Err(wrong(format!("-F has more behind a quotation mark: {rest:?}")));
                }
                return Ok((found, rest));
            }
            '\\' if chars.as_str().starts_with(['"', '\\']) => found.extend(chars.next()),
            _ => found.push(next),
        }
    }
    // One alone is a part of the text.
    plain()
}

/// What a part's words say.
#[derive(Default)]
struct Words {
    content_type: Option<String>,
    filename: Option<String>,
}

impl Words {
    /// Of what is empty, or begins with a `;`.
    fn of(mut rest: &str) -> Result<Self, Failure> {
        let mut words = Self::default();
        let mut is_of_type = false;
        while let Some(behind) = rest.strip_prefix(';') {
            let (name, value) = behind.split_once('=').unwrap_or_default();
            let name = name.trim();
            if name.eq_ignore_ascii_case("filename") {
                let (filename, behind) = word(value)?;
                (words.filename, rest, is_of_type) = (Some(filename), behind, false);
                continue;
            }
            let (text, behind) = behind.split_at(behind.find(';').unwrap_or(behind.len()));
            rest = behind;
            let is_known = WORDS.iter().any(|word| word.eq_ignore_ascii_case(name));
            match &mut words.content_type {
                _ if name.eq_ignore_ascii_case("type") => {
                    let value = text.split_once('=').map_or("", |(_, value)| value.trim());
                    if !value.contains('/') {
                        return Err(wrong(format!(
                            "in -F a type is such as text/plain, and not {value:?}"
                        )));
                    }
                    (words.content_type, is_of_type) = (Some(value.to_owned()), true);
                }
                // `;charset=utf-8` is the type's.
                Some(content_type) if is_of_type && !is_known && !name.is_empty() => {
                    content_type.push(';');
                    content_type.push_str(text.trim_end());
                }
                _ => {
                    return Err(wrong(format!("-F knows ;type= and ;filename=, and not {text:?}")));
                }
            }
        }
        Ok(words)
    }
}

fn part<'p>(parsed: &'p Parsed<'_>) -> Result<Part<'p>, Failure> {
    let Parsed { name, file, content_type, content } = parsed;
    let is_fit = |text: &str| !text.contains(['"', '\r', '\n']);
    if ![Some(*name), file.as_deref(), content_type.as_deref()].into_iter().flatten().all(is_fit) {
        return Err(wrong(format!("a name in -F has a quotation mark or a line end: {name:?}")));
    }
    match (file, content_type) {
        (Some(shown), Some(content_type)) => Ok(Part::file(name, shown, content_type, content)),
        (None, Some(content_type)) => Ok(Part::typed(name, content_type, content)),
        (_, None) => match std::str::from_utf8(content) {
            Ok(text) => Ok(Part::text(name, text)),
            Err(_) => Err(wrong(format!("what -F {name}=< reads is no text: {name}=@ sends it"))),
        },
    }
}

/// By the name's end, as curl goes by it.
fn type_of(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "gif" => "image/gif",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain",
        "htm" | "html" => "text/html",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

fn wrong(message: String) -> Failure {
    Failure::of_caller(USAGE, "invalid_form", message)
}
