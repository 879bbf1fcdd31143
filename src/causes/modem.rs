//! Causes that lie in the modem and its serial line.

/// Cause 18, `modem_memory`: there is too little memory, as a rule for TLS.
///
/// # Symptom
///
/// http works, https doesn't; or https works once after power-on and then no more.
///
/// - This crate: code `connect_failed` in the phase `connect`, with https.
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), or a reset.
/// - AT firmware: `ERROR` from `AT+CIPSTART` with `"SSL"`.
///
/// # What happens
///
/// TLS needs memory that an ESP8266 hardly has. A record may be 16 kB long, and the receiver has to hold a
/// whole one. BearSSL on the Arduino core takes about 16 kB for the buffer and 6 kB for its stack
/// ([esp8266/Arduino 7326](https://github.com/esp8266/Arduino/issues/7326)), in one piece: where the heap is
/// fragmented, more free memory doesn't help. Without it the handshake fails and reads "connection refused"
/// ([4899](https://github.com/esp8266/Arduino/issues/4899)).
///
/// # How the crate tells
///
/// Where the stack says that memory ran out it is **likely**. `EspAt` asks ESP-AT 2.x for its free memory
/// (`AT+SYSRAM?`) before a TLS connection and after one that has failed, and says so where there is too
/// little for a handshake. Other modems say only that the connect failed. For https, `diagnose` then tries
/// the port without TLS: if that opens, this is **possible**, behind
/// [`tls_mismatch`](crate::causes::tls_mismatch). How much memory a handshake needs depends on the server's
/// certificates, so it is never certain that there is enough.
///
/// This crate itself allocates nothing: its own needs are the buffer that the request is given.
///
/// # What to do
///
/// Close other connections. Use http in a network that you trust. On the server: an ECDSA certificate, a
/// short chain, and small records (nginx: `ssl_buffer_size 4k;`).
///
/// ```no_run
/// # use {core::time::Duration, safe_http_client::*};
/// # fn f<N: Network, C: Clock>(network: N, clock: C) {
/// // One connection at a time, and none that is kept: its memory is free for the next handshake.
/// let config = Config::new().keep_alive(Duration::ZERO);
/// let client = SafeHttpClient::with_config(network, clock, config);
/// # let _ = client;
/// # }
/// ```
///
/// Arduino: ask the server for small records, and make the client once.
///
/// ```cpp
/// BearSSL::WiFiClientSecure client; // global: allocated once, before the heap is in pieces
///
/// void setup() {
///   // ... after Wi-Fi is up
///   if (client.probeMaxFragmentLength("gate.example", 443, 1024)) client.setBufferSizes(1024, 1024);
///   Serial.printf("free %u, in one piece %u\n", ESP.getFreeHeap(), ESP.getMaxFreeBlockSize());
/// }
/// ```
///
/// # The error
///
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect) or [`ErrorKind::Socket`](crate::ErrorKind::Socket),
/// with [`StackFault::OutOfMemory`](crate::StackFault::OutOfMemory).
/// [`Cause::ModemMemory`](crate::Cause::ModemMemory).
pub mod modem_memory {}

