//! Causes that lie in the connection, and what breaks on it.

/// Cause 5, `host_down`: the host is down, or isn't in this network.
///
/// # Symptom
///
/// Each connect takes its whole deadline and then fails.
///
/// - This crate: code `connect_timeout`, "no answer within the connect deadline of 5000 ms: host down,
///   wrong address, firewall, an access point that isolates its clients, or (https) a handshake that doesn't
///   end".
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), after 5 s.
/// - AT firmware: `ERROR` and `CLOSED` after 10 to 15 s (with TLS up to 45 s), and `busy p...` to everything
///   until then ([esp-at 139](https://github.com/espressif/esp-at/issues/139)).
///
/// # What happens
///
/// Nobody answers. In the chip's own subnet not even the question for the host's hardware address (ARP) is
/// answered; behind the gateway the packets vanish. The host is off or asleep, its address has changed (a
/// new lease of DHCP), it is in another network (a guest Wi-Fi, another VLAN), or the address is mistyped.
///
/// No answer is not a refusal. A host that is up and has no server on the port says so at once:
/// [`nothing_listens`](crate::causes::nothing_listens).
///
/// # How the crate tells
///
/// The connect ran into its deadline. `diagnose` then asks further, where the stack can: does the gateway
/// answer, does the host answer a ping? If the host does, it is more likely a
/// [`firewall`](crate::causes::firewall). If the gateway is silent, see
/// [`gateway_silent`](crate::causes::gateway_silent). Otherwise this one is **likely**, with the firewall
/// and, in the chip's own subnet, [`client_isolation`](crate::causes::client_isolation) as **possible**. From
/// the chip these three look the same; a PC in the same network tells them apart. On stacks that hide
/// refusals it is only **possible**.
///
/// # What to do
///
/// Ping the host from a PC or phone in the same Wi-Fi. If that fails, too, it is the host or its address.
/// Then let the chip look:
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// let report = client.diagnose(cx, "http://192.168.1.20/state");
/// println!("{report}");
/// # }
/// ```
///
/// Reserve the host's address in the router. Keep the loop alive with a deadline that you can afford:
/// [`Config::connect_timeout`](crate::Config::connect_timeout), or poll.
///
/// Arduino, with `ESP8266HTTPClient`: the timeout is the client's, and blocks the loop for as long.
///
/// ```cpp
/// http.setTimeout(2000);            // before GET()
/// unsigned long started = millis();
/// int code = http.GET();
/// Serial.printf("%d after %lu ms\n", code, millis() - started);
/// // -1 after about 2000 ms: nobody answered. -1 at once: refused, or never tried.
/// ```
///
/// # The error
///
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) of [`Deadline::Connect`](crate::Deadline::Connect), or
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect) with
/// [`StackFault::TimedOut`](crate::StackFault::TimedOut) or
/// [`StackFault::Unreachable`](crate::StackFault::Unreachable).
/// [`Cause::HostDown`](crate::Cause::HostDown).
pub mod host_down {}

