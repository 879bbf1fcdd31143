//! What is known of a link that is connected: the data that wait in the modem, the send on its way,
//! and how the stream ends.

use crate::error::EspAtError;
use crate::words::CommandResult;
use nal_link::elapsed_ms;

/// From `CLOSED` to the driver's own look for what is left. A reader looks at once.
const LULL_MS: u32 = 100;

/// A reader that waits in vain for so long has the modem asked: its `+IPD` may never come.
const SILENCE_MS: u32 = 1_000;

/// No window of the modem's is larger; a longer announcement lies.
pub(crate) const WINDOW: u32 = 8_192;

/// The most that this grows to, in steps, as long as nothing comes.
const MOST_SILENCES: u8 = 5;

#[derive(Debug)]
pub(crate) struct OpenLink {
    /// Why what was received can't be trusted.
    pub(crate) fault: Option<EspAtError>,
    pub(crate) send: SendState,
    /// The peer has closed it.
    closed: bool,
    /// When the connection was made, or when the peer's `CLOSED` came.
    changed_at: u32,
    /// The peer has closed it, and the modem holds no more data.
    drained: bool,
    /// Bytes that the modem has told to hold.
    announced: u32,
    /// The modem may hold more than it has told.
    may_hold_more: bool,
    /// The data of a read, which lie in the driver.
    frame: Frame,
    /// So many bytes more than were handed out has the modem told to hold.
    missing: u32,
    /// The modem has to be asked what it holds.
    has_to_ask: bool,
    /// The peer had closed it when the modem was asked.
    asked_closed: bool,
    /// What the modem answered, as long as its answer isn't over.
    count: Option<i32>,
    /// Since when a reader waits in vain.
    waiting_since: Option<u32>,
    /// How often the modem was asked since something came.
    questions: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendState {
    Idle,
    Underway,
    /// How many bytes were sent or what went wrong, until its caller asks.
    Over(Result<u16, EspAtError>),
}

/// The data of a read are handed out once what follows them says that none was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// There are none.
    None,
    /// They come, or their end does.
    Coming,
    /// They are fewer than the modem has told to hold: it is asked for the rest first. Whether something
    /// unsolicited came before their end.
    Doubtful(bool),
    /// All is as it has to be.
    Whole,
    /// The same, but something unsolicited came before their end: data that shifted look like that, if
    /// such a text is in them.
    Interrupted,
}

/// What a reader that found no data can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReaderTask {
    Read,
    AskPending,
    Wait,
}

impl OpenLink {
    /// A connection that was just made. A server that speaks first may have sent bytes already, and
    /// closed it.
    pub(crate) fn new(announced: u32, closed: bool, now: u32) -> Self {
        Self {
            fault: None,
            send: SendState::Idle,
            closed,
            changed_at: now,
            drained: false,
            announced,
            may_hold_more: false,
            frame: Frame::None,
            missing: 0,
            has_to_ask: false,
            asked_closed: false,
            count: None,
            waiting_since: None,
            questions: 0,
        }
    }

