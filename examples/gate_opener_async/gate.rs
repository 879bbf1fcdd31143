//! The client of the gate's service in an async program: the rules of `gate_opener`, where each step is awaited.
//! No std, no heap, and no word about the hardware or the network. What those are stands in `board`, the PC's
//! or a chip's; this file is the same on each.

use crate::board::{Board, Phone, say, trouble};
use core::cell::Cell;
use core::fmt::Display;
use embassy_futures::select::{Either, select};
use safe_http_client::asynch::{AsyncNetwork, SafeHttpClient, Timer};
use safe_http_client::{ErrorOf, LoopContext};

/// Who has waited for so long has found another way in: the gate stays shut.
const PATIENCE_MS: u32 = 60_000;
/// Before something that failed is tried again.
const PAUSE_MS: u32 = 1_500;
/// How often the link and the owner's wish are looked at.
const LOOK_MS: u32 = 20;

/// Since when the owner has been waiting.
type Asked = Cell<Option<u32>>;

/// The program: once, from `main`. `join` gets the chip onto the network; where a driver does that by
/// itself, it does nothing.
pub async fn run<N: AsyncNetwork, T: Timer, E: Display>(
    client: SafeHttpClient<N, T>,
    timer: T,
    board: &mut Board,
    phone: &mut Phone,
    join: impl AsyncFnMut(&mut SafeHttpClient<N, T>, &mut LoopContext) -> Result<(), E>,
) {
    let Some(cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let asked = Asked::new(None);
    let app = App { board, cx, client, timer: timer.clone(), asked: &asked, looked: false };
    // The phone is heard whatever the client waits for.
    select(hear(phone, &timer, &asked), app.work(join)).await;
}

/// Hears the owner's phone, and knows when its owner has gone.
async fn hear(phone: &mut Phone, timer: &impl Timer, asked: &Asked) {
    loop {
        let patience = async {
            while !asked.get().is_some_and(|since| has_passed(timer, since, PATIENCE_MS)) {
                timer.sleep_ms(LOOK_MS).await;
            }
        };
        match select(phone.arrived(), patience).await {
            Either::First(()) => {
                say!("the owner's phone is here");
                asked.set(Some(timer.now_ms()));
            }
            Either::Second(()) => {
                trouble!("the owner has waited too long: the gate stays shut");
                asked.set(None);
            }
        }
    }
}

struct App<'a, N: AsyncNetwork, T: Timer> {
    board: &'a mut Board,
    cx: LoopContext,
    client: SafeHttpClient<N, T>,
    timer: T,
    asked: &'a Asked,
    /// The reason was looked for. Once is enough, until the gate has opened.
    looked: bool,
}

impl<N: AsyncNetwork, T: Timer> App<'_, N, T> {
    async fn work<E: Display>(
        mut self,
        mut join: impl AsyncFnMut(&mut SafeHttpClient<N, T>, &mut LoopContext) -> Result<(), E>,
    ) {
        while let Err(error) = join(&mut self.client, &mut self.cx).await {
            trouble!("not on the network: {error}");
            if !self.board.goes_on() {
                return;
            }
            self.look_why().await;
        }
        while self.board.goes_on() {
            if self.client.wait_online(&mut self.cx).await.is_err() {
                continue;
            }
            say!("on the network");
            while self.client.online(&mut self.cx).is_ok() && self.board.goes_on() {
                match self.asked.get() {
                    Some(_) => self.open_gate().await,
                    None => self.timer.sleep_ms(LOOK_MS).await,
                }
            }
            if self.board.goes_on() {
                say!("off the network");
            }
        }
    }

    /// Asks the gate's service, for as long as the owner waits.
    async fn open_gate(&mut self) {
        let Self { board, cx, client, timer, asked, .. } = self;
        let has_gone = async {
            while asked.get().is_some() {
                timer.sleep_ms(LOOK_MS).await;
            }
        };
        // Dropped in the middle, the call is left and its connection closed.
        let answer = match select(ask(client, cx, &board.url("/gate")), has_gone).await {
            Either::First(answer) => answer,
            Either::Second(()) => return,
        };
        match answer {
            Ok(true) => {
                say!("the gate is open");
                self.board.blink();
                self.asked.set(None);
                self.looked = false;
            }
            // The gate is asked again in a moment: to open an open one does nothing.
            Ok(false) => {
                trouble!("something answered, and it isn't the gate");
                self.look_why().await;
            }
            Err(error) => {
                trouble!("the gate isn't open: {error}");
                say!("{}", self.client.diagnosis(&error));
                self.look_why().await;
            }
        }
    }

    /// Which step breaks, from the link to the gate's service?
    async fn look_why(&mut self) {
        if !core::mem::replace(&mut self.looked, true) {
            let url = self.board.url("/gate");
            let report = self.client.diagnose(&mut self.cx, &url).await;
            say!("{report}");
        }
        self.timer.sleep_ms(PAUSE_MS).await;
    }
}

/// Whether the gate says that it is open.
async fn ask<N: AsyncNetwork, T: Timer>(
    client: &mut SafeHttpClient<N, T>,
    cx: &mut LoopContext,
    url: &str,
) -> Result<bool, ErrorOf<N>> {
    let mut buffer = [0; 1024];
    // Only a client that is online has requests.
    let mut online = client.online(cx)?;
    let request = online.post(url, &mut buffer).header("x-key", "secret").body("open");
    let mut response = request.send().await?;
    Ok(response.status() == 200 && response.read_to_end().await? == b"open")
}

fn has_passed(timer: &impl Timer, since: u32, ms: u32) -> bool {
    timer.now_ms().wrapping_sub(since) >= ms
}
