//! Layers of one request together: redirects, further attempts, and answers to challenges.

use super::{answers, redirect};
use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::{HELLO, ready_meanwhile, scripted};
#[cfg(feature = "digest")]
use safe_http_client::{ChallengeError, LayerError, RedirectError};
use safe_http_client::{Config, ErrorKind, Method, RetryPolicy};
use std::time::Duration;

const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";
const AWAY: &str = "http://192.168.1.21/b";

fn challenge(nonce: &str) -> String {
    format!(
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\", qop=auth\r\n\
         Content-Length: 2\r\n\r\nno"
    )
}

/// Puts the layers around a request in this order: `f`ollow, `r`etry, `d`igest.
macro_rules! layered {
    ($request:expr, $layers:expr) => {{
        let policy = RetryPolicy::new(1).base(Duration::from_millis(20));
        let mut layers = $layers.chars();
        let mut layered = match layers.next() {
            Some('f') => $request.follow(3),
            #[cfg(feature = "digest")]
            Some('d') => $request.digest("user", "password", 17),
            _ => $request.retry(policy),
        };
        for layer in layers {
            layered = match layer {
                'f' => layered.follow(3),
                #[cfg(feature = "digest")]
                'd' => layered.digest("user", "password", 17),
                _ => layered.retry(policy),
            };
        }
        layered
    }};
}

/// What was asked on a connection: method, target, and the line that answers a challenge.
fn asked(text: &str) -> Vec<(String, Option<String>)> {
    let heads = text.split("\r\n\r\n").filter(|head| head.contains(" HTTP/1.1"));
    heads
        .map(|head| {
            let line = head.split(" HTTP/1.1").next().unwrap().trim_start_matches("a body");
            let answer = head.lines().find(|line| line.starts_with("Authorization: Digest"));
            (line.to_owned(), answer.map(str::to_owned))
        })
        .collect()
}

/// Sends it, waiting and polled; returns the status, and what was asked, by connection.
fn run(
    layers: &str,
    method: Method<'_>,
    connections: &[Connection],
) -> (u16, Vec<(usize, String, Option<String>)>) {
    let mut found = Vec::new();
    for is_polled in [false, true] {
        let clock = TestClock::ticking(1);
        let (mut client, log) = scripted(&clock, Config::new(), connections.to_vec());
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut request = online.request(method, "http://192.168.1.20/a", vec![0; 2048]);
        if method == Method::Post {
            request = request.header("Idempotency-Key", "17").body("a body");
        }
        let layered = layered!(request, layers);
        let status = if is_polled {
            let mut call = layered.start().unwrap();
            ready_meanwhile(|| call.poll(&mut client, &mut cx), || ()).unwrap();
            call.into_call().status().unwrap()
        } else {
            layered.send().map_or_else(|error| panic!("{layers}: {error}"), |it| it.status())
        };
        let log = log.borrow();
        assert!(log.most_open <= 1);
        let texts = (0..log.opened).map(|at| (at, log.text(at)));
        let asked = texts.flat_map(|(at, text)| {
            asked(&text).into_iter().map(move |(line, answer)| (at, line, answer))
        });
        found.push((status, asked.collect::<Vec<_>>()));
    }
    assert_eq!(found[0], found[1], "waiting and polled");
    found.remove(0)
}

fn nonce(answer: &str) -> &str {
    answer.split(" nonce=\"").nth(1).unwrap().split('"').next().unwrap()
}

/// The layers in each order, the method, what the connections answer, the status in the end, and what was asked.
type Row<'r> = (&'r [&'r str], Method<'r>, Vec<Connection>, u16, &'r [&'r str]);

