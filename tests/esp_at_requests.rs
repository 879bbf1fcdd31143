//! Requests over the driver: what is said on the line, in both dialects.
#![cfg(feature = "esp-at")]

mod esp_at_common;

use esp_at_common::*;
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
        println!("{dialect}: {} bytes", size_of::<Driver>());
        println!("{:?}", handle.sent_lines());
        handle.clear_log();
        let client = SafeHttpClient::new(&mut modem, &clock);
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
                .get(&mut cx, "http://192.168.4.20/", &mut buffer)
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
        drop(online);
        assert_eq!(lines(handle.sent_lines()), ["AT+CIPCLOSE=0"]);
    }
}

#[test]
fn the_driver_is_small() {
    println!("EspAt<(), ()> with no room: {} bytes", size_of::<EspAt<(), (), 0>>());
    assert!(size_of::<EspAt<(), (), 0>>() < 1536);
}
