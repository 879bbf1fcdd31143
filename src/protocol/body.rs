//! Where in a response's body an exchange is.

use crate::http::chunked::ChunkedDecoder;
use crate::http::framing::Framing;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Body {
    /// So many bytes remain, at least one.
    Length(u64),
    Chunked(ChunkedDecoder),
    /// The trailers behind the last chunk, which the head's parser scans.
    Trailers,
    UntilClose,
    /// What follows isn't HTTP.
    Upgraded,
    Done,
}

impl Body {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::None | Framing::Length(0) => Self::Done,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(ChunkedDecoder::new()),
            Framing::Close => Self::UntilClose,
            Framing::Upgraded => Self::Upgraded,
        }
    }

    /// Bytes of data that come next for certain, with no framing between.
    pub(super) fn data_ahead(&self) -> usize {
        let ahead = match self {
            Self::Length(remaining) => *remaining,
            Self::Chunked(decoder) => decoder.data_remaining(),
            Self::UntilClose => return usize::MAX,
            Self::Trailers | Self::Upgraded | Self::Done => return 0,
        };
        usize::try_from(ahead).unwrap_or(usize::MAX)
    }

    /// Whether at most `most` bytes are left, as far as that can be told.
    pub(crate) fn ends_within(&self, most: usize) -> bool {
        match self {
            Self::Length(remaining) => *remaining <= most as u64,
            Self::Chunked(_) | Self::Trailers => true,
            Self::UntilClose | Self::Upgraded | Self::Done => false,
        }
    }
}
