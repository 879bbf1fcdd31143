//! A TCP stream as each family of clients wants it. Whatever host is asked for, the server of the
//! case answers.

use std::future::Future;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_nal::{AddrType, TcpClientStack, TcpErrorKind};

/// Connects to the server of the case, on this port.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    pub port: u16,
    /// Reads that find nothing for so many milliseconds wait for ever, so that a future is left
    /// unfinished and can be dropped, as a timeout does.
    pub patience: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct Socket(Rc<TcpStream>);

impl Stack {
    pub fn open(self) -> Result<Socket, ErrorKind> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).map_err(kind)?;
        let patience = self.patience.map(|ms| Duration::from_millis(ms.into()));
        stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(patience)).map_err(kind)?;
        Ok(Socket(Rc::new(stream)))
    }
}

/// Every name is a host of the local network.
fn resolve(name: &str) -> io::Result<IpAddr> {
    match name {
        "" => Err(io::ErrorKind::NotFound.into()),
        _ => Ok(Ipv4Addr::new(192, 168, 1, 20).into()),
    }
}

fn kind(error: io::Error) -> ErrorKind {
    error.kind().into()
}

impl ErrorType for Socket {
    type Error = ErrorKind;
}

impl Read for Socket {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        match (&*self.0).read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::future::pending().await,
            outcome => outcome.map_err(kind),
        }
    }
}

impl Write for Socket {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        (&*self.0).write(bytes).map_err(kind)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl embedded_nal_async::TcpConnect for Stack {
    type Error = ErrorKind;
    type Connection<'a> = Socket;

    async fn connect(&self, _: SocketAddr) -> Result<Socket, ErrorKind> {
        self.open()
    }
}

impl embedded_nal_async::Dns for Stack {
    type Error = ErrorKind;

    async fn get_host_by_name(&self, name: &str, _: AddrType) -> Result<IpAddr, ErrorKind> {
        resolve(name).map_err(kind)
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }
}

impl edge_nal::TcpConnect for Stack {
    type Error = ErrorKind;
    type Socket<'a> = Socket;

    async fn connect(&self, _: SocketAddr) -> Result<Socket, ErrorKind> {
        self.open()
    }
}

impl edge_nal::Readable for Socket {
    async fn readable(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl edge_nal::TcpShutdown for Socket {
    async fn close(&mut self, _: edge_nal::Close) -> Result<(), ErrorKind> {
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl edge_nal::TcpSplit for Socket {
    type Read<'a> = Self;
    type Write<'a> = Self;

    fn split(&mut self) -> (Self, Self) {
        (self.clone(), self.clone())
    }
}

/// Sockets block, so one poll is all that a future needs. The error is that its patience ended.
pub fn block_on<F: Future>(future: F) -> Result<F::Output, String> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err("given up".to_owned()),
    }
}

/// The same for `embedded-nal-async`, without blocking: what would block is pending, and wakes nobody.
#[derive(Clone, Copy, Debug)]
pub struct Polled(pub Stack);

#[derive(Debug)]
pub struct PolledSocket(TcpStream);

impl ErrorType for PolledSocket {
    type Error = ErrorKind;
}

/// Calls until it doesn't block.
async fn ready<T>(mut call: impl FnMut() -> io::Result<T>) -> Result<T, ErrorKind> {
    std::future::poll_fn(|_| match call() {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        outcome => Poll::Ready(outcome.map_err(kind)),
    })
    .await
}

impl Read for PolledSocket {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        ready(|| self.0.read(buffer)).await
    }
}

impl Write for PolledSocket {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        ready(|| self.0.write(bytes)).await
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl embedded_nal_async::TcpConnect for Polled {
    type Error = ErrorKind;
    type Connection<'a> = PolledSocket;

    async fn connect(&self, _: SocketAddr) -> Result<PolledSocket, ErrorKind> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.0.port)).map_err(kind)?;
        stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true)).map_err(kind)?;
        Ok(PolledSocket(stream))
    }
}

impl embedded_nal_async::Dns for Polled {
    type Error = ErrorKind;

    async fn get_host_by_name(&self, name: &str, _: AddrType) -> Result<IpAddr, ErrorKind> {
        resolve(name).map_err(kind)
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }
}

/// Polls a future of these again and again.
pub fn block_on_polled<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        std::thread::sleep(Duration::from_micros(50));
    }
}

/// Without blocking, as `embedded-nal` has it.
#[derive(Debug)]
pub struct NalStack(pub Stack);

#[derive(Clone, Copy, Debug)]
pub struct NalError(io::ErrorKind);

impl embedded_nal::TcpError for NalError {
    fn kind(&self) -> TcpErrorKind {
        match self.0 {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => TcpErrorKind::PipeClosed,
            _ => TcpErrorKind::Other,
        }
    }
}

fn nal(error: io::Error) -> nb::Error<NalError> {
    match error.kind() {
        io::ErrorKind::WouldBlock => nb::Error::WouldBlock,
        kind => nb::Error::Other(NalError(kind)),
    }
}

impl TcpClientStack for NalStack {
    type TcpSocket = Option<TcpStream>;
    type Error = NalError;

    fn socket(&mut self) -> Result<Option<TcpStream>, NalError> {
        Ok(None)
    }

    fn connect(
        &mut self,
        socket: &mut Option<TcpStream>,
        _: SocketAddr,
    ) -> nb::Result<(), NalError> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.0.port)).map_err(nal)?;
        stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true)).map_err(nal)?;
        *socket = Some(stream);
        Ok(())
    }

    fn send(
        &mut self,
        socket: &mut Option<TcpStream>,
        bytes: &[u8],
    ) -> nb::Result<usize, NalError> {
        let stream = socket.as_mut().ok_or(NalError(io::ErrorKind::NotConnected))?;
        stream.write(bytes).map_err(nal)
    }

    fn receive(
        &mut self,
        socket: &mut Option<TcpStream>,
        buffer: &mut [u8],
    ) -> nb::Result<usize, NalError> {
        let stream = socket.as_mut().ok_or(NalError(io::ErrorKind::NotConnected))?;
        stream.read(buffer).map_err(nal)
    }

    fn close(&mut self, _: Option<TcpStream>) -> Result<(), NalError> {
        Ok(())
    }
}

impl embedded_nal::Dns for NalStack {
    type Error = NalError;

    fn get_host_by_name(&mut self, name: &str, _: AddrType) -> nb::Result<IpAddr, NalError> {
        resolve(name).map_err(nal)
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, NalError> {
        Err(nb::Error::Other(NalError(io::ErrorKind::Unsupported)))
    }
}
