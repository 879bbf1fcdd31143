//! https by `safe-http-client-tls`: certificates made afresh, served by rustls, OpenSSL and nginx.

mod causes;
mod chains;
mod client;
#[path = "../../../tests/common/corpus.rs"]
mod corpus;
mod evil;
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
