//! What the check says of an answer: by its status, by where it leads, and by what its page says.

use crate::chip::chip;
use crate::common::script::Connection;
use crate::common::tools::says;
use crate::field::diagnose;
use std::net::Ipv4Addr;

const FINE: &str = "all of it works";

/// Answers to the check, what it says of them, and what it mustn't say.
#[test]
fn an_answer_is_told_by_its_status() {
    let long = format!("http://portal.test/{}", "x".repeat(200));
    for (what, url, head, wanted, unwanted) in [
        (
            "302 to another host of the service",
            "http://script.test/",
            "302 Found\r\nLocation: https://script.googleusercontent.com/x",
            &[
                "status 302",
                "redirects to https://script.googleusercontent.com/x",
                "ask for the URL",
            ][..],
            &["portal", FINE][..],
        ),
        (
            "301 to https of the same host",
            "http://gate.test/",
            "301 Moved Permanently\r\nLocation: https://gate.test/",
            &["status 301", "redirects to https://gate.test/", "https", "TLS"],
            &["portal", FINE],
        ),
        (
            "308 to a path",
            "http://gate.test/",
            "308 Permanent Redirect\r\nLocation: /new/",
            &["status 308", "redirects to /new/", "the same host"],
            &["portal", FINE],
        ),
        (
            "302 without a Location",
            "http://gate.test/",
            "302 Found\r\nX-Nothing: else",
            &["status 302", "doesn't say where to"],
            &["portal", FINE],
        ),
        (
            "302 to a login of another host",
            "http://gate.test/",
            "302 Found\r\nLocation: https://accounts.example/login?to=http://gate.test/&token=abc",
            &["redirects to https://accounts.example/login", "captive portal", "(possible)"],
            &["(likely)", "token", FINE],
        ),
        (
            "302 with a portal's marks",
            "http://gate.test/",
            "302 Found\r\nLocation: http://user:pass@captive.hotel.test:8880/guest?mac=02",
            &["redirects to http://captive.hotel.test:8880/guest", "a captive portal answers"],
            &["user:pass", "mac=02", FINE],
        ),
        (
            "302 to the gateway",
            "http://gate.test/",
            "302 Found\r\nLocation: http://192.168.1.1/",
            &["redirects to http://192.168.1.1/", "a captive portal answers"],
            &[FINE],
        ),
        (
            "511",
            "http://gate.test/",
            "511 Network Authentication Required",
            &["status 511", "a captive portal answers"],
            &[FINE],
        ),
        (
            "401 that wants Digest",
            "http://gate.test/",
            "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"",
            &["status 401", "wants Digest", ".digest(user, password, random)"],
            &[FINE, "nonce", "realm"],
        ),
        (
            "401 that wants Basic",
            "http://gate.test/",
            "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a, b\"",
            &["status 401", "wants Basic:", "user:password@"],
            &[FINE],
        ),
        (
            "401 that wants one of several",
            "http://gate.test/",
            "401 Unauthorized\r\nWWW-Authenticate: Negotiate, Bearer realm = \"x\"\r\n\
             www-authenticate: NTLM",
            &["wants Negotiate, Bearer, NTLM:", ".bearer(token)"],
            &[FINE],
        ),
        (
            "401 that wants one of two, the first with a comma in its realm",
            "http://gate.test/",
            "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"a, b\", Basic realm=\"c\"",
            &["wants Digest, Basic:"],
            &[FINE],
        ),
        (
            "401 with a quotation in its realm",
            "http://gate.test/",
            "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"say \\\"yes, sir\\\"\", Basic realm=\"c\"",
            &["wants Digest, Basic:"],
            &[FINE],
        ),
        (
            "401 that wants what the client hasn't",
            "http://gate.test/",
            "401 Unauthorized\r\nWWW-Authenticate: NTLM",
            &["wants NTLM:", "switch the server to Basic or Digest"],
            &[FINE],
        ),
        (
            "200 of a page that has another name on the same site",
            "http://gate.test/",
            "200 OK\r\nContent-Location: http://www.gate.test/index.html",
            &[FINE],
            &["www.gate.test", "redirect"],
        ),
        (
            "401 that doesn't say what it wants",
            "http://gate.test/",
            "401 Unauthorized",
            &["status 401", "no challenge"],
            &[FINE],
        ),
        (
            "407 of a proxy",
            "http://gate.test/",
            "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"",
            &["status 407", "wants Basic", "Proxy-Authorization"],
            &[FINE],
        ),
        (
            "403",
            "http://gate.test/",
            "403 Forbidden",
            &["status 403", "forbidden", "rights"],
            &[FINE],
        ),
        ("404", "http://gate.test/", "404 Not Found", &["status 404", "nothing", "path"], &[FINE]),
        ("410", "http://gate.test/", "410 Gone", &["status 410", "nothing", "path"], &[FINE]),
        (
            "429",
            "http://gate.test/",
            "429 Too Many Requests",
            &["status 429", "too many", "less often"],
            &[FINE],
        ),
        (
            "500",
            "http://gate.test/",
            "500 Internal Server Error",
            &["status 500", "server's own error", "log"],
            &[FINE],
        ),
        (
            "503",
            "http://gate.test/",
            "503 Service Unavailable",
            &["status 503", "can't answer now", "again"],
            &[FINE],
        ),
        (
            "505",
            "http://gate.test/",
            "505 HTTP Version Not Supported",
            &["status 505", "takes no HTTP/1.1", "refuses by its status"],
            &[FINE, "isn't on this side", "look the status up"],
        ),
        (
            "421",
            "http://gate.test/",
            "421 Misdirected Request",
            &["status 421", "isn't set up for this host"],
            &[FINE, "look the status up"],
        ),
        (
            "426",
            "http://gate.test/",
            "426 Upgrade Required\r\nUpgrade: TLS/1.0, HTTP/1.1",
            &["status 426", "wants another protocol"],
            &[FINE, "look the status up"],
        ),
        (
            "431",
            "http://gate.test/",
            "431 Request Header Fields Too Large",
            &["status 431", "shorter headers"],
            &[FINE, "look the status up"],
        ),
        (
            "418",
            "http://gate.test/",
            "418 I'm a teapot",
            &["status 418", "look the status up"],
            &[FINE],
        ),
        (
            "101 that nobody asked for",
            "http://gate.test/",
            "101 Switching Protocols\r\nUpgrade: websocket",
            &[
                "status 101",
                "which nobody asked for",
                "isn't valid (likely)",
                "a request with Upgrade",
            ],
            &[FINE, "redirect"],
        ),
        (
            "405: it is there, and takes no OPTIONS",
            "http://gate.test/",
            "405 Method Not Allowed",
            &["status 405", "takes no OPTIONS", FINE],
            &["cause:"],
        ),
        ("200", "http://gate.test/", "200 OK", &["status 200", FINE], &["cause:", "says:"]),
        // Processed as a 5xx (RFC 9110 section 15).
        ("600", "http://gate.test/", "600 x", &["status 600", "server's own error"], &[FINE]),
        ("999", "http://gate.test/", "999 Request denied", &["status 999", "own error"], &[FINE]),
        (
            "302 to an app",
            "http://gate.test/",
            "302 Found\r\nLocation: app://open?token=s3cret",
            &["redirects to app:...", "what isn't asked for by HTTP", "another protocol"],
            &[FINE, "s3cret", "the same host"],
        ),
        (
            "302 to a mail address",
            "http://gate.test/",
            "302 Found\r\nLocation: mailto:me@gate.test",
            &["redirects to mailto:..."],
            &[FINE, "the same host"],
        ),
        (
            "302 to a path with a scheme and no host",
            "http://gate.test/",
            "302 Found\r\nLocation: http:/next",
            &["redirects to http:/next", "another place of the same host"],
            &[FINE, "another protocol"],
        ),
        (
            "302 with a slash in its password",
            "http://gate.test/",
            "302 Found\r\nLocation: http://admin:pa/ss@gate.test/next",
            &["redirects to http://gate.test/next"],
            &[FINE, "admin", "pa/ss", "ss@"],
        ),
        (
            "302 with backslashes for slashes",
            "http://gate.test/",
            "302 Found\r\nLocation: http:\\\\adm1n:hunter2@gate.test/next",
            &["redirects to ...@gate.test/next"],
            &[FINE, "adm1n", "hunter2"],
        ),
        (
            "302 with no slashes",
            "http://gate.test/",
            "302 Found\r\nLocation: http:adm1n:hunter2@gate.test/next?x",
            &["redirects to ...@gate.test/next?..."],
            &[FINE, "adm1n", "hunter2"],
        ),
        (
            "302 with a question mark in its password",
            "http://gate.test/",
            "302 Found\r\nLocation: http://adm1n:hunt?er2@gate.test/next",
            &["redirects to http://gate.test/next"],
            &[FINE, "adm1n", "hunt", "er2"],
        ),
        (
            "302 to a path with an @",
            "http://gate.test/",
            "302 Found\r\nLocation: /pic@2x",
            &["redirects to /pic@2x"],
            &[FINE, "..."],
        ),
        (
            "302 to a fragment",
            "http://gate.test/",
            "302 Found\r\nLocation: #top",
            &["a redirect that doesn't say where to"],
            &[FINE, "another place"],
        ),
        (
            "302 to a query",
            "http://gate.test/",
            "302 Found\r\nLocation: ?session=s3cret",
            &["redirects to ?...", "another place of the same host"],
            &[FINE, "s3cret"],
        ),
        (
            "302 to a path with a colon",
            "http://gate.test/",
            "302 Found\r\nLocation: /a:b",
            &["redirects to /a:b", "another place of the same host"],
            &[FINE],
        ),
        (
            "302 of a name to the address that it stands for",
            "http://gate.test/",
            "302 Found\r\nLocation: http://192.168.1.20:5000/",
            &["redirects to http://192.168.1.20:5000/", "another place of the same host"],
            &[FINE, "portal", "/: another host"],
        ),
        (
            "the same by https",
            "http://gate.test/",
            "302 Found\r\nLocation: https://192.168.1.20/",
            &["the same host by https"],
            &[FINE, "portal"],
        ),
        (
            "the same, with a portal's marks: its name may be a portal's lie",
            "http://gate.test/",
            "302 Found\r\nLocation: http://192.168.1.20:8880/guest/s/default/",
            &["a captive portal answers", "(likely)"],
            &[FINE],
        ),
        (
            "302 of a name to another private address",
            "http://gate.test/",
            "302 Found\r\nLocation: http://192.168.1.21/",
            &["a captive portal answers", "(likely)"],
            &[FINE],
        ),
        (
            "302 to the name with the root's dot",
            "http://gate.test/",
            "302 Found\r\nLocation: http://gate.test./next",
            &["another place of the same host"],
            &[FINE, "next: another host"],
        ),
        (
            "302 to the server's own loopback address",
            "http://gate.test/",
            "302 Found\r\nLocation: http://127.0.0.1:8080/",
            &[
                "redirects to http://127.0.0.1:8080/",
                "an address of whoever asks",
                "others know it by",
            ],
            &[FINE, "portal", "follow"],
        ),
        (
            "302 to localhost",
            "http://192.168.1.20/",
            "302 Found\r\nLocation: http://localhost/app",
            &["an address of whoever asks"],
            &[FINE, "follow"],
        ),
        (
            "a session in a path's parameter",
            "http://gate.test/",
            "302 Found\r\nLocation: /login;jsessionid=s3cret?next=/",
            &["redirects to /login;..."],
            &[FINE, "s3cret"],
        ),
        (
            "the same in a whole URL",
            "http://gate.test/",
            "302 Found\r\nLocation: http://gate.test/luci/;stok=s3cret/admin",
            &["redirects to http://gate.test/luci/"],
            &[FINE, "s3cret"],
        ),
        (
            "305, which nobody follows",
            "http://gate.test/",
            "305 Use Proxy\r\nLocation: http://cache.test:3128/",
            &["redirects to http://cache.test:3128/", "301, 302, 303, 307 and 308 alone"],
            &[FINE, "redirects followed"],
        ),
        (
            "200 that leads on by a header field",
            "http://gate.test/",
            "200 OK\r\nRefresh: 3; url=http://new.test/",
            &["redirects to http://new.test/", "301, 302, 303, 307 and 308 alone"],
            &[FINE, "redirects followed"],
        ),
        (
            "a long Location is cut, and is no less one",
            "http://gate.test/",
            &format!("302 Found\r\nLocation: {long}"),
            &["redirects to http://portal.test/xxx"],
            &[FINE],
        ),
    ] {
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n");
        let mut chip = chip(vec![Connection::answer(answer); 2]);
        chip.stack.names = ["gate.test", "script.test"]
            .map(|name| (name, Ipv4Addr::new(192, 168, 1, 20).into()))
            .to_vec();
        let report = diagnose(chip, url);
        says(what, &report.to_string(), wanted, unwanted);
    }
}

