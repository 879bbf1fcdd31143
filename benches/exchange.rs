//! For development: what one GET costs on this machine, in instructions and calls of the stack, and
//! how fast a large body is beside a bare `receive` loop on the same stack.
//!
//! `cargo bench --bench exchange`. Instructions are counted by valgrind's callgrind in a process of
//! their own, and are the same in each run; without valgrind they are left out. A chip's are others:
//! `benches/chip` counts those. `benches/peers` has this table beside other clients, with a few
//! instructions less, since more is inlined where a program has one client; this one has two.
//! Throughput is timed, and has to be 0.95 of the bare loop's.

use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{
    Clock, Config, FnClock, IpConfig, Link, LinkStatus, LoopContext, NalNetwork, Network,
    SafeHttpClient, StackQuirks,
};
use std::cell::Cell;
use std::convert::Infallible;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const RESPONSES: [(&str, &[u8]); 2] = [
    ("content-length, 529 B", include_bytes!("data/get_length_256.bin")),
    ("chunked, 559 B", include_bytes!("data/get_chunked_256.bin")),
];
const BODY: &[u8] = include_bytes!("data/body_256.bin");
/// Each exchange has a connection of its own.
const CONFIG: Config = Config::new().keep_alive(Duration::ZERO);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let good = match &arguments[..] {
        [mode, response, segment] if mode == "measure" => {
            let (response, segment) = (response.parse(), segment.parse());
            measure(response.expect("a response's number"), segment.expect("a segment's length"));
            true
        }
        _ => instructions() & throughput(),
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 57))))
    }

    fn has_loopback(&self) -> bool {
        true
    }
}

/// A stack whose peer answers each connection with the same bytes; its calls cost next to nothing.
struct Memory {
    response: &'static [u8],
    segment: usize,
    left: &'static [u8],
    sends: usize,
    receives: usize,
}

#[derive(Debug)]
struct Never(Infallible);

impl TcpError for Never {
    fn kind(&self) -> TcpErrorKind {
        match self.0 {}
    }
}

impl TcpClientStack for Memory {
    type TcpSocket = ();
    type Error = Never;

    fn socket(&mut self) -> Result<(), Never> {
        Ok(())
    }

    fn connect(&mut self, _: &mut (), _: SocketAddr) -> nb::Result<(), Never> {
        self.left = self.response;
        Ok(())
    }

    fn send(&mut self, _: &mut (), bytes: &[u8]) -> nb::Result<usize, Never> {
        self.sends += 1;
        Ok(bytes.len())
    }

    fn receive(&mut self, _: &mut (), buffer: &mut [u8]) -> nb::Result<usize, Never> {
        self.receives += 1;
        let count = self.left.len().min(self.segment).min(buffer.len());
        if count == 0 {
            return Err(nb::Error::WouldBlock);
        }
        buffer[..count].copy_from_slice(&self.left[..count]);
        self.left = &self.left[count..];
        Ok(count)
    }

    fn close(&mut self, (): ()) -> Result<(), Never> {
        Ok(())
    }
}

impl Dns for Memory {
    type Error = Infallible;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, Infallible> {
        Ok(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20)))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Infallible> {
        Err(nb::Error::WouldBlock)
    }
}

/// Runs one exchange to warm up and one to be counted, and prints the stack's calls in it.
fn measure(response: usize, segment: usize) {
    let stack =
        Memory { response: RESPONSES[response].1, segment, left: &[], sends: 0, receives: 0 };
    let network = NalNetwork::new(stack, Up, StackQuirks::UNKNOWN);
    let now = Cell::new(0u32);
    let clock = FnClock(|| {
        now.set(now.get() + 1);
        now.get()
    });
    let mut cx = LoopContext::take().expect("the first");
    let mut client = SafeHttpClient::with_config(network, clock, CONFIG);
    let mut buffer = [0; 1024];
    exchange(&mut client, &mut cx, &mut buffer);
    let stack = client.network_mut().stack_mut();
    (stack.sends, stack.receives) = (0, 0);
    counted(&mut client, &mut cx, &mut buffer);
    let stack = client.network_mut().stack_mut();
    println!("{} {}", stack.sends, stack.receives);
}

/// One GET from the URL's text to the whole body.
#[inline(always)]
fn exchange<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    buffer: &mut [u8],
) {
    let mut online = client.online(cx).expect("a link that is up");
    let mut response = online.get("http://192.168.1.20/data", buffer).send().expect("an answer");
    let right = response.status() == 200 && response.read_to_end().expect("a body") == BODY;
    assert!(black_box(right), "the wrong response");
}

