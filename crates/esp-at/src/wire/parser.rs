//! Bytes to events.

use super::line::{
    Event, classify, data_head, holds_names, interrupted_head, interruption, is_inside_name,
    read_head,
};
use heapless::Vec;

/// What is kept of a line. The longest that matter are those of scans.
const LINE: usize = 160;

/// The longest line that may be the front of one that an unsolicited line interrupted.
const FRAGMENT: usize = 40;

/// Takes the modem's bytes one at a time and says what they mean.
///
/// Data don't pass through it: behind a head (`Data`, `Read`) whoever feeds it takes the announced
/// number of bytes off the line, so that data are never searched for lines.
#[derive(Debug)]
pub(crate) struct Parser {
    line: Vec<u8, LINE, u8>,
    /// The line was told, and goes with the next byte.
    told: bool,
    /// Bytes at the line's front that came as a line of their own, before an unsolicited one, or as the
    /// front of a head before the line just told. They may be the front of what follows.
    joint: usize,
    /// The line just told was unknown, and short enough to be the front of another.
    fragment: bool,
    /// A `>` at the front of a line is the prompt for data.
    pub(crate) expect_prompt: bool,
    /// `+CIPRECVDATA` is the head of data.
    pub(crate) expect_read: bool,
    /// The firmware tells no hardware addresses of access points.
    pub(crate) tells_no_mac: bool,
    /// Data come unasked: nothing is announced without them.
    pub(crate) is_active: bool,
    /// The modem adds addresses to data although it was told not to.
    pub(crate) remote_info: bool,
}

impl Parser {
    pub(crate) const fn new() -> Self {
        Self {
            line: Vec::new(),
            told: false,
            joint: 0,
            fragment: false,
            expect_prompt: false,
            expect_read: false,
            tells_no_mac: false,
            is_active: false,
            remote_info: false,
        }
    }

    /// The line of the `Line` event just told.
    pub(crate) fn line(&self) -> &[u8] {
        self.line.get(self.joint..).unwrap_or_default().trim_ascii()
    }

    /// Forgets what was begun.
    #[inline(never)]
    pub(crate) fn clear(&mut self) {
        self.line.clear();
        self.told = false;
        self.joint = 0;
        self.fragment = false;
    }

    /// Nothing has come for so long that no name goes on: one that was cut short would swallow what is
    /// said next.
    pub(crate) fn end_name(&mut self) {
        // No other line has a line end in it.
        if self.line.contains(&b'\n') {
            self.clear();
        }
    }

    /// Takes a byte, and says what it completes.
    pub(crate) fn push(&mut self, byte: u8) -> Option<Event> {
        if self.told {
            self.told = false;
            if !self.fragment {
                // A head that was interrupted stays.
                self.line.truncate(self.joint);
                self.joint = 0;
            }
        }
        match byte {
            b'\n' if self.goes_on() => {
                let _ = self.line.push(byte);
                None
            }
            b'\n' => self.end_of_line(),
            // Lines may end in any number of them; a name may have some, too.
            b'\r' => {
                if self.is_named() {
                    let _ = self.line.push(byte);
                }
                None
            }
            _ => {
                if self.fragment {
                    self.joint = self.line.len();
                    self.fragment = false;
                }
                // What is beyond the room is lost: no line that matters is so long.
                let _ = self.line.push(byte);
                self.head(byte)
            }
        }
    }

    /// Whether the byte just taken completes something that ends without a line end.
    fn head(&mut self, byte: u8) -> Option<Event> {
        match byte {
            b'>' if self.expect_prompt && self.line().len() == 1 => {
                self.clear();
                Some(Event::Prompt)
            }
            b':' | b',' if self.expect_read => match read_head(&self.line, self.remote_info) {
                Some(event) => {
                    self.clear();
                    Some(event)
                }
                None => self.active_head(byte),
            },
            _ => self.active_head(byte),
        }
    }

    /// Whether somebody else's name is in the line.
    fn is_named(&self) -> bool {
        let begun = self.line.get(self.joint..).unwrap_or_default();
        holds_names(&self.line) || holds_names(begun.trim_ascii_start())
    }

    /// Whether the line end that comes is one in a name. One of the modem's own is CR LF.
    fn goes_on(&self) -> bool {
        let begun = self.line.get(self.joint..).unwrap_or_default();
        is_inside_name(begun.trim_ascii(), !self.tells_no_mac)
    }

    fn active_head(&mut self, byte: u8) -> Option<Event> {
        if byte != b':' || self.is_named() {
            return None;
        }
        let (start, event) = data_head(&self.line)?;
        // What it interrupted goes on behind the data.
        self.line.truncate(start);
        self.joint = self.joint.min(start);
        Some(event)
    }

    fn end_of_line(&mut self) -> Option<Event> {
        if self.line.trim_ascii().is_empty() {
            self.line.clear();
            return None;
        }
        if self.fragment {
            // An empty line behind a fragment.
            return None;
        }
        let mut event = classify(&self.line);
        if event == Event::Line && self.joint > 0 {
            // Not the rest of what was begun: a line of its own.
            let rest = self.line.get(self.joint..).unwrap_or_default();
            event = classify(rest);
            if event.is_unsolicited() {
                self.line.truncate(self.joint);
                self.joint = 0;
                self.fragment = true;
                return Some(event);
            }
            if event == Event::Line
                && rest.trim_ascii().starts_with(b"+")
                && interrupted_head(&self.line).is_none()
            {
                // In its place: a second line would be as much stack.
                let mut before = self.joint;
                self.line.retain(|_| {
                    let stays = before == 0;
                    before = before.saturating_sub(1);
                    stays
                });
                self.joint = 0;
            }
        }
        if self.is_active && matches!(event, Event::Notice { .. }) {
            // The head of data, cut short by the line end before what interrupts it.
            self.fragment = true;
            return Some(event);
        }
        if event == Event::Line {
            if let Some((start, event)) = interruption(&self.line).filter(|_| !self.is_named()) {
                // What it interrupted goes on behind it.
                if event == Event::Ready {
                    self.clear();
                } else {
                    self.line.truncate(start);
                    self.joint = self.joint.min(start);
                    self.fragment = false;
                }
                return Some(event);
            }
            self.told = true;
            // Otherwise the rest of an answer's line, as far as anybody can tell.
            self.joint = interrupted_head(&self.line).unwrap_or(0);
            if self.joint > 0 {
                self.fragment = false;
                return Some(event);
            }
            // What stands behind an echo isn't the rest of it.
            self.fragment = self.line.len() <= FRAGMENT
                && !self.is_named()
                && !self.line.trim_ascii_start().starts_with(b"AT+");
            return Some(event);
        }
        self.clear();
        Some(event)
    }
}
