//! A POST that is given up, at each moment: the server takes no whole request that its caller didn't make.
//! The firmware has to be given the rest of a send that it waits for; what that is is in no text.

use conformance::modem::*;
use esp8266_sim::{Dialect, PeerFactory, Reply};
use safe_http_client::SafeHttpClient;
use std::sync::{Arc, Mutex};

type Got = Arc<Mutex<Vec<Vec<u8>>>>;

/// Keeps what each connection brought, and answers nothing.
fn records(got: &Got) -> PeerFactory {
    let got = Arc::clone(got);
    Arc::new(move || {
        let at = {
            let mut all = got.lock().unwrap();
            all.push(Vec::new());
            all.len() - 1
        };
        let got = Arc::clone(&got);
        Box::new(move |bytes: &[u8], _: &mut Reply| {
            got.lock().unwrap()[at].extend_from_slice(bytes);
        })
    })
}

/// The body of a request that a server takes for a whole one.
fn whole_body(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let (head, body) = bytes.split_at(end);
    let head = std::str::from_utf8(head).ok()?;
    let chunked = head.contains("Transfer-Encoding: chunked");
    if chunked {
        return body.windows(5).any(|five| five == b"0\r\n\r\n").then_some(body);
    }
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let length: usize = length?.parse().ok()?;
    body.get(..length)
}

#[test]
fn a_post_that_is_given_up_reaches_no_server_as_another_whole_one() {
    let long = "door=open&".repeat(300);
    let (mut padded, mut cut, mut same, mut filled) = (0, 0, 0, 0);
    for dialect in Dialect::WITH_SINGLE {
        for body in ["door=open", "{\"door\": \"open\"}", &long] {
            for limit in
                (1..100).step_by(2).chain((100..500).step_by(40)).chain((500..760).step_by(3))
            {
                let got = Got::default();
                let mut config = config(dialect).peer(HOST, 8080, records(&got)).baud(38_400);
                config.timing.send = 7 * MS;
                let mut rig = Rig::joined(config);
                let mut client = SafeHttpClient::new(&mut rig.modem, &rig.clock);
                let mut online = client.wait_online(&mut rig.cx).unwrap();
                let error = online
                    .post("http://192.168.4.20:8080/gate", [0; 256])
                    .body(body.as_bytes())
                    .total_timeout(Some(limit * MS))
                    .send()
                    .map(drop);
                assert!(error.is_err());
                drop(client);
                rig.poll(SECOND);
                for bytes in got.lock().unwrap().iter() {
                    filled += usize::from(bytes.contains(&0xFF));
                    match whole_body(bytes) {
                        Some(whole) if whole == body.as_bytes() => same += 1,
                        Some(whole) => {
                            let what = format!("{dialect} {limit} ms: {}", whole.escape_ascii());
                            // Neither UTF-8, nor shorter for who ends a text at a zero.
                            assert!(std::str::from_utf8(whole).is_err(), "{what}");
                            assert!(!whole.contains(&0), "{what}");
                            padded += 1;
                        }
                        None => cut += 1,
                    }
                }
                // The modem is as good as before.
                let mut client = SafeHttpClient::new(&mut rig.modem, &rig.clock);
                let mut online = client.wait_online(&mut rig.cx).unwrap();
                let mut response = online.get("http://192.168.4.20/", [0; 256]).send().unwrap();
                assert_eq!(response.read_to_str().unwrap(), "hello", "{dialect} {limit}");
            }
        }
    }
    println!(
        "given up: {same} whole as made, {cut} cut, {padded} with an end that is no text; {filled} were \
         filled up"
    );
    assert!(same > 0 && cut > 0 && filled > 0 && padded > 0, "{same} {cut} {padded} {filled}");
}
