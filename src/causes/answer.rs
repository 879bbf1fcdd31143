//! Causes that lie in the server's answer.

/// Cause 16, `not_http`: what listens there isn't an HTTP server.
///
/// # Symptom
///
/// - This crate: code `not_http`, "the answer doesn't begin with a status line of HTTP/1.x; its first
///   bytes, which the evidence has, tell what it is".
/// - Arduino: -7, "no HTTP server"; -5, "connection lost"; or -11, "read Timeout".
///
/// # What happens
///
/// The connection is open and another service is behind it. SSH, FTP and SMTP greet first, in text. An MQTT
/// broker (1883) or a database waits for its own kind of bytes: it says nothing, or closes. A Modbus or
/// vendor's port answers in binary. Small devices that call themselves HTTP servers sometimes send a page
/// without a status line.
///
/// # How the crate tells
///
/// The first bytes aren't `HTTP/`: **likely**, since bytes that were changed on a modem's serial line look
/// like that, too ([`serial_line`](crate::causes::serial_line)). So they are where TLS was spoken to it and what
/// came is neither TLS nor HTTP. Bytes of TLS have a page of their own,
/// [`tls_mismatch`](crate::causes::tls_mismatch). A service that only waits looks like a slow server, so it
/// is named as **possible** behind [`slow_server`](crate::causes::slow_server), and behind
/// [`connection_lost`](crate::causes::connection_lost) where the peer closed.
///
/// # What to do
///
/// Check the port. `curl -v http://HOST:PORT/` on a PC shows what answers; with `--http0.9` also a page
/// without a status line.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) {
/// let mut buffer = [0; 512];
/// match online.get("http://192.168.1.20:1883/", &mut buffer).send() {
///     Err(Error { kind: ErrorKind::Protocol(ProtocolError::NotHttp(peer)), .. }) => {
///         println!("another service: {peer:?}");
///     }
///     Err(error) => println!("{error}"),
///     Ok(response) => println!("{}", response.status()),
/// }
/// # }
/// ```
///
/// Arduino: look at what it says.
///
/// ```cpp
/// WiFiClient client;
/// if (client.connect("192.168.1.20", 1883)) {
///   client.print("GET / HTTP/1.0\r\n\r\n");
///   delay(1000);
///   while (client.available()) Serial.write(client.read()); // HTTP/1.x in front, or something else
/// }
/// ```
///
/// # The error
///
/// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) with
/// [`ProtocolError::NotHttp`](crate::ProtocolError::NotHttp) of [`Peer::Text`](crate::Peer::Text) or
/// [`Peer::Binary`](crate::Peer::Binary). [`Cause::NotHttp`](crate::Cause::NotHttp).
pub mod not_http {}

/// Cause 39, `nearly_http`: the answer is nearly HTTP, and isn't quite.
///
/// # Symptom
///
/// A browser shows the page, or a player plays the stream, and the client refuses the answer.
///
/// - This crate: code `not_http`; `malformed_response` where the line begins with `HTTP/` and goes on otherwise.
/// - Arduino: -7, "no HTTP server".
///
/// # What happens
///
/// - `ICY 200 OK` is SHOUTcast, the protocol of internet radios. It is HTTP but for its first line.
/// - A page without any head is HTTP/0.9, of 1991. Some devices still answer so to what they don't
///   understand.
/// - Blank lines, a byte order mark, or a debug print of the server stand in front of `HTTP/1.1`. Browsers
///   skip some of it.
/// - The status line is written otherwise: `HTTP/2 200`, `http/1.1 200 ok`, `HTTP 200 OK`, `200 OK`.
/// - The status line is missing, and the first line is a header: a CGI script answers, and no server
///   completes what it writes.
/// - Something else stands behind an interim response (1xx), as a rule a body that a server sends with its
///   `100 Continue`.
/// - The start of the status line is missing (`TP/1.1 200 OK`): bytes were lost on the way, or the previous
///   answer was longer than it said.
///
/// # How the crate tells
///
/// By the first bytes, which the error shows: **certain** for `ICY`, **likely** for the others.
///
/// # What to do
///
/// For a radio use a port of its server that speaks HTTP, as Icecast does, or read the stream yourself. For
/// bytes in front of the status line correct the server: as a rule it prints something before the head.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// println!("{}", client.diagnose(cx, "http://192.168.1.20:8000/")); // shows what came
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// client.connect(host, 8000);
/// client.print("GET / HTTP/1.0\r\n\r\n");
/// while (client.connected()) Serial.write(client.read());
/// ```
///
/// # The error
///
/// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol). [`Cause::NearlyHttp`](crate::Cause::NearlyHttp).
pub mod nearly_http {}

