//! A connection that isn't used again leaves its reason behind, after the next one is open too.

use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::{get, scripted};
use safe_http_client::{CloseReason, Config};
use std::time::Duration;

const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

#[test]
fn the_reason_stays_readable_once_a_fresh_connection_is_open() {
    let end = || Connection::new([Step::AwaitRequest, Step::Data(KEPT.into()), Step::Zero]);
    let excess =
        || Connection::new([Step::AwaitRequest, Step::Data(KEPT.into()), Step::Data("!".into())]);
    let open = || Connection::answer(KEPT);
    let minute = Duration::from_secs(60);
    for (case, first, second_url, keep_alive, expected) in [
        (
            "the server closed it",
            end(),
            "http://192.168.1.20/",
            minute,
            CloseReason::ServerClosedIdle,
        ),
        ("unasked bytes came", excess(), "http://192.168.1.20/", minute, CloseReason::ExcessBytes),
        ("another port", open(), "http://192.168.1.20:81/", minute, CloseReason::OtherHost),
        (
            "kept too long",
            open(),
            "http://192.168.1.20/",
            Duration::from_millis(500),
            CloseReason::IdleTooLong,
        ),
    ] {
        let mut cx = cx();
        let clock = TestClock::default();
        let config = Config::new().keep_alive(keep_alive);
        let (mut client, _) = scripted(&clock, config, [first, open()]);
        for (url, close_reason) in [("http://192.168.1.20/", None), (second_url, Some(expected))] {
            assert_eq!(get(&mut client, &mut cx, url), Ok("hi".into()), "{case}");
            assert!(client.is_connected(), "{case}");
            assert_eq!(client.close_reason(), close_reason, "{case}");
            clock.advance(1000);
        }
    }
}
