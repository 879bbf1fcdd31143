//! Digest authentication (RFC 7616): what a server asks for, and what answers it.

mod hash;

use super::bytes::{hex, is, is_space, is_token_byte, part, put, split_at_byte, trim};
use super::response::ResponseHead;
use crate::error::ChallengeError;
use hash::{Hex, hash};

/// A server's challenge that can be answered. Its texts are as they stand between their quotation marks.
#[derive(Clone, Copy)]
pub(crate) struct Challenge<'b> {
    realm: &'b [u8],
    nonce: &'b [u8],
    opaque: Option<&'b [u8]>,
    /// As it is named; empty where it isn't, which means MD5.
    algorithm: &'b [u8],
    is_md5: bool,
    /// The hash is of a session.
    is_session: bool,
    hides_user: bool,
    /// The nonce of the request was too old; the credentials weren't wrong.
    pub(crate) is_stale: bool,
}

/// The parameters that count.
const NAMES: [&[u8]; 7] =
    [b"realm", b"nonce", b"opaque", b"qop", b"algorithm", b"userhash", b"stale"];

/// Their values, in the same order.
type Values<'b> = [Option<&'b [u8]>; NAMES.len()];

/// The parts of a field that lists challenges: `Basic realm="a", Digest realm="b", nonce="c"`.
struct Parts<'b>(&'b [u8]);

/// A parameter's name and value, or a scheme's name.
type Part<'b> = (&'b [u8], Option<&'b [u8]>);

impl<'b> Parts<'b> {
    /// `None` at the end; an error where there is no part.
    fn next(&mut self) -> Result<Option<Part<'b>>, ChallengeError> {
        self.skip(b',');
        let name = self.token(b"/");
        if name.is_empty() {
            return if self.0.is_empty() { Ok(None) } else { Err(ChallengeError::Malformed) };
        }
        let before = self.0;
        self.skip(b' ');
        let [b'=', behind @ ..] = self.0 else {
            // A scheme's parameters are behind it, or nothing is.
            self.0 = before;
            return Ok(Some((name, None)));
        };
        self.0 = behind;
        // The credentials-like text of another scheme may end in more of them (RFC 9110 section 11.2).
        self.skip(b'=');
        let [b'"', behind @ ..] = self.0 else {
            return Ok(Some((name, Some(self.token(b"/=:")))));
        };
        let mut rest = behind;
        loop {
            match rest {
                [b'"', tail @ ..] => {
                    let length = behind.len().wrapping_sub(rest.len());
                    self.0 = tail;
                    return Ok(Some((name, behind.get(..length))));
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

    /// A token, and what else may stand in it: `/` in the text that other schemes have in place of parameters, and
    /// what base64 and dates have, in a value that should have quotation marks.
    fn token(&mut self, also: &[u8]) -> &'b [u8] {
        let text = self.0;
        while let [byte, rest @ ..] = self.0
            && (is_token_byte(*byte) || also.contains(byte))
        {
            self.0 = rest;
        }
        part(text, 0, text.len().wrapping_sub(self.0.len()))
    }
}

impl<'b> Challenge<'b> {
    /// The best of those that a response to 401 has.
    pub(crate) fn of(head: &ResponseHead<'b>) -> Result<Self, ChallengeError> {
        let mut best = Err(ChallengeError::NoDigest);
        for header in head.headers().filter(|header| header.is("www-authenticate")) {
            let mut parts = Parts(trim(header.value()));
            let mut is_digest = false;
            let mut values = Values::default();
            loop {
                let part = parts.next();
                if let Ok(Some((name, value @ Some(_)))) = part {
                    for (known, slot) in NAMES.iter().zip(&mut values) {
                        if is(name, known) {
                            *slot = value;
                        }
                    }
                    continue;
                }
                // A challenge ends where another one begins.
                if is_digest {
                    Self::add(&mut best, &values);
                }
                match part {
                    Ok(Some((name, _))) => is_digest = is(name, b"digest"),
                    Ok(None) => break,
                    Err(malformed) => {
                        if best.is_err() {
                            best = Err(malformed);
                        }
                        break;
                    }
                }
                values = Values::default();
            }
        }
        best
    }

    /// One more, with these parameters: the better one stays, or why the first can't be answered.
    // Within the loop there are no registers left for it, and it takes 400 bytes more.
    #[inline(never)]
    fn add(best: &mut Result<Self, ChallengeError>, values: &Values<'b>) {
        let new = Self::with(values);
        let is_better = match (&new, &*best) {
            (Ok(new), Ok(best)) => best.is_md5 && !new.is_md5,
            (new, Err(why)) => new.is_ok() || *why == ChallengeError::NoDigest,
            (Err(_), Ok(_)) => false,
        };
        if is_better {
            *best = new;
        }
    }

    /// One with these parameters, or why it can't be answered.
    fn with(values: &Values<'b>) -> Result<Self, ChallengeError> {
        let [realm, nonce, opaque, qop, algorithm, hides_user, is_stale] = *values;
        let (Some(realm), Some(nonce @ [_, ..])) = (realm, nonce) else {
            return Err(ChallengeError::Malformed);
        };
        let algorithm = algorithm.unwrap_or_default();
        let (hash, is_session) = match algorithm.split_last_chunk::<5>() {
            Some((hash, end)) if is(end, b"-sess") => (hash, true),
            _ => (algorithm, false),
        };
        let is_md5 = algorithm.is_empty() || is(hash, b"md5");
        if !is_md5 && !is(hash, b"sha-256") {
            return Err(ChallengeError::Algorithm);
        }
        let mut qop = qop.ok_or(ChallengeError::Weak)?;
        loop {
            let (one, more) = split_at_byte(qop, b',');
            if is(trim(one), b"auth") {
                break;
            }
            if more.is_empty() {
                return Err(ChallengeError::Quality);
            }
            qop = more;
        }
        let is_true = |value: Option<&[u8]>| is(value.unwrap_or_default(), b"true");
        let (hides_user, is_stale) = (is_true(hides_user), is_true(is_stale));
        Ok(Self { realm, nonce, opaque, algorithm, is_md5, is_session, hides_user, is_stale })
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
            user_hash: self.hides_user.then(|| self.hash(&[user, self.realm], true)),
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
        let (user, password) = (credentials.user.as_bytes(), credentials.password.as_bytes());
        let mut first = self.hash(&[user, self.realm, password], true);
        if self.is_session {
            first = self.hash(&[first.text(), self.nonce, cnonce], true);
        }
        let second = self.hash(&[method, uri], false);
        self.hash(&[first.text(), self.nonce, COUNT, cnonce, b"auth", second.text()], true)
    }

    fn hash(&self, parts: &[&[u8]], is_second_quoted: bool) -> Hex {
        hash(self.is_md5, parts, is_second_quoted)
    }
}

/// Each challenge is answered once.
const COUNT: &[u8] = b"00000001";

/// What an answer's quoted parts begin with.
const QUOTED: [&[u8]; 5] =
    [b"\", realm=\"", b"\", nonce=\"", b"\", cnonce=\"", b"\", response=\"", b"\", opaque=\""];

/// Who asks, and a number that nobody guesses.
#[derive(Clone, Copy)]
pub(crate) struct Credentials<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) random: u64,
}

