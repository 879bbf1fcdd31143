//! The calls for the station: to join and to leave, settings, a scan, and single tasks.

use super::EspAt;
use crate::error::{EspAtError, JoinError};
use crate::serial::Serial;
use crate::station::{AccessPoint, Join, Setting};
use crate::words::Job;
use core::net::Ipv4Addr;
use nal_link::{Clock, IpConfig, LoopContext};

impl<S: Serial, C: Clock, const RX_BUF: usize> EspAt<S, C, RX_BUF> {
    /// Joins an access point (`AT+CWJAP`), and waits until there is an address, for 30 s at most. Waiting
    /// calls the clock's [idle hook](Clock::idle).
    ///
    /// After a reset of the modem it is joined again without being asked; [`leave`](Self::leave) ends
    /// that.
    ///
    /// # Errors
    ///
    /// Says why not, in the firmware's own terms: [`WrongPassword`](JoinError::WrongPassword),
    /// [`NoAccessPoint`](JoinError::NoAccessPoint), [`TimedOut`](JoinError::TimedOut),
    /// [`NoAddress`](JoinError::NoAddress) or [`Failed`](JoinError::Failed);
    /// [`Credentials`](JoinError::Credentials) where none can have that length, and
    /// [`Modem`](JoinError::Modem) where the modem itself failed.
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), JoinError> {
    /// let config = modem.join(&mut cx, "network", "password")?;
    /// println!("{}", config.address);
    /// # Ok(()) }
    /// ```
    pub fn join(
        &mut self,
        cx: &mut LoopContext,
        ssid: impl AsRef<[u8]>,
        password: impl AsRef<[u8]>,
    ) -> Result<IpConfig, JoinError> {
        self.join_with(cx, Join::new(&ssid, &password))
    }

    /// As [`join`](Self::join), with more to say about what is joined.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), JoinError> {
    /// let join = Join::new("network", "password").bssid([0x5c, 0xcf, 0x7f, 0, 1, 0xab]);
    /// modem.join_with(&mut cx, join)?;
    /// # Ok(()) }
    /// ```
    pub fn join_with(
        &mut self,
        cx: &mut LoopContext,
        join: Join<'_>,
    ) -> Result<IpConfig, JoinError> {
        self.start_join(join)?;
        self.wait(cx, Self::poll_join)
    }

    /// The non-blocking twin of [`join_with`](Self::join_with): [`poll_join`](Self::poll_join) goes
    /// on with it. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`JoinError::Credentials`] where name or password are longer than any can be, or the name is
    /// empty.
    ///
    /// ```
    /// # use {esp_at::*, nal_link::*};
    /// # static RX: SerialRx<64> = SerialRx::new();
    /// # let mut tx = [0; 64];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// assert_eq!(modem.start_join(Join::new("network", "password")), Ok(()));
    /// assert_eq!(modem.start_join(Join::new("", "password")), Err(JoinError::Credentials));
    /// ```
    pub fn start_join(&mut self, join: Join<'_>) -> Result<(), JoinError> {
        let now = self.clock.now_ms();
        self.modem.station.joining.start(join, now)
    }

    /// Goes on with a join.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until it has succeeded or failed, 30 s after its start at the latest; then those of
    /// [`join`](Self::join).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), nb::Error<JoinError>> {
    /// modem.start_join(Join::new("network", "password"))?;
    /// loop {
    ///     match modem.poll_join(&mut cx) {
    ///         Ok(_) => break,
    ///         Err(nb::Error::WouldBlock) => {} // blink, sample, feed the watchdog
    ///         failed => return failed.map(drop),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_join(&mut self, _cx: &mut LoopContext) -> nb::Result<IpConfig, JoinError> {
        self.pump_for_caller();
        let now = self.clock.now_ms();
        let trouble = self.modem.trouble();
        let refuses = self.modem.refuses();
        match self.modem.station.poll_join(trouble, refuses, now) {
            Some(result) => result.map_err(nb::Error::Other),
            None => Err(nb::Error::WouldBlock),
        }
    }

    /// Changes a setting, and waits until the modem has taken it. It is kept and set again after each
    /// reset of the modem; nothing is written to the modem's flash, but by ESP-AT 2.0, which saves what it is
    /// told: there it isn't told again.
    ///
    /// # Errors
    ///
    /// [`Rejected`](EspAtError::Rejected) where this firmware can't,
    /// [`TooLong`](EspAtError::TooLong) for more than two DNS servers or a name of more than 32 bytes;
    /// else as [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use core::net::Ipv4Addr;
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.set(&mut cx, Setting::Hostname("gate"))?;
    /// modem.set(&mut cx, Setting::DnsServers(&[Ipv4Addr::new(192, 168, 1, 1)]))?;
    /// # Ok(()) }
    /// ```
    pub fn set(&mut self, cx: &mut LoopContext, setting: Setting<'_>) -> Result<(), EspAtError> {
        self.start_set(setting)?;
        self.wait(cx, Self::poll_set)
    }

    /// The non-blocking twin of [`set`](Self::set): [`poll_set`](Self::poll_set) tells when it is
    /// done.
    ///
    /// # Errors
    ///
    /// [`TooLong`](EspAtError::TooLong) for more than two DNS servers or a name of more than 32 bytes.
    ///
    /// ```
    /// # use {esp_at::*, nal_link::*};
    /// # static RX: SerialRx<64> = SerialRx::new();
    /// # let mut tx = [0; 64];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// assert_eq!(modem.start_set(Setting::Hostname("gate")), Ok(()));
    /// let long = "g".repeat(33);
    /// assert_eq!(modem.start_set(Setting::Hostname(&long)), Err(EspAtError::TooLong));
    /// ```
    pub fn start_set(&mut self, setting: Setting<'_>) -> Result<(), EspAtError> {
        self.modem.station.settings.start(setting)
    }

    /// Goes on with the last setting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until the modem has taken or refused it; then those of [`set`](Self::set).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.start_set(Setting::Sleep(Sleep::Off))?;
    /// while let Err(nb::Error::WouldBlock) = modem.poll_set(&mut cx) {
    ///     // feed the watchdog
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_set(&mut self, _cx: &mut LoopContext) -> nb::Result<(), EspAtError> {
        self.pump_for_caller();
        match self.modem.station.settings.poll() {
            Some(result) => result.map_err(nb::Error::Other),
            None => self.not_yet(),
        }
    }

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
        let now = self.clock.now_ms();
        self.modem.station.jobs.start_scan(now);
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
        self.pump_for_caller();
        let now = self.clock.now_ms();
        if let Some(found) = self.modem.station.jobs.take_found(now) {
            return Ok(Some(found));
        }
        self.job_result(|job| job == Job::Scan)?;
        Ok(None)
    }

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
    /// # use {esp_at::*, nal_link::*};
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
    pub fn start_rssi(&mut self) {
        self.modem.station.jobs.start(Job::Rssi);
    }

    /// Goes on with [`start_rssi`](Self::start_rssi).
    ///
    /// # Errors
    ///
    /// `WouldBlock` until it is known; then those of [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), nb::Error<EspAtError>> {
    /// // Once a turn of the main loop:
    /// match modem.poll_rssi(&mut cx) {
    ///     Err(nb::Error::WouldBlock) => {} // go on with the rest of the loop
    ///     rssi => println!("{:?}", rssi?),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_rssi(&mut self, _cx: &mut LoopContext) -> nb::Result<Option<i8>, EspAtError> {
        self.poll_job(|job| job == Job::Rssi)?;
        Ok(self.modem.station.jobs.rssi)
    }

    /// Pings a host: how many milliseconds its answer took; `None` where none came in the firmware's
    /// own time (`AT+PING`). A host that answers no pings may well take connections.
    ///
    /// # Errors
    ///
    /// As [`rssi`](Self::rssi), but never `Rejected`: that is how the firmware says `None`.
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
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
    pub fn start_ping(&mut self, host: Ipv4Addr) {
        self.modem.station.jobs.start(Job::Ping(host));
    }

    /// Goes on with [`start_ping`](Self::start_ping).
    ///
    /// # Errors
    ///
    /// `WouldBlock` until it is known; then those of [`ping`](Self::ping).
    pub fn poll_ping(&mut self, _cx: &mut LoopContext) -> nb::Result<Option<u32>, EspAtError> {
        self.poll_job(|job| matches!(job, Job::Ping(_)))?;
        Ok(self.modem.station.jobs.ping_ms)
    }

    /// Leaves the access point, and joins it no more (`AT+CWQAP`).
    ///
    /// # Errors
    ///
    /// As [`rssi`](Self::rssi).
    pub fn leave(&mut self, cx: &mut LoopContext) -> Result<(), EspAtError> {
        self.start_leave();
        self.wait(cx, Self::poll_leave)
    }

    /// The non-blocking twin of [`leave`](Self::leave).
    pub fn start_leave(&mut self) {
        self.modem.station.jobs.start(Job::Leave);
    }

    /// Goes on with [`start_leave`](Self::start_leave).
    ///
    /// # Errors
    ///
    /// `WouldBlock` until it has left; then those of [`rssi`](Self::rssi).
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
    /// # use {esp_at::*, nal_link::*};
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
    pub fn start_restart(&mut self) {
        self.modem.station.jobs.start(Job::Restart);
    }

    /// Goes on with [`start_restart`](Self::start_restart).
    ///
    /// # Errors
    ///
    /// `WouldBlock` until the modem is ready again; then those of [`restart`](Self::restart).
    pub fn poll_restart(&mut self, _cx: &mut LoopContext) -> nb::Result<(), EspAtError> {
        self.poll_job(|job| job == Job::Restart)?;
        if self.modem.is_ready() { Ok(()) } else { self.not_yet() }
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
    /// # use {esp_at::*, nal_link::*};
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
        self.wait(cx, |modem, _| modem.poll_job(is_baud_rate))?;
        self.change_port(|port| change(port, rate));
        Ok(())
    }

    /// The non-blocking twin of [`set_baud_rate`](Self::set_baud_rate).
    pub fn start_baud_rate(&mut self, rate: u32) {
        self.modem.station.jobs.start(Job::BaudRate(rate));
    }

    /// Goes on with [`start_baud_rate`](Self::start_baud_rate); calls `change` once the modem has
    /// answered.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until then; or those of [`set_baud_rate`](Self::set_baud_rate).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # trait Uart { fn set_rate(&mut self, rate: u32); }
    /// # fn f<S: Serial + Uart, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), nb::Error<EspAtError>> {
    /// match modem.poll_baud_rate(&mut cx, |port| port.set_rate(921_600)) {
    ///     Err(nb::Error::WouldBlock) => {} // go on with the rest of the loop
    ///     done => done?,
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_baud_rate(
        &mut self,
        _cx: &mut LoopContext,
        change: impl FnOnce(&mut S),
    ) -> nb::Result<(), EspAtError> {
        self.poll_job(is_baud_rate)?;
        self.change_port(change);
        Ok(())
    }

    /// Bytes between the modem's change and this end's are garbled.
    fn change_port(&mut self, change: impl FnOnce(&mut S)) {
        change(&mut self.serial);
        self.modem.desync(self.clock.now_ms());
    }

    /// Asks for it where it isn't under way, and goes on with it.
    pub(super) fn ask(&mut self, job: Job) -> nb::Result<(), EspAtError> {
        let now = self.clock.now_ms();
        self.modem.station.jobs.ask(job, now);
        self.poll_job(|it| it == job)
    }

    fn poll_job(&mut self, is_it: impl FnOnce(Job) -> bool) -> nb::Result<(), EspAtError> {
        self.pump_for_caller();
        self.job_result(is_it)
    }

    /// The end of a job that is one of these.
    pub(super) fn job_result(
        &mut self,
        is_it: impl FnOnce(Job) -> bool,
    ) -> nb::Result<(), EspAtError> {
        if let Some(result) = self.modem.station.jobs.poll(is_it) {
            return result.map_err(nb::Error::Other);
        }
        if self.modem.trouble().is_some() {
            self.modem.station.jobs.forget();
        }
        self.not_yet()
    }
}

fn is_baud_rate(job: Job) -> bool {
    matches!(job, Job::BaudRate(_))
}
