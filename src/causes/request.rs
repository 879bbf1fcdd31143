//! Causes that lie in the request itself.

/// Cause 1, `event_handler`: the request was made from an event handler, a ticker or an interrupt.
///
/// # Symptom
///
/// The same request works in the main loop and fails in a handler. The server never sees a request.
///
/// - This crate: it doesn't compile. The compiler says that `*const TheLoopContextStaysInTheMainLoop`
///   "cannot be sent between threads safely".
/// - Arduino: `GET()` returns -1 within a few milliseconds, "connection refused" (core 3.x: "connection
///   failed"), while its timeout is 5 s. Or the sketch resets: a panic in `__yield`, `Soft WDT reset`,
///   `Exception (9)`.
///
/// # What happens
///
/// The ESP8266 has one core and two contexts. The SDK's own, `sys`, runs Wi-Fi, lwIP's callbacks, `Ticker`
/// and the event handlers. The sketch's `setup()` and `loop()` run in the other, on a stack of their own.
///
/// A connect sends its first packet and then suspends the sketch until the answer is in. Only the sketch's
/// context can be suspended. In a handler the wait returns at once, or spins in the very context that
/// would take the packet in. Either way the connection isn't there when it is looked at, and is given up:
/// `:ctmo` and `:abort` in the core's debug output. Nobody has refused anything.
///
/// Shown over the real lwIP (`conformance/lwip`, `event_handler`): a connect that waits for 5,000 ms in lwIP's
/// own callback isn't there at the end of it, though the server answers in the first millisecond; it is there
/// 2 ms after the callback has returned. The same request in the main loop: status 200 after 6 ms.
///
/// Handlers of that kind are those of `WiFi.onStationModeGotIP` and others like it, `Ticker::attach` and
/// `once`, `os_timer`, all that ESPAsyncWebServer and ESPAsyncTCP call, and interrupts. Handlers of
/// `ESP8266WebServer` aren't: `handleClient()` calls them from the loop.
///
/// Seen in [esp8266/Arduino 3193](https://github.com/esp8266/Arduino/issues/3193) (a `Ticker`),
/// [3679](https://github.com/esp8266/Arduino/issues/3679) (`onStationModeGotIP`),
/// [4456](https://github.com/esp8266/Arduino/issues/4456) (`os_timer`), ESPAsyncWebServer
/// [229](https://github.com/me-no-dev/ESPAsyncWebServer/issues/229) and
/// [364](https://github.com/me-no-dev/ESPAsyncWebServer/issues/364).
///
/// # How the crate tells
///
/// By the compiler: a request needs the [`LoopContext`](crate::LoopContext), which a handler can't hold.
///
/// On a vendor's stack whose connect says *timed out* after less than a second, and less than a quarter of
/// the deadline, it is **likely**: the stack didn't wait. Where the stack doesn't say what its error stands
/// for it is **possible**, beside [`nothing_listens`](crate::causes::nothing_listens). It is **certain** where
/// the stack itself says so, as lwIP does through `safe-http-client-lwip`: refused before a packet is sent
/// ([`StackFault::InEventHandler`](crate::StackFault::InEventHandler)).
///
/// # What to do
///
/// Report in the handler, and request in the main loop.
///
/// ```no_run
/// # use {core::net::Ipv4Addr, safe_http_client::*};
/// static EVENTS: LinkEvents = LinkEvents::new();
///
/// fn on_got_ip(address: [u8; 4]) {
///     EVENTS.got_ip(Ipv4Addr::from(address)); // all that a handler does
/// }
///
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext)
/// # -> Result<(), ErrorOf<N>> {
/// let mut online = client.wait_online(cx)?; // the main loop holds `cx`
/// let mut buffer = [0; 512];
/// online.get("http://192.168.1.20/state", &mut buffer).send()?;
/// # Ok(()) }
/// ```
///
/// Arduino: set a flag, or let the core call you from the loop.
///
/// ```cpp
/// volatile bool due = false;
/// Ticker ticker;
///
/// void setup() {
///   // ...
///   ticker.attach(10, [] { due = true; });       // only a flag; or, without one:
///   // ticker.attach_scheduled(10, sendReading); // called from the loop
/// }
///
/// void loop() {
///   if (due) {
///     due = false;
///     sendReading();                             // HTTPClient belongs here
///   }
/// }
/// ```
///
/// # The error
///
/// None at run time as a rule. [`Cause::EventHandler`](crate::Cause::EventHandler); from a vendor's stack
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect) (code `connect_failed`) with
/// [`StackFault::TimedOut`](crate::StackFault::TimedOut).
pub mod event_handler {}

