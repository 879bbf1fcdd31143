//! `Call::poll_read_to_end` alone, from the request's first byte to the body's last, however the response
//! arrives.

mod common;

use common::script::{Connection, ScriptStack};
use common::{TestClock, cx};
use safe_http_client::{SafeHttpClient, StackQuirks, nb};

#[test]
fn the_whole_body_is_read_whatever_arrives_together() {
    let mut cx = cx();
    for (framing, response) in [
        ("length", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nopen"),
        (
            "chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nop\r\n2\r\nen\r\n0\r\n\r\n",
        ),
    ] {
        for segment in 1..=response.len() {
            let stack = ScriptStack::new([Connection::answer_split(response, segment, None)]);
            let network = stack.attached(StackQuirks::UNKNOWN);
            let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
            let mut online = client.online(&mut cx).unwrap();
            let mut call = online.post("http://192.168.1.20/gate", [0; 256]).start().unwrap();
            loop {
                match call.poll_read_to_end(&mut client, &mut cx) {
                    Ok(()) => break,
                    Err(nb::Error::WouldBlock) => {}
                    Err(nb::Error::Other(error)) => panic!("{framing} by {segment}: {error}"),
                }
            }
            assert_eq!(call.body(), b"open", "{framing} by {segment}");
            assert!(client.is_connected(), "{framing} by {segment}: the connection is kept");
        }
    }
}
