//! What a line of the modem means. Both families' spellings of an answer are always accepted.

use super::fields::{Fields, Named, number, signed};

/// Links of the modem, numbered from 0.
pub(crate) const LINKS: usize = 5;

/// What the modem said. A link is `None` where the firmware left its number out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// `OK`
    Ok,
    /// `ERROR`
    Error,
    /// `FAIL`: how NonOS ends a join.
    Fail,
    /// `busy p...`, `busy s...`: the line just sent wasn't executed.
    Busy,
    /// `ready`, after a reset.
    Ready,
    /// `Will force to restart!!!`
    WillRestart,
    /// `WIFI CONNECTED`: on the access point, and without an address.
    WifiConnected,
    /// `WIFI GOT IP`
    WifiGotIp,
    /// `WIFI DISCONNECT`, `WIFI DISCONNECT (4)`: the number of the reason, or 0.
    WifiDisconnect(u8),
    /// `<id>,CONNECT`, `+LINK_CONN:…`
    Connect(Option<u8>),
    /// `<id>,CLOSED`, `<id>,CONNECT FAIL`
    Closed(Option<u8>),
    /// `SEND OK`
    SendOk,
    /// `SEND FAIL`, `SEND Canceled`
    SendFail,
    /// `Recv <n> bytes`
    Taken(u32),
    /// `>`
    Prompt,
    /// `link is not valid`
    NotValid,
    /// `ALREADY CONNECTED`
    AlreadyConnected,
    /// `no ip`
    NoIp,
    /// `DNS Fail`
    DnsFail,
    /// `+IPD,<id>,<n>` without data: passive mode.
    Notice { link: u8, length: u32 },
    /// `+IPD,<id>,<n>[,…]:`, with so many bytes behind it.
    Data { link: u8, length: u32 },
    /// `+CIPRECVDATA…:`, with so many bytes behind it; `None` where the length is no length.
    Read(Option<u32>),
    /// Anything else: the parser's `line` has it.
    Line,
}

impl Event {
    /// Whether it can come at any byte, in the middle of an answer.
    pub(crate) fn is_unsolicited(self) -> bool {
        matches!(
            self,
            Self::Ready
                | Self::WillRestart
                | Self::WifiConnected
                | Self::WifiGotIp
                | Self::WifiDisconnect(_)
                | Self::Connect(_)
                | Self::Closed(_)
                | Self::Notice { .. }
                | Self::Data { .. }
                | Self::Busy
        )
    }
}

/// The meaning of a whole line, without its end.
pub(crate) fn classify(line: &[u8]) -> Event {
    // The space behind NonOS's `> ` begins the next line; some lines end in one.
    let line = line.trim_ascii();
    match KNOWN.iter().find(|(known, _)| known.as_bytes() == line) {
        Some((_, event)) => *event,
        None => with_numbers(line),
    }
}

/// The lines that are always the same. A table takes less flash than the comparisons.
const KNOWN: [(&str, Event); 23] = [
    ("OK", Event::Ok),
    ("ERROR", Event::Error),
    ("FAIL", Event::Fail),
    // What firmwares before 0.20 say to a command that they don't know.
    ("no this fun", Event::Error),
    ("busy now ...", Event::Busy),
    ("busy p...", Event::Busy),
    ("busy s...", Event::Busy),
    ("ready", Event::Ready),
    ("Will force to restart!!!", Event::WillRestart),
    ("WIFI CONNECTED", Event::WifiConnected),
    ("WIFI GOT IP", Event::WifiGotIp),
    ("WIFI DISCONNECT", Event::WifiDisconnect(0)),
    ("CONNECT", Event::Connect(None)),
    ("CLOSED", Event::Closed(None)),
    ("SEND OK", Event::SendOk),
    ("SEND FAIL", Event::SendFail),
    ("SEND Canceled", Event::SendFail),
    (">", Event::Prompt),
    ("link is not valid", Event::NotValid),
    ("ALREADY CONNECTED", Event::AlreadyConnected),
    ("ALREADY CONNECT", Event::AlreadyConnected),
    ("no ip", Event::NoIp),
    ("DNS Fail", Event::DnsFail),
];