/// Cause 3, `no_host_target`: the target is localhost, 0.0.0.0, a broadcast or a multicast address.
///
/// # Symptom
///
/// The URL opens in the browser of the PC that runs the server, and fails on the chip.
///
/// - This crate: a compile error in `url!`. Otherwise code `loopback_target`, "localhost means the chip
///   itself, which has no loopback interface and no server", or `no_host_target`. No byte is sent.
/// - Arduino: -1, "connection refused" (3.x: "connection failed").
///
/// # What happens
///
/// `localhost` and 127.0.0.1 mean *this machine*. On the PC that is the PC. On the chip it is the chip,
/// where no such server runs. Nor is there a way from the chip to itself: the Arduino core's lwIP comes
/// compiled, without a loopback
/// ([esp8266/Arduino 6437](https://github.com/esp8266/Arduino/issues/6437)).
///
/// 0.0.0.0 is what a server prints when it listens on all its addresses. It is no address to connect to.
/// 255.255.255.255 and the addresses from 224.0.0.0 to 239.255.255.255 are for many hosts at once; a TCP
/// connection has one.
///
/// [esp8266/Arduino 4586](https://github.com/esp8266/Arduino/issues/4586) has the most common form, with a
/// second mistake in it: a *host* of `"http://localhost/"`. The page [`scheme`](crate::causes::scheme) has
/// that one.
///
/// # How the crate tells
///
/// It classifies the address before a byte is sent, and names when they are resolved: **certain**. A link
/// that declares a loopback interface, as a PC's does, may use it. For setups that need it anyway,
/// [`Preflight::Target`](crate::Preflight::Target) leaves the check out.
///
/// # What to do
///
/// Give the address that the server has in the network. On the server: `ip addr`, `ipconfig`, or the
/// router's list. Reserve it in the router, or it changes one day.
///
/// ```compile_fail
/// # use safe_http_client::{Url, url};
/// const GATE: Url = url!("http://localhost:8080/gate"); // refused by the compiler
/// ```
///
/// ```
/// # use safe_http_client::{Url, url};
/// const GATE: Url = url!("http://192.168.1.20:8080/gate");
/// # let _ = GATE;
/// ```
///
/// Let the server listen on that address, too: see [`server_on_loopback`](crate::causes::server_on_loopback).
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// WiFiClient client;
/// HTTPClient http;
/// http.begin(client, "http://192.168.1.20:8080/gate"); // not localhost, not 127.0.0.1
/// ```
///
/// # The error
///
/// [`ErrorKind::Request`](crate::ErrorKind::Request) with
/// [`RequestError::Target`](crate::RequestError::Target) and the [`TargetClass`](crate::TargetClass).
/// [`Cause::NoHostTarget`](crate::Cause::NoHostTarget). A *name* that resolves to such an address is
/// [`name_not_resolved`](crate::causes::name_not_resolved).
pub mod no_host_target {}

