//! Bodies of several parts: a plain reader of RFC 2046 finds the parts that were given, and no other, however
//! the body is read.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, cx};
use crate::input::parts as input_parts;
use embedded_io::Read;
use safe_http_client::{
    Config, ErrorKind, Multipart, Part, RequestError, SafeHttpClient, StackQuirks,
};

/// More is slow, and finds nothing else.
const MOST: usize = 1024;

/// Control: the room of the request's buffer; then, for each part, whether it is a file. The rest are names,
/// file names, types and contents, each ended by a byte 0xFF.
pub fn run(data: &[u8]) {
    let (mut control, rest) = input_parts(data);
    if rest.len() > MOST {
        return;
    }
    let room = [4096, 300, 700][control.pick(3)];
    let mut fields = rest.split(|&byte| byte == 0xFF);
    let mut given = Vec::new();
    while let Some(name) = fields.next() {
        let mut text = || String::from_utf8_lossy(fields.next().unwrap_or_default()).into_owned();
        let file = (control.pick(2) == 1).then(|| (text(), text()));
        let content = fields.next().unwrap_or_default();
        given.push(Given { name: String::from_utf8_lossy(name).into_owned(), file, content });
    }
    let parts: Vec<_> = given.iter().map(Given::part).collect();
    let whole = read(&parts);
    send(&given, &parts, &whole, room);
}

#[derive(Debug, PartialEq)]
struct Given<'d> {
    name: String,
    /// Its file's name, which may be none, and its type.
    file: Option<(String, String)>,
    content: &'d [u8],
}

impl Given<'_> {
    fn part(&self) -> Part<'_> {
        match (&self.file, std::str::from_utf8(self.content)) {
            (Some((name, kind)), _) if name.is_empty() => {
                Part::typed(&self.name, kind, self.content)
            }
            (Some((name, kind)), _) => Part::file(&self.name, name, kind, self.content),
            (None, Ok(text)) => Part::text(&self.name, text),
            // A field is text.
            (None, Err(_)) => Part::text(&self.name, ""),
        }
    }

    /// Whether a header line can have its names.
    fn is_sound(&self) -> bool {
        let (file, kind) = match &self.file {
            Some((file, kind)) => (file.as_str(), kind.as_str()),
            None => ("", ""),
        };
        let has_control = |text: &str| text.bytes().any(|b| b < b' ' && b != b'\t' || b == 0x7F);
        ![&self.name, file, kind].into_iter().any(has_control)
            && ![&self.name, file]
                .into_iter()
                .any(|text| text.contains('"') || text.ends_with('\\'))
    }
}

/// The body, the same in pieces of any size.
fn read(parts: &[Part<'_>]) -> Vec<u8> {
    let mut all = Vec::new();
    for step in [1 << 20, 1, 7] {
        let mut body = Multipart::new(parts);
        let length = body.length();
        let (mut bytes, mut piece) = (Vec::new(), vec![0; step]);
        loop {
            let count = body.read(&mut piece).unwrap();
            bytes.extend_from_slice(&piece[..count]);
            if count < step {
                break;
            }
        }
        assert_eq!(body.read(&mut piece), Ok(0));
        assert_eq!((bytes.len() as u64, body.length()), (length, length));
        assert!(all.is_empty() || all == bytes, "in pieces of {step}");
        all = bytes;
    }
    all
}

fn send(given: &[Given<'_>], parts: &[Part<'_>], whole: &[u8], room: usize) {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
    // It answers once the body has come, whose end is no head's.
    let steps = [Step::AwaitRequest, Step::Pend(MOST), Step::Data(answer)];
    let stack = ScriptStack::new([Connection::new(steps)]);
    let log = stack.log.clone();
    let network = stack.attached(StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(0), Config::new());
    let cx = &mut cx();
    let mut online = client.online(cx).unwrap();
    let request = online.post("http://192.168.1.20/", vec![0; room]);
    let sent = request.send_parts(&mut Multipart::new(parts)).map(|response| response.status());
    if !given.iter().all(Given::is_sound) {
        let refused = ErrorKind::Request(RequestError::UnfitHeader("Content-Disposition"));
        assert_eq!(sent.map_err(|error| error.kind), Err(refused), "{given:?}");
        assert!(log.borrow().dialed.is_empty(), "refused, and sent");
        return;
    }
    assert_eq!(sent, Ok(200), "{given:?}");
    let all = log.borrow().sent(0);
    let end = find(&all, b"\r\n\r\n").unwrap();
    let (head, body) = (String::from_utf8_lossy(&all[..end]).into_owned(), &all[end + 4..]);
    assert!(body == whole, "{} for {}", body.escape_ascii(), whole.escape_ascii());
    assert!(head.contains(&format!("Content-Length: {}", whole.len())), "{head}");
    let kind = head.split("Content-Type: multipart/form-data; boundary=").nth(1).unwrap();
    let boundary = kind.lines().next().unwrap();
    let is_boundary = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    assert!((1..=70).contains(&boundary.len()) && boundary.bytes().all(is_boundary), "{head}");
    judge(given, parts.len(), body, boundary);
}

/// RFC 2046 section 5.1.1: a line of two hyphens and the boundary is in front of each part, and with two more
/// behind the last. The line end in front of it isn't the part's.
fn judge(given: &[Given<'_>], count: usize, body: &[u8], boundary: &str) {
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = [b"\r\n", body].concat();
    let mut found = 0;
    while let Some(at) = find(&rest, delimiter.as_bytes()) {
        assert!(found > 0 || at == 0, "nothing stands in front of the first part");
        let (part, behind) = (rest[..at].to_vec(), rest[at + delimiter.len()..].to_vec());
        if found > 0 {
            same(&given[found - 1], &part);
        }
        rest = behind;
        match rest.strip_prefix(b"\r\n") {
            Some(next) => rest = next.to_vec(),
            None => assert_eq!(rest, b"--\r\n", "the end"),
        }
        found += 1;
        if rest == b"--\r\n" && found == count + 1 {
            break;
        }
    }
    assert_eq!(found, count + 1, "{}", body.escape_ascii());
}

fn same(given: &Given<'_>, part: &[u8]) {
    let end = find(part, b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&part[..end]).into_owned();
    let name = &given.name;
    let expected = match &given.file {
        None => format!("Content-Disposition: form-data; name=\"{name}\""),
        Some((file, kind)) if file.is_empty() => {
            format!("Content-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {kind}")
        }
        Some((file, kind)) => format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: {kind}"
        ),
    };
    assert_eq!(head, expected);
    let is_text = given.file.is_some() || std::str::from_utf8(given.content).is_ok();
    let content = if is_text { given.content } else { b"" };
    assert!(&part[end + 4..] == content, "{}", part.escape_ascii());
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
