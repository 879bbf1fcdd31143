//! DHCP and DNS over smoltcp, against a server of both at the end of a cable in memory: a second smoltcp, whose own
//! wire format answers.

mod cable;

use cable::{End, ends};
use nal_link::{Clock, LinkStatus, LoopContext};
use safe_http_client::{Cause, Config, SafeHttpClient};
use safe_http_client_smoltcp::SmoltcpNetwork;
use smoltcp::iface::{Config as IfaceConfig, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::Medium;
use smoltcp::socket::{dns, tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{
    DhcpMessageType, DhcpPacket, DhcpRepr, DnsPacket, EthernetAddress, HardwareAddress, IpCidr,
    Ipv4Address, Ipv4Cidr,
};
use std::cell::{Cell, RefCell};
use std::time::Duration;

const SERVER: Ipv4Address = Ipv4Address::new(192, 168, 7, 1);
const LEASED: Ipv4Address = Ipv4Address::new(192, 168, 7, 57);
/// Seconds.
const LEASE: u32 = 60;

/// What the server does.
#[derive(Clone, Copy, PartialEq)]
struct Serves {
    /// Leases an address.
    dhcp: bool,
    /// Names itself as the DNS server.
    names_dns: bool,
    /// Answers queries; all names but one are unknown.
    dns: bool,
}

const ALL: Serves = Serves { dhcp: true, names_dns: true, dns: true };

struct Server {
    serves: Cell<Serves>,
    device: End,
    interface: Interface,
    sockets: SocketSet<'static>,
    dhcp: SocketHandle,
    dns: SocketHandle,
    http: SocketHandle,
    /// The messages of DHCP that came.
    asked: Vec<DhcpMessageType>,
}

fn interface(device: &mut End, last: u8) -> Interface {
    let hardware = EthernetAddress([2, 0, 0, 0, 0, last]);
    let mut config = IfaceConfig::new(HardwareAddress::Ethernet(hardware));
    config.random_seed = 7;
    Interface::new(config, device, Instant::ZERO)
}

fn udp_socket(port: u16) -> udp::Socket<'static> {
    let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 8], vec![0; 4096]);
    let mut socket = udp::Socket::new(buffer(), buffer());
    socket.bind(port).unwrap();
    socket
}

impl Server {
    fn new(mut device: End, serves: Serves) -> Self {
        let mut interface = interface(&mut device, 1);
        interface.update_ip_addrs(|all| {
            all.push(IpCidr::Ipv4(Ipv4Cidr::new(SERVER, 24))).unwrap();
        });
        let mut sockets = SocketSet::new(Vec::from_iter((0..3).map(|_| SocketStorage::EMPTY)));
        let buffer = || tcp::SocketBuffer::new(vec![0; 2048]);
        let dhcp = sockets.add(udp_socket(67));
        let dns = sockets.add(udp_socket(53));
        let http = sockets.add(tcp::Socket::new(buffer(), buffer()));
        let (serves, asked) = (Cell::new(serves), Vec::new());
        Self { serves, device, interface, sockets, dhcp, dns, http, asked }
    }

    fn turn(&mut self, now: u32) {
        let now = Instant::from_millis(i64::from(now));
        self.interface.poll(now, &mut self.device, &mut self.sockets);
        self.lease();
        self.resolve();
        self.answer();
        self.interface.poll(now, &mut self.device, &mut self.sockets);
    }

    fn lease(&mut self) {
        let serves = self.serves.get();
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(self.dhcp);
        while let Ok((bytes, _)) = socket.recv() {
            let packet = DhcpPacket::new_checked(bytes).unwrap();
            let asked = DhcpRepr::parse(&packet).unwrap();
            self.asked.push(asked.message_type);
            let message_type = match asked.message_type {
                DhcpMessageType::Discover => DhcpMessageType::Offer,
                DhcpMessageType::Request => DhcpMessageType::Ack,
                _ => continue,
            };
            if !serves.dhcp {
                continue;
            }
            let offer = DhcpRepr {
                message_type,
                your_ip: LEASED,
                server_ip: SERVER,
                router: Some(SERVER),
                subnet_mask: Some(Ipv4Address::new(255, 255, 255, 0)),
                server_identifier: Some(SERVER),
                dns_servers: serves.names_dns.then(|| [SERVER].into_iter().collect()),
                lease_duration: Some(LEASE),
                client_identifier: None,
                requested_ip: None,
                parameter_request_list: None,
                max_size: None,
                ..asked
            };
            let mut answer = vec![0; offer.buffer_len()];
            offer.emit(&mut DhcpPacket::new_unchecked(&mut answer[..])).unwrap();
            socket.send_slice(&answer, (Ipv4Address::BROADCAST, 68)).unwrap();
        }
    }

