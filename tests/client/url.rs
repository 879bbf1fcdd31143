//! URLs as the client reads them: what is accepted and how it comes apart, what is refused and in
//! which words. (Whether browsers understand the same: `conformance/tests/oracles/urls.rs`.)

use safe_http_client::{Host, Scheme, TargetClass, Url, UrlError, url};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Host<'static> {
    Host::Address(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
}

fn v6(text: &str) -> Host<'static> {
    Host::Address(IpAddr::V6(text.parse::<Ipv6Addr>().unwrap()))
}

#[test]
fn a_url_comes_apart_into_scheme_host_port_and_target() {
    use Host::Name;
    use Scheme::{Http, Https};
    let long = format!("{}.de", "a".repeat(250));
    let longest = format!("http://{long}/");
    for (text, scheme, host_text, host, port, target) in [
        ("http://gate.local", Http, "gate.local", Name("gate.local"), 80, ""),
        ("http://gate.local/", Http, "gate.local", Name("gate.local"), 80, "/"),
        ("https://gate.local/a/b", Https, "gate.local", Name("gate.local"), 443, "/a/b"),
        ("HTTP://Gate.Local/A", Http, "Gate.Local", Name("Gate.Local"), 80, "/A"),
        ("hTTpS://h/", Https, "h", Name("h"), 443, "/"),
        // Ports: given, given as the default one, empty (RFC 3986 section 3.2.3), the largest.
        ("http://h:8080/p", Http, "h", Name("h"), 8080, "/p"),
        ("http://h:80/p", Http, "h", Name("h"), 80, "/p"),
        ("http://h:443/p", Http, "h", Name("h"), 443, "/p"),
        ("https://h:80/p", Https, "h", Name("h"), 80, "/p"),
        ("http://h:/p", Http, "h", Name("h"), 80, "/p"),
        ("http://h:00080/p", Http, "h", Name("h"), 80, "/p"),
        ("http://h:65535", Http, "h", Name("h"), 65535, ""),
        // Queries, with and without a path in front; nothing in them is decoded or changed.
        ("http://h/p?q=1&r=%20+", Http, "h", Name("h"), 80, "/p?q=1&r=%20+"),
        ("http://h?x=1", Http, "h", Name("h"), 80, "?x=1"),
        ("http://h:8080?x", Http, "h", Name("h"), 8080, "?x"),
        ("http://h/?", Http, "h", Name("h"), 80, "/?"),
        ("http://h/a/../b/./c//d", Http, "h", Name("h"), 80, "/a/../b/./c//d"),
        ("http://h/p?to=http://x/y?z", Http, "h", Name("h"), 80, "/p?to=http://x/y?z"),
        ("http://h/user@home:80", Http, "h", Name("h"), 80, "/user@home:80"),
        // Fragments are never sent, so they may have anything in them.
        ("http://h/p#top", Http, "h", Name("h"), 80, "/p"),
        ("http://h/p?q#f?x#y", Http, "h", Name("h"), 80, "/p?q"),
        ("http://h#f", Http, "h", Name("h"), 80, ""),
        ("http://h/#a b\u{e4}\n", Http, "h", Name("h"), 80, "/"),
        // User name and password are no part of the host; the last @ ends them.
        ("http://user:pw@h/", Http, "h", Name("h"), 80, "/"),
        ("http://user@h:81/", Http, "h", Name("h"), 81, "/"),
        ("http://us:er@x:p@h/", Http, "h", Name("h"), 80, "/"),
        ("http://@h/", Http, "h", Name("h"), 80, "/"),
        // Addresses.
        ("http://192.168.1.20/gate", Http, "192.168.1.20", v4(192, 168, 1, 20), 80, "/gate"),
        ("http://10.0.0.1:8080", Http, "10.0.0.1", v4(10, 0, 0, 1), 8080, ""),
        ("http://0.0.0.0/", Http, "0.0.0.0", v4(0, 0, 0, 0), 80, "/"),
        ("http://[fe80::1]:80/", Http, "[fe80::1]", v6("fe80::1"), 80, "/"),
        ("http://[::1]/", Http, "[::1]", v6("::1"), 80, "/"),
        ("http://[::]?x", Http, "[::]", v6("::"), 80, "?x"),
        ("http://[1:2:3:4:5:6:7:8]", Http, "[1:2:3:4:5:6:7:8]", v6("1:2:3:4:5:6:7:8"), 80, ""),
        ("http://[1:2:3:4:5:6:7::]", Http, "[1:2:3:4:5:6:7::]", v6("1:2:3:4:5:6:7:0"), 80, ""),
        ("http://[2001:DB8::a]:1", Http, "[2001:DB8::a]", v6("2001:db8::a"), 1, ""),
        ("http://[::ffff:1.2.3.4]", Http, "[::ffff:1.2.3.4]", v6("::ffff:1.2.3.4"), 80, ""),
        ("http://u:p@[fe80::2]:8/x", Http, "[fe80::2]", v6("fe80::2"), 8, "/x"),
        // Names that look a little like addresses, and others that DNS has.
        ("http://1.2.3.4.example/", Http, "1.2.3.4.example", Name("1.2.3.4.example"), 80, "/"),
        ("http://3com.com/", Http, "3com.com", Name("3com.com"), 80, "/"),
        ("http://h.1a/", Http, "h.1a", Name("h.1a"), 80, "/"),
        ("http://_esp._tcp.local/", Http, "_esp._tcp.local", Name("_esp._tcp.local"), 80, "/"),
        ("http://gate.local./", Http, "gate.local.", Name("gate.local."), 80, "/"),
        (
            "http://xn--bcher-kva.example/",
            Http,
            "xn--bcher-kva.example",
            Name("xn--bcher-kva.example"),
            80,
            "/",
        ),
        (longest.as_str(), Http, long.as_str(), Name(long.as_str()), 80, "/"),
    ] {
        let url = Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(url.scheme(), scheme, "scheme of {text}");
        assert_eq!(url.host_text(), host_text, "host's text of {text}");
        assert_eq!(url.host(), host, "host of {text}");
        assert_eq!(url.port(), port, "port of {text}");
        assert_eq!(url.path_and_query(), target, "target of {text}");
        assert_eq!(Url::try_from(text), Ok(url), "{text}");
    }
}

