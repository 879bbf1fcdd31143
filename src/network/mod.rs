//! What the client needs of a stack, and how stacks differ.

mod attached;
mod behaviour;

pub use attached::{Attached, NoDns, WithoutDns};
pub use behaviour::{Behaviour, Connect, PipeClosed, ZeroRead};

use crate::link::Link;
use embedded_nal::{Dns, TcpClientStack};

/// A stack that can't do TLS was asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoTls;

/// All that a [`SafeHttpClient`](crate::SafeHttpClient) needs below it: TCP, names, and a link that
/// says whether it has an address.
///
/// [`Attached`] makes one of any embedded-nal stack. Implement it for a driver that has all in one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't carry requests: nothing says whether it has an IP address",
    label = "this stack isn't attached to a link",
    note = "attach the stack to its link: `Attached::new(stack, link, Behaviour::…)`, where the \
            link can be a `&LinkEvents` that your event handlers fill in"
)]
pub trait Network: TcpClientStack + Dns + Link {
    /// How the stack behaves where embedded-nal doesn't say.
    fn behaviour(&self) -> Behaviour;

    /// Lets the stack move packets. Called before each step and after a close; must not wait.
    fn poll_network(&mut self) {}

    /// Whether [`secure`](Self::secure) can succeed. Where it can't, an `https` URL is refused
    /// before anything is sent.
    fn has_tls(&self) -> bool {
        false
    }

    /// Called between `socket` and `connect` for an `https` URL: the connection is to be TLS, with
    /// a peer of this name.
    fn secure(&mut self, _socket: &mut Self::TcpSocket, _server_name: &str) -> Result<(), NoTls> {
        Err(NoTls)
    }
}

impl<N: Network> Network for &mut N {
    fn behaviour(&self) -> Behaviour {
        N::behaviour(self)
    }

    fn poll_network(&mut self) {
        N::poll_network(self);
    }

    fn has_tls(&self) -> bool {
        N::has_tls(self)
    }

    fn secure(&mut self, socket: &mut Self::TcpSocket, server_name: &str) -> Result<(), NoTls> {
        N::secure(self, socket, server_name)
    }
}
