//! Answers that a server gives on any stack, each with what it is: the same bytes go over all of them.

use crate::observed::{Case, Demand, try_get};
use safe_http_client::{Cause, Clock, LoopContext, Network, SafeHttpClient};

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
    let first = Demand::First;
    let shorter = Demand::FirstNotCertain("a server that is only slow at its end looks the same");
    let endless = Demand::FirstNotCertain("a server that is only slow looks the same");
    let stays_open = [
        (
            Cause::SlowServer,
            "a chunked body that stalls",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            first,
        ),
        (
            Cause::BodyTooShort,
            "6 bytes announced, 5 sent, and silence",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
            shorter,
        ),
        (
            Cause::BodyWithoutEnd,
            "neither a length nor chunks, and no close",
            "HTTP/1.1 200 OK\r\n\r\nhello",
            endless,
        ),
    ];
    let stays_open = stays_open.into_iter().map(|(cause, how, text, demand)| Served {
        cause,
        how,
        bytes: text.into(),
        closes: false,
        demand,
    });
    let icy = "ICY 200 OK\r\nicy-name:x\r\n\r\n".to_owned();
    let blank = "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_owned();
    let bare = "<html><title>Gate</title>closed</html>\n".to_owned();
    let line = "HTTP/1.1 200 OK\r\nThis is odd\r\n\r\n".to_owned();
    [
        (Cause::NearlyHttp, "ICY 200 OK", icy, first),
        (Cause::NearlyHttp, "blank lines in front", blank, first),
        (Cause::NearlyHttp, "a page without a head", bare, first),
        (Cause::NearlyHttp, "a status line of HTTP/2", "HTTP/2 200\r\nX: y\r\n\r\n".into(), first),
        (Cause::NearlyHttp, "a start that is missing", "TP/1.1 200 OK\r\n\r\n".into(), first),
        (Cause::NotHttp, "a cache's error", "-ERR unknown command 'GET'\r\n".into(), first),
        (
            Cause::ConnectionLost,
            "100 Continue alone",
            "HTTP/1.1 100 Continue\r\n\r\n".into(),
            first,
        ),
        (
            Cause::BodyTooShort,
            "6 bytes announced, 5 sent, and the end",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello".into(),
            first,
        ),
        (Cause::BadResponse, "a line without a colon", line, first),
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
    .chain(stays_open)
    .collect()
}

/// The first answer, which is complete, and what stands in front of the next one.
pub const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";
pub const LEFT_OVERS: &str = "\"\"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// A next one that is broken further on.
pub const ODD: &str = "HTTP/1.1 200 OK\r\nThis is odd\r\n\r\n";

/// A POST, which isn't repeated, on the connection that a GET has left.
pub fn on_kept<N: Network, C: Clock>(
    case: Case,
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Case {
    assert_eq!(try_get(client, cx, url).map_err(|error| error.code()), Ok(204));
    assert!(client.is_connected());
    let sent = client.online(cx).unwrap().post(url, [0; 512]).send().map(|_| ());
    let error = sent.unwrap_err();
    case.failed(error.code(), &client.diagnosis(&error))
}

/// A body of gzip, unasked for.
pub fn gzip() -> Vec<u8> {
    const BODY: [u8; 26] = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 2, 0, 0x20, 0x30,
        0x3a, 0x36, 6, 0, 0, 0,
    ];
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 26\r\n\r\n";
    [head.as_bytes(), &BODY].concat()
}

/// A GET whose body is read as text.
pub fn read_text<N: Network, C: Clock>(
    case: Case,
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Case {
    let mut buffer = [0; 512];
    let mut online = client.online(cx).unwrap();
    let mut response = online.get(url, &mut buffer).send().unwrap();
    let error = response.read_to_str().map(|_| ()).unwrap_err();
    drop(response);
    case.failed(error.code(), &client.diagnosis(&error))
}
