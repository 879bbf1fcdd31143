//! The emulator's process, and the frames on its console.

use crate::firmware::{Firmware, tool};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// What the chip sent: a kind and a payload (see the firmware's `console.rs`).
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub payload: Vec<u8>,
}

/// An answer goes in pieces of this length, of which the chip asks for each but the first, by a frame
/// of the kind [`MORE`]; why is in `console.rs` too.
const PIECE: usize = 16;
const MORE: u8 = b'+';

/// A running emulator. It ends with this value.
pub struct Qemu {
    process: Child,
    input: ChildStdin,
    /// Of the newest answer, what the chip hasn't asked for yet.
    unsent: Vec<u8>,
    frames: Receiver<Frame>,
}

impl Qemu {
    pub fn start(firmware: &Firmware) -> Self {
        Self::start_with(firmware, &[])
    }

    /// With options of the emulator's beside the usual ones.
    pub fn start_with(firmware: &Firmware, options: &[&str]) -> Self {
        let mut process = tool("qemu-system-xtensa", "qemu-system-misc")
            .args(["-M", "sim", "-cpu", "lx106", "-semihosting", "-display", "none"])
            .args(["-monitor", "none", "-serial", "stdio", "-kernel"])
            .arg(&firmware.elf)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("qemu-system-xtensa starts");
        let input = process.stdin.take().unwrap();
        let output = process.stdout.take().unwrap();
        // A thread of its own: a pipe can't be read with a deadline. It ends with the emulator.
        let (sender, frames) = mpsc::channel();
        std::thread::spawn(move || read_frames(output, &sender));
        Self { process, input, unsent: Vec::new(), frames }
    }

    /// The next frame, or `None` when the emulator has ended.
    pub fn next(&mut self, deadline: Instant) -> Option<Frame> {
        loop {
            match self.frames.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Frame { kind: MORE, .. }) => self.send_piece(),
                Ok(frame) => return Some(frame),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => panic!("the chip sends nothing: it hangs"),
            }
        }
    }

    /// Sends an answer. An emulator that has ended shows in the next [`next`](Self::next).
    pub fn answer(&mut self, kind: u8, payload: &[u8]) {
        let length = u16::try_from(payload.len()).expect("a payload that fits a frame");
        assert!(self.unsent.is_empty(), "an answer before the last one was read");
        self.unsent.push(kind);
        self.unsent.extend(length.to_le_bytes());
        self.unsent.extend(payload);
        self.send_piece();
    }

    fn send_piece(&mut self) {
        let rest = self.unsent.split_off(PIECE.min(self.unsent.len()));
        let mut piece = std::mem::replace(&mut self.unsent, rest);
        piece.resize(PIECE, 0);
        // In one write, so that the emulator takes it at once.
        let _ = self.input.write_all(&piece).and_then(|()| self.input.flush());
    }

    /// The exit code of an emulator that closed its console; -1 where a signal ended it.
    pub fn exit_code(&mut self) -> i32 {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < deadline, "the emulator closed its console and goes on");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        // Either fails where it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read_frames(mut output: impl Read, frames: &mpsc::Sender<Frame>) {
    loop {
        let mut head = [0; 3];
        if output.read_exact(&mut head).is_err() {
            return;
        }
        let [kind, low, high] = head;
        let mut payload = vec![0; u16::from_le_bytes([low, high]).into()];
        if output.read_exact(&mut payload).is_err() {
            return;
        }
        if frames.send(Frame { kind, payload }).is_err() {
            return;
        }
    }
}
