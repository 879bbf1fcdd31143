//! The client whose calls are awaited, over embassy-net: on a cable in memory, and where a TAP device can be
//! had, with Linux as the host that has the fault.

use crate::answers::{LEFT_OVERS, NO_CONTENT, ODD, Served, gzip, served};
use crate::observed::{Case, Cost, Demand, On};
use crate::on_std::OK;
use conformance::awaited::Runs;
use conformance::embassy::{Rig, fixed};
use conformance::scenario::{Act, Peer, say};
use conformance::smoltcp_net::FarPeer;
use embassy_net::{ConfigV4, Stack};
use embedded_io_async::Read as _;
use safe_http_client::asynch::{NalNetwork, SafeHttpClient};
use safe_http_client::{Cause, Config, ErrorOf, LoopContext, Preflight};
use safe_http_client_embassy::{EmbassyLink, EmbassyNetwork, EmbassyTimer};
use std::time::Duration;

const ALIKE: &str = "a host that is off and one that is kept away are both silent";
const RESET: &str = "a reset doesn't say why";

type Network =
    NalNetwork<'static, EmbassyNetwork<'static>, EmbassyNetwork<'static>, EmbassyLink<'static>>;
type Client = SafeHttpClient<Network, EmbassyTimer>;

fn config() -> Config {
    let ms = Duration::from_millis;
    Config::new()
        .connect_timeout(ms(600))
        .response_timeout(ms(500))
        .idle_timeout(ms(500))
        .resolve_timeout(ms(1500))
}

fn client(rig: &Rig) -> Client {
    SafeHttpClient::with_config(rig.network().attached(), EmbassyTimer, config())
}

async fn get(
    client: &mut Client,
    cx: &mut LoopContext,
    url: &str,
) -> Result<u16, ErrorOf<Network>> {
    get_after(client, cx, url, || {}).await
}

/// The same, where something happens between the look at the link and the request.
async fn get_after(
    client: &mut Client,
    cx: &mut LoopContext,
    url: &str,
    what: impl FnOnce(),
) -> Result<u16, ErrorOf<Network>> {
    let mut buffer = [0; 512];
    let mut online = client.wait_online(cx).await?;
    what();
    let mut response = online.get(url, &mut buffer).send().await?;
    let status = response.status();
    let mut piece = [0; 256];
    while response.read(&mut piece).await? > 0 {}
    Ok(status)
}

/// GETs, has what failed diagnosed, and then checks actively.
fn asked(cx: &mut LoopContext, case: Case, rig: &mut Rig, client: &mut Client, url: &str) -> Case {
    asked_after(cx, case, rig, client, url, |_| {})
}

