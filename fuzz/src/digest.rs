//! Digest authentication (RFC 7616): whatever a server challenges with, what answers it is one request that a
//! server checks by the answer's own words, and a challenge that is right is answered.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, cx};
use crate::input::parts;
use md5::Md5;
use safe_http_client::{ChallengeError, Config, RequestError, SafeHttpClient, StackQuirks};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// More is slow, and finds nothing else.
const MOST: usize = 1024;

const TARGET: &str = "/a/b?c=\"d";
const RANDOM: u64 = 0x0123_4567_89AB_CDEF;

/// Why a challenge isn't answered.
const UNANSWERED: [ChallengeError; 5] = [
    ChallengeError::NoDigest,
    ChallengeError::Malformed,
    ChallengeError::Algorithm,
    ChallengeError::Quality,
    ChallengeError::Weak,
];

/// Control: `0` makes a challenge of the words that come, anything else takes them for the challenges themselves.
/// Then user name, password and words, each ended by a byte 0xFF.
pub fn run(data: &[u8]) {
    let (mut control, rest) = parts(data);
    if rest.len() > MOST {
        return;
    }
    let is_made = control.pick(2) == 0;
    let mut words = rest.split(|&byte| byte == 0xFF);
    let mut text = || String::from_utf8_lossy(words.next().unwrap_or_default()).into_owned();
    let (user, password) = (text(), text());
    let (challenges, is_right) = if is_made {
        let made = Made { realm: text(), nonce: text(), opaque: text() };
        let shape = std::array::from_fn(|_| control.pick(8));
        (vec![made.challenge(shape).into_bytes()], made.is_right())
    } else {
        (words.map(<[u8]>::to_vec).collect(), false)
    };
    // Where one can't stand in a line there is no response.
    let can_stand = |byte: &u8| *byte >= b' ' && *byte != 0x7F || *byte == b'\t';
    if challenges.iter().flatten().all(can_stand) {
        exchange(&challenges, &user, &password, is_right);
    }
}

/// The texts of a challenge that is as it should be.
struct Made {
    realm: String,
    nonce: String,
    opaque: String,
}

impl Made {
    /// In any shape that RFC 9110 section 11.6.1 allows.
    fn challenge(&self, shape: [usize; 4]) -> String {
        let quoted = |text: &str| {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{text}\"")
        };
        let algorithm =
            ["", "MD5", "SHA-256", "md5-sess", "SHA-256-SESS", "\"MD5\"", "sha-256", "Md5"];
        let qop = ["auth", "\"auth\"", "\"auth-int,auth\"", "\"auth , auth-int\""][shape[1] % 4];
        let mut fields = vec![
            format!("realm={}", quoted(&self.realm)),
            format!("Nonce={}", quoted(&self.nonce)),
            format!("qop={qop}"),
        ];
        if shape[1] > 3 {
            fields.push(format!("opaque = {}", quoted(&self.opaque)));
        }
        if shape[0] > 0 {
            fields.push(format!("algorithm={}", algorithm[shape[0]]));
        }
        if shape[2] > 3 {
            fields.push("userhash=TRUE".into());
        }
        fields.push("unknown=token".into());
        let count = fields.len();
        fields.rotate_left(shape[2] % count);
        let before =
            ["", "Basic realm=\"x, Digest\", ", "Bearer, ", "Negotiate YQ/=,"][shape[3] % 4];
        let comma = if shape[3] > 3 { ",, " } else { ", " };
        format!("{before}digest {}", fields.join(comma))
    }

    fn is_right(&self) -> bool {
        let all = [&self.realm, &self.nonce, &self.opaque];
        let is_plain = |text: &&String| text.bytes().all(|b| b >= b' ' && b != 0x7F || b == b'\t');
        !self.nonce.is_empty() && all.iter().all(is_plain)
    }
}

