//! The calls for single tasks: signal strength, scan, ping, restart, another baud rate, leaving.

use super::jobs::{AccessPoint, Job, State};
use crate::EspAt;
use crate::error::EspAtError;
use crate::serial::Serial;
use core::net::Ipv4Addr;
use embedded_nal::nb;
use nal_link::Clock;
use nal_link::LoopContext;

impl<S: Serial, C: Clock, const ROOM: usize> EspAt<S, C, ROOM> {
    /// Asks for the signal strength of the access point, in dBm; `None` where there is none
    /// (`AT+CWJAP?`). The link's status has it from then on.
    ///
    /// # Errors
    ///
    /// [`Rejected`](EspAtError::Rejected) where the modem says `ERROR`; else what happened to the modem
    /// or the line: [`NoAnswer`](EspAtError::NoAnswer), [`AnswerMissed`](EspAtError::AnswerMissed),
    /// [`Wedged`](EspAtError::Wedged), [`Serial`](EspAtError::Serial).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// match modem.rssi(&mut cx)? {
    ///     Some(dbm) => println!("{dbm} dBm"),
    ///     None => println!("on no access point"),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn rssi(&mut self, cx: &mut LoopContext) -> Result<Option<i8>, EspAtError> {
        self.start_rssi();
        self.wait(cx, Self::poll_rssi)
    }

    /// The non-blocking twin of [`rssi`](Self::rssi). Of `rssi`, `scan`, `ping`, `restart`, `leave` and
    /// `set_baud_rate` one runs at a time: start the next when this one is over.
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.start_rssi(); // then poll_rssi, once a turn of the main loop
    /// # Ok(()) }
    /// ```
    pub fn start_rssi(&mut self) {
        self.modem.station.jobs.want(Job::Rssi);
    }

    /// Goes on with [`start_rssi`](Self::start_rssi).
    ///
    /// # Errors
    ///
    /// `WouldBlock` until it is known; then those of [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), nb::Error<EspAtError>> {
    /// match modem.poll_rssi(&mut cx) {
    ///     Err(nb::Error::WouldBlock) => {} // the rest of the main loop
    ///     rssi => println!("{:?}", rssi?),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_rssi(&mut self, _cx: &mut LoopContext) -> nb::Result<Option<i8>, EspAtError> {
        self.poll_job(|job| job == Job::Rssi)?;
        Ok(self.modem.station.jobs.rssi)
    }

    /// Lists the access points in range: calls `found` with each (`AT+CWLAP`). The firmware is busy for
    /// a few seconds with it. A line that came garbled is left out.
    ///
    /// # Errors
    ///
    /// As [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
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
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.start_scan(); // then poll_scan, until it says None
    /// # Ok(()) }
    /// ```
    pub fn start_scan(&mut self) {
        self.modem.station.jobs.want(Job::Scan);
        self.modem.station.jobs.read = AccessPoint::parse;
    }

    /// The next access point of a scan; `None` behind the last. The driver keeps one: other calls of
    /// the modem between two polls may lose some.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until there is one; then those of [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), nb::Error<EspAtError>> {
    /// match modem.poll_scan(&mut cx) {
    ///     Err(nb::Error::WouldBlock) => {} // the rest of the main loop
    ///     found => println!("{:?}", found?),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_scan(
        &mut self,
        _cx: &mut LoopContext,
    ) -> nb::Result<Option<AccessPoint>, EspAtError> {
        // One at a time: what follows stays on the line.
        self.pump_while(|modem| modem.station.jobs.found.is_none());
        if let Some(found) = self.modem.station.jobs.found.take() {
            return Ok(Some(found));
        }
        self.poll_job(|job| job == Job::Scan)?;
        Ok(None)
    }

    /// Pings a host: how many milliseconds its answer took; `None` where none came in the firmware's
    /// own time (`AT+PING`). A host that answers no pings may well take connections.
    ///
    /// # Errors
    ///
    /// As [`rssi`](Self::rssi), but never `Rejected`: that is how the firmware says `None`.
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// if modem.ping(&mut cx, [192, 168, 1, 1].into())?.is_none() {
    ///     println!("the gateway doesn't answer");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn ping(
        &mut self,
        cx: &mut LoopContext,
        host: Ipv4Addr,
    ) -> Result<Option<u32>, EspAtError> {
        self.start_ping(host);
        self.wait(cx, Self::poll_ping)
    }

    /// The non-blocking twin of [`ping`](Self::ping).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.start_ping([192, 168, 1, 1].into()); // then poll_ping
    /// # Ok(()) }
    /// ```
    pub fn start_ping(&mut self, host: Ipv4Addr) {
        self.modem.station.jobs.want(Job::Ping(host));
    }

    /// Goes on with [`start_ping`](Self::start_ping).
    ///
    /// # Errors
    ///
    /// `WouldBlock` until it is known; then those of [`ping`](Self::ping).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), nb::Error<EspAtError>> {
    /// match modem.poll_ping(&mut cx) {
    ///     Err(nb::Error::WouldBlock) => {} // the rest of the main loop
    ///     ms => println!("{:?}", ms?),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_ping(&mut self, _cx: &mut LoopContext) -> nb::Result<Option<u32>, EspAtError> {
        self.poll_job(|job| matches!(job, Job::Ping(_)))?;
        Ok(self.modem.station.jobs.ping_ms)
    }

    /// Leaves the access point, and joins it no more (`AT+CWQAP`).
    ///
    /// # Errors
    ///
    /// As [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.leave(&mut cx)?; // and on none, until the next join
    /// # Ok(()) }
    /// ```
    pub fn leave(&mut self, cx: &mut LoopContext) -> Result<(), EspAtError> {
        self.start_leave();
        self.wait(cx, Self::poll_leave)
    }

    /// The non-blocking twin of [`leave`](Self::leave).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) {
    /// modem.start_leave(); // then poll_leave, once a turn of the main loop
    /// # }
    /// ```
    pub fn start_leave(&mut self) {
        self.modem.station.jobs.want(Job::Leave);
    }

    /// Goes on with [`start_leave`](Self::start_leave).
    ///
    /// # Errors
    ///
    /// `WouldBlock` until it has left; then those of [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) {
    /// if modem.poll_leave(&mut cx) == Err(nb::Error::WouldBlock) { /* the rest of the main loop */ }
    /// # }
    /// ```
    pub fn poll_leave(&mut self, _cx: &mut LoopContext) -> nb::Result<(), EspAtError> {
        self.poll_job(|job| job == Job::Leave)
    }

    /// Restarts the modem, and waits until it is ready. Sockets are lost; the access point is joined
    /// again (`AT+RST`). [`resets`](Self::resets) counts it.
    ///
    /// # Errors
    ///
    /// As [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// if modem.restart(&mut cx).is_err() {
    ///     println!("{:?}", modem.last_answer().escape_ascii());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn restart(&mut self, cx: &mut LoopContext) -> Result<(), EspAtError> {
        self.start_restart();
        self.wait(cx, Self::poll_restart)
    }

    /// The non-blocking twin of [`restart`](Self::restart).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.start_restart(); // then poll_restart
    /// # Ok(()) }
    /// ```
    pub fn start_restart(&mut self) {
        self.modem.station.jobs.want(Job::Restart);
    }

    /// Goes on with [`start_restart`](Self::start_restart).
    ///
    /// # Errors
    ///
    /// `WouldBlock` until the modem is ready again; then those of [`restart`](Self::restart).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.start_restart();
    /// while let Err(nb::Error::WouldBlock) = modem.poll_restart(&mut cx) {
    ///     // feed the watchdog
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_restart(&mut self, _cx: &mut LoopContext) -> nb::Result<(), EspAtError> {
        self.poll_job(|job| job == Job::Restart)?;
        if self.modem.is_ready() { Ok(()) } else { Err(nb::Error::WouldBlock) }
    }

    /// Changes the baud rate of both ends until the next reset: the modem's, and then this end's by
    /// `change`, which is given the rate. 8 data bits, no parity, 1 stop bit, no flow control
    /// (`AT+UART_CUR`). NonOS takes 110 to 4,608,000 baud, ESP-AT 80 to 5,000,000; what the wires carry
    /// may be less. A reset brings the modem back to its old rate: to this end it falls
    /// [silent](Self::is_silent) then, until the port is set back by [`serial_mut`](Self::serial_mut).
    ///
    /// # Errors
    ///
    /// [`Rejected`](EspAtError::Rejected) where the modem doesn't know the rate; else as
    /// [`rssi`](Self::rssi). `change` isn't called then.
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # trait Uart { fn set_rate(&mut self, rate: u32); }
    /// # fn f<S: Serial + Uart, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.set_baud_rate(&mut cx, 921_600, |port, rate| port.set_rate(rate))?;
    /// # Ok(()) }
    /// ```
    pub fn set_baud_rate(
        &mut self,
        cx: &mut LoopContext,
        rate: u32,
        change: impl FnOnce(&mut S, u32),
    ) -> Result<(), EspAtError> {
        self.start_baud_rate(rate);
        self.wait(cx, |modem, _| modem.poll_job(|job| matches!(job, Job::Baud(_))))?;
        change(&mut self.serial, rate);
        self.modem.lose_step(self.clock.now_ms());
        Ok(())
    }

    /// The non-blocking twin of [`set_baud_rate`](Self::set_baud_rate).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.start_baud_rate(921_600); // then poll_baud_rate
    /// # Ok(()) }
    /// ```
    pub fn start_baud_rate(&mut self, rate: u32) {
        self.modem.station.jobs.want(Job::Baud(rate));
    }

    /// Goes on with [`start_baud_rate`](Self::start_baud_rate); calls `change` once the modem has
    /// answered.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until then; or those of [`set_baud_rate`](Self::set_baud_rate).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # trait Uart { fn set_rate(&mut self, rate: u32); }
    /// # fn f<S: Serial + Uart, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), nb::Error<EspAtError>> {
    /// match modem.poll_baud_rate(&mut cx, |port| port.set_rate(921_600)) {
    ///     Err(nb::Error::WouldBlock) => {} // the rest of the main loop
    ///     done => done?,
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_baud_rate(
        &mut self,
        _cx: &mut LoopContext,
        change: impl FnOnce(&mut S),
    ) -> nb::Result<(), EspAtError> {
        self.poll_job(|job| matches!(job, Job::Baud(_)))?;
        change(&mut self.serial);
        self.modem.lose_step(self.clock.now_ms());
        Ok(())
    }

    /// Asks for it where it isn't under way, and goes on with it.
    pub(crate) fn poll_asked(&mut self, job: Job) -> nb::Result<(), EspAtError> {
        let now = self.clock.now_ms();
        self.modem.station.jobs.ask(job, now);
        self.poll_job(|it| it == job)
    }

    fn poll_job(&mut self, is_it: impl FnOnce(Job) -> bool) -> nb::Result<(), EspAtError> {
        self.pump();
        let jobs = &mut self.modem.station.jobs;
        match jobs.state {
            State::Done(job, result) if is_it(job) => {
                jobs.state = State::Idle;
                result.map_err(nb::Error::Other)
            }
            State::Wanted(_) | State::Running(_) => {
                if let Err(error) = self.check_silence() {
                    self.modem.station.jobs.state = State::Idle;
                    return Err(error);
                }
                Err(nb::Error::WouldBlock)
            }
            // Nothing was asked for, or something else instead.
            State::Idle | State::Done(..) => Ok(()),
        }
    }

    fn wait<T>(
        &mut self,
        cx: &mut LoopContext,
        mut poll: impl FnMut(&mut Self, &mut LoopContext) -> nb::Result<T, EspAtError>,
    ) -> Result<T, EspAtError> {
        loop {
            match poll(self, cx) {
                Err(nb::Error::WouldBlock) => self.clock.idle(),
                Err(nb::Error::Other(error)) => return Err(error),
                Ok(value) => return Ok(value),
            }
        }
    }
}
