//! What the check looks at without asking anybody, and says only where it was looked at.

use crate::diagnosis::StepOutcome;
use crate::diagnosis::Told;
use crate::error::{ErrorKind, TargetClass};
use crate::http::authority::classify;
use crate::policy::{Preflight, Preflights};
use core::net::{IpAddr, SocketAddr};
use nal_link::IpConfig;

/// What became of a step, and a word on it.
pub(super) type Looked = (StepOutcome, &'static str);

/// Whether a message from such a link gets to its target, as far as the addresses tell. What didn't fit
/// was found before.
pub(super) fn subnet(ip: Option<IpConfig>, target: Option<IpAddr>, checks: Preflights) -> Looked {
    let not = |why| (StepOutcome::NotAsked, why);
    let Some(ip) = ip else {
        return not("not looked at: no address");
    };
    if !checks.has(Preflight::Subnet) {
        return not("not looked at: switched off");
    }
    let Some(netmask) = ip.netmask else {
        return not("not looked at: no netmask known");
    };
    let is_near = target.is_some_and(|target| ip.has_in_subnet(target) == Some(true));
    if is_near {
        return (StepOutcome::Passed, "");
    }
    if ip.gateway.is_none_or(|gateway| gateway.is_unspecified()) {
        return not("not looked at: no gateway known");
    }
    if netmask.to_bits() >= 0xffff_fffe || !ip.address.is_ipv4() {
        return not("not looked at: no subnet of IPv4");
    }
    (StepOutcome::Passed, "")
}

/// Whether a target is the machine that asks, where it can ask itself.
pub(super) fn is_own_machine(target: IpAddr, own: Option<IpAddr>, has_loopback: bool) -> bool {
    has_loopback && (target.is_loopback() || own == Some(target))
}

/// What a target is, as far as that can be told.
pub(super) fn target(
    target: IpAddr,
    own: Option<IpAddr>,
    has_loopback: bool,
    checks: Preflights,
) -> Looked {
    if is_own_machine(target, own, has_loopback) {
        return (StepOutcome::Passed, "this machine");
    }
    if classify(&SocketAddr::new(target, 0)) != TargetClass::Host {
        return (StepOutcome::NotAsked, "no other host: switched off");
    }
    match own {
        Some(own) if own == target => (StepOutcome::NotAsked, "the chip itself: switched off"),
        Some(own) if !own.is_loopback() && checks.has(Preflight::OwnAddress) => {
            (StepOutcome::Passed, "another host")
        }
        // A PC's link that doesn't know its address.
        _ => (StepOutcome::Passed, "an address of a host"),
    }
}

/// The error that the report's advice is about. What is the stack's own has its fault in the report.
pub(super) fn told<T, D>(kind: &ErrorKind<T, D>) -> Option<Told> {
    Some(match *kind {
        ErrorKind::Request(error) => Told::Request(error),
        ErrorKind::ResolvedTo(address, class) => Told::ResolvedTo(address, class),
        ErrorKind::Protocol(error) => Told::Protocol(error),
        ErrorKind::Truncated { received, announced } => Told::Truncated { received, announced },
        ErrorKind::Buffer { what, needed, available, exact } => {
            Told::Buffer { what, needed, available, exact }
        }
        _ => return None,
    })
}