fn with_numbers(line: &[u8]) -> Event {
    if let [id, b',', rest @ ..] = line
        && let Some(link) = link(*id)
    {
        match rest {
            b"CONNECT" => return Event::Connect(Some(link)),
            // The second of a link that broke, on firmwares of the 1.x line.
            b"CLOSED" | b"CONNECT FAIL" => return Event::Closed(Some(link)),
            _ => {}
        }
    }
    if let Some(rest) = line.strip_prefix(b"WIFI DISCONNECT") {
        // However a firmware writes its reason.
        if !rest.first().is_some_and(u8::is_ascii_alphanumeric) {
            let digits =
                rest.split(|byte| !byte.is_ascii_digit()).find(|digits| !digits.is_empty());
            let reason = digits.and_then(number).and_then(|reason| u8::try_from(reason).ok());
            return Event::WifiDisconnect(reason.unwrap_or(0));
        }
    }
    if let Some(rest) = line.strip_prefix(b"+IPD,") {
        let mut fields = Fields(rest);
        if let (Some(link), Some(length)) = (fields.number(), fields.number())
            && let Some(link) = u8::try_from(link).ok().filter(|id| usize::from(*id) < LINKS)
            // Behind it there is the peer's address, or nothing: all else is another line's.
            && (fields.0.is_empty() || fields.is_peer())
        {
            return Event::Notice { link, length };
        }
    }
    if let Some(rest) = line.strip_prefix(b"+LINK_CONN:") {
        let mut fields = Fields(rest);
        // Its status comes first: 0 is a success.
        if fields.number() == Some(0) {
            return Event::Connect(fields.number().and_then(|id| u8::try_from(id).ok()));
        }
    }
    if let Some(rest) = line.strip_prefix(b"Recv ")
        && let Some(count) = rest.strip_suffix(b" bytes").and_then(number)
    {
        return Event::Taken(count);
    }
    Event::Line
}

fn link(digit: u8) -> Option<u8> {
    digit.checked_sub(b'0').filter(|id| usize::from(*id) < LINKS)
}

/// A line that came in the middle of another one, at its end: where it begins, and what it is.
///
/// The firmware says `WIFI GOT IP` and the like at any byte of an answer, and only those: they are
/// looked for at the end of each line, but not behind a name of the outside world, which may read
/// like one.
pub(crate) fn interruption(line: &[u8]) -> Option<(usize, Event)> {
    const TEXTS: [&[u8]; 7] = [
        b"ready",
        b"WIFI CONNECTED",
        b"WIFI GOT IP",
        b"WIFI DISCONNECT",
        b"Will force to restart!!!",
        b"busy p...",
        b"busy s...",
    ];
    if holds_names(line) {
        return None;
    }
    for text in TEXTS {
        if line.ends_with(text) {
            return Some((line.len().saturating_sub(text.len()), classify(text)));
        }
    }
    if let Some(start) = last(line, b"WIFI DISCONNECT") {
        let event = classify(line.get(start..)?);
        return (event != Event::Line).then_some((start, event));
    }
    for (text, length) in [(&b",CONNECT"[..], 9), (b",CLOSED", 8), (b",CONNECT FAIL", 14)] {
        if line.ends_with(text) {
            let start = line.len().checked_sub(length)?;
            let event = classify(line.get(start..)?);
            return (event != Event::Line).then_some((start, event));
        }
    }
    for text in [&b"+IPD,"[..], b"+LINK_CONN:"] {
        if let Some(start) = last(line, text) {
            let event = classify(line.get(start..)?);
            return (event != Event::Line).then_some((start, event));
        }
    }
    None
}

/// The head of active data that ends with the colon just read: where it begins, and what it is.
pub(crate) fn data_head(line: &[u8]) -> Option<(usize, Event)> {
    let head = line.strip_suffix(b":")?;
    if holds_names(line) {
        return None;
    }
    let start = last(head, b"+IPD,")?;
    match with_numbers(head.get(start..)?) {
        Event::Notice { link, length } => Some((start, Event::Data { link, length })),
        _ => None,
    }
}