/// Cause 6, `nothing_listens`: nothing listens on the port.
///
/// # Symptom
///
/// The host answers pings, and the request fails at once. This is the one failure that deserves the name
/// "connection refused".
///
/// - This crate: code `connect_failed`, "the connection couldn't be opened; check address, port and
///   firewall, that the server runs, and that it isn't bound to 127.0.0.1 only".
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), within milliseconds.
/// - AT firmware: `ERROR` and `CLOSED`, within about a second.
///
/// # What happens
///
/// The host got the first packet, has no server on that port, and answers with a reset. The server wasn't
/// started, has crashed, or listens on another port: 5000, 8000 and 8080 are usual for development servers,
/// and a URL without a port means 80.
///
/// A server that listens on its own 127.0.0.1 alone gives the very same reset:
/// [`server_on_loopback`](crate::causes::server_on_loopback). So do some firewalls.
///
/// # How the crate tells
///
/// Where the stack says that the connection was refused, it is **likely**; who sent the reset can't be
/// told, so the loopback and the firewall are named as **possible**. AT firmware says the same of a refused,
/// a silent and an unreachable host. There the time decides: a failure in less than a second, and less than
/// a quarter of the deadline, is **likely** a refusal. From a stack that says nothing of its errors it is
/// **possible**. A stack that dials again silently ([`Connect::PollsForEver`](crate::Connect::PollsForEver))
/// shows a refusal as `connect_timeout`: there it is **likely** where the host answers a ping.
///
/// Tell the crate what your stack's errors stand for, and it is surer:
/// [`NalNetwork::with_faults`](crate::NalNetwork::with_faults).
///
/// # What to do
///
/// On the server: `ss -tln` (Linux), `netstat -an` (Windows, macOS). The port must be there, and with
/// 0.0.0.0 or `*` in front of it, not 127.0.0.1. From another machine: `curl -v http://192.168.1.20:8080/`.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) {
/// let mut buffer = [0; 512];
/// let url = "http://192.168.1.20:8080/state"; // the port is part of the URL
/// let result = online.get(url, &mut buffer).send().map(|response| response.status());
/// if let Err(error) = result {
///     println!("{}", online.client().diagnosis(&error));
/// }
/// # }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// http.begin(client, "http://192.168.1.20:8080/state"); // the port that the server prints
/// ```
///
/// # The error
///
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect) or
/// [`ErrorKind::NotConnected`](crate::ErrorKind::NotConnected), with
/// [`StackFault::Refused`](crate::StackFault::Refused) or
/// [`StackFault::Indistinct`](crate::StackFault::Indistinct).
/// [`Cause::NothingListens`](crate::Cause::NothingListens).
pub mod nothing_listens {}

/// Cause 7, `server_on_loopback`: the server listens on its own 127.0.0.1 alone.
///
/// # Symptom
///
/// The page opens in a browser *on the server's own machine* and nowhere else. The chip is refused at once.
///
/// - This crate: code `connect_failed`, as for [`nothing_listens`](crate::causes::nothing_listens).
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), within milliseconds.
///
/// # What happens
///
/// A server is bound to an address. Bound to 127.0.0.1 (or `localhost`), it takes connections from its own
/// machine alone; for all others the port is closed, and the system answers with a reset. Development
/// servers start that way on purpose: Flask, Django, Vite and many others.
///
/// # How the crate tells
///
/// It can't: a port on which nothing listens gives the same reset. So wherever
/// [`nothing_listens`](crate::causes::nothing_listens) is likely, this is **possible**, right behind it. One
/// look at the server tells.
///
/// # What to do
///
/// Look on the server: `ss -tln` (Linux) or `netstat -an` (Windows, macOS).
///
/// ```text
/// LISTEN  127.0.0.1:8080    only this machine
/// LISTEN  0.0.0.0:8080      everybody in the network: what the chip needs
/// LISTEN  192.168.1.20:8080 everybody, by this address
/// ```
///
/// Start it for all addresses, in a network that you trust:
///
/// ```text
/// flask run --host 0.0.0.0 --port 8080
/// python manage.py runserver 0.0.0.0:8080
/// vite --host
/// node:   server.listen(8080, "0.0.0.0")
/// docker: -p 8080:8080, and not -p 127.0.0.1:8080:8080
/// ```
///
/// The chip's URL has the server's address, not 0.0.0.0:
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// // Port "open" in this report means that the server is bound right.
/// println!("{}", client.diagnose(cx, "http://192.168.1.20:8080/"));
/// # }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`: the sketch is right as it is; nothing on the chip can reach such a server.
///
/// ```cpp
/// http.begin(client, "http://192.168.1.20:8080/"); // once the server listens on 0.0.0.0
/// ```
///
/// # The error
///
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect) with
/// [`StackFault::Refused`](crate::StackFault::Refused) or
/// [`StackFault::Indistinct`](crate::StackFault::Indistinct).
/// [`Cause::ServerOnLoopback`](crate::Cause::ServerOnLoopback).
pub mod server_on_loopback {}

