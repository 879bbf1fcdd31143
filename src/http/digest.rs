//! Digest authentication (RFC 7616): what a server asks for, and what answers it.

use super::bytes::{is, is_token_byte, trim};
use super::method::Method;
use super::request::HeadWriter;
use super::request::form::hex;
use super::response::ResponseHead;
use crate::error::ChallengeError;
use md5::Md5;
use sha2::{Digest, Sha256};

/// A server's challenge. Its texts are as they stand between their quotation marks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Challenge<'b> {
    realm: Option<&'b [u8]>,
    nonce: Option<&'b [u8]>,
    opaque: Option<&'b [u8]>,
    algorithm: &'b [u8],
    qop: Option<&'b [u8]>,
    hides_user: bool,
    /// The nonce of the request was too old; the credentials weren't wrong.
    pub(crate) is_stale: bool,
}

/// A part of `WWW-Authenticate`.
enum Part<'b> {
    Scheme(&'b [u8]),
    Parameter(&'b [u8], &'b [u8]),
}

/// The parts of a field that lists challenges: `Basic realm="a", Digest realm="b", nonce="c"`.
struct Parts<'b>(&'b [u8]);

impl<'b> Parts<'b> {
    /// `None` at the end; an error where there is no part.
    fn next(&mut self) -> Result<Option<Part<'b>>, ChallengeError> {
        self.skip(b", \t");
        let name = self.token();
        if name.is_empty() {
            return if self.0.is_empty() { Ok(None) } else { Err(ChallengeError::Malformed) };
        }
        let before = self.0;
        self.skip(b" \t");
        let [b'=', behind @ ..] = self.0 else {
            // A scheme's parameters are behind it, or nothing is.
            self.0 = before;
            return Ok(Some(Part::Scheme(name)));
        };
        self.0 = behind;
        // The credentials-like text of another scheme may end in more of them (RFC 9110 section 11.2).
        self.skip(b"= \t");
        let [b'"', behind @ ..] = self.0 else {
            return Ok(Some(Part::Parameter(name, self.token())));
        };
        let mut rest = behind;
        loop {
            match rest {
                [b'"', tail @ ..] => {
                    let length = behind.len().wrapping_sub(rest.len());
                    self.0 = tail;
                    return Ok(Some(Part::Parameter(
                        name,
                        behind.get(..length).unwrap_or_default(),
                    )));
                }
                [b'\\', _, tail @ ..] | [_, tail @ ..] => rest = tail,
                [] => return Err(ChallengeError::Malformed),
            }
        }
    }

    fn skip(&mut self, these: &[u8]) {
        while let [first, rest @ ..] = self.0
            && these.contains(first)
        {
            self.0 = rest;
        }
    }

    fn token(&mut self) -> &'b [u8] {
        let text = self.0;
        // `/` is none of a token, but of the text that other schemes have in place of parameters.
        let length = text.iter().position(|byte| !is_token_byte(*byte) && *byte != b'/');
        let (token, rest) = text.split_at_checked(length.unwrap_or(text.len())).unwrap_or_default();
        self.0 = rest;
        token
    }
}

impl<'b> Challenge<'b> {
    /// The best of those that a response to 401 has.
    pub(crate) fn of(head: &ResponseHead<'b>) -> Result<Self, ChallengeError> {
        let mut best = Err(ChallengeError::NoDigest);
        for header in head.headers().filter(|header| header.is("www-authenticate")) {
            let mut parts = Parts(trim(header.value()));
            let mut current = None;
            loop {
                let part = parts.next();
                match part {
                    Ok(Some(Part::Parameter(name, value))) => {
                        if let Some(challenge) = &mut current {
                            Self::set(challenge, name, value);
                        }
                        continue;
                    }
                    Err(error) => best = best.or(Err(error)),
                    _ => {}
                }
                if let Some(challenge) = current.take() {
                    best = Self::better(best, challenge);
                }
                match part {
                    Ok(Some(Part::Scheme(name))) if is(name, b"digest") => {
                        current = Some(Self::default());
                    }
                    Ok(Some(_)) => {}
                    _ => break,
                }
            }
        }
        best
    }