/// Cause 22, `modem_reset`: the modem has reset itself in the middle of it.
///
/// # Symptom
///
/// Requests break off at random, more often the farther away the access point is. All connections are gone
/// at once, and the Wi-Fi is joined anew.
///
/// - This crate: `send_failed`, `receive_failed` or `connect_failed`, with the stack's error `ModemReset`.
/// - AT firmware: `ready` out of nowhere, often behind bytes that make no sense: the boot ROM prints at
///   another baud rate.
/// - Arduino: the sketch itself starts anew; the boot line has `rst cause:` and a number.
///
/// # What happens
///
/// As a rule the supply. The radio draws several 100 mA in pulses when it sends. A regulator that is too
/// weak, a thin wire or a breadboard lets the voltage droop, and the chip resets. It does so while sending:
/// so it looks like a fault of the network.
///
/// In [nodemcu-firmware 566](https://github.com/nodemcu/nodemcu-firmware/issues/566) the Wi-Fi is lost after
/// the first page; the answers name the supply, at least 100 uF right at the module, and regulators that
/// don't hold what their label says.
///
/// Other resets: a watchdog in the firmware, or a line on the RST pin that picks up noise.
///
/// # How the crate tells
///
/// The driver sees the modem's `ready`, which nobody asked for: **certain** that it has reset. *Why* isn't
/// seen; that it is the supply is experience.
///
/// # What to do
///
/// - 3.3 V from a regulator of 500 mA or more; not from the 3.3 V pin of a USB-serial adapter.
/// - 100 uF or more, and 100 nF, right at the module's pins.
/// - Short, thick wires; grounds joined in one place.
/// - EN and RST to 3.3 V with 10 kOhm.
///
/// The driver starts the modem again by itself and joins again. The request that broke may have reached the
/// server: send it again only if twice does no harm.
///
/// ```no_run
/// # #[cfg(feature = "esp-at")]
/// # fn f<S: safe_http_client::esp_at::Serial, C: safe_http_client::Clock>(
/// #     modem: &safe_http_client::esp_at::EspAt<S, C>,
/// # ) {
/// if modem.resets() > 0 {
///     println!("{} resets: look at the supply", modem.resets());
/// }
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// Serial.println(ESP.getResetReason()); // "External System", "Hardware Watchdog", "Exception", ...
/// Serial.println(ESP.getResetInfo());
/// ```
///
/// # The error
///
/// [`ErrorKind::Send`](crate::ErrorKind::Send), [`ErrorKind::Receive`](crate::ErrorKind::Receive) or
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect), with
/// [`StackFault::ModemReset`](crate::StackFault::ModemReset).
/// [`Cause::ModemReset`](crate::Cause::ModemReset).
pub mod modem_reset {}

/// Cause 23, `modem_unresponsive`: the modem is busy or silent.
///
/// # Symptom
///
/// - This crate: the stack's error `NoAnswer`, "the modem doesn't answer (wiring, supply or baud rate)", or
///   `Wedged`; or a deadline that ran out while the modem was still busy with something older.
/// - AT firmware: nothing at all, bytes that make no sense, or `busy p...` to everything.
/// - Arduino: a sketch *on* the ESP8266 has no modem. With an AT library on another board: time-outs.
///
/// # What happens
///
/// *Silent:* TX and RX aren't crossed, the grounds aren't joined, EN isn't high, the supply is too weak, or
/// the baud rate is another one. Stock ESP-AT 2.x answers on GPIO15 and GPIO13, not on the pins that NonOS
/// AT uses.
///
/// *Busy:* the firmware does one thing at a time and can't be interrupted. A connect to a dead host takes
/// it 10 to 15 s, with TLS up to 45 s, a join up to 15 s, without a setting for less
/// ([esp-at 139](https://github.com/espressif/esp-at/issues/139)). Until then everything is answered with
/// `busy p...` ([388](https://github.com/espressif/esp-at/issues/388)). A connect to a *name* can hang for
/// good ([ESP8266_NONOS_SDK 314](https://github.com/espressif/ESP8266_NONOS_SDK/issues/314)); `EspAt`
/// resolves first and connects by address.
///
/// # How the crate tells
///
/// No answer at all, or `busy` for longer than anything takes: **certain**. A deadline that ran out while the
/// modem was still busy: **likely**, since the request itself never got its turn. A connect that was never
/// dialled, or a link that is down and gives no reason: **possible**.
///
/// # What to do
///
/// Open the port in a terminal: 115200 baud, 8 data bits, no parity, 1 stop bit, CR LF. Type `AT`: it answers
/// `OK`. Garbage means another baud rate, nothing means wiring, supply or EN.
///
/// ```no_run
/// # #[cfg(feature = "esp-at")]
/// # fn f<S: safe_http_client::esp_at::Serial, C: safe_http_client::Clock>(
/// #     modem: &safe_http_client::esp_at::EspAt<S, C>,
/// # ) {
/// if modem.is_silent() {
///     println!("wiring, supply, EN, baud rate");
/// } else if modem.is_draining() {
///     println!("still busy with a connect that was given up: up to 15 s, with TLS 45 s");
/// }
/// println!("{}", modem.last_answer().escape_ascii());
/// # }
/// ```
///
/// With a [`connect_timeout`](crate::Config::connect_timeout) longer than the firmware takes (15 s, with TLS
/// 45 s) a connect isn't given up before the firmware is through with it.
///
/// Arduino, on the board that has the modem at `Serial1`:
///
/// ```cpp
/// Serial1.begin(115200);
/// Serial1.print("AT\r\n");
/// delay(500);
/// while (Serial1.available()) Serial.write(Serial1.read()); // OK
/// ```
///
/// # The error
///
/// Any that reaches the stack, with [`StackFault::ModemSilent`](crate::StackFault::ModemSilent),
/// [`StackFault::ModemHung`](crate::StackFault::ModemHung) or
/// [`StackFault::Busy`](crate::StackFault::Busy).
/// [`Cause::ModemUnresponsive`](crate::Cause::ModemUnresponsive).
pub mod modem_unresponsive {}

