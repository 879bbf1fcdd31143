//! `w5500` 0.6 on a chip of our own making: the registers and the memory of its sockets behind the
//! driver's `Bus`, as far as TCP clients use them, with a scripted peer on the wire. Time is
//! virtual: a millisecond for each poll.
//!
//! What no client can do on this driver is asserted as that: it reads while the connection is
//! established alone, so what the peer sent before it closed can be lost, and is never taken for
//! the whole.

use conformance::common::{TestLink, cx};
use conformance::scenario::{Act, Bench, Move, Peer, Player, Refused, Shows, config, run, say};
use safe_http_client::{
    CopyError, FnClock, NalNetwork, Phase, SafeHttpClient, StackQuirks, WithoutDns,
};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use w5500::bus::Bus;
use w5500::register::{common as chip, socketn};
use w5500::{Device, DeviceState, MacAddress, Manual, Mode, UninitializedDevice};

/// What each socket has for each direction after a reset.
const MEMORY: usize = 2048;

// Sn_SR
const CLOSED: u8 = 0x00;
const INIT: u8 = 0x13;
const SYN_SENT: u8 = 0x15;
const ESTABLISHED: u8 = 0x17;
const CLOSE_WAIT: u8 = 0x1C;
// Sn_IR
const IR_DISCON: u8 = 0x02;
const IR_RECV: u8 = 0x04;
const IR_TIMEOUT: u8 = 0x08;
const IR_SEND_OK: u8 = 0x10;

thread_local! {
    static NOW: Cell<u32> = const { Cell::new(0) };
    /// The chip. Here because a stack's poll function is a plain `fn`.
    static CHIP: RefCell<Chip> = RefCell::default();
}

/// One of the chip's sockets.
struct Socket {
    /// The registers as they were written; those that the chip owns are filled in when read.
    registers: [u8; 0x30],
    status: u8,
    interrupts: u8,
    tx: [u8; MEMORY],
    rx: [u8; MEMORY],
    /// Where sending goes on, where arrivals are put, and what was read of them.
    tx_read: u16,
    rx_write: u16,
    rx_read: u16,
    /// The peer, while there is a connection.
    player: Option<Player>,
    /// What the peer sent and the memory had no room for: TCP holds it back.
    held_back: VecDeque<u8>,
    /// Looks at the status until a connect is decided.
    undecided: u8,
}

impl Default for Socket {
    fn default() -> Self {
        Self {
            registers: [0; 0x30],
            status: CLOSED,
            interrupts: 0,
            tx: [0; MEMORY],
            rx: [0; MEMORY],
            tx_read: 0,
            rx_write: 0,
            rx_read: 0,
            player: None,
            held_back: VecDeque::new(),
            undecided: 0,
        }
    }
}

impl Socket {
    fn word(&self, address: u16) -> u16 {
        let at = usize::from(address);
        u16::from_be_bytes([self.registers[at], self.registers[at + 1]])
    }

    fn set_word(&mut self, address: u16, value: u16) {
        let at = usize::from(address);
        self.registers[at..at + 2].copy_from_slice(&value.to_be_bytes());
    }

    fn unread(&self) -> u16 {
        self.rx_write.wrapping_sub(self.rx_read)
    }

    fn close(&mut self) {
        self.status = CLOSED;
        self.player = None;
        self.held_back.clear();
    }
}

#[derive(Default)]
struct Chip {
    common: Vec<u8>,
    sockets: [Socket; 8],
    port: u16,
    scripts: VecDeque<Vec<Act>>,
    accepted: usize,
    heads: Vec<String>,
}

impl Chip {
    /// The peers make their moves.
    fn step(&mut self) {
        for socket in &mut self.sockets {
            if socket.status != ESTABLISHED {
                continue;
            }
            let Some(player) = &mut socket.player else { continue };
            while socket.held_back.is_empty()
                && let Some(made) = player.next(NOW.get())
            {
                match made {
                    Move::Send(bytes) => socket.held_back.extend(bytes),
                    Move::Fin => {
                        socket.status = CLOSE_WAIT;
                        socket.interrupts |= IR_DISCON;
                        break;
                    }
                    Move::Reset => {
                        socket.status = CLOSED;
                        socket.interrupts |= IR_DISCON;
                        break;
                    }
                }
                // What fits arrives before the next move.
                arrive(
                    &mut socket.held_back,
                    &mut socket.rx,
                    &mut socket.rx_write,
                    socket.rx_read,
                    &mut socket.interrupts,
                );
            }
            self.heads.append(&mut player.heads);
            arrive(
                &mut socket.held_back,
                &mut socket.rx,
                &mut socket.rx_write,
                socket.rx_read,
                &mut socket.interrupts,
            );
        }
    }