/// Cause 12, `own_address`: the target is the chip itself, or may be in its own access point's network.
///
/// # Symptom
///
/// One ESP8266, which is an access point itself, can't reach another one or the router's network. A phone
/// reaches both.
///
/// - This crate: code `own_address`, "the target is this chip's own address"; or `own_network`, "the chip's
///   own access point uses the same subnet as the network that it has joined". No byte is sent.
/// - Arduino: -1, "connection refused" (3.x: "connection failed").
///
/// # What happens
///
/// A chip that is station and access point at once has two interfaces. Its own access point is 192.168.4.1
/// unless told otherwise, as that of every other ESP8266 is. Two things go wrong with that.
///
/// The other chip has the same address as this one: a request for 192.168.4.1 never leaves this chip, and a
/// chip can't connect to itself. Or both interfaces have the same subnet, and the packets leave by the wrong
/// one.
///
/// In [esp8266/Arduino 2081](https://github.com/esp8266/Arduino/issues/2081) the own access point has
/// 192.168.1.1 and the router's network is 192.168.1.x; any other subnet works. In
/// [2548](https://github.com/esp8266/Arduino/issues/2548) and
/// [1664](https://github.com/esp8266/Arduino/issues/1664) two ESP8266 can't talk until the client says
/// `WiFi.mode(WIFI_STA)`, which switches its own access point off.
///
/// # How the crate tells
///
/// It compares the target with the link's own address, and with the network that the chip spans, before a
/// byte is sent: **certain** that the target is the chip's own address, or is in both networks. It needs a
/// link that says what it spans ([`Link::own_network`](crate::Link::own_network)).
/// [`Preflight::OwnAddress`](crate::Preflight::OwnAddress) leaves the check out.
///
/// # What to do
///
/// Be only a station where no access point is needed. Otherwise give the access point a subnet that no
/// network you join has.
///
/// ```no_run
/// use core::net::Ipv4Addr;
/// use safe_http_client::{IpConfig, Link, LinkEvents, LinkStatus};
///
/// /// A chip that is station and access point at once: tell the crate of the second one.
/// struct Both(&'static LinkEvents);
///
/// impl Link for Both {
///     fn link_status(&mut self) -> LinkStatus {
///         self.0.link_status()
///     }
///     fn own_network(&mut self) -> Option<IpConfig> {
///         let address = Ipv4Addr::new(192, 168, 44, 1); // not 192.168.4.1
///         Some(IpConfig::new(address.into()).with_netmask(Ipv4Addr::new(255, 255, 255, 0)))
///     }
/// }
/// ```
///
/// Arduino:
///
/// ```cpp
/// WiFi.mode(WIFI_STA);       // no access point, whatever ran on this chip before
/// WiFi.begin(ssid, password);
///
/// // or, where both are needed:
/// WiFi.mode(WIFI_AP_STA);
/// WiFi.softAPConfig(IPAddress(192, 168, 44, 1), IPAddress(192, 168, 44, 1), IPAddress(255, 255, 255, 0));
/// WiFi.softAP("gate-setup");
/// ```
///
/// # The error
///
/// [`ErrorKind::Request`](crate::ErrorKind::Request) with
/// [`RequestError::OwnAddress`](crate::RequestError::OwnAddress) or
/// [`RequestError::OwnNetwork`](crate::RequestError::OwnNetwork).
/// [`Cause::OwnAddress`](crate::Cause::OwnAddress).
pub mod own_address {}

/// Cause 14, `scheme`: the URL's scheme doesn't fit.
///
/// # Symptom
///
/// - This crate: code `scheme_in_host`, "a scheme stands where the host belongs"; `unsupported_scheme`,
///   for `htp://` and the like with "did you mean http:// or https://?";
///   `no_tls`, "https needs TLS and this stack has none"; or `plain_on_tls_port`, "http with port 443, where
///   servers speak TLS". A compile error in `url!`, else before a byte is sent.
/// - Arduino: -1, "connection refused" (3.x: "connection failed").
///
/// # What happens
///
/// Three mistakes are common.
///
/// *The scheme inside the host.* `client.connect("http://192.168.1.20/", 80)` asks DNS for a host with the
/// name `http://192.168.1.20/`, and there is none. `HTTPClient::begin(client, "http://http://host/")` takes
/// `http` for the host. In [esp8266/Arduino 4586](https://github.com/esp8266/Arduino/issues/4586) and
/// [4587](https://github.com/esp8266/Arduino/issues/4587) it is `"http://localhost/"`: two mistakes in one.
///
/// *https without TLS.* On Arduino a plain `WiFiClient` with an `https://` URL connects to port 443 and
/// speaks plain HTTP there ([`tls_mismatch`](crate::causes::tls_mismatch)).
///
/// *http with port 443.* The port doesn't make it https.
///
/// # How the crate tells
///
/// It reads the URL: **certain**. That a server speaks TLS on port 443 is **likely**; where one really
/// speaks plain HTTP there, leave out [`Preflight::PlainOnTlsPort`](crate::Preflight::PlainOnTlsPort). Nothing
/// is ever sent in the clear in place of https.
///
/// # What to do
///
/// One scheme, in front, once; the path behind the host.
///
/// ```
/// use safe_http_client::{Url, UrlError};
/// assert!(Url::parse("http://192.168.1.20:8080/state").is_ok());
/// assert!(matches!(Url::parse("http://http://gate.example/"), Err(UrlError::SchemeInHost { .. })));
/// assert_eq!(Url::parse("192.168.1.20/state"), Err(UrlError::MissingScheme));
/// ```
///
/// For https the stack needs TLS: [`Network::has_tls`](crate::Network::has_tls). The AT modem has it once it
/// is told how much to verify.
///
/// ```no_run
/// # #[cfg(feature = "esp-at")]
/// # fn f<S: safe_http_client::esp_at::Serial, C: safe_http_client::Clock>(serial: S, clock: C) {
/// use safe_http_client::esp_at::{EspAt, TlsVerification};
/// let modem = EspAt::new(serial, clock).with_tls(TlsVerification::Authority);
/// # let _ = modem;
/// # }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`: a URL goes to `HTTPClient`, a host to `WiFiClient`.
///
/// ```cpp
/// WiFiClient plain;
/// http.begin(plain, "http://192.168.1.20:8080/state");   // a URL, with its scheme
/// plain.connect("192.168.1.20", 8080);                   // a host, without
///
/// WiFiClientSecure secure;                               // https needs this one
/// secure.setTrustAnchors(&authority);                    // or setInsecure(): encrypted, unverified
/// http.begin(secure, "https://gate.example/state");
/// ```
///
/// # The error
///
/// [`ErrorKind::Request`](crate::ErrorKind::Request) with
/// [`UrlError::SchemeInHost`](crate::UrlError::SchemeInHost),
/// [`UrlError::UnsupportedScheme`](crate::UrlError::UnsupportedScheme),
/// [`UrlError::MisspelledScheme`](crate::UrlError::MisspelledScheme),
/// [`RequestError::NoTls`](crate::RequestError::NoTls) or
/// [`RequestError::PlainOnTlsPort`](crate::RequestError::PlainOnTlsPort).
/// [`Cause::Scheme`](crate::Cause::Scheme).
pub mod scheme {}

