//! The grammar of a command line: `AT`, `ATE0`, `AT+NAME`, `AT+NAME?`, `AT+NAME=?`, `AT+NAME=a,"b",,c`.

/// One argument of a set command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// Nothing between two commas.
    Empty,
    /// Written without quotes, as numbers are.
    Bare(Vec<u8>),
    /// Written in quotes; the escapes are already undone.
    Quoted(Vec<u8>),
}

impl Arg {
    /// The argument as an unsigned decimal number; `None` for anything else.
    pub fn number(&self) -> Option<u32> {
        match self {
            Arg::Bare(digits) if digits.iter().all(u8::is_ascii_digit) => {
                std::str::from_utf8(digits).ok()?.parse().ok()
            }
            _ => None,
        }
    }

    /// The bytes of a quoted argument.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Arg::Quoted(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// What a command line asks of its command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `AT+NAME`
    Execute,
    /// `AT+NAME?`
    Query,
    /// `AT+NAME=?`
    Test,
    /// `AT+NAME=…`
    Set(Vec<Arg>),
}

/// A command line taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The name with its plus sign, as `+GMR`; empty for a bare `AT`, `E0` for `ATE0`.
    pub name: String,
    /// What is asked of it.
    pub form: Form,
}

/// Why a line isn't a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// It doesn't begin with `AT`.
    NoPrefix,
    /// The arguments can't be taken apart, as with an unclosed quote.
    Arguments,
}

/// Takes a line (without its end) apart.
pub fn parse(line: &[u8]) -> Result<Command, ParseError> {
    let rest = line.strip_prefix(b"AT").ok_or(ParseError::NoPrefix)?;
    let end = rest.iter().position(|byte| matches!(byte, b'=' | b'?')).unwrap_or(rest.len());
    let name = String::from_utf8(rest[..end].to_vec()).map_err(|_| ParseError::Arguments)?;
    let form = match &rest[end..] {
        b"" => Form::Execute,
        b"?" => Form::Query,
        b"=?" => Form::Test,
        [b'=', arguments @ ..] => Form::Set(parse_arguments(arguments)?),
        _ => return Err(ParseError::Arguments),
    };
    Ok(Command { name, form })
}

fn parse_arguments(mut rest: &[u8]) -> Result<Vec<Arg>, ParseError> {
    let mut arguments = Vec::new();
    loop {
        let (argument, after) = match rest.strip_prefix(b"\"") {
            Some(body) => quoted(body)?,
            None => bare(rest),
        };
        arguments.push(argument);
        match after {
            [] => return Ok(arguments),
            [b',', more @ ..] => rest = more,
            // A quote closed early: `"a"b`.
            _ => return Err(ParseError::Arguments),
        }
    }
}

fn bare(text: &[u8]) -> (Arg, &[u8]) {
    let end = text.iter().position(|&byte| byte == b',').unwrap_or(text.len());
    let argument = match &text[..end] {
        [] => Arg::Empty,
        bytes => Arg::Bare(bytes.to_vec()),
    };
    (argument, &text[end..])
}

/// Only `,`, `"` and `\` can be escaped; a backslash before anything else stands for itself.
fn quoted(body: &[u8]) -> Result<(Arg, &[u8]), ParseError> {
    let mut bytes = Vec::new();
    let mut at = 0;
    loop {
        match body.get(at..) {
            Some([b'\\', escaped @ (b',' | b'"' | b'\\'), ..]) => {
                bytes.push(*escaped);
                at += 2;
            }
            Some([b'"', after @ ..]) => return Ok((Arg::Quoted(bytes), after)),
            Some([byte, ..]) => {
                bytes.push(*byte);
                at += 1;
            }
            _ => return Err(ParseError::Arguments),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(line: &[u8]) -> Vec<Arg> {
        match parse(line).expect("parses").form {
            Form::Set(arguments) => arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn forms() {
        for (line, name, form) in [
            (&b"AT"[..], "", Form::Execute),
            (b"ATE0", "E0", Form::Execute),
            (b"AT+GMR", "+GMR", Form::Execute),
            (b"AT+CIPMUX?", "+CIPMUX", Form::Query),
            (b"AT+CWMODE=?", "+CWMODE", Form::Test),
        ] {
            let command = parse(line).expect("parses");
            assert_eq!((command.name.as_str(), command.form), (name, form));
        }
        assert_eq!(parse(b"?"), Err(ParseError::NoPrefix));
        assert_eq!(parse(b"at"), Err(ParseError::NoPrefix));
    }

    #[test]
    fn escapes_and_any_bytes() {
        assert_eq!(
            set(b"AT+CWJAP=\"a\\,b\\\"c\\\\d\\n\xff\",\"p,q\",,3"),
            [
                Arg::Quoted(b"a,b\"c\\d\\n\xff".to_vec()),
                Arg::Quoted(b"p,q".to_vec()),
                Arg::Empty,
                Arg::Bare(b"3".to_vec()),
            ]
        );
    }

    #[test]
    fn malformed_arguments() {
        for line in [&b"AT+X=\"a"[..], b"AT+X=\"a\"b", b"AT+X=\"a\\\"", b"AT+X?y"] {
            assert_eq!(parse(line), Err(ParseError::Arguments), "{line:?}");
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(Arg::Bare(b"2048".to_vec()).number(), Some(2048));
        for bad in [&b"-1"[..], b"+1", b"1a", b"99999999999"] {
            assert_eq!(Arg::Bare(bad.to_vec()).number(), None);
        }
        assert_eq!(Arg::Quoted(b"1".to_vec()).number(), None);
    }
}
