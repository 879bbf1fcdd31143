//! Causes that lie in TLS.

/// Cause 15, `tls_mismatch`: an `https` port was asked in the clear, or the reverse.
///
/// # Symptom
///
/// - This crate: code `tls_port`, "the peer speaks TLS: this is an https port"; or a response with status
///   400 and "The plain HTTP request was sent to HTTPS port"; or `empty_reply`. The reverse, https to an
///   http port: `handshake_failed`, over a modem `connect_failed`.
/// - Arduino: -5 "connection lost", -7 "no HTTP server" or status 400; the reverse -1, "connection refused"
///   (3.x: "connection failed").
///
/// # What happens
///
/// The port answers, in another language. A TLS server that reads `GET / HTTP/1.1` sees a broken handshake.
/// Some send a TLS alert, whose first byte is 0x15. Some (nginx, Apache) notice and answer 400 with a
/// sentence. Some close without a word.
///
/// The other way round the chip sends its TLS hello, and an http server answers 400 in plain text or
/// closes. The handshake fails, and the stack reports a connect that failed.
///
/// # How the crate tells
///
/// The first byte of the answer is 0x15 or 0x16: **certain**. `diagnose` also reads the sentence of a 400:
/// **certain**. Closed without a word, it is **possible**, behind
/// [`connection_lost`](crate::causes::connection_lost).
///
/// For https, what came in place of TLS begins as HTTP does: **certain**. Where the stack doesn't show it,
/// `diagnose` tries the port without TLS. If that opens, TLS is what failed, and this is **likely**; that the
/// handshake failed for want of memory ([`modem_memory`](crate::causes::modem_memory)) is **possible**. A
/// certificate that isn't trusted shows the same way.
///
/// # What to do
///
/// Scheme and port go together: http with 80 or 8080, https with 443 or 8443, as a rule. Ask from a PC:
/// `curl -v http://HOST:PORT/` and `curl -vk https://HOST:PORT/`. One of the two answers.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// let report = client.diagnose(cx, "http://192.168.1.20:8443/");
/// if report.diagnosis().is_some_and(|diagnosis| diagnosis.cause() == Cause::TlsMismatch) {
///     println!("this port wants https");
/// }
/// # }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`: BearSSL says why a handshake failed.
///
/// ```cpp
/// WiFiClientSecure client;
/// client.setTrustAnchors(&authority); // a certificate is checked against the time, too: configTime() first
/// if (http.begin(client, "https://gate.example/") && http.GET() < 0) {
///   char reason[100];
///   int code = client.getLastSSLError(reason, sizeof reason);
///   Serial.printf("TLS: %d %s\n", code, reason);
/// }
/// ```
///
/// # The error
///
/// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) with
/// [`ProtocolError::NotHttp`](crate::ProtocolError::NotHttp) of [`Peer::Tls`](crate::Peer::Tls);
/// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake) or
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect) for the reverse.
/// [`Cause::TlsMismatch`](crate::Cause::TlsMismatch).
pub mod tls_mismatch {}

/// Cause 31, `certificate`: no TLS session came about.
///
/// # Symptom
///
/// `http` works, `https` to the same host doesn't, and a PC opens the same `https` URL.
///
/// - This crate: code `connect_failed`, "the connection couldn't be opened"; `diagnose` finds the port open
///   without TLS.
/// - Arduino: -1, "connection refused" (3.x: "connection failed"); `getLastSSLError` says why.
/// - AT firmware: `ERROR` from `AT+CIPSTART="SSL",…`, at once or after seconds.
///
/// # What happens
///
/// The server shows a certificate. The client has to trust who signed it, the name in it has to be the one
/// that was asked for, and the date has to be within its days. A chip's clock begins in 1970, or at the
/// firmware's date, until somebody sets it: each certificate is from the future then.
///
/// Memory is the other reason why TLS fails on this chip: [`modem_memory`](crate::causes::modem_memory).
///
/// # How the crate tells
///
/// The connection with TLS fails, and `diagnose` opens the same port without: something listens, and TLS is
/// what fails. On port 443 that makes the certificate or the clock **likely**; elsewhere, and where nobody
/// has looked yet, it is **possible** beside [`tls_mismatch`](crate::causes::tls_mismatch). Memory is only
/// blamed where the stack says that it is short.
///
/// # What to do
///
/// Set the clock before the first request, and load the CA that signed the server's certificate. Ask by the
/// name that stands in the certificate, not by an address.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// println!("{}", client.diagnose(cx, "https://gate.example/")); // is the port open without TLS?
/// # }
/// ```
///
/// AT firmware: `AT+CIPSNTPCFG=1,0,"pool.ntp.org"`, then `AT+CIPSNTPTIME?` until the year is right;
/// `AT+CIPSSLCCONF` says what is verified.
///
/// Arduino:
///
/// ```cpp
/// configTime(0, 0, "pool.ntp.org");
/// while (time(nullptr) < 1600000000) delay(100); // until it is set
/// client.setTrustAnchors(&anchors);
/// ```
///
/// # The error
///
/// [`ErrorKind::Connect`](crate::ErrorKind::Connect) with an `https` URL.
/// [`Cause::Certificate`](crate::Cause::Certificate).
pub mod certificate {}

