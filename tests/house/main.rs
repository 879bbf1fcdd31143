//! The rules of the house that no compiler checks: what a room may import, how long a file may be, that
//! what is logged on a chip holds no text, that what the README tells to type is run, as is all of the gate,
//! and that the files that pages name are there.

mod defmt_texts;
mod gate;
mod imports;
mod pages;
mod readme;
mod sources;
