//! Why a connection isn't kept.

use core::fmt;

/// Why a client closed a connection instead of keeping it.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &SafeHttpClient<N, C>) {
/// match client.close_reason() {
///     Some(CloseReason::ResponseNotRead) => println!("read responses whole, to keep connections"),
///     Some(reason) => println!("{reason}"),
///     None => println!("none was closed yet"),
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CloseReason {
    /// The server said `Connection: close`.
    // No reason is 0 then, as most of an exchange is at its start.
    ServerAsked = 1,
    /// The request said `Connection: close`, the client keeps no connections, or it was told to close.
    CallerAsked,
    /// The response was of HTTP/1.0 without `keep-alive`.
    Http10,
    /// The body ended where the connection did.
    BodyUntilClose,
    /// Bytes followed the response that belong to none.
    ExcessBytes,
    /// The response wasn't read to its end.
    ResponseNotRead,
    /// The response came before the request's body was sent.
    RequestNotSent,
    /// An error ended the call: late bytes must not become the next response.
    Error,
    /// The server closed it while it was idle.
    ServerClosedIdle,
    /// It had been idle for longer than [`Config::keep_alive`](crate::Config::keep_alive) allows.
    IdleTooLong,
    /// The next request went to another scheme, host or port.
    OtherHost,
    /// The host's name is too long to be remembered (64 bytes).
    HostTooLong,
    /// The link had gone down.
    LinkLost,
    /// It had left HTTP (101, or 2xx to CONNECT).
    Upgraded,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerAsked => "the server asked for it",
            Self::CallerAsked => "the client asked for it",
            Self::Http10 => "HTTP/1.0 without keep-alive",
            Self::BodyUntilClose => "the body ended with the connection",
            Self::ExcessBytes => "bytes followed the response",
            Self::ResponseNotRead => "the response wasn't read to its end",
            Self::RequestNotSent => "the server answered before the request was sent",
            Self::Error => "an error ended the call",
            Self::ServerClosedIdle => "the server had closed it",
            Self::IdleTooLong => "it had been idle for too long",
            Self::OtherHost => "the next request went elsewhere",
            Self::HostTooLong => "the host's name is too long to be remembered",
            Self::LinkLost => "the link had gone down",
            Self::Upgraded => "it had left HTTP",
        })
    }
}