/// Cause 38, `left_overs`: left-overs of the previous answer came on the kept connection.
///
/// # Symptom
///
/// The first request works, and the next one on the same connection doesn't. With a new connection for each
/// request all of them work.
///
/// - This crate: code `not_http`, or `malformed_response`, on a connection that was kept.
/// - Arduino: -7, "no HTTP server", on the second request with `setReuse(true)`.
///
/// # What happens
///
/// A kept connection carries one answer after the other, and each has to be as long as its head says. A
/// server that sends a body with 204 or 304, a body to HEAD, or more than its `Content-Length`, leaves bytes
/// that stand in front of the next answer.
///
/// # How the crate tells
///
/// The answer doesn't begin with a status line, and the connection was a kept one: **likely**. A head that is
/// broken further on makes it **possible**. Bytes that wait on an idle connection are seen before the next
/// request, which then gets a new connection. This cause is for those that come later, together with the next
/// answer.
///
/// # What to do
///
/// Correct the server, or don't keep connections to it.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// online.get("http://192.168.1.20/state", &mut buffer).connection_close().send()?;
/// # Ok(()) }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// http.setReuse(false);
/// ```
///
/// # The error
///
/// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol). [`Cause::LeftOvers`](crate::Cause::LeftOvers).
pub mod left_overs {}

/// Cause 17, `captive_portal`: a captive portal answers in the server's place.
///
/// # Symptom
///
/// There is no error. A response comes, and it isn't the server's: a redirect to another host, status 511, or
/// a sign-in page with status 200 where JSON was expected.
///
/// - This crate: `send` returns that response; `diagnose` says that it leads elsewhere. A name that
///   resolves to no host (`name_resolved_to_no_host`) may be a portal's doing, too.
/// - Arduino: status 302 or 200, and a body that doesn't parse. With https -1, since the portal has no
///   certificate for that name.
///
/// # What happens
///
/// Hotels, campuses and guest networks let a device into the Wi-Fi and answer each of its requests
/// themselves until somebody has signed in. Wi-Fi and DHCP are fine; the address is real. A chip can't read
/// the page and press its button.
///
/// # How the crate tells
///
/// `diagnose` looks at the answer to its own question. It is **likely** where the status is 511 (RFC 6585
/// section 6), where the page has a tag of WISPr (by which portals talk to programs), or where the answer
/// leads to *another host* with a portal's marks: by a `Location`, `Content-Location` or `Refresh`, or by a
/// page that leads on by itself. Such marks are a word like `captive`, `portal` or `hotspot` in host or path,
/// the gateway's address, or a private address where a name or a public address was asked for. (A subdomain,
/// such as `www.`, counts as the same host, and so does the address that the name stands for.) Where the other
/// host only looks like a login, it is **possible**, behind [`redirected`](crate::causes::redirected).
///
/// A sign-in page with status 200 and none of these isn't noticed. If the host's name is longer than 64
/// bytes, only status 511 and WISPr are.
///
/// After a name that resolved to no host it is **possible**, behind
/// [`name_not_resolved`](crate::causes::name_not_resolved); and so it is behind a certificate of an [unknown
/// authority](crate::causes::unknown_authority) or for [other hosts](crate::causes::wrong_host).
///
/// # What to do
///
/// Use a network without a portal, or a phone's hotspot. Some portals let a device in by its hardware (MAC)
/// address: have the chip's added there.
///
/// In the program, don't take every answer for the server's:
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let response = online.get("http://192.0.2.7/state", &mut buffer).send()?;
/// let kind = response.header_str("content-type");
/// let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
/// if response.status() != 200 || !is_json {
///     println!("not what the server says: a captive portal?");
/// }
/// # Ok(()) }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// int code = http.GET();                // redirects aren't followed unless asked for
/// if (code == 301 || code == 302 || code == 307 || code == 511) {
///   Serial.println(http.getLocation()); // another host: a portal
/// }
/// ```
///
/// # The error
///
/// None: a [`Response`](crate::Response). [`Cause::CaptivePortal`](crate::Cause::CaptivePortal) in the
/// [`Report`](crate::Report) of [`diagnose`](crate::SafeHttpClient::diagnose), and as a possible cause of
/// [`ErrorKind::ResolvedTo`](crate::ErrorKind::ResolvedTo).
pub mod captive_portal {}