    fn resolve(&mut self) {
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(self.dns);
        while let Ok((query, from)) = socket.recv() {
            if !self.serves.get().dns {
                continue;
            }
            let packet = DnsPacket::new_checked(query).unwrap();
            let known = query.windows(11).any(|part| part == b"\x04gate\x05local");
            // The question's copy, and an answer of RFC 1035 section 4.1.3: its name, A, IN, a minute, an address.
            let mut reply = query.to_vec();
            reply[2..8].copy_from_slice(&[
                0x81,
                if known { 0x80 } else { 0x83 },
                0,
                1,
                0,
                known.into(),
            ]);
            if known {
                reply.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
                reply.extend(SERVER.octets());
            }
            assert_eq!(packet.question_count(), 1);
            socket.send_slice(&reply, from).unwrap();
        }
    }

    fn answer(&mut self) {
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(self.http);
        if !socket.is_open() {
            socket.listen(80).unwrap();
        }
        let is_whole = |bytes: &mut [u8]| (bytes.len(), bytes.ends_with(b"\r\n\r\n"));
        if socket.can_recv() && socket.recv(is_whole).unwrap() {
            socket.send_slice(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
        }
        if socket.state() == tcp::State::CloseWait {
            socket.close();
        }
    }
}

struct World {
    now: Cell<u32>,
    server: RefCell<Server>,
}

impl World {
    fn serves(&self, serves: Serves) {
        self.server.borrow().serves.set(serves);
    }
}

impl Clock for &World {
    fn now_ms(&self) -> u32 {
        self.now.get()
    }

