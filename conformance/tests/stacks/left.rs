//! embassy-net on a TAP device, with Linux at its other end: a call is dropped at each of its awaits in turn, and
//! leaves a client that works, no connection that isn't whole, and no byte to the next call.

#![cfg(target_os = "linux")]

use conformance::awaited::Runs;
use conformance::common::cx;
use conformance::counted::Counted;
use conformance::embassy::Rig;
use conformance::load::report;
use conformance::tap::{DEVICE, LINUX, Namespace, OWN};
use conformance::task::polled;
use embedded_io_async::{Read, Write as _};
use safe_http_client::asynch::{NalNetwork, SafeHttpClient};
use safe_http_client::{BodyLength, Config, LoopContext};
use safe_http_client_embassy::{EmbassyLink, EmbassyNetwork, EmbassyTimer};
use std::io::{BufReader, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use test_server::Request;

type Stack = EmbassyNetwork<'static>;
type Network = Counted<NalNetwork<'static, Stack, Stack, EmbassyLink<'static>>>;
type Client = SafeHttpClient<Network, EmbassyTimer>;

/// Answers each request with its target, in pieces; what the target says decides how.
#[derive(Clone)]
struct Site {
    address: SocketAddr,
    open: Arc<AtomicUsize>,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind((LINUX, 0)).unwrap();
        let site = Self { address: listener.local_addr().unwrap(), open: Arc::default() };
        let shared = site.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, open) = (stream.unwrap(), shared.open.clone());
                open.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    // A client that leaves resets its connection, and that is no error here.
                    let _ = serve(stream);
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        site
    }

    /// Linux has seen the end of all connections but so many, once the last packets are through.
    fn expect_open(&self, mut rig: &mut Rig, count: usize, at: &str) {
        let begin = Instant::now();
        while self.open.load(Ordering::SeqCst) != count {
            assert!(begin.elapsed() < Duration::from_secs(20), "{at}: a connection is left open");
            (&mut rig).block_on(async_io::Timer::after(Duration::from_millis(1)));
        }
    }

    fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }
}

