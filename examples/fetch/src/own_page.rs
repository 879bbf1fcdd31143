//! The page that `fetch` serves itself where no URL is given.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const PAGE: &str = "\
<!doctype html>
<title>It works</title>
<h1>It works</h1>
<p>This page came over HTTP/1.1 from a server thread of this same program, fetched by
safe-http-client: the client that you can also put on a microcontroller.
<p>Now fetch one of your own:
<pre>
    cargo run --example fetch -- -v http://192.168.1.20/
    cargo run --example fetch -- --help
</pre>
";

/// Serves the page, for as long as the program runs, and returns its URL.
pub(crate) fn serve() -> io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("http://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away half-way is no reason to stop.
            let _ = answer(stream);
        }
    });
    Ok(url)
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = Vec::new();
    let mut piece = [0; 1024];
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        request.extend_from_slice(piece.get(..count).unwrap_or_default());
    }
    let length = PAGE.len();
    let body = if request.starts_with(b"HEAD ") { "" } else { PAGE };
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    stream.write_all(response.as_bytes())?;
    // Closing while bytes of the request are unread would reset the connection.
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut stream, &mut io::sink())?;
    Ok(())
}
