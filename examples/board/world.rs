//! The simulated modem and what happens around it, while a sketch runs.

use super::options::{FaultAt, Options};
use super::server::{Server, captive_portal};
use super::{Demo, delay_ms, line};
use esp8266_sim::{Config, Endpoint, Fault, Handle, SerialPort, Simulator, Trigger, When};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Where the service is in the simulated network. Its name is `service.lan`.
pub const SERVICE: [u8; 4] = [192, 168, 4, 20];

/// The owner's phone, as whatever notices it would report it.
pub static PHONE: AtomicBool = AtomicBool::new(false);

pub struct World {
    handle: Arc<Handle>,
    fault: Option<Fault>,
}

#[derive(Clone, Copy)]
enum Event {
    Phone,
    AccessPoint(bool),
    Fault(FaultAt),
    SupplyDips,
}

/// What happens once the server has done so many requests, and this time has passed.
#[derive(Clone, Copy)]
struct Step {
    served: usize,
    after_ms: u32,
    event: Event,
}

impl World {
    pub fn start(
        demo: Demo,
        options: &Options,
        server: &Server,
    ) -> std::io::Result<(Self, SerialPort)> {
        let mut config = Config::new(options.dialect)
            .baud(options.baud.unwrap_or(demo.baud()))
            .map(SERVICE, 80, server.address)
            .name("service.lan", SERVICE)
            .speed(options.speed);
        for ap in &mut config.access_points {
            ap.ssid = options.ssid.clone().into();
            ap.password = options.password.clone().into();
        }
        config.lan.captive_portal = Some(Endpoint::Bridge(captive_portal()?));

        let mut script = match (demo, options.fault) {
            (Demo::Gate, None) => vec![
                Step { served: 0, after_ms: 700, event: Event::Phone },
                Step { served: 1, after_ms: 1200, event: Event::AccessPoint(false) },
                Step { served: 1, after_ms: 300, event: Event::Phone },
                Step { served: 1, after_ms: 500, event: Event::AccessPoint(true) },
            ],
            (Demo::Events, None) => vec![
                Step { served: 1, after_ms: 1200, event: Event::AccessPoint(false) },
                Step { served: 1, after_ms: 600, event: Event::AccessPoint(true) },
            ],
            (Demo::Gate, Some(_)) => {
                vec![Step { served: 0, after_ms: 1000, event: Event::Phone }; 40]
            }
            _ => Vec::new(),
        };
        let mut first = |event| script.insert(0, Step { served: 0, after_ms: 500, event });
        let mut before_first_answer = None;
        if let Some(FaultAt { fault, when }) = options.fault {
            let (default, at_once) = match fault.trigger() {
                Trigger::State | Trigger::Reset => (When::Always, true),
                // In the middle of the first answer; the start-up would only be tried again.
                Trigger::Byte => (When::Nth(113), false),
                // A name is resolved first, and then there is a connect.
                Trigger::Command => (When::Nth(2), false),
                _ => (When::Nth(1), true),
            };
            let at = FaultAt { fault, when: Some(when.unwrap_or(default)) };
            match fault.trigger() {
                _ if at_once => config = config.fault(fault, when.unwrap_or(default)),
                Trigger::Byte => before_first_answer = Some(at),
                _ => first(Event::Fault(at)),
            }
            if fault == Fault::ActiveOverrun {
                config = config.fault(Fault::NoPassiveMode, When::Always);
            }
            match fault.trigger() {
                Trigger::Reset => first(Event::SupplyDips),
                Trigger::Close => server.close_connections(),
                _ => {}
            }
        }

        let (handle, port) = Simulator::spawn(config);
        let handle = Arc::new(handle);
        if let Some(at) = before_first_answer {
            let handle = Arc::clone(&handle);
            server.before_first_answer(move || happen(Event::Fault(at), &handle, b""));
        }
        let (for_thread, server, ssid) =
            (Arc::clone(&handle), server.clone(), options.ssid.clone());
        thread::spawn(move || play(&script, &for_thread, &server, ssid.as_bytes()));
        Ok((Self { handle, fault: options.fault.map(|at| at.fault) }, port))
    }

    /// The fault that was asked for, and whether it is on or has happened.
    pub fn fault(&self) -> Option<(Fault, bool)> {
        let fault = self.fault?;
        let state = fault.trigger() == Trigger::State;
        Some((fault, state || self.handle.fault_count(fault) > 0))
    }
}

/// Lets one thing happen after the other, beginning when the modem is on the network.
fn play(script: &[Step], handle: &Handle, server: &Server, ssid: &[u8]) {
    let wait = |most_ms: u64, done: &dyn Fn() -> bool| {
        for _ in 0..most_ms / 10 {
            if done() {
                break;
            }
            delay_ms(10);
        }
    };
    // With some faults it never is.
    wait(3_000, &|| handle.with_modem(|modem| modem.has_address()));
    for step in script {
        wait(20_000, &|| server.served() >= step.served);
        delay_ms(step.after_ms);
        happen(step.event, handle, ssid);
    }
}

fn happen(event: Event, handle: &Handle, ssid: &[u8]) {
    let world = |text: &str| line("world", format_args!("{text}"));
    match event {
        Event::Phone => {
            world("the owner comes home");
            PHONE.store(true, Ordering::Release);
        }
        Event::AccessPoint(false) => {
            world("the access point goes off");
            handle.ap_down(ssid);
        }
        Event::AccessPoint(true) => {
            world("the access point comes on");
            handle.ap_up(ssid);
        }
        Event::SupplyDips => {
            world("the modem's supply dips");
            handle.reset();
        }
        Event::Fault(FaultAt { fault, when }) => {
            handle.fault(fault, when.unwrap_or(When::Nth(1)));
        }
    }
}
