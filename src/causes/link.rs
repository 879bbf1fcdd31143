//! Causes that lie in the link, its addresses and names.

/// Cause 2, `no_address`: there is no access point, or no IP address yet.
///
/// # Symptom
///
/// The first request after power-on fails, a later one works. Or all fail after the Wi-Fi went away.
///
/// - This crate: a client that isn't online has no requests, which is a compile error. At run time code
///   `no_address`, "the link is up but has no IP address (being on the access point is not enough)", or
///   `link_down`, "the link is down": from `online` and `wait_online`, and from a request where the link was
///   lost since.
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), at once. A name fails before that, in
///   `hostByName`.
/// - AT firmware: `no ip`, or only `ERROR`, from `AT+CIPSTART`.
///
/// # What happens
///
/// Two steps follow one another. The chip joins the access point (AT: `WIFI CONNECTED`, Arduino:
/// `onStationModeConnected`). Then it asks DHCP for an address (`WIFI GOT IP`, `onStationModeGotIP`), which
/// takes up to some seconds. Between the two it has no address to which a packet could come back, so no
/// connection can be opened. `WiFi.begin()` starts both and doesn't wait for either.
///
/// If the second step never comes, DHCP doesn't answer: the router's pool is used up, its filter doesn't
/// know the chip, or the signal is too weak.
///
/// # How the crate tells
///
/// It asks the link before a byte is sent, and again when something failed. Before a byte was sent, it is
/// **certain**. An address of 0.0.0.0 counts as none. A link that is gone when a call fails makes it
/// **likely**: whether the link went first, or the connection, can't be told. After a join that timed out it
/// is **possible**, behind [`join_failed`](crate::causes::join_failed).
///
/// That there is no address is certain; *why* may not be. Where the link gives no reason, a join that failed
/// and a modem that says nothing are named as possible beside it.
///
/// # What to do
///
/// Wait for the address, not for the access point.
///
/// ```no_run
/// # use {core::time::Duration, safe_http_client::*};
/// # fn f<N: Network, C: Clock>(network: N, clock: C, mut cx: LoopContext) {
/// let config = Config::new().online_timeout(Duration::from_secs(30));
/// let mut client = SafeHttpClient::with_config(network, clock, config);
/// loop {
///     match client.wait_online(&mut cx) {
///         Ok(mut online) => { /* online.get(…) */ }
///         Err(why) => println!("{}", client.diagnosis(&why.into())), // and wait again
///     }
/// }
/// # }
/// ```
///
/// A loop that has other things to do looks with [`online`](crate::SafeHttpClient::online), which doesn't wait.
/// When a request says `link_down` or `no_address` later, look again.
///
/// Arduino: `WL_CONNECTED` means that the address is there.
///
/// ```cpp
/// WiFi.mode(WIFI_STA);
/// WiFi.begin(ssid, password);
/// while (WiFi.status() != WL_CONNECTED) delay(100);
/// Serial.println(WiFi.localIP());
///
/// // and before each request, since the link may be lost:
/// if (WiFi.status() == WL_CONNECTED) sendReading();
/// ```
///
/// # The error
///
/// [`ErrorKind::Link`](crate::ErrorKind::Link) with
/// [`LinkError::NoAddress`](crate::LinkError::NoAddress) or
/// [`LinkError::Disconnected`](crate::LinkError::Disconnected).
/// [`Cause::NoAddress`](crate::Cause::NoAddress). Where the join itself was refused it is
/// [`join_failed`](crate::causes::join_failed).
pub mod no_address {}

