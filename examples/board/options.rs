//! What can be said on the command line: the same for every sketch.

use clap::Parser;
use esp8266_sim::{Dialect, Fault, When};
use std::path::PathBuf;

/// Without arguments, a modem, its network and a server are simulated, and the sketch ends by itself.
#[derive(Debug, Parser)]
#[command(about = "A sketch for an ESP8266 with AT firmware, on this PC")]
pub struct Options {
    /// A real modem on this serial port, such as /dev/ttyUSB0
    #[arg(long, value_name = "PATH")]
    pub port: Option<String>,
    /// Baud rate of the serial line
    #[arg(long)]
    pub baud: Option<u32>,
    /// Name of the Wi-Fi network
    #[arg(long, default_value = "sim")]
    pub ssid: String,
    /// Its password
    #[arg(long, default_value = "simsimsim")]
    pub password: String,
    /// Where the service is, such as http://192.168.1.20:8080; without it, one runs on this PC
    #[arg(long)]
    pub url: Option<String>,
    /// Ends after this time
    #[arg(long)]
    pub seconds: Option<u32>,
    /// Ends once the service was reached this often
    #[arg(long)]
    pub runs: Option<usize>,
    /// Time between readings, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub every: Option<f32>,
    /// How many times as fast time passes in the simulation
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100), conflicts_with = "port")]
    pub speed: u32,
    /// Where a downloaded file goes
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Firmware of the simulated modem: nonos or at2
    #[arg(long, default_value = "at2")]
    pub dialect: Dialect,
    /// What goes wrong with the simulated modem or its network, at the N-th occasion
    #[arg(long, value_name = "NAME[@N]")]
    pub fault: Option<FaultAt>,
    /// Lists the faults
    #[arg(long)]
    pub list_faults: bool,
}

/// A fault, and when it happens.
#[derive(Debug, Clone, Copy)]
pub struct FaultAt {
    pub fault: Fault,
    pub when: Option<When>,
}

impl std::str::FromStr for FaultAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, when) = match text.split_once('@') {
            None => (text, None),
            Some((name, count)) => {
                let count = count.parse().map_err(|error| format!("`{count}`: {error}"))?;
                (name, Some(When::Nth(count)))
            }
        };
        Ok(Self { fault: name.parse()?, when })
    }
}
