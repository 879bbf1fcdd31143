//! The wire between QEMU's UART and the modem, with a plug in it.

use esp8266_sim::{Config, Handle, SerialPort, Simulator};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// 10 bits at 115,200 baud.
const BYTE: Duration = Duration::from_nanos(86_806);

const SLACK: Duration = Duration::from_millis(1);

type Plug = Arc<Mutex<Option<(Handle, SerialPort)>>>;

pub struct Wire {
    socket: TcpStream,
    plug: Plug,
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// Waits for QEMU.
pub(crate) fn accept(listener: &TcpListener, patience: Duration) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let begin = Instant::now();
    loop {
        match listener.accept() {
            Ok((socket, _)) => {
                socket.set_nonblocking(false).unwrap();
                socket.set_nodelay(true).unwrap();
                return socket;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        assert!(begin.elapsed() < patience, "QEMU doesn't connect to the modem");
        thread::sleep(Duration::from_millis(5));
    }
}

fn lock(plug: &Plug) -> MutexGuard<'_, Option<(Handle, SerialPort)>> {
    plug.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wire {
    pub(crate) fn new(socket: TcpStream) -> Self {
        let (plug, over) = (Plug::default(), Arc::<AtomicBool>::default());
        let threads = vec![
            thread::spawn({
                let (socket, plug) = (socket.try_clone().unwrap(), Arc::clone(&plug));
                move || to_modem(socket, &plug)
            }),
            thread::spawn({
                let (socket, plug) = (socket.try_clone().unwrap(), Arc::clone(&plug));
                let over = Arc::clone(&over);
                move || from_modem(socket, &plug, &over)
            }),
        ];
        Self { socket, plug, over, threads }
    }

    pub(crate) fn plug(&self, config: Config) {
        *lock(&self.plug) = Some(Simulator::spawn(config));
    }

    /// Takes the modem its supply, in the middle of whatever it does. Its connections end.
    pub fn unplug(&self) {
        let modem = lock(&self.plug).take();
        drop(modem);
    }

    /// Does something with the modem that is plugged in.
    pub fn modem<T>(&self, act: impl FnOnce(&Handle) -> T) -> T {
        act(&lock(&self.plug).as_ref().expect("a modem is plugged in").0)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // A thread that reads finds it closed.
        let _ = self.socket.shutdown(Shutdown::Both);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// What the firmware sends, at the simulator's pace. Without a modem it is heard by nobody.
fn to_modem(mut socket: TcpStream, plug: &Plug) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = socket.read(&mut buffer) {
        if let Some((_, port)) = &mut *lock(plug) {
            port.write_now(&buffer[..count]);
        }
    }
}

/// What the modem sends. The simulator keeps the baud rate; here it is kept, too, when this thread was
/// held up, so that no burst gets to the firmware that a line couldn't carry. `SLACK` is what a sleep
/// takes too long, and may be made up for.
fn from_modem(mut socket: TcpStream, plug: &Plug, over: &AtomicBool) {
    let mut buffer = [0; 8];
    let mut free_at = Instant::now();
    while !over.load(Ordering::Relaxed) {
        let count = lock(plug).as_mut().map_or(0, |(_, port)| port.read_now(&mut buffer));
        if socket.write_all(&buffer[..count]).is_err() {
            return;
        }
        let now = Instant::now();
        free_at = free_at.max(now - SLACK) + BYTE * count as u32;
        thread::sleep(free_at.saturating_duration_since(now).max(Duration::from_micros(200)));
    }
}