/// Cause 21, `join_failed`: the access point wasn't joined.
///
/// # Symptom
///
/// The chip never gets as far as an address.
///
/// - This crate: code `link_down`, "the link is down (the access point refused the password)" or another
///   reason, from `online` at once and from `wait_online` after its deadline. With `EspAt`, a `JoinError`.
/// - Arduino: `WiFi.status()` stays at `WL_NO_SSID_AVAIL`, `WL_CONNECT_FAILED`, `WL_WRONG_PASSWORD` or
///   `WL_DISCONNECTED`. Requests end in -1, "connection refused" (3.x: "connection failed").
/// - AT firmware: `+CWJAP:1` (timed out), `2` (wrong password), `3` (no such access point) or `4` (failed),
///   then `FAIL` or `ERROR`, after up to 15 s.
///
/// # What happens
///
/// The radio finds no access point of that name, or the two don't agree on a key. The name and the password
/// are compared byte by byte; upper and lower case count, and so does a space at the end. The ESP8266 has
/// only 2.4 GHz: a network on 5 GHz doesn't exist for it. One that allows only WPA3 is out of reach for NonOS
/// firmware and the Arduino core.
///
/// Which of these it was is the firmware's guess. A wrong password and a weak signal both end in a handshake
/// that isn't completed; Espressif calls the numbers of `+CWJAP` "for reference only".
///
/// # How the crate tells
///
/// By the reason that the link gives. A wrong password, a missing access point and a failed join are
/// **certain**, as far as the firmware is. A time-out is **likely** this: the SDK says the same when an
/// access point that was joined has fallen silent, so [`no_address`](crate::causes::no_address) is possible.
/// A link that is down and gives no reason makes it **possible**.
///
/// # What to do
///
/// Look which networks the chip itself sees; compare name, channel and strength. Below -80 dBm expect
/// trouble.
///
/// ```no_run
/// # #[cfg(feature = "esp-at")]
/// # fn f<S: safe_http_client::esp_at::Serial, C: safe_http_client::Clock>(
/// #     mut modem: safe_http_client::esp_at::EspAt<S, C>, mut cx: safe_http_client::LoopContext,
/// # ) -> Result<(), safe_http_client::esp_at::JoinError> {
/// use safe_http_client::esp_at::JoinError;
///
/// modem.scan(&mut cx, |found| println!("{found:?}")).map_err(JoinError::Modem)?;
/// match modem.join(&mut cx, "network", "password") {
///     Ok(config) => println!("{}", config.address),
///     Err(JoinError::WrongPassword) => println!("the password, or a weak signal"),
///     Err(JoinError::NoAccessPoint) => println!("the name, 5 GHz, or too far away"),
///     Err(error) => return Err(error),
/// }
/// # Ok(()) }
/// ```
///
/// With a vendor's stack, hand on its reason:
/// [`DisconnectReason::from_code`](crate::DisconnectReason::from_code).
///
/// Arduino: the reason is in the event. Keep the handler's object, or it is never called.
///
/// ```cpp
/// WiFiEventHandler onLost;
///
/// void setup() {
///   onLost = WiFi.onStationModeDisconnected([](const WiFiEventStationModeDisconnected& event) {
///     Serial.printf("reason %d\n", event.reason); // 201: no such network; 15, 202, 204: the key
///   });
///   WiFi.mode(WIFI_STA);
///   WiFi.begin(ssid, password);
/// }
/// ```
///
/// # The error
///
/// [`ErrorKind::Link`](crate::ErrorKind::Link) with
/// [`LinkError::Disconnected`](crate::LinkError::Disconnected) and a
/// [`DisconnectReason`](crate::DisconnectReason). [`Cause::JoinFailed`](crate::Cause::JoinFailed).
pub mod join_failed {}

/// Cause 10, `wrong_subnet`: the static address, netmask and gateway don't fit together.
///
/// # Symptom
///
/// It works with DHCP and fails with a static address.
///
/// - This crate: code `gateway_outside_subnet`, "the gateway isn't in the subnet of this link's own
///   address, so nothing beyond that subnet can be reached". No byte is sent.
/// - Arduino: -1, "connection refused" (3.x: "connection failed"). In 3.x `WiFi.config()` has returned
///   `false`, and DHCP's address is used.
///
/// # What happens
///
/// The netmask says which addresses are in the chip's own subnet. All others are reached through the gateway,
/// which has to be in that subnet itself. In [esp8266/Arduino
/// 2182](https://github.com/esp8266/Arduino/issues/2182) the address is 192.168.0.20, the netmask
/// 255.255.255.0 and the gateway 192.168.1.1: the gateway is outside, so no packet finds it.
///
/// An address and a gateway that both belong to another network fit together, and fail all the same.
///
/// # How the crate tells
///
/// From the link's addresses, before a byte is sent: **certain**. It only looks where the target is behind
/// the gateway: a target in the chip's own subnet needs none. It needs a link that knows netmask and gateway,
/// as `EspAt` does. [`Preflight::Subnet`](crate::Preflight::Subnet) leaves the check out; a connect that then
/// fails makes it **likely**. Where the addresses fit together and the gateway is silent, it is **possible**,
/// behind [`gateway_silent`](crate::causes::gateway_silent).
///
/// # What to do
///
/// Use DHCP, and reserve the address in the router. Otherwise take netmask and gateway from a PC in the same
/// network (`ip addr` and `ip route`, or `ipconfig`), and an address of that subnet that DHCP doesn't give to
/// others.
///
/// ```
/// # use {core::net::Ipv4Addr, safe_http_client::IpConfig};
/// let config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 20).into()) // not 192.168.0.20
///     .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
///     .with_gateway(Ipv4Addr::new(192, 168, 1, 1));
/// assert!(!config.gateway_is_outside());
/// ```
///
/// Arduino: look at what `config` returns, and give a DNS server, too
/// ([`no_dns_server`](crate::causes::no_dns_server)).
///
/// ```cpp
/// IPAddress ip(192, 168, 1, 20), gateway(192, 168, 1, 1), subnet(255, 255, 255, 0), dns(192, 168, 1, 1);
/// if (!WiFi.config(ip, gateway, subnet, dns)) Serial.println("these don't fit together");
/// WiFi.begin(ssid, password);
/// ```
///
/// # The error
///
/// [`ErrorKind::Link`](crate::ErrorKind::Link) with
/// [`LinkError::GatewayOutsideSubnet`](crate::LinkError::GatewayOutsideSubnet); the addresses are in
/// [`Evidence::link`](crate::Evidence::link). [`Cause::WrongSubnet`](crate::Cause::WrongSubnet).
pub mod wrong_subnet {}

