//! The client over embassy-net, against another stack at the end of a cable in memory.

use embassy_net::driver::{HardwareAddress, LinkState};
use embassy_net::tcp::TcpSocket;
use embassy_net::{Config as NetConfig, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use embassy_net_driver_channel::{self as channel, Runner, RxRunner, State, TxRunner};
use futures_lite::future::or;
use nal_link::{LoopContext, StackFault};
use safe_http_client::asynch::{NalNetwork, SafeHttpClient};
use safe_http_client::{Cause, Config};
use safe_http_client_embassy::{EmbassyLink, EmbassyNetwork, EmbassyTimer};
use std::future::{Future, pending};
use std::net::Ipv4Addr;
use std::time::Duration;

const MTU: usize = 1514;
const CHIP: [u8; 4] = [192, 168, 1, 57];
const PEER: [u8; 4] = [192, 168, 1, 20];
const URL: &str = "http://192.168.1.20/state";

type Client<'a, 's> = SafeHttpClient<
    NalNetwork<'a, EmbassyNetwork<'s>, EmbassyNetwork<'s>, EmbassyLink<'s>>,
    EmbassyTimer,
>;

async fn carry(mut from: TxRunner<'_, MTU>, mut to: RxRunner<'_, MTU>) {
    loop {
        let packet = from.tx_buf().await;
        let room = to.rx_buf().await;
        let length = packet.len();
        room[..length].copy_from_slice(packet);
        to.rx_done(length);
        from.tx_done();
    }
}

async fn cable(one: Runner<'_, MTU>, other: Runner<'_, MTU>) {
    let ((_, one_rx, one_tx), (_, other_rx, other_tx)) = (one.split(), other.split());
    or(carry(one_tx, other_rx), carry(other_tx, one_rx)).await;
}

fn fixed(address: [u8; 4]) -> NetConfig {
    NetConfig::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(Ipv4Addr::from(address), 24),
        gateway: None,
        dns_servers: Default::default(),
    })
}

/// What the peer does with a connection, once it has a request.
#[derive(Clone, Copy, PartialEq)]
enum Peer {
    Serves,
    /// Half of the body, and then the end.
    Ends,
    /// Half of the body, and then a reset.
    Resets,
    Silent,
    /// Listens at another port.
    Elsewhere,
}

