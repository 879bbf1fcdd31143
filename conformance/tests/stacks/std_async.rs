//! `std-embedded-nal-async` 0.4 on the operating system's own sockets, with the client whose calls are awaited.

use conformance::awaited::{Io, IoTimer};
use conformance::common::cx;
use conformance::scenario::{Bench, Refused, Shows, config, run};
use conformance::server::Server;
use safe_http_client::PcLink;
use safe_http_client::asynch::NalNetwork;

#[test]
fn all_scenarios() {
    let mut cx = cx();
    let stack = std_embedded_nal_async::Stack::default();
    let network = NalNetwork::new(&stack, &stack, PcLink);
    let shows = Shows { refused: Refused::Connect, reset: true, clean_end: true };
    let server = Server::default();
    let bench = Bench::awaited(network, IoTimer::start(), config(), &mut cx, Io, server, shows);
    run("std-embedded-nal-async 0.4", bench);
}
