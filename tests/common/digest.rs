//! Digest challenges, and what both clients make of them.

use safe_http_client::ChallengeError;

pub const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

pub fn challenge(nonce: &str, more: &str) -> String {
    format!(
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"{more}\r\n\
         Content-Length: 2\r\n\r\nno"
    )
}

/// What a server answers in turn, the status in the end, and the nonces that the requests answer.
pub type Row = (&'static str, Vec<String>, u16, &'static [Option<&'static str>]);

pub fn answered() -> [Row; 5] {
    let asked = || challenge("n1", "");
    let stale = || challenge("n2", ", stale=true");
    let hello = || HELLO.to_owned();
    let twice = &[None, Some("n1"), Some("n2")];
    [
        ("no challenge", vec![hello()], 200, &[None]),
        ("answered", vec![asked(), hello()], 200, &twice[..2]),
        ("wrong", vec![asked(), asked()], 401, &twice[..2]),
        ("stale", vec![asked(), stale(), hello()], 200, twice),
        ("stale again", vec![asked(), stale(), stale()], 401, twice),
    ]
}

/// Answers that nothing of a password is sent to, and why.
pub fn not_answered() -> [(String, ChallengeError); 5] {
    let of = |line: &str| format!("HTTP/1.1 401 No\r\n{line}Content-Length: 0\r\n\r\n");
    [
        (of("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"), ChallengeError::Weak),
        (of("WWW-Authenticate: Basic realm=\"r\"\r\n"), ChallengeError::NoDigest),
        (of(""), ChallengeError::NoDigest),
        (challenge("", ""), ChallengeError::Malformed),
        (challenge("n", ", algorithm=token"), ChallengeError::Algorithm),
    ]
}

/// Names and passwords that no request can have.
pub const UNFIT: [(&str, &str); 3] = [("a:b", "c"), ("a\n", "c"), ("a", "\0")];
