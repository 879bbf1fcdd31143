//! What people have reported, and what the check has to say to it: a row for each report, and for its
//! relatives. Words count: a message that sends a person the wrong way is wrong.

use crate::chip::{Chip, chip, home, link, no_pings, open, refused, silent, up};
use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::tools::{plain, says};
use crate::common::{TestClock, cx};
use crate::ladder::steps;
use safe_http_client::{
    Cause, Config, Connect, Diagnosis, DisconnectReason, IpConfig, LinkStatus, Preflight, Report,
    SafeHttpClient, StackFault, StackQuirks, ZeroRead,
};
use std::net::Ipv4Addr;
use std::time::Duration;

pub(crate) fn diagnose(chip: Chip, url: &str) -> Report {
    let mut cx = cx();
    SafeHttpClient::new(chip, TestClock::ticking(1)).diagnose(&mut cx, url)
}

pub(crate) fn causes(diagnosis: Option<&Diagnosis>) -> Vec<Cause> {
    let suspects = diagnosis.map(Diagnosis::suspects).unwrap_or_default();
    suspects.iter().map(|suspect| suspect.cause).collect()
}

/// The mistake stands in the report that gives advice on it.
#[test]
fn a_mistake_is_shown_where_it_is_advised_on() {
    let mut none = chip([]);
    none.stack.names = vec![];
    let answer = |text: &str| chip(vec![Connection::answer(text); 2]);
    for (what, chip, url, wanted) in [
        ("no scheme", none, "127.0.0.1:8102/a.json", &["no scheme", "start it with http://"][..]),
        (
            "a space in the path",
            chip([]),
            "http://gate.test/front door",
            &["percent-encoded", "byte 22 is 0x20", "%20"],
        ),
        ("no port", chip([]), "http://gate.test:99999/", &["the port is no number"]),
        (
            "two lengths",
            answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
            "http://192.168.1.20/",
            &["several Content-Length that differ", "came: line 3: \"Content-Length: 6\""],
        ),
        (
            "another service",
            answer("SSH-2.0-OpenSSH_9.2\r\n"),
            "http://192.168.1.20/",
            &["came: \"SSH-2.0-OpenSSH_9.2\\r\\n\"", "this is an SSH server"],
        ),
        (
            "a head that is cut",
            chip(vec![
                Connection::new([
                    Step::AwaitRequest,
                    Step::Data(b"HTTP/1.1 200 OK\r\nConte".to_vec()),
                    Step::PipeClosed,
                ]);
                2
            ]),
            "http://192.168.1.20/",
            &["ended in the middle of the response", "came: line 2: \"Conte\""],
        ),
        (
            "a line without a colon",
            answer("HTTP/1.1 200 OK\r\nThis is odd\r\n\r\n"),
            "http://192.168.1.20/",
            &["came: line 2: \"This is odd\""],
        ),
        (
            "SHOUTcast",
            answer("ICY 200 OK\r\nicy-name:x\r\n\r\n"),
            "http://192.168.1.20/",
            &["came: \"ICY 200 OK\\r\\nicy-name:x", "SHOUTcast"],
        ),
        (
            "blank lines in front",
            answer("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
            "http://192.168.1.20/",
            &["came: \"\\r\\n\\r\\nHTTP/1.1 200 OK", "blank lines came first"],
        ),
    ] {
        let report = diagnose(chip, url);
        says(what, &report.to_string(), wanted, &["all of it works"]);
    }
    // What isn't for a log isn't in it.
    let text = "HTTP/1.1 200 OK\r\nSet-Cookie : id=secret\r\n\r\n";
    let report = diagnose(answer(text), "http://user:pass@192.168.1.20/?key=1");
    says("a cookie", &report.to_string(), &["came: line 2: "], &["id=", "pass", "key=1"]);
}

#[test]
fn a_pc_that_asks_its_own_address_asks_itself() {
    for own in [[127, 0, 0, 1], [192, 168, 1, 57]] {
        let mut chip = Chip { has_loopback: true, fault: StackFault::Refused, ..chip([refused()]) };
        chip.link = up(home());
        let url = format!("http://{}/", Ipv4Addr::from(own));
        let report = diagnose(chip, &url);
        assert_eq!(steps(&report), "url link subnet target port:Failed", "{report}");
        assert_eq!(causes(report.diagnosis()), [Cause::NothingListens], "{report}");
        says(&url, &report.to_string(), &["target ok this machine"], &["another host"]);
    }
    // Another one's isn't.
    let chip = Chip { has_loopback: true, fault: StackFault::Refused, ..chip([refused()]) };
    let report = diagnose(chip, "http://192.168.1.20/");
    says("another", &report.to_string(), &["target ok another host"], &["this machine"]);
    assert!(causes(report.diagnosis()).contains(&Cause::ServerOnLoopback), "{report}");
}

/// A rung that wasn't looked at never says ok.
#[test]
fn a_rung_that_was_not_looked_at_never_says_ok() {
    let alone = || IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    let masked = || alone().with_netmask(Ipv4Addr::new(255, 255, 255, 0));
    let all = Config::new;
    let near = "http://192.168.1.20/";
    let far = "http://10.9.8.7/";
    let no = |check| Config::new().without_preflight(check);
    let no_address = LinkStatus::NoAddress;
    for (what, status, config, url, wanted) in [
        (
            "no netmask",
            LinkStatus::Up(alone()),
            all(),
            far,
            "subnet -- not looked at: no netmask known",
        ),
        (
            "no netmask",
            LinkStatus::Up(alone()),
            all(),
            near,
            "subnet -- not looked at: no netmask known",
        ),
        (
            "no gateway",
            LinkStatus::Up(masked()),
            all(),
            far,
            "subnet -- not looked at: no gateway known",
        ),
        ("near, without a gateway", LinkStatus::Up(masked()), all(), near, "subnet ok"),
        ("all known", LinkStatus::Up(home()), all(), far, "subnet ok"),
        (
            "switched off",
            LinkStatus::Up(home()),
            no(Preflight::Subnet),
            far,
            "subnet -- not looked at: switched off",
        ),
        ("no address", no_address, no(Preflight::Link), near, "link -- no IP address"),
        (
            "its own address",
            LinkStatus::Up(home()),
            no(Preflight::OwnAddress),
            "http://192.168.1.57/",
            "target -- the chip itself: switched off",
        ),
        (
            "a broadcast",
            LinkStatus::Up(home()),
            no(Preflight::Target),
            "http://255.255.255.255/",
            "target -- no other host: switched off",
        ),
    ] {
        let mut cx = cx();
        let chip = Chip { link: link(status), ping: no_pings, ..chip([silent(), silent()]) };
        let mut client = SafeHttpClient::with_config(chip, TestClock::ticking(1), config);
        let report = client.diagnose(&mut cx, url);
        says(what, &report.to_string(), &[wanted], &["gateway ok", "host ok", "port ok"]);
    }
    // A stack that reports success of any connection hasn't looked.
    for (connection, expected) in [
        (Connection { send_fails_at: 0, ..open() }, "port:Failed"),
        (Connection::new([Step::Silence]), "port http:Failed"),
        (Connection::answer("HTTP/1.1 204 x\r\n\r\n"), "port http"),
    ] {
        let connect = Connect::ReportsSuccess;
        let chip = Chip { connect, fault: StackFault::Refused, ..chip([connection]) };
        let report = diagnose(chip, near);
        let expected = format!("url link subnet target gateway host {expected}");
        assert_eq!(steps(&report), expected, "{report}");
    }
}

/// What was looked at and found right is no cause.
#[test]
fn what_was_looked_at_and_found_right_is_no_cause() {
    let dns = home().with_dns(true);
    for (what, link, ping, url, ruled_out) in [
        (
            "a DNS server is set",
            dns,
            crate::chip::all_answer as crate::chip::Pings,
            "http://unknown.test/",
            &[Cause::NoDnsServer, Cause::GatewaySilent][..],
        ),
        (
            "a DNS server is set, and the gateway says nothing",
            dns,
            crate::chip::all_are_silent,
            "http://unknown.test/",
            &[Cause::NoDnsServer, Cause::WrongSubnet],
        ),
        (
            "gateway and host answer",
            home(),
            crate::chip::all_answer,
            "http://192.168.1.20/",
            &[Cause::HostDown, Cause::ClientIsolation, Cause::GatewaySilent, Cause::WrongSubnet],
        ),
        (
            "the gateway answers",
            home(),
            crate::chip::gateway_answers,
            "http://10.0.0.9/",
            &[Cause::GatewaySilent, Cause::WrongSubnet, Cause::NoAddress],
        ),
        (
            "the addresses fit",
            home(),
            crate::chip::all_are_silent,
            "http://10.0.0.9/",
            &[Cause::WrongSubnet, Cause::NoAddress],
        ),
    ] {
        for (connection, fault) in [
            (silent(), StackFault::Unknown),
            (refused(), StackFault::Unreachable),
            (refused(), StackFault::NotDialled),
            (refused(), StackFault::TimedOut),
        ] {
            let chip = Chip { link: up(link), ping, fault, ..chip([connection, silent()]) };
            let report = diagnose(chip, url);
            let causes = causes(report.diagnosis());
            assert!(!causes.is_empty(), "{what}\n{report}");
            for cause in ruled_out {
                assert!(!causes.contains(cause), "{what} {fault:?}: {cause:?}\n{report}");
            }
        }
    }
}

/// What the type forbids comes last, where nothing speaks for it.
#[test]
fn what_the_type_forbids_comes_last_or_not_at_all() {
    for ms in [1, 3] {
        let report = {
            let mut cx = cx();
            let mut client = SafeHttpClient::new(chip([refused()]), TestClock::ticking(ms));
            client.diagnose(&mut cx, "http://192.168.1.20/")
        };
        let causes = causes(report.diagnosis());
        let at = causes.iter().position(|cause| *cause == Cause::EventHandler);
        assert!(at.is_none_or(|at| at + 1 == causes.len()), "{causes:?}");
    }
}

/// Down, associated without an address, the wrong password, no such network: each says which, and nobody
/// is told to wait who has just waited.
#[test]
fn a_link_says_which_and_waiting_isnt_advised_after_a_wait() {
    for (status, error, cause, advice) in [
        (
            LinkStatus::NoAddress,
            "no IP address",
            "the link has an access point, and no IP address yet",
            "DHCP",
        ),
        (
            LinkStatus::Disconnected(DisconnectReason::Unknown),
            "the link is down",
            "nothing has reported an address",
            "join the access point",
        ),
        (
            LinkStatus::Disconnected(DisconnectReason::Code(8)),
            "reason code 8",
            "the link is down: it isn't on an access point",
            "join the access point",
        ),
        (
            LinkStatus::Disconnected(DisconnectReason::WrongPassword),
            "refused the password",
            "the access point refused the password",
            "correct the password",
        ),
        (
            LinkStatus::Disconnected(DisconnectReason::NoAccessPoint),
            "no access point of that name",
            "no access point of that name was found",
            "the network's name",
        ),
        (
            LinkStatus::Disconnected(DisconnectReason::TimedOut),
            "didn't answer in time",
            "the access point didn't answer in time",
            "distance",
        ),
    ] {
        let mut cx = cx();
        let config = Config::new().online_timeout(Duration::from_millis(700));
        let chip = Chip { link: link(status), ..chip([]) };
        let mut client = SafeHttpClient::with_config(chip, TestClock::ticking(100), config);
        let why = client.wait_online(&mut cx).map(|_| ()).unwrap_err();
        says("the error", &why.to_string(), &[error], &["wait_online"]);
        let diagnosis = client.diagnosis(&why.into()).to_string();
        says("the diagnosis", &diagnosis, &["700 ms of 700"], &["wait_online"]);
        if cfg!(feature = "advice") {
            says("the diagnosis", &diagnosis, &[cause, advice], &["wait_online"]);
        }
        // By looking, too: the link's rung says it.
        let report = client.diagnose(&mut cx, "http://192.168.1.20/").to_string();
        says("the report", &report, &["link no"], &["all of it works"]);
    }
}

/// The link is lost while an answer is awaited.
#[test]
fn a_link_lost_in_mid_request_isnt_told_to_wait_before_the_request() {
    for status in [LinkStatus::NoAddress, LinkStatus::Disconnected(DisconnectReason::Code(8))] {
        let mut cx = cx();
        let chip = chip([Connection::new([Step::Silence])]);
        let link = chip.link.clone();
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(100));
        let mut online = client.online(&mut cx).unwrap();
        let mut call = online.get("http://192.168.1.20/", [0; 512]).start().unwrap();
        let error = loop {
            match call.poll(&mut client, &mut cx) {
                Ok(()) => panic!("it has no answer"),
                Err(nb::Error::WouldBlock) => link.set(status),
                Err(nb::Error::Other(error)) => break error,
            }
        };
        let diagnosis = client.diagnosis(&error);
        assert_eq!(diagnosis.cause(), Cause::NoAddress);
        let text = diagnosis.to_string();
        says("lost", &text, &[], &["wait_online", "before the request", "isn't enough"]);
        if cfg!(feature = "advice") {
            says("lost", &text, &["was lost while the request was under way", "signal"], &[]);
        }
    }
}

