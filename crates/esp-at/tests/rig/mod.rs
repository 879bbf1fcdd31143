//! The driver, and a modem whose every word is said by the test.
#![allow(dead_code, reason = "each test uses its part of it")]

use embedded_io::{ErrorType, Write};
use embedded_nal::TcpClientStack;
use esp_at::nal_link::{Clock, FnClock, Link, LinkStatus, Network, nb};
use esp_at::{EspAt, EspAtError, Join, SerialPort, SerialRx, Socket};
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;

pub const JOIN: &str = "AT+CWJAP_CUR=\"sim\",\"simsimsim\"";
pub const JOINED: &str = "WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK";
pub const ADDRESS: &str = "+CIPSTA_CUR:ip:\"192.168.4.2\"\r\n+CIPSTA_CUR:gateway:\"192.168.4.1\"\r\n\
                       +CIPSTA_CUR:netmask:\"255.255.255.0\"\r\n\r\nOK";
pub const SERVERS: &str = "+CIPDNS_CUR:192.168.4.1\r\n\r\nOK";

pub const PEER: ([u8; 4], u16) = ([192, 168, 4, 20], 80);

/// What the driver has written since somebody looked.
#[derive(Clone, Default)]
pub struct Written(Rc<RefCell<Vec<u8>>>);

impl ErrorType for Written {
    type Error = Infallible;
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

type Modem<C> = EspAt<SerialPort<'static, Written, 2048>, C>;

pub struct Rig<C> {
    pub modem: Modem<C>,
    rx: &'static SerialRx<2048>,
    written: Written,
    now: Rc<Cell<u32>>,
}

/// A started modem of the 1.7 dialect, on no access point.
pub fn rig() -> Rig<impl Clock> {
    rig_of(&[("AT+CIPRECVMODE=1", "OK")])
}

/// The same, with other answers to the question for passive mode.
pub fn rig_of(passive: &[(&str, &str)]) -> Rig<impl Clock + use<>> {
    let rx: &SerialRx<2048> = Box::leak(Box::new(SerialRx::new()));
    let (written, now) = (Written::default(), Rc::new(Cell::new(0)));
    let clock = FnClock({
        let now = now.clone();
        move || now.get()
    });
    let modem = EspAt::new(rx.with_tx(written.clone()), clock);
    let mut rig = Rig { modem, rx, written, now };
    rig.modem.poll_network();
    rig.answer("ATE0", "OK");
    rig.started_with(passive);
    rig
}

impl<C: Clock> Rig<C> {
    /// The start-up behind `ATE0`.
    pub fn started(&mut self) {
        self.started_with(&[("AT+CIPRECVMODE=1", "OK")]);
    }

    /// The same, up to where the modem is asked for its access point or told to join it.
    pub fn started_up_to_the_station(&mut self) {
        self.set_up_with(&[("AT+CIPRECVMODE=1", "OK")]);
    }

    fn started_with(&mut self, passive: &[(&str, &str)]) {
        self.set_up_with(passive);
        self.pass(300);
        self.answer("AT+CIPSTATUS", "STATUS:5\r\nOK");
    }

    fn set_up_with(&mut self, passive: &[(&str, &str)]) {
        let before = [
            ("AT+GMR", "AT version:1.7.4.0(May 11 2020)\r\nOK"),
            ("AT+CWMODE_CUR=1", "OK"),
            ("AT+CIPMUX=1", "OK"),
        ];
        let behind = [("AT+CIPDINFO=0", "OK")];
        for (command, answer) in before.iter().chain(passive).chain(&behind) {
            // A refusal is believed when it comes again, after a pause.
            self.pass(300);
            self.answer(command, answer);
        }
    }

    pub fn map(self, change: impl FnOnce(Modem<C>) -> Modem<C>) -> Self {
        Self { modem: change(self.modem), ..self }
    }

    pub fn says(&mut self, line: &str) {
        self.says_bytes(&[line.as_bytes(), b"\r\n"].concat());
    }

    /// Without a line's end.
    pub fn says_bytes(&mut self, bytes: &[u8]) {
        assert!(bytes.iter().all(|byte| self.rx.push(*byte)));
        self.modem.poll_network();
    }

    /// The driver has written this line and no other; the modem answers.
    pub fn answer(&mut self, command: &str, answer: &str) {
        assert_eq!(self.written(), format!("{command}\r\n"));
        self.says(answer);
    }

    /// The same of a send's data.
    pub fn answer_data(&mut self, data: &str, answer: &str) {
        assert_eq!(self.written(), data);
        self.says(answer);
    }

    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.written.0.take()).into_owned()
    }

    /// Time passes, and the driver isn't called.
    pub fn later(&mut self, ms: u32) {
        self.now.set(self.now.get().wrapping_add(ms));
    }

    /// The serial port loses a byte.
    pub fn overrun(&mut self) {
        self.rx.overrun();
        self.modem.poll_network();
    }

    pub fn pass(&mut self, ms: u32) {
        self.later(ms);
        self.modem.poll_network();
    }

    pub fn connect(&mut self, socket: &mut Socket) -> nb::Result<(), EspAtError> {
        self.modem.connect(socket, PEER.into())
    }

    /// A socket that is connected on link 0.
    pub fn connected(&mut self) -> Socket {
        let mut socket = self.modem.socket().unwrap();
        assert_eq!(self.connect(&mut socket), Err(nb::Error::WouldBlock));
        self.answer("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80", "0,CONNECT\r\n\r\nOK");
        assert_eq!(self.connect(&mut socket), Ok(()));
        socket
    }

    /// Closes a socket whose peer has closed it, and asks for the next one's connection.
    pub fn replace(&mut self, former: Socket) -> Socket {
        self.modem.close(former).unwrap();
        let mut next = self.modem.socket().unwrap();
        assert_eq!(self.connect(&mut next), Err(nb::Error::WouldBlock));
        assert_eq!(self.written(), "", "the modem is asked one thing at a time");
        next
    }

    pub fn start_join(&mut self) {
        self.modem.start_join(Join::new("sim", "simsimsim")).unwrap();
        self.modem.poll_network();
    }

    /// What a caller's join is answered, up to the address.
    pub fn join(&mut self) {
        self.start_join();
        self.answer(JOIN, JOINED);
        self.answer("AT+CIPSTA_CUR?", ADDRESS);
        self.answer("AT+CIPDNS_CUR?", SERVERS);
        assert!(self.is_up());
    }

    pub fn is_up(&mut self) -> bool {
        matches!(self.modem.link_status(), LinkStatus::Up(_))
    }
}
