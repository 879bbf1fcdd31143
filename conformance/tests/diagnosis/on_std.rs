//! std-embedded-nal on loopback: servers that hang, reset, cut and speak something else, real ones
//! among them.

use crate::answers::{self, Served};
use crate::common::TestLink;
use crate::observed::{Case, Cost, Demand, On};
use crate::observed::{observe, observe_after, observe_passive, say as tell, try_get};
use conformance::scenario::{Act, say};
use conformance::server::Server;
use embedded_nal::TcpClientStack;
use safe_http_client::{
    Cause, Clock, Config, Link, LinkStatus, LoopContext, NalNetwork, PcLink, SafeHttpClient,
    StackFault, StackQuirks, StdClock, WithIdle,
};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// An operating system's stack, which tells what its errors stand for.
pub fn network<L: Link>(link: L) -> NalNetwork<std_embedded_nal::Stack, L> {
    NalNetwork::new(std_embedded_nal::Stack, link, StackQuirks::STD).with_faults(fault)
}

pub fn fault(error: &<std_embedded_nal::Stack as TcpClientStack>::Error) -> StackFault {
    StackFault::from(&error.0)
}

#[test]
fn an_operating_systems_error_stands_for_what_it_says() {
    use std::io::{Error, ErrorKind};
    for (kind, expected) in [
        (ErrorKind::ConnectionRefused, StackFault::Refused),
        (ErrorKind::ConnectionReset, StackFault::Reset),
        (ErrorKind::ConnectionAborted, StackFault::Reset),
        (ErrorKind::NotConnected, StackFault::Closed),
        (ErrorKind::BrokenPipe, StackFault::Closed),
        (ErrorKind::TimedOut, StackFault::TimedOut),
        (ErrorKind::HostUnreachable, StackFault::Unreachable),
        (ErrorKind::NetworkUnreachable, StackFault::Unreachable),
        (ErrorKind::NetworkDown, StackFault::NoAddress),
        (ErrorKind::AddrNotAvailable, StackFault::NotDialled),
        (ErrorKind::OutOfMemory, StackFault::OutOfMemory),
        (ErrorKind::InvalidInput, StackFault::Unknown),
        (ErrorKind::PermissionDenied, StackFault::Unknown),
    ] {
        assert_eq!(StackFault::from(&Error::from(kind)), expected, "{kind:?}");
    }
    // ENFILE and EMFILE, and their neighbours.
    for (number, expected) in [
        (22, StackFault::Unknown),
        (23, StackFault::NoSocket),
        (24, StackFault::NoSocket),
        (25, StackFault::Unknown),
    ] {
        assert_eq!(StackFault::from(&Error::from_raw_os_error(number)), expected, "{number}");
    }
}

/// A clock that lets others run while a call waits.
pub type Yielding = WithIdle<StdClock, fn()>;

pub fn clock() -> Yielding {
    StdClock::new().with_idle(|| std::thread::sleep(Duration::from_micros(200)))
}

/// Short enough for a test, and long enough for a server's thread on a busy machine.
pub fn config() -> Config {
    Config::new()
        .response_timeout(Duration::from_millis(700))
        .idle_timeout(Duration::from_millis(700))
}

type Client<L> = SafeHttpClient<NalNetwork<std_embedded_nal::Stack, L>, Yielding>;

pub fn client<L: Link>(link: L) -> Client<L> {
    SafeHttpClient::with_config(network(link), clock(), config())
}

/// The same script for each connection of a GET, its one repetition, and the active check.
fn scripts(acts: &[Act]) -> Vec<Vec<Act>> {
    vec![acts.to_vec(); 4]
}

/// A server that does this on each connection; what is said of it.
fn served(cx: &mut LoopContext, case: Case, acts: &[Act]) -> Case {
    let server = Server::new(scripts(acts));
    let mut client = client(PcLink);
    let case = observe_passive(case, &mut client, cx, &server.url(), |_| {});
    let before = server.seen.lock().unwrap().accepted;
    let case = case.checked(&client.diagnose(cx, server.url().as_str()));
    let connections = (server.seen.lock().unwrap().accepted - before) as u64;
    Case { cost: Cost { connections: Some(connections), ..case.cost }, ..case }
}

/// A PC's link that a test takes down.
#[derive(Clone)]
struct Pulled(TestLink);

impl Link for Pulled {
    fn link_status(&mut self) -> LinkStatus {
        self.0.link_status()
    }

    fn has_loopback(&self) -> bool {
        true
    }
}

