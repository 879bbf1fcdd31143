//! `-C -`: what an earlier run left of a file is gone on with, by the client's `Download`.
//!
//! `FILE.part` has the bytes, `FILE.part.tag` the version that they are of. Where there is no tag nobody could
//! say whether the file is still the same, and all of it comes again.

use crate::output::Output;
use crate::report::{Failure, HTTP_ERROR};
use crate::request::PcNet;
use crate::transfer::{PAUSE, failure};
use crate::watch::Watch;
use embedded_io::ErrorType;
use safe_http_client::{
    Buffer, Call, Clock, Download, DownloadError, LoopContext, SafeHttpClient, nb,
};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) struct Resumed {
    pub(crate) download: Download,
    tag_file: PathBuf,
    /// The tag is in its file.
    is_noted: bool,
}

/// What came of saving a response.
pub(crate) enum Save {
    Whole,
    /// It is to be asked for again.
    Again(String),
}

impl Resumed {
    /// Of a file's part, which is empty afterwards where it can't be gone on with.
    pub(crate) fn of(part: &Path) -> io::Result<Self> {
        let tag_file = tag_file(part);
        let tag = fs::read_to_string(&tag_file).unwrap_or_default();
        let have = fs::metadata(part).map_or(0, |there| there.len());
        let download = Download::resume(have, &tag);
        let is_noted = have > 0 && !download.tag().is_empty();
        let mut resumed = Self { download, tag_file, is_noted };
        if !is_noted {
            resumed.forget();
            fs::File::create(part)?;
        }
        Ok(resumed)
    }

    /// The file is whole: its tag is of no more use.
    pub(crate) fn complete(&self) {
        let _ = fs::remove_file(&self.tag_file);
    }

    /// What is there is of no use. To be called before its bytes go.
    fn forget(&mut self) {
        let _ = fs::remove_file(&self.tag_file);
        self.download.start_over();
        self.is_noted = false;
    }

    /// Writes the response's body behind what is there.
    pub(crate) fn save<N: PcNet, C: Clock, B: Buffer>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        cx: &mut LoopContext,
        call: &mut Call<'_, B>,
        output: &mut Output,
        watch: &Watch,
    ) -> Result<Save, Failure> {
        let unwritable = |error: &io::Error| Failure::of_output(error, watch.bytes_received());
        let at_start = self.download.have();
        if at_start > 0 {
            watch.note(&format!("{at_start} bytes are here"));
        }
        loop {
            let before = self.download.have();
            let step = self.download.poll_save(call, client, cx, &mut Writer(output), |_, _| {});
            if !self.is_noted && self.download.have() > 0 && !self.download.tag().is_empty() {
                // A part without a tag comes again: no reason to stop.
                self.is_noted = fs::write(&self.tag_file, self.download.tag()).is_ok();
            }
            let error = match step {
                Ok(()) => return Ok(Save::Whole),
                Err(nb::Error::WouldBlock) => {
                    if self.download.have() == before {
                        output.flush().map_err(|error| unwritable(&error))?;
                        std::thread::sleep(PAUSE);
                    }
                    continue;
                }
                Err(nb::Error::Other(error)) => error,
            };
            let message = error.to_string();
            match error {
                DownloadError::StartsOver | DownloadError::Changed => {
                    watch.note(&message);
                    self.forget();
                    output.start_over().map_err(|error| unwritable(&error))?;
                    if matches!(error, DownloadError::Changed) {
                        return Ok(Save::Again(
                            "the file has changed: it comes from its start".into(),
                        ));
                    }
                }
                DownloadError::Response(error) => return Err(failure(client, error)),
                DownloadError::Writer(WriteFailed(error)) => return Err(unwritable(&error)),
                DownloadError::Status(_) => {
                    return Err(Failure::of_answer(HTTP_ERROR, "http_error", &message));
                }
                DownloadError::WrongRange { .. } | DownloadError::TooLong { .. } => {
                    return Err(Failure::of_answer(33, "wrong_range", &message));
                }
                _ => return Err(Failure::of_part(&message)),
            }
        }
    }
}

fn tag_file(part: &Path) -> PathBuf {
    let mut name = part.to_owned().into_os_string();
    name.push(".tag");
    name.into()
}

/// A part is written anew by who doesn't go on with it: a tag that stayed would be taken for that one's.
pub(crate) fn forget_tag(part: &Path) {
    let _ = fs::remove_file(tag_file(part));
}

/// The output as the download writes to it.
struct Writer<'o>(&'o mut Output);

#[derive(Debug)]
struct WriteFailed(io::Error);

impl std::fmt::Display for WriteFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for WriteFailed {}

impl embedded_io::Error for WriteFailed {
    fn kind(&self) -> embedded_io::ErrorKind {
        embedded_io::ErrorKind::Other
    }
}

impl ErrorType for Writer<'_> {
    type Error = WriteFailed;
}

impl embedded_io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, WriteFailed> {
        self.0.body(bytes).map(|()| bytes.len()).map_err(WriteFailed)
    }

    fn flush(&mut self) -> Result<(), WriteFailed> {
        self.0.flush().map_err(WriteFailed)
    }
}
