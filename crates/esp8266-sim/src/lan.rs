//! The simulated network: its hosts, what stands behind their ports, and names.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

use crate::peer::PeerFactory;

/// What stands behind a port of a simulated host.
#[derive(Clone)]
pub enum Endpoint {
    /// A real socket address, on loopback as a rule.
    Bridge(SocketAddr),
    /// A peer inside the simulator, made anew for each connection.
    Peer(PeerFactory),
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Bridge(address) => write!(f, "Bridge({address})"),
            Endpoint::Peer(_) => f.write_str("Peer"),
        }
    }
}

/// How a host takes connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostState {
    /// Ports with a service accept, the others refuse.
    Up,
    /// Nothing answers, not even a ping.
    Down,
    /// Every port refuses.
    Refusing,
    /// A firewall swallows connections.
    Filtered,
}

/// A host of the network.
#[derive(Clone, Debug)]
pub struct Host {
    /// How it takes connections.
    pub state: HostState,
    /// Whether it answers pings (never when it is down).
    pub pings: bool,
    /// What stands behind its ports.
    pub ports: BTreeMap<u16, Endpoint>,
}

impl Default for Host {
    fn default() -> Self {
        Host { state: HostState::Up, pings: true, ports: BTreeMap::new() }
    }
}

/// The network that the access points lead to. By default 192.168.4.0/24 with its gateway at .1, which is
/// its DNS server too, and the station at .2.
#[derive(Clone, Debug)]
pub struct Lan {
    /// The address that DHCP hands out.
    pub station: Ipv4Addr,
    /// The netmask.
    pub netmask: Ipv4Addr,
    /// The gateway's address. It is a host too, once [`Lan::host_mut`] has named it; unnamed it answers pings.
    pub gateway: Ipv4Addr,
    /// The DNS servers that DHCP hands out.
    pub dns_servers: Vec<Ipv4Addr>,
    /// Where every connection ends up under [`Fault::CaptivePortal`](crate::Fault::CaptivePortal).
    pub captive_portal: Option<Endpoint>,
    /// Addresses off the subnet that aren't hosts here are connected to for real.
    pub internet: bool,
    hosts: BTreeMap<Ipv4Addr, Host>,
}

impl Default for Lan {
    fn default() -> Self {
        Lan::new([192, 168, 4])
    }
}

/// The addresses that the station goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub ip: Ipv4Addr,
    pub gateway: Ipv4Addr,
    pub netmask: Ipv4Addr,
}

/// What comes of trying to reach an address and port.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    To(Endpoint),
    Refused,
    TimesOut,
}

/// Things that are wrong with the network at the moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble {
    pub isolated: bool,
    pub hosts_down: bool,
    pub gateway_down: bool,
    pub captive: bool,
}

impl Lan {
    /// A network of 254 addresses that begin with these bytes; the gateway is .1 and the station .2.
    pub fn new([a, b, c]: [u8; 3]) -> Self {
        let gateway = Ipv4Addr::new(a, b, c, 1);
        Lan {
            station: Ipv4Addr::new(a, b, c, 2),
            netmask: Ipv4Addr::new(255, 255, 255, 0),
            gateway,
            dns_servers: vec![gateway],
            captive_portal: None,
            internet: false,
            hosts: BTreeMap::new(),
        }
    }

    /// Maps an address and port of the simulated network to a real socket address.
    pub fn map(&mut self, address: Ipv4Addr, port: u16, to: SocketAddr) -> &mut Self {
        self.serve(address, port, Endpoint::Bridge(to))
    }

    /// Puts something behind an address and port of the simulated network.
    pub fn serve(&mut self, address: Ipv4Addr, port: u16, endpoint: Endpoint) -> &mut Self {
        self.host_mut(address).ports.insert(port, endpoint);
        self
    }

    /// A host of the network, which is made (up, without ports) when it isn't there yet.
    pub fn host_mut(&mut self, address: Ipv4Addr) -> &mut Host {
        self.hosts.entry(address).or_default()
    }

    /// A host of the network.
    pub fn host(&self, address: Ipv4Addr) -> Option<&Host> {
        self.hosts.get(&address)
    }

    /// Whether the station gets packets to an address at all.
    fn routed(&self, own: Addresses, to: Ipv4Addr, trouble: Trouble) -> bool {
        let inside = |a: Ipv4Addr, b: Ipv4Addr, mask: Ipv4Addr| {
            a.to_bits() & mask.to_bits() == b.to_bits() & mask.to_bits()
        };
        if !inside(own.ip, self.gateway, self.netmask) {
            // A station with an address of another network hears nothing back.
            return false;
        }
        if trouble.gateway_down {
            return false;
        }
        if to == self.gateway {
            return true;
        }
        if inside(to, own.ip, own.netmask) {
            !trouble.isolated
        } else {
            own.gateway == self.gateway
        }
    }

    fn state(&self, to: Ipv4Addr, trouble: Trouble) -> HostState {
        let gateway = to == self.gateway;
        if trouble.hosts_down && !gateway {
            return HostState::Down;
        }
        match self.hosts.get(&to) {
            Some(host) => host.state,
            None if gateway => HostState::Refusing,
            None => HostState::Down,
        }
    }

    pub(crate) fn pings(&self, own: Addresses, to: Ipv4Addr, trouble: Trouble) -> bool {
        to == own.ip
            || self.routed(own, to, trouble)
                && self.state(to, trouble) != HostState::Down
                && self.hosts.get(&to).is_none_or(|host| host.pings)
    }