/// The function that callgrind counts in, called once.
#[inline(never)]
fn counted<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    buffer: &mut [u8],
) {
    exchange(client, cx, buffer);
    // So that the call isn't the last instruction, which would make it a jump out of here.
    black_box(());
}

/// Prints the table of instructions; false if a figure couldn't be had although valgrind is there.
fn instructions() -> bool {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("instructions: left out, valgrind is not installed");
        return true;
    }
    println!("One GET, {} instructions by valgrind's callgrind:\n", std::env::consts::ARCH);
    println!("| response | delivered in | instructions | `send` calls | `receive` calls |");
    println!("|---|---|---:|---:|---:|");
    let mut complete = true;
    for (number, (name, _)) in RESPONSES.iter().enumerate() {
        for (segment, delivered) in [(usize::MAX, "one segment"), (64, "64-byte segments")] {
            let row = count(number, segment);
            complete &= row.is_some();
            let row = row.unwrap_or_else(|| "failed | | |".to_owned());
            println!("| {name} | {delivered} | {row}");
        }
    }
    println!();
    complete
}

/// Instructions and calls, as cells of the table.
fn count(response: usize, segment: usize) -> Option<String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*exchange*counted*")
        .arg(std::env::current_exe().ok()?)
        .args(["measure", &response.to_string(), &segment.to_string()])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let figure = report.lines().find_map(|line| line.split_once("Collected :"))?.1.trim();
    let calls = String::from_utf8_lossy(&output.stdout);
    let (sends, receives) = calls.trim().split_once(' ')?;
    (figure != "0").then(|| format!("{figure} | {sends} | {receives} |"))
}

const LARGE: usize = 64 << 20;
/// The share of the bare loop's throughput that the client has to have.
const BAR: f64 = 0.95;

/// A server that answers each connection with 64 MiB.
fn serve_large() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        let block = vec![b'x'; 64 << 10];
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n");
        for mut stream in listener.incoming().flatten() {
            // A client that goes away early is its own affair.
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(head.as_bytes());
            for _ in 0..LARGE / block.len() {
                let _ = stream.write_all(&block);
            }
        }
    });
    address
}

/// Prints the throughput of a large body, client against bare loop in turns; false below the bar.
fn throughput() -> bool {
    let address = serve_large();
    let url = format!("http://{address}/");
    let start = Instant::now();
    let clock = FnClock(|| start.elapsed().as_millis() as u32);
    let mut cx = LoopContext::take().expect("the first");
    let network = NalNetwork::new(std_embedded_nal::Stack, Up, StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, clock, CONFIG);
    let mut online = client.online(&mut cx).expect("a link that is up");
    let (mut buffer, mut out) = ([0; 1024], vec![0; 16 << 10]);
    let (mut bare, mut ours) = (f64::INFINITY, f64::INFINITY);
    let mut rounds = 0;
    // Best against best: what else the machine does in the meantime only takes. It gets more time
    // where that was too much.
    while rounds < 5 || (bare / ours < BAR && rounds < 20) {
        rounds += 1;
        bare = bare.min(bare_loop(address, &mut out));
        let began = Instant::now();
        let mut response = online.get(&url, &mut buffer).send().expect("an answer");
        let mut total = 0;
        while total < LARGE {
            match embedded_io::Read::read(&mut response, &mut out).expect("a body") {
                0 => panic!("the body ends after {total} bytes"),
                count => total += count,
            }
        }
        ours = ours.min(began.elapsed().as_secs_f64());
    }
    let rate = |seconds: f64| LARGE as f64 / seconds / f64::from(1 << 20);
    println!("A body of 64 MiB over loopback, read in pieces of 16 KiB, best of {rounds}:\n");
    println!("| reader | MiB/s | share |");
    println!("|---|---:|---:|");
    println!("| bare `receive` loop | {:.0} | 1.00 |", rate(bare));
    println!("| `SafeHttpClient` | {:.0} | {:.2} |", rate(ours), bare / ours);
    let good = bare / ours >= BAR;
    if !good {
        println!("\nthe share has to be {BAR}");
    }
    good
}

/// The same bytes read straight from the stack; returns the seconds that it took.
fn bare_loop(address: SocketAddr, out: &mut [u8]) -> f64 {
    let began = Instant::now();
    let mut stack = std_embedded_nal::Stack;
    let mut socket = TcpClientStack::socket(&mut stack).expect("a socket");
    nb::block!(stack.connect(&mut socket, address)).expect("a connection");
    nb::block!(stack.send(&mut socket, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        .expect("sent");
    let mut total = 0;
    while total < LARGE {
        total += nb::block!(stack.receive(&mut socket, out)).expect("bytes");
    }
    stack.close(socket).expect("closed");
    began.elapsed().as_secs_f64()
}
