//! URLs, beside those of browsers (the crate `url`) and beside themselves.

use safe_http_client::sans_io::HeadParser;
use safe_http_client::{Host, ResponseHead, Scheme, TargetClass, Url, UrlError};
use std::net::IpAddr;

/// More is slow, and finds nothing else.
const MOST: usize = 2048;

pub fn run(data: &[u8]) {
    if data.len() > MOST {
        return;
    }
    leads_somewhere(data);
    let text = String::from_utf8_lossy(data);
    let theirs = url::Url::parse(&text);
    match (Url::parse(&text), theirs) {
        (Ok(ours), Ok(theirs)) => {
            means_the_same(&text, &ours, &theirs);
            is_sound(&text, &ours);
        }
        (Ok(ours), Err(theirs)) => {
            is_sound(&text, &ours);
            assert!(may_refuse(&ours), "{text:?}: {theirs}, and {ours:?}");
        }
        (Err(ours), Ok(theirs)) => may_accept(&text, ours, &theirs),
        (Err(ours), Err(_)) => is_located(&text, ours),
    }
}

/// As the `Location` of a redirect: a URL of this client's, the same as browsers', or an error.
fn leads_somewhere(data: &[u8]) {
    let mut head = b"HTTP/1.1 302 Found\r\nLocation: ".to_vec();
    head.extend_from_slice(data);
    head.extend_from_slice(b"\r\n\r\n");
    let mut parser = HeadParser::new();
    // A line end in it makes it another head, or none.
    if !matches!(parser.parse(&mut head), Ok(Some(_))) {
        return;
    }
    let Some(redirect) = ResponseHead::new(&parser, &head).redirect() else { return };
    for base in ["http://10.0.0.2:81/a/b?c", "https://gate.example"] {
        let mut room = [0; 8 * MOST];
        let base_url = Url::parse(base).unwrap();
        let location = String::from_utf8_lossy(redirect.location());
        let Ok(url) = redirect.resolve(&base_url, &mut room) else { continue };
        assert!(url.path_and_query().starts_with('/'), "{location:?}");
        is_sound(&location, &url);
        assert!(base_url.scheme() == Scheme::Http || url.scheme() == Scheme::Https, "{location:?}");
        if let Ok(theirs) = url::Url::parse(base).unwrap().join(&location)
            && redirect.location().is_ascii()
            && !location.contains(['\\', '\t'])
        {
            let host = url.host_text().to_ascii_lowercase();
            let same = theirs.host_str() == Some(&host)
                || theirs.host_str().is_some_and(|theirs| theirs.contains([':', '.']));
            assert!(same, "{location:?}: {url:?} against {theirs}");
        }
    }
}

/// What this client may take though a browser doesn't.
fn may_refuse(ours: &Url<'_>) -> bool {
    let Host::Name(name) = ours.host() else { return false };
    // Punycode is checked by browsers; here it is a name like others, for the resolver to judge.
    name.to_ascii_lowercase().contains("xn--")
}