    pub(crate) fn route(&self, own: Addresses, to: Ipv4Addr, port: u16, trouble: Trouble) -> Route {
        // The chip's lwIP has no loopback interface: such a target fails without a packet.
        if to.is_loopback() || to.is_unspecified() || to.is_multicast() || to.is_broadcast() {
            return Route::Refused;
        }
        if to == own.ip {
            return Route::Refused;
        }
        if !self.routed(own, to, trouble) {
            return Route::TimesOut;
        }
        if trouble.captive
            && let Some(portal) = &self.captive_portal
        {
            return Route::To(portal.clone());
        }
        let known = self.hosts.contains_key(&to);
        if self.internet && !known && !trouble.hosts_down && !to.is_private() {
            return Route::To(Endpoint::Bridge(SocketAddr::from((to, port))));
        }
        match self.state(to, trouble) {
            HostState::Down | HostState::Filtered => Route::TimesOut,
            HostState::Refusing => Route::Refused,
            HostState::Up => match self.hosts.get(&to).and_then(|host| host.ports.get(&port)) {
                Some(endpoint) => Route::To(endpoint.clone()),
                None => Route::Refused,
            },
        }
    }
}

/// The table of names, and the host's resolver behind it when asked for.
#[derive(Clone, Debug, Default)]
pub struct Dns {
    names: BTreeMap<String, Ipv4Addr>,
    /// Names that aren't in the table are looked up by the machine that runs the simulator. The lookup blocks.
    pub host_resolver: bool,
}

impl Dns {
    /// Gives a name an address.
    pub fn insert(&mut self, name: &str, address: Ipv4Addr) -> &mut Self {
        self.names.insert(name.to_ascii_lowercase(), address);
        self
    }

    /// Takes a name out.
    pub fn remove(&mut self, name: &str) {
        self.names.remove(&name.to_ascii_lowercase());
    }

    pub(crate) fn resolve(&self, name: &[u8]) -> Option<Ipv4Addr> {
        let name = std::str::from_utf8(name).ok()?;
        if let Ok(literal) = name.parse() {
            return Some(literal);
        }
        let name = name.to_ascii_lowercase();
        if let Some(&address) = self.names.get(&name) {
            return Some(address);
        }
        if !self.host_resolver {
            return None;
        }
        (name.as_str(), 0).to_socket_addrs().ok()?.find_map(|it| match it.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 20);
    const FAR: Ipv4Addr = Ipv4Addr::new(10, 9, 8, 7);

    fn lan() -> (Lan, Addresses) {
        let mut lan = Lan::default();
        let real = SocketAddr::from(([127, 0, 0, 1], 8080));
        lan.map(HOST, 80, real).map(FAR, 80, real);
        let own = Addresses { ip: lan.station, gateway: lan.gateway, netmask: lan.netmask };
        (lan, own)
    }

    fn kind(route: Route) -> &'static str {
        match route {
            Route::To(_) => "to",
            Route::Refused => "refused",
            Route::TimesOut => "times out",
        }
    }

    #[test]
    fn routes() {
        let (mut lan, own) = lan();
        let isolated = Trouble { isolated: true, ..Trouble::default() };
        let down = Trouble { hosts_down: true, ..Trouble::default() };
        let gateway_down = Trouble { gateway_down: true, ..Trouble::default() };
        let fine = Trouble::default();
        let gateway = lan.gateway;
        for (to, port, trouble, expected) in [
            (HOST, 80, fine, "to"),
            (HOST, 81, fine, "refused"),
            (FAR, 80, fine, "to"),
            (Ipv4Addr::new(192, 168, 4, 77), 80, fine, "times out"),
            (gateway, 80, fine, "refused"),
            (Ipv4Addr::LOCALHOST, 80, fine, "refused"),
            (own.ip, 80, fine, "refused"),
            (HOST, 80, isolated, "times out"),
            (FAR, 80, isolated, "to"),
            (gateway, 80, isolated, "refused"),
            (HOST, 80, down, "times out"),
            (gateway, 80, down, "refused"),
            (gateway, 80, gateway_down, "times out"),
        ] {
            assert_eq!(kind(lan.route(own, to, port, trouble)), expected, "{to}");
        }
        lan.host_mut(HOST).state = HostState::Filtered;
        assert_eq!(kind(lan.route(own, HOST, 80, fine)), "times out");
        assert!(lan.pings(own, HOST, fine));
        lan.host_mut(HOST).pings = false;
        assert!(!lan.pings(own, HOST, fine));
        assert!(lan.pings(own, gateway, down) && !lan.pings(own, gateway, gateway_down));
    }

    #[test]
    fn a_station_in_the_wrong_subnet_reaches_nothing() {
        let (lan, mut own) = lan();
        own.ip = Ipv4Addr::new(192, 168, 0, 20);
        assert_eq!(kind(lan.route(own, HOST, 80, Trouble::default())), "times out");
        assert!(!lan.pings(own, lan.gateway, Trouble::default()));
    }

    #[test]
    fn names_and_literals() {
        let mut dns = Dns::default();
        let address = Ipv4Addr::new(192, 168, 4, 20);
        dns.insert("Gate.Local", address);
        assert_eq!(dns.resolve(b"gate.LOCAL"), Some(address));
        assert_eq!(dns.resolve(b"10.0.0.1"), Some(Ipv4Addr::new(10, 0, 0, 1)));
        assert_eq!(dns.resolve(b"other"), None);
        assert_eq!(dns.resolve(b"\xff"), None);
        dns.remove("GATE.local");
        assert_eq!(dns.resolve(b"gate.local"), None);
    }
}
