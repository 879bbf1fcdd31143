//! Names, as `embedded-nal` asks for them.

use super::EspAt;
use crate::error::EspAtError;
use crate::serial::Serial;
use crate::words::Task;
use core::net::IpAddr;
use embedded_nal::{AddrType, Dns};
use nal_link::Clock;

impl<S: Serial, C: Clock, const RX_BUF: usize> Dns for EspAt<S, C, RX_BUF> {
    type Error = EspAtError;

    fn get_host_by_name(
        &mut self,
        hostname: &str,
        addr_type: AddrType,
    ) -> nb::Result<IpAddr, EspAtError> {
        if matches!(addr_type, AddrType::IPv6) {
            return Err(nb::Error::Other(EspAtError::NotIpv4));
        }
        self.pump();
        let is_new = !self.modem.resolver.is_of(hostname);
        let result = self.modem.resolver.want(hostname);
        if is_new {
            self.modem.forget_answer();
        }
        if let Some(result) = result {
            return result.map(IpAddr::V4).map_err(nb::Error::Other);
        }
        if self.modem.resolver.is_asking() {
            return Err(nb::Error::WouldBlock);
        }
        if self.modem.trouble().is_none() {
            self.make_way();
            if self.can_begin() {
                let asked = self.modem.resolver.ask(hostname);
                asked.map_err(nb::Error::Other)?;
                if let Err(error) = self.transmit(Task::Resolve, hostname) {
                    self.modem.resolver.reset();
                    return Err(nb::Error::Other(error));
                }
            }
        }
        self.not_yet()
    }

    /// The firmware has no such thing.
    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, EspAtError> {
        Err(nb::Error::Other(EspAtError::Rejected))
    }
}
