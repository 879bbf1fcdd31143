//! What an exchange costs: instructions and calls of the stack for one GET, and bytes per second of
//! a large body beside a bare `receive` loop on the same stack.
//!
//! `cargo bench --bench exchange`. Instructions are counted by valgrind's callgrind, in a process
//! of their own, and are the same in each run; without valgrind that table is left out, and says
//! so. Throughput is timed, and differs from run to run. `benches/peers` has the same table beside
//! other clients.

use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{
    Attached, Behaviour, Clock, Config, FnClock, IpConfig, Link, LinkStatus, LoopContext, Network,
    SafeHttpClient,
};
use std::cell::Cell;
use std::convert::Infallible;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const CASES: [(&str, &[u8]); 2] = [
    ("content-length, 529 B", include_bytes!("data/get_length_256.bin")),
    ("chunked, 559 B", include_bytes!("data/get_chunked_256.bin")),
];
const BODY: &[u8] = include_bytes!("data/body_256.bin");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, case, segment] = &arguments[..]
        && mode == "measure"
    {
        measure(case.parse().expect("a case"), segment.parse().expect("a segment's length"));
        return ExitCode::SUCCESS;
    }
    let counted = instructions();
    throughput();
    if counted { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A stack whose peer answers each connection with the same bytes; calls cost next to nothing.
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

struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 57))))
    }

    fn has_loopback(&self) -> bool {
        true
    }
}

/// One GET from the URL's text to the whole body.
#[inline(always)]
fn exchange<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C, safe_http_client::Online>,
    cx: &mut LoopContext,
    buffer: &mut [u8],
) -> bool {
    let mut response =
        client.get(cx, "http://192.168.1.20/data", buffer).send().expect("an answer");
    black_box(response.status() == 200 && response.read_to_end().expect("a body") == BODY)
}

/// The function that callgrind counts in, called once.
#[inline(never)]
fn measured_exchange<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C, safe_http_client::Online>,
    cx: &mut LoopContext,
    buffer: &mut [u8],
) -> bool {
    black_box(exchange(client, cx, buffer))
}

/// Runs one exchange to warm up and one to be counted, and prints the stack's calls in it.
fn measure(case: usize, segment: usize) {
    let mut cx = LoopContext::take().expect("the first");
    let stack = Memory { response: CASES[case].1, segment, left: &[], sends: 0, receives: 0 };
    let mut network = Attached::new(stack, Up, Behaviour::UNKNOWN);
    let now = Cell::new(0u32);
    let clock = FnClock(|| {
        now.set(now.get() + 1);
        now.get()
    });
    let config = Config::new().keep_alive(Duration::ZERO);
    let client = SafeHttpClient::with_config(&mut network, clock, config);
    let mut online = client.wait_online(&mut cx).expect("a link that is up");
    let mut buffer = [0; 1024];
    assert!(exchange(&mut online, &mut cx, &mut buffer), "the wrong response");
    let stack = online.network_mut().stack_mut();
    (stack.sends, stack.receives) = (0, 0);
    assert!(measured_exchange(&mut online, &mut cx, &mut buffer), "the wrong response");
    let stack = online.network_mut().stack_mut();
    println!("{} {}", stack.sends, stack.receives);
}

/// Prints the table of instructions; false if a figure couldn't be had although valgrind is there.
fn instructions() -> bool {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("instructions: left out, valgrind is not installed");
        return true;
    }
    println!("One GET, x86-64 instructions by valgrind's callgrind:\n");
    println!("| response | delivered in | instructions | `send` calls | `receive` calls |");
    println!("|---|---|---:|---:|---:|");
    let mut complete = true;
    for (case, (name, _)) in CASES.iter().enumerate() {
        for (segment, delivered) in [(usize::MAX, "one segment"), (64, "64-byte segments")] {
            match count(case, segment) {
                Some((instructions, calls)) => {
                    let (sends, receives) = calls.split_once(' ').unwrap_or((&calls, ""));
                    println!("| {name} | {delivered} | {instructions} | {sends} | {receives} |");
                }
                None => {
                    complete = false;
                    println!("| {name} | {delivered} | failed | | |");
                }
            }
        }
    }
    println!();
    complete
}

fn count(case: usize, segment: usize) -> Option<(u64, String)> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*measured_exchange*")
        .arg(std::env::current_exe().ok()?)
        .args(["measure", &case.to_string(), &segment.to_string()])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    let figure = report.lines().find_map(|line| line.split_once("Collected :"))?.1;
    let figure = figure.trim().parse().ok().filter(|&figure| figure > 0)?;
    Some((figure, String::from_utf8_lossy(&output.stdout).trim().to_owned()))
}

const LARGE: usize = 64 << 20;

/// A server that answers each connection with 64 MiB.
fn serve_large() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        let block = vec![b'x'; 64 << 10];
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n");
            if stream.write_all(head.as_bytes()).is_err() {
                continue;
            }
            for _ in 0..LARGE / block.len() {
                if stream.write_all(&block).is_err() {
                    break;
                }
            }
        }
    });
    address
}

/// Prints bytes per second of a large body, client against bare loop, in turns.
fn throughput() {
    let address = serve_large();
    let url = format!("http://{address}/");
    let start = Instant::now();
    let clock = FnClock(|| start.elapsed().as_millis() as u32);
    let mut cx = LoopContext::take().expect("the first");
    let config = Config::new().keep_alive(Duration::ZERO);
    let mut network = Attached::new(std_embedded_nal::Stack, Up, Behaviour::STD);
    let client = SafeHttpClient::with_config(&mut network, clock, config);
    let mut online = client.wait_online(&mut cx).expect("a link that is up");
    let mut buffer = vec![0; 1024];
    let mut out = vec![0; 16 << 10];
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        bare.push(bare_loop(address, &mut out));
        let began = Instant::now();
        let mut response = online.get(&mut cx, &*url, &mut buffer).send().expect("an answer");
        let mut total = 0;
        loop {
            match embedded_io::Read::read(&mut response, &mut out).expect("a body") {
                0 => break,
                count => total += count,
            }
        }
        assert_eq!(total, LARGE);
        ours.push(began.elapsed().as_secs_f64());
    }
    let rate = |times: &[f64]| {
        let best = times.iter().copied().fold(f64::INFINITY, f64::min);
        LARGE as f64 / best / (1 << 20) as f64
    };
    let (bare, ours) = (rate(&bare), rate(&ours));
    println!("A body of 64 MiB over loopback, read in pieces of 16 KiB, best of 5:\n");
    println!("| reader | MiB/s | share |");
    println!("|---|---:|---:|");
    println!("| bare `receive` loop | {bare:.0} | 1.00 |");
    println!("| `SafeHttpClient` | {ours:.0} | {:.2} |", ours / bare);
}

/// The same bytes read straight from the stack.
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