    fn set(challenge: &mut Self, name: &[u8], value: &'b [u8]) {
        let is_true = is(value, b"true");
        if is(name, b"realm") {
            challenge.realm = Some(value);
        } else if is(name, b"nonce") {
            challenge.nonce = Some(value);
        } else if is(name, b"opaque") {
            challenge.opaque = Some(value);
        } else if is(name, b"algorithm") {
            challenge.algorithm = value;
        } else if is(name, b"qop") {
            challenge.qop = Some(value);
        } else if is(name, b"userhash") {
            challenge.hides_user = is_true;
        } else if is(name, b"stale") {
            challenge.is_stale = is_true;
        }
    }

    fn better(best: Result<Self, ChallengeError>, challenge: Self) -> Result<Self, ChallengeError> {
        match (best, challenge.check()) {
            (Ok(best), Ok(())) if best.is_md5() && !challenge.is_md5() => Ok(challenge),
            (Ok(best), _) => Ok(best),
            (Err(_), Ok(())) => Ok(challenge),
            (Err(ChallengeError::NoDigest), Err(error)) => Err(error),
            (Err(error), Err(_)) => Err(error),
        }
    }

    /// Whether it can be answered.
    fn check(&self) -> Result<(), ChallengeError> {
        let (Some(_), Some(nonce)) = (self.realm, self.nonce) else {
            return Err(ChallengeError::Malformed);
        };
        if nonce.is_empty() {
            return Err(ChallengeError::Malformed);
        }
        let (name, _) = self.hash_and_session();
        if !is(name, b"md5") && !is(name, b"sha-256") {
            return Err(ChallengeError::Algorithm);
        }
        let qop = self.qop.ok_or(ChallengeError::Weak)?;
        let has_auth = qop.split(|byte| *byte == b',').any(|one| is(trim(one), b"auth"));
        if has_auth { Ok(()) } else { Err(ChallengeError::Quality) }
    }

    /// The hash's name, and whether it is of a session.
    fn hash_and_session(&self) -> (&'b [u8], bool) {
        const SESSION: usize = "-sess".len();
        let at = self.algorithm.len().saturating_sub(SESSION);
        match self.algorithm.split_at_checked(at) {
            _ if self.algorithm.is_empty() => (b"MD5", false),
            Some((name, end)) if is(end, b"-sess") => (name, true),
            _ => (self.algorithm, false),
        }
    }

    fn is_md5(&self) -> bool {
        is(self.hash_and_session().0, b"md5")
    }

    /// The line that answers it, for this request.
    pub(crate) fn answer<'a>(
        &self,
        credentials: &Credentials<'a>,
        method: &[u8],
        uri: &'a [u8],
    ) -> Answer<'a>
    where
        'b: 'a,
    {
        let mut cnonce = [0; 16];
        let mut rest = credentials.random;
        for slot in &mut cnonce {
            *slot = hex(rest as u8 & 15).to_ascii_lowercase();
            rest >>= 4;
        }
        let user = credentials.user.as_bytes();
        Answer {
            challenge: *self,
            user,
            user_hash: self
                .hides_user
                .then(|| self.hash(&[Plain(user), Quoted(self.realm.unwrap_or_default())])),
            uri,
            cnonce,
            response: self.response(credentials, method, uri, &cnonce),
        }
    }

    /// RFC 7616 section 3.4.1.
    fn response(
        &self,
        credentials: &Credentials<'_>,
        method: &[u8],
        uri: &[u8],
        cnonce: &[u8],
    ) -> Hex {
        let (realm, nonce) = (self.realm.unwrap_or_default(), self.nonce.unwrap_or_default());
        let (user, password) = (credentials.user.as_bytes(), credentials.password.as_bytes());
        let mut first = self.hash(&[Plain(user), Quoted(realm), Plain(password)]);
        if self.hash_and_session().1 {
            first = self.hash(&[Plain(first.text()), Quoted(nonce), Plain(cnonce)]);
        }
        let second = self.hash(&[Plain(method), Plain(uri)]);
        self.hash(&[
            Plain(first.text()),
            Quoted(nonce),
            Plain(COUNT),
            Plain(cnonce),
            Plain(b"auth"),
            Plain(second.text()),
        ])
    }

    fn hash(&self, parts: &[Hashed<'_>]) -> Hex {
        Hex::of(self.is_md5(), parts)
    }
}

/// Each challenge is answered once.
const COUNT: &[u8] = b"00000001";

/// Who asks, and a number that nobody guesses.
#[derive(Clone, Copy)]
pub(crate) struct Credentials<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) random: u64,
}

impl Credentials<'_> {
    /// RFC 7616 section 3.4: a user name has no colon, which would be the realm's.
    pub(crate) fn are_sound(&self) -> bool {
        let mut bytes = self.user.bytes().chain(self.password.bytes());
        !self.user.contains(':') && bytes.all(|byte| !byte.is_ascii_control())
    }
}

