//! The reader of the modem's lines, through the driver: noise between requests, at moments that the
//! input chooses, and a modem that works. Control: dialect; whether data come unasked; what happens
//! after each piece. The noise is cut into pieces at each byte 0xFF.

use crate::esp_at_common::{Driver, Rig, config};
use crate::input::parts;
use esp8266_sim::{Dialect, Fault, When};
use safe_http_client::{Link, SafeHttpClient};
use std::time::Duration;

const URL: &str = "http://192.168.4.20:81/";

/// More is slow, and finds nothing else.
const MOST: usize = 512;

/// Once the modem works, requests do, after what noise has made of its state.
const RECOVERY: Duration = Duration::from_secs(60);

/// The longest that one GET may take: its deadlines, and the driver's own patience.
const LONGEST: Duration = Duration::from_secs(90);

pub fn run(data: &[u8]) {
    let (mut control, noise) = parts(data);
    if noise.len() > MOST {
        return;
    }
    let mut config = config(Dialect::ALL[control.pick(2)]);
    if control.pick(2) == 1 {
        config = config.fault(Fault::NoPassiveMode, When::Always);
    }
    let mut rig = Rig::joined(config);
    for piece in noise.split(|&byte| byte == 0xff).take(8) {
        rig.handle.inject(piece);
        let begin = rig.now();
        match control.pick(4) {
            0 => drop(rig.get(URL)),
            // The line is looked at, and nothing is asked.
            1 => drop(rig.modem.link_status()),
            2 => drop(rig.modem.rssi(&mut rig.cx)),
            _ => get_in_small_steps(&mut rig, piece),
        }
        let took = rig.now() - begin;
        assert!(took < LONGEST, "{took:?} after {}", piece.escape_ascii());
    }
    let (_, recovered) = rig.get_until_ok(URL, RECOVERY);
    assert!(recovered, "for ever after {}\n{:#?}", noise.escape_ascii(), rig.handle.log());
}

/// A GET into whose answers the noise falls, too.
fn get_in_small_steps(rig: &mut Rig, noise: &[u8]) {
    let Rig { modem, clock, cx, handle } = rig;
    let modem: &mut Driver = modem;
    let client = SafeHttpClient::new(modem, &*clock);
    let Ok(mut online) = client.wait_online(cx) else { return };
    let mut buffer = [0; 512];
    let Ok(mut exchange) = online.get(cx, URL, &mut buffer).start() else { return };
    let mut pieces = noise.chunks(3);
    for _ in 0..100_000 {
        match exchange.poll(cx) {
            Err(embedded_nal::nb::Error::WouldBlock) => {}
            Err(embedded_nal::nb::Error::Other(_)) => return,
            Ok(()) => break,
        }
        if let Some(piece) = pieces.next() {
            handle.inject(piece);
        }
    }
}
