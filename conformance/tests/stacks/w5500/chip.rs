//! The chip: registers and memory of its sockets, as far as TCP clients use them, and the peers on its wire.

use conformance::scenario::{Act, Move, Player};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use w5500::register::socketn;

/// What each socket has for each direction after a reset.
pub const MEMORY: usize = 2048;

// Sn_SR
const CLOSED: u8 = 0x00;
const INIT: u8 = 0x13;
const SYN_SENT: u8 = 0x15;
const ESTABLISHED: u8 = 0x17;
const CLOSE_WAIT: u8 = 0x1C;
// Sn_IR
const IR_CON: u8 = 0x01;
const IR_DISCON: u8 = 0x02;
const IR_RECV: u8 = 0x04;
const IR_TIMEOUT: u8 = 0x08;
const IR_SEND_OK: u8 = 0x10;

thread_local! {
    pub static NOW: Cell<u32> = const { Cell::new(0) };
    /// The chip. Here because a stack's poll function is a plain `fn`.
    pub static CHIP: RefCell<Chip> = RefCell::default();
}

/// One of the chip's sockets.
pub struct Socket {
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
    pub fn is_closed(&self) -> bool {
        self.status == CLOSED
    }

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
pub struct Chip {
    pub common: Vec<u8>,
    pub sockets: [Socket; 8],
    pub port: u16,
    pub scripts: VecDeque<Vec<Act>>,
    pub accepted: usize,
    pub heads: Vec<String>,
}

impl Chip {
    /// The peers make their moves.
    pub fn step(&mut self) {
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

    pub fn read(&mut self, block: u8, address: u16, data: &mut [u8]) {
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
                        socket.interrupts |= if refused { IR_TIMEOUT } else { IR_CON };
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

    pub fn write(&mut self, block: u8, address: u16, data: &[u8]) {
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
