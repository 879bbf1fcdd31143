//! `event_handler`: handlers that report, and a main loop that makes the requests.
//!
//! ```text
//! cargo run --example event_handler                        # all of it simulated
//! cargo run --example event_handler -- --port /dev/ttyUSB0 --ssid … --password …
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
//! error[E0277]: `*const nal_link::context::TheLoopContextStaysInTheMainLoop` cannot be sent between threads safely
//!    |
//! 11 |     support::on_got_ip(move || request(&mut cx));
//!    |     ------------------ -------^^^^^^^^^^^^^^^^^
//!    |     |                  |
//!    |     |                  `*const nal_link::context::TheLoopContextStaysInTheMainLoop` cannot be sent between threads safely
//!    |     required by a bound introduced by this call
//!    |
//! note: required because it appears within the type `nal_link::context::EventHandlersReportThroughLinkEvents`
//! note: required because it appears within the type `LoopContext`
//! ```
//!
//! `board` stands for the board that this runs on; the rest is the same there.

mod board;

use board::{Board, Clock, Demo, Serial, WifiEvent, delay_ms, idle, say, trouble};
use esp_at::EspAt;
use safe_http_client::{
    DisconnectReason, ErrorOf, LinkEvents, LoopContext, NalNetwork, Network, Online, SafeHttpClient,
};
use std::process::ExitCode;

type Modem = EspAt<Serial, Clock>;
type Net = NalNetwork<Modem, &'static LinkEvents>;

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

    let mut modem = EspAt::new(board.serial(), Clock);
    while let Err(error) = modem.join(&mut cx, board.ssid(), board.password()) {
        trouble!("not on the network: {error}");
        delay_ms(1000);
    }
    // The link is what the handlers say of it. (The modem itself is a link, too, as the other sketches
    // use it; a vendor's stack has its handlers alone.)
    let quirks = modem.quirks();
    let network =
        NalNetwork::new(modem, &EVENTS, quirks).with_poll(|modem, _link| modem.poll_network());
    let mut client = SafeHttpClient::new(network, Clock);
    let url = board.url("/hello");
    // Hello was said since the link came up last.
    let mut greeted = false;
    while board.goes_on() {
        idle();
        let mut online = match client.online(&mut cx) {
            Ok(online) => online,
            Err(_) => {
                if greeted {
                    say!("a handler reported: the link is gone");
                    greeted = false;
                }
                continue;
            }
        };
        if greeted {
            continue;
        }
        if let Ok(config) = online.client().link_status().ip_config() {
            say!("a handler reported: the link is up, as {}", config.address);
        }
        match greet(&mut online, &url) {
            Ok(status) => {
                say!("said hello: {status}");
                board.blink();
                greeted = true;
            }
            Err(error) => {
                trouble!("said nothing: {error}");
                delay_ms(1000);
            }
        }
    }
    board.exit_status()
}

fn greet(online: &mut Online<'_, Net, Clock>, url: &str) -> Result<u16, ErrorOf<Net>> {
    let mut buffer = [0; 512];
    let mut response = online.post(url, &mut buffer).body(b"hello").send()?;
    response.read_to_end()?;
    Ok(response.status())
}
