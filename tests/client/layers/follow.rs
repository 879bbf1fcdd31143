//! Redirects that are followed.

use super::{answers, redirect};
use crate::common::script::Connection;
use crate::common::{TestClock, cx};
use crate::support::{HELLO, SharedLog, ready, scripted};
use safe_http_client::{Config, ErrorKind, LayerError, Method, RedirectError};

/// First line of each request, by connection.
fn requests(log: &SharedLog) -> Vec<(usize, String)> {
    let log = log.borrow();
    let texts = (0..log.opened).flat_map(|at| {
        let text = log.text(at);
        let lines = text.lines().filter(|line| line.ends_with(" HTTP/1.1"));
        lines
            .map(|line| {
                (at, line.trim_end_matches(" HTTP/1.1").trim_start_matches("a body").to_owned())
            })
            .collect::<Vec<_>>()
    });
    texts.collect()
}

fn lines(requests: &[(usize, &str)]) -> Vec<(usize, String)> {
    requests.iter().map(|(at, line)| (*at, (*line).to_owned())).collect()
}

#[test]
fn the_method_and_the_body() {
    for (status, method, next, has_body) in [
        (301, Method::Get, "GET", false),
        (302, Method::Head, "HEAD", false),
        (301, Method::Post, "GET", false),
        (302, Method::Post, "GET", false),
        (303, Method::Post, "GET", false),
        (303, Method::Put, "GET", false),
        (303, Method::Head, "HEAD", false),
        (302, Method::Put, "PUT", true),
        (307, Method::Post, "POST", true),
        (308, Method::Put, "PUT", true),
    ] {
        for copied in [false, true] {
            let to_head = method == Method::Head;
            let first = match to_head {
                true => format!("HTTP/1.1 {status} Moved\r\nLocation: /b\r\n\r\n"),
                false => redirect(status, "/b"),
            };
            let second = if to_head { "HTTP/1.1 200 OK\r\n\r\n" } else { HELLO };
            let connections = [answers([first.as_str(), second])];
            let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
            let mut cx = cx();
            let mut online = client.online(&mut cx).unwrap();
            let mut buffer = [0; 1024];
            let mut request = online.request(method, "http://192.168.1.20/a", &mut buffer);
            if matches!(method, Method::Post | Method::Put) {
                request = match copied {
                    true => request.copy_body("a body"),
                    false => request.body("a body"),
                };
            }
            let mut response = request.follow(3).send().unwrap();
            assert_eq!(response.status(), 200, "{status} {method}");
            if !to_head {
                assert_eq!(response.read_to_str().unwrap(), "hello");
            }
            drop(response);
            let expected = [(0, &*format!("{method} /a")), (0, &*format!("{next} /b"))];
            assert_eq!(requests(&log), lines(&expected), "{status} {method}, on one connection");
            let text = log.borrow().text(0);
            let bodies = text.matches("a body").count();
            let sent = usize::from(matches!(method, Method::Post | Method::Put));
            assert_eq!(bodies, sent + usize::from(has_body), "{text}");
            assert_eq!(text.matches("Content-Length: 6").count(), bodies, "{text}");
        }
    }
}

/// A body that is longer than the buffer is lent, and is given again.
#[test]
fn a_long_body() {
    let body = "b".repeat(3000);
    for size in [1, 7, 1000] {
        let first = Connection::answer_split(redirect(307, "http://10.0.0.2/b"), size, None);
        let connections = [first, answers([HELLO])];
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.put("http://192.168.1.20/a", [0; 1024]).body(&body);
        let response = request.follow(1).send().unwrap();
        assert_eq!(response.status(), 200);
        drop(response);
        for at in 0..2 {
            assert!(log.borrow().text(at).ends_with(&body), "{at}");
        }
    }
}

#[test]
fn the_connection() {
    let other = answers([HELLO]);
    let cut = "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 100000\r\n\r\nmuch";
    let close =
        "HTTP/1.1 302 Found\r\nLocation: /b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let chunked = "HTTP/1.1 302 Found\r\nLocation: b\r\nTransfer-Encoding: chunked\r\n\r\n\
                   4\r\nhere\r\n0\r\n\r\n";
    for (what, first, connection) in [
        ("same host", redirect(302, "/b"), 0),
        ("same host, absolute", redirect(302, "http://192.168.1.20:80/b"), 0),
        ("chunked", chunked.into(), 0),
        ("other port", redirect(302, "http://192.168.1.20:81/b"), 1),
        ("other host", redirect(302, "http://192.168.1.21/b"), 1),
        ("much is left", cut.into(), 1),
        ("closed", close.into(), 1),
    ] {
        for size in [1, 1000] {
            let mut first = Connection::answer_split(&first, size, None);
            first.steps.extend(answers([HELLO]).steps);
            let connections = [first, other.clone()];
            let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
            let mut cx = cx();
            let mut online = client.online(&mut cx).unwrap();
            let mut following =
                online.get("http://192.168.1.20/a", [0; 1024]).follow(3).start().unwrap();
            ready(|| following.poll(&mut client, &mut cx)).unwrap();
            let urls: Vec<_> = following.hops().map(|hop| hop.url().to_owned()).collect();
            assert_eq!(urls.len(), 2, "{urls:?}");
            assert_eq!(
                following.hops().map(|hop| hop.status()).collect::<Vec<_>>(),
                [Some(302), None]
            );
            let mut call = following.into_call();
            ready(|| call.poll_read_to_end(&mut client, &mut cx)).unwrap();
            assert_eq!(call.body(), b"hello");
            let expected = lines(&[(0, "GET /a"), (connection, "GET /b")]);
            assert_eq!(requests(&log), expected, "{what}, in segments of {size}");
            assert!(log.borrow().most_open <= 1);
        }
    }
}

