//! Certificates in PEM, made DER by the compiler.

/// A certificate in PEM as DER, by the compiler: `pem!("root.pem")`, a `&'static [u8]`. The path is as
/// `include_bytes!` has it, and the first certificate in the file counts.
///
/// A file that isn't PEM doesn't compile.
///
/// ```
/// # #[cfg(any())]
/// const ROOT: &[u8] = safe_http_client_tls::pem!("root.pem");
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! pem {
    ($path:expr) => {{
        const PEM: &[u8] = ::core::include_bytes!($path);
        const LENGTH: usize = $crate::pem_length(PEM);
        const DER: [u8; LENGTH] = $crate::pem_bytes::<LENGTH>(PEM);
        const { ::core::assert!(LENGTH > 0, "no certificate in PEM is in this file") };
        &DER as &'static [u8]
    }};
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How many bytes of DER a file in PEM has; 0 where it isn't PEM.
#[doc(hidden)]
pub const fn pem_length(pem: &[u8]) -> usize {
    decode::<0>(pem).0
}

/// The DER of a file in PEM.
#[doc(hidden)]
pub const fn pem_bytes<const N: usize>(pem: &[u8]) -> [u8; N] {
    decode::<N>(pem).1
}

/// The length, and as much of the bytes as fits.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "run by the compiler, and by nothing else"
)]
const fn decode<const N: usize>(pem: &[u8]) -> (usize, [u8; N]) {
    let mut out = [0; N];
    let mut length = 0;
    let mut at = 0;
    while !starts_with(pem, at, BEGIN) {
        if at >= pem.len() {
            return (0, out);
        }
        at += 1;
    }
    at += BEGIN.len();
    let (mut bits, mut count) = (0u32, 0);
    while at < pem.len() {
        let value = match pem[at] {
            letter @ b'A'..=b'Z' => letter - b'A',
            letter @ b'a'..=b'z' => letter - b'a' + 26,
            digit @ b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'\r' | b'\n' | b' ' | b'\t' => {
                at += 1;
                continue;
            }
            b'=' | b'-' => return (length, out),
            _ => return (0, out),
        };
        bits = (bits << 6) | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            if length < N {
                out[length] = (bits >> count) as u8;
            }
            length += 1;
        }
        at += 1;
    }
    (0, out)
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "run by the compiler")]
const fn starts_with(text: &[u8], at: usize, start: &[u8]) -> bool {
    let mut index = 0;
    while index < start.len() {
        if at + index >= text.len() || text[at + index] != start[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{pem_bytes, pem_length};

    const ONE: &[u8] = b"Subject: x\n-----BEGIN CERTIFICATE-----\r\nAAECAwQF\r\nBgcICQ==\r\n\
        -----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n/////w==\n-----END CERTIFICATE-----\n";

    #[test]
    fn the_compiler_makes_der_of_the_first_certificate() {
        const LENGTH: usize = pem_length(ONE);
        const DER: [u8; LENGTH] = pem_bytes(ONE);
        assert_eq!(DER, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn what_is_no_certificate_has_no_length() {
        for text in [
            &b""[..],
            b"AAECAwQF",
            b"-----BEGIN CERTIFICATE-----",
            b"-----BEGIN CERTIFICATE-----\nAA*A\n-----END CERTIFICATE-----",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ] {
            assert_eq!(pem_length(text), 0, "{}", text.escape_ascii());
        }
    }
}
