//! Requests that answer a Digest challenge, awaited: as those of the client that waits.

use crate::challenges::{HELLO, UNFIT, answered, challenge, not_answered};
use crate::common::cx;
use crate::loopback::host;
use crate::scenario::{Act, say};
use crate::server::Server;
use safe_http_client::{ChallengeError, Config, ErrorKind, LayerError, RequestError};

/// The nonce that a request answers.
fn nonce(head: &str) -> Option<String> {
    let rest = head.split(" nonce=\"").nth(1)?;
    rest.split('"').next().map(str::to_owned)
}

#[test]
fn a_challenge_is_answered() {
    let mut cx = cx();
    for (what, answers, status, nonces) in answered() {
        for body in [None, Some("a body")] {
            let mut acts = Vec::new();
            for answer in &answers {
                acts.push(Act::Request);
                acts.extend(body.map(|body| Act::Body(body.len())));
                acts.push(say(answer));
            }
            let server = Server::new(vec![acts]);
            let stack = std_embedded_nal_async::Stack::default();
            let mut client = host(&stack, Config::new());
            let url = server.url().replace("http://", "http://u:p@") + "/a?b";
            async_io::block_on(async {
                let mut buffer = [0; 1024];
                let mut online = client.wait_online(&mut cx).await.unwrap();
                let request = match body {
                    None => online.get(&url, &mut buffer),
                    Some(body) => online.put(&url, &mut buffer).body(body),
                };
                let sent = request.digest("user", "password", 17).send().await;
                let mut response = sent.unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(response.status(), status, "{what}");
                response.read_to_end().await.unwrap();
            });
            let seen = server.seen.lock().unwrap();
            assert_eq!(seen.accepted, 1, "{what}: the connection is kept");
            let found: Vec<_> = seen.heads.iter().map(|head| nonce(head)).collect();
            assert_eq!(found, nonces.iter().map(|it| it.map(str::to_owned)).collect::<Vec<_>>());
            let method = if body.is_some() { "PUT" } else { "GET" };
            for head in &seen.heads {
                assert!(head.starts_with(&format!("{method} /a?b HTTP/1.1\r\n")), "{head}");
                assert!(!head.contains("Basic") && !head.contains("password"), "{head}");
            }
            assert_eq!(seen.bodies, body.unwrap_or_default().repeat(nonces.len()).as_bytes());
        }
    }
}

#[test]
fn what_is_not_answered() {
    let mut cx = cx();
    for (answer, expected) in not_answered() {
        let server = Server::new(vec![vec![Act::Request, say(&answer), Act::Request, say(HELLO)]]);
        let stack = std_embedded_nal_async::Stack::default();
        let mut client = host(&stack, Config::new());
        let url = server.url();
        let error = async_io::block_on(async {
            let mut online = client.wait_online(&mut cx).await.unwrap();
            let request = online.get(&url, [0; 1024]).digest("user", "password", 17);
            request.send().await.map(|_| ()).unwrap_err()
        });
        let LayerError::Challenge { why, .. } = &error else { panic!("{answer}: {error}") };
        assert_eq!(*why, expected, "{answer}");
        assert_eq!(server.heads().len(), 1, "nothing was sent of the password");
    }
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = host(&stack, Config::new());
    for (user, password) in UNFIT {
        let error = async_io::block_on(async {
            let mut online = client.wait_online(&mut cx).await.unwrap();
            let request = online.get("http://127.0.0.1:1/", [0; 1024]);
            request.digest(user, password, 17).send().await.map(|_| ()).unwrap_err()
        });
        let LayerError::Request { error, .. } = error else { panic!("{user:?}: {error}") };
        let invalid = RequestError::InvalidCredentials;
        assert!(matches!(error.kind, ErrorKind::Request(found) if found == invalid), "{error}");
    }
}

/// In every buffer: it goes, or the error says that it takes more.
#[test]
fn every_room() {
    let mut cx = cx();
    let (asked, stale) = (challenge("n1", ""), challenge("n2", ", stale=true"));
    let mut refused = 0;
    for room in (0..1200).step_by(7) {
        let answers = [&*asked, &*stale, HELLO];
        let acts = answers.into_iter().flat_map(|answer| [Act::Request, say(answer)]);
        let server = Server::new(vec![acts.collect()]);
        let stack = std_embedded_nal_async::Stack::default();
        let mut client = host(&stack, Config::new());
        let url = server.url();
        let sent = async_io::block_on(async {
            let mut online = client.wait_online(&mut cx).await.unwrap();
            let request = online.get(&url, vec![0; room]).digest("user", "password", 17);
            request.send().await.map(|response| response.status())
        });
        match sent {
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
            Err(other) => panic!("{room}: {other}"),
        }
    }
    assert!((40..130).contains(&refused), "{refused}");
}
