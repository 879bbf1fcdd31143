//! What an address, a netmask and a gateway say of one another, and what the numbers for a lost link mean.

use nal_link::{DisconnectReason, IpConfig};
use std::net::{IpAddr, Ipv4Addr};

fn ip(address: [u8; 4]) -> IpConfig {
    IpConfig::new(Ipv4Addr::from(address).into())
}

/// What an address and a netmask say of another address, and of the gateway.
#[test]
fn a_subnet_is_known_by_address_and_netmask() {
    let masked = |mask: [u8; 4]| ip([192, 168, 1, 57]).with_netmask(mask.into());
    for (link, other, expected) in [
        (masked([255, 255, 255, 0]), [192, 168, 1, 1], Some(true)),
        (masked([255, 255, 255, 0]), [192, 168, 1, 255], Some(true)),
        (masked([255, 255, 255, 0]), [192, 168, 0, 57], Some(false)),
        (masked([255, 255, 255, 0]), [192, 169, 1, 57], Some(false)),
        (masked([255, 255, 255, 192]), [192, 168, 1, 63], Some(true)),
        (masked([255, 255, 255, 192]), [192, 168, 1, 64], Some(false)),
        (masked([255; 4]), [192, 168, 1, 57], Some(true)),
        (masked([255; 4]), [192, 168, 1, 56], Some(false)),
        (masked([0; 4]), [8, 8, 8, 8], Some(true)),
        (ip([192, 168, 1, 57]), [192, 168, 1, 1], None),
    ] {
        let other = Ipv4Addr::from(other);
        assert_eq!(link.has_in_subnet(other.into()), expected, "{link:?} {other}");
    }
    let six: IpAddr = std::net::Ipv6Addr::LOCALHOST.into();
    assert_eq!(masked([0; 4]).has_in_subnet(six), None);
    assert_eq!(IpConfig::new(six).with_netmask([0; 4].into()).has_in_subnet(six), None);

    for (link, gateway, expected) in [
        (masked([255, 255, 255, 0]), [192, 168, 1, 1], false),
        (masked([255, 255, 255, 0]), [192, 168, 9, 1], true),
        (masked([255, 255, 255, 0]), [0; 4], false),
        (masked([255, 255, 255, 252]), [192, 168, 9, 1], true),
        (masked([255, 255, 255, 254]), [192, 168, 9, 1], false),
        (masked([255; 4]), [192, 168, 9, 1], false),
        (ip([192, 168, 1, 57]), [192, 168, 9, 1], false),
    ] {
        let link = link.with_gateway(gateway.into());
        assert_eq!(link.gateway_is_outside(), expected, "{link:?}");
    }
    assert!(!masked([255, 255, 255, 0]).gateway_is_outside(), "no gateway is known");
}

/// The numbers of IEEE 802.11 and of Espressif's SDKs.
#[test]
fn a_reason_code_says_why_the_link_went() {
    use DisconnectReason::{Code, Failed, NoAccessPoint, TimedOut, Unknown, WrongPassword};
    for (code, expected) in [
        (0, Unknown),
        (1, Code(1)),
        (8, Code(8)),
        (13, Code(13)),
        (14, WrongPassword),
        (15, WrongPassword),
        (16, Code(16)),
        (200, TimedOut),
        (201, NoAccessPoint),
        (202, WrongPassword),
        (203, Failed),
        (204, WrongPassword),
        (205, Code(205)),
        (255, Code(255)),
    ] {
        assert_eq!(DisconnectReason::from_code(code), expected, "{code}");
    }
}
