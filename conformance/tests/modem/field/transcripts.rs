//! What ESP-AT 2.x and later 1.x firmwares say in public reports, word for word where it matters.

use super::*;
use std::collections::VecDeque;

/// An ESP-AT 2.2 that has joined, but for what `answer` says to a line.
fn esp_at(mut answer: impl FnMut(&str) -> Option<Answers> + 'static) -> Script {
    Script::new(move |line| {
        answer(line).or_else(|| {
            let told = match line {
                "AT+GMR" => "AT version:2.2.0.0(b097cdf - ESP8266 - Jun 17 2021 12:57:45)\r\n",
                "AT+CIPSTA?" => "+CIPSTA:ip:\"192.168.4.2\"\r\n",
                "AT+CIPDNS?" => "+CIPDNS:0,\"192.168.4.1\"\r\n",
                _ => return None,
            };
            Some(vec![(0, format!("{told}\r\nOK\r\n"))])
        })
    })
}

/// All that a connection brings, by reads of so many bytes.
fn read_all(script: &Script, tls: bool, most: usize) -> Result<Vec<u8>, EspAtError> {
    let (modem, mut cx) = script.driver();
    let mut modem = modem.with_tls(TlsVerification::None);
    modem.join(&mut cx, "sim", "simsimsim").unwrap();
    let mut socket = modem.socket().unwrap();
    if tls {
        modem.secure(&mut socket, "gate.local").unwrap();
    }
    nb::block!(modem.connect(&mut socket, at(443)))?;
    let mut all = Vec::new();
    let mut buffer = vec![0; most];
    for _ in 0..20_000 {
        match modem.receive(&mut socket, &mut buffer) {
            Ok(0) => return Ok(all),
            Ok(count) => all.extend(&buffer[..count]),
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => return Err(error),
        }
    }
    panic!("no end after {} bytes: {:#?}", all.len(), script.sent());
}

/// Over TLS `+IPD` and `AT+CIPRECVLEN?` tell the length of the records as they came, and a read gives what is in
/// one: 29 bytes less. The last record is the peer's farewell, which holds nothing: `ERROR`, and `CLOSED`.
/// (espressif/esp-at, issues 589, 655 and 729.)
#[test]
fn tls_records_are_longer_than_what_is_in_them() {
    const RECORD: usize = 29;
    for sizes in [&[421][..], &[494, 552, 1, 100], &[3_000, 7]] {
        for most in [16, 512, 1024] {
            let whole: Vec<u8> = (0..sizes.iter().sum()).map(|at| b'a' + (at % 26) as u8).collect();
            let mut rest = String::from_utf8(whole.clone()).unwrap();
            let mut records: VecDeque<usize> = sizes.iter().copied().collect();
            let (mut opened, mut open) = (0, true);
            let script = esp_at(move |line| {
                let waiting = |records: &VecDeque<usize>| {
                    records.iter().map(|size| size + RECORD).sum::<usize>() + 31
                };
                let told = match line {
                    _ if line.starts_with("AT+CIPSTART") => {
                        let waiting = waiting(&records);
                        format!("0,CONNECT\r\n\r\nOK\r\n\r\n+IPD,0,{waiting}\r\n")
                    }
                    "AT+CIPRECVLEN?" if open => {
                        let waiting = waiting(&records);
                        format!("+CIPRECVLEN:{waiting},-1,-1,-1,-1\r\n\r\nOK\r\n")
                    }
                    "AT+CIPRECVLEN?" => "+CIPRECVLEN:-1,-1,-1,-1,-1\r\n\r\nOK\r\n".into(),
                    _ => {
                        let most: usize = line.strip_prefix("AT+CIPRECVDATA=0,")?.parse().unwrap();
                        if opened == 0 {
                            opened = records.pop_front().unwrap_or(0);
                        }
                        if opened == 0 {
                            let closed =
                                if core::mem::take(&mut open) { "0,CLOSED\r\n" } else { "" };
                            return Some(vec![(0, format!("\r\nERROR\r\n{closed}"))]);
                        }
                        let count = opened.min(most);
                        opened -= count;
                        let data: String = rest.drain(..count).collect();
                        format!("+CIPRECVDATA:{count},{data}\r\nOK\r\n")
                    }
                };
                Some(vec![(1, told)])
            });
            assert_eq!(read_all(&script, true, most), Ok(whole), "{sizes:?} by {most}");
        }
    }
}