    /// What was received can't be trusted any more. The first reason stays.
    pub(crate) fn fail(&mut self, error: EspAtError) {
        if self.fault.is_none() {
            self.fault = Some(error);
            self.frame = Frame::None;
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// `<id>,CLOSED`
    pub(crate) fn peer_closed(&mut self, now: u32) {
        self.closed = true;
        self.changed_at = now;
        self.drained = false;
    }

    /// The modem has given the link to another connection. What it held of one that had ended is lost.
    pub(crate) fn taken_over(&mut self) {
        if self.closed && !self.drained {
            self.fail(EspAtError::Closed);
        }
    }

    /// The modem knows no such connection: its `CLOSED` was missed.
    pub(crate) fn close_was_missed(&mut self) {
        self.closed = true;
    }

    /// Whether the peer has closed it, and whether the modem holds data still isn't known: it is
    /// asked, so that a kept connection is known to have ended before the next request needs it.
    pub(crate) fn ends_unread(&self, now: u32) -> bool {
        self.closed
            && elapsed_ms(now, self.changed_at) >= LULL_MS
            && !self.drained
            && !self.has_to_ask
            && !self.is_readable()
            && self.fault.is_none()
    }

    /// Whether the peer sends no more, and all that it has sent was read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.closed && self.drained && !self.is_readable()
    }

    fn is_readable(&self) -> bool {
        // Behind its end what is told of the link is of another connection.
        let has_ended = self.closed && self.drained;
        !has_ended && (self.announced > 0 || self.may_hold_more)
    }

    /// Whether data wait for a reader in the modem.
    pub(crate) fn has_unread(&self) -> bool {
        self.announced > 0
    }

    pub(crate) fn frame(&self) -> Frame {
        self.frame
    }

    /// All of it was handed out.
    pub(crate) fn frame_read(&mut self) {
        self.frame = Frame::None;
    }

    /// `+IPD,<id>,<n>`
    pub(crate) fn announce(&mut self, length: u32) {
        match length <= WINDOW {
            true => self.announced = length,
            // It lies.
            false => self.has_to_ask = true,
        }
        self.stop_waiting();
    }

    /// What a reader that found nothing here can do about it.
    pub(crate) fn reader_task(&mut self, passive: bool, now: u32) -> ReaderTask {
        let waited = elapsed_ms(now, *self.waiting_since.get_or_insert(now));
        let silences = self.questions.saturating_add(1).min(MOST_SILENCES);
        let silence = SILENCE_MS.saturating_mul(silences.into());
        if self.is_readable() && passive && !self.has_to_ask {
            ReaderTask::Read
        } else if self.has_to_ask || self.closed || (passive && waited >= silence) {
            ReaderTask::AskPending
        } else {
            ReaderTask::Wait
        }
    }

    /// Something came: the next reader's patience begins anew.
    pub(crate) fn stop_waiting(&mut self) {
        self.waiting_since = None;
        self.questions = 0;
    }

    /// The modem hands out so many bytes of the `most` that it was asked for; `tls`: over TLS.
    pub(crate) fn read_begins(&mut self, length: u32, most: u16, tls: bool) {
        self.frame = Frame::Coming;
        let due = self.announced.min(most.into());
        let short = length < due;
        // Over TLS the modem tells the length of the records, and hands out what is in one: always less
        // (*ESP-AT User Guide*, note at `AT+CIPRECVLEN`). What comes up short there says nothing of bytes lost.
        self.missing = if short && !tls { self.announced.saturating_sub(length) } else { 0 };
        let full = length == u32::from(most);
        self.announced = if full { self.announced.saturating_sub(length) } else { 0 };
        // What came between the announcement and the read isn't told by every firmware.
        self.may_hold_more = full && self.announced == 0;
        // It had said that there were some; or another record waits, which no notice has to follow.
        self.has_to_ask = length == 0 || (short && tls);
        self.stop_waiting();
    }

    /// What followed the data is what has to.
    pub(crate) fn read_ends(&mut self, interrupted: bool) {
        if self.frame != Frame::Coming {
            return;
        }
        self.frame = if self.missing > 0 {
            self.has_to_ask = true;
            Frame::Doubtful(interrupted)
        } else if interrupted {
            Frame::Interrupted
        } else {
            Frame::Whole
        };
    }

    /// Something came behind the end of a read that nobody has asked for.
    pub(crate) fn doubt_frame(&mut self) {
        if !matches!(self.frame, Frame::None | Frame::Coming) {
            self.fail(EspAtError::Corrupted);
        }
    }

    /// The modem has told what it holds still: is it what it didn't hand out?
    fn resolve_doubt(&mut self, count: i32) {
        let Frame::Doubtful(interrupted) = self.frame else {
            return;
        };
        if u32::try_from(count).unwrap_or(0) < self.missing {
            self.fail(EspAtError::Corrupted);
        } else {
            self.missing = 0;
            self.frame = if interrupted { Frame::Interrupted } else { Frame::Whole };
        }
    }

    /// The modem refused the read. Where it had told to hold some it is asked again.
    pub(crate) fn read_refused(&mut self) {
        self.has_to_ask = self.announced > 0;
        self.announced = 0;
        self.may_hold_more = false;
    }

    /// Something that the modem said of this link may have been missed.
    pub(crate) fn doubt(&mut self) {
        self.has_to_ask = true;
    }

    /// The modem is asked what it holds.
    pub(crate) fn ask_pending(&mut self, now: u32) {
        self.asked_closed = self.closed;
        self.has_to_ask = false;
        self.count = None;
        self.waiting_since = Some(now);
        self.questions = self.questions.saturating_add(1);
    }

    /// The modem says what it holds of this link; `asked_for` where that is the one that the question
    /// was about.
    pub(crate) fn counted(&mut self, count: i32, asked_for: bool) {
        self.announced = u32::try_from(count).unwrap_or(0);
        if asked_for {
            self.count = Some(count);
        }
    }

    /// The answer to the question is over.
    pub(crate) fn pending_known(&mut self, result: CommandResult, passive: bool) {
        if result != CommandResult::Ok {
            self.has_to_ask = true;
            return;
        }
        if let Some(count) = self.count {
            self.resolve_doubt(count);
        }
        match self.count {
            // Where data come unasked, those that were on their way came before the answer.
            _ if !passive => self.drained = self.asked_closed,
            Some(count) if count <= 0 => {
                self.drained = self.asked_closed;
                self.announced = 0;
                self.may_hold_more = false;
                // This is how ESP-AT says that it has no such link.
                self.closed |= count < 0;
            }
            Some(_) => {}
            None => self.has_to_ask = true,
        }
    }
}
