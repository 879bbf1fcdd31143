//! The chip, its cable, and what it reports.

use crate::firmware::Firmware;
use crate::qemu::Qemu;
use conformance::smoltcp_net::{self, FarPeer, Plug};
use std::time::{Duration, Instant};

/// No job takes longer, on a busy machine either.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Chip {
    qemu: Qemu,
    plug: Plug,
    pub peer: FarPeer,
}

/// What a job came to.
#[derive(Debug, Default)]
pub struct Report {
    pub results: Vec<String>,
    pub status: Option<(u16, Vec<u8>)>,
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, Vec<u8>)>,
    /// "Complete", or code, phase and kind of the error.
    pub end: String,
    pub log: Vec<String>,
    /// Frames from the chip.
    pub sent: usize,
}

impl Report {
    /// The figure behind this word in the results.
    pub fn figure(&self, word: &str) -> u64 {
        let text = self.results.join(" ");
        let mut words = text.split([' ', ',']).skip_while(|it| *it != word);
        words.nth(1).and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("{word}: {self:?}"))
    }

    pub fn says(&self, text: &str) -> bool {
        self.results.iter().any(|line| line.contains(text))
    }
}

impl Chip {
    /// `None` where it can't be built or run here, which was said.
    pub fn boot() -> Option<Self> {
        Self::boot_with(&[])
    }

    /// With options of the emulator's.
    pub fn boot_with(options: &[&str]) -> Option<Self> {
        let firmware = Firmware::built()?;
        let (plug, peer) = smoltcp_net::cable();
        let mut chip = Self { qemu: Qemu::start_with(firmware, options), plug, peer };
        chip.until_next_job();
        Some(chip)
    }

    /// Has it do a job: a line of text, and data.
    pub fn run(&mut self, line: &str, data: &[u8]) -> Report {
        self.qemu.answer(b'K', &[line.as_bytes(), b"\n", data].concat());
        self.until_next_job()
    }

    fn until_next_job(&mut self) -> Report {
        let deadline = Instant::now() + PATIENCE;
        let mut report = Report::default();
        loop {
            let Some(frame) = self.qemu.next(deadline) else {
                panic!("the chip ended with {}: {report:?}", self.qemu.exit_code());
            };
            let payload = frame.payload;
            match frame.kind {
                b'J' => return report,
                b'P' => {
                    report.sent += 1;
                    self.plug.put(&payload);
                }
                b'p' => {
                    if payload == [1] {
                        smoltcp_net::step_far();
                    }
                    match self.plug.take() {
                        Some(frame) => self.qemu.answer(b'K', &frame),
                        None => self.qemu.answer(b'W', &[]),
                    }
                }
                b'L' => report.log.push(text(&payload)),
                b'R' => report.results.push(text(&payload)),
                b'h' => {
                    let status = u16::from_be_bytes([payload[0], payload[1]]);
                    report.status = Some((status, payload[2..].to_vec()));
                }
                b'f' => report.fields.push(field(&payload)),
                b't' => report.trailers.push(field(&payload)),
                b'b' => report.body.extend(payload),
                b'e' => report.end = text(&payload),
                kind => panic!("the chip sent a frame of an unknown kind: {kind}"),
            }
        }
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
