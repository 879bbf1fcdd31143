//! The texts: what a cause is in a clause, and what to do about it in a sentence or two.
//!
//! `{host}` and `{port}` stand for what was to be reached, as far as that is known.

use super::Cause;

impl Cause {
    /// What it is, in a clause, with `{host}` and `{port}` in the places of what was to be reached.
    pub(super) const fn template(self) -> &'static str {
        match self {
            Self::EventHandler => "the request was made from an event handler or interrupt",
            Self::NoAddress => "there is no access point, or no IP address yet",
            Self::NoHostTarget => "the target is no other host (localhost, 0.0.0.0, a broadcast)",
            Self::SlowServer => "{host} took longer than the deadline to answer",
            Self::HostDown => "{host} is down, or not in this network",
            Self::NothingListens => "nothing listens on {port} of {host}",
            Self::ServerOnLoopback => "the server on {host} listens on its own 127.0.0.1 only",
            Self::Firewall => "a firewall blocks {port} of {host}",
            Self::ClientIsolation => "the access point keeps its clients from each other",
            Self::WrongSubnet => "address, netmask and gateway don't fit together",
            Self::NoDnsServer => "the host is a name, and no DNS server is set",
            Self::OwnAddress => "the target is this chip itself, or may be in its own network",
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
            Self::ModemSleep => "the radio slept, and a packet was lost or late",
            Self::BadResponse => "the response was cut short, or isn't valid",
            Self::InvalidRequest => "the request can't be sent as it is",
            Self::SerialLine => "bytes are lost or changed between chip and modem",
            Self::GatewaySilent => "the gateway doesn't answer",
            Self::ConnectionLost => "the connection broke in the middle of the exchange",
            Self::Unexplained => "nothing that is known explains it",
            Self::Certificate => "a certificate isn't trusted, or the clock isn't set, for TLS",
            Self::Redirected => "the answer leads elsewhere: it is a redirect",
            Self::RefusedByStatus => "the server is there, and refuses by its status",
            Self::Firmware => "the modem's firmware is too old, or of another kind",
            Self::BodyWithoutEnd => "the body has no length, no chunks, and no end",
            Self::BodyTooShort => "{host} announced more than it sent",
            Self::Compressed => "the body is compressed, and nobody asked for that",
            Self::LeftOvers => "left-overs of the answer before came on the kept connection",
            Self::NearlyHttp => "the answer is nearly HTTP, and isn't quite",
            Self::StackQuirks => "what was declared of the stack (StackQuirks) doesn't fit it",
            Self::BufferTooSmall => "the response doesn't fit the buffer that it was given",
            Self::ClockNotSet => "no time is known, so that no certificate can be checked",
            Self::UnknownAuthority => "no trusted authority has signed the certificate of {host}",
            Self::WrongHost => "the certificate of {host} is for other hosts",
            Self::NotValidNow => "a certificate of {host} has expired, or isn't valid yet",
            Self::CertificateRefused => "the certificate of {host} isn't one that is accepted",
            Self::OldTls => "{host} speaks TLS 1.2 or older only",
            Self::NothingInCommon => "{host} has no cipher or kind of certificate in common",
            Self::RecordTooLarge => "a TLS record of {host} is too large for the buffer",
        }
    }

    /// What to do about it, in a sentence or two. Only with the feature `advice`.
    ///
    /// ```
    /// use safe_http_client::Cause;
    /// assert!(Cause::ModemReset.advice().contains("500 mA"));
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "advice")))]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::EventHandler => {
                "set a flag in the handler and make the request in the main loop: a connect waits \
                 by suspending the loop, which a handler can't"
            }
            Self::NoAddress => {
                "wait for the address (wait_online) before the request: being on the access point \
                 (WIFI CONNECTED) isn't enough. If none comes, check DHCP and the signal"
            }
            Self::NoHostTarget => {
                "give the address that the server has in the network, such as 192.168.1.20: \
                 localhost is the chip itself, and 0.0.0.0 no address"
            }
            Self::SlowServer => {
                "raise the deadline that ran out (as a rule response_timeout), or let the server \
                 answer first and work afterwards"
            }
            Self::HostDown => {
                "check that the host is on, in the same network, and still has that address: ping \
                 it from a phone or PC in the same Wi-Fi"
            }
            Self::NothingListens => {
                "check the port, and that the server runs and isn't bound to 127.0.0.1 only"
            }
            Self::ServerOnLoopback => {
                "let the server listen on 0.0.0.0 (all interfaces), not on localhost; many \
                 development servers need --host 0.0.0.0 for it"
            }
            Self::Firewall => {
                "allow incoming TCP connections to that port in the host's firewall; on Windows \
                 the Wi-Fi has to be a private network, too"
            }
            Self::ClientIsolation => {
                "try the URL on a phone in the same Wi-Fi. If it fails there, too: leave the guest \
                 network, or switch off AP isolation in the access point"
            }
            Self::WrongSubnet => {
                "address and gateway must be in one subnet: correct address, netmask and gateway, \
                 or use DHCP"
            }
            Self::NoDnsServer => {
                "set a DNS server along with the static address (the router, as a rule), use DHCP, \
                 or give the server's address in place of its name"
            }
            Self::OwnAddress => {
                "give the server's address, not the chip's; if the chip is an access point, too, \
                 switch that off, or give it another subnet"
            }
            Self::NameNotResolved => {
                "check the spelling, and try the IP address. A name that ends in .local is mDNS, \
                 which DNS servers don't know"
            }
            Self::Scheme => {
                "write one scheme, in front; port 443 is https, and https needs a stack with TLS"
            }
            Self::TlsMismatch => {
                "use http:// with the server's http port (often 80 or 8080), and https:// with its \
                 https port (often 443 or 8443)"
            }
            Self::NotHttp => {
                "check the port: another service is there. curl -v on a PC shows what answers"
            }
            Self::CaptivePortal => {
                "use a network without a sign-in page, or have the chip's hardware address let \
                 in: it can't click through a portal"
            }
            Self::ModemMemory => {
                "close other connections, or restart the modem. TLS takes most: a shorter chain of \
                 certificates helps, or http in a network that you trust"
            }
            Self::OutOfSockets => {
                "read responses to their end, and keep one connection rather than opening many; \
                 after many, wait some minutes"
            }
            Self::StaleConnection => {
                "send it again if twice does no harm; keep connections for less time than the \
                 server does (keep_alive)"
            }
            Self::JoinFailed => {
                "check the network's name and password (upper and lower case count), that it is on \
                 2.4 GHz and takes WPA2, and the distance to it"
            }
            Self::ModemReset => {
                "as a rule the supply droops: it must give 500 mA at 3.3 V, with 100 uF or more \
                 right at the modem, and short wires"
            }
            Self::ModemUnresponsive => {
                "silent: check TX and RX (crossed), ground, supply, EN (high) and baud rate. Busy: \
                 a connect that was given up takes it up to 15 s more"
            }
            Self::ModemSleep => {
                "switch the radio's sleep off while requests are made, or try again"
            }
            Self::BadResponse => {
                "compare with curl -v on a PC: where that has it right, the line to the modem or the \
                 Wi-Fi is to blame. Else correct the server, or the proxy between"
            }
            Self::InvalidRequest => "the error says what is wrong with it: correct the call",
            Self::SerialLine => {
                "receive by interrupt into a ring (SerialRx), join the grounds, shorten the wires, \
                 or lower the baud rate"
            }
            Self::GatewaySilent => {
                "check the signal's strength, the router, and the gateway's address; some gateways \
                 never answer pings"
            }
            Self::ConnectionLost => {
                "look at the server's log: did it crash, restart, or refuse the request? If it \
                 saw nothing, check the signal"
            }
            Self::Certificate => {
                "set the modem's clock (SNTP), load the CA that signed the certificate, and ask by \
                 the name that stands in it"
            }
            Self::Redirected => {
                "ask for the URL that it leads to, or have redirects followed: `follow(n)`"
            }
            Self::RefusedByStatus => {
                "the status says why: 401 and 403 want other credentials, 404 another path, 500 and \
                 up are the server's own troubles, in its log"
            }
            Self::Firmware => {
                "flash a firmware that is known: NonOS AT 1.7 or ESP-AT 2.2 and up. AT+GMR says \
                 which one it has"
            }
            Self::BodyWithoutEnd => {
                "let the server send Content-Length or chunks, or close the connection at the end"
            }
            Self::BodyTooShort => {
                "correct the server's Content-Length: it has to count bytes, not characters, and \
                 what is really sent"
            }
            Self::Compressed => {
                "ask with Accept-Encoding: identity, or switch compression off in the server: it \
                 isn't undone here"
            }
            Self::LeftOvers => {
                "the answer before was longer than its head said, or had a body where none may be: \
                 correct the server, or close the connection after each"
            }
            Self::NearlyHttp => {
                "check the port: SHOUTcast (ICY) and HTTP/0.9 aren't spoken here. For bytes in front \
                 of the status line correct the server"
            }
            Self::StackQuirks => {
                "declare what Ok(0) from receive means on this stack: with_zero_read(ZeroRead::\
                 EndOfStream) where it is the end, NoData where it is nothing yet"
            }
            Self::BufferTooSmall => {
                "give a larger buffer, at least for the head; read the body in pieces, for which a \
                 small one is enough"
            }
            Self::Unexplained => {
                "compare with a PC in the same Wi-Fi; if it stays a riddle, report it with this text"
            }
            Self::ClockNotSet => {
                "ask an SNTP server for the time before the first https request, or declare that it is later than the build"
            }
            Self::UnknownAuthority => {
                "trust the root of the issuer that is shown below, and let the server send its intermediate certificates along"
            }
            Self::WrongHost => {
                "use a name that the certificate has (shown below), or let the server get one with this name"
            }
            Self::NotValidNow => {
                "renew the server's certificate; if a browser finds it valid, the chip's clock is wrong: set it by SNTP"
            }
            Self::CertificateRefused => {
                "the error says why: get the server a certificate with serverAuth and a right chain, or pin its new key"
            }
            Self::OldTls => "let the server speak TLS 1.3 as well",
            Self::NothingInCommon => {
                "the server needs P-256, AES-128-GCM and a P-256 certificate; for RSA's, P-384's or Ed25519's switch that feature on"
            }
            Self::RecordTooLarge => {
                "give the session a read buffer of 16,640 bytes, or let the server send smaller records (ssl_buffer_size in nginx)"
            }
        }
    }
}
