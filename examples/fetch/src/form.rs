//! `-F`: a form of several parts, as a browser sends one with files.

use crate::data::file;
use crate::report::{Failure, USAGE};
use embedded_io::Read;
use safe_http_client::{Multipart, Part};

/// A part before it is one: its name, its file's name and type, and what it has.
struct Parsed<'t> {
    name: &'t str,
    file: Option<(&'t str, &'t str)>,
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

/// `NAME=TEXT`, `NAME=@FILE` or `NAME=<FILE`; behind a file's name `;type=TYPE` and `;filename=NAME`.
fn parse(text: &str) -> Result<Parsed<'_>, Failure> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(wrong(format!("-F takes NAME=CONTENT, and not {text:?}")));
    };
    let Some(path) = value.strip_prefix(['@', '<']) else {
        return Ok(Parsed { name, file: None, content: value.into() });
    };
    let mut words = path.split(';');
    let path = words.next().unwrap_or_default();
    let mut shown = path.rsplit('/').next().unwrap_or_default();
    let mut content_type = type_of(path);
    for word in words {
        match word.trim_start().split_once('=') {
            Some(("type", value)) => content_type = value,
            Some(("filename", value)) => shown = value.trim_matches('"'),
            _ => return Err(wrong(format!("-F knows ;type= and ;filename=, and not {word:?}"))),
        }
    }
    let is_file = value.starts_with('@');
    Ok(Parsed { name, file: is_file.then_some((shown, content_type)), content: file(path)? })
}

fn part<'p>(parsed: &'p Parsed<'_>) -> Result<Part<'p>, Failure> {
    let Parsed { name, file, content } = parsed;
    let is_fit = |text: &str| !text.contains(['"', '\r', '\n']);
    let (shown, content_type) = file.unwrap_or_default();
    if !is_fit(name) || !is_fit(shown) || !is_fit(content_type) {
        return Err(wrong(format!("a name in -F has a quotation mark or a line end: {name:?}")));
    }
    match file {
        Some((shown, content_type)) => Ok(Part::file(name, shown, content_type, content)),
        None => match std::str::from_utf8(content) {
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
