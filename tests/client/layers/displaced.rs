//! Layers whose connection another call took.

use super::answers;
use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::{Client, HELLO, drive, scripted};
use safe_http_client::{Config, LoopContext, RetryPolicy, nb};

/// Of a layer's polls, those after the other call began.
type Polls<'p> = Box<dyn FnMut(&mut Client, &mut LoopContext) -> nb::Result<(), String> + 'p>;

fn start(layer: &str, client: &mut Client, cx: &mut LoopContext) -> Polls<'static> {
    let mut online = client.online(cx).unwrap();
    let request = online.get("http://192.168.1.20/a", [0; 900]);
    macro_rules! polls {
        ($layer:expr) => {{
            let mut layer = $layer.start().unwrap();
            Box::new(move |client, cx| {
                layer.poll(client, cx).map_err(|error| error.map(|error| format!("{error:?}")))
            })
        }};
    }
    match layer {
        "follow" => polls!(request.follow(3)),
        #[cfg(feature = "digest")]
        "all" => {
            polls!(request.digest("user", "password", 17).follow(3).retry(RetryPolicy::new(1)))
        }
        #[cfg(feature = "digest")]
        "digest" => polls!(request.digest("user", "password", 17)),
        _ => polls!(request.retry(RetryPolicy::new(1))),
    }
}

/// It fails once and for all, wherever it was; the other call isn't harmed, however often it is polled.
#[test]
fn a_layer_that_was_displaced_is_over() {
    let digest =
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=auth\r\n";
    for (layer, head) in [
        ("follow", "HTTP/1.1 302 Found\r\nLocation: /b\r\n"),
        ("digest", digest),
        ("all", digest),
        ("all", "HTTP/1.1 302 Found\r\nLocation: /b\r\n"),
        ("retry", "HTTP/1.1 404 Not\r\n"),
    ] {
        for turns in 1..200 {
            let answer = format!("{head}Content-Length: 20\r\n\r\n0123456789");
            let mut first = Connection::answer_split(answer, 9, None);
            first.steps.push_back(Step::Silence);
            let connections = [first, answers([HELLO]), answers([HELLO])];
            let (mut client, log) = scripted(&TestClock::default(), Config::new(), connections);
            let mut cx = cx();
            let mut poll = start(layer, &mut client, &mut cx);
            let is_over = (0..turns).any(|_| poll(&mut client, &mut cx).is_ok());
            if is_over {
                break;
            }
            let mut online = client.online(&mut cx).unwrap();
            let mut other = online.get("http://192.168.1.20/other", [0; 300]).start().unwrap();
            let _ = other.poll(&mut client, &mut cx);
            for expected in ["Displaced", "CallOver", "CallOver"] {
                match poll(&mut client, &mut cx) {
                    Err(nb::Error::Other(error)) => assert!(error.contains(expected), "{error}"),
                    found => panic!("{layer} {turns}: {found:?}, and not {expected}"),
                }
            }
            assert_eq!(drive(&mut other, &mut client, &mut cx, || ()), Ok((200, "hello".into())));
            assert_eq!(log.borrow().opened, 2, "{layer} {turns}");
        }
    }
}