/// What is hashed.
#[derive(Clone, Copy)]
enum Hashed<'p> {
    /// As it is, also with backslashes: a password may have them.
    Plain(&'p [u8]),
    /// Of a challenge, from between quotation marks: what a backslash quotes is hashed without it.
    Quoted(&'p [u8]),
}

use Hashed::{Plain, Quoted};

/// A hash as text.
pub(crate) struct Hex {
    digits: [u8; 64],
    length: usize,
}

impl Hex {
    /// Of parts with colons between them.
    // Both hashes behind one loop.
    #[inline(never)]
    fn of(is_md5: bool, parts: &[Hashed<'_>]) -> Self {
        let mut md5 = Md5::new();
        let mut sha256 = Sha256::new();
        let mut put = |bytes: &[u8]| match is_md5 {
            true => md5.update(bytes),
            false => sha256.update(bytes),
        };
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                put(b":");
            }
            let mut rest = match *part {
                Plain(text) => {
                    put(text);
                    continue;
                }
                Quoted(text) => text,
            };
            while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
                let (front, behind) = rest.split_at_checked(at).unwrap_or_default();
                put(front);
                let (quoted, tail) = behind.split_at_checked(2).unwrap_or((behind, &[]));
                put(quoted.get(1..).unwrap_or_default());
                rest = tail;
            }
            put(rest);
        }
        let mut found = Self { digits: [0; 64], length: 0 };
        let mut write = |bytes: &[u8]| {
            for (slots, byte) in found.digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
                *slots = [hex(byte >> 4), hex(byte & 15)].map(|digit| digit.to_ascii_lowercase());
            }
            found.length = bytes.len().wrapping_mul(2);
        };
        match is_md5 {
            true => write(&md5.finalize()),
            false => write(&sha256.finalize()),
        }
        found
    }

    fn text(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }
}

/// Between quotation marks, where a backslash and they themselves take a backslash.
fn put_quoted(put: &mut impl FnMut(&[u8]), text: &[u8]) {
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            put(b"\\");
        }
        put(&[*byte]);
    }
}

/// What answers a challenge: a header line.
pub(crate) struct Answer<'a> {
    challenge: Challenge<'a>,
    user: &'a [u8],
    user_hash: Option<Hex>,
    uri: &'a [u8],
    cnonce: [u8; 16],
    response: Hex,
}

impl Answer<'_> {
    /// Writes it, with a line end in front, and returns its length, whether it fits or not.
    pub(crate) fn write(&self, room: &mut [u8]) -> usize {
        let mut writer = HeadWriter::new(&Method::Get.traits());
        let mut pen = writer.on(room);
        let mut put = |bytes: &[u8]| pen.put(bytes);
        put(b"\r\nAuthorization: Digest username");
        match &self.user_hash {
            Some(hash) => {
                put(b"=\"");
                put(hash.text());
                put(b"\"");
            }
            None if self.user.is_ascii() => {
                put(b"=\"");
                put_quoted(&mut put, self.user);
                put(b"\"");
            }
            // RFC 8187, by RFC 7616 section 3.4.
            None => {
                put(b"*=UTF-8''");
                for &byte in self.user {
                    if byte.is_ascii_alphanumeric() {
                        put(&[byte]);
                    } else {
                        put(&[b'%', hex(byte >> 4), hex(byte & 15)]);
                    }
                }
            }
        }
        let challenge = &self.challenge;
        put(b", uri=\"");
        put_quoted(&mut put, self.uri);
        put(b"\"");
        let quoted: [(&[u8], Option<&[u8]>); 5] = [
            (b", realm=\"", challenge.realm),
            (b", nonce=\"", challenge.nonce),
            (b", cnonce=\"", Some(&self.cnonce)),
            (b", response=\"", Some(self.response.text())),
            (b", opaque=\"", challenge.opaque),
        ];
        for (name, value) in quoted {
            if let Some(value) = value {
                put(name);
                put(value);
                put(b"\"");
            }
        }
        put(b", qop=auth, nc=");
        put(COUNT);
        if !challenge.algorithm.is_empty() {
            put(b", algorithm=");
            put(challenge.algorithm);
        }
        if self.user_hash.is_some() {
            put(b", userhash=true");
        }
        writer.length
    }
}

#[cfg(test)]
mod tests;
