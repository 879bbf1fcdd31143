//! embassy-net 0.9: on a cable in memory whose other end is another stack, and on a TAP device whose other
//! end is Linux.

use crate::awaited::Runs;
use crate::smoltcp_net::{self, CLIENT, FarPeer, Plug, SERVER};
use embassy_net::driver::{Driver, HardwareAddress, LinkState};
use embassy_net::{Config, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use embassy_net_driver_channel as channel;
use safe_http_client_embassy::EmbassyNetwork;
use std::future::{Future, pending};
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::time::Duration;

const MTU: usize = 1514;

/// A stack, and what has to go on for it to work.
pub struct Rig {
    pub stack: Stack<'static>,
    world: Pin<Box<dyn Future<Output = ()>>>,
}

impl std::fmt::Debug for Rig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rig").finish_non_exhaustive()
    }
}

/// Lives to the test's end.
fn for_ever<T>(value: T) -> &'static mut T {
    Box::leak(Box::new(value))
}

/// A static address of a network of 256.
pub fn fixed(own: Ipv4Addr, gateway: Option<Ipv4Addr>, dns: Option<Ipv4Addr>) -> Config {
    let dns_servers = dns.into_iter().collect();
    Config::ipv4_static(StaticConfigV4 { address: Ipv4Cidr::new(own, 24), gateway, dns_servers })
}

fn stack<D: Driver>(driver: D, config: Config) -> (Stack<'static>, Runner<'static, D>) {
    embassy_net::new(driver, config, for_ever(StackResources::<12>::new()), 7)
}

/// Frames go to and fro, and at the far end a millisecond passes.
async fn carry(plug: Plug, cable: channel::Runner<'static, MTU>) {
    let (_, mut rx, mut tx) = cable.split();
    loop {
        while let Some(frame) = plug.take() {
            rx.rx_buf().await[..frame.len()].copy_from_slice(&frame);
            rx.rx_done(frame.len());
        }
        while let Some(frame) = tx.try_tx_buf() {
            plug.put(frame);
            tx.tx_done();
        }
        smoltcp_net::step_far();
        async_io::Timer::after(Duration::from_millis(1)).await;
    }
}

impl Rig {
    /// On a cable, with a scripted server and a resolver at its far end.
    pub fn on_cable() -> (Self, FarPeer) {
        Self::on_cable_with(fixed(CLIENT, Some(SERVER), Some(SERVER)))
    }

    /// The same with addresses of a test's own.
    pub fn on_cable_with(config: Config) -> (Self, FarPeer) {
        let (plug, peer) = smoltcp_net::cable();
        let state = for_ever(channel::State::<MTU, 8, 8>::new());
        let hardware = HardwareAddress::Ethernet([2, 0, 0, 0, 0, 2]);
        let (cable, device) = channel::new(state, hardware);
        cable.state_runner().set_link_state(LinkState::Up);
        let (stack, mut runner) = stack(device, config);
        let world = Box::pin(async move {
            futures_lite::future::or(carry(plug, cable), async { runner.run().await }).await;
        });
        (Self { stack, world }, peer)
    }

    /// On this TAP device of the thread's network namespace, which has the address `other`.
    #[cfg(target_os = "linux")]
    pub fn on_tap(device: &str, own: Ipv4Addr, other: Ipv4Addr) -> std::io::Result<Self> {
        let driver = embassy_net_tuntap::TunTapDevice::new(device)?;
        let (stack, mut runner) = stack(driver, fixed(own, Some(other), Some(other)));
        Ok(Self { stack, world: Box::pin(async move { runner.run().await }) })
    }

    /// A network for a client.
    pub fn network(&self) -> &'static EmbassyNetwork<'static> {
        for_ever(EmbassyNetwork::new(self.stack, for_ever([0; 4096]), for_ever([0; 1024])))
    }
}

impl Runs for &mut Rig {
    fn block_on<T>(&mut self, future: impl Future<Output = T>) -> T {
        let world = self.world.as_mut();
        async_io::block_on(futures_lite::future::or(future, async {
            world.await;
            pending().await
        }))
    }
}
