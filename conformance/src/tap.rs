//! A network namespace with a TAP device: at its one end is Linux, at the other a test's own stack. Needs
//! root, `ip` and `/dev/net/tun`.

use crate::scenario::{Act, Peer};
use crate::server::Server;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Linux's address, and the stack's.
pub const LINUX: Ipv4Addr = Ipv4Addr::new(10, 78, 0, 1);
pub const OWN: Ipv4Addr = Ipv4Addr::new(10, 78, 0, 2);
pub const DEVICE: &str = "tap0";

/// It is gone when this is.
#[derive(Debug)]
pub struct Namespace(String);

fn run(line: &str) -> Result<(), String> {
    let mut words = line.split_whitespace();
    let output = Command::new(words.next().unwrap_or_default()).args(words).output();
    let output = output.map_err(|error| format!("`{line}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("`{line}`: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

impl Namespace {
    /// What is missing is the error.
    pub fn new() -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if !rustix::process::geteuid().is_root() {
            return Err("network namespaces need root".into());
        }
        if !std::path::Path::new("/dev/net/tun").exists() {
            return Err("no /dev/net/tun".into());
        }
        let (id, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let space = Self(format!("http-tap-{id}-{count}"));
        let name = &space.0;
        run(&format!("ip netns add {name}"))?;
        run(&format!("ip -n {name} link set lo up"))?;
        run(&format!("ip -n {name} tuntap add {DEVICE} mode tap"))?;
        run(&format!("ip -n {name} addr add {LINUX}/24 dev {DEVICE}"))?;
        run(&format!("ip -n {name} link set {DEVICE} up"))?;
        Ok(space)
    }

    /// Runs a program inside.
    pub fn run(&self, line: &str) -> Result<(), String> {
        run(&format!("ip netns exec {} {line}", self.0))
    }

    /// Does something inside, in a thread of its own: sockets, threads and processes that it makes are there.
    pub fn inside<T: Send>(&self, what: impl FnOnce() -> T + Send) -> Result<T, String> {
        let path = format!("/var/run/netns/{}", self.0);
        let file = File::open(&path).map_err(|error| format!("{path}: {error}"))?;
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                    .map_err(|error| format!("setns: {error}"))?;
                Ok(what())
            });
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = run(&format!("ip netns del {}", self.0));
    }
}

/// Linux's own TCP as the scripted server.
#[derive(Debug, Default)]
pub struct LinuxPeer(Server);

impl Peer for LinuxPeer {
    fn play(&mut self, scripts: Vec<Vec<Act>>) -> String {
        self.0 = Server::at(&format!("{LINUX}:0"), scripts).unwrap();
        format!("http://{LINUX}:{}", self.0.port())
    }

    fn refusing(&mut self) -> String {
        let listener = TcpListener::bind((LINUX, 0)).unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    fn accepted(&mut self) -> usize {
        self.0.accepted()
    }

    fn heads(&mut self) -> Vec<String> {
        Server::heads(&self.0)
    }
}