/// Cause 8, `firewall`: a firewall drops or refuses the connection.
///
/// # Symptom
///
/// The host answers pings, or other services of it work, and this port is silent.
///
/// - This crate: as a rule code `connect_timeout`, "no answer within the connect deadline". A firewall that
///   refuses openly gives `connect_failed` at once.
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), as a rule after 5 s.
///
/// # What happens
///
/// Most firewalls of PCs throw unwanted packets away without a word. The chip sends its first packet again
/// and again until its time is over. Windows asks once, when a server starts for the first time, whether it
/// may be reached. If that question is clicked away, or the Wi-Fi is set to *public network*, the server is
/// blocked.
///
/// The PC's own browser isn't affected: a PC's connections to itself pass.
///
/// # How the crate tells
///
/// `diagnose` pings the host where the stack can (the AT modem can). If the host answers the ping and the
/// port stays silent, it is **likely**, unless the stack shows a refusal as silence, too. After other connects
/// that fail it is **possible**: a silent port looks like a host that is down
/// ([`host_down`](crate::causes::host_down)), a reset looks like a port on which nothing listens
/// ([`nothing_listens`](crate::causes::nothing_listens)). A host that answers no pings proves nothing: many
/// Windows PCs don't.
///
/// # What to do
///
/// On the host, allow incoming TCP connections to the port:
///
/// ```text
/// Windows:  Windows Security > Firewall > Allow an app; and the Wi-Fi as a private network
/// Linux:    sudo ufw allow 8080/tcp
///           sudo firewall-cmd --add-port=8080/tcp
/// macOS:    System Settings > Network > Firewall > Options
/// ```
///
/// To find out, switch the firewall off for one request, and on again.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// let report = client.diagnose(cx, "http://192.168.1.20:8080/");
/// let suspects = report.diagnosis().map_or(&[][..], |diagnosis| diagnosis.suspects());
/// let may_be = suspects.iter().any(|suspect| suspect.cause == Cause::Firewall);
/// println!("{report}\na firewall: {may_be}");
/// # }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`: the time tells a dropped connect from a refused one.
///
/// ```cpp
/// unsigned long started = millis();
/// int code = http.GET();
/// bool dropped = code == -1 && millis() - started > 4000; // nobody said no: firewall, or host down
/// ```
///
/// # The error
///
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) of [`Deadline::Connect`](crate::Deadline::Connect), or
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect). [`Cause::Firewall`](crate::Cause::Firewall).
pub mod firewall {}

/// Cause 9, `client_isolation`: the access point keeps its clients from each other.
///
/// # Symptom
///
/// The chip reaches the internet and the router, but no host in its own Wi-Fi. Hosts on a cable may work.
///
/// - This crate: code `connect_timeout`, "no answer within the connect deadline".
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), after 5 s.
///
/// # What happens
///
/// An access point can refuse to pass packets from one of its wireless clients to another. Routers call it
/// *AP isolation*, *client isolation* or *wireless isolation*; a *guest network* nearly always has it, and
/// public and company networks, too. Each client gets an address and the internet, and sees no other client.
///
/// The packets to the server are dropped in the access point. Neither end can notice more than silence.
///
/// Seen in [esp8266/Arduino 1865](https://github.com/esp8266/Arduino/issues/1865), where the search took
/// two days, and suspected in [4116](https://github.com/esp8266/Arduino/issues/4116), between Wi-Fi and
/// cable.
///
/// # How the crate tells
///
/// The target is in the link's own subnet, and nobody answers: then it is **possible**, behind
/// [`host_down`](crate::causes::host_down). It can't be surer: a host that is off gives the same silence.
///
/// # What to do
///
/// Take a phone into the same Wi-Fi and open the URL. If the phone can't reach it either, and a PC on a
/// cable can, it is this.
///
/// Switch the isolation off in the access point, leave the guest network, put the server on a cable, or let
/// both talk through a server outside.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// // The gateway answers and the host is silent: isolation, or the host is down.
/// let report = client.diagnose(cx, "http://192.168.1.20/");
/// for StepResult { step, outcome, .. } in report.steps() {
///     println!("{:<8} {outcome:?}", step.name());
/// }
/// # }
/// ```
///
/// Arduino: compare a host outside with the one inside.
///
/// ```cpp
/// WiFiClient probe;
/// Serial.println(probe.connect("example.com", 80) ? "outside: ok" : "outside: no");
/// Serial.println(probe.connect(IPAddress(192, 168, 1, 20), 80) ? "inside: ok" : "inside: no");
/// // outside ok and inside no: isolation, a firewall, or the host
/// ```
///
/// # The error
///
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) of [`Deadline::Connect`](crate::Deadline::Connect), or
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect).
/// [`Cause::ClientIsolation`](crate::Cause::ClientIsolation).
pub mod client_isolation {}

