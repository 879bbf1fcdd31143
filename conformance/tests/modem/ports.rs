//! Serial ports: the ring that an interrupt fills, `embedded_hal_nb`, and the share of the line that a download gets.

use conformance::modem::*;
use embedded_io::Read as _;
use embedded_nal::TcpClientStack;
use esp8266_sim::{Dialect, Simulator, canned};
use safe_http_client::esp_at::{EspAt, Join, NbSerial, SerialError, SerialRx};
use safe_http_client::{Network, SafeHttpClient};
use std::cell::RefCell;
use std::time::Duration;

/// One mebibyte at a pace, with a buffer of 2 KiB: the share of the line's own limit.
#[test]
fn a_download_gets_its_share_of_the_line() {
    const SIZE: usize = 1 << 20;
    for dialect in Dialect::ALL {
        for baud in [115_200, 921_600] {
            let mut body =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n").into_bytes();
            body.extend((0..SIZE).map(|it| (it / 3) as u8));
            // What a read asks for is what the driver has room for.
            let config = config(dialect).baud(baud).peer(HOST, 9, canned(body, false));
            let (handle, port, ref clock) = lockstep(config);
            let modem = &mut EspAt::<_, _, 2048>::with_rx_buf(port, clock.clone());
            let cx = &mut cx();
            modem.join(cx, "sim", "simsimsim").unwrap();
            handle.clear_log();
            let mut client = SafeHttpClient::new(modem, clock);
            let mut online = client.wait_online(cx).unwrap();
            let begin = clock.0.now();
            let (mut buffer, mut piece) = ([0; 512], [0; 2048]);
            let mut response = online.get("http://192.168.4.20:9/", &mut buffer).send().unwrap();
            let mut got = 0;
            loop {
                let count = response.read(&mut piece).unwrap();
                if count == 0 {
                    break;
                }
                for (offset, byte) in piece[..count].iter().enumerate() {
                    assert_eq!(*byte, ((got + offset) / 3) as u8);
                }
                got += count;
            }
            assert_eq!(got, SIZE);
            let took = (clock.0.now() - begin).as_secs_f64();
            let share = SIZE as f64 * 10.0 / f64::from(baud) / took;
            println!(
                "{dialect} {baud}: {took:.1} s, {:.1} % of the line, {} commands",
                share * 100.0,
                handle.stats().commands
            );
            assert!(share > 0.85, "{share}");
        }
    }
}

struct Sink;

impl embedded_io::ErrorType for Sink {
    type Error = core::convert::Infallible;
}

impl embedded_io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[test]
fn the_ring_keeps_order_and_reports_what_it_loses() {
    use embedded_io::ReadReady;
    static RX: SerialRx<8> = SerialRx::new();
    let mut port = RX.with_tx(Sink);
    let mut buffer = [0; 5];
    for round in 0..50_u8 {
        assert!(!port.read_ready().unwrap());
        for byte in 0..7 {
            assert!(RX.push(round.wrapping_mul(7).wrapping_add(byte)));
        }
        assert_eq!(RX.len(), 7);
        let mut got: Vec<u8> = Vec::new();
        while port.read_ready().unwrap() {
            let count = port.read(&mut buffer).unwrap();
            got.extend(&buffer[..count]);
        }
        let sent: Vec<u8> = (0..7).map(|byte| round.wrapping_mul(7).wrapping_add(byte)).collect();
        assert_eq!(got, sent);
    }
    assert!((0..8).map(|byte| RX.push(byte)).eq([true, true, true, true, true, true, true, false]));
    assert!(port.read_ready().unwrap());
    assert_eq!(port.read(&mut buffer), Err(SerialError::Overrun));
    assert_eq!(RX.lost(), 1);
    assert!(!port.read_ready().unwrap());
    RX.push(9);
    assert_eq!(port.read(&mut buffer), Ok(1));
    // A second port gets none of the first one's bytes.
    RX.push(10);
    assert!(!RX.with_tx(Sink).read_ready().unwrap());
    assert!(port.read_ready().unwrap());
}

#[test]
fn the_ring_between_threads() {
    use embedded_io::ReadReady;
    static RX: SerialRx<64> = SerialRx::new();
    const COUNT: u32 = 200_000;
    let interrupt = std::thread::spawn(|| {
        for number in 0..COUNT {
            while RX.len() == 63 {
                std::thread::yield_now();
            }
            assert!(RX.push(number as u8));
        }
    });
    let mut port = RX.with_tx(Sink);
    let (mut next, mut buffer) = (0_u32, [0; 17]);
    while next < COUNT {
        if !port.read_ready().unwrap() {
            std::thread::yield_now();
            continue;
        }
        let count = port.read(&mut buffer).unwrap();
        for byte in &buffer[..count] {
            assert_eq!(*byte, next as u8);
            next += 1;
        }
    }
    interrupt.join().unwrap();
    assert_eq!(RX.lost(), 0);
}

