//! A modem behind a file: a pseudo-terminal, standard input and output, or a TCP port.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::modem::Modem;

/// How often real sockets are looked at while links lead to any.
const SOCKET_POLL: Duration = Duration::from_micros(500);

/// How long an end of file waits for what is still to be answered.
const LAST_WORDS: Duration = Duration::from_secs(20);

/// How long to sleep when nothing is due.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// A modem in real time, to which hosts come and go.
pub struct Server {
    modem: Modem,
    begin: Instant,
}

impl Server {
    /// Switches a modem on.
    pub fn new(config: Config) -> Self {
        Server { modem: Modem::new(config), begin: Instant::now() }
    }

    /// Serves one host, until its end of file.
    pub fn serve(
        &mut self,
        input: impl Read + Send + 'static,
        mut output: impl Write,
    ) -> io::Result<()> {
        let bytes = reader(input);
        let mut said = Vec::new();
        let mut ended: Option<Instant> = None;
        loop {
            self.modem.poll(self.begin.elapsed());
            self.modem.take_output(&mut said);
            if !said.is_empty() {
                output.write_all(&said)?;
                output.flush()?;
                said.clear();
            }
            let mut sleep = LONGEST_SLEEP;
            if self.modem.has_real_links() {
                sleep = SOCKET_POLL;
            }
            if let Some(at) = self.modem.next_event() {
                sleep = sleep.min(at.saturating_sub(self.begin.elapsed()));
            }
            match bytes.recv_timeout(sleep) {
                Ok(bytes) => self.modem.feed(self.begin.elapsed(), &bytes),
                Err(RecvTimeoutError::Timeout) => {}
                // What was asked is still answered: input that comes from a pipe ends at once.
                Err(RecvTimeoutError::Disconnected) => {
                    let since = *ended.get_or_insert_with(Instant::now);
                    if !self.unfinished() || since.elapsed() > LAST_WORDS {
                        return Ok(());
                    }
                    std::thread::sleep(SOCKET_POLL);
                }
            }
        }
    }

    fn unfinished(&self) -> bool {
        self.modem.is_busy() || self.modem.available() > 0 || self.modem.in_flight()
    }

    /// Serves the host at standard input and output, until its end of file.
    pub fn stdio(&mut self) -> io::Result<()> {
        self.serve(io::stdin(), io::stdout())
    }

    /// Serves one host after the other at a port of 127.0.0.1 (0 for any free one), without an end. The modem goes
    /// on as it was between them. `ready` is told the port.
    pub fn tcp(&mut self, port: u16, ready: impl FnOnce(u16)) -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        ready(listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            match self.serve(stream.try_clone()?, stream) {
                Ok(()) => {}
                Err(error) if is_hang_up(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Serves a pseudo-terminal, without an end. `ready` is told its path.
    #[cfg(unix)]
    pub fn pty(&mut self, ready: impl FnOnce(&str)) -> io::Result<()> {
        let (master, slave, path) = open_pty()?;
        ready(&path);
        let result = self.serve(master.try_clone()?, master);
        // As long as this end is open, a host may close the terminal and open it again.
        drop(slave);
        result
    }
}

fn is_hang_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}

/// Reads in a thread of its own, as not every file can be read without waiting.
fn reader(mut input: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => {
                    if sender.send(buffer[..count].to_vec()).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    });
    receiver
}

#[cfg(unix)]
fn open_pty() -> io::Result<(std::fs::File, std::fs::File, String)> {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let path = ptsname(&master, Vec::new())?
        .into_string()
        .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    let slave = std::fs::File::options().read(true).write(true).open(&path)?;
    // A serial line neither echoes nor edits.
    let mut attributes = tcgetattr(&slave)?;
    attributes.make_raw();
    tcsetattr(&slave, OptionalActions::Now, &attributes)?;
    Ok((master.into(), slave, path))
}
