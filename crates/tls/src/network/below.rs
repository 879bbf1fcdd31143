//! What the network below has, by its quirks.

use super::StackError;
use embedded_nal::{TcpError, TcpErrorKind};
use nal_link::{Network, PipeClosed, StackQuirks, ZeroRead};

/// What the network below has.
pub(super) enum Incoming<E> {
    Bytes(usize),
    Nothing,
    End,
    Closed(E),
    Failed(E),
}

/// Receives by what the stack has declared.
pub(super) fn receive<N: Network>(
    network: &mut N,
    socket: &mut N::TcpSocket,
    buffer: &mut [u8],
) -> Incoming<StackError<N>> {
    let quirks = network.quirks();
    let mut asked_by_send = None;
    loop {
        match network.receive(socket, buffer) {
            Ok(0) if quirks.zero_read() == ZeroRead::EndOfStream => return Incoming::End,
            Ok(0) | Err(nb::Error::WouldBlock) => {}
            Ok(count) => return Incoming::Bytes(count.min(buffer.len())),
            Err(nb::Error::Other(error)) => return ended(quirks, error),
        }
        if let Some(error) = asked_by_send {
            return ended(quirks, error);
        }
        if !quirks.empty_send_tells_end() {
            return Incoming::Nothing;
        }
        match network.send(socket, &[]) {
            // What arrived together with that news is still to be read.
            Err(nb::Error::Other(error)) if error.kind() == TcpErrorKind::PipeClosed => {
                asked_by_send = Some(error);
            }
            _ => return Incoming::Nothing,
        }
    }
}

fn ended<E: TcpError>(quirks: StackQuirks, error: E) -> Incoming<E> {
    match (error.kind(), quirks.pipe_closed()) {
        (TcpErrorKind::PipeClosed, PipeClosed::EndOfStream) => Incoming::End,
        (TcpErrorKind::PipeClosed, _) => Incoming::Closed(error),
        _ => Incoming::Failed(error),
    }
}
