//! The body to send, read by a thread: a pipe that gives nothing for a while must not hold up the call
//! and its deadlines.

use safe_http_client::BodyLength;
use std::fs::File;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Ends where the body does, or behind an error.
pub(crate) type Pieces = Receiver<io::Result<Vec<u8>>>;

pub(crate) enum Body {
    None,
    /// At hand, so that it can be sent again.
    Whole(Vec<u8>),
    /// Pieces as they are read.
    Stream {
        length: BodyLength,
        pieces: Pieces,
    },
}

impl Body {
    /// Its length can't be known, so it is sent chunked.
    pub(crate) fn from_stdin() -> Self {
        Self::stream(BodyLength::Chunked, io::stdin())
    }

    /// A file has a length; what is named like one, such as a pipe, has none.
    pub(crate) fn from_file(path: &str) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let length = if metadata.is_file() {
            BodyLength::Known(metadata.len())
        } else {
            BodyLength::Chunked
        };
        Ok(Self::stream(length, file))
    }

    fn stream(length: BodyLength, mut reader: impl Read + Send + 'static) -> Self {
        // A little ahead of the network, and no more: memory stays small for any length.
        let (sender, pieces) = sync_channel(2);
        thread::spawn(move || {
            loop {
                let mut piece = vec![0; 16 * 1024];
                let read = match reader.read(&mut piece) {
                    Ok(0) => break,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(count) => {
                        piece.truncate(count);
                        Ok(piece)
                    }
                    Err(error) => Err(error),
                };
                let failed = read.is_err();
                if sender.send(read).is_err() || failed {
                    break;
                }
            }
        });
        Self::Stream { length, pieces }
    }
}

/// A URL that ends in a folder, or has no path, gets the name of the file that is sent there, as curl has it.
pub(crate) fn name_in_folder(url: &mut String, path: &str) {
    let name = path.rsplit('/').next().unwrap_or_default();
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let front = url.get(..end).unwrap_or_default();
    let has_path = front.split_once("://").is_some_and(|(_, behind)| behind.contains('/'));
    if name == "-" || (has_path && !front.ends_with('/')) {
        return;
    }
    let slash = if has_path { "" } else { "/" };
    url.insert_str(end, &format!("{slash}{}", crate::data::percent_encoded(name.as_bytes())));
}
