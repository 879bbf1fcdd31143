//! What the async boards share: a lamp, a button that stands for the owner's phone, the stack's start, and the
//! client over it. `Input`, `Output` and `Device` are the board's own.

use super::{Device, Input, Output};
use crate::gate;
use core::convert::Infallible;
use core::fmt::Write as _;
use embassy_executor::{SpawnError, SpawnToken, Spawner};
use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_time::Timer;
use safe_http_client::asynch::SafeHttpClient;
use safe_http_client_embassy::{EmbassyNetwork, EmbassyTimer};
use static_cell::{ConstStaticCell, StaticCell};

// Given when it is built: `SERVICE=http://… cargo run --release`.
const SERVICE: Option<&str> = option_env!("SERVICE");

pub struct Board {
    pub lamp: Output<'static>,
}

impl Board {
    /// The URL of a part of the service.
    pub fn url(&self, path: &str) -> heapless::String<128> {
        let mut url = heapless::String::new();
        let service = SERVICE.unwrap_or("http://192.168.1.20");
        if write!(url, "{service}{path}").is_err() {
            panic!("a URL that is longer than this board has room for");
        }
        url
    }

    /// The lamp changes: the gate was opened.
    pub fn blink(&mut self) {
        self.lamp.toggle();
    }

    /// Whether the program goes on: on a board it always does.
    pub fn goes_on(&self) -> bool {
        true
    }
}

/// The button pulls its pin to ground.
pub struct Phone {
    pub button: Input<'static>,
}

impl Phone {
    pub async fn arrived(&mut self) {
        self.button.wait_for_high().await;
        // A button bounces.
        Timer::after_millis(20).await;
        self.button.wait_for_low().await;
    }
}

#[embassy_executor::task]
async fn run_stack(mut runner: Runner<'static, Device>) -> ! {
    runner.run().await
}

/// Starts the stack, with DHCP.
pub fn start_stack(spawner: &Spawner, device: Device, seed: u64) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<4>> = StaticCell::new();
    let resources = RESOURCES.init(StackResources::new());
    let config = Config::dhcpv4(Default::default());
    let (stack, runner) = embassy_net::new(device, config, resources, seed);
    spawn(spawner, run_stack(runner));
    stack
}

/// Each task is spawned once, and there is room for one.
pub fn spawn<S>(spawner: &Spawner, task: Result<SpawnToken<S>, SpawnError>) {
    let Ok(token) = task else { panic!("spawned twice") };
    spawner.spawn(token);
}

/// The gate's client over the stack, for ever.
pub async fn open_gates((stack, mut board, mut phone): (Stack<'static>, Board, Phone)) {
    static RX: ConstStaticCell<[u8; 2048]> = ConstStaticCell::new([0; 2048]);
    static TX: ConstStaticCell<[u8; 1024]> = ConstStaticCell::new([0; 1024]);
    let network = EmbassyNetwork::new(stack, RX.take(), TX.take());
    let client = SafeHttpClient::new(network.attached(), EmbassyTimer);
    // A cable needs no join, and by radio a task of its own joins, and joins again.
    let joined = async |_: &mut _, _: &mut _| Ok::<(), Infallible>(());
    gate::run(client, EmbassyTimer, &mut board, &mut phone, joined).await;
}
