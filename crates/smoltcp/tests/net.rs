//! The client over smoltcp, against another smoltcp at the end of a cable in memory.

use nal_link::{Clock, LoopContext, StackFault};
use safe_http_client::{Config, SafeHttpClient};
use safe_http_client_smoltcp::SmoltcpNetwork;
use smoltcp::iface::{
    Config as IfaceConfig, Interface, PollIngressSingleResult, SocketHandle, SocketSet,
    SocketStorage,
};
use smoltcp::phy::Medium;
use smoltcp::socket::tcp;
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use std::cell::{Cell, RefCell};
use std::time::Duration;

mod cable;

use cable::{End, ends};

const URL: &str = "http://192.168.1.20/state";

fn interface(device: &mut End, address: Option<[u8; 4]>) -> Interface {
    let mut config = IfaceConfig::new(HardwareAddress::Ip);
    config.random_seed = 7;
    let mut interface = Interface::new(config, device, Instant::ZERO);
    interface.update_ip_addrs(|addresses| {
        if let Some([a, b, c, d]) = address {
            addresses.push(IpCidr::new(IpAddress::v4(a, b, c, d), 24)).unwrap();
        }
    });
    interface
}

#[derive(Clone, Copy, PartialEq)]
enum Behaviour {
    Serves,
    Ends,
    Resets,
    Silent,
    Elsewhere,
}

struct Peer {
    behaviour: Behaviour,
    device: End,
    interface: Interface,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
    request: Vec<u8>,
    is_answered: bool,
}

impl Peer {
    fn turn(&mut self, now: u32) {
        let now = Instant::from_millis(i64::from(now));
        // A server always listens: also for what follows the reset of the connection before.
        loop {
            let socket = self.sockets.get_mut::<tcp::Socket<'_>>(self.handle);
            if !socket.is_open() {
                let port = if self.behaviour == Behaviour::Elsewhere { 8080 } else { 80 };
                socket.listen(port).unwrap();
            }
            let one = self.interface.poll_ingress_single(now, &mut self.device, &mut self.sockets);
            if one == PollIngressSingleResult::None {
                break;
            }
        }
        self.serve();
        self.interface.poll(now, &mut self.device, &mut self.sockets);
    }

    fn serve(&mut self) {
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(self.handle);
        if socket.can_recv() {
            socket.recv(|bytes| (bytes.len(), self.request.extend_from_slice(bytes))).unwrap();
        }
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
        if self.request.ends_with(b"\r\n\r\n") && self.behaviour != Behaviour::Silent {
            self.request.clear();
            let whole = self.behaviour == Behaviour::Serves;
            socket.send_slice(&answer[..answer.len() - if whole { 0 } else { 5 }]).unwrap();
            self.is_answered = true;
            if self.behaviour == Behaviour::Ends {
                socket.close();
            }
        } else if self.is_answered
            && self.behaviour == Behaviour::Resets
            && socket.is_active()
            && socket.send_queue() == 0
        {
            socket.abort();
        }
        if socket.state() == tcp::State::CloseWait {
            socket.close();
        }
    }
}

struct World {
    now: Cell<u32>,
    peer: RefCell<Peer>,
}

impl Clock for &World {
    fn now_ms(&self) -> u32 {
        self.now.get()
    }

    fn idle(&self) {
        self.now.set(self.now.get() + 1);
        self.peer.borrow_mut().turn(self.now.get());
    }
}

type Client<'w> = SafeHttpClient<SmoltcpNetwork<'w, End, &'w World>, &'w World>;

