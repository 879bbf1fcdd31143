//! What the chip asks.

pub use test_server::response;
use test_server::{Request, Server as Loopback};

/// Answers these paths. It ends the stream behind `Connection: close`, and nothing is no answer.
pub struct Server(Loopback);

impl Server {
    pub fn start(routes: Vec<(&'static str, Vec<u8>)>) -> Self {
        Self(Loopback::start(move |request| {
            let found = routes.iter().find(|(route, _)| *route == request.target());
            found.map_or_else(|| response("404 Not Found", ""), |(_, answer)| answer.clone())
        }))
    }

    /// The server's URL as the chip has it.
    pub fn url(&self, path: &str) -> String {
        let [a, b, c, d] = crate::SERVER;
        format!("http://{a}.{b}.{c}.{d}:{}{path}", self.port())
    }

    pub fn port(&self) -> u16 {
        self.0.address.port()
    }

    /// All requests so far.
    pub fn received(&self) -> Vec<Request> {
        self.0.requests()
    }
}
