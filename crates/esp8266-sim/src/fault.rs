//! The named faults: what a modem or its network can do wrong.

use std::fmt;
use std::str::FromStr;

/// What a fault waits for, and what [`When::Nth`](crate::When::Nth) counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Each byte that the modem puts on the line.
    Byte,
    /// Each command line that the modem takes.
    Command,
    /// Each join that was asked for.
    Join,
    /// Each name to be resolved.
    Resolve,
    /// Each `AT+CIPSTART`.
    Connect,
    /// Each `AT+CIPSEND` whose data are complete.
    Send,
    /// Each piece of data that comes from a peer.
    Receive,
    /// Each `AT+CIPRECVDATA`.
    Read,
    /// Each `AT+CIPCLOSE`, or each link that its peer closes.
    Close,
    /// Each reset.
    Reset,
    /// Nothing is counted: it is a state, on as long as the fault is scheduled.
    State,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $trigger:ident, $about:literal;)*) => {
        /// A way for the modem or its network to go wrong, with a name in kebab-case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Fault {
            $(#[doc = $about] $variant,)*
        }

        impl Fault {
            /// Every fault, with its description in one line.
            pub const ALL: &'static [(Fault, &'static str)] = &[$((Fault::$variant, $about),)*];

            /// The name, as `--fault` takes it.
            pub fn name(self) -> &'static str {
                match self { $(Fault::$variant => $name,)* }
            }

            /// What the fault waits for.
            pub fn trigger(self) -> Trigger {
                match self { $(Fault::$variant => Trigger::$trigger,)* }
            }
        }
    };
}

