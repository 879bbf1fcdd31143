//! https by `safe-http-client-tls`: certificates made afresh, served by rustls, OpenSSL and nginx.

mod asynch;
mod causes;
mod chains;
mod client;
#[allow(dead_code, reason = "another test needs the rest of it")]
#[path = "../../../tests/common/corpus.rs"]
mod corpus;
mod evil;
mod exchanges;
mod hostile;
mod kinds;
mod memory;
#[path = "../../../tests/common/outcome.rs"]
mod outcome;
mod programs;
mod responses;
mod rules;
mod rustls_peer;
mod rustls_server;
mod scenarios;
mod served;
