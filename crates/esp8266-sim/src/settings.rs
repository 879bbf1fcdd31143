//! What commands set: in RAM, which a reset clears, and in flash.

use std::time::Duration;

use crate::config::Config;
use crate::wifi::{Credentials, mac};

/// Settings that a reset clears.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub echo: bool,
    pub baud: u32,
    pub syslog: bool,
    /// `AT+SYSMSG`: bit 1 asks for `+LINK_CONN`.
    pub messages: u32,
    /// `AT+SYSSTORE`: configuration goes to flash.
    pub store: bool,
    pub wifi_mode: u32,
    pub dhcp: bool,
    pub sleep: u32,
    pub hostname: Vec<u8>,
    /// `AT+CWRECONNCFG`: seconds from one try to the next (0: none), and how many tries (0: no end).
    pub reconnect: (u32, u32),
    /// `AT+CIPMUX`
    pub multiple: bool,
    /// `AT+CIPMODE`
    pub transparent: bool,
    /// `AT+CIPDINFO`
    pub remote_info: bool,
    /// `AT+CIPRECVMODE`
    pub passive: bool,
    pub ssl_size: u32,
    pub ssl_mode: [u32; 5],
    pub sni: [Vec<u8>; 5],
    pub common_name: [Vec<u8>; 5],
    /// Zone of SNTP, once it is on.
    pub sntp: Option<i32>,
    pub sntp_since: Duration,
}

impl Settings {
    pub fn new(config: &Config) -> Self {
        let nonos = config.dialect.is_nonos();
        let tail = mac(config.mac)[9..].replace(':', "").to_uppercase();
        Settings {
            echo: true,
            baud: config.baud.unwrap_or(115_200),
            syslog: false,
            messages: 0,
            store: true,
            wifi_mode: if nonos { 2 } else { 1 },
            dhcp: true,
            // Modem sleep, which the families number differently.
            sleep: if nonos { 2 } else { 1 },
            hostname: format!("ESP-{tail}").into_bytes(),
            reconnect: (1, 0),
            multiple: false,
            transparent: false,
            remote_info: false,
            passive: false,
            ssl_size: 2_048,
            ssl_mode: [0; 5],
            sni: Default::default(),
            common_name: Default::default(),
            sntp: None,
            sntp_since: Duration::ZERO,
        }
    }
}

/// Settings that outlast a reset.
#[derive(Clone, Debug)]
pub(crate) struct Flash {
    pub wifi_mode: Option<u32>,
    pub access_point: Option<Credentials>,
    pub auto_connect: bool,
    pub baud: Option<u32>,
}

impl Flash {
    pub fn new(config: &Config) -> Self {
        let saved = config.saved_ap.clone();
        Flash {
            // A station that has an access point was made one before.
            wifi_mode: saved.is_some().then_some(1),
            access_point: saved.map(|(ssid, password)| Credentials { ssid, password, bssid: None }),
            auto_connect: true,
            baud: None,
        }
    }
}
