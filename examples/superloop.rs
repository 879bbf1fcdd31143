//! `superloop`: downloads, posts and looks why, one after the other, and waits for none of it.
//!
//! ```text
//! cargo run --example superloop                          # all of it simulated
//! cargo run --example superloop -- --fault slow-server   # and something goes wrong
//! cargo run --example superloop -- --port /dev/ttyUSB0 --ssid … --password …
//! ```
//!
//! Client, token and call are fields of one struct, which stays where it is: a turn of the loop does what
//! can be done now. How many turns passed during each piece of work is what it prints. `board` stands for
//! the board that this runs on; the rest is the same there.

mod board;

use board::{Board, Clock, Demo, Serial, delay_ms, say, trouble};
use esp_at::EspAt;
use safe_http_client::{Call, ErrorOf, LoopContext, Probe, SafeHttpClient, nb};
use std::process::ExitCode;

type Modem = EspAt<Serial, Clock>;

fn main() -> ExitCode {
    let mut board = Board::new(Demo::Superloop);
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let mut modem = EspAt::new(board.serial(), Clock);
    // The one thing that waits: before the loop begins.
    while let Err(error) = modem.join(&mut cx, board.ssid(), board.password()) {
        trouble!("not on the network: {error}");
        delay_ms(1000);
    }
    let client = SafeHttpClient::new(modem, Clock);
    let mut app = App { board, cx, client, work: Work::Nothing, turns: 0, received: 0 };
    while app.board.goes_on() {
        app.turn();
    }
    app.board.exit_status()
}

struct App {
    board: Board,
    cx: LoopContext,
    client: SafeHttpClient<Modem, Clock>,
    work: Work,
    /// Turns of the loop since this piece of work began.
    turns: u32,
    /// Bytes of the download so far.
    received: usize,
}

#[allow(clippy::large_enum_variant, reason = "there is one of them, and nowhere to box it")]
enum Work {
    Nothing,
    Downloading(Call<'static, [u8; 1024]>),
    Posting(Call<'static, [u8; 1024]>),
    Looking(Probe<[u8; 512]>),
}

impl App {
    fn turn(&mut self) {
        // Here it samples, blinks, and hears its buttons.
        self.board.heartbeat();
        self.turns += 1;
        match self.go_on() {
            Ok(()) | Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => {
                trouble!("{error}");
                self.look_why();
            }
        }
    }

    /// One step of the work, as far as it goes without waiting.
    fn go_on(&mut self) -> nb::Result<(), ErrorOf<Modem>> {
        let Self { client, cx, .. } = self;
        match &mut self.work {
            Work::Nothing => {
                let call = self.start_download()?;
                self.received = 0;
                self.begin(Work::Downloading(call));
            }
            Work::Downloading(call) => match call.poll_fill_buf(client, cx)?.len() {
                0 => {
                    say!("downloaded {} bytes in {} turns", self.received, self.turns);
                    let call = self.start_post()?;
                    self.begin(Work::Posting(call));
                }
                count => {
                    self.received += count;
                    call.consume(client, count);
                }
            },
            Work::Posting(call) => {
                call.poll_read_to_end(client, cx)?;
                let status = call.status().unwrap_or_default();
                say!("posted in {} turns: {status}", self.turns);
                self.look_why();
            }
            Work::Looking(probe) => {
                if probe.poll(client, cx).is_ok() {
                    say!("{}", probe.report());
                    say!("looked why in {} turns", self.turns);
                    self.board.blink();
                    self.begin(Work::Nothing);
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, work: Work) {
        (self.work, self.turns) = (work, 0);
    }

    fn start_download(&mut self) -> Result<Call<'static, [u8; 1024]>, ErrorOf<Modem>> {
        let mut online = self.client.online(&mut self.cx)?;
        online.get(&self.board.url("/image"), [0; 1024]).start()
    }

    /// The text is copied into the call's buffer: it isn't here any more when it is sent.
    fn start_post(&mut self) -> Result<Call<'static, [u8; 1024]>, ErrorOf<Modem>> {
        let text = format!("{} bytes came", self.received);
        let mut online = self.client.online(&mut self.cx)?;
        online.post(&self.board.url("/readings"), [0; 1024]).copy_body(&text).start()
    }

    fn look_why(&mut self) {
        let probe = self.client.start_probe(&self.board.url("/"), [0; 512]);
        self.begin(Work::Looking(probe));
    }
}