/// Cause 32, `redirected`: the answer leads elsewhere.
///
/// # Symptom
///
/// There is no error. The status is 301, 302, 303, 307 or 308, and the body is empty or a page that says
/// "moved".
///
/// - This crate: `send` returns that response; `diagnose` says where it leads, such as "status 301, redirects
///   to <https://gate.example/>: the same host by https".
/// - Arduino: status 301 or 302, unless `setFollowRedirects` was called.
///
/// # What happens
///
/// The server has what was asked for at another URL, which stands in the header `Location`. Most often that
/// is `https` where `http` was asked for; a name with `www.`, or without; a path with a `/` at its end. Some
/// services answer each request that way (Google's Apps Script does, to another host). A [captive
/// portal](crate::causes::captive_portal) redirects, too, and has marks of its own.
///
/// # How the crate tells
///
/// `diagnose` reads the `Location` (a `Refresh` and a `Content-Location`, too) of the answer to its own
/// question: that the answer redirects is **certain**. If the place that it leads to bears a portal's marks,
/// the portal is named first, and this is **possible**.
///
/// # What to do
///
/// Ask for the URL that it leads to, or have redirects followed: [`follow`](crate::Request::follow) goes where
/// they lead, and takes no credentials to another host. They aren't followed by themselves.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let response = online.get("http://gate.example/state", &mut buffer).follow(3).send();
/// # let _ = response;
/// # Ok(()) }
/// ```
///
/// If it leads to `https`, use a stack that has TLS, or have the server answer this client by `http`.
///
/// If it leads to `127.0.0.1` or `localhost`, the server gives out what it calls itself: give it, or the proxy in
/// front of it, the name or address that others know it by.
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// http.setFollowRedirects(HTTPC_STRICT_FOLLOW_REDIRECTS); // GET and HEAD alone
/// ```
///
/// # The error
///
/// None: a [`Response`](crate::Response). [`Cause::Redirected`](crate::Cause::Redirected) in the
/// [`Report`](crate::Report) of [`diagnose`](crate::SafeHttpClient::diagnose).
pub mod redirected {}

