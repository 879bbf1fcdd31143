//! An async stack as one that is polled: a pending future is "would block", and has noted who is to be woken.
//! And a stream that is connected already, as such a stack.

use core::cell::Cell;
use core::fmt;
use core::future::Future;
use core::net::{IpAddr, SocketAddr};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use embedded_io_async::{Error, ErrorKind, ErrorType, Read, Write};
use embedded_nal::{AddrType, TcpClientStack, TcpError, TcpErrorKind};
use embedded_nal_async::{Dns, TcpConnect};
use nal_link::{
    AsyncNetwork, Connect, Diagnostics, IpConfig, Link, LinkStatus, Network, NoTls, StackFault,
    StackQuirks, Wish,
};

/// An async stack's own error.
#[derive(Clone, PartialEq, Eq)]
pub struct StackError<E>(
    /// As the stack has it.
    pub E,
);

impl<E: fmt::Debug> fmt::Debug for StackError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: fmt::Debug> TcpError for StackError<E> {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

/// The one socket of a client.
#[derive(Debug)]
pub enum Socket<S> {
    /// Not connected yet.
    New,
    /// The stack's own. It is closed by being dropped.
    Open(S),
}

/// An embedded-nal-async stack, by its [`TcpConnect`] and its [`Dns`], attached to its [`Link`].
///
/// ```no_run
/// use safe_http_client::asynch::NalNetwork;
/// use safe_http_client::{LinkEvents, StackFault};
/// static EVENTS: LinkEvents = LinkEvents::new();
/// let stack = std_embedded_nal_async::Stack::default();
/// let network = NalNetwork::new(&stack, &stack, &EVENTS).with_tcp_fault(|error| error.into());
/// ```
pub struct NalNetwork<'n, T: TcpConnect, D: Dns, L> {
    tcp: &'n T,
    dns: &'n D,
    link: L,
    waker: Option<Waker>,
    wish: Option<Wish>,
    dialled: Option<Result<T::Connection<'n>, T::Error>>,
    found: Option<Result<IpAddr, D::Error>>,
    /// Something was written since the last flush.
    unflushed: bool,
    has_tls: bool,
    tcp_fault: fn(&T::Error) -> StackFault,
    dns_fault: fn(&D::Error) -> StackFault,
}

impl<'n, T: TcpConnect, D: Dns, L: Link> NalNetwork<'n, T, D, L> {
    /// Attaches a stack to its link. What its errors stand for is told by their kind.
    pub fn new(tcp: &'n T, dns: &'n D, link: L) -> Self {
        Self {
            tcp,
            dns,
            link,
            waker: None,
            wish: None,
            dialled: None,
            found: None,
            unflushed: false,
            has_tls: false,
            tcp_fault: |error| fault_of(error.kind()),
            dns_fault: |_| StackFault::Unknown,
        }
    }

    /// Says what the stack's errors stand for, where it knows more than their kind.
    #[must_use]
    pub fn with_tcp_fault(mut self, fault: fn(&T::Error) -> StackFault) -> Self {
        self.tcp_fault = fault;
        self
    }

    /// Says what the resolver's errors stand for.
    #[must_use]
    pub fn with_dns_fault(mut self, fault: fn(&D::Error) -> StackFault) -> Self {
        self.dns_fault = fault;
        self
    }

    /// The stack's connections are TLS ones already: `https` URLs are allowed.
    ///
    /// Whom the session was checked to lead to is the stack's business.
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.has_tls = true;
        self
    }

    /// The link.
    pub fn link(&mut self) -> &mut L {
        &mut self.link
    }
}

/// What an error's kind stands for.
fn fault_of(kind: ErrorKind) -> StackFault {
    match kind {
        ErrorKind::ConnectionRefused => StackFault::Refused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => StackFault::Reset,
        ErrorKind::NotConnected | ErrorKind::BrokenPipe => StackFault::Closed,
        ErrorKind::TimedOut => StackFault::TimedOut,
        ErrorKind::AddrNotAvailable => StackFault::NotDialled,
        ErrorKind::OutOfMemory => StackFault::OutOfMemory,
        _ => StackFault::Unknown,
    }
}

/// Asks a future once.
fn ask<O, E>(
    waker: Option<&Waker>,
    future: impl Future<Output = Result<O, E>>,
) -> nb::Result<O, StackError<E>> {
    let mut context = Context::from_waker(waker.unwrap_or(Waker::noop()));
    match pin!(future).poll(&mut context) {
        Poll::Ready(Ok(value)) => Ok(value),
        Poll::Ready(Err(error)) => Err(nb::Error::Other(StackError(error))),
        Poll::Pending => Err(nb::Error::WouldBlock),
    }
}

