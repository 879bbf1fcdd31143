//! What becomes of a connection that is kept.

use super::{Act, Ask, Case, Expect, Needs, Reading, URL, answer, body, body_or_error, case, send};
use crate::server::Seen;

const T: &str = "connections";
const S_PERSIST: &str = "9112 9.3";
const S_CLOSE: &str = "9112 9.6";

/// Two requests. What comes after `first` on its connection is not the answer to the second.
fn apart(name: &str, section: &'static str, first: impl AsRef<[u8]>) -> Case {
    case(T, name, section)
        .ask(Ask::get(URL), body("first"))
        // By then all of it has come: what is still on its way can't be known.
        .ask(Ask::get(URL).later(100), body_or_error("second"))
        .connection([Act::Request, send(first), Act::Request, answer("stale")])
        .connection([Act::Request, answer("second")])
}

/// A POST that the server closed on, after it had come, isn't sent again.
fn posted_once(seen: &Seen) -> Result<(), String> {
    match seen.text().matches("POST ").count() {
        0 | 1 => Ok(()),
        times => Err(format!("sent {times} times")),
    }
}

pub fn cases() -> Vec<Case> {
    let first = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nfirst");
    let kept = |name: &str, head: &str| {
        case(T, name, S_PERSIST)
            .ask(Ask::get(URL), body("first"))
            .ask(Ask::get(URL), body("second"))
            .connection([Act::Request, send(head), Act::Request, answer("second")])
            .connection([Act::Request, answer("second")])
    };
    vec![
        kept("two requests", &first("Content-Length: 5")),
        kept(
            "two requests of HTTP/1.0",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nfirst",
        ),
        apart(
            "not behind Connection: close",
            S_CLOSE,
            first("Connection: close\r\nContent-Length: 5"),
        ),
        apart(
            "not behind Connection: Close",
            S_CLOSE,
            first("Connection: Close\r\nContent-Length: 5"),
        ),
        apart(
            "not behind close in a list",
            S_CLOSE,
            first("Connection: x-a, close\r\nContent-Length: 5"),
        ),
        apart(
            "not behind close in the 20th field",
            S_CLOSE,
            first(&format!("Content-Length: 5\r\n{}Connection: close", "X-A: b\r\n".repeat(18))),
        ),
        apart(
            "not behind HTTP/1.0",
            S_PERSIST,
            "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
        ),
        apart(
            "not with bytes behind a body",
            "9112 6.3",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        ),
        apart(
            "not with bytes behind the chunks",
            "9112 6.3",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\nexcess",
        ),
        case(T, "not for another host", S_PERSIST)
            .ask(Ask::get("http://one.test/"), body("first"))
            .ask(Ask::get("http://two.test/"), body("second"))
            .connection([Act::Request, answer("first"), Act::Request, answer("stale")])
            .connection([Act::Request, answer("second")])
            .needs(Needs::Hosts),
        case(T, "not for another port", S_PERSIST)
            .ask(Ask::get("http://one.test/"), body("first"))
            .ask(Ask::get("http://one.test:8080/"), body("second"))
            .connection([Act::Request, answer("first"), Act::Request, answer("stale")])
            .connection([Act::Request, answer("second")])
            .needs(Needs::Hosts),
        case(T, "GET on one that the server has closed", "9112 9.3.1")
            .ask(Ask::get(URL), body("first"))
            .ask(Ask::get(URL), body_or_error("second"))
            .connection([Act::Request, answer("first"), Act::Fin])
            .connection([Act::Request, answer("second")]),
        case(T, "POST on one that the server closes", "9110 9.2.2")
            .ask(Ask::get(URL), body("first"))
            .ask(Ask::get(URL).method("POST").body(b"once", Some(4)), Expect::Error)
            .connection([Act::Request, answer("first"), Act::Request, Act::Fin])
            .connection([Act::Request, answer("second")])
            .seen(posted_once),
        case(T, "half a response, then another request", S_PERSIST)
            .ask(Ask::get(URL).read(Reading::Some(2)), Expect::Any)
            .ask(Ask::get(URL), body_or_error("second"))
            .connection([Act::Request, answer("first response"), Act::Request, answer("second")])
            .connection([Act::Request, answer("second")])
            .needs(Needs::Dropping),
        case(T, "half of chunks, then another request", S_PERSIST)
            .ask(Ask::get(URL).read(Reading::Some(2)), Expect::Any)
            .ask(Ask::get(URL), body_or_error("second"))
            .connection([
                Act::Request,
                send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"),
                Act::Pause(50),
                send("5\r\nstale\r\n0\r\n\r\n"),
                Act::Request,
                answer("second"),
            ])
            .connection([Act::Request, answer("second")])
            .needs(Needs::Dropping),
        case(T, "a response that comes after the deadline", S_PERSIST)
            .ask(Ask::get(URL).patience(200), Expect::GivesUp)
            .ask(Ask::get(URL), body_or_error("second"))
            .connection([
                Act::Request,
                Act::Pause(400),
                answer("late"),
                Act::Request,
                answer("stale"),
            ])
            .connection([Act::Request, answer("second")])
            .needs(Needs::Deadlines),
    ]
}