fn pieces(mut stream: &TcpStream, bytes: &[u8]) -> Result<()> {
    for piece in bytes.chunks(bytes.len().div_ceil(3)) {
        stream.write_all(piece)?;
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

fn serve(stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(&stream);
    loop {
        let request = Request::read(&mut reader)?;
        let target = request.target();
        let length = target.len();
        let answer = match target {
            "/silent" => continue,
            "/leads/left" => {
                "HTTP/1.1 302 F\r\nLocation: /left\r\nContent-Length: 4\r\n\r\nmore".to_owned()
            }
            "/chunked/left" => format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{target}\r\n0\r\n\r\n"
            ),
            "/echo/left" => {
                "HTTP/1.1 101 S\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nleft".to_owned()
            }
            _ => format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{target}"),
        };
        pieces(&stream, answer.as_bytes())?;
        if target == "/echo/left" {
            return std::io::copy(&mut reader, &mut &stream).map(drop);
        }
    }
}

/// A reader of these bytes, a few at a time.
struct Pieces(&'static [u8]);

impl embedded_io_async::ErrorType for Pieces {
    type Error = embedded_io_async::ErrorKind;
}

impl Read for Pieces {
    async fn read(&mut self, buf: &mut [u8]) -> std::result::Result<usize, Self::Error> {
        futures_lite::future::yield_now().await;
        let (now, later) = self.0.split_at(self.0.len().min(buf.len()).min(7));
        buf[..now.len()].copy_from_slice(now);
        self.0 = later;
        Ok(now.len())
    }
}

const NAMES: [&str; 8] =
    ["get", "read in pieces", "upload", "101", "redirect", "silent", "refused", "diagnose"];

/// What is left in the middle.
async fn scenario(name: &str, client: &mut Client, cx: &mut LoopContext, site: &Site) {
    let mut buffer = [0; 640];
    if name == "diagnose" {
        client.diagnose(cx, site.url("/left").as_str()).await;
        return;
    }
    let mut online = client.wait_online(cx).await.unwrap();
    match name {
        "get" => {
            let request = online.get(&site.url("/left"), &mut buffer);
            assert_eq!(request.send().await.unwrap().read_to_str().await.unwrap(), "/left");
        }
        "read in pieces" => {
            let request = online.get(&site.url("/chunked/left"), &mut buffer);
            let mut response = request.send().await.unwrap();
            let (mut text, mut piece) = (Vec::new(), [0; 3]);
            while let count @ 1.. = response.read(&mut piece).await.unwrap() {
                text.extend_from_slice(&piece[..count]);
            }
            assert_eq!(text, b"/chunked/left");
        }
        "upload" => {
            let request = online.put(&site.url("/left"), &mut buffer);
            let mut body = Pieces(b"twenty-two bytes of it");
            let sent = request.send_from(&mut body, BodyLength::Chunked).await;
            assert_eq!(sent.unwrap().read_to_str().await.unwrap(), "/left");
        }
        "101" => {
            let request = online.get(&site.url("/echo/left"), &mut buffer);
            let mut stream = request.send().await.unwrap().into_stream().unwrap();
            stream.write_all(b"ping").await.unwrap();
            let mut came = [0; 8];
            stream.read_exact(&mut came).await.unwrap();
            assert_eq!(&came, b"leftping");
        }
        "redirect" => {
            let request = online.get(&site.url("/leads/left"), &mut buffer).follow(2);
            assert_eq!(request.send().await.unwrap().read_to_str().await.unwrap(), "/left");
        }
        "silent" => {
            let sent = online.get(&site.url("/silent"), &mut buffer).send().await;
            assert_eq!(sent.map(drop).unwrap_err().code(), "response_timeout");
        }
        _ => {
            let sent = online.get(&format!("http://{LINUX}:9/"), &mut buffer).send().await;
            assert_eq!(sent.map(drop).unwrap_err().code(), "connect_failed");
        }
    }
}

/// Drops each scenario after each number of polls, on a client that is fresh or has a connection. Returns the
/// number of drops.
fn leave_all() -> usize {
    let mut cx = cx();
    let mut rig = Rig::on_tap(DEVICE, OWN, LINUX).unwrap();
    let network = Counted::new(rig.network().attached());
    let counts = network.counts.clone();
    let config = Config::new().response_timeout(Duration::from_millis(300));
    let mut client = SafeHttpClient::with_config(network, EmbassyTimer, config);
    let site = Site::start();
    let mut drops = 0;
    for name in NAMES {
        for is_kept in [false, true] {
            for most in 0.. {
                let at = format!("{name}, kept: {is_kept}, dropped after {most} polls");
                client.close();
                if is_kept {
                    next(&mut rig, &mut client, &mut cx, &site, &at);
                }
                let left = scenario(name, &mut client, &mut cx, &site);
                let (_, done) = (&mut rig).block_on(polled(left, most));
                let open = counts.borrow().opened - counts.borrow().closed;
                assert_eq!(open, usize::from(client.is_connected()), "{at}");
                next(&mut rig, &mut client, &mut cx, &site, &at);
                site.expect_open(&mut rig, 1, &at);
                if done.is_some() {
                    break;
                }
                drops += 1;
            }
        }
    }
    client.close();
    site.expect_open(&mut rig, 0, "at the end");
    drops
}

/// The next call gets its own answer.
fn next(rig: &mut Rig, client: &mut Client, cx: &mut LoopContext, site: &Site, at: &str) {
    let (mut rig, mut buffer) = (rig, [0; 256]);
    (&mut rig).block_on(async {
        let mut online = client.wait_online(cx).await.unwrap();
        let sent = online.get(&site.url("/next"), &mut buffer).send().await;
        let mut response = sent.unwrap_or_else(|error| panic!("{at}: {error}"));
        assert_eq!(response.read_to_str().await.unwrap(), "/next", "{at}");
    });
}

#[test]
fn dropped_at_every_await_on_a_tap_device() {
    match Namespace::new().and_then(|space| space.inside(leave_all)) {
        Ok(drops) => {
            report(&format!(
                "embassy-net on a TAP device: dropped at {drops} awaits of {} scenarios",
                2 * NAMES.len()
            ));
            assert!(drops > 60, "{drops}");
        }
        Err(why) => report(&format!("calls dropped on a TAP device skipped: {why}")),
    }
}
