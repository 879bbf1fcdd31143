//! What is refused before a byte leaves.

use super::{Bench, assert_untouched, with_defaults};
use safe_http_client::{BodyLength, ErrorKind, Method, RequestError, TargetClass, UrlError};

#[test]
fn https_without_tls_is_refused_before_the_name_is_resolved() {
    for url in ["https://gate.local/", "https://192.168.1.20:8443/", "HTTPS://h"] {
        let error = Bench::new().refused(Method::Get, url, |request| request);
        assert_eq!(error.kind, ErrorKind::Request(RequestError::NoTls), "{url}");
        assert_eq!(error.code(), "no_tls");
        assert!(error.to_string().contains("nothing was sent in the clear"), "{error}");
    }
}

#[test]
fn a_target_that_is_no_other_host_is_refused() {
    for (url, class, code) in [
        ("http://localhost/", TargetClass::Loopback, "loopback_target"),
        ("http://LOCALHOST:8080/gate", TargetClass::Loopback, "loopback_target"),
        ("http://127.0.0.1/", TargetClass::Loopback, "loopback_target"),
        ("http://127.9.9.9:80/", TargetClass::Loopback, "loopback_target"),
        ("http://[::1]/", TargetClass::Loopback, "loopback_target"),
        ("http://gate.localhost/", TargetClass::Loopback, "loopback_target"),
        ("http://0.0.0.0/", TargetClass::Unspecified, "no_host_target"),
        ("http://255.255.255.255/", TargetClass::Broadcast, "no_host_target"),
        ("http://224.0.0.251/", TargetClass::Multicast, "no_host_target"),
    ] {
        let error = Bench::new().refused(Method::Get, url, |request| request);
        assert_eq!(error.kind, ErrorKind::Request(RequestError::Target(class)), "{url}");
        assert_eq!(error.code(), code, "{url}");
        assert_eq!(error.to_string(), format!("url: {}", class.text()));
    }
}

#[test]
fn an_address_to_connect_to_is_judged_in_the_hosts_place() {
    let error = Bench::new().refused(Method::Get, "http://gate.local/", |request| {
        request.connect_to("127.0.0.1:80".parse().unwrap())
    });
    let expected = RequestError::Target(TargetClass::Loopback);
    assert_eq!(error.kind, ErrorKind::Request(expected));
    // A tunnel's or a proxy's localhost isn't this chip's.
    let sent = Bench::new().sent(Method::Get, "http://localhost/", |request| {
        request.connect_to("192.168.1.20:80".parse().unwrap())
    });
    assert_eq!(sent, with_defaults("GET / HTTP/1.1\r\nHost: localhost\r\n"));
}

#[test]
fn a_url_that_is_none_is_refused_with_its_fault() {
    for (url, fault, code) in [
        ("gate.local/open", UrlError::MissingScheme, "malformed_url"),
        ("ftp://gate.local/", UrlError::UnsupportedScheme, "unsupported_scheme"),
        ("htp://h/", UrlError::MisspelledScheme, "unsupported_scheme"),
        ("http://http://localhost/", UrlError::SchemeInHost { localhost: true }, "scheme_in_host"),
        (
            "http://h/a b HTTP/1.1\r\nX: y",
            UrlError::InvalidCharacter { at: 10, byte: b' ' },
            "malformed_url",
        ),
        ("http://h/\r\nX: y", UrlError::InvalidCharacter { at: 9, byte: b'\r' }, "malformed_url"),
        ("http://h/\0", UrlError::InvalidCharacter { at: 9, byte: 0 }, "malformed_url"),
    ] {
        let error = Bench::new().refused(Method::Get, url, |request| request);
        assert_eq!(error.kind, ErrorKind::Request(RequestError::Url(fault)), "{url:?}");
        assert_eq!(error.code(), code, "{url:?}");
        assert_eq!(error.to_string(), format!("url: {fault}"));
    }
}

/// Mistakes are found where the request is started, too, and the client can go on.
#[test]
fn a_refusal_costs_the_client_nothing() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    assert!(client.online(&mut cx).unwrap().get("http://localhost/", &mut buffer).start().is_err());
    assert!(
        client
            .online(&mut cx)
            .unwrap()
            .get("h", &mut buffer)
            .start_upload(BodyLength::Chunked)
            .is_err()
    );
    assert_untouched(&log.borrow());
    assert_eq!(client.close_reason(), None);
    client.online(&mut cx).unwrap().get("http://h/", &mut buffer).send().unwrap();
    assert_eq!(log.borrow().text(0), with_defaults("GET / HTTP/1.1\r\nHost: h\r\n"));
}