const NO_SCHEME: &str = "this URL has no scheme: start it with http://";
const OTHER_SCHEME: &str = "this URL's scheme is neither http nor https";
const MISSPELLED: &str = "this URL's scheme is misspelled: did you mean http:// or https://?";
const NO_HOST: &str = "this URL has no host: write http://HOST/PATH";
const TWICE: &str = "a scheme stands where the host belongs: give the host alone, without http://";
const TWO_MISTAKES: &str = "two mistakes: a scheme stands where the host belongs (give the host \
                            alone, without http://), and localhost means the chip itself, where no \
                            server listens (give the server's own address)";
const NO_ADDRESS: &str =
    "the host looks like an IP address but isn't one: write 192.168.1.20 or [fe80::1]";
const BRACKETS: &str = "brackets stand around an IPv6 address, with nothing but a port behind them: write \
    [fe80::1]:8080 (byte 7 is 0x5B)";
const PORT: &str = "the port is no number from 1 to 65535";

#[test]
fn what_is_no_url_is_refused_with_the_part_that_is_wrong() {
    use UrlError::*;
    let long = format!("http://{}.de/", "a".repeat(251));
    for (text, error, says) in [
        ("", MissingScheme, NO_SCHEME),
        ("gate.local/open", MissingScheme, NO_SCHEME),
        ("192.168.1.20", MissingScheme, NO_SCHEME),
        ("//gate.local/", MissingScheme, NO_SCHEME),
        ("http:/gate.local/", MisspelledScheme, MISSPELLED),
        ("http", MissingScheme, NO_SCHEME),
        ("://gate.local/", MissingScheme, NO_SCHEME),
        (
            " http://gate.local/",
            BeforeScheme { byte: b' ' },
            "something stands in front of this URL's scheme: a URL starts with http:// (byte 0 is 0x20)",
        ),
        (
            "/http://gate.local/",
            BeforeScheme { byte: b'/' },
            "something stands in front of this URL's scheme: a URL starts with http:// (byte 0 is 0x2F)",
        ),
        // Another URL inside the query is no scheme of this one.
        ("gate.local/?next=http://x/", MissingScheme, NO_SCHEME),
        ("ftp://gate.local/", UnsupportedScheme, OTHER_SCHEME),
        ("ws://gate.local/", UnsupportedScheme, OTHER_SCHEME),
        ("httpx://gate.local/", UnsupportedScheme, OTHER_SCHEME),
        ("file://gate.local/", UnsupportedScheme, OTHER_SCHEME),
        ("http:", MissingScheme, NO_SCHEME),
        ("http://", MissingHost, NO_HOST),
        ("http:///open", MissingHost, NO_HOST),
        ("http://:80/", MissingHost, NO_HOST),
        ("http://user:pw@/", MissingHost, NO_HOST),
        ("http://?x", MissingHost, NO_HOST),
        ("http://http://gate.local/", SchemeInHost { localhost: false }, TWICE),
        ("https://HTTP://gate.local/", SchemeInHost { localhost: false }, TWICE),
        ("http://http://localhost/", SchemeInHost { localhost: true }, TWO_MISTAKES),
        ("http://https://127.0.0.1:80/", SchemeInHost { localhost: true }, TWO_MISTAKES),
        ("http://http://u:p@[::1]/", SchemeInHost { localhost: true }, TWO_MISTAKES),
        (
            "http://ga te/",
            InvalidHost { at: 9, byte: b' ' },
            "the host has a character that no host name has (byte 9 is 0x20)",
        ),
        (
            "http://u@ga%20te/",
            InvalidHost { at: 11, byte: b'%' },
            "the host has a character that no host name has (byte 11 is 0x25)",
        ),
        (
            "http://h\r\nX: y/",
            InvalidHost { at: 8, byte: b'\r' },
            "the host has a character that no host name has (byte 8 is 0x0D)",
        ),
        (
            "http://h\\evil.example/",
            InvalidHost { at: 8, byte: b'\\' },
            "the host has a character that no host name has (byte 8 is 0x5C)",
        ),
        (
            "http://gate..local/",
            InvalidHost { at: 12, byte: b'.' },
            "the host has a dot with nothing in front of it (byte 12 is 0x2E)",
        ),
        (
            "http://.local/",
            InvalidHost { at: 7, byte: b'.' },
            "the host has a dot with nothing in front of it (byte 7 is 0x2E)",
        ),
        ("http://[::1/", InvalidHost { at: 7, byte: b'[' }, BRACKETS),
        ("http://[::1", InvalidHost { at: 7, byte: b'[' }, BRACKETS),
        ("http://[::1]x/", InvalidHost { at: 7, byte: b'[' }, BRACKETS),
        (
            "http://b\u{fc}cher.example/",
            InvalidHost { at: 8, byte: 0xC3 },
            "the host has a non-ASCII character: write international names in their xn-- form \
             (byte 8 is 0xC3)",
        ),
        ("http://192.168.1/", InvalidAddress, NO_ADDRESS),
        ("http://192.168.1.256/", InvalidAddress, NO_ADDRESS),
        // Some read a leading zero as octal.
        ("http://192.168.1.020/", InvalidAddress, NO_ADDRESS),
        ("http://192.168.1.20.30/", InvalidAddress, NO_ADDRESS),
        ("http://3232235796/", InvalidAddress, NO_ADDRESS),
        ("http://1.2.3.4./", InvalidAddress, NO_ADDRESS),
        ("http://gate.1/", InvalidAddress, NO_ADDRESS),
        ("http://fe80::1/", InvalidAddress, NO_ADDRESS),
        ("http://fe80:abcd::1/", InvalidAddress, NO_ADDRESS),
        ("http://fd00:a:b::1/", InvalidAddress, NO_ADDRESS),
        ("http://u:p@2001:db8::1/", InvalidAddress, NO_ADDRESS),
        ("http://::1/", InvalidAddress, NO_ADDRESS),
        ("http://::1:8080/", InvalidAddress, NO_ADDRESS),
        // Two ports are no address.
        ("http://gate.local:80:80/", InvalidPort, PORT),
        ("http://gate.local::80/", InvalidPort, PORT),
        ("http://192.168.1.20:80:/", InvalidPort, PORT),
        ("http://[]/", InvalidAddress, NO_ADDRESS),
        ("http://[1.2.3.4]/", InvalidAddress, NO_ADDRESS),
        ("http://[fe80::1%eth0]/", InvalidAddress, NO_ADDRESS),
        ("http://[1:2:3:4:5:6:7]/", InvalidAddress, NO_ADDRESS),
        ("http://[1:2:3:4:5:6:7:8:9]/", InvalidAddress, NO_ADDRESS),
        ("http://[1::2::3]/", InvalidAddress, NO_ADDRESS),
        ("http://[1:::2]/", InvalidAddress, NO_ADDRESS),
        ("http://[:1::2]/", InvalidAddress, NO_ADDRESS),
        ("http://[12345::]/", InvalidAddress, NO_ADDRESS),
        ("http://[1:2:3:4:5:6:7:8::]/", InvalidAddress, NO_ADDRESS),
        ("http://[1:2:3:4:5:6:7:8:]/", InvalidAddress, NO_ADDRESS),
        (long.as_str(), HostTooLong, "the host is longer than the 253 bytes that a name can have"),
        ("http://h:0/", InvalidPort, PORT),
        ("http://h:65536/", InvalidPort, PORT),
        ("http://h:99999999999999999999/", InvalidPort, PORT),
        ("http://h:80a/", InvalidPort, PORT),
        ("http://h:-1/", InvalidPort, PORT),
        ("http://h:+80/", InvalidPort, PORT),
        ("http://h: 80/", InvalidPort, PORT),
        // Read as a user name it would hide the host, which browsers take to be `gate.test`.
        (
            "http://gate.test\\@evil.test/",
            InvalidHost { at: 16, byte: b'\\' },
            "the host has a character that no host name has (byte 16 is 0x5C)",
        ),
        (
            "http://h/open the gate",
            InvalidCharacter { at: 13, byte: b' ' },
            "the URL has a character that must be percent-encoded, such as %20 for a space (byte 13 \
             is 0x20: write %20)",
        ),
        (
            "http://h:8080/p?q=\u{e4}",
            InvalidCharacter { at: 18, byte: 0xC3 },
            "the URL has a character that must be percent-encoded, such as %20 for a space (byte 18 \
             is 0xC3: write %C3)",
        ),
        (
            "http://h/\r\nX-Injected: 1",
            InvalidCharacter { at: 9, byte: b'\r' },
            "the URL has a character that must be percent-encoded, such as %20 for a space (byte 9 \
             is 0x0D: write %0D)",
        ),
        (
            "http://h?\0",
            InvalidCharacter { at: 9, byte: 0 },
            "the URL has a character that must be percent-encoded, such as %20 for a space (byte 9 \
             is 0x00: write %00)",
        ),
        (
            "http://us er:pw@h/",
            InvalidCharacter { at: 9, byte: b' ' },
            "the URL has a character that must be percent-encoded, such as %20 for a space (byte 9 \
             is 0x20: write %20)",
        ),
        (
            "http://h/\u{7f}",
            InvalidCharacter { at: 9, byte: 0x7F },
            "the URL has a character that must be percent-encoded, such as %20 for a space (byte 9 \
             is 0x7F: write %7F)",
        ),
    ] {
        assert_eq!(Url::parse(text), Err(error), "{text:?}");
        assert_eq!(error.to_string(), says, "{text:?}");
    }
}

