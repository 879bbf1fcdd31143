//! The ESP8266 as an async client's network: its driver, over an async serial port.

use super::{AsyncNetwork, SafeHttpClient, Timer};
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use embedded_io_async::{Read, Write};
use esp_at::{AsyncSerial, EspAt, Join, JoinError};
use nal_link::{Clock, IpConfig, LoopContext};

/// The driver with an async serial port.
type Modem<P, C, const RX: usize, const TX: usize, const RX_BUF: usize> =
    EspAt<AsyncSerial<P, RX, TX>, C, RX_BUF>;

impl<P, C, T, const RX: usize, const TX: usize, const RX_BUF: usize>
    SafeHttpClient<Modem<P, C, RX, TX, RX_BUF>, T>
where
    P: Read + Write,
    C: Clock,
    T: Timer,
{
    /// Joins an access point: [`EspAt::join`], awaited. A join that is dropped goes on in the modem.
    ///
    /// # Errors
    ///
    /// Those of [`EspAt::join`].
    ///
    /// ```no_run
    /// # use {embedded_io_async::*, esp_at::*, safe_http_client::{Clock, LoopContext}};
    /// use safe_http_client::asynch::{SafeHttpClient, Timer};
    /// # async fn f<U: Read + Write>(uart: U, clock: impl Clock, timer: impl Timer) -> Result<(), JoinError> {
    /// let mut cx = LoopContext::take().expect("once, first thing in main");
    /// let modem = EspAt::new(AsyncSerial::<_>::new(uart), clock);
    /// let mut client = SafeHttpClient::new(modem, timer);
    /// client.join(&mut cx, "ssid", "password").await?;
    /// # Ok(()) }
    /// ```
    pub async fn join(
        &mut self,
        cx: &mut LoopContext,
        ssid: &str,
        password: &str,
    ) -> Result<IpConfig, JoinError> {
        self.network_mut().start_join(Join::new(ssid, password))?;
        self.with_modem(cx, EspAt::poll_join).await
    }

    /// Awaits one of the driver's own calls that are named `poll_…`: a scan, a setting, the signal.
    ///
    /// # Errors
    ///
    /// Those of the call.
    ///
    /// ```no_run
    /// # use {embedded_io_async::*, esp_at::*, safe_http_client::{Clock, LoopContext}};
    /// # use safe_http_client::asynch::{SafeHttpClient, Timer};
    /// # async fn f<U: Read + Write, C: Clock>(
    /// #     mut client: SafeHttpClient<EspAt<AsyncSerial<U>, C>, impl Timer>, cx: &mut LoopContext,
    /// # ) -> Result<(), EspAtError> {
    /// client.network_mut().start_rssi();
    /// let signal = client.with_modem(cx, EspAt::poll_rssi).await?;
    /// # Ok(()) }
    /// ```
    pub async fn with_modem<O, E>(
        &mut self,
        cx: &mut LoopContext,
        mut step: impl FnMut(&mut Modem<P, C, RX, TX, RX_BUF>, &mut LoopContext) -> nb::Result<O, E>,
    ) -> Result<O, E> {
        let timer = self.inner().driver.stack.clock.clone();
        let modem = &mut self.inner().driver.stack.network;
        let mut sleep = pin!(None);
        poll_fn(|context| {
            modem.begin_turn(context.waker());
            loop {
                match step(modem, cx) {
                    Ok(value) => return Poll::Ready(Ok(value)),
                    Err(nb::Error::Other(error)) => return Poll::Ready(Err(error)),
                    Err(nb::Error::WouldBlock) => {}
                }
                if sleep.is_none() {
                    sleep.set(Some(timer.sleep_ms(AsyncSerial::<P, RX, TX>::LOOK_AGAIN_MS)));
                }
                if let Some(asleep) = sleep.as_mut().as_pin_mut() {
                    match asleep.poll(context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(()) => sleep.set(None),
                    }
                }
            }
        })
        .await
    }
}