fn on_cable(
    behaviour: Behaviour,
    address: Option<[u8; 4]>,
    test: impl FnOnce(&mut Client<'_>, &mut LoopContext),
) {
    let (mut chip, mut device) = ends(Medium::Ip);
    let interface_of_peer = interface(&mut device, Some([192, 168, 1, 20]));
    let mut sockets = SocketSet::new(Vec::from_iter((0..2).map(|_| SocketStorage::EMPTY)));
    let buffer = || tcp::SocketBuffer::new(vec![0; 2048]);
    let handle = sockets.add(tcp::Socket::new(buffer(), buffer()));
    let peer = Peer {
        behaviour,
        device,
        interface: interface_of_peer,
        sockets,
        handle,
        request: Vec::new(),
        is_answered: false,
    };
    let world = World { now: Cell::new(0), peer: RefCell::new(peer) };
    let interface = interface(&mut chip, address);
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut storage = [SocketStorage::EMPTY; 3];
    let sockets = SocketSet::new(&mut storage[..]);
    let network = SmoltcpNetwork::new(interface, chip, sockets, &world, (&mut rx, &mut tx), 1);
    let ms = Duration::from_millis;
    let config =
        Config::new().connect_timeout(ms(300)).response_timeout(ms(200)).online_timeout(ms(100));
    let mut client = SafeHttpClient::with_config(network, &world, config);
    test(&mut client, &mut LoopContext::take().unwrap());
}

fn get(client: &mut Client<'_>, cx: &mut LoopContext, url: &str) -> Result<String, String> {
    let mut buffer = [0; 512];
    let mut online = client.wait_online(cx).map_err(|why| why.to_string())?;
    let sent = online.get(url, &mut buffer).send();
    let mut response = sent.map_err(|error| format!("{:?}", error.kind))?;
    let body = response.read_to_str().map(str::to_owned);
    body.map_err(|error| format!("{:?}", error.kind))
}

const CHIP: Option<[u8; 4]> = Some([192, 168, 1, 57]);

#[test]
fn requests_go_over_one_connection_and_over_the_next() {
    on_cable(Behaviour::Serves, CHIP, |client, cx| {
        for _ in 0..3 {
            assert_eq!(get(client, cx, URL).as_deref(), Ok("0123456789"));
        }
        assert!(client.is_connected());
        client.close();
        for _ in 0..20 {
            client.clock().idle();
        }
        assert_eq!(get(client, cx, URL).as_deref(), Ok("0123456789"));
    });
}

#[test]
fn refused_is_told_from_silent_and_a_reset_from_the_end() {
    let truncated = "Truncated { received: 5, announced: Some(10) }";
    for (behaviour, expected, fault) in [
        (Behaviour::Elsewhere, "Connect(Refused)", StackFault::Refused),
        (Behaviour::Silent, "Timeout { deadline: Response, limit_ms: 200 }", StackFault::Unknown),
        (Behaviour::Ends, truncated, StackFault::Unknown),
        (Behaviour::Resets, "Receive(Reset)", StackFault::Reset),
    ] {
        on_cable(behaviour, CHIP, |client, cx| {
            assert_eq!(get(client, cx, URL), Err(expected.to_owned()));
            assert_eq!(client.evidence().fault, fault, "{expected}");
            assert!(!client.is_connected());
        });
    }
}

#[test]
fn targets_that_cant_be_reached_are_errors() {
    on_cable(Behaviour::Serves, CHIP, |client, cx| {
        let error = get(client, cx, "http://[2001:db8::1]/").unwrap_err();
        assert_eq!(error, "Connect(NotIpv4)");
        let error = get(client, cx, "http://192.168.1.99/").unwrap_err();
        assert_eq!(error, "Timeout { deadline: Connect, limit_ms: 300 }");
        let error = get(client, cx, "http://gate.local/").unwrap_err();
        assert_eq!(error, "Link(NoDnsServer)");
        assert_eq!(get(client, cx, URL).as_deref(), Ok("0123456789"));
    });
}

#[test]
fn the_link_is_the_interfaces() {
    on_cable(Behaviour::Serves, CHIP, |client, cx| {
        assert_eq!(client.link_status().to_string(), "up, with the address 192.168.1.57");
        client.network_mut().set_cable(false);
        let why = get(client, cx, URL).unwrap_err();
        assert!(why.contains("the link is down"), "{why}");
    });
    on_cable(Behaviour::Serves, None, |client, cx| {
        let why = get(client, cx, URL).unwrap_err();
        assert!(why.contains("no IP address"), "{why}");
    });
}
