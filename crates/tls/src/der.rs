//! As much of DER as is needed beside webpki: the public key of a certificate, its key usage, a name to show.

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OID: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

/// A value: its tag, its content, all of its bytes.
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

/// The first value, and what follows it.
fn split(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => {
            let (&length, rest) = rest.split_first()?;
            (usize::from(length), rest)
        }
        0x82 => {
            let (&length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(length)), rest)
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len().checked_sub(after.len())?)?;
    Some((Value { tag, content, whole }, after))
}

/// The values of a sequence.
struct Values<'a>(&'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (value, rest) = split(self.0)?;
        self.0 = rest;
        Some(value)
    }
}

/// The fields of a certificate from its issuer on: issuer, validity, subject, public key, extensions.
fn fields(certificate: &[u8]) -> Option<Values<'_>> {
    let (certificate, _) = split(certificate)?;
    let (signed, _) = split(certificate.content)?;
    let mut fields = Values(signed.content);
    // The version may be left out; serial number, algorithm.
    if fields.next()?.tag == VERSION {
        fields.next()?;
    }
    fields.next()?;
    Some(fields)
}

/// The SubjectPublicKeyInfo of a certificate, whose SHA-256 is what is pinned.
pub(crate) fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    Some(fields(certificate)?.nth(3)?.whole)
}

/// The issuer of a certificate.
pub(crate) fn issuer(certificate: &[u8]) -> Option<&[u8]> {
    Some(fields(certificate)?.next()?.content)
}

/// The key usage of a certificate: its first eight bits, the first one highest; `None` where it has none.
pub(crate) fn key_usage(certificate: &[u8]) -> Option<u8> {
    const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
    let bits = extension(certificate, KEY_USAGE)?;
    let (bits, _) = split(bits)?;
    match (bits.tag, bits.content) {
        (BIT_STRING, &[_unused, first, ..]) => Some(first),
        _ => Some(0),
    }
}

/// The DNS names and addresses that a certificate has, as tag and bytes: 2 is a DNS name, 7 an address.
pub(crate) fn names(certificate: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
    let names = extension(certificate, ALTERNATIVE_NAMES).and_then(split);
    let names = names.map(|(names, _)| names.content).unwrap_or_default();
    Values(names).map(|name| (name.tag & 0x1f, name.content))
}

/// The two numbers of an ECDSA signature or an RSA key (RFC 3279 sections 2.2.3 and 2.3.1), without the zeros in
/// front.
pub(crate) fn two_numbers(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let (pair, after) = split(pair)?;
    let mut numbers = Values(pair.content);
    let (first, second) = (numbers.next()?, numbers.next()?);
    let is_right = pair.tag == SEQUENCE && after.is_empty() && numbers.0.is_empty();
    (is_right && first.tag == INTEGER && second.tag == INTEGER)
        .then_some((without_zeros(first.content)?, without_zeros(second.content)?))
}

/// A positive integer's digits.
fn without_zeros(number: &[u8]) -> Option<&[u8]> {
    match number {
        // Negative, or longer than it needs to be.
        [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => None,
        [0, rest @ ..] => Some(rest),
        _ => Some(number),
    }
}

/// What of an authority's certificate counts.
pub(crate) struct AuthorityParts<'a> {
    pub(crate) subject: &'a [u8],
    pub(crate) key: &'a [u8],
    pub(crate) name_constraints: Option<&'a [u8]>,
}

pub(crate) fn authority(certificate: &[u8]) -> Option<AuthorityParts<'_>> {
    const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
    let mut fields = fields(certificate)?;
    let (subject, key) = (fields.nth(2)?.content, fields.next()?.content);
    let name_constraints = match extension(certificate, NAME_CONSTRAINTS) {
        Some(constraints) => Some(split(constraints)?.0.content),
        None => None,
    };
    Some(AuthorityParts { subject, key, name_constraints })
}

fn extension<'a>(certificate: &'a [u8], which: &[u8]) -> Option<&'a [u8]> {
    let extensions = fields(certificate)?.find(|field| field.tag == EXTENSIONS)?;
    let (list, _) = split(extensions.content)?;
    Values(list.content).find_map(|extension| {
        let mut parts = Values(extension.content);
        let id = parts.next()?;
        let value = parts.find(|part| part.tag == OCTET_STRING)?;
        (id.tag == OID && id.content == which).then_some(value.content)
    })
}

/// What a distinguished name is best called: its common name, or else its organization.
pub(crate) fn called(name: &[u8]) -> Option<&[u8]> {
    const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
    const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
    let find = |which: &[u8]| {
        Values(name).filter(|set| set.tag == SET).find_map(|set| {
            let (pair, _) = split(set.content)?;
            let mut parts = Values(pair.content);
            let (id, value) = (parts.next()?, parts.next()?);
            (pair.tag == SEQUENCE && id.content == which).then_some(value.content)
        })
    };
    find(COMMON_NAME).or_else(|| find(ORGANIZATION))
}

#[cfg(test)]
mod tests {
    use super::{called, key_usage, names, split, two_numbers};

    #[test]
    fn lengths_have_one_to_three_bytes() {
        let long = [&[0x30, 0x82, 1, 4][..], &[7; 260]].concat();
        for (bytes, length) in [
            (&[0x04, 0][..], Some(0)),
            (&[0x04, 2, 8, 9, 1], Some(2)),
            (&[0x04, 0x81, 1, 8], Some(1)),
            (&long, Some(260)),
            (&[0x04, 3, 8, 9], None),
            (&[0x04, 0x80, 0, 0], None),
            (&[0x04, 0x83, 0, 0, 1, 9], None),
            (&[0x04], None),
        ] {
            let found = split(bytes).map(|(value, _)| value.content.len());
            assert_eq!(found, length, "{bytes:?}");
        }
    }

    #[test]
    fn signatures_are_two_positive_numbers_and_nothing_else() {
        let number = |bytes: &[u8]| [&[2, bytes.len() as u8], bytes].concat();
        let pair = |numbers: &[&[u8]]| {
            let content =
                numbers.iter().flat_map(|bytes| number(bytes)).collect::<std::vec::Vec<_>>();
            [&[0x30, content.len() as u8][..], &content].concat()
        };
        assert_eq!(two_numbers(&pair(&[&[5], &[0, 0x80]])), Some((&[5][..], &[0x80][..])));
        for wrong in [
            pair(&[&[5]]),
            pair(&[&[5], &[6], &[7]]),
            // Negative; with a zero too many.
            pair(&[&[0x80], &[6]]),
            pair(&[&[0, 5], &[6]]),
            [pair(&[&[5], &[6]]), std::vec![0]].concat(),
            std::vec![],
        ] {
            assert_eq!(two_numbers(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_nothing() {
        for bytes in [&b""[..], b"x", &[0x30, 0], &[0x30, 2, 0x30, 0]] {
            assert_eq!((key_usage(bytes), names(bytes).count()), (None, 0));
        }
        assert_eq!(called(&[0x31, 9, 0x30, 7, 6, 3, 0x55, 4, 3]), None);
    }
}