#[test]
fn a_position_in_an_error_is_the_byte_itself() {
    for text in ["http://h/a b", "http://u r@h/", "http://h:1/?a\u{e4}", "http://u:p@h h/"] {
        let (UrlError::InvalidCharacter { at, byte } | UrlError::InvalidHost { at, byte }) =
            Url::parse(text).unwrap_err()
        else {
            panic!("{text}");
        };
        assert_eq!(text.as_bytes()[at], byte, "{text}");
    }
}

/// What is shown so ends up in logs.
#[test]
fn a_url_is_shown_by_its_parts_without_user_name_and_password() {
    let url = Url::parse("http://user:password@gate.local:8080/open?door=2#top").unwrap();
    assert_eq!(
        format!("{url:?}"),
        "Url { scheme: Http, host: Name(\"gate.local\"), port: 8080, \
         path_and_query: \"/open?door=2\", .. }"
    );
}

#[test]
fn a_url_of_parts_is_the_url_of_the_whole() {
    for (scheme, host, port, target, whole) in [
        (Scheme::Http, "gate.local", None, "", "http://gate.local"),
        (Scheme::Http, "gate.local", Some(8080), "/open?x", "http://gate.local:8080/open?x"),
        (Scheme::Https, "h", None, "?x", "https://h?x"),
        (Scheme::Https, "h", Some(80), "/", "https://h:80/"),
        (Scheme::Http, "192.168.1.20", Some(80), "/", "http://192.168.1.20/"),
        (Scheme::Http, "[fe80::1]", Some(81), "/", "http://[fe80::1]:81/"),
        (Scheme::Http, "h", None, "/p#f", "http://h/p#f"),
    ] {
        let url = Url::from_parts(scheme, host, port, target);
        assert_eq!(url, Url::parse(whole), "{whole}");
        assert!(url.is_ok(), "{whole}");
    }
}

