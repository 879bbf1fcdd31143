//! Peers inside the simulator: servers without a socket, which answer in the simulator's own time.

use std::sync::Arc;
use std::time::Duration;

/// One end of a connection that a simulated link leads to.
///
/// Any `FnMut(&[u8], &mut Reply) + Send` is a peer that hears what arrives.
pub trait Peer: Send {
    /// The connection was made.
    fn connected(&mut self, reply: &mut Reply) {
        let _ = reply;
    }

    /// Bytes have arrived.
    fn receive(&mut self, data: &[u8], reply: &mut Reply);

    /// The modem closed the connection.
    fn closed(&mut self) {}
}

impl<F: FnMut(&[u8], &mut Reply) + Send> Peer for F {
    fn receive(&mut self, data: &[u8], reply: &mut Reply) {
        self(data, reply);
    }
}

/// Makes a peer for each connection.
pub type PeerFactory = Arc<dyn Fn() -> Box<dyn Peer> + Send + Sync>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Send(Vec<u8>),
    Close,
    Reset,
}

/// What a peer does in answer. Delays count from now, and nothing overtakes what was asked for before it.
#[derive(Debug, Default)]
pub struct Reply {
    pub(crate) actions: Vec<(Duration, Action)>,
}

impl Reply {
    /// Sends bytes at once.
    pub fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.send_after(Duration::ZERO, bytes)
    }

    /// Sends bytes after a while.
    pub fn send_after(&mut self, delay: Duration, bytes: &[u8]) -> &mut Self {
        self.actions.push((delay, Action::Send(bytes.to_vec())));
        self
    }

    /// Closes once all is sent.
    pub fn close(&mut self) -> &mut Self {
        self.close_after(Duration::ZERO)
    }

    /// Closes after a while.
    pub fn close_after(&mut self, delay: Duration) -> &mut Self {
        self.actions.push((delay, Action::Close));
        self
    }

    /// Breaks the connection with a reset.
    pub fn reset(&mut self) -> &mut Self {
        self.actions.push((Duration::ZERO, Action::Reset));
        self
    }
}

/// A peer that answers each request (up to its blank line) with the same bytes, and then closes if told so.
///
/// A body of the request is taken for part of the next request, so this is for requests without one.
pub fn canned(response: impl Into<Vec<u8>>, close: bool) -> PeerFactory {
    let response: Arc<[u8]> = response.into().into();
    Arc::new(move || {
        let response = Arc::clone(&response);
        let mut heard = Vec::new();
        Box::new(move |data: &[u8], reply: &mut Reply| {
            heard.extend_from_slice(data);
            while let Some(end) = heard.windows(4).position(|it| it == b"\r\n\r\n") {
                heard.drain(..end + 4);
                reply.send(&response);
                if close {
                    reply.close();
                }
            }
        })
    })
}

/// A peer that sends back all that it hears.
pub fn echo() -> PeerFactory {
    Arc::new(|| {
        Box::new(|data: &[u8], reply: &mut Reply| {
            reply.send(data);
        })
    })
}