/// Cause 19, `out_of_sockets`: no socket is left.
///
/// # Symptom
///
/// The first requests work, and after some number of them none does. A pause of a few minutes, or a restart,
/// cures it.
///
/// - This crate: code `no_socket`, "the stack had no socket left; read responses to their end before
///   you start more".
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), while `ESP.getFreeHeap()` falls from
///   request to request.
/// - AT firmware: `ERROR`: it has five links.
///
/// # What happens
///
/// Each connection takes a socket, and memory. It is free again once the connection is closed; on the side
/// that closed first some minutes later, since TCP keeps it in `TIME_WAIT`. On lwIP that costs 184 bytes each
/// ([esp8266/Arduino 1923](https://github.com/esp8266/Arduino/issues/1923),
/// [4213](https://github.com/esp8266/Arduino/issues/4213)). Later versions keep no more than five
/// ([2332](https://github.com/esp8266/Arduino/issues/2332)). On the Arduino core only memory limits the
/// number of clients ([8302](https://github.com/esp8266/Arduino/issues/8302)).
///
/// So: many connections in a short time, connections that nobody closes, responses that nobody reads to
/// their end.
///
/// # How the crate tells
///
/// Where the stack says that it has no socket it is **certain**; where it only refuses to give one,
/// **likely**. An error about memory makes it **possible**, behind
/// [`modem_memory`](crate::causes::modem_memory). A stack that says that it didn't even dial makes it
/// **likely**.
///
/// The crate holds one connection at most. If sockets run out, look at what else uses the stack.
///
/// # What to do
///
/// Keep one connection and read each response to its end; then it is used again.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// for _ in 0..100 {
///     let mut buffer = [0; 512];
///     let mut response = online.get("http://192.168.1.20/state", &mut buffer).send()?;
///     response.read_to_end()?; // unread, the connection would be closed
/// }
/// println!("{:?}", online.client().close_reason()); // who closes them, if somebody does
/// # Ok(()) }
/// ```
///
/// Let the *server* close: then `TIME_WAIT` is on its side. After a request with
/// [`connection_close`](crate::Request::connection_close) it does.
///
/// Arduino, with `ESP8266HTTPClient`: one client, kept; and `end()` on each path.
///
/// ```cpp
/// WiFiClient client; // not one for each request
/// HTTPClient http;
///
/// void sendReading() {
///   http.setReuse(true);
///   http.begin(client, url);
///   if (http.GET() > 0) http.getString(); // read it all
///   http.end();
/// }
/// ```
///
/// # The error
///
/// [`ErrorKind::Socket`](crate::ErrorKind::Socket), or [`ErrorKind::Connect`](crate::ErrorKind::Connect)
/// with [`StackFault::NoSocket`](crate::StackFault::NoSocket) or
/// [`StackFault::NotDialled`](crate::StackFault::NotDialled).
/// [`Cause::OutOfSockets`](crate::Cause::OutOfSockets).
pub mod out_of_sockets {}

