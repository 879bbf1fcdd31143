//! Where a `Location` leads, beside browsers, whose rules the crate `url` implements.

use safe_http_client::sans_io::HeadParser;
use safe_http_client::{ResponseHead, Scheme, Url};

fn resolved(base: &str, location: &str) -> String {
    let mut head = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n").into_bytes();
    let mut parser = HeadParser::new();
    parser.parse(&mut head).unwrap();
    let redirect = ResponseHead::new(&parser, &head).redirect().unwrap();
    let mut room = [0; 512];
    let url = redirect.resolve(&Url::parse(base).unwrap(), &mut room).unwrap();
    let scheme = if url.scheme() == Scheme::Http { "http" } else { "https" };
    let port = if url.port() == 80 { String::new() } else { format!(":{}", url.port()) };
    let target = url.path_and_query();
    let target = target.strip_suffix('?').unwrap_or(target);
    format!("{scheme}://{}{port}{target}", url.host_text())
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
                    // Browsers take these for dots (the URL standard, "double-dot path segment").
                    if location.contains("%2e") || location.starts_with("//") {
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