async fn peer(stack: Stack<'_>, behaviour: Peer) {
    let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
    let mut socket = TcpSocket::new(stack, &mut rx, &mut tx);
    loop {
        let port = if behaviour == Peer::Elsewhere { 8080 } else { 80 };
        socket.accept(port).await.unwrap();
        let mut request = Vec::new();
        let mut piece = [0; 256];
        loop {
            let Ok(count @ 1..) = socket.read(&mut piece).await else { break };
            request.extend_from_slice(&piece[..count]);
            if !request.ends_with(b"\r\n\r\n") {
                continue;
            }
            request.clear();
            if behaviour == Peer::Silent {
                continue;
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
            let most = if behaviour == Peer::Serves { answer.len() } else { answer.len() - 5 };
            let mut rest = &answer[..most];
            while let Ok(count @ 1..) = socket.write(rest).await {
                rest = &rest[count..];
                if rest.is_empty() {
                    break;
                }
            }
            socket.flush().await.ok();
            match behaviour {
                Peer::Serves => {}
                Peer::Ends => socket.close(),
                _ => socket.abort(),
            }
        }
        socket.close();
        socket.flush().await.ok();
        socket.abort();
        socket.flush().await.ok();
    }
}

/// Runs a test on the chip's stack, with the peer at the cable's other end.
fn on_cable<T>(
    config: NetConfig,
    link: LinkState,
    behaviour: Peer,
    test: impl AsyncFnOnce(&mut Client<'_, '_>, &mut LoopContext, &EmbassyNetwork<'_>) -> T,
) -> T {
    let (mut chip_state, mut peer_state) = (State::<MTU, 4, 4>::new(), State::<MTU, 4, 4>::new());
    let (chip_cable, chip_device) = channel::new(&mut chip_state, HardwareAddress::Ip);
    let (peer_cable, peer_device) = channel::new(&mut peer_state, HardwareAddress::Ip);
    chip_cable.state_runner().set_link_state(link);
    peer_cable.state_runner().set_link_state(LinkState::Up);
    let (mut chip_resources, mut peer_resources) =
        (StackResources::<4>::new(), StackResources::<4>::new());
    let (chip, mut chip_runner) = embassy_net::new(chip_device, config, &mut chip_resources, 1);
    let (other, mut peer_runner) =
        embassy_net::new(peer_device, fixed(PEER), &mut peer_resources, 2);
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let network = EmbassyNetwork::new(chip, &mut rx, &mut tx);
    let config = Config::new()
        .response_timeout(Duration::from_millis(200))
        .connect_timeout(Duration::from_millis(300))
        .online_timeout(Duration::from_millis(100));
    let mut cx = LoopContext::take().unwrap();
    let run = async {
        let mut client = SafeHttpClient::with_config(network.attached(), EmbassyTimer, config);
        test(&mut client, &mut cx, &network).await
    };
    let world = or(
        or(never(chip_runner.run()), never(peer_runner.run())),
        or(cable(chip_cable, peer_cable), or(peer(other, behaviour), peer(other, behaviour))),
    );
    async_io::block_on(or(run, async {
        world.await;
        pending().await
    }))
}

async fn never(future: impl Future) {
    future.await;
}

async fn get(
    client: &mut Client<'_, '_>,
    cx: &mut LoopContext,
    url: &str,
) -> Result<String, String> {
    let mut buffer = [0; 512];
    let mut online = client.wait_online(cx).await.map_err(|why| why.to_string())?;
    let sent = online.get(url, &mut buffer).send().await;
    let mut response = sent.map_err(|error| format!("{:?}", error.kind))?;
    let body = response.read_to_str().await.map(str::to_owned);
    body.map_err(|error| format!("{:?}", error.kind))
}

#[test]
fn requests_go_over_one_connection() {
    on_cable(fixed(CHIP), LinkState::Up, Peer::Serves, async |client, cx, _| {
        for _ in 0..3 {
            assert_eq!(get(client, cx, URL).await.as_deref(), Ok("0123456789"));
        }
        assert!(client.is_connected());
        // And over a new one, though the old isn't closed by its peer yet.
        client.close();
        assert_eq!(get(client, cx, URL).await.as_deref(), Ok("0123456789"));
    });
}

#[test]
fn refused_is_told_from_silent_and_a_reset_from_the_end() {
    let truncated = "Truncated { received: 5, announced: Some(10) }";
    for (behaviour, expected, fault) in [
        (Peer::Elsewhere, "Connect(Refused)", StackFault::Refused),
        (Peer::Silent, "Timeout { deadline: Response, limit_ms: 200 }", StackFault::Unknown),
        (Peer::Ends, truncated, StackFault::Unknown),
        (Peer::Resets, "Receive(Reset)", StackFault::Reset),
    ] {
        on_cable(fixed(CHIP), LinkState::Up, behaviour, async |client, cx, _| {
            assert_eq!(get(client, cx, URL).await, Err(expected.to_owned()));
            assert_eq!(client.evidence().fault, fault, "{expected}");
            assert!(!client.is_connected());
        });
    }
}

#[test]
fn a_target_without_a_way_there_and_one_of_another_family_are_errors() {
    on_cable(fixed(CHIP), LinkState::Up, Peer::Serves, async |client, cx, _| {
        let error = get(client, cx, "http://[2001:db8::1]/").await.unwrap_err();
        let expected = if cfg!(feature = "proto-ipv6") { "NoRoute" } else { "NotCompiledIn" };
        assert_eq!(error, format!("Connect({expected})"));
        // There is no gateway on this cable.
        let error = get(client, cx, "http://10.9.9.9/").await.unwrap_err();
        assert_eq!(error, "Connect(NoRoute)");
        let error = get(client, cx, "http://192.168.1.99/").await.unwrap_err();
        assert_eq!(error, "Timeout { deadline: Connect, limit_ms: 300 }");
        // The client works all the same.
        assert_eq!(get(client, cx, URL).await.as_deref(), Ok("0123456789"));
    });
}

#[test]
fn the_link_is_the_stacks() {
    on_cable(fixed(CHIP), LinkState::Up, Peer::Serves, async |client, cx, _| {
        client.wait_online(cx).await.unwrap();
        assert_eq!(client.link_status().to_string(), "up, with the address 192.168.1.57");
        let ip = client.link_status().ip_config().unwrap();
        assert_eq!((ip.netmask, ip.has_dns), (Some([255, 255, 255, 0].into()), Some(false)));
    });
    on_cable(fixed(CHIP), LinkState::Down, Peer::Serves, async |client, cx, _| {
        let why = client.wait_online(cx).await.map(|_| ()).unwrap_err().to_string();
        assert!(why.contains("the link is down"), "{why}");
    });
    on_cable(NetConfig::default(), LinkState::Up, Peer::Serves, async |client, cx, _| {
        let why = client.wait_online(cx).await.map(|_| ()).unwrap_err().to_string();
        assert!(why.contains("no IP address"), "{why}");
    });
}

#[test]
fn a_second_client_is_told_that_the_socket_is_in_use() {
    on_cable(fixed(CHIP), LinkState::Up, Peer::Serves, async |client, cx, network| {
        assert!(get(client, cx, URL).await.is_ok());
        let mut second = SafeHttpClient::new(network.attached(), EmbassyTimer);
        assert_eq!(get(&mut second, cx, URL).await, Err("Connect(NoSocket)".to_owned()));
        assert_eq!(second.evidence().fault, StackFault::NoSocket);
        client.close();
        assert!(get(&mut second, cx, URL).await.is_ok());
    });
}

/// Whenever a call is left, the next one gets its own answer.
#[test]
fn a_call_that_is_left_leaves_no_byte_to_the_next() {
    on_cable(fixed(CHIP), LinkState::Up, Peer::Serves, async |client, cx, _| {
        for polls in 0..40 {
            let mut left = Box::pin(get(client, cx, URL));
            let mut count = 0;
            std::future::poll_fn(|context| {
                count += 1;
                if left.as_mut().poll(context).is_ready() || count > polls {
                    return std::task::Poll::Ready(());
                }
                std::task::Poll::Pending
            })
            .await;
            drop(left);
            assert_eq!(get(client, cx, URL).await.as_deref(), Ok("0123456789"), "{polls}");
            client.close();
        }
    });
}

#[test]
fn the_check_names_the_cause() {
    on_cable(fixed(CHIP), LinkState::Up, Peer::Elsewhere, async |client, cx, _| {
        let report = client.diagnose(cx, URL).await;
        let cause = report.diagnosis().map(|diagnosis| diagnosis.cause());
        assert_eq!(cause, Some(Cause::NothingListens), "{report}");
    });
}
