//! What the simulated network does: peers, hosts, resolvers.

use super::*;

#[test]
fn an_access_point_that_isolates() {
    let mut config = config(AT2);
    config.access_points[0].isolated = true;
    let mut rig = Rig::joined(config);
    assert!(rig.ask("AT+PING=\"192.168.4.1\"").ends_with(OK));
    assert!(rig.ask("AT+PING=\"192.168.4.20\"").ends_with(ERROR));
}

#[test]
fn the_hosts_resolver() {
    let mut config = config(AT2);
    config.dns.host_resolver = true;
    let mut rig = Rig::joined(config);
    let answer = rig.ask("AT+CIPDOMAIN=\"localhost\"");
    assert!(answer.starts_with("+CIPDOMAIN:\"127."), "{answer}");
}

#[test]
fn settings_without_an_effect() {
    check(
        &[
            ("AT+CWLAPOPT=1,2047", "OK", "OK"),
            ("AT+CWRECONNCFG=1,100", "ERROR", "OK"),
            ("AT+CIPTCPOPT=0,-1,1", "ERROR", "OK"),
            ("AT+CWMODE=2", "WIFI DISCONNECT\n|OK", "WIFI DISCONNECT\n|OK"),
            ("AT+CWLAP", "ERROR", "ERROR"),
        ],
        Rig::joined,
    );
}

#[test]
fn hosts_go_down() {
    let mut rig = Rig::joined(config(AT2));
    let start = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80";
    for (state, slow, pings) in [
        (HostState::Down, true, false),
        (HostState::Filtered, true, true),
        (HostState::Refusing, false, true),
    ] {
        rig.handle.set_host(HOST, state);
        let begin = rig.clock.now();
        assert_eq!(rig.ask(start), "\r\nERROR\r\n0,CLOSED\r\n");
        assert_eq!(rig.clock.now() - begin >= ms(12_000), slow, "{state:?}");
        assert_eq!(rig.ask("AT+PING=\"192.168.4.20\"").contains("OK"), pings);
    }
    rig.handle.set_host(HOST, HostState::Up);
    assert!(rig.ask(start).ends_with(OK));
}

/// A peer has its own time, and may close or break off.
#[test]
fn peers_in_the_simulator() {
    struct Clock;
    impl Peer for Clock {
        fn connected(&mut self, reply: &mut Reply) {
            reply.send(b"hi").send_after(ms(7_000), b"late").close_after(ms(8_000));
        }
        fn receive(&mut self, _: &[u8], reply: &mut Reply) {
            reply.reset();
        }
    }
    let config = config(AT2).peer(HOST, 82, Arc::new(|| Box::new(Clock)));
    let mut rig = Rig::joined(config);
    let start = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",82";
    assert_eq!(rig.ask(start), "0,CONNECT\r\n\r\nOK\r\n\r\n+IPD,0,2:hi");
    assert_eq!(rig.hear(ms(6_900)), "");
    assert_eq!(rig.hear(ms(200)), "\r\n+IPD,0,4:late");
    assert_eq!(rig.hear(ms(1_100)), "0,CLOSED\r\n");
}
