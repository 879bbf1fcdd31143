//! A network of two in memory: `smoltcp-nal` at one end of a cable, and at the other smoltcp itself
//! with a scripted server and a resolver. Time is virtual: a millisecond for each step.

use crate::scenario::{Act, Move, Peer, Player};
use safe_http_client::FnClock;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{dns, tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr, Ipv4Address};
use smoltcp_nal::NetworkStack;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

pub const SERVER: Ipv4Address = Ipv4Address::new(10, 0, 0, 1);
pub const CLIENT: Ipv4Address = Ipv4Address::new(10, 0, 0, 2);
/// The only name that the resolver knows.
pub const KNOWN_NAME: &str = "gate.test";

/// Packets on their way, by direction.
#[derive(Default)]
struct Cable([VecDeque<Vec<u8>>; 2]);

/// One end of the cable.
#[derive(Clone)]
pub struct Plug {
    cable: Rc<RefCell<Cable>>,
    sends_to: usize,
}

pub struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

impl TxToken for Plug {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut packet = vec![0; len];
        let result = f(&mut packet);
        self.cable.borrow_mut().0[self.sends_to].push_back(packet);
        result
    }
}

impl Device for Plug {
    type RxToken<'a> = Received;
    type TxToken<'a> = Plug;

    fn receive(&mut self, _: Instant) -> Option<(Received, Plug)> {
        Some((Received(self.take()?), self.clone()))
    }

    fn transmit(&mut self, _: Instant) -> Option<Plug> {
        Some(self.clone())
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

thread_local! {
    /// Milliseconds since the start.
    static NOW: Cell<u32> = const { Cell::new(0) };
    /// What stands at the far end. Here because a stack's poll function is a plain `fn`.
    static FAR: RefCell<Option<Far>> = const { RefCell::new(None) };
}

/// The clock of all of it.
pub fn clock() -> FnClock<impl Fn() -> u32> {
    FnClock(|| NOW.get())
}

/// embedded-time's view of it, which smoltcp-nal asks for.
#[derive(Debug, Clone, Copy)]
pub struct Ticks;

impl embedded_time::Clock for Ticks {
    type T = u32;
    const SCALING_FACTOR: embedded_time::rate::Fraction =
        embedded_time::rate::Fraction::new(1, 1000);

    fn try_now(&self) -> Result<embedded_time::Instant<Self>, embedded_time::clock::Error> {
        Ok(embedded_time::Instant::new(NOW.get()))
    }
}

pub type Stack = NetworkStack<'static, Plug, Ticks>;

fn interface(plug: &mut Plug, address: Ipv4Address) -> Interface {
    let hardware = EthernetAddress([2, 0, 0, 0, 0, address.octets()[3]]);
    let mut config = Config::new(HardwareAddress::Ethernet(hardware));
    config.random_seed = 7;
    let mut interface = Interface::new(config, plug, Instant::ZERO);
    interface.update_ip_addrs(|list| list.push(IpCidr::new(address.into(), 24)).unwrap());
    interface
}

fn tcp_socket(size: usize) -> tcp::Socket<'static> {
    let buffer = || tcp::SocketBuffer::new(vec![0; size]);
    tcp::Socket::new(buffer(), buffer())
}

/// A client's stack, with a server at the other end of its cable.
pub fn stack() -> (Stack, FarPeer) {
    let cable: Rc<RefCell<Cable>> = Rc::default();
    let mut near = Plug { cable: cable.clone(), sends_to: 0 };
    let far = Plug { cable, sends_to: 1 };
    NOW.set(0);
    FAR.set(Some(Far::new(far)));

    let mut sockets = SocketSet::new(Vec::new());
    // A handle that is closed is handed out again at once: the second lets its FIN get through.
    sockets.add(tcp_socket(1024));
    sockets.add(tcp_socket(1024));
    sockets.add(dns::Socket::new(&[SERVER.into()], vec![None, None]));
    let interface = interface(&mut near, CLIENT);
    (NetworkStack::new(interface, near, sockets, Ticks), FarPeer)
}

/// A cable with the server at its far end, for a stack that isn't smoltcp's at the near one.
pub fn cable() -> (Plug, FarPeer) {
    let cable: Rc<RefCell<Cable>> = Rc::default();
    let near = Plug { cable: cable.clone(), sends_to: 0 };
    NOW.set(0);
    let mut far = Far::new(Plug { cable, sends_to: 1 });
    // What a script says apart arrives apart, whenever the near end acknowledges.
    for (_, socket) in far.sockets.iter_mut() {
        if let smoltcp::socket::Socket::Tcp(socket) = socket {
            socket.set_nagle_enabled(false);
        }
    }
    FAR.set(Some(far));
    (near, FarPeer)
}

impl Plug {
    /// The next frame from the cable's other end.
    pub fn take(&self) -> Option<Vec<u8>> {
        self.cable.borrow_mut().0[1 - self.sends_to].pop_front()
    }

