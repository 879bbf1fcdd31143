//! How deep requests take the stack, buffers apart: over a stack that has its answers written down,
//! without interrupts, and over the modem, with them. Logged as `figure NAME BYTES`.
#![no_std]
#![no_main]

#[path = "../../../common/stack_use.rs"]
mod stack_use;

use core::convert::Infallible;
use core::net::{Ipv4Addr, SocketAddr};
use cortex_m_rt::entry;
use cortex_m3_firmware::board::{self, Board, Serial};
use cortex_m3_firmware::rest;
use embedded_nal::{TcpClientStack, TcpError, TcpErrorKind, nb};
use esp_at::EspAt;
use safe_http_client::{
    Clock, FnClock, LinkEvents, LoopContext, NalNetwork, Network, SafeHttpClient, StackQuirks,
};
use stack_use::high_water;

fn figure(name: &str, bytes: usize) {
    defmt::info!("figure {=str} {=usize}", name, bytes);
}

#[entry]
fn main() -> ! {
    let mut board = Board::new();
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    // The buffer is the caller's, wherever that has it. It isn't part of the figures.
    let mut buffer = [0; 1024];
    scripted(&mut cx, &mut buffer);
    modem(&mut board, &mut cx, &mut buffer);
    defmt::info!("done");
    rest()
}

/// Without interrupts: the figures are the client's alone.
#[inline(never)]
fn scripted(cx: &mut LoopContext, buffer: &mut [u8]) {
    static EVENTS: LinkEvents = LinkEvents::new();
    EVENTS.got_ip(Ipv4Addr::new(192, 168, 4, 2));
    let script = Script { answer: b"", asked: false };
    let network = NalNetwork::without_dns(script, &EVENTS, StackQuirks::UNKNOWN);
    let mut client = SafeHttpClient::new(network, FnClock(|| 0));
    figure("size_client_scripted", size_of_val(&client));
    let url = "http://192.168.4.20/";
    let mut measure = |name, answer: &'static [u8], request: fn(&mut _, &mut _, &str, &mut _)| {
        client.network_mut().stack_mut().0 = Script { answer, asked: false };
        let ((), deep) =
            cortex_m::interrupt::free(|_| high_water(|| request(&mut client, cx, url, buffer)));
        figure(name, deep);
    };
    measure("stack_scripted_get", b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nclosed", get);
    measure("stack_scripted_post", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nopen", post);
    let chunks =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nclo\r\n3\r\nsed\r\n0\r\n\r\n";
    measure("stack_scripted_get_chunked", chunks, get);
    measure("stack_scripted_diagnose", b"HTTP/1.1 204 No Content\r\n\r\n", diagnose);
}

/// With the interrupts of the clock and the UART, which use the same stack.
#[inline(never)]
fn modem(board: &mut Board, cx: &mut LoopContext, buffer: &mut [u8]) {
    let mut modem = EspAt::new(board.serial(), board::Clock);
    figure("size_esp_at", size_of::<EspAt<Serial, board::Clock>>());
    let (joined, deep) = high_water(|| modem.join(cx, board.ssid(), board.password()));
    if let Err(error) = joined {
        panic!("not joined: {error}");
    }
    figure("stack_esp_at_join", deep);
    let mut client = SafeHttpClient::new(&mut modem, board::Clock);
    figure("size_client_esp_at", size_of_val(&client));
    let mut measure = |name, path, request: fn(&mut _, &mut _, &str, &mut _)| {
        let url = board.url(path);
        // How deep it gets depends on where an interrupt comes: the deepest of a few.
        let deep = (0..8).map(|_| {
            client.close();
            high_water(|| request(&mut client, cx, &url, buffer)).1
        });
        let deep = deep.max().unwrap_or(0);
        figure(name, deep);
    };
    measure("stack_esp_at_get", "/small", get);
    measure("stack_esp_at_post", "/gate", post);
    measure("stack_esp_at_get_chunked", "/chunked", get);
    measure("stack_esp_at_diagnose", "/small", diagnose);
}

/// From the URL's text to the whole body.
#[inline(never)]
fn get<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
    buffer: &mut [u8],
) {
    let Ok(mut online) = client.online(cx) else { panic!("not online") };
    // Read where it is: to move it would take another 300 bytes.
    let mut response = online.get(url, buffer).send();
    let body = response.as_mut().map(|response| response.read_to_end().map(<[u8]>::len));
    assert!(matches!(body, Ok(Ok(1..))), "no body came");
}

#[inline(never)]
fn post<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
    buffer: &mut [u8],
) {
    let Ok(mut online) = client.online(cx) else { panic!("not online") };
    let mut response = online.post(url, buffer).header("x-key", "secret").body(b"open").send();
    let body = response.as_mut().map(|response| response.read_to_end().map(<[u8]>::len));
    assert!(matches!(body, Ok(Ok(4))), "another body came");
}

/// Down the ladder, in the caller's buffer.
#[inline(never)]
fn diagnose<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
    buffer: &mut [u8],
) {
    let mut probe = client.start_probe(url, buffer);
    while let Err(nb::Error::WouldBlock) = probe.poll(client, cx) {}
    assert!(probe.report().diagnosis().is_none(), "something is amiss");
}

/// Answers what is asked with what is written down, in segments of 16 bytes.
struct Script {
    answer: &'static [u8],
    asked: bool,
}

/// Nothing goes wrong here.
#[derive(Debug)]
struct Never(Infallible);

impl TcpError for Never {
    fn kind(&self) -> TcpErrorKind {
        match self.0 {}
    }
}

impl TcpClientStack for Script {
    type TcpSocket = ();
    type Error = Never;

    fn socket(&mut self) -> Result<(), Never> {
        Ok(())
    }

    fn connect(&mut self, _: &mut (), _: SocketAddr) -> nb::Result<(), Never> {
        Ok(())
    }

    fn send(&mut self, _: &mut (), bytes: &[u8]) -> nb::Result<usize, Never> {
        self.asked = true;
        Ok(bytes.len())
    }

    fn receive(&mut self, _: &mut (), buffer: &mut [u8]) -> nb::Result<usize, Never> {
        let count = self.answer.len().min(buffer.len()).min(16);
        let Some((now, later)) = self.answer.split_at_checked(count).filter(|_| self.asked) else {
            return Err(nb::Error::WouldBlock);
        };
        if now.is_empty() {
            return Err(nb::Error::WouldBlock);
        }
        for (target, byte) in buffer.iter_mut().zip(now) {
            *target = *byte;
        }
        self.answer = later;
        Ok(count)
    }

    fn close(&mut self, (): ()) -> Result<(), Never> {
        Ok(())
    }
}
