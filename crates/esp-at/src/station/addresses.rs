//! What the modem answers of the station's addresses and DNS servers.

use crate::firmware::Family;
use crate::wire::{Fields, ipv4, is_host};
use core::net::Ipv4Addr;
use nal_link::IpConfig;

/// The lines of an answer to `AT+CIPSTA?`.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddressAnswer {
    own: Option<Ipv4Addr>,
    gateway: Option<Ipv4Addr>,
    netmask: Option<Ipv4Addr>,
}

impl AddressAnswer {
    pub(super) const NONE: Self = Self { own: None, gateway: None, netmask: None };

    /// NonOS says `+CIPSTA_CUR:ip:"192.168.1.57"`, ESP-AT `+CIPSTA:ip:"192.168.1.57"`.
    pub(super) fn line(&mut self, line: &[u8]) {
        let line = line.strip_prefix(b"+CIPSTA_CUR:").or_else(|| line.strip_prefix(b"+CIPSTA:"));
        let Some(line) = line else {
            return;
        };
        for (name, field) in [
            (&b"ip:"[..], &mut self.own),
            (b"gateway:", &mut self.gateway),
            (b"netmask:", &mut self.netmask),
        ] {
            if let Some(text) = line.strip_prefix(name) {
                // `(IP unset)`, or nothing between quotes.
                let is_none = matches!(text, b"\"\"" | [b'(', ..] | [b'"', b'(', ..]);
                *field = ipv4(text).or(is_none.then_some(Ipv4Addr::UNSPECIFIED)).or(*field);
            }
        }
    }

    /// Whether the line with the own address came.
    pub(super) fn is_told(self) -> bool {
        self.own.is_some()
    }

    /// Whether the line with the own address is missing, or tells one that no host has. 0.0.0.0 is none.
    pub(super) fn is_garbled(self) -> bool {
        !self.own.is_some_and(|own| is_host(own) || own.is_unspecified())
    }

    /// What they come to; `None` where there is no own address among them.
    pub(super) fn config(self) -> Option<IpConfig> {
        let host = |address: Option<Ipv4Addr>| address.filter(|it| is_host(*it));
        let mut config = IpConfig::new(host(self.own)?.into());
        config.gateway = host(self.gateway);
        // Ones, and zeros behind them.
        config.netmask = self.netmask.filter(|it| {
            let bits = it.to_bits();
            bits != 0 && bits.leading_ones() == bits.count_ones()
        });
        Some(config)
    }
}

/// The lines of an answer to `AT+CIPDNS?`.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServersAnswer {
    /// The line came that the answer consists of.
    told: bool,
    found: bool,
    /// Other lines or fields came, which may have been a server's.
    unclear: bool,
}

impl ServersAnswer {
    /// NonOS has no line at all for no server, so its answer is complete without one.
    pub(super) const fn expected_of(family: Family) -> Self {
        Self { told: matches!(family, Family::NonOs), found: false, unclear: false }
    }

    /// NonOS says a server a line, `+CIPDNS_CUR:192.168.1.1`; ESP-AT all in one, behind whether they
    /// are set by hand: `+CIPDNS:1,"192.168.1.1"`.
    pub(super) fn line(&mut self, line: &[u8]) {
        let servers = line.strip_prefix(b"+CIPDNS_CUR:").or_else(|| line.strip_prefix(b"+CIPDNS:"));
        let Some(servers) = servers else {
            self.unclear |= !line.starts_with(b"AT");
            return;
        };
        self.told = true;
        let mut fields = Fields(servers);
        while let Some(field) = fields.next() {
            match ipv4(field) {
                Some(server) => self.found |= is_host(server),
                // `(IP unset)` is none.
                None => self.unclear |= !matches!(field, b"0" | b"1" | [b'(', ..]),
            }
        }
    }

    /// Whether there is a server; `None` where the answer can't be trusted to say so.
    pub(super) fn has_servers(self) -> Option<bool> {
        if self.found {
            return Some(true);
        }
        (self.told && !self.unclear).then_some(false)
    }
}