/// Cause 42, `clock_not_set`: no time is known, so that no certificate can be checked.
///
/// # Symptom
///
/// - This crate: code `handshake_failed` in the phase `connect`, with `ClockNotSet`: not a byte of TLS was
///   sent.
/// - Arduino: -1, "connection refused" (3.x: "connection failed"), and BearSSL says that the certificate has
///   expired or isn't valid yet.
///
/// # What happens
///
/// A certificate is valid from one time to another. A chip wakes up in 1970, or at what its counter says, and
/// so every certificate is "not valid yet" to it. Without the time an old certificate would have to be
/// accepted, and with it one whose key was stolen years ago.
///
/// # How the crate tells
///
/// The wall clock that the TLS network was given says that it doesn't know: **certain**. A clock that is
/// wrong and says otherwise shows as [`not_valid_now`](crate::causes::not_valid_now): behind a certificate
/// that isn't valid yet this cause is **possible**.
///
/// # What to do
///
/// Ask an SNTP server before the first https request, and have the clock say `Unknown` until then. A program
/// that can't do that declares that it is later than its build (`WallTime::NotBefore`): what had expired
/// before is refused all the same. A pinned key (`PinnedKey`) needs no time.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, error: &ErrorOf<N>) {
/// if client.diagnosis(error).cause() == Cause::ClockNotSet {
///     println!("the time comes first: SNTP");
/// }
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// configTime(0, 0, "pool.ntp.org");
/// while (time(nullptr) < 1700000000) delay(100); // before client.connect()
/// ```
///
/// # The error
///
/// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake), whose stack's error tells.
/// [`Cause::ClockNotSet`](crate::Cause::ClockNotSet).
pub mod clock_not_set {}

/// Cause 43, `unknown_authority`: no trusted authority has signed the server's certificate.
///
/// # Symptom
///
/// - This crate: code `handshake_failed`, with `UnknownAuthority`; the stack's last words are the issuer's
///   name.
/// - curl: exit status 60, "unable to get local issuer certificate" or "self-signed certificate".
/// - Arduino: -1, and BearSSL says "Chain could not be linked to a trust anchor".
///
/// # What happens
///
/// A server shows its certificate, and those of the authorities between it and a root. The chip has a few
/// roots, or one. If the last one's issuer isn't among them, nobody vouches for the server. Either the chip
/// has another root than the server's, as after a change of authority; or the server leaves its intermediate
/// certificates out, which browsers hide by fetching them; or somebody is in the middle: a company's proxy, a
/// portal, an attacker.
///
/// # How the crate tells
///
/// No chain of signatures leads to an anchor: **certain**. The name shown is the issuer of the last
/// certificate that came. That a portal answers is **possible**.
///
/// # What to do
///
/// `openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null` shows what the server sends.
/// If the name shown is an intermediate's, let the server send that along (nginx: the full chain in
/// `ssl_certificate`). If it is a root's, give the chip that root. Keep two: the one in use and the one to
/// come.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, error: &ErrorOf<N>) {
/// if client.diagnosis(error).cause() == Cause::UnknownAuthority {
///     println!("another root, or the intermediates are missing");
/// }
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// BearSSL::X509List roots(ISRG_ROOT_X1);
/// client.setTrustAnchors(&roots);
/// ```
///
/// # The error
///
/// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake), whose stack's error tells.
/// [`Cause::UnknownAuthority`](crate::Cause::UnknownAuthority).
pub mod unknown_authority {}

