//! What the drivers occupy.

use crate::nal::{MESSAGES, Messages};
use crate::table::{table, thousands};
use atat::blocking::Client;
use atat::{AtDigester, Ingress, ResponseSlot, UrcChannel};
use embedded_io::ErrorKind;
use esp_at_nal::wifi::Adapter;
use fugit_timer::{Timer, TimerDurationU32, TimerInstantU32};
use safe_http_client::Clock;
use safe_http_client::esp_at::EspAt;

/// A port, a clock and a timer without a size: what is left is the driver.
struct Nothing;

impl embedded_io::ErrorType for Nothing {
    type Error = ErrorKind;
}

impl embedded_io::Read for Nothing {
    fn read(&mut self, _: &mut [u8]) -> Result<usize, ErrorKind> {
        Ok(0)
    }
}

impl embedded_io::ReadReady for Nothing {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        Ok(false)
    }
}

impl embedded_io::Write for Nothing {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl embedded_io_06::ErrorType for Nothing {
    type Error = embedded_io_06::ErrorKind;
}

impl embedded_io_06::Write for Nothing {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, embedded_io_06::ErrorKind> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), embedded_io_06::ErrorKind> {
        Ok(())
    }
}

impl Clock for Nothing {
    fn now_ms(&self) -> u32 {
        0
    }
}

impl Timer<1000> for Nothing {
    type Error = ();

    fn now(&mut self) -> TimerInstantU32<1000> {
        TimerInstantU32::from_ticks(0)
    }

    fn start(&mut self, _: TimerDurationU32<1000>) -> Result<(), ()> {
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), ()> {
        Ok(())
    }

    fn wait(&mut self) -> nb::Result<(), ()> {
        Ok(())
    }
}

/// An answer without data; those go another way.
const ANSWER: usize = 64;

/// `+CIPRECVDATA,2048:` and the `OK` behind the data.
const AROUND_DATA: usize = 32;

type AtClient = Client<'static, Nothing, ANSWER>;

fn row<const SIZE: usize>() -> [String; 5] {
    let ours = size_of::<EspAt<Nothing, Nothing, SIZE>>();
    let adapter = size_of::<Adapter<'static, AtClient, Nothing, 1000, SIZE, SIZE, MESSAGES>>();
    let channel = size_of::<UrcChannel<Messages<SIZE>, MESSAGES, 1>>();
    let parser = size_of::<
        Ingress<'static, AtDigester<Messages<SIZE>>, Messages<SIZE>, ANSWER, MESSAGES, 1>,
    >();
    let buffers = size_of::<ResponseSlot<ANSWER>>() + parser + SIZE + (SIZE + AROUND_DATA);
    [SIZE, ours, adapter, channel + buffers, adapter + channel + buffers]
        .map(|size| thousands(size as u64))
}

pub fn report() -> String {
    let heads = [
        "buffers of",
        "EspAt",
        "esp-at-nal's Adapter",
        "what it needs beside it",
        "esp-at-nal in all",
    ];
    let mut rows = vec![heads.map(str::to_owned)];
    rows.extend([row::<512>(), row::<1024>(), row::<1460>(), row::<2048>()]);
    format!(
        "## Memory\n\n\
         `size_of` on this machine of {} bits, in bytes; ports, clocks and timers have no size. The \
         buffer is `RX_BUF` of `EspAt` (1,024 unless\n\
         told otherwise), where a read's data lie until none of them is lost, and those that come \
         unasked; and `TX_SIZE` and `RX_SIZE` of\n\
         the `Adapter`, with atat's own client. Beside it, it needs atat's channel of {MESSAGES} \
         messages, each with room for the data of a read; a buffer to\n\
         write commands from ({} at most), one to parse from (`RX_SIZE` and {AROUND_DATA}), atat's \
         `Ingress` and an answer of {ANSWER} bytes.\n\n{}",
        usize::BITS,
        "`TX_SIZE`",
        table(&rows, 0)
    )
}
