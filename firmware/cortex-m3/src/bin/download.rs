//! A large body, received while the modem's UART interrupts all the time: not a byte is lost.
//! Each button press fetches it once.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use cortex_m3_firmware::board::{Board, Clock, Serial, millis};
use esp_at::EspAt;
use safe_http_client::{ErrorOf, LoopContext, SafeHttpClient, nb};

type Modem = EspAt<Serial, Clock>;
type Client = SafeHttpClient<Modem, Clock>;

#[entry]
fn main() -> ! {
    let mut board = Board::new();
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let mut modem = EspAt::new(board.serial(), Clock);
    match modem.join(&mut cx, board.ssid(), board.password()) {
        Ok(config) => defmt::info!("joined: {}", config),
        Err(error) => panic!("not joined: {error}"),
    }
    let mut client = SafeHttpClient::new(modem, Clock);
    loop {
        while !board.phone_arrived() {
            board.heartbeat();
        }
        let begin = millis();
        match download(&mut client, &mut cx, &mut board) {
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
fn download(
    client: &mut Client,
    cx: &mut LoopContext,
    board: &mut Board,
) -> Result<(usize, u32), ErrorOf<Modem>> {
    let mut piece = [0; 1024];
    let mut call = client.online(cx)?.get(&board.url("/large"), [0; 1024]).start()?;
    let (mut bytes, mut sum) = (0, u32::MAX);
    loop {
        match call.poll_read(client, cx, &mut piece) {
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
