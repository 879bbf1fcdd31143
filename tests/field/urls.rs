//! URLs as people write them, and as a console or a file hands them over.

use safe_http_client::{Scheme, Url, UrlError};

fn refused(text: &str) -> (UrlError, String) {
    let error = Url::parse(text).expect_err(text);
    (error, error.to_string())
}

#[test]
fn a_line_end_from_a_console_or_a_file() {
    for url in [
        "http://127.0.0.1:1/x",
        "http://h",
        "http://h:80",
        "http://h/",
        "http://h?x=1",
        "http://u:p@h/a",
        "http://[::1]",
        "http://192.168.1.20",
    ] {
        for end in ["\r", "\n", "\r\n", "\r\n\r\n"] {
            let (error, says) = refused(&format!("{url}{end}"));
            let byte = end.as_bytes()[0];
            assert_eq!(error, UrlError::TrailingSpace { at: url.len(), byte }, "{url:?}");
            assert!(
                says.contains("a line end stands behind the URL") && says.contains("trim it"),
                "{says}"
            );
            assert!(!says.contains('%'), "{says}");
        }
        for end in [" ", "\t", "  \t"] {
            let (error, says) = refused(&format!("{url}{end}"));
            assert_eq!(error, UrlError::TrailingSpace { at: url.len(), byte: end.as_bytes()[0] });
            assert!(says.contains("white space stands behind the URL: trim it"), "{says}");
        }
    }
    // In the middle it is another mistake.
    let (error, _) = refused("http://h/a\r\nX: y");
    assert_eq!(error, UrlError::InvalidCharacter { at: 10, byte: b'\r' });
    // Parts that are configured apart.
    for (host, path) in [("h\r\n", "/"), ("h ", "/"), ("h", "/x\r"), ("h", "/ ")] {
        let error = Url::from_parts(Scheme::Http, host, None, path).unwrap_err();
        assert!(matches!(error, UrlError::TrailingSpace { .. }), "{host:?} {path:?}: {error:?}");
    }
}

#[test]
fn a_blank_in_front() {
    for (text, byte) in [
        (" http://h/", b' '),
        ("\thttp://h/", b'\t'),
        ("\r\nhttp://h/", b'\r'),
        ("\"http://h/\"", b'"'),
        ("'http://h/'", b'\''),
        ("<http://h/>", b'<'),
        ("\u{feff}http://h/", 0xEF),
        ("\u{a0}https://h/", 0xC2),
        ("= HTTPS://h/", b'='),
    ] {
        let (error, says) = refused(text);
        assert_eq!(error, UrlError::BeforeScheme { byte }, "{text:?}");
        assert!(says.contains("in front of this URL's scheme"), "{says}");
        assert!(says.contains(&format!("byte 0 is 0x{byte:02X}")), "{says}");
    }
    for text in [
        "gate.local/",
        "127.0.0.1:8102/a.json",
        "://h/",
        "//h/",
        "?next=http://h/",
        "h http://h/",
        " h/",
        "",
        "\u{e4}",
    ] {
        assert_eq!(refused(text).0, UrlError::MissingScheme, "{text:?}");
    }
}

/// The likeliest slips of the hand; what is a scheme of its own, or a host, is none.
#[test]
fn a_misspelled_scheme() {
    for text in [
        "htp://h/",
        "hhtp://h/",
        "htttp://h/",
        "ttp://h/",
        "thtp://h/",
        "HTTPP://h",
        "http:/h/",
        "http//h/",
        "http;//h/",
        "http ://h",
        "http:\\\\h\\a",
        "http\\\\h",
        "htps://h/",
        "htpps://h/",
        "ttps://h",
        "https:/h",
        "https//h/",
        "Htttps;//h",
    ] {
        let (error, says) = refused(text);
        assert_eq!(error, UrlError::MisspelledScheme, "{text}");
        assert!(says.contains("did you mean http:// or https://?"), "{says}");
    }
    for text in
        ["ssh://h/", "sftp://h/", "tftp://h/", "smtp://h/", "stomp://h/", "ws://h/", "httpx://h/"]
    {
        assert_eq!(refused(text).0, UrlError::UnsupportedScheme, "{text}");
    }
    for text in ["http", "http:", "https/", "http/a//b", "http:8080/", "pts.local//", "test//"] {
        assert_eq!(refused(text).0, UrlError::MissingScheme, "{text}");
    }
    // A host may be called so.
    for text in ["http://http/", "http://ttp//a", "http://htp:80/"] {
        assert!(Url::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn a_character_of_a_password_that_ends_the_host() {
    for (text, at, byte, write) in [
        ("http://admin:pa#ss@h/", 15, b'#', "%23"),
        ("http://admin:12#34@h/", 15, b'#', "%23"),
        ("http://admin:#@h/", 13, b'#', "%23"),
        ("http://ad#min:pw@h/", 9, b'#', "%23"),
        ("https://admin:12#34@h", 16, b'#', "%23"),
        ("http://admin:pa/ss@h/", 15, b'/', "%2F"),
        ("http://admin:pa?ss@h/", 15, b'?', "%3F"),
        ("http://admin:p$/@h/", 15, b'/', "%2F"),
    ] {
        let (error, says) = refused(text);
        assert_eq!(error, UrlError::InvalidUserinfo { at, byte }, "{text}");
        assert!(says.contains("password") && says.contains(write), "{says}");
        assert!(says.contains(&format!("byte {at} is {}: write {write}", byte as char)), "{says}");
    }
    // A port may be empty (RFC 3986 section 3.2.3).
    let path = Url::parse("http://admin:/@h/").map(|url| url.path_and_query());
    assert_eq!(path, Ok("/@h/"));
    // An `@` in a path or in a fragment behind one is where it belongs.
    for text in [
        "http://h/@scope/package",
        "http://h:80/a@b",
        "http://h/#a@b",
        "http://h#/@a",
        "http://h?mail=a@b",
    ] {
        assert!(Url::parse(text).is_ok(), "{text}");
    }
}

/// A message ends up in logs.
#[test]
fn no_byte_of_a_password_is_said() {
    for text in
        ["http://u:p\u{e4}ss@h/", "http://u:p ss@h/", "http://u:p\tss@h/", "http://u:\u{1}@h/"]
    {
        let (error, says) = refused(text);
        let UrlError::UnsafePassword { at } = error else { panic!("{error:?}") };
        let byte = text.as_bytes()[at];
        assert!(!byte.is_ascii_graphic() && !says.contains(&format!("0x{byte:02X}")), "{says}");
        assert_eq!(format!("{error:?}"), format!("UnsafePassword {{ at: {at} }}"));
    }
}
