//! The causes of a failed request, and their texts: what each is in a clause, and what to do about it.

/// Why a request failed. Each has a page that says how it comes about, how it is told and what to do:
/// [`causes`](crate::causes) has an overview by what you see.
///
/// ```
/// use safe_http_client::Cause;
/// // What a log or a display has, back again:
/// let cause = Cause::from_code("nothing_listens");
/// assert_eq!(cause, Some(Cause::NothingListens));
/// assert_eq!(Cause::from_number(6), cause);
///
/// for cause in Cause::all() {
///     println!("{:>2} {:20} {cause}", cause.number(), cause.code());
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[repr(u8)]
pub enum Cause {
    /// The request was made from an event handler, a ticker or an interrupt.
    /// ([page](crate::causes::event_handler))
    EventHandler = 1,
    /// There is no access point, or no IP address yet. ([page](crate::causes::no_address))
    NoAddress = 2,
    /// The target is localhost, 0.0.0.0, a broadcast or a multicast address.
    /// ([page](crate::causes::no_host_target))
    NoHostTarget = 3,
    /// The server took longer than the deadline. ([page](crate::causes::slow_server))
    SlowServer = 4,
    /// The host is down, or isn't in this network. ([page](crate::causes::host_down))
    HostDown = 5,
    /// Nothing listens on the port. ([page](crate::causes::nothing_listens))
    NothingListens = 6,
    /// The server listens on its own 127.0.0.1 alone. ([page](crate::causes::server_on_loopback))
    ServerOnLoopback = 7,
    /// A firewall drops or refuses the connection. ([page](crate::causes::firewall))
    Firewall = 8,
    /// The access point keeps its clients from each other.
    /// ([page](crate::causes::client_isolation))
    ClientIsolation = 9,
    /// The static address, netmask and gateway don't fit together.
    /// ([page](crate::causes::wrong_subnet))
    WrongSubnet = 10,
    /// The host is a name, and no DNS server is set. ([page](crate::causes::no_dns_server))
    NoDnsServer = 11,
    /// The target is the chip itself, or may be in its own access point's network.
    /// ([page](crate::causes::own_address))
    OwnAddress = 12,
    /// The name doesn't resolve, or not to a host. ([page](crate::causes::name_not_resolved))
    NameNotResolved = 13,
    /// The URL's scheme doesn't fit: one inside the host, `https` without TLS, port 443 with `http`.
    /// ([page](crate::causes::scheme))
    Scheme = 14,
    /// An `https` port was asked in the clear, or the reverse.
    /// ([page](crate::causes::tls_mismatch))
    TlsMismatch = 15,
    /// The peer isn't an HTTP server. ([page](crate::causes::not_http))
    NotHttp = 16,
    /// A captive portal answers in the server's place. ([page](crate::causes::captive_portal))
    CaptivePortal = 17,
    /// The modem has too little memory, as a rule for TLS. ([page](crate::causes::modem_memory))
    ModemMemory = 18,
    /// No socket is left. ([page](crate::causes::out_of_sockets))
    OutOfSockets = 19,
    /// The server had closed the kept connection. ([page](crate::causes::stale_connection))
    StaleConnection = 20,
    /// The access point wasn't joined: wrong password, no such network, no answer.
    /// ([page](crate::causes::join_failed))
    JoinFailed = 21,
    /// The modem has reset itself in the middle of it. ([page](crate::causes::modem_reset))
    ModemReset = 22,
    /// The modem is busy or silent. ([page](crate::causes::modem_unresponsive))
    ModemUnresponsive = 23,
    /// The radio slept, and a packet was lost or late. ([page](crate::causes::modem_sleep))
    ModemSleep = 24,
    /// The response was cut short, or isn't valid.
    /// ([page](crate::causes::bad_response))
    BadResponse = 25,
    /// The request can't be sent as it is: a caller's mistake.
    /// ([page](crate::causes::invalid_request))
    InvalidRequest = 26,
    /// Bytes are lost or changed between chip and modem. ([page](crate::causes::serial_line))
    SerialLine = 27,
    /// The gateway doesn't answer. ([page](crate::causes::gateway_silent))
    GatewaySilent = 28,
    /// The connection broke in the middle of the exchange. ([page](crate::causes::connection_lost))
    ConnectionLost = 29,
    /// No rule knows this failure. ([page](crate::causes::unexplained))
    Unexplained = 30,
    /// No TLS session came about: a certificate that isn't trusted, or a clock that isn't set.
    /// ([page](crate::causes::certificate))
    Certificate = 31,
    /// The answer leads elsewhere: to https, to another path or to another host.
    /// ([page](crate::causes::redirected))
    Redirected = 32,
    /// The server refuses by its status: 401, 403, 404, 500 and their like.
    /// ([page](crate::causes::refused_by_status))
    RefusedByStatus = 33,
    /// The modem's firmware is too old, or of another kind. ([page](crate::causes::firmware))
    Firmware = 34,
    /// The body has neither a length nor chunks, and the server doesn't close.
    /// ([page](crate::causes::body_without_end))
    BodyWithoutEnd = 35,
    /// The server announced more than it sent. ([page](crate::causes::body_too_short))
    BodyTooShort = 36,
    /// The body is compressed, and nobody asked for that. ([page](crate::causes::compressed))
    Compressed = 37,
    /// Left-overs of the previous answer came on the kept connection.
    /// ([page](crate::causes::left_overs))
    LeftOvers = 38,
    /// The answer is nearly HTTP: ICY, HTTP/0.9, bytes in front of the status line.
    /// ([page](crate::causes::nearly_http))
    NearlyHttp = 39,
    /// What was declared of the stack doesn't fit it. ([page](crate::causes::stack_quirks))
    StackQuirks = 40,
    /// The response doesn't fit the buffer that the request was given.
    /// ([page](crate::causes::buffer_too_small))
    BufferTooSmall = 41,
    /// No time is known, so that no certificate can be checked. ([page](crate::causes::clock_not_set))
    ClockNotSet = 42,
    /// No trusted authority has signed the server's certificate.
    /// ([page](crate::causes::unknown_authority))
    UnknownAuthority = 43,
    /// The server's certificate is for other hosts. ([page](crate::causes::wrong_host))
    WrongHost = 44,
    /// A certificate has expired, or isn't valid yet. ([page](crate::causes::not_valid_now))
    NotValidNow = 45,
    /// The certificate, its chain or its key isn't one that is accepted.
    /// ([page](crate::causes::certificate_refused))
    CertificateRefused = 46,
    /// The server speaks TLS 1.2 or older only. ([page](crate::causes::old_tls))
    OldTls = 47,
    /// Server and client have no group, cipher or kind of certificate in common.
    /// ([page](crate::causes::nothing_in_common))
    NothingInCommon = 48,
    /// A TLS record is too large for the buffer. ([page](crate::causes::record_too_large))
    RecordTooLarge = 49,
}

