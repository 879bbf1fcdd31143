//! What has to follow passive data: an empty line and `OK`, with the line ends that this firmware makes,
//! and at most what the modem says of its own accord in between. Anything else says that bytes were lost
//! or added on the line, and the data are worth nothing.

use crate::wire::Event;

/// The ends of the firmware's lines: CR LF, or CR CR LF.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineEnds {
    /// Carriage returns before a line feed, as two lines in turn had them.
    returns: u8,
    /// Those of the last line.
    last: u8,
    /// Those just seen.
    run: u8,
}

impl LineEnds {
    pub(super) const NEW: Self = Self { returns: 1, last: 1, run: 0 };

    pub(super) fn returns(self) -> u8 {
        self.returns
    }

    /// A byte that is neither data nor behind data.
    pub(super) fn byte(&mut self, byte: u8) {
        match byte {
            b'\r' => self.run = self.run.saturating_add(1),
            b'\n' => {
                if self.last == self.run {
                    self.returns = self.run;
                }
                self.last = core::mem::take(&mut self.run);
            }
            _ => self.run = 0,
        }
    }
}

/// What came behind data so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    on: bool,
    /// Carriage returns and line feeds that aren't the end of an unsolicited line.
    returns: u8,
    feeds: u8,
    /// Carriage returns just before the byte that comes, or before the line feed that just came.
    run: u8,
    /// Those returns up to the last of those feeds, and to the one before it.
    marked: u8,
    marked_before: u8,
    /// The byte before was a line feed.
    ended: bool,
    /// Unsolicited lines, and how many of them firmwares put an empty line before.
    unsolicited: u8,
    led: u8,
}

impl Tail {
    pub(super) const OFF: Self = Self {
        on: false,
        returns: 0,
        feeds: 0,
        run: 0,
        marked: 0,
        marked_before: 0,
        ended: false,
        unsolicited: 0,
        led: 0,
    };
    pub(super) const ON: Self = Self { on: true, ..Self::OFF };

    pub(super) fn is_on(self) -> bool {
        self.on
    }

    /// Whether something unsolicited came between the data and their end.
    pub(super) fn is_interrupted(self) -> bool {
        self.unsolicited > 0
    }

    pub(super) fn byte(&mut self, byte: u8) {
        if core::mem::take(&mut self.ended) {
            self.run = 0;
        }
        match byte {
            b'\r' => {
                self.returns = self.returns.saturating_add(1);
                self.run = self.run.saturating_add(1);
            }
            b'\n' => {
                self.feeds = self.feeds.saturating_add(1);
                self.ended = true;
                self.marked_before = core::mem::replace(&mut self.marked, self.returns);
            }
            _ => self.run = 0,
        }
    }

    /// Whether this may follow; `part` where it may be a part of what an unsolicited line interrupts.
    /// So many carriage returns stand before a line feed.
    pub(super) fn takes(&mut self, event: Event, part: bool, returns: u8) -> bool {
        if event.is_unsolicited() {
            if self.ended {
                self.feeds = self.feeds.saturating_sub(1);
                self.returns = self.returns.saturating_sub(self.run);
                self.marked = self.marked_before;
            }
            self.unsolicited = self.unsolicited.saturating_add(1);
            let has_lead = matches!(event, Event::Notice { .. } | Event::Data { .. } | Event::Busy);
            self.led = self.led.saturating_add(u8::from(has_lead));
            return true;
        }
        if event == Event::Ok {
            // All but its own end, which something may interrupt.
            let feeds = self.feeds.saturating_sub(1);
            let right = self.marked_before == feeds.saturating_mul(returns);
            return right && (1..=self.led.saturating_add(1)).contains(&feeds);
        }
        // Behind the empty line.
        part && self.feeds >= 2
    }
}
