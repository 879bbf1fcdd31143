//! A stream that is connected already.

use core::cell::Cell;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use embedded_io_async::{Error, ErrorKind, ErrorType, Read, Write};
use embedded_nal::AddrType;
use embedded_nal_async::{Dns, TcpConnect};

/// A stream that somebody else has connected, a TLS session for example, as a stack that has this one
/// connection. All requests go over it, as long as it is kept; then there is no other.
///
/// ```no_run
/// use embedded_io_async::{Read, Write};
/// use safe_http_client::asynch::{Connected, NalNetwork, SafeHttpClient, Timer};
/// use safe_http_client::{Link, LoopContext};
///
/// async fn state(
///     session: impl Read + Write, // with the host of the URL
///     link: impl Link,
///     timer: impl Timer,
///     cx: &mut LoopContext,
/// ) -> Option<u16> {
///     let session = Connected::new(session, ([192, 168, 1, 20], 443).into());
///     let network = NalNetwork::new(&session, &session, link).with_tls();
///     let mut client = SafeHttpClient::new(network, timer);
///     let mut online = client.online(cx).ok()?;
///     let mut buffer = [0; 512];
///     Some(online.get("https://gate.example/state", &mut buffer).send().await.ok()?.status())
/// }
/// ```
pub struct Connected<S> {
    stream: Cell<Option<S>>,
    peer: SocketAddr,
}

impl<S: Read + Write> Connected<S> {
    /// A stream that leads to `peer`: any host of a URL is taken to be there.
    pub const fn new(stream: S, peer: SocketAddr) -> Self {
        Self { stream: Cell::new(Some(stream)), peer }
    }
}

/// The error of a [`Connected`] stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlreadyUsed<E> {
    /// The stream's own.
    Stream(E),
    /// The stream was closed by a call before, and there is no other.
    Gone,
}

impl<E: fmt::Debug> fmt::Display for AlreadyUsed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(error) => write!(f, "{error:?}"),
            Self::Gone => f.write_str("the stream was closed before, and there is no other"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for AlreadyUsed<E> {}

impl<E: Error> Error for AlreadyUsed<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Stream(error) => error.kind(),
            Self::Gone => ErrorKind::NotConnected,
        }
    }
}

/// The stream while a call or a client has it.
#[derive(Debug)]
pub struct InUse<S>(S);

impl<S: ErrorType> ErrorType for InUse<S> {
    type Error = AlreadyUsed<S::Error>;
}

impl<S: Read> Read for InUse<S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        self.0.read(buf).await.map_err(AlreadyUsed::Stream)
    }
}

impl<S: Write> Write for InUse<S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        self.0.write(buf).await.map_err(AlreadyUsed::Stream)
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        self.0.flush().await.map_err(AlreadyUsed::Stream)
    }
}

impl<S: Read + Write> TcpConnect for Connected<S> {
    type Error = AlreadyUsed<S::Error>;
    type Connection<'a>
        = InUse<S>
    where
        Self: 'a;

    async fn connect(&self, _: SocketAddr) -> Result<InUse<S>, Self::Error> {
        self.stream.take().map(InUse).ok_or(AlreadyUsed::Gone)
    }
}

impl<S: Read + Write> Dns for Connected<S> {
    type Error = core::convert::Infallible;

    async fn get_host_by_name(&self, _: &str, _: AddrType) -> Result<IpAddr, Self::Error> {
        Ok(self.peer.ip())
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, Self::Error> {
        Ok(0)
    }
}

impl<S> fmt::Debug for Connected<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connected").field("peer", &self.peer).finish_non_exhaustive()
    }
}
