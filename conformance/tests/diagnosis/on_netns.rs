//! std-embedded-nal in network namespaces: a small network with an access point's bridge, a gateway,
//! hosts and a firewall, all of it real. Needs root, `ip`, `bridge` and `nft`.
//!
//! ```text
//!            bridge `air` in the namespace `ap`, 10.77.0.1/24: access point and gateway
//!               │                      │
//!   chip 10.77.0.2             host 10.77.0.3            and nobody at 10.77.0.9
//! ```

use crate::common::cx;
use crate::observed::{Case, Demand, On};
use crate::observed::{observe, observe_after, observe_passive, say as tell};
use crate::on_std::{OK, client, clock, config, fault, find_program};
use conformance::scenario::{Act, say};
use conformance::server::Server;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use safe_http_client::{
    Cause, Diagnostics, IpConfig, Link, LinkStatus, NalNetwork, Network, NoPing, Preflight,
    SafeHttpClient, StackFault, StackQuirks,
};
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::process::Command;
use std::time::{Duration, Instant};

const HOST: &str = "10.77.0.3";
const NOBODY: &str = "10.77.0.9";

/// The namespaces, which are gone when this is.
struct Air {
    id: u32,
}

/// Runs a program to its end; what it said on stderr if it failed.
fn run(line: &str) -> Result<String, String> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let program = find_program(name).ok_or_else(|| format!("no `{name}`"))?;
    let output = Command::new(program).args(words).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("`{line}`: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

impl Air {
    fn new() -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("network namespaces need root".into());
        }
        for program in ["ip", "bridge", "nft"] {
            find_program(program).ok_or_else(|| format!("no `{program}`"))?;
        }
        let air = Self { id: std::process::id() };
        let [ap, chip, host] = ["ap", "chip", "host"].map(|end| air.name(end));
        for name in [&ap, &chip, &host] {
            run(&format!("ip netns add {name}"))?;
        }
        run(&format!("ip -n {ap} link add air type bridge"))?;
        for (end, address) in [(&chip, "10.77.0.2/24"), (&host, "10.77.0.3/24")] {
            let port = if end == &chip { "to-chip" } else { "to-host" };
            run(&format!("ip -n {end} link add wlan0 type veth peer name {port} netns {ap}"))?;
            run(&format!("ip -n {ap} link set {port} master air up"))?;
            run(&format!("ip -n {end} addr add {address} dev wlan0"))?;
            run(&format!("ip -n {end} link set wlan0 up"))?;
            run(&format!("ip -n {end} link set lo up"))?;
            run(&format!("ip -n {end} route add default via 10.77.0.1"))?;
        }
        run(&format!("ip -n {ap} addr add 10.77.0.1/24 dev air"))?;
        run(&format!("ip -n {ap} link set air up"))?;
        // A connect that nobody answers ends after 3 s, not after two minutes.
        air.set("tcp_syn_retries", "1")?;
        air.set("ping_group_range", "0 0")?;
        Ok(air)
    }

    fn name(&self, end: &str) -> String {
        format!("http-diagnosis-{}-{end}", self.id)
    }

    fn run_in(&self, end: &str, line: &str) -> Result<String, String> {
        run(&format!("ip netns exec {} {line}", self.name(end)))
    }

    /// Does something with the sockets of one end, in a thread of its own.
    fn at<T: Send>(&self, end: &str, what: impl FnOnce() -> T + Send) -> Result<T, String> {
        let path = format!("/var/run/netns/{}", self.name(end));
        let namespace = File::open(&path).map_err(|error| format!("{path}: {error}"))?;
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                    .map_err(|error| format!("setns: {error}"))?;
                Ok(what())
            });
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Sets one of the chip's end's own settings of IPv4.
    fn set(&self, name: &str, value: &str) -> Result<(), String> {
        let path = format!("/proc/sys/net/ipv4/{name}");
        self.at("chip", || {
            std::fs::write(&path, value).map_err(|error| format!("{path}: {error}"))
        })?
    }

    fn served(&self, address: &str) -> Result<Server, String> {
        let scripts = vec![vec![Act::Request, say(OK)]; 8];
        self.at("host", || Server::at(address, scripts))?.map_err(|error| error.to_string())
    }

    fn block(&self, rule: &str) -> Result<(), String> {
        self.run_in("host", "nft add table inet wall")?;
        self.run_in("host", "nft add chain inet wall in { type filter hook input priority 0 ; }")?;
        self.run_in("host", &format!("nft add rule inet wall in {rule}")).map(|_| ())
    }

    fn unblock(&self) -> Result<(), String> {
        self.run_in("host", "nft delete table inet wall").map(|_| ())
    }
}

