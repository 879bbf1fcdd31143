//! A scripted stack that does otherwise than its script says.

use conformance::common::script::{Connection, ScriptError, ScriptSocket, ScriptStack};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use std::net::{IpAddr, SocketAddr};

/// What a stack does otherwise than its script says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conduct {
    /// `send` says `Ok(0)` instead of `WouldBlock` (smoltcp-nal).
    pub full_is_zero: bool,
    /// `receive` says `Ok(0)` instead of `WouldBlock` (smoltcp-nal, w5500).
    pub nothing_is_zero: bool,
    /// `receive` never reports the end, `send` does (esp-at-nal).
    pub end_only_by_send: bool,
    /// A refused `connect` pends for ever (smoltcp-nal).
    pub dials_again: bool,
    /// A refused `connect` is `Ok` (w5500).
    pub reports_success: bool,
    /// `send` claims to have taken more than it was given.
    pub sent_too_much: bool,
    /// `receive` claims to have filled more than there is room for.
    pub received_too_much: bool,
    /// `close` fails.
    pub close_fails: bool,
    /// The call of this number fails, whichever it is.
    pub fails_at: Option<(usize, ScriptError)>,
}

pub struct Hostile {
    pub script: ScriptStack,
    pub conduct: Conduct,
    calls: usize,
    /// What the call that was made to fail was.
    pub failed_in: Option<&'static str>,
    /// The connection is one in name only.
    refused: bool,
}

impl Hostile {
    pub fn new(connection: Connection, conduct: Conduct) -> Self {
        Self {
            script: ScriptStack::new([connection]),
            conduct,
            calls: 0,
            failed_in: None,
            refused: false,
        }
    }

    fn call(&mut self, name: &'static str) -> Result<(), ScriptError> {
        let at = self.calls;
        self.calls += 1;
        match self.conduct.fails_at {
            Some((number, error)) if number == at => {
                self.failed_in = Some(name);
                Err(error)
            }
            _ => Ok(()),
        }
    }
}

impl TcpClientStack for Hostile {
    type TcpSocket = ScriptSocket;
    type Error = ScriptError;

    fn socket(&mut self) -> Result<ScriptSocket, ScriptError> {
        self.call("socket")?;
        self.refused = false;
        self.script.socket()
    }

    fn connect(
        &mut self,
        socket: &mut ScriptSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), ScriptError> {
        self.call("connect")?;
        match self.script.connect(socket, remote) {
            Err(nb::Error::Other(ScriptError::Refused)) if self.conduct.dials_again => {
                Err(nb::Error::WouldBlock)
            }
            Err(nb::Error::Other(ScriptError::Refused)) if self.conduct.reports_success => {
                self.refused = true;
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn send(&mut self, socket: &mut ScriptSocket, buffer: &[u8]) -> nb::Result<usize, ScriptError> {
        self.call("send")?;
        if self.refused {
            return Err(nb::Error::Other(ScriptError::PipeClosed));
        }
        match self.script.send(socket, buffer) {
            Err(nb::Error::WouldBlock) if self.conduct.full_is_zero => Ok(0),
            Ok(count) if self.conduct.sent_too_much => Ok(count + 1_000_000),
            outcome => outcome,
        }
    }

    fn receive(
        &mut self,
        socket: &mut ScriptSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, ScriptError> {
        self.call("receive")?;
        match self.script.receive(socket, buffer) {
            Err(nb::Error::WouldBlock) if self.conduct.nothing_is_zero => Ok(0),
            Err(nb::Error::Other(ScriptError::PipeClosed)) if self.conduct.end_only_by_send => {
                Err(nb::Error::WouldBlock)
            }
            Ok(count) if self.conduct.received_too_much => Ok(count + 1_000_000),
            outcome => outcome,
        }
    }

    fn close(&mut self, socket: ScriptSocket) -> Result<(), ScriptError> {
        self.script.close(socket)?;
        if self.conduct.close_fails {
            return Err(ScriptError::Broken);
        }
        Ok(())
    }
}

impl Dns for Hostile {
    type Error = ScriptError;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, ScriptError> {
        assert_eq!(kind, AddrType::IPv4, "wincwifi panics when asked for more");
        self.script.get_host_by_name(name, kind)
    }

    fn get_host_by_address(
        &mut self,
        at: IpAddr,
        out: &mut [u8],
    ) -> nb::Result<usize, ScriptError> {
        self.script.get_host_by_address(at, out)
    }
}
