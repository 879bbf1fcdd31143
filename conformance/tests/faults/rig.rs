//! A client over a bench, and what is expected of it afterwards.

use crate::bench::Bench;
use crate::faulty::{Faulty, Watch};
use crate::judge::is_good;
use crate::peer::{FILLED, GARBLED, Heard};
use crate::plan::Plan;
use crate::running::{Client, config, run};
use crate::scenario::{Reads, Use};
use safe_http_client::{Clock, LoopContext, Network, SafeHttpClient};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a use of the client goes wrong, and what its requests are told by.
pub struct Rig<'c> {
    pub base: String,
    pub plan: Rc<RefCell<Plan>>,
    pub cx: &'c mut LoopContext,
    /// Uses of the client so far.
    begun: usize,
    /// How often the server has to hear each request, and how often it may.
    pub allowed: BTreeMap<String, (usize, usize)>,
    /// A request whose call fails or is left may reach the server with zero bytes at its end.
    fills_sends: bool,
    /// Of the point, for messages.
    pub context: String,
}

/// Uses begun, so that no two of them have the same tag: what is late belongs to no other point.
static USES: AtomicUsize = AtomicUsize::new(0);

/// Gives the server's threads the processor.
fn doze() {
    std::thread::sleep(std::time::Duration::from_micros(20));
}

/// A client over the bench's network.
pub fn client<'b, B: Bench>(
    bench: &'b mut B,
    plan: &Rc<RefCell<Plan>>,
) -> Client<B::Net<'b>, B::Clock> {
    let (inner, clock, pass) = bench.network();
    let on_block = if B::IN_REAL_TIME { doze } else { || {} };
    let network = Faulty { inner, plan: plan.clone(), pass, on_block };
    let clock = Watch { inner: clock, plan: plan.clone() };
    SafeHttpClient::with_config(network, clock, config())
}

impl<'c> Rig<'c> {
    pub fn new<B: Bench>(bench: &B, cx: &'c mut LoopContext, context: String) -> Self {
        bench.heard().lock().unwrap().clear();
        let plan: Rc<RefCell<Plan>> = Rc::default();
        plan.borrow_mut().merges_repeats = B::IN_REAL_TIME;
        Self {
            base: bench.base(),
            plan,
            cx,
            begun: 0,
            fills_sends: B::CONFIRMS_SENDS,
            allowed: BTreeMap::new(),
            context,
        }
    }

    /// A use of the client begins; its requests have this tag, and reach the server so often.
    pub fn begin(&mut self, times: (usize, usize)) -> String {
        self.plan.borrow_mut().begin_exchange(self.begun);
        self.begun += 1;
        let tag = format!("t{:06}", USES.fetch_add(1, Ordering::Relaxed));
        self.allowed.insert(tag.clone(), times);
        tag
    }

    /// One use of the client to its end, which has to be a good one.
    pub fn expect_whole<N: Network, C: Clock>(&mut self, client: &mut Client<N, C>, what: Use) {
        let times = usize::from(what != Use::Diagnose);
        let tag = self.begin((times, times));
        let ended = run(client, self.cx, &self.plan, &self.base, &tag, what);
        assert!(is_good(&ended), "{}: {what:?} then: {ended:?}", self.context);
    }

    /// The client works as if nothing had been: a response whose end is in its chunks, then one with a
    /// length over the connection of the first.
    pub fn expect_recovery<N: Network, C: Clock>(&mut self, client: &mut Client<N, C>) {
        self.expect_whole(client, Use::Get("chunked", Reads::Pieces));
        assert!(client.is_connected(), "{}: kept", self.context);
        let opened = self.plan.borrow().opened;
        self.expect_whole(client, Use::Post { long: false });
        assert_eq!(self.plan.borrow().opened, opened, "{}: kept", self.context);
    }

    pub fn expect_all_closed(&self) {
        let plan = self.plan.borrow();
        assert_eq!(plan.opened, plan.closed, "{}: sockets", self.context);
    }

    /// When the client is gone: each socket was closed once, nothing was sent to one that had failed, and
    /// the server has heard what it may, and nothing else.
    pub fn expect_clean_end(&self, heard: &Heard) {
        self.expect_all_closed();
        let Self { context, plan, allowed, .. } = self;
        let unheard = plan.borrow().sent_after_failure;
        assert_eq!(unheard, 0, "{context}: bytes sent behind an error");
        let heard = heard.lock().unwrap();
        let is_garbled = |line: &String| {
            line.starts_with(GARBLED) || line.starts_with(FILLED) && !self.fills_sends
        };
        assert!(!heard.iter().any(is_garbled), "{context}: {heard:?}");
        for (tag, (least, most)) in allowed {
            let end = format!("?{tag} HTTP/1.1");
            let times = heard.iter().filter(|line| line.ends_with(&end)).count();
            assert!((*least..=*most).contains(&times), "{context}: {tag} was heard {times} times");
        }
    }
}
