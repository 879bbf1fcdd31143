//! The causes of a failed request.

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
    /// The modem slept, and a packet was lost. ([page](crate::causes::modem_sleep))
    ModemSleep = 24,
    /// The response was cut short, or isn't valid.
    /// ([page](crate::causes::bad_response))
    BadResponse = 25,
    /// The request can't be sent as it is: a caller's mistake.
    /// ([page](crate::causes::invalid_request))
    InvalidRequest = 26,
    /// Bytes are lost between chip and modem. ([page](crate::causes::serial_line))
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
    /// The modem's firmware is too old, or another one. ([page](crate::causes::firmware))
    Firmware = 34,
    /// The body has neither a length nor chunks, and the server doesn't close.
    /// ([page](crate::causes::body_without_end))
    BodyWithoutEnd = 35,
    /// The server announced more than it sent. ([page](crate::causes::body_too_short))
    BodyTooShort = 36,
    /// The body is compressed, and nobody asked for that. ([page](crate::causes::compressed))
    Compressed = 37,
    /// Left-overs of the answer before stand on the kept connection.
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
