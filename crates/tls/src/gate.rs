//! What a record's header says, before embedded-tls sees it.

use crate::failure::Failure;

const HEADER: usize = 5;
const CHANGE_CIPHER_SPEC: u8 = 20;
pub(crate) const ALERT: u8 = 21;
pub(crate) const HANDSHAKE: u8 = 22;
pub(crate) const APPLICATION_DATA: u8 = 23;

/// In place of the version of a record after the handshake, which nobody else looks at: so that the cipher
/// knows.
pub(crate) const IN_DATA: u8 = 4;

/// The largest record without its header (RFC 8446 section 5.2).
const LARGEST: u16 = 16_384 + 256;

/// A type and a tag: a record without a content has no type, either.
const SMALLEST_ENCRYPTED: u16 = 17;

/// More of them than any server sends: one that does has something in mind.
const MOST_CHANGE_CIPHER_SPECS: u8 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The ServerHello is awaited.
    Hello,
    /// The rest of the handshake.
    Encrypted,
    /// After the handshake.
    Data,
}

/// Follows the records of one connection.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) phase: Phase,
    header: [u8; HEADER],
    /// Bytes of the header that came.
    have: usize,
    /// Bytes of the header that were passed on.
    given: usize,
    /// Bytes of the record's content that are still to pass.
    left: usize,
    /// Bytes of a record that nobody needs.
    skip: usize,
    change_cipher_specs: u8,
    /// The last record's type.
    kind: u8,
    /// Where in the read buffer the last record lies, as embedded-tls puts it there.
    at: usize,
    end: usize,
}

/// What comes next.
pub(crate) enum Next {
    /// So many bytes of the record's content may pass.
    Content(usize),
    /// These bytes of the header pass.
    Header([u8; HEADER], usize),
    /// More of the header is needed.
    Gather,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self {
            phase: Phase::Hello,
            header: [0; HEADER],
            have: 0,
            given: 0,
            left: 0,
            skip: 0,
            change_cipher_specs: 0,
            kind: 0,
            at: 0,
            end: 0,
        }
    }

    /// The record is the ServerHello, or in its place.
    pub(crate) fn is_hello(&self) -> bool {
        self.phase == Phase::Hello && self.kind == HANDSHAKE
    }

    /// Between two records.
    pub(crate) fn is_between(&self) -> bool {
        self.have == 0 && self.left == 0
    }

    pub(crate) fn next(&self) -> Next {
        if self.given < HEADER && self.have == HEADER {
            Next::Header(self.header, self.given)
        } else if self.left > 0 {
            Next::Content(self.left)
        } else {
            Next::Gather
        }
    }

    /// Bytes of the header were passed on.
    pub(crate) fn gave_header(&mut self, count: usize) {
        self.given = self.given.saturating_add(count);
    }

    /// Bytes of the content were passed on: no record is without any.
    pub(crate) fn gave_content(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        if self.left == 0 {
            self.have = 0;
            self.given = 0;
        }
    }

    /// Takes a byte where the header is gathered.
    pub(crate) fn gather(&mut self, byte: u8, buffer: usize) -> Result<(), Failure> {
        if self.skip > 0 {
            self.skip = self.skip.saturating_sub(1);
            return if byte == 1 { Ok(()) } else { Err(Failure::BadRecord) };
        }
        if let Some(place) = self.header.get_mut(self.have) {
            *place = byte;
            self.have = self.have.saturating_add(1);
        }
        let [kind, major, ..] = self.header;
        let is_tls = (CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&kind);
        if !is_tls || (self.have > 1 && major != 3) {
            return Err(match self.phase {
                Phase::Hello => Failure::NotTls,
                Phase::Encrypted | Phase::Data => Failure::BadRecord,
            });
        }
        if self.have == HEADER { self.whole(buffer) } else { Ok(()) }
    }

    /// The bytes of a header that came so far.
    pub(crate) fn begun(&self) -> &[u8] {
        self.header.get(..self.have).unwrap_or_default()
    }

    fn whole(&mut self, buffer: usize) -> Result<(), Failure> {
        let [kind, _, _, high, low] = self.header;
        let length = u16::from_be_bytes([high, low]);
        match (kind, self.phase) {
            // For middleboxes; nobody needs it (RFC 8446 section 5).
            (CHANGE_CIPHER_SPEC, Phase::Hello | Phase::Encrypted) => {
                self.change_cipher_specs = self.change_cipher_specs.saturating_add(1);
                if length != 1 || self.change_cipher_specs > MOST_CHANGE_CIPHER_SPECS {
                    return Err(Failure::UnexpectedMessage);
                }
                self.skip = 1;
                self.have = 0;
                return Ok(());
            }
            (ALERT, Phase::Hello | Phase::Encrypted) if length == 2 => {}
            (HANDSHAKE, Phase::Hello) if length > 0 => {}
            (APPLICATION_DATA, Phase::Encrypted | Phase::Data) => {
                if length < SMALLEST_ENCRYPTED {
                    return Err(Failure::BadRecord);
                }
            }
            _ => return Err(Failure::UnexpectedMessage),
        }
        if length > LARGEST {
            return Err(Failure::BadRecord);
        }
        let size = usize::from(length);
        if size > buffer {
            let available = u16::try_from(buffer).unwrap_or(u16::MAX);
            return Err(Failure::RecordTooLarge { needed: length, available });
        }
        if self.phase == Phase::Data {
            let [_, _, minor, ..] = &mut self.header;
            *minor = IN_DATA;
        }
        // embedded-tls puts a record behind the one before, and starts over where there is no room.
        self.at = if self.end.saturating_add(size) > buffer { 0 } else { self.end };
        self.end = self.at.saturating_add(size);
        self.left = size;
        self.kind = kind;
        Ok(())
    }

    /// The last record's type, and where its content lies in the read buffer.
    pub(crate) fn last_record(&self) -> (u8, core::ops::Range<usize>) {
        (self.kind, self.at..self.end)
    }
}