/// Cause 33, `refused_by_status`: the server refuses by its status.
///
/// # Symptom
///
/// There is no error. A response comes, with a status from 400 on.
///
/// - This crate: `send` returns that response; `diagnose` says what the status means, such as "status 401,
///   which wants Digest".
/// - Arduino: `GET()` returns the status, such as 401 or 404.
///
/// # What happens
///
/// - 401: it wants credentials. `WWW-Authenticate` says by which scheme: `Basic`, `Digest`, `Bearer` or
///   another one.
/// - 403: it has understood the request, and doesn't allow it. Look at the credentials' rights, at lists of
///   addresses, at the name in the URL.
/// - 404, 410: nothing is there. Look at the path (capitals, a `/` at its end), and at the port.
/// - 405, 501: it doesn't take this method. That a server doesn't take OPTIONS, which `diagnose` asks with,
///   is no fault.
/// - 407: a proxy wants credentials, by `Proxy-Authorization`.
/// - 411: it wants the body's length beforehand, and takes no chunks.
/// - 413: the body is larger than it takes.
/// - 417: it doesn't know `Expect: 100-continue`; it wants the same request without.
/// - 429: too many requests in too short a time. `Retry-After` says when.
/// - 500: the server's own mistake; its log says more.
/// - 502, 503, 504: the server, often one behind a proxy, is down, is starting, or is slow.
///
/// # How the crate tells
///
/// `diagnose` asks `OPTIONS *`, which is none of your requests. If even that is refused, by 401, 403 or 500
/// for instance, it is **certain** that the server refuses. A 404 to it says nothing of your path, and is no
/// finding.
///
/// # What to do
///
/// Look at the status before the body. For a 401, give the credentials that are wanted.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let response = online.get("http://user:secret@192.168.1.20/state", &mut buffer).send()?;
/// match response.status() {
///     200..=299 => {}
///     401 => println!("it wants {:?}", response.header_str("www-authenticate")),
///     status => println!("refused: {status}"),
/// }
/// # Ok(()) }
/// ```
///
/// User name and password in the URL, or by `.basic(user, password)`, are for `Basic`. For `Digest` there is
/// `.digest(user, password, random)`, with the feature `digest`; for a token `.bearer(token)`. For any other
/// scheme write the header `Authorization` yourself.
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// http.setAuthorization("user", "secret"); // Basic
/// int code = http.GET();
/// if (code >= 400) Serial.println(code);
/// ```
///
/// # The error
///
/// None: a [`Response`](crate::Response). [`Cause::RefusedByStatus`](crate::Cause::RefusedByStatus) in the
/// [`Report`](crate::Report) of [`diagnose`](crate::SafeHttpClient::diagnose).
pub mod refused_by_status {}

/// Cause 25, `bad_response`: the response was cut short, or isn't valid.
///
/// # Symptom
///
/// - This crate: code `truncated`, "the connection ended in the middle of the response"; or
///   `malformed_response`, with the rule that was broken.
/// - Arduino: -9 "Transfer-Encoding not supported", -10 "Stream write error", or an empty `getString()`.
///
/// # What happens
///
/// The server has answered, and its answer can't be used.
///
/// *Cut short.* The connection ended before the announced length, or without the last chunk. The server
/// crashed, a proxy gave up, the Wi-Fi went. Over TLS a body that has neither is whole only where the server
/// has said so (`close_notify`): one that hangs up without a word leaves it cut, though curl may take it. Let
/// it send a `Content-Length`.
///
/// *Invalid.* Two lengths that differ, a header line without a colon, a chunk without its end.
///
/// Bytes that were lost on a serial line look like either: [`serial_line`](crate::causes::serial_line). What
/// doesn't fit the caller's own buffer is [`buffer_too_small`](crate::causes::buffer_too_small).
///
/// # How the crate tells
///
/// That it is cut or invalid is seen; who made it so isn't. So it is **likely**, with a modem's serial line
/// as **possible** beside it. On a PC, which has no such line, an invalid response is **certain**. Where a
/// body ends a few bytes before its announced length, the length is likelier wrong
/// ([`body_too_short`](crate::causes::body_too_short)), and this is **possible**.
///
/// # What to do
///
/// Compare with `curl -v` on a PC in the same network: where that has it right, look at the serial line and
/// the Wi-Fi; where it doesn't, at the server. The error says which rule was broken.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// println!("{}", client.diagnose(cx, "http://192.168.1.20/")); // shows what came
/// # }
/// ```
///
/// A body that was cut isn't usable: fetch it again, with `Range` where the server knows it.
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// int code = http.GET();
/// int length = http.getSize(); // -1: not announced
/// ```
///
/// # The error
///
/// [`ErrorKind::Truncated`](crate::ErrorKind::Truncated) or
/// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol).
/// [`Cause::BadResponse`](crate::Cause::BadResponse).
pub mod bad_response {}