fn exchange(challenges: &[Vec<u8>], user: &str, password: &str, is_right: bool) {
    let mut refused = b"HTTP/1.1 401 No\r\n".to_vec();
    for challenge in challenges {
        refused.extend([b"WWW-Authenticate: ", &challenge[..], b"\r\n"].concat());
    }
    refused.extend(b"Content-Length: 0\r\n\r\n");
    let accepted = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
    let steps = [Step::AwaitRequest, Step::Data(refused), Step::AwaitRequest, Step::Data(accepted)];
    let stack = ScriptStack::new([Connection::new(steps)]);
    let log = stack.log.clone();
    let network = stack.attached(StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(1), Config::new());
    let cx = &mut cx();
    let mut online = client.online(cx).unwrap();
    let url = format!("http://192.168.1.20{TARGET}");
    let request = online.get(url.as_str(), vec![0; 16_384]).digest(user, password, RANDOM);
    let ended = request.send().map(|response| response.status());
    let ended = ended.map_err(|error| error.to_string());

    let has_control = |text: &str| text.bytes().any(|byte| byte.is_ascii_control());
    if user.contains(':') || has_control(user) || has_control(password) {
        assert_eq!(ended, Err(format!("url: {}", RequestError::InvalidCredentials)));
        assert!(log.borrow().dialed.is_empty(), "refused, and sent");
        return;
    }
    let all = of_bytes(&log.borrow().sent(0));
    let (_, second) = all.split_once("\r\n\r\n").unwrap();
    let shown = || challenges.iter().map(|one| one.escape_ascii().to_string()).collect::<Vec<_>>();
    match ended {
        Ok(status) => {
            assert_eq!(status, 200, "{:?}", shown());
            judge(second, &of_bytes(user.as_bytes()), &of_bytes(password.as_bytes()));
        }
        Err(why) => {
            assert!(!is_right, "{why}: {:?}", shown());
            let known = UNANSWERED.iter().any(|error| error.to_string() == why);
            assert!(known && second.is_empty(), "{why}: {second:?}: {:?}", shown());
        }
    }
}

/// A character for each byte: challenges have any, and are hashed as they are.
fn of_bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn to_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect()
}

/// As a server does it, by the words of the answer.
fn judge(request: &str, user: &str, password: &str) {
    let head = request.strip_suffix("\r\n\r\n").unwrap();
    assert!(!head.contains("\r\n\r\n"), "one request: {request:?}");
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some(&*format!("GET {TARGET} HTTP/1.1")));
    let mut answer = None;
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{request:?}"));
        assert!(name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-'), "{request:?}");
        if name == "Authorization" {
            assert!(answer.replace(value).is_none(), "one answer: {request:?}");
        }
    }
    let words = words(answer.unwrap().strip_prefix("Digest ").unwrap());
    let word = |name: &str| words.get(name).map_or("", String::as_str);
    assert_eq!(word("uri"), TARGET);
    assert_eq!((word("qop"), word("nc")), ("auth", "00000001"));
    assert!(word("cnonce").len() >= 8);

    let algorithm = word("algorithm").to_ascii_lowercase();
    let name = algorithm.strip_suffix("-sess").unwrap_or(&algorithm);
    let hash = |parts: &[&str]| match name {
        "sha-256" => hex(&Sha256::digest(to_bytes(&parts.join(":")))),
        "" | "md5" => hex(&Md5::digest(to_bytes(&parts.join(":")))),
        other => panic!("{other:?} isn't known"),
    };
    if word("userhash") == "true" {
        assert_eq!(word("username"), hash(&[user, word("realm")]));
    } else {
        assert_eq!(word("username"), user);
    }
    let mut first = hash(&[user, word("realm"), password]);
    if algorithm.ends_with("-sess") {
        first = hash(&[&first, word("nonce"), word("cnonce")]);
    }
    let second = hash(&["GET", TARGET]);
    let right = [&first, word("nonce"), word("nc"), word("cnonce"), word("qop"), &second];
    assert_eq!(word("response"), hash(&right), "{request:?}");
}

/// `name=token` and `name="text"`, with commas between them; each once.
fn words(text: &str) -> HashMap<String, String> {
    let mut words = HashMap::new();
    let mut rest = text;
    loop {
        let (name, behind) = rest.split_once('=').unwrap_or_else(|| panic!("{text:?}"));
        let mut value = String::new();
        let mut letters = behind.chars();
        if behind.starts_with('"') {
            letters.next();
            loop {
                match letters.next() {
                    Some('"') => break,
                    Some('\\') => value.extend(letters.next()),
                    letter => value.push(letter.unwrap_or_else(|| panic!("no end: {text:?}"))),
                }
            }
        } else {
            value = behind.split(',').next().unwrap().to_owned();
            letters = behind[value.len()..].chars();
            assert!(value.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
        }
        assert!(words.insert(name.to_owned(), value).is_none(), "{name} twice: {text:?}");
        match letters.as_str().strip_prefix(", ") {
            Some(next) => rest = next,
            None => {
                assert!(letters.as_str().is_empty(), "{text:?}");
                return words;
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