/// Cause 28, `gateway_silent`: the gateway doesn't answer.
///
/// # Symptom
///
/// The chip has an address and reaches nobody: not the server, not the router, not the DNS server.
///
/// - This crate: code `connect_timeout` or `resolve_timeout`; in the report of `diagnose` the step `gateway`
///   says nothing.
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), after 5 s.
///
/// # What happens
///
/// The way out begins at the gateway. If it is silent, either the radio link is so weak that packets get lost
/// in both directions, or the router hangs, or the gateway's address is wrong, as where a static address came
/// from another network ([`wrong_subnet`](crate::causes::wrong_subnet)).
///
/// A link can be "up" all that time. The chip notices only seconds later that an access point is gone: by the
/// beacons that don't come.
///
/// # How the crate tells
///
/// `diagnose` pings the gateway where the stack can; where it can't, it tries a connection to the gateway's
/// port 80 after the failure, and a refusal is an answer, too. Silence there and a connect that fails make
/// it **likely**. Many gateways ignore pings, so silence alone breaks nothing, and is never certain. Without
/// that check it is **possible** behind [`host_down`](crate::causes::host_down).
///
/// # What to do
///
/// Look at the signal's strength in the report's first line. Restart the router. Compare the gateway's
/// address with a PC's in the same network.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// let report = client.diagnose(cx, "http://192.168.1.20/");
/// let gateway = report.steps().iter().find(|result| result.step == ProbeStep::Gateway);
/// println!("{:?}", gateway.map(|result| result.outcome)); // Passed, Silent, NotAsked
/// # }
/// ```
///
/// Arduino: what the chip was given, and whether the router takes a connection.
///
/// ```cpp
/// Serial.println(WiFi.localIP());
/// Serial.println(WiFi.gatewayIP());
/// Serial.println(WiFi.RSSI());      // dBm: -50 is strong, -80 is weak
/// WiFiClient probe;
/// Serial.println(probe.connect(WiFi.gatewayIP(), 80) ? "gateway answers" : "gateway silent");
/// ```
///
/// # The error
///
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) of [`Deadline::Connect`](crate::Deadline::Connect), or
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect). [`Cause::GatewaySilent`](crate::Cause::GatewaySilent).
pub mod gateway_silent {}

/// Cause 11, `no_dns_server`: the host is a name, and no DNS server is set.
///
/// # Symptom
///
/// An IP address in the URL works, a name doesn't. As a rule since a static address was set.
///
/// - This crate: code `no_dns_server`, "the host is a name and no DNS server is set". No byte is sent. On a
///   stack without a resolver code `name_not_resolved`, with the resolver's error `NoDns`.
/// - Arduino: -1, "connection refused" (3.x: "connection failed"): `hostByName` fails.
/// - AT firmware: `DNS Fail` and `ERROR`, or `ERROR` alone.
///
/// # What happens
///
/// DHCP gives four things: address, netmask, gateway, and DNS servers. A static address replaces all of
/// them. Where the DNS server isn't given along with it, there is none, and no name is resolved.
///
/// Seen in [esp8266/Arduino 369](https://github.com/esp8266/Arduino/issues/369) and
/// [5328](https://github.com/esp8266/Arduino/issues/5328): `WiFi.config` with three arguments fails, with
/// the fourth it works.
///
/// # How the crate tells
///
/// **Certain**, before a byte is sent, where the link knows that no DNS server is set
/// ([`IpConfig::has_dns`](crate::IpConfig::has_dns); `EspAt` asks its modem), and where the stack resolves
/// no names at all. A link that doesn't know lets the request go on; the name then fails, and this is named
/// as **possible** behind [`name_not_resolved`](crate::causes::name_not_resolved).
/// [`Preflight::Dns`](crate::Preflight::Dns) leaves the check out.
///
/// # What to do
///
/// Set a DNS server along with the static address. The router is one nearly everywhere: use its address.
/// Or use DHCP. Or give the server's address in place of its name.
///
/// ```no_run
/// # #[cfg(feature = "esp-at")]
/// # fn f<S: safe_http_client::esp_at::Serial, C: safe_http_client::Clock>(
/// #     mut modem: safe_http_client::esp_at::EspAt<S, C>, mut cx: safe_http_client::LoopContext,
/// # ) -> Result<(), safe_http_client::esp_at::EspAtError> {
/// use core::net::Ipv4Addr;
/// use safe_http_client::esp_at::Setting;
///
/// let router = Ipv4Addr::new(192, 168, 1, 1);
/// let address = Ipv4Addr::new(192, 168, 1, 20);
/// let netmask = Ipv4Addr::new(255, 255, 255, 0);
/// modem.set(&mut cx, Setting::StaticAddress { address, gateway: router, netmask })?;
/// modem.set(&mut cx, Setting::DnsServers(&[router]))?;
/// # Ok(()) }
/// ```
///
/// On a stack without a resolver, keep the name for the server and give the address:
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 512];
/// let address = core::net::SocketAddr::from(([192, 168, 1, 20], 80));
/// online.get("http://gate.example/", &mut buffer).connect_to(address).send()?;
/// # Ok(()) }
/// ```
///
/// Arduino: the fourth argument.
///
/// ```cpp
/// WiFi.config(ip, gateway, subnet, gateway); // address, gateway, netmask, DNS server
/// ```
///
/// # The error
///
/// [`ErrorKind::Link`](crate::ErrorKind::Link) with
/// [`LinkError::NoDnsServer`](crate::LinkError::NoDnsServer), or
/// [`ErrorKind::Resolve`](crate::ErrorKind::Resolve) with
/// [`StackFault::NoResolver`](crate::StackFault::NoResolver).
/// [`Cause::NoDnsServer`](crate::Cause::NoDnsServer).
pub mod no_dns_server {}

