//! The simulator as a program: a modem behind a pseudo-terminal, standard input and output, or a TCP port.

#![forbid(unsafe_code)]

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use esp8266_sim::serve::Server;
use esp8266_sim::{AccessPoint, Config, Dialect, Fault, Lan, Version, When};

const HELP: &str = "\
An ESP8266 running AT firmware, simulated.

esp8266-sim --pty | --stdio | --tcp PORT [OPTIONS]

  --pty                        serve a pseudo-terminal; its path is printed
  --stdio                      serve standard input and output
  --tcp PORT                   serve a port of 127.0.0.1 (0: any free one; it is printed)

  --dialect nonos|at2|single   family of firmware (at2); single: NonOS, and deaf while it works
  --version X.Y.Z              its version (1.7.4, 2.2.1)
  --baud N                     pace the bytes at this rate
  --booted                     the boot is over already: no noise, no `ready`
  --lan A.B.C                  the network, instead of 192.168.4
  --ap SSID:PASSWORD           an access point, instead of sim:simsimsim; may be repeated
  --map IP:PORT=REAL:PORT      an address of the simulated network and the real one behind it
  --host NAME=IP               a name and its address
  --host-resolver              ask this machine for other names, and connect to addresses that aren't mapped
  --fault NAME[@N]             a fault, always or at the N-th event it waits for; may be repeated
  --list-faults                the faults, one a line
";

#[derive(Clone, Copy)]
enum Serve {
    Pty,
    Stdio,
    Tcp(u16),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("esp8266-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error>;

fn run() -> Result<(), Failure> {
    let Some((config, serve)) = arguments()? else {
        return Ok(());
    };
    let mut server = Server::new(config);
    match serve {
        Serve::Stdio => server.stdio()?,
        Serve::Tcp(port) => server.tcp(port, |port| println!("127.0.0.1:{port}"))?,
        #[cfg(unix)]
        Serve::Pty => server.pty(|path| println!("{path}"))?,
        #[cfg(not(unix))]
        Serve::Pty => return Err("no pseudo-terminals on this system".into()),
    }
    Ok(())
}

fn arguments() -> Result<Option<(Config, Serve)>, Failure> {
    use lexopt::prelude::*;

    let mut parser = lexopt::Parser::from_env();
    let mut serve = None;
    let mut dialect = Dialect::EspAt2;
    let mut version: Option<Version> = None;
    let mut config = Config::new(dialect);
    let mut points = Vec::new();
    let mut maps: Vec<(Ipv4Addr, u16, SocketAddr)> = Vec::new();
    let mut network = String::from("192.168.4");
    let mut internet = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("pty") => serve = Some(Serve::Pty),
            Long("stdio") => serve = Some(Serve::Stdio),
            Long("tcp") => serve = Some(Serve::Tcp(parser.value()?.parse()?)),
            Long("dialect") => dialect = parser.value()?.parse()?,
            Long("version") => version = Some(parser.value()?.parse()?),
            Long("baud") => config.baud = Some(parser.value()?.parse()?),
            Long("booted") => config.boots = false,
            Long("lan") => network = parser.value()?.string()?,
            Long("ap") => {
                let value = parser.value()?.string()?;
                let (ssid, password) = halves(&value, ':')?;
                points.push(AccessPoint::new(ssid, password));
            }
            Long("map") => {
                let value = parser.value()?.string()?;
                let (from, to) = halves(&value, '=')?;
                let (address, port) = halves(from, ':')?;
                let to: SocketAddr = to.parse()?;
                maps.push((address.parse()?, port.parse()?, to));
            }
            Long("host") => {
                let value = parser.value()?.string()?;
                let (name, address) = halves(&value, '=')?;
                config.dns.insert(name, address.parse::<Ipv4Addr>()?);
            }
            Long("host-resolver") => {
                config.dns.host_resolver = true;
                internet = true;
            }
            Long("fault") => {
                let value = parser.value()?.string()?;
                let (name, when) = match value.split_once('@') {
                    Some((name, count)) => (name, When::Nth(count.parse()?)),
                    None => (value.as_str(), When::Always),
                };
                config.faults.push((name.parse()?, when));
            }
            Long("list-faults") => {
                for (fault, about) in Fault::ALL {
                    println!("{:24} {about}", fault.name());
                }
                return Ok(None);
            }
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(None);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    config.dialect = dialect;
    config.version = version.unwrap_or(dialect.default_version());
    if !points.is_empty() {
        config.access_points = points;
    }
    let gateway: Ipv4Addr = format!("{network}.1").parse()?;
    let [a, b, c, _] = gateway.octets();
    config.lan = Lan::new([a, b, c]);
    config.lan.internet = internet;
    for (address, port, to) in maps {
        config.lan.map(address, port, to);
    }
    let serve = serve.ok_or("one of --pty, --stdio and --tcp PORT is needed; --help tells more")?;
    Ok(Some((config, serve)))
}

fn halves(text: &str, separator: char) -> Result<(&str, &str), Failure> {
    text.split_once(separator).ok_or_else(|| format!("`{text}` has no `{separator}`").into())
}
