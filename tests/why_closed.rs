//! A connection that isn't used again leaves its reason behind, after the next one is open too.

mod common;

use common::script::{Connection, ScriptStack, Step};
use common::{TestClock, cx};
use safe_http_client::{Behaviour, Config, SafeHttpClient, WhyClosed};
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
            WhyClosed::ServerClosedIdle,
        ),
        ("unasked bytes came", excess(), "http://192.168.1.20/", minute, WhyClosed::ExcessBytes),
        ("another port", open(), "http://192.168.1.20:81/", minute, WhyClosed::OtherHost),
        (
            "kept too long",
            open(),
            "http://192.168.1.20/",
            Duration::from_millis(500),
            WhyClosed::IdleTooLong,
        ),
    ] {
        let mut cx = cx();
        let clock = TestClock::default();
        let network = ScriptStack::new([first, open()]).attached(Behaviour::STD);
        let config = Config::new().keep_alive(keep_alive);
        let mut client =
            SafeHttpClient::with_config(network, &clock, config).wait_online(&mut cx).unwrap();
        let mut buffer = [0; 256];
        for (url, why_closed) in [("http://192.168.1.20/", None), (second_url, Some(expected))] {
            let mut response = client.get(&mut cx, url, &mut buffer).send().unwrap();
            assert_eq!(response.read_to_str().unwrap(), "hi", "{case}");
            drop(response);
            assert!(client.is_connected(), "{case}");
            assert_eq!(client.why_closed(), why_closed, "{case}");
            clock.advance(1000);
        }
    }
}
