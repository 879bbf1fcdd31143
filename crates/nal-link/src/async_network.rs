//! What an async client needs of a stack beside what any client needs.

use crate::Network;
use core::net::SocketAddr;
use core::task::Waker;
use embedded_nal::AddrType;

/// What a network was asked for that takes a future of its own: see [`AsyncNetwork`].
///
/// ```
/// use nal_link::Wish;
/// let wish = Wish::Connect(([192, 168, 1, 20], 80).into());
/// # let _ = wish;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// A connection to there.
    Connect(SocketAddr),
    /// The address of the call's host, of this kind.
    Resolve(AddrType),
}

/// A network whose calls note whom to wake: what an async client drives.
///
/// ```
/// # fn f(network: &mut impl nal_link::AsyncNetwork) {
/// use core::task::Waker;
/// network.begin_turn(Waker::noop());
/// assert_eq!(network.take_wish(), None);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't carry the requests of an async client",
    label = "not an async network",
    note = "attach the stack to its link: `asynch::NalNetwork::new(&tcp, &dns, link)`"
)]
#[allow(async_fn_in_trait, reason = "a client stays in its task, as its token does")]
pub trait AsyncNetwork: Network {
    /// A turn begins: whom to wake once something has happened that a call waits for. What was wished for
    /// before is forgotten.
    fn begin_turn(&mut self, waker: &Waker);

    /// What a call was refused with "would block" for, until [`fulfil_connect`](Self::fulfil_connect) or
    /// [`fulfil_resolve`](Self::fulfil_resolve) has its outcome. An outcome that nobody took is forgotten.
    fn take_wish(&mut self) -> Option<Wish>;

    /// Opens a connection. The next `connect` has the outcome.
    async fn fulfil_connect(&mut self, remote: SocketAddr);

    /// Looks a name up. The next `get_host_by_name` has the outcome.
    async fn fulfil_resolve(&mut self, name: &str, kind: AddrType);

    /// The longest that a call waits before it looks again unwoken, in milliseconds: for a network that has
    /// pauses of its own. `None` where it wakes whenever something has changed.
    fn look_again_ms(&self) -> Option<u32> {
        None
    }
}

impl<N: AsyncNetwork> AsyncNetwork for &mut N {
    fn begin_turn(&mut self, waker: &Waker) {
        N::begin_turn(self, waker);
    }

    fn take_wish(&mut self) -> Option<Wish> {
        N::take_wish(self)
    }

    async fn fulfil_connect(&mut self, remote: SocketAddr) {
        N::fulfil_connect(self, remote).await;
    }

    async fn fulfil_resolve(&mut self, name: &str, kind: AddrType) {
        N::fulfil_resolve(self, name, kind).await;
    }

    fn look_again_ms(&self) -> Option<u32> {
        N::look_again_ms(self)
    }
}
