//! Calls that are polled with a client that didn't start them.

use super::{Kind, Room, Work, slow_client, slow_server, url};
use crate::common::script::{Connection, Log, ScriptStack};
use crate::common::{TestClock, TestLink, cx};
use crate::scenario::{Act, say};
use crate::server::Server;
use crate::support::{Client, HELLO, SharedLog, drive, get, host, ready, scripted};
use safe_http_client::{
    Buffer, Call, Clock, Config, ErrorOf, Link, LoopContext, NalNetwork, Network, SafeHttpClient,
    StackQuirks, nb,
};

/// What was done to a stack, in figures.
fn figures(log: &SharedLog) -> [usize; 5] {
    let log: &Log = &log.borrow();
    [log.opened, log.closed, log.dialed.len(), log.sends.len(), log.receives]
}

#[test]
fn a_call_of_another_client_is_displaced_at_any_moment_and_harms_nobody() {
    let mut cx = cx();
    for kind in Kind::ALL {
        let turns = (0..2000).find(|turns| confuse_after(*turns, kind, &mut cx));
        assert!(turns.expect("it comes to an end") > 20, "{kind:?}");
    }
}

/// True if the call was over by then.
fn confuse_after(turns: usize, kind: Kind, cx: &mut LoopContext) -> bool {
    let context = format!("{kind:?} after {turns} turns");
    let (mut client, log) = slow_client();
    let (mut other, others_log) = slow_client();
    let mut call = kind.start(&mut client, cx);
    let mut others = Kind::PostLent.start(&mut other, cx);
    for _ in 0..turns {
        others.turn(&mut other, cx).unwrap();
        if call.turn(&mut client, cx).unwrap() {
            return true;
        }
    }
    let before = figures(&others_log);
    let evidence = other.evidence();
    call.assert_displaced(&mut other, cx, &context);
    assert_eq!(figures(&others_log), before, "{context}: the other's stack was touched");
    assert_eq!(other.evidence(), evidence, "{context}: the other's figures were");
    others.finish(&mut other, cx).unwrap();
    others.assert_done(Kind::PostLent, &context);
    // It has ended for its own client, too, which goes on.
    if !matches!(call, Work::Failed) {
        let told = super::code(call.turn(&mut client, cx));
        assert_eq!(told, if kind == Kind::Probe { "done" } else { "call_over" }, "{context}");
    }
    for (client, target) in [(&mut client, "/second"), (&mut other, "/third")] {
        assert_eq!(get(client, cx, &url(target)), Ok(target.into()), "{context}");
    }
    drop((client, other));
    for log in [log, others_log] {
        let log = log.borrow();
        assert_eq!(log.opened, log.closed, "{context}");
        assert!(log.most_open <= 1, "{context}");
    }
    false
}

/// Each way to poll a call.
fn ways<N: Network, C: Clock, B: Buffer>(
    way: usize,
    call: &mut Call<'_, B>,
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
) -> nb::Result<(), ErrorOf<N>> {
    match way {
        0 => call.poll(client, cx),
        1 => call.poll_read(client, cx, &mut [0; 1]).map(|_| ()),
        // Larger than the buffer: from the stack into it.
        2 => call.poll_read(client, cx, &mut [0; 1000]).map(|_| ()),
        3 => call.poll_fill_buf(client, cx).map(|_| ()),
        _ => call.poll_read_to_end(client, cx),
    }
}

/// A client of any stack, and a URL that it has an answer from as often as it asks.
struct Other<N: Network, C> {
    stack: &'static str,
    client: SafeHttpClient<N, C>,
    url: String,
    answer: &'static str,
}

impl<N: Network, C: Clock> Other<N, C> {
    /// Polls a call with this client, which isn't its own and has one, in each way and at some moments.
    fn check(mut self, cx: &mut LoopContext) {
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nlong";
        for (case, connection, turns) in [
            ("before its head", slow_server(), 5),
            ("behind its head", slow_server(), 100),
            ("with a body that doesn't fit", Connection::answer(long), 100),
        ] {
            for way in 0..5 {
                let context = format!("{}, way {way}, {case}", self.stack);
                let connections = [connection.clone(), slow_server()];
                let (mut client, log) =
                    scripted(&TestClock::ticking(1), Config::new(), connections);
                let mut online = client.online(cx).unwrap();
                let mut call = online.get(&url("/first"), [0; 256]).start().unwrap();
                for _ in 0..turns {
                    let _ = call.poll(&mut client, cx);
                }
                assert_eq!(call.head().is_some(), turns == 100, "{context}");
                self.confuse(&mut call, way, &context, cx);

                let before = figures(&log);
                match ways(way, &mut call, &mut client, cx) {
                    Err(nb::Error::Other(error)) => assert_eq!(error.code(), "call_over"),
                    went => panic!("{context}: {}", went.is_ok()),
                }
                assert_eq!(figures(&log), before, "{context}");
                assert_eq!(get(&mut client, cx, &url("/second")), Ok("/second".into()));
            }
        }
    }

    fn confuse(
        &mut self,
        call: &mut Call<'_, Room>,
        way: usize,
        context: &str,
        cx: &mut LoopContext,
    ) {
        let other = &mut self.client;
        let mut others = other.online(cx).unwrap().get(&self.url, [0; 256]).start().unwrap();
        for _ in 0..10 {
            let _ = others.poll(other, cx);
        }
        let facts = |other: &SafeHttpClient<N, C>| {
            (other.evidence(), other.close_reason(), other.is_connected())
        };
        let before = facts(other);
        match ways(way, call, other, cx) {
            Err(nb::Error::Other(error)) => assert_eq!(error.code(), "displaced", "{context}"),
            went => panic!("{context}: {}", went.is_ok()),
        }
        call.consume(other, 3);
        assert_eq!(facts(other), before, "{context}");
        match drive(&mut others, other, cx, || ()) {
            Ok(response) => assert_eq!(response, (200, self.answer.into()), "{context}"),
            Err(error) => panic!("{context}: {error}"),
        }
    }
}