fn means_the_same(text: &str, ours: &Url<'_>, theirs: &url::Url) {
    let scheme = match ours.scheme() {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    assert_eq!(scheme, theirs.scheme(), "{text:?}");
    assert_eq!(Some(ours.port()), theirs.port_or_known_default(), "{text:?}");
    match (ours.host(), theirs.host().unwrap()) {
        (Host::Name(ours), url::Host::Domain(theirs)) => {
            assert_eq!(ours.to_ascii_lowercase(), theirs, "{text:?}");
        }
        (Host::Address(IpAddr::V4(ours)), url::Host::Ipv4(theirs)) => {
            assert_eq!(ours, theirs, "{text:?}");
        }
        (Host::Address(IpAddr::V6(ours)), url::Host::Ipv6(theirs)) => {
            assert_eq!(ours, theirs, "{text:?}");
        }
        // `0x7f.1` is an address for browsers. Here it is a name, which DNS hasn't got; a resolver that
        // reads it as an address gives that one, and then it is judged as any that was resolved.
        (ours, theirs) => panic!("{text:?}: {ours:?} against {theirs:?}"),
    }
    let slash = if ours.path_and_query().starts_with('/') { "" } else { "/" };
    let target = format!("{slash}{}", ours.path_and_query());
    let theirs = &theirs[url::Position::BeforePath..url::Position::AfterQuery];
    if !is_rewritten(&target) {
        assert_eq!(target, theirs, "{text:?}");
    }
}

/// Targets that browsers change, and this client sends as they are written: `.` and `..` are left out
/// (RFC 3986 section 5.2.4 asks for that in relative references alone), a backslash is a slash, and
/// some characters are percent-encoded.
fn is_rewritten(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let is_dot = |segment: &str| matches!(segment.replace("%2e", ".").as_str(), "." | "..");
    path.split('/').any(is_dot)
        || target.contains(['\\', '"', '<', '>', '^', '`', '{', '}', '|', '\''])
}

/// Properties of what was parsed.
fn is_sound(text: &str, url: &Url<'_>) {
    let target = url.path_and_query();
    assert!(target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'), "{text:?}");
    assert!(target.is_empty() || target.starts_with(['/', '?']), "{text:?}");
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
    assert!(url.host_text().bytes().all(is_host), "{text:?}");
    assert!(!url.host_text().is_empty() && url.port() != 0, "{text:?}");

    let port = Some(url.port());
    let parts = Url::from_parts(url.scheme(), url.host_text(), port, target).unwrap();
    let same = (parts.host(), parts.port(), parts.path_and_query());
    assert_eq!(same, (url.host(), url.port(), target), "{text:?}");
    assert_eq!(parts.target_class(), url.target_class(), "{text:?}");
    let scheme = if url.scheme() == Scheme::Http { "http" } else { "https" };
    let again = format!("{scheme}://{}:{}{target}", url.host_text(), url.port());
    assert_eq!(Url::parse(&again), Ok(parts), "{text:?}");

    if let Host::Address(address) = url.host() {
        let class = match address.to_canonical() {
            address if address.is_loopback() => TargetClass::Loopback,
            address if address.is_multicast() => TargetClass::Multicast,
            IpAddr::V4(address) if address.is_broadcast() => TargetClass::Broadcast,
            IpAddr::V4(address) if address.octets()[0] == 0 => TargetClass::Unspecified,
            address if address.is_unspecified() => TargetClass::Unspecified,
            _ => TargetClass::Host,
        };
        assert_eq!(url.target_class(), class, "{text:?}");
    }
}

/// A position in an error is the byte's.
fn is_located(text: &str, error: UrlError) {
    if let UrlError::InvalidHost { at, byte }
    | UrlError::InvalidCharacter { at, byte }
    | UrlError::InvalidUserinfo { at, byte }
    | UrlError::TrailingSpace { at, byte } = error
    {
        assert_eq!(text.as_bytes().get(at), Some(&byte), "{text:?}: {error:?}");
    }
}

/// What browsers guess, and this client refuses.
fn may_accept(text: &str, error: UrlError, theirs: &url::Url) {
    is_located(text, error);
    let trimmed = text.trim_matches(|c: char| c <= ' ');
    // They strip these from anywhere.
    let stripped: String = trimmed.chars().filter(|c| !"\t\r\n".contains(*c)).collect();
    let is_plain = stripped == text && text.is_ascii() && !text.contains('\\');
    let lower = text.to_ascii_lowercase();
    let fine = match error {
        // Any other scheme, slashes left out, white space in front.
        UrlError::MissingScheme => {
            !is_plain || !(lower.starts_with("http://") || lower.starts_with("https://"))
        }
        UrlError::MisspelledScheme => {
            !(lower.starts_with("http://") || lower.starts_with("https://"))
        }
        UrlError::UnsupportedScheme => !matches!(theirs.scheme(), "http" | "https"),
        // They skip slashes in front of a host.
        UrlError::MissingHost => {
            !is_plain || lower.starts_with("http:///") || lower.starts_with("https:///")
        }
        // Names are longer for them, since a resolver is to judge that.
        UrlError::HostTooLong => text.len() > 253,
        // `192.168.1`, `0x7f.1`, octal numbers; IPv6 is the same for both.
        UrlError::InvalidAddress => {
            matches!(theirs.host(), Some(url::Host::Ipv4(_))) || !is_plain || text.contains('%')
        }
        // Percent-encoded and international names, and characters that no host name has.
        UrlError::InvalidHost { .. } => true,
        UrlError::InvalidPort => theirs.port() == Some(0) || !is_plain,
        UrlError::InvalidCharacter { byte, .. } => !byte.is_ascii_graphic(),
        // They strip what stands around a URL.
        UrlError::BeforeScheme { .. } | UrlError::TrailingSpace { .. } => !is_plain,
        // They take it for a fragment, a path or a query.
        UrlError::InvalidUserinfo { at, .. } => text[at..].contains('@'),
        UrlError::UnsafePassword { at } => !text.as_bytes()[at].is_ascii_graphic(),
        UrlError::SchemeInHost { .. } => lower.matches("http").count() > 1,
        _ => false,
    };
    assert!(fine, "{text:?}: {error:?}, and {theirs:?}");
}