/// Cause 26, `invalid_request`: the request can't be sent as it is.
///
/// # Symptom
///
/// - This crate: code `malformed_url`, `invalid_method`, `invalid_header`, `managed_header`, `unfit_header`,
///   `second_host`, `invalid_credentials`, `query_not_allowed`, `second_body`, `json_body`,
///   `body_not_allowed`, `body_length`, `body_reader`, `call_over` or `displaced`; or `buffer_too_small` for
///   "the request". In the phase `url`: no byte was sent. Of the codes only `body_length`, `body_reader`,
///   `call_over` and `displaced` come later.
/// - Arduino: `begin()` returns `false` and `GET()` -1, "connection refused" (3.x: "connection failed"). Or
///   the server answers 400.
///
/// # What happens
///
/// A mistake of the program. No `http://` in front of the URL. A space, a quotation mark or an umlaut in its
/// path or query: it has to be percent-encoded. A line break in a header's value, as a reading with `\r\n`
/// at its end brings along: it would start another header. A body that isn't as long as was said, or one
/// for HEAD, which has none.
///
/// Or a call that is polled although it has ended, or lost its connection to a later one: a client has one call
/// at a time, and starting another displaces the one before. Keep it in one field.
///
/// Or TLS that can't begin as it was set up, with `handshake_failed`: `WriteBufferTooSmall`, `NoRandomNumbers`
/// (the source gives the same byte again and again) or `BadServerName`.
///
/// On Arduino such a URL is sent as it is; a space in it breaks the request line, and the server says 400. A
/// URL without a scheme makes `begin()` return `false`; a sketch that doesn't check that gets -1 from
/// `GET()`.
///
/// # How the crate tells
///
/// It checks before it sends: **certain**. The error names the byte and its place.
///
/// # What to do
///
/// The error says what to correct. A URL that is a constant is checked by the compiler:
///
/// ```
/// use safe_http_client::{Url, url};
/// const STATE: Url = url!("http://192.168.1.20/state?room=living%20room"); // %20, no space
/// # let _ = STATE;
/// ```
///
/// Trim values that come from elsewhere:
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let reading = "21.5\r\n"; // as a sensor sends it
/// let mut buffer = [0; 512];
/// online
///     .post("http://192.168.1.20/readings", &mut buffer)
///     .header("x-temperature", reading.trim())
///     .send()?;
/// # Ok(()) }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`: look at what `begin` says, and encode.
///
/// ```cpp
/// String room = "living room";
/// room.replace(" ", "%20");
/// String url = String("http://192.168.1.20/state?room=") + room;
/// if (!http.begin(client, url)) Serial.println("no URL");
/// ```
///
/// # The error
///
/// [`ErrorKind::Request`](crate::ErrorKind::Request) with a [`RequestError`](crate::RequestError);
/// [`ErrorKind::Buffer`](crate::ErrorKind::Buffer) in [`Phase::Url`](crate::Phase::Url).
/// [`Cause::InvalidRequest`](crate::Cause::InvalidRequest). Mistakes that are met often have pages of their
/// own: [`scheme`](crate::causes::scheme), [`no_host_target`](crate::causes::no_host_target).
pub mod invalid_request {}
