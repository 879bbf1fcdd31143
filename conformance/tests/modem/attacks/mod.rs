//! What an attacker, or a bad line, did to the driver: each kind, with its relatives. In passive mode nothing
//! but what the peer sent is ever given out.

mod data;
mod hostile_lines;
mod names;
mod texts;

use conformance::modem::*;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use esp8266_sim::{AccessPoint, Config, Dialect, Edit, Fault, PeerFactory, Reply, When};
use safe_http_client::esp_at::{EspAt, EspAtError, Join, JoinError, Setting, TlsVerification};
use safe_http_client::{Link, LinkStatus, Network, NoTls, SafeHttpClient};
use std::collections::BTreeMap;
use std::sync::Arc;

const URL: &str = "http://192.168.4.20:81/";

/// Sends a body in one piece as soon as it hears something.
fn speaks(body: &'static [u8]) -> PeerFactory {
    Arc::new(move || {
        Box::new(move |_: &[u8], reply: &mut Reply| {
            reply.send(body).close();
        })
    })
}

/// `HOSTILE=full cargo test --release -p conformance --test modem -- --nocapture hostile what_is_given`
fn long() -> bool {
    std::env::var_os("HOSTILE").is_some_and(|it| it == "full")
}