/// Cause 44, `wrong_host`: the server's certificate is for other hosts.
///
/// # Symptom
///
/// - This crate: code `handshake_failed`, with `WrongHost`; the stack's last words are the names that the
///   certificate has.
/// - curl: exit status 60, "no alternative certificate subject name matches".
/// - Arduino: -1; BearSSL says "Expected server name was not found in the chain".
///
/// # What happens
///
/// The chain is right, and the certificate is somebody else's. A server with several names shows the
/// certificate of the first one to a client that asks by address. A certificate for `*.example.com` is
/// neither for `example.com` nor for `a.b.example.com`. The common name has counted for nothing since 2011
/// (RFC 6125); what counts are the subject alternative names.
///
/// # How the crate tells
///
/// The host of the URL is in none of the certificate's names: **certain**. That a portal answers is
/// **possible**.
///
/// # What to do
///
/// Use one of the names that are shown. Where there is none (`no alternative name`), the certificate has only a
/// common name: it needs `subjectAltName=DNS:HOST`. Where the chip has to connect by address and the
/// certificate has a name, write the name in the URL and the address in `connect_to`. A certificate for an
/// address has it as an IP address, not as a DNS name.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, error: &ErrorOf<N>) {
/// if client.diagnosis(error).cause() == Cause::WrongHost {
///     println!("the names are in the last words");
/// }
/// # }
/// ```
///
/// Arduino, with `ESP8266HTTPClient`:
///
/// ```cpp
/// http.begin(client, "https://gate.example/"); // the name that the certificate has
/// ```
///
/// # The error
///
/// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake), whose stack's error tells.
/// [`Cause::WrongHost`](crate::Cause::WrongHost).
pub mod wrong_host {}

