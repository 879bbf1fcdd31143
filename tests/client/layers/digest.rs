//! Requests that answer a Digest challenge.

use super::answers;
use crate::challenges::{UNFIT, answered, challenge, not_answered};
use crate::common::script::Connection;
use crate::common::{TestClock, cx};
use crate::support::{HELLO, ready, scripted};
use safe_http_client::{ChallengeError, Config, ErrorKind, LayerError, RequestError};

/// The requests' lines, and the nonces that they answer.
fn seen(text: &str) -> Vec<(String, Option<String>)> {
    text.split("\r\n\r\n")
        .filter(|head| head.contains(" HTTP/1.1"))
        .map(|head| {
            let nonce = head.split(" nonce=\"").nth(1);
            let nonce = nonce.and_then(|rest| rest.split('"').next());
            let at = head.lines().position(|line| line.contains(" HTTP/1.1")).unwrap();
            (head.lines().nth(at).unwrap().replace("a body", ""), nonce.map(str::to_owned))
        })
        .collect()
}

#[test]
fn a_challenge_is_answered() {
    // And one that isn't asked for any more.
    let split = |size, all: &[String]| {
        let mut whole = Connection::new([]);
        for answer in all.iter().map(String::as_str).chain([HELLO]) {
            whole.steps.extend(Connection::answer_split(answer, size, None).steps);
        }
        whole
    };
    for (what, all, status, nonces) in answered() {
        for size in [1, 1000] {
            for body in [None, Some("a body")] {
                let connection = split(size, &all);
                let (mut client, log) =
                    scripted(&TestClock::ticking(1), Config::new(), [connection]);
                let mut cx = cx();
                let mut online = client.online(&mut cx).unwrap();
                let request = match body {
                    None => online.get("http://u:p@192.168.1.20/a?b", [0; 1024]),
                    Some(body) => online.put("http://u:p@192.168.1.20/a?b", [0; 1024]).body(body),
                };
                let mut digesting = request.digest("user", "password", 17).start().unwrap();
                ready(|| digesting.poll(&mut client, &mut cx)).unwrap();
                let mut call = digesting.into_call();
                assert_eq!(call.status(), Some(status), "{what}");
                ready(|| call.poll_read_to_end(&mut client, &mut cx)).unwrap();
                let log = log.borrow();
                let method = if body.is_some() { "PUT" } else { "GET" };
                let expected: Vec<_> = nonces
                    .iter()
                    .map(|nonce| (format!("{method} /a?b HTTP/1.1"), nonce.map(str::to_owned)))
                    .collect();
                assert_eq!(seen(&log.text(0)), expected, "{what} {size}");
                assert_eq!(log.opened, 1, "{what}: the connection is kept");
                assert!(!log.text(0).contains("Basic"), "{}", log.text(0));
                assert_eq!(
                    log.text(0).matches("a body").count(),
                    nonces.len() * body.iter().count()
                );
            }
        }
    }
}

#[test]
fn what_is_not_answered() {
    for (answer, expected) in not_answered() {
        let connections = [answers([&*answer, HELLO])];
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get("http://192.168.1.20/a", [0; 1024]);
        let error = request.digest("user", "password", 17).send().unwrap_err();
        assert!(matches!(error, LayerError::Challenge { why, .. } if why == expected), "{error}");
        assert_eq!(seen(&log.borrow().text(0)).len(), 1, "nothing was sent of the password");
    }
    for (user, password) in UNFIT {
        let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [answers([HELLO])]);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get("http://192.168.1.20/a", [0; 1024]);
        let Err(LayerError::Request { error, .. }) = request.digest(user, password, 17).send()
        else {
            panic!("{user:?}");
        };
        assert_eq!(error.kind, ErrorKind::Request(RequestError::InvalidCredentials));
    }
}

/// In every buffer: it goes, or the error says that it takes more.
#[test]
fn every_room() {
    let mut refused = 0;
    for room in 0..1200 {
        let (asked, stale) = (challenge("n1", ""), challenge("n2", ", stale=true"));
        let connections = [answers([&*asked, &*stale, HELLO])];
        let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get("http://192.168.1.20/a", vec![0; room]);
        match request.digest("user", "password", 17).send().map(|response| response.status()) {
            Ok(status) => assert_eq!(status, 200, "{room}"),
            Err(LayerError::Challenge {
                why: ChallengeError::Buffer { needed, available },
                ..
            }) => {
                assert!(needed > room && available == room, "{room}: {needed} {available}");
                refused += 1;
            }
            Err(LayerError::Request { error, .. }) => {
                assert!(matches!(error.kind, ErrorKind::Buffer { needed, .. } if needed > room));
                refused += 1;
            }
            Err(other) => panic!("{room}: {other:?}"),
        }
    }
    assert!((300..900).contains(&refused), "{refused}");
}
