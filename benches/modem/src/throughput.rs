//! Bytes per second of a download, as a share of what the serial line can carry.

use crate::ours::{HOST, Real, URL, Virtual};
use crate::round_trips::firmware;
use crate::table::{table, thousands};
use crate::{Result, nal, ours};
use embedded_io::Read;
use esp8266_sim::{Config, Dialect, Simulator, canned};
use safe_http_client::esp_at::EspAt;
use safe_http_client::{Clock, LoopContext, Network, SafeHttpClient};
use std::time::{Duration, Instant};

const SIZE: usize = 1 << 20;
const BAUDS: [u32; 2] = [115_200, 921_600];
const BUFFERS: [usize; 4] = [512, 1024, 1460, 2048];

/// Of the request and the response's head.
const HEAD: usize = 512;

/// The share of the line's own limit, in percent, that is to be had.
const BAR: f64 = 85.0;

/// What a modem may take before it answers a command.
const TURNAROUND: Duration = Duration::from_millis(1);

/// What a download took.
struct Took {
    time: Duration,
    commands: u64,
    to_modem: u64,
    to_host: u64,
}

impl Took {
    /// Of the line's own limit, in percent.
    fn share(&self, baud: u32) -> f64 {
        SIZE as f64 / self.time.as_secs_f64() / (f64::from(baud) / 10.0) * 100.0
    }
}

pub fn report(cx: &mut LoopContext) -> Result<String> {
    let mut text = format!(
        "## Throughput\n\n\
         A body of {} bytes, from before the connect to its last byte, as a share of what the serial \
         line can carry (a tenth of its baud rate,\n\
         in bytes per second). The time is virtual: the simulator lets each byte take its ten bits on \
         the line, and a look at an empty port half a\n\
         byte's; the processors of host and modem and the network behind it take none. So the share \
         shows what commands and answers between the\n\
         data cost, and no more. The second share is with a modem that takes {} ms before it looks at \
         a command (or at data to send). The buffer is\n\
         the one that the body is read into, and the driver's `RX_BUF`: each read asks the modem for as \
         much. esp-at-nal has buffers of the same size. The bar is {BAR} %\n\
         for `EspAt`.\n\n",
        thousands(SIZE as u64),
        TURNAROUND.as_millis()
    );
    let turnaround = format!("with {} ms", TURNAROUND.as_millis());
    let heads = [
        "firmware",
        "baud",
        "buffer",
        "commands",
        "seconds",
        "bytes/s",
        "share",
        &turnaround,
        "esp-at-nal",
        &turnaround,
        "bar",
    ];
    let mut rows = vec![heads.map(str::to_owned)];
    let mut notes: Vec<String> = Vec::new();
    for dialect in Dialect::ALL {
        for baud in BAUDS {
            for buffer in BUFFERS {
                let case = format!("{}, {baud} baud, {buffer} bytes", firmware(dialect));
                let plain = download(dialect, baud, buffer, Duration::ZERO, cx)
                    .map_err(|why| format!("{case}: {why}"))?;
                let slow = download(dialect, baud, buffer, TURNAROUND, cx)
                    .map_err(|why| format!("{case}: {why}"))?;
                let mut peer =
                    |turnaround| match download_nal(dialect, baud, buffer, turnaround, cx) {
                        Ok(took) => percent(took.share(baud)),
                        Err(why) => {
                            let note = format!("{}, buffer of {buffer}: {why}", firmware(dialect));
                            if !notes.contains(&note) {
                                notes.push(note);
                            }
                            "failed".to_owned()
                        }
                    };
                let (peer_plain, peer_slow) = (peer(Duration::ZERO), peer(TURNAROUND));
                let share = plain.share(baud);
                rows.push([
                    firmware(dialect).into(),
                    thousands(baud.into()),
                    thousands(buffer as u64),
                    thousands(plain.commands),
                    format!("{:.3}", plain.time.as_secs_f64()),
                    thousands((SIZE as f64 / plain.time.as_secs_f64()) as u64),
                    percent(share),
                    percent(slow.share(baud)),
                    peer_plain,
                    peer_slow,
                    if share >= BAR { "kept".into() } else { "below the bar".into() },
                ]);
            }
        }
    }
    text.push_str(&table(&rows, 1));
    text.push('\n');
    if !notes.is_empty() {
        text.push_str(
            "esp-at-nal takes the length in the last `+IPD` for all that waits in the modem. Where the \
             firmware tells the length of each piece, the\nbody's end stays there, and nothing tells \
             of it again:\n\n",
        );
    }
    for note in notes {
        text.push_str(&format!("- {note}\n"));
    }
    text.push_str(&honesty(cx)?);
    Ok(text)
}

