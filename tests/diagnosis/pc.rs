//! A PC with the std stack asks itself: that is no mistake there, and some causes can't be.

use crate::common::tools::says;
use crate::common::{TestClock, cx};
use crate::field::causes;
use safe_http_client::{Cause, Config, Preflight, SafeHttpClient, StackFault, StackQuirks};
use std::net::{Ipv4Addr, TcpListener};

#[test]
fn a_loopback_target_on_a_pc_is_this_machine() {
    use safe_http_client::{NalNetwork, PcLink};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let mut cx = cx();
    let network = NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD);
    let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
    let report = client.diagnose(&mut cx, url.as_str());
    assert_eq!(causes(report.diagnosis()), [Cause::NothingListens], "{report}");
    assert_eq!(report.diagnosis().unwrap().evidence().fault, StackFault::Refused);
    says(
        "a refused port of this machine",
        &report.to_string(),
        &["target ok this machine"],
        &["another host", "127.0.0.1 only", "event handler", "serial", "gateway", "subnet ok"],
    );
    #[cfg(feature = "advice")]
    says("its advice", &report.to_string(), &["of this machine", "that the server runs"], &[]);
}

/// The std stack as the quick start attaches it: what its errors stand for is known without being told.
#[test]
fn the_std_stack_of_the_quick_start_knows_its_faults() {
    use safe_http_client::{LinkEvents, NalNetwork, StdClock};
    static EVENTS: LinkEvents = LinkEvents::new();
    EVENTS.got_ip(Ipv4Addr::new(192, 168, 1, 57));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut cx = cx();
    let stack = std_embedded_nal::Stack;
    let config = Config::new().without_preflight(Preflight::Target);
    let network = NalNetwork::new(stack, &EVENTS, StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, StdClock::new(), config);
    let url = format!("http://{address}/");
    let sent = client.online(&mut cx).unwrap().get(url.as_str(), [0; 512]).send().map(|_| ());
    let diagnosis = client.diagnosis(&sent.unwrap_err());
    assert_eq!(diagnosis.evidence().fault, StackFault::Refused);
    assert_eq!(diagnosis.cause(), Cause::NothingListens);
    assert!(!causes(Some(&diagnosis)).contains(&Cause::EventHandler), "{diagnosis}");
}
