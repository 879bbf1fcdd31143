//! The firmware's surroundings: QEMU, a simulated modem at its first UART, an HTTP server in the
//! modem's network, and what the firmware logs on its second UART.

mod log;
mod server;
mod wire;

pub use log::{Level, Line};
pub use server::{Server, crc32, large};
pub use wire::Wire;

use esp8266_sim::{Config, Dialect};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// No wait for a line takes longer; one that does waits in vain.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the server is in the modem's network. Its name is `service.lan`.
const SERVICE: [u8; 4] = [192, 168, 4, 20];

/// A running firmware. QEMU ends when this is dropped, in a test that fails, too.
pub struct Rig {
    qemu: Child,
    button: ChildStdin,
    lines: Receiver<Line>,
    seen: Vec<Line>,
    pub server: Server,
    pub wire: Wire,
    config: Config,
}

impl Rig {
    /// Starts a firmware by its name, with a modem of this dialect, at 115,200 baud.
    pub fn start(firmware: &str, dialect: Dialect) -> Self {
        Self::with_elf(&built().join(firmware), dialect)
    }

    /// The same, built without the check for handlers.
    pub fn start_unchecked(firmware: &str, dialect: Dialect) -> Self {
        Self::with_elf(&built_without_handler_check().join(firmware), dialect)
    }

    fn with_elf(elf: &Path, dialect: Dialect) -> Self {
        let server = Server::start();
        let config = Config::new(dialect)
            .baud(115_200)
            .map(SERVICE, 80, server.address())
            .name("service.lan", SERVICE);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut qemu = Command::new("qemu-system-arm")
            .args(["-M", "lm3s6965evb", "-display", "none", "-monitor", "none"])
            .arg("-chardev")
            .arg(format!("socket,id=modem,host=127.0.0.1,port={port},nodelay=on"))
            .args(["-serial", "chardev:modem"])
            .args(["-chardev", "stdio,id=log,signal=off", "-serial", "chardev:log"])
            .arg("-kernel")
            .arg(elf)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("qemu-system-arm ({error}): Debian's package qemu-system-arm has it")
            });
        let button = qemu.stdin.take().unwrap();
        let lines = log::decode(elf, qemu.stdout.take().unwrap());
        let wire = Wire::new(wire::accept(&listener, PATIENCE));
        let rig = Self { qemu, button, lines, seen: Vec::new(), server, wire, config };
        rig.plug_modem();
        rig
    }

    /// Gives the modem its supply: a new one, which knows nothing of the one before.
    pub fn plug_modem(&self) {
        self.wire.plug(self.config.clone());
    }

    /// Stands for the owner's phone.
    pub fn press_button(&mut self) {
        self.button.write_all(b"p").unwrap();
        self.button.flush().unwrap();
    }

    /// Waits for a line with this text in it, and returns it whole.
    pub fn expect(&mut self, text: &str) -> String {
        let begin = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begin.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    println!("{line}");
                    let (level, found) = (line.level, line.text.contains(text));
                    self.seen.push(line);
                    // A panic or a fault of the firmware: nothing comes after it.
                    assert!(level < Level::Error, "awaiting `{text}`:\n{}", self.all());
                    if found {
                        return self.seen.last().unwrap().text.clone();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("`{text}` didn't come in {PATIENCE:?}:\n{}", self.all())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the log ended before `{text}` came:\n{}", self.all())
                }
            }
        }
    }

    /// What the firmware has said so far, as far as it was awaited.
    pub fn seen(&self) -> &[Line] {
        &self.seen
    }

    /// The same as text.
    pub fn all(&self) -> String {
        self.seen.iter().map(|line| format!("{line}\n")).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

/// The directory of the firmware's ELF files, built once for all tests.
fn built() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| build(None, &[]))
}

/// The same without the feature that asks the processor whether it is in a handler, elsewhere.
fn built_without_handler_check() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| package().join("target")).join("unchecked");
    build(Some(&target), &["--no-default-features", "--bin", "token_in_handler"])
}

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn build(target: Option<&Path>, arguments: &[&str]) -> PathBuf {
    let script = package().join("build.sh");
    let mut command = Command::new(&script);
    command.args(arguments).stderr(Stdio::inherit());
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    assert!(output.status.success(), "build.sh failed; what it said is above");
    let text = String::from_utf8(output.stdout).unwrap();
    PathBuf::from(text.lines().last().unwrap())
}
