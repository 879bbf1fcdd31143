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
use esp_at::EspAt;
use safe_http_client::{Download, DownloadError, ErrorOf, LoopContext, Online, SafeHttpClient};
use sha2::{Digest, Sha256};
use std::io;
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
    download: Download,
    shown_percent: u64,
}

fn loop_once(client: &mut Client, cx: &mut LoopContext, image: &mut Image, board: &mut Board) {
    let mut online = match client.wait_online(cx) {
        Ok(online) => online,
        Err(error) => return trouble!("{error}"),
    };
    let result = match image.download.is_whole() {
        false => image.fetch(&mut online, &board.url("/firmware.bin")),
        true => image.verify(&mut online, &board.url("/firmware.sha256")),
    };
    match result {
        Ok(Progress::Activated) => board.reboot(),
        Ok(Progress::Whole) => {}
        Err(failure) => {
            match failure {
                Failure::Http(error) => trouble!("{error}"),
                Failure::Download(DownloadError::Changed) => image.start_over(),
                Failure::Download(error) => trouble!("{error}"),
                Failure::Checksum => {
                    trouble!("the SHA-256 is wrong");
                    image.start_over();
                }
                Failure::Flash => trouble!("the flash couldn't be written"),
            }
            say!("{} bytes are here; the rest in a moment", image.download.have());
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
    Download(DownloadError<ErrorOf<Modem>, io::Error>),
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
        Self { flash, sha256: Sha256::new(), download: Download::new(), shown_percent: 0 }
    }

    /// Fetches what is missing, and writes each piece as it comes.
    fn fetch(
        &mut self,
        online: &mut Online<'_, Modem, Clock>,
        url: &str,
    ) -> Result<Progress, Failure> {
        let mut buffer = [0; 2048];
        let mut response = self.download.request(online, url, &mut buffer).send()?;
        loop {
            let Self { flash, sha256, download, shown_percent } = self;
            let saved = download.save(&mut response, flash, |download, piece| {
                sha256.update(piece);
                show_progress(download, shown_percent);
            });
            match saved {
                Ok(()) => return Ok(Progress::Whole),
                Err(DownloadError::StartsOver) => self.start_over(),
                Err(error) => return Err(Failure::Download(error)),
            }
        }
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
            return Err(Failure::Download(DownloadError::Status(response.status())));
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
        say!("the new firmware is in place: {} bytes", self.download.have());
        Ok(Progress::Activated)
    }

    fn start_over(&mut self) {
        // What is left of it is overwritten all the same.
        let _ = self.flash.erase();
        self.sha256.reset();
        self.download.start_over();
        self.shown_percent = 0;
    }
}

fn show_progress(download: &Download, shown_percent: &mut u64) {
    let Some(length) = download.length() else { return };
    let percent = download.have() * 100 / length.max(1);
    if percent >= *shown_percent + 10 {
        *shown_percent = percent / 10 * 10;
        say!("{:3} %, {} of {length} bytes", shown_percent, download.have());
    }
}
