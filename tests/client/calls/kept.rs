//! Calls that are kept in a struct across the turns of a main loop.

use super::{slow_server, url};
use crate::common::script::Log;
use crate::common::{TestClock, cx};
use crate::support::{Client, ready, scripted};
use safe_http_client::{Buffer, Call, Config, LoopContext, nb};

/// A program whose main loop never waits: it has a button, and reports the presses.
struct App<B> {
    client: Client,
    cx: LoopContext,
    /// The report on its way.
    call: Option<Call<'static, B>>,
    /// Between two reports.
    buffer: Option<B>,
    presses: u32,
    /// What each report said, and how many turns it took.
    reports: Vec<(String, u32)>,
    turns: u32,
}

impl<B: Buffer> App<B> {
    fn new(buffer: B) -> Self {
        let clock = TestClock::ticking(1);
        let (client, _) = scripted(&clock, Config::new(), [slow_server()]);
        Self {
            client,
            cx: cx(),
            call: None,
            buffer: Some(buffer),
            presses: 0,
            reports: Vec::new(),
            turns: 0,
        }
    }

    /// One turn: first the button, then the network.
    fn turn(&mut self, pressed: bool) {
        self.presses += u32::from(pressed);
        self.turns += 1;
        if let Some(call) = &mut self.call {
            match call.poll_read_to_end(&mut self.client, &mut self.cx) {
                Ok(()) => {}
                Err(nb::Error::WouldBlock) => return,
                Err(nb::Error::Other(error)) => panic!("{error}"),
            }
        }
        if let Some(call) = self.call.take() {
            let body = String::from_utf8_lossy(call.body()).into_owned();
            self.reports.push((body, self.turns));
            self.buffer = Some(call.into_buffer());
        }
        if let Some(buffer) = self.buffer.take() {
            let mut online = self.client.online(&mut self.cx).unwrap();
            let said = format!("presses={}", self.presses);
            let request = online.post(&url(&format!("/{}", self.presses)), buffer);
            self.call = Some(request.copy_body(&said).start().unwrap());
            self.turns = 0;
        }
    }

    /// Some reports' worth of turns, with the button pressed in every third. Returns what was sent.
    fn run(mut self) -> String {
        let mut turn = 0;
        while self.reports.len() < 4 {
            turn += 1;
            self.turn(turn % 3 == 0);
            assert_eq!(self.presses, turn / 3, "no press was missed");
            assert!(turn < 5000, "it goes on");
        }
        let said: Vec<u32> =
            self.reports.iter().map(|(body, _)| body[1..].parse().unwrap()).collect();
        assert!(said.is_sorted_by(|earlier, later| earlier < later), "{said:?}");
        assert!(self.reports.iter().all(|(_, turns)| *turns > 50), "{:?}", self.reports);
        let log = self.client.network().stack().log.clone();
        drop(self);
        let log: &Log = &log.borrow();
        assert_eq!((log.opened, log.closed), (1, 1), "one connection for all of them");
        let sent = log.text(0);
        for presses in said {
            // As it was when the report was made, however often the button was pressed meanwhile.
            assert!(sent.contains(&format!("POST /{presses} HTTP/1.1\r\n")), "{sent}");
            assert!(sent.contains(&format!("\r\n\r\npresses={presses}")), "{sent}");
        }
        sent
    }
}

#[test]
fn a_main_loop_counts_buttons_while_its_calls_go_on_whatever_their_buffer_is() {
    let by_value = App::new([0u8; 256]).run();
    // A `static` of the program's.
    let leaked: &'static mut [u8] = Box::leak(Box::new([0; 256]));
    assert_eq!(App::new(leaked).run(), by_value);
    let mut array = [0; 256];
    assert_eq!(App::new(&mut array).run(), by_value);
    let mut vector = vec![0; 256];
    assert_eq!(App::new(&mut vector[..]).run(), by_value);
}

/// What was copied is the call's own.
#[test]
fn a_copied_body_outlives_its_source() {
    fn is_static<T: 'static>(_: &T) {}
    let mut cx = cx();
    let clock = TestClock::ticking(1);
    // The buffer has all of it, and is hardly larger.
    for length in [0, 1, 50, 100] {
        let (mut client, log) = scripted(&clock, Config::new(), [slow_server()]);
        let mut call = {
            let mut source = vec![b's'; length];
            let mut online = client.online(&mut cx).unwrap();
            let request = online.post(&url("/copied"), [0; 288]).copy_body(&source);
            source.fill(b'X');
            request.header("x-late", "a line behind it").start().unwrap()
        };
        is_static(&call);
        ready(|| call.poll_read_to_end(&mut client, &mut cx)).unwrap();
        assert_eq!(call.body(), b"/copied");
        let sent = log.borrow().text(0);
        let body = "s".repeat(length);
        assert!(sent.contains(&format!("Content-Length: {length}\r\n")), "{sent}");
        assert!(sent.contains("x-late: a line behind it\r\n"), "{sent}");
        assert!(sent.ends_with(&format!("\r\n\r\n{body}")), "{sent}");
    }
}

/// It isn't copied, and so the compiler sees to it that it outlives the call.
#[test]
fn a_lent_body_is_sent_from_where_it_is() {
    let mut cx = cx();
    let body = vec![b'l'; 2000];
    let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), [slow_server()]);
    let mut online = client.online(&mut cx).unwrap();
    let mut call = online.put(&url("/lent"), [0; 160]).body(&body).start().unwrap();
    ready(|| call.poll_read_to_end(&mut client, &mut cx)).unwrap();
    assert_eq!(call.body(), b"/lent");
    assert!(log.borrow().sent(0).ends_with(&body));
}
