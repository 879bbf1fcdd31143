//! Where the response goes: stdout, a file, the line of JSON.

use crate::options::Options;
use crate::resume::{Resumed, forget_tag};
use crate::watch::Watch;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::write::EncoderStringWriter;
use indicatif::{ProgressBar, ProgressStyle};
use safe_http_client::ResponseHead;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Seek, Stdout, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Takes the body as it comes. What isn't [completed](Self::complete) leaves no file behind.
pub(crate) struct Output {
    to: To,
    /// The body for the line of JSON: the one place where all of it is kept, in its encoded form.
    base64: Option<EncoderStringWriter<'static, GeneralPurpose, String>>,
    bar: ProgressBar,
    watch: Arc<Watch>,
}

enum To {
    /// The line of JSON alone.
    Nowhere,
    Stdout {
        stdout: BufWriter<Stdout>,
        /// It is a terminal, which bytes that are no text could put into disorder.
        is_terminal: bool,
        has_any: bool,
    },
    /// A device or a pipe: there is nothing to rename.
    Device(BufWriter<File>),
    /// Written as `FILE.part`, and renamed once it is complete, so that what is called FILE is.
    File {
        file: BufWriter<File>,
        part: PathBuf,
        target: PathBuf,
        /// The part stays behind, for `-C -`.
        stays: bool,
    },
}

impl Output {
    /// Opens it before anything is requested: a folder that isn't there is found out early. With what an
    /// earlier run left of the file, where that is to be gone on with.
    pub(crate) fn open(
        options: &Options,
        file: Option<&Path>,
        watch: &Arc<Watch>,
    ) -> io::Result<(Self, Option<Resumed>)> {
        let mut resumed = None;
        let to = match file {
            Some(path) => To::file(path, watch, options.resumes().then_some(&mut resumed))?,
            None if options.reports_json() && options.output.is_none() => To::Nowhere,
            None => To::Stdout {
                stdout: BufWriter::new(io::stdout()),
                // Whoever says `-o -` wants to see it.
                is_terminal: options.output.is_none() && io::stdout().is_terminal(),
                has_any: false,
            },
        };
        let shows_bar = matches!(to, To::File { .. } | To::Device(_))
            && io::stderr().is_terminal()
            && !options.verbose
            && !options.is_silent();
        let output = Self {
            to,
            base64: options.reports_json().then(|| EncoderStringWriter::new(&STANDARD)),
            bar: if shows_bar { ProgressBar::no_length() } else { ProgressBar::hidden() },
            watch: Arc::clone(watch),
        };
        Ok((output, resumed))
    }

    /// The body comes next, with this length if it is known.
    pub(crate) fn expect(&self, length: Option<u64>) {
        let template = match length {
            Some(_) => "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{spinner} {bytes} {bytes_per_sec} {elapsed}",
        };
        if let Some(length) = length {
            self.bar.set_length(length);
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }

    /// The response's head, as it came.
    pub(crate) fn head(&mut self, head: ResponseHead<'_>) -> io::Result<()> {
        for line in head_lines(head) {
            self.write(&line)?;
            self.write(b"\r\n")?;
        }
        self.write(b"\r\n")
    }

    /// A piece of the body.
    pub(crate) fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        self.bar.inc(piece.len() as u64);
        if let Some(base64) = &mut self.base64 {
            base64.write_all(piece)?;
        }
        self.write(piece)
    }

    /// Nothing comes for a moment: whoever reads along sees what there is.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Stdout { stdout, .. } => stdout.flush(),
            To::Device(file) => file.flush(),
            To::Nowhere | To::File { .. } => Ok(()),
        }
    }

    /// The response is complete. Returns its body for the line of JSON.
    pub(crate) fn complete(&mut self) -> io::Result<String> {
        self.flush()?;
        if let To::File { file, part, target, .. } = &mut self.to {
            file.flush()?;
            fs::rename(&part, target)?;
            // There is nothing left to remove.
            self.watch.guard_part(None);
            self.to = To::Nowhere;
        }
        let base64 = self.base64.take();
        Ok(base64.map(EncoderStringWriter::into_inner).unwrap_or_default())
    }

    /// The response is an error, of which `--fail` shows no more than the line of JSON.
    pub(crate) fn discard(&mut self) -> String {
        let base64 = self.base64.take();
        base64.map(EncoderStringWriter::into_inner).unwrap_or_default()
    }

    /// What was written is forgotten; an error where somebody may have read it.
    pub(crate) fn start_over(&mut self) -> io::Result<()> {
        if let Some(base64) = &mut self.base64 {
            *base64 = EncoderStringWriter::new(&STANDARD);
        }
        self.bar.reset();
        match &mut self.to {
            To::Nowhere | To::Stdout { has_any: false, .. } => Ok(()),
            To::Stdout { .. } | To::Device(_) => Err(io::Error::other("it was read already")),
            To::File { file, .. } => {
                file.flush()?;
                file.get_ref().set_len(0)?;
                file.rewind()
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.to {
            To::Nowhere => Ok(()),
            To::Stdout { is_terminal: true, .. } if bytes.contains(&0) => Err(io::Error::other(
                "it is binary, which could put your terminal into disorder: -o FILE saves it, -o - shows it",
            )),
            To::Stdout { stdout, has_any, .. } => {
                *has_any = true;
                stdout.write_all(bytes)
            }
            To::Device(file) | To::File { file, .. } => file.write_all(bytes),
        }
    }
}

impl To {
    fn file(path: &Path, watch: &Watch, resumed: Option<&mut Option<Resumed>>) -> io::Result<Self> {
        // Through a link to what it stands for: renaming would replace the link itself.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let is_device = fs::metadata(&target).is_ok_and(|there| !there.is_file());
        if is_device && resumed.is_some() {
            return Err(io::Error::other("-C - goes on with a file, and this is a device"));
        }
        if is_device {
            let file = File::options().write(true).open(&target)?;
            return Ok(Self::Device(BufWriter::new(file)));
        }
        let mut part = target.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let stays = resumed.is_some();
        let file = match resumed {
            Some(resumed) => {
                *resumed = Some(Resumed::of(&part)?);
                File::options().append(true).open(&part)?
            }
            None => {
                forget_tag(&part);
                let file = File::create(&part)?;
                watch.guard_part(Some(part.clone()));
                file
            }
        };
        Ok(Self::File { file: BufWriter::new(file), part, target, stays })
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if let To::File { file, part, stays, .. } = &self.to {
            // Of what is empty nobody can go on.
            let is_empty =
                file.buffer().is_empty() && fs::metadata(part).is_ok_and(|it| it.len() == 0);
            if !stays || is_empty {
                let _ = fs::remove_file(part);
            }
            self.watch.guard_part(None);
        }
    }
}

/// Status line and header lines, byte for byte but for white space.
pub(crate) fn head_lines(head: ResponseHead<'_>) -> impl Iterator<Item = Vec<u8>> {
    let mut line = format!("HTTP/1.{} {}", head.minor_version(), head.status()).into_bytes();
    if !head.reason().is_empty() {
        line.push(b' ');
        line.extend_from_slice(head.reason());
    }
    let fields =
        head.headers().map(|header| [header.name().as_bytes(), b": ", header.value()].concat());
    std::iter::once(line).chain(fields)
}
