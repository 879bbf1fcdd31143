//! What a client is used for while a call goes wrong, or is left.

use std::sync::LazyLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    Get,
    /// Large reads, from the stack into the caller's buffer.
    GetDirect,
    /// By what stands in the call's buffer.
    GetBorrowed,
    /// The same by the calls that wait.
    GetWaiting,
    /// A body larger than the buffer.
    Post,
    /// The same, once the server has said that it goes on.
    PutExpecting,
    Chunked,
    /// Read whole, behind the head.
    ChunkedToEnd,
    /// Two requests on one connection.
    KeepAlive,
    /// The same, where the second one may not be repeated.
    KeepAlivePost,
    /// The same, where it may, and has a body larger than the buffer.
    KeepAlivePut,
    /// The same with a body that stands in the buffer.
    KeepAlivePutCopied,
    Upgrade,
    /// In chunks, piece by piece.
    Upload,
    Diagnose,
}

impl Scenario {
    pub const ALL: [Self; 15] = [
        Self::Get,
        Self::GetDirect,
        Self::GetBorrowed,
        Self::GetWaiting,
        Self::Post,
        Self::PutExpecting,
        Self::Chunked,
        Self::ChunkedToEnd,
        Self::KeepAlive,
        Self::KeepAlivePost,
        Self::KeepAlivePut,
        Self::KeepAlivePutCopied,
        Self::Upgrade,
        Self::Upload,
        Self::Diagnose,
    ];

    /// The uses of the client that follow one another.
    pub fn uses(self) -> &'static [Use] {
        const GET: Use = Use::Get("len", Reads::Pieces);
        match self {
            Self::Get => &[GET],
            Self::GetDirect => &[Use::Get("len", Reads::Direct)],
            Self::GetBorrowed => &[Use::Get("len", Reads::Borrowed)],
            Self::GetWaiting => &[Use::GetWaiting],
            Self::Post => &[Use::Post { long: true }],
            Self::PutExpecting => &[Use::PutExpecting],
            Self::Chunked => &[Use::Get("chunked", Reads::Pieces)],
            Self::ChunkedToEnd => &[Use::Get("chunked", Reads::ToEnd)],
            Self::KeepAlive => &[GET, GET],
            Self::KeepAlivePost => &[GET, Use::Post { long: false }],
            Self::KeepAlivePut => &[GET, Use::Put { long: true }],
            Self::KeepAlivePutCopied => &[GET, Use::Put { long: false }],
            Self::Upgrade => &[Use::Upgrade],
            Self::Upload => &[Use::Upload],
            Self::Diagnose => &[Use::Diagnose],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Get(&'static str, Reads),
    GetWaiting,
    /// Lent, and larger than the buffer; or short.
    Post {
        long: bool,
    },
    /// Lent, and larger than the buffer; or copied into it.
    Put {
        long: bool,
    },
    /// A PUT whose body waits for `100 Continue`.
    PutExpecting,
    Upgrade,
    Upload,
    Diagnose,
}

impl Use {
    pub fn is_idempotent(self) -> bool {
        matches!(self, Self::Get(..) | Self::GetWaiting | Self::Put { .. } | Self::PutExpecting)
    }
}

/// How a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Less at a time than arrives.
    Pieces,
    /// More than the call's buffer has room for: without a copy.
    Direct,
    /// In the call's buffer, some of what stands there at a time.
    Borrowed,
    /// All of it at once.
    ToEnd,
}

/// A body larger than the buffer, which looks like the end of a head.
pub static LONG: LazyLock<String> = LazyLock::new(|| "x".repeat(296) + "\r\n\r\n");
pub const SHORT: &str = "open";
/// What an upload gives at a time, of a letter that is no digit of a chunk's size.
pub const PIECE: &[u8] = &[b'y'; 50];
/// Bytes of an upload in all.
pub const UPLOADED: usize = 300;