    fn command(&mut self, number: usize, command: u8) {
        let port = self.port;
        let socket = &mut self.sockets[number];
        match command {
            // OPEN; only TCP is of interest here.
            0x01 => {
                assert_eq!(socket.registers[0], 1, "Sn_MR says TCP");
                socket.close();
                socket.status = INIT;
                (socket.tx_read, socket.rx_read, socket.rx_write) = (0, 0, 0);
                socket.set_word(socketn::TX_DATA_WRITE_POINTER, 0);
                socket.set_word(socketn::RX_DATA_READ_POINTER, 0);
            }
            // CONNECT
            0x04 => {
                assert_eq!(socket.status, INIT, "opened before it connects");
                socket.status = SYN_SENT;
                socket.undecided = 3;
                if socket.word(socketn::DESTINATION_PORT) == port {
                    let script = self.scripts.pop_front().unwrap_or_default();
                    socket.player = Some(Player::new(script));
                    self.accepted += 1;
                }
            }
            // CLOSE
            0x10 => socket.close(),
            // SEND
            0x20 => {
                assert_eq!(socket.status, ESTABLISHED);
                let end = socket.word(socketn::TX_DATA_WRITE_POINTER);
                let mut bytes = Vec::new();
                while socket.tx_read != end {
                    bytes.push(socket.tx[usize::from(socket.tx_read) % MEMORY]);
                    socket.tx_read = socket.tx_read.wrapping_add(1);
                }
                socket.player.as_mut().unwrap().take(&bytes);
                socket.interrupts |= IR_SEND_OK;
            }
            // RECV: what was read makes room. The interrupt is a latch that arrivals set: what is
            // left unread doesn't set it again.
            0x40 => socket.rx_read = socket.word(socketn::RX_DATA_READ_POINTER),
            _ => panic!("command {command:#x}"),
        }
    }

    fn read(&mut self, block: u8, address: u16, data: &mut [u8]) {
        let at = usize::from(address);
        if block == 0 {
            data.copy_from_slice(&self.common[at..at + data.len()]);
            return;
        }
        let socket = &mut self.sockets[usize::from(block / 4)];
        match block % 4 {
            1 => {
                if address == socketn::STATUS && socket.status == SYN_SENT {
                    socket.undecided -= 1;
                    if socket.undecided == 0 {
                        let refused = socket.player.is_none();
                        socket.status = if refused { CLOSED } else { ESTABLISHED };
                        socket.interrupts |= if refused { IR_TIMEOUT } else { 0x01 };
                    }
                }
                socket.registers[usize::from(socketn::STATUS)] = socket.status;
                socket.registers[usize::from(socketn::INTERRUPT)] = socket.interrupts;
                // A SEND is done at once here, so all of the memory is free.
                socket.set_word(socketn::TX_FREE_SIZE, MEMORY as u16);
                socket.set_word(socketn::RECEIVED_SIZE, socket.unread());
                data.copy_from_slice(&socket.registers[at..at + data.len()]);
            }
            3 => {
                for (offset, byte) in data.iter_mut().enumerate() {
                    *byte = socket.rx[(at + offset) % MEMORY];
                }
            }
            _ => panic!("nobody reads what is to be sent"),
        }
    }

    fn write(&mut self, block: u8, address: u16, data: &[u8]) {
        let at = usize::from(address);
        if block == 0 {
            self.common[at..at + data.len()].copy_from_slice(data);
            return;
        }
        let number = usize::from(block / 4);
        let socket = &mut self.sockets[number];
        match (block % 4, address) {
            (1, socketn::COMMAND) => self.command(number, data[0]),
            // Ones clear.
            (1, socketn::INTERRUPT) => socket.interrupts &= !data[0],
            (1, _) => socket.registers[at..at + data.len()].copy_from_slice(data),
            (2, _) => {
                for (offset, byte) in data.iter().enumerate() {
                    socket.tx[(at + offset) % MEMORY] = *byte;
                }
            }
            _ => panic!("nobody writes what arrives"),
        }
    }
}

/// Puts what fits into a socket's memory.
fn arrive(
    from: &mut VecDeque<u8>,
    memory: &mut [u8; MEMORY],
    write: &mut u16,
    read: u16,
    interrupts: &mut u8,
) {
    while usize::from(write.wrapping_sub(read)) < MEMORY
        && let Some(byte) = from.pop_front()
    {
        memory[usize::from(*write) % MEMORY] = byte;
        *write = write.wrapping_add(1);
        *interrupts |= IR_RECV;
    }
}

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
    let mut common = vec![0; 0x40];
    common[usize::from(chip::VERSION)] = 4;
    NOW.set(0);
    CHIP.set(Chip { common, port: 8000, ..Chip::default() });
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
        assert!(chip.sockets.iter().all(|socket| socket.status == CLOSED));
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
