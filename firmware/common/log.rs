//! The sketch's lines, by defmt.

use core::fmt::Arguments;
use defmt::Display2Format;

/// A line of the sketch.
macro_rules! say {
    ($($text:tt)*) => { $crate::board::line(format_args!($($text)*)) };
}

/// What didn't work.
macro_rules! trouble {
    ($($text:tt)*) => { $crate::board::trouble_line(format_args!($($text)*)) };
}

pub(crate) use {say, trouble};

pub fn line(text: Arguments<'_>) {
    defmt::info!("{}", Display2Format(&text));
}

pub fn trouble_line(text: Arguments<'_>) {
    defmt::warn!("{}", Display2Format(&text));
}