pub fn cases(cx: &mut LoopContext) -> Vec<Case> {
    let case = |cause, how| Case::new(On::Std, cause, how);
    let mut cases = vec![
        served(
            cx,
            case(Cause::SlowServer, "a server that takes a request and hangs"),
            &[Act::Request],
        ),
        served(
            cx,
            case(Cause::SlowServer, "a body that stalls in its middle"),
            &[Act::Request, say("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhel")],
        ),
        served(
            cx,
            case(Cause::TlsMismatch, "a TLS alert in answer to a plain request"),
            &[Act::Request, say([0x15, 3, 3, 0, 2, 2, 22]), Act::Fin],
        ),
        served(
            cx,
            case(Cause::NotHttp, "an SSH server's banner"),
            &[say("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), Act::Request],
        ),
        served(
            cx,
            case(Cause::NotHttp, "binary that is no HTTP"),
            &[Act::Request, say([0x4A, 0, 0, 0, 10]), Act::Fin],
        ),
        served(
            cx,
            case(Cause::CaptivePortal, "302 to a portal's page"),
            &[
                Act::Request,
                say("HTTP/1.1 302 Found\r\nLocation: http://login.portal.test/?to=x\r\n\
                 Content-Length: 0\r\n\r\n"),
            ],
        )
        .demand(Demand::FirstNotCertain("a server may send its clients elsewhere, too")),
        served(
            cx,
            case(Cause::BadResponse, "a body cut short"),
            &[Act::Request, say("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"), Act::Fin],
        ),
        served(
            cx,
            case(Cause::BadResponse, "two lengths that differ"),
            &[
                Act::Request,
                say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
            ],
        ),
        served(
            cx,
            case(Cause::ConnectionLost, "the end of the stream in answer"),
            &[Act::Request, Act::Fin],
        )
        .demand(Demand::FirstNotCertain("a server that wants TLS, or no HTTP, may hang up, too")),
        served(
            cx,
            case(Cause::ConnectionLost, "a reset in answer to the request"),
            &[Act::Request, Act::Reset],
        ),
    ];

    for Served { cause, how, bytes, closes, demand } in answers::served() {
        let mut acts = vec![Act::Request, say(bytes)];
        if closes {
            acts.push(Act::Fin);
        }
        cases.push(served(cx, case(cause, how), &acts).demand(demand));
    }
    let how = "what belongs to the answer before, in front of the next";
    for (cause, how, second) in [
        (Cause::LeftOvers, how, answers::LEFT_OVERS),
        (Cause::BadResponse, "a line without a colon, on a kept connection", answers::ODD),
    ] {
        let acts = [Act::Request, say(answers::NO_CONTENT), Act::Request, say(second)];
        let server = Server::new(scripts(&acts));
        let case = case(cause, how).demand(Demand::FirstNotCertain("the server may mean it so"));
        cases.push(answers::on_kept(case, &mut client(PcLink), cx, &server.url()));
    }
    cases.push({
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello";
        let server = Server::new(scripts(&[Act::Request, say(head), Act::Wait(100), Act::Reset]));
        let broken = case(Cause::ConnectionLost, "a reset in the middle of the body");
        observe_passive(broken, &mut client(PcLink), cx, &server.url(), |_| {})
    });
    let acts = [Act::Request, say(answers::gzip()), Act::Fin];
    let server = Server::new(scripts(&acts));
    let how = "gzip, where text was asked for";
    let gzip = case(Cause::Compressed, how);
    cases.push(answers::read_text(gzip, &mut client(PcLink), cx, &server.url()));
    let how = "a space in the path";
    let mistake = case(Cause::InvalidRequest, how);
    cases.push(observe(mistake, &mut client(PcLink), cx, "http://127.0.0.1/front door"));
    cases.push(refused(cx, case(Cause::NothingListens, "a port that nobody has")));
    cases.push(dribbles(cx, case(Cause::SlowServer, "a body that never ends, a byte at a time")));
    cases.push(without_dns(cx, case(Cause::NoDnsServer, "a name on a stack that resolves none")));
    cases.push(stale(
        cx,
        case(Cause::StaleConnection, "a kept connection closed on the next request"),
    ));
    cases.push({
        let link = Pulled(TestLink::up());
        let mut client = client(link.clone());
        let how = "the address is lost after the look at the link";
        let lost = |_: &mut _| link.0.set(LinkStatus::NoAddress);
        let case = case(Cause::NoAddress, how);
        observe_after(case, &mut client, cx, "http://192.168.1.20/", lost)
    });
    for (cause, how, url) in [
        (Cause::NoHostTarget, "http://0.0.0.0", "http://0.0.0.0:8080/"),
        (Cause::NoHostTarget, "http://255.255.255.255", "http://255.255.255.255/"),
        (Cause::NoHostTarget, "a multicast address", "http://224.0.0.251/"),
        (Cause::NameNotResolved, "a name that no resolver may know", "http://gate.invalid/"),
        (Cause::Scheme, "http:// inside the host", "http://http://gate.local/"),
        (Cause::Scheme, "https on a stack without TLS", "https://127.0.0.1/"),
        (Cause::Scheme, "port 443 with http", "http://127.0.0.1:443/"),
    ] {
        let mut client = client(PcLink);
        let case = observe(case(cause, how), &mut client, cx, url);
        cases.push(match cause {
            Cause::NameNotResolved => case.demand(Demand::FirstNotCertain(
                "the resolver doesn't say whether it or the name is missing",
            )),
            _ => case,
        });
    }
    let how = "http://http://localhost: two mistakes";
    let mut pc = client(PcLink);
    cases.push(
        observe(case(Cause::Scheme, how), &mut pc, cx, "http://http://localhost:8080/")
            .also(&[Cause::NoHostTarget]),
    );
    match Nginx::with_tls() {
        Ok(nginx) => {
            let how = "nginx's https port, asked in the clear";
            let mut client = client(PcLink);
            let url = format!("http://127.0.0.1:{}/", nginx.port);
            cases.push(observe(case(Cause::TlsMismatch, how), &mut client, cx, &url));
        }
        Err(why) => tell(&format!("diagnosis: nginx's https port skipped: {why}")),
    }
    cases
}

fn refused(cx: &mut LoopContext, case: Case) -> Case {
    // A port that was just free.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let case = case.demand(Demand::FirstNotCertain(
        "a reset doesn't say whether the port, the server's address or a firewall is meant",
    ));
    observe(case, &mut client(PcLink), cx, &url)
}

