//! A large body, received while the modem's UART interrupts all the time: not a byte is lost.
//! Each button press fetches it once.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use cortex_m3_firmware::board::{Board, Serial, millis};
use safe_http_client::esp_at::{EspAt, Join};
use safe_http_client::{ErrorOf, FnClock, LoopContext, Online, SafeHttpClient, nb};

type Clock = FnClock<fn() -> u32>;
type Modem = EspAt<Serial, Clock>;
type Client<'m> = SafeHttpClient<&'m mut Modem, Clock, Online>;

#[entry]
fn main() -> ! {
    let mut board = Board::new();
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let clock = FnClock(millis as fn() -> u32);
    let mut modem = EspAt::new(board.serial(), clock);
    let join = Join::new(board.ssid(), board.password());
    match modem.join_with(&mut cx, join) {
        Ok(config) => defmt::info!("joined: {}", config),
        Err(error) => panic!("not joined: {error}"),
    }
    let client = SafeHttpClient::new(&mut modem, clock);
    let mut online = match client.wait_online(&mut cx) {
        Ok(online) => online,
        Err(failed) => panic!("not online: {}", failed.error),
    };
    loop {
        while !board.phone_arrived() {
            board.heartbeat();
        }
        let begin = millis();
        match download(&mut online, &mut cx, &mut board) {
            Ok((bytes, sum)) => defmt::info!(
                "downloaded {=usize} bytes, CRC-32 {=u32:08x}, in {=u32} ms",
                bytes,
                sum,
                millis().wrapping_sub(begin)
            ),
            // As the library formats it, not as text.
            Err(error) => defmt::warn!("failed: {}", error),
        }
        board.blink();
    }
}

/// Fetches the body in pieces; its length and checksum.
fn download<'m>(
    online: &mut Client<'m>,
    cx: &mut LoopContext,
    board: &mut Board,
) -> Result<(usize, u32), ErrorOf<&'m mut Modem>> {
    let (mut buffer, mut piece) = ([0; 1024], [0; 1024]);
    let url = board.url("/large");
    let mut exchange = online.get(cx, url.as_str(), &mut buffer).start()?;
    let (mut bytes, mut sum) = (0, u32::MAX);
    loop {
        match exchange.poll_read(cx, &mut piece) {
            Ok(0) => return Ok((bytes, !sum)),
            Ok(count) => {
                bytes += count;
                sum = piece.iter().take(count).fold(sum, crc32);
            }
            Err(nb::Error::WouldBlock) => board.heartbeat(),
            Err(nb::Error::Other(error)) => return Err(error),
        }
    }
}

/// A byte more in the checksum of Ethernet and ZIP.
fn crc32(sum: u32, byte: &u8) -> u32 {
    (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
}