fn asked_after(
    cx: &mut LoopContext,
    case: Case,
    mut rig: &mut Rig,
    client: &mut Client,
    url: &str,
    what: impl FnOnce(Stack<'static>),
) -> Case {
    let stack = rig.stack;
    rig.block_on(async {
        let case = match get_after(client, cx, url, || what(stack)).await {
            Ok(_) => case,
            Err(error) => case.failed(error.code(), &client.diagnosis(&error)),
        };
        case.checked(&client.diagnose(cx, url).await)
    })
}

/// The same script for each connection; or a URL that none is needed for.
fn on_cable(cx: &mut LoopContext, case: Case, acts: Option<&[Act]>, url: &str) -> Case {
    let (mut rig, mut peer) = Rig::on_cable();
    let played = peer.play(vec![acts.unwrap_or_default().to_vec(); 6]);
    let url = if acts.is_some() { played.as_str() } else { url };
    let mut client = client(&rig);
    let case = asked(cx, case, &mut rig, &mut client, url);
    let connections = Some(peer.accepted() as u64);
    Case { cost: Cost { connections, ..case.cost }, ..case }
}

/// A POST, which isn't repeated, on the connection that a GET has left.
fn on_kept(cx: &mut LoopContext, case: Case, scripts: Vec<Vec<Act>>) -> Case {
    let (mut rig, mut peer): (Rig, FarPeer) = Rig::on_cable();
    let url = peer.play(scripts);
    let mut client = client(&rig);
    (&mut rig).block_on(async {
        get(&mut client, cx, &url).await.map_err(|error| error.code()).unwrap();
        assert!(client.is_connected());
        let mut buffer = [0; 512];
        let mut online = client.online(cx).unwrap();
        let sent = online.post(&url, &mut buffer).send().await.map(|_| ());
        let error = sent.unwrap_err();
        case.failed(error.code(), &client.diagnosis(&error))
    })
}

/// A body of gzip, read as text.
fn read_text(cx: &mut LoopContext, case: Case) -> Case {
    let (mut rig, mut peer) = Rig::on_cable();
    let url = peer.play(vec![vec![Act::Request, say(gzip()), Act::Fin]]);
    let mut client = client(&rig);
    (&mut rig).block_on(async {
        let mut buffer = [0; 512];
        let mut online = client.wait_online(cx).await.unwrap();
        let mut response = online.get(&url, &mut buffer).send().await.unwrap();
        let error = response.read_to_str().await.map(|_| ()).unwrap_err();
        drop(response);
        case.failed(error.code(), &client.diagnosis(&error))
    })
}

pub fn cases(cx: &mut LoopContext) -> Vec<Case> {
    let case = |cause, how| Case::new(On::Embassy, cause, how);
    let hello = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello";
    let portal =
        say("HTTP/1.1 302 Found\r\nLocation: https://portal.test/\r\nContent-Length: 0\r\n\r\n");
    let elsewhere = Demand::FirstNotCertain("a server may send its clients elsewhere, too");
    let hangs_up = Demand::FirstNotCertain("a server that wants TLS may hang up, too");
    let mut cases = Vec::new();
    for (cause, how, demand, acts) in [
        (Cause::SlowServer, "a server that hangs", Demand::First, vec![Act::Request]),
        (Cause::SlowServer, "a body that stalls", Demand::First, vec![Act::Request, say(hello)]),
        (
            Cause::TlsMismatch,
            "a TLS alert",
            Demand::First,
            vec![Act::Request, say([0x15, 3, 3, 0, 2, 2, 22]), Act::Fin],
        ),
        (
            Cause::NotHttp,
            "an SSH server's banner",
            Demand::First,
            vec![say("SSH-2.0-dropbear\r\n"), Act::Request],
        ),
        (Cause::CaptivePortal, "302 to another host", elsewhere, vec![Act::Request, portal]),
        (
            Cause::BadResponse,
            "a body cut short",
            Demand::First,
            vec![Act::Request, say(hello), Act::Fin],
        ),
        (Cause::ConnectionLost, "the end in answer", hangs_up, vec![Act::Request, Act::Fin]),
        (Cause::ConnectionLost, "a reset in answer", Demand::First, vec![Act::Request, Act::Reset]),
    ] {
        cases.push(on_cable(cx, case(cause, how), Some(&acts), "").demand(demand));
    }
    for Served { cause, how, bytes, closes, demand } in served() {
        let mut acts = vec![Act::Request, say(bytes)];
        if closes {
            acts.push(Act::Fin);
        }
        cases.push(on_cable(cx, case(cause, how), Some(&acts), "").demand(demand));
    }
    for (cause, how, demand, url) in [
        (
            Cause::HostDown,
            "nobody has the address",
            Demand::FirstNotCertain(ALIKE),
            "http://10.0.0.9/",
        ),
        (
            Cause::NothingListens,
            "a port that nobody has",
            Demand::FirstNotCertain(RESET),
            "http://10.0.0.1:9/",
        ),
        (
            Cause::NameNotResolved,
            "NXDOMAIN",
            Demand::FirstNotCertain("embassy-net doesn't tell a server's no from its silence"),
            "http://unknown.test/",
        ),
        (Cause::OwnAddress, "its own address", Demand::First, "http://10.0.0.2/"),
        (Cause::NoHostTarget, "127.0.0.1", Demand::First, "http://127.0.0.1/"),
        (Cause::NoHostTarget, "http://0.0.0.0", Demand::First, "http://0.0.0.0/"),
        (Cause::Scheme, "port 443 with http", Demand::First, "http://10.0.0.1:443/"),
        (Cause::Scheme, "https without TLS", Demand::First, "https://10.0.0.1/"),
        (Cause::InvalidRequest, "a space in the path", Demand::First, "http://10.0.0.1/a b"),
    ] {
        cases.push(on_cable(cx, case(cause, how), None, url).demand(demand));
    }
    let may_mean_it = Demand::FirstNotCertain("the server may mean it so");
    let crashes = Demand::FirstNotCertain("a server that crashes at each such looks the same");
    let kept =
        |first: &str, second: Act| vec![vec![Act::Request, say(first), Act::Request, second]];
    let how = "what belongs to the answer before, in front of the next";
    let script = kept(NO_CONTENT, say(LEFT_OVERS));
    cases.push(on_kept(cx, case(Cause::LeftOvers, how), script).demand(may_mean_it));
    let how = "a line without a colon, on a kept connection";
    let script = kept(NO_CONTENT, say(ODD));
    cases.push(on_kept(cx, case(Cause::BadResponse, how), script).demand(may_mean_it));
    let how = "a kept connection closed on the next request";
    let script = kept(OK, Act::Reset);
    cases.push(on_kept(cx, case(Cause::StaleConnection, how), script).demand(crashes));
    cases.push(read_text(cx, case(Cause::Compressed, "gzip, where text was asked for")));
    cases.extend(configured(cx));
    cases.extend(on_tap());
    cases
}

/// What is wrong with the stack's own configuration.
fn configured(cx: &mut LoopContext) -> Vec<Case> {
    let case = |cause, how| Case::new(On::Embassy, cause, how);
    let mut cases = Vec::new();
    let (mut rig, _) = Rig::on_cable();
    let mut own = client(&rig);
    let lost = |stack: Stack<'static>| stack.set_config_v4(ConfigV4::None);
    let how = "the address is lost after the look at the link";
    let no_address = case(Cause::NoAddress, how);
    cases.push(asked_after(cx, no_address, &mut rig, &mut own, "http://10.0.0.1/", lost));

    let mistaken = fixed([192, 168, 0, 20].into(), Some([10, 0, 0, 1].into()), None);
    let (mut rig, _) = Rig::on_cable_with(mistaken.clone());
    let mut own = client(&rig);
    let how = "192.168.0.20 with a gateway of 10.0.0.1";
    cases.push(asked(cx, case(Cause::WrongSubnet, how), &mut rig, &mut own, "http://10.0.0.1/"));
    let (mut rig, _) = Rig::on_cable_with(mistaken);
    let mut own = client(&rig);
    *own.config_mut() = config().without_preflight(Preflight::Subnet);
    let how = "the same, with its check switched off";
    cases.push(asked(cx, case(Cause::WrongSubnet, how), &mut rig, &mut own, "http://10.0.0.1/"));

    let alone = fixed([10, 0, 0, 2].into(), None, None);
    let (mut rig, _) = Rig::on_cable_with(alone);
    let mut own = client(&rig);
    let how = "a name, and a static address without a DNS server";
    cases.push(asked(cx, case(Cause::NoDnsServer, how), &mut rig, &mut own, "http://gate.local/"));
    let how = "no gateway is set, and the host is elsewhere";
    let no_gateway = case(Cause::WrongSubnet, how)
        .demand(Demand::FirstNotCertain("a router may have said so, too"));
    cases.push(asked(cx, no_gateway, &mut rig, &mut own, "http://10.9.9.9/"));

    let (mut rig, mut peer) = Rig::on_cable();
    let url = peer.play(vec![vec![Act::Request, say(OK)]]);
    let network = rig.network();
    let make = || SafeHttpClient::with_config(network.attached(), EmbassyTimer, config());
    let (mut first, mut second) = (make(), make());
    (&mut rig).block_on(get(&mut first, cx, &url)).map_err(|error| error.code()).unwrap();
    let how = "the socket is another client's";
    cases.push(asked(cx, case(Cause::OutOfSockets, how), &mut rig, &mut second, &url));
    cases
}

#[cfg(not(target_os = "linux"))]
fn on_tap() -> Vec<Case> {
    Vec::new()
}

#[cfg(target_os = "linux")]
fn on_tap() -> Vec<Case> {
    match tap::produce() {
        Ok(cases) => cases,
        Err(why) => {
            crate::observed::say(&format!("diagnosis: embassy-net on a TAP device skipped: {why}"));
            Vec::new()
        }
    }
}

#[cfg(target_os = "linux")]
mod tap {
    use super::{ALIKE, OK, RESET, asked, client};
    use crate::common::cx;
    use crate::observed::{Case, Demand, On};
    use conformance::embassy::Rig;
    use conformance::scenario::{Act, say};
    use conformance::server::Server;
    use conformance::tap::{DEVICE, LINUX, Namespace, OWN};
    use safe_http_client::Cause;

    /// What Linux does to a connection from the stack.
    enum Fault {
        Nobody,
        NoServer,
        Loopback,
        /// A firewall's rule for the server's port.
        Rule(&'static str),
    }

    pub(super) fn produce() -> Result<Vec<Case>, String> {
        let silent = "without pings a host that is off is as silent, and more common";
        let same = "its reset is the same as where no server runs";
        [
            (
                Cause::HostDown,
                "nobody has the address, on Ethernet",
                Demand::FirstNotCertain(ALIKE),
                Fault::Nobody,
            ),
            (
                Cause::NothingListens,
                "no server on Linux's port",
                Demand::FirstNotCertain(RESET),
                Fault::NoServer,
            ),
            (
                Cause::ServerOnLoopback,
                "a server on its own 127.0.0.1",
                Demand::Listed(same),
                Fault::Loopback,
            ),
            (Cause::Firewall, "a firewall that drops", Demand::Listed(silent), Fault::Rule("drop")),
            (
                Cause::Firewall,
                "a firewall that says so (ICMP)",
                Demand::Listed(silent),
                Fault::Rule("reject with icmpx type admin-prohibited"),
            ),
            (
                Cause::Firewall,
                "a firewall that resets",
                Demand::Listed(same),
                Fault::Rule("reject with tcp reset"),
            ),
        ]
        .into_iter()
        .map(|(cause, how, demand, fault)| {
            let case = Case::new(On::Embassy, cause, how).demand(demand);
            one(case, fault)
        })
        .collect()
    }

    fn one(case: Case, fault: Fault) -> Result<Case, String> {
        let space = Namespace::new()?;
        let scripts = vec![vec![Act::Request, say(OK)]; 8];
        let address = match fault {
            Fault::Loopback => "127.0.0.1:0".into(),
            _ => format!("{LINUX}:0"),
        };
        let server = space.inside(|| Server::at(&address, scripts))?;
        let port = server.map_err(|error| error.to_string())?.port();
        let url = match fault {
            Fault::Nobody => "http://10.78.0.9/".into(),
            Fault::NoServer => format!("http://{LINUX}:9/"),
            _ => format!("http://{LINUX}:{port}/"),
        };
        if let Fault::Rule(rule) = fault {
            space.run("nft add table inet wall")?;
            space.run("nft add chain inet wall in { type filter hook input priority 0 ; }")?;
            space.run(&format!("nft add rule inet wall in tcp dport {port} {rule}"))?;
        }
        space.inside(|| {
            let mut rig = Rig::on_tap(DEVICE, OWN, LINUX).unwrap();
            let mut client = client(&rig);
            asked(&mut cx(), case, &mut rig, &mut client, &url)
        })
    }
}