#[test]
fn parts_that_are_none_are_refused_where_they_are_wrong() {
    use UrlError::*;
    for (host, port, target, error) in [
        // esp8266/Arduino issue 4587: two mistakes in one, and both are named.
        ("http://localhost/", None, "/", SchemeInHost { localhost: true }),
        ("http://LOCALHOST", Some(80), "/", SchemeInHost { localhost: true }),
        ("http://gate.local", None, "/", SchemeInHost { localhost: false }),
        ("", None, "/", MissingHost),
        ("gate.local/", None, "/", InvalidHost { at: 10, byte: b'/' }),
        ("gate.local:80", None, "/", InvalidHost { at: 10, byte: b':' }),
        ("gate.local:80", Some(80), "/", InvalidHost { at: 10, byte: b':' }),
        ("user:pw@gate", None, "/", InvalidHost { at: 7, byte: b'@' }),
        ("gate local", None, "/", InvalidHost { at: 4, byte: b' ' }),
        ("fe80::1", None, "/", InvalidAddress),
        ("192.168.1", None, "/", InvalidAddress),
        ("h", Some(0), "/", InvalidPort),
        ("h", None, "open", InvalidCharacter { at: 0, byte: b'o' }),
        // Positions count in the part that is wrong.
        ("gate.local", None, "/a b", InvalidCharacter { at: 2, byte: b' ' }),
        ("gate.local", None, "/\r\nX: y", InvalidCharacter { at: 1, byte: b'\r' }),
    ] {
        assert_eq!(
            Url::from_parts(Scheme::Http, host, port, target),
            Err(error),
            "{host:?} {port:?} {target:?}"
        );
    }
}

