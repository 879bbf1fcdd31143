//! Nothing: the programs are in `cases`, and `tests/misuse.rs` compiles them.
