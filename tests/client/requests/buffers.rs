//! How much buffer a request takes.

use super::{Bench, Built, DEFAULTS, assert_untouched};
use safe_http_client::{BufferUse, ErrorKind, Method, Url};

/// The error says how much it takes, and that is enough: to the byte.
#[test]
fn a_buffer_of_exactly_the_needed_size_is_enough() {
    type Build = for<'r> fn(Built<'r>) -> Built<'r>;
    let url_of_long_host = "http://a-rather-long-host-name.example/a/long/path";
    let builds: [(&str, Build); 7] = [
        ("http://gate.local/a/long/path?and=query", |request| request),
        ("http://user:password@h:8080/", |request| request.header("x-key", "secret")),
        ("http://h/", |request| request.header("Host", "a-much-longer-host.example")),
        ("http://h/", |request| request.without_header("Accept").connection_close()),
        ("http://h/", |request| request.expect_continue().body(b"open")),
        (url_of_long_host, |request| {
            request
                .connect_to("192.168.1.20:80".parse().unwrap())
                .without_header("Host")
                .without_header("User-Agent")
                .without_header("Accept")
                .without_header("Accept-Encoding")
        }),
        // The default Host line is taken out again after a line behind it was lost. This alone
        // takes more than the head has in the end.
        (url_of_long_host, |request| {
            request
                .connect_to("192.168.1.20:80".parse().unwrap())
                .header("a", "1")
                .header("Host", "h")
                .without_header("User-Agent")
                .without_header("Accept")
                .without_header("Accept-Encoding")
        }),
    ];
    let last = builds.len() - 1;
    for (index, (url, build)) in builds.into_iter().enumerate() {
        let whole = Bench::new().sent(Method::Get, url, build);
        let head = whole.find("\r\n\r\n").unwrap() + 4;
        assert_eq!(whole.len(), head, "nothing behind it");
        // In front of it stands the host, for the resolver and for reuse.
        let head = Url::parse(url).unwrap().host_text().len() + head;
        // Each smaller buffer is refused, and says the same.
        let mut needed_by_all = None;
        for size in 0..=head + 64 {
            let Bench { mut client, log, mut cx } = Bench::new();
            let mut buffer = vec![0; size];
            let mut online = client.online(&mut cx).unwrap();
            let error = match build(online.get(url, &mut buffer[..])).send() {
                Ok(_) => {
                    assert_eq!(log.borrow().text(0), whole, "in {size} bytes");
                    continue;
                }
                Err(error) => error,
            };
            let ErrorKind::Buffer { what, needed, available, exact } = error.kind else {
                // What was sent fits; its answer may not.
                assert_eq!(log.borrow().text(0), whole, "in {size} bytes: {error}");
                continue;
            };
            if what != BufferUse::RequestHead {
                assert!(size >= head, "{size} bytes hold the head of {head}");
                continue;
            }
            assert_untouched(&log.borrow());
            assert_eq!((available, exact), (size, true));
            assert!(needed > size && needed >= head, "{needed} for a head of {head}");
            assert_eq!(*needed_by_all.get_or_insert(needed), needed, "in {size} bytes");
            let said = format!(
                "url: the buffer is too small for the request: it has {size} bytes and \
                 needs {needed}"
            );
            assert_eq!(error.to_string(), said);
        }
        let needed = needed_by_all.expect("some are too small");
        assert_eq!(needed > head, index == last, "{needed} for a head of {head}");
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = vec![0; needed];
        build(client.online(&mut cx).unwrap().get(url, &mut buffer[..])).send().unwrap();
        assert_eq!(log.borrow().text(0), whole);
    }
}

#[test]
fn a_body_needs_no_room_in_the_buffer() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Content-Length: 4\r\n\r\n");
    let mut buffer = vec![0; "h".len() + head.len()];
    client.online(&mut cx).unwrap().put("http://h/", &mut buffer).body(b"open").send().unwrap();
    assert_eq!(log.borrow().text(0), head + "open");
}

/// Of one that is copied, room for all of it behind the head: to the byte.
#[test]
fn a_copied_body_needs_its_room_in_the_buffer() {
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Content-Length: 12\r\nx: y\r\n\r\n");
    let whole = "h".len() + head.len() + 12;
    for size in [0, 11, 12, 13, whole - 12, whole - 1, whole, whole + 1] {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = vec![0; size];
        let mut online = client.online(&mut cx).unwrap();
        let put = online.put("http://h/", &mut buffer[..]).copy_body("twelve bytes");
        let error = match put.header("x", "y").start() {
            Ok(mut call) => {
                assert!(size >= whole, "{size} bytes");
                while call.poll(&mut client, &mut cx).is_err() {}
                let sent = log.borrow().text(0);
                assert_eq!(sent.len(), head.len() + 12);
                assert!(sent.ends_with("\r\n\r\ntwelve bytes"), "{sent}");
                continue;
            }
            Err(error) => error,
        };
        let what = BufferUse::RequestHead;
        let too_small = ErrorKind::Buffer { what, needed: whole, available: size, exact: true };
        assert_eq!(error.kind, too_small);
        let said = error.to_string();
        assert!(
            said.starts_with("url: the buffer is too small for the request: it has "),
            "{said}"
        );
        assert_untouched(&log.borrow());
    }
}
