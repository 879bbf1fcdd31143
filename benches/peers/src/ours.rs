//! Our own client's exchange. Not written yet: see [`Ours::exchange`] for what it has to be.

use crate::clients::{Client, Reply};
use crate::mock_nal::NalStack;
use crate::wire::{URL, Wire};

/// Our client over the mock `embedded-nal` stack.
///
/// It is made once and runs two exchanges, of which the second is measured: what a program does
/// once (the loop context, attaching the stack, going online) belongs in [`Ours::new`].
pub struct Ours {
    stack: NalStack<'static>,
}

impl Ours {
    pub fn new(wire: &'static Wire) -> Self {
        Self {
            stack: NalStack::new(wire),
        }
    }
}

impl Client for Ours {
    /// One GET of [`URL`], from the text of the URL to the body as a slice of `buffer`, on a
    /// connection of its own: the peers connect each time, so a connection that was kept from the
    /// first exchange would not compare (the runner counts connects and refuses such a figure).
    fn exchange<'b>(&mut self, _buffer: &'b mut [u8]) -> Reply<'b> {
        Err(format!(
            "GET {URL} is not written yet ({} sockets open)",
            self.stack.open_sockets()
        ))
    }
}
