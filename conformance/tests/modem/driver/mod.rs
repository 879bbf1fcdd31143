//! What the driver does, point by point, and the faults of the firmware that it absorbs.

mod modem;
mod sockets;
