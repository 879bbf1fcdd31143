//! Whom a request goes to, and with which method.

use super::{Bench, DEFAULTS, sent_by_get, with_defaults};
use safe_http_client::{ErrorKind, Method, RequestError, Url, url};
use std::net::SocketAddr;

#[test]
fn a_get_is_its_request_line_host_and_defaults() {
    assert_eq!(
        sent_by_get("http://192.168.1.20/gate?door=2"),
        format!(
            "GET /gate?door=2 HTTP/1.1\r\n\
             Host: 192.168.1.20\r\n\
             User-Agent: safe-http-client/{}\r\n\
             Accept: */*\r\n\
             Accept-Encoding: identity\r\n\
             \r\n",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn the_url_decides_target_and_host() {
    for (url, target, host) in [
        // The fragment is never sent; a port is, unless it goes without saying.
        ("http://h:8080/p?q#f", "/p?q", "h:8080"),
        ("http://h:80/p", "/p", "h"),
        ("http://h:443/p", "/p", "h:443"),
        ("http://h:/p", "/p", "h"),
        ("http://h", "/", "h"),
        ("http://h/", "/", "h"),
        ("http://h#f", "/", "h"),
        ("http://h?x=1", "/?x=1", "h"),
        ("http://h/?", "/?", "h"),
        // As written: nothing is decoded, folded or put in order.
        ("http://h//a/../b;c=%20%e4?d[]=|", "//a/../b;c=%20%e4?d[]=|", "h"),
        ("http://GATE.local/Open", "/Open", "GATE.local"),
        ("http://[fe80::1]:80/", "/", "[fe80::1]"),
        ("http://[fe80::1]:81/", "/", "[fe80::1]:81"),
    ] {
        let mut bench = Bench::new();
        // Names as written would need a resolver with the same case.
        bench.client.network_mut().stack_mut().names.push(("GATE.local", [10, 0, 0, 1].into()));
        let sent = bench.sent(Method::Get, url, |request| request);
        let expected = with_defaults(&format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n"));
        assert_eq!(sent, expected, "{url}");
    }
}

#[test]
fn a_url_constant_is_sent_like_a_text() {
    const GATE: Url<'static> = url!("http://192.168.1.20:8080/gate");
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    client.online(&mut cx).unwrap().get(GATE, &mut buffer).send().unwrap();
    let expected = with_defaults("GET /gate HTTP/1.1\r\nHost: 192.168.1.20:8080\r\n");
    assert_eq!(log.borrow().text(0), expected);
}

#[test]
fn an_address_is_dialed_and_a_name_resolved() {
    for (url, resolved, dialed) in [
        ("http://192.168.1.30:8080/", None, "192.168.1.30:8080"),
        ("http://[fe80::1]/", None, "[fe80::1]:80"),
        ("http://gate.local/", Some("gate.local"), "192.168.1.20:80"),
    ] {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        client.online(&mut cx).unwrap().get(url, &mut buffer).send().unwrap();
        let log = log.borrow();
        assert_eq!(log.resolved.first().map(String::as_str), resolved, "{url}");
        assert_eq!(log.dialed, [dialed.parse::<SocketAddr>().unwrap()], "{url}");
    }
}

#[test]
fn connect_to_dials_its_address_and_resolves_nothing() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    let address: SocketAddr = "10.1.2.3:8123".parse().unwrap();
    client
        .online(&mut cx)
        .unwrap()
        .get("http://nowhere.example/p", &mut buffer)
        .connect_to(address)
        .send()
        .unwrap();
    let log = log.borrow();
    assert!(log.resolved.is_empty());
    assert_eq!(log.dialed, [address]);
    // The server is told the URL's host all the same.
    assert_eq!(log.text(0), with_defaults("GET /p HTTP/1.1\r\nHost: nowhere.example\r\n"));
}

/// RFC 9110 section 8.6: a method that usually has content says so when there is none.
#[test]
fn without_a_body_only_post_put_and_patch_announce_a_length() {
    for (method, announces) in [
        (Method::Get, false),
        (Method::Head, false),
        (Method::Delete, false),
        (Method::Options, false),
        (Method::Trace, false),
        (Method::Custom("PURGE"), false),
        (Method::Post, true),
        (Method::Put, true),
        (Method::Patch, true),
        // However it was named.
        (Method::Custom("POST"), true),
        (Method::from_name("PUT"), true),
    ] {
        let sent = Bench::new().sent(method, "http://h/p", |request| request);
        let length = if announces { "Content-Length: 0\r\n" } else { "" };
        let name = method.name();
        let expected = format!("{name} /p HTTP/1.1\r\nHost: h\r\n{DEFAULTS}{length}\r\n");
        assert_eq!(sent, expected);
    }
}

#[test]
fn the_methods_by_name_send_themselves() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let url = "http://h/";
    let mut buffer = [0; 512];
    client.online(&mut cx).unwrap().get(url, &mut buffer).send().unwrap();
    client.close();
    client.online(&mut cx).unwrap().head(url, &mut buffer).send().unwrap();
    for (index, name) in ["GET", "HEAD"].into_iter().enumerate() {
        assert!(log.borrow().text(index).starts_with(&format!("{name} / HTTP/1.1\r\n")));
    }
    drop(client);
    drop(cx);
    let Bench { mut client, log, mut cx } = Bench::new();
    client.online(&mut cx).unwrap().put(url, &mut buffer).send().unwrap();
    client.close();
    client.online(&mut cx).unwrap().delete(url, &mut buffer).send().unwrap();
    for (index, name) in ["PUT", "DELETE"].into_iter().enumerate() {
        assert!(log.borrow().text(index).starts_with(&format!("{name} / HTTP/1.1\r\n")));
    }
}

/// RFC 9110 section 9.2.2, RFC 5789 section 2. Only these are ever sent again.
#[test]
fn idempotent_methods_are_those_that_are_defined_so() {
    for (method, idempotent) in [
        (Method::Get, true),
        (Method::Head, true),
        (Method::Put, true),
        (Method::Delete, true),
        (Method::Options, true),
        (Method::Trace, true),
        (Method::Post, false),
        (Method::Patch, false),
        (Method::Connect, false),
        (Method::Custom("PROPFIND"), false),
        (Method::from_name("GET"), true),
    ] {
        assert_eq!(method.is_idempotent(), idempotent, "{method:?}");
    }
}

/// Methods are case-sensitive (RFC 9110 section 9.1), so none is changed.
#[test]
fn custom_methods_are_sent_as_they_are() {
    for name in ["PURGE", "get", "M-SEARCH", "VERSION-CONTROL", "X!#$%&'*+.^_`|~9"] {
        let sent = Bench::new().sent(Method::Custom(name), "http://h/", |request| request);
        assert_eq!(sent, with_defaults(&format!("{name} / HTTP/1.1\r\nHost: h\r\n")));
    }
}

#[test]
fn a_method_that_is_no_token_is_refused() {
    for name in ["", "GE T", "GET\r\nX: y", "GET\0", "G\u{e9}T", "GET /x HTTP/1.1\r\n", "(GET)"] {
        let error = Bench::new().refused(Method::Custom(name), "http://h/", |request| request);
        assert_eq!(error.kind, ErrorKind::Request(RequestError::InvalidMethod), "{name:?}");
        assert_eq!(error.code(), "invalid_method");
    }
}

/// RFC 9112 section 3.2.3: host and port alone, the port even where it is the default one.
#[test]
fn connect_names_the_authority() {
    for (url, authority) in [
        ("http://h:22", "h:22"),
        ("http://h", "h:80"),
        ("http://h:8443/ignored?too", "h:8443"),
        ("http://[fe80::1]:443", "[fe80::1]:443"),
    ] {
        let sent = Bench::new().sent(Method::Connect, url, |request| request);
        let line = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        assert_eq!(sent, with_defaults(&line), "{url}");
    }
}

#[test]
fn options_asks_about_the_url() {
    for (url, target) in [("http://h/p?q", "/p?q"), ("http://h", "/")] {
        let sent = Bench::new().sent(Method::Options, url, |request| request);
        assert_eq!(sent, with_defaults(&format!("OPTIONS {target} HTTP/1.1\r\nHost: h\r\n")));
    }
}
