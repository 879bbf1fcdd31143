//! What servers answer, over `EspAt` and a simulated modem, in both dialects. (What the modem itself does
//! is `on_esp_at`.)

use crate::answers::{Served, served};
use crate::observed::{Case, On, observe};
use crate::rig::{Rig, config};
use conformance::modem::HOST;
use esp8266_sim::{Dialect, canned};
use safe_http_client::{Cause, SafeHttpClient};

fn on(dialect: Dialect) -> On {
    match dialect {
        Dialect::EspAt2 => On::EspAt2,
        _ => On::NonOs,
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dialect in [Dialect::NonOs17, Dialect::EspAt2] {
        for Served { cause, how, bytes, closes, demand } in served() {
            let network = config(dialect).peer(HOST, 8100, canned(bytes, closes));
            let Rig { handle, clock, mut modem, mut cx } = Rig::joined(network);
            let mut client = SafeHttpClient::new(&mut modem, &clock);
            let case = Case::new(on(dialect), cause, how).demand(demand);
            cases.push(observe(case, &mut client, &mut cx, "http://192.168.4.20:8100/"));
            drop(handle);
        }
        let Rig { handle, clock, mut modem, mut cx } = Rig::joined(config(dialect));
        let mut client = SafeHttpClient::new(&mut modem, &clock);
        let case = Case::new(on(dialect), Cause::InvalidRequest, "a space in the path");
        cases.push(observe(case, &mut client, &mut cx, "http://192.168.4.20/front door"));
        drop(handle);
    }
    cases
}
