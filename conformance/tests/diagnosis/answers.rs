//! Answers that a server gives on any stack, each with what it is: the same bytes go over all of them.

use crate::observed::Demand;
use safe_http_client::Cause;

/// An answer to each request, after which the connection ends or stays open.
pub struct Served {
    pub cause: Cause,
    pub how: &'static str,
    pub bytes: Vec<u8>,
    pub closes: bool,
    pub demand: Demand,
}

/// All of them.
pub fn served() -> Vec<Served> {
    let status = |line: &str| format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n");
    let to = |url: &str| status(&format!("302 Found\r\nLocation: {url}"));
    let long =
        format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(900));
    let not_its_path = Demand::FirstNotCertain("the check asks for none of the caller's paths");
    let first = Demand::First;
    [
        (
            Cause::Redirected,
            "302 to another host",
            to("https://script.googleusercontent.com/x"),
            first,
        ),
        (Cause::Redirected, "301 to another path", to("/new/"), first),
        (Cause::Redirected, "302 to a login elsewhere", to("https://id.example/login?to=x"), first),
        (
            Cause::RefusedByStatus,
            "401 that wants Digest",
            status("401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\""),
            first,
        ),
        (Cause::RefusedByStatus, "403", status("403 Forbidden"), first),
        (Cause::RefusedByStatus, "404 to all", status("404 Not Found"), not_its_path),
        (Cause::RefusedByStatus, "500", status("500 Internal Server Error"), first),
        (Cause::RefusedByStatus, "503", status("503 Service Unavailable"), first),
        (
            Cause::CaptivePortal,
            "511",
            status("511 Network Authentication Required"),
            Demand::FirstNotCertain("who sends it can't be seen"),
        ),
        (Cause::BufferTooSmall, "a head larger than the buffer, on any stack", long, first),
    ]
    .into_iter()
    .map(|(cause, how, text, demand)| Served {
        cause,
        how,
        bytes: text.into_bytes(),
        closes: true,
        demand,
    })
    .collect()
}
