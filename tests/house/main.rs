//! The rules of the house that no compiler checks: what a room may import, how long a file may be, and
//! that what is logged on a chip holds no text.

mod defmt_texts;
mod imports;
mod sources;
