//! Where a `Location` leads, beside browsers, whose rules the crate `url` implements.

use safe_http_client::sans_io::HeadParser;
use safe_http_client::{ResponseHead, Scheme, Url};

fn resolved(base: &str, location: &str) -> String {
    try_resolved(base, location).unwrap()
}

/// `None` where it is refused.
fn try_resolved(base: &str, location: &str) -> Option<String> {
    let mut head = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n").into_bytes();
    let mut parser = HeadParser::new();
    parser.parse(&mut head).unwrap();
    let redirect = ResponseHead::new(&parser, &head).redirect()?;
    let mut room = [0; 512];
    let url = redirect.resolve(&Url::parse(base).unwrap(), &mut room).ok()?;
    let scheme = if url.scheme() == Scheme::Http { "http" } else { "https" };
    let port = if url.port() == url.scheme().default_port() {
        String::new()
    } else {
        format!(":{}", url.port())
    };
    let target = url.path_and_query();
    let target = target.strip_suffix('?').unwrap_or(target);
    Some(format!("{scheme}://{}{port}{target}", url.host_text()))
}

/// They resolve the same.
#[test]
fn as_browsers_do() {
    let parts = ["", "a", "..", ".", "/", "//", "?", "b;c", "/../", "x/", "%2e", "#f"];
    for base in ["http://h/", "http://h:81/p/q/r?s", "http://h/p//q"] {
        for first in parts {
            for second in parts {
                for third in parts {
                    let location = [first, second, third].concat();
                    // An empty one leads nowhere. Browsers take these for dots (the URL standard, "double-dot
                    // path segment").
                    if location.is_empty() || location.contains("%2e") || location.starts_with("//")
                    {
                        continue;
                    }
                    let mut expected = url::Url::parse(base).unwrap().join(&location).unwrap();
                    expected.set_fragment(None);
                    let mut expected = String::from(expected);
                    if expected.ends_with('?') {
                        expected.pop();
                    }
                    let found = resolved(base, &location);
                    assert_eq!(found, expected, "{base} {location:?}");
                }
            }
        }
    }
}

/// Where browsers read a `Location` in another way than RFC 3986 has it, this client stays where it was, or
/// refuses: it never goes where neither of the two leads.
#[test]
fn where_browsers_go_elsewhere() {
    const BASE: &str = "http://h/p/q";
    for (location, ours, theirs) in [
        // A backslash is a slash for them; RFC 3986 has none.
        ("/\\evil", Some("http://h/\\evil"), "http://evil/"),
        ("\\/evil", Some("http://h/p/\\/evil"), "http://evil/"),
        ("\\\\evil", Some("http://h/p/\\\\evil"), "http://evil/"),
        ("/\\/evil/a", Some("http://h/\\/evil/a"), "http://evil/a"),
        ("..\\a", Some("http://h/p/..\\a"), "http://h/a"),
        ("http:\\\\evil", None, "http://evil/"),
        ("//evil\\@h/", None, "http://evil/@h/"),
        ("//h\\evil/", None, "http://h/evil/"),
        // Tabs are left out by them, wherever they stand.
        ("/\t/evil", Some("http://h/%09/evil"), "http://evil/"),
        ("ht\ttp://evil/", None, "http://evil/"),
        ("//ev\til/", None, "http://evil/"),
        // More slashes, or fewer, than there are in a URL.
        ("http:///evil", None, "http://evil/"),
        ("http:/a", None, "http://h/a"),
        ("http:a", None, "http://h/p/a"),
        ("https:/evil", None, "https://evil/"),
        // Dots that are percent-encoded.
        ("/a/%2e%2e/b", Some("http://h/a/%2e%2e/b"), "http://h/b"),
        // Other ways to write a host.
        ("//e%76il/", None, "http://evil/"),
        ("//127.1/", None, "http://127.0.0.1/"),
        ("//0x7f.0.0.1/", None, "http://127.0.0.1/"),
    ] {
        assert_eq!(try_resolved(BASE, location).as_deref(), ours, "{location:?}");
        let browsers = url::Url::parse(BASE).unwrap().join(location).unwrap();
        assert_eq!(browsers.as_str(), theirs, "{location:?}");
    }
}

#[test]
fn never_where_neither_leads() {
    let parts =
        ["", "/", "\\", "//", "evil", "h", "@", ":", "http:", "\t", "?", "#", "%2f", ".", "[::1]"];
    let (mut followed, mut refused, mut stayed) = (0, 0, 0);
    for base in ["http://h/p/q?r", "http://h:81/", "https://h/p"] {
        let base_url = url::Url::parse(base).unwrap();
        for number in 0..parts.len().pow(4) {
            let digits = [1, 15, 225, 3375].map(|power| parts[number / power % parts.len()]);
            let location = digits.concat();
            let Some(ours) = try_resolved(base, &location) else {
                refused += 1;
                continue;
            };
            let ours = url::Url::parse(&ours).unwrap().origin();
            if ours == base_url.origin() {
                stayed += 1;
                continue;
            }
            let theirs = base_url.join(&location).map(|url| url.origin());
            assert_eq!(theirs.as_ref(), Ok(&ours), "{base} {location:?}");
            followed += 1;
        }
    }
    println!("{followed} led elsewhere as browsers go, {stayed} stayed, {refused} were refused");
    assert!(followed > 100 && stayed > 1000 && refused > 1000);
}