/// Cause 24, `modem_sleep`: the radio slept, and a packet was lost or late.
///
/// # Symptom
///
/// Now and then a request runs into a deadline, without a pattern. Pings to the chip take from 5 to 300 ms,
/// or some get no answer.
///
/// - This crate: `response_timeout` or `idle_timeout`, sometimes `connect_timeout`.
/// - Arduino: -11, "read Timeout", or -1, now and then. Others can't reach the chip after a while.
///
/// # What happens
///
/// A station switches its radio off between the access point's beacons, and the access point keeps its
/// packets until it wakes. That is the default (*modem sleep*). Some access points drop what they should
/// keep, broadcasts first: the question for the chip's hardware address (ARP) stays unanswered, and the
/// chip is unreachable.
///
/// In [esp8266/Arduino 2330](https://github.com/esp8266/Arduino/issues/2330) and
/// [5998](https://github.com/esp8266/Arduino/issues/5998) `WIFI_NONE_SLEEP` helps; not for everybody. A sleep
/// that is *forced* closes the connections: after `forceSleepWake` the chip has to join the Wi-Fi and to
/// connect anew ([2526](https://github.com/esp8266/Arduino/issues/2526)).
///
/// # How the crate tells
///
/// It can't see a packet that never came. After a response that timed out it is named as **possible**. It
/// stays that even where the stack says that the radio sleeps
/// ([`StackStatus::radio_sleeps`](crate::StackStatus)), right behind
/// [`slow_server`](crate::causes::slow_server). To find out, switch the sleep off for a day.
///
/// # What to do
///
/// Switch it off while requests are made, where the supply allows for about 70 mA. Else try again: with a
/// new connection, after a second.
///
/// ```no_run
/// # #[cfg(feature = "esp-at")]
/// # fn f<S: safe_http_client::esp_at::Serial, C: safe_http_client::Clock>(
/// #     mut modem: safe_http_client::esp_at::EspAt<S, C>, mut cx: safe_http_client::LoopContext,
/// # ) -> Result<(), safe_http_client::esp_at::EspAtError> {
/// use safe_http_client::esp_at::{Setting, Sleep};
/// modem.set(&mut cx, Setting::Sleep(Sleep::Off))?;
/// # Ok(()) }
/// ```
///
/// Arduino:
///
/// ```cpp
/// WiFi.mode(WIFI_STA);
/// WiFi.setSleepMode(WIFI_NONE_SLEEP);
/// WiFi.begin(ssid, password);
/// ```
///
/// # The error
///
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) of
/// [`Deadline::Response`](crate::Deadline::Response), [`Deadline::Idle`](crate::Deadline::Idle) or
/// [`Deadline::Total`](crate::Deadline::Total). [`Cause::ModemSleep`](crate::Cause::ModemSleep).
pub mod modem_sleep {}

