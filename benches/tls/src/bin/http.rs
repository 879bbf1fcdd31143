//! http, to compare with.
#![no_std]
#![no_main]

use safe_http_client::{LoopContext, NalNetwork, SafeHttpClient, StackQuirks};
use tls_bench::{Patient, Up, Wire, measure, start};

#[cortex_m_rt::entry]
fn main() -> ! {
    start();
    let Some(mut cx) = LoopContext::take() else { panic!() };
    let mut buffer = [0; 1024];
    let mut network = NalNetwork::new(Wire, Up, StackQuirks::UNKNOWN);
    let mut client = SafeHttpClient::new(&mut network, Patient);
    let Ok(online) = client.online(&mut cx) else { panic!() };
    measure("http", online, &mut buffer)
}
