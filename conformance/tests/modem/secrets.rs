//! Neither the network's password nor a request's credentials are in what the modem said last, nor in
//! anything else that is shown.

use conformance::modem::*;
use esp8266_sim::Dialect;
use safe_http_client::SafeHttpClient;
use safe_http_client::esp_at::{Join, JoinError, SerialRx};

const WRONG: &str = "wr0ngwr0ng";
/// `user:hunter2` in Base64, too.
const SECRETS: [&str; 4] = [WRONG, "simsimsim", "hunter2", "dXNlcjpodW50ZXIy"];

#[track_caller]
fn is_clean(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn no_secret_is_in_any_text() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::new(config(dialect));
        let refused = rig.modem.join(&mut rig.cx, "sim", WRONG).unwrap_err();
        assert_eq!(refused, JoinError::WrongPassword);
        is_clean(&format!("{refused} {refused:?} {:?}", rig.modem));
        let mut client = SafeHttpClient::new(&mut rig.modem, &rig.clock);
        let report = client.diagnose(&mut rig.cx, "http://user:hunter2@gate.local/");
        is_clean(&format!("{report} {report:?}"));
        drop(client);

        rig.join().unwrap();
        for (url, code) in [
            ("http://user:hunter2@192.168.4.20:9999/", "connect_failed"),
            ("http://user:hunter2@nobody.local/", "name_not_resolved"),
            ("http://user:hunter2@192.168.4.20:7/", "not_http"),
        ] {
            let mut client = SafeHttpClient::new(&mut rig.modem, &rig.clock);
            let mut online = client.wait_online(&mut rig.cx).unwrap();
            let mut buffer = [0; 512];
            let error = online.get(url, &mut buffer).send().unwrap_err();
            assert_eq!(error.code(), code, "{dialect}");
            let diagnosis = client.diagnosis(&error);
            is_clean(&format!("{error} {error:?} {diagnosis} {diagnosis:?} {client:?}"));
            is_clean(&String::from_utf8_lossy(diagnosis.last_words()));
        }
        is_clean(&format!("{:?}", rig.modem));
        // The password did go out, to the modem.
        assert!(rig.handle.sent_lines().iter().any(|line| line.contains(WRONG)));
    }
}

/// What `Debug` shows of the values that a password passes through: not its bytes as numbers either.
#[test]
fn no_debug_shows_a_password() {
    static RX: SerialRx<256> = SerialRx::new();
    let join = Join::new("sim", WRONG);
    for byte in format!("AT+CWJAP=\"sim\",\"{WRONG}\"\r\n").bytes() {
        RX.push(byte);
    }
    let mut wire = [0; 64];
    let port = RX.with_tx(&mut wire[..]);
    let as_numbers = WRONG.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
    for text in
        [format!("{join:?}"), format!("{:?}", RX), format!("{port:?}"), format!("{join:#?}")]
    {
        is_clean(&text);
        assert!(!text.contains(&as_numbers), "{text}");
    }
}
