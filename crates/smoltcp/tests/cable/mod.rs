//! A cable in memory.

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

type Packets = Rc<RefCell<VecDeque<Vec<u8>>>>;

/// One end of a cable.
pub struct End {
    incoming: Packets,
    outgoing: Packets,
    medium: Medium,
}

/// Both ends of a cable.
pub fn ends(medium: Medium) -> (End, End) {
    let (there, back) = (Packets::default(), Packets::default());
    let one = End { incoming: back.clone(), outgoing: there.clone(), medium };
    (one, End { incoming: there, outgoing: back, medium })
}

pub struct Packet(Vec<u8>);
pub struct Room(Packets);

impl RxToken for Packet {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl TxToken for Room {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut packet = vec![0; length];
        let result = write(&mut packet);
        self.0.borrow_mut().push_back(packet);
        result
    }
}

impl Device for End {
    type RxToken<'a> = Packet;
    type TxToken<'a> = Room;

    fn receive(&mut self, _: Instant) -> Option<(Packet, Room)> {
        let packet = self.incoming.borrow_mut().pop_front()?;
        Some((Packet(packet), Room(self.outgoing.clone())))
    }

    fn transmit(&mut self, _: Instant) -> Option<Room> {
        Some(Room(self.outgoing.clone()))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.medium;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}