/// Cause 4, `slow_server`: the server took longer than the deadline.
///
/// # Symptom
///
/// The request arrives, the server's log has it, and the chip gives up all the same.
///
/// - This crate: code `response_timeout`, "connected, but no response came within 3000 ms: raise the
///   response deadline, or let the server answer sooner". In the middle of a response `idle_timeout`;
///   `total_timeout` where one is set.
/// - Arduino: -11, "read Timeout", after 5 s. Where even the connection took longer, -1, "connection
///   refused" (3.x: "connection failed").
///
/// # What happens
///
/// The connection was opened; the answer didn't come in time. Small servers do the work first and answer
/// afterwards: they wake a disk, ask a database, drive a motor. Those with one thread serve another client
/// meanwhile.
///
/// On Arduino one figure, `setTimeout`, is the limit of the connect and of the wait for the answer. In
/// [esp8266/Arduino 6180](https://github.com/esp8266/Arduino/issues/6180) it was half a second, the server
/// was busy for longer, and the result read "connection refused".
///
/// # How the crate tells
///
/// By the phase and the figures: the connection was there, the time was used up, and nothing or not all was
/// received. That makes it **likely**. From here a slow server looks like a packet lost to
/// [`modem_sleep`](crate::causes::modem_sleep) and like a service that waits for something else than HTTP
/// ([`not_http`](crate::causes::not_http)); both are named as **possible**. Where something else explains the
/// wait better ([`body_without_end`](crate::causes::body_without_end),
/// [`body_too_short`](crate::causes::body_too_short), [`stack_quirks`](crate::causes::stack_quirks)), this
/// one is **possible**.
///
/// # What to do
///
/// Measure on a PC in the same network: `curl -o /dev/null -w '%{time_starttransfer}\n' URL`. Give the
/// chip more than that.
///
/// ```no_run
/// # use {core::time::Duration, safe_http_client::*};
/// # fn f<N: Network, C: Clock>(network: N, clock: C) {
/// let config = Config::new()
///     .response_timeout(Duration::from_secs(10)) // to the first byte
///     .idle_timeout(Duration::from_secs(5)); // between two pieces
/// let client = SafeHttpClient::with_config(network, clock, config);
/// # let _ = client;
/// # }
/// ```
///
/// For one request that is known to take long there is
/// [`Request::response_timeout`](crate::Request::response_timeout). A loop that has other things to do
/// meanwhile uses [`start`](crate::Request::start) and polls. Better still, let the server answer `202
/// Accepted` first and work then.
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// http.setTimeout(10000); // milliseconds, at most 65535; for the connect, too
/// int code = http.GET();
/// if (code == HTTPC_ERROR_READ_TIMEOUT) { /* connected, no answer in time */ }
/// ```
///
/// # The error
///
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) of
/// [`Deadline::Response`](crate::Deadline::Response), [`Deadline::Idle`](crate::Deadline::Idle) or
/// [`Deadline::Total`](crate::Deadline::Total); of [`Deadline::Connect`](crate::Deadline::Connect) where a TLS
/// handshake over a connection that was there wasn't over. [`Cause::SlowServer`](crate::Cause::SlowServer).
pub mod slow_server {}

/// Cause 20, `stale_connection`: the server had closed the kept connection.
///
/// # Symptom
///
/// Requests in quick succession work. After a pause one fails, and the next works again.
///
/// - This crate: a POST, as a rule; code `stale_connection`, "the server had closed the connection that was
///   kept", or `send_failed` and `receive_failed`, where the diagnosis says "on a kept connection".
/// - Arduino: -5 "connection lost", -2 "send header failed" or -4 "not connected", on a client that is
///   reused.
///
/// # What happens
///
/// A connection is kept for the next request. Servers close theirs after some idle time: 5 s on many small
/// ones, 75 s on nginx unless told otherwise. The close may cross the request on its way, or its packet may
/// have been lost; a router's address translation forgets idle connections, too. Whether the server has
/// acted on the request can't be known.
///
/// # How the crate tells
///
/// The request went out on a kept connection ([`Evidence::reused`](crate::Evidence::reused)) and not a byte
/// of a response came: **likely**. A server that crashes on this very request looks the same, so
/// [`connection_lost`](crate::causes::connection_lost) is **possible**.
///
/// GET, HEAD, PUT, DELETE and other methods that may be repeated are sent again, once, on a new connection;
/// you see nothing of it. POST and PATCH aren't: they could take effect twice (RFC 9110 section 9.2.2). Nor
/// is a request whose body was read from somewhere and is gone.
///
/// # What to do
///
/// Keep connections for less time than the server does.
///
/// ```no_run
/// # use {core::time::Duration, safe_http_client::*};
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext)
/// # -> Result<(), ErrorOf<N>> {
/// *client.config_mut() = Config::new().keep_alive(Duration::from_secs(4)); // ZERO: none is kept
///
/// let mut online = client.online(cx)?;
/// let mut buffer = [0; 512];
/// match online.post("http://192.168.1.20/gate", &mut buffer).body("open").send() {
///     Err(Error { kind: ErrorKind::StaleConnection, .. }) => { /* again, if twice does no harm */ }
///     other => {
///         other?;
///     }
/// }
/// # Ok(()) }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`: it reuses by default (3.x).
///
/// ```cpp
/// http.setReuse(false);   // a connection for each request
/// // or, with reuse, once more on a new one:
/// int code = http.GET();
/// if (code == HTTPC_ERROR_CONNECTION_LOST || code == HTTPC_ERROR_SEND_HEADER_FAILED) code = http.GET();
/// ```
///
/// # The error
///
/// [`ErrorKind::StaleConnection`](crate::ErrorKind::StaleConnection); or
/// [`ErrorKind::Send`](crate::ErrorKind::Send) or [`ErrorKind::Receive`](crate::ErrorKind::Receive), with
/// [`Evidence::reused`](crate::Evidence::reused). [`Cause::StaleConnection`](crate::Cause::StaleConnection).
pub mod stale_connection {}

