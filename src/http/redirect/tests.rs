//! Where a `Location` leads, row by row.

use super::*;
use std::string::String;
use std::vec;

fn resolved(base: &str, location: impl AsRef<[u8]>) -> Result<String, RedirectError> {
    let base = Url::parse(base).unwrap();
    let base = Base::of(&base);
    let mut room = vec![0; 4096];
    let length = resolve(&base, location.as_ref(), &mut room)?;
    let text = room[room.len() - length..].to_vec();
    let (endpoint, target) = parse(&text)?;
    check(base.scheme, endpoint.scheme)?;
    let whole = Url::parse(ascii(&text)).unwrap();
    assert_eq!((endpoint.scheme, endpoint.port), (whole.scheme(), whole.port()));
    assert_eq!(endpoint.remote, Endpoint::of(&whole).remote);
    let host = &behind_scheme(endpoint.scheme, &text)[..endpoint.host_length];
    assert_eq!(host, whole.host_text().as_bytes());
    assert!(target > 0 && text[text.len() - target..] == *whole.path_and_query().as_bytes());
    // A room of exactly that size does, too, and a smaller one says the same size.
    let mut exact = vec![0; length];
    assert_eq!(resolve(&base, location.as_ref(), &mut exact), Ok(length));
    assert_eq!(exact, text);
    assert_eq!(resolve(&base, location.as_ref(), &mut []), Ok(length));
    Ok(String::from_utf8(text).unwrap())
}

/// RFC 3986 section 5.4, without those of other schemes and, since fragments are never sent, without them.
#[test]
fn the_examples_of_rfc_3986() {
    const BASE: &str = "http://a/b/c/d;p?q";
    for (reference, expected) in [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q"),
        ("g#s", "http://a/b/c/g"),
        ("g?y#s", "http://a/b/c/g?y"),
        (";x", "http://a/b/c/;x"),
        ("g;x", "http://a/b/c/g;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../", "http://a/"),
        ("../../g", "http://a/g"),
        ("../../../g", "http://a/g"),
        ("../../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
    ] {
        assert_eq!(resolved(BASE, reference).as_deref(), Ok(expected), "{reference:?}");
    }
}

#[test]
fn what_servers_send() {
    for (base, location, expected) in [
        ("http://h", "next", "http://h/next"),
        ("http://h", "?x=1", "http://h/?x=1"),
        ("http://h:8080/a", "/b", "http://h:8080/b"),
        ("http://h:65535/a", "b", "http://h:65535/b"),
        ("http://h:8080/a", "http://h/b", "http://h/b"),
        ("http://h/", "HTTPS://Other:444/b", "https://Other:444/b"),
        ("https://h/", "//other/b", "https://other/b"),
        ("http://[fe80::1]:81/a", "b", "http://[fe80::1]:81/b"),
        ("http://user:pw@h/a", "b", "http://h/b"),
        ("http://h/", "http://user:pw@other/b", "http://other/b"),
        ("http://h/", " /b ", "http://h/b"),
        ("http://h/", "/a b", "http://h/a%20b"),
        ("http://h/", "/stra\u{df}e?\u{e4}", "http://h/stra%C3%9Fe?%C3%A4"),
        ("http://h/", "/a?next=http://x/../y", "http://h/a?next=http://x/../y"),
        ("http://h/a//b", "../c", "http://h/a/c"),
        ("http://h/a/b", "//other", "http://other/"),
        ("http://h/a", "/.//other/x", "http://h//other/x"),
        ("http://h/?u=a/b", "c", "http://h/c"),
    ] {
        assert_eq!(resolved(base, location).as_deref(), Ok(expected), "{base} {location:?}");
    }
}

#[test]
fn what_is_no_place_to_go() {
    let at = |error| Err(RedirectError::Location(error));
    for (base, location, expected) in [
        ("http://h/", "ftp://h/a", at(UrlError::UnsupportedScheme)),
        ("http://h/", "javascript:alert(1)", at(UrlError::UnsupportedScheme)),
        ("http://h/", "http:/a", at(UrlError::MissingHost)),
        ("http://h/", "http:///a", at(UrlError::MissingHost)),
        ("http://h/", "http://h:0/a", at(UrlError::InvalidPort)),
        ("http://h/", "//good\\@evil/", at(UrlError::InvalidHost { at: 4, byte: b'\\' })),
        ("https://h/", "http://h/a", Err(RedirectError::Downgrade)),
    ] {
        assert_eq!(resolved(base, location), expected, "{base} {location:?}");
    }
    for host in ["a b", "\u{fc}", "a%41"] {
        let found = resolved("http://h/", std::format!("http://{host}/"));
        assert!(matches!(found, Err(RedirectError::Location(_))), "{host}: {found:?}");
    }
}

/// Whatever stands in a `Location`: a URL, or an error, and no panic.
#[test]
fn any_bytes() {
    let mut state = 1u32;
    for _ in 0..20_000 {
        let bytes: vec::Vec<u8> = (0..state % 17)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b"/.:?#@[]\\ %ahttp\xff\x80"[(state >> 16) as usize % 18]
            })
            .collect();
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let _ = resolved("http://h/a/b?c", &bytes);
    }
}

#[test]
fn the_method() {
    for (status, method, expected) in [
        (301, "GET", false),
        (301, "POST", true),
        (302, "POST", true),
        (302, "PUT", false),
        (303, "GET", false),
        (303, "HEAD", false),
        (303, "POST", true),
        (303, "PUT", true),
        (303, "DELETE", true),
        (307, "POST", false),
        (308, "POST", false),
    ] {
        assert_eq!(becomes_get(status, method.as_bytes()), expected, "{status} {method}");
    }
}

#[test]
fn the_next_head() {
    const FIRST: &[u8] = b"POST /a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eA==\r\nX-Key: 1\r\n\
        Cookie: c\r\nContent-Type: text/plain\r\nUser-Agent: u\r\nAccept: */*\r\nContent-Length: 2\r\n\r\n";
    let at = |is_get, has_left, url: &str, expected: &str| {
        let mut room = [0; 512];
        let change = Change { is_get, has_left };
        let url = Url::parse(url).unwrap();
        let method = if is_get { b"GET" as &[u8] } else { b"POST" };
        let length = write_head(FIRST, method, &Base::of(&url), change, &mut room);
        assert_eq!(std::str::from_utf8(&room[..length]).unwrap(), expected);
    };
    at(
        false,
        false,
        "http://h/b",
        "hPOST /b HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eA==\r\nX-Key: 1\r\nCookie: c\r\n\
         Content-Type: text/plain\r\nUser-Agent: u\r\nAccept: */*\r\nContent-Length: 2",
    );
    at(
        true,
        false,
        "http://h/b",
        "hGET /b HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eA==\r\nX-Key: 1\r\nCookie: c\r\n\
         User-Agent: u\r\nAccept: */*",
    );
    at(
        false,
        true,
        "http://other:81/b",
        "otherPOST /b HTTP/1.1\r\nHost: other:81\r\nContent-Type: text/plain\r\nUser-Agent: u\r\n\
         Accept: */*\r\nContent-Length: 2",
    );
}
