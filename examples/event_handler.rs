//! `event_handler`: handlers that report, and a main loop that makes the requests.
//!
//! ```text
//! cargo run --example event_handler --features esp-at                        # all of it simulated
//! cargo run --example event_handler --features esp-at -- --port /dev/ttyUSB0 --ssid … --password …
//! ```
//!
//! A vendor's SDK calls its handlers from a task of its own, or from an interrupt: at a moment when the
//! network can't be used. A request from there is the classic "connection refused" of the ESP8266. Here
//! it doesn't compile. With a handler that does more than to report,
//!
//! ```text
//! board.on_wifi_event(move |_| request(&mut cx));
//! ```
//!
//! the compiler says:
//!
//! ```text
//! error[E0277]: `*const safe_http_client::context::TheLoopContextStaysInTheMainLoop` cannot be sent between threads safely
//!    |
//! 11 |     support::on_got_ip(move || request(&mut cx));
//!    |     ------------------ -------^^^^^^^^^^^^^^^^^
//!    |     |                  |
//!    |     |                  `*const safe_http_client::context::TheLoopContextStaysInTheMainLoop` cannot be sent between threads safely
//!    |     required by a bound introduced by this call
//!    |
//! note: required because it appears within the type `safe_http_client::context::EventHandlersReportThroughLinkEvents`
//! note: required because it appears within the type `LoopContext`
//! ```
//!
//! `board` stands for the board that this runs on; the rest is the same there.

mod board;

use board::{Board, Clock, Demo, Serial, WifiEvent, delay_ms, idle, millis, say, trouble};
use safe_http_client::esp_at::EspAt;
use safe_http_client::{
    Attached, Config, DisconnectReason, ErrorOf, FnClock, LinkEvents, LoopContext, Network,
    Offline, Online, SafeHttpClient,
};
use std::process::ExitCode;

type Modem = EspAt<Serial, Clock>;
type Net<'m> = Attached<&'m mut Modem, &'static LinkEvents>;
type Client<'m, State> = SafeHttpClient<Net<'m>, Clock, State>;

/// All that handlers and main loop share. It can be written from an interrupt.
static EVENTS: LinkEvents = LinkEvents::new();

/// Called by the vendor's Wi-Fi task. It reports, and can do no more than that.
fn on_wifi_event(event: WifiEvent) {
    match event {
        WifiEvent::GotIp(address) => EVENTS.got_ip(address),
        WifiEvent::Disconnected => EVENTS.disconnected(DisconnectReason::Unknown),
    }
}

fn main() -> ExitCode {
    let mut board = Board::new(Demo::Events);
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    board.on_wifi_event(on_wifi_event);

    let clock = FnClock(millis as fn() -> u32);
    let mut modem = EspAt::new(board.serial(), clock).with_idle(idle);
    setup(&mut modem, &mut cx, &board);
    // The link is what the handlers say of it. (The modem itself is a link, too, as the other sketches
    // use it; a vendor's stack has its handlers alone.)
    let behaviour = modem.behaviour();
    let network =
        Attached::new(&mut modem, &EVENTS, behaviour).with_poll(|modem| modem.poll_network());
    let mut client = SafeHttpClient::with_config(network, clock, Config::new().idle(idle));
    let mut greeter = Greeter { url: board.url("/hello"), greeted: false };
    while board.goes_on() {
        client = loop_once(client, &mut cx, &mut greeter, &mut board);
    }
    board.exit_status()
}

/// Says hello whenever the link has come up.
struct Greeter {
    url: String,
    greeted: bool,
}

fn setup(modem: &mut Modem, cx: &mut LoopContext, board: &Board) {
    while let Err(error) = modem.join(cx, board.ssid(), board.password()) {
        trouble!("not on the network: {error}");
        delay_ms(1000);
    }
}

fn loop_once<'m>(
    client: Client<'m, Offline>,
    cx: &mut LoopContext,
    greeter: &mut Greeter,
    board: &mut Board,
) -> Client<'m, Offline> {
    idle();
    let mut online = match client.poll_online(cx) {
        Ok(online) => online,
        Err(failed) => {
            if greeter.greeted {
                say!("a handler reported: the link is gone");
                greeter.greeted = false;
            }
            return failed.client;
        }
    };
    if !greeter.greeted {
        if let Ok(config) = online.link_status().ip_config() {
            say!("a handler reported: the link is up, as {}", config.address);
        }
        match greet(&mut online, cx, &greeter.url) {
            Ok(status) => {
                say!("said hello: {status}");
                board.blink();
                greeter.greeted = true;
            }
            Err(error) => {
                trouble!("said nothing: {error}");
                delay_ms(1000);
            }
        }
    }
    online.into_offline()
}

fn greet<'m>(
    online: &mut Client<'m, Online>,
    cx: &mut LoopContext,
    url: &str,
) -> Result<u16, ErrorOf<Net<'m>>> {
    let mut buffer = [0; 512];
    let mut response = online.post(cx, url, &mut buffer).body(b"hello").send()?;
    response.read_to_end()?;
    Ok(response.status())
}