/// A UART with an interrupt that moves the simulator's bytes into the ring.
struct Interrupt<'a> {
    line: RefCell<esp8266_sim::SerialPort>,
    rx: &'a SerialRx<96>,
}

impl embedded_io::ErrorType for &Interrupt<'_> {
    type Error = core::convert::Infallible;
}

impl embedded_io::Write for &Interrupt<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.line.borrow_mut().write_now(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl Interrupt<'_> {
    fn fire(&self, most: usize) {
        for _ in 0..most {
            let mut byte = [0];
            if self.line.borrow_mut().read_now(&mut byte) == 0 {
                break;
            }
            self.rx.push(byte[0]);
        }
    }
}

/// The driver on a ring that loses bytes where the loop is too slow: an error, and the next works.
#[test]
fn a_ring_that_overruns_is_an_error_and_not_a_hole() {
    both(|dialect| {
        let body = format!("HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n{}", "x".repeat(600));
        let config = config(dialect).peer(HOST, 9, canned(body, false));
        let (_handle, line, clock) = lockstep(config);
        let rx = SerialRx::<96>::new();
        let interrupt = Interrupt { line: RefCell::new(line), rx: &rx };
        let mut modem: EspAt<_, _> = EspAt::new(rx.with_tx(&interrupt), clock.clone());
        let mut cx = cx();
        modem.start_join(Join::new("sim", "simsimsim")).unwrap();
        block(&clock, Duration::from_secs(20), || {
            interrupt.fire(40);
            modem.poll_join(&mut cx)
        })
        .unwrap()
        .unwrap();
        let mut get = |most: usize| {
            let mut client = SafeHttpClient::new(&mut modem, &clock);
            let mut online = client.wait_online(&mut cx).unwrap();
            let mut buffer = [0; 1024];
            let mut call = online.get("http://192.168.4.20:9/", &mut buffer).start().unwrap();
            let result = block(&clock, Duration::from_secs(20), || {
                interrupt.fire(most);
                call.poll(&mut client, &mut cx)?;
                call.poll_read_to_end(&mut client, &mut cx)
            });
            result.unwrap().map(|()| call.body().len()).map_err(|error| error.code())
        };
        assert_eq!(get(40), Ok(600));
        assert!(get(4_000).is_err());
        assert_eq!(get(40), Ok(600));
        assert!(rx.lost() > 0);
    });
}

/// `embedded_hal_nb`, with the simulator behind it.
struct Hal(esp8266_sim::SerialPort);

#[derive(Debug)]
struct HalError;

impl embedded_hal_nb::serial::Error for HalError {
    fn kind(&self) -> embedded_hal_nb::serial::ErrorKind {
        embedded_hal_nb::serial::ErrorKind::Overrun
    }
}

impl embedded_hal_nb::serial::ErrorType for Hal {
    type Error = HalError;
}

impl embedded_hal_nb::serial::Read for Hal {
    fn read(&mut self) -> embedded_hal_nb::nb::Result<u8, HalError> {
        let mut byte = [0];
        match self.0.read_now(&mut byte) {
            0 => Err(embedded_hal_nb::nb::Error::WouldBlock),
            _ => Ok(byte[0]),
        }
    }
}

impl embedded_hal_nb::serial::Write for Hal {
    fn write(&mut self, byte: u8) -> embedded_hal_nb::nb::Result<(), HalError> {
        self.0.write_now(&[byte]);
        Ok(())
    }

    fn flush(&mut self) -> embedded_hal_nb::nb::Result<(), HalError> {
        Ok(())
    }
}

#[test]
fn a_port_of_embedded_hal_nb() {
    both(|dialect| {
        let (_handle, line, clock) = Simulator::lockstep(config(dialect));
        let clock = SimClock(clock);
        let mut cx = cx();
        let mut modem: EspAt<_, _> = EspAt::new(NbSerial::new(Hal(line)), clock.clone());
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        modem.poll_network();
        let socket = modem.socket().unwrap();
        modem.close(socket).unwrap();
        let mut client = SafeHttpClient::new(&mut modem, &clock);
        let mut online = client.wait_online(&mut cx).unwrap();
        let mut buffer = [0; 512];
        let mut response = online.get("http://192.168.4.20/", &mut buffer).send().unwrap();
        assert_eq!(response.read_to_str().unwrap(), "hello");
    });
}