/// Whatever the other's stack is.
#[test]
fn each_way_to_poll_tells_another_client_from_its_own() {
    let mut cx = cx();
    let (client, _) = slow_client();
    Other { stack: "the same stack", client, url: url("/others"), answer: "/others" }
        .check(&mut cx);

    let stack = ScriptStack::new([slow_server()]);
    let network = NalNetwork::without_dns(stack, TestLink::up(), StackQuirks::SMOLTCP_NAL);
    let client = SafeHttpClient::new(network, TestClock::ticking(1));
    Other { stack: "another", client, url: url("/others"), answer: "/others" }.check(&mut cx);

    let answers = [Act::Request, say(HELLO)].into_iter().cycle().take(2 * 15);
    let server = Server::new(vec![answers.collect()]);
    let client = host(Config::new());
    Other { stack: "the operating system's", client, url: server.url(), answer: "hello" }
        .check(&mut cx);
    assert_eq!(server.heads().len(), 15, "on its one connection");
}

/// Its client is gone, and another one has its place.
#[test]
fn a_call_outlives_its_client_and_is_displaced() {
    let mut cx = cx();
    for turns in [0, 3, 40] {
        let (mut client, log) = slow_client();
        let mut work = Kind::Get.start(&mut client, &mut cx);
        for _ in 0..turns {
            work.turn(&mut client, &mut cx).unwrap();
        }
        let (new, new_log) = slow_client();
        client = new;
        assert_eq!(log.borrow().opened, log.borrow().closed, "with its client");
        work.assert_displaced(&mut client, &mut cx, "its client is gone");
        assert_eq!(new_log.borrow().opened, 0);
    }
}

/// Two clients with a call each, after so many turns.
fn two(turns: usize, cx: &mut LoopContext) -> [(Client, Work, SharedLog); 2] {
    [Kind::Get, Kind::PostLent].map(|kind| {
        let (mut client, log) = slow_client();
        let mut work = kind.start(&mut client, cx);
        for _ in 0..turns {
            work.turn(&mut client, cx).unwrap();
        }
        (client, work, log)
    })
}

/// Clients and calls are values: they are told by what they are, not by where they stand.
#[test]
fn swapped_clients_and_swapped_calls_find_each_other() {
    let mut cx = cx();
    for turns in 0..40 {
        for (clients, calls) in [(true, false), (false, true), (true, true)] {
            let context = format!("clients: {clients}, calls: {calls}, after {turns} turns");
            let [(mut client_a, mut call_a, log_a), (mut client_b, mut call_b, log_b)] =
                two(turns, &mut cx);
            if clients {
                std::mem::swap(&mut client_a, &mut client_b);
            }
            if calls {
                std::mem::swap(&mut call_a, &mut call_b);
            }
            let together = clients == calls;
            let (client_of_a, client_of_b) = if together {
                (&mut client_a, &mut client_b)
            } else {
                (&mut client_b, &mut client_a)
            };
            // In turns, on one thread.
            let (mut done_a, mut done_b) = (false, false);
            while !(done_a && done_b) {
                done_a = done_a || call_a.turn(client_of_a, &mut cx).unwrap();
                done_b = done_b || call_b.turn(client_of_b, &mut cx).unwrap();
            }
            let kinds = [Kind::Get, Kind::PostLent];
            let [kind_a, kind_b] = if calls { [kinds[1], kinds[0]] } else { kinds };
            call_a.assert_done(kind_a, &context);
            call_b.assert_done(kind_b, &context);
            for log in [log_a, log_b] {
                assert_eq!(log.borrow().opened, 1, "{context}");
            }
        }
    }
}

/// The one who has the wrong partner is displaced, and only that one.
#[test]
fn a_swap_of_one_kind_alone_displaces_whom_it_parts() {
    let mut cx = cx();
    for turns in 0..40 {
        let [(mut client_a, mut call_a, _), (mut client_b, mut call_b, log_b)] =
            two(turns, &mut cx);
        std::mem::swap(&mut client_a, &mut client_b);
        let before = figures(&log_b);
        call_a.assert_displaced(&mut client_a, &mut cx, "it is with the other's");
        assert_eq!(figures(&log_b), before);
        call_b.finish(&mut client_a, &mut cx).unwrap();
        call_b.assert_done(Kind::PostLent, "with its own");
        assert_eq!(get(&mut client_b, &mut cx, &url("/second")), Ok("/second".into()));
    }
}

/// A client that is moved is the same one.
#[test]
fn a_client_that_moves_keeps_its_call() {
    fn moved<L: Link>(
        client: SafeHttpClient<NalNetwork<ScriptStack, L>, TestClock>,
    ) -> Box<SafeHttpClient<NalNetwork<ScriptStack, L>, TestClock>> {
        Box::new(client)
    }
    let mut cx = cx();
    let (mut client, log) = slow_client();
    let mut online = client.online(&mut cx).unwrap();
    let mut call = online.get(&url("/first"), [0; 256]).start().unwrap();
    for turn in 0..30 {
        assert!(call.poll(&mut client, &mut cx).is_err(), "turn {turn}");
        client = *moved(client);
        call = *Box::new(call);
    }
    ready(|| call.poll_read_to_end(&mut client, &mut cx)).unwrap();
    assert_eq!(call.body(), b"/first");
    assert_eq!(log.borrow().opened, 1);
}
