//! https, verified.
#![no_std]
#![no_main]

use core::pin::pin;
use cortex_m_semihosting::hprintln;
use safe_http_client::{LoopContext, NalNetwork, SafeHttpClient, StackQuirks};
use safe_http_client_tls::{
    Authority, FULL_RECORD, FnRandom, Pipe, Tls, WallTime, anchor, session,
};
use tls_bench::{Patient, Up, Wire, measure, start};

const ROOT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/root.der"));

/// Seconds since 1970, as run.py says.
const NOW: u64 = match u64::from_str_radix(env!("TLS_BENCH_NOW"), 10) {
    Ok(seconds) => seconds,
    Err(_) => 0,
};

#[cortex_m_rt::entry]
fn main() -> ! {
    start();
    let Some(mut cx) = LoopContext::take() else { panic!() };
    let mut buffer = [0; 1024];
    // The same in each run, so that the figures are. **Never do that outside of a bench.**
    let mut state = 0x2545_f491_u32;
    let random = FnRandom(move |bytes: &mut [u8]| {
        for byte in bytes {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            *byte = state as u8;
        }
    });
    let Ok(root) = anchor(ROOT) else { panic!() };
    let anchors = [root];
    let pipe = Pipe::new();
    let (mut read, mut write) = ([0; FULL_RECORD], [0; 1024]);
    let verify = Authority::new(&anchors, WallTime::Utc(NOW));
    let session = session(&pipe, &mut read, &mut write, verify, random);
    hprintln!("pipe: {} bytes", size_of_val(&pipe));
    hprintln!("session: {} bytes", size_of_val(&session));
    let session = pin!(session);
    let mut tls = Tls::new(NalNetwork::new(Wire, Up, StackQuirks::UNKNOWN), &pipe, session);
    let mut client = SafeHttpClient::new(&mut tls, Patient);
    let Ok(online) = client.online(&mut cx) else { panic!() };
    measure("https", online, &mut buffer)
}
