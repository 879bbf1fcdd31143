//! embassy-net 0.9 with the client whose calls are awaited: on a cable in memory with smoltcp itself as the
//! server, and on a TAP device with Linux as the server.

use conformance::awaited::Runs;
use conformance::common::cx;
use conformance::embassy::Rig;
use conformance::scenario::{Act, Bench, Peer, Refused, Shows, config, run, say};
use conformance::smoltcp_net::KNOWN_NAME;
use safe_http_client::ErrorKind;
use safe_http_client::asynch::SafeHttpClient;
use safe_http_client_embassy::EmbassyTimer;

const SHOWS: Shows = Shows { refused: Refused::Connect, reset: true, clean_end: true };

#[test]
fn all_scenarios_on_a_cable() {
    let mut cx = cx();
    let (mut rig, peer) = Rig::on_cable();
    let network = rig.network().attached();
    let bench = Bench::awaited(network, EmbassyTimer, config(), &mut cx, &mut rig, peer, SHOWS);
    run("embassy-net 0.9, cable", bench);
}

#[test]
fn names_resolve() {
    let mut cx = cx();
    let (mut rig, mut peer) = Rig::on_cable();
    peer.play(vec![vec![Act::Request, say("HTTP/1.1 204 No Content\r\n\r\n")]]);
    let network = rig.network().attached();
    let mut client = SafeHttpClient::with_config(network, EmbassyTimer, config());
    let mut buffer = [0; 512];
    (&mut rig).block_on(async {
        let mut online = client.wait_online(&mut cx).await.unwrap();
        let url = format!("http://{KNOWN_NAME}:{}/", peer.port());
        assert_eq!(online.get(&url, &mut buffer).send().await.unwrap().status(), 204);
        let sent = online.get("http://unknown.test/", &mut buffer).send().await;
        let error = sent.map(|_| ()).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Resolve(_)), "{error}");
    });
    eprintln!("embassy-net 0.9: name resolved ok, unknown name refused ok");
}

#[cfg(target_os = "linux")]
#[test]
fn all_scenarios_on_a_tap_device() {
    use conformance::tap::{DEVICE, LINUX, LinuxPeer, Namespace, OWN};
    let all = || {
        let mut cx = cx();
        let mut rig = Rig::on_tap(DEVICE, OWN, LINUX).unwrap();
        let network = rig.network().attached();
        let peer = LinuxPeer::default();
        let bench = Bench::awaited(network, EmbassyTimer, config(), &mut cx, &mut rig, peer, SHOWS);
        run("embassy-net 0.9, TAP", bench);
    };
    if let Err(why) = Namespace::new().and_then(|space| space.inside(all)) {
        conformance::load::report(&format!("embassy-net 0.9 on a TAP device skipped: {why}"));
    }
}
