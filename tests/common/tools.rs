//! What tests of several packages need: bytes to send, a server to ask, words to look for.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

pub const MIB: usize = 1024 * 1024;

/// Bytes without a short period, so that a lost or doubled piece shows.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        })
        .collect()
}

/// A server on the loopback interface that says this to whoever has said something, and ends; its port.
pub fn answering(answer: &'static [u8]) -> u16 {
    serving(answer, drop)
}

/// The same, and it stays when it has said that.
pub fn falling_silent(answer: &'static [u8]) -> u16 {
    let mut open = Vec::new();
    serving(answer, move |socket| open.push(socket))
}

fn serving(answer: &'static [u8], mut then: impl FnMut(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let _ = socket.read(&mut [0; 1024]);
            let _ = socket.write_all(answer);
            then(socket);
        }
    });
    port
}

/// With one space between words, as they are read: a console breaks lines.
pub fn plain(text: impl ToString) -> String {
    text.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text says all of these, and nothing of those.
#[track_caller]
pub fn says(what: &str, text: &str, wanted: &[&str], unwanted: &[&str]) {
    let text = plain(text);
    for words in wanted {
        assert!(text.contains(words), "{what}: doesn't say {words:?}:\n{text}");
    }
    for words in unwanted {
        assert!(!text.contains(words), "{what}: says {words:?}:\n{text}");
    }
}
