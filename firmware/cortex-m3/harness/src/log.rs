//! The firmware's log: defmt's frames, decoded with the ELF file's strings.

use defmt_decoder::{DecodeError, Table};
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Info,
    Warn,
    /// A panic or a fault.
    Error,
}

#[derive(Debug, Clone)]
pub struct Line {
    pub level: Level,
    /// The firmware's own clock.
    pub ms: u32,
    pub text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Info => "info ",
            Level::Warn => "warn ",
            Level::Error => "error",
        };
        write!(f, "{:4}.{:03} s  {level}  {}", self.ms / 1000, self.ms % 1000, self.text)
    }
}

/// Decodes in a thread, until the firmware's end.
pub fn decode(elf: &Path, mut input: impl Read + Send + 'static) -> Receiver<Line> {
    let elf = std::fs::read(elf).unwrap_or_else(|error| panic!("{}: {error}", elf.display()));
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let table = Table::parse(&elf).unwrap().expect("a firmware with defmt's table");
        let mut decoder = table.new_stream_decoder();
        let mut buffer = [0; 1024];
        while let Ok(count @ 1..) = input.read(&mut buffer) {
            decoder.received(&buffer[..count]);
            loop {
                let frame = match decoder.decode() {
                    Ok(frame) => frame,
                    Err(DecodeError::UnexpectedEof) => break,
                    // Nothing may get lost between firmware and log: who awaits a line is told.
                    Err(DecodeError::Malformed) => {
                        let text = String::from("a frame of the log is malformed");
                        let _ = sender.send(Line { level: Level::Error, ms: 0, text });
                        return;
                    }
                };
                let level = match frame.level().map(|level| level.as_str()) {
                    Some("error") => Level::Error,
                    Some("warn") => Level::Warn,
                    _ => Level::Info,
                };
                let time = frame.display_timestamp().map(|time| time.to_string());
                let ms = time.and_then(|time| time.parse().ok()).unwrap_or(0);
                let text = frame.display_message().to_string();
                if sender.send(Line { level, ms, text }).is_err() {
                    return;
                }
            }
        }
    });
    receiver
}