/// Cause 29, `connection_lost`: the connection broke in the middle of the exchange.
///
/// # Symptom
///
/// - This crate: code `empty_reply`, "the peer closed the connection without a response, or with no more
///   than an interim one (1xx): the server crashed, dropped the request, or closed an idle connection";
///   `send_failed`; or `receive_failed`. With https also `handshake_failed`, where the handshake broke off.
/// - Arduino: -5 "connection lost", -4 "not connected", -2 "send header failed" or -3 "send payload failed".
///
/// # What happens
///
/// The connection was open and is gone. A server that crashes on a request, or refuses it without a word (a
/// body that is too large, a method it doesn't know), closes. One that restarts resets. A proxy drops what
/// takes too long. Where the Wi-Fi breaks, nobody says goodbye, and the deadline ends it.
///
/// The request may have been carried out. Only [`Phase::Connect`](crate::Phase::Connect) and the phases
/// before it prove that it wasn't.
///
/// # How the crate tells
///
/// The stack reported an error on an open connection, or the connection's end before the first byte of a
/// response: **likely**. On a connection that had been kept,
/// [`stale_connection`](crate::causes::stale_connection) is likelier. A port that wants TLS
/// ([`tls_mismatch`](crate::causes::tls_mismatch)) or another protocol
/// ([`not_http`](crate::causes::not_http)) may close as well: **possible**. So may a server that has nothing
/// in common with the client's TLS ([`nothing_in_common`](crate::causes::nothing_in_common),
/// [`old_tls`](crate::causes::old_tls)), in the handshake and without a word. If the link has no address any
/// more, see [`no_address`](crate::causes::no_address).
///
/// # What to do
///
/// Look at the server's log at that minute. Send the same request with `curl -v` from a PC: if it breaks
/// there, too, it is the server. If it doesn't, look at the signal's strength.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) {
/// let url = "http://192.168.1.20/state";
/// let mut buffer = [0; 512];
/// let result = online.get(url, &mut buffer).send().map(|response| response.status());
/// if let Err(error) = result {
///     let Evidence { sent, received, .. } = online.client().evidence();
///     println!("{}: {sent} bytes sent, {received} received", error.code());
///     // A GET does no harm twice.
///     let again = online.get(url, &mut buffer).send();
///     println!("{}", if again.is_ok() { "it passed" } else { "again" });
/// }
/// # }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`: tell the errors apart, and repeat only what may happen twice.
///
/// ```cpp
/// int code = http.GET();
/// if (code < 0) {
///   Serial.printf("%d %s, %d dBm\n", code, http.errorToString(code).c_str(), WiFi.RSSI());
///   if (code == HTTPC_ERROR_CONNECTION_LOST) code = http.GET();
/// }
/// ```
///
/// # The error
///
/// [`ErrorKind::ClosedBeforeResponse`](crate::ErrorKind::ClosedBeforeResponse),
/// [`ErrorKind::Send`](crate::ErrorKind::Send) or [`ErrorKind::Receive`](crate::ErrorKind::Receive).
/// [`Cause::ConnectionLost`](crate::Cause::ConnectionLost).
pub mod connection_lost {}

