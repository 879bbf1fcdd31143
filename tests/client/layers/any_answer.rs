//! Layers, whatever a server sends.

pub(super) mod answers;

use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::{Client, SharedLog, get, ms, scripted};
use answers::{Random, connection};
use safe_http_client::{Config, Download, LoopContext, RetryPolicy, nb};
use std::net::SocketAddr;

/// Polls it to its end, or for so many turns.
fn turn<T, E>(turns: usize, mut step: impl FnMut() -> nb::Result<T, E>) -> Option<Result<T, E>> {
    for _ in 0..turns {
        match step() {
            Ok(value) => return Some(Ok(value)),
            Err(nb::Error::Other(error)) => return Some(Err(error)),
            Err(nb::Error::WouldBlock) => {}
        }
    }
    assert!(turns < MOST, "it comes to no end");
    None
}

const MOST: usize = 400_000;

/// True where a response came of it.
fn one(random: &mut Random, client: &mut Client, cx: &mut LoopContext) -> bool {
    let room = 250 + random.below(1000);
    let turns = [random.below(300), MOST][random.below(2)];
    let kind = random.below(6);
    let mut download = match random.below(4) {
        0 => Download::resume(5, "\"1\""),
        1 => Download::resume(u64::MAX - random.below(2) as u64, "\"1\""),
        _ => Download::new(),
    };
    let mut online = client.online(cx).unwrap();
    let request = match kind {
        4 => download.request(&mut online, "http://192.168.1.20/a/b?c", vec![0; room]),
        _ => match random.below(3) {
            0 => online.get("http://192.168.1.20/a/b?c", vec![0; room]),
            1 => online.post("http://192.168.1.20/a/b?c", vec![0; room]).copy_body("sesame"),
            _ => online
                .put("http://192.168.1.20/a/b?c", vec![0; room])
                .body("sesame")
                .expect_continue(),
        },
    };
    let request = request.header("X-Api-Key", "hunter2").header("Cookie", "id=hunter2");
    macro_rules! last {
        ($layer:expr) => {{
            let Ok(mut layer) = $layer else { return false };
            match turn(turns, || layer.poll(client, cx)) {
                Some(Ok(())) => {}
                _ => return false,
            }
            let mut call = layer.into_call();
            let _ = turn(turns, || call.poll_read_to_end(client, cx));
            true
        }};
    }
    match kind {
        0 | 1 => last!(request.follow(4).start()),
        2 => last!(request.retry(RetryPolicy::new(3).retries(2)).start()),
        #[cfg(feature = "digest")]
        3 => last!(request.digest("us\u{e9}r\"\\", "hunter2", 17).start()),
        #[cfg(feature = "digest")]
        5 => {
            let layered = request.digest("us\u{e9}r\"\\", "hunter2", 17).follow(4);
            last!(layered.retry(RetryPolicy::new(3).retries(2)).start())
        }
        _ => {
            let Ok(mut call) = request.start() else { return false };
            let mut flash = Vec::new();
            let before = download.have();
            let end = turn(turns, || {
                let mut room = [0; 3];
                let mut writer = &mut room[..];
                download.poll_save(&mut call, client, cx, &mut writer, |_, piece| {
                    flash.extend_from_slice(piece);
                })
            });
            assert_eq!(download.have(), before.saturating_add(flash.len() as u64));
            matches!(end, Some(Ok(())))
        }
    }
}

/// What was sent is well-formed, and its secrets went to nobody else.
fn check(log: &SharedLog) {
    let log = log.borrow();
    assert!(log.most_open <= 1);
    let own: SocketAddr = "192.168.1.20:80".parse().unwrap();
    for (at, remote) in log.dialed.iter().enumerate() {
        let text = log.text(at);
        assert!(*remote == own || !text.contains("hunter2"), "{remote}: {text}");
        assert!(*remote == own || !text.contains("Authorization"), "{remote}: {text}");
        let mut heads: Vec<_> = text.split("\r\n\r\n").collect();
        heads.pop();
        for head in heads {
            let head = head.trim_start_matches("sesame");
            let mut lines = head.split("\r\n");
            let words: Vec<_> = lines.next().unwrap().split(' ').collect();
            assert!(
                matches!(words[..], ["GET" | "POST" | "PUT", target, "HTTP/1.1"]
                    if target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic())),
                "{head}"
            );
            for line in lines {
                let name = line.split(": ").next().unwrap();
                assert!(
                    name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-'),
                    "{head}"
                );
                assert!(line.bytes().all(|byte| matches!(byte, b' '..=0x7E | 0x80..)), "{head}");
            }
        }
    }
}