/// Each row in each order of its layers.
#[test]
fn in_any_order() {
    let (first, second) = (challenge("n1"), challenge("n2"));
    let (to_b, to_c) = (redirect(302, "/b"), redirect(303, "/c"));
    let (away, back) = (redirect(307, AWAY), redirect(302, "http://192.168.1.20/a?b"));
    let to_d = redirect(302, "/c");
    let [first, second, to_b, to_c, to_d, away, back] =
        [&first, &second, &to_b, &to_c, &to_d, &away, &back].map(String::as_str);
    let closes = || Connection::new([Step::AwaitRequest, Step::Zero]);
    let get = Method::Get;
    let one = |all: &[&str]| vec![answers(all.iter().copied())];
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        // Another attempt goes on where the request was led.
        (&["fr", "rf"], get, one(&[to_b, BUSY, HELLO]), 200, &["0 GET /a", "0 GET /b", "0 GET /b"]),
        (&["fr", "rf"], get, one(&[BUSY, to_b, HELLO]), 200, &["0 GET /a", "0 GET /a", "0 GET /b"]),
        (&["fr", "rf"], get, vec![answers([away]), closes(), answers([HELLO])], 200, &["0 GET /a", "1 GET /b", "2 GET /b"]),
        // A POST that may be repeated, and one whose key didn't go along.
        (&["fr", "rf"], Method::Post, one(&[BUSY, HELLO]), 200, &["0 POST /a", "0 POST /a"]),
        (&["fr", "rf"], Method::Post, vec![answers([away]), answers([BUSY, HELLO])], 503, &["0 POST /a", "1 POST /b"]),
        // Once it is a GET, it may.
        (&["fr", "rf"], Method::Post, one(&[to_c, BUSY, HELLO]), 200, &["0 POST /a", "0 GET /c", "0 GET /c"]),
        // Each place has its challenge.
        (&["fd", "df"], get, one(&[to_b, first, HELLO]), 200, &["0 GET /a", "0 GET /b", "0 GET /b n1"]),
        (&["fd", "df"], get, one(&[first, to_b, second, HELLO]), 200, &["0 GET /a", "0 GET /a n1", "0 GET /b", "0 GET /b n2"]),
        (&["fd", "df"], Method::Post, one(&[first, to_c, second, HELLO]), 200, &["0 POST /a", "0 POST /a n1", "0 GET /c", "0 GET /c n2"]),
        (&["fd", "df"], get, one(&[first, to_b, second, first]), 401, &["0 GET /a", "0 GET /a n1", "0 GET /b", "0 GET /b n2"]),
        // Away from its origin, and back.
        (&["fd", "df"], get, vec![answers([away]), answers([first, HELLO])], 401, &["0 GET /a", "1 GET /b"]),
        (&["fd", "df"], get, vec![answers([first, away]), answers([second, HELLO])], 401, &["0 GET /a", "0 GET /a n1", "1 GET /b"]),
        (&["fd", "df"], get, vec![answers([away]), answers([back]), answers([first, HELLO])], 401, &["0 GET /a", "1 GET /b", "2 GET /a?b"]),
        // An attempt that failed says nothing of the next one's challenge.
        (&["dr", "rd"], get, one(&[first, BUSY, second, HELLO]), 200, &["0 GET /a", "0 GET /a n1", "0 GET /a", "0 GET /a n2"]),
        (&["dr", "rd"], get, one(&[BUSY, first, HELLO]), 200, &["0 GET /a", "0 GET /a", "0 GET /a n1"]),
        (&["dr", "rd"], get, one(&[first, second, HELLO]), 401, &["0 GET /a", "0 GET /a n1"]),
        (
            &["fdr", "frd", "dfr", "drf", "rfd", "rdf"],
            get,
            one(&[first, to_b, second, BUSY, first, to_d, HELLO]),
            200,
            &["0 GET /a", "0 GET /a n1", "0 GET /b", "0 GET /b n2", "0 GET /b", "0 GET /b n1", "0 GET /c"],
        ),
    ];
    for (orders, method, connections, status, expected) in rows {
        for layers in *orders {
            if layers.contains('d') && !cfg!(feature = "digest") {
                continue;
            }
            let (found, asked) = run(layers, *method, connections);
            let asked: Vec<_> = asked
                .iter()
                .map(|(at, line, answer)| match answer {
                    Some(answer) => format!("{at} {line} {}", nonce(answer)),
                    None => format!("{at} {line}"),
                })
                .collect();
            assert_eq!(asked, *expected, "{layers} {expected:?}");
            assert_eq!(found, *status, "{layers} {expected:?}");
        }
    }
}