impl<'n, T: TcpConnect, D: Dns, L> TcpClientStack for NalNetwork<'n, T, D, L> {
    type TcpSocket = Socket<T::Connection<'n>>;
    type Error = StackError<T::Error>;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
        Ok(Socket::New)
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        match self.dialled.take() {
            Some(Ok(connection)) => {
                *socket = Socket::Open(connection);
                self.unflushed = false;
                Ok(())
            }
            Some(Err(error)) => Err(nb::Error::Other(StackError(error))),
            None => {
                self.wish = Some(Wish::Connect(remote));
                Err(nb::Error::WouldBlock)
            }
        }
    }

    fn send(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &[u8],
    ) -> nb::Result<usize, Self::Error> {
        let Socket::Open(connection) = socket else { return Err(nb::Error::WouldBlock) };
        let count = ask(self.waker.as_ref(), connection.write(buffer))?;
        self.unflushed = true;
        Ok(count)
    }

    fn receive(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        let Socket::Open(connection) = socket else { return Err(nb::Error::WouldBlock) };
        let waker = self.waker.as_ref();
        // A stack that gathers what it sends lets it go now. That it all has left isn't waited for.
        let mut failure = None;
        if self.unflushed {
            match ask(waker, connection.flush()) {
                Ok(()) => self.unflushed = false,
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => failure = Some(error),
            }
        }
        match (ask(waker, connection.read(buffer)), failure) {
            (Err(nb::Error::WouldBlock), Some(error)) => Err(nb::Error::Other(error)),
            (received, _) => received,
        }
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        drop(socket);
        Ok(())
    }
}

impl<T: TcpConnect, D: Dns, L> embedded_nal::Dns for NalNetwork<'_, T, D, L> {
    type Error = D::Error;

    fn get_host_by_name(&mut self, _: &str, kind: AddrType) -> nb::Result<IpAddr, D::Error> {
        match self.found.take() {
            Some(outcome) => outcome.map_err(nb::Error::Other),
            None => {
                self.wish = Some(Wish::Resolve(kind));
                Err(nb::Error::WouldBlock)
            }
        }
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, D::Error> {
        Err(nb::Error::WouldBlock)
    }
}

impl<T: TcpConnect, D: Dns, L: Link> Link for NalNetwork<'_, T, D, L> {
    fn link_status(&mut self) -> LinkStatus {
        self.link.link_status()
    }

    fn has_loopback(&self) -> bool {
        self.link.has_loopback()
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        self.link.own_network()
    }
}

impl<T: TcpConnect, D: Dns, L> Diagnostics for NalNetwork<'_, T, D, L> {
    fn tcp_fault(&self, error: &StackError<T::Error>) -> StackFault {
        (self.tcp_fault)(&error.0)
    }

    fn dns_fault(&self, error: &D::Error) -> StackFault {
        (self.dns_fault)(error)
    }
}

impl<T: TcpConnect, D: Dns, L: Link> Network for NalNetwork<'_, T, D, L> {
    /// As embedded-io-async has it: `Ok(0)` is the end, and an error is one.
    fn quirks(&self) -> StackQuirks {
        StackQuirks::STD.with_connect(Connect::Polls)
    }

    fn has_tls(&self) -> bool {
        self.has_tls
    }

    fn secure(&mut self, _: &mut Self::TcpSocket, _: &str) -> Result<(), NoTls> {
        if self.has_tls { Ok(()) } else { Err(NoTls) }
    }
}

impl<T: TcpConnect, D: Dns, L: Link> AsyncNetwork for NalNetwork<'_, T, D, L> {
    fn begin_turn(&mut self, waker: &Waker) {
        self.wish = None;
        match &mut self.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    fn take_wish(&mut self) -> Option<Wish> {
        (self.dialled, self.found) = (None, None);
        self.wish.take()
    }

    async fn fulfil_connect(&mut self, remote: SocketAddr) {
        self.dialled = Some(self.tcp.connect(remote).await);
    }

    async fn fulfil_resolve(&mut self, name: &str, kind: AddrType) {
        self.found = Some(self.dns.get_host_by_name(name, kind).await);
    }
}

impl<T: TcpConnect, D: Dns, L: fmt::Debug> fmt::Debug for NalNetwork<'_, T, D, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NalNetwork").field("link", &self.link).finish_non_exhaustive()
    }
}

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
