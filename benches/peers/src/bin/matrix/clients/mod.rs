//! Each client, through the interface that its documentation shows.

mod edge_http;
mod nanofish;
mod ours;
mod ours_async;
mod reqwless;
mod ureq;

use crate::case::{Ask, Needs, Reply};

/// A client under test.
pub struct Client {
    /// Its name in the matrix, and on the command line.
    pub name: &'static str,
    pub package: &'static str,
    /// Performs the requests one after the other, against the server at this port.
    pub run: fn(u16, &[Ask]) -> Vec<Reply>,
    /// What its interface doesn't have, and why a case that needs it is left out.
    pub lacks: &'static [(Needs, &'static str)],
}

pub const CLIENTS: [Client; 6] = [
    ours::CLIENT,
    ours_async::CLIENT,
    reqwless::CLIENT,
    edge_http::CLIENT,
    nanofish::CLIENT,
    ureq::CLIENT,
];

/// Room for a head, or for the whole of a short response.
const BUFFER: usize = 8192;