impl Drop for Air {
    fn drop(&mut self) {
        for end in ["ap", "chip", "host"] {
            let _ = run(&format!("ip netns del {}", self.name(end)));
        }
    }
}

/// The chip's link, as the operating system sees it. Like a chip's, it isn't for 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub struct Wlan {
    has_dns: Option<bool>,
}

impl Link for Wlan {
    fn link_status(&mut self) -> LinkStatus {
        let shown = run("ip -4 -o addr show dev wlan0").unwrap_or_default();
        let Some((address, bits)) = shown
            .split_whitespace()
            .skip_while(|word| *word != "inet")
            .nth(1)
            .and_then(|address| address.split_once('/'))
        else {
            return LinkStatus::NoAddress;
        };
        let bits: u32 = bits.parse().unwrap();
        let netmask = Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - bits).unwrap_or(0));
        let ip = IpConfig::new(address.parse().unwrap()).with_netmask(netmask);
        let routes = run("ip -4 route show default").unwrap_or_default();
        let gateway = routes.split_whitespace().nth(2).and_then(|text| text.parse().ok());
        let ip = gateway.map_or(ip, |gateway| ip.with_gateway(gateway));
        LinkStatus::Up(self.has_dns.map_or(ip, |has_dns| ip.with_dns(has_dns)))
    }
}

/// The operating system's stack, which pings as well. Sends ICMP of its own: `ping` isn't
/// everywhere.
struct Pinging {
    stack: NalNetwork<std_embedded_nal::Stack, Wlan>,
    /// On its way: to whom, since when.
    ping: Option<(UdpSocket, IpAddr, Instant)>,
}

impl Pinging {
    fn new() -> Self {
        let link = Wlan { has_dns: Some(true) };
        let stack = NalNetwork::new(std_embedded_nal::Stack, link, StackQuirks::STD);
        Self { stack: stack.with_faults(fault), ping: None }
    }
}

type Socket = <std_embedded_nal::Stack as TcpClientStack>::TcpSocket;
type TcpError = <std_embedded_nal::Stack as TcpClientStack>::Error;
type DnsError = <std_embedded_nal::Stack as Dns>::Error;

impl TcpClientStack for Pinging {
    type TcpSocket = Socket;
    type Error = TcpError;

    fn socket(&mut self) -> Result<Socket, TcpError> {
        self.stack.socket()
    }

    fn connect(&mut self, socket: &mut Socket, remote: SocketAddr) -> nb::Result<(), TcpError> {
        self.stack.connect(socket, remote)
    }

    fn send(&mut self, socket: &mut Socket, buffer: &[u8]) -> nb::Result<usize, TcpError> {
        self.stack.send(socket, buffer)
    }

    fn receive(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> nb::Result<usize, TcpError> {
        self.stack.receive(socket, buffer)
    }

    fn close(&mut self, socket: Socket) -> Result<(), TcpError> {
        self.stack.close(socket)
    }
}

impl Dns for Pinging {
    type Error = DnsError;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, DnsError> {
        self.stack.get_host_by_name(name, kind)
    }