#[test]
fn targets_that_are_no_other_host_are_told_apart() {
    use TargetClass::{Broadcast, Host, Loopback, Multicast, Unspecified};
    for (host, class) in [
        ("gate.local", Host),
        ("192.168.1.20", Host),
        ("8.8.8.8", Host),
        ("126.255.255.255", Host),
        ("128.0.0.1", Host),
        ("169.254.1.1", Host),
        ("[fe80::1]", Host),
        ("[2001:db8::1]", Host),
        ("notlocalhost", Host),
        ("localhost.example", Host),
        ("gatehouse", Host),
        ("my.gatehouse", Host),
        ("localhost", Loopback),
        ("LocalHost", Loopback),
        ("localhost.", Loopback),
        ("gate.localhost", Loopback),
        ("127.0.0.1", Loopback),
        ("127.1.2.3", Loopback),
        ("[::1]", Loopback),
        ("[::ffff:127.0.0.1]", Loopback),
        ("0.0.0.0", Unspecified),
        ("0.1.2.3", Unspecified),
        ("[::]", Unspecified),
        ("[::ffff:0.0.0.0]", Unspecified),
        ("255.255.255.255", Broadcast),
        ("224.0.0.1", Multicast),
        ("239.255.255.250", Multicast),
        ("[ff02::1]", Multicast),
    ] {
        let text = format!("http://{host}:8080/x");
        let found = Url::parse(&text).unwrap().target_class();
        assert_eq!(found, class, "{host}");
        assert_eq!(found.text().is_empty(), class == Host, "only a fault has a text: {host}");
    }
}

