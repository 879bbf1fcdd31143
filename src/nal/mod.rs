//! Exchanges over an embedded-nal stack that is polled: each call goes on until the stack would block.

mod connection;
mod driver;
mod fault;
mod stack;
mod streams;

pub(crate) use connection::Connection;
pub(crate) use driver::{AnyDriver, CallView, Driver, Step};
pub(crate) use fault::{Fault, StackStep};

use crate::error::Error;
use embedded_nal::{Dns, TcpClientStack};

/// The error of calls over the network `N`: it keeps the stack's own errors.
///
/// ```no_run
/// # use safe_http_client::*;
/// fn open<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<bool, ErrorOf<N>> {
///     let mut buffer = [0; 512];
///     Ok(online.post("http://192.168.1.20/gate", &mut buffer).body(b"open").send()?.is_success())
/// }
/// ```
pub type ErrorOf<N> = Error<TcpErrorOf<N>, DnsErrorOf<N>>;

/// The TCP stack's own error.
pub(crate) type TcpErrorOf<N> = <N as TcpClientStack>::Error;
/// The resolver's own error.
pub(crate) type DnsErrorOf<N> = <N as Dns>::Error;
