//! The fields of an answer line: numbers, addresses, quoted texts.

use core::net::Ipv4Addr;

/// An unsigned decimal number that is all of `text`.
#[inline(never)]
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u32, |value, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

/// A signed decimal number that is all of `text`.
pub(crate) fn signed(text: &[u8]) -> Option<i32> {
    match text.strip_prefix(b"-") {
        Some(digits) => i32::try_from(number(digits)?).ok()?.checked_neg(),
        None => i32::try_from(number(text)?).ok(),
    }
}

/// An IPv4 address, in quotes or not: the two families of firmware differ.
pub(crate) fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    // A quote alone says that some of it is missing.
    let text = match text {
        [b'"', within @ .., b'"'] => within,
        _ => text,
    };
    let mut parts = text.split(|byte| *byte == b'.');
    let mut octets = [0; 4];
    for octet in &mut octets {
        *octet = u8::try_from(number(parts.next()?)?).ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

/// Whether a host can have this address: it is neither a group's nor everybody's, nor of "this network".
pub(crate) fn is_host(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    matches!(first, 1..=126 | 128..=223)
}

/// A hardware address such as `5c:cf:7f:00:01:ab`.
pub(crate) fn mac(text: &[u8]) -> Option<[u8; 6]> {
    let mut parts = text.split(|byte| *byte == b':');
    let mut address = [0; 6];
    for byte in &mut address {
        let [high, low] = parts.next()? else { return None };
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        *byte = u8::try_from(digit(high)?.checked_mul(16)?.checked_add(digit(low)?)?).ok()?;
    }
    parts.next().is_none().then_some(address)
}

/// What an answer tells of an access point, from its name's opening quote on: `name",-48,"mac",6,…)` of
/// a scan, `name","mac",6,-48,…` of the one that was joined. It is read from the end: names may hold
/// quotes, commas and line ends, and not every firmware escapes them. How many fields there are
/// differs, too: 3 to 12.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    /// As it was told, escapes and all.
    pub(crate) name: &'a [u8],
    /// Numbers between the name and the hardware address.
    pub(crate) before: Fields<'a>,
    pub(crate) mac: Option<[u8; 6]>,
    /// Numbers behind the last quote.
    pub(crate) after: Fields<'a>,
}

/// A hardware address without its quotes.
const MAC: usize = 17;

impl<'a> Named<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let text = text.strip_suffix(b")").unwrap_or(text);
        let (front, after) = split_at_last_quote(text)?;
        let after = Fields(numbers(after)?);
        let mac_at = front.len().checked_sub(MAC);
        if let Some((rest, hardware)) =
            mac_at.and_then(|at| Some((front.get(..at)?, front.get(at..)?)))
            && let Some(address) = mac(hardware)
            && let Some(rest) = rest.strip_suffix(b",\"")
            && let Some((name, before)) = split_at_last_quote(rest)
            && let Some(before) = numbers(before)
        {
            return Some(Self { name, before: Fields(before), mac: Some(address), after });
        }
        // A name alone has nothing that says where it ends.
        (!after.0.is_empty()).then_some(Self { name: front, before: Fields(b""), mac: None, after })
    }
}

fn split_at_last_quote(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().rposition(|byte| *byte == b'"')?;
    Some((text.get(..at)?, text.get(at..)?.strip_prefix(b"\"")?))
}

/// Numbers with a comma before each, without the first comma.
fn numbers(text: &[u8]) -> Option<&[u8]> {
    let are = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b',' | b'-'));
    match text {
        [] => Some(text),
        [b',', rest @ ..] if are => Some(rest),
        _ => None,
    }
}

/// Takes fields off a line, from its front.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field and the comma behind it; a quoted one without its quotes, escapes and all.
    pub(crate) fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        if let Some(body) = self.0.strip_prefix(b"\"") {
            let end = closing_quote(body)?;
            let field = body.get(..end)?;
            let rest = body.get(end..)?.strip_prefix(b"\"")?;
            self.0 = rest.strip_prefix(b",").unwrap_or(rest);
            return Some(field);
        }
        let end = self.0.iter().position(|byte| *byte == b',').unwrap_or(self.0.len());
        let field = self.0.get(..end)?;
        let rest = self.0.get(end..)?;
        self.0 = rest.strip_prefix(b",").unwrap_or_default();
        Some(field)
    }

    pub(crate) fn number(&mut self) -> Option<u32> {
        number(self.next()?)
    }

    pub(crate) fn signed(&mut self) -> Option<i32> {
        signed(self.next()?)
    }

    /// Whether the rest is an address and a port.
    pub(crate) fn is_peer(mut self) -> bool {
        self.next().and_then(ipv4).is_some() && self.number().is_some() && self.0.is_empty()
    }
}

/// The quote that isn't escaped. Firmwares that escape nothing are understood as long as no name
/// ends in a backslash.
fn closing_quote(body: &[u8]) -> Option<usize> {
    let mut escaped = false;
    body.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}