/// To its end without a call taken out of it: once there, it stays so; what fails on the way is the request's error,
/// with the hops.
#[test]
fn the_body_too() {
    let stalled = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello";
    for (what, last, room, expected) in [
        ("whole", HELLO.to_owned(), 1024, Ok("hello")),
        ("stalled", stalled.into(), 1024, Err("body: nothing moved for 5000 ms")),
        (
            "too large",
            format!("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{:900}", ""),
            512,
            Err("body: the buffer is too small for the body"),
        ),
    ] {
        for size in [1, 1000] {
            let mut steps = Connection::answer_split(redirect(302, "/b"), size, None);
            steps.steps.extend(answers([last.as_str()]).steps);
            let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [steps]);
            let mut cx = cx();
            let mut online = client.online(&mut cx).unwrap();
            let request = online.get("http://192.168.1.20/a", vec![0; room]).follow(3);
            let mut following = request.start().unwrap();
            let read = ready(|| following.poll_read_to_end(&mut client, &mut cx));
            match (read, expected) {
                (Ok(()), Ok(body)) => {
                    following.poll_read_to_end(&mut client, &mut cx).unwrap();
                    assert_eq!(following.call().status(), Some(200), "{what}");
                    assert_eq!(following.call().body(), body.as_bytes(), "{what}");
                }
                (Err(error), Err(says)) => {
                    let request = error.request_error().unwrap();
                    let text = request.to_string();
                    assert!(text.starts_with(says), "{what}: {text}");
                    assert!(!client.diagnosis(request).to_string().is_empty());
                    let LayerError::Request { .. } = error else { panic!("{error:?}") };
                }
                (read, _) => panic!("{what}: {read:?}"),
            }
            assert_eq!(following.hops().count(), 2, "{what}");
        }
    }
}

/// A response has all of the buffer for its body, as one without layers; a call that may still be asked for its hops
/// says of the whole buffer what it is too small for.
#[test]
fn a_body_that_fills_the_buffer() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n";
    let whole = head.len() + 400;
    for room in [whole - 1, whole, 1024] {
        for size in [1, 1000] {
            for polls in [false, true] {
                let mut steps = Connection::answer_split(redirect(302, "/b"), size, None);
                steps.steps.extend(answers([&*format!("{head}{:400}", "")]).steps);
                let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [steps]);
                let mut cx = cx();
                let mut buffer = vec![0; room];
                let mut online = client.online(&mut cx).unwrap();
                let request = online.get("http://192.168.1.20/a", &mut *buffer).follow(3);
                let read = if polls {
                    let mut following = request.start().unwrap();
                    ready(|| following.poll(&mut client, &mut cx)).unwrap();
                    let mut call = following.into_call();
                    ready(|| call.poll_read_to_end(&mut client, &mut cx))
                        .map(|()| call.body().len())
                } else {
                    request.send().unwrap().read_to_end().map(<[u8]>::len)
                };
                match read.map_err(|error| error.kind) {
                    Ok(length) => assert!(length == 400 && room >= whole, "{room}"),
                    Err(ErrorKind::Buffer { needed, available, .. }) => {
                        assert_eq!((needed, available), (whole, room), "{size} {polls}");
                    }
                    Err(other) => panic!("{room}: {other:?}"),
                }
            }
        }
    }
    // Until then the hops are in it.
    let mut needs = 0;
    for room in [whole, 0] {
        let room = if room == 0 { needs } else { room };
        let steps = answers([&*redirect(302, "/b"), &format!("{head}{:400}", "")]);
        let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [steps]);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get("http://192.168.1.20/a", vec![0; room]).follow(3);
        let mut following = request.start().unwrap();
        match ready(|| following.poll_read_to_end(&mut client, &mut cx)) {
            Ok(()) => assert_eq!((room, following.call().body().len()), (needs, 400)),
            Err(LayerError::Request { error, .. }) => match error.kind {
                ErrorKind::Buffer { needed, available, .. } => {
                    assert!(
                        needs == 0 && needed > room && available == room,
                        "{needed} {available}"
                    );
                    needs = needed;
                }
                _ => panic!("{error}"),
            },
            Err(other) => panic!("{other}"),
        }
        assert_eq!(following.hops().count(), 2);
    }
}

