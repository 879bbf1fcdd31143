//! Digest authentication (RFC 7616): what a server asks for, and what answers it.

mod hash;

use super::bytes::{is, is_space, is_token_byte, trim};
use super::method::Method;
use super::request::HeadWriter;
use super::request::extras::hex;
use super::response::ResponseHead;
use crate::error::ChallengeError;
use hash::{Hasher, Hex};

/// A server's challenge: the values of its parameters, as they stand between their quotation marks.
#[derive(Clone, Copy, Default)]
pub(crate) struct Challenge<'b> {
    realm: Option<&'b [u8]>,
    nonce: Option<&'b [u8]>,
    opaque: Option<&'b [u8]>,
    qop: Option<&'b [u8]>,
    algorithm: &'b [u8],
    hash: Hash,
    /// The hash is of a session.
    is_session: bool,
    hides_user: bool,
    /// The nonce of the request was too old; the credentials weren't wrong.
    pub(crate) is_stale: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Hash {
    #[default]
    Md5,
    Sha256,
    Unknown,
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
        self.skip(b',');
        let name = self.token();
        if name.is_empty() {
            return if self.0.is_empty() { Ok(None) } else { Err(ChallengeError::Malformed) };
        }
        let before = self.0;
        self.skip(b' ');
        let [b'=', behind @ ..] = self.0 else {
            // A scheme's parameters are behind it, or nothing is.
            self.0 = before;
            return Ok(Some(Part::Scheme(name)));
        };
        self.0 = behind;
        // The credentials-like text of another scheme may end in more of them (RFC 9110 section 11.2).
        self.skip(b'=');
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

    /// Blanks, and this.
    #[inline(never)]
    fn skip(&mut self, this: u8) {
        while let [first, rest @ ..] = self.0
            && (*first == this || is_space(*first))
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
        let mut best: Option<Self> = None;
        let mut error = ChallengeError::NoDigest;
        for header in head.headers().filter(|header| header.is("www-authenticate")) {
            let mut parts = Parts(trim(header.value()));
            let mut current: Option<Self> = None;
            loop {
                let part = parts.next();
                if let Ok(Some(Part::Parameter(name, value))) = part {
                    if let Some(challenge) = &mut current {
                        challenge.set(name, value);
                    }
                    continue;
                }
                if let Err(malformed) = part {
                    error = malformed;
                }
                if let Some(challenge) = current.take() {
                    match challenge.check() {
                        Ok(()) => {
                            let is_better =
                                |best: &Self| best.hash == Hash::Md5 && challenge.hash != Hash::Md5;
                            if best.as_ref().is_none_or(is_better) {
                                best = Some(challenge);
                            }
                        }
                        Err(why) if error == ChallengeError::NoDigest => error = why,
                        Err(_) => {}
                    }
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
        best.ok_or(error)
    }

    // Inlined, it takes twice the flash.
    #[inline(never)]
    fn set(&mut self, name: &[u8], value: &'b [u8]) {
        if is(name, b"realm") {
            self.realm = Some(value);
        } else if is(name, b"nonce") {
            self.nonce = Some(value);
        } else if is(name, b"opaque") {
            self.opaque = Some(value);
        } else if is(name, b"qop") {
            self.qop = Some(value);
        } else if is(name, b"userhash") {
            self.hides_user = is(value, b"true");
        } else if is(name, b"stale") {
            self.is_stale = is(value, b"true");
        } else if is(name, b"algorithm") && !value.is_empty() {
            self.algorithm = value;
            let (hash, is_session) = match value.split_last_chunk::<5>() {
                Some((hash, end)) if is(end, b"-sess") => (hash, true),
                _ => (value, false),
            };
            self.is_session = is_session;
            self.hash = if is(hash, b"md5") {
                Hash::Md5
            } else if is(hash, b"sha-256") {
                Hash::Sha256
            } else {
                Hash::Unknown
            };
        }
    }

    /// Whether it can be answered.
    fn check(&self) -> Result<(), ChallengeError> {
        if self.realm.is_none() || self.nonce.unwrap_or_default().is_empty() {
            return Err(ChallengeError::Malformed);
        }
        if self.hash == Hash::Unknown {
            return Err(ChallengeError::Algorithm);
        }
        let qop = self.qop.ok_or(ChallengeError::Weak)?;
        let has_auth = qop.split(|byte| *byte == b',').any(|one| is(trim(one), b"auth"));
        if has_auth { Ok(()) } else { Err(ChallengeError::Quality) }
    }

    /// The line that answers it, for this request.
    pub(crate) fn answer<'a>(
        &'a self,
        credentials: &Credentials<'a>,
        method: &[u8],
        uri: &'a [u8],
    ) -> Answer<'a> {
        let mut cnonce = [0; 16];
        let mut rest = credentials.random;
        for slot in &mut cnonce {
            *slot = hex(rest as u8 & 15).to_ascii_lowercase();
            rest >>= 4;
        }
        let user = credentials.user.as_bytes();
        Answer {
            challenge: self,
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
        if self.is_session {
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
        hash(self.hash == Hash::Md5, parts)
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

/// What is hashed.
#[derive(Clone, Copy)]
enum Hashed<'p> {
    /// As it is, also with backslashes: a password may have them.
    Plain(&'p [u8]),
    /// Of a challenge, from between quotation marks: what a backslash quotes is hashed without it.
    Quoted(&'p [u8]),
}

use Hashed::{Plain, Quoted};

/// The hash of parts with colons between them.
#[inline(never)]
fn hash(is_md5: bool, parts: &[Hashed<'_>]) -> Hex {
    let mut hasher = Hasher::new(is_md5);
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hasher.put(b":");
        }
        let (text, is_quoted) = match *part {
            Plain(text) => (text, false),
            Quoted(text) => (text, true),
        };
        let mut rest = text;
        while let [first, behind @ ..] = rest {
            rest = behind;
            let mut byte = first;
            if is_quoted && *first == b'\\' {
                let [second, behind @ ..] = rest else { break };
                (byte, rest) = (second, behind);
            }
            hasher.put(&[*byte]);
        }
    }
    hasher.finish()
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
    challenge: &'a Challenge<'a>,
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
        let hash = self.user_hash.as_ref().map(Hex::text);
        if hash.is_some() || self.user.is_ascii() {
            put(b"=\"");
            put_quoted(&mut put, hash.unwrap_or(self.user));
            put(b"\"");
        } else {
            // RFC 8187, by RFC 7616 section 3.4.
            put(b"*=UTF-8''");
            for &byte in self.user {
                if byte.is_ascii_alphanumeric() {
                    put(&[byte]);
                } else {
                    put(&[b'%', hex(byte >> 4), hex(byte & 15)]);
                }
            }
        }
        let challenge = self.challenge;
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
