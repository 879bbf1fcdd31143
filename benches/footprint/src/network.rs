//! The stack as a network: it says whether it has an address.

use crate::stack::Stack;
use core::net::{IpAddr, Ipv4Addr};
use safe_http_client::{Diagnostics, IpConfig, Link, LinkStatus, Network, StackQuirks};

unsafe extern "C" {
    fn nal_address() -> u32;
}

impl Link for Stack {
    fn link_status(&mut self) -> LinkStatus {
        match unsafe { nal_address() } {
            0 => LinkStatus::NoAddress,
            address => LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::from(address)))),
        }
    }
}

impl Network for Stack {
    /// The least that can be assumed, so that no stack's GET takes more code.
    fn quirks(&self) -> StackQuirks {
        StackQuirks::UNKNOWN
    }
}

impl Diagnostics for Stack {}