#[test]
fn secrets_stay_with_their_origin() {
    // There, away, and back.
    let home = |next: &str| answers([redirect(307, next).as_str()]);
    for (away, sees) in [
        ("http://192.168.1.20/b", true),
        ("http://192.168.1.20:81/b", false),
        ("http://192.168.1.21/b", false),
    ] {
        let connections = [home(away), home("http://192.168.1.20/c"), answers([HELLO])];
        let connections = match sees {
            true => vec![answers([redirect(307, away).as_str(), HELLO])],
            false => connections.to_vec(),
        };
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut buffer = [0; 1024];
        let request = online.post("http://admin:pw@192.168.1.20/a", &mut buffer);
        let request = request.header("Cookie", "id=secret").header("X-Api-Key", "secret");
        let request = request.header("Content-Type", "text/plain").body("open");
        request.follow(5).send().unwrap();
        let log = log.borrow();
        let all: String = (0..log.opened).map(|at| log.text(at)).collect();
        let times = 1 + usize::from(sees);
        for secret in
            ["Authorization: Basic YWRtaW46cHc=", "Cookie: id=secret", "X-Api-Key: secret"]
        {
            assert_eq!(all.matches(secret).count(), times, "{away} {secret}");
        }
        assert_eq!(all.matches("Content-Type: text/plain").count(), if sees { 2 } else { 3 });
        assert!(!all.contains("admin"));
    }
}

#[test]
fn what_is_not_followed() {
    let follow = |first: &[&str], limit, room: usize| {
        let connections = [answers(first.iter().copied())];
        let (mut client, _log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut buffer = vec![0; room];
        let request = online.get("http://192.168.1.20/a", &mut buffer);
        let result = request.follow(limit).send().map(|response| response.status());
        match result {
            Ok(status) => Ok(status),
            Err(error) => {
                let hops: Vec<_> = error.hops(&buffer).map(|hop| hop.url().to_owned()).collect();
                match error {
                    LayerError::Request { error, .. } => match error.kind {
                        ErrorKind::Buffer { needed, available, .. } => {
                            Err((RedirectError::Buffer { needed, available }, hops))
                        }
                        _ => panic!("{error}"),
                    },
                    LayerError::Redirect { why, .. } => Err((why, hops)),
                    other => panic!("{other}"),
                }
            }
        }
    };
    let url = |path: &str| format!("http://192.168.1.20{path}");
    let to = |path: &str| redirect(302, path);
    let no_location = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n";
    let choice = "HTTP/1.1 300 Choose\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(follow(&[no_location], 3, 1024), Ok(302));
    for empty in ["", " ", "\r\n ", "\t \r\n\t"] {
        assert_eq!(follow(&[&to(empty)], 3, 1024), Ok(302), "{empty:?}");
    }
    assert_eq!(follow(&[choice], 3, 1024), Ok(300));
    assert_eq!(
        follow(&[&to("/b"), &to("/a#x")], 5, 1024),
        Err((RedirectError::Loop, vec![url("/a"), url("/b")]))
    );
    assert_eq!(follow(&[&to("/a")], 5, 1024), Err((RedirectError::Loop, vec![url("/a")])));
    assert_eq!(
        follow(&[&to("/b"), &to("/c"), &to("/d")], 2, 1024),
        Err((RedirectError::TooMany { limit: 2 }, vec![url("/a"), url("/b"), url("/c")]))
    );
    assert_eq!(
        follow(&[&to("/b")], 0, 1024),
        Err((RedirectError::TooMany { limit: 0 }, vec![url("/a")]))
    );
    assert!(matches!(
        follow(&[&to("ftp://h/")], 3, 1024),
        Err((RedirectError::Location(_), hops)) if hops == [url("/a")]
    ));
    {
        // Nobody listens to TLS here: as for a URL of one's own.
        let connections = [answers([to("https://192.168.1.20/").as_str()])];
        let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let error = online.get("http://192.168.1.20/a", [0; 1024]).follow(3).send().unwrap_err();
        assert!(matches!(error, LayerError::Request { .. }), "{error}");
    }
    // Every room: it goes, or the error says what it takes, which then is more than there was.
    let mut refused = 0;
    for room in 0..1024 {
        match follow(&[&to("/b"), HELLO], 3, room) {
            Ok(status) => assert_eq!(status, 200),
            Err((RedirectError::Buffer { needed, available }, _)) => {
                assert!(needed > available && available == room, "{room}: {needed} {available}");
                refused += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!((300..700).contains(&refused), "{refused}");
}
