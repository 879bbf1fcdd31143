//! `EspAt` and a simulated modem with its network, in both dialects of the firmware: every cause.
//! Time is virtual, so that minutes of waiting cost nothing.

use crate::observed::{Case, Cost, Demand, observe_passive, try_get};
use crate::on_modem::on;
use crate::on_vendor::Vendor;
use crate::ways::{AT_ONCE, URL, Way, ways};
use conformance::modem::{Driver, HOST, Rig, config};
use embedded_nal::nb;
use esp8266_sim::{
    Config, Dialect, Direction, Edit, Endpoint, Fault, Handle, PeerFactory, Reply, When, canned,
};
use safe_http_client::esp_at::TlsVerification;
use safe_http_client::{Cause, Clock, ErrorOf, LoopContext, Network, SafeHttpClient};
use std::sync::Arc;
use std::time::Duration;

/// The network: the shared one, and servers that aren't what the client takes them for.
fn network(dialect: Dialect) -> Config {
    let portal = "HTTP/1.1 302 Found\r\nLocation: http://login.portal.test/\r\n\
                  Content-Length: 0\r\n\r\n";
    let tls_wanted = "400 The plain HTTP request was sent to HTTPS port";
    let tls_wanted = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{tls_wanted}",
        tls_wanted.len()
    );
    let long =
        format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(900));
    let mut config = config(dialect)
        .peer(HOST, 22, canned("SSH-2.0-OpenSSH_9.2p1\r\n", false))
        .peer(HOST, 8443, canned([0x15, 3, 3, 0, 2, 2, 22], true))
        .peer(HOST, 8444, canned(tls_wanted, true))
        .peer(HOST, 8900, canned(long, true))
        .peer(HOST, 443, canned(crate::on_std::OK, true));
    config.lan.captive_portal = Some(Endpoint::Peer(canned(portal, true)));
    config
}

/// What the check took, by the modem's own count.
fn counted(handle: &Handle, check: impl FnOnce() -> Case) -> Case {
    let begin = handle.now();
    let before = handle.stats();
    let case = check();
    let after = handle.stats();
    let cost = Cost {
        ms: (handle.now() - begin).as_millis() as u32,
        commands: Some(after.commands - before.commands),
        bytes: Some((after.sent - before.sent, after.received - before.received)),
        connections: Some(after.connects - before.connects),
        packets: None,
    };
    Case { cost, ..case }
}

