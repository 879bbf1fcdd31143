//! What a GET costs on the serial line of an ESP8266 with AT firmware, how near a download comes to
//! the line's limit, and what a driver holds in memory: `safe_http_client::esp_at` beside `esp-at-nal`
//! 0.5, under the same client and on the same simulated modem.
//!
//! ```text
//! cargo run --release
//! ```
//!
//! Time is the simulator's: bytes take what they take at the baud rate, and the processors of host and
//! modem nothing. The modem is a NonOS 1.7.4 (`nonos`) and an ESP-AT 2.2.1 (`at2`), and its boot is over:
//! `esp-at-nal` doesn't get past the noise of one.
//!
//! `esp-at-nal` takes the last `+IPD` for all that waits in the modem. NonOS tells the length of each
//! packet, so it stops asking while there are data.

mod nal;

use embedded_io::BufRead;
use esp_at_nal::wifi::WifiAdapter;
use esp8266_sim::{Config, Dialect, Handle, SerialPort, Simulator, VirtualClock, canned};
use safe_http_client::esp_at::EspAt;
use safe_http_client::{
    Attached, Behaviour, Clock, Config as Habits, Error, IpConfig, Link, LinkStatus, LoopContext,
    Network, Online, SafeHttpClient,
};
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::time::Duration;

const HOST: [u8; 4] = [192, 168, 4, 20];
const SMALL: usize = 256;
const LARGE: usize = 1 << 20;
/// Of the line's limit, that a download has to reach.
const BAR: f64 = 0.85;

#[derive(Clone)]
struct SimClock(VirtualClock);

impl Clock for SimClock {
    fn now_ms(&self) -> u32 {
        self.0.now_ms() as u32
    }
}

/// The link of a driver that doesn't tell: the modem has joined before.
struct Joined;

impl Link for Joined {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 4, 2))))
    }
}

fn modem(dialect: Dialect, baud: Option<u32>) -> (Handle, SerialPort, VirtualClock) {
    let response = |length: usize| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        [head.into_bytes(), vec![b'x'; length]].concat()
    };
    let mut config = Config::new(dialect)
        .booted()
        .peer(HOST, 80, canned(response(SMALL), false))
        .peer(HOST, 81, canned(response(LARGE), false));
    config.baud = baud;
    Simulator::lockstep(config)
}

/// What a driver was measured by.
struct Bench<'a, N: Network> {
    client: SafeHttpClient<N, SimClock, Online>,
    cx: &'a mut LoopContext,
    handle: Handle,
}

/// Commands, bytes to the modem, bytes from it.
struct Cost(u64, u64, u64);

type Failure = String;

fn failure<T: Debug, D: Debug>(error: Error<T, D>) -> Failure {
    let text = error.to_string();
    let what = text.split(['[', ';']).next().unwrap_or_default().trim_end();
    format!("{what} ({} bytes had come)", error.evidence.received)
}

impl<N: Network> Bench<'_, N> {
    fn get(&mut self, port: u16, expected: usize) -> Result<Cost, Failure> {
        self.handle.clear_log();
        let mut buffer = [0; 2048];
        let url = format!("http://192.168.4.20:{port}/");
        let request = self.client.get(self.cx, url.as_str(), &mut buffer);
        let mut response = request.send().map_err(failure)?;
        let mut total = 0;
        loop {
            let count = response.fill_buf().map_err(failure)?.len();
            if count == 0 {
                break;
            }
            total += count;
            response.consume(count);
        }
        if total != expected {
            return Err(format!("{total} bytes came"));
        }
        drop(response);
        let stats = self.handle.stats();
        Ok(Cost(stats.commands, stats.bytes_to_modem, stats.bytes_to_host))
    }
}

/// What is measured, whichever the driver.
trait Measured {
    /// A GET on a new connection, and one on the same.
    fn cold_and_kept(&mut self) -> Result<(Cost, Cost), Failure>;
    /// Bytes of the body in a second.
    fn download(&mut self) -> Result<f64, Failure>;
}

impl<N: Network> Measured for Bench<'_, N> {
    fn cold_and_kept(&mut self) -> Result<(Cost, Cost), Failure> {
        // What is set up at the first connect isn't counted.
        self.get(80, SMALL)?;
        self.client.close();
        for _ in 0..1000 {
            self.client.network_mut().poll_network();
        }
        Ok((self.get(80, SMALL)?, self.get(80, SMALL)?))
    }

    fn download(&mut self) -> Result<f64, Failure> {
        let begin = self.handle.now();
        self.get(81, LARGE)?;
        Ok(LARGE as f64 / (self.handle.now() - begin).as_secs_f64())
    }
}

type With<'f, T> = &'f mut dyn FnMut(&mut dyn Measured) -> Result<T, Failure>;

