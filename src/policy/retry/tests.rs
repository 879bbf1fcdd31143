//! When a request is sent again.

use super::*;
use crate::http::head::HeadParser;
use std::format;

/// Seconds since 1970, as `date -u +%s -d` has them.
#[test]
fn dates() {
    let epoch = Date::parse(b"Thu, 01 Jan 1970 00:00:00 GMT").unwrap();
    for (text, expected) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
        ("Thu, 29 Feb 2024 12:00:00 GMT", Some(1_709_208_000)),
        ("Fri, 01 Mar 2024 00:00:00 GMT", Some(1_709_251_200)),
        ("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", Some(u32::MAX)),
        ("Sun, 06 Nov 1969 08:49:37 GMT", Some(0)),
        ("Sun, 06 Nov 1994 08:49:37", None),
        ("Sun, 06 Foo 1994 08:49:37 GMT", None),
        ("Sun, 06 arA 1994 08:49:37 GMT", None),
        ("Sun, 32 Nov 1994 08:49:37 GMT", None),
        ("Sun, 00 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 24:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:60:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:61 GMT", None),
        ("Sun, 06 Nov 19x4 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08.49.37 GMT", None),
        ("Sunday, 06-Nov-94 08:49:37 GMT", None),
        ("Sun Nov  6 08:49:37 1994", None),
        ("", None),
    ] {
        let found = Date::parse(text.as_bytes()).map(|date| date.since(epoch));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_the_server_asks_for() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    for (lines, expected) in [
        ("Retry-After: 120\r\n", Some(120)),
        ("Retry-After: 0\r\n", Some(0)),
        ("Retry-After: 1000000000000\r\n", Some(u64::from(u32::MAX))),
        ("Retry-After: -1\r\n", None),
        ("Retry-After: soon\r\n", None),
        ("Retry-After:\r\n", None),
        ("Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n", None),
        (&format!("{date}Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n"), Some(60)),
        (&format!("{date}Retry-After: Sun, 06 Nov 1994 08:40:37 GMT\r\n"), Some(0)),
        ("", None),
    ] {
        let mut bytes = format!("HTTP/1.1 503 Busy\r\n{lines}\r\n").into_bytes();
        let mut parser = HeadParser::new();
        parser.parse(&mut bytes).unwrap();
        let found = retry_after(&ResponseHead::new(&parser, &bytes));
        assert_eq!(found, expected.map(Duration::from_secs), "{lines}");
    }
}

/// Waits fill the whole span evenly, and seeds in a row don't wait alike.
#[test]
fn full_jitter() {
    let policy = |seed| RetryPolicy::new(seed).retries(8).budget(Duration::from_secs(10_000));
    for (retry, most) in [(0, 1_000), (1, 2_000), (2, 4_000), (5, 32_000), (6, 60_000), (7, 60_000)]
    {
        let mut tenths = [0; 10];
        for seed in 0..10_000 {
            let mut backoff = Backoff::new(policy(seed));
            let wait = (0..=retry).map(|_| backoff.next(None).unwrap()).last().unwrap();
            let wait = wait.as_millis() as usize;
            assert!(wait <= most);
            tenths[(wait * 10 / most).min(9)] += 1;
        }
        assert!(tenths.iter().all(|count| (800..1200).contains(count)), "{retry}: {tenths:?}");
    }
}

#[test]
fn the_budget() {
    let mut backoff = Backoff::new(RetryPolicy::new(1));
    assert_eq!(backoff.next(Some(Duration::from_secs(u32::MAX.into()))), None);
    assert_eq!(backoff.retries(), 0);
    assert!(backoff.next(Some(Duration::from_secs(100))).is_some());
    assert_eq!(backoff.next(Some(Duration::from_secs(100))), None);
    let mut endless = Backoff::new(RetryPolicy::new(1).retries(255).budget(Duration::MAX));
    assert_eq!(core::iter::from_fn(|| endless.next(None)).count(), 255);
}