/// A line that is written into a room. What doesn't fit is counted.
struct Line<'r> {
    room: &'r mut [u8],
    length: usize,
}

impl Line<'_> {
    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) {
        self.length = put(self.room, self.length, bytes);
    }

    /// Between quotation marks, where a backslash and they themselves take a backslash.
    fn put_quoted(&mut self, text: &[u8]) {
        for byte in text {
            if matches!(byte, b'"' | b'\\') {
                self.put(b"\\");
            }
            self.put(&[*byte]);
        }
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
        let mut line = Line { room, length: 0 };
        // A name that isn't ASCII is sent as it is, too: `username*` of RFC 7616 section 3.4 is for what can't stand
        // between quotation marks, which UTF-8 can, and servers such as Apache don't know it.
        line.put(b"\r\nAuthorization: Digest username=\"");
        line.put_quoted(self.user_hash.as_ref().map_or(self.user, Hex::text));
        let challenge = self.challenge;
        line.put(b"\", uri=\"");
        line.put_quoted(self.uri);
        let values: [Option<&[u8]>; QUOTED.len()] = [
            Some(challenge.realm),
            Some(challenge.nonce),
            Some(&self.cnonce),
            Some(self.response.text()),
            challenge.opaque,
        ];
        for (name, value) in QUOTED.iter().zip(values) {
            if let Some(value) = value {
                line.put(name);
                line.put(value);
            }
        }
        line.put(b"\", qop=auth, nc=");
        line.put(COUNT);
        if !challenge.algorithm.is_empty() {
            line.put(b", algorithm=");
            line.put(challenge.algorithm);
        }
        if self.user_hash.is_some() {
            line.put(b", userhash=true");
        }
        line.length
    }
}

#[cfg(test)]
mod tests;
