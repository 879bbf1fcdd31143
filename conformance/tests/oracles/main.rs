//! The client beside other readers of the same bytes: `httparse`, the URLs of browsers, a plain reader of
//! RFC 9112, and itself with the bytes cut elsewhere. With random input, which shrinks when it fails.

#[path = "../../../tests/common/head_oracle.rs"]
mod head_oracle;
#[path = "../../../tests/common/judge.rs"]
mod judge;
#[path = "../../../tests/common/outcome.rs"]
mod outcome;
#[path = "../../../tests/common/player.rs"]
mod player;

use conformance::common;

mod h11;
mod parser;
mod properties;
mod redirects;
mod urls;