/// Cause 13, `name_not_resolved`: the name doesn't resolve, or not to a host.
///
/// # Symptom
///
/// - This crate: code `name_not_resolved`, "the host's name didn't resolve"; `resolve_timeout`, "the host's
///   name didn't resolve within 5000 ms"; or `name_resolved_to_no_host`, "the host's name resolved to
///   255.255.255.255, which is no other host".
/// - Arduino: -1, "connection refused" (3.x: "connection failed").
/// - AT firmware: `DNS Fail` and `ERROR`, or `ERROR` alone.
///
/// # What happens
///
/// The name is mistyped; or the DNS server can't be reached; or it is one of those that only your own network
/// knows. `server.local` is mDNS: hosts answer for themselves by multicast, and a DNS server knows nothing of
/// it. A bare `server` or `server.lan` is known to the router at most.
///
/// Some resolvers say *success* and give no host. In
/// [esp8266/Arduino 7422](https://github.com/esp8266/Arduino/issues/7422) half of the answers are
/// 255.255.255.255; by [7930](https://github.com/esp8266/Arduino/issues/7930) `hostByName` returned "found"
/// for a lookup that had failed. A blocking DNS server answers 0.0.0.0 on purpose, a captive portal its own
/// address.
///
/// # How the crate tells
///
/// Names are a phase of their own. A refusal or a deadline there is **likely** this; whom the stack asked
/// isn't seen, so [`no_dns_server`](crate::causes::no_dns_server) and, after a deadline,
/// [`gateway_silent`](crate::causes::gateway_silent) are named as **possible**. A name that resolves to an
/// address of no host is **certain**, with [`captive_portal`](crate::causes::captive_portal) as possible. A
/// link that is gone by then points to [`no_address`](crate::causes::no_address).
///
/// # What to do
///
/// Try the IP address. If that works, it is the name. Ask on a PC in the same network: `nslookup NAME`.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 512];
/// online.get("http://192.168.1.20/state", &mut buffer).send()?;
///
/// // The name stays in the request's Host field; only the address isn't asked for.
/// let address = core::net::SocketAddr::from(([192, 168, 1, 20], 80));
/// online.get("http://gate.local/state", &mut buffer).connect_to(address).send()?;
/// # Ok(()) }
/// ```
///
/// DNS often fails for a moment: ask again after some seconds before you give up.
///
/// Arduino: don't trust the return value alone.
///
/// ```cpp
/// IPAddress address;
/// bool found = WiFi.hostByName("gate.example", address) == 1
///           && address.isSet() && address != IPAddress(255, 255, 255, 255);
/// Serial.println(found ? address.toString() : String("not found"));
/// ```
///
/// # The error
///
/// [`ErrorKind::Resolve`](crate::ErrorKind::Resolve),
/// [`ErrorKind::ResolvedTo`](crate::ErrorKind::ResolvedTo), or a timeout of
/// [`Deadline::Resolve`](crate::Deadline::Resolve).
/// [`Cause::NameNotResolved`](crate::Cause::NameNotResolved).
pub mod name_not_resolved {}