/// Cause 40, `stack_quirks`: what was declared of the stack doesn't fit it.
///
/// # Symptom
///
/// With a stack that isn't in the list of those that were tried: reading a response that ends with the
/// connection takes until a deadline, or every response ends at once.
///
/// - This crate: code `idle_timeout` or `empty_reply`, and "receive gave 0 bytes 5123 times" in the diagnosis.
/// - Arduino: none; there the stack is the core's own.
///
/// # What happens
///
/// embedded-nal leaves open what `Ok(0)` from `receive` means. On some stacks it is the end of the stream, on
/// others it is nothing yet. The client goes by what was declared where the stack was attached. If the end
/// was declared as "nothing yet", it is never seen, and the client asks until its deadline. If "nothing yet"
/// was declared as the end, the first moment without data ends the response.
///
/// Where `PipeClosed` may mean lost data ([`MayLoseData`](crate::PipeClosed::MayLoseData), which an unknown stack
/// is taken for), a body that only the connection's end can end is never known to be whole, and fails.
///
/// # How the crate tells
///
/// [`NalNetwork`](crate::NalNetwork) counts. Many reads of no bytes on a stack that also said `WouldBlock`,
/// and a response that doesn't go on, make it **likely**: such a stack says "nothing yet" by `WouldBlock`. So
/// do many of them in a body that only the connection's end can end, and such a body that ends with
/// `PipeClosed` on a stack that may lose data there. Elsewhere many of them make it **possible**; and so does,
/// on a stack that isn't known, a first `Ok(0)` that ended the response at once.
///
/// # What to do
///
/// Look into the stack's documentation or source, and declare it. Where it does lose data, let the server send
/// a Content-Length, or chunks.
///
/// ```no_run
/// # use safe_http_client::*;
/// # use embedded_nal::{Dns, TcpClientStack};
/// # fn f<T: TcpClientStack + Dns>(stack: T, events: &'static LinkEvents) {
/// const MINE: StackQuirks = StackQuirks::UNKNOWN
///     .with_zero_read(ZeroRead::EndOfStream)
///     .with_pipe_closed(PipeClosed::EndOfStream);
/// let network = NalNetwork::new(stack, events, MINE);
/// # let _ = network;
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// // nothing to declare
/// ```
///
/// # The error
///
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout),
/// [`ErrorKind::ClosedBeforeResponse`](crate::ErrorKind::ClosedBeforeResponse) or
/// [`ErrorKind::Truncated`](crate::ErrorKind::Truncated).
/// [`Cause::StackQuirks`](crate::Cause::StackQuirks).
pub mod stack_quirks {}

/// Cause 30, `unexplained`: no rule knows this failure.
///
/// # Symptom
///
/// A diagnosis that names no other cause.
///
/// # What happens
///
/// The failure is one that nobody has thought of, or the stack's errors say so little that nothing fits. It
/// isn't a finding about your network.
///
/// # How the crate tells
///
/// The rules are a table, read from its top; the first row that fits names the causes. If none does, this is
/// left: **possible**, which says no more than that.
///
/// # What to do
///
/// Collect the facts: the error, the diagnosis with what the stack said last, and a report of the active
/// check.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext)
/// # -> Result<(), LinkError> {
/// let url = "http://192.168.1.20/state";
/// let mut buffer = [0; 512];
/// let result = client.online(cx)?.get(url, &mut buffer).send().map(|response| response.status());
/// if let Err(error) = result {
///     println!("{error}\n{}", client.diagnosis(&error));
///     println!("{}", client.diagnose(cx, url));
/// }
/// # Ok(()) }
/// ```
///
/// With a stack of your own, tell the crate what its errors stand for
/// ([`NalNetwork::with_faults`](crate::NalNetwork::with_faults)): most that can't be explained can be then.
///
/// Then compare with a PC in the same Wi-Fi, narrow it down by the [overview](crate::causes), and report it
/// with that text.
///
/// Arduino: the core's own log has more than the number that `GET()` returns. In the IDE's menu *Tools*, set
/// *Debug port* to `Serial`, and choose a *Debug Level* with `HTTP_CLIENT` in it.
///
/// ```cpp
/// Serial.begin(115200);
/// Serial.setDebugOutput(true);
/// ```
///
/// # The error
///
/// Any. [`Cause::Unexplained`](crate::Cause::Unexplained).
pub mod unexplained {}
