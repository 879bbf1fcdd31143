//! `firmware_download`: fetches new firmware through 2 KiB of memory, whatever its size.
//!
//! ```text
//! cargo run --example firmware_download                 # all of it simulated
//! cargo run --example firmware_download -- --out new.bin
//! cargo run --example firmware_download -- --port /dev/ttyUSB0 --ssid … --password …
//! ```
//!
//! The server breaks the connection in the middle; the download goes on from there. What arrived is
//! used only if its SHA-256 is right. (A checksum from the same server says that nothing was damaged,
//! not who made it: for that, verify a signature.) `board` stands for the board that this runs on; the
//! rest is the same there.

mod board;

use board::{Board, Clock, Demo, Flash, Serial, delay_ms, say, trouble};
use core::fmt::Write;
use embedded_io::BufRead;
use esp_at::EspAt;
use safe_http_client::{ErrorOf, LoopContext, Online, ResponseHead, SafeHttpClient};
use sha2::{Digest, Sha256};
use std::process::ExitCode;

type Modem = EspAt<Serial, Clock>;
type Client = SafeHttpClient<Modem, Clock>;

fn main() -> ExitCode {
    let mut board = Board::new(Demo::Firmware);
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let mut modem = EspAt::new(board.serial(), Clock);
    while let Err(error) = modem.join(&mut cx, board.ssid(), board.password()) {
        trouble!("not on the network: {error}");
        delay_ms(1000);
    }
    say!("on the network");
    let mut client = SafeHttpClient::new(modem, Clock);
    let mut image = Image::new(board.spare_flash());
    while board.goes_on() {
        loop_once(&mut client, &mut cx, &mut image, &mut board);
    }
    board.exit_status()
}

/// The new firmware, as far as it has come.
struct Image {
    flash: Flash,
    sha256: Sha256,
    /// Bytes in the flash.
    have: u64,
    /// Bytes in all, once the server has told.
    length: Option<u64>,
    /// Which version of the file they are of.
    tag: heapless::String<40>,
    shown_percent: u64,
}

fn loop_once(client: &mut Client, cx: &mut LoopContext, image: &mut Image, board: &mut Board) {
    let mut online = match client.wait_online(cx) {
        Ok(online) => online,
        Err(error) => return trouble!("{error}"),
    };
    let result = match image.length == Some(image.have) {
        false => image.download(&mut online, &board.url("/firmware.bin")),
        true => image.verify(&mut online, &board.url("/firmware.sha256")),
    };
    match result {
        Ok(Progress::Activated) => board.reboot(),
        Ok(Progress::Whole) => {}
        Err(failure) => {
            match failure {
                Failure::Http(error) => trouble!("{error}"),
                Failure::Answer(status) => {
                    trouble!("the server answered {status}");
                    image.start_over();
                }
                Failure::Checksum => {
                    trouble!("the SHA-256 is wrong");
                    image.start_over();
                }
                Failure::Flash => trouble!("the flash couldn't be written"),
            }
            say!("{} bytes are here; the rest in a moment", image.have);
            delay_ms(500);
        }
    }
}

enum Progress {
    Whole,
    Activated,
}

enum Failure {
    Http(ErrorOf<Modem>),
    Answer(u16),
    Checksum,
    Flash,
}

impl From<ErrorOf<Modem>> for Failure {
    fn from(error: ErrorOf<Modem>) -> Self {
        Self::Http(error)
    }
}

impl Image {
    fn new(flash: Flash) -> Self {
        Self {
            flash,
            sha256: Sha256::new(),
            have: 0,
            length: None,
            tag: heapless::String::new(),
            shown_percent: 0,
        }
    }

    /// Fetches what is missing, and writes each piece as it comes.
    fn download(
        &mut self,
        online: &mut Online<'_, Modem, Clock>,
        url: &str,
    ) -> Result<Progress, Failure> {
        let mut buffer = [0; 2048];
        let mut request = online.get(url, &mut buffer);
        if self.have > 0 {
            let mut range = heapless::String::<32>::new();
            // It fits: a number has 20 digits at most.
            let _ = write!(range, "bytes={}-", self.have);
            // If the file is another by now, all of it comes (RFC 9110 section 13.1.5).
            request = request.header("range", &range).header("if-range", &self.tag);
        }
        let mut response = request.send()?;
        let head = response.head();
        match (head.status(), content_range(head)) {
            (206, Some((from, length))) if from == self.have => self.length = Some(length),
            (200, _) => {
                let length = head.content_length();
                if self.have > 0 {
                    self.start_over();
                }
                self.length = length;
            }
            (status, _) => return Err(Failure::Answer(status)),
        }
        self.tag.clear();
        // A tag that doesn't fit is none: then the next try begins at the beginning.
        let _ = self.tag.push_str(head.header_str("etag").unwrap_or_default());
        loop {
            let piece = response.fill_buf()?;
            if piece.is_empty() {
                break;
            }
            self.flash.write(piece).map_err(|_| Failure::Flash)?;
            self.sha256.update(piece);
            let count = piece.len();
            self.have += count as u64;
            response.consume(count);
            self.show_progress();
        }
        // A body without a length ends where it ends.
        self.length.get_or_insert(self.have);
        Ok(Progress::Whole)
    }

    /// Compares the checksum, and makes the file the new firmware.
    fn verify(
        &mut self,
        online: &mut Online<'_, Modem, Clock>,
        url: &str,
    ) -> Result<Progress, Failure> {
        let mut buffer = [0; 512];
        let mut response = online.get(url, &mut buffer).send()?;
        if !response.is_success() {
            return Err(Failure::Answer(response.status()));
        }
        let expected = response.read_to_str()?.trim();
        let mut found = heapless::String::<64>::new();
        for byte in self.sha256.clone().finalize() {
            // It fits: there are 32 of them.
            let _ = write!(found, "{byte:02x}");
        }
        if found != expected {
            return Err(Failure::Checksum);
        }
        say!("SHA-256 {found}: right");
        self.flash.activate().map_err(|_| Failure::Flash)?;
        say!("the new firmware is in place: {} bytes", self.have);
        Ok(Progress::Activated)
    }

    fn start_over(&mut self) {
        // What is left of it is overwritten all the same.
        let _ = self.flash.erase();
        self.sha256.reset();
        (self.have, self.length, self.shown_percent) = (0, None, 0);
    }

    fn show_progress(&mut self) {
        let Some(length) = self.length else { return };
        let percent = self.have * 100 / length.max(1);
        if percent >= self.shown_percent + 10 {
            self.shown_percent = percent / 10 * 10;
            say!("{:3} %, {} of {length} bytes", self.shown_percent, self.have);
        }
    }
}

/// `Content-Range: bytes 1000-1999/2000`: where it starts, and how long the whole is.
fn content_range(head: ResponseHead<'_>) -> Option<(u64, u64)> {
    let (range, length) =
        head.header_str("content-range")?.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.parse().ok()?, length.parse().ok()?))
}
