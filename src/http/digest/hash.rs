//! The two hashes of Digest, as text. What is hashed are a few short lines, so that all is as small as can be: both
//! share what puts bytes into blocks, MD5 is rolled up, and SHA-256 is a library's rounds alone.

use crate::http::bytes::{hex, part};

/// The hash of parts with colons between them. The second may be of a challenge, from between quotation marks: what a
/// backslash quotes there is hashed without it. Elsewhere a backslash is one: a password may have it.
#[inline(never)]
pub(super) fn hash(is_md5: bool, parts: &[&[u8]], is_second_quoted: bool) -> Hex {
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
pub(super) struct Hex {
    digits: [u8; 64],
    length: usize,
}

impl Hex {
    #[inline(never)]
    pub(super) fn text(&self) -> &[u8] {
        part(&self.digits, 0, self.length)
    }
}
