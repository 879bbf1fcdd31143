//! `safe-http-client-smoltcp` on smoltcp 0.14, over a cable in memory with another smoltcp as the server.

use conformance::common::cx;
use conformance::scenario::{Bench, Refused, Shows, config, run};
use conformance::smoltcp_net::{self, CLIENT, Plug};
use safe_http_client::Clock;
use safe_http_client_smoltcp::SmoltcpNetwork;
use smoltcp_014::iface::{Config, Interface, SocketSet, SocketStorage};
use smoltcp_014::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp_014::time::Instant;
use smoltcp_014::wire::{EthernetAddress, HardwareAddress, IpAddress, IpCidr};

/// The cable's end, as this version has devices.
struct Card(Plug);

struct Frame(Vec<u8>);

impl RxToken for Frame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

struct Room<'c>(&'c Plug);

impl TxToken for Room<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        self.0.put(&frame);
        result
    }
}

impl Device for Card {
    type RxToken<'c> = Frame;
    type TxToken<'c> = Room<'c>;

    fn receive(&mut self, _: Instant) -> Option<(Frame, Room<'_>)> {
        self.0.take().map(|frame| (Frame(frame), Room(&self.0)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Room<'_>> {
        Some(Room(&self.0))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

/// While the client waits, the far end moves its packets, and a millisecond passes.
#[derive(Clone, Copy)]
struct Steps;

impl Clock for Steps {
    fn now_ms(&self) -> u32 {
        smoltcp_net::clock().now_ms()
    }

    fn idle(&self) {
        smoltcp_net::step_far();
    }
}

#[test]
fn all_scenarios() {
    let mut cx = cx();
    let (plug, peer) = smoltcp_net::cable();
    let mut card = Card(plug);
    let hardware = HardwareAddress::Ethernet(EthernetAddress([2, 0, 0, 0, 0, 2]));
    let mut interface = Interface::new(Config::new(hardware), &mut card, Instant::ZERO);
    let [a, b, c, d] = CLIENT.octets();
    interface.update_ip_addrs(|all| all.push(IpCidr::new(IpAddress::v4(a, b, c, d), 24)).unwrap());
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut storage = [SocketStorage::EMPTY; 1];
    let sockets = SocketSet::new(&mut storage[..]);
    let network = SmoltcpNetwork::new(interface, card, sockets, Steps, (&mut rx, &mut tx), 1);
    let shows = Shows { refused: Refused::Connect, reset: true, clean_end: true };
    run("smoltcp 0.14", Bench::new(network, Steps, config(), &mut cx, peer, shows));
}