/// Every cause with its code, in the order of their numbers.
const CODES: &[(Cause, &str)] = &[
    (Cause::EventHandler, "event_handler"),
    (Cause::NoAddress, "no_address"),
    (Cause::NoHostTarget, "no_host_target"),
    (Cause::SlowServer, "slow_server"),
    (Cause::HostDown, "host_down"),
    (Cause::NothingListens, "nothing_listens"),
    (Cause::ServerOnLoopback, "server_on_loopback"),
    (Cause::Firewall, "firewall"),
    (Cause::ClientIsolation, "client_isolation"),
    (Cause::WrongSubnet, "wrong_subnet"),
    (Cause::NoDnsServer, "no_dns_server"),
    (Cause::OwnAddress, "own_address"),
    (Cause::NameNotResolved, "name_not_resolved"),
    (Cause::Scheme, "scheme"),
    (Cause::TlsMismatch, "tls_mismatch"),
    (Cause::NotHttp, "not_http"),
    (Cause::CaptivePortal, "captive_portal"),
    (Cause::ModemMemory, "modem_memory"),
    (Cause::OutOfSockets, "out_of_sockets"),
    (Cause::StaleConnection, "stale_connection"),
    (Cause::JoinFailed, "join_failed"),
    (Cause::ModemReset, "modem_reset"),
    (Cause::ModemUnresponsive, "modem_unresponsive"),
    (Cause::ModemSleep, "modem_sleep"),
    (Cause::BadResponse, "bad_response"),
    (Cause::InvalidRequest, "invalid_request"),
    (Cause::SerialLine, "serial_line"),
    (Cause::GatewaySilent, "gateway_silent"),
    (Cause::ConnectionLost, "connection_lost"),
    (Cause::Unexplained, "unexplained"),
    (Cause::Certificate, "certificate"),
    (Cause::Redirected, "redirected"),
    (Cause::RefusedByStatus, "refused_by_status"),
    (Cause::Firmware, "firmware"),
    (Cause::BodyWithoutEnd, "body_without_end"),
    (Cause::BodyTooShort, "body_too_short"),
    (Cause::Compressed, "compressed"),
    (Cause::LeftOvers, "left_overs"),
    (Cause::NearlyHttp, "nearly_http"),
    (Cause::StackQuirks, "stack_quirks"),
    (Cause::BufferTooSmall, "buffer_too_small"),
    (Cause::ClockNotSet, "clock_not_set"),
    (Cause::UnknownAuthority, "unknown_authority"),
    (Cause::WrongHost, "wrong_host"),
    (Cause::NotValidNow, "not_valid_now"),
    (Cause::CertificateRefused, "certificate_refused"),
    (Cause::OldTls, "old_tls"),
    (Cause::NothingInCommon, "nothing_in_common"),
    (Cause::RecordTooLarge, "record_too_large"),
];

