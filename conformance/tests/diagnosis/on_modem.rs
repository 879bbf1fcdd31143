//! What servers answer, over `EspAt` and a simulated modem, in both dialects. (What the modem itself does
//! is `on_esp_at`.)

use crate::answers::{LEFT_OVERS, NO_CONTENT, Served, gzip, on_kept, read_text, served};
use crate::observed::{Case, Demand, On, observe};
use conformance::modem::{HOST, Rig, config};
use esp8266_sim::{Dialect, PeerFactory, Reply, Ssl, canned};
use safe_http_client::esp_at::TlsVerification;
use safe_http_client::{Cause, SafeHttpClient};
use std::sync::Arc;

/// What a fault of this firmware is counted for.
pub fn on(dialect: Dialect) -> On {
    match dialect {
        Dialect::NonOs17 | Dialect::Single17 => On::NonOs,
        Dialect::EspAt2 => On::EspAt2,
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dialect in [Dialect::NonOs17, Dialect::EspAt2] {
        for Served { cause, how, bytes, closes, demand } in served() {
            let network = config(dialect).peer(HOST, 8100, canned(bytes, closes));
            let Rig { handle: _handle, clock, mut modem, mut cx } = Rig::joined(network);
            let mut client = SafeHttpClient::new(&mut modem, &clock);
            let case = Case::new(on(dialect), cause, how).demand(demand);
            cases.push(observe(case, &mut client, &mut cx, "http://192.168.4.20:8100/"));
        }
        let case = |cause, how| Case::new(on(dialect), cause, how);
        cases.push(mistake(dialect, case(Cause::InvalidRequest, "a space in the path")));
        cases.push(compressed(dialect, case(Cause::Compressed, "gzip, where text was asked for")));
        let how = "what belongs to the answer before, in front of the next";
        cases.push(left_overs(dialect, case(Cause::LeftOvers, how)));
        let how = "TLS is refused, and memory is there";
        cases.push(no_tls(dialect, case(Cause::Certificate, how)));
    }
    cases
}

fn mistake(dialect: Dialect, case: Case) -> Case {
    // The modem lives as long as its handle.
    let Rig { handle: _handle, clock, mut modem, mut cx } = Rig::joined(config(dialect));
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    observe(case, &mut client, &mut cx, "http://192.168.4.20/front door")
}

fn compressed(dialect: Dialect, case: Case) -> Case {
    let network = config(dialect).peer(HOST, 8102, canned(gzip(), true));
    let Rig { handle: _handle, clock, mut modem, mut cx } = Rig::joined(network);
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    read_text(case, &mut client, &mut cx, "http://192.168.4.20:8102/")
}

fn left_overs(dialect: Dialect, case: Case) -> Case {
    let server: PeerFactory = Arc::new(|| {
        let mut heard = Vec::new();
        let mut answers = [NO_CONTENT, LEFT_OVERS].into_iter();
        Box::new(move |data: &[u8], reply: &mut Reply| {
            heard.extend_from_slice(data);
            while let Some(end) = heard.windows(4).position(|it| it == b"\r\n\r\n") {
                heard.drain(..end + 4);
                reply.send(answers.next().unwrap_or(NO_CONTENT).as_bytes());
            }
        })
    });
    let Rig { handle: _handle, clock, mut modem, mut cx } =
        Rig::joined(config(dialect).peer(HOST, 8101, server));
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    let case = on_kept(case, &mut client, &mut cx, "http://192.168.4.20:8101/");
    case.demand(Demand::FirstNotCertain("a serial line may have added them"))
}

/// The server's port takes a plain connection, and the firmware says no more of TLS than `ERROR`.
fn no_tls(dialect: Dialect, case: Case) -> Case {
    let mut network = config(dialect).peer(HOST, 443, canned(crate::on_std::OK, true));
    network.ssl = Ssl::Error;
    let Rig { handle: _handle, clock, modem, mut cx } = Rig::joined(network);
    let mut client = SafeHttpClient::new(modem.with_tls(TlsVerification::None), &clock);
    let case = observe(case, &mut client, &mut cx, "https://192.168.4.20/");
    case.demand(Demand::FirstNotCertain("the firmware doesn't say why TLS failed"))
}