/// Checked when this file was compiled; what doesn't compile is in `tests/ui/cases`.
const GATE: Url<'static> = url!("http://192.168.1.20:8080/gate?door=2#top");
static NAMED: Url<'static> = url!("https://gate.local");
const HOST: &str = "http://gate.local/of/a/constant";

#[test]
fn constants_are_urls_like_others() {
    assert_eq!(Ok(GATE), Url::parse("http://192.168.1.20:8080/gate?door=2"));
    assert_eq!((GATE.host(), GATE.port()), (v4(192, 168, 1, 20), 8080));
    assert_eq!(
        (NAMED.scheme(), NAMED.host_text(), NAMED.port()),
        (Scheme::Https, "gate.local", 443)
    );
    assert_eq!(url!(HOST).path_and_query(), "/of/a/constant");
    const PARTS: Result<Url<'static>, UrlError> =
        Url::from_parts(Scheme::Http, "gate.local", Some(81), "/");
    assert_eq!(PARTS, Url::parse("http://gate.local:81/"));
}

/// Addresses of all shapes: up to ten colons, groups and an IPv4 address, in any order.
#[test]
fn ipv6_addresses_are_those_that_the_standard_library_reads() {
    const PARTS: [&str; 5] = [":", "::", "0", "aBc9", "1.2.3.4"];
    let mut addresses = 0;
    let mut texts = vec![String::new()];
    for _ in 0..7 {
        let longer =
            texts.iter().flat_map(|text| PARTS.iter().map(move |part| format!("{text}{part}")));
        texts = longer.collect();
        for text in texts.iter().flat_map(|text| [text.clone(), format!("1:2:3:{text}")]) {
            let whole = format!("http://[{text}]/");
            let ours = Url::parse(&whole).map(|url| url.host());
            match text.parse::<Ipv6Addr>() {
                Ok(theirs) => assert_eq!(ours, Ok(Host::Address(IpAddr::V6(theirs))), "{text}"),
                Err(_) => assert_eq!(ours, Err(UrlError::InvalidAddress), "{text}"),
            }
            addresses += usize::from(ours.is_ok());
        }
    }
    assert!(addresses > 300, "only {addresses} of the texts are addresses");
}
