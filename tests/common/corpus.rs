//! The response corpus: its cases, and whether an outcome is one that a case allows.

use super::outcome::{End, Fields, Outcome};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use safe_http_client::Method;
use safe_http_client::sans_io::ResponseTo;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The cases of one file.
pub struct File {
    pub name: String,
    pub cases: Vec<Case>,
}

/// One response, and what may become of it.
pub struct Case {
    pub name: String,
    pub raw: Vec<u8>,
    method: String,
    /// The client has to finish also where the server keeps the connection open.
    self_delimited: bool,
    /// Reasonable clients differ.
    pub contested: bool,
    /// The size of the head, for the buffer.
    pub head_bytes: usize,
    expected: Expected,
    alternatives: Vec<Expected>,
}

/// One outcome that is right. `None` is not compared.
struct Expected {
    ok: bool,
    status: Option<u16>,
    reason: Option<Vec<u8>>,
    headers: Option<Fields>,
    trailers: Option<Fields>,
    body: Option<Vec<u8>>,
    error_stage: Option<String>,
    /// Of a body that then fails.
    body_prefix: Option<Vec<u8>>,
}

/// Which of a case's outcomes it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Expected,
    Alternative,
}

impl File {
    /// All `*.json` of a folder, by name.
    pub fn all_in(folder: &Path) -> Vec<Self> {
        let entries = std::fs::read_dir(folder)
            .unwrap_or_else(|error| panic!("HTTP_CORPUS is {}: {error}", folder.display()));
        let mut paths: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        paths.sort();
        assert!(!paths.is_empty(), "no *.json in {}", folder.display());
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let cases = json["cases"].as_array().unwrap();
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            cases: cases.iter().map(Case::read).collect(),
        }
    }

    pub fn firm(&self) -> usize {
        self.cases.iter().filter(|case| !case.contested).count()
    }
}

impl Case {
    fn read(json: &Value) -> Self {
        let alternatives = json["alternatives"].as_array().unwrap();
        Self {
            name: json["name"].as_str().unwrap().to_string(),
            raw: base64(&json["raw_base64"]).unwrap(),
            method: json["request_method"].as_str().unwrap().to_string(),
            self_delimited: json["self_delimited"] == Value::Bool(true),
            contested: json["contested"].as_bool().unwrap(),
            head_bytes: json["head_bytes"].as_u64().unwrap() as usize,
            expected: Expected::read(&json["expected"]),
            alternatives: alternatives.iter().map(Expected::read).collect(),
        }
    }

    pub fn method(&self) -> Method<'_> {
        Method::from_name(&self.method)
    }

    pub fn response_to(&self) -> ResponseTo {
        match self.method.as_str() {
            "HEAD" => ResponseTo::Head,
            "CONNECT" => ResponseTo::Connect,
            _ => ResponseTo::Other,
        }
    }

    /// The case is also to be run with the connection held open after the last byte.
    pub fn runs_held_open(&self) -> bool {
        self.self_delimited && self.expected.ok
    }

    /// Which of the outcomes that this case allows it was, or what is wrong with it.
    pub fn judge(&self, outcome: &Outcome) -> Result<Verdict, String> {
        let wrong = match self.expected.differs(outcome) {
            None => return Ok(Verdict::Expected),
            Some(wrong) => wrong,
        };
        // A firm case's alternatives are what other clients do.
        if self.contested && self.alternatives.iter().any(|e| e.differs(outcome).is_none()) {
            return Ok(Verdict::Alternative);
        }
        Err(wrong)
    }
}

impl Expected {
    fn read(json: &Value) -> Self {
        Self {
            ok: json["ok"].as_bool().unwrap(),
            status: json["status"].as_u64().map(|status| status as u16),
            reason: json["reason"].as_str().map(latin1),
            headers: fields(&json["headers"]),
            trailers: fields(&json["trailers"]),
            body: base64(&json["body_base64"]),
            error_stage: json["error_stage"].as_str().map(str::to_string),
            body_prefix: base64(&json["body_prefix_base64"]),
        }
    }

    /// The first difference.
    fn differs(&self, outcome: &Outcome) -> Option<String> {
        // Neither is ever right: the buffer fits each case, and no case may hang.
        if matches!(outcome.end, End::Waits | End::Buffer(_) | End::Other(_)) {
            return Some(format!("it ended with {:?}", outcome.end));
        }
        let completed = outcome.end == End::Complete;
        if completed != self.ok {
            return Some(format!("expected ok: {}, and got {:?}", self.ok, outcome.end));
        }
        let head = outcome.head.as_ref();
        if let (Some(status), Some(head)) = (self.status, head)
            && status != head.status
        {
            return Some(format!("status {} instead of {status}", head.status));
        }
        if !self.ok {
            return match self.error_stage.as_deref() {
                Some("head") if head.is_some() => Some("a head was reported".to_string()),
                Some("body") => self.body_prefix.as_ref().and_then(|prefix| {
                    // How much was delivered before the error is the client's affair.
                    let common = prefix.len().min(outcome.body.len());
                    (prefix[..common] != outcome.body[..common])
                        .then(|| "other bytes were delivered".to_string())
                }),
                _ => None,
            };
        }
        let Some(head) = head else {
            return Some("no head was reported".to_string());
        };
        if let Some(reason) = &self.reason
            && collapsed(reason) != collapsed(&head.reason)
        {
            return Some(format!("reason {:?}", text(&head.reason)));
        }
        if let Some(headers) = &self.headers
            && by_name(headers) != by_name(&head.headers)
        {
            return Some(format!("headers {:?}", by_name(&head.headers)));
        }
        if let Some(trailers) = &self.trailers
            && by_name(trailers) != by_name(&outcome.trailers)
        {
            return Some(format!("trailers {:?}", by_name(&outcome.trailers)));
        }
        if let Some(body) = &self.body
            && *body != outcome.body
        {
            return Some(format!("body {:?}", text(&outcome.body)));
        }
        None
    }
}

fn base64(json: &Value) -> Option<Vec<u8>> {
    json.as_str().map(|text| STANDARD.decode(text).unwrap())
}

fn fields(json: &Value) -> Option<Fields> {
    let field = |field: &Value| {
        let name = field[0].as_str().unwrap().to_string();
        (name, latin1(field[1].as_str().unwrap()))
    };
    json.as_array().map(|fields| fields.iter().map(field).collect())
}

/// The corpus gives bytes above 0x7F as the characters of the same numbers.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect()
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// Trimmed, with each run of white space as one space.
fn collapsed(value: &[u8]) -> Vec<u8> {
    value
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(&b' ')
}

/// Names in lower case, each with its values in order.
fn by_name(fields: &Fields) -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in fields {
        let values = names.entry(name.to_ascii_lowercase()).or_default();
        values.push(text(&collapsed(value)));
    }
    names
}
