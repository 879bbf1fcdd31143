//! Dates of HTTP (RFC 9110 section 5.6.7), in the form that is sent today.

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn parse(text: &[u8]) -> Option<u64> {
    let (_, rest) = text.split_at_checked(5)?;
    if text.get(3..5)? != b", " || rest.len() != 24 || rest.get(20..)? != b" GMT" {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = rest.get(from..to)?;
        digits.iter().all(u8::is_ascii_digit).then(|| {
            digits.iter().fold(0u64, |sum, digit| {
                sum.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')))
            })
        })
    };
    let month = match rest.get(3..6)? {
        b"Jan" => 1u64,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    };
    let (day, year) = (number(0, 2)?, number(7, 11)?);
    let (hour, minute, second) = (number(12, 14)?, number(15, 17)?, number(18, 20)?);
    if !(1..=31).contains(&day) || year < 1970 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days from the civil date: years begin in March, so that a leap day is the last of one.
    let year = if month <= 2 { year.wrapping_sub(1) } else { year };
    let month = month.wrapping_add(9) % 12;
    let of_year = month.wrapping_mul(153).wrapping_add(2) / 5;
    let days = (year.wrapping_mul(365))
        .wrapping_add(year / 4)
        .wrapping_sub(year / 100)
        .wrapping_add(year / 400)
        .wrapping_add(of_year)
        .wrapping_add(day)
        .checked_sub(719_469)?;
    let seconds =
        hour.wrapping_mul(3600).wrapping_add(minute.wrapping_mul(60)).wrapping_add(second);
    Some(days.wrapping_mul(86_400).wrapping_add(seconds))
}
