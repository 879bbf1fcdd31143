//! "Connection refused" on an ESP8266: the causes of a failed request, a page for each.
//!
//! # What "connection refused" means there
//!
//! It seldom means that somebody has refused a connection. The Arduino core's `ESP8266HTTPClient`
//! gives -1 for *every* connection that doesn't come about, and called it
//! `HTTPC_ERROR_CONNECTION_REFUSED`, "connection refused". Core 3.x calls the same number
//! `HTTPC_ERROR_CONNECTION_FAILED`, "connection failed". One of its maintainers on such a -1:
//! ["so this is not a connection refused"](https://github.com/esp8266/Arduino/issues/5137), but a
//! timeout. AT firmware says no more: `ERROR` and `CLOSED` for a refused, a silent and an
//! unreachable host alike.
//!
//! A refusal is one cause of forty-nine ([`nothing_listens`]). The three classic ones are others:
//!
//! 1. **No IP address yet** ([`no_address`]). Being on the access point isn't enough.
//! 2. **An endpoint that can't be reached:** localhost ([`no_host_target`]), a host that is down
//!    ([`host_down`]), a server that is too slow ([`slow_server`]).
//! 3. **A request from an event handler** ([`event_handler`]), a ticker or an interrupt.
//!
//! # What you see, and where to look
//!
//! | what you see | look at |
//! |---|---|
//! | fails in a callback, works in the main loop | [`event_handler`] |
//! | fails right after power-on, works later | [`no_address`] |
//! | the URL has `localhost` or 127.0.0.1 | [`no_host_target`] |
//! | fails **at once**, and the host answers pings | [`nothing_listens`], [`server_on_loopback`] |
//! | opens in a browser on the server's own machine alone | [`server_on_loopback`], [`firewall`] |
//! | fails **after seconds**, and the host answers pings | [`firewall`] |
//! | fails after seconds, and a phone in the same Wi-Fi can't reach the host either | [`host_down`], [`client_isolation`] |
//! | the internet works, hosts in the same Wi-Fi don't | [`client_isolation`] |
//! | nothing works, not even the router | [`gateway_silent`], [`wrong_subnet`] |
//! | works with DHCP, fails with a static address | [`wrong_subnet`], [`no_dns_server`] |
//! | works with an IP address, fails with a name | [`name_not_resolved`], [`no_dns_server`] |
//! | two ESP8266 don't reach each other | [`own_address`] |
//! | works with http, fails with https | [`certificate`], [`tls_mismatch`], [`modem_memory`], [`scheme`], [`clock_not_set`], [`unknown_authority`], [`wrong_host`], [`old_tls`], [`nothing_in_common`], [`record_too_large`] |
//! | https worked for months, and fails now | [`not_valid_now`], [`unknown_authority`], [`certificate_refused`] |
//! | connected, and no answer | [`slow_server`], [`not_http`] |
//! | the answer is a page that nobody asked for | [`captive_portal`], [`redirected`], [`not_http`] |
//! | status 301, 302, 307 or 308 | [`redirected`], [`captive_portal`] |
//! | status 401, 403, 404, 500 or another from 400 on | [`refused_by_status`] |
//! | the answer has strange bytes in front, or begins with `ICY` | [`nearly_http`], [`left_overs`] |
//! | the body is binary, where text was expected | [`compressed`], [`serial_line`] |
//! | all of the body comes, and then it hangs | [`body_without_end`], [`stack_quirks`] |
//! | the last bytes of the body never come | [`body_too_short`], [`serial_line`] |
//! | fails after a pause | [`stale_connection`] |
//! | the second request fails, each by itself works | [`left_overs`], [`stale_connection`] |
//! | fails after a number of requests | [`out_of_sockets`], [`modem_memory`] |
//! | fails now and then | [`modem_sleep`], [`modem_reset`], [`connection_lost`] |
//! | short responses work, long ones don't | [`buffer_too_small`], [`bad_response`], [`serial_line`] |
//! | works on a PC, fails on a stack that nobody has tried | [`stack_quirks`] |
//! | never gets on the Wi-Fi | [`join_failed`] |
//! | the modem says `busy p...` or nothing | [`modem_unresponsive`] |
//! | the modem says `OK`, and nothing beyond `AT` works | [`firmware`] |
//! | the modem says `ready` in the middle of it | [`modem_reset`] |
//!
//! # By the number that `HTTPClient` returns
//!
//! | number | its text | look at |
//! |---:|---|---|
//! | -1, at once | connection refused (3.x: connection failed) | [`no_address`], [`event_handler`], [`nothing_listens`], [`name_not_resolved`], [`invalid_request`] |
//! | -1, after its timeout | the same | [`host_down`], [`firewall`], [`client_isolation`], [`gateway_silent`] |
//! | -2, -3 | send header failed, send payload failed | [`stale_connection`], [`connection_lost`] |
//! | -4, -5 | not connected, connection lost | [`connection_lost`], [`stale_connection`], [`tls_mismatch`] |
//! | -7 | no HTTP server | [`not_http`], [`tls_mismatch`] |
//! | -9, -10 | Transfer-Encoding not supported, Stream write error | [`bad_response`], [`buffer_too_small`] |
//! | -11 | read Timeout | [`slow_server`], [`modem_sleep`], [`not_http`] |
//!
//! # A diagnosis
//!
//! Of an error the client makes a [diagnosis](crate::SafeHttpClient::diagnosis): the causes that explain
//! it, the likeliest first, each *certain*, *likely* or *possible*, with the figures of the call and what
//! the stack said last. [`diagnose`](crate::SafeHttpClient::diagnose) goes and looks: link, addresses, name,
//! gateway, host, port, HTTP, to the first that fails. It never sends your request. In a loop that doesn't
//! wait it is a [`Probe`](crate::Probe).
//!
//! ```no_run
//! # use safe_http_client::*;
//! # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
//! let url = "http://192.168.1.20/state";
//! let mut buffer = [0; 512];
//! let result = match client.online(cx) {
//!     Ok(mut online) => online.get(url, &mut buffer).send().map(|response| response.status()),
//!     Err(why) => Err(why.into()), // no address
//! };
//! match result {
//!     Ok(status) => println!("{status}"),
//!     Err(error) => {
//!         println!("{}", client.diagnosis(&error)); // from what is known: no packet is sent
//!         println!("{}", client.diagnose(cx, url)); // by asking around
//!     }
//! }
//! # }
//! ```
//!
//! A program without room for the texts (without the feature `advice`) prints the number and the code:
//! here is what they mean.
//!
//! # All causes
//!
//! | number | code | what it is |
//! |---:|---|---|
//! | 1 | [`event_handler`] | the request was made from an event handler, a ticker or an interrupt |
//! | 2 | [`no_address`] | there is no access point, or no IP address yet |
//! | 3 | [`no_host_target`] | the target is localhost, 0.0.0.0, a broadcast or a multicast address |
//! | 4 | [`slow_server`] | the server took longer than the deadline |
//! | 5 | [`host_down`] | the host is down, or isn't in this network |
//! | 6 | [`nothing_listens`] | nothing listens on the port |
//! | 7 | [`server_on_loopback`] | the server listens on its own 127.0.0.1 alone |
//! | 8 | [`firewall`] | a firewall drops or refuses the connection |
//! | 9 | [`client_isolation`] | the access point keeps its clients from each other |
//! | 10 | [`wrong_subnet`] | the static address, netmask and gateway don't fit together |
//! | 11 | [`no_dns_server`] | the host is a name, and no DNS server is set |
//! | 12 | [`own_address`] | the target is the chip itself, or may be in its own access point's network |
//! | 13 | [`name_not_resolved`] | the name doesn't resolve, or not to a host |
//! | 14 | [`scheme`] | the URL's scheme doesn't fit |
//! | 15 | [`tls_mismatch`] | an `https` port was asked in the clear, or the reverse |
//! | 16 | [`not_http`] | what listens there isn't an HTTP server |
//! | 17 | [`captive_portal`] | a captive portal answers in the server's place |
//! | 18 | [`modem_memory`] | there is too little memory, as a rule for TLS |
//! | 19 | [`out_of_sockets`] | no socket is left |
//! | 20 | [`stale_connection`] | the server had closed the kept connection |
//! | 21 | [`join_failed`] | the access point wasn't joined |
//! | 22 | [`modem_reset`] | the modem has reset itself in the middle of it |
//! | 23 | [`modem_unresponsive`] | the modem is busy or silent |
//! | 24 | [`modem_sleep`] | the radio slept, and a packet was lost or late |
//! | 25 | [`bad_response`] | the response was cut short, or isn't valid |
//! | 26 | [`invalid_request`] | the request can't be sent as it is |
//! | 27 | [`serial_line`] | bytes are lost or changed between chip and modem |
//! | 28 | [`gateway_silent`] | the gateway doesn't answer |
//! | 29 | [`connection_lost`] | the connection broke in the middle of the exchange |
//! | 30 | [`unexplained`] | no rule knows this failure |
//! | 31 | [`certificate`] | no TLS session came about |
//! | 32 | [`redirected`] | the answer leads elsewhere |
//! | 33 | [`refused_by_status`] | the server refuses by its status |
//! | 34 | [`firmware`] | the modem's firmware is too old, or of another kind |
//! | 35 | [`body_without_end`] | the body has neither a length nor chunks, and the server doesn't close |
//! | 36 | [`body_too_short`] | the server announced more than it sent |
//! | 37 | [`compressed`] | the body is compressed, and nobody asked for that |
//! | 38 | [`left_overs`] | left-overs of the previous answer came on the kept connection |
//! | 39 | [`nearly_http`] | the answer is nearly HTTP, and isn't quite |
//! | 40 | [`stack_quirks`] | what was declared of the stack doesn't fit it |
//! | 41 | [`buffer_too_small`] | the response doesn't fit the buffer that it was given |
//! | 42 | [`clock_not_set`] | no time is known, so that no certificate can be checked |
//! | 43 | [`unknown_authority`] | no trusted authority has signed the server's certificate |
//! | 44 | [`wrong_host`] | the server's certificate is for other hosts |
//! | 45 | [`not_valid_now`] | a certificate has expired, or isn't valid yet |
//! | 46 | [`certificate_refused`] | the certificate, its chain or its key isn't one that is accepted |
//! | 47 | [`old_tls`] | the server speaks TLS 1.2 or older only |
//! | 48 | [`nothing_in_common`] | server and client have no group, cipher or kind of certificate in common |
//! | 49 | [`record_too_large`] | a TLS record is too large for the buffer |

mod answer;
mod connection;
mod link;
mod modem;
mod request;
mod tls;

pub use answer::*;
pub use connection::*;
pub use link::*;
pub use modem::*;
pub use request::*;
pub use tls::*;
