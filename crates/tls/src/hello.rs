//! What a ServerHello has chosen, which embedded-tls doesn't look at.

use crate::failure::Failure;

const SERVER_HELLO: u8 = 2;

/// The random bytes of a ServerHello that is a HelloRetryRequest: another group is wanted (RFC 8446 section
/// 4.1.3).
const RETRY: [u8; 8] = [0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11];

const SUPPORTED_VERSIONS: [u8; 2] = [0, 43];
const TLS_1_3: [u8; 2] = [3, 4];
const AES_128_GCM_SHA256: [u8; 2] = [0x13, 0x01];

/// Whether a record that is to be a ServerHello is one that was asked for.
pub(crate) fn check(record: &[u8]) -> Result<(), Failure> {
    let Some((&[kind, high, mid, low], hello)) = record.split_first_chunk::<4>() else {
        return Err(Failure::SplitMessage);
    };
    if kind != SERVER_HELLO {
        return Err(Failure::UnexpectedMessage);
    }
    let length = u32::from_be_bytes([0, high, mid, low]);
    match usize::try_from(length) {
        Ok(length) if length == hello.len() => chosen(hello).unwrap_or(Err(Failure::BadRecord)),
        Ok(length) if length < hello.len() => Err(Failure::UnexpectedMessage),
        _ => Err(Failure::SplitMessage),
    }
}

/// `None` where it can't be read.
fn chosen(hello: &[u8]) -> Option<Result<(), Failure>> {
    let (_version, rest) = hello.split_first_chunk::<2>()?;
    let (random, rest) = rest.split_first_chunk::<32>()?;
    if random.starts_with(&RETRY) {
        return Some(Err(Failure::NothingInCommon));
    }
    let (&session, rest) = rest.split_first()?;
    let rest = rest.get(usize::from(session)..)?;
    let (suite, rest) = rest.split_first_chunk::<2>()?;
    let (_compression, rest) = rest.split_first()?;
    // Old versions may have no extensions.
    let mut extensions = rest.get(2..).unwrap_or_default();
    let mut is_new = false;
    while let Some((&[kind_high, kind_low, high, low], rest)) = extensions.split_first_chunk::<4>()
    {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let content = rest.get(..length)?;
        is_new |= [kind_high, kind_low] == SUPPORTED_VERSIONS && content == TLS_1_3;
        extensions = rest.get(length..)?;
    }
    Some(match (is_new, *suite) {
        (false, _) => Err(Failure::OldVersion),
        (true, AES_128_GCM_SHA256) => Ok(()),
        (true, _) => Err(Failure::NothingInCommon),
    })
}