/// Cause 27, `serial_line`: bytes are lost or changed between chip and modem.
///
/// # Symptom
///
/// Short responses arrive, longer ones break. At a lower baud rate all is well.
///
/// - This crate: the stack's error `Corrupted`, "bytes were lost or added on the serial line", `Overrun` or
///   `Serial`; or `malformed_response`, where the loss wasn't noticed below.
/// - Arduino: a sketch *on* the ESP8266 has no such line. With an AT library on another board: missing
///   pieces, parsers that hang.
///
/// # What happens
///
/// At 115,200 baud a byte comes every 87 µs. A UART without a buffer holds one or two: a program that is
/// somewhere else for longer, in an interrupt, a log line, a flash write, loses the next. SoftwareSerial
/// loses some at this rate even if nothing else runs. Long wires, a missing ground and 5 V levels change
/// bits.
///
/// # How the crate tells
///
/// In passive mode the modem says how many bytes follow, and what has to stand behind them. If it doesn't,
/// bytes were lost: **likely** here, since TCP lets none be lost on the way. Where data comes unasked (active
/// mode) a loss isn't always noticed, and a changed bit never is. It then looks like
/// [`bad_response`](crate::causes::bad_response) or [`not_http`](crate::causes::not_http), behind which it is
/// named as **possible**.
///
/// # What to do
///
/// Receive in the UART's interrupt, into a ring.
///
/// ```no_run
/// # #[cfg(feature = "esp-at")]
/// # {
/// use safe_http_client::esp_at::SerialRx;
///
/// static RX: SerialRx<512> = SerialRx::new();
///
/// fn uart_interrupt() {
///     # fn read_data_register() -> u8 { 0 }
///     RX.push(read_data_register()); // the first thing that the interrupt does
/// }
/// # let _ = uart_interrupt;
/// # }
/// ```
///
/// Join the grounds, keep the wires below 20 cm, and use 3.3 V levels. Then lower the baud rate:
/// `set_baud_rate` of the driver, or `AT+UART_CUR=57600,8,1,0,0`.
///
/// Arduino, on the board that has the modem: a hardware port, with a larger buffer where the core has one.
///
/// ```cpp
/// Serial1.setRxBufferSize(1024); // before begin(); where the core has it, as that of the ESP32
/// Serial1.begin(115200);         // not SoftwareSerial
/// ```
///
/// # The error
///
/// [`ErrorKind::Receive`](crate::ErrorKind::Receive) or [`ErrorKind::Send`](crate::ErrorKind::Send), with
/// [`StackFault::SerialGarbled`](crate::StackFault::SerialGarbled).
/// [`Cause::SerialLine`](crate::Cause::SerialLine).
pub mod serial_line {}

/// Cause 34, `firmware`: the modem's firmware is too old, or of another kind.
///
/// # Symptom
///
/// The modem answers, and nothing works that goes beyond `AT`.
///
/// - This crate: with `EspAt`, an error at the start that names the version.
/// - Arduino: the same with libraries that drive an ESP8266 by AT commands: "ESP module not found", or
///   timeouts.
/// - AT firmware: a version such as `0018000902` (0.9.2) from `AT+GMR`; unknown commands get a line without
///   `OK`, or `ERROR`.
///
/// # What happens
///
/// Modules are sold with whatever firmware was at hand: AT 0.9 of 2014, AT 0.40, NodeMCU's Lua, or a firmware
/// of the board's maker. Each has its own commands, and its own answers to the same ones.
///
/// # How the crate tells
///
/// It asks `AT+GMR`. A modem that answers, and names a version that is too old or none at all, makes it
/// **certain**.
///
/// # What to do
///
/// Flash a known firmware: Espressif's NonOS AT 1.7.4, or ESP-AT 2.2 and up for the ESP8266.
///
/// ```no_run
/// use safe_http_client::Cause;
/// println!("{}: {}", Cause::Firmware.number(), Cause::Firmware);
/// ```
///
/// `esptool.py write_flash` writes it, with GPIO0 at ground while the chip starts. The files' addresses stand
/// in the firmware's own README, and depend on the flash's size.
///
/// Arduino: on the ESP8266 itself there is no AT firmware; the sketch replaces it.
///
/// ```cpp
/// Serial.println(ESP.getSdkVersion());
/// ```
///
/// # The error
///
/// The driver's own, as [`StackFault`](crate::StackFault). [`Cause::Firmware`](crate::Cause::Firmware).
pub mod firmware {}
