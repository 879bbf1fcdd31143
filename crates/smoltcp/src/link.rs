//! What DHCP says, and the link that it makes.

use crate::SmoltcpNetwork;
use core::net::IpAddr;
use nal_link::{Clock, DisconnectReason, IpConfig, Link, LinkStatus};
use smoltcp::phy::Device;
use smoltcp::socket::{dhcpv4, dns};
use smoltcp::wire::{IpAddress, IpCidr};

impl<D: Device, C: Clock> SmoltcpNetwork<'_, D, C> {
    /// Takes over what DHCP has got, or lost.
    pub(crate) fn take_lease(&mut self) {
        let Some(dhcp) = self.dhcp else { return };
        let (address, gateway, servers) =
            match self.sockets.get_mut::<dhcpv4::Socket<'_>>(dhcp).poll() {
                None => return,
                Some(dhcpv4::Event::Deconfigured) => (None, None, None),
                Some(dhcpv4::Event::Configured(lease)) => {
                    let servers = lease.dns_servers.clone();
                    (Some(lease.address), lease.router, Some(servers))
                }
            };
        self.interface.update_ip_addrs(|addresses| {
            addresses.clear();
            if let Some(address) = address {
                // It was emptied just now.
                let _ = addresses.push(IpCidr::Ipv4(address));
            }
        });
        self.gateway = gateway;
        let routes = self.interface.routes_mut();
        routes.remove_default_ipv4_route();
        if let Some(gateway) = gateway {
            // A table without room leaves the target without a route, and a call says so.
            let _ = routes.add_default_ipv4_route(gateway);
        }
        self.has_dns = servers.as_ref().is_some_and(|servers| !servers.is_empty());
        if let (Some(dns), Some(servers)) = (self.dns, servers)
            && let Some(server) = servers.first()
        {
            let server = IpAddress::Ipv4(*server);
            self.sockets.get_mut::<dns::Socket<'_>>(dns).update_servers(&[server]);
        }
    }
}

impl<D: Device, C: Clock> Link for SmoltcpNetwork<'_, D, C> {
    /// As of now: a lease is renewed, and ends, only where the interface is polled.
    fn link_status(&mut self) -> LinkStatus {
        self.poll();
        if !self.has_cable {
            return LinkStatus::Disconnected(DisconnectReason::Unknown);
        }
        let address = self.interface.ip_addrs().iter().find_map(|cidr| match cidr {
            IpCidr::Ipv4(cidr) => Some(*cidr),
            #[allow(unreachable_patterns, reason = "other crates may switch IPv6 on")]
            _ => None,
        });
        let Some(address) = address else { return LinkStatus::NoAddress };
        let mut ip = IpConfig::new(IpAddr::V4(address.address()))
            .with_netmask(address.netmask())
            .with_dns(self.has_dns);
        ip.gateway = self.gateway;
        LinkStatus::Up(ip)
    }
}