/// Each byte is progress, so that the total deadline alone ends it.
fn dribbles(cx: &mut LoopContext, case: Case) -> Case {
    let mut acts = vec![Act::Request, say("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")];
    acts.extend((0..200).flat_map(|_| [Act::Wait(20), say("x")]));
    let server = Server::new(scripts(&acts));
    let mut client = client(PcLink);
    *client.config_mut() = config().total_timeout(Some(Duration::from_millis(500)));
    observe(case, &mut client, cx, &server.url())
}

fn without_dns(cx: &mut LoopContext, case: Case) -> Case {
    let network = NalNetwork::without_dns(std_embedded_nal::Stack, PcLink, StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, clock(), config());
    observe(case, &mut client, cx, "http://gate.local/")
}

/// A POST, which isn't repeated, on a connection that the server closes in the same moment.
fn stale(cx: &mut LoopContext, case: Case) -> Case {
    let server = Server::new(scripts(&[Act::Request, say(OK), Act::Request, Act::Reset]));
    let mut client = client(PcLink);
    try_get(&mut client, cx, &server.url()).unwrap();
    assert!(client.is_connected());
    let url = server.url();
    let post = client.online(cx).unwrap().post(&url, [0; 512]).send().map(|_| ());
    let error = post.unwrap_err();
    let case = case.failed(error.code(), &client.diagnosis(&error));
    // The check makes a connection of its own, and finds nothing wrong.
    case.checked(&client.diagnose(cx, url.as_str())).demand(Demand::FirstNotCertain(
        "a server that crashes at each such request looks the same",
    ))
}

/// A real server with TLS on its port; ends with this.
pub struct Nginx {
    process: Child,
    folder: PathBuf,
    pub port: u16,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

impl Nginx {
    fn with_tls() -> Result<Self, String> {
        let nginx = find_program("nginx").ok_or("no `nginx` in PATH or /usr/sbin")?;
        let openssl = find_program("openssl").ok_or("no `openssl` in PATH")?;
        let name = format!("safe-http-client-diagnosis-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let made = Command::new(openssl)
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=gate",
            ])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .current_dir(&folder)
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            return Err("openssl makes no certificate".into());
        }
        for _ in 0..5 {
            // Free now, and perhaps taken a moment later.
            let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
            let port = listener.local_addr().map_err(|error| error.to_string())?.port();
            drop(listener);
            let root = folder.display();
            let conf = format!(
                "daemon off; master_process off; pid {root}/pid; error_log {root}/log;\n\
                 events {{ worker_connections 32; }}\n\
                 http {{ access_log off; client_body_temp_path {root}/b; proxy_temp_path {root}/p;\n\
                 fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;\n\
                 server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {root}/certificate.pem;\n\
                 ssl_certificate_key {root}/key.pem; location / {{ return 200 hello; }} }} }}\n"
            );
            let path = folder.join("nginx.conf");
            std::fs::write(&path, conf).map_err(|error| error.to_string())?;
            let process = Command::new(&nginx)
                .args(["-p", &root.to_string(), "-c", &path.display().to_string()])
                .args(["-e", &folder.join("log").display().to_string()])
                .stdin(Stdio::null())
                .spawn()
                .map_err(|error| error.to_string())?;
            let mut nginx = Self { process, folder: folder.clone(), port };
            let started = Instant::now();
            while started.elapsed() < Duration::from_secs(20) {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Ok(nginx);
                }
                if !matches!(nginx.process.try_wait(), Ok(None)) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            // The folder is still needed.
            let _ = nginx.process.kill();
            let _ = nginx.process.wait();
            std::mem::forget(nginx);
        }
        Err("nginx doesn't start".into())
    }
}
