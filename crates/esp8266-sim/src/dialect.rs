//! The two families of AT firmware in the field, and what each version of them knows.

use std::fmt;
use std::str::FromStr;

/// A family of AT firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// NonOS AT 1.7, on the NonOS SDK 3.0: `_CUR` and `_DEF` commands.
    NonOs17,
    /// ESP-AT 2.0 to 2.3, on the RTOS SDK.
    EspAt2,
    /// A firmware of the 1.7 dialect that does one thing at a time: it answers nothing while a connect, a
    /// name or a TLS handshake is under way, and carries out afterwards what was sent meanwhile. It tells
    /// reasons behind `WIFI DISCONNECT` and totals in `+IPD`, doesn't join again by itself, and says
    /// `ERROR` for each 200 bytes without a line end.
    Single17,
}

impl Dialect {
    /// Both families, for tests that go over them.
    pub const ALL: [Dialect; 2] = [Dialect::NonOs17, Dialect::EspAt2];

    /// Both families, and the firmware that does one thing at a time.
    pub const WITH_SINGLE: [Dialect; 3] = [Dialect::NonOs17, Dialect::EspAt2, Dialect::Single17];

    /// Whether its commands are those of NonOS AT.
    pub fn is_nonos(self) -> bool {
        self != Dialect::EspAt2
    }

    /// The version that is simulated unless told otherwise.
    pub fn default_version(self) -> Version {
        match self {
            Dialect::NonOs17 | Dialect::Single17 => Version(1, 7, 4),
            Dialect::EspAt2 => Version(2, 2, 1),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::NonOs17 => "nonos",
            Dialect::EspAt2 => "at2",
            Dialect::Single17 => "single",
        })
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "nonos" => Ok(Dialect::NonOs17),
            "at2" => Ok(Dialect::EspAt2),
            "single" => Ok(Dialect::Single17),
            _ => Err(format!("no dialect `{name}`: nonos, at2 or single")),
        }
    }
}

/// The version that `AT+GMR` tells, as `2.2.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u8, pub u8, pub u8);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` isn't a version such as 2.2.1");
        let mut parts = text.split('.').map(|part| part.parse::<u8>());
        let mut next = || parts.next().and_then(Result::ok);
        let version = match (next(), next(), next()) {
            (Some(major), Some(minor), Some(patch)) => Version(major, minor, patch),
            _ => return Err(wrong()),
        };
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(version)
    }
}

/// What this version of the firmware knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    /// AT 0.18 of SDK 0.9: no command of later ones, and no `ERROR` for what it doesn't know.
    pub first: bool,
    /// `AT+CIPDOMAIN`, `AT+CIPDINFO`, `AT+SYSRAM`, from 1.0 on.
    pub modern: bool,
    /// `_CUR` and `_DEF` suffixes.
    pub suffixes: bool,
    /// `AT+SYSSTORE`, ESP-AT 2.1 on.
    pub sysstore: bool,
    /// `AT+CWSTATE?`, ESP-AT 2.2 on.
    pub cwstate: bool,
    /// `AT+CIPSTATE?`, ESP-AT 2.2.2 on.
    pub cipstate: bool,
    /// `AT+CIPRECVMODE=1`: NonOS 1.7 on, unusable in ESP-AT 2.0.
    pub passive: bool,
}

impl Features {
    pub fn of(dialect: Dialect, version: Version) -> Self {
        let at2 = !dialect.is_nonos();
        let first = version < Version(0, 20, 0);
        Features {
            first,
            modern: version >= Version(1, 0, 0),
            suffixes: !at2 && !first,
            sysstore: at2 && version >= Version(2, 1, 0),
            cwstate: at2 && version >= Version(2, 2, 0),
            cipstate: at2 && version >= Version(2, 2, 2),
            passive: version >= if at2 { Version(2, 1, 0) } else { Version(1, 7, 0) },
        }
    }
}

/// The lines of `AT+GMR` before its `OK`, in the form that builds of each family print.
pub(crate) fn identity(dialect: Dialect, version: Version) -> String {
    match dialect {
        // The numbers of AT and SDK, as AT 0.18 of SDK 0.9.2 tells them.
        _ if version < Version(0, 20, 0) => {
            format!("001800{:02}{:02}\r\n", version.1, version.2)
        }
        Dialect::NonOs17 | Dialect::Single17 => format!(
            "AT version:{version}.0(May 11 2020 19:13:04)\r\nSDK version:3.0.4(9532ceb)\r\n\
             compile time:May 27 2020 10:12:17\r\nBin version(Wroom 02):{version}\r\n"
        ),
        Dialect::EspAt2 => format!(
            "AT version:{version}.0(s-b097cdf - ESP8266 - Jun 17 2021 12:58:29)\r\n\
             SDK version:v3.4-22-g967752e2\r\ncompile time(6800286):Aug  4 2021 17:34:06\r\n\
             Bin version:{version}(ESP8266_1MB)\r\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_follow_the_version() {
        let of = |major, minor, patch| {
            let features = Features::of(Dialect::EspAt2, Version(major, minor, patch));
            (features.sysstore, features.cwstate, features.cipstate)
        };
        assert_eq!(of(2, 0, 0), (false, false, false));
        assert_eq!(of(2, 1, 0), (true, false, false));
        assert_eq!(of(2, 2, 1), (true, true, false));
        assert_eq!(of(2, 2, 2), (true, true, true));
        assert_eq!(of(2, 3, 0), (true, true, true));
        assert!(!Features::of(Dialect::EspAt2, Version(2, 0, 0)).passive);
        assert!(Features::of(Dialect::NonOs17, Version(1, 7, 4)).passive);
        assert!(!Features::of(Dialect::NonOs17, Version(1, 6, 2)).passive);
    }

    #[test]
    fn names_round_trip() {
        for dialect in Dialect::WITH_SINGLE {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        assert_eq!("2.3.0".parse(), Ok(Version(2, 3, 0)));
        assert!("2.3".parse::<Version>().is_err());
        assert!("2.3.0.0".parse::<Version>().is_err());
    }
}
