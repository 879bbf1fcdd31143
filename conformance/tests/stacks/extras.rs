//! What is attached to a stack beside embedded-nal reaches the requests and the diagnosis: pings, the
//! stack's status, TLS, what waits unread, the signal. On real sockets, and on smoltcp-nal.

use conformance::common::{TestLink, cx};
use conformance::scenario::{Act, Peer, config, say};
use conformance::server::Server;
use conformance::smoltcp_net;
use embedded_nal::{Dns, TcpClientStack, nb};
use safe_http_client::{
    Cause, Clock, CloseReason, IpConfig, Link, LinkStatus, NalNetwork, NoPing, NoTls, ProbeStep,
    Report, SafeHttpClient, StackFault, StackQuirks, StackStatus, StdClock, StepOutcome,
};
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// What the stack can beside embedded-nal, and what it was asked for.
#[derive(Default)]
struct Extras {
    /// Whether it can ping at all, and is answered.
    answers_pings: Option<bool>,
    pinged: Vec<IpAddr>,
    radio_sleeps: bool,
    is_busy: bool,
    has_unread: bool,
    refuses_tls: bool,
    secured: Vec<String>,
    signal: Option<i8>,
}

thread_local! {
    /// Here because what is attached is a plain `fn`, and these stacks remember nothing of ours.
    static EXTRAS: RefCell<Extras> = RefCell::default();
}

const LAST_WORDS: &[u8] = b"\r\nbusy p...\r\n";

fn attached<T, L>(network: NalNetwork<T, L>) -> NalNetwork<T, L>
where
    T: TcpClientStack + Dns,
    L: Link,
{
    network
        .with_ping(|_, host| {
            EXTRAS.with_borrow_mut(|extras| {
                extras.pinged.push(host);
                // Asked again until it is ready.
                match extras.pinged.len().is_multiple_of(2) {
                    false => Err(nb::Error::WouldBlock),
                    true => match extras.answers_pings {
                        None => Err(nb::Error::Other(NoPing)),
                        Some(answers) => Ok(answers.then_some(3)),
                    },
                }
            })
        })
        .with_status(|_| {
            EXTRAS.with_borrow(|extras| {
                let mut status = StackStatus::default();
                status.radio_sleeps = extras.radio_sleeps;
                if extras.is_busy {
                    status.pending = StackFault::Busy;
                }
                status.last_words = LAST_WORDS;
                status
            })
        })
        .with_tls(|_, _, server_name| {
            EXTRAS.with_borrow_mut(|extras| {
                extras.secured.push(server_name.into());
                if extras.refuses_tls { Err(NoTls) } else { Ok(()) }
            })
        })
        .with_unread(|_, _| EXTRAS.with_borrow(|extras| extras.has_unread))
        .with_signal(|_| Ok(EXTRAS.with_borrow(|extras| extras.signal)))
}

/// A link with a gateway that isn't the host, which a test says to have a loopback interface or none.
struct Lan(TestLink, bool);

impl Lan {
    fn new(address: [u8; 4], gateway: [u8; 4], has_loopback: bool) -> Self {
        let ip = IpConfig::new(Ipv4Addr::from(address).into())
            .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
            .with_gateway(gateway.into());
        Self(TestLink::new(LinkStatus::Up(ip)), has_loopback)
    }
}

impl Link for Lan {
    fn link_status(&mut self) -> LinkStatus {
        self.0.link_status()
    }

    fn has_loopback(&self) -> bool {
        self.1
    }
}

