//! Where new firmware goes: on a board the half of the flash that doesn't run, here a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

/// A file that is there once it is whole, and not before.
pub struct Flash {
    target: PathBuf,
    part: PathBuf,
    file: File,
    temporary: bool,
}

impl Flash {
    /// At this path, or at one that is removed at the end.
    pub fn open(path: Option<PathBuf>) -> io::Result<Self> {
        let temporary = path.is_none();
        let target = path.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("firmware-{}.bin", std::process::id()))
        });
        let mut part = target.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        Ok(Self { file: File::create(&part)?, target, part, temporary })
    }

    pub fn erase(&mut self) -> io::Result<()> {
        self.file = File::create(&self.part)?;
        Ok(())
    }

    /// Makes what was written the firmware of the next boot, all of it at once.
    pub fn activate(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.part, &self.target)
    }
}

impl embedded_io::ErrorType for Flash {
    type Error = io::Error;
}

/// Writes behind what is there.
impl embedded_io::Write for Flash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Flash {
    fn drop(&mut self) {
        // They may not be there.
        let _ = fs::remove_file(&self.part);
        if self.temporary {
            let _ = fs::remove_file(&self.target);
        }
    }
}