/// Cause 41, `buffer_too_small`: the response doesn't fit the buffer that it was given.
///
/// # Symptom
///
/// Short responses work, long ones don't, and it is always the same ones.
///
/// - This crate: code `buffer_too_small`, "the buffer is too small for the response's head: it has 512 bytes
///   and needs 700".
/// - Arduino: an empty `getString()`, where the heap has no room for the body.
///
/// # What happens
///
/// The head of a response (status and header fields) has to be in the request's buffer as a whole. Web
/// frameworks send 300 to 800 bytes of it; with cookies and security headers, 2,000. The body doesn't have to
/// be there, unless you ask for all of it at once.
///
/// # How the crate tells
///
/// It has counted the bytes: **certain**. The program has to be corrected, not the server.
///
/// # What to do
///
/// The error has the figures. Give the head a larger buffer; read the body in pieces.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock, W: embedded_io::Write>(
/// #     mut online: Online<'_, N, C>, mut flash: W,
/// # ) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// match online.get("http://192.168.1.20/firmware.bin", &mut buffer).send() {
///     // A body of any length passes through the one buffer.
///     Ok(mut response) => drop(response.copy_to(&mut flash)),
///     Err(Error { kind: ErrorKind::Buffer { needed, available, .. }, .. }) => {
///         println!("{needed} bytes needed, {available} there");
///     }
///     Err(error) => return Err(error),
/// }
/// # Ok(()) }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`: write large bodies to where they belong, not into a `String`.
///
/// ```cpp
/// int code = http.GET();
/// if (code == HTTP_CODE_OK) {
///   File file = LittleFS.open("/page", "w");
///   int written = http.writeToStream(&file); // negative: an error of HTTPClient
/// }
/// ```
///
/// # The error
///
/// [`ErrorKind::Buffer`](crate::ErrorKind::Buffer). [`Cause::BufferTooSmall`](crate::Cause::BufferTooSmall).
pub mod buffer_too_small {}

/// Cause 35, `body_without_end`: the body has neither a length nor chunks, and the server doesn't close.
///
/// # Symptom
///
/// All of the body is there, and reading it ends in a deadline all the same.
///
/// - This crate: code `idle_timeout`, in the body.
/// - Arduino: `getString()` takes its whole timeout, and returns the text then.
///
/// # What happens
///
/// A receiver knows where a body ends by `Content-Length`, by chunks, or by the end of the connection (RFC
/// 9112 section 6.3). A server that sends neither of the first two has to close. Small servers written by
/// hand, CGI programs and sketches often forget both; with HTTP/1.0 clients, and in browsers that show what
/// has come so far, nobody notices.
///
/// # How the crate tells
///
/// The head has neither, and nothing moved for the idle deadline: **likely**. A server that is only slow with
/// the rest of such a body looks the same. Where the stack's own end of the stream may have been missed, it
/// is **possible**, behind [`stack_quirks`](crate::causes::stack_quirks).
///
/// # What to do
///
/// Let the server send `Content-Length`, or close the connection at the end of its answer. What has come by
/// then is the body, as far as anybody can tell:
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// use embedded_io::Read;
/// let mut buffer = [0; 1024];
/// let mut response = online.get("http://192.168.1.20/state", &mut buffer).connection_close().send()?;
/// let mut piece = [0; 64];
/// loop {
///     match response.read(&mut piece) {
///         Ok(0) => break, // the end
///         Ok(count) => println!("{:?}", &piece[..count]),
///         Err(error) if error.code() == "idle_timeout" => break, // no end
///         Err(error) => return Err(error),
///     }
/// }
/// # Ok(()) }
/// ```
///
/// Asked by `Connection: close`, many servers close where they wouldn't otherwise.
///
/// Arduino (the server's side):
///
/// ```cpp
/// server.send(200, "text/plain", text); // sends the length
/// client.stop();                        // where the answer is written by hand
/// ```
///
/// # The error
///
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) of [`Deadline::Idle`](crate::Deadline::Idle) in
/// [`Phase::Body`](crate::Phase::Body). [`Cause::BodyWithoutEnd`](crate::Cause::BodyWithoutEnd).
pub mod body_without_end {}