    fn idle(&self) {
        self.now.set(self.now.get() + 5);
        self.server.borrow_mut().turn(self.now.get());
    }
}

type Client<'w> = SafeHttpClient<SmoltcpNetwork<'w, End, &'w World>, &'w World>;

fn on_cable(serves: Serves, test: impl FnOnce(&mut Client<'_>, &mut LoopContext, &World)) {
    let (mut chip, device) = ends(Medium::Ethernet);
    let server = RefCell::new(Server::new(device, serves));
    let world = World { now: Cell::new(0), server };
    let interface = interface(&mut chip, 2);
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut storage = [SocketStorage::EMPTY; 3];
    let sockets = SocketSet::new(&mut storage[..]);
    let queries = vec![None, None];
    let network = SmoltcpNetwork::new(interface, chip, sockets, &world, (&mut rx, &mut tx), 1)
        .with_dhcp()
        .with_dns(dns::Socket::new(&[], queries), false);
    let config = Config::new()
        .online_timeout(Duration::from_secs(20))
        .resolve_timeout(Duration::from_secs(30));
    let mut client = SafeHttpClient::with_config(network, &world, config);
    test(&mut client, &mut LoopContext::take().unwrap(), &world);
}

fn get(client: &mut Client<'_>, cx: &mut LoopContext, url: &str) -> Result<String, &'static str> {
    let mut buffer = [0; 512];
    let mut online = client.wait_online(cx).map_err(|_| "offline")?;
    let mut response = online.get(url, &mut buffer).send().map_err(|error| error.code())?;
    response.read_to_str().map(str::to_owned).map_err(|error| error.code())
}

#[test]
fn an_address_a_gateway_and_a_dns_server_come_by_dhcp() {
    on_cable(ALL, |client, cx, world| {
        assert_eq!(client.link_status(), LinkStatus::NoAddress);
        assert_eq!(get(client, cx, "http://gate.local/").as_deref(), Ok("hello"));
        let ip = client.link_status().ip_config().unwrap();
        assert_eq!(ip.address, LEASED);
        assert_eq!((ip.netmask, ip.gateway), (Some([255, 255, 255, 0].into()), Some(SERVER)));
        assert_eq!(ip.has_dns, Some(true));
        let asked = &world.server.borrow().asked;
        assert_eq!(asked[..], [DhcpMessageType::Discover, DhcpMessageType::Request]);
    });
}

#[test]
fn without_a_dhcp_server_there_is_no_address_until_there_is_one() {
    on_cable(Serves { dhcp: false, ..ALL }, |client, cx, world| {
        assert_eq!(get(client, cx, "http://gate.local/"), Err("offline"));
        assert_eq!(client.link_status(), LinkStatus::NoAddress);
        world.serves(ALL);
        assert_eq!(get(client, cx, "http://gate.local/").as_deref(), Ok("hello"));
    });
}

#[test]
fn a_lease_without_a_dns_server_says_so_before_a_name_is_asked_for() {
    on_cable(Serves { names_dns: false, ..ALL }, |client, cx, _| {
        assert_eq!(get(client, cx, "http://192.168.7.1/").as_deref(), Ok("hello"));
        assert_eq!(client.link_status().ip_config().unwrap().has_dns, Some(false));
        assert_eq!(get(client, cx, "http://gate.local/"), Err("no_dns_server"));
    });
}

#[test]
fn an_unknown_name_and_a_silent_dns_server_are_errors_of_the_name() {
    on_cable(ALL, |client, cx, world| {
        assert_eq!(get(client, cx, "http://unknown.local/"), Err("name_not_resolved"));
        world.serves(Serves { dns: false, ..ALL });
        let error = get(client, cx, "http://gate.local/").unwrap_err();
        assert!(["name_not_resolved", "resolve_timeout"].contains(&error), "{error}");
        // The query that was given up answers no other.
        world.serves(ALL);
        assert_eq!(get(client, cx, "http://gate.local/").as_deref(), Ok("hello"));
        let report = client.diagnose(cx, "http://unknown.local/");
        let cause = report.diagnosis().map(|diagnosis| diagnosis.cause());
        assert_eq!(cause, Some(Cause::NameNotResolved), "{report}");
    });
}

/// RFC 2131 section 4.4.5: what isn't renewed ends with its lease.
#[test]
fn a_lease_is_renewed_and_ends_where_it_is_not() {
    on_cable(ALL, |client, cx, world| {
        assert_eq!(get(client, cx, "http://gate.local/").as_deref(), Ok("hello"));
        let pass = |client: &mut Client<'_>, seconds: u32| {
            let end = world.now.get() + seconds * 1000;
            while world.now.get() < end {
                client.clock().idle();
                client.link_status();
            }
        };
        pass(client, 2 * LEASE);
        assert_eq!(client.link_status().ip_config().unwrap().address, LEASED);
        assert!(world.server.borrow().asked.len() > 2, "renewed");
        assert_eq!(get(client, cx, "http://gate.local/").as_deref(), Ok("hello"));

        // The server has room for one connection.
        client.close();
        pass(client, 1);
        world.serves(Serves { dhcp: false, ..ALL });
        pass(client, 2 * LEASE);
        assert_eq!(client.link_status(), LinkStatus::NoAddress);
        world.serves(ALL);
        assert_eq!(get(client, cx, "http://gate.local/").as_deref(), Ok("hello"));
    });
}

#[test]
fn a_cable_that_was_out_has_its_address_asked_for_anew() {
    on_cable(ALL, |client, cx, world| {
        assert_eq!(get(client, cx, "http://gate.local/").as_deref(), Ok("hello"));
        let before = world.server.borrow().asked.len();
        client.network_mut().set_cable(false);
        assert_eq!(get(client, cx, "http://gate.local/"), Err("offline"));
        client.network_mut().set_cable(true);
        assert_eq!(get(client, cx, "http://gate.local/").as_deref(), Ok("hello"));
        let asked = &world.server.borrow().asked;
        assert!(asked[before..].contains(&DhcpMessageType::Discover), "{asked:?}");
    });
}
