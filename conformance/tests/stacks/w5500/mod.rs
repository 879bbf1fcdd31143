//! `w5500` 0.6 on a chip of our own making: the registers and the memory of its sockets behind the
//! driver's `Bus`, as far as TCP clients use them, with a scripted peer on the wire. Time is
//! virtual: a millisecond for each poll.
//!
//! What no client can do on this driver is asserted as that: it reads while the connection is
//! established alone, so what the peer sent before it closed can be lost, and is never taken for
//! the whole.

mod chip;

use chip::{CHIP, Chip, MEMORY, NOW};
use conformance::common::{TestLink, cx};
use conformance::scenario::{Act, Bench, Peer, Refused, Shows, config, run, say};
use safe_http_client::{
    CopyError, FnClock, NalNetwork, Phase, SafeHttpClient, StackQuirks, WithoutDns,
};
use std::convert::Infallible;
use std::net::Ipv4Addr;
use w5500::bus::Bus;
use w5500::register::common;
use w5500::{Device, DeviceState, MacAddress, Manual, Mode, UninitializedDevice};

/// The wires to the chip.
struct Wires;

impl Bus for Wires {
    type Error = Infallible;

    fn read_frame(&mut self, block: u8, address: u16, data: &mut [u8]) -> Result<(), Infallible> {
        CHIP.with_borrow_mut(|chip| chip.read(block, address, data));
        Ok(())
    }

    fn write_frame(&mut self, block: u8, address: u16, data: &[u8]) -> Result<(), Infallible> {
        CHIP.with_borrow_mut(|chip| chip.write(block, address, data));
        Ok(())
    }
}

type Stack = Device<Wires, DeviceState<Manual>>;

/// Time passes, and what happens meanwhile on the wire happens.
fn poll(_: &mut WithoutDns<Stack>, _: &mut TestLink) {
    NOW.set(NOW.get() + 1);
    CHIP.with_borrow_mut(Chip::step);
}

fn network() -> NalNetwork<WithoutDns<Stack>, TestLink> {
    let mut registers = vec![0; 0x40];
    registers[usize::from(common::VERSION)] = 4;
    NOW.set(0);
    CHIP.set(Chip { common: registers, port: 8000, ..Chip::default() });
    let device = UninitializedDevice::new(Wires)
        .initialize_manual(
            MacAddress::new(2, 0, 0, 0, 0, 57),
            Ipv4Addr::new(192, 168, 1, 57),
            Mode::default(),
        )
        .unwrap();
    NalNetwork::without_dns(device, TestLink::up(), StackQuirks::W5500).with_poll(poll)
}

fn clock() -> FnClock<impl Fn() -> u32> {
    FnClock(|| NOW.get())
}

/// The scripted peer on the wire.
struct OnTheWire;

impl Peer for OnTheWire {
    fn play(&mut self, scripts: Vec<Vec<Act>>) -> String {
        CHIP.with_borrow_mut(|chip| {
            // A new port, so that no connection of before is taken for one of now.
            chip.port += 1;
            chip.scripts = scripts.into();
            chip.accepted = 0;
            chip.heads.clear();
            format!("http://192.168.1.20:{}", chip.port)
        })
    }

    fn refusing(&mut self) -> String {
        "http://192.168.1.20:9".into()
    }

    fn accepted(&mut self) -> usize {
        CHIP.with_borrow(|chip| chip.accepted)
    }

    fn heads(&mut self) -> Vec<String> {
        CHIP.with_borrow(|chip| chip.heads.clone())
    }
}

#[test]
fn all_scenarios() {
    let mut cx = cx();
    let shows = Shows { refused: Refused::FirstSend, reset: false, clean_end: false };
    let bench = Bench::new(network(), clock(), config(), &mut cx, OnTheWire, shows);
    run("w5500 0.6", bench);
    CHIP.with_borrow(|chip| {
        assert!(chip.sockets.iter().all(chip::Socket::is_closed));
    });
}

/// The driver reads when the chip's interrupt says that something arrived, and clears it whether it
/// has read everything or not. A read of less than the socket's memory can strand the rest.
#[test]
fn a_buffer_smaller_than_the_sockets_memory_can_strand_the_end_of_a_body() {
    let mut cx = cx();
    let mut client = SafeHttpClient::with_config(network(), clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 1500\r\n\r\n{}", "x".repeat(1500));
    let mut get = |buffer: &mut [u8]| {
        let url = OnTheWire.play(vec![vec![Act::Request, say(&answer)]]);
        let mut response = online.get(url.as_str(), buffer).send().map_err(CopyError::Response)?;
        let mut body = [0; 1500];
        response.copy_to(&mut body.as_mut_slice())
    };
    match get(&mut [0; 512]).expect_err("stranded") {
        CopyError::Response(error) => {
            assert_eq!((error.code(), error.phase), ("idle_timeout", Phase::Body));
        }
        other => panic!("{other:?}"),
    }
    // A buffer that takes all that can be there at once strands nothing.
    assert_eq!(get(&mut [0; MEMORY]).unwrap(), 1500);
    eprintln!("w5500 0.6: small buffer ends in idle_timeout, one of {MEMORY} is enough ok");
}

/// Chunks end anywhere in what a read brings: a size line that was cut must not leave a read so
/// little room that it strands the rest.
#[test]
fn chunks_of_any_size_strand_nothing() {
    let mut cx = cx();
    let mut client = SafeHttpClient::with_config(network(), clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    let (mut sizes, mut stranded) = (0, Vec::new());
    for size in 1..400 {
        let mut answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_string();
        let mut left = 5000;
        while left > 0 {
            let count = size.min(left);
            answer += &format!("{count:x}\r\n{}\r\n", "x".repeat(count));
            left -= count;
        }
        answer += "0\r\n\r\n";
        let url = OnTheWire.play(vec![vec![Act::Request, say(&answer)]]);
        let mut buffer = [0; MEMORY + 128];
        let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
        let mut body = [0; 5000];
        sizes += 1;
        if response.copy_to(&mut body.as_mut_slice()).is_err() {
            stranded.push(size);
        }
    }
    assert!(stranded.is_empty(), "{} of {sizes}: {stranded:?}", stranded.len());
    eprintln!("w5500 0.6: chunks of {sizes} sizes ok");
}

/// The chip has eight sockets; the client uses one at a time and leaks none.
#[test]
fn refusals_leak_no_socket() {
    let mut cx = cx();
    let mut client = SafeHttpClient::with_config(network(), clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 512];
    for _ in 0..20 {
        let url = OnTheWire.refusing();
        let error = online.get(url.as_str(), &mut buffer).send().unwrap_err();
        assert_eq!((error.code(), error.phase), ("connect_failed", Phase::Connect));
        assert_eq!(online.client().evidence().sent, 0);
    }
    eprintln!("w5500 0.6: 20 refusals on 8 sockets ok");
}
