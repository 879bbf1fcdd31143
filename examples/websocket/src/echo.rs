//! A server on this PC, when none is named: it says back what it is told.

use std::io;
use std::net::TcpListener;
use std::thread;

/// Starts it, for one client. Returns its URL.
pub(crate) fn start() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/echo", listener.local_addr()?);
    thread::spawn(move || {
        let Ok((stream, _)) = listener.accept() else { return };
        let Ok(mut socket) = tungstenite::accept(stream) else { return };
        // It answers pings and a close by itself, and then is an error.
        while let Ok(message) = socket.read() {
            if (message.is_text() || message.is_binary()) && socket.send(message).is_err() {
                return;
            }
        }
    });
    Ok(url)
}