/// A challenge behind a redirect is answered for the method and the target of then: as if they had been asked at
/// once.
#[cfg(feature = "digest")]
#[test]
fn an_answer_is_of_the_request_as_it_is_by_then() {
    let answer = |method, first: &[&str]| {
        let challenge = challenge("n");
        let all = first.iter().copied().chain([&*challenge, HELLO]);
        let (_, asked) = run("fd", method, &[answers(all)]);
        asked.last().unwrap().2.clone().unwrap()
    };
    let to_a = redirect(303, "/x/../a#here");
    assert_eq!(answer(Method::Post, &[&redirect(302, "/b"), &to_a]), answer(Method::Get, &[]));
}

/// What is kept of a request is counted from the start, also where the request alone doesn't fit yet. `follow`, which
/// notes the URL, knows its length once the head is whole.
#[test]
fn a_buffer_of_exactly_the_needed_size_is_enough() {
    let all: &[&str] =
        if cfg!(feature = "digest") { &["r", "f", "rf", "d", "fdr"] } else { &["r", "f", "rf"] };
    for layers in all {
        for (host, body) in [("", ""), ("", "twelve bytes"), ("a-host.with-a-longer.name", "b")] {
            let start = |room: usize| {
                let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), []);
                let mut cx = cx();
                let mut online = client.online(&mut cx).unwrap();
                let mut request = online.put("http://u:p@192.168.1.20/a", vec![0; room]);
                if !host.is_empty() {
                    request = request.header("Host", host);
                }
                if !body.is_empty() {
                    request = request.copy_body(body);
                }
                layered!(request, layers).start().map(|_| ()).map_err(|error| {
                    match error.request_error().map(|error| &error.kind) {
                        Some(&ErrorKind::Buffer { needed, available, exact, .. }) => {
                            assert_eq!(available, room, "{layers}");
                            (needed, exact)
                        }
                        _ => panic!("{layers} {room}: {error}"),
                    }
                })
            };
            let enough = (0..1000).find(|room| start(*room).is_ok()).unwrap();
            for room in 0..enough {
                let (needed, exact) = start(room).unwrap_err();
                let context = format!("{layers} {host} {body} in {room}: {needed} of {enough}");
                assert!(if exact { needed == enough } else { needed <= enough }, "{context}");
                assert!(needed > room && (exact || layers.contains('f')), "{context}");
            }
        }
    }
}

/// In every buffer: it goes, or the error says that it takes more.
#[cfg(feature = "digest")]
#[test]
fn every_room() {
    let mut refused = 0;
    for room in 0..1400 {
        let connections = [
            answers([&*challenge("n1"), &redirect(302, "/b"), &challenge("n2"), BUSY]),
            answers([HELLO]),
        ];
        let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get("http://192.168.1.20/a", vec![0; room]);
        let (needed, available) = match layered!(request, "fdr").send() {
            Ok(response) => {
                assert_eq!(response.status(), 200, "{room}");
                continue;
            }
            Err(LayerError::Challenge {
                why: ChallengeError::Buffer { needed, available },
                ..
            })
            | Err(LayerError::Redirect {
                why: RedirectError::Buffer { needed, available }, ..
            }) => (needed, available),
            Err(LayerError::Request { error, .. }) => match error.kind {
                ErrorKind::Buffer { needed, available, .. } => (needed, available),
                _ => panic!("{room}: {error}"),
            },
            Err(other) => panic!("{room}: {other}"),
        };
        assert!(needed > room && available == room, "{room}: {needed} {available}");
        refused += 1;
    }
    assert!((500..1100).contains(&refused), "{refused}");
}

/// What went wrong after redirects tells where it had been, whichever layer it was.
#[cfg(feature = "digest")]
#[test]
fn an_error_lists_the_urls() {
    let weak = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
    for last in [weak, &redirect(302, "/a"), "nonsense"] {
        let connections = [answers([&*challenge("n1"), &redirect(302, "/b"), last]), answers([])];
        let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut buffer = [0; 1400];
        let request = online.get("http://u:p@192.168.1.20/a", &mut buffer);
        let error = layered!(request, "fdr").send().unwrap_err();
        let urls: Vec<_> = error.hops(&buffer).map(|hop| hop.url().to_owned()).collect();
        assert_eq!(urls, ["http://192.168.1.20/a", "http://192.168.1.20/b"], "{error}");
    }
}
