//! The modem numbers its links from 0 to 4, so the next socket has the number of one that was closed:
//! what the modem still says of the former one isn't the next one's.

use embedded_io::{ErrorType, Write};
use embedded_nal::TcpClientStack;
use esp_at::nal_link::{Clock, FnClock, Network, nb};
use esp_at::{EspAt, EspAtError, SerialPort, SerialRx, Socket};
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;

const PEER: ([u8; 4], u16) = ([192, 168, 4, 20], 80);

/// What the driver has written since somebody looked.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

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

struct Rig<C> {
    modem: EspAt<SerialPort<'static, Written, 512>, C>,
    rx: &'static SerialRx<512>,
    written: Written,
    now: Rc<Cell<u32>>,
}

/// A started modem of the 1.7 dialect.
fn rig() -> Rig<impl Clock> {
    let rx: &SerialRx<512> = Box::leak(Box::new(SerialRx::new()));
    let (written, now) = (Written::default(), Rc::new(Cell::new(0)));
    let clock = FnClock({
        let now = now.clone();
        move || now.get()
    });
    let modem = EspAt::new(rx.with_tx(written.clone()), clock);
    let mut rig = Rig { modem, rx, written, now };
    for (command, answer) in [
        ("ATE0", "OK"),
        ("AT+GMR", "AT version:1.7.4.0(May 11 2020)\r\nOK"),
        ("AT+CWMODE_CUR=1", "OK"),
        ("AT+CIPMUX=1", "OK"),
        ("AT+CIPRECVMODE=1", "OK"),
        ("AT+CIPDINFO=0", "OK"),
        ("AT+CIPSTATUS", "STATUS:5\r\nOK"),
    ] {
        rig.modem.poll_network();
        rig.answer(command, answer);
    }
    assert_eq!(rig.modem.is_passive(), Some(true));
    rig
}

impl<C: Clock> Rig<C> {
    fn says(&mut self, line: &str) {
        for byte in line.bytes().chain(*b"\r\n") {
            assert!(self.rx.push(byte));
        }
        self.modem.poll_network();
    }

    /// The driver has written this line and no other; the modem answers.
    fn answer(&mut self, command: &str, answer: &str) {
        assert_eq!(self.written(), format!("{command}\r\n"));
        self.says(answer);
    }

    fn written(&self) -> String {
        String::from_utf8(self.written.0.take()).unwrap()
    }

    fn pass(&mut self, ms: u32) {
        self.now.set(self.now.get() + ms);
        self.modem.poll_network();
    }

    fn connect(&mut self, socket: &mut Socket) -> nb::Result<(), EspAtError> {
        self.modem.connect(socket, PEER.into())
    }

    /// A socket that is connected on link 0.
    fn connected(&mut self) -> Socket {
        let mut socket = self.modem.socket().unwrap();
        assert_eq!(self.connect(&mut socket), Err(nb::Error::WouldBlock));
        self.answer("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80", "0,CONNECT\r\n\r\nOK");
        assert_eq!(self.connect(&mut socket), Ok(()));
        socket
    }

    /// Closes a socket whose peer has closed it, and asks for the next one's connection.
    fn replace(&mut self, former: Socket) -> Socket {
        self.modem.close(former).unwrap();
        let mut next = self.modem.socket().unwrap();
        assert_eq!(self.connect(&mut next), Err(nb::Error::WouldBlock));
        assert_eq!(self.written(), "", "the modem is asked one thing at a time");
        next
    }
}

const CONNECT: &str = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80";
const NOTHING: nb::Result<usize, EspAtError> = Err(nb::Error::WouldBlock);

#[test]
fn data_that_the_former_socket_asked_for_are_dropped() {
    let mut rig = rig();
    let mut buffer = [0; 64];
    let mut former = rig.connected();
    rig.says("+IPD,0,5");
    assert_eq!(rig.modem.receive(&mut former, &mut buffer), NOTHING);
    assert_eq!(rig.written(), "AT+CIPRECVDATA=0,64\r\n");
    rig.says("0,CLOSED");
    let mut next = rig.replace(former);

    rig.says("+CIPRECVDATA,5:hello\r\n\r\nOK");
    rig.answer(CONNECT, "0,CONNECT\r\n\r\nOK");
    assert_eq!(rig.connect(&mut next), Ok(()));
    assert_eq!(rig.modem.receive(&mut next, &mut buffer), NOTHING);
    assert_eq!(rig.written(), "");
}

#[test]
fn a_question_about_the_former_socket_that_wasnt_answered_isnt_asked_of_the_next() {
    let mut rig = rig();
    let former = rig.connected();
    rig.says("0,CLOSED");
    rig.pass(100);
    assert_eq!(rig.written(), "AT+CIPRECVLEN?\r\n");
    let mut next = rig.replace(former);

    rig.pass(1_000);
    rig.answer("?", "ERROR");
    rig.pass(100);
    rig.answer(CONNECT, "0,CONNECT\r\n\r\nOK");
    assert_eq!(rig.connect(&mut next), Ok(()));
    assert_eq!(rig.modem.receive(&mut next, &mut [0; 64]), NOTHING);
    assert_eq!(rig.written(), "");
}

#[test]
fn a_socket_that_isnt_connected_receives_nothing() {
    let mut rig = rig();
    let mut former = rig.connected();
    rig.says("0,CLOSED");
    assert_eq!(rig.modem.receive(&mut former, &mut [0; 64]), NOTHING);
    rig.answer("AT+CIPRECVLEN?", "+CIPRECVLEN:0,0,0,0,0\r\n\r\nOK");
    assert_eq!(rig.modem.receive(&mut former, &mut [0; 64]), Ok(0));
    rig.modem.close(former).unwrap();
    let mut next = rig.modem.socket().unwrap();
    rig.says("+IPD,0,5:hello");
    let received = rig.modem.receive(&mut next, &mut [0; 64]);
    assert_eq!(received, Err(nb::Error::Other(EspAtError::NotConnected)));
}
