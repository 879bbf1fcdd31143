//! What is shown of a certificate that is refused. The formatter of core would take 2 kB of flash.

use crate::der;
use crate::pipe::{Shown, show};

/// Shows the names that a certificate has.
pub(super) fn show_names(shown: &mut Shown, certificate: &[u8]) {
    for (kind, name) in der::names(certificate) {
        if !matches!(kind, DNS_NAME | ADDRESS) {
            continue;
        }
        if !shown.is_empty() {
            show(shown, b", ");
        }
        match (kind, name) {
            (ADDRESS, &[a, b, c, d]) => show_v4(shown, [a, b, c, d]),
            (ADDRESS, _) => show_groups(shown, name),
            _ => show(shown, name),
        }
    }
    if shown.is_empty() {
        show(shown, b"no alternative name");
    }
}

const DNS_NAME: u8 = 2;
const ADDRESS: u8 = 7;

fn show_v4(shown: &mut Shown, address: [u8; 4]) {
    for (index, byte) in address.into_iter().enumerate() {
        if index > 0 {
            show(shown, b".");
        }
        let digits = match byte {
            0..=9 => 1,
            10..=99 => 2,
            _ => 3,
        };
        show_number(shown, byte.into(), digits);
    }
}

/// The last digits of a number.
fn show_number(shown: &mut Shown, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = number.checked_div(10_u32.saturating_pow(place)).unwrap_or_default() % 10;
        show(shown, &[b"0123456789".get(digit as usize).copied().unwrap_or(b'?')]);
    }
}

/// Seconds since 1970 as `2026-11-28 12:34 UTC`; what is later than the year 9999 as its last day.
pub(super) fn show_time(shown: &mut Shown, seconds: u64) {
    const DAY: u64 = 86_400;
    let mut days = u32::try_from(seconds / DAY).unwrap_or(u32::MAX);
    let minutes = u32::try_from(seconds % DAY / 60).unwrap_or_default();
    let mut year = 1970_u32;
    while year < 9999 && days >= days_of(year) {
        days = days.saturating_sub(days_of(year));
        year = year.saturating_add(1);
    }
    let february = days_of(year).saturating_sub(337);
    let mut month = 1_u32;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days = days.saturating_sub(length);
        month = month.saturating_add(1);
    }
    show_number(shown, year, 4);
    show(shown, b"-");
    show_number(shown, month, 2);
    show(shown, b"-");
    show_number(shown, days.saturating_add(1).min(31), 2);
    show(shown, b" ");
    show_number(shown, minutes / 60, 2);
    show(shown, b":");
    show_number(shown, minutes % 60, 2);
    show(shown, b" UTC");
}

/// How many days a year has.
fn days_of(year: u32) -> u32 {
    let is_century = year.is_multiple_of(100);
    if year.is_multiple_of(if is_century { 400 } else { 4 }) { 366 } else { 365 }
}

/// An IPv6 address with all of its zeros.
fn show_groups(shown: &mut Shown, address: &[u8]) {
    let digit = |nibble: u8| match nibble {
        0..=9 => b'0'.wrapping_add(nibble),
        _ => b'a'.wrapping_sub(10).wrapping_add(nibble),
    };
    for (index, &byte) in address.iter().enumerate() {
        if index > 0 && index % 2 == 0 {
            show(shown, b":");
        }
        show(shown, &[digit(byte >> 4), digit(byte & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::{show_groups, show_time, show_v4};
    use crate::pipe::Shown;
    use std::string::String;

    fn shown(work: impl FnOnce(&mut Shown)) -> String {
        let mut shown = Shown::new();
        work(&mut shown);
        String::from_utf8(shown.to_vec()).unwrap()
    }

    #[test]
    fn times() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (951_868_800, "2000-03-01 00:00 UTC"),
            (1_798_761_599, "2026-12-31 23:59 UTC"),
            (1_798_761_600, "2027-01-01 00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(shown(|shown| show_time(shown, seconds)), text, "{seconds}");
        }
        assert!(shown(|shown| show_time(shown, u64::MAX)).starts_with("9999-12-31 "));
    }

    #[test]
    fn addresses() {
        assert_eq!(shown(|shown| show_v4(shown, [192, 0, 20, 7])), "192.0.20.7");
        let v6 = core::net::Ipv6Addr::new(0xfe80, 0, 0, 0, 0x12, 0xabcd, 0, 1).octets();
        let text = "fe80:0000:0000:0000:0012:abcd:0000:0001";
        assert_eq!(shown(|shown| show_groups(shown, &v6)), text);
    }
}
