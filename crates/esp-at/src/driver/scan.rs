//! The calls that look for access points.

use super::EspAt;
use crate::error::EspAtError;
use crate::serial::Serial;
use crate::station::AccessPoint;
use crate::words::Job;
use nal_link::{Clock, LoopContext};

impl<S: Serial, C: Clock, const RX_BUF: usize> EspAt<S, C, RX_BUF> {
    /// Lists the access points in range: calls `found` with each (`AT+CWLAP`). The firmware is busy for
    /// a few seconds with it. A line that came garbled is left out.
    ///
    /// # Errors
    ///
    /// As [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.scan(&mut cx, |found| println!("{found:?}"))?;
    /// # Ok(()) }
    /// ```
    pub fn scan(
        &mut self,
        cx: &mut LoopContext,
        mut found: impl FnMut(&AccessPoint),
    ) -> Result<(), EspAtError> {
        self.start_scan();
        while let Some(access_point) = self.wait(cx, Self::poll_scan)? {
            found(&access_point);
        }
        Ok(())
    }

    /// The non-blocking twin of [`scan`](Self::scan).
    pub fn start_scan(&mut self) {
        self.modem.station.jobs.start_scan();
    }

    /// The next access point of a scan; `None` behind the last. The driver keeps one, and until it is
    /// taken the modem's other answers wait on the line: for 10 s, then the scan is forgotten.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until there is one; then those of [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), nb::Error<EspAtError>> {
    /// modem.start_scan();
    /// // Once a turn of the main loop, until it says None:
    /// match modem.poll_scan(&mut cx) {
    ///     Err(nb::Error::WouldBlock) => {} // go on with the rest of the loop
    ///     found => println!("{:?}", found?),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_scan(
        &mut self,
        _cx: &mut LoopContext,
    ) -> nb::Result<Option<AccessPoint>, EspAtError> {
        // One at a time: what follows stays on the line.
        self.pump();
        let now = self.clock.now_ms();
        if let Some(found) = self.modem.station.jobs.take_found(now) {
            return Ok(Some(found));
        }
        self.job_result(|job| job == Job::Scan)?;
        Ok(None)
    }
}
