//! Faults that last as long as a request and a check: what each is, and what is demanded of its diagnosis.

use crate::observed::Demand;
use esp8266_sim::{Fault, When};
use safe_http_client::Cause;

/// The firmware answers `ERROR` and `CLOSED` to a reset, a timeout and a missing route alike.
pub const AT_ONCE: &str = "the firmware says the same of a reset and of any other failure";
const ALIKE: &str = "a host that is off and one that the access point keeps away are both silent";
const RESET: &str = "a server on its own 127.0.0.1 refuses as a port without a server does";

/// A fault that is there as long as the request and the check take.
pub struct Way {
    pub cause: Cause,
    pub how: &'static str,
    pub url: &'static str,
    pub fault: Option<(Fault, When)>,
    pub demand: Demand,
    pub also: &'static [Cause],
}

fn way(cause: Cause, how: &'static str, url: &'static str) -> Way {
    Way { cause, how, url, fault: None, demand: Demand::First, also: &[] }
}

impl Way {
    fn by(self, fault: Fault) -> Self {
        Self { fault: Some((fault, When::Always)), ..self }
    }

    /// It happens once, so that the check finds nothing of it any more.
    fn once(self, fault: Fault) -> Self {
        Self { fault: Some((fault, When::Nth(1))), ..self }
    }

    fn demand(self, demand: Demand) -> Self {
        Self { demand, ..self }
    }

    fn not_certain(self, why: &'static str) -> Self {
        self.demand(Demand::FirstNotCertain(why))
    }

    fn also(self, also: &'static [Cause]) -> Self {
        Self { also, ..self }
    }
}

pub const URL: &str = "http://192.168.4.20:81/";

pub fn ways() -> Vec<Way> {
    use Cause::*;
    vec![
        way(NoHostTarget, "http://localhost", "http://localhost:8080/"),
        way(NoHostTarget, "http://127.0.0.1", "http://127.0.0.1/"),
        way(NoHostTarget, "http://0.0.0.0", "http://0.0.0.0/"),
        way(NoHostTarget, "http://255.255.255.255", "http://255.255.255.255/"),
        way(SlowServer, "nothing comes back for 30 s", URL).by(Fault::SlowServer),
        way(HostDown, "every host is off", URL).by(Fault::HostDown).not_certain(ALIKE),
        way(HostDown, "nobody has the address", "http://192.168.4.77/").not_certain(ALIKE),
        way(HostDown, "a host behind the gateway is off", "http://10.9.9.9/")
            .not_certain("who swallows it on the way can't be seen"),
        way(NothingListens, "a port that nobody has", "http://192.168.4.20:9/")
            .not_certain(AT_ONCE),
        way(NothingListens, "every port refuses", URL).by(Fault::PortRefused).not_certain(AT_ONCE),
        // What a server on its own 127.0.0.1 leaves for others: a port that refuses.
        way(ServerOnLoopback, "the port refuses everyone else", "http://192.168.4.20:9/")
            .demand(Demand::Listed(RESET)),
        way(Firewall, "connections are swallowed, pings aren't", URL)
            .by(Fault::Firewall)
            .not_certain("who swallows them can't be seen"),
        way(ClientIsolation, "the gateway answers, its subnet doesn't", URL)
            .by(Fault::ApIsolation)
            .demand(Demand::Listed(ALIKE)),
        way(OwnAddress, "its own address", "http://192.168.4.2/"),
        way(NameNotResolved, "a name that nobody knows", "http://unknown.local/")
            .not_certain("the firmware says the same of an unknown name and a silent resolver"),
        way(NameNotResolved, "0.0.0.0 in answer", "http://gate.local/").by(Fault::DnsZero),
        way(NameNotResolved, "255.255.255.255 in answer", "http://gate.local/")
            .by(Fault::DnsBroadcast),
        way(Scheme, "http:// inside the host", "http://http://192.168.4.20/"),
        way(Scheme, "http://http://localhost: two mistakes", "http://http://localhost:8080/")
            .also(&[NoHostTarget]),
        way(Scheme, "https without TLS", "https://192.168.4.20/"),
        way(Scheme, "port 443 with http", "http://192.168.4.20:443/"),
        way(TlsMismatch, "a TLS alert in answer", "http://192.168.4.20:8443/"),
        way(TlsMismatch, "nginx's 400", "http://192.168.4.20:8444/"),
        way(NotHttp, "an SSH server's banner", "http://192.168.4.20:22/"),
        way(NotHttp, "a server that echoes", "http://192.168.4.20:7/"),
        way(CaptivePortal, "every connection ends up at the portal", URL)
            .by(Fault::CaptivePortal)
            .not_certain("a server may send its clients elsewhere, too"),
        way(OutOfSockets, "the modem is out of links", URL)
            .by(Fault::NoMoreLinks)
            .not_certain("the firmware says ERROR, and not why"),
        way(ModemReset, "on the data of a request", URL).once(Fault::ResetMidRequest),
        way(ModemReset, "on a command", URL).once(Fault::ResetOnCommand),
        way(ModemReset, "the firmware restarts itself", URL).once(Fault::ForceRestart),
        way(ModemUnresponsive, "it says nothing", URL).by(Fault::SilentModem),
        way(ModemUnresponsive, "it is busy for ever", URL).by(Fault::BusyForever),
        way(ModemUnresponsive, "its baud rate is another", URL).by(Fault::WrongBaudRate),
        way(SerialLine, "a length comes garbled", URL)
            .once(Fault::LyingRecvLength)
            .not_certain("the modem itself may have said so"),
        way(NoAddress, "the access point goes in the middle of it", URL)
            .once(Fault::WifiDropMidRequest)
            .not_certain("the connection may have broken for another reason"),
        way(BadResponse, "a body cut short", URL).once(Fault::BodyCut),
        way(BufferTooSmall, "a head larger than the buffer", "http://192.168.4.20:8900/"),
    ]
}
