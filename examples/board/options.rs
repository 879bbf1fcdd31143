//! What can be said on the command line: the same for every sketch.

use esp8266_sim::{Dialect, Fault, When};
use lexopt::{Arg, Parser, ValueExt as _};
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

const HELP: &str = "\
A sketch for an ESP8266 with AT firmware, on this PC. Without arguments, a modem, its network and a
server are simulated, and the sketch ends by itself.

      --port PATH        A real modem on this serial port, such as /dev/ttyUSB0
      --baud BAUD        Baud rate of the serial line
      --ssid SSID        Name of the Wi-Fi network [default: sim]
      --password TEXT    Its password [default: simsimsim]
      --url URL          Where the service is, such as http://192.168.1.20:8080; without it, one runs on this PC
      --seconds SECONDS  Ends after this time
      --runs RUNS        Ends once the service was reached this often
      --every SECONDS    Time between readings, in seconds
      --speed SPEED      How many times as fast time passes in the simulation [default: 1]
      --out FILE         Where a downloaded file goes
      --dialect DIALECT  Firmware of the simulated modem: nonos, at2 or single [default: at2]
      --fault NAME[@N]   What goes wrong with the simulated modem or its network, at the N-th occasion
      --list-faults      Lists the faults; --fault NAME lets one happen
  -h, --help             Print help";

#[derive(Debug)]
pub struct Options {
    pub port: Option<String>,
    pub baud: Option<u32>,
    pub ssid: String,
    pub password: String,
    pub url: Option<String>,
    pub seconds: Option<u32>,
    pub runs: Option<usize>,
    pub every: Option<f32>,
    pub speed: u32,
    pub out: Option<PathBuf>,
    pub dialect: Dialect,
    pub fault: Option<FaultAt>,
}

impl Options {
    /// Reads the command line, and ends the program where that says so.
    pub fn of_command_line() -> Self {
        Self::read(&mut Parser::from_env()).unwrap_or_else(|error| {
            eprintln!("error: {error}\n\nFor more information, try '--help'.");
            std::process::exit(2)
        })
    }

    fn read(parser: &mut Parser) -> Result<Self, String> {
        let mut options = Self {
            port: None,
            baud: None,
            ssid: "sim".into(),
            password: "simsimsim".into(),
            url: None,
            seconds: None,
            runs: None,
            every: None,
            speed: 1,
            out: None,
            dialect: Dialect::EspAt2,
            fault: None,
        };
        while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
            let name = match argument {
                Arg::Long(name) => name.to_owned(),
                Arg::Short('h') => "help".into(),
                other => return Err(other.unexpected().to_string()),
            };
            match name.as_str() {
                "help" => end(&[HELP]),
                "list-faults" => {
                    let line = |(fault, about): &(Fault, _)| format!("{:24} {about}", fault.name());
                    end(&Fault::ALL.iter().map(line).collect::<Vec<_>>())
                }
                "port" => options.port = Some(value(parser, &name)?),
                "baud" => options.baud = Some(value(parser, &name)?),
                "ssid" => options.ssid = value(parser, &name)?,
                "password" => options.password = value(parser, &name)?,
                "url" => options.url = Some(value(parser, &name)?),
                "seconds" => options.seconds = Some(value(parser, &name)?),
                "runs" => options.runs = Some(value(parser, &name)?),
                "every" => options.every = Some(value(parser, &name)?),
                "speed" => options.speed = value(parser, &name)?,
                "out" => options.out = Some(value(parser, &name)?),
                "dialect" => options.dialect = value(parser, &name)?,
                "fault" => options.fault = Some(value(parser, &name)?),
                _ => return Err(Arg::Long(&name).unexpected().to_string()),
            }
        }
        match options.speed {
            1 => Ok(options),
            2..=100 if options.port.is_none() => Ok(options),
            2..=100 => Err("--speed is the simulation's: it doesn't go with --port".into()),
            speed => Err(format!("--speed takes 1 to 100, and not {speed}")),
        }
    }
}

fn value<T: FromStr<Err: Display>>(parser: &mut Parser, name: &str) -> Result<T, String> {
    let text = parser.value().and_then(|text| text.string()).map_err(|error| error.to_string())?;
    text.parse().map_err(|error| format!("--{name} doesn't take `{text}`: {error}"))
}

fn end(lines: &[impl Display]) -> ! {
    for line in lines {
        println!("{line}");
    }
    std::process::exit(0)
}

/// A fault, and when it happens.
#[derive(Debug, Clone, Copy)]
pub struct FaultAt {
    pub fault: Fault,
    pub when: Option<When>,
}

impl FromStr for FaultAt {
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
