//! Digest authentication (RFC 7616): what a server asks for, and what answers it.

use super::bytes::{escaped, hex, is, is_space, is_token_byte, part, put, split_at_byte, trim};
use super::response::ResponseHead;
use crate::error::ChallengeError;

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
        let name = self.token();
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
            return Ok(Some((name, Some(self.token()))));
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

    fn token(&mut self) -> &'b [u8] {
        let text = self.0;
        // `/` is none of a token, but of the text that other schemes have in place of parameters.
        while let [byte, rest @ ..] = self.0
            && (is_token_byte(*byte) || *byte == b'/')
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

/// The hash of parts with colons between them. The second may be of a challenge, from between quotation marks: what a
/// backslash quotes there is hashed without it. Elsewhere a backslash is one: a password may have it.
#[inline(never)]
fn hash(is_md5: bool, parts: &[&[u8]], is_second_quoted: bool) -> Hex {
    let mut hasher = Hasher::new(is_md5);
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hasher.put(b':');
        }
        let is_quoted = is_second_quoted && at == 1;
        let mut rest = *part;
        while let [first, behind @ ..] = rest {
            rest = behind;
            let mut byte = first;
            if is_quoted && *first == b'\\' {
                let [second, behind @ ..] = rest else { break };
                (byte, rest) = (second, behind);
            }
            hasher.put(*byte);
        }
    }
    hasher.finish()
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
        line.put(b"\r\nAuthorization: Digest username");
        let hash = self.user_hash.as_ref().map(Hex::text);
        if hash.is_some() || self.user.iter().all(u8::is_ascii) {
            line.put(b"=\"");
            line.put_quoted(hash.unwrap_or(self.user));
            line.put(b"\"");
        } else {
            // RFC 8187, by RFC 7616 section 3.4.
            line.put(b"*=UTF-8''");
            for &byte in self.user {
                if byte.is_ascii_alphanumeric() {
                    line.put(&[byte]);
                } else {
                    line.put(&escaped(byte));
                }
            }
        }
        let challenge = self.challenge;
        line.put(b", uri=\"");
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

// The two hashes, as text. What is hashed are a few short lines, so that all is as small as can be: both share what
// puts bytes into blocks, MD5 is rolled up, and SHA-256 is a library's rounds alone.

/// `4294967296 * abs(sin(n))` (RFC 1321 section 3.4).
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xD76A_A478, 0xE8C7_B756, 0x2420_70DB, 0xC1BD_CEEE, 0xF57C_0FAF, 0x4787_C62A,
    0xA830_4613, 0xFD46_9501, 0x6980_98D8, 0x8B44_F7AF, 0xFFFF_5BB1, 0x895C_D7BE,
    0x6B90_1122, 0xFD98_7193, 0xA679_438E, 0x49B4_0821, 0xF61E_2562, 0xC040_B340,
    0x265E_5A51, 0xE9B6_C7AA, 0xD62F_105D, 0x0244_1453, 0xD8A1_E681, 0xE7D3_FBC8,
    0x21E1_CDE6, 0xC337_07D6, 0xF4D5_0D87, 0x455A_14ED, 0xA9E3_E905, 0xFCEF_A3F8,
    0x676F_02D9, 0x8D2A_4C8A, 0xFFFA_3942, 0x8771_F681, 0x6D9D_6122, 0xFDE5_380C,
    0xA4BE_EA44, 0x4BDE_CFA9, 0xF6BB_4B60, 0xBEBF_BC70, 0x289B_7EC6, 0xEAA1_27FA,
    0xD4EF_3085, 0x0488_1D05, 0xD9D4_D039, 0xE6DB_99E5, 0x1FA2_7CF8, 0xC4AC_5665,
    0xF429_2244, 0x432A_FF97, 0xAB94_23A7, 0xFC93_A039, 0x655B_59C3, 0x8F0C_CC92,
    0xFFEF_F47D, 0x8584_5DD1, 0x6FA8_7E4F, 0xFE2C_E6E0, 0xA301_4314, 0x4E08_11A1,
    0xF753_7E82, 0xBD3A_F235, 0x2AD7_D2BB, 0xEB86_D391,
];

/// By how much each of four steps of a round rotates.
const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// Where they begin: RFC 1321 section 3.3, FIPS 180-4 section 5.3.3.
static MD5: [u32; 8] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0, 0, 0, 0];
#[rustfmt::skip]
static SHA_256: [u32; 8] = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A,
    0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
];

/// Bytes of a block, and in its last one those in front of the length.
const BLOCK: usize = 64;
const ROOM: usize = 56;

/// A hash of bytes that come one by one.
struct Hasher {
    is_md5: bool,
    state: [u32; 8],
    block: [u8; BLOCK],
    length: usize,
}

impl Hasher {
    fn new(is_md5: bool) -> Self {
        let state = if is_md5 { &MD5 } else { &SHA_256 };
        Self { is_md5, state: *state, block: [0; BLOCK], length: 0 }
    }

    #[inline(never)]
    fn put(&mut self, byte: u8) {
        let at = self.length % BLOCK;
        self.length = self.length.wrapping_add(1);
        if let Some(slot) = self.block.get_mut(at) {
            *slot = byte;
        }
        if self.length.is_multiple_of(BLOCK) {
            if self.is_md5 {
                self.rounds_of_md5();
            } else {
                sha2::compress256(&mut self.state, &[self.block.into()]);
            }
        }
    }

    /// RFC 1321 section 3.4.
    fn rounds_of_md5(&mut self) {
        let [first, second, third, fourth, ..] = self.state;
        let (mut a, mut b, mut c, mut d) = (first, second, third, fourth);
        let words = self.block.as_chunks::<4>().0;
        for (step, sine) in (0usize..).zip(SINES) {
            let round = step / 16;
            let (mixed, word) = match round {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), step.wrapping_mul(5).wrapping_add(1)),
                2 => (b ^ c ^ d, step.wrapping_mul(3).wrapping_add(5)),
                _ => (c ^ (b | !d), step.wrapping_mul(7)),
            };
            let word = words.get(word % 16).copied().map_or(0, u32::from_le_bytes);
            let turn = TURNS.get(round).and_then(|turns| turns.get(step % 4)).copied();
            let sum = a.wrapping_add(mixed).wrapping_add(sine).wrapping_add(word);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(turn.unwrap_or(0)));
        }
        for (sum, more) in self.state.iter_mut().zip([a, b, c, d]) {
            *sum = sum.wrapping_add(more);
        }
    }

    /// The hash's digits.
    fn finish(mut self) -> Hex {
        let bits = (self.length as u64).wrapping_mul(8);
        let is_md5 = self.is_md5;
        self.put(0x80);
        while self.length % BLOCK != ROOM {
            self.put(0);
        }
        for byte in if is_md5 { bits.to_le_bytes() } else { bits.to_be_bytes() } {
            self.put(byte);
        }
        let length = if is_md5 { 32 } else { 64 };
        let mut found = Hex { digits: [0; 64], length };
        for (slots, word) in found.digits.as_chunks_mut::<8>().0.iter_mut().zip(self.state) {
            let mut rest = if is_md5 { word.swap_bytes() } else { word };
            for slot in slots {
                rest = rest.rotate_left(4);
                *slot = hex(rest as u8 & 15).to_ascii_lowercase();
            }
        }
        found
    }
}

/// A hash as text.
struct Hex {
    digits: [u8; 64],
    length: usize,
}

impl Hex {
    #[inline(never)]
    fn text(&self) -> &[u8] {
        part(&self.digits, 0, self.length)
    }
}

#[cfg(test)]
mod tests;