fn percent(share: f64) -> String {
    format!("{share:.1} %")
}

fn config(dialect: Dialect, baud: u32, size: usize) -> Config {
    let mut response = format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n").into_bytes();
    response.extend((0..size).map(pattern));
    let mut config =
        Config::new(dialect).booted().baud(baud).peer(HOST, 80, canned(response, false));
    // The simulator's own is a millisecond, which nothing but a modem's work would take.
    config.idle_step = look(baud);
    config
}

/// What a look at an empty port takes in virtual time: half a byte's.
fn look(baud: u32) -> Duration {
    Duration::from_secs_f64(5.0 / f64::from(baud))
}

/// The body's byte at this place.
fn pattern(index: usize) -> u8 {
    (index % 251) as u8
}

fn download(
    dialect: Dialect,
    baud: u32,
    buffer: usize,
    turnaround: Duration,
    cx: &mut LoopContext,
) -> Result<Took> {
    let config = config(dialect, baud, SIZE);
    match buffer {
        512 => {
            let (handle, clock, modem) = ours::joined::<512>(config, turnaround, cx)?;
            timed(modem, &Virtual(clock), &handle, baud, buffer, cx)
        }
        1024 => {
            let (handle, clock, modem) = ours::joined::<1024>(config, turnaround, cx)?;
            timed(modem, &Virtual(clock), &handle, baud, buffer, cx)
        }
        1460 => {
            let (handle, clock, modem) = ours::joined::<1460>(config, turnaround, cx)?;
            timed(modem, &Virtual(clock), &handle, baud, buffer, cx)
        }
        2048 => {
            let (handle, clock, modem) = ours::joined::<2048>(config, turnaround, cx)?;
            timed(modem, &Virtual(clock), &handle, baud, buffer, cx)
        }
        _ => Err("no driver of this size".into()),
    }
}

fn download_nal(
    dialect: Dialect,
    baud: u32,
    buffer: usize,
    turnaround: Duration,
    cx: &mut LoopContext,
) -> Result<Took> {
    let config = config(dialect, baud, SIZE);
    match buffer {
        512 => {
            let (handle, clock, network) = nal::joined::<512>(config, turnaround)?;
            timed(network, &clock, &handle, baud, buffer, cx)
        }
        1024 => {
            let (handle, clock, network) = nal::joined::<1024>(config, turnaround)?;
            timed(network, &clock, &handle, baud, buffer, cx)
        }
        1460 => {
            let (handle, clock, network) = nal::joined::<1460>(config, turnaround)?;
            timed(network, &clock, &handle, baud, buffer, cx)
        }
        2048 => {
            let (handle, clock, network) = nal::joined::<2048>(config, turnaround)?;
            timed(network, &clock, &handle, baud, buffer, cx)
        }
        _ => Err("no adapter of this size".into()),
    }
}

/// A download in virtual time, which is compared with what passed over the line.
fn timed<N: Network>(
    network: N,
    clock: &Virtual,
    handle: &esp8266_sim::Handle,
    baud: u32,
    buffer: usize,
    cx: &mut LoopContext,
) -> Result<Took> {
    handle.clear_log();
    let begin = clock.0.now();
    fetch(network, clock.clone(), SIZE, buffer, cx)?;
    let time = clock.0.now() - begin;
    let stats = handle.stats();
    let took = Took {
        time,
        commands: stats.commands,
        to_modem: stats.bytes_to_modem,
        to_host: stats.bytes_to_host,
    };
    // A clock that runs slower than the line would flatter: no direction carries more than it can.
    let carried = |bytes: u64| bytes as f64 * 10.0 / f64::from(baud);
    let least = carried(took.to_host.max(took.to_modem));
    // The simulator cuts a byte's time to whole nanoseconds.
    if time.as_secs_f64() < least * 0.9999 {
        return Err(format!("{time:?} is less than the {least:.3} s that the bytes take"));
    }
    Ok(took)
}

