//! Records and messages of a handshake, sealed with the right keys or not: no panic and no endless wait, and no
//! success without a certificate, a proof of its key and a Finished.
//!
//! The first line says how many bytes a call moves; what follows are steps of the server's: which, how many bytes
//! it takes, and those.

use crate::common::cx;
use crate::evil::{APPLICATION_DATA, Evil, EvilPeer, HANDSHAKE, message, plain};
use crate::input::parts;
use crate::memory::{Fault, Memory};
use crate::served::Served;
use safe_http_client::{Config, FnClock, SafeHttpClient};
use safe_http_client_tls::{
    Authority, FULL_RECORD, FnRandom, Pipe, Tls, WallTime, anchor, session,
};
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

const ROOT: &[u8] = include_bytes!("certificates/root.der");
const SERVER: &[u8] = include_bytes!("certificates/server.der");
const KEY: &[u8] = include_bytes!("certificates/key.der");
/// 2033: the certificates are valid from 2026 on, for a century.
const NOW: WallTime = WallTime::Utc(2_000_000_000);

/// How far a server has been honest: certificate, proof, Finished.
const HONEST: u8 = 3;

/// One step of the server's, and what it takes of the input.
fn step<'d>(evil: &mut Evil, honest: &Cell<u8>, steps: &'d [u8]) -> Option<&'d [u8]> {
    let (&[kind, length], rest) = steps.split_first_chunk::<2>()?;
    let (content, rest) = rest.split_at_checked(usize::from(length)).unwrap_or((rest, &[]));
    let next = |from: u8| {
        if honest.get() == from {
            honest.set(from + 1);
        }
    };
    match kind % 10 {
        0 => evil.honest_start(),
        1 => {
            next(0);
            let certificate = evil.certificate();
            evil.messages(&[&certificate]);
        }
        2 => {
            next(1);
            let proof = evil.proof();
            evil.messages(&[&proof]);
        }
        3 => {
            next(2);
            evil.finish();
        }
        4 if content.len() < 16_000 => evil.seal(content),
        5 => evil.out.extend(plain(content.first().copied().unwrap_or(HANDSHAKE), content)),
        6 => evil.out.extend_from_slice(content),
        7 => {
            let (first, rest) = content.split_first().unwrap_or((&4, &[]));
            evil.messages(&[&message(*first, rest)]);
        }
        8 => evil.say(APPLICATION_DATA, content),
        _ => evil.say(APPLICATION_DATA, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    }
    Some(rest)
}

pub fn run(data: &[u8]) {
    let (mut control, steps) = parts(data);
    let segment = crate::input::size(control.next().unwrap_or(b'0'));
    let cut = control.next().filter(|&byte| byte != b'0');

    let served = Served { chain: vec![SERVER.to_vec()], key: KEY.to_vec(), root: ROOT.to_vec() };
    let honest = Rc::new(Cell::new(0));
    let left = Rc::new(Cell::new(steps.to_vec()));
    let script = |stops_at_finish: bool| {
        let (honest, left) = (honest.clone(), left.clone());
        move |evil: &mut Evil| {
            let all = left.take();
            let mut rest = all.as_slice();
            while let Some(after) = step(evil, &honest, rest) {
                let was_finish = rest.first().is_some_and(|kind| kind % 10 == 3);
                rest = after;
                if stops_at_finish && was_finish {
                    break;
                }
            }
            left.set(rest.to_vec());
        }
    };
    let mut network = Memory::new(EvilPeer::new(&served, script(true), script(false)));
    network.segment = segment;
    if let Some(byte) = cut {
        network.fault = Fault::End(usize::from(byte) * 8);
    }

    let Ok(root) = anchor(ROOT) else { panic!("the root is one") };
    let anchors = [root];
    let pipe = Pipe::new();
    let (mut read, mut write) = (vec![0; FULL_RECORD], vec![0; 1024]);
    let mut state = 0x9e37_79b9_u32;
    let random = FnRandom(move |bytes: &mut [u8]| {
        for byte in bytes {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (state >> 24) as u8;
        }
    });
    let session =
        pin!(session(&pipe, &mut read, &mut write, Authority::new(&anchors, NOW), random));
    let mut tls = Tls::new(&mut network, &pipe, session);
    let ticks = Cell::new(0);
    let clock = FnClock(|| ticks.replace(ticks.get() + 1));
    let patience = Duration::from_millis(5000);
    let config = Config::new()
        .connect_timeout(patience)
        .response_timeout(patience)
        .idle_timeout(patience)
        .total_timeout(Some(Duration::from_millis(100_000)));
    let mut cx = cx();
    let mut client = SafeHttpClient::with_config(&mut tls, clock, config);
    let mut buffer = [0; 1024];
    let Ok(mut online) = client.online(&mut cx) else { panic!("the link is up") };
    let result = online.get("https://gate.test/", &mut buffer).send();
    let is_answered = result.map(|mut response| response.read_to_end().is_ok()).is_ok();
    assert!(!is_answered || honest.get() == HONEST, "a success of step {}", honest.get());
    drop(client);
    drop(tls);
    assert_eq!(network.closed, 1, "each socket is closed once");
}
