//! What is a secret goes to whom it is for, and into no text.

use crate::common::script::{Connection, Log, ScriptStack};
use crate::common::{TestClock, TestLink, cx};
use safe_http_client::{ErrorKind, Method, NalNetwork, RequestError, SafeHttpClient, StackQuirks};
use std::cell::RefCell;
use std::rc::Rc;

type Client = SafeHttpClient<NalNetwork<ScriptStack, TestLink>, TestClock>;

fn client(answer: &str) -> (Client, Rc<RefCell<Log>>) {
    let stack = ScriptStack::new([Connection::answer(answer)]);
    let log = stack.log.clone();
    (SafeHttpClient::new(stack.attached(StackQuirks::STD), TestClock::ticking(1)), log)
}

/// They are the origin's, and a tunnel's request goes to a proxy.
#[test]
fn connect_with_a_user_name_in_its_url_sends_none() {
    let mut cx = cx();
    for url in [
        "http://user:pw@192.168.1.20:22/",
        "http://user@192.168.1.20:22",
        "http://:pw@192.168.1.20:22",
    ] {
        for method in [Method::Connect, Method::Custom("CONNECT"), Method::from_name("CONNECT")] {
            let (mut client, log) = client("HTTP/1.1 200 OK\r\n\r\n");
            let mut online = client.online(&mut cx).unwrap();
            assert!(online.request(method, url, [0; 256]).send().unwrap().into_stream().is_ok());
            let sent = log.borrow().text(0);
            assert!(sent.starts_with("CONNECT 192.168.1.20:22 HTTP/1.1\r\n"), "{sent}");
            assert!(!sent.contains("uthorization") && !sent.contains("user"), "{sent}");
        }
    }
}

/// RFC 7617 section 2: decoded, it would be another user with another password.
#[test]
fn a_colon_in_a_user_name_and_control_characters_are_refused() {
    let mut cx = cx();
    for (url, expected) in [
        ("http://us%3Aer:pw@192.168.1.20/", None),
        ("http://us%3aer:pw@192.168.1.20/", None),
        ("http://%3A:pw@192.168.1.20/", None),
        ("http://us%3Aer@192.168.1.20/", None),
        ("http://u%3:pw@192.168.1.20/", None),
        ("http://u:p%@192.168.1.20/", None),
        ("http://u:p%0Aw@192.168.1.20/", None),
        ("http://u:p%00@192.168.1.20/", None),
        ("http://u%7f:p@192.168.1.20/", None),
        ("http://u:%C3%A4%20@192.168.1.20/", Some("dTrDpCA=")),
        ("http://u:p%3Aw@192.168.1.20/", Some("dTpwOnc=")),
        ("http://u:p:w@192.168.1.20/", Some("dTpwOnc=")),
        ("http://u:p%23w@192.168.1.20/", Some("dTpwI3c=")),
    ] {
        let (mut client, log) = client("HTTP/1.1 204 \r\n\r\n");
        let mut online = client.online(&mut cx).unwrap();
        let outcome = online.get(url, [0; 256]).send().map(drop);
        match expected {
            None => {
                let error = outcome.unwrap_err();
                assert_eq!(
                    error.kind,
                    ErrorKind::Request(RequestError::InvalidCredentials),
                    "{url}"
                );
                assert!(log.borrow().sends.is_empty());
            }
            Some(credentials) => {
                let line = format!("\r\nAuthorization: Basic {credentials}\r\n");
                assert!(outcome.is_ok() && log.borrow().text(0).contains(&line), "{url}");
            }
        }
    }
}

#[test]
fn debug_of_headers_shows_names_alone() {
    let mut cx = cx();
    let (mut client, _) =
        client("HTTP/1.1 200 OK\r\nSet-Cookie: sid=31d4d96e\r\nContent-Length: 0\r\n\r\n");
    let mut online = client.online(&mut cx).unwrap();
    let response = online.get("http://192.168.1.20/", [0; 256]).send().unwrap();
    let head = response.head();
    let header = head.headers().next().unwrap();
    for text in
        [format!("{head:?}"), format!("{:?}", head.headers()), format!("{header:?} {response:?}")]
    {
        // Neither as text nor as numbers: 51, 49 is `31`.
        assert!(!text.contains("31d4") && !text.contains("51, 49"), "{text}");
        assert!(text.contains("Set-Cookie"), "{text}");
    }
}

/// An echo service has the request for an answer, and the password with it.
#[test]
fn what_a_peer_sends_back_is_not_shown() {
    let mut cx = cx();
    for answer in [
        "hunter2",
        "user:hunter2 is wrong\r\n",
        "{\"password\":\"hunter2\"}\r\n",
        "ICY hunter2\r\n",
        "GET /?key=hunter2 HTTP/1.1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX=hunter2\r\n\r\n",
    ] {
        let (mut client, _) = client(answer);
        let mut online = client.online(&mut cx).unwrap();
        let error =
            online.get("http://user:hunter2@192.168.1.20/", [0; 256]).send().map(drop).unwrap_err();
        let evidence = client.evidence();
        let text = format!(
            "{error} {error:?} {evidence:?} {} {}",
            evidence.answer,
            client.diagnosis(&error)
        );
        assert!(!text.contains("hunter2"), "{answer:?}: {text}");
    }
}
