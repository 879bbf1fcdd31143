//! The texts: what a cause is in a clause, and what to do about it in a sentence or two.
//!
//! `{host}` and `{port}` stand for what was to be reached, as far as that is known.

use super::Cause;

impl Cause {
    /// What it is, in a clause, with `{host}` and `{port}` in the places of what was to be reached.
    pub(super) const fn template(self) -> &'static str {
        match self {
            Self::EventHandler => "the request was made from an event handler or interrupt",
            Self::NoAddress => "no access point, or no IP address yet",
            Self::NoHostTarget => "the target is no other host (localhost, 0.0.0.0, a broadcast)",
            Self::SlowServer => "{host} took longer than the deadline to answer",
            Self::HostDown => "{host} is down, or not in this network",
            Self::NothingListens => "nothing listens on {port} of {host}",
            Self::ServerOnLoopback => "the server on {host} listens on its own 127.0.0.1 only",
            Self::Firewall => "a firewall blocks {port} of {host}",
            Self::ClientIsolation => "the access point keeps its clients from each other",
            Self::WrongSubnet => "the static address doesn't fit the network",
            Self::NoDnsServer => "the host is a name, and no DNS server is set",
            Self::OwnAddress => "the target is this chip itself",
            Self::NameNotResolved => "the name doesn't resolve to a host",
            Self::Scheme => "the URL's scheme doesn't fit",
            Self::TlsMismatch => "https on one side and http on the other, on {port}",
            Self::NotHttp => "what listens on {port} of {host} isn't an HTTP server",
            Self::CaptivePortal => "a captive portal answers in the server's place",
            Self::ModemMemory => "the modem has too little memory left",
            Self::OutOfSockets => "no socket is left",
            Self::StaleConnection => "the server had closed the kept connection",
            Self::JoinFailed => "the access point wasn't joined",
            Self::ModemReset => "the modem has reset itself",
            Self::ModemUnresponsive => "the modem is busy or silent",
            Self::ModemSleep => "the radio slept, and a packet was lost",
            Self::BadResponse => "the response doesn't fit, was cut short, or isn't valid HTTP",
            Self::InvalidRequest => "the request can't be sent as it is",
            Self::SerialLine => "bytes are lost or changed between chip and modem",
            Self::GatewaySilent => "the gateway doesn't answer",
            Self::ConnectionLost => "the connection broke in the middle of the exchange",
            Self::Unexplained => "nothing that is known explains it",
        }
    }

    /// What to do about it, in a sentence or two. Only with the feature `advice`.
    ///
    /// ```
    /// use safe_http_client::Cause;
    /// assert!(Cause::ModemReset.advice().contains("300 mA"));
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "advice")))]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::EventHandler => {
                "set a flag in the handler and make the request in the main loop: a connect waits \
                 by suspending the loop, which a handler can't"
            }
            Self::NoAddress => {
                "wait for the address (wait_online) before the request; WIFI CONNECTED is not an \
                 address. If none comes, check the network's DHCP server"
            }
            Self::NoHostTarget => {
                "give the address that the server has in the network, such as 192.168.1.20; \
                 localhost is the chip itself"
            }
            Self::SlowServer => {
                "raise the response deadline (response_timeout), or let the server answer first \
                 and work afterwards"
            }
            Self::HostDown => {
                "check that the host is on, in the same network, and still has that address; ping \
                 it from a PC there"
            }
            Self::NothingListens => {
                "check the port, and that the server runs and isn't bound to 127.0.0.1 only"
            }
            Self::ServerOnLoopback => {
                "let the server listen on 0.0.0.0 (all interfaces), not on localhost; many \
                 development servers need --host 0.0.0.0 for it"
            }
            Self::Firewall => {
                "allow incoming TCP connections to that port in the host's firewall (on Windows: \
                 for private networks)"
            }
            Self::ClientIsolation => {
                "switch off \"AP isolation\" (or \"guest network\") in the access point, or put the \
                 server on a cable; a phone there can't reach the host either"
            }
            Self::WrongSubnet => {
                "the address and the gateway must be in one subnet: correct address, netmask and \
                 gateway, or use DHCP"
            }
            Self::NoDnsServer => {
                "set a DNS server along with the static address, use DHCP, or give the server's \
                 address in place of its name"
            }
            Self::OwnAddress => {
                "give the server's address, not the chip's; if the chip is an access point, too, \
                 give that another subnet than the one that it joins"
            }
            Self::NameNotResolved => {
                "check the spelling and try the IP address; a name that ends in .local is mDNS, \
                 which a DNS server doesn't know"
            }
            Self::Scheme => {
                "give the host without http:// inside it; https needs a stack with TLS, and a \
                 port that speaks it"
            }
            Self::TlsMismatch => {
                "use http:// with the server's http port (often 80 or 8080), and https:// with its \
                 https port (often 443 or 8443)"
            }
            Self::NotHttp => {
                "check the port: another service answers there, or one that waits for something \
                 else than HTTP"
            }
            Self::CaptivePortal => {
                "sign in to the network with a phone or PC first, or use another network: the \
                 chip can't click through a portal"
            }
            Self::ModemMemory => {
                "close other connections, use smaller TLS buffers on the server's side or http, \
                 and restart the modem"
            }
            Self::OutOfSockets => {
                "read responses to their end and end exchanges before you start more; keep one \
                 connection alive rather than opening many"
            }
            Self::StaleConnection => {
                "send it again if that can do no harm; keep connections for less time than the \
                 server does (keep_alive)"
            }
            Self::JoinFailed => {
                "check the network's name and password (both count upper and lower case), that it \
                 is on 2.4 GHz, and the distance to it"
            }
            Self::ModemReset => {
                "the supply droops: it must give 300 mA at 3.3 V, with 100 uF or more next to the \
                 modem and short wires"
            }
            Self::ModemUnresponsive => {
                "check TX and RX (crossed), ground, supply, EN high and the baud rate; after a \
                 connect that was given up it is busy for up to 15 s"
            }
            Self::ModemSleep => {
                "switch modem sleep off while requests are made, or raise the deadline and try \
                 again"
            }
            Self::BadResponse => {
                "the error says which: give a larger buffer, or read the body in pieces; a cut or \
                 invalid response is the server's, or a proxy's"
            }
            Self::InvalidRequest => "the error says what is wrong with it: correct the call",
            Self::SerialLine => {
                "receive by interrupt into a buffer (SerialRx), shorten the wires, or lower the \
                 baud rate"
            }
            Self::GatewaySilent => {
                "check the access point or router, the signal's strength, and that the gateway's \
                 address is right"
            }
            Self::ConnectionLost => {
                "look at the server's log: it crashed, refused the request or was restarted; else \
                 the signal is weak"
            }
            Self::Unexplained => "please report it, with this text",
        }
    }
}