    fn get_host_by_address(&mut self, a: IpAddr, b: &mut [u8]) -> nb::Result<usize, DnsError> {
        self.stack.get_host_by_address(a, b)
    }
}

impl Link for Pinging {
    fn link_status(&mut self) -> LinkStatus {
        self.stack.link_status()
    }
}

impl Network for Pinging {
    fn quirks(&self) -> StackQuirks {
        self.stack.quirks()
    }
}

impl Diagnostics for Pinging {
    fn tcp_fault(&self, error: &TcpError) -> StackFault {
        self.stack.tcp_fault(error)
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        use rustix::net::{AddressFamily, SocketType, ipproto, socket};
        if self.ping.as_ref().is_none_or(|(_, asked, _)| *asked != host) {
            let made = socket(AddressFamily::INET, SocketType::DGRAM, Some(ipproto::ICMP));
            let socket = UdpSocket::from(made.map_err(|_| NoPing)?);
            socket.set_nonblocking(true).map_err(|_| NoPing)?;
            // An echo request (RFC 792); the kernel fills in number and checksum.
            let sent = socket.send_to(&[8, 0, 0, 0, 0, 0, 0, 1], SocketAddr::new(host, 0));
            if sent.is_err() {
                return Ok(None);
            }
            self.ping = Some((socket, host, Instant::now()));
        }
        let Some((socket, _, since)) = &self.ping else {
            return Ok(None);
        };
        let answer = match socket.recv(&mut [0; 64]) {
            Ok(_) => Some(since.elapsed().as_millis() as u32),
            Err(_) if since.elapsed() < Duration::from_secs(2) => {
                return Err(nb::Error::WouldBlock);
            }
            Err(_) => None,
        };
        self.ping = None;
        Ok(answer)
    }
}

const ALIKE: &str = "a host that is off and one that the access point keeps away are both silent";
const RESET: &str = "a reset doesn't say why";

/// A request from the chip's end without pings, and a check with them. Each waits for its time-outs.
fn ask(air: &Air, cases: [Case; 2], host: &str, port: u16) -> Result<[Case; 2], String> {
    let url = format!("http://{host}:{port}/");
    let [request, check] = cases;
    air.at("chip", || {
        let cx = &mut cx();
        let mut client = client(Wlan { has_dns: Some(true) });
        let request = observe_passive(request, &mut client, cx, &url, |_| {});
        let mut pinging = SafeHttpClient::with_config(Pinging::new(), clock(), config());
        let before = packets();
        let mut check = check.checked(&pinging.diagnose(cx, url.as_str()));
        let ((out, back), (out_before, back_before)) = (packets(), before);
        check.cost.packets = Some((out - out_before, back - back_before));
        // ARP, pings, a connection's handshake: more would be a load on a network in trouble.
        assert!((1..=20).contains(&(out - out_before)), "{url}: {}", check.cost);
        [request, check]
    })
}

/// What the chip's network card has sent and received so far.
fn packets() -> (u64, u64) {
    let cards = std::fs::read_to_string("/proc/thread-self/net/dev").unwrap();
    let card = cards.lines().find_map(|line| line.trim().strip_prefix("wlan0:")).expect("wlan0");
    let figures: Vec<u64> = card.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
    // Bytes and packets received, six figures of errors and the like; then the same of what was sent.
    (figures[9], figures[1])
}

fn pair(cause: Cause, how: [&'static str; 2], demands: [Demand; 2]) -> [Case; 2] {
    let [without, with] = how.map(|how| Case::new(On::Std, cause, how));
    let [a, b] = demands;
    [without.demand(a), with.demand(b)]
}

/// Each end has threads of its own, which take the token.
pub fn cases() -> Vec<Case> {
    match produce() {
        Ok(cases) => cases,
        Err(why) => {
            tell(&format!("diagnosis: network namespaces skipped: {why}"));
            Vec::new()
        }
    }
}

fn produce() -> Result<Vec<Case>, String> {
    let air = Air::new()?;
    let mut cases = Vec::new();
    let case = |cause, how| Case::new(On::Std, cause, how);

    // The network carries: the faults below are the faults that they are said to be.
    let server = air.served("0.0.0.0:0")?;
    air.at("chip", || {
        let address = SocketAddr::new(HOST.parse().unwrap(), server.port());
        TcpStream::connect(address).map(|_| ()).map_err(|error| format!("no network: {error}"))
    })??;

    let how = ["nobody has the address", "nobody has the address; with pings"];
    let demand = Demand::FirstNotCertain(ALIKE);
    cases.extend(ask(&air, pair(Cause::HostDown, how, [demand; 2]), NOBODY, 80)?);

    let how = ["no server on the port", "no server on the port; with pings"];
    let demand = Demand::FirstNotCertain(RESET);
    cases.extend(ask(&air, pair(Cause::NothingListens, how, [demand; 2]), HOST, 9)?);

    let own = air.served("127.0.0.1:0")?;
    let how = ["a server on its own 127.0.0.1", "a server on its own 127.0.0.1; with pings"];
    let demand = Demand::Listed("the reset is the same as where no server runs");
    cases.extend(ask(&air, pair(Cause::ServerOnLoopback, how, [demand; 2]), HOST, own.port())?);

    air.block(&format!("tcp dport {} drop", server.port()))?;
    let how = ["a firewall that drops", "a firewall that drops; with pings"];
    let demands = [
        Demand::Listed("without pings a host that is off is as silent, and more common"),
        Demand::FirstNotCertain("somebody drops it: which machine isn't said"),
    ];
    let port = server.port();
    cases.extend(ask(&air, pair(Cause::Firewall, how, demands), HOST, port)?);
    air.unblock()?;

    air.block(&format!("tcp dport {port} reject with icmpx type admin-prohibited"))?;
    let how = ["a firewall that says so (ICMP)", "a firewall that says so (ICMP); with pings"];
    let demands = [
        Demand::Listed("unreachable is also said of a host that is off, and after as long"),
        Demand::FirstNotCertain("somebody refuses it: which machine isn't said"),
    ];
    cases.extend(ask(&air, pair(Cause::Firewall, how, demands), HOST, port)?);
    air.unblock()?;

    air.block(&format!("tcp dport {port} reject with tcp reset"))?;
    let how = ["a firewall that resets", "a firewall that resets; with pings"];
    let demand = Demand::Listed("its reset is the same as where no server runs");
    cases.extend(ask(&air, pair(Cause::Firewall, how, [demand; 2]), HOST, port)?);
    air.unblock()?;

    for end in ["to-chip", "to-host"] {
        air.run_in("ap", &format!("bridge link set dev {end} isolated on"))?;
    }
    let how = ["the bridge isolates its ports", "the bridge isolates its ports; with pings"];
    let demand = Demand::Listed(ALIKE);
    cases.extend(ask(&air, pair(Cause::ClientIsolation, how, [demand; 2]), HOST, port)?);
    for end in ["to-chip", "to-host"] {
        air.run_in("ap", &format!("bridge link set dev {end} isolated off"))?;
    }

    // Every local port is taken by connections that are still open, or wait for their end.
    air.set("ip_local_port_range", "40000 40001")?;
    cases.push(air.at("chip", || {
        let cx = &mut cx();
        let address = SocketAddr::new(HOST.parse().unwrap(), port);
        let mut held = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_secs(2)) {
            held.push(stream);
        }
        let url = format!("http://{HOST}:{port}/");
        let mut client = client(Wlan { has_dns: None });
        let how = "all local ports are in use";
        observe(case(Cause::OutOfSockets, how), &mut client, cx, &url)
    })?);
    air.set("ip_local_port_range", "32768 60999")?;

    // A static address without a gateway, and a host elsewhere.
    let chip = air.name("chip");
    run(&format!("ip -n {chip} route del default"))?;
    let how = "no gateway is set, and the host is elsewhere";
    let no_gateway = air.at("chip", || {
        let cx = &mut cx();
        let mut client = client(Wlan { has_dns: None });
        observe(case(Cause::WrongSubnet, how), &mut client, cx, "http://10.9.9.9/")
    })?;
    cases.push(no_gateway.demand(Demand::FirstNotCertain("a router may have said so, too")));
    run(&format!("ip -n {chip} route add default via 10.77.0.1"))?;

    // On the chip itself, and with static addresses that don't fit.
    cases.push(air.at("chip", || {
        let cx = &mut cx();
        let mut client = client(Wlan { has_dns: None });
        let how = "the chip's own address";
        observe(case(Cause::OwnAddress, how), &mut client, cx, "http://10.77.0.2/")
    })?);
    cases.push(air.at("chip", || {
        let cx = &mut cx();
        let mut client = client(Wlan { has_dns: Some(false) });
        let how = "a name, and a static address without a DNS server";
        observe(case(Cause::NoDnsServer, how), &mut client, cx, "http://gate.local/")
    })?);
    run(&format!("ip -n {chip} addr flush dev wlan0"))?;
    run(&format!("ip -n {chip} addr add 192.168.0.20/24 dev wlan0"))?;
    run(&format!("ip -n {chip} route add default via 10.77.0.1 dev wlan0 onlink"))?;
    cases.push(air.at("chip", || {
        let cx = &mut cx();
        let mut client = client(Wlan { has_dns: None });
        let how = "192.168.0.20 with a gateway of 10.77.0.1";
        observe(case(Cause::WrongSubnet, how), &mut client, cx, &format!("http://{HOST}/"))
    })?);
    // With the check switched off the operating system tries, in vain.
    cases.push(
        air.at("chip", || {
            let cx = &mut cx();
            let mut client = client(Wlan { has_dns: None });
            *client.config_mut() = config().without_preflight(Preflight::Subnet);
            let how = "the same, with its check switched off";
            observe(case(Cause::WrongSubnet, how), &mut client, cx, &format!("http://{HOST}/"))
        })?
        .demand(Demand::First),
    );
    cases.push(air.at("chip", || {
        let cx = &mut cx();
        let mut client = client(Wlan { has_dns: None });
        let how = "the address is taken away after the look at the link";
        let url = format!("http://{HOST}/");
        let lost = |_: &mut _| {
            run(&format!("ip -n {chip} addr flush dev wlan0")).unwrap();
        };
        observe_after(case(Cause::NoAddress, how), &mut client, cx, &url, lost)
    })?);
    Ok(cases)
}