    /// Sends a frame to the other end.
    pub fn put(&self, frame: &[u8]) {
        self.cable.borrow_mut().0[self.sends_to].push_back(frame.to_vec());
    }
}

/// The far end moves its packets, and a millisecond passes.
pub fn step_far() {
    NOW.set(NOW.get() + 1);
    FAR.with_borrow_mut(|far| far.as_mut().unwrap().step());
}

/// Both ends move their packets, and a millisecond passes.
pub fn step<L>(stack: &mut Stack, _link: &mut L) {
    NOW.set(NOW.get() + 1);
    stack.poll().unwrap();
    FAR.with_borrow_mut(|far| far.as_mut().unwrap().step());
    stack.poll().unwrap();
}

/// One of the server's sockets, and what it plays.
struct Played {
    handle: SocketHandle,
    player: Option<Player>,
    /// What the player said and the socket hasn't taken.
    unsent: VecDeque<u8>,
}

/// The far end: a server of several connections, and a resolver.
struct Far {
    plug: Plug,
    interface: Interface,
    sockets: SocketSet<'static>,
    played: Vec<Played>,
    resolver: SocketHandle,
    port: u16,
    scripts: VecDeque<Vec<Act>>,
    accepted: usize,
    heads: Vec<String>,
}

impl Far {
    fn new(mut plug: Plug) -> Self {
        let interface = interface(&mut plug, SERVER);
        let mut sockets = SocketSet::new(Vec::new());
        let mut played = Vec::new();
        // Some stay with connections that the client has left without a word.
        for _ in 0..40 {
            let handle = sockets.add(tcp_socket(2048));
            played.push(Played { handle, player: None, unsent: VecDeque::new() });
        }
        let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 4], vec![0; 1024]);
        let mut resolver = udp::Socket::new(buffer(), buffer());
        resolver.bind(53).unwrap();
        let resolver = sockets.add(resolver);
        Self {
            plug,
            interface,
            sockets,
            played,
            resolver,
            port: 8000,
            scripts: VecDeque::new(),
            accepted: 0,
            heads: Vec::new(),
        }
    }

    fn step(&mut self) {
        let now = Instant::from_millis(i64::from(NOW.get()));
        self.interface.poll(now, &mut self.plug, &mut self.sockets);
        for played in &mut self.played {
            let socket = self.sockets.get_mut::<tcp::Socket<'_>>(played.handle);
            match socket.state() {
                tcp::State::Closed | tcp::State::TimeWait => {
                    socket.abort();
                    socket.listen(self.port).unwrap();
                    played.player = None;
                    played.unsent.clear();
                }
                tcp::State::Listen if socket.listen_endpoint().port != self.port => {
                    socket.abort();
                }
                tcp::State::Listen | tcp::State::SynReceived => {}
                state => {
                    let player = played.player.get_or_insert_with(|| {
                        self.accepted += 1;
                        Player::new(self.scripts.pop_front().unwrap_or_default())
                    });
                    while let Ok(1..) = socket.recv(|bytes| {
                        player.take(bytes);
                        (bytes.len(), bytes.len())
                    }) {}
                    while played.unsent.is_empty() {
                        let made = player.next(NOW.get());
                        self.heads.append(&mut player.heads);
                        match made {
                            Some(Move::Send(bytes)) => played.unsent.extend(bytes),
                            Some(Move::Fin) => socket.close(),
                            Some(Move::Reset) => socket.abort(),
                            None => break,
                        }
                    }
                    if !played.unsent.is_empty() && socket.can_send() {
                        let count = socket.send_slice(played.unsent.make_contiguous()).unwrap();
                        played.unsent.drain(..count);
                    }
                    // The client has ended its direction: there is nobody left to talk to.
                    if state == tcp::State::CloseWait {
                        socket.close();
                    }
                }
            }
        }
        let resolver = self.sockets.get_mut::<udp::Socket<'_>>(self.resolver);
        while let Ok((query, from)) = resolver.recv() {
            let reply = resolve(query);
            resolver.send_slice(&reply, from).unwrap();
        }
        self.interface.poll(now, &mut self.plug, &mut self.sockets);
    }
}

/// The answer to a query of one question (RFC 1035 section 4).
fn resolve(query: &[u8]) -> Vec<u8> {
    let mut name = Vec::new();
    let mut at = 12;
    while query[at] > 0 {
        let label = &query[at + 1..at + 1 + usize::from(query[at])];
        name.push(std::str::from_utf8(label).unwrap());
        at += 1 + label.len();
    }
    let question = &query[12..at + 5];
    let known = name.join(".") == KNOWN_NAME;
    let mut reply = query[..2].to_vec();
    // A response, recursion available; NXDOMAIN for what isn't known.
    reply.extend([0x81, if known { 0x80 } else { 0x83 }, 0, 1, 0, u8::from(known), 0, 0, 0, 0]);
    reply.extend(question);
    if known {
        // The name above, type A, class IN, for a minute, four bytes.
        reply.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        reply.extend(SERVER.octets());
    }
    reply
}

/// The server at the far end, as scenarios see it.
pub struct FarPeer;

impl FarPeer {
    fn with<T>(f: impl FnOnce(&mut Far) -> T) -> T {
        FAR.with_borrow_mut(|far| f(far.as_mut().unwrap()))
    }

    pub fn port(&self) -> u16 {
        Self::with(|far| far.port)
    }
}

impl Peer for FarPeer {
    fn play(&mut self, scripts: Vec<Vec<Act>>) -> String {
        Self::with(|far| {
            // A new port, so that no connection of before is taken for one of now.
            far.port += 1;
            far.scripts = scripts.into();
            far.accepted = 0;
            far.heads.clear();
            far.step();
            far.step();
            format!("http://{SERVER}:{}", far.port)
        })
    }

    fn refusing(&mut self) -> String {
        format!("http://{SERVER}:9")
    }

    fn accepted(&mut self) -> usize {
        Self::with(|far| far.accepted)
    }

    fn heads(&mut self) -> Vec<String> {
        Self::with(|far| far.heads.clone())
    }
}