/// A stack, the server that it reaches, and the name of that server.
struct Rig<T: TcpClientStack + Dns, C, P> {
    client: SafeHttpClient<NalNetwork<T, Lan>, C>,
    peer: P,
    name: &'static str,
    /// Whom a check pings on its way to the server.
    pinged: Vec<IpAddr>,
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

impl<T: TcpClientStack + Dns, C: Clock, P: Peer> Rig<T, C, P> {
    /// A server that answers so many requests on each of so many connections, by the server's name.
    fn serve(&mut self, connections: usize, requests: usize) -> String {
        let script = vec![[Act::Request, say(HELLO)]; requests].concat();
        let url = self.peer.play(vec![script; connections]);
        let (_, port) = url.rsplit_once(':').unwrap();
        format!("{}:{port}/", self.name)
    }

    fn diagnose(&mut self, url: &str) -> Report {
        self.client.diagnose(&mut cx(), url)
    }

    /// The outcome of a step, or `None` where it wasn't gone down.
    fn outcome(report: &Report, step: ProbeStep) -> Option<StepOutcome> {
        report.steps().iter().find(|result| result.step == step).map(|result| result.outcome)
    }

    fn body(&mut self, url: &str) -> Result<String, String> {
        let mut cx = cx();
        let mut buffer = [0; 512];
        let mut online = self.client.online(&mut cx).unwrap();
        let body =
            online.get(url, &mut buffer).send().and_then(|mut it| Ok(it.read_to_str()?.into()));
        body.map_err(|error| error.code().into())
    }

    fn pings(&mut self) {
        for (answers, outcome) in [
            (Some(true), StepOutcome::Passed),
            (Some(false), StepOutcome::Silent),
            (None, StepOutcome::NotAsked),
        ] {
            EXTRAS.set(Extras { answers_pings: answers, ..Extras::default() });
            let url = format!("http://{}", self.serve(2, 1));
            let report = self.diagnose(&url);
            assert_eq!(report.status(), Some(200), "{report}");
            // A machine that asks itself has nobody on its way.
            let outcome = (!self.pinged.is_empty()).then_some(outcome);
            assert_eq!(Self::outcome(&report, ProbeStep::Gateway), outcome, "{report}");
            EXTRAS.with_borrow_mut(|extras| {
                extras.pinged.dedup();
                assert_eq!(extras.pinged, self.pinged);
            });
        }
        // A gateway that says nothing explains a name that doesn't resolve.
        for (answers, is_suspect) in [(true, false), (false, true)] {
            EXTRAS.set(Extras { answers_pings: Some(answers), ..Extras::default() });
            let report = self.diagnose("http://unknown.invalid/");
            let diagnosis = report.diagnosis().unwrap();
            let suspects = diagnosis.suspects().iter();
            let silent = suspects.filter(|it| it.cause == Cause::GatewaySilent).count();
            // An operating system whose own DNS server is silent says so late, for whatever reason.
            let is_late = report.steps().last().unwrap().ms >= 1000;
            assert!((silent > 0) == is_suspect || is_late, "{report}");
        }
    }

    fn status(&mut self) {
        let second_suspect = |rig: &mut Self| {
            let url = rig.peer.play(vec![vec![Act::Request]]);
            let mut cx = cx();
            let mut buffer = [0; 512];
            let mut online = rig.client.online(&mut cx).unwrap();
            let error = online.get(url.as_str(), &mut buffer).send().unwrap_err();
            assert_eq!(error.code(), "response_timeout");
            let diagnosis = rig.client.diagnosis(&error);
            assert_eq!(diagnosis.last_words(), LAST_WORDS);
            assert!(diagnosis.to_string().ends_with("modem: busy p..."), "{diagnosis}");
            diagnosis.suspects()[1].cause
        };
        EXTRAS.set(Extras::default());
        assert_eq!(second_suspect(self), Cause::NotHttp);
        EXTRAS.with_borrow_mut(|extras| extras.radio_sleeps = true);
        assert_eq!(second_suspect(self), Cause::ModemSleep);

        // A check waits for a stack that is busy, to its own deadline.
        EXTRAS.set(Extras { is_busy: true, ..Extras::default() });
        let url = format!("http://{}", self.serve(1, 1));
        let config = self.client.config().clone();
        *self.client.config_mut() = config.clone().diagnosis_timeout(Duration::from_millis(200));
        let report = self.diagnose(&url);
        assert_eq!(
            report.diagnosis().map(|it| it.cause()),
            Some(Cause::ModemUnresponsive),
            "{report}"
        );
        assert_eq!(self.peer.accepted(), 0);
        *self.client.config_mut() = config;
    }