/// What stands in a page counts only where it is a portal's, or the words of a server that wants TLS.
#[test]
fn an_answer_is_told_by_its_page() {
    let portal = "http://portal.hotel.test/login";
    for (what, status, page, wanted, unwanted) in [
        (
            "a page that leads to a portal",
            "200 OK",
            format!("<html><meta http-equiv=\"refresh\" content=\"0; url={portal}?mac=s3cret\">"),
            &["redirects to http://portal.hotel.test/login", "a captive portal answers"][..],
            &[FINE, "s3cret"][..],
        ),
        (
            "the same, written otherwise",
            "200 OK",
            format!("<META HTTP-EQUIV=refresh CONTENT='1;URL={portal}'>"),
            &["a captive portal answers"],
            &[FINE],
        ),
        (
            "a script that leads to a portal",
            "200 OK",
            format!("<script>window.location.href = '{portal}';</script>"),
            &["a captive portal answers"],
            &[FINE],
        ),
        (
            "the same by a call",
            "200 OK",
            format!("<script>location.replace(\"{portal}\")</script>"),
            &["a captive portal answers"],
            &[FINE],
        ),
        (
            "a page that leads on, in the same host",
            "200 OK",
            "<meta http-equiv=\"refresh\" content=\"0; url=/portal/login\">".into(),
            &[FINE],
            &["portal answers", "redirect"],
        ),
        (
            "a script that may lead elsewhere",
            "200 OK",
            "<script>function out() { location.href = 'https://accounts.test/login'; }".into(),
            &[FINE],
            &["portal", "redirect"],
        ),
        (
            "a script that looks at its own place, and a link to a portal",
            "200 OK",
            format!(
                "<script>if (window.location.port) {{ go(\"x\") }}</script><a href='{portal}'>"
            ),
            &[FINE],
            &["portal", "redirect"],
        ),
        (
            "a script that looks at its own place, and a portal's text",
            "200 OK",
            format!("<script>var a = window.location, portal; var b = '{portal}';</script>"),
            &[FINE],
            &["portal", "redirect"],
        ),
        (
            "a page with a login",
            "200 OK",
            "<title>Login</title><form action=/login><input type=password>".into(),
            &[FINE],
            &["portal", "redirect"],
        ),
        (
            "a server that wants TLS: nginx",
            "400 Bad Request",
            "<title>400 The plain HTTP request was sent to HTTPS port</title>".into(),
            &["this is an https port"],
            &[FINE],
        ),
        (
            "a server that wants TLS: Tomcat",
            "400 Bad Request",
            "Bad Request\nThis combination of host and port requires TLS.\n".into(),
            &["this is an https port"],
            &[FINE],
        ),
        (
            "a server that wants a client's certificate: nginx",
            "400 Bad Request",
            "<center>No required SSL certificate was sent</center>".into(),
            &[
                "the server refuses the check's question",
                "(certain)",
                "certificate of the client's",
            ],
            &[FINE, "https port"],
        ),
        (
            "a server that wants TLS: nginx's own number for it",
            "497 x",
            "The plain HTTP request was sent to HTTPS port".into(),
            &["this is an https port"],
            &[FINE],
        ),
    ] {
        let length = page.len();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{page}");
        let mut chip = chip(vec![Connection::answer(answer); 2]);
        chip.stack.names = vec![("gate.test", Ipv4Addr::new(192, 168, 1, 20).into())];
        let report = diagnose(chip, "http://gate.test/");
        says(what, &report.to_string(), wanted, unwanted);
    }
}
