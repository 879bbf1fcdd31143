//! How stacks differ where embedded-nal is silent.

/// What `Ok(0)` from `receive` means. embedded-nal leaves it open, and stacks contradict one another.
///
/// ```
/// use nal_link::{StackQuirks, ZeroRead};
/// let mine = StackQuirks::UNKNOWN.with_zero_read(ZeroRead::EndOfStream);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ZeroRead {
    /// The peer sends no more: the end of the stream.
    EndOfStream,
    /// Nothing has arrived yet, as `WouldBlock` says on other stacks.
    NoData,
}

/// What the error kind `PipeClosed` from `receive` means.
///
/// ```
/// use nal_link::{StackQuirks, PipeClosed};
/// let mine = StackQuirks::UNKNOWN.with_pipe_closed(PipeClosed::EndOfStream);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PipeClosed {
    /// Everything the peer sent was delivered; it sends no more.
    EndOfStream,
    /// The connection is gone, and data that had arrived may be lost. A body that ends where the
    /// connection ends can't be trusted to be whole on such a stack, and is an error.
    MayLoseData,
    /// The connection was aborted.
    Aborted,
}

/// How `connect` behaves.
///
/// ```
/// use nal_link::{StackQuirks, Connect};
/// let mine = StackQuirks::UNKNOWN.with_connect(Connect::Blocks);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Connect {
    /// It returns when the outcome is known. The connect deadline can't interrupt it, and a
    /// connection that comes late is one all the same.
    Blocks,
    /// It returns `WouldBlock` until the outcome is known.
    Polls,
    /// It returns `WouldBlock` until it succeeds, and dials again after a refusal: a refused
    /// connection ends by the connect deadline alone.
    PollsForEver,
    /// It blocks, and returns `Ok` even where the connection was refused or never came about.
    /// The first `send` tells.
    ReportsSuccess,
}

/// How a stack behaves where embedded-nal doesn't say. Declared once, where the stack is
/// [attached](crate::NalNetwork::new); there is a constant for each stack that was tried.
///
/// ```
/// use nal_link::{StackQuirks, ZeroRead};
///
/// // What the stack's documentation says, and caution for the rest.
/// const MINE: StackQuirks = StackQuirks::UNKNOWN.with_zero_read(ZeroRead::EndOfStream);
/// assert_eq!(MINE.zero_read(), StackQuirks::STD.zero_read());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StackQuirks {
    zero_read: ZeroRead,
    pipe_closed: PipeClosed,
    connect: Connect,
    empty_send_tells_end: bool,
}

impl StackQuirks {
    /// Says what `Ok(0)` from `receive` means.
    #[must_use]
    pub const fn with_zero_read(mut self, zero_read: ZeroRead) -> Self {
        self.zero_read = zero_read;
        self
    }

    /// Says what `PipeClosed` from `receive` means.
    #[must_use]
    pub const fn with_pipe_closed(mut self, pipe_closed: PipeClosed) -> Self {
        self.pipe_closed = pipe_closed;
        self
    }

    /// Says how `connect` behaves.
    #[must_use]
    pub const fn with_connect(mut self, connect: Connect) -> Self {
        self.connect = connect;
        self
    }

    /// Says whether a `send` of no bytes tells the end of the stream; see
    /// [`empty_send_tells_end`](Self::empty_send_tells_end).
    #[must_use]
    pub const fn with_empty_send_tells_end(mut self, tells: bool) -> Self {
        self.empty_send_tells_end = tells;
        self
    }

    /// What `Ok(0)` from `receive` means.
    pub const fn zero_read(self) -> ZeroRead {
        self.zero_read
    }

    /// What `PipeClosed` from `receive` means.
    pub const fn pipe_closed(self) -> PipeClosed {
        self.pipe_closed
    }

    /// How `connect` behaves.
    pub const fn connect(self) -> Connect {
        self.connect
    }

    /// `receive` never reports the end of the stream, but a `send` of no bytes costs nothing and
    /// is `PipeClosed` after it: a client asks that way.
    pub const fn empty_send_tells_end(self) -> bool {
        self.empty_send_tells_end
    }
}

/// The stacks that were tried.
impl StackQuirks {
    /// For a stack of which nothing is known: nothing but an error ends a stream, and that error
    /// may have lost data. Responses with a length or chunks work; others end in an error.
    pub const UNKNOWN: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::MayLoseData,
        connect: Connect::Polls,
        empty_send_tells_end: false,
    };

    /// `std-embedded-nal` 0.4: the operating system's sockets. `connect` blocks.
    pub const STD: Self = Self {
        zero_read: ZeroRead::EndOfStream,
        pipe_closed: PipeClosed::Aborted,
        connect: Connect::Blocks,
        empty_send_tells_end: false,
    };

    /// `smoltcp-nal` 0.7. Needs [`NalNetwork::with_poll`](crate::NalNetwork::with_poll). A reset looks
    /// like an end of the stream, so a body without a length or chunks can be cut short unnoticed.
    /// To have such bodies refused instead:
    ///
    /// ```
    /// # use nal_link::{StackQuirks, PipeClosed};
    /// let strict = StackQuirks::SMOLTCP_NAL.with_pipe_closed(PipeClosed::MayLoseData);
    /// # let _ = strict;
    /// ```
    pub const SMOLTCP_NAL: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::EndOfStream,
        connect: Connect::PollsForEver,
        empty_send_tells_end: false,
    };

    /// `esp-at-nal` 0.5. `connect`, `send` and `receive` block; there is no `Dns`. A reset looks like
    /// an end of the stream, as on [`SMOLTCP_NAL`](Self::SMOLTCP_NAL), and can be refused likewise.
    /// With atat 0.24.1's digester below it, an unsolicited `CLOSED` can be lost: a body that ends
    /// with the connection then ends by the idle deadline.
    pub const ESP_AT_NAL: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::EndOfStream,
        connect: Connect::Blocks,
        empty_send_tells_end: true,
    };

    /// `w5500` 0.6. `connect` and `send` block; there is no `Dns`. What arrived before the peer's
    /// close and wasn't read by then is lost; so a `Connection: close` may cost the response.
    /// Requests need a buffer larger than the socket's memory (2 KiB): a read that leaves something
    /// there isn't told of it again until more arrives, and the response ends by the idle deadline.
    pub const W5500: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::MayLoseData,
        connect: Connect::ReportsSuccess,
        empty_send_tells_end: false,
    };

    /// `wincwifi` 0.3.
    pub const WINCWIFI: Self = Self {
        zero_read: ZeroRead::EndOfStream,
        pipe_closed: PipeClosed::EndOfStream,
        connect: Connect::Polls,
        empty_send_tells_end: false,
    };

    /// `quectel-bg77-at` 0.4. Calls block; the end of a stream is never reported.
    pub const QUECTEL_BG77: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::Aborted,
        connect: Connect::Blocks,
        empty_send_tells_end: false,
    };
}
