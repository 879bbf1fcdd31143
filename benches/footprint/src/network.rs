//! The stacks as networks: they say whether they have an address.

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

#[cfg(feature = "second")]
mod second {
    use super::*;
    use crate::second::Second;
    use safe_http_client::ZeroRead;

    unsafe extern "C" {
        fn second_address(address: *mut u8) -> bool;
    }

    impl Link for Second {
        fn link_status(&mut self) -> LinkStatus {
            let mut address = [0; 4];
            if unsafe { second_address(address.as_mut_ptr()) } {
                LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::from(address))))
            } else {
                LinkStatus::NoAddress
            }
        }
    }

    impl Network for Second {
        fn quirks(&self) -> StackQuirks {
            StackQuirks::UNKNOWN.with_zero_read(ZeroRead::EndOfStream)
        }
    }

    impl Diagnostics for Second {}
}
