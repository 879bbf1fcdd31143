//! Where in a response's body an exchange is.

use super::Exchange;
use crate::http::chunked::ChunkedDecoder;
use crate::http::framing::Framing;

/// What ends a body. Its data is counted by the exchange's decoder: a body of known length is a chunk's data
/// to it, and one until the connection's end is that of an endless chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// At least one byte remains.
    Length,
    Chunked,
    /// The trailers behind the last chunk, which the head's parser scans.
    Trailers,
    UntilClose,
    /// What follows isn't HTTP.
    Upgraded,
    Done,
}

impl Exchange {
    pub(super) fn start_body(&mut self, framing: Framing) {
        let (body, remaining) = match framing {
            Framing::None | Framing::Length(0) => (Body::Done, 0),
            Framing::Length(length) => (Body::Length, length),
            Framing::Chunked => (Body::Chunked, 0),
            Framing::Close => (Body::UntilClose, u64::MAX),
            Framing::Upgraded => (Body::Upgraded, 0),
        };
        self.body = body;
        self.decoder = ChunkedDecoder::in_data(remaining);
    }

    /// Bytes of data that come next for certain, with no framing between.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(super) fn data_ahead(&self) -> usize {
        usize::try_from(self.decoder.data_remaining()).unwrap_or(usize::MAX)
    }

    /// Whether at most `most` bytes are left, as far as that can be told.
    pub(super) fn ends_within(&self, most: usize) -> bool {
        match self.body {
            Body::Length => self.data_ahead() <= most,
            Body::Chunked | Body::Trailers => true,
            Body::UntilClose | Body::Upgraded | Body::Done => false,
        }
    }
}