    fn tls(&mut self) {
        EXTRAS.set(Extras::default());
        let url = format!("https://{}", self.serve(1, 1));
        assert_eq!(self.body(&url), Ok("hello".into()));
        assert_eq!(EXTRAS.with_borrow(|extras| extras.secured.clone()), [self.name]);
        self.client.close();

        // Never in the clear instead.
        EXTRAS.set(Extras { refuses_tls: true, ..Extras::default() });
        let url = format!("https://{}", self.serve(1, 1));
        assert_eq!(self.body(&url), Err("no_tls".into()));
        assert!(!self.client.is_connected());
        let report = self.diagnose(&url);
        assert_eq!(report.diagnosis().map(|it| it.cause()), Some(Cause::Scheme), "{report}");
        assert_eq!((self.peer.accepted(), self.peer.heads().len()), (0, 0));
    }

    fn unread(&mut self) {
        for (has_unread, connections) in [(false, 1), (true, 2)] {
            EXTRAS.set(Extras { has_unread, ..Extras::default() });
            let url = format!("http://{}", self.serve(2, 2));
            for _ in 0..2 {
                assert_eq!(self.body(&url), Ok("hello".into()));
            }
            assert_eq!(self.peer.accepted(), connections);
            if has_unread {
                assert_eq!(self.client.close_reason(), Some(CloseReason::ExcessBytes));
            }
            self.client.close();
        }
    }

    fn signal(&mut self) {
        for (signal, is_shown) in [(Some(-71), true), (None, false)] {
            EXTRAS.set(Extras { signal, ..Extras::default() });
            let url = format!("http://{}", self.serve(2, 1));
            let report = self.diagnose(&url).to_string();
            let link = report.lines().nth(1).unwrap();
            assert!(link.starts_with("link      up "), "{report}");
            assert_eq!(link.contains(", -71 dBm"), is_shown, "{report}");
        }
    }

    fn all(mut self, stack: &str) {
        self.pings();
        self.status();
        self.tls();
        self.unread();
        self.signal();
        eprintln!("{stack}: attached pings, status, TLS, unread, signal reach the diagnosis ok");
    }
}

#[test]
fn on_real_sockets() {
    // A documentation address (RFC 5737): nothing but the ping that is attached asks for it.
    let gateway = [192, 0, 2, 1];
    let link = Lan::new([192, 0, 2, 57], gateway, true);
    let network = NalNetwork::new(std_embedded_nal::Stack, link, StackQuirks::STD);
    let clock = StdClock::new().with_idle(|| std::thread::sleep(Duration::from_micros(100)));
    Rig {
        client: SafeHttpClient::with_config(attached(network), clock, config()),
        peer: Server::default(),
        name: "localhost",
        pinged: Vec::new(),
    }
    .all("std-embedded-nal 0.4");
}

#[test]
fn on_smoltcp() {
    let (stack, peer) = smoltcp_net::stack();
    let gateway = [10, 0, 0, 254];
    let link = Lan::new([10, 0, 0, 2], gateway, false);
    let network = NalNetwork::new(stack, link, StackQuirks::SMOLTCP_NAL);
    let network = attached(network.with_poll(smoltcp_net::step));
    Rig {
        client: SafeHttpClient::with_config(network, smoltcp_net::clock(), config()),
        peer,
        name: smoltcp_net::KNOWN_NAME,
        pinged: vec![gateway.into(), [10, 0, 0, 1].into()],
    }
    .all("smoltcp-nal 0.7");
}
