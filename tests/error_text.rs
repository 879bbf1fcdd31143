//! Texts that depend on more than the kind of the error.

use safe_http_client::{Deadline, Error, ErrorKind, Phase};

#[test]
fn a_connect_deadline_says_whether_the_name_or_the_host_was_silent() {
    for (phase, code, has, lacks) in [
        (Phase::Resolve, "resolve_timeout", "resolve: the host's name", "firewall"),
        (Phase::Connect, "connect_timeout", "connect: no answer", "DNS"),
    ] {
        let kind = ErrorKind::Timeout { deadline: Deadline::Connect, limit_ms: 5000 };
        let error: Error<(), ()> = Error::new(phase, kind);
        let text = error.to_string();
        assert_eq!(error.code(), code);
        assert!(text.starts_with(has) && !text.contains(lacks), "{text}");
        assert!(text.contains("deadline of 5000 ms"), "{text}");
    }
}
