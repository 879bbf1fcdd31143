//! The chip as a test sees it: jobs in, reports out.

use crate::bridge::{Answer, Bridge, Traffic};
use crate::firmware::Firmware;
use crate::qemu::Qemu;
use crate::report;
use std::time::{Duration, Instant};

/// No job takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A chip that waits for a job, in an emulator that ends with it.
pub struct Chip {
    qemu: Qemu,
    bridge: Bridge,
}

/// What a job came to.
#[derive(Debug, Default)]
pub struct Report {
    /// The chip's result lines.
    pub results: Vec<String>,
    /// Status and reason, where it told them.
    pub head: Option<(u16, Vec<u8>)>,
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, Vec<u8>)>,
    /// How the response ended, in the firmware's words.
    pub end: Option<String>,
    pub traffic: Traffic,
    /// By the host's clock.
    pub took: Duration,
    /// Of the emulator, where the job ended it.
    pub exit_code: Option<i32>,
    pub log: Vec<String>,
}

impl Chip {
    /// A chip that has just been switched on.
    pub fn boot() -> Self {
        let mut chip = Self { qemu: Qemu::start(Firmware::built()), bridge: Bridge::default() };
        let booted = chip.until_next_job();
        assert_eq!(booted.exit_code, None, "it doesn't boot: {booted:?}");
        chip
    }

    /// Has it do a job: a line of text, and data.
    pub fn run(&mut self, line: &str, data: &[u8]) -> Report {
        let job = [line.as_bytes(), b"\n", data].concat();
        self.bridge.traffic = Traffic::default();
        self.qemu.answer(b'K', &job);
        self.until_next_job()
    }

    /// All frames up to the question for the next job, or to the emulator's end.
    fn until_next_job(&mut self) -> Report {
        let begin = Instant::now();
        let mut result = Report::default();
        loop {
            let Some(frame) = self.qemu.next(begin + PATIENCE) else {
                result.exit_code = Some(self.qemu.exit_code());
                break;
            };
            let payload = frame.payload;
            match frame.kind {
                b'J' => break,
                b'L' => result.log.push(text(&payload)),
                b'R' => result.results.push(text(&payload)),
                b'h' => {
                    let status = u16::from_be_bytes([payload[0], payload[1]]);
                    result.head = Some((status, payload[2..].to_vec()));
                }
                b'f' => result.fields.push(field(&payload)),
                b't' => result.trailers.push(field(&payload)),
                b'b' => result.body.extend(payload),
                b'e' => result.end = Some(text(&payload)),
                kind => match self.bridge.answer(kind, &payload) {
                    Some(Answer::Done(payload)) => self.qemu.answer(b'K', &payload),
                    Some(Answer::WouldBlock) => self.qemu.answer(b'W', &[]),
                    Some(Answer::Failed(code)) => self.qemu.answer(b'E', &[code]),
                    None => panic!("the chip sent a frame of an unknown kind: {kind}"),
                },
            }
        }
        result.took = begin.elapsed();
        result.traffic = self.bridge.traffic.clone();
        result
    }

    /// Has it run a scenario, prints what came of it, and checks that it left no socket open.
    pub fn scenario(&mut self, name: &str, url: &str, data: &[u8]) -> Report {
        let result = self.run(&format!("{name} {url}"), data);
        // Tests have threads of their names, unless there is one for all.
        let thread = std::thread::current();
        let test = thread.name().filter(|thread| *thread != "main").unwrap_or(name);
        report(&format!("lx106: {test}: {}", result.results.join("; ")));
        assert_eq!(result.exit_code, None, "{name} ended the chip: {result:?}");
        let traffic = &result.traffic;
        assert_eq!(traffic.opened, traffic.closed, "{name} left sockets open: {result:?}");
        result
    }
}

fn text(payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).into_owned()
}

/// Name, zero byte, value.
fn field(payload: &[u8]) -> (String, Vec<u8>) {
    let at = payload.iter().position(|byte| *byte == 0).expect("a zero byte behind the name");
    (text(&payload[..at]), payload[at + 1..].to_vec())
}