/// GETs the body and looks at each of its bytes.
fn fetch<N: Network, C: Clock>(
    network: N,
    clock: C,
    size: usize,
    buffer: usize,
    cx: &mut LoopContext,
) -> Result<()> {
    let mut client = SafeHttpClient::new(network, clock);
    let mut online = client.wait_online(cx).map_err(|error| error.to_string())?;
    let mut head = [0; HEAD];
    let mut block = vec![0; buffer];
    let mut response = online
        .get(URL, &mut head)
        .send()
        .map_err(|error| format!("{} in {:?}", error.code(), error.phase))?;
    let mut total = 0;
    loop {
        let count = response
            .read(&mut block)
            .map_err(|error| format!("{} after {total} bytes", error.code()))?;
        if count == 0 {
            break;
        }
        if block[..count].iter().enumerate().any(|(at, &byte)| byte != pattern(total + at)) {
            return Err(format!("another body, after {total} bytes"));
        }
        total += count;
    }
    if total == size { Ok(()) } else { Err(format!("{total} of {size} bytes")) }
}

/// Whether the virtual clock can be believed.
fn honesty(cx: &mut LoopContext) -> Result<String> {
    let mut text = String::from(
        "\nIs virtual time honest? Bytes put straight onto the line and read bare have to take all \
         of it, and a small download has to take as long\n\
         as it does in real time, with the modem in a thread and the machine's clock (which differs \
         from run to run, and is longer on a busy machine):\n\n",
    );
    let heads = ["what", "baud", "bytes", "virtual s", "expected or real s"];
    let mut rows = vec![heads.map(str::to_owned)];
    for baud in BAUDS {
        let (virtual_time, bytes) = bare(baud)?;
        let expected = bytes as f64 * 10.0 / f64::from(baud);
        if (virtual_time / expected - 1.0).abs() > 0.001 {
            return Err(format!(
                "{bytes} bytes at {baud} baud took {virtual_time} virtual seconds"
            ));
        }
        rows.push([
            "bare read".into(),
            thousands(baud.into()),
            thousands(bytes as u64),
            format!("{virtual_time:.3}"),
            format!("{expected:.3} expected"),
        ]);
    }
    for (baud, size) in [(BAUDS[0], 16 << 10), (BAUDS[1], 128 << 10)] {
        let (virtual_time, real) = twice(baud, size, cx)?;
        if real < virtual_time * 0.98 {
            return Err(format!(
                "{size} bytes at {baud} baud took {virtual_time:.3} virtual seconds, {real:.3} real"
            ));
        }
        rows.push([
            "download, EspAt".into(),
            thousands(baud.into()),
            thousands(size as u64),
            format!("{virtual_time:.3}"),
            format!("{real:.3} real"),
        ]);
    }
    text.push_str(&table(&rows, 1));
    text.push('\n');
    Ok(text)
}

/// Virtual seconds of bytes that the modem says without a pause, and how many they are.
fn bare(baud: u32) -> Result<(f64, usize)> {
    let bytes = vec![b'x'; 64 << 10];
    let (handle, mut port, clock) =
        Simulator::lockstep(Config::new(Dialect::EspAt2).booted().baud(baud));
    handle.inject(&bytes);
    let mut heard = vec![0; bytes.len()];
    let begin = clock.now();
    port.read_exact(&mut heard).map_err(|error| format!("a bare read: {error:?}"))?;
    if heard != bytes {
        return Err("a bare read gave other bytes".into());
    }
    Ok(((clock.now() - begin).as_secs_f64(), bytes.len()))
}

/// Virtual and real seconds of the same download.
fn twice(baud: u32, size: usize, cx: &mut LoopContext) -> Result<(f64, f64)> {
    let config = config(Dialect::EspAt2, baud, size);
    let (_handle, clock, modem) = ours::joined::<2048>(config.clone(), Duration::ZERO, cx)?;
    let begin = clock.now();
    fetch(modem, Virtual(clock.clone()), size, 2048, cx)?;
    let virtual_time = (clock.now() - begin).as_secs_f64();

    let (_handle, port) = Simulator::spawn(config);
    let clock = Real(Instant::now());
    let mut modem = EspAt::<_, _, 2048>::with_rx_buf(port, clock);
    modem.join(cx, "sim", "simsimsim").map_err(|error| format!("join in real time: {error}"))?;
    let begin = Instant::now();
    fetch(modem, clock, size, 2048, cx).map_err(|why| format!("in real time: {why}"))?;
    Ok((virtual_time, begin.elapsed().as_secs_f64()))
}
