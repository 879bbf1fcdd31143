//! Requests as they leave: whatever is asked for, what is sent is one request, and that one.

use crate::common::{TestClock, TestLink, cx};
use crate::input::parts;
use crate::judge::{Verdict, judge};
use crate::outcome::Fields;
use crate::stack::{FuzzStack, SocketLog, Tail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use safe_http_client::sans_io::ResponseTo;
use safe_http_client::{
    BodyLength, Config, ErrorKind, Method, NalNetwork, SafeHttpClient, Scheme, StackQuirks, Url,
};
use std::time::Duration;

/// More is slow, and finds nothing else.
const MOST: usize = 1024;

/// Larger than any head of so much input.
const ROOM: usize = 8192;

/// Control: how the body is given; what else is asked for; how much a `send` takes. Then, each ended by
/// a byte 0xFF: method, URL, body, and names and values in turn.
pub fn run(data: &[u8]) {
    let (mut control, rest) = parts(data);
    if rest.len() > MOST {
        return;
    }
    let body = control.pick(4);
    let (close, expect, without) = (control.pick(2) == 1, control.pick(2) == 1, control.pick(4));
    let piece = control.next().filter(u8::is_ascii_alphanumeric).unwrap_or(b'0');
    let mut fields = rest.split(|&byte| byte == 0xff);
    let mut text = || String::from_utf8_lossy(fields.next().unwrap_or_default()).into_owned();
    let (method, url) = (text(), text());
    let content = fields.next().unwrap_or_default();
    let fields: Vec<&[u8]> = fields.collect();
    let headers: Vec<(String, &[u8])> = fields
        .chunks_exact(2)
        .map(|pair| (String::from_utf8_lossy(pair[0]).into_owned(), pair[1]))
        .collect();
    let asked = Request { method, url, content, headers, body, close, expect, without };
    asked.check(&[piece; 4096]);
}

struct Request<'d> {
    method: String,
    url: String,
    content: &'d [u8],
    headers: Vec<(String, &'d [u8])>,
    /// None; whole; of a known length; in chunks.
    body: usize,
    close: bool,
    expect: bool,
    without: usize,
}

impl Request<'_> {
    const OMITTED: [&'static str; 4] = ["", "accept", "User-Agent", "HOST"];

    fn check(&self, pieces: &[u8]) {
        let mut response = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
        if self.method == "CONNECT" {
            response = b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n".to_vec();
        }
        // Each call takes or gives so much; any name is this host's.
        let (ops, _) = parts(pieces);
        let stack = FuzzStack::new(ops, &response, Tail::Silence, StackQuirks::STD);
        let sockets = stack.log.clone();
        let config = Config::new().continue_timeout(Duration::ZERO);
        let network = NalNetwork::new(stack, TestLink::up(), StackQuirks::STD);
        let mut client = SafeHttpClient::with_config(network, TestClock::ticking(10), config);
        let cx = &mut cx();
        let mut online = client.online(cx).unwrap();
        let method = Method::from_name(&self.method);
        let mut request = online.request(method, &self.url, vec![0; ROOM]);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request = request.without_header(Self::OMITTED[self.without]);
        if self.close {
            request = request.connection_close();
        }
        if self.expect {
            request = request.expect_continue();
        }
        let length = self.content.len() as u64;
        let result = match self.body {
            0 => request.send(),
            1 => request.body(self.content).send(),
            2 => request.send_from(&mut { self.content }, BodyLength::Known(length)),
            _ => request.send_from(&mut { self.content }, BodyLength::Chunked),
        };
        let error = result.err().map(|error| error.kind);
        self.judge(error, &sockets.borrow());
    }

    fn judge<T: std::fmt::Debug, D: std::fmt::Debug>(
        &self,
        error: Option<ErrorKind<T, D>>,
        sockets: &[SocketLog],
    ) {
        let context = || format!("{:?} {:?} {:?} {error:?}", self.method, self.url, self.headers);
        let right = self.expected();
        if let Some(ErrorKind::Request(_)) = error {
            assert!(right.is_none(), "refused: {}", context());
            assert!(sockets.is_empty(), "refused, and sent: {}", context());
            return;
        }
        let (line, fields) = right.unwrap_or_else(|| panic!("not refused: {}", context()));
        let sent = &sockets[0].sent;
        let mut headers = vec![httparse::EMPTY_HEADER; fields.len() + 3];
        let mut request = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = request.parse(sent) else {
            panic!("not a request: {} {}", sent.escape_ascii(), context());
        };
        assert!(sent.starts_with(line.as_bytes()), "{} {}", sent.escape_ascii(), context());
        assert_eq!(request.version, Some(1));
        let got: Vec<_> =
            request.headers.iter().map(|h| (h.name.into(), h.value.to_vec())).collect();
        assert_eq!(got, fields, "{} {}", sent.escape_ascii(), context());
        // An LF for each line, and no other: nothing was injected.
        let lines = sent[..length].iter().filter(|&&byte| byte == b'\n' || byte == b'\r').count();
        assert_eq!(lines, 2 * (fields.len() + 2), "{}", sent.escape_ascii());
        // The server answers once it has the head, so the body may be cut.
        self.judge_body(&sent[length..]);
    }

    fn judge_body(&self, sent: &[u8]) {
        if self.body == 0 {
            assert!(sent.is_empty());
        } else if self.body < 3 {
            assert!(self.content.starts_with(sent), "{}", sent.escape_ascii());
        } else {
            let body = b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n";
            let read = judge(&[body, sent].concat(), ResponseTo::Other, false);
            assert_ne!(read.verdict, Verdict::Malformed, "{}", sent.escape_ascii());
            assert!(self.content.starts_with(&read.body), "{}", sent.escape_ascii());
        }
    }

    fn userinfo(&self) -> Option<&str> {
        let authority = self.url.split_once("//")?.1;
        let end = authority.find(['/', '?', '#']).unwrap_or(authority.len());
        Some(authority[..end].rsplit_once('@')?.0)
    }

    /// The request line and the fields that are right; `None` where the request is to be refused.
    fn expected(&self) -> Option<(String, Fields)> {
        let url = Url::parse(&self.url).ok()?;
        let token = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
        };
        let is_connect = self.method == "CONNECT";
        let is_host = url.target_class() == safe_http_client::TargetClass::Host;
        let is_odd = url.port() == 443 && !is_connect;
        if !token(&self.method) || url.scheme() == Scheme::Https || !is_host || is_odd {
            return None;
        }
        if self.body > 0 && matches!(&*self.method, "HEAD" | "TRACE") {
            return None;
        }
        let value = |value: &[u8]| value.iter().all(|&b| b >= b' ' && b != 127 || b == b'\t');
        let named = |name: &str| {
            let same = move |(known, _): &&(String, &[u8])| known.eq_ignore_ascii_case(name);
            self.headers.iter().filter(same).map(|(_, value)| trim(value)).collect::<Vec<_>>()
        };
        let managed = ["content-length", "transfer-encoding"].iter().any(|n| !named(n).is_empty());
        let odd = |(name, text): &(String, &[u8])| !token(name) || !value(trim(text));
        if managed || self.headers.iter().any(odd) || named("host").len() > 1 {
            return None;
        }
        // What contradicts the rest: a host that is none; to keep what is closed; to wait without a body.
        let has = |value: &[u8], wanted: &str| {
            let is = |option: &[u8]| trim(option).eq_ignore_ascii_case(wanted.as_bytes());
            value.split(|&b| b == b',').any(is)
        };
        let is_no_host = |host: &&[u8]| host.iter().any(|b| b" \t/?#@,\"\\<>".contains(b));
        let connection = named("connection");
        let closes = self.close || connection.iter().any(|value| has(value, "close"));
        let keeps = connection.iter().any(|value| has(value, "keep-alive"));
        let waits = named("expect").iter().any(|value| value.eq_ignore_ascii_case(b"100-continue"));
        let sends_body = self.body == 3 || self.body > 0 && !self.content.is_empty();
        if named("host").iter().any(is_no_host) || closes && keeps || waits && !sends_body {
            return None;
        }
        let authority = match (url.port(), is_connect) {
            (80, false) => url.host_text().to_string(),
            (port, _) => format!("{}:{port}", url.host_text()),
        };
        let target = match (is_connect, url.path_and_query()) {
            (true, _) => authority.clone(),
            (false, target) if target.starts_with('/') => target.into(),
            (false, target) => format!("/{target}"),
        };
        let mut fields = Vec::new();
        let mut add = |name: &str, value: &[u8]| fields.push((name.to_string(), value.to_vec()));
        let omitted = Self::OMITTED[self.without].to_ascii_lowercase();
        if named("host").is_empty() && omitted != "host" {
            add("Host", authority.as_bytes());
        }
        // A tunnel's request goes to a proxy, and they are the origin's.
        if let Some(userinfo) = self.userinfo()
            && !is_connect
        {
            let credentials = STANDARD.encode(decoded(userinfo)?);
            if named("authorization").is_empty() {
                add("Authorization", format!("Basic {credentials}").as_bytes());
            }
        }
        self.headers.iter().for_each(|(name, value)| add(name, trim(value)));
        if self.close && !connection.iter().any(|value| has(value, "close")) {
            add("Connection", b"close");
        }
        let default = |name: &str| named(name).is_empty() && omitted != name;
        if default("user-agent") {
            add("User-Agent", b"safe-http-client/0.1.0");
        }
        if default("accept") {
            add("Accept", b"*/*");
        }
        if default("accept-encoding") {
            add("Accept-Encoding", b"identity");
        }
        if self.expect && sends_body && !waits {
            add("Expect", b"100-continue");
        }
        match self.body {
            3 => add("Transfer-Encoding", b"chunked"),
            1 | 2 => add("Content-Length", self.content.len().to_string().as_bytes()),
            _ if matches!(&*self.method, "POST" | "PUT" | "PATCH") => add("Content-Length", b"0"),
            _ => {}
        }
        Some((format!("{} {target} HTTP/1.1\r\n", self.method), fields))
    }
}

fn trim(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = text.iter().position(is_text).unwrap_or(text.len());
    let end = text.iter().rposition(is_text).map_or(start, |end| end + 1);
    &text[start..end]
}

/// `user:password`, percent-decoded; a user alone has an empty password. `None` where RFC 7617
/// section 2 forbids a byte: a colon in the user name, a control character in either part.
fn decoded(userinfo: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = userinfo.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let is_in_name = !bytes.contains(&b':');
        bytes.push(match byte {
            b'%' if is_in_name
                && rest.clone().take(2).map(|b| b.to_ascii_lowercase()).eq(*b"3a") =>
            {
                return None;
            }
            b'%' => (digit(rest.next())? * 16 + digit(rest.next())?) as u8,
            byte => byte,
        });
    }
    if !userinfo.contains(':') {
        bytes.push(b':');
    }
    bytes.iter().all(|byte| !byte.is_ascii_control()).then_some(bytes)
}