/// A stack whose `Ok(0)` means something else than was declared.
#[test]
fn a_stack_that_was_declared_wrong_is_told_so_with_the_count() {
    let body = b"HTTP/1.1 200 OK\r\n\r\nhello".to_vec();
    let ended = |waits| {
        let steps = [Step::AwaitRequest, Step::Pend(waits), Step::Data(body.clone()), Step::Zero];
        Connection::new(steps)
    };
    let mine = StackQuirks::UNKNOWN;
    for (what, connection, quirks, first, listed) in [
        ("an end that is read as nothing", ended(3), mine, true, true),
        (
            "the same, declared right",
            ended(3),
            mine.with_zero_read(ZeroRead::EndOfStream),
            false,
            false,
        ),
        ("the same, on a stack that never blocks", ended(0), mine, true, true),
        ("smoltcp, of which it is known", ended(0), StackQuirks::SMOLTCP_NAL, false, false),
    ] {
        let mut cx = cx();
        let stack = ScriptStack::new([connection]);
        let mut client = SafeHttpClient::new(stack.attached(quirks), TestClock::ticking(1));
        let mut buffer = [0; 512];
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get("http://192.168.1.20/", &mut buffer).send().unwrap();
        let read = response.read_to_str().map(str::to_owned);
        drop(response);
        let Err(error) = read else {
            assert!(!listed, "{what}");
            continue;
        };
        let diagnosis = client.diagnosis(&error);
        let is_first = diagnosis.cause() == Cause::StackQuirks;
        let is_listed = causes(Some(&diagnosis)).contains(&Cause::StackQuirks);
        assert_eq!((is_first, is_listed), (first, listed), "{what}: {diagnosis}");
        let text = plain(&diagnosis);
        assert_eq!(text.contains("receive gave 0 bytes "), listed, "{what}: {text}");
        if first && cfg!(feature = "advice") {
            says(what, &text, &["with_zero_read(ZeroRead::EndOfStream)", "times"], &[]);
        }
    }
}

/// A server that answers one question and no second one has answered.
#[test]
fn a_second_question_that_fails_changes_nothing() {
    for (status, wanted) in
        [("404 Not Found", "status 404"), ("400 Bad Request", "all of it works")]
    {
        let first = Connection::answer(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        for second in
            [refused(), Connection::new([Step::Silence]), Connection::answer("SSH-2.0\r\n")]
        {
            let report = diagnose(chip([first.clone(), second]), "http://192.168.1.20/");
            says(status, &report.to_string(), &[wanted, "port ok"], &["nothing listens", "SSH"]);
            assert_eq!(report.status(), status[..3].parse().ok(), "{report}");
        }
    }
}

/// Without the texts of causes, what came is told all the same.
#[test]
fn a_status_is_told_without_the_texts_of_causes_too() {
    let head = "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\"\r\nContent-Length: 0";
    let answer = Connection::answer(format!("HTTP/1.1 {head}\r\n\r\n"));
    let report = diagnose(chip([answer]), "http://192.168.1.20/");
    says(
        "401",
        &report.to_string(),
        &["says: status 401, which wants Digest"],
        &["all of it works"],
    );
}
