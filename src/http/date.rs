//! Dates of HTTP (RFC 9110 section 5.6.7), in the form that is sent today.

/// A point in time, as days since the first of March in the year 0, and seconds of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) day: u32,
    pub(crate) second: u32,
}

impl Date {
    /// Of `Sun, 06 Nov 1994 08:49:37 GMT`.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        const MONTHS: &[u8] = b"MarAprMayJunJulAugSepOctNovDecJanFeb";
        let marks = [3, 4, 7, 11, 16, 19, 22, 25].map(|at| text.get(at).copied().unwrap_or(0));
        if text.len() != 29 || marks != *b",    :: " || text.get(26..)? != b"GMT" {
            return None;
        }
        let name = text.get(8..11)?;
        let month = MONTHS.as_chunks::<3>().0.iter().position(|month| month == name)? as u32;
        let day = two(text, 5);
        let (century, of_century) = (two(text, 12), two(text, 14));
        let (hour, minute, second) = (two(text, 17), two(text, 20), two(text, 23));
        if day.wrapping_sub(1) > 30
            || century > 99
            || of_century > 99
            || hour > 23
            || minute > 59
            || second > 60
        {
            return None;
        }
        // Years begin in March here, so that a leap day is the last of one.
        let year = century.wrapping_mul(100).wrapping_add(of_century);
        let year = year.wrapping_sub(u32::from(month > 9));
        let day = year
            .wrapping_mul(365)
            .wrapping_add(year >> 2)
            .wrapping_sub(year / 100)
            .wrapping_add(year / 400)
            .wrapping_add(month.wrapping_mul(153).wrapping_add(2) / 5)
            .wrapping_add(day);
        let second =
            hour.wrapping_mul(60).wrapping_add(minute).wrapping_mul(60).wrapping_add(second);
        Some(Self { day, second })
    }

    /// Seconds from `earlier` to this; 0 where it isn't earlier.
    pub(crate) fn since(self, earlier: Self) -> u32 {
        if self <= earlier {
            return 0;
        }
        let days = self.day.wrapping_sub(earlier.day);
        days.saturating_mul(86_400).saturating_add(self.second).saturating_sub(earlier.second)
    }
}

/// Two digits; more than 99 where those are none.
#[inline(never)]
fn two(text: &[u8], at: usize) -> u32 {
    let digit = |at| match text.get(at) {
        Some(byte @ b'0'..=b'9') => u32::from(byte.wrapping_sub(b'0')),
        _ => 100,
    };
    digit(at).wrapping_mul(10).wrapping_add(digit(at.wrapping_add(1)))
}