#[derive(Clone, Copy)]
enum Driver {
    Ours,
    EspAtNal,
}

impl Driver {
    const ALL: [(Self, &'static str); 2] =
        [(Self::Ours, "safe_http_client::esp_at"), (Self::EspAtNal, "esp-at-nal 0.5")];

    fn run<T>(
        self,
        cx: &mut LoopContext,
        dialect: Dialect,
        baud: Option<u32>,
        with: With<'_, T>,
    ) -> Result<T, Failure> {
        let (handle, port, clock) = modem(dialect, baud);
        let sim = SimClock(clock.clone());
        let habits = Habits::new().idle_timeout(Duration::from_secs(20));
        match self {
            Self::Ours => {
                let mut driver: EspAt<_, _> = EspAt::new(port, sim.clone());
                driver.join(cx, "sim", "simsimsim").map_err(|error| error.to_string())?;
                let client = SafeHttpClient::with_config(&mut driver, sim, habits);
                let client = client.wait_online(cx).map_err(|failed| failure(failed.error))?;
                with(&mut Bench { client, cx, handle })
            }
            Self::EspAtNal => {
                let mut driver = nal::stack(port, clock.clone());
                let state = driver
                    .join("sim", "simsimsim")
                    .map_err(|error| format!("it doesn't join: {error:?}"))?;
                if !state.ip_assigned {
                    return Err("it joins, and has no address".into());
                }
                let network = Attached::without_dns(driver, Joined, Behaviour::ESP_AT_NAL)
                    .with_poll(|_| nal::feed());
                let client = SafeHttpClient::with_config(network, sim, habits);
                let client = client.wait_online(cx).map_err(|failed| failure(failed.error))?;
                with(&mut Bench { client, cx, handle })
            }
        }
    }
}

fn main() -> ExitCode {
    let Some(mut cx) = LoopContext::take() else { return ExitCode::FAILURE };
    let mut passed = true;

    println!("A GET to an address, with a response of {SMALL} bytes and its head\n");
    println!("| firmware | driver | connection | commands | bytes to the modem | bytes from it |");
    println!("|---|---|---|---|---|---|");
    for dialect in Dialect::ALL {
        for (driver, name) in Driver::ALL {
            match driver.run(&mut cx, dialect, None, &mut |bench| bench.cold_and_kept()) {
                Ok((cold, kept)) => {
                    for (what, Cost(commands, to, from)) in [("new", cold), ("kept", kept)] {
                        println!("| {dialect} | {name} | {what} | {commands} | {to} | {from} |");
                    }
                }
                Err(error) => {
                    passed &= !matches!(driver, Driver::Ours);
                    println!("| {dialect} | {name} | - | {error} | | |");
                }
            }
        }
    }

    println!("\nA download of 1 MiB, as a share of what the line can carry\n");
    println!("| firmware | driver | baud | bytes/s | share |");
    println!("|---|---|---|---|---|");
    for dialect in Dialect::ALL {
        for (driver, name) in Driver::ALL {
            for baud in [115_200, 921_600] {
                match driver.run(&mut cx, dialect, Some(baud), &mut |bench| bench.download()) {
                    Ok(rate) => {
                        // 8 bits, a start bit and a stop bit.
                        let share = rate / (f64::from(baud) / 10.0);
                        passed &= !matches!(driver, Driver::Ours) || share >= BAR;
                        let percent = share * 100.0;
                        println!("| {dialect} | {name} | {baud} | {rate:.0} | {percent:.1} % |");
                    }
                    Err(error) => {
                        passed &= !matches!(driver, Driver::Ours);
                        println!("| {dialect} | {name} | {baud} | {error} | |");
                    }
                }
            }
        }
    }

    println!(
        "\nMemory on this machine ({} bits), with {} bytes to receive into\n",
        usize::BITS,
        nal::RX
    );
    println!("| driver | bytes |");
    println!("|---|---|");
    let own = size_of::<EspAt<(), (), { nal::RX }>>();
    println!(
        "| safe_http_client::esp_at, `ROOM` {} (for firmware without passive mode) | {own} |",
        nal::RX
    );
    println!("| the same with the default `ROOM` of 512 | {} |", size_of::<EspAt<(), ()>>());
    println!("| esp-at-nal 0.5: `Adapter` | {} |", size_of::<nal::Stack>());
    let rest = size_of::<nal::Channel>() + size_of::<nal::Slot>() + nal::INGRESS;
    println!("| what atat needs beside it: channel of {}, response, ingress | {rest} |", nal::URCS);

    if passed {
        ExitCode::SUCCESS
    } else {
        println!("\nMissed: a download below {:.0} % of the line, or a failure", BAR * 100.0);
        ExitCode::FAILURE
    }
}