/// A request that fails, its diagnosis, and the check.
fn asked<N: Network, C: Clock>(
    case: Case,
    handle: &Handle,
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Case {
    asked_after(case, handle, client, cx, url, |_| {})
}

/// The same, where something happens once the client with requests is lent.
fn asked_after<N: Network, C: Clock>(
    case: Case,
    handle: &Handle,
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
    what: impl FnOnce(&mut SafeHttpClient<N, C>),
) -> Case {
    let case = observe_passive(case, client, cx, url, what);
    counted(handle, || case.checked(&client.diagnose(cx, url)))
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dialect in Dialect::ALL {
        for Way { cause, how, url, fault, demand, also } in ways() {
            let case = Case::new(on(dialect), cause, how).demand(demand).also(also);
            let Rig { handle, clock, mut modem, mut cx } = Rig::joined(network(dialect));
            let mut client = SafeHttpClient::new(&mut modem, &clock);
            let begin = |_: &mut _| {
                if let Some((fault, when)) = fault {
                    handle.fault(fault, when);
                }
            };
            cases.push(asked_after(case, &handle, &mut client, &mut cx, url, begin));
        }
        cases.extend(others(dialect));
    }
    cases
}

/// What needs more than a request to a URL.
fn others(dialect: Dialect) -> Vec<Case> {
    let case = |cause, how| Case::new(on(dialect), cause, how);
    vec![
        handler(dialect, case(Cause::EventHandler, "a vendor's blocking calls, in a handler")),
        no_address(dialect, case(Cause::NoAddress, "the access point goes away")),
        no_dhcp(dialect, case(Cause::NoAddress, "DHCP doesn't answer")),
        wrong_subnet(dialect, case(Cause::WrongSubnet, "192.168.0.20, with its gateway elsewhere")),
        gateway_down(dialect, case(Cause::GatewaySilent, "the gateway is off"), URL),
        gateway_down(
            dialect,
            case(Cause::GatewaySilent, "the gateway is off; a name"),
            "http://gate.local/",
        ),
        static_without_dns(dialect, case(Cause::NoDnsServer, "no DNS server is set")),
        https_to_http(dialect, case(Cause::TlsMismatch, "https to a port without TLS")),
        tls_to_nobody(dialect, case(Cause::NothingListens, "https to a port that nobody has")),
        no_memory(dialect, case(Cause::ModemMemory, "TLS fails for want of memory")),
        links_in_use(dialect, case(Cause::OutOfSockets, "the program holds all five links")),
        stale(dialect, case(Cause::StaleConnection, "closed on the next request")),
        reset_while_awaited(dialect, case(Cause::ModemReset, "while the response is awaited")),
        reset_while_awaited(dialect, case(Cause::ModemReset, "in the middle of the body")),
        flipped(dialect, case(Cause::SerialLine, "a bit of the answer's first byte flips"), b'H'),
        flipped(dialect, case(Cause::SerialLine, "a bit of a header's colon flips"), b':'),
        hung(dialect, case(Cause::ModemUnresponsive, "it is busy until the driver restarts it")),
        join(dialect, case(Cause::JoinFailed, "the password is wrong"), Fault::WrongPassword),
        join(dialect, case(Cause::JoinFailed, "there is no such network"), Fault::NoSuchAp),
        join(
            dialect,
            case(Cause::JoinFailed, "the access point doesn't answer"),
            Fault::JoinTimeout,
        )
        .demand(Demand::FirstNotCertain("an access point out of range looks the same")),
        sleeps(dialect, case(Cause::ModemSleep, "a packet comes late, for the radio slept")),
        never_joined(dialect, case(Cause::ModemUnresponsive, "it says nothing, from the start"))
            .also(&[Cause::NoAddress]),
    ]
}

/// The types of this crate keep requests out of handlers, and `EspAt` never suspends: in earnest it
/// can't be produced here. What a program would have to do is to bring the modem behind a vendor's
/// blocking calls, and those into a handler.
fn handler(dialect: Dialect, case: Case) -> Case {
    let Rig { handle, clock, modem, mut cx } = Rig::joined(network(dialect));
    let vendor = Vendor { inner: modem, in_handler: false };
    let mut client = SafeHttpClient::new(vendor, &clock);
    assert!(try_get(&mut client, &mut cx, URL).is_ok(), "in the loop it works");
    client.network_mut().in_handler = true;
    asked(case, &handle, &mut client, &mut cx, URL)
        .demand(Demand::FirstNotCertain("the time-out was short, and why isn't said"))
}

fn no_address(dialect: Dialect, case: Case) -> Case {
    let Rig { handle, clock, mut modem, mut cx } = Rig::joined(network(dialect));
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    let time = clock.0.clone();
    asked_after(case, &handle, &mut client, &mut cx, URL, |client| {
        handle.ap_down("sim");
        time.advance(Duration::from_secs(1));
        client.network_mut().poll_network();
    })
}

fn no_dhcp(dialect: Dialect, case: Case) -> Case {
    let mut rig = Rig::new(network(dialect).fault(Fault::NoDhcp, When::Always));
    let joined = rig.join();
    assert!(joined.is_err(), "{joined:?}");
    offline(case, rig)
}

/// The program goes on without an address, and asks why nothing works.
fn offline(case: Case, rig: Rig) -> Case {
    let Rig { handle, clock, mut modem, mut cx } = rig;
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    let why = client.wait_online(&mut cx).map(|_| ()).expect_err("there is no address");
    let error: ErrorOf<&mut Driver> = why.into();
    let case = case.failed(error.code(), &client.diagnosis(&error));
    counted(&handle, || case.checked(&client.diagnose(&mut cx, URL)))
}

fn wrong_subnet(dialect: Dialect, case: Case) -> Case {
    let config = network(dialect).fault(Fault::StaticIpWrongSubnet, When::Always);
    let Rig { handle, clock, mut modem, mut cx } = Rig::joined(config);
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    asked(case, &handle, &mut client, &mut cx, URL)
}

/// Not one of the known causes, but one that they must not be taken for.
fn gateway_down(dialect: Dialect, case: Case, url: &str) -> Case {
    let Rig { handle, clock, mut modem, mut cx } = Rig::joined(network(dialect));
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    let demand = if url == URL {
        Demand::FirstNotCertain("nothing behind it is heard either")
    } else {
        // The modem's answer to the request that was given up comes as soon as the check asks.
        Demand::Listed("a resolver that says no at once is there, and gateways may ignore pings")
    };
    let begin = |_: &mut _| handle.fault(Fault::GatewayDown, When::Always);
    asked_after(case, &handle, &mut client, &mut cx, url, begin).demand(demand)
}

fn static_without_dns(dialect: Dialect, case: Case) -> Case {
    let mut config = network(dialect);
    config.lan.dns_servers.clear();
    let Rig { handle, clock, mut modem, mut cx } =
        Rig::joined(config.fault(Fault::NoDnsServer, When::Always));
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    asked(case, &handle, &mut client, &mut cx, "http://gate.local/")
}

fn with_tls(config: Config) -> Rig {
    Rig::joined(config).with_tls(TlsVerification::None)
}

/// The handshake of the server that speaks no TLS fails: the firmware says `ERROR`, and not why.
fn https_to_http(dialect: Dialect, case: Case) -> Case {
    let mut config = network(dialect);
    config.ssl = esp8266_sim::Ssl::Error;
    let Rig { handle, clock, mut modem, mut cx } = with_tls(config);
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    asked(case, &handle, &mut client, &mut cx, "https://192.168.4.20:81/")
        .demand(Demand::FirstNotCertain("the firmware doesn't say why TLS failed"))
}

/// Without TLS the port refuses as well, so that it isn't TLS that failed.
fn tls_to_nobody(dialect: Dialect, case: Case) -> Case {
    let Rig { handle, clock, mut modem, mut cx } = with_tls(network(dialect));
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    asked(case, &handle, &mut client, &mut cx, "https://192.168.4.20:9/")
        .demand(Demand::FirstNotCertain(AT_ONCE))
}

fn no_memory(dialect: Dialect, case: Case) -> Case {
    let mut config = network(dialect).fault(Fault::TlsOutOfMemory, When::Always);
    config.free_ram = 9_000;
    let Rig { handle, clock, mut modem, mut cx } = with_tls(config);
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    asked(case, &handle, &mut client, &mut cx, "https://192.168.4.20/").demand(match dialect {
        Dialect::NonOs17 | Dialect::Single17 => {
            Demand::Listed("it tells neither why TLS failed nor its free memory")
        }
        Dialect::EspAt2 => Demand::FirstNotCertain("the firmware doesn't say why TLS failed"),
    })
}

fn links_in_use(dialect: Dialect, case: Case) -> Case {
    use embedded_nal::TcpClientStack;
    let Rig { handle, clock, mut modem, mut cx } = Rig::joined(network(dialect));
    let held: Vec<_> = (0..5).map(|_| modem.socket().unwrap()).collect();
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    let case = asked(case, &handle, &mut client, &mut cx, URL);
    drop(held);
    case
}

fn stale(dialect: Dialect, case: Case) -> Case {
    let url = "http://192.168.4.20/";
    let Rig { handle, clock, mut modem, mut cx } = Rig::joined(network(dialect));
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    try_get(&mut client, &mut cx, url).unwrap();
    assert!(client.is_connected());
    handle.fault(Fault::ClosedAfterSend, When::Nth(1));
    // A POST isn't repeated by itself.
    let sent = client.online(&mut cx).unwrap().post(url, [0; 512]).send().map(|_| ());
    let error = sent.unwrap_err();
    let case = case.failed(error.code(), &client.diagnosis(&error));
    counted(&handle, || case.checked(&client.diagnose(&mut cx, url))).demand(
        Demand::FirstNotCertain("a server that crashes at each such request looks the same"),
    )
}

/// The supply droops, for a moment, when the radio sends or the gate's motor starts.
fn reset_while_awaited(dialect: Dialect, case: Case) -> Case {
    let slow: PeerFactory = Arc::new(|| {
        Box::new(|_: &[u8], reply: &mut Reply| {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
            reply.send_after(Duration::from_millis(500), head);
            reply.send_after(Duration::from_millis(1500), b"hello");
        })
    });
    let config = network(dialect).peer(HOST, 8600, slow);
    let Rig { handle, clock, mut modem, mut cx } = Rig::joined(config);
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    let in_body = case.how.contains("body");
    let url = "http://192.168.4.20:8600/";
    let mut call = client.online(&mut cx).unwrap().get(url, [0; 512]).start().unwrap();
    let begin = handle.now();
    let mut has_reset = false;
    let error = loop {
        let step = match call.head() {
            None => call.poll(&mut client, &mut cx),
            Some(_) => call.poll_read(&mut client, &mut cx, &mut [0; 64]).map(|_| ()),
        };
        match step {
            Ok(()) => assert!(handle.now() - begin < Duration::from_secs(20), "it ends"),
            Err(nb::Error::WouldBlock) => {
                let is_time = if in_body {
                    call.head().is_some()
                } else {
                    handle.now() - begin > Duration::from_millis(200)
                };
                if is_time && !has_reset {
                    handle.reset();
                    has_reset = true;
                }
            }
            Err(nb::Error::Other(error)) => break error,
        }
    };
    let case = case.failed(error.code(), &client.diagnosis(&error));
    counted(&handle, || case.checked(&client.diagnose(&mut cx, url)))
}

/// The modem says how many bytes come, and not which. What is wrong with the answer is seen; who made
/// it so isn't.
fn flipped(dialect: Dialect, case: Case, byte: u8) -> Case {
    // Where in the modem's output the byte comes: asked of a call that goes well.
    let rehearsal = Rig::joined(network(dialect));
    let Rig { handle, clock, mut modem, mut cx } = rehearsal;
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    handle.clear_log();
    let begin = handle.produced();
    try_get(&mut client, &mut cx, URL).unwrap();
    let said: Vec<u8> = handle
        .log()
        .into_iter()
        .filter(|entry| entry.direction == Direction::ToHost)
        .flat_map(|entry| entry.bytes)
        .collect();
    let answer = said.windows(5).position(|window| window == b"HTTP/").unwrap();
    let at = answer + said[answer..].iter().position(|it| *it == byte).unwrap();
    drop(client);
    drop(cx);

    let Rig { handle, clock, mut modem, mut cx } = Rig::joined(network(dialect));
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    assert_eq!(handle.produced(), begin, "the same run again");
    handle.edit_output(at as u64, Edit::Flip(1));
    asked(case, &handle, &mut client, &mut cx, URL)
        .also(&[Cause::BadResponse])
        .demand(Demand::Listed("a server that sends no HTTP is more common"))
}

/// A client that waits for longer than the driver does sees it give up.
fn hung(dialect: Dialect, case: Case) -> Case {
    let Rig { handle, clock, mut modem, mut cx } = Rig::joined(network(dialect));
    let config = safe_http_client::Config::new().connect_timeout(Duration::from_secs(60));
    let mut client = SafeHttpClient::with_config(&mut modem, &clock, config);
    let begin = |_: &mut _| handle.fault(Fault::BusyForever, When::Nth(1));
    asked_after(case, &handle, &mut client, &mut cx, URL, begin)
}

fn join(dialect: Dialect, case: Case, fault: Fault) -> Case {
    let mut rig = Rig::new(network(dialect).fault(fault, When::Always));
    let joined = rig.join();
    assert!(joined.is_err(), "{joined:?}");
    offline(case, rig)
}

/// The response is late by two seconds, for a client that waits for one.
fn sleeps(dialect: Dialect, case: Case) -> Case {
    let Rig { handle, clock, mut modem, mut cx } =
        Rig::joined(network(dialect).fault(Fault::ModemSleep, When::Always));
    let config = safe_http_client::Config::new().response_timeout(Duration::from_secs(1));
    let mut client = SafeHttpClient::with_config(&mut modem, &clock, config);
    let demand = Demand::Listed("a slow server is late in the same way, and more common");
    asked(case, &handle, &mut client, &mut cx, URL).demand(demand)
}

/// The join has told that the modem is silent. That there is no address is certain as well: the one
/// follows from the other.
fn never_joined(dialect: Dialect, case: Case) -> Case {
    let mut rig = Rig::new(network(dialect).fault(Fault::SilentModem, When::Always));
    let joined = rig.join();
    assert!(joined.is_err(), "{joined:?}");
    offline(case, rig)
}
