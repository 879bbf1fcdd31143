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
        let [_, _, _, b',', b' ', d, a, b' ', m, o, n, b' ', c, e, y, r, b' ', rest @ ..] = text
        else {
            return None;
        };
        let [h, i, b':', j, k, b':', s, t, b' ', b'G', b'M', b'T'] = rest else { return None };
        let name = [*m, *o, *n];
        let month = MONTHS.as_chunks::<3>().0.iter().position(|month| *month == name)? as u32;
        let (day, century, of_century) = (two(d, a), two(c, e), two(y, r));
        let (hour, minute, second) = (two(h, i), two(j, k), two(s, t));
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
fn two(tens: &u8, ones: &u8) -> u32 {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if tens.max(ones) > 9 {
        100
    } else {
        u32::from(tens).wrapping_mul(10).wrapping_add(ones.into())
    }
}
