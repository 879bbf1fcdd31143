//! What public reports showed, row by row: the inputs of people who do this job, and what this client makes of
//! them. A message that sends a person the wrong way is wrong, so that the words are looked at, too.

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod banners;
mod folds;
mod kept;
mod urls;