faults! {
    // The line itself.
    UnsolicitedLine, "unsolicited-line", Byte, "`WIFI GOT IP` is inserted before a byte of the output";
    CutAnswer, "cut-answer", Byte, "the output stops at a byte and stays away until the next command line";
    LostByte, "lost-byte", Byte, "a byte of the output is lost";
    FlippedBit, "flipped-bit", Byte, "the lowest bit of a byte of the output is flipped";
    WrongBaudRate, "wrong-baud-rate", State, "modem and host run at different rates: garbage both ways";
    SilentModem, "silent-modem", State, "the modem takes everything and says nothing";
    CrCrLf, "cr-cr-lf", State, "lines end in \\r\\r\\n";
    StickyEcho, "sticky-echo", State, "ATE0 answers OK and the echo goes on";
    CisfrTypo, "cisfr-typo", State, "AT+CIFSR answers +CISFR:STAIP, as one firmware does";
    TerseErrors, "terse-errors", State, "the optional texts before ERROR (no ip, ALREADY CONNECTED, UNLINK) are left out";

    // Commands.
    BusyAfterOk, "busy-after-ok", Command, "a command after a completed OK gets `busy p...` and isn't executed";
    LostAnswer, "lost-answer", Command, "a command is executed and its answer lost";
    LateAnswer, "late-answer", Command, "a command is executed and answered late";
    BusyRefusesReset, "busy-refuses-reset", Command, "from a command on everything gets `busy p...`, AT+RST too, as long as the fault is there";
    DeafWhileBusy, "deaf-while-busy", State, "nothing is answered while a connect, a name or TLS is under way, and carried out afterwards";
    EndlessLine, "endless-line", State, "`ERROR` for each 200 bytes without a line end";
    BusyForever, "busy-forever", Command, "from a command on everything gets `busy p...`, until AT+RST";

    // Resets.
    ResetOnCommand, "reset-on-command", Command, "the modem resets instead of executing a command";
    ResetMidRequest, "reset-mid-request", Send, "the modem resets when it has taken the data of a send";
    ForceRestart, "force-restart", Send, "`Will force to restart!!!` and a reset when the data of a send are in";
    DataMode, "data-mode", Reset, "a boot ends in data mode (a saved link), until `+++` comes alone";
    BootNoise, "boot-noise", Reset, "a reset makes all 256 byte values of noise, before and after `ready`";

    // Joining.
    WrongPassword, "wrong-password", Join, "the access point refuses the password: +CWJAP:2";
    NoSuchAp, "no-such-ap", Join, "the access point isn't there: +CWJAP:3";
    JoinTimeout, "join-timeout", Join, "the join times out: +CWJAP:1";
    JoinFailed, "join-failed", Join, "the join fails for no given reason: +CWJAP:4";
    NoDhcp, "no-dhcp", Join, "associated but no address: DHCP never answers";
    BusyWithoutDhcp, "busy-without-dhcp", Join, "associated, no address, and `busy p...` to everything, AT+RST too";
    DisconnectReason, "disconnect-reason", State, "`WIFI DISCONNECT` with a reason behind it";
    NoRejoin, "no-rejoin", State, "a lost access point isn't joined again by the firmware";
    UnescapedNames, "unescaped-names", State, "names of access points are told as they are, quotes and all";
    StaticIpWrongSubnet, "static-ip-wrong-subnet", State, "the station has 192.168.0.20 with a gateway in another subnet";
    WifiDropMidRequest, "wifi-drop-mid-request", Send, "the access point goes away when the data of a send are in";
    ModemSleep, "modem-sleep", Receive, "modem sleep misses a packet: retransmitted late over TCP, lost over UDP; not with AT+SLEEP=0";

    // The network.
    NoDnsServer, "no-dns-server", State, "no DNS server is set";
    DnsFailure, "dns-failure", Resolve, "a name doesn't resolve";
    DnsSlow, "dns-slow", Resolve, "a name takes 8 s, then resolves";
    DnsZero, "dns-zero", Resolve, "a name resolves to 0.0.0.0";
    DnsBroadcast, "dns-broadcast", Resolve, "a name resolves to 255.255.255.255";
    IpUnset, "ip-unset", Resolve, "a name that doesn't resolve gets +CIPDOMAIN:(IP unset) and OK";
    NameHangs, "name-hangs", Resolve, "a name makes the firmware hang without a word, as long as the fault is there";
    ApIsolation, "ap-isolation", State, "the access point isolates its clients: the gateway answers, its subnet doesn't";
    HostDown, "host-down", State, "every host is down: no ping, connects run into the firmware's time-out";
    GatewayDown, "gateway-down", State, "the gateway is down, and with it every host and DNS";
    PortRefused, "port-refused", Connect, "hosts answer pings and refuse the connection";
    Firewall, "firewall", Connect, "hosts answer pings and swallow the connection";
    SlowConnect, "slow-connect", Connect, "a connect takes 12 s, then succeeds";
    SlowServer, "slow-server", Send, "nothing comes back for 30 s after a send";
    CaptivePortal, "captive-portal", State, "every connection ends up at the captive portal";

    // Connecting.
    ConnectErrorNoId, "connect-error-no-id", Connect, "a connect fails and CLOSED names no link, even with CIPMUX=1";
    AlreadyConnected, "already-connected", Connect, "a connect meets a stale link: ALREADY CONNECTED";
    NoMoreLinks, "no-more-links", Connect, "the modem is out of sockets: a connect gets ERROR at once";
    NameWedge, "name-wedge", Connect, "a connect by name wedges into `busy p...` until AT+RST; by address it works";
    SslError, "ssl-error", State, "an SSL connect gets ERROR, with memory enough: certificate or clock";
    TlsOutOfMemory, "tls-out-of-memory", State, "an SSL connect fails for want of memory";

    // Sending.
    LostSendOk, "lost-send-ok", Send, "data are delivered and SEND OK is lost";
    SendFail, "send-fail", Send, "data aren't delivered: SEND FAIL";
    SendFailThenOk, "send-fail-then-ok", Send, "SEND FAIL, then SEND OK: the data were delivered";
    SendCanceled, "send-canceled", Send, "data aren't delivered: SEND Canceled (SEND FAIL on NonOS)";
    LinkNotValid, "link-not-valid", Send, "SEND FAIL and CLOSED: the link broke without a notice";
    ClosedAfterSend, "closed-after-send", Send, "data are taken, SEND OK, then CLOSED without an answer: a stale connection";

    // Receiving.
    MissingIpd, "missing-ipd", Receive, "data come and the passive +IPD doesn't; AT+CIPRECVLEN tells them";
    ClosedBeforeData, "closed-before-data", Close, "CLOSED is told while data are still to be read";
    BodyCut, "body-cut", Receive, "a piece of data ends in its middle and the link is CLOSED";
    ActiveOverrun, "active-overrun", Receive, "active mode: bytes in the middle of an +IPD are lost";
    IpdTotals, "ipd-totals", State, "a passive +IPD tells all that waits, each time";
    LyingIpdLength, "lying-ipd-length", Receive, "+IPD tells a length of 99999";
    LyingRecvLength, "lying-recv-length", Read, "+CIPRECVDATA tells a length of -1";
    EmptyRead, "empty-read", Read, "+CIPRECVDATA gives no byte although there are some";
    ToReadLine, "to-read-line", State, "`to read N bytes` comes before +CIPRECVDATA";
    NoPassiveMode, "no-passive-mode", State, "AT+CIPRECVMODE answers ERROR";
    Unlink, "unlink", Close, "a close finds the link gone: UNLINK and ERROR (only ERROR on ESP-AT)";
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Fault::ALL
            .iter()
            .find(|(fault, _)| fault.name() == name)
            .map(|&(fault, _)| fault)
            .ok_or_else(|| format!("no fault `{name}`; --list-faults lists them"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_differ() {
        let mut names: Vec<_> = Fault::ALL.iter().map(|(fault, _)| fault.name()).collect();
        for (fault, about) in Fault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(*fault));
            assert!(!about.is_empty() && !about.contains('\n'));
            let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(fault.name().chars().all(kebab), "{fault}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Fault::ALL.len());
        assert!("nonsense".parse::<Fault>().is_err());
    }
}