/// Where the head of active data ends that an unknown line interrupts: at what can't go on with it.
pub(crate) fn interrupted_head(line: &[u8]) -> Option<usize> {
    const HEAD: &[u8] = b"+IPD,";
    let same = line.iter().zip(HEAD).take_while(|(byte, head)| byte == head).count();
    let rest = line.get(same..)?;
    if same < HEAD.len() {
        // A `+` may be anybody's, and nothing else begins with `+I`.
        let is_head = rest.starts_with(b"+") || (same > 1 && !rest.is_empty());
        return (same > 0 && is_head).then_some(same);
    }
    let goes_on = |byte: &u8| matches!(byte, b'0'..=b'9' | b',' | b'.' | b'"');
    let end = rest.iter().position(|byte| !goes_on(byte))?;
    same.checked_add(end)
}

/// The head of passive data that ends with the byte just read. With `remote_info` ESP-AT puts the
/// peer's address and port before the data.
pub(crate) fn read_head(line: &[u8], remote_info: bool) -> Option<Event> {
    let at = last(line, b"+CIPRECVDATA")?;
    let (mark, rest) = line.get(at.checked_add(12)?..)?.split_first()?;
    let length = match mark {
        // NonOS: `+CIPRECVDATA,<len>:`
        b',' => rest.strip_suffix(b":")?,
        // ESP-AT: `+CIPRECVDATA:<len>,["ip",port,]`
        b':' => {
            let whole = rest.strip_suffix(b",")?;
            let mut fields = whole.split(|byte| *byte == b',');
            let length = fields.next()?;
            if fields.count() != if remote_info { 2 } else { 0 } {
                return None;
            }
            length
        }
        _ => return None,
    };
    // A length below zero lies. What is no number at all is another line in the middle of this one.
    match number(length) {
        None if signed(length).is_none() => None,
        length => Some(Event::Read(length)),
    }
}

/// Where `text` last occurs.
fn last(line: &[u8], text: &[u8]) -> Option<usize> {
    // Not `windows`, which can panic as far as the compiler sees.
    (0..line.len())
        .rev()
        .find(|start| line.get(*start..).is_some_and(|rest| rest.starts_with(text)))
}

/// Lines with names in them that somebody else chose, and the echo of our own.
pub(crate) fn holds_names(line: &[u8]) -> bool {
    [&b"+CWLAP"[..], b"+CWJAP", b"AT+CW"].iter().any(|text| line.starts_with(text))
}

/// The longest name of an access point (IEEE 802.11).
const LONGEST_NAME: usize = 32;

/// Whether a line end that comes now may be one in an access point's name: then what follows it isn't
/// the modem's own. Names have line ends as they please, and firmwares don't escape them; but none has
/// room for a line end behind all that has to follow it, a hardware address among it.
pub(crate) fn is_inside_name(line: &[u8], has_mac: bool) -> bool {
    let Some(text) = from_name(line) else {
        return false;
    };
    let escapes = text.windows(2).filter(|pair| matches!(pair, [b'\\', b',' | b'"' | b'\\']));
    let length = text.len().saturating_sub(escapes.count());
    let is_whole = |told: Named<'_>| told.mac.is_some() || !has_mac;
    length <= LONGEST_NAME && !Named::parse(text).is_some_and(is_whole)
}

/// What stands behind the opening quote of an access point's name.
fn from_name(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii_start();
    if let Some(rest) = line.strip_prefix(b"+CWLAP:(") {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        return rest.get(digits..)?.strip_prefix(b",\"");
    }
    let rest = line.strip_prefix(b"+CWJAP")?;
    let rest = rest.strip_prefix(b"_CUR").or_else(|| rest.strip_prefix(b"_DEF")).unwrap_or(rest);
    rest.strip_prefix(b":\"")
}