/// Cause 36, `body_too_short`: the server announced more than it sent.
///
/// # Symptom
///
/// The last few bytes of a body never come.
///
/// - This crate: code `idle_timeout`, in the body, where the connection stays open; `truncated` where the
///   server closes it.
/// - Arduino: `getString()` takes its whole timeout, and returns the text then; -11, "read Timeout", with
///   some cores.
///
/// # What happens
///
/// `Content-Length` says more than the body has. The length was counted in characters and the body sent in
/// bytes, or the other way round; a line end was counted as two bytes and sent as one; the length of a file
/// was taken, and the file changed. The receiver waits for the rest.
///
/// # How the crate tells
///
/// Nearly all of the announced length is there, and then comes nothing until the idle deadline, or the
/// connection's end: **likely**. Where much is missing, a [slow server](crate::causes::slow_server) is
/// likelier, and this is **possible**.
///
/// # What to do
///
/// Correct the server. Count what is really sent, in bytes, after all conversions.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let mut response = online.get("http://192.168.1.20/state", &mut buffer).send()?;
/// println!("announced: {:?}", response.header_str("Content-Length"));
/// # Ok(()) }
/// ```
///
/// On a PC, `curl -v` waits just as long, and says how many bytes remain.
///
/// Arduino (the server's side):
///
/// ```cpp
/// String text = page();
/// server.setContentLength(text.length()); // bytes, as UTF-8
/// ```
///
/// # The error
///
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) of [`Deadline::Idle`](crate::Deadline::Idle) in
/// [`Phase::Body`](crate::Phase::Body), or [`ErrorKind::Truncated`](crate::ErrorKind::Truncated).
/// [`Cause::BodyTooShort`](crate::Cause::BodyTooShort). Where the connection ends and much is missing, it is
/// [`bad_response`](crate::causes::bad_response).
pub mod body_too_short {}

/// Cause 37, `compressed`: the body is compressed, and nobody asked for that.
///
/// # Symptom
///
/// The body is binary where text was expected. Its first bytes are `1f 8b` (gzip).
///
/// - This crate: code `compressed`, "the body is compressed (Content-Encoding, or as gzip begins), which
///   nobody asked for", where text was asked for.
/// - Arduino: a `String` of odd characters.
///
/// # What happens
///
/// A request without `Accept-Encoding` lets the server choose (RFC 9110 section 12.5.3); some choose gzip.
/// Caches and proxies in between hand out what somebody else had asked for. A file that is stored compressed
/// (`index.html.gz`) is often sent as it is.
///
/// # How the crate tells
///
/// The response has a `Content-Encoding`, or its body begins as gzip does: **certain**.
///
/// # What to do
///
/// Requests say `Accept-Encoding: identity` by themselves. If a server doesn't heed that, switch its
/// compression off for this path: this crate unpacks nothing.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let response = online.get("http://192.168.1.20/state", &mut buffer).send()?;
/// if let Some(coding) = response.header_str("content-encoding") {
///     println!("compressed: {coding}");
/// }
/// # Ok(()) }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// http.setAcceptEncoding("identity;q=1,chunked;q=0.1,*;q=0"); // what it sends by itself
/// ```
///
/// # The error
///
/// [`ErrorKind::Compressed`](crate::ErrorKind::Compressed). [`Cause::Compressed`](crate::Cause::Compressed).
pub mod compressed {}