/// Cause 45, `not_valid_now`: a certificate has expired, or isn't valid yet.
///
/// # Symptom
///
/// - This crate: code `handshake_failed`, with `Expired` or `NotYetValid`.
/// - curl: exit status 60, "certificate has expired" or "certificate is not yet valid".
/// - Arduino: -1; BearSSL says "Certificate is expired or not yet valid".
///
/// # What happens
///
/// Many certificates are valid for 90 days or less. A server whose renewal has failed shows an old one; so
/// does a server that has a new one on disk and wasn't restarted. An intermediate may have expired, too. "Not
/// valid yet" is mostly the chip's clock, which is behind.
///
/// # How the crate tells
///
/// The clock's time isn't between the certificate's two times: **certain**. The error says whether it is too
/// late or too early.
///
/// # What to do
///
/// `openssl s_client -connect HOST:443 -servername HOST </dev/null | openssl x509 -noout -dates`. If those
/// are right, set the clock: [`clock_not_set`](crate::causes::clock_not_set).
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, error: &ErrorOf<N>) {
/// if client.diagnosis(error).cause() == Cause::NotValidNow {
///     println!("renew the certificate, or set the clock");
/// }
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// Serial.println(time(nullptr)); // seconds since 1970: what does the chip believe?
/// ```
///
/// # The error
///
/// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake), whose stack's error tells.
/// [`Cause::NotValidNow`](crate::Cause::NotValidNow).
pub mod not_valid_now {}

/// Cause 46, `certificate_refused`: the certificate, its chain or its key isn't one that is accepted.
///
/// # Symptom
///
/// - This crate: code `handshake_failed`, with `NotForServers`, `NotAllowedToSign`, `BadSignature`,
///   `UnsupportedAlgorithm`, `MalformedCertificate`, `WrongKey` or `Unauthenticated`.
/// - curl: exit status 60, 35, or 90 for a pinned key.
/// - Arduino: -1.
///
/// # What happens
///
/// A certificate says what it is for. One for clients or for signing code is no server's. An authority may
/// sign for some names only, so many levels deep, or not at all. A signature may be wrong, or of an algorithm
/// that isn't compiled in. And whoever pins a key refuses all others, also the server's own new one.
///
/// # How the crate tells
///
/// The certificates and the proof of the key are what they are: **certain**. The error's name says which it
/// was.
///
/// # What to do
///
/// `NotForServers`: get a certificate with `serverAuth` and `digitalSignature`. `MalformedCertificate`: one of
/// version 1, mostly, which `openssl x509 -req` makes unless it is given an `-extfile` with at least
/// `subjectAltName=DNS:HOST`. `NotAllowedToSign`: the authority's own constraints. `UnsupportedAlgorithm`:
/// switch on `p384`, `rsa` or `ed25519`. `WrongKey`: pin the new key, and always a second one. `BadSignature`
/// and `Unauthenticated`: look for who is in the middle.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, error: &ErrorOf<N>) {
/// if client.diagnosis(error).cause() == Cause::CertificateRefused {
///     println!("the error says why");
/// }
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// client.setFingerprint(...); // pins a certificate: it fails with each renewal. A key stays.
/// ```
///
/// # The error
///
/// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake), whose stack's error tells.
/// [`Cause::CertificateRefused`](crate::Cause::CertificateRefused).
pub mod certificate_refused {}

/// Cause 47, `old_tls`: the server speaks TLS 1.2 or older only.
///
/// # Symptom
///
/// - This crate: code `handshake_failed`, with `OldVersion`.
/// - `openssl s_client -tls1_3 -connect HOST:443`: "alert protocol version".
///
/// # What happens
///
/// `safe-http-client-tls` speaks only TLS 1.3. A server that doesn't have it answers with the alert
/// `protocol_version`, or with a hello of its own version.
///
/// # How the crate tells
///
/// The alert, or the version in the server's hello: **certain**. Behind
/// [`nothing_in_common`](crate::causes::nothing_in_common) it is **possible**: some servers say no more.
///
/// # What to do
///
/// Let the server speak 1.3 as well: nginx since 1.13 with `ssl_protocols TLSv1.2 TLSv1.3`, OpenSSL since
/// 1.1.1. Where that isn't yours to change, a stack with TLS of its own may do: the AT modem's goes up to
/// 1.2.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, error: &ErrorOf<N>) {
/// if client.diagnosis(error).cause() == Cause::OldTls {
///     println!("the server needs TLS 1.3");
/// }
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// // BearSSL speaks up to TLS 1.2: the reverse of this cause.
/// ```
///
/// # The error
///
/// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake), whose stack's error tells.
/// [`Cause::OldTls`](crate::Cause::OldTls).
pub mod old_tls {}

/// Cause 48, `nothing_in_common`: server and client have no group, cipher or kind of certificate in common.
///
/// # Symptom
///
/// - This crate: code `handshake_failed`, with `NothingInCommon`.
/// - `openssl s_client`: "alert handshake failure".
///
/// # What happens
///
/// The client offers the group P-256, the cipher AES-128-GCM, and the kinds of certificate that are compiled
/// in. Every server with TLS 1.3 must have the first two (RFC 8446 section 9.1), but they may be switched
/// off. More often the server's only certificate has an RSA key, and the feature `rsa` is off.
///
/// # How the crate tells
///
/// The server says so without a reason (the alert `handshake_failure`), or chooses what wasn't offered:
/// **likely**. That it speaks an older version only is **possible**.
///
/// # What to do
///
/// `openssl s_client -connect HOST:443 -servername HOST -groups P-256 -ciphersuites TLS_AES_128_GCM_SHA256
/// </dev/null` shows the certificate's kind. RSA: switch on `rsa`, or get the server a P-256 certificate as
/// well (certbot's default is one).
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, error: &ErrorOf<N>) {
/// if client.diagnosis(error).cause() == Cause::NothingInCommon {
///     println!("is its certificate RSA's?");
/// }
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// // BearSSL has RSA and P-256 to begin with.
/// ```
///
/// # The error
///
/// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake), whose stack's error tells.
/// [`Cause::NothingInCommon`](crate::Cause::NothingInCommon).
pub mod nothing_in_common {}

/// Cause 49, `record_too_large`: a TLS record is too large for the buffer.
///
/// # Symptom
///
/// - This crate: code `handshake_failed` or `receive_failed`, with `RecordTooLarge` and both figures.
/// - Small answers work, large ones don't.
///
/// # What happens
///
/// TLS sends its data in records of up to 16 KiB, and a record has to be there as a whole before it can be
/// decrypted. The session was given less than 16,640 bytes to read into. The first large record may hold the
/// server's certificates, or the start of a long body.
///
/// # How the crate tells
///
/// The record's header has its length: **certain**.
///
/// # What to do
///
/// Give the session `FULL_RECORD` bytes. Where there is no room, ask the server for small records: nginx has
/// `ssl_buffer_size 4k`. The handshake asks for them, too (`max_fragment_length`): servers with OpenSSL do as
/// asked, others don't.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, error: &ErrorOf<N>) {
/// if client.diagnosis(error).cause() == Cause::RecordTooLarge {
///     println!("16,640 bytes to read into are enough for every server");
/// }
/// # }
/// ```
///
/// Arduino:
///
/// ```cpp
/// client.setBufferSizes(1024, 512); // BearSSL: works where the server takes max_fragment_length
/// ```
///
/// # The error
///
/// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake) or [`ErrorKind::Receive`](crate::ErrorKind::Receive),
/// whose stack's error tells. [`Cause::RecordTooLarge`](crate::Cause::RecordTooLarge).
pub mod record_too_large {}
