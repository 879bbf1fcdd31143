//! What changes the words for a cause: of the same one a person is told something else to do.

use nal_link::{DisconnectReason, StackFault};

#[cfg(feature = "advice")]
use super::Cause;

/// What is known of a failure beside its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circumstance {
    Plain,
    /// The target is the machine that asks.
    OwnMachine,
    /// The modem doesn't do what it is asked.
    Modem(StackFault),
    /// The link went while the request was under way.
    LinkLost,
    /// The link has an access point, and no address; somebody has waited for one in vain.
    NoAddress {
        waited: bool,
    },
    /// The link is down.
    Down {
        reason: DisconnectReason,
        waited: bool,
    },
}

#[cfg(feature = "advice")]
impl Circumstance {
    /// What to do about a modem that is silent now, and had said this before.
    pub(super) fn advice_after(self, words: &[u8]) -> Option<&'static str> {
        let has_answered = words.windows(4).any(|window| window == b"OK\r\n");
        let is_silent = self == Self::Modem(StackFault::ModemSilent);
        (is_silent && has_answered).then_some(
            "it has answered before, so its wiring is right: look for a supply that droops, and for \
             the command that the firmware hangs at. Pulling EN low restarts it",
        )
    }

    /// What the cause is here; `None` where there is nothing to add.
    pub(super) const fn template(self, cause: Cause) -> Option<&'static str> {
        Some(match (self, cause) {
            (Self::OwnMachine, Cause::NothingListens) => {
                "nothing listens on {port} of this machine"
            }
            (Self::OwnMachine, Cause::SlowServer) => {
                "this machine's server took longer than the deadline to answer"
            }
            (Self::OwnMachine, Cause::Firewall) => "this machine's own firewall blocks {port}",
            (Self::LinkLost, Cause::NoAddress) => {
                "the link was lost while the request was under way"
            }
            (Self::Modem(fault), Cause::ModemUnresponsive) => match fault {
                StackFault::ModemHung => "the modem says nothing but that it is busy",
                StackFault::Busy => "the modem is still busy with what was given up",
                _ => "the modem answers nothing",
            },
            (Self::NoAddress { .. }, Cause::NoAddress) => {
                "the link has an access point, and no IP address yet"
            }
            (Self::Down { .. }, Cause::NoAddress) => "the link is down: there is no access point",
            (Self::Down { reason, .. }, Cause::JoinFailed) => match reason {
                DisconnectReason::WrongPassword => "the access point refused the password",
                DisconnectReason::NoAccessPoint => "no access point of that name was found",
                DisconnectReason::TimedOut => "the access point didn't answer in time",
                _ => return None,
            },
            _ => return None,
        })
    }

    /// What to do about the cause here.
    pub(super) const fn advice(self, cause: Cause) -> Option<&'static str> {
        Some(match (self, cause) {
            (Self::OwnMachine, Cause::NothingListens) => {
                "check the port, and that the server runs: it is asked on this machine itself"
            }
            (Self::OwnMachine, Cause::SlowServer) => {
                "look at the server: it takes no more connections, or hangs"
            }
            (Self::Modem(StackFault::ModemHung), Cause::ModemUnresponsive) => {
                "give it time. If it takes no restart (AT+RST) either, switch its supply, or pull EN low \
                 for a moment"
            }
            (Self::Modem(StackFault::Busy), Cause::ModemUnresponsive) => {
                "wait, and ask again: a connect that was given up takes it up to 15 s more"
            }
            (Self::LinkLost, Cause::NoAddress) => {
                "check the signal and the supply, and look for a restart of the access point. Once the \
                 link is up, send it again if twice does no harm"
            }
            (Self::NoAddress { waited: true }, Cause::NoAddress) => {
                "DHCP doesn't answer: check the router's DHCP server and its list of allowed devices, \
                 and the signal; or set a static address"
            }
            (Self::NoAddress { waited: false }, Cause::NoAddress) => {
                "wait for the address (wait_online): being on the access point (WIFI CONNECTED) isn't \
                 enough. If none comes, check DHCP and the signal"
            }
            (Self::Down { waited: true, .. }, Cause::NoAddress) => {
                "join the access point: check that it is on, its name, the password and the distance \
                 to it"
            }
            (Self::Down { waited: false, .. }, Cause::NoAddress) => {
                "join the access point, and wait for the address (wait_online) before the request"
            }
            (Self::Down { reason, .. }, Cause::JoinFailed) => match reason {
                DisconnectReason::WrongPassword => {
                    "correct the password (upper and lower case count), and check that the access \
                     point takes WPA2"
                }
                DisconnectReason::NoAccessPoint => {
                    "check the network's name (upper and lower case count), that it is on 2.4 GHz, and \
                     the distance to it"
                }
                _ => return None,
            },
            _ => return None,
        })
    }
}
