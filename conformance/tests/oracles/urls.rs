//! URLs as browsers read them, whose rules the crate `url` implements.

use safe_http_client::{Host, Scheme, Url};
use std::net::IpAddr;

/// What is well-formed and unambiguous means the same to this client as to browsers. (They correct more: what
/// they would have to guess is refused here.)
#[test]
fn browsers_understand_the_same() {
    for text in [
        "http://example.com",
        "http://example.com/",
        "https://example.com/a/b/c?d=e&f=g",
        "http://EXAMPLE.com/CaseKept?Query=Kept",
        "http://example.com:8080/",
        "http://example.com:80/",
        "https://example.com:443/x",
        "http://example.com:/x",
        "http://example.com:00081/x",
        "http://example.com?x=1",
        "http://example.com#fragment",
        "http://example.com/?#",
        "http://example.com/p?q#f?r",
        "http://example.com/%41%20%C3%A4?%2F",
        "http://example.com/p;v=1,2/(x)/*'!$&+=~:@",
        "http://example.com/p?to=http://other.example/y?z/",
        "http://user@example.com/",
        "http://user:password@example.com:81/x",
        "http://us%20er:p%40w@example.com/",
        "http://a@b@example.com/",
        "http://192.168.1.20/",
        "http://10.0.0.1:8080/x",
        "http://[fe80::1]/",
        "http://[2001:DB8:0:0:8:800:200C:417A]:81/x",
        "http://[::ffff:192.168.1.20]/",
        "http://[::]/",
        "http://[1::8]:65535/",
        "http://sub-domain.example-host.co.uk/",
        "http://xn--bcher-kva.example/",
        "http://trailing.dot./",
        "http://under_score.example/",
        "http://localhost/",
    ] {
        let ours = Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let theirs = url::Url::parse(text).unwrap();
        let scheme = match ours.scheme() {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        assert_eq!(scheme, theirs.scheme(), "{text}");
        assert_eq!(Some(ours.port()), theirs.port_or_known_default(), "{text}");
        match (ours.host(), theirs.host().unwrap()) {
            (Host::Name(ours), url::Host::Domain(theirs)) => {
                assert_eq!(ours.to_ascii_lowercase(), theirs, "{text}");
            }
            (Host::Address(IpAddr::V4(ours)), url::Host::Ipv4(theirs)) => {
                assert_eq!(ours, theirs, "{text}");
            }
            (Host::Address(IpAddr::V6(ours)), url::Host::Ipv6(theirs)) => {
                assert_eq!(ours, theirs, "{text}");
            }
            (ours, theirs) => panic!("{text}: {ours:?} against {theirs:?}"),
        }
        // The request's target; its leading slash is added when it is sent.
        let slash = if ours.path_and_query().starts_with('/') { "" } else { "/" };
        let target = format!("{slash}{}", ours.path_and_query());
        assert_eq!(target, theirs[url::Position::BeforePath..url::Position::AfterQuery], "{text}");
    }
}

/// What browsers refuse is refused here, too.
#[test]
fn what_browsers_refuse_is_refused() {
    for text in [
        "",
        "example.com",
        "http://",
        "http://:80/",
        "http://ex ample.com/",
        "http://example.com:65536/",
        "http://example.com:80a/",
        "http://[::1/",
        "http://[1::2::3]/",
        "http://[fe80::1%eth0]/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://ex<ample.com/",
    ] {
        assert!(url::Url::parse(text).is_err(), "a premise: {text}");
        assert!(Url::parse(text).is_err(), "{text}");
    }
}