impl Cause {
    /// All causes, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.iter().map(|&(cause, _)| cause)
    }

    /// Its number: 1 to 25 are the causes that are known of the ESP8266, in their usual order.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The cause with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::all().find(|cause| cause.number() == number)
    }

    /// Its name for machines and logs. Stable within a major version.
    pub fn code(self) -> &'static str {
        CODES.iter().find(|(cause, _)| *cause == self).map_or("", |(_, code)| code)
    }

    /// The cause with this name.
    pub fn from_code(code: &str) -> Option<Self> {
        CODES.iter().find(|(_, known)| *known == code).map(|&(cause, _)| cause)
    }

    /// Which of the three classic causes of the ESP8266's "connection refused" it belongs to:
    /// 1, no IP address yet; 2, an endpoint that can't be reached; 3, a request from an event
    /// handler.
    ///
    /// ```
    /// use safe_http_client::Cause;
    /// assert_eq!(Cause::EventHandler.classic(), Some(3));
    /// assert_eq!(Cause::ModemReset.classic(), None);
    /// ```
    pub const fn classic(self) -> Option<u8> {
        match self {
            Self::NoAddress => Some(1),
            Self::NoHostTarget | Self::SlowServer | Self::HostDown => Some(2),
            Self::EventHandler => Some(3),
            _ => None,
        }
    }
}

/// `{host}` and `{port}` stand for what was to be reached, as far as that is known.
#[cfg(feature = "advice")]
impl Cause {
    /// What it is, in a clause.
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
            Self::LeftOvers => "left-overs of the previous answer came on the kept connection",
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
                "the previous answer was longer than its head said, or had a body where none may \
                 be: correct the server, or close the connection after each request"
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
                "the error says why: get the server a certificate with serverAuth and a right chain, switch on its algorithm (p384, rsa, ed25519), or pin its new key"
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
