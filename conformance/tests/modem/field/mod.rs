//! What people who do this job reported, and what a real firmware of the 1.7 dialect did: a row each, by
//! its words, with the right value, and relatives of it.

mod access_point;
mod connections;
mod deaf;
mod firmwares;
mod scans;
mod start_up;
mod transcripts;

use crate::script::{Answers, Script};
use conformance::modem::*;
use embedded_io::Write;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use esp8266_sim::{Config, Dialect, Fault, When, canned};
use safe_http_client::esp_at::{AtCommand, EspAtError, JoinError, Setting, TlsVerification};
use safe_http_client::{
    Cause, Confidence, DisconnectReason, ErrorKind, Link, LinkStatus, Network, SafeHttpClient,
};
use std::time::Duration;

const URL: &str = "http://192.168.4.20/";

/// A GET with these deadlines, and what a diagnosis says of its failure.
fn get_within(
    rig: &mut Rig,
    url: &str,
    most: Duration,
) -> Result<String, (Cause, Confidence, String)> {
    let Rig { modem, clock, cx, .. } = rig;
    let mut client = SafeHttpClient::new(modem, &*clock);
    let mut online = client.wait_online(cx).unwrap();
    let request = online.get(url, [0; 512]).connect_timeout(most).resolve_timeout(most);
    let outcome = request.send().map(|mut response| response.read_to_str().unwrap().to_owned());
    let error = match outcome {
        Ok(body) => return Ok(body),
        Err(error) => error,
    };
    let text = match &error.kind {
        ErrorKind::Connect(error) | ErrorKind::Handshake(error) | ErrorKind::Resolve(error) => {
            error.to_string()
        }
        _ => error.code().to_owned(),
    };
    let diagnosis = client.diagnosis(&error);
    Err((diagnosis.cause(), diagnosis.confidence(), text))
}
