//! The measured process: one client, one response, one way of delivery.

use std::hint::black_box;

use crate::cases::{BODY, RESPONSES};
use crate::clients::{Client, Reply, client};
use crate::wire::{HOST, Wire};

/// The function that callgrind counts in. Its name is the linker's, so that it can be given on
/// valgrind's command line as it is.
pub const MEASURED: &str = "peers_measured_exchange";

/// Room for the request, the head and the body, in whichever way a client divides it.
const BUFFER: usize = 4096;

#[inline(never)]
// SAFETY: no other symbol of the program has this name.
#[unsafe(no_mangle)]
fn peers_measured_exchange<'b>(client: &mut dyn Client, buffer: &'b mut [u8]) -> Reply<'b> {
    // The result passes through a `black_box` so that the call is not the last instruction, which
    // would make it a jump out of the function that is being counted.
    black_box(client.exchange(buffer))
}

/// Runs the case and gives the line for the parent: `ok <sends> <receives>`, `wrong: …` or
/// `error: …`.
pub fn run(name: &str, response: &str, segment: usize) -> String {
    let Some(response) = RESPONSES.iter().find(|known| known.name == response) else {
        return format!("error: no response is called {response}");
    };
    // Leaked, so that a client may hold on to it without a lifetime.
    let wire: &'static Wire = Box::leak(Box::new(Wire::new(response.bytes, segment)));
    let Some(mut client) = client(name, wire) else {
        return format!("error: no client is called {name}");
    };

    let mut buffer = vec![0; BUFFER];
    // The first exchange pays for what is done once: lazy binding, first use of the buffer.
    let verdict = verify(wire, client.exchange(&mut buffer)).and_then(|()| {
        verify_request(&wire.request())?;
        buffer.fill(0);
        wire.rewind(false);
        verify(wire, peers_measured_exchange(black_box(&mut *client), black_box(&mut buffer)))
    });
    match verdict {
        Ok(()) => format!("ok {} {}", wire.sends(), wire.receives()),
        Err(why) => why,
    }
}

fn verify(wire: &Wire, reply: Reply<'_>) -> Result<(), String> {
    let (status, body) = reply.map_err(|error| format!("error: {error}"))?;
    if status != 200 {
        return Err(format!("wrong: status {status}"));
    }
    if body != BODY {
        return Err(format!("wrong: a body of {} bytes", body.len()));
    }
    match wire.connects() {
        1 => Ok(()),
        connects => Err(format!("wrong: {connects} connects")),
    }
}

/// A request that is not the same GET would not compare.
fn verify_request(request: &[u8]) -> Result<(), String> {
    let text = str::from_utf8(request).map_err(|_| "wrong: the request is not text".to_owned())?;
    let host = format!("\r\nhost: {HOST}\r\n");
    let plain = text.starts_with("GET /data HTTP/1.1\r\n")
        && text.to_ascii_lowercase().contains(&host)
        && text.ends_with("\r\n\r\n")
        && text.matches("\r\n\r\n").count() == 1;
    if plain { Ok(()) } else { Err(format!("wrong: the request was {text:?}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::SEGMENTS;

    /// Whatever a peer makes of a case, the run says so in a line that the parent understands.
    #[test]
    fn every_peer_answers_every_case() {
        for name in ["reqwless", "edge-http", "nanofish"] {
            for response in RESPONSES {
                for &segment in SEGMENTS {
                    let line = run(name, response.name, segment);
                    assert!(
                        ["ok ", "wrong: ", "error: "].iter().any(|start| line.starts_with(start)),
                        "{name} {}: {line}",
                        response.name
                    );
                }
            }
        }
    }

    #[test]
    fn a_request_that_is_not_the_plain_one_is_refused() {
        assert_eq!(verify_request(b"GET /data HTTP/1.1\r\nHost: 192.168.1.20\r\n\r\n"), Ok(()));
        for request in [
            &b"GET /other HTTP/1.1\r\nHost: 192.168.1.20\r\n\r\n"[..],
            b"GET /data HTTP/1.1\r\n\r\n",
            b"GET /data HTTP/1.1\r\nHost: 192.168.1.20\r\n\r\n0\r\n\r\n",
            b"GET /data HTTP/1.1\r\nHost: 192.168.1.20\r\n",
        ] {
            assert!(verify_request(request).is_err());
        }
    }

    #[test]
    fn what_does_not_exist_is_an_error() {
        assert!(run("nobody", "get_length_256", 0).starts_with("error: "));
        assert!(run("reqwless", "nothing", 0).starts_with("error: "));
    }
}