/// Whatever a layer was doing when its call was dropped: the next call gets its own answer.
#[test]
fn dropped_at_any_turn() {
    let framed = |status: &str, fields: &str, body: usize, is_chunked: bool| {
        let body = "0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother ".repeat(40)[..body]
            .to_owned();
        match is_chunked {
            true => format!(
                "HTTP/1.1 {status}\r\n{fields}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\nA: b\r\n\r\n",
                body.len()
            ),
            false => {
                format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len())
            }
        }
    };
    let digest = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n";
    let mut drops = 0;
    for (kind, status, fields) in [
        (0, "302 Found", "Location: /chunked\r\n"),
        (0, "302 Found", "Location: /a?\r\n"),
        (0, "302 Found", "Location: http://192.168.1.21/away\r\n"),
        (2, "503 Busy", ""),
        (3, "401 No", digest),
        (5, "401 No", digest),
        (5, "302 Found", "Location: /a?\r\n"),
        (5, "503 Busy", ""),
        (4, "206 Part", "Content-Range: bytes 0-39/2000\r\nETag: \"1\"\r\n"),
    ] {
        for body in [1, 40, 300, 1500] {
            for is_chunked in [false, true] {
                for size in [1, 9, 4000] {
                    for turns in 0.. {
                        let first = framed(status, fields, body, is_chunked);
                        let mut first = Connection::answer_split(first, size, None);
                        first.steps.push_back(Step::Serve(size));
                        let connections = [first, Connection::serve(size), Connection::serve(size)];
                        let (mut client, log) =
                            scripted(&TestClock::ticking(1), Config::new(), connections);
                        let mut cx = cx();
                        let is_done = some_turns(kind, turns, &mut client, &mut cx);
                        // What it wasn't asked by then, it answers to the next.
                        if log.borrow().sends.is_empty() {
                            continue;
                        }
                        let found = get(&mut client, &mut cx, "http://192.168.1.20/mine");
                        assert_eq!(
                            found,
                            Ok("/mine".into()),
                            "{kind} {fields} {body} {size} {turns}"
                        );
                        check(&log);
                        drops += 1;
                        if is_done {
                            break;
                        }
                    }
                }
            }
        }
    }
    println!("{drops} drops");
}

/// Whether it was over by then.
fn some_turns(kind: usize, turns: usize, client: &mut Client, cx: &mut LoopContext) -> bool {
    let mut left = turns;
    let mut online = client.online(cx).unwrap();
    let request = online.get("http://192.168.1.20/a", [0; 900]);
    macro_rules! some {
        ($start:expr, $poll:ident) => {{
            let mut layer = $start;
            loop {
                if left == 0 {
                    return false;
                }
                left -= 1;
                match layer.$poll(client, cx) {
                    Err(nb::Error::WouldBlock) => {}
                    _ => break,
                }
            }
            layer
        }};
    }
    let mut call = match kind {
        0 => some!(request.follow(3).start().unwrap(), poll).into_call(),
        2 => {
            some!(request.retry(RetryPolicy::new(3).base(ms(3))).start().unwrap(), poll).into_call()
        }
        #[cfg(feature = "digest")]
        3 => some!(request.digest("u", "hunter2", 17).start().unwrap(), poll).into_call(),
        #[cfg(feature = "digest")]
        5 => {
            let layered = request.follow(3).digest("u", "hunter2", 17);
            let layered = layered.retry(RetryPolicy::new(3).base(ms(3)));
            some!(layered.start().unwrap(), poll).into_call()
        }
        _ => {
            let mut call = request.start().unwrap();
            let (mut download, mut flash) = (Download::new(), [0; 30]);
            let mut flash = &mut flash[..];
            for _ in 0..turns {
                match download.poll_save(&mut call, client, cx, &mut flash, |_, _| {}) {
                    Err(nb::Error::WouldBlock) => {}
                    _ => return true,
                }
            }
            return false;
        }
    };
    for _ in 0..left {
        match call.poll_fill_buf(client, cx).map(<[u8]>::len) {
            Ok(0) => return true,
            Ok(_) => call.consume(client, 1),
            Err(nb::Error::WouldBlock) => {}
            Err(_) => return true,
        }
    }
    false
}

#[test]
fn any_answer() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(3000);
    let (mut answered, mut elsewhere) = (0, 0);
    for seed in 1..=rounds {
        let mut random = Random(u64::wrapping_mul(seed, 0x9E37_79B9_7F4A_7C15));
        random.below(1);
        let connections: Vec<_> = (0..4).map(|_| connection(&mut random)).collect();
        let (mut client, log) = scripted(&TestClock::ticking(5), Config::new(), connections);
        let mut cx = cx();
        for _ in 0..3 {
            answered += usize::from(one(&mut random, &mut client, &mut cx));
        }
        check(&log);
        elsewhere +=
            log.borrow().dialed.iter().filter(|it| it.to_string() != "192.168.1.20:80").count();
    }
    println!("{answered} answered, {elsewhere} elsewhere");
    assert!(answered > rounds as usize / 4 && elsewhere > rounds as usize / 100);
}
