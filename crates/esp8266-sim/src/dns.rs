//! Names and their addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};

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
