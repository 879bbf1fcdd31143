//! Requests over the driver: what is said on the line, in both dialects.

use conformance::modem::*;
use esp8266_sim::Dialect;
use safe_http_client::SafeHttpClient;
use safe_http_client::esp_at::EspAt;

fn lines(rig_lines: Vec<String>) -> Vec<String> {
    rig_lines.into_iter().filter(|line| line.starts_with("AT") || line.starts_with('?')).collect()
}

#[test]
fn a_cold_get_is_a_connect_a_send_and_reads() {
    for dialect in Dialect::ALL {
        let Rig { handle, clock, mut modem, mut cx } = Rig::joined(config(dialect));
        handle.clear_log();
        let mut client = SafeHttpClient::new(&mut modem, &clock);
        let mut online = client.wait_online(&mut cx).unwrap();
        let mut buffer = [0; 1024];
        for (get, expected) in [
            (
                1,
                ["AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80", "AT+CIPSEND=0,", "AT+CIPRECVDATA=0,"]
                    .as_slice(),
            ),
            (2, ["AT+CIPSEND=0,", "AT+CIPRECVDATA=0,"].as_slice()),
        ] {
            let mut response = online
                .get("http://192.168.4.20/", &mut buffer)
                .send()
                .unwrap_or_else(|error| panic!("{dialect} {get}: {error:?} {:?}", handle.log()));
            assert_eq!(response.read_to_str().unwrap(), "hello");
            drop(response);
            let said = lines(handle.sent_lines());
            assert_eq!(said.len(), expected.len(), "{said:?}");
            for (said, expected) in said.iter().zip(expected) {
                assert!(said.starts_with(expected), "{said:?}");
            }
            handle.clear_log();
        }
        drop(client);
        assert_eq!(lines(handle.sent_lines()), ["AT+CIPCLOSE=0"]);
    }
}

/// What a server said on an idle connection, such as a 408, is no answer to the next request: also
/// where it has to be asked of the modem, and nobody polled meanwhile.
#[test]
fn what_came_while_a_connection_rested_is_not_the_next_answer() {
    use esp8266_sim::Reply;
    use safe_http_client::CloseReason;
    use std::sync::Arc;
    use std::time::Duration;

    for dialect in Dialect::ALL {
        for closes in [false, true] {
            let factory: esp8266_sim::PeerFactory = Arc::new(move || {
                Box::new(move |_: &[u8], reply: &mut Reply| {
                    reply.send(HELLO.as_bytes());
                    reply.send_after(
                        Duration::from_millis(500),
                        b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n",
                    );
                    if closes {
                        reply.close();
                    }
                })
            });
            let config = esp8266_sim::Config::new(dialect).peer(HOST, 80, factory);
            let Rig { clock, mut modem, mut cx, .. } = Rig::joined(config);
            let mut client = SafeHttpClient::new(&mut modem, &clock);
            let mut online = client.wait_online(&mut cx).unwrap();
            for round in 0..3 {
                let mut buffer = [0; 1024];
                let mut response = online
                    .get("http://192.168.4.20/", &mut buffer)
                    .send()
                    .unwrap_or_else(|error| panic!("{dialect} {closes} {round}: {error}"));
                assert_eq!(response.status(), 200, "{dialect}, closes: {closes}, round {round}");
                assert_eq!(response.read_to_str().unwrap(), "hello");
                drop(response);
                if round > 0 {
                    let why = online.client().close_reason();
                    assert_eq!(why, Some(CloseReason::ExcessBytes), "{dialect}, closes: {closes}");
                }
                clock.0.advance(Duration::from_secs(2));
            }
        }
    }
}

/// In real time, with the modem in a thread and a server on a real socket.
#[test]
fn a_get_in_real_time_from_a_real_server() {
    use conformance::common::tools::answering;
    use esp8266_sim::{Config, Simulator};
    use safe_http_client::{Clock, FnClock};
    use std::time::{Duration, Instant};

    let address = (std::net::Ipv4Addr::LOCALHOST, answering(HELLO.as_bytes())).into();
    for dialect in Dialect::ALL {
        let config = Config::new(dialect).baud(115_200).map(HOST, 80, address);
        let (_handle, port) = Simulator::spawn(config);
        let start = Instant::now();
        let clock = FnClock(|| start.elapsed().as_millis() as u32);
        let yield_now = || std::thread::sleep(Duration::from_micros(100));
        let mut cx = cx();
        let clock = clock.with_idle(yield_now);
        let mut modem: EspAt<_, _> = EspAt::new(port, &clock);
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        let mut client = SafeHttpClient::new(&mut modem, &clock);
        let mut online = client.wait_online(&mut cx).unwrap();
        let mut buffer = [0; 512];
        let mut response = online.get("http://192.168.4.20/", &mut buffer).send().unwrap();
        assert_eq!(response.read_to_str().unwrap(), "hello");
    }
}

#[test]
fn the_driver_is_small() {
    println!("EspAt<(), ()> with no room: {} bytes", size_of::<EspAt<(), (), 0>>());
    assert!(size_of::<EspAt<(), (), 0>>() < 1536);
}
