//! The simulated modem at an async serial port, in virtual time: whoever is asleep is woken by a byte that has
//! arrived or by a timer that has run out, and by nothing else.

use crate::awaited::Runs;
use crate::common::cx;
use crate::modem::SimClock;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use esp8266_sim::{Config, Handle, Simulator, VirtualClock};
use safe_http_client::asynch::Timer;
use safe_http_client::esp_at::{AsyncSerial, EspAt};
use safe_http_client::{Clock, asynch};
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Whoever sleeps until a time, by when it is over.
type Sleepers = Rc<RefCell<Vec<(Duration, Waker)>>>;

/// The modem, its clock, and who waits for what.
#[derive(Clone)]
pub struct World {
    pub handle: Rc<Handle>,
    clock: VirtualClock,
    reader: Rc<RefCell<Option<Waker>>>,
    sleepers: Sleepers,
    /// How often a future was polled.
    pub polls: Rc<Cell<u32>>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

/// The host's UART: it wakes whoever reads, once there is a byte. It takes so many bytes of a write at once.
pub struct Uart {
    world: World,
    most: usize,
}

impl ErrorType for Uart {
    type Error = ErrorKind;
}

impl Read for Uart {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        poll_fn(|context| {
            let count = self.world.handle.with_modem(|modem| modem.read(buf));
            if count > 0 {
                return Poll::Ready(Ok(count));
            }
            *self.world.reader.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Write for Uart {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        let count = buf.len().min(self.most);
        self.world.handle.with_modem(|modem| modem.feed(modem.now(), &buf[..count]));
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// A timer in the modem's time.
#[derive(Clone)]
pub struct SimTimer(World);

impl Clock for SimTimer {
    fn now_ms(&self) -> u32 {
        self.0.clock.now_ms() as u32
    }
}

impl Timer for SimTimer {
    async fn sleep_ms(&self, ms: u32) {
        let end = self.0.clock.now() + Duration::from_millis(ms.into());
        poll_fn(|context| {
            if self.0.clock.now() >= end {
                return Poll::Ready(());
            }
            self.0.sleepers.borrow_mut().push((end, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub type Modem = EspAt<AsyncSerial<Uart>, SimClock>;
pub type Client = asynch::SafeHttpClient<Modem, SimTimer>;

impl World {
    /// A modem of this kind.
    pub fn new(config: Config) -> Self {
        let (handle, _, clock) = Simulator::lockstep(config);
        let handle = Rc::new(handle);
        let (reader, sleepers, polls) = Default::default();
        Self { handle, clock, reader, sleepers, polls }
    }

    /// A driver at this end of the line. The port takes so many bytes at once.
    pub fn modem(&self, most: usize) -> Modem {
        let uart = Uart { world: self.clone(), most };
        EspAt::new(AsyncSerial::new(uart), SimClock(self.clock.clone()))
    }

    /// A client whose modem has joined.
    pub fn client(&mut self, most: usize, config: safe_http_client::Config) -> Client {
        let (modem, timer) = (self.modem(most), self.timer());
        let mut client = Client::with_config(modem, timer, config);
        self.block_on(client.join(&mut cx(), "sim", "simsimsim")).unwrap();
        client
    }

    pub fn timer(&self) -> SimTimer {
        SimTimer(self.clone())
    }

    pub fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Time passes until something happens that somebody waits for.
    fn sleep(&self) {
        let next = self.handle.with_modem(|modem| modem.next_event());
        let timer = self.sleepers.borrow().iter().map(|(end, _)| *end).min();
        let until = match (next, timer) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b).expect("nobody would ever wake it"),
        };
        // An event that is due, and stays so, would stop time.
        let step = until.saturating_sub(self.now()).max(Duration::from_micros(1));
        self.clock.advance(step);
        if self.handle.with_modem(|modem| modem.available()) > 0
            && let Some(waker) = self.reader.borrow_mut().take()
        {
            waker.wake();
        }
        let now = self.now();
        self.sleepers.borrow_mut().retain(|(end, waker)| {
            if *end <= now {
                waker.wake_by_ref();
            }
            *end > now
        });
    }
}

impl Runs for World {
    fn block_on<T>(&mut self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(flag.clone());
        loop {
            if flag.0.swap(false, Ordering::Relaxed) {
                self.polls.set(self.polls.get() + 1);
                if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return value;
                }
            } else {
                self.sleep();
            }
        }
    }
}
