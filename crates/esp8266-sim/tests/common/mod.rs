//! A modem in lock-step with what tests say to it.

#![allow(dead_code)] // Each test file uses its part.

use std::time::Duration;

use embedded_io::Write;
use esp8266_sim::{Config, Dialect, Handle, Modem, SerialPort, Simulator, VirtualClock};

pub const HOST: [u8; 4] = [192, 168, 4, 20];
pub const NONOS: Dialect = Dialect::NonOs17;
pub const AT2: Dialect = Dialect::EspAt2;

/// Opens link 0 to the peer at `HOST`.
pub const START: &str = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80";
pub const OK: &str = "\r\nOK\r\n";
pub const ERROR: &str = "\r\nERROR\r\n";

pub struct Rig {
    pub handle: Handle,
    pub port: SerialPort,
    pub clock: VirtualClock,
    pub dialect: Dialect,
}

impl Rig {
    /// Booted, without the echo.
    pub fn new(config: Config) -> Rig {
        let dialect = config.dialect;
        let (handle, port, clock) = Simulator::lockstep(config.booted());
        let mut rig = Rig { handle, port, clock, dialect };
        rig.ask("ATE0");
        rig
    }

    /// Without its faults it is as any other.
    pub fn is_well(&mut self) {
        self.handle.clear_faults();
        assert_eq!(self.ask("AT"), OK);
    }

    /// A station that has joined, with five links.
    pub fn joined(config: Config) -> Rig {
        let mut rig = Rig::new(config);
        rig.join();
        assert!(rig.ask("AT+CIPMUX=1").ends_with("OK\r\n"));
        rig
    }

    /// As [`Rig::joined`], in passive mode.
    pub fn passive(config: Config) -> Rig {
        let mut rig = Rig::joined(config);
        assert!(rig.ask("AT+CIPRECVMODE=1").ends_with("OK\r\n"));
        rig
    }

    pub fn join(&mut self) {
        assert!(self.ask(&self.cur("CWMODE", "=1")).ends_with("OK\r\n"));
        let answer = self.ask(&self.cur("CWJAP", "=\"sim\",\"simsimsim\""));
        assert_eq!(answer, "WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n");
    }

    /// `AT+NAME_CUR…` on NonOS, `AT+NAME…` on ESP-AT.
    pub fn cur(&self, name: &str, rest: &str) -> String {
        match self.dialect {
            Dialect::NonOs17 | Dialect::Single17 => format!("AT+{name}_CUR{rest}"),
            Dialect::EspAt2 => format!("AT+{name}{rest}"),
        }
    }

    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        Write::write_all(&mut self.port, bytes.as_ref()).unwrap();
    }

    /// What has been said so far; no time passes.
    pub fn heard(&mut self) -> String {
        let mut output = Vec::new();
        self.handle.with_modem(|modem| modem.take_output(&mut output));
        output.escape_default_bytes()
    }

    /// What is said within this time.
    pub fn hear(&mut self, time: Duration) -> String {
        self.clock.advance(time);
        self.heard()
    }

    /// A command and all that is said until the modem is done with it.
    pub fn ask(&mut self, command: &str) -> String {
        self.ask_bytes(command.as_bytes())
    }

    pub fn ask_bytes(&mut self, command: &[u8]) -> String {
        self.write(command);
        self.write("\r\n");
        self.settle()
    }

    /// Time passes in small steps until the modem is done.
    pub fn settle(&mut self) -> String {
        let mut heard = String::new();
        for _ in 0..60_000 {
            let done = |modem: &mut Modem| !modem.is_busy() && !modem.in_flight();
            let done = self.handle.with_modem(done);
            heard += &self.heard();
            if done {
                break;
            }
            self.clock.advance(Duration::from_millis(1));
        }
        heard
    }

    /// Sends data on link 0; tells what is said from the prompt on.
    pub fn send(&mut self, data: &[u8]) -> String {
        let prompt = self.ask(&format!("AT+CIPSEND=0,{}", data.len()));
        assert!(prompt.contains('>'), "{prompt}");
        self.write(data);
        self.settle()
    }
}

/// Bytes as text, where what isn't ASCII shows as an escape and line ends stay.
pub trait EscapeBytes {
    fn escape_default_bytes(&self) -> String;
}

impl EscapeBytes for Vec<u8> {
    fn escape_default_bytes(&self) -> String {
        let mut text = String::new();
        for &byte in self {
            match byte {
                b'\r' | b'\n' | b' '..=b'~' => text.push(byte as char),
                _ => text += &format!("\\x{byte:02x}"),
            }
        }
        text
    }
}

pub fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}
